"""Axes and shapes: undoing a broadcast, its mirror, and the arithmetic of axis arguments.

Everything here works on whatever speaks NumPy's methods, so the same function serves arrays in a first sweep and
Tensors when the derivative itself is recorded.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""An ndarray (or another array that speaks NumPy's protocols), or a Tensor when the derivative itself is recorded."""

Shape: TypeAlias = tuple[int, ...]
Axis: TypeAlias = "int | Sequence[int] | None"


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
    reduced = wide(g).sum(stretched) if stretched else g
    return reduced.reshape(shape)


def wide(x: Array) -> Array:
    """Return half precision in single, for a sum: it ends at 65,504, and stands still at 2048 ones. Else `x`."""
    return x.astype(np.float32) if x.dtype.char == "e" else x


def narrowed(y: Array, dtype: Any) -> Array:
    """Return in half precision what was made of ``wide(x)``, if that is the dtype of `x`. Else `y`."""
    return y.astype(dtype) if dtype.char == "e" else y


def everywhere(condition: Array) -> bool:
    """Tell whether a condition holds at every element; of a Tensor by its values, of a batch for all examples."""
    if hasattr(condition, "detach"):
        condition = condition.detach().numpy()
    return condition.everywhere() if hasattr(condition, "everywhere") else bool(condition.all())


def whole(x: Any) -> Any:
    """Return the array of all examples where `x` is a batch, also of batches; else `x`."""
    while hasattr(x, "examples"):
        x = x.examples()
    return x


def normalize_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return `axis` (None, an int, or several) as a sorted tuple of non-negative axes.

    Examples
    --------
    >>> normalize_axes(-1, 3), normalize_axes(None, 2)
    ((2,), (0, 1))
    """
    if axis is None:
        return tuple(range(ndim))
    given = tuple(axis) if isinstance(axis, (tuple, list)) else (operator.index(axis),)  # type: ignore[arg-type]
    if not ndim and all(i in (0, -1) for i in given):  # a number, which NumPy takes for a row of one
        return ()
    return tuple(sorted(i % ndim for i in given))


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
