"""Functions at the top of a module, as pickle wants them: what the tests of copies and pickles are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import implicit, nn


def number(x: Any) -> Any:
    return np.sum(np.sin(x) * x)


def pair(x: Any) -> Any:
    return np.sum(x**3), x


def vector(x: Any) -> Any:
    return np.sin(x) * x


def product(a: Any, b: Any) -> Any:
    return np.sum(a * b**2)


def residual(x: Any, a: Any) -> Any:
    return x * x - a


def solve(a: Any) -> Any:
    return a**0.5


def improved(x: Any, a: Any) -> Any:
    return np.cos(a * x)


def bounded(p: Any) -> Any:
    return np.exp(-p)


def bounded_vjp(g: Any, y: Any) -> Any:
    return -g * y


decaying = ag.custom_op(bounded, vjp=bounded_vjp, name="decaying")
renamed = ag.custom_op(bounded, vjp=bounded_vjp, name="another name")


@ag.custom_op(vjp=lambda g, x: 2 * g * x, name="squared")
def square(x: Any) -> Any:
    return x * x


@ag.checkpoint
def layer(x: Any) -> Any:
    return np.tanh(np.sin(x) ** 2)


@ag.grad
def slope(x: Any) -> Any:
    return np.sum(x**3)


@ag.value_and_grad
@ag.checkpoint
def both(x: Any) -> Any:
    return np.sum(x**3)


@ag.vmap
def each(x: Any) -> Any:
    return np.sum(x**2)


@ag.compile
def compiled(x: Any) -> Any:
    return np.sum(np.sin(x) ** 2)


of_a_lambda = ag.grad(lambda x: np.sum(x**4))
of_two = ag.grad(ag.checkpoint(lambda x: np.sum(x**4)))
compiled_lambda = ag.compile(lambda x: np.sum(x**4))
operation = ag.custom_op(lambda x: x * x, vjp=lambda g, x: 2 * g * x)
root = implicit.root(residual, solve)
fixed = implicit.fixed_point(improved, tol=1e-10)


class Net(nn.Module):
    """A network with everything that an attribute may be."""

    def __init__(self) -> None:
        self.first, self.last = nn.Linear(2, 3, rng=np.random.default_rng(0)), nn.Linear(3, 1)
        self.act = ag.relu
        self.own = decaying
        self.slope = ag.grad(self.loss)
        self.fast = ag.compile(self.loss)
        self.faster = ag.compile(ag.value_and_grad(self.loss))
        self.kept = ag.checkpoint(self.first)
        self.handle = self.last.bias.register_hook(doubled)

    def forward(self, x: Any) -> Any:
        return self.last(self.act(self.kept(x)))

    def loss(self, x: Any) -> Any:
        return np.sum(self(x) ** 2)

    @ag.checkpoint
    def deep(self, x: Any) -> Any:
        return self.own(self(x))

    @ag.compile
    def quick(self, x: Any) -> Any:
        return np.sum(self(x))


def doubled(g: Any) -> Any:
    return 2 * g


def flat(x: Any) -> Any:
    """Return results as arrays, however they are nested."""
    return [np.asarray(y.detach() if isinstance(y, ag.Tensor) else y) for y in ag.tree.leaves(x)]
