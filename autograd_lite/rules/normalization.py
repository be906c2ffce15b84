"""What normalises: to mean 0 and variance 1 along some axes, one rule for the input, the weight and the bias."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array, Shape, keepdims_shape, narrowed, reduced_size, wide
from autograd_lite.engine.op import Op
from autograd_lite.engine.several import several
from autograd_lite.rules.common import plus, times, total


def spaced(a: Array, along: Sequence[int], ndim: int) -> Array:
    """Return a weight with an axis of length 1 for each axis of the input that it has not."""
    sizes = iter(a.shape)
    return a.reshape(tuple([next(sizes) if i in along else 1 for i in range(ndim)]))


def _normalized(
    x: Array, weight: Array, bias: Array, axis: Shape, along: Shape, eps: float, centred: bool
) -> tuple[Array, Array, Array]:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias``, the mean and the variance along `axis`.

    `weight` and `bias` have the axes `along` of `x`, and may be None. Where nothing is `centred` the mean is taken to
    be 0. Mean and variance keep their axes, with length 1.
    """
    a, count = wide(x), reduced_size(x.shape, axis)
    mean = total(a, None, axis) / count if centred else np.zeros(keepdims_shape(x.shape, axis), a.dtype)
    y = a - mean if centred else a
    var = total(y, y, axis) / count
    scale, w = 1 / np.sqrt(var + eps), None if weight is None else spaced(weight, along, x.ndim)
    if w is not None and not set(along).intersection(axis):  # together they are not as large as the input
        scale, w = scale * w, None
    y = times(y, scale, centred)
    y = y if w is None else times(y, w, True)
    y = y if bias is None else plus(y, spaced(bias, along, x.ndim))
    return narrowed(y, x.dtype), mean, var


def _rule(
    g: Any, y: Any, x: Array, weight: Array, axis: Shape, along: Shape, eps: float, centred: bool, needs: Sequence[bool]
) -> tuple[Array | None, ...]:
    (share, of_mean, of_var), (_, mean, var) = g, y
    a, count = wide(x), reduced_size(x.shape, axis)
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
    w = None if weight is None else spaced(weight, along, d.ndim)
    others = tuple([i for i in range(d.ndim) if i not in along])
    h, sums = share, None
    if others == axis:
        sums = total(share, None, axis), total(share, d, axis)
        by_bias, by_weight = sums[0], sums[1] * scale
    else:
        by_bias = total(share, None, others) if needs[2] else None
        by_weight = total(share, d * scale, others) if needs[1] else None
        h = share if w is None else share * w
        w = None
        sums = total(h, None, axis), total(h, d, axis)
    shape = tuple([d.shape[i] for i in along])
    by_weight, by_bias = [None if a is None else a.reshape(shape) for a in (by_weight, by_bias)]
    if not needs[0]:
        return None, by_weight, by_bias
    factor, count = scale if w is None else scale * w, reduced_size(d.shape, axis)
    by_x = plus(h * factor, times(d, -factor * scale * scale * sums[1] / count, own))
    return plus(by_x, -factor * sums[0] / count) if own else by_x, by_weight, by_bias


def _sum(a: Array | None, b: Array) -> Array:
    return b if a is None else a + b


normalized: Op = several(_normalized, _rule, settings="axis along eps centred", name="normalized")
