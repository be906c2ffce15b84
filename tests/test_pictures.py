"""What can be drawn, what the switches show, how large graphs become small, and pictures of runs that fail."""

from __future__ import annotations

import json
import math
import re
import threading
import weakref
import webbrowser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.graph import Constant, observers
from autograd_lite.viz.items import ancestors
from autograd_lite.viz.measure import gradients, numbers, shares_of, values


def leaf(shape: tuple[int, ...] = (), name: str | None = None, value: float = 0.5) -> ag.Tensor:
    return ag.Tensor(np.full(shape, value), requires_grad=True, name=name)


def network() -> nn.Sequential:
    inner = nn.Sequential(nn.Linear(3, 2, rng=1), nn.Sigmoid())
    return nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), inner)


def labels(picture: ag.Picture, kind: str = r"\w+") -> list[str]:
    return re.findall(rf'^  n\d+ \[label="(.*)", shape={kind},', picture.source, re.MULTILINE)


def frames(picture: ag.Picture) -> list[str]:
    return re.findall(r'^    label="(.*)"; labeljust=l; style=rounded; color="#9A9A9A"', picture.source, re.MULTILINE)


X = np.array([[1.0, 2.0]])

# ----- targets -----


def test_a_dict_names_its_tensors() -> None:
    w = leaf((2,), "w")
    assert labels(ag.visualize({"twice": w * 2, "sum": w.sum()}), "octagon") == ["twice", "sum"]


def test_a_module_is_run_and_framed() -> None:
    model = network()
    before = vars(model[0]).copy()
    picture = ag.visualize(model, X)
    assert frames(picture) == ["0: Linear", "1: ReLU", "2: Sequential", "0: Linear", "1: Sigmoid"]
    assert labels(picture, "note") == [r"0.weight\n3×2", r"0.bias\n3", r"2.0.weight\n2×3", r"2.0.bias\n2"]
    assert labels(picture, "ellipse") == ["x", r"input or\nconstant"][:1]
    assert vars(model[0]) == before
    assert not observers


def test_frames_lie_in_each_other() -> None:
    source = ag.visualize(network(), X).source
    outer = source.index('label="2: Sequential"')
    assert source[outer:].index("subgraph") < source[outer:].index("sigmoid") < source[outer:].index("  }\n  }")


def test_a_function_is_run_with_its_arguments_as_inputs() -> None:
    def loss(weights: dict[str, Any], x: Any, power: int) -> Any:
        return np.sum((x @ weights["w"]) ** power)

    picture = ag.visualize(loss, {"w": np.ones((2, 1))}, X, 3)
    assert labels(picture, "ellipse")[:3] == ["x", "weights['w']", "3"]
    assert labels(picture, "note") == []


def test_a_function_keeps_parameters_and_frames_the_modules_it_uses() -> None:
    model, loss = network(), nn.HalfSquaredError()
    picture = ag.visualize(lambda x, y: loss(model(x), y), X, np.zeros((1, 2)))
    assert frames(picture)[:2] == ["Sequential", "0: Linear"]
    assert frames(picture)[-1] == "HalfSquaredError"
    assert len(labels(picture, "note")) == 4


def test_the_results_of_a_function() -> None:
    assert labels(ag.visualize(lambda x: {"a": x * 2, "b": (x + 1, 3)}, X), "octagon") == ["a", "b[0]"]
    assert labels(ag.visualize(lambda x: (x * 2, x + 1), X), "octagon") == ["output 1", "output 2"]
    assert labels(ag.visualize(np.sin, X), "octagon") == ["output"]


def test_a_function_is_drawn_also_where_recording_is_off() -> None:
    with ag.no_grad():
        assert labels(ag.visualize(lambda x: x * 2, X), "box") == ["multiply"]


def test_drawing_a_module_leaves_no_gradients_and_changes_no_inputs() -> None:
    model, x = network(), ag.Tensor(X)
    ag.visualize(model, x, values=True, gradients=True)
    assert all(p.grad is None for p in model.parameters())
    assert not x.requires_grad


