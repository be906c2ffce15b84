"""Functions that change an array in place: of a Tensor they are assignments to parts of it, recorded as such.

Its views see what is put in, as after ``t[key] = v``. Into a plain array goes what has no derivative.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.op import RECORDERS
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.rules.indexing import take


def _into_plain(name: str, fn: Any, target: Any, *values: Any) -> bool:
    """Have NumPy write into a plain array what has no derivative, and refuse what has; False where it is a Tensor."""
    if type(target) in RECORDERS:
        return False
    if any(getattr(x, "requires_grad", False) for x in values):
        raise errors.ConversionError(errors.PLACED_IN_ARRAY.format(op=name))
    fn(target, *[value_of(x) if type(x) in RECORDERS else x for x in values])
    return True


def _places(numbers: Array, shape: Shape) -> Any:
    """Return the index of elements that are numbered in one row."""
    return np.unravel_index(numbers, shape)


def _repeated(values: Any, numbers: Array) -> Array:
    """Return the values that belong to elements of these numbers, where they begin again when they end."""
    flat = np.ravel(with_shape(values))
    return take(flat, numbers % flat.size)


def _in_row(a: Array, numbers: Array, values: Array) -> None:
    if numbers.size:
        a[_places(numbers, a.shape)] = np.astype(values, a.dtype)


@composite(np.put, exact=True, checked=True, complex=True)
def put(a: Array, ind: Any, v: Any, mode: Any = "raise") -> None:
    if _into_plain("put", lambda a, ind, v: np.put(a, ind, v, mode), a, ind, v):
        return
    numbers, size = np.ravel(value_of(ind)).astype(np.intp, casting="same_kind"), math.prod(a.shape)
    if mode == "raise":
        if np.any((numbers < -size) | (numbers >= size)):
            raise IndexError(f"an index of put is out of bounds for an array of {size} elements")
        numbers = numbers % max(size, 1)
    else:
        numbers = numbers % size if mode == "wrap" else np.clip(numbers, 0, size - 1)
    if np.size(v):
        _in_row(a, numbers, _repeated(v, np.arange(numbers.size)))


@composite(np.put_along_axis, exact=True, checked=True, complex=True)
def put_along_axis(arr: Array, indices: Array, values: Array, axis: int | None = -1) -> None:
    if _into_plain("put_along_axis", lambda a, i, v: np.put_along_axis(a, i, v, axis), arr, indices, values):
        return
    where = value_of(indices)
    if axis is None:
        if where.ndim != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        _in_row(arr, where % arr.size, np.broadcast_to(with_shape(values), where.shape))
        return
    if where.ndim != arr.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    grid = list(np.indices(arr.shape, sparse=True))
    grid[axis] = where
    arr[tuple(grid)] = values


@composite(np.place, exact=True, checked=True, complex=True)
def place(arr: Array, mask: Array, vals: Any) -> None:
    if _into_plain("place", np.place, arr, mask, vals):
        return
    numbers = np.flatnonzero(value_of(mask))
    if numbers.size and not np.size(vals):
        raise ValueError("Cannot insert from an empty array!")
    if numbers.size:
        _in_row(arr, numbers, _repeated(vals, np.arange(numbers.size)))


@composite(np.putmask, exact=True, checked=True, complex=True)
def putmask(a: Array, mask: Array, values: Any) -> None:
    if _into_plain("putmask", np.putmask, a, mask, values):
        return
    chosen = value_of(mask)
    if chosen.shape != a.shape:
        raise ValueError("putmask: mask and data must be the same size")
    if not np.size(values):
        return
    repeated = _repeated(values, np.arange(a.size)).reshape(a.shape)
    a[...] = np.where(chosen.astype(bool), np.astype(repeated, a.dtype), a)


@composite(np.copyto, exact=True, checked=True, complex=True)
def copyto(dst: Array, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    if _into_plain("copyto", lambda d, s, w: np.copyto(d, s, casting, w), dst, src, where):
        return
    given = with_shape(src)
    if is_array(src) and not np.can_cast(given.dtype, dst.dtype, casting):
        kinds = f"from {given.dtype!r} to {dst.dtype!r}"
        raise TypeError(f"Cannot cast array data {kinds} according to the rule {casting!r}")
    given = np.broadcast_to(np.astype(given, dst.dtype), dst.shape)
    dst[...] = given if where is True else np.where(value_of(where), given, dst)


@composite(np.fill_diagonal, exact=True, checked=True, complex=True)
def fill_diagonal(a: Array, val: Any, wrap: bool = False) -> None:
    if _into_plain("fill_diagonal", lambda a, v: np.fill_diagonal(a, v, wrap), a, val):
        return
    if a.ndim < 2:  # noqa: PLR2004 - a matrix
        raise ValueError("array must be at least 2-d")
    if a.ndim > 2 and len(set(a.shape)) > 1:  # noqa: PLR2004 - of what has more axes
        raise ValueError("All dimensions of input must be of equal length")
    step = sum(math.prod(a.shape[i + 1 :]) for i in range(a.ndim))
    tall = a.ndim == 2 and not wrap  # noqa: PLR2004 - a matrix
    numbers = np.arange(0, min(a.size, a.shape[1] ** 2) if tall else a.size, step)
    _in_row(a, numbers, _repeated(val, np.arange(numbers.size)))
