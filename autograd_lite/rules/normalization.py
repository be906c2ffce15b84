"""What normalises: to mean 0 and variance 1 along some axes, one rule for the input, the weight and the bias."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array, Shape, keepdims_shape, narrowed, wide
from autograd_lite.engine.op import Op, recorder_of
from autograd_lite.engine.several import several


def _spaced(a: Array, along: Sequence[int], ndim: int) -> Array:
    """Return a weight with an axis of length 1 for each axis of the input that it has not."""
    sizes = iter(a.shape)
    return a.reshape(tuple([next(sizes) if i in along else 1 for i in range(ndim)]))


def _mean(a: Array, axis: Shape, count: int) -> Array:
    return a.sum(axis, keepdims=True) / count


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
    mean = _mean(a, axis, count) if centred else np.zeros(keepdims_shape(x.shape, axis), a.dtype)
    y = a - mean if centred else a
    var = _mean(y * y, axis, count)
    scale = 1 / np.sqrt(var + eps)
    y = _times(y, scale if weight is None else scale * _spaced(weight, along, x.ndim), centred)
    y = y if bias is None else _plus(y, _spaced(bias, along, x.ndim))
    return narrowed(y, x.dtype), mean, var


def _times(y: Array, scale: Array, own: bool) -> Array:
    """Return a product, in the memory of `y` where that is our own."""
    in_place = own and recorder_of(y, scale) is None and np.result_type(y, scale) == y.dtype
    return np.multiply(y, scale, out=y) if in_place and np.broadcast(y, scale).shape == y.shape else y * scale


def _plus(y: Array, bias: Array) -> Array:
    in_place = recorder_of(y, bias) is None and np.result_type(y, bias) == y.dtype
    return np.add(y, bias, out=y) if in_place else y + bias


def _rule(
    g: Any, y: Any, x: Array, weight: Array, axis: Shape, along: Shape, eps: float, centred: bool, needs: Sequence[bool]
) -> tuple[Array | None, ...]:
    """NOTE: the mean of ``g * weight`` is known from the share of the bias where a weight is constant along `axis`."""
    (share, of_mean, of_var), (_, mean, var) = g, y
    a, count = wide(x), _count(x.shape, axis)
    others = tuple([i for i in range(x.ndim) if i not in along])
    unit = (a - mean if centred else a) / np.sqrt(var + eps)
    by_x, by_weight, by_bias = None, None, None
    if share is not None:
        w = None if weight is None else _spaced(weight, along, x.ndim)
        share = wide(share)
        product = share * unit
        by_weight = product.sum(others) if needs[1] else None
        by_bias = share.sum(others) if needs[2] else None
        h, product = (share, product) if w is None else (share * w, product * w)
        by_x = h - unit * _mean(product, axis, count)
        by_x = (by_x - _mean(h, axis, count) if centred else by_x) / np.sqrt(var + eps)
    if of_var is not None:
        by_x = _sum(by_x, of_var * 2 / count * (a - mean if centred else a))
    if of_mean is not None and centred:
        by_x = _sum(by_x, np.broadcast_to(of_mean / count, x.shape))
    return by_x, by_weight, by_bias


def _sum(a: Array | None, b: Array) -> Array:
    return b if a is None else a + b


normalized: Op = several(_normalized, _rule, settings="axis along eps centred", name="normalized")
