"""Products that kernels have BLAS compute themselves, and loops whose steps have such products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from backends import ABSENT

import autograd_lite as ag
from autograd_lite.base import blas
from autograd_lite.base.blas import Blas

pytestmark = [
    ABSENT["cc"],
    pytest.mark.skipif(blas.products() is None, reason="no OpenBLAS lies beside this NumPy"),
]
A, B = (64, 130), (130, 70)


@pytest.fixture(autouse=True)
def other_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of processors for which no loops over blocks are faster than BLAS."""
    monkeypatch.setattr(blas, "at_first", lambda: Blas("Haswell", 1))


PRODUCTS: dict[str, tuple[Callable[[Any, Any], Any], tuple[int, ...], tuple[int, ...]]] = {
    "rows by columns": (lambda a, b: a @ b, A, B),
    "columns by columns": (lambda a, b: a.T @ b, A[::-1], B),
    "rows by rows": (lambda a, b: a @ b.T, A, B[::-1]),
    "columns by rows": (lambda a, b: a.T @ b.T, A[::-1], B[::-1]),
    "every second column": (lambda a, b: a[:, ::2] @ b[::-1], (64, 260), B),
    "part of the rows": (lambda a, b: a[3:67] @ b[:, 5:75], (80, 130), (130, 90)),
    "of what was computed": (lambda a, b: np.exp(a) @ (b * 2.0), A, B),
    "transposed": (lambda a, b: (a @ b).T * 2.0, A, B),
    "transposed twice": (lambda a, b: (a.T @ b).T @ a.T, A[::-1], B),
    "transposed and read": (lambda a, b: (a @ b).T @ (a @ b), A, B),
    "stacks": (lambda a, b: a @ b, (3, *A), (3, *B)),
    "a stack by a matrix": (lambda a, b: a @ b, (3, *A), B),
    "a matrix by stacks": (lambda a, b: a @ b, A, (2, 1, *B)),
    "stacks, turned": (lambda a, b: np.swapaxes(a, -1, -2) @ np.swapaxes(b, 0, 1), (3, *A[::-1]), (130, 3, 70)),
}


def tolerance(dtype: Any) -> dict[str, float]:
    return {"rtol": 1e-3, "atol": 1e-3} if np.dtype(dtype).itemsize == 4 else {"rtol": 1e-10, "atol": 1e-10}


def given(name: str, dtype: str, rng: Any) -> tuple[Any, tuple[Any, Any]]:
    f, *shapes = PRODUCTS[name]
    a, b = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    return f, (a, b)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", PRODUCTS)
def test_a_kernel_calls_blas(name: str, dtype: str, rng: Any) -> None:
    f, args = given(name, dtype, rng)
    compiled = ag.compile(f, backend="cc")
    for _ in range(3):
        found = compiled(*args)
    np.testing.assert_allclose(found, f(*args), **tolerance(dtype))
    assert found.dtype == dtype
    assert "of them by BLAS" in compiled.program.report()
    assert "left to BLAS" not in compiled.program.report()


