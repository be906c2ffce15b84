"""What arguments mean that declarations of functions do not know: ``dtype``, ``where``, ``initial``, ``casting``, ...

A declaration says what a function is in most calls. One with another argument comes here, is asked of NumPy, which
refuses it in its own words or not, and is made of calls without that argument. So each argument is explained once:

- ``dtype=`` of sums and their kin: the elements are made of it before; of stacks, too; of a ufunc, to the operands of
  the loop that NumPy chooses, with ``casting=``, and ``signature=`` likewise;
- ``axes=``, ``axis=`` and ``keepdims=`` of ufuncs of vectors and matrices: the axes are moved to the end, and back;
- ``where=`` of a reduction: what is left out is what changes nothing; of a ufunc, with ``out=``: a number that every
  ufunc takes stands in for what is left out, so that nothing infinite is computed there;
- ``initial=``: combined with the result.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Axis, keepdims_shape, narrowed, normalize_axes, reduced_size, wide
from autograd_lite.base.signatures import NO_VALUE
from autograd_lite.engine.binding import named, refusal, unknown
from autograd_lite.engine.op import ask
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules import padding, quantiles
from autograd_lite.rules.common import detached, divided
from autograd_lite.rules.norms import euclidean_norm, squared

More = Callable[..., Any]


def with_more(fn: Any) -> More | None:
    """Return what takes further arguments of a function; None where there is nothing that does."""
    if isinstance(fn, np.ufunc):
        return partial(_ufunc, fn)
    more = _MORE.get(fn)
    return None if more is None else partial(_asked, fn, more)


def _asked(fn: Any, more: More, *args: Any, **kwargs: Any) -> Any:
    """Have NumPy refuse what it does not take, name all arguments, and carry out what is known of them."""
    handler: Any = handler_of(fn)
    given = {"args": args, **kwargs} if more is _einsum else named(handler, args, kwargs)
    given = {name: value for name, value in given.items() if value is not NO_VALUE and name not in _MEANINGLESS}
    try:
        ask(fn, args, {name: value for name, value in kwargs.items() if name != "overwrite_input"})
    except TypeError as error:
        strange = next((name for name in kwargs if f"unexpected keyword argument '{name}'" in str(error)), None)
        if strange is None:
            raise
        raise unknown(handler, strange) from None
    try:
        return more(fn, **given)
    except TypeError as error:
        if "unexpected keyword argument" not in str(error):
            raise
    raise refusal(handler, next(iter(kwargs), "")) from None


_MEANINGLESS = frozenset(("overwrite_input", "subok"))


def _cast(a: Any, dtype: Any) -> Array:
    a = with_shape(a)
    return a if dtype is None or a.dtype == dtype else np.astype(a, dtype)


# ----- reductions -----


def _reduction(ufunc: np.ufunc, neutral: float | None) -> More:
    """Return what a reduction is with a dtype, a condition, and something to begin with."""

    def reduced(
        fn: Any, a: Array, axis: Axis = None, keepdims: bool = False, dtype: Any = None, initial: Any = None,
        where: Any = True,
    ) -> Array:  # fmt: skip
        a = _cast(a, dtype)
        if where is not True:
            a = np.where(value_of(where), a, initial if neutral is None else neutral)
        if initial is None:
            return fn(a, axis, keepdims=keepdims)
        if not reduced_size(a.shape, axis):
            kept = keepdims_shape(a.shape, axis)
            axes = normalize_axes(axis, a.ndim)
            shape = kept if keepdims else [n for i, n in enumerate(kept) if i not in axes]
            return np.broadcast_to(_cast(initial, a.dtype), shape) + np.zeros((), a.dtype)
        return ufunc(fn(a, axis, keepdims=keepdims), initial)

    return reduced


def _mean(
    fn: Any, a: Array, axis: Axis = None, keepdims: bool = False, dtype: Any = None, where: Any = True
) -> Array:
    a = _cast(a, dtype)
    if where is True:
        return np.mean(a, axis, keepdims=keepdims)
    holds = np.broadcast_to(value_of(where), a.shape)
    total = np.sum(np.where(holds, wide(a), 0), axis, keepdims=keepdims)
    return narrowed(divided(total, np.sum(holds, axis, keepdims=keepdims)), a.dtype)


def _moment(root: bool, skips: bool) -> More:
    """Return what a variance, or a standard deviation, is with a dtype, a condition, and a mean that is known."""

    def moment(
        fn: Any, a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False, correction: float | None = None,
        dtype: Any = None, where: Any = True, mean: Any = None,
    ) -> Array:  # fmt: skip
        turned = with_shape(a).dtype.kind != "c"  # NumPy squares real numbers as they are, also in a complex dtype
        a = _cast(a, dtype)
        holds = np.broadcast_to(value_of(where), a.shape)
        holds = holds & ~np.isnan(a) if skips else holds
        x = wide(a)
        centre = _mean(fn, np.where(holds, x, 0), axis, True, where=holds) if mean is None else mean
        centred = np.where(holds, x - centre, 0)
        count = np.sum(holds, axis, keepdims=keepdims) - (ddof if correction is None else correction)
        count = np.where(count > 0, count, np.nan if skips else 0)
        if root:
            y = narrowed(divided(euclidean_norm(centred, axis=axis, keepdims=keepdims), np.sqrt(count)), a.dtype)
        else:
            y = narrowed(divided(np.sum(squared(centred), axis, keepdims=keepdims), count), a.dtype)
        return _cast(y, dtype) if turned else y

    return moment


def _filled(other: Any, value: float | None) -> More:
    """Return what a function that skips nan is: another, of numbers that change nothing in their place."""

    def skipping(fn: Any, a: Array, **given: Any) -> Array:
        a = with_shape(a)
        return other(np.where(np.isnan(a), given["initial"] if value is None else value, a), **given)

    return skipping


def _nanmean(fn: Any, a: Array, where: Any = True, dtype: Any = None, **given: Any) -> Array:
    a = _cast(a, dtype)
    return _mean(fn, np.where(np.isnan(a), 0, a), where=value_of(where) & ~np.isnan(a), **given)


def _of_dtype(operand: str) -> More:
    """Return what a function is with a dtype of which the elements are made before."""

    def computed(fn: Any, dtype: Any = None, **given: Any) -> Array:
        return fn(_cast(given.pop(operand), dtype), **given)

    return computed


# ----- order in memory -----


def _laid_out(y: Array, order: str | None) -> Array:
    """Return an array in an order in memory: of columns, a copy of the transpose is it."""
    return np.copy(y.T).T if order == "F" else np.copy(y) if order == "C" else y


def _copy(fn: Any, a: Array, order: str = "K") -> Array:
    return _laid_out(a, order) if order in ("C", "F") else np.copy(a)


def _full_like(
    fn: Any, a: Array, fill_value: Any, dtype: Any = None, order: str = "K", shape: Any = None, device: Any = None
) -> Array:
    return _laid_out(np.full_like(a, fill_value, dtype, shape=shape), order)


def _broadcast_to(fn: Any, array: Array, shape: Any) -> Array:
    return np.broadcast_to(array, shape)


def _plainly(fn: Any, **given: Any) -> Array:
    """Return what a function is without an argument that allows what no Tensor lets happen."""
    return fn(**given)


# ----- stacks, einsum -----


def _joined(operand: str) -> More:
    """Return what a stack is with a dtype, of which its parts are made before."""

    def joined(fn: Any, dtype: Any = None, casting: str = "same_kind", **given: Any) -> Array:
        parts = given.pop(operand)
        made = [_cast(part, dtype) for part in parts]
        return fn(made, **given)

    return joined


def _einsum(
    fn: Any, args: Any, dtype: Any = None, casting: str = "safe", order: str = "K", optimize: Any = False
) -> Array:
    own = [_cast(x, dtype) if k and not isinstance(x, (list, tuple)) else x for k, x in enumerate(args)]
    return _laid_out(np.einsum(*own, optimize=optimize), order)


# ----- single functions -----


def _average(
    fn: Any, a: Array, axis: Axis = None, weights: Any = None, keepdims: bool = False, returned: bool = False
) -> Any:
    y = fn(a, axis, weights, keepdims=keepdims)
    if not returned:
        return y
    if weights is None:
        return y, np.full_like(y, reduced_size(np.shape(a), axis))
    w = with_shape(weights)
    if w.shape != np.shape(a):
        w = w.reshape([n if i in normalize_axes(axis, np.ndim(a)) else 1 for i, n in enumerate(np.shape(a))])
        w = np.broadcast_to(w, np.shape(a))
    return y, np.broadcast_to(np.astype(np.sum(w, axis, keepdims=keepdims), y.dtype), y.shape)


def _interp(fn: Any, x: Array, xp: Array, fp: Array, left: Any = None, right: Any = None, period: Any = None) -> Array:
    """A table that is repeated has its ends beyond each other."""
    period = np.abs(period)
    x, xp, fp = with_shape(x) % period, with_shape(xp) % period, with_shape(fp)
    order = np.argsort(detached(xp))
    xp, fp = np.take(xp, order), np.take(fp, order)
    xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
    return np.interp(x, xp, np.concatenate([fp[-1:], fp, fp[:1]]))


def _clip(
    fn: Any, a: Array, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None,  # noqa: A002 - NumPy's
    dtype: Any = None, casting: Any = "same_kind",
) -> Array:  # fmt: skip
    bounds = (min if a_min is None else a_min, max if a_max is None else a_max)
    return fn(_cast(a, dtype), *[None if x is None else _cast(x, dtype) for x in bounds])


def _astype(fn: Any, x: Array, dtype: Any, copy: bool = True, device: Any = None) -> Array:
    return np.astype(x, dtype) if copy or x.dtype != dtype else x[...]


def _with(definition: More) -> More:
    return lambda fn, **given: definition(**given)


_MORE: dict[Any, More] = {
    np.sum: _reduction(np.add, 0), np.prod: _reduction(np.multiply, 1),
    **dict.fromkeys((np.max, np.amax), _reduction(np.maximum, None)),
    **dict.fromkeys((np.min, np.amin), _reduction(np.minimum, None)),
    np.mean: _mean, np.var: _moment(False, False), np.std: _moment(True, False),
    np.nanvar: _moment(False, True), np.nanstd: _moment(True, True), np.nanmean: _nanmean,
    np.nansum: _filled(np.sum, 0), np.nanprod: _filled(np.prod, 1),
    np.nanmax: _filled(np.max, None), np.nanmin: _filled(np.min, None),
    **dict.fromkeys((np.cumsum, np.cumprod, np.nancumsum, np.nancumprod, np.trace), _of_dtype("a")),
    **dict.fromkeys((np.cumulative_sum, np.cumulative_prod, np.linalg.trace), _of_dtype("x")),
    **dict.fromkeys((np.concatenate, np.stack), _joined("arrays")),
    **dict.fromkeys((np.vstack, np.hstack), _joined("tup")),
    np.pad: padding.pad_by_axis, np.copy: _copy, np.full_like: _full_like, np.broadcast_to: _broadcast_to,
    **dict.fromkeys((np.median, np.nanmedian, np.nanquantile, np.nanpercentile), _plainly),
    np.einsum: _einsum, np.average: _average, np.clip: _clip, np.interp: _interp, np.astype: _astype,
    np.quantile: _with(quantiles.quantile), np.percentile: _with(quantiles.percentile),
}  # fmt: skip

# ----- ufuncs -----

_TAKEN: dict[Any, float] = {np.arccosh: 2}
"""Numbers inside of the domain of a ufunc, where that is not 0.5."""


def _ufunc(
    fn: np.ufunc, *operands: Any, where: Any = True, otherwise: Any = None, dtype: Any = None,
    casting: Any = "same_kind", order: str = "K", subok: bool = True, signature: Any = None, sig: Any = None,
    **placing: Any,
) -> Any:  # fmt: skip
    handler: Any = handler_of(fn)
    signature = sig if signature is None else signature
    options = {"order": order, "casting": casting, "dtype": dtype, "signature": signature, **placing}
    if strange := placing.keys() - (_PLACING if fn.signature else ()):
        raise refusal(handler, min(strange))
    if where is not True and otherwise is None:
        raise errors.UnsupportedError(errors.WHERE_ALONE.format(op=fn.__name__))
    if options != _USUAL:
        ask(fn, operands, {name: value for name, value in options.items() if value is not None})
    if dtype is not None or signature is not None:
        pairs = zip(operands, _loop(fn, operands, _kinds(fn, dtype, signature), casting), strict=False)
        operands = tuple([_cast(x, kind) for x, kind in pairs])
    if placing:
        return _laid_out(_placed(fn, handler, operands, **placing), order)
    if where is True:
        y = handler(*operands)
        return y if isinstance(y, tuple) else _laid_out(y, order)
    holds = value_of(where)
    shape = np.broadcast_shapes(holds.shape, *map(np.shape, operands))
    y = handler(*[_replaced(fn, x, holds) for x in operands])
    return np.where(np.broadcast_to(holds, shape), y, otherwise)


_USUAL = {"order": "K", "casting": "same_kind", "dtype": None, "signature": None}
_PLACING = frozenset(("axes", "axis", "keepdims"))


def _placed(
    fn: np.ufunc, handler: Any, operands: Any, axes: Any = None, axis: Any = None, keepdims: bool = False
) -> Array:
    """Return what a ufunc of vectors and matrices is along other axes: they are moved to the end, and its own back."""
    if axes is None:
        if axis is None and not keepdims:
            return handler(*operands)
        axes = [-1 if axis is None else axis] * fn.nin
    elif keepdims:
        raise refusal(handler, "keepdims")
    places = [tuple(np.ravel(np.asarray(at, int)).tolist()) for at in axes]
    moved = [np.moveaxis(x, at, _last(at)) for x, at in zip(operands, places, strict=False)]
    y: Array = handler(*moved)
    if keepdims:
        return np.expand_dims(y, places[0])
    at = places[fn.nin] if len(places) > fn.nin else ()
    return np.moveaxis(y, _last(at), at)


def _last(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(range(-len(axes), 0))


def _replaced(fn: np.ufunc, x: Any, holds: Array) -> Array:
    """Return an operand with a harmless number where nothing is to be computed."""
    x = with_shape(x)
    return np.where(holds, x, x.dtype.type(_TAKEN.get(fn, 0.5 if x.dtype.kind in "fc" else 1)))


def _kinds(fn: np.ufunc, dtype: Any, signature: Any) -> tuple[Any, ...]:
    """Return the dtypes of operands and results that are asked for, None for what NumPy chooses."""
    if signature is None:
        return (None,) * fn.nin + (np.dtype(dtype),) * fn.nout
    kinds = [*signature.replace("->", "")] if isinstance(signature, str) else signature
    return tuple([None if kind is None else np.dtype(kind) for kind in kinds])


def _loop(fn: np.ufunc, operands: Any, asked: tuple[Any, ...], casting: Any) -> tuple[Any, ...]:
    """Return the dtypes of the operands for which NumPy computes results of those that are asked for."""
    kinds = [x if isinstance(x, type) else x.dtype for x in [_kind(x) for x in operands]]
    found: tuple[Any, ...] = fn.resolve_dtypes((*kinds, *(None,) * fn.nout), signature=asked, casting=casting)
    return found


def _kind(x: Any) -> Any:
    return type(x) if type(x) in (int, float, complex) else with_shape(x)
