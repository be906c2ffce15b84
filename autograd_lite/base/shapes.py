"""Axes and shapes: undoing a broadcast, its mirror, and the arithmetic of axis arguments.

Everything here works on whatever speaks NumPy's methods, so the same function serves arrays in a first sweep and
Tensors when the derivative itself is recorded.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

import numpy as np

from autograd_lite.base.arraylike import ArrayLike

Array: TypeAlias = Any
"""An ndarray (or another array that speaks NumPy's protocols), or a Tensor when the derivative itself is recorded."""

A = TypeVar("A", bound=Any)
"""What an operation of one array takes and returns: a Tensor for a Tensor, an array for an array."""

Shape: TypeAlias = tuple[int, ...]
Axis: TypeAlias = int | Sequence[int] | None


def unbroadcast(g: Array, shape: Shape) -> Array:
    """Sum `g` over the axes along which an input of `shape` was repeated: the adjoint of broadcasting.

    Raises ValueError where `shape` does not broadcast to the shape of `g`.

    Examples
    --------
    >>> unbroadcast(np.ones((4, 3)), (3,))
    array([4., 4., 4.])
    """
    lead = g.ndim - len(shape)
    if lead < 0:
        raise ValueError(f"{shape} does not broadcast to {g.shape}")
    if g.shape == (1,) * lead + shape:  # nothing was repeated
        return g.reshape(shape)
    stretched = tuple([i for i, n in enumerate(g.shape) if n != 1 and (i < lead or shape[i - lead] == 1)])
    if stretched == (0,) and g.__class__ is np.ndarray and g.dtype.char in "fd" and g.ndim == _MATRIX:
        return _column_sums(g).reshape(shape)
    reduced = wide(g).sum(stretched) if stretched else g
    return reduced.reshape(shape)


_MATRIX, _FEW = 2, 4096


def _column_sums(g: Array) -> Array:
    """Return the sums of the columns of a matrix; of few rows as a product, which takes a third of the time."""
    return _ones(len(g), g.dtype).dot(g) if len(g) <= _FEW else g.sum(0)


@lru_cache(16)
def _ones(n: int, dtype: Any) -> Array:
    return np.ones(n, dtype)


def wide(x: Array) -> Array:
    """Return half precision in single, for a sum: it ends at 65,504, and stands still at 2048 ones. Else `x`."""
    return x.astype(np.float32) if x.dtype.char == "e" else x


def narrowed(y: Array, dtype: Any) -> Array:
    """Return in half precision what was made of ``wide(x)``, if that is the dtype of `x`. Else `y`."""
    return y.astype(dtype) if dtype.char == "e" else y


def everywhere(condition: Array) -> bool:
    """Tell whether a condition is known to hold at every element, of every example.

    Of an array of another library that is not known: to ask it would fetch the numbers, or compute them.
    """
    if isinstance(condition, ArrayLike):
        return condition._everywhere()
    return isinstance(condition, (np.ndarray, np.generic)) and bool(condition.all())


def whole(x: Any) -> Any:
    """Return the array of all examples where `x` is a batch, also of batches; else `x`."""
    while isinstance(x, ArrayLike) and (examples := x._examples()) is not None:
        x = examples
    return x


def normalize_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return `axis` (None, an int, or several) as a sorted tuple of non-negative axes; refused as NumPy does.

    Examples
    --------
    >>> normalize_axes(-1, 3), normalize_axes(None, 2)
    ((2,), (0, 1))
    """
    if axis is None:
        return tuple(range(ndim))
    given = tuple(axis) if isinstance(axis, (tuple, list)) else (operator.index(axis),)  # type: ignore[arg-type]
    if not ndim and given in ((0,), (-1,)):  # as reductions of a number allow
        return ()
    for i in given:
        if not -ndim <= i < ndim:
            raise np.exceptions.AxisError(i, ndim)
    axes = sorted({i % ndim for i in given})
    if len(axes) < len(given):
        raise ValueError("duplicate value in 'axis'")
    return tuple(axes)


def keepdims_shape(shape: Shape, axis: Axis) -> Shape:
    """Return the shape that a reduction of `shape` over `axis` has with ``keepdims=True``."""
    axes = normalize_axes(axis, len(shape))
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def reduced_size(shape: Shape, axis: Axis) -> int:
    """Return how many elements a reduction of `shape` over `axis` combines into one."""
    return math.prod(shape[i] for i in normalize_axes(axis, len(shape)))


def inverse_permutation(axes: Sequence[int]) -> tuple[int, ...]:
    """Return the axes of the transposition that undoes ``transpose(axes)``."""
    ndim = len(axes)
    return tuple(int(i) for i in np.argsort([a % ndim for a in axes]))


def fitting(name: str, given: Shape, wanted: Shape) -> str | None:
    """Return what a message proposes for an array of another shape than wanted; None where nothing makes it fit."""
    if math.prod(given) == math.prod(wanted):
        return f"{name}.reshape({wanted})"
    pairs = zip(given[::-1], wanted[::-1], strict=False)
    broadcast = len(given) <= len(wanted) and all(n in (1, m) for n, m in pairs)
    return f"np.broadcast_to({name}, {wanted})" if broadcast else None


def same_bits(a: Array, b: Array) -> bool:
    """Tell whether two arrays hold the same numbers to the last bit, nan and the sign of zero included."""
    return bool(a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes())
