"""Pictures: the DOT text by exact comparison, escaping, and what is drawn as what."""

from __future__ import annotations

import re
import threading
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import parameter, perceptron, plain, svg_of

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.op import Op
from autograd_lite.rules.products import affine
from autograd_lite.viz.dot import quoted
from autograd_lite.viz.words import number_text, settings_text, shape_text

STYLE = {
    "note": 'shape=note, color="#B27300", fillcolor="#FCE8BF"',
    "ellipse": 'shape=ellipse, color="#1F77A8", fillcolor="#DCEFFA"',
    "box": 'shape=box, style="rounded,filled", color="#5F5F5F", fillcolor="#F3F3F3"',
    "octagon": 'shape=octagon, peripheries=2, color="#00734F", fillcolor="#CFEDE2"',
}
HEAD = """\
digraph {
  graph [rankdir=LR, ordering=in, nodesep=0.22, ranksep=0.45, pad=0.2];
  node [style=filled, fontname="Helvetica", fontsize=12, height=0.36, width=0.6, margin="0.14,0.05", penwidth=1.4];
  edge [fontname="Helvetica", fontsize=10, fontcolor="#444444", color="#6E6E6E", arrowsize=0.7, penwidth=1.1];
"""
PERCEPTRON = r"""
  n0 [label="x", <ellipse>];
  n1 [label="W1\n3×2", <note>];
  n2 [label="b1\n3", <note>];
  n3 [label="affine", <box>];
  n4 [label="sigmoid", <box>];
  n5 [label="W2\n2×3", <note>];
  n6 [label="b2\n2", <note>];
  n7 [label="affine", <box>];
  n8 [label="sigmoid", <box>];
  n9 [label="softmax", <box>];
  n10 [label="y", <ellipse>];
  n11 [label="half_squared_error", <box>];
  n12 [label="loss", <octagon>];
  n0 -> n3 [label=" 1×2 "];
  n1 -> n3 [label=" 3×2 "];
  n2 -> n3 [label=" 3 "];
  n3 -> n4 [label=" 1×3 ", weight=8];
  n4 -> n7 [label=" 1×3 ", weight=8];
  n5 -> n7 [label=" 2×3 "];
  n6 -> n7 [label=" 2 "];
  n7 -> n8 [label=" 1×2 ", weight=8];
  n8 -> n9 [label=" 1×2 ", weight=8];
  n9 -> n11 [label=" 1×2 ", weight=8];
  n10 -> n11 [label=" 1×2 "];
  n11 -> n12 [label=" scalar ", weight=8];
"""
LEGEND = r"""
  subgraph cluster_legend {
    style=rounded; color="#DDDDDD"; label="";
    node [fontsize=10, height=0.26, margin="0.1,0.03"];
    legend0 [label="parameter", <note>];
    legend1 [label="input or constant", <ellipse>];
    legend2 [label="operation", <box>];
    legend3 [label="output", <octagon>];
    legend0 -> legend1 -> legend2 -> legend3 [style=invis];
  }
"""


def styled(template: str) -> str:
    return re.sub(r"<(\w+)>", lambda m: STYLE[m[1]], template.removeprefix("\n"))


def boxes(picture: ag.Picture) -> list[tuple[str, str]]:
    """Return (shape, label) of every box, without the legend."""
    return [(m[2], m[1]) for m in re.finditer(r'^  n\d+ \[label="(.*)", shape=(\w+),', picture.source, re.MULTILINE)]


def labels(picture: ag.Picture) -> list[str]:
    return [label for _, label in boxes(picture)]


# ----- the text -----


def test_the_perceptron_exactly() -> None:
    loss, params = perceptron()
    picture = ag.visualize(loss, params=params)
    assert picture.source == HEAD + styled(PERCEPTRON) + styled(LEGEND) + "}\n"
    assert repr(picture) == "<Picture of a graph with 12 arrows; .save('graph.svg') draws it>"