def test_names_of_the_caller() -> None:
    w, x = leaf((2,)), ag.Tensor([1.0, 2.0])
    hidden = w * x
    loss = hidden.sum()
    picture = ag.visualize(loss, names=locals())
    assert labels(picture, "note")[:1] == [r"w\n2"]
    assert labels(picture, "ellipse")[:1] == ["x"]
    assert labels(picture)[2:5] == ["hidden = multiply", "sum", "loss"]
    assert labels(ag.visualize(loss, params={}, names=locals()), "ellipse")[:2] == ["w", "x"]
    w.name = "own"
    assert labels(ag.visualize(loss, names=locals()))[0] == r"own\n2"


def test_a_scope_frames_what_is_recorded_inside() -> None:
    w = leaf((2,), "w")
    with ag.scope("encoder"):
        h = np.sin(w)
        with ag.scope('head "<b>"'):
            h = np.cos(h)
    assert not observers
    picture = ag.visualize(h.sum())
    assert frames(picture) == ["encoder", r"head \"<b>\""]
    assert 'encoder / head "<b>" / cos  2' in str(picture)


def test_scopes_of_threads_do_not_mix() -> None:
    inside, done, made = threading.Event(), threading.Event(), []

    def work() -> None:
        inside.wait(10)
        made.append(leaf(name="other") * 2)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    with ag.scope("mine"):
        inside.set()
        assert done.wait(10)
        mine = leaf() * 2
    thread.join()
    assert frames(ag.visualize(mine)) == ["mine"]
    assert frames(ag.visualize(made[0])) == []


# ----- switches -----


def test_values_and_gradients() -> None:
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    picture = ag.visualize(np.sum(np.sin(x) * 3), values=True, gradients=True)
    assert labels(picture)[:5] == [
        r"x\n2\nvalue [1, 2]\ngrad [1.62, -1.25]", r"sin\nvalue [0.841, 0.909]\ngrad [3, 3]", "3",
        r"multiply\nvalue [2.52, 2.73]\ngrad [1, 1]", r"sum\nvalue 5.25\ngrad 1",
    ]  # fmt: skip
    assert x.grad is None
    np.sum(np.sin(x)).backward()


def test_values_come_from_what_was_saved() -> None:
    """A leaf that has changed since shows what the graph was computed with, where the graph knows it."""
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = np.exp(np.sin(x))
    with ag.no_grad():
        x += 1
    assert labels(ag.visualize(y, values=True))[0] == r"x\n2\nvalue [1, 2]"


@pytest.mark.parametrize("build", [
    lambda x: np.sum(x, axis=0, keepdims=True) + 1,
    lambda x: np.concatenate([x, np.ones((1, 2)), x])[1:],
    lambda x: np.where(x > 1, x, 0.0) * np.array([1.0, 2.0]),
    lambda x: x.reshape(-1)[::-1] - 5,
    lambda x: np.einsum("ij,kj->ik", x, ag.Tensor([[1.0, 3.0]])),
], ids=["sum", "concatenate", "where", "reshape", "einsum"])  # fmt: skip
def test_values_of_what_nothing_keeps_are_computed_again(build: Any) -> None:
    x = ag.Tensor(X, requires_grad=True, name="x")
    end = build(x)
    y = end * 1
    shown = labels(ag.visualize(y, values=True))
    assert any(rf"value {numbers(end.numpy()).text}" in label for label in shown)
    assert sum("value" in label for label in shown) >= len(shown) - 5


def test_large_values_are_summed_up() -> None:
    picture = ag.visualize(leaf((100,), "w") * np.arange(100.0), values=True)
    assert r"multiply\nvalue 0 … 24.8 … 49.5 ████████" in labels(picture)
    assert numbers(np.full(9, 2.0)).text == "2 … 2 … 2"
    assert numbers(np.array([1 + 2j])).text == "[1+2j]"
    assert numbers(np.zeros((0, 3))).text == "[]"


