"""Histograms: sums of weights in bins, which are linear in the weights; counts are constant.

In which bin a sample lies is a step. Edges that NumPy takes from the smallest and the largest sample move with those,
and a density with the width of its bins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.operands import with_shape
from autograd_lite.rules.common import beside, detached, settled
from autograd_lite.rules.grids import linspace
from autograd_lite.rules.indexing import scatter
from autograd_lite.rules.samples import diff


def _edges(a: Array, bins: Any, range: Any, weights: Any = None, several: bool = False) -> Array:  # noqa: A002
    """Return where bins end: given, or at equal distances between two ends, in the dtype of those and the samples.

    Of `several` samples the dtype is that of the ends alone.
    """
    if np.ndim(bins):
        return with_shape(bins)
    flat = np.ravel(a)
    if isinstance(bins, str):
        bins = len(np.histogram_bin_edges(settled(flat, "histogram_bin_edges"), bins, range, weights)) - 1
    if range is not None:
        low, high = range
    else:
        low, high = (np.min(flat), np.max(flat)) if flat.size else (0.0, 1.0)
    kinds = [x if isinstance(x, (int, float)) else x.dtype for x in (low, high)]
    dtype = np.result_type(*kinds, 1.0 if several else a.dtype)
    dtype = dtype if dtype.kind == "f" else np.result_type(dtype, float)
    widened = np.astype(with_shape(0.5 * (detached(low) == detached(high))), dtype)
    return linspace(low - widened, high + widened, int(bins) + 1, dtype=dtype)


def _bins_of(x: Array, edges: Array) -> tuple[Array, Array]:
    """Return in which bin each sample lies, and whether in any; the last edge belongs to the last bin."""
    x, edges = detached(x), detached(edges)
    where: Array = np.searchsorted(edges, x, "right") - 1
    where = np.where(x == edges[-1], len(edges) - 2, where)
    return np.clip(where, 0, len(edges) - 2), (x >= edges[0]) & (x <= edges[-1])


def _counted(places: Sequence[tuple[Array, Array]], shape: tuple[int, ...], weights: Array | None, dtype: Any) -> Array:
    """Return the sum of the weights in each bin; of samples without weights, how many there are."""
    inside = np.ones_like(places[0][1])
    for _, within in places:
        inside = inside & within
    given = np.ones(inside.shape, dtype) if weights is None else np.ravel(weights)
    given = given.astype(np.intp) if given.dtype == bool else given
    return scatter(np.where(inside, given, np.zeros((), given.dtype)), tuple([k for k, _ in places]), shape)


@composite(np.histogram_bin_edges)
def histogram_bin_edges(a: Array, bins: Any = 10, range: Any = None, weights: Array = None) -> Array:  # noqa: A002
    return _edges(with_shape(a), bins, range, weights)


@composite(np.histogram)
def histogram(
    a: Array, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Array = None  # noqa: A002
) -> tuple[Array, Array]:
    a = with_shape(a)
    edges = _edges(a, bins, range, weights)
    given = None if weights is None else with_shape(weights)
    n = _counted([_bins_of(np.ravel(a), edges)], (len(edges) - 1,), given, int)
    n, edges = beside((n / np.astype(diff(edges), float) / np.sum(n) if density else n, edges), a, n, edges)
    return n, edges


@composite(np.histogramdd)
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Array = None  # noqa: A002
) -> tuple[Array, list[Array]]:
    columns = [with_shape(x) for x in sample] if isinstance(sample, (list, tuple)) else list(np.atleast_2d(sample.T))
    many = list(bins) if isinstance(bins, Sequence) or np.ndim(bins) else [bins] * len(columns)
    ranges = [None] * len(columns) if range is None else range
    edges = [_edges(x, b, r, several=True) for x, b, r in zip(columns, many, ranges, strict=True)]
    places = [_bins_of(x, e) for x, e in zip(columns, edges, strict=True)]
    shape = tuple([len(e) - 1 for e in edges])
    n = _counted(places, shape, None if weights is None else np.astype(with_shape(weights), float), float)
    if density:
        total = np.sum(n)
        for i, e in enumerate(edges):
            n = n / diff(e).reshape([-1 if i == k else 1 for k in np.arange(len(edges))])
        n = n / total
    n, *edges = beside((n, *edges), sample, n, edges)
    return n, edges


@composite(np.histogram2d)
def histogram2d(
    x: Array, y: Array, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Array = None  # noqa: A002
) -> tuple[Array, Array, Array]:
    if (isinstance(bins, Sequence) or np.ndim(bins)) and len(bins) not in (1, 2):  # edges that both have
        bins = [bins, bins]
    n, (first, second) = histogramdd([x, y], bins, range, density, weights)
    return n, first, second