@pytest.mark.parametrize("name", PRODUCTS)
def test_gradients(name: str, rng: Any) -> None:
    f, args = given(name, "f8", rng)
    gradient = ag.grad(lambda *x: np.sum(np.sin(f(*x))), (0, 1))
    compiled = ag.compile(gradient, backend="cc")
    for _ in range(3):
        for found, expected in zip(compiled(*args), gradient(*args), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shape", [(64, 256, 96), (16, 512, 200), (7, 300, 1003)])
def test_in_pieces(shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch, rng: Any) -> None:
    monkeypatch.setattr(blas, "at_first", lambda: Blas("SkylakeX", 1))
    rows, inner, columns = shape
    x, w = rng.standard_normal((rows, inner)), rng.standard_normal((columns, inner))
    compiled = ag.compile(lambda x, w: x @ w.T, backend="cc")
    for _ in range(3):
        np.testing.assert_allclose(compiled(x, w), x @ w.T, rtol=1e-10, atol=1e-10)
    assert "for (int64_t n = 0" in compiled.program.native.source


TILED: dict[str, tuple[Callable[[Any, Any], Any], tuple[int, ...], tuple[int, ...]]] = {
    "rows by columns": (lambda a, b: a @ b, (130, 60), (60, 96)),
    "rows by rows": (lambda a, b: a @ b.T, (130, 60), (96, 60)),
    "columns by columns": (lambda a, b: a.T @ b, (60, 37), (60, 64)),
    "columns by rows": (lambda a, b: a.T @ b.T, (60, 37), (64, 60)),
    "stacks": (lambda a, b: a @ np.swapaxes(b, -1, -2), (3, 64, 40), (3, 64, 40)),
    "too large for a kernel of BLAS": (lambda a, b: a @ b, (400, 200), (200, 96)),
}


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", TILED)
def test_products_of_many_rows_are_loops_where_these_are_faster(
    name: str, dtype: str, monkeypatch: pytest.MonkeyPatch, rng: Any
) -> None:
    monkeypatch.setattr(blas, "at_first", lambda: Blas("SkylakeX", 1))
    f, *shapes = TILED[name]
    a, b = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    compiled = ag.compile(lambda a, b: np.exp(f(a, b) / 10), backend="cc")
    for _ in range(3):
        np.testing.assert_allclose(compiled(a, b), np.exp(f(a, b) / 10), **tolerance(dtype))
    report = compiled.program.report()
    assert "1 products of matrices, " in report
    assert "BLAS" not in report


def test_with_several_threads_large_products_are_left_to_blas(monkeypatch: pytest.MonkeyPatch, rng: Any) -> None:
    monkeypatch.setattr(blas, "at_first", lambda: Blas("SkylakeX", 4))
    a, b = rng.standard_normal((400, 200)), rng.standard_normal((200, 96))
    compiled = ag.compile(lambda a, b: a @ b, backend="cc")
    for _ in range(3):
        np.testing.assert_allclose(compiled(a, b), a @ b, rtol=1e-10, atol=1e-12)
    assert "left to BLAS" in compiled.program.report()


def test_infinities_and_nan_are_kept(rng: Any) -> None:
    a, b = rng.standard_normal(A), rng.standard_normal(B)
    a[0, 0], a[1, 1], b[2, 2] = np.inf, np.nan, -np.inf
    compiled = ag.compile(lambda a, b: a @ b, backend="cc")
    with np.errstate(invalid="ignore"):
        for _ in range(3):
            np.testing.assert_allclose(compiled(a, b), a @ b, rtol=1e-10)


def test_without_such_a_library_numpy_multiplies(monkeypatch: pytest.MonkeyPatch, rng: Any) -> None:
    monkeypatch.setattr(blas, "products", lambda: None)
    f, args = given("rows by columns", "f8", rng)
    compiled = ag.compile(f, backend="cc")
    for _ in range(3):
        np.testing.assert_allclose(compiled(*args), f(*args))
    assert "left to BLAS" in compiled.program.report()


def test_very_large_products_and_those_with_a_vector_are_left_to_numpy(rng: Any) -> None:
    for a, b in (((200, 200), (200, 200)), ((70_000, 1), (1, 1)), ((300, 300), (300,)), ((300, 300), (300, 1))):
        x, y = rng.standard_normal(a), rng.standard_normal(b)
        compiled = ag.compile(lambda x, y: x @ y, backend="cc")
        for _ in range(3):
            np.testing.assert_allclose(compiled(x, y), x @ y, rtol=1e-10, atol=1e-12)
        assert "by BLAS" not in compiled.program.report()


def test_a_recurrent_network_is_one_kernel(rng: Any) -> None:
    w, xs = rng.standard_normal((256, 64)) / 8, rng.standard_normal((12, 16, 256))

    def loss(w: Any) -> Any:
        def cell(state: Any, x: Any) -> Any:
            h, c = state
            i, f, g, o = np.split(x + h @ w.T, 4, axis=1)
            c = ag.sigmoid(f) * c + ag.sigmoid(i) * np.tanh(g)
            return (ag.sigmoid(o) * np.tanh(c), c), None

        (h, _), _ = ag.scan(cell, (np.zeros((16, 64)), np.zeros((16, 64))), xs)
        return (h * h).sum()

    plain = ag.value_and_grad(loss)
    compiled = ag.compile(plain, backend="cc")
    for k in range(3):
        for found, expected in zip(compiled(w * (1 + k)), plain(w * (1 + k)), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert "left to" not in compiled.program.report()


CARRIES: dict[str, Callable[[Any, Any], Any]] = {
    "added to": lambda c, x: (c[0] + x, c[1] * x),
    "exchanged": lambda c, x: (c[1], c[0]),
    "exchanged and changed": lambda c, x: (c[1] * x, c[0] + 1.0),
    "one of the other": lambda c, x: (c[0] + c[1], c[0] * 0.5),
    "the first of before": lambda c, x: (np.sin(c[0]), c[0]),
    "in another order": lambda c, x: (c[0][::-1] + x, c[1].T.copy() * x),
    "by their sum": lambda c, x: (c[0] / np.sum(c[0] * c[0]), c[1] + np.sum(c[1])),
    "by a product": lambda c, x: (c[0] @ c[1] / 9.0, c[1] + c[0]),
    "by neighbours": lambda c, x: (c[0] + np.roll(c[0], 1, axis=1), c[1] - c[1][0]),
    "picked": lambda c, x: (c[0][np.array([2, 0, 1])] + x, c[1] + c[1][:, np.array([1, 1, 0])]),
}


@pytest.mark.parametrize("name", CARRIES)
def test_a_carry_that_is_changed_in_place_was_read_by_then(name: str, rng: Any) -> None:
    start = rng.standard_normal((3, 3)), rng.standard_normal((3, 3))
    xs = rng.standard_normal((7, 3, 3))

    def f(a: Any, b: Any) -> Any:
        (a, b), ys = ag.scan(lambda c, x: (CARRIES[name](c, x), c[0] * 2.0), (a, b), xs)
        return a, b, ys

    compiled = ag.compile(f, backend="cc")
    for _ in range(3):
        for found, expected in zip(compiled(*start), f(*start), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)
