"""Shapes, joins and splits: linear functions that move elements without changing them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import shape_of
from autograd_lite.base.shapes import Array, Axis, inverse_permutation, unbroadcast
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import linear
from autograd_lite.engine.op import Op
from autograd_lite.engine.operands import with_shape
from autograd_lite.engine.registry import with_more
from autograd_lite.rules.common import as_tuple, refuse_write


def _reshape(a: Array, shape: Any) -> Array:
    return a.reshape(shape)


reshaped: Op = linear(
    _reshape, lambda g, a_shape: g.reshape(a_shape), settings="shape", derivative="g.reshape({shape})",
    view=lambda a, value, shape: reshaped(value, shape=a.shape),
)  # fmt: skip


def _ravel(a: Array) -> Array:
    return a.ravel()


raveled = linear(
    _ravel, lambda g, a_shape: g.reshape(a_shape), view=lambda a, value: reshaped(value, shape=a.shape)
)


def by_columns(name: str, order: str | None) -> bool:
    """Tell whether elements are counted by columns; an order that goes by how they lie in memory is refused."""
    known = {"C": False, "F": True, "NONE": False}.get(str(order).upper())
    if known is None:
        given: Any = order
        np.ravel(0, given) if name == "ravel" else np.reshape(0, (), given)  # which refuses what is no order
        why = "how an array lies in memory is none of its values. Write order='C' for rows first, order='F' for columns"
        raise errors.UnsupportedError(errors.UNSUPPORTED.format(name=f"{name} with order={order!r}", why=why))
    return known


@composite(np.reshape, exact=True, complex=True)
def reshape(a: Array, shape: Any, order: str | None = "C", *, copy: bool | None = None) -> Array:
    """NOTE: whether it is a copy nobody can tell of a Tensor, which does not see another one change."""
    if not by_columns("reshape", order):
        return reshaped(a, shape=shape)
    backwards = tuple(shape)[::-1] if isinstance(shape, (tuple, list, np.ndarray)) else shape
    return np.transpose(reshaped(np.transpose(a), shape=backwards))


@composite(np.ravel, exact=True, complex=True)
def ravel(a: Array, order: str | None = "C") -> Array:
    return raveled(np.transpose(a) if by_columns("ravel", order) else a)


def _transpose(a: Array, axes: Sequence[int] | None = None) -> Array:
    return a.transpose() if axes is None else a.transpose(axes)


def _transposed_back(g: Array, axes: Sequence[int] | None) -> Array:
    return g.transpose() if axes is None else g.transpose(inverse_permutation(axes))


def _turned(shapes: Any, settings: Any) -> tuple[str]:
    axes = settings.get("axes")
    return ("g.T" if axes is None else f"g.transpose({tuple(map(int, inverse_permutation(axes)))})",)


linear(
    np.transpose, lambda g, axes: _transposed_back(g, axes), settings="axes", call=_transpose, derivative=_turned,
    view=lambda a, value, axes=None: _transposed_back(value, axes),
)  # fmt: skip


def _copy(a: Array) -> Array:
    return a.copy()


copy = linear(np.copy, lambda g: g, call=_copy, signature="()->()")


def _astype(x: Array, dtype: Any) -> Array:
    return x.astype(dtype)


astype = linear(np.astype, lambda g: g, settings="dtype", call=_astype, signature="()->()")


@composite(np.full_like, complex=True)
def full_like(a: Array, fill_value: Array, dtype: Any = None, *, shape: Any = None) -> Array:
    base = np.zeros_like(a, dtype=dtype, shape=shape)
    return np.astype(base + fill_value, base.dtype)


linear(
    np.broadcast_to, lambda g, array_shape: unbroadcast(g, array_shape), settings="shape", derivative="g",
    view=lambda a, value, shape: refuse_write(a, value),
)  # fmt: skip

# ----- axes: definitions -----


@composite(np.swapaxes, complex=True)
def swapaxes(a: Array, axis1: int, axis2: int) -> Array:
    axes = list(range(a.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return np.transpose(a, axes)


@composite(np.matrix_transpose, np.linalg.matrix_transpose, complex=True)
def matrix_transpose(x: Array) -> Array:
    return swapaxes(x, -1, -2)


def _like(a: Array) -> Array:
    """Return an array of the shape of `a` that takes no memory, to ask NumPy what a function makes of the shape."""
    return np.broadcast_to(0, np.shape(a))


@composite(np.moveaxis, checked=True, complex=True)
def moveaxis(a: Array, source: Any, destination: Any) -> Array:
    labelled = np.moveaxis(np.broadcast_to(0, range(1, a.ndim + 1)), source, destination)
    return np.transpose(a, [n - 1 for n in labelled.shape])


@composite(np.rollaxis, complex=True)
def rollaxis(a: Array, axis: int, start: int = 0) -> Array:
    axis, start = axis % a.ndim, start + a.ndim if start < 0 else start
    return np.moveaxis(a, axis, start - (axis < start))


@composite(np.expand_dims, checked=True, complex=True)
def expand_dims(a: Array, axis: Any) -> Array:
    return reshaped(a, shape=np.expand_dims(_like(a), axis).shape)


@composite(np.squeeze, checked=True, complex=True)
def squeeze(a: Array, axis: Axis = None) -> Array:
    return reshaped(a, shape=np.squeeze(_like(a), axis).shape)


def _atleast(fn: Any) -> Any:
    def atleast(*arys: Array) -> Any:
        shapes = [fn(_like(a)).shape for a in arys]
        results = [np.reshape(a, shape) for a, shape in zip(arys, shapes, strict=True)]
        return results[0] if len(results) == 1 else tuple(results)

    return atleast


for _fn in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    composite(_fn, complex=True)(_atleast(_fn))


@composite(np.broadcast_arrays, complex=True)
def broadcast_arrays(*args: Array, subok: bool = False) -> tuple[Array, ...]:
    shape = np.broadcast_shapes(*(np.shape(a) for a in args))
    return tuple(with_shape(a)[...] if np.shape(a) == shape else np.broadcast_to(a, shape) for a in args)


@composite(np.meshgrid, complex=True)
def meshgrid(*xi: Array, indexing: str = "xy", sparse: bool = False) -> tuple[Array, ...]:
    first, second = (1, 0) if indexing == "xy" and len(xi) > 1 else (0, 1)
    axes = [{0: first, 1: second}.get(i, i) for i in range(len(xi))]
    spaced = [np.reshape(x, [-1 if j == axis else 1 for j in range(len(xi))]) for x, axis in zip(xi, axes, strict=True)]
    return tuple(np.copy(x) for x in (spaced if sparse else broadcast_arrays(*spaced)))


# ----- joining and splitting -----


def _concatenate(*arrays: Array, axis: int = 0, starts: Sequence[int] = ()) -> Array:
    return np.concatenate(arrays, axis)


def _piece(g: Array, index: int, axis: int, starts: Sequence[int]) -> Array:
    return g[(*(slice(None),) * (axis % g.ndim), slice(starts[index], starts[index + 1]))]


joined = linear(
    _concatenate,
    lambda g, index, axis, starts: _piece(g, index, axis, starts),
    settings="axis starts",
    axes="axis",
    variadic=True,
)


@composite(np.concatenate, checked=True, complex=True)
def concatenate(arrays: Sequence[Array], axis: int | None = 0) -> Array:
    """NOTE: where each array starts is computed once, not by each of the rules: there may be thousands of arrays."""
    if axis is None:
        arrays, axis = [np.ravel(a) for a in arrays], 0
    shapes = [shape_of(a) for a in arrays]
    lengths = [shape[axis] if -len(shape) <= axis < len(shape) else 0 for shape in shapes]
    return joined(*arrays, axis=axis, starts=tuple(accumulate(lengths, initial=0)))


@composite(np.stack, complex=True)
def stack(arrays: Sequence[Array], axis: int = 0) -> Array:
    return concatenate([np.expand_dims(a, axis) for a in arrays], axis)


@composite(np.vstack, checked=True, complex=True)
def vstack(tup: Sequence[Array]) -> Array:
    return concatenate([np.atleast_2d(a) for a in tup], 0)


@composite(np.hstack, checked=True, complex=True)
def hstack(tup: Sequence[Array]) -> Array:
    arrays = [np.atleast_1d(a) for a in tup]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1)


@composite(np.dstack, checked=True, complex=True)
def dstack(tup: Sequence[Array]) -> Array:
    return concatenate([np.atleast_3d(a) for a in tup], 2)


@composite(np.column_stack, checked=True, complex=True)
def column_stack(tup: Sequence[Array]) -> Array:
    return concatenate([np.atleast_2d(a).T if np.ndim(a) < 2 else a for a in tup], 1)  # noqa: PLR2004 - not yet columns


@composite(np.block, checked=True, complex=True)
def block(arrays: Any) -> Array:
    """Nested lists: the innermost are joined along the last axis, the outer ones along the axes before."""
    leaves = list(_leaves(arrays, 0))
    ndim = max(max(depth, np.ndim(leaf)) for leaf, depth in leaves)
    return _joined_block(arrays, ndim, max(depth for _, depth in leaves))


def _leaves(x: Any, depth: int) -> Iterator[tuple[Array, int]]:
    if isinstance(x, list):
        for item in x:
            yield from _leaves(item, depth + 1)
    else:
        yield x, depth


def _joined_block(x: Any, ndim: int, depth: int) -> Array:
    if isinstance(x, list):
        return concatenate([_joined_block(item, ndim, depth - 1) for item in x], -depth)
    return np.reshape(x, (1,) * (ndim - np.ndim(x)) + np.shape(x))


@composite(np.array_split, complex=True)
def array_split(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    return _pieces(np.array_split, ary, indices_or_sections, axis)


@composite(np.split, complex=True)
def split(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    return _pieces(np.split, ary, indices_or_sections, axis)


def _pieces(fn: Any, ary: Array, indices_or_sections: Any, axis: int) -> list[Array]:
    """Cut as `fn` cuts the indices of the axis."""
    before = (slice(None),) * (axis % ary.ndim)
    parts = fn(np.arange(ary.shape[axis]), indices_or_sections)
    return [ary[(*before, slice(p[0], p[-1] + 1) if p.size else slice(0, 0))] for p in parts]


@composite(np.hsplit, complex=True)
def hsplit(ary: Array, indices_or_sections: Any) -> Any:
    return split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@composite(np.vsplit, complex=True)
def vsplit(ary: Array, indices_or_sections: Any) -> Any:
    return split(ary, indices_or_sections, 0)


@composite(np.dsplit, complex=True)
def dsplit(ary: Array, indices_or_sections: Any) -> Any:
    return split(ary, indices_or_sections, 2)


@composite(np.unstack, complex=True)
def unstack(x: Array, *, axis: int = 0) -> tuple[Array, ...]:
    return tuple(np.moveaxis(x, axis, 0))


@composite(np.append, checked=True, complex=True)
def append(arr: Array, values: Array, axis: int | None = None) -> Array:
    return concatenate((arr, values), axis)


# ----- repeating and padding -----


def _roll(a: Array, shift: Any, axis: Any) -> Array:
    return np.roll(a, shift, axis)


def _negative(shift: Any) -> Any:
    return tuple(-s for s in shift) if isinstance(shift, (tuple, list)) else -shift


rolled: Op = linear(
    _roll, lambda g, shift, axis: rolled(g, shift=_negative(shift), axis=axis), settings="shift axis", axes="axis",
)


@composite(np.roll, exact=True, complex=True)
def roll(a: Array, shift: Any, axis: Any = None) -> Array:
    flat = axis is None
    moved = rolled(np.ravel(a) if flat else a, shift=shift, axis=0 if flat else axis)
    return moved.reshape(a.shape) if flat else moved


@composite(np.tile, complex=True)
def tile(A: Array, reps: Any) -> Array:  # noqa: N803 - NumPy's name
    reps = as_tuple(reps)
    ndim = max(A.ndim, len(reps))
    shape = (1,) * (ndim - A.ndim) + A.shape
    reps = (1,) * (ndim - len(reps)) + reps
    pairs = [(r, n) for r, n in zip(reps, shape, strict=True)]
    spaced = np.reshape(A, [m for _, n in pairs for m in (1, n)])
    wide = np.broadcast_to(spaced, [m for pair in pairs for m in pair])
    if all(r == 1 for r in reps):
        return np.copy(np.reshape(A, shape))
    return np.reshape(wide, [r * n for r, n in pairs])


def _pad(array: Array, widths: Sequence[tuple[int, int]]) -> Array:
    return np.pad(array, widths)


def _inside(g: Array, widths: Sequence[tuple[int, int]]) -> Array:
    return g[tuple(slice(low, g.shape[i] - high) for i, (low, high) in enumerate(widths))]


padded = linear(_pad, lambda g, widths: _inside(g, widths), settings="widths")
_PAD_BY_INDEX = ("edge", "reflect", "symmetric", "wrap")
_PAD_COMPUTED = ("linear_ramp", "maximum", "mean", "median", "minimum")


@composite(np.pad, complex=True)
def pad(
    array: Array, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0, **options: Any
) -> Array:
    if not array.ndim:
        return np.copy(array)
    widths = [(int(low), int(high)) for low, high in np.broadcast_to(pad_width, (array.ndim, 2))]
    if mode == "constant":
        return (
            padded(array, widths=tuple(widths))
            if isinstance(constant_values, (int, float)) and constant_values == 0
            else _pad_constant(array, widths, constant_values)
        )
    if mode in _PAD_COMPUTED or (mode in _PAD_BY_INDEX and options.get("reflect_type", "even") != "even"):
        more = with_more(np.pad)
        assert more is not None
        computed: Array = more(array, tuple(widths), mode, **options)
        return computed
    if mode not in _PAD_BY_INDEX:
        why = f"write one of mode='constant', {', '.join(map(repr, (*_PAD_BY_INDEX, *_PAD_COMPUTED)))}"
        raise errors.UnsupportedError(errors.UNSUPPORTED.format(name=f"pad with mode={mode!r}", why=why))
    for axis, width in enumerate(widths):
        array = np.take(array, np.pad(np.arange(array.shape[axis]), width, mode=mode), axis)  # type: ignore[call-overload]
    return array


def _pad_constant(array: Array, widths: Sequence[tuple[int, int]], value: Any) -> Array:
    frame = np.pad(np.zeros(array.shape, array.dtype), widths, constant_values=value)
    return padded(array, widths=tuple(widths)) + frame


@composite(np.rot90, complex=True)
def rot90(m: Array, k: int = 1, axes: Sequence[int] = (0, 1)) -> Array:
    first, second = axes
    turned = {0: m[...], 1: np.flip(m, second), 2: np.flip(np.flip(m, first), second), 3: np.flip(m, first)}[k % 4]
    return np.swapaxes(turned, first, second) if k % 2 else turned
