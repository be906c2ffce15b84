"""Jacobians and Hessians: their shapes and blocks, and Hessians times vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trees import close

import autograd_lite as ag
from autograd_lite import tree


@pytest.mark.parametrize("mode", ["auto", "reverse", "forward"])
def test_jacobian_has_the_shape_of_the_result_and_of_the_argument(mode: str) -> None:
    x = np.arange(6.0).reshape(2, 3) / 7
    found = ag.jacobian(lambda x: np.sin(x) @ x.T, mode=mode)(x)
    assert found.shape == (2, 2, 2, 3)
    step = 1e-6
    e = np.zeros((2, 3))
    e[1, 2] = step
    numeric = (np.sin(x + e) @ (x + e).T - np.sin(x - e) @ (x - e).T) / (2 * step)
    np.testing.assert_allclose(found[:, :, 1, 2], numeric, atol=1e-8)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_jacobian_of_trees_by_trees(mode: str) -> None:
    def f(p: Any, q: Any) -> Any:
        return {"sum": np.sum(p["a"]) * q, "constant": 7.0, "same": (p["b"],)}

    p = {"a": np.ones(2), "b": 3.0}
    found = ag.jacobian(f, (0, 1), mode=mode)(p, 2.0)
    close(found, {
        "sum": ({"a": np.array([2.0, 2.0]), "b": 0.0}, 2.0),
        "constant": ({"a": np.zeros(2), "b": 0.0}, 0.0),
        "same": (({"a": np.zeros(2), "b": 1.0}, 0.0),),
    })  # fmt: skip


def test_jacobian_of_nothing_and_by_nothing() -> None:
    assert ag.jacobian(lambda x: x[:0], mode="reverse")(np.ones(3)).shape == (0, 3)
    assert ag.jacobian(lambda x: x[:0], mode="forward")(np.ones(3)).shape == (0, 3)
    assert ag.jacobian(lambda x: x * 2, mode="reverse")(np.ones((0, 2))).shape == (0, 2, 0, 2)
    assert ag.jacobian(lambda x: x * 2, mode="forward")(np.ones((0, 2))).shape == (0, 2, 0, 2)


def test_hessian_in_blocks() -> None:
    found = ag.hessian(lambda p: np.sum(p["a"] ** 2) * p["b"])({"a": np.array([1.0, 2.0]), "b": 3.0})
    close(found, {
        "a": {"a": np.array([[6.0, 0.0], [0.0, 6.0]]), "b": np.array([2.0, 4.0])},
        "b": {"a": np.array([2.0, 4.0]), "b": 0.0},
    })  # fmt: skip


def test_hessian_times_a_vector_is_the_product() -> None:
    x, v = np.array([0.3, 0.7, 1.1]), np.array([1.0, -2.0, 0.5])

    def f(x: Any) -> Any:
        return np.sum(np.tanh(np.outer(x, x))) + np.prod(x)

    close(ag.hvp(f, (x,), (v,)), ag.hessian(f)(x) @ v)
    a, b = ag.hvp(lambda a, b: a**2 * b, (2.0, 3.0), (1.0, 10.0))
    assert (a, b) == (6.0 + 40.0, 4.0)


def test_hessian_of_the_loss_of_a_network() -> None:
    ag.manual_seed(0)
    model = ag.nn.Sequential(ag.nn.Linear(2, 3), ag.nn.Tanh(), ag.nn.Linear(3, 1))
    x, y = np.ones((4, 2)) * np.arange(4)[:, None], np.ones((4, 1))
    parameters = model.state_dict()

    def loss(parameters: Any) -> Any:
        return np.mean((ag.nn.functional_call(model, parameters, x) - y) ** 2)

    found = ag.hessian(loss)(parameters)
    flat, unravel = tree.ravel(parameters)
    whole = ag.hessian(lambda v: loss(unravel(v)))(flat)
    assert found["0.weight"]["2.bias"].shape == (3, 2, 1)
    np.testing.assert_allclose(found["0.weight"]["0.weight"].reshape(6, 6), whole[:6, :6], atol=1e-14)
    np.testing.assert_allclose(whole, whole.T, atol=1e-14)
    assert all(p.grad is None and p.is_leaf for p in model.parameters())
