"""Jacobians in batches: over the whole table, in both modes, in chunks, and while somebody watches from outside."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case, rows
from trees import close, differentiable, randoms

import autograd_lite as ag
from autograd_lite.transforms import watched
from autograd_lite.transforms.batches import rows as rows_module


@rows([row for row in CASES if not any(map(np.iscomplexobj, (*row.inputs, *row(*row.inputs))))])
def test_both_modes_give_the_jacobian_of_single_sweeps(row: Case) -> None:
    f, places = differentiable(row), tuple(range(len(row.inputs)))
    if not f(*row.inputs):
        pytest.skip("no derivative by nature")
    tangents = tuple(randoms(row.rng(), x) for x in row.inputs)
    along = ag.jvp(f, row.inputs, tangents)[1]
    for mode in ("forward", "reverse"):
        blocks = ag.jacobian(f, places, mode=mode)(*row.inputs)
        for by_input, expected in zip(blocks, along, strict=True):
            found = sum(np.tensordot(b, t, np.ndim(t)) for b, t in zip(by_input, tangents, strict=True))
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
        cotangents = randoms(row.rng(), along)
        back = ag.vjp(f, *row.inputs)[1](cotangents)
        back = back if len(places) > 1 else (back,)
        for k, expected in enumerate(back):
            found = sum(np.tensordot(v, b[k], np.ndim(v)) for v, b in zip(cotangents, blocks, strict=True))
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


def f(x: Any) -> Any:
    return np.sort(x**2)[1:] * np.sum(np.tanh(x)) + np.stack([x[:2] @ x[1:3], x[0]])[:, None]


X = np.array([0.3, -0.7, 1.1, 0.2])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_chunks_make_the_same(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ag.jacobian(f, mode=mode)(X)
    for limit in (1, 100, 1000):
        monkeypatch.setattr(rows_module, "LIMIT", limit)
        close(ag.jacobian(f, mode=mode)(X), whole)


def moved(f: Any, direction: Any) -> Any:
    return lambda x: ag.jvp(f, (x,), (direction,))[1]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("outer", ["forward", "reverse"])
def test_a_jacobian_is_differentiated_again(mode: str, outer: str) -> None:
    third = ag.jacobian(ag.jacobian(ag.jacobian(f, mode=mode), mode=outer), mode=mode)(X)
    direction = np.array([1.0, 0.5, -1.0, 2.0])
    along = f
    for _ in range(3):
        along = moved(along, direction)
    close(third @ direction @ direction @ direction, along(X), 1e-10)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_jacobian_keeps_the_derivative_of_what_is_outside(mode: str) -> None:
    def total(w: Any) -> Any:
        return np.sum(ag.jacobian(lambda x: f(w * x), mode=mode)(X) ** 2)

    step = 1e-5
    expected = (total(1.2 + step) - total(1.2 - step)) / (2 * step)
    np.testing.assert_allclose(ag.grad(total)(1.2), expected, rtol=1e-7)
    np.testing.assert_allclose(ag.jvp(total, (1.2,), (1.0,))[1], expected, rtol=1e-7)
    w = ag.Tensor(1.2, requires_grad=True)
    total(w).backward()
    np.testing.assert_allclose(w.grad.item(), expected, rtol=1e-7)


def count(sweeps: list[str], name: str, sweep: Any, *args: Any, **kwargs: Any) -> Any:
    sweeps.append(name)
    return sweep(*args, **kwargs)


def test_one_sweep_serves_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    sweeps: list[str] = []
    for name in ("forward", "reverse"):
        counted = partial(count, sweeps, name, getattr(watched, name))
        monkeypatch.setattr(watched, name, counted)
    ag.jacobian(f, mode="reverse")(X)
    ag.jacobian(f, mode="forward")(X)
    ag.hessian(lambda x: np.sum(f(x)))(X)
    assert sweeps == ["reverse", "forward", "reverse", "forward"]


def per_row(x: Any) -> Any:
    return np.sum(np.tanh(np.outer(x, x))) * np.prod(x) + np.sort(x)[1]


COMPOSED = {
    "hessian": ag.hessian(per_row),
    "forward": ag.jacobian(f, mode="forward"),
    "reverse": ag.jacobian(f, mode="reverse"),
    "hvp": lambda x: ag.hvp(per_row, (x,), (np.ones(4),)),
    "grad": ag.grad(per_row),
    "elementwise_grad": ag.elementwise_grad(np.tanh),
    "third": ag.jacobian(ag.hessian(per_row)),
    "checkpoint": ag.grad(ag.checkpoint(per_row)),
    "hessian of checkpoint": ag.hessian(ag.checkpoint(per_row)),
    "jvp": lambda x: ag.jvp(f, (x,), (np.ones(4),))[1],
    "vjp": lambda x: ag.vjp(f, x)[1](np.ones((2, 3))),
    "linearize": lambda x: ag.linearize(f, x)[1](np.ones(4)),
}


@pytest.mark.parametrize("transform", COMPOSED.values(), ids=COMPOSED)
def test_every_transform_works_on_each_example_of_a_batch(transform: Any) -> None:
    """With an index that differs between the examples, as the one of a sort does."""
    batch = np.random.default_rng(1).normal(size=(5, 4))
    np.testing.assert_allclose(ag.vmap(transform)(batch), np.stack([transform(x) for x in batch]), atol=1e-12)
    outer = ag.jacobian(ag.vmap(transform))(batch)
    inner = ag.vmap(ag.jacobian(transform))(batch)
    for i in range(5):
        np.testing.assert_allclose(outer[i, ..., i, :], inner[i], atol=1e-10)
