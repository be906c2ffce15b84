"""Every transform of every feature of the README, compiled: the same as plainly, at every call."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from backends import ABSENT
from compared import close

import autograd_lite as ag
from autograd_lite import nn, tree

N = 4
W = np.array([[0.5, -1.0, 2.0, 0.25], [1.5, 0.5, -0.75, 1.0], [0.3, 0.2, 0.1, -0.4], [1.0, -1.0, 0.5, 0.5]])
Function = Callable[..., Any]


@dataclass
class Pair:
    first: Any
    second: Any


# ----- features: functions of an array of four numbers, with one number as a result -----


def in_place(x: Any) -> Any:
    y = x * 1.0
    y[1:] = x[:-1] * 2.0
    y[[0, 2]] = -1.0
    y *= 3.0
    y += x
    return np.sum(y * y)


def module() -> Function:
    rng = np.random.default_rng(0)
    net = nn.Sequential(nn.Linear(N, 3), nn.Tanh(), nn.Linear(3, 2), nn.Softmax(-1))
    for p in net.parameters():
        p.assign(rng.standard_normal(p.shape))
    return lambda x: np.sum(net(x[None]) * np.array([1.0, -2.0]))


def by_functional_call() -> Function:
    net = nn.Linear(N, 2)
    biases = np.array([0.1, -0.1])
    return lambda x: np.sum(nn.functional_call(net, {"weight": np.stack([x, x * x]), "bias": biases}, W) ** 2)


def scoped(x: Any) -> Any:
    with ag.scope("inner"):
        y = np.tanh(x)
    return np.sum(y * y)


def partly_unrecorded(x: Any) -> Any:
    with ag.no_grad():
        scale = np.sum(x * x)
    return np.sum(np.sin(x)) * detached(scale) + np.sum(x * detached(x))


def detached(x: Any) -> Any:
    return x.detach() if hasattr(x, "detach") else x


def hooked(x: Any) -> Any:
    y = np.sin(x)
    if isinstance(y, ag.Tensor) and y.requires_grad:
        y.register_hook(lambda g: g * 2.0)
    return np.sum(y * y)


def of_trees(x: Any) -> Any:
    parts = {"a": x[:2], "b": [x[2:], Pair(x, x * 2.0)]}
    doubled = tree.map(lambda y: 2.0 * y, parts)
    return np.sum(doubled["a"]) + np.sum(doubled["b"][0] * doubled["b"][1].second[:2])


def gradient_step(x: Any) -> Any:
    inner = lambda y: np.sum(y**4)  # noqa: E731
    return np.sum((x - 0.1 * ag.grad(inner)(x)) ** 2)


FEATURES: dict[str, Function] = {
    "elementwise": lambda x: np.sum(np.exp(-x * x) + np.log1p(x * x) * np.sin(x)),
    "indices": lambda x: np.sum(x[1:] * x[:-1]) + x[0] ** 2 + np.sum(x[[0, 0, -1]] ** 3) + np.sum(x[::-1] * x),
    "where": lambda x: np.sum(np.where(x > 0.2, x**2, np.where(x < -0.5, -x, 0.3 * x))),
    "maxima": lambda x: np.max(x) * np.min(x) + np.sum(np.maximum(x, 0.1)) + np.linalg.norm(x),
    "products": lambda x: x @ W @ x + np.sum(np.einsum("ij,j->i", W, x) ** 2) + np.dot(x, x),
    "joins": lambda x: np.sum(np.concatenate([x, x[:2] ** 2]) * np.arange(6.0)) + np.sum(np.stack([x, -x]) ** 2),
    "shapes": lambda x: np.sum((x.reshape(2, 2).T @ x.reshape(2, 2))[..., ::-1] * x.reshape(2, 2)),
    "sorted": lambda x: np.sum(np.sort(x) * np.arange(4.0)) + np.sum(np.cumsum(x) ** 2) + np.var(x),
    "in place": in_place,
    "module": module(),
    "functional_call": by_functional_call(),
    "losses": lambda x: nn.functional.cross_entropy(x[None] * W, np.array([0, 1, 2, 3])) + ag.logsumexp(x),
    "activations": lambda x: np.sum(ag.sigmoid(x) * ag.relu(x - 0.1) + ag.softplus(x)) + np.sum(ag.softmax(x) ** 2),
    "scope": scoped,
    "no_grad, detach": partly_unrecorded,
    "hooks": hooked,
    "trees": of_trees,
    "checkpoint": lambda x: ag.checkpoint(lambda y: np.sum(np.tanh(W @ y) ** 2))(x),
    "grad inside": gradient_step,
    "jvp inside": lambda x: np.sum(ag.jvp(np.sin, (x,), (np.ones(N),))[1] ** 2),
    "vjp inside": lambda x: np.sum(ag.vjp(np.sin, x)[1](np.ones(N)) ** 2),
    "vmap inside": lambda x: np.sum(ag.vmap(lambda row: np.tanh(np.dot(row, x)))(W)),
    "vmap of grad inside": lambda x: np.sum(ag.vmap(ag.grad(lambda y: np.sin(y) * y))(x) ** 2),
    "Hessian inside": lambda x: np.trace(ag.hessian(lambda y: np.sum(y**3))(x)),
    "float32": lambda x: np.sum((x.astype(np.float32) * 2.0) ** 2),
    "loops": lambda x: np.sum(sum(x**k / math.factorial(k) for k in range(1, 5))),
}


@ag.custom_op(vjp=lambda g, x: g * np.cos(x))
def sine(x: Any) -> Any:
    return np.sin(np.asarray(x))


square_root = ag.implicit.root(lambda y, a: y * y - a, solve=lambda a: np.asarray(a) ** 0.5)
orbit = ag.implicit.fixed_point(lambda y, a: np.cos(a * y))
OPERATIONS: dict[str, Function] = {
    "custom_op": lambda x: np.sum(sine(x) * x),
    "implicit.root": lambda x: np.sum(square_root(x * x + 1.0)),
    "implicit.fixed_point": lambda x: orbit(1.0, np.sum(x * x) / 4.0),
    "a compiled function": ag.compile(lambda x: np.sum(np.sin(x) * x), verify=0),
}
"""Operations of the user's, of which a compiled function is one."""