def test_the_norm_of_gradients_is_heat() -> None:
    x, w = leaf((2,), "x"), leaf((2,), "w")
    source = ag.visualize(np.sum(x * 1e-4 + w * 10), gradients=True).source
    fills = dict(re.findall(r'label="(\w+)\\n2\\n.*fillcolor="(#\w+)"', source))
    assert fills == {"x": "#FFF5E6", "w": "#D55E00"}
    assert r'label="gradient norm\n0.000141"' in source


def test_saved_bytes() -> None:
    picture = ag.visualize(np.exp(leaf((1000,), "w")).sum(), saved=True)
    assert labels(picture)[1:3] == [r"exp\nsaves 8.0 kB", "sum"]


def test_times_are_those_of_the_operation() -> None:
    W = leaf((300, 300), "W")
    label = labels(ag.visualize(np.sum(W @ W), times=True))[1]
    assert re.fullmatch(r"matmul\\n[\d.e+]+ (µs|ms|s), back [\d.e+]+ (µs|ms|s)", label)


def test_the_line_of_the_user() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())

    def f(x: Any) -> Any:
        return np.sum(model(x))

    line = f.__code__.co_firstlineno + 1
    shown = labels(ag.visualize(f, X, where=True), "box")
    assert {rf"{name}\ntest_pictures.py:{line}" for name in ("affine", "tanh", "sum")} <= set(shown)
    assert f"tanh  1×3  test_pictures.py:{line}" in str(ag.visualize(f, X, where=True))
    assert "test_pictures" not in ag.visualize(f, X).source


@pytest.mark.parametrize(
    ("build", "mark"),
    [
        (lambda x: np.log(x - 2), "nan"),
        (lambda x: np.exp(x * 1e4), "inf"),
        (lambda x: ag.sigmoid(x * 50), "saturated 100%"),
        (lambda x: np.tanh(x * np.array([-50.0, 0.1])), "saturated 50%"),
        (lambda x: ag.relu(x * np.array([-1.0, 1.0])), "dead 1 of 2"),
        (lambda x: ag.relu(-x), "dead 2 of 2"),
        (lambda x: ag.relu(-x) + 1, "zero gradient"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_looks_wrong_is_marked(build: Any, mark: str) -> None:
    picture = ag.visualize(build(leaf((3, 2), "x")).sum(), values=True, gradients=True)
    line = next(x for x in picture.source.splitlines() if f"! {mark}" in x)
    assert 'color="#B3261E", penwidth=3' in line
    healthy = ag.visualize(np.tanh(leaf((3, 2), "x")).sum(), values=True, gradients=True)
    assert "! " not in healthy.source


def test_one_example_does_not_make_a_unit_dead() -> None:
    assert "dead" not in str(ag.visualize(ag.relu(ag.Tensor([[-1.0, 1.0]], requires_grad=True)), values=True))


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.name)
def test_every_row_of_the_table_is_drawn_with_its_numbers(row: Case) -> None:
    """What nothing has saved is computed again, and the shares of a gradient add up to it.

    Not known is only what is made from an array that nobody keeps.
    """
    xs = [ag.Tensor(x, requires_grad=True, name=f"x{i}") for i, x in enumerate(row.inputs)]
    ends = [y for y in row(*xs) if isinstance(y, ag.Tensor) and y.requires_grad] or xs
    roots = [y._node for y in ends]
    nodes = ancestors(roots)
    known = values(nodes, {})
    for y, root in zip(ends, roots, strict=True):
        if root in known:
            np.testing.assert_array_equal(known[root], y.numpy())
        else:
            assert any(isinstance(x, Constant) and id(x) not in known for node in nodes for x in node.inputs)
    grads = gradients(list(dict.fromkeys(roots)), nodes)
    totals: dict[Any, Any] = {}
    for node in nodes:
        if node.op is not None and node in grads:
            for x, share in zip([x for x in node.inputs if x is not None], shares_of(node, grads[node]), strict=True):
                if share is not None:
                    totals[x] = totals.get(x, 0) + share
    for node, total in totals.items():
        np.testing.assert_allclose(total + (node in roots), grads[node], rtol=1e-9, atol=1e-12)
    picture = ag.visualize(ends, values=True, gradients=True, saved=True)
    assert all("value" in label for label in labels(picture, "octagon") if label != "output")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.vmap(lambda r: np.sum(np.sin(r) * r))(x),
        lambda x: ag.grad(lambda z: np.sum(np.sin(z) * z))(x),
        lambda x: ag.hessian(lambda z: np.sum(z**3))(x[0]),
        lambda x: ag.checkpoint(lambda z: np.sum(np.sin(z) * z))(x),
    ],
    ids=["vmap", "grad", "hessian", "checkpoint"],
)
def test_transforms_are_drawn_from_inside(f: Any) -> None:
    picture = ag.visualize(f, X, values=True, gradients=True, saved=True)
    assert picture.error is None
    assert "value" in labels(picture, "octagon")[0]


