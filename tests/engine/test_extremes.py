"""Infinities, and what overflows or underflows in between: right by every way to a derivative, compiled ones too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from backends import NATIVE

import autograd_lite as ag
from autograd_lite.nn import functional

INF, NAN = np.inf, np.nan
norm = np.linalg.norm


def of_norm(s: float, count: int = 2) -> list[list[float]]:
    """Return the Hessian of the norm at ``(3 s, 4 s)``, with zeros for further elements."""
    found = np.zeros((count, count))
    found[:2, :2] = np.array([[16, -12], [-12, 9]]) / (125 * s)
    return found.tolist()


def pair(s: float) -> list[float]:
    return [3 * s, 4 * s]


def times_itself(y: Any) -> Any:
    return y * y


ZERO2 = np.zeros((2, 2)).tolist()
UNIT = [0.6, 0.8]
CUBES = np.array([27.0, 64.0])
OF_CUBES = (np.array([9.0, 16.0]) / CUBES.sum() ** (2 / 3)).tolist()

# A function of one array, where, its gradient, its Hessian (None: too large for a float).
ROWS: dict[str, tuple[Callable[[Any], Any], list[float], list[float], Any]] = {
    "logsumexp, one infinite": (ag.logsumexp, [INF, 0.0], [1, 0], ZERO2),
    "logsumexp, two infinite": (
        ag.logsumexp, [INF, INF, 0.0], [0.5, 0.5, 0], [[0.25, -0.25, 0], [-0.25, 0.25, 0], [0, 0, 0]],
    ),
    "logsumexp, of both signs": (ag.logsumexp, [INF, -INF], [1, 0], ZERO2),
    "logsumexp, nothing": (ag.logsumexp, [-INF, -INF], [0, 0], ZERO2),
    "logsumexp along an axis": (
        lambda x: ag.logsumexp(x[None], axis=1)[0], [1.0, INF], [0, 1], ZERO2,
    ),
    "softmax, one infinite": (lambda x: ag.softmax(x)[0], [INF, 0.0], [0, 0], ZERO2),
    "softmax, two infinite": (lambda x: ag.softmax(x)[0], [INF, INF], [0.25, -0.25], ZERO2),
    "softmax, nothing": (lambda x: ag.softmax(x)[0], [-INF, -INF], [0, 0], ZERO2),
    "log_softmax, the infinite one": (lambda x: functional.log_softmax(x)[0], [INF, 0.0], [0, 0], ZERO2),
    "log_softmax, the other one": (lambda x: functional.log_softmax(x)[1], [INF, 0.0], [-1, 1], ZERO2),
    "log_softmax, two infinite": (
        lambda x: functional.log_softmax(x)[0], [INF, INF], [0.5, -0.5], [[-0.25, 0.25], [0.25, -0.25]],
    ),
    "cross entropy": (lambda x: functional.cross_entropy(x, np.array(0)), [INF, 0.0], [0, 0], ZERO2),
    "logaddexp, one infinite": (lambda x: np.logaddexp(x[0], x[1]), [INF, 0.0], [1, 0], ZERO2),
    "logaddexp, two infinite": (lambda x: np.logaddexp(x[0], x[1]), [INF, INF], [0.5, 0.5], None),
    "logaddexp2, two infinite": (lambda x: np.logaddexp2(x[0], x[1]), [INF, INF], [0.5, 0.5], None),
    "logaddexp, far out": (lambda x: np.logaddexp(x[0], x[1]), [1e308, -1e308], [1, 0], ZERO2),
    "sigmoid": (lambda x: np.sum(ag.sigmoid(x)), [INF, -INF], [0, 0], ZERO2),
    "softplus": (lambda x: np.sum(ag.softplus(x)), [INF, -INF], [1, 0], ZERO2),
    "tanh": (lambda x: np.sum(np.tanh(x)), [1e200, -1e200], [0, 0], ZERO2),
    "var": (np.var, [3e200, 1e200], [1e200, -1e200], [[0.5, -0.5], [-0.5, 0.5]]),
    "prod": (np.prod, [1e200, 1e200], [1e200, 1e200], [[0, 1], [1, 0]]),
    "arctan2": (lambda x: np.arctan2(x[0], x[1]), [3e120, 4e120], [1.6e-121, -1.2e-121],
                [[-24e-240 / 625, -7e-240 / 625], [-7e-240 / 625, 24e-240 / 625]]),
}  # fmt: skip
for _s in (1e200, 1e300, 1e-200, 1e-300):
    _rows: dict[str, Any] = {
        "norm": norm, "vector_norm": np.linalg.vector_norm, "Frobenius norm": lambda x: norm(x[None], "fro"),
        "norm along an axis": lambda x: norm(x[None], axis=1)[0], "hypot": lambda x: np.hypot(x[0], x[1]),
    }  # fmt: skip
    ROWS |= {f"{name}, {_s:g}": (f, pair(_s), UNIT, of_norm(_s)) for name, f in _rows.items()}
    ROWS[f"norm of order 3, {_s:g}"] = (lambda x: norm(x, 3), pair(_s), OF_CUBES, None)
    ROWS[f"std, {_s:g}"] = (np.std, pair(_s), [-0.5, 0.5], None)
    ROWS[f"nanstd, {_s:g}"] = (np.nanstd, [*pair(_s), NAN], [-0.5, 0.5, 0], None)
for _s in (5e-324, 1e-310):
    ROWS[f"norm, {_s:g}"] = (norm, [3 * _s, 4 * _s], UNIT, None)
    ROWS[f"hypot, {_s:g}"] = (lambda x: np.hypot(x[0], x[1]), [3 * _s, 4 * _s], UNIT, None)
# What is smooth though it is made of something with an apex: the square of a norm.
_EYE = np.eye(3)
_CENTRED = 2 / 9 * (3 * _EYE - 1)
APEX: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "norm**2": (lambda x: norm(x) ** 2, 2 * _EYE),
    "norm**2.0": (lambda x: norm(x) ** 2.0, 2 * _EYE),
    "square": (lambda x: np.square(norm(x)), 2 * _EYE),
    "norm * norm": (lambda x: times_itself(norm(x)), 2 * _EYE),
    "norm": (norm, 0 * _EYE),
    "norm**3": (lambda x: norm(x) ** 3, 0 * _EYE),
    "norm**2 + norm": (lambda x: norm(x) ** 2 + norm(x), 2 * _EYE),
    "norm**2 times something": (lambda x: norm(x) ** 2 * np.exp(x[0]), 2 * _EYE),
    "cos": (lambda x: np.cos(norm(x)), -_EYE),
    "cosh": (lambda x: np.cosh(norm(x)), _EYE),
    "along an axis": (lambda x: np.sum(norm(np.stack([x, 2 * x]), axis=0) ** 2), 10 * _EYE),
    "std**2": (lambda x: np.std(x) ** 2, _CENTRED),
    "nanstd**2": (lambda x: np.nanstd(x) ** 2, _CENTRED),
    "hypot**2": (lambda x: np.hypot(x[0], x[1]) ** 2, np.diag([2, 2, 0])),
    "abs**2": (lambda x: np.sum(np.abs(x) ** 2), 2 * _EYE),
    "fabs**2": (lambda x: np.sum(np.fabs(x) ** 2), 2 * _EYE),
    "abs * x": (lambda x: np.sum(np.abs(x) * x), 0 * _EYE),
}
ROWS |= {f"{name} at 0": (f, [0.0] * 3, [0] * 3, np.array(h).tolist()) for name, (f, h) in APEX.items()}

rows = pytest.mark.parametrize("name", ROWS)


def close(found: Any, wanted: Any) -> None:
    wanted = np.asarray(wanted, float)
    largest = np.max(np.abs(wanted), initial=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-15 * largest)


@rows
@np.errstate(all="ignore")
def test_the_gradient_in_both_modes_and_of_a_batch(name: str) -> None:
    f, x, wanted, _ = ROWS[name]
    x = np.array(x)
    close(ag.grad(f)(x), wanted)
    close(ag.jacobian(f, mode="forward")(x), wanted)
    close(ag.vmap(ag.grad(f))(np.stack([x, np.ones_like(x), x]))[2], wanted)


@rows
@np.errstate(all="ignore")
def test_the_hessian_in_both_modes_and_of_a_batch(name: str) -> None:
    f, x, _, wanted = ROWS[name]
    if wanted is None:
        return
    x = np.array(x)
    close(ag.hessian(f)(x), wanted)
    close(ag.jacobian(ag.grad(f), mode="reverse")(x), wanted)
    close(ag.vmap(ag.hessian(f))(np.stack([x, np.ones_like(x), x]))[2], wanted)


FEW = (
    "logsumexp, two infinite", "log_softmax, the other one", "logaddexp, one infinite", "norm, 1e+200",
    "norm along an axis, 1e-200", "hypot, 1e-300", "norm**2 at 0", "hypot**2 at 0", "abs**2 at 0",
)  # fmt: skip


@pytest.mark.parametrize("backend", ["numpy", *NATIVE])
@np.errstate(all="ignore")
def test_compiled_derivatives_are_the_same(backend: str, slow: bool) -> None:
    """As one program; of native code few, since a compiler takes its time, and numba the most."""
    few = FEW if slow or backend != "numba" else FEW[1::3]
    names = [name for name in ROWS if backend == "numpy" or name in few]

    def derivatives(*xs: Any) -> list[Any]:
        return [
            d(ROWS[name][0])(x)
            for name, x in zip(names, xs, strict=True)
            for d in ((ag.grad, ag.hessian) if ROWS[name][3] is not None else (ag.grad,))
        ]

    compiled = ag.compile(derivatives, backend=backend)
    ordinary = [np.linspace(1.0, 2.0, len(ROWS[name][1])) for name in names]
    for arrays in (ordinary, ordinary, [np.array(ROWS[name][1]) for name in names]):
        found = compiled(*arrays)
    wanted = [w for name in names for w in ROWS[name][2:] if w is not None]
    for array, w in zip(found, wanted, strict=True):
        close(array, w)
    for a, b in zip(compiled(*ordinary), derivatives(*ordinary), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@np.errstate(all="ignore")
def test_values_at_the_extremes_are_those_of_numpy() -> None:
    for s in (1e200, 1e-200):
        x = np.array(pair(s))
        for f in (norm, np.std, np.var, lambda x: np.hypot(x[0], x[1])):
            assert f(ag.Tensor(x)).item() == f(x)


def test_a_nan_is_not_hidden_by_an_infinity() -> None:
    for f in (ag.softmax, functional.log_softmax, ag.logsumexp):
        assert np.isnan(f(np.array([NAN, INF, 0.0]))).all()
        assert np.isnan(ag.jacobian(f)(np.array([NAN, INF, 0.0]))).any()


def test_the_gradient_in_single_precision() -> None:
    with np.errstate(all="ignore"):
        for s in (1e25, 1e37, 1e-25, 1e-44):
            x = np.array(pair(s), np.float32)
            wanted = x.astype(float) / norm(x.astype(float))
            for f in (norm, lambda x: norm(x, 3), np.std):
                found = ag.grad(f)(x)
                assert found.dtype == np.float32
                reference = wanted if f is norm else ag.grad(f)(x.astype(float))
                np.testing.assert_allclose(found, reference, rtol=1e-6)


# ----- of numbers, along an axis -----

REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "amax": np.amax, "amin": np.amin, "ptp": np.ptp,
    "cumsum": np.cumsum, "cumprod": np.cumprod, "nansum": np.nansum, "nanprod": np.nanprod, "nanmax": np.nanmax,
    "nanmin": np.nanmin, "nanmean": np.nanmean, "nanvar": np.nanvar, "nanstd": np.nanstd, "nancumsum": np.nancumsum,
    "cumulative_sum": lambda x, axis: np.cumulative_sum(x, axis=axis), "logsumexp": ag.logsumexp,
    "softmax": ag.softmax, "log_softmax": functional.log_softmax,
}  # fmt: skip


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_number_is_reduced_along_an_axis_as_in_numpy(name: str, axis: int) -> None:
    f, x = REDUCTIONS[name], np.array(3.0)

    def square(x: Any) -> Any:
        return np.sum(f(x, axis) ** 2)

    value = f(x, axis)
    got = f(ag.Tensor(x, requires_grad=True), axis)
    np.testing.assert_array_equal(got.detach(), value, strict=True)
    moves = 0.0 if name in ("ptp", "nanvar", "nanstd", "softmax", "log_softmax") else 2.0
    batch = np.array([3.0, 5.0])
    np.testing.assert_array_equal(ag.vmap(lambda x: f(x, axis))(batch), np.stack([f(b, axis) for b in batch]))
    for derivative, factor in ((ag.grad(square), 3 * moves), (ag.grad(ag.grad(square)), moves)):
        assert derivative(x) == factor
        assert ag.vmap(derivative)(batch).tolist()[0] == factor
        assert ag.compile(derivative)(x) == factor
    assert ag.jvp(square, (x,), (np.array(1.0),))[1] == 3 * moves


@pytest.mark.parametrize("f", [np.all, np.any, np.argmax, np.argmin, np.argsort, np.count_nonzero])
def test_questions_about_a_number_along_an_axis(f: Callable[..., Any]) -> None:
    for axis in (0, -1):
        assert f(ag.Tensor(3.0), axis=axis).tolist() == f(np.array(3.0), axis=axis).tolist()
        assert ag.vmap(lambda x, axis=axis: f(x, axis=axis))(np.ones(2)).tolist() == [f(1.0, axis=axis).tolist()] * 2


@pytest.mark.parametrize("f", [np.sum, np.max, np.prod, np.mean])
def test_an_axis_that_numpy_refuses_is_refused(f: Callable[..., Any]) -> None:
    for axis in (1, -2):
        with pytest.raises(np.exceptions.AxisError):
            f(ag.Tensor(3.0, requires_grad=True), axis=axis)
        with pytest.raises(np.exceptions.AxisError):
            ag.vmap(lambda x, axis=axis: f(x, axis=axis))(np.ones(2))
