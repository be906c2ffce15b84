"""NumPy's functions for arrays of the array API standard, and `adapted`, which makes an array of such that is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.adapted import CREATING, FUNCTIONS, Adapted, inside
from autograd_lite.base.arraylike import defines, is_adaptable, is_array
from autograd_lite.base.shapes import Shape, normalize_axes

F = TypeVar("F", bound=Callable[..., Any])


def adapted(x: Any) -> Any:
    """Return an array that NumPy's functions ask, without a copy: `x` itself if it is one."""
    if is_array(x):
        return x
    if not is_adaptable(x):
        raise errors.DataError(errors.NOT_ADAPTABLE.format(given=type(x).__name__))
    return Adapted(x, _namespace(x))


def _namespace(x: Any) -> Any:
    """Return the functions for an array: its own, or those that `array_api_compat` knows for its library."""
    if defines(type(x), "__array_namespace__"):
        return x.__array_namespace__()
    try:
        from array_api_compat import array_namespace  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise errors.DataError(errors.NO_NAMESPACE.format(given=type(x).__name__)) from error
    return array_namespace(x)


def _is(*functions: Any) -> Callable[[F], F]:
    """Enter what some functions of NumPy are here."""

    def enter(fn: F) -> F:
        FUNCTIONS.update(dict.fromkeys(functions, fn))
        return fn

    return enter


def _creates(*functions: Any) -> Callable[[F], F]:
    """Enter functions that are given the array that they were asked by first."""
    CREATING.update(functions)
    return _is(*functions)


# ----- reductions -----


def _reduction(name: str, wanted: str = "biufc") -> Callable[..., Adapted]:
    """Return a reduction; an operand whose kind is not `wanted` is cast as NumPy does."""

    def reduce(a: Adapted, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False) -> Adapted:
        kind = a.dtype.kind
        cast = dtype if dtype is not None else None if kind in wanted else "int64" if "i" in wanted else "float64"
        a = a if cast is None else a.astype(cast)
        if axis is not None and not isinstance(axis, int):
            axis = normalize_axes(axis, a.ndim)
        return a._with(getattr(a._xp, name)(a.array, axis=axis, keepdims=bool(keepdims)))

    return reduce


for _fn, _wanted in ((np.sum, "iufc"), (np.prod, "iufc"), (np.mean, "fc"), (np.all, "biufc"), (np.any, "biufc")):
    FUNCTIONS[_fn] = _reduction(_fn.__name__, _wanted)


def _ordered(name: str) -> Callable[..., Adapted]:
    inner = _reduction(name)

    def reduce(a: Adapted, axis: Any = None, out: None = None, keepdims: bool = False) -> Adapted:
        return inner(a, axis, keepdims=keepdims)

    return reduce


FUNCTIONS |= {np.max: _ordered("max"), np.amax: _ordered("max"), np.min: _ordered("min"), np.amin: _ordered("min")}
FUNCTIONS |= {np.argmax: _ordered("argmax"), np.argmin: _ordered("argmin")}


def _spread(name: str) -> Callable[..., Adapted]:
    def reduce(
        a: Adapted, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False
    ) -> Adapted:
        return a._with(getattr(a._xp, name)(a.array, axis=axis, correction=ddof, keepdims=bool(keepdims)))

    return reduce


FUNCTIONS |= {np.var: _spread("var"), np.std: _spread("std")}


@_creates(np.zeros, np.empty)
def _zeros(like: Adapted, shape: Any, dtype: Any = float) -> Adapted:
    return _full(like, shape, 0, dtype)


@_creates(np.ones)
def _ones(like: Adapted, shape: Any, dtype: Any = None) -> Adapted:
    return _full(like, shape, 1, float if dtype is None else dtype)