def test_without_legend_and_from_top_to_bottom() -> None:
    loss, params = perceptron()
    assert plain(loss, params=params).source == HEAD + styled(PERCEPTRON) + "}\n"
    down = ag.visualize(loss, params=params, direction="TB").source
    expected = HEAD.replace("LR", "TB") + styled(PERCEPTRON) + styled(LEGEND) + "}\n"
    assert down == expected.replace("legend0 -> legend1 -> legend2 -> legend3 [style=invis];", "rank=same;")


def test_the_same_graph_gives_the_same_text() -> None:
    (first, p), (second, q) = perceptron(), perceptron()
    assert ag.visualize(first, params=p).source == ag.visualize(second, params=q).source


def test_drawing_leaves_the_graph_as_it_was() -> None:
    loss, params = perceptron()
    ag.visualize(loss, params=params)
    loss.backward()
    assert all(p.grad is not None for p in params.values())


def test_a_model_names_its_parameters() -> None:
    model = ag.nn.Linear(2, 3)
    shown = boxes(plain(model(ag.Tensor([[1.0, 2.0]])).sum(), params=dict(model.named_parameters())))
    assert {("note", r"weight\n3×2"), ("note", r"bias\n3"), ("ellipse", "constant")} <= set(shown)


def test_kinds_differ_in_shape_and_in_colour() -> None:
    assert len(STYLE) == len(set(STYLE)) == len({re.search("fillcolor=(.*)", s)[1] for s in STYLE.values()})


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda w: w * 2, [("note", r"w\n2"), ("ellipse", "2"), ("box", "multiply"), ("octagon", "output")]),
        (lambda w: w, [("note", r"w\n2"), ("octagon", "w")]),
        (lambda w: w * w, [("note", r"w\n2"), ("box", "multiply"), ("octagon", "output")]),
        (lambda w: w + np.ones(2), [("note", r"w\n2"), ("ellipse", "constant"), ("box", "add"), ("octagon", "output")]),
        (
            lambda w: 1 / (0.1 + w),
            [
                ("ellipse", "1"), ("ellipse", "0.1"), ("note", r"w\n2"), ("box", "add"), ("box", "divide"),
                ("octagon", "output"),
            ],
        ),
        (lambda w: affine(ag.Tensor([[1.0, 2.0]]), w.reshape(1, 2), None), None),
    ],
)  # fmt: skip
def test_what_is_drawn_as_what(build: object, expected: list[tuple[str, str]] | None) -> None:
    shown = boxes(plain(build(parameter((2,), "w"))))
    assert expected is None or sorted(shown) == sorted(expected)
    assert shown[-1][0] == "octagon"
    assert ("ellipse", "None") not in shown


def test_a_tensor_is_drawn_once_and_a_number_at_every_use() -> None:
    w, x = parameter((2,), "w"), ag.Tensor([1.0, 2.0])
    assert labels(plain((w * x + x) * 2 + 2)).count("constant") == 1
    assert labels(plain((w * x + x) * 2 + 2)).count("2") == 2
    same_name = [ag.Tensor([1.0, 2.0], name="x") for _ in range(2)]
    assert labels(plain(w * same_name[0] + same_name[1])).count("x") == 2


def test_a_constant_that_is_gone_is_not_mistaken_for_another() -> None:
    y = parameter((2,))
    for _ in range(20):
        y = y * ag.Tensor([1.0, 2.0])
    assert labels(plain(y)).count("constant") == 20


def test_several_outputs() -> None:
    w = parameter((2,), "w")
    named = w.sum()
    named.name = "total"
    picture = plain([w * 2, named, w])
    assert [label for shape, label in boxes(picture) if shape == "octagon"] == ["output 1", "total", "w"]
    assert plain((named,)).source == plain(named).source


def test_leaves_that_are_not_among_the_params_are_inputs() -> None:
    w, x, frozen = parameter((2,)), parameter((2,), "x"), ag.Tensor([1.0, 2.0])
    y = w * x + parameter((2,)) + frozen
    assert {("note", r"w\n2"), ("ellipse", "x"), ("ellipse", "input"), ("note", r"bias\n2")} <= set(
        boxes(plain(y, params={"w": w, "bias": frozen, "unused": parameter()}))
    )
    assert ("note", r"parameter\n2") in boxes(plain(y))
    assert ("note", r"a = b\n2") in boxes(plain(y, params={"a": w, "b": w}))


