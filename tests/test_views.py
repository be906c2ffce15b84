"""Views: what is written to one of several arrays that show the same numbers, all of them show, as in NumPy.

A program is written for an array and means on a Tensor what it means there: the tables here run it on both. What is
written is recorded, so its derivatives are those of the value.
"""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case
from helpers import leaf

import autograd_lite as ag

X = np.array([0.3, 0.7, -0.4, 0.9, 0.2, -0.6])


def rows(x: Any) -> Any:
    return (x * x[::-1]).reshape(2, 3)


def written_by(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function of `x` that makes a matrix, writes to it by way of others, and looks at all of them."""

    def program(x: Any) -> Any:
        y = rows(x)
        kept = [y.T, y[1], y[:, 1:], y.reshape(-1), np.ravel(y.T), y]
        more = write(y)
        more = [] if more is None else list(more) if isinstance(more, tuple) else [more]
        weights = iter(np.linspace(0.5, 1.5, len(kept) + len(more)))
        return sum(np.sum(t * t) * next(weights) for t in (*kept, *more))

    return program


def in_loop(y: Any) -> None:
    for row in y:
        row *= 2


def unpacked(y: Any) -> Any:
    a, b = y
    a += b
    return a, b


def chain(y: Any) -> Any:
    v = y.T[1:]
    w = v.reshape(-1)
    v -= 0.5
    w[1] = 3.0
    u = v[::-1].T
    u[0] /= 2
    return v, w, u


def twice(y: Any) -> Any:
    v, w = y[:, :2], y[:, 1:]
    v *= w
    w *= v
    return v, w


def base_changed(y: Any) -> Any:
    v = y[0]
    y *= 3
    y[:, 1] = v[0] ** 2
    return v


def number(y: Any) -> Any:
    total = first = y[0, 0]
    total += y[1, 1]
    total *= 2
    return total, first


def sum_of_parts(y: Any) -> Any:
    total = first = y.sum()
    for row in y:
        total += row[0]
    return total, first


def put(v: Any, key: Any, value: Any) -> None:
    v[key] = value


def shifted(y: Any) -> None:
    y[0, 1:] = y[0, :-1]
    y[1] += y[0]


def swapped(y: Any) -> None:
    y[0], y[1] = y[1].copy(), y[0].copy()


def through(v: Any, factor: Any = 10.0) -> Any:
    v *= factor
    return v


WRITES: dict[str, Callable[[Any], Any]] = {
    "slice": lambda y: through(y[:, :2]),
    "row": lambda y: through(y[0]),
    "by itself": lambda y: through(y[1], y[0]),
    "reshape": lambda y: through(y.reshape(3, 2)),
    "reshape by columns": lambda y: through(np.reshape(y.T, (6,), order="F")),
    "ravel": lambda y: through(y.ravel()),
    "ravel of a transpose is a copy": lambda y: through(y.T.ravel()),
    "ravel of every second is a copy": lambda y: through(y[0, ::2].ravel()),
    "reshape of every second is a view": lambda y: through(y[0, ::2].reshape(-1)),
    "flatten is a copy": lambda y: through(y.flatten()),
    "T": lambda y: through(y.T),
    "a part of T": lambda y: through(y.T[1:]),
    "transpose": lambda y: through(np.transpose(y, (1, 0))[0]),
    "swapaxes": lambda y: through(np.swapaxes(y, 0, 1)[0]),
    "moveaxis": lambda y: through(np.moveaxis(y, 0, 1)[0]),
    "expand_dims": lambda y: through(np.expand_dims(y, 1)),
    "new axis": lambda y: through(y[:, None, 1:]),
    "squeeze": lambda y: through(np.squeeze(y[:, :1])),
    "atleast_3d": lambda y: through(np.atleast_3d(y)),
    "atleast_1d": lambda y: through(np.atleast_1d(y)),
    "real": lambda y: through(np.real(y)),
    "flip": lambda y: through(np.flip(y, 1)[:, 0]),
    "rot90": lambda y: through(np.rot90(y)[0]),
    "rot90, not turned": lambda y: through(np.rot90(y, 0)[0]),
    "split": lambda y: through(np.split(y, [1], 1)[1]),
    "array_split": lambda y: through(np.array_split(y, 2, 1)[1]),
    "einsum": lambda y: through(np.einsum("ij->ji", y)[0]),
    "einsum, diagonal": lambda y: through(np.einsum("ii->i", y[:, :2])),
    "ellipsis": lambda y: through(y[...]),
    "fancy index is a copy": lambda y: through(y[[0, 1]]),
    "mask is a copy": lambda y: through(y[np.array([True, False])]),
    "copy": lambda y: through(y[0].copy()),
    "sum is new": lambda y: through(y.sum(0)),
    "positive is new": lambda y: through(+y),
    "in a loop": in_loop,
    "unpacked": unpacked,
    "chain": chain,
    "two that overlap": twice,
    "the base": base_changed,
    "a number": number,
    "a sum": sum_of_parts,
    "shifted": shifted,
    "swapped": swapped,
    "item of a row": lambda y: put(y[0], 1, y[1, 1] ** 2),
    "item of a column": lambda y: put(y.T[2], 1, y[1, 1] ** 2),
    "fancy of a view": lambda y: put(y.T, [0, 2], y[0, 0] * y[0, 1]),
    "mask of a view": lambda y: put(y[1], np.array([True, False, True]), y[0, 0]),
    "repeated place": lambda y: put(y[1], [1, 1, 0], y[0]),
    "out": lambda y: np.exp(y[1], out=y[0]),
    "out of a reduction": lambda y: np.sum(y, 0, out=y[1]),
    "out of plain numbers": lambda y: np.add(np.ones(3), 1.0, out=y[1]),
    "divide": lambda y: y[0].__itruediv__(y[1]),
    "power": lambda y: y[0].__ipow__(2),
    "of a view that is gone": lambda y: y[0][1:].__imul__(3.0),
}

ALL = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())


def numeric(f: Callable[[Any], Any], x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    return np.array([(f(x + step * e) - f(x - step * e)) / (2 * step) for e in np.eye(x.size)])


@ALL
def test_a_write_means_what_it_means_in_numpy(write: Callable[[Any], Any]) -> None:
    f = written_by(write)
    value, gradient = ag.value_and_grad(f)(X)
    assert value == pytest.approx(f(X), rel=1e-14)
    np.testing.assert_allclose(gradient, numeric(f, X), rtol=1e-6, atol=1e-7)
    t = leaf(X)
    f(t).backward()
    np.testing.assert_allclose(t.grad, gradient, rtol=1e-14)


@ALL
def test_a_write_has_derivatives_of_every_order_and_in_both_modes(write: Callable[[Any], Any]) -> None:
    f = written_by(write)
    gradient = ag.grad(f)(X)
    np.testing.assert_allclose(ag.jvp(f, (X,), (X,))[1], gradient @ X, rtol=1e-12)
    second = numeric(ag.grad(f), X)
    np.testing.assert_allclose(ag.hessian(f)(X), second, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ag.jacobian(ag.grad(f), mode="reverse")(X), second, rtol=1e-5, atol=1e-6)


@ALL
def test_a_write_under_vmap(write: Callable[[Any], Any]) -> None:
    f, batch = written_by(write), np.stack([X, X[::-1], X * X])
    np.testing.assert_allclose(ag.vmap(f)(batch), [f(x) for x in batch], rtol=1e-13)
    np.testing.assert_allclose(ag.vmap(ag.grad(f))(batch), [ag.grad(f)(x) for x in batch], rtol=1e-13)
    across = lambda b: np.sum(ag.vmap(f)(b))  # noqa: E731
    np.testing.assert_allclose(ag.grad(across)(batch), [ag.grad(f)(x) for x in batch], rtol=1e-13)


@ALL
@pytest.mark.parametrize("backend", ["numpy", "cc"])
def test_a_write_in_a_compiled_function(write: Callable[[Any], Any], backend: str) -> None:
    f = written_by(write)
    compiled = ag.compile(ag.value_and_grad(f), backend=backend)
    for x in (X, X * X, X[::-1].copy()):
        value, gradient = compiled(x)
        assert value == pytest.approx(f(x), rel=1e-13)
        np.testing.assert_allclose(gradient, ag.grad(f)(x), rtol=1e-12)


@ALL
def test_a_write_of_a_compiled_function_of_arrays(write: Callable[[Any], Any]) -> None:
    f = written_by(write)
    compiled = ag.compile(f)
    for x in (X, X * X, X[::-1].copy()):
        assert compiled(x) == pytest.approx(f(x), rel=1e-13)


# ----- every function of NumPy: what is a view there is one here -----


def looked_at(case: Case, inputs: Any, scale: Callable[[Any], None]) -> list[np.ndarray]:
    """Return all arrays after each result was written to in turn, and the inputs at last."""
    given = [x * 1.0 if isinstance(x, ag.Tensor) or x.dtype.kind == "f" else x for x in inputs]
    results = case(*given)
    for r in results:
        scale(r)
    for x in given:
        scale(x)
    return [np.array(t.detach() if isinstance(t, ag.Tensor) else t) for t in (*given, *results)]


def scaled(writable: list[bool]) -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    """Return how NumPy scales arrays in place, noting where that can be done, and how Tensors do it in those places."""

    def by_numpy(a: Any) -> None:
        can = isinstance(a, np.ndarray) and a.ndim > 0 and a.dtype.kind == "f"
        can = can and 0 not in a.strides and a.flags.writeable  # NumPy warns of writes to a broadcast array
        writable.append(can)
        if can:
            a *= 3.0

    places = iter(writable)

    def by_tensors(t: Any) -> None:
        if next(places):
            t *= 3.0

    return by_numpy, by_tensors


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_a_view_in_numpy_is_one_here(case: Case) -> None:
    writable: list[bool] = []
    by_numpy, by_tensors = scaled(writable)
    with np.errstate(all="ignore"):
        expected = looked_at(case, [np.array(x) for x in case.inputs], by_numpy)
        actual = looked_at(case, [ag.Tensor(x) for x in case.inputs], by_tensors)
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-12, equal_nan=True)