@_creates(np.full)
def _full(like: Adapted, shape: Any, fill_value: Any, dtype: Any = None) -> Adapted:
    own = like._own(np.asarray(fill_value).dtype if dtype is None else dtype)
    given = fill_value.item() if isinstance(fill_value, np.generic) else fill_value
    return like._with(like._xp.full(shape, given, dtype=own, device=getattr(like.array, "device", None)))


@_creates(np.asarray)
def _asarray(like: Adapted, a: Any, dtype: Any = None) -> Adapted:
    return a if isinstance(a, Adapted) else like._with(like._made(a, dtype))


def _filled(a: Adapted, name: str, dtype: Any = None, shape: Any = None) -> Adapted:
    return _full(a, a.shape if shape is None else shape, int(name == "ones_like"), a.dtype if dtype is None else dtype)


@_is(np.zeros_like, np.empty_like)
def _zeros_like(a: Adapted, dtype: Any = None, *, shape: Any = None) -> Adapted:
    return _filled(a, "zeros_like", dtype, shape)


@_is(np.ones_like)
def _ones_like(a: Adapted, dtype: Any = None, *, shape: Any = None) -> Adapted:
    return _filled(a, "ones_like", dtype, shape)


@_is(np.copy)
def _copy(a: Adapted) -> Adapted:
    return a.astype(a.dtype)


@_is(np.astype)
def _astype(x: Adapted, dtype: Any, /, *, copy: bool = True) -> Adapted:
    return x.astype(dtype, copy)


@_is(np.conjugate)
def _conj(a: Adapted) -> Adapted:
    return a._with(a._xp.conj(a.array)) if a.dtype.kind == "c" else a


@_is(np.shape)
def _shape(a: Adapted) -> Shape:
    return a.shape


@_is(np.size)
def _size(a: Adapted) -> int:
    return a.size


@_is(np.ndim)
def _ndim(a: Adapted) -> int:
    return a.ndim


@_is(np.iscomplexobj)
def _is_complex(x: Adapted) -> bool:
    return x.dtype.kind == "c"


# ----- shapes -----


@_is(np.reshape)
def _reshape(a: Adapted, *shape: Any) -> Adapted:
    sizes = shape[0] if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)) else shape
    return a._with(a._xp.reshape(a.array, tuple(map(int, sizes))))


@_is(np.ravel)
def _ravel(a: Adapted) -> Adapted:
    return _reshape(a, -1)


@_is(np.transpose)
def _transpose(a: Adapted, *axes: Any) -> Adapted:
    if len(axes) == 1 and (axes[0] is None or not isinstance(axes[0], (int, np.integer))):
        (axes,) = axes
    order = tuple(range(a.ndim))[::-1] if not axes else tuple([int(i) % a.ndim for i in axes])
    return a._with(a._xp.permute_dims(a.array, order))