def test_results_show_their_names() -> None:
    h = parameter((2,), "w") * 3
    h.name = "h"
    assert labels(plain(h.sum())) == [r"w\n2", "3", "h = multiply", "sum", "output"]
    assert labels(plain(h)) == [r"w\n2", "3", "multiply", "h"]


def test_an_operand_without_a_derivative_is_drawn_too() -> None:
    w = parameter((2,), "w")
    picture = plain(np.where(w > 0, w, 0.0).sum())
    assert labels(picture) == ["constant", r"w\n2", "0", "where", "sum", "output"]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"axis": 1}, "axis=1"),
        ({"axis": None, "keepdims": False}, ""),
        ({"axis": None, "keepdims": True}, "keepdims=True"),
        ({"axis": (0, 1)}, "axis=(0, 1)"),
        ({"key": (0, slice(1, None), Ellipsis, None, slice(None, None, -2))}, "[0, 1:, ..., None, ::-2]"),
        ({"key": 3}, "[3]"),
        ({"key": np.zeros((2, 3), int)}, "[array 2×3]"),
        ({"key": tuple(range(50))}, "[0, 1, 2, 3, 4, 5, 6, 7,…]"),
        ({"spec": "ij,jk->ik"}, "spec='ij,jk->ik'"),
        ({"dtype": np.float32}, "dtype=float32"),
        ({"dtype": np.dtype("f2")}, "dtype=float16"),
        ({"axes": ((0, 1), (2,))}, "axes=((...), (...))"),
        ({"p": 0.1 + 0.2}, "p=0.3"),
    ],
)
def test_settings_are_short(settings: dict[str, object], text: str) -> None:
    op = Op("f", np.sum, "other", ("x",), {"axis": None, "keepdims": False}, (None,))
    assert settings_text(settings, op) == text


@pytest.mark.parametrize(("shape", "text"), [((), "scalar"), ((3,), "3"), ((3, 2), "3×2"), ((0, 4, 1), "0×4×1")])
def test_shapes(shape: tuple[int, ...], text: str) -> None:
    assert shape_text(shape) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [(2, "2"), (2.0, "2"), (1 / 3, "0.333333"), (True, "True"), (1e-30, "1e-30"), (-0.5, "-0.5"),
     (10**400, "a large integer"), (float("inf"), "inf")],
)  # fmt: skip
def test_numbers(x: float, text: str) -> None:
    assert number_text(x) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ('say "W"', r'"say \"W\""'),
        (r"back\slash \N \G", r'"back\\slash \\N \\G"'),
        ("<b>bold</b>", '"<b>bold</b>"'),
        ("<<b>x</b>>", '"<<b>x</b>>"'),
        ("two\nlines", r'"two\nlines"'),
        ("&alpha; & &#65;", '"&amp;alpha; &amp; &amp;#65;"'),
        ("вес 重み وزن 🎲", '"вес 重み وزن 🎲"'),
        ("nul\x00bell\x07return\rnext\x85", '"nul\ufffdbell\ufffdreturn\ufffdnext\ufffd"'),
        ("half\ud800", '"half\ufffd"'),
        ("a\tb", '"a b"'),
        ('"]; evil [label="', r'"\"]; evil [label=\""'),
        ("ends with \\", r'"ends with \\"'),
        ("", '""'),
        ("n" * 100, '"' + "n" * 59 + '…"'),
    ],
)
def test_names_are_quoted(name: str, text: str) -> None:
    assert quoted([name]) == text
    assert f"[label={text[:-1]}" in plain(parameter((3,), name or "x")).source or not name


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40))
def test_no_name_becomes_markup(name: str) -> None:
    svg = ET.fromstring(svg_of(plain(parameter((3,), name or "w") * 1)))
    tags = {element.tag.rpartition("}")[2] for element in svg.iter()}
    assert tags <= {"svg", "style", "g", "path", "rect", "text"}
    assert len([e for e in svg.iter() if e.get("class", "").startswith("box ")]) == 4


