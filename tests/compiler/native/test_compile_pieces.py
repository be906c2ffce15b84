"""Products that are left to BLAS in pieces: when they are, and that they are the same products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from backends import ABSENT

import autograd_lite as ag
from autograd_lite.base import blas
from autograd_lite.base.blas import Blas
from autograd_lite.compiler.native import pieces

pytestmark = ABSENT["cc"]
PRODUCTS = {
    "rows by rows": lambda x, w, v: x @ w.T,
    "rows by columns": lambda x, w, v: x @ v,
    "columns by columns": lambda x, w, v: x.T.copy().T @ v,
}


@pytest.fixture(autouse=True)
def small_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "at_first", lambda: Blas("SkylakeX", 1))
    monkeypatch.setattr(blas, "products", lambda: None)  # kernels would call BLAS themselves


def source(fn: Any, *args: Any) -> str:
    compiled = ag.compile(fn, backend="cc")
    compiled(*args)
    return compiled.program.native.source


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(64, 256, 90), (16, 512, 200), (7, 300, 1003), (100, 100, 330)])
@pytest.mark.parametrize("fn", PRODUCTS.values(), ids=list(PRODUCTS))
def test_a_product_in_pieces_is_the_product(fn: Any, shape: tuple[int, int, int], dtype: str, rng: Any) -> None:
    rows, inner, columns = shape
    x, w = (rng.standard_normal(s).astype(dtype) for s in ((rows, inner), (columns, inner)))
    args = x, w, w.T.copy()
    compiled = ag.compile(fn, backend="cc")
    for _ in range(3):
        found = compiled(*args)
    assert "dot_by_" in compiled.program.native.source
    assert found.dtype == x.dtype
    np.testing.assert_allclose(found, fn(*args), rtol=1e-3 if dtype == "f4" else 1e-10, atol=1e-3)


def test_small_and_large_products_are_whole(rng: Any) -> None:
    for rows, inner, columns in ((2, 512, 512), (300, 2000, 64), (64, 256, 10)):
        x, w = rng.standard_normal((rows, inner)), rng.standard_normal((columns, inner))
        assert "dot_by_" not in source(lambda x, w: x @ w.T, x, w)
    x, v = rng.standard_normal((60, 120)), rng.standard_normal((120, 130))
    assert "dot_by_" not in source(lambda x, v: x @ v, x, v)


@pytest.mark.parametrize("library", [Blas("Haswell", 1), Blas(None, None), Blas("SkylakeX", 8)])
def test_other_libraries_and_many_threads_take_them_whole(
    library: Blas, monkeypatch: pytest.MonkeyPatch, rng: Any
) -> None:
    monkeypatch.setattr(blas, "at_first", lambda: library)
    x, w = rng.standard_normal((64, 256)), rng.standard_normal((256, 256))
    assert "dot_by_" not in source(lambda x, w: x @ w.T, x, w)


def test_other_views_are_taken_whole(rng: Any) -> None:
    x, w = rng.standard_normal((64, 256)), rng.standard_normal((256, 512))
    assert "dot_by_" not in source(lambda x, w: x @ w[:, ::2], x, w)
    assert "dot_by_" not in source(lambda x, w: x.T @ w[:64].T.copy().T, x, w)


def test_pieces_are_views_of_any_matrix(rng: Any) -> None:
    m = rng.standard_normal((5, 12))
    for matrix in (m, m.T.copy().T):
        stack = pieces._pieces(matrix, 3, 4)
        assert np.shares_memory(stack, matrix)
        assert stack.tolist() == [matrix[:, k : k + 4].tolist() for k in (0, 4, 8)]
