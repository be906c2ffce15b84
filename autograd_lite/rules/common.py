"""What the files of the formulary share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_batch, leaves
from autograd_lite.base.elsewhere import foreign, is_foreign
from autograd_lite.base.shapes import Array, Shape, keepdims_shape, reduced_size
from autograd_lite.engine.forms import elementwise
from autograd_lite.engine.op import RECORDERS, Op, Rule, recorder_of
from autograd_lite.engine.operands import value_of
from autograd_lite.engine.record import Handle, array_of, make_tensor
from autograd_lite.engine.registry import handler_of

F = TypeVar("F", bound=Callable[..., Any])

_COUNTED = {2: 2**11, 4: 2**24}
"""Up to which all whole numbers are floats, by the bytes of the dtype."""


def divided(g: Array, count: Any) -> Array:
    """Return ``g / count`` in the dtype of `g`, which need not hold the count: half precision ends at 65,504."""
    if count.__class__ is int and count <= _COUNTED.get(g.dtype.itemsize, 2**53):
        return g / count
    share = g / (np.float64(count) if isinstance(count, (int, float)) else count)
    return share if share.dtype == g.dtype else share.astype(g.dtype)


def as_tuple(x: Any) -> tuple[int, ...]:
    """Return one whole number or several, of Python's or NumPy's, as a tuple."""
    return tuple(np.ravel(x).tolist())


def detached(x: Any) -> Array:
    """Return the values of a Tensor, or of what stands for an array, without a derivative."""
    if not isinstance(x, Handle):
        return value_of(x)
    values = array_of(x)
    return values if type(values) in RECORDERS or is_foreign(values) else np.asarray(values)


def settled(x: Any, name: str) -> Array:
    """Return values that decide the shape of a result; of a batch, whose results would differ in it, refused."""
    values = detached(x)
    if is_batch(values):
        instead = "np.where(condition, a, 0), or np.sort(a), whose shape does not depend on the values"
        raise errors.BatchError(errors.BATCH_QUESTION.format(op=name, instead=instead))
    return values


def beside(parts: Iterable[Any], *operands: Any) -> list[Any]:
    """Return constant results as what the operands are: Tensors where one of these is a Tensor."""
    if not any(isinstance(x, Handle) for x in leaves(operands)):
        return list(parts)
    return [x if isinstance(x, Handle) else make_tensor(np.copy(x)) for x in parts]


def total(a: Array, b: Array | None, axis: Shape) -> Array:
    """Return the sum of ``a * b`` along axes, which stay with length 1; of `a` where there is no `b`."""
    plain = a.__class__ is np.ndarray and a.dtype.char in "fd" and (b is None or b.__class__ is np.ndarray)
    if plain and (rows := _rows(a, b, axis)) is not None:
        return np.vecdot(*rows).reshape(keepdims_shape(a.shape, axis))
    if plain and (inner := _innermost(a, axis)) and (rows := _rows(a, b, inner)) is not None:
        return np.vecdot(*rows).reshape(keepdims_shape(a.shape, inner)).sum(axis, keepdims=True)
    product = a if b is None else a * b
    if plain and product.flags.c_contiguous and axis == tuple(range(len(axis))):  # of few rows a product takes less
        count = reduced_size(a.shape, axis)
        sums = _ones(count, product.dtype).dot(product.reshape(count, math.prod(a.shape[len(axis) :])))
        return sums.reshape(keepdims_shape(a.shape, axis))
    return product.sum(axis, keepdims=True)


def _rows(a: Array, b: Array | None, axis: Shape) -> tuple[Array, Array] | None:
    """Return arrays whose last axis is all of `axis`, if they lie so in memory: their products are BLAS's then."""
    kept = [i for i in range(a.ndim) if i not in axis]
    order = (*kept, *sorted(axis, key=lambda i: -a.strides[i]))
    shape = (*[a.shape[i] for i in kept], reduced_size(a.shape, axis))
    try:
        first = np.reshape(a.transpose(order), shape, copy=False)
        second = _ones(shape[-1], a.dtype) if b is None else np.reshape(b.transpose(order), shape, copy=False)
    except ValueError:  # they do not
        return None
    return (first, second) if first.strides[-1] == a.itemsize else None


