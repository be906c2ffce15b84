"""Reading and writing parts of arrays: `getitem` and `scatter` are each other's adjoint, the rest is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.op import RECORDERS, Op, composite, linear
from autograd_lite.shapes import Array, Axis, Shape


def freeze(key: Any) -> Any:
    """Return an index that nobody can change any more: copies of its arrays, arrays for its lists."""
    if isinstance(key, tuple):
        return tuple(freeze(k) for k in key)
    if isinstance(key, np.ndarray):
        return key.copy()
    if isinstance(key, list) or type(key) in RECORDERS:
        return np.array(key)
    return key


def _is_basic(key: Any) -> bool:
    """Tell whether NumPy answers `key` with a view: no element is then read twice."""
    parts = key if isinstance(key, tuple) else (key,)
    return not any(isinstance(k, (np.ndarray, list, bool, np.bool_)) for k in parts)


def _getitem(a: Array, key: Any) -> Array:
    return a[key]


def _scatter(g: Array, key: Any, shape: Shape) -> Array:
    """Return zeros of `shape` with `g` added at `key`."""
    out = np.zeros(shape, g.dtype)
    _add_at(out, g, key)
    return out


def _add_at(out: Array, g: Array, key: Any) -> None:
    if _is_basic(key):
        out[key] += g
    else:
        np.add.at(out, key, g)


getitem: Op = linear(
    _getitem,
    lambda g, key, a_shape: scatter(g, key, a_shape),
    settings="key",
    selects=True,
    accumulate=lambda out, g, key, _: _add_at(out, g, key),
)
scatter: Op = linear(_scatter, lambda g, key: getitem(g, key=key), settings="key shape", selects=True)


def _setitem(a: Array, value: Array, key: Any) -> Array:
    out = a.copy()
    out[key] = value
    return out


setitem: Op = linear(
    _setitem,
    lambda g, key: setitem(g, 0, key=key),
    lambda g, key: getitem(g, key=key),
    settings="key",
    selects=True,
)

# ----- definitions -----


def _along(axis: int, key: Any, ndim: int) -> tuple[Any, ...]:
    """Return the index that applies `key` to one axis."""
    return (*(slice(None),) * (axis % ndim), key)


@composite(np.take)
def take(a: Array, indices: Array, axis: int | None = None, mode: str = "raise") -> Array:
    a = np.ravel(a) if axis is None else a
    axis = axis or 0
    where = np.asarray(indices)
    if mode == "wrap":
        where = where % a.shape[axis]
    elif mode == "clip":
        where = np.clip(where, 0, a.shape[axis] - 1)
    return a[_along(axis, where, a.ndim)]


@composite(np.take_along_axis)
def take_along_axis(arr: Array, indices: Array, axis: int | None = -1) -> Array:
    if axis is None:
        return np.ravel(arr)[np.asarray(indices)]
    grid = np.indices(np.shape(indices), sparse=True)
    return arr[tuple(np.asarray(indices) if i == axis % arr.ndim else grid[i] for i in range(arr.ndim))]


@composite(np.compress)
def compress(condition: Array, a: Array, axis: int | None = None) -> Array:
    return take(a, np.flatnonzero(condition), axis)


@composite(np.extract)
def extract(condition: Array, arr: Array) -> Array:
    return take(arr, np.flatnonzero(condition))


@composite(np.repeat)
def repeat(a: Array, repeats: Any, axis: int | None = None) -> Array:
    a = np.ravel(a) if axis is None else a
    axis = axis or 0
    return take(a, np.repeat(np.arange(a.shape[axis]), np.asarray(repeats)), axis)


@composite(np.diagonal)
def diagonal(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    last = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows = np.arange(max(0, min(last.shape[-2] + min(offset, 0), last.shape[-1] - max(offset, 0))))
    return last[..., rows - min(offset, 0), rows + max(offset, 0)]


@composite(np.trace)
def trace(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    return np.sum(diagonal(a, offset, axis1, axis2), -1)


@composite(np.diag)
def diag(v: Array, k: int = 0) -> Array:
    if v.ndim != 1:
        return diagonal(v, k)
    n = v.shape[0] + abs(k)
    rows = np.arange(v.shape[0])
    return scatter(v, key=(rows - min(k, 0), rows + max(k, 0)), shape=(n, n))


linear(np.tril, lambda g, k: np.tril(g, k), settings="k", selects=True)
linear(np.triu, lambda g, k: np.triu(g, k), settings="k", selects=True)


@composite(np.sort)
def sort(a: Array, axis: int | None = -1, *, stable: bool = True) -> Array:
    """The elements in order; equal ones keep theirs, whatever `stable`, so that the gradient does not depend on it."""
    a = np.ravel(a) if axis is None else a
    axis = -1 if axis is None else axis
    return take_along_axis(a, np.argsort(a, axis, stable=True), axis)


@composite(np.flip)
def flip(m: Array, axis: Axis = None) -> Array:
    axes = range(m.ndim) if axis is None else {i % m.ndim for i in ((axis,) if isinstance(axis, int) else axis)}
    return m[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(m.ndim))]


@composite(np.fliplr)
def fliplr(m: Array) -> Array:
    return flip(m, 1)


@composite(np.flipud)
def flipud(m: Array) -> Array:
    return flip(m, 0)
