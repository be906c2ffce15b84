"""Reading and writing parts of arrays: `getitem` and `scatter` are each other's adjoint, the rest is made of them."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import foreign, is_foreign, sent, zeros
from autograd_lite.base.shapes import Array, Axis, Shape, normalize_axes
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import linear
from autograd_lite.engine.op import RECORDERS, Op, recorder_of
from autograd_lite.engine.operands import known_shape, refuse_masked, value_of, with_shape
from autograd_lite.rules import parts
from autograd_lite.rules.common import as_tuple, refuse_write
from autograd_lite.rules.rows import add_at  # by its name, see `warned`


def freeze(key: Any) -> Any:
    """Return an index that nobody can change any more: copies of its arrays, arrays for its lists."""
    if key.__class__ is int:
        return key
    if isinstance(key, tuple):
        return tuple([freeze(k) for k in key])
    if isinstance(key, slice):
        if key.start.__class__ in _FIXED and key.stop.__class__ in _FIXED and key.step.__class__ in _FIXED:
            return key
        return slice(*[k if k is None else operator.index(k) for k in (key.start, key.stop, key.step)])
    if isinstance(key, np.ndarray):
        refuse_masked(key)
        return key.copy()
    if type(key) in RECORDERS:
        return value_of(operator.index(key) if key.requires_grad else key)  # of a recorded one the call refuses
    if is_foreign(key):
        return key.copy()
    if isinstance(key, list):
        array = np.array(key)
        return array if array.size else array.astype(np.intp)  # [] would be of floats
    return key


_FIXED = frozenset((int, type(None)))


def is_basic(key: Any, *numbers: type) -> bool:
    """Tell whether an index has no arrays, so that NumPy answers with a view, and no element is read twice.

    `numbers` are classes of what stands for a whole number.
    """
    if key.__class__ is slice or key.__class__ is int:
        return True
    parts, plain = key if isinstance(key, tuple) else (key,), _PLAIN + numbers
    return all(isinstance(k, plain) and not isinstance(k, bool) for k in parts)


_PLAIN: tuple[type, ...] = (slice, int, np.integer, type(None), type(Ellipsis))


def _getitem(a: Array, key: Any) -> Array:
    recorder = recorder_of(key)
    if recorder is not None:
        return recorder(getitem, (a,), {"key": key})
    return a[key] if a.__class__ is np.ndarray else known_shape(a[key])


def _scatter(g: Array, key: Any, shape: Shape) -> Array:
    """Return zeros of `shape` with `g` added at `key`."""
    recorder = recorder_of(g, key)
    if recorder is not None:
        return recorder(scatter, (g,), {"key": key, "shape": shape})
    if g.__class__ is not np.ndarray and is_foreign(g):
        return _put_together(g, key, shape)
    out = np.zeros(shape, g.dtype)
    _add_at(out, g, key)
    return out


def _put_together(g: Array, key: Any, shape: Shape) -> Array:
    """Return the same of an array of another library, to which nothing is added in place."""
    if is_basic(key):
        named = tuple([part for part in as_keys(key) if part is not None])
        if g.size == math.prod(shape) and not any(isinstance(part, slice) and (part.step or 1) < 0 for part in named):
            return g.reshape(shape)  # which leaves an array of dask in its pieces
        out = zeros(shape, g.dtype, g)
        out[named] = g.reshape(np.broadcast_to(0, shape)[named].shape)  # without the axes that the index made
        return out
    if foreign(*as_keys(key)) is not None or any(isinstance(part, (bool, np.bool_)) for part in as_keys(key)):
        return parts.counted(g, key, shape)
    return parts.added(g, _parts(key, len(shape)), shape)


def as_keys(key: Any) -> tuple[Any, ...]:
    """Return the parts of an index, one for each axis that it names."""
    return key if isinstance(key, tuple) else (key,)


def _add_at(out: Array, g: Array, key: Any) -> None:
    if is_basic(key):
        out[key] += g
    else:
        add_at(out, key, g)


getitem: Op = linear(
    _getitem,
    lambda g, key, a_shape: scatter(g, key, a_shape),
    settings="key",
    selects=True,
    accumulate=lambda out, g, key, _: _add_at(out, g, key),
    view=lambda a, value, key: setitem(a, value, key=key),
)
scatter: Op = linear(_scatter, lambda g, key: getitem(g, key=key), settings="key shape", selects=True)


def _setitem(a: Array, value: Array, key: Any) -> Array:
    recorder = recorder_of(a, value, key)
    if recorder is not None:
        return recorder(setitem, (a, value), {"key": key})
    out = a.copy("K") if a.__class__ is np.ndarray else a.copy()  # "K": it lies in memory as before
    out[key] = value
    return out


def _assigned(g: Array, key: Any, a_shape: Shape, value_shape: Shape) -> Array:
    """Return the share of a value that was assigned to ``a[key]``.

    Where an index occurs twice the last value stays, and the others have no influence. Leading axes of length 1, which
    an assignment may have to spare, are put back. The share is no view, for `_emptied` writes to what it is taken from.
    """
    share = getitem(g, key=key)
    if is_basic(key):
        share = share.copy()
    elif (stays := _stays(key, a_shape)) is not None:
        share = np.where(sent(stays, share), share, 0)
    return share.reshape((1,) * (len(value_shape) - share.ndim) + share.shape)


def _stays(key: Any, shape: Shape) -> Array | None:
    """Return where the value that is assigned by an index stays; None if everywhere, since no place occurs twice."""
    like = foreign(*as_keys(key))
    if recorder_of(key) is None and like is None:
        numbered = _numbered(key, shape)
        if numbered is None:
            return None
        key, shape = numbered
    picked = _getitem(zeros(shape, int, like), key)
    order = sent(np.arange(math.prod(picked.shape)).reshape(picked.shape), like)
    return _getitem(_setitem(zeros(shape, int, like), order, key), key) == order


def _numbered(key: Any, shape: Shape) -> tuple[Any, Shape] | None:
    """Return an index that picks alike from a smaller array, and its shape; None if it picks nothing twice.

    The places that its arrays name are numbered from 0, so that whoever tries it need not have the whole array.
    """
    parts = _parts(key, len(shape))
    axes = iter(shape)
    sizes = [1 if part is None else next(axes) for part in parts]
    arrays = [k for k, part in enumerate(parts) if isinstance(part, np.ndarray)]
    picked = np.broadcast_arrays(*[parts[k] % sizes[k] if sizes[k] else parts[k] for k in arrays])
    places = np.zeros(picked[0].shape, int)
    for k, part in zip(arrays, picked, strict=True):
        places = places * sizes[k] + part
    known, numbers = np.unique(places, return_inverse=True)
    if known.size == places.size:
        return None
    for k, part in enumerate(parts):
        if isinstance(part, slice):
            parts[k], sizes[k] = slice(None), len(range(sizes[k])[part])
        elif isinstance(part, np.ndarray):
            parts[k], sizes[k] = np.zeros(part.shape, int), 1
    parts[arrays[0]], sizes[arrays[0]] = numbers.reshape(places.shape), known.size
    return tuple(parts), tuple([n for part, n in zip(parts, sizes, strict=True) if part is not None])


def _parts(key: Any, ndim: int) -> list[Any]:
    """Return what an index with arrays says of each axis: a slice or an array of whole numbers; None for a new one."""
    parts: list[Any] = []
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, np.ndarray) and part.dtype == bool and part.ndim:
            parts += part.nonzero()
        else:
            parts.append(part if part is None or part is Ellipsis or isinstance(part, slice) else np.asarray(part, int))
    whole = [slice(None)] * (ndim - sum(part is not None and part is not Ellipsis for part in parts))
    at = next((k for k, part in enumerate(parts) if part is Ellipsis), len(parts))
    return [*parts[:at], *whole, *parts[at + 1 :]]


def _emptied(g: Array, key: Any) -> Array:
    """Return the share of what was assigned to: the cotangent itself, with zeros in those places."""
    g[key] = 0
    return g


setitem: Op = linear(
    _setitem,
    lambda g, key: setitem(g, 0, key=key),
    _assigned,
    settings="key",
    selects=True,
    accumulate=lambda g, key: _emptied(g, key),
    spends=True,
)

# ----- definitions -----


def _along(axis: int, key: Any, ndim: int) -> tuple[Any, ...]:
    """Return the index that applies `key` to one axis."""
    return (*(slice(None),) * (axis % ndim), key)


@composite(np.take, complex=True)
def take(a: Array, indices: Array, axis: int | None = None, mode: str = "raise") -> Array:
    a = np.ravel(a) if not a.ndim or (axis is None and a.ndim != 1) else a
    axis = axis or 0
    where = freeze(indices) if isinstance(indices, list) else value_of(indices)
    where = where.astype(np.intp) if where.dtype.kind == "b" else where  # numbers 0 and 1, and no mask
    if mode == "wrap":
        where = where % a.shape[axis]
    elif mode == "clip":
        where = np.clip(where, 0, a.shape[axis] - 1)
    if isinstance(where, (np.ndarray, np.generic)) and not where.ndim:
        where = int(where)  # which dask asks for
    return getitem(a, key=_along(axis, where, a.ndim))  # which `a[...]` is not, of an array by the places of a batch


@composite(np.take_along_axis, complex=True)
def take_along_axis(arr: Array, indices: Array, axis: int | None = -1) -> Array:
    if axis is None:
        return getitem(np.ravel(arr), key=value_of(indices))
    if parts.is_one_of_each(arr, indices, axis):
        axis, where = axis % arr.ndim, np.squeeze(value_of(indices), axis)
        return parts.at_hits(arr, _either(where, arr, axis), axis, keepdims=True)
    grid = np.indices(arr.shape, sparse=True)
    return getitem(arr, key=tuple([value_of(indices) if i == axis % arr.ndim else grid[i] for i in range(arr.ndim)]))


def _either(where: Array, arr: Array, axis: int) -> Array:
    """Return where an axis has one of the numbers, which may count from its end."""
    n = arr.shape[axis]
    return parts.hits(where, n, axis, arr) | parts.hits(where + n, n, axis, arr)


@composite(np.compress, complex=True)
def compress(condition: Array, a: Array, axis: int | None = None) -> Array:
    return take(a, np.flatnonzero(condition), axis)


@composite(np.extract, complex=True)
def extract(condition: Array, arr: Array) -> Array:
    return take(arr, np.flatnonzero(condition))


@composite(np.repeat, complex=True)
def repeat(a: Array, repeats: Any, axis: int | None = None) -> Array:
    a = np.ravel(a) if axis is None or not a.ndim else a
    axis = axis or 0
    counts = np.asarray(repeats) if type(repeats) in RECORDERS else repeats
    return take(a, np.repeat(np.arange(a.shape[axis]), counts), axis)


def _diagonals(a: Array, offset: int = 0) -> Array:
    return np.diagonal(a, offset, -2, -1)


def _places(shape: Shape, offset: int) -> tuple[Any, ...]:
    """Return the index of a diagonal of the matrices in the last two axes."""
    places = np.arange(max(0, min(shape[-2] + min(offset, 0), shape[-1] - max(offset, 0))))
    return (..., places - min(offset, 0), places + max(offset, 0))


diagonals = linear(
    _diagonals,
    lambda g, offset, a_shape: scatter(g, _places(a_shape, offset), a_shape),
    settings="offset",
    signature="(m,n)->(k)",
    selects=True,
    view=lambda a, value, offset=0: setitem(a, value, key=_places(a.shape, offset)),
)


@composite(np.diagonal, complex=True)
def diagonal(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    return diagonals(np.moveaxis(a, (axis1, axis2), (-2, -1)), offset=int(offset))


@composite(np.trace, complex=True)
def trace(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    return np.sum(diagonal(a, offset, axis1, axis2), -1)


@composite(np.linalg.diagonal, complex=True)
def linalg_diagonal(x: Array, *, offset: int = 0) -> Array:
    return diagonal(x, offset, -2, -1)


@composite(np.linalg.trace, complex=True)
def linalg_trace(x: Array, *, offset: int = 0) -> Array:
    return trace(x, offset, -2, -1)


@composite(np.diagflat, complex=True)
def diagflat(v: Array, k: int = 0) -> Array:
    return diag(np.ravel(v), k)


@composite(np.diag, complex=True)
def diag(v: Array, k: int = 0) -> Array:
    if v.ndim not in (1, 2):
        raise errors.ShapeError(
            f"diag takes a vector or a matrix, not an array of shape {v.shape}. "
            "Write np.diagonal(t, axis1=-2, axis2=-1) for the diagonals of several matrices"
        )
    if v.ndim == 2:  # noqa: PLR2004 - a matrix
        return diagonal(v, k)
    n = v.shape[0] + abs(k)
    places = np.arange(v.shape[0])
    return scatter(v, key=(places - min(k, 0), places + max(k, 0)), shape=(n, n))


linear(np.tril, lambda g, k: np.tril(g, k), settings="k", signature="(m,n)->(m,n)", selects=True)
linear(np.triu, lambda g, k: np.triu(g, k), settings="k", signature="(m,n)->(m,n)", selects=True)


@composite(np.sort, complex=True)
def sort(a: Array, axis: int | None = -1, kind: str | None = None, *, stable: bool | None = None) -> Array:
    """The elements in order; equal ones keep theirs, whatever `kind`, so that the gradient does not depend on it."""
    a = np.ravel(a) if axis is None else a
    axis = -1 if axis is None else axis
    return take_along_axis(a, np.argsort(a, axis, stable=True), axis)


@composite(np.partition, complex=True)
def partition(a: Array, kth: Any, axis: int | None = -1) -> Array:
    a = np.ravel(a) if axis is None else a
    axis = -1 if axis is None else axis
    return take_along_axis(a, np.argpartition(a, kth, axis), axis)


@composite(np.flip, complex=True)
def flip(m: Array, axis: Axis = None) -> Array:
    axes = normalize_axes(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(m.ndim))]


@composite(np.fliplr, complex=True)
def fliplr(m: Array) -> Array:
    return flip(m, 1)


@composite(np.flipud, complex=True)
def flipud(m: Array) -> Array:
    return flip(m, 0)


@composite(np.delete, complex=True)
def delete(arr: Array, obj: Any, axis: int | None = None) -> Array:
    arr = np.ravel(arr) if axis is None else arr
    axis = axis or 0
    return take(arr, np.delete(np.arange(arr.shape[axis]), obj), axis)


@composite(np.resize, complex=True)
def resize(a: Array, new_shape: Any) -> Array:
    shape = as_tuple(new_shape)
    return take(a, np.resize(np.arange(a.size), shape)) if a.size else np.zeros(shape, a.dtype)


def _windows(x: Array, lengths: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    return np.lib.stride_tricks.sliding_window_view(x, lengths, axes)


def _window_places(shape: Shape, lengths: tuple[int, ...], axes: tuple[int, ...]) -> tuple[Array, ...]:
    """Return the index that picks all windows, whose own axes stand last."""
    ndim = len(shape) + len(axes)
    windows = list(zip(axes, lengths, strict=True))
    places: list[Array] = []
    for i, n in enumerate(shape):
        starts = _spread(n - sum(length - 1 for axis, length in windows if axis == i), i, ndim)
        inner = [_spread(length, len(shape) + k, ndim) for k, (axis, length) in enumerate(windows) if axis == i]
        places.append(sum(inner, starts))
    return tuple(places)


def _spread(n: int, axis: int, ndim: int) -> Array:
    """Return the numbers up to `n` along one of `ndim` axes."""
    return np.arange(n).reshape([-1 if i == axis else 1 for i in range(ndim)])


windows = linear(
    _windows,
    lambda g, lengths, axes, x_shape: scatter(g, _window_places(x_shape, lengths, axes), x_shape),
    settings="lengths axes",
    axes="axes",
    selects=True,
    view=lambda x, value, lengths, axes: refuse_write(x, value),
)


@composite(np.lib.stride_tricks.sliding_window_view, complex=True)
def sliding_window_view(x: Array, window_shape: Any, axis: Axis = None) -> Array:
    axes = tuple(range(x.ndim)) if axis is None else tuple([i % x.ndim for i in as_tuple(axis)])
    return windows(x, lengths=as_tuple(window_shape), axes=axes)


@composite(np.bincount)
def bincount(x: Array, weights: Array = None, minlength: int = 0) -> Array:
    where = np.asarray(x)
    weights = np.ones(where.shape, int) if weights is None else np.astype(with_shape(weights), float)
    return scatter(weights, (where,), (max(minlength, where.max(initial=-1) + 1),))