@pytest.mark.parametrize("name", ["<b>W</b>", "a & b &lt; &alpha;", r"\N \L \\", 'q"q', "вес"])
def test_names_are_shown_as_they_are(name: str) -> None:
    svg = ET.fromstring(svg_of(plain(parameter((3,), name))))
    assert name in [e.text for e in svg.iter() if e.tag.endswith("text")]


# ----- large graphs -----


def long_chain(n: int) -> ag.Tensor:
    y = parameter(name="w")
    for _ in range(n):
        y = np.sin(y)
    return y


def test_a_chain_of_100000_operations_on_a_small_stack() -> None:
    """Nothing recurses: the thread's stack would overflow, and the interpreter's limit be reached, long before."""
    sources = []
    y = long_chain(100_000)
    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: sources.append(plain(y, fold=False, limit=None).source))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert sources[0].count('label="sin"') == 100_000


def test_a_large_graph_is_not_laid_out_unasked() -> None:
    picture = plain(long_chain(2000), fold=False, limit=None)
    assert picture._repr_mimebundle_() == {"text/plain": repr(picture)}
    assert "2001 arrows" in repr(picture)


def test_many_uses_of_one_tensor() -> None:
    w = parameter((2,), "w")
    y = w
    for _ in range(60):  # 2^60 paths
        y = y + y
    assert labels(plain(y, fold=False)).count("add") == 60


# ----- refusals -----


def test_a_released_graph_is_refused() -> None:
    loss, params = perceptron()
    loss.backward()
    with pytest.raises(errors.FreedGraphError, match=r"half_squared_error.*before loss\.backward\(\)"):
        ag.visualize(loss, params=params)


def test_a_graph_with_a_released_part_is_refused() -> None:
    w = parameter((2,))
    shared = np.exp(w)
    shared.sum().backward()
    with pytest.raises(errors.FreedGraphError, match="exp"):
        ag.visualize((shared * 2).sum())


def test_a_retained_graph_can_be_drawn() -> None:
    loss, params = perceptron()
    before = ag.visualize(loss, params=params).source
    loss.backward(retain_graph=True)
    assert ag.visualize(loss, params=params).source == before


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ag.visualize(ag.Tensor([1.0], name="x")), errors.NoPathError, "'x'.*requires_grad=True"),
        (lambda: ag.visualize(np.ones(2)), errors.PictureError, "a ndarray.*Write ag.visualize"),
        (lambda: ag.visualize(ag.nn.Linear(2, 3)), errors.PictureError, "module Linear.*Write ag.visualize"),
        (lambda: ag.visualize(np.sin), errors.PictureError, "function sin.*Write ag.visualize"),
        (lambda: ag.visualize(parameter(), {"w": parameter()}), errors.PictureError, "a dict.*Write.*params="),
        (lambda: ag.visualize(parameter(), names=[parameter()]), errors.PictureError, r"a list.*names=locals\(\)"),
        (lambda: ag.visualize(lambda x: 3.0, np.ones(2)), errors.NoPathError, "a float.*Write a function"),
        (lambda: ag.scope(3).__enter__(), errors.PictureError, "a int.*Write with ag.scope"),
        (lambda: ag.visualize(parameter(), depth=-1), errors.PictureError, "depth=-1.*Write depth=0"),
        (lambda: ag.visualize(parameter(), limit=2.5), errors.PictureError, "limit=2.5.*Write limit=4"),
        (lambda: ag.visualize([]), errors.PictureError, "an empty list"),
        (lambda: ag.visualize([parameter(), 3]), errors.PictureError, "a int"),
        (lambda: ag.visualize(parameter(), params=[parameter()]), errors.PictureError, "a list.*named_parameters"),
        (lambda: ag.visualize(parameter(), params={"w": 3}), errors.PictureError, "'w' is a int"),
        (lambda: ag.visualize(parameter(), direction="up"), errors.PictureError, "'up'.*'LR'.*'TB'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
