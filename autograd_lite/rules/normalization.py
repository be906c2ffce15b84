"""What normalises: to mean 0 and variance 1 along some axes, one rule for the input, the weight and the bias."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array, Shape, keepdims_shape, narrowed, wide
from autograd_lite.engine.op import Op
from autograd_lite.engine.several import several


def _spaced(a: Array, along: Sequence[int], ndim: int) -> Array:
    """Return a weight with an axis of length 1 for each axis of the input that it has not."""
    sizes = iter(a.shape)
    return a.reshape(tuple([next(sizes) if i in along else 1 for i in range(ndim)]))


def _total(a: Array, b: Array | None, axis: Shape) -> Array:
    """Return the sum of ``a * b`` along axes, which stay with length 1; of `a` where there is no `b`."""
    plain = a.__class__ is np.ndarray and a.dtype.char in "fd" and (b is None or b.__class__ is np.ndarray)
    if plain and (rows := _rows(a, b, axis)) is not None:
        return np.vecdot(*rows).reshape(keepdims_shape(a.shape, axis))
    return (a if b is None else a * b).sum(axis, keepdims=True)


def _rows(a: Array, b: Array | None, axis: Shape) -> tuple[Array, Array] | None:
    """Return arrays whose last axis is all of `axis`, if they lie so in memory: their products are BLAS's then."""
    kept = [i for i in range(a.ndim) if i not in axis]
    order = (*kept, *sorted(axis, key=lambda i: -a.strides[i]))
    shape = (*[a.shape[i] for i in kept], _count(a.shape, axis))
    try:
        first = np.reshape(a.transpose(order), shape, copy=False)
        return first, _ones(shape[-1], a.dtype) if b is None else np.reshape(b.transpose(order), shape, copy=False)
    except ValueError:  # they do not
        return None


@lru_cache(16)
def _ones(n: int, dtype: Any) -> Array:
    return np.ones(n, dtype)


def _count(shape: Shape, axis: Shape) -> int:
    return math.prod([shape[i] for i in axis])


def _normalized(
    x: Array, weight: Array, bias: Array, axis: Shape, along: Shape, eps: float, centred: bool
) -> tuple[Array, Array, Array]:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias``, the mean and the variance along `axis`.

    `weight` and `bias` have the axes `along` of `x`, and may be None. Where nothing is `centred` the mean is taken to
    be 0. Mean and variance keep their axes, with length 1.
    """
    a, count = wide(x), _count(x.shape, axis)
    mean = _total(a, None, axis) / count if centred else np.zeros(keepdims_shape(x.shape, axis), a.dtype)
    y = a - mean if centred else a
    var = _total(y, y, axis) / count
    scale = 1 / np.sqrt(var + eps)
    y = _times(y, scale if weight is None else scale * _spaced(weight, along, x.ndim), centred)
    y = y if bias is None else _plus(y, _spaced(bias, along, x.ndim))
    return narrowed(y, x.dtype), mean, var


def _times(y: Array, scale: Array, own: bool) -> Array:
    """Return a product, in the memory of `y` where that is our own."""
    return np.multiply(y, scale, out=y) if own and _holds(y, scale) else y * scale


def _plus(y: Array, other: Array) -> Array:
    """Return a sum, in the memory of `y`, which is our own."""
    return np.add(y, other, out=y) if _holds(y, other) else y + other


def _holds(y: Array, other: Array) -> bool:
    """Tell whether what two arrays make together has the shape and dtype of the first."""
    plain = y.__class__ is np.ndarray and other.__class__ is np.ndarray
    return plain and np.result_type(y, other) == y.dtype and np.broadcast_shapes(y.shape, other.shape) == y.shape


def _rule(
    g: Any, y: Any, x: Array, weight: Array, axis: Shape, along: Shape, eps: float, centred: bool, needs: Sequence[bool]
) -> tuple[Array | None, ...]:
    (share, of_mean, of_var), (_, mean, var) = g, y
    a, count = wide(x), _count(x.shape, axis)
    d, scale = a - mean if centred else a, 1 / np.sqrt(var + eps)
    by_x, by_weight, by_bias = None, None, None
    if of_var is not None:
        by_x = of_var * 2 / count * d
    if of_mean is not None and centred:
        by_x = _sum(by_x, np.broadcast_to(of_mean / count, x.shape))
    if share is not None:
        by_share, by_weight, by_bias = _shares(wide(share), d, scale, weight, axis, along, centred, needs)
        by_x = by_share if by_x is None else by_share + by_x
    return by_x, by_weight, by_bias


def _shares(
    share: Array, d: Array, scale: Array, weight: Array, axis: Shape, along: Shape, own: bool, needs: Sequence[bool]
) -> tuple[Array | None, ...]:
    """Return the shares of input, weight and bias in the result; `d` is the input without its mean.

    Where a weight is constant along `axis` the sums for it and its bias are those that the input needs, too.
    """
    w = None if weight is None else _spaced(weight, along, d.ndim)
    others = tuple([i for i in range(d.ndim) if i not in along])
    h, sums = share, None
    if others == axis:
        sums = _total(share, None, axis), _total(share, d, axis)
        by_bias, by_weight = sums[0], sums[1] * scale
    else:
        by_bias = _total(share, None, others) if needs[2] else None
        by_weight = _total(share, d * scale, others) if needs[1] else None
        h = share if w is None else share * w
        w = None
        sums = _total(h, None, axis), _total(h, d, axis)
    shape = tuple([d.shape[i] for i in along])
    by_weight, by_bias = [None if a is None else a.reshape(shape) for a in (by_weight, by_bias)]
    if not needs[0]:
        return None, by_weight, by_bias
    factor, count = scale if w is None else scale * w, _count(d.shape, axis)
    by_x = _plus(h * factor, _times(d, -factor * scale * scale * sums[1] / count, own))
    return _plus(by_x, -factor * sums[0] / count) if own else by_x, by_weight, by_bias


def _sum(a: Array | None, b: Array) -> Array:
    return b if a is None else a + b


normalized: Op = several(_normalized, _rule, settings="axis along eps centred", name="normalized")
