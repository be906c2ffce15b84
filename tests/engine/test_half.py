"""Half precision: counts, sizes and sums that it does not hold, in values and derivatives. It ends at 65,504."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn

MANY = 70_000  # more than half precision holds
SPACING = float(np.finfo(np.float16).smallest_subnormal)


def spread(n: int, low: float = 0.0, high: float = 2.0) -> np.ndarray:
    return np.linspace(low, high, n).astype(np.float16)


def with_nan(n: int) -> np.ndarray:
    x = spread(n)
    x[::7] = np.nan
    return x


def ties(n: int) -> np.ndarray:
    return np.ones(n, np.float16)


def rows(n: int) -> np.ndarray:
    return spread(3 * n).reshape(n, 3)


ROWS: dict[str, tuple[Callable[[Any], Any], np.ndarray]] = {
    "mean": (lambda x: 1000 * np.mean(x), spread(MANY)),
    "mean of columns": (lambda x: 1000 * np.sum(np.mean(x, axis=0)), rows(MANY)),
    "average": (lambda x: 1000 * np.average(x), spread(MANY)),
    "average, weighted": (lambda x: 1000 * np.average(x, weights=ties(MANY)), spread(MANY)),
    "max of ties": (lambda x: 1000 * np.max(x), ties(MANY)),
    "min of ties": (lambda x: 1000 * np.min(x), ties(MANY)),
    "var": (lambda x: 1000 * np.var(x), spread(MANY)),
    "var, unbiased": (lambda x: 1000 * np.var(x, ddof=1), spread(MANY)),
    "std": (lambda x: 1000 * np.std(x), spread(MANY)),
    "var of large numbers": (np.var, spread(50, -200, 200)),
    "std of large numbers": (np.std, spread(50, -30_000, 30_000)),
    "nanmean": (lambda x: 1000 * np.nanmean(x), with_nan(MANY)),
    "nanvar": (lambda x: 1000 * np.nanvar(x), with_nan(MANY)),
    "nanstd": (lambda x: 1000 * np.nanstd(x), with_nan(MANY)),
    "mse_loss": (lambda x: 1000 * nn.functional.mse_loss(x, 0 * ties(MANY)), spread(MANY)),
    "mse_loss of large numbers": (lambda x: nn.functional.mse_loss(x, ties(2)), np.array([300, 1], np.float16)),
    "half_squared_error": (lambda x: ag.half_squared_error(x, ties(4)), np.array([300, 1, 1, 1], np.float16)),
    "logsumexp": (lambda x: 1000 * ag.logsumexp(x), spread(MANY)),
    "softmax": (lambda x: 60_000 * ag.softmax(x)[-1], spread(MANY)),
    "softmax of columns": (lambda x: 1000 * ag.softmax(x, 0)[-1].sum(), rows(5000)),
    "log_softmax": (lambda x: ag.log_softmax(x)[-1], spread(MANY)),
    "cross entropy": (
        lambda x: 1000 * nn.functional.cross_entropy(x, np.zeros(len(x), int)), rows(MANY)[:MANY // 2],
    ),
    "median": (lambda x: np.median(x), spread(MANY)),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_value_and_gradient_are_those_of_double_precision(name: str) -> None:
    f, x = ROWS[name]
    wide = x.astype(float)
    wanted = f(wide)
    value = f(ag.Tensor(x, requires_grad=True))
    assert value.dtype == np.float16
    np.testing.assert_allclose(value.item(), wanted, rtol=4e-3, equal_nan=False)
    gradient = ag.grad(f)(wide)
    found = ag.grad(f)(x)
    assert found.dtype == np.float16
    size = np.max(np.abs(gradient))
    np.testing.assert_allclose(found, gradient, rtol=4e-3, atol=SPACING + 2e-3 * size)
    assert np.max(np.abs(found)) > size / 2


@pytest.mark.parametrize("name", [n for n in ROWS if n not in ("median", "max of ties", "min of ties")])
def test_second_derivatives_and_tangents_are_those_of_double_precision(name: str) -> None:
    f, x = ROWS[name]
    v = np.where(np.arange(x.size).reshape(x.shape) % 2, 1, -1).astype(np.float16)
    wide, direction = x.astype(float), v.astype(float)
    for mode in ("tangent", "second"):
        if mode == "tangent":
            found, wanted = (ag.jvp(f, (a,), (d,))[1] for a, d in ((x, v), (wide, direction)))
        else:
            found, wanted = (
                ag.grad(lambda x, f=f, d=d: np.sum(ag.grad(f)(x) * d))(a) for a, d in ((x, v), (wide, direction))
            )  # fmt: skip
        assert found.dtype == np.float16
        size = max(float(np.max(np.abs(wanted))), 1e-3)
        np.testing.assert_allclose(found, wanted, rtol=1e-2, atol=SPACING + 1e-2 * size)


def test_a_sum_over_what_was_repeated_does_not_stand_still() -> None:
    """A sum of ones along the first axis does, at 2048, in half precision: in NumPy too."""
    a, b, w = np.ones((5000, 3), np.float16), np.zeros(3, np.float16), np.ones((3, 2), np.float16)
    assert ag.grad(lambda b: np.sum(a * 0.5 + b))(b).tolist() == [5000.0] * 3
    assert ag.grad(lambda b: np.sum(np.broadcast_to(b, (5000, 3))))(b).tolist() == [5000.0] * 3
    assert ag.grad(lambda b: np.sum(nn.functional.linear(a, w.T, b)))(b[:2]).tolist() == [5000.0] * 2
    spread_again = ag.grad(lambda g: np.sum(ag.vjp(lambda a: np.sum(a, axis=0), a)[1](g)[0] * a))
    assert spread_again(b).tolist() == [5000.0] * 3


def test_counts_beyond_what_single_precision_holds() -> None:
    n = 2**24 + 1
    x = np.broadcast_to(np.float32(1), (n,))
    exact = np.float32(1 / n)
    assert ag.grad(np.mean)(x)[0] == exact
    assert ag.grad(np.max)(x)[0] == exact


@pytest.mark.parametrize("name", ["mean", "var", "std", "nanmean", "logsumexp"])
def test_of_a_batch_and_compiled(name: str) -> None:
    f, x = ROWS[name]
    gradient = ag.grad(f)(x)
    np.testing.assert_array_equal(ag.vmap(ag.grad(f))(np.stack([x, x]))[1], gradient)
    compiled = ag.compile(ag.grad(f))
    for _ in range(3):
        found = compiled(x)
    np.testing.assert_allclose(found, gradient, rtol=2e-3, atol=SPACING)