# ----- transforms: of such a function; what they give is called with an array of four numbers -----


def both(f: Function) -> Function:
    def pulled(x: Any) -> Any:
        y, pull = ag.vjp(f, x)
        return y, pull(np.ones(np.shape(y)))

    return pulled


def tangent(f: Function) -> Function:
    return lambda x: ag.jvp(f, (x,), (np.cos(x),))


def linear(f: Function) -> Function:
    def applied(x: Any) -> Any:
        y, push = ag.linearize(f, x)
        return y, push(np.ones(N)), push(x)

    return applied


def swept(f: Function) -> Function:
    def backward(x: Any) -> Any:
        t = ag.Tensor(np.zeros(N), requires_grad=True)
        y = f(t + x)
        y.backward()
        return y.detach(), t.grad

    return backward


def swept_twice(f: Function) -> Function:
    def backward(x: Any) -> Any:
        t = ag.Tensor(np.zeros(N), requires_grad=True)
        f(t + x).backward(create_graph=True)
        first = t.grad
        t.zero_grad()
        np.sum(first * first).backward()
        return first.detach(), t.grad

    return backward


def trained(f: Function) -> Function:
    """A step with parameters of its own, which are a part of the result."""
    w = ag.Tensor(np.full(N, 0.3), requires_grad=True, name="w")
    optimizer = ag.optim.SGD([w], lr=0.05, momentum=0.9)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = f(w * x)
        loss.backward()
        optimizer.step()
        return loss.detach(), w * 1.0, w.grad * 1.0

    return step