# ----- large graphs -----


def chain(length: int) -> ag.Tensor:
    y = leaf(name="w")
    for _ in range(length):
        y = np.sin(y)
    return y


def test_a_long_chain_is_one_box() -> None:
    picture = ag.visualize(chain(100_000))
    assert labels(picture)[:3] == [r"w\nscalar", "sin × 100,000", "output"]
    assert picture.source.count("->") == 4  # two, and two of the legend


def test_equal_scopes_are_drawn_once() -> None:
    h = ag.Tensor(np.ones(3), name="h")
    for i in range(12):
        with ag.scope(f"block {i}"):
            h = np.tanh(leaf((3, 3), f"W{i}") @ h + leaf((3,), f"b{i}"))
    picture = ag.visualize(h.sum())
    assert frames(picture) == ["block 0 × 12"]
    assert labels(picture, "note")[:2] == [r"W0\n3×3", r"b0\n3"]
    assert labels(picture, "box")[:4] == ["sum", "matmul", "add", "tanh"]
    assert "style=dashed" in picture.source  # from one block to the next
    unfolded = ag.visualize(h.sum(), fold=False)
    assert len(frames(unfolded)) == 12
    assert "style=dashed" not in unfolded.source


def test_equal_stretches_are_found_without_scopes() -> None:
    W, h = leaf((3, 3), "W"), ag.Tensor(np.ones(3), name="h")
    for _ in range(30):
        h = np.tanh(W @ h + np.ones(3))
    picture = ag.visualize(np.exp(h).sum())
    assert frames(picture) == ["× 30"]
    assert picture.source.count("style=dashed") == 1
    assert labels(picture, "note")[0] == r"W\n3×3"
    assert labels(picture, "box")[:5] == ["exp", "sum", "matmul", "add", "tanh"]


def test_blocks_fold_inside_of_blocks() -> None:
    h = leaf((3,), "h")
    for i in range(4):
        with ag.scope(f"block{i}"):
            for j in range(5):
                with ag.scope(f"layer{j}"):
                    h = np.cos(np.sin(h))
    assert frames(ag.visualize(h, fold=True)) == ["block0 × 4", "layer0 × 5"]


def test_blocks_that_differ_are_not_folded() -> None:
    h = leaf((3,), "h")
    for i in range(12):
        with ag.scope(f"block{i}"):
            h = np.sin(h) if i % 2 else np.cos(h) * (i + 2)
    assert len(frames(ag.visualize(h, fold=True))) == 12


def computed(rng: np.random.Generator, h: ag.Tensor, depth: int = 0) -> ag.Tensor:
    """Return the result of some steps: operations, new parameters, loops and scopes in each other."""
    for _ in range(rng.integers(1, 4)):
        kind = rng.random() if depth < 3 else 0.0
        if kind < 0.4:
            h = (np.sin, np.cos, lambda h: h * 2, lambda h: h @ leaf((2, 2)))[rng.integers(4)](h)
        elif kind < 0.7:
            seed = rng.integers(1000)
            for _ in range(rng.integers(2, 6)):
                h = computed(np.random.default_rng(seed), h, depth + 1)
        else:
            with ag.scope(f"part {rng.integers(10)}"):
                h = computed(rng, h, depth + 1)
    return h


