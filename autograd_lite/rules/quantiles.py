"""Quantiles by every method, of weighted samples, and of samples in which nan are left out.

A quantile is an element of what is in order, or lies on the chord between two of them. Which, NumPy tells: it is asked
for the same quantile of the ranks 0, 1, 2, ... in the place of the elements. So which elements, and with which shares,
is constant, and so are the weights of samples, which only decide that.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Axis, keepdims_shape, normalize_axes, reduced_size
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import constant
from autograd_lite.engine.operands import value_of
from autograd_lite.rules.common import detached
from autograd_lite.rules.indexing import sort, take_along_axis


def _ranks(a: Array, q: Any, method: str, weights: Array | None, skips: bool) -> Array:
    """Return where quantiles along the last axis lie among the elements in order; nan where nan is one of them."""
    ranks = np.astype(np.argsort(np.argsort(a, -1, stable=True), -1, stable=True), float)
    ranks = np.where(np.isnan(a), np.nan, ranks)
    quantile_of: Any = np.nanquantile if skips else np.quantile
    return quantile_of(ranks, q, axis=-1, method=method, weights=weights)


ranks_of = constant(_ranks)


def _along_last(a: Array, axis: Axis) -> Array:
    """Return an array with the axes that become one as its last."""
    axes = normalize_axes(axis, a.ndim)
    rest = [i for i in range(a.ndim) if i not in axes]
    return np.transpose(a, [*rest, *axes]).reshape([*(a.shape[i] for i in rest), reduced_size(a.shape, axis)])


_PICKING = frozenset(("lower", "higher", "nearest", "inverted_cdf", "closest_observation"))
"""The methods of which a quantile is an element."""


def _found(
    a: Array, q: Any, axis: Axis, method: str, keepdims: bool, weights: Array | None, skips: bool
) -> Array:
    flat = _along_last(a, axis)
    w = None if weights is None else value_of(weights)
    if w is not None and w.ndim == 1 and a.ndim > 1:
        w = np.broadcast_to(w, flat.shape)
    elif w is not None:
        w = _along_last(w, axis)
    if getattr(q, "requires_grad", False):
        raise errors.UnsupportedError(errors.QUANTILE_PLACE)
    given, q = q, np.asarray(value_of(q))
    place = ranks_of(detached(flat), q, method, w, skips)
    place = np.moveaxis(value_of(place), tuple(range(q.ndim)), tuple(range(-q.ndim, 0))).reshape((*flat.shape[:-1], -1))
    unknown = np.isnan(place)
    known = np.where(unknown, 0, place)
    low, high = (side(known).astype(np.intp) for side in (np.floor, np.ceil))
    ordered = sort(flat, -1)
    bottom, top = (take_along_axis(ordered, i, -1) for i in (low, high))
    between = known - low
    if isinstance(given, (int, float)) or method in _PICKING:  # a number leaves the dtype of `a`
        between = np.astype(between, a.dtype)
    value = np.where(low == high, bottom + 0 * between, bottom + (top - bottom) * between)
    value = np.where(unknown, value.dtype.type(np.nan), value)
    value = np.moveaxis(value, -1, 0)
    shape = keepdims_shape(a.shape, axis) if keepdims else value.shape[1:]
    return value.reshape((*q.shape, *shape))


def _shares(q: Any) -> Any:
    """Return percentages as shares; a number stays a number, which leaves the dtype of samples as it is."""
    return q / 100 if isinstance(q, (int, float)) else np.true_divide(q, 100)


def quantile(
    a: Array, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False, *,
    weights: Array = None,
) -> Array:  # fmt: skip
    """Return quantiles as `np.quantile` does, with its `method` and `weights`."""
    return _found(a, q, axis, method, bool(keepdims), weights, skips=False)


def percentile(
    a: Array, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False, *,
    weights: Array = None,
) -> Array:  # fmt: skip
    """Return percentiles as `np.percentile` does, with its `method` and `weights`."""
    return quantile(a, _shares(q), axis, method, keepdims, weights=weights)


@composite(np.nanquantile)
def nanquantile(
    a: Array, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False, *,
    weights: Array = None,
) -> Array:  # fmt: skip
    if not a.size:  # nan, with NumPy's warning
        np.quantile(1.0, value_of(q))  # which refuses what is beyond 0 and 1
        return np.nanmean(a, axis, keepdims=keepdims)
    return _found(a, q, axis, method, bool(keepdims), weights, skips=True)


@composite(np.nanpercentile)
def nanpercentile(
    a: Array, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False, *,
    weights: Array = None,
) -> Array:  # fmt: skip
    return nanquantile(a, _shares(q), axis, method, keepdims, weights=weights)


@composite(np.nanmedian)
def nanmedian(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return nanquantile(a, 0.5, axis, keepdims=keepdims)