def as_module(f: Function) -> Function:
    class Wrapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(np.full(N, 0.7))

        def forward(self, x: Any) -> Any:
            return f(self.scale * x)

    net = Wrapped()
    return ag.value_and_grad(lambda x: nn.functional_call(net, {"scale": x}, np.linspace(0.5, 1.5, N)))


def unrecorded(f: Function) -> Function:
    def plain(x: Any) -> Any:
        with ag.no_grad():
            return f(ag.Tensor(x)).detach()

    return plain


def seeded(f: Function) -> Function:
    """With noise that is drawn at every call."""
    rng = np.random.default_rng(3)
    return ag.value_and_grad(lambda x: f(x + 0.1 * rng.standard_normal(N)))


def rows(f: Function) -> Function:
    """Over a batch made of the argument."""
    return lambda x: ag.vmap(f)(np.stack([x, 2.0 * x, x + 1.0]))


def gradient_rows(f: Function) -> Function:
    return lambda x: ag.vmap(ag.grad(f))(np.stack([x, 2.0 * x, x + 1.0]))


TRANSFORMS: dict[str, Callable[[Function], Function]] = {
    "itself": lambda f: f,
    "grad": ag.grad,
    "value_and_grad": ag.value_and_grad,
    "vjp": both,
    "jvp": tangent,
    "linearize": linear,
    "jacobian": lambda f: ag.jacobian(lambda x: f(x) * x),
    "hessian": ag.hessian,
    "hvp": lambda f: lambda x: ag.hvp(f, (x,), (np.ones(N),)),
    "elementwise_grad": lambda f: ag.elementwise_grad(lambda x: f(x) * x),
    "grad of grad": lambda f: ag.grad(lambda x: np.sum(ag.grad(f)(x) ** 2)),
    "jvp of grad": lambda f: tangent(ag.grad(f)),
    "vmap": rows,
    "vmap of grad": gradient_rows,
    "checkpoint": lambda f: ag.grad(ag.checkpoint(f)),
    "backward": swept,
    "create_graph": swept_twice,
    "training step": trained,
    "module": as_module,
    "no_grad": unrecorded,
    "random numbers": seeded,
}
POINTS = tuple(np.random.default_rng(5).standard_normal((4, N)))


def called(f: Function, x: Any) -> Any:
    """Return the leaves of what a call gives, and the class of an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ag.errors.AutogradWarning)
        try:
            leaves = tree.leaves(f(x))
        except (ag.errors.AutogradError, TypeError, ValueError, AttributeError) as error:
            return error
    return [y.numpy() if isinstance(y, ag.Tensor) else y for y in leaves]


def compare(transform: str, feature: str, backend: str) -> None:
    function = {**FEATURES, **OPERATIONS}[feature]
    plain = TRANSFORMS[transform](function)
    compiled = ag.compile(TRANSFORMS[transform](function), backend=backend)
    for x in POINTS:
        expected, found = called(plain, x.copy()), called(compiled, x.copy())
        if isinstance(expected, Exception):
            assert isinstance(found, Exception), (expected, found)
            return
        assert not isinstance(found, Exception), found
        assert [np.asarray(y).dtype for y in found] == [np.asarray(y).dtype for y in expected]
        for a, b in zip(expected, found, strict=True):
            assert type(a) is type(b)
            assert np.shape(a) == np.shape(b)
            assert close(a, b), (a, b)
    assert len(compiled.programs) == 1


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_transform_of_a_feature(transform: str, feature: str) -> None:
    compare(transform, feature, "numpy")


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("transform", [pytest.param(t, marks=pytest.mark.slow) for t in TRANSFORMS])
@pytest.mark.parametrize("backend", [pytest.param("cc", marks=ABSENT["cc"])])
def test_a_transform_of_a_feature_in_c(transform: str, feature: str, backend: str) -> None:
    compare(transform, feature, backend)


@pytest.mark.parametrize("feature", OPERATIONS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_transform_of_an_operation_of_the_user_s(transform: str, feature: str) -> None:
    compare(transform, feature, "numpy")
