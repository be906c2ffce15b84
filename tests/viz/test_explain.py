"""The chain rule as text: its lines, its numbers, and the formulas it takes from the rules."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from cases import rows

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.apps import perceptron
from autograd_lite.engine.graph import ConstantInput, Node
from autograd_lite.engine.op import Op
from autograd_lite.engine.registry import REGISTRY
from autograd_lite.engine.several import Kinds, bundled, is_part
from autograd_lite.viz.derivatives import CallText, derivative, formula
from autograd_lite.viz.items import ancestors
from autograd_lite.viz.measure import shares_of, values


def test_the_perceptron_line_by_line() -> None:
    model = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Sigmoid())
    model[0].weight.data[:] = [[1.0, -0.5]]
    loss = ag.half_squared_error(model(ag.Tensor([[1.0, 2.0]], name="x")), ag.Tensor([[1.0]], name="t"))
    loss.name = "L"
    assert ag.explain(loss, params={"W": model[0].weight}).split("\n") == [
        "forward",
        "  W  = [[1, -0.5]]",
        "  v1 = affine(x, W)               = [[0]]",
        "  v2 = sigmoid(v1)                = [[0.5]]",
        "  L  = half_squared_error(v2, t)  = 0.125",
        "backward",
        "  dL/dL  = 1",
        "  dL/dv2 = dL/dL * (v2 - t)        = [[-0.5]]",
        "  dL/dv1 = dL/dv2 * v2 * (1 - v2)  = [[-0.125]]",
        "  dL/dW  = dL/dv1.T @ x            = [[-0.125, -0.25]]",
    ]


def test_the_documents_derivation_ends_in_the_derived_gradients() -> None:
    v = perceptron.initial_parameters()
    tensors = {name: ag.Tensor(value, requires_grad=True, name=name) for name, value in v.items()}
    f = perceptron.formulas(tensors)
    text = ag.explain(f["L"], names=f)
    derived = perceptron.derived_gradients(v)
    for name in ("w11", "w12", "b1", "b2", "w21", "w22", "b4", "b5"):
        last = re.findall(rf"^  dL/d{name} .* = (\S+)$|^  dL/d{name} +=() (\S+)$", text, re.MULTILINE)[-1]
        assert float("".join(last)) == pytest.approx(derived[name], rel=5e-3)
    assert "  a1  = 1 / v9 " in text
    assert all(t.grad is None for t in tensors.values())


def test_parameters_of_several_layers_are_told_apart_and_named_by_the_caller() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 1))
    x = np.array([[1.0, 2.0], [0.5, 0.25]])
    plain = ag.explain(np.sum(model(x) * x[:, :1]))
    for name in ("weight", "bias", "weight_2", "bias_2"):
        assert re.search(rf"^  {name} +=", plain, re.MULTILINE)
    assert "  c1       = [[1, 2], [0.5, 0.25]]" in plain
    assert "dy/dweight   = dy/dv1.T @ c1" in plain
    assert "dy/dbias_2   = dy/dv3.sum(axis=0)" in plain
    named = ag.explain(np.sum(model(x)), names=dict(model.named_parameters()))
    assert "dy/d2.weight = dy/dv3.T @ v2" in named
    assert "= affine(c1, 0.weight, 0.bias)" in named
    data = ag.Tensor(x)
    assert "affine(data, " in ag.explain(np.sum(model(data)), names={"data": data})


def test_names_that_are_there_twice_and_settings_in_formulas() -> None:
    x = ag.Tensor([[1.0, 2.0]], requires_grad=True, name="x")
    same = ag.softmax(x * 2, axis=-1)
    same.name = "x"
    text = ag.explain(np.sum(same * np.array([1.0, 3.0])))
    assert ".sum(-1, keepdims=True))" in text
    assert len(re.findall(r"^  x +=", text, re.MULTILINE)) == 1
    assert "* [1, 3]" in text


def test_what_is_inside_of_a_batch_has_no_single_number() -> None:
    x = ag.Tensor(np.ones((3, 2)), requires_grad=True, name="x")
    text = ag.explain(np.sum(ag.vmap(lambda r: np.sum(np.sin(r) * 2))(x)))
    assert re.search(r"sin\(v\d\) += \?$", text, re.MULTILINE)
    assert text.endswith("[[1.08, 1.08], [1.08, 1.08], [1.08, 1.08]]")


def test_a_name_stays_in_its_line() -> None:
    x = ag.Tensor(1.0, requires_grad=True, name="a\nb\x00")
    assert "  a b\ufffd = 1\n" in ag.explain(x * 2)


def test_formulas_are_read_from_the_rules() -> None:
    written = [op for op in REGISTRY.values() if isinstance(op, Op) and op.rules]
    texts = [formula(op, place) for op in written for place, rule in enumerate(op.rules) if rule is not None]
    assert sum(text is not None for text in texts) > len(texts) / 2
    assert formula(REGISTRY[np.multiply], 1) == "g * x1"
    assert formula(REGISTRY[np.sqrt], 0) is not None


@pytest.mark.parametrize("name", sorted({op.name for op in REGISTRY.values() if isinstance(op, Op) and op.rules}))
def test_every_formula_is_an_expression_with_the_gradient_in_it(name: str) -> None:
    op = next(op for op in REGISTRY.values() if isinstance(op, Op) and op.name == name)
    for place, rule in enumerate(op.rules):
        text = formula(op, place) if rule is not None else None
        if text is not None:
            compile(text, name, "eval")
            assert re.search(r"\bg\b", text) or text == "0"


def test_what_is_not_explained() -> None:
    y = x = ag.Tensor(1.0, requires_grad=True)
    with pytest.raises(errors.PictureError, match=r"a list.*Write print\(ag.explain\(loss\)\)"):
        ag.explain([x])
    for _ in range(201):
        y = np.sin(y)
    with pytest.raises(errors.PictureError, match=r"201 of them, more than 200.*Write ag\.visualize"):
        ag.explain(y)
    z = np.sin(x)
    z.backward()
    with pytest.raises(errors.FreedGraphError):
        ag.explain(z)
    with pytest.raises(errors.NoPathError):
        ag.explain(ag.Tensor(1.0))


def written(node: Node, place: int, names: list[str]) -> str | None:
    """Return the derivative of a recorded operation by one operand, as it is explained, in simple names."""
    known = {"g": "g", "y": "y"} | dict(zip(node.op.operands, names, strict=False))
    shapes = [getattr(x, "shape", ()) for x in node.inputs]
    return derivative(CallText(node.op, place, shapes, node.shape, node.settings), known)


@rows()
def test_every_derivative_that_is_written_is_the_one_that_is_computed(row: Any) -> None:
    inputs = [ag.Tensor(x, requires_grad=True) if np.asarray(x).dtype.kind == "f" else x for x in row.inputs]
    if not any(isinstance(x, ag.Tensor) for x in inputs):
        return
    results = [r for r in row(*inputs) if isinstance(r, ag.Tensor) and r._node is not None]
    nodes = ancestors([r._node for r in results])
    known = values(nodes, {})
    scope = {"np": np, "sigmoid": plain_of_sigmoid, "softmax": lambda a: np.exp(a) / np.exp(a).sum()}
    for node in nodes:
        if not node.inputs or node not in known or is_part(node):
            continue
        rng = np.random.default_rng(0)
        kinds = node.dtype.each if isinstance(node.dtype, Kinds) else [(node.shape, node.dtype)]
        g = bundled([None if kind is None else rng.normal(size=kind[0]) for kind in kinds])
        names = [f"x_{i}" for i in range(len(node.inputs))]
        arrays = [known.get(x if isinstance(x, Node) else id(x), x) for x in node.inputs]
        here = dict(zip(names, arrays, strict=True))
        places = [place for place, x in enumerate(node.inputs) if x is not None]
        try:
            shares = shares_of(node, g)
        except ag.errors.UnsupportedError:  # by phases, on which no result of the row depends
            continue
        for place, share in zip(places, shares, strict=True):
            text = written(node, place, names) if share is not None and node.op.operands else None
            if text is not None and not any(isinstance(x, ConstantInput) for x in here.values()):
                found = eval(text, {**scope, **here, "g": g, "y": known[node]})
                found = found if np.iscomplexobj(share) else np.real(found)  # which is what arrives at a real number
                np.testing.assert_allclose(found, share, rtol=1e-6, atol=1e-9, err_msg=f"{node.op}, {place}: {text}")
                assert np.shape(found) == np.shape(share), text


def plain_of_sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))
