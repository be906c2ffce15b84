"""The numbers in pictures: values, gradients, bytes, times, and what looks wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import Case, rows
from pictures import X, labels_of, parameter

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.engine.forms import custom
from autograd_lite.engine.graph import ConstantInput
from autograd_lite.engine.several import is_part
from autograd_lite.viz.items import ancestors
from autograd_lite.viz.measure import gradients, numbers, shares_of, values


def test_values_and_gradients() -> None:
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    picture = ag.visualize(np.sum(np.sin(x) * 3), values=True, gradients=True)
    assert labels_of(picture)[:5] == [
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
    assert labels_of(ag.visualize(y, values=True))[0] == r"x\n2\nvalue [1, 2]"


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
    shown = labels_of(ag.visualize(y, values=True))
    assert any(rf"value {numbers(end.numpy()).text}" in label for label in shown)
    assert sum("value" in label for label in shown) >= len(shown) - 5


def test_large_values_are_summed_up() -> None:
    picture = ag.visualize(parameter((100,), "w") * np.arange(100.0), values=True)
    assert r"multiply\nvalue 0 … 24.8 … 49.5\n████████" in labels_of(picture)
    assert numbers(np.full(9, 2.0)).text == "2 … 2 … 2"
    assert numbers(np.array([1 + 2j])).text == "[1+2j]"
    assert numbers(np.zeros((0, 3))).text == "[]"


def test_the_norm_of_gradients_is_heat() -> None:
    x, w = parameter((2,), "x"), parameter((2,), "w")
    source = ag.visualize(np.sum(x * 1e-4 + w * 10), gradients=True).source
    fills = dict(re.findall(r'label="(\w+)\\n2\\n.*fillcolor="(#\w+)"', source))
    assert fills == {"x": "#FFF5E6", "w": "#D55E00"}
    assert r'label="gradient norm 0.000141"' in source


def test_the_gradient_of_a_constant_sum_is_that_of_the_largest_and_says_so() -> None:
    """Of a softmax, whose rows add up to 1, and of what has the mean 0: no alarm in a picture of a right model."""
    model = ag.nn.Sequential(ag.nn.Linear(2, 3, rng=0), ag.nn.Softmax())
    for f in (model, lambda x: model(x)[:, ::-1], lambda x: x - np.mean(x, axis=-1, keepdims=True)):
        picture = ag.visualize(f, np.array([[1.0, -0.5], [0.25, 2.0]]), values=True, gradients=True)
        assert "largest of each row" in str(picture)
        assert "! zero gradient" not in str(picture)
    x = np.array([[1.0, -0.5]])
    gradient = ag.grad(lambda w: ag.nn.functional_call(model, {"0.weight": w}, x).max())
    expected = gradient(model[0].weight.detach().numpy()).detach().numpy()
    assert f"grad {numbers(expected).text}" in str(ag.visualize(model, x, gradients=True))
    assert "largest" not in str(ag.visualize(lambda x: x * 2, x, gradients=True))
    assert "! zero gradient" in str(ag.visualize(lambda x: np.maximum(x, 5) * x.detach(), x, gradients=True))


def test_saved_bytes() -> None:
    picture = ag.visualize(np.exp(parameter((1000,), "w")).sum(), saved=True)
    assert labels_of(picture)[1:3] == [r"exp\nsaves 8.0 kB", "sum"]


def test_times_are_those_of_the_operation() -> None:
    W = parameter((300, 300), "W")
    label = labels_of(ag.visualize(np.sum(W @ W), times=True))[1]
    assert re.fullmatch(r"matmul\\n[\d.e+]+ (µs|ms|s),\s+back [\d.e+]+(\\n|\s)+(µs|ms|s)", label)


def test_the_line_of_the_user() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())

    def f(x: Any) -> Any:
        return np.sum(model(x))

    line = f.__code__.co_firstlineno + 1
    shown = labels_of(ag.visualize(f, X, where=True), "box")
    assert {rf"{name}\ntest_measure.py:{line}" for name in ("affine", "tanh", "sum")} <= set(shown)
    assert f"tanh  1×3  test_measure.py:{line}" in str(ag.visualize(f, X, where=True))
    assert "test_measure" not in ag.visualize(f, X).source


def test_dtypes_stand_beside_shapes_where_asked_for() -> None:
    w = ag.Tensor([1.0, 2.0], requires_grad=True, dtype=np.float32, name="w")
    picture = ag.visualize(np.sum(w * 2), dtypes=True)
    assert 'label=" 2 float32 "' in picture.source
    assert 'label=" scalar float32 "' in picture.source
    assert "w  2  float32  (parameter)" in str(picture)
    assert "float32" not in ag.visualize(np.sum(w * 2)).source


def test_the_line_of_what_was_recorded_while_debugging() -> None:
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    with ag.debug():
        y = np.sum(np.sin(w))
    assert labels_of(ag.visualize(y, where=True), "box") == [
        rf"{name}\ntest_measure.py:{y._node.notes.place.line}" for name in ("sin", "sum")
    ]
    assert y._node.notes.place.line == test_the_line_of_what_was_recorded_while_debugging.__code__.co_firstlineno + 3


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
    picture = ag.visualize(build(parameter((3, 2), "x")).sum(), values=True, gradients=True)
    line = next(x for x in picture.source.splitlines() if f"! {mark}" in x)
    assert 'color="#B3261E", penwidth=3' in line
    healthy = ag.visualize(np.tanh(parameter((3, 2), "x")).sum(), values=True, gradients=True)
    assert "! " not in healthy.source


def test_one_example_does_not_make_a_unit_dead() -> None:
    assert "dead" not in str(ag.visualize(ag.relu(ag.Tensor([[-1.0, 1.0]], requires_grad=True)), values=True))


@rows()
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
            assert any(isinstance(x, ConstantInput) and id(x) not in known for node in nodes for x in node.inputs)
    grads = gradients(list(dict.fromkeys(roots)), nodes)
    totals: dict[Any, Any] = {}
    for node in nodes:
        if node.op is not None and node in grads and not is_part(node):
            for x, share in zip([x for x in node.inputs if x is not None], shares_of(node, grads[node]), strict=True):
                if share is not None:
                    totals[x] = totals.get(x, 0) + share
    for node, total in totals.items():
        np.testing.assert_allclose(total + (node in roots), grads[node], rtol=1e-9, atol=1e-12)
    picture = ag.visualize(ends, values=True, gradients=True, saved=True)
    assert all("value" in label for label in labels_of(picture, "octagon") if label != "output")


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
    assert "value" in labels_of(picture, "octagon")[0]


def test_a_derivative_that_raises_is_no_reason_not_to_draw(tmp_path: Path) -> None:
    def refuse(g: Any, x: Any) -> Any:
        raise ZeroDivisionError("no slope")

    op = custom(lambda x: 2 * x, refuse)
    y = op(parameter((2,), "w"))
    picture = ag.visualize(y)
    assert labels_of(picture, "box")[0] == "<lambda>"
    assert '"remark":"ZeroDivisionError: no slope"' in picture.save(tmp_path / "g.html").read_text(encoding="utf-8")
    with pytest.raises(ZeroDivisionError):
        ag.visualize(y, gradients=True)
    assert "value [1, 1]" in str(ag.visualize(y, values=True))


def test_a_value_that_is_possible_no_more_is_not_known() -> None:
    def root(x: Any) -> Any:
        if np.any(x < 0):
            raise ArithmeticError("no root")
        return x**0.5

    x = parameter((2,), "x")
    y = custom(root, lambda g: g)(x) + 1
    with ag.no_grad():
        x -= 10
    assert labels_of(ag.visualize(y + 1, values=True), "box")[0] == "root"