@pytest.mark.parametrize("seed", range(40))
def test_folding_loses_nothing(seed: int) -> None:
    """What boxes and frames say they stand for is as many operations, and as many leaves, as there are."""
    h = computed(np.random.default_rng(seed), leaf((1, 2), "x")) * 1
    whole, folded = (ag.visualize(h, fold=fold, limit=None)._scene for fold in (False, True))
    for kind in ("operation", "parameter", "input"):
        count = sum(
            box.times * math.prod(folded.frames[f].times for f in folded.chain(box.frame))
            for box in folded.boxes
            if box.kind == kind
        )
        assert count == sum(box.kind == kind for box in whole.boxes)


def test_small_graphs_are_not_folded_unasked() -> None:
    assert labels(ag.visualize(chain(5))).count("sin") == 5
    assert "sin × 5" in labels(ag.visualize(chain(5), fold=True))


def test_depth_draws_modules_as_boxes() -> None:
    model = network()
    assert labels(ag.visualize(model, X, depth=0), "folder")[:3] == [
        r"0: Linear\n1 operation", r"1: ReLU\n1 operation", r"2: Sequential\n2 operations",
    ]  # fmt: skip
    picture = ag.visualize(model, X, depth=1)
    assert frames(picture) == ["0: Linear", "1: ReLU", "2: Sequential"]
    assert labels(picture, "folder")[:2] == [r"0: Linear\n1 operation", r"1: Sigmoid\n1 operation"]
    assert ag.visualize(model, X, depth=2).source == ag.visualize(model, X).source


def test_the_limit_leaves_a_box_that_says_how_many_more() -> None:
    y = leaf(name="w")
    rng = np.random.default_rng(0)
    for i in rng.integers(0, 3, 2000):
        y = (np.sin, np.cos, np.tanh)[i](y)
    picture = ag.visualize(y, limit=50, fold=False)
    assert "1,953 more" in labels(picture)
    assert len([x for x in labels(picture) if not x.startswith(("parameter", "operation", "output"))]) >= 48
    assert r"w\nscalar" in labels(picture)
    assert "1,953 more" in str(picture)
    assert len(labels(ag.visualize(y, limit=None, fold=False))) > 2000


# ----- a run that fails -----


def test_a_run_that_fails_is_drawn_up_to_the_error() -> None:
    def f(x: Any) -> Any:
        return np.sin(x) @ np.ones((5, 2))

    picture = ag.visualize(f, X)
    assert isinstance(picture.error, ValueError)
    assert labels(picture, "box")[0] == "sin"
    (failed,) = labels(picture, "component")[:1]
    assert failed.startswith(r"matmul\nValueError: matmul: Input operand 1 has a mismatch")
    assert '-> n3 [label=" 5×2 "]' in picture.source
    assert "which failed (ValueError" in repr(picture)
    assert "matmul  ValueError" in str(picture)
    assert not observers


def test_a_module_that_fails_shows_in_which_layer() -> None:
    picture = ag.visualize(network(), np.ones((1, 5)), values=True)
    assert isinstance(picture.error, errors.ShapeError)
    assert frames(picture) == ["0: Linear"]
    assert "0: Linear / affine  ShapeError" in str(picture)
    assert "in the scope 0: Linear" in picture.error.__notes__


def test_an_error_outside_of_operations_is_drawn_by_its_class() -> None:
    def f(x: Any) -> Any:
        np.sin(x)
        raise KeyError("weights")

    assert labels(ag.visualize(f, X), "component")[0] == r"KeyError\nKeyError: 'weights'"


def test_a_run_may_fail_at_once() -> None:
    picture = ag.visualize(lambda x: x @ np.ones(5), np.arange(3))
    assert labels(picture, "component")[0].startswith(r"matmul\nValueError")
    assert labels(picture, "ellipse")[:2] == ["x", "constant"]
    assert str(ag.visualize(lambda x: 1 / 0, X)) == "ZeroDivisionError  ZeroDivisionError: division by zero  FAILED"


