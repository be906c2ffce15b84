"""Sums, products, extrema, moments: what turns many elements into one.

Where several elements are the maximum they share its gradient equally: of all choices the one that does not depend on
the order of the elements.

Half precision is summed in single, as NumPy does for means: it holds no count beyond 65,504.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import (  # fmt: skip
    Array,
    Axis,
    Shape,
    everywhere,
    keepdims_shape,
    narrowed,
    normalize_axes,
    reduced_size,
    wide,
)
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import custom, linear
from autograd_lite.engine.op import Op
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules.common import divided
from autograd_lite.rules.norms import euclidean_norm, squared


def _spread(g: Array, shape: Shape, axis: Axis = None, keepdims: bool = False) -> Array:
    """Repeat `g` along the axes over which an array of `shape` was reduced: the adjoint of `sum`."""
    if g.ndim and not keepdims:
        g = g.reshape(keepdims_shape(shape, axis))
    if isinstance(g, (np.ndarray, np.generic)):
        spread_out = np.empty(shape, g.dtype)
        spread_out[...] = g
        return spread_out
    return np.broadcast_to(g, shape)


def _gather(g: Array, shape: Shape, axis: Axis, keepdims: bool) -> Array:
    """Undo `_spread`: the sum over the axes it had repeated."""
    return np.sum(wide(g), normalize_axes(axis, len(shape)), keepdims=keepdims)


spread = linear(_spread, _gather, settings="shape axis keepdims")


def _sum(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return a.sum(axis=axis, keepdims=keepdims)  # the method takes half the time of the function


linear(
    np.sum, lambda g, a_shape, axis, keepdims: spread(g, a_shape, axis, keepdims),
    settings="axis keepdims", axes="axis", call=_sum, reduces=np.add, derivative="np.broadcast_to({g}, {shape})",
)  # fmt: skip
linear(
    np.mean,
    lambda g, a_shape, axis, keepdims: spread(divided(g, reduced_size(a_shape, axis)), a_shape, axis, keepdims),
    settings="axis keepdims", axes="axis", derivative="np.broadcast_to({g} / {count}, {shape})",
)  # fmt: skip


def _cumsum(a: Array, axis: int) -> Array:
    return np.cumsum(a, axis)


cumulative_sum: Op = linear(
    _cumsum, lambda g, axis: np.flip(cumulative_sum(np.flip(g, axis), axis=axis), axis), settings="axis", axes="axis",
    derivative="np.flip(np.cumsum(np.flip(g, axis), axis), axis)",
)


@composite(np.cumsum, complex=True)
def cumsum(a: Array, axis: int | None = None) -> Array:
    return cumulative_sum(np.ravel(a), axis=0) if axis is None else cumulative_sum(a, axis=axis)


@composite(np.cumulative_sum, complex=True)
def cumulative_sum_(x: Array, *, axis: int | None = None, include_initial: bool = False) -> Array:
    return _with_initial(np.cumsum, np.zeros_like, x, axis, include_initial)


def _with_initial(cumulate: Any, initial: Any, x: Array, axis: int | None, include_initial: bool) -> Array:
    if axis is None and x.ndim > 1:
        raise errors.ShapeError(
            f"axis= is needed for an array of shape {x.shape}. Write np.{cumulate.__name__}(t, axis=-1)"
        )
    axis = axis or 0
    total = cumulate(x, axis)
    first = initial(total, shape=keepdims_shape(total.shape, axis)) if include_initial else None
    return total if first is None else np.concatenate([first, total], axis)


# ----- products -----


def _shifted_product(a: Array, step: int) -> Array:
    """Return, along the last axis, the product of all elements before each (`step` 1) or after it (-1).

    Partial products are combined over distances 1, 2, 4, ...: exact at zeros, and made of differentiable operations.
    """
    n = a.shape[-1]
    one = np.ones_like(a)
    ahead = np.flip(a, -1) if step < 0 else a
    total = np.concatenate([one[..., :1], ahead[..., : n - 1]], axis=-1)
    distance = 1
    while distance < n:
        total = total * np.concatenate([one[..., :distance], total[..., : n - distance]], axis=-1)
        distance *= 2
    return np.flip(total, -1) if step < 0 else total


def _prod_rule(g: Array, y: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
    """The product of the other elements: ``y / a``, and without division where that has lost its digits."""
    if everywhere(np.isfinite(y) & (np.abs(y) >= np.finfo(y.dtype).tiny)):
        return spread(g * y, a.shape, axis, keepdims) / a
    axes = normalize_axes(axis, a.ndim)
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    order = rest + axes
    moved = np.transpose(a, order)
    flat = moved.reshape((*moved.shape[: len(rest)], reduced_size(a.shape, axis)))
    others = (_shifted_product(flat, 1) * _shifted_product(flat, -1)).reshape(moved.shape)
    return spread(g, a.shape, axis, keepdims) * np.transpose(others, np.argsort(order).tolist())


custom(np.prod, _prod_rule, settings="axis keepdims", axes="axis", reduces=np.multiply, complex=True)


@composite(np.cumprod, complex=True)
def cumprod(a: Array, axis: int | None = None) -> Array:
    if axis is None or not a.ndim:
        a, axis = np.ravel(a), 0
    a = np.moveaxis(a, axis, -1)
    return np.moveaxis(_shifted_product(a, 1) * a, -1, axis)


@composite(np.cumulative_prod, complex=True)
def cumulative_prod(x: Array, *, axis: int | None = None, include_initial: bool = False) -> Array:
    return _with_initial(np.cumprod, np.ones_like, x, axis, include_initial)


# ----- extrema -----


def _extremum_rule(g: Array, y: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
    kept = keepdims_shape(a.shape, axis)
    winners = a == y.reshape(kept)
    share = divided(g.reshape(kept), np.sum(winners, normalize_axes(axis, a.ndim), keepdims=True))
    return np.where(winners, share, 0)


for _extremum, _ufunc in ((np.max, np.maximum), (np.min, np.minimum), (np.amax, np.maximum), (np.amin, np.minimum)):
    custom(
        _extremum, _extremum_rule, settings="axis keepdims", axes="axis", selects=True, reduces=_ufunc,
        derivative="{g} * (a == {y}) / np.sum(a == {y}{axis})",
    )  # fmt: skip


@composite(np.ptp)
def ptp(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.max(a, axis, keepdims=keepdims) - np.min(a, axis, keepdims=keepdims)


# ----- moments -----


@composite(np.var, complex=True)
def var(
    a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, correction: float | None = None
) -> Array:
    x = wide(a)
    centred = x - np.mean(x, axis, keepdims=True)
    total = np.sum(squared(centred), axis, keepdims=keepdims)
    return narrowed(divided(total, _degrees_of_freedom(a, axis, ddof, correction)), a.dtype)


@composite(np.std, complex=True)
def std(
    a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, correction: float | None = None
) -> Array:
    """The norm of the centred values, not the root of the variance, whose derivative at 0 is infinite."""
    x = wide(a)
    centred = x - np.mean(x, axis, keepdims=True)
    count = _degrees_of_freedom(a, axis, ddof, correction)
    size = euclidean_norm(centred, axis=axis, keepdims=keepdims)
    return narrowed(size / np.sqrt(size.dtype.type(count)), a.dtype)


def _degrees_of_freedom(a: Array, axis: Axis, ddof: float, correction: float | None) -> float:
    return max(reduced_size(a.shape, axis) - (ddof if correction is None else correction), 0)


@composite(np.average, complex=True)
def average(a: Array, axis: Axis = None, weights: Array = None, *, keepdims: bool = False) -> Array:
    if weights is None:
        return np.mean(a, axis, keepdims=keepdims)
    a, weights = with_shape(a), with_shape(weights)
    if np.shape(weights) != np.shape(a):
        weights = np.reshape(weights, [n if i in normalize_axes(axis, a.ndim) else 1 for i, n in enumerate(a.shape)])
        weights = np.broadcast_to(weights, a.shape)
    dtype = np.result_type(a.dtype, weights.dtype)
    x, weights = wide(a), wide(np.astype(weights, dtype))
    total = np.sum(weights, axis, keepdims=keepdims)
    verify(value_of(total != 0), "Weights sum to zero, can't be normalized", ZeroDivisionError)
    return narrowed(np.sum(x * weights, axis, keepdims=keepdims) / total, dtype)