def _innermost(a: Array, axis: Shape) -> Shape:
    """Return those of some axes that lie innermost in memory, if they have enough elements for a call of BLAS."""
    inner: list[int] = []
    for i in sorted(range(a.ndim), key=lambda i: a.strides[i]):
        if i not in axis:
            break
        inner.append(i)
    return tuple(inner) if reduced_size(a.shape, tuple(inner)) >= _ROW else ()


_ROW = 32


@lru_cache(16)
def _ones(n: int, dtype: Any) -> Array:
    return np.ones(n, dtype)


def times(y: Array, scale: Array, own: bool) -> Array:
    """Return a product, in the memory of `y` where that is our own."""
    return np.multiply(y, scale, out=y) if own and _holds(y, scale) else y * scale


def plus(y: Array, other: Array) -> Array:
    """Return a sum, in the memory of `y`, which is our own."""
    return np.add(y, other, out=y) if _holds(y, other) else y + other


def _holds(y: Array, other: Array) -> bool:
    """Tell whether what two arrays make together has the shape and dtype of the first."""
    plain = y.__class__ is np.ndarray and other.__class__ is np.ndarray
    return plain and np.result_type(y, other) == y.dtype and np.broadcast_shapes(y.shape, other.shape) == y.shape


def as_one(fn: F, module: str, elsewhere: Callable[..., Any] | None = None) -> F:
    """Return a function, of which an operation is made in `module`, that is one call to whatever stands for an array.

    So a trace writes it down as it is, and a batch is carried out by the rule for it; neither is asked for elements.
    What computes it of arrays of other libraries is `elsewhere`; where there is none, they are refused.
    """

    @wraps(fn)
    def whole(*operands: Any, **settings: Any) -> Any:
        recorder = recorder_of(*operands)
        if recorder is not None:
            return recorder(handler_of(whole), operands, settings)
        if elsewhere is not None and foreign(*operands) is not None:
            return elsewhere(*operands, **settings)
        _refuse_elsewhere(fn, operands)
        return fn(*operands, **settings)

    whole.__module__ = module  # where a pickle finds the operation
    return cast(F, whole)


def _refuse_elsewhere(fn: Any, operands: Iterable[Any]) -> None:
    """Refuse arrays of other libraries where numbers are read in memory, for which these would have to be fetched."""
    other = next((x for x in operands if x.__class__ is not np.ndarray and foreign(x) is not None), None)
    if other is not None:
        given = type(foreign(other)).__name__
        raise errors.UnsupportedError(errors.ONLY_NUMPY.format(op=fn.__name__.strip("_"), given=given))


def present(*names: str) -> list[Any]:
    """Return those of NumPy's functions that the running version has."""
    return [getattr(np, name) for name in names if name in vars(np)]


def refuse_write(a: Array, value: Array) -> Array:
    """Refuse to write to a view that shows a number in several places; into no place, one may."""
    if np.size(value):
        raise errors.InPlaceError(errors.VIEW_READ_ONLY.format(shape=np.shape(a), shown=np.shape(value)))
    return a


def in_double(*rules: Rule, settings: str = "") -> Callable[[Callable[..., Array]], Op]:
    """Declare a function of elements that is computed in double precision, some thousand at a time, and in one call."""

    def declared(compute: Callable[..., Array]) -> Op:
        @wraps(compute)
        def computed(*operands: Array, **given: Any) -> Any:
            recorder = recorder_of(*operands)
            return wide(*operands, **given) if recorder is None else recorder(op, operands, given)

        wide = _in_parts(compute)
        op = elementwise(computed, *rules, settings=settings, opaque=wide)
        return op

    return declared


def _in_parts(compute: Callable[..., Array]) -> Callable[..., Array]:
    @wraps(compute)
    def wide(*operands: Array, **given: Any) -> Array:
        _refuse_elsewhere(compute, operands)
        arrays = np.broadcast_arrays(*[np.asarray(x, np.float64) for x in operands])
        flat = [x.ravel() for x in arrays]
        with np.errstate(all="ignore"):
            starts = range(0, max(flat[0].size, 1), _AT_ONCE)
            parts = [compute(*[x[i : i + _AT_ONCE] for x in flat], **given) for i in starts]
        y = np.concatenate(parts).reshape(arrays[0].shape)
        return y.astype(np.result_type(*operands, 1.0), copy=False)

    return wide


_AT_ONCE = 4096