@_is(np.swapaxes)
def _swapaxes(a: Adapted, axis1: int, axis2: int) -> Adapted:
    order = list(range(a.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return _transpose(a, order)


@_is(np.moveaxis)
def _moveaxis(a: Adapted, source: Any, destination: Any) -> Adapted:
    return a._with(a._xp.moveaxis(a.array, source, destination))


@_is(np.expand_dims)
def _expand_dims(a: Adapted, axis: Any) -> Adapted:
    array = a.array
    for i in sorted(normalize_axes(axis, a.ndim + np.size(axis))):
        array = a._xp.expand_dims(array, axis=i)
    return a._with(array)


@_is(np.squeeze)
def _squeeze(a: Adapted, axis: Any = None) -> Adapted:
    alone = tuple([i for i, n in enumerate(a.shape) if n == 1])
    return a._with(a._xp.squeeze(a.array, alone if axis is None else normalize_axes(axis, a.ndim)))


@_is(np.broadcast_to)
def _broadcast_to(array: Adapted, shape: Any) -> Adapted:
    return array._with(array._xp.broadcast_to(array.array, (shape,) if isinstance(shape, int) else tuple(shape)))


def _alike(like: Adapted, arrays: Sequence[Any]) -> list[Any]:
    """Return arrays and numbers in the one dtype that NumPy gives them together."""
    dtype = np.result_type(*[x if isinstance(x, (int, float, complex)) else x.dtype for x in arrays])
    return [like._cast(x, dtype) for x in arrays]


@_creates(np.concatenate)
def _concatenate(like: Adapted, arrays: Sequence[Any], axis: int | None = 0) -> Adapted:
    return like._with(like._xp.concat(_alike(like, arrays), axis=axis))


@_creates(np.stack)
def _stack(like: Adapted, arrays: Sequence[Any], axis: int = 0) -> Adapted:
    return like._with(like._xp.stack(_alike(like, arrays), axis=axis))


@_creates(np.where)
def _where(like: Adapted, condition: Any, x: Any, y: Any) -> Adapted:
    return like._with(like._xp.where(like._cast(condition, bool), *_alike(like, (x, y))))


# ----- elements -----


@_is(np.clip)
def _clip(a: Adapted, a_min: Any = None, a_max: Any = None) -> Adapted:
    a = a if a_min is None else np.maximum(a, a_min)
    return a if a_max is None else np.minimum(a, a_max)


@_is(np.cumsum)
def _cumsum(a: Adapted, axis: int | None = None) -> Adapted:
    a, axis = (_ravel(a), 0) if axis is None else (a, axis)
    return a._with(a._xp.cumulative_sum(a.array, axis=axis))


@_is(np.take)
def _take(a: Adapted, indices: Any, axis: int | None = None) -> Adapted:
    a, axis = (_ravel(a), 0) if axis is None else (a, axis)
    return a[(*[slice(None)] * (axis % a.ndim), np.asarray(indices) if isinstance(indices, list) else indices)]


@_is(np.tril)
def _tril(m: Adapted, k: int = 0) -> Adapted:
    return m._with(m._xp.tril(m.array, k=k))


@_is(np.triu)
def _triu(m: Adapted, k: int = 0) -> Adapted:
    return m._with(m._xp.triu(m.array, k=k))


@_is(np.flip)
def _flip(m: Adapted, axis: Any = None) -> Adapted:
    return m._with(m._xp.flip(m.array, axis=axis))


@_is(np.roll)
def _roll(a: Adapted, shift: Any, axis: Any = None) -> Adapted:
    return a._with(a._xp.roll(a.array, shift, axis=axis))


@_is(np.diagonal)
def _diagonal(a: Adapted, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Adapted:
    moved = _moveaxis(a, (axis1, axis2), (-2, -1))
    return a._with(a._xp.linalg.diagonal(moved.array, offset=offset))


def _beyond(a: Adapted, name: str) -> Any:
    """Return a function that the standard does not have, and some libraries have with NumPy's meaning."""
    fn = getattr(a._xp, name, None)
    return a._lacks(f"np.{name}") if fn is None else fn


@_is(np.bincount)
def _bincount(x: Adapted, weights: Any = None, minlength: int = 0) -> Adapted:
    return x._with(_beyond(x, "bincount")(x.array, inside(x, weights), minlength))


@_is(np.einsum)
def _einsum(subscripts: str, *operands: Any, optimize: Any = False) -> Adapted:
    like = next(x for x in operands if isinstance(x, Adapted))
    return like._with(_beyond(like, "einsum")(subscripts, *[inside(like, x) for x in operands]))


@_is(np.searchsorted)
def _searchsorted(a: Adapted, v: Any, side: str = "left") -> Adapted:
    return a._with(a._xp.searchsorted(a.array, inside(a, np.asarray(v) if isinstance(v, list) else v), side=side))


@_is(np.argsort)
def _argsort(a: Adapted, axis: int = -1, kind: Any = None, *, stable: bool | None = None) -> Adapted:
    return a._with(a._xp.argsort(a.array, axis=axis, stable=bool(stable)))
