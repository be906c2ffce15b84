"""Choices between arrays, parts put in and taken away, functions called for each part."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array, normalize_axes
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.rules.common import settled
from autograd_lite.rules.indexing import getitem, setitem, take, take_along_axis

# ----- one of several arrays for each element -----


@composite(np.select, complex=True)
def select(condlist: Sequence[Array], choicelist: Sequence[Array], default: Array = 0) -> Array:
    y = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        y = np.where(value_of(condition), choice, y)
    return y


@composite(np.choose, complex=True)
def choose(a: Array, choices: Any, mode: str = "raise") -> Array:
    """The choices on top of each other, and of them the one that each index names."""
    which = value_of(a)
    shape = np.broadcast_shapes(which.shape, *[np.shape(choice) for choice in choices])
    layers = np.stack([np.broadcast_to(with_shape(choice), shape) for choice in choices])
    if mode == "wrap":
        which = which % len(layers)
    elif mode == "clip":
        which = np.clip(which, 0, len(layers) - 1)
    return take_along_axis(layers, np.broadcast_to(which, shape)[None].astype(np.intp), 0)[0]


@composite(np.piecewise, complex=True)
def piecewise(x: Array, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Array:
    """Each function is called on the elements where its condition holds, the last one also on all that are left."""
    x = with_shape(x)
    listed = isinstance(condlist, (list, tuple))
    conditions = np.stack([value_of(c) for c in condlist]) if listed else value_of(condlist)
    conditions = conditions.astype(bool)
    if conditions.ndim == 0 or (conditions.ndim == 1 and x.ndim):
        conditions = conditions[None]  # one condition, not in a list
    if len(funclist) == len(conditions) + 1:
        conditions = np.concatenate([conditions, ~np.any(conditions, 0, keepdims=True)])
    row, y = np.ravel(x), np.zeros_like(np.ravel(x))
    for condition, piece in zip(conditions, funclist, strict=True):
        places = np.flatnonzero(np.broadcast_to(condition, x.shape))
        if places.size:
            value = piece(getitem(row, key=places), *args, **kw) if callable(piece) else piece
            y = setitem(y, np.astype(with_shape(value), x.dtype), key=places)
    return y.reshape(x.shape)


# ----- put in, taken away -----


@composite(np.insert, complex=True)
def insert(arr: Array, obj: Any, values: Array, axis: int | None = None) -> Array:
    """What is there and what is new, one after the other, in the order that NumPy makes of their numbers."""
    arr, values = with_shape(arr), with_shape(values)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis, n = operator.index(axis) % arr.ndim, arr.shape[axis]
    where = np.asarray(np.arange(n)[obj]) if isinstance(obj, slice) else value_of(obj)
    if where.dtype == bool:
        where = np.flatnonzero(where)
    one = where.size == 1
    if one:
        values = values.reshape((1,) * (arr.ndim - values.ndim) + values.shape)
        values = values if where.ndim else np.moveaxis(values, 0, axis)
    count = values.shape[axis] if one else where.size
    shape = (*arr.shape[:axis], count, *arr.shape[axis + 1 :])
    new = np.broadcast_to(np.astype(values, arr.dtype), shape)
    at = where.reshape(-1)[0] if one else where.astype(np.intp)
    order = np.insert(np.arange(n), at, np.arange(n, n + count))
    return take(np.concatenate([arr, new], axis), order, axis)


@composite(np.trim_zeros, complex=True)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Array:
    """Zeros are left out at the ends of the axes, as far as there are only such."""
    t = with_shape(filt) if not isinstance(filt, (list, tuple)) else np.stack(filt)
    places = np.argwhere(settled(t, "trim_zeros") != 0)
    first, last = (places.min(0), places.max(0) + 1) if len(places) else (np.zeros(t.ndim, int),) * 2
    sides, axes = trim.lower() if len(places) else "fb", normalize_axes(axis, t.ndim)
    bounds = [first if "f" in sides else [None] * t.ndim, last if "b" in sides else [None] * t.ndim]
    cuts = [slice(*bound) for bound in zip(*bounds, strict=True)]
    return t[tuple([cut if i in axes else slice(None) for i, cut in enumerate(cuts)])]


# ----- a function for each part -----


@composite(np.apply_along_axis, complex=True)
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Array, *args: Any, **kwargs: Any) -> Array:
    """The axes of what the function returns for one row take the place of that of the row."""
    arr = with_shape(arr)
    axis = axis % arr.ndim
    rows = np.moveaxis(arr, axis, -1)
    outer = rows.shape[:-1]
    parts = [with_shape(func1d(rows[place], *args, **kwargs)) for place in np.ndindex(outer)]
    y = np.stack(parts).reshape((*outer, *parts[0].shape))
    return np.moveaxis(y, tuple(range(len(outer), y.ndim)), tuple(range(axis, axis + parts[0].ndim)))


@composite(np.apply_over_axes, complex=True)
def apply_over_axes(func: Callable[..., Any], a: Array, axes: Any) -> Array:
    """What has lost an axis gets it back with length 1."""
    a = with_shape(a)
    for axis in np.ravel(axes).tolist():
        place = axis if axis >= 0 else axis + a.ndim
        y = func(a, place)
        a = y if y.ndim == a.ndim else np.expand_dims(y, place)
    return a
