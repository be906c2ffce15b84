"""`order=` of reshape, ravel and flatten: by rows or columns as in NumPy, and by how things lie in memory refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from backends import ABSENT

import autograd_lite as ag
from autograd_lite import errors

BACKENDS = [pytest.param("numpy"), *[pytest.param(name, marks=mark) for name, mark in ABSENT.items()]]
WRITTEN: dict[str, Callable[[Any, Any], Any]] = {
    "reshape": lambda x, order: np.reshape(x, (-1, 2), order=order),
    "reshape, by place": lambda x, order: np.reshape(x, (x.size,), order),
    "reshape to a size": lambda x, order: np.reshape(x, x.size, order=order),
    "ravel": lambda x, order: np.ravel(x, order=order),
    "ravel, by place": lambda x, order: np.ravel(x, order),
    "method reshape": lambda x, order: x.reshape(2, -1, order=order),
    "method reshape of a tuple": lambda x, order: x.reshape((x.size, 1), order=order),
    "method ravel": lambda x, order: x.ravel(order),
    "method flatten": lambda x, order: x.flatten(order),
    "method flatten, by name": lambda x, order: x.flatten(order=order),
    "in an expression": lambda x, order: np.ravel(2 * x + 1, order=order) * 3,
    "and back": lambda x, order: x.ravel(order).reshape(x.shape, order=order),
}
X = np.arange(24.0).reshape(2, 3, 4)
LAYOUTS = {
    "rows": X, "columns": np.asfortranarray(X), "turned": X.transpose(1, 0, 2), "backwards": X[:, ::-1],
    "one axis": np.arange(6.0), "two axes": np.arange(6.0).reshape(3, 2).T,
}  # fmt: skip
layouts = pytest.mark.parametrize("x", LAYOUTS.values(), ids=LAYOUTS)
written = pytest.mark.parametrize("fn", WRITTEN.values(), ids=WRITTEN)


def gradient(fn: Callable[[Any, Any], Any], x: Any, order: Any) -> Any:
    weights = np.arange(x.size).reshape(fn(x, order).shape)
    return lambda t: ag.grad(lambda v: np.sum(weights * fn(v, order) ** 2))(t)


@layouts
@written
@pytest.mark.parametrize("order", ["C", "F", None])
def test_eager(fn: Callable[[Any, Any], Any], x: Any, order: Any) -> None:
    np.testing.assert_array_equal(fn(ag.Tensor(x), order).numpy(), fn(x, order))
    ag.gradcheck(lambda t: fn(t, order), x + 0.5)


@layouts
@pytest.mark.parametrize("backend", BACKENDS)
def test_compiled(x: Any, backend: str) -> None:
    def each(v: Any) -> list[Any]:
        return [fn(v, order) for fn in WRITTEN.values() for order in ("C", "F", "f", None)]

    compiled = ag.compile(each, backend=backend)
    for k in (1.0, 2.0):
        for got, wanted in zip(compiled(k * x), each(k * x), strict=True):
            np.testing.assert_array_equal(got, wanted)
    compiled(ag.Tensor(x))
    for got, wanted in zip(compiled(ag.Tensor(x)), each(x), strict=True):
        np.testing.assert_array_equal(got.numpy(), wanted)


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_compiled(backend: str) -> None:
    x = LAYOUTS["turned"]
    gradients = [gradient(fn, x, order) for fn in WRITTEN.values() for order in ("C", "F")]
    compiled = ag.compile(lambda t: [g(t) for g in gradients], backend=backend)
    compiled(x)
    for got, g in zip(compiled(x), gradients, strict=True):
        np.testing.assert_allclose(got, g(x), rtol=1e-15)


@written
@pytest.mark.parametrize("order", ["A", "K"])
def test_what_goes_by_memory_is_refused(fn: Callable[[Any, Any], Any], order: str) -> None:
    recorded = ag.Tensor(X, requires_grad=True)
    for call, given in ((fn, recorded), (ag.compile(lambda x: fn(x, order)), X)):
        said = f"order='{order}'.*Write order='C'|order '{order}' is not permitted"
        with pytest.raises((errors.AutogradError, ValueError), match=said):
            call(given, order) if call is fn else call(given)


@written
def test_an_order_that_there_is_not_is_refused(fn: Callable[[Any, Any], Any]) -> None:
    for call in (lambda: fn(ag.Tensor(X, requires_grad=True), "Z"), lambda: ag.compile(lambda x: fn(x, "Z"))(X)):
        with pytest.raises((errors.AutogradError, ValueError), match="order"):
            call()


def test_the_refusal_in_a_compiled_function_names_the_line() -> None:
    with pytest.raises(errors.CompileError, match=r"ravel with order='K' \(at test_compile_orders.py:\d+\)"):
        ag.compile(lambda x: x.ravel("K"))(X)


def test_batches() -> None:
    rows = np.stack([X, -X, X + 1])
    got = ag.vmap(lambda x: np.ravel(x, order="F"))(ag.Tensor(rows)).numpy()
    np.testing.assert_array_equal(got, [np.ravel(x, order="F") for x in rows])
