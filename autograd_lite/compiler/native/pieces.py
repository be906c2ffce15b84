"""Products that are left to BLAS, in pieces for which it has a faster kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.base import blas
from autograd_lite.base.shapes import Array
from autograd_lite.compiler.program.program import Instruction, Ref, Type

KERNELS = frozenset(("SkylakeX", "Cooperlake", "SapphireRapids"))
"""Those of OpenBLAS that have others for small products, which copy nothing: measured with version 0.3.31."""
_SMALL = 1_000_000
"""They take products of so many multiplications at most;"""
_CORNER = 1024
"""and of rows with rows, those whose result has so many elements at most."""
_FEW, _MOST = 4, 128
_SHALLOW = 32
"""Of so few products for each number the whole is faster, of rows with rows too; pieces take 1.1 to 2.7 of its time."""
_FOR_ONE = 2_000_000
"""So many multiplications are not worth a second thread of BLAS, where there are several; for more these are faster."""


def columns_of(x: Instruction, types: Mapping[int, Type], views: Mapping[int, Instruction]) -> int:
    """Return into pieces of how many columns a product that is left to NumPy is divided; 0 where it is not."""
    a, b = (types[operand.id] for operand in x.args)
    first, second = (_is_turned(operand, views) for operand in x.args)
    if first is None or second is None:
        return 0
    (rows, inner), columns = a.shape, b.shape[1]
    return pieces_of(rows, inner, columns, first=first, second=second)


def pieces_of(rows: int, inner: int, columns: int, *, first: bool, second: bool) -> int:
    """Return the same by the sizes of the matrices, and whether each is the transpose of one that lies in rows.

    OpenBLAS packs both matrices anew, unless they are small: for few rows that takes longer than the product does. In
    pieces ``X.dot(W.T)`` takes 0.2 to 0.9 of the time, others 0.4 to 0.9.
    """
    library, work = blas.at_first(), rows * inner * columns
    if library.kernel not in KERNELS or (library.threads != 1 and work > _FOR_ONE):
        return 0
    whole = work <= _SMALL and (not second or rows * columns <= _CORNER)
    if whole or rows < _FEW or (second and (first or inner <= _SHALLOW)):
        return 0
    most = _SMALL // (rows * inner)
    if second:
        return _step(8, min(_CORNER // rows, most), columns)
    return _step(16 if first else 32, min(_MOST, most), columns)


def _step(least: int, most: int, columns: int) -> int:
    """Return how many columns a piece has, a multiple of `least`, such that none are left over if that can be."""
    steps = range(least, min(most, columns - 1) + 1, least)
    return max([step for step in steps if columns % step == 0] or steps, default=0)


def _is_turned(operand: Ref, views: Mapping[int, Instruction]) -> bool | None:
    """Tell whether a matrix is the transpose of one that lies in rows; None for other views."""
    x = views.get(operand.id)
    if x is None:
        return False
    plain = len(x.args) == 1 or x.args[1] in (None, (1, 0))
    return True if x.fn is np.transpose and plain and not x.kwargs and x.args[0].id not in views else None


def product(columns: int) -> Callable[[Array, Array, Array], Any]:
    """Return what writes a product of two matrices into a third one, by so many columns at a time."""
    return partial(_product, columns)


def _product(columns: int, a: Array, b: Array, out: Array) -> None:
    count = b.shape[1] // columns
    whole = count * columns
    np.matmul(a, _pieces(b, count, columns), out=_pieces(out, count, columns))
    if whole < b.shape[1]:
        np.matmul(a, b[:, whole:], out=out[:, whole:])


def _pieces(matrix: Array, count: int, columns: int) -> Array:
    """Return columns of a matrix as a stack of matrices, which is a view: an axis can always be divided."""
    turned = matrix.T
    part = turned if len(turned) == count * columns else turned[: count * columns]
    return part.reshape(count, columns, -1).transpose(0, 2, 1)