def test_an_interrupt_is_not_a_picture() -> None:
    def f(x: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ag.visualize(f, X)
    assert not observers


def test_a_picture_keeps_no_graph_alive() -> None:
    w = leaf((2,), "w")
    alive = weakref.ref(w)
    picture = ag.visualize(np.sin(w), values=True, gradients=True)
    del w
    assert alive() is None
    assert labels(picture)[0] == r"w\n2\nvalue [0.5, 0.5]\ngrad [0.878, 0.878]"


# ----- formats -----


def test_the_tree() -> None:
    w, x = leaf((2, 1), "w"), ag.Tensor(X, name="x")
    h = np.tanh(x @ w)
    assert str(ag.visualize(h * h + 1)) == (
        "output\n"
        "add  1×1\n"
        "├─ multiply  1×1\n"
        "│  ├─ [1] tanh  1×1\n"
        "│  │  matmul  1×1\n"
        "│  │  ├─ x  1×2  (input)\n"
        "│  │  └─ w  2×1  (parameter)\n"
        "│  └─ [1] tanh as above\n"
        "└─ 1"
    )


def test_saving_as_text_and_as_mermaid(tmp_path: Path) -> None:
    picture = ag.visualize(network(), X)
    assert picture.save(tmp_path / "graph.txt").read_text(encoding="utf-8") == f"{picture}\n"
    lines = picture.save(tmp_path / "graph.md").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["```mermaid", "flowchart LR"]
    assert lines[-1] == "```"
    assert lines.count("  end") == 5
    assert '  subgraph f2 ["2#58; Sequential"]' in lines
    assert '  n0(["x"]):::input' in lines
    assert '  n0 -->|"1×2"| n3' in lines


@pytest.mark.parametrize(
    "name", ['"]; click n0 "javascript:x', "<b>x</b>", "`x`\n```\nend", "a#35;b & %%{init}%%", "вес"]
)
def test_no_name_becomes_markup_in_mermaid(name: str, tmp_path: Path) -> None:
    text = ag.visualize(leaf((2,), name) * 1, legend=False).save(tmp_path / "g.md").read_text(encoding="utf-8")
    (line,) = [x for x in text.splitlines() if ":::parameter" in x]
    label = re.fullmatch(r'  n0>"(.*)"\]:::parameter', line)[1]
    assert not set(re.sub(r"#\d+;|<br/>", "", label)) & set('"<>&#;`%{}[]')
    assert len(re.findall("```", text)) == 2


def test_the_page_holds_its_data_and_needs_no_network(tmp_path: Path) -> None:
    name = "</script><script>alert(1)</script><!-- \u2028"
    w = leaf((2,), name)
    text = ag.visualize(np.sum(w * 3)).save(tmp_path / "g.html").read_text(encoding="utf-8")
    assert text.count("<script") == text.count("</script") == 2
    assert "default-src 'none'" in text
    assert not re.search(r"""(src|href)\s*=|@import|url\((?!#)|fetch\(|https?://(?!www\.w3\.org/2000/svg)""", text)
    data = json.loads(re.search(r'id="data">(.*)</script>', text)[1])
    assert data["boxes"][0]["lines"] == [name, "2"]
    assert data["boxes"][2]["value"] == "[1.5, 1.5]"
    assert [arrow["share"] for arrow in data["arrows"]] == ["[3, 3]", "", "[1, 1]", ""]


def test_pages_of_large_graphs_come_without_numbers(tmp_path: Path) -> None:
    text = ag.visualize(leaf((1001, 1001)) * 2).save(tmp_path / "g.html").read_text(encoding="utf-8")
    assert not json.loads(re.search(r'id="data">(.*)</script>', text)[1])["boxes"][2]["value"]


def test_showing_opens_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    path = ag.visualize(leaf() * 2).show()
    assert opened == [path.as_uri()]
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    path.unlink()


def test_every_format_is_the_same_twice(tmp_path: Path) -> None:
    for ending in ("dot", "txt", "md", "html"):
        texts = [
            ag.visualize(network(), X, values=True, gradients=True).save(tmp_path / f"g.{ending}").read_bytes()
            for _ in range(2)
        ]
        assert texts[0] == texts[1]
