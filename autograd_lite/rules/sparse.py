"""Products with a constant sparse matrix of SciPy, whose zeros are neither stored nor multiplied.

The matrix is a setting, not an operand: it has no derivative. An operation that is no product, as ``S + t``, has a
dense result anyway, and takes the matrix as an array.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.op import Op, Settings, recorder_of
from autograd_lite.engine.priority import CARRIERS

_OPERATORS = frozenset(("__matmul__", "__mul__"))


def is_sparse(x: Any) -> bool:
    """Tell whether `x` is a sparse matrix or array of SciPy, which is imported if there is one.

    NOTE: not by SciPy's own function, which would be code of its that a compiled function seems to execute.
    """
    scipy = sys.modules.get("scipy.sparse")
    return scipy is not None and isinstance(x, (scipy.sparray, scipy.spmatrix))


def is_left_by_sparse(frame: FrameType | None) -> bool:
    """Tell whether a product with a sparse matrix on the left asks for an array of the right operand.

    Given an array of no dimension that holds an object, SciPy leaves the product to that operand.
    """
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("scipy.sparse._"):
        if frame.f_code.co_name in _OPERATORS:
            return True
        frame = frame.f_back
    return False


def _multiplied(a: Array, matrix: Any) -> Array:
    """Return `matrix` times the first axis of `a`."""
    columns = np.reshape(a, (a.shape[0], math.prod(a.shape[1:])))
    return np.asarray(matrix @ columns).reshape((matrix.shape[0], *a.shape[1:]))


def _times(a: Array, matrix: Any) -> Array:
    recorder = recorder_of(a)
    return _multiplied(a, matrix) if recorder is None else recorder(product, (a,), {"matrix": matrix})


product: Op = Op(
    "sparse_product", _times, "linear", ("a",), {"matrix": None}, (lambda g, matrix: product(g, matrix=matrix.T),),
    order=("a", "matrix"), opaque=_multiplied, complex=True,
)  # fmt: skip


def carried_out(op: Op, operands: Sequence[Any], settings: Settings) -> Any:
    """Return the result of an operation of which an operand is a sparse matrix."""
    left = is_sparse(operands[0])
    matrix, a = operands[:: 1 if left else -1][:2]
    if not _is_product(op, matrix, a):
        return op(*[x.toarray() if is_sparse(x) else x for x in operands], **settings)
    _check(matrix, a, left)
    own = matrix.tocsr(copy=True)  # whose numbers nobody changes before the sweep
    return _along(a, own, 0 if a.ndim == 1 else -2) if left else _along(a, own.T, -1)


def _is_product(op: Op, matrix: Any, a: Any) -> bool:
    """Tell whether a product of matrices is meant: for the older classes also by a star, as everywhere in SciPy."""
    starred = op.symbol == "*" and isinstance(matrix, sys.modules["scipy.sparse"].spmatrix)
    return op.symbol == "@" or (starred and a.ndim > 0)


def _check(matrix: Any, a: Any, left: bool) -> None:
    axis = 0 if a.ndim == 1 else -2 if left else -1
    inner, other = matrix.shape if not left else matrix.shape[::-1]
    length = a.shape[axis] if a.ndim else None
    if length == inner:
        return
    turned = ("S.T @ t" if left else "t @ S.T") if length == other else None
    instead = turned or f"a Tensor whose axis has the length {inner}, as np.ones({inner})"
    shapes = (matrix.shape, a.shape) if left else (a.shape, matrix.shape)
    raise errors.ShapeError(errors.SPARSE_SHAPE.format(left=shapes[0], right=shapes[1], instead=instead))


def _along(a: Any, matrix: Any, axis: int) -> Any:
    return np.moveaxis(product(np.moveaxis(a, axis, 0), matrix=matrix), 0, axis)


CARRIERS.append((is_sparse, carried_out))
