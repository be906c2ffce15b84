"""Numbers in their order: quantiles, and what is looked up among others."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import normalize_axes
from autograd_lite.engine.registry import handler_of
from autograd_lite.onnx.graph import Graph
from autograd_lite.onnx.rows.elementwise import floating
from autograd_lite.onnx.sizes import product


def _in_a_row(x: Any, axis: Any) -> tuple[Any, tuple[int, ...]]:
    """Return an array with axes as one, its last, and which these are."""
    axes = tuple(range(x.ndim)) if axis is None else normalize_axes(axis, x.ndim)
    moved = np.moveaxis(x, axes, tuple(range(-len(axes), 0)))
    return np.reshape(moved, (*moved.shape[: x.ndim - len(axes)], product([x.shape[k] for k in axes]))), axes


def _or_nan(y: Any, flat: Any) -> Any:
    """Return what was found, or NaN where that is one of the numbers."""
    unknown = np.any(np.isnan(flat), -1)
    return np.where(np.reshape(unknown, (*unknown.shape, *[1] * (y.ndim - unknown.ndim))), np.nan, y)


def _median(graph: Graph, a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
            keepdims: bool = False) -> Any:  # fmt: skip
    """Return the middle number, or the mean of both."""
    flat, axes = _in_a_row(floating(graph, a), axis)
    ordered, n = np.sort(flat, -1), flat.shape[-1]
    middle = (ordered[..., graph.quotient(n - 1, 2)] + ordered[..., graph.quotient(n, 2)]) / 2
    y = _or_nan(middle, flat)
    return np.expand_dims(y, axes) if keepdims else y


def _quantile(
    graph: Graph, a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, **more: Any,
) -> Any:  # fmt: skip
    """Return numbers on the chord between two that follow each other; a share that is a number leaves their dtype."""
    if method != "linear" or more.get("weights") is not None:
        raise errors.ExportError(errors.ONNX_SETTING.format(op="np.quantile", given="method= or weights="))
    flat, axes = _in_a_row(floating(graph, a), axis)
    shares = graph.lifted(q, np.float64)
    place = shares * graph.lifted(flat.shape[-1] - 1, np.float64)
    between = place - np.floor(place)
    between = graph.cast(between, flat.dtype) if isinstance(q, (int, float)) else between
    ordered = np.sort(flat, -1)
    low, high = [np.take(ordered, graph.cast(side(place), np.int64), axis=-1) for side in (np.floor, np.ceil)]
    chord = high - low  # from the nearer end, as NumPy goes along it
    y = _or_nan(np.where(between < 0.5, low + chord * between, high - chord * (1 - between)), flat)  # noqa: PLR2004
    y = np.moveaxis(y, tuple(range(flat.ndim - 1, y.ndim)), tuple(range(shares.ndim)))
    return np.expand_dims(y, tuple([shares.ndim + k for k in axes])) if keepdims else y


def _percentile(graph: Graph, a: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    shares = q / 100 if isinstance(q, (int, float)) else np.true_divide(graph.lifted(q), 100)
    return _quantile(graph, a, shares, *args, **kwargs)


# ----- looked up -----


def _searchsorted(graph: Graph, a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """Return how many numbers in order come before each: all are compared."""
    if sorter is not None:
        raise errors.ExportError(errors.ONNX_SETTING.format(op="np.searchsorted", given="sorter="))
    ordered, wanted = graph.lifted(a), np.expand_dims(graph.lifted(v), -1)
    after = ordered >= wanted if side == "left" else ordered > wanted
    return np.sum(~after, -1)  # so all are before NaN


def _digitize(graph: Graph, x: Any, bins: Any, right: bool = False) -> Any:
    known = graph.lifted(bins).array
    if known is None:
        raise errors.ExportError(errors.ONNX_SETTING.format(op="np.digitize", given="bins that are computed"))
    side = "left" if right else "right"
    if np.all(known[1:] >= known[:-1]):
        return _searchsorted(graph, known, x, side)
    return len(known) - _searchsorted(graph, known[::-1], x, side)


def _isin(
    graph: Graph, element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, **_: Any
) -> Any:  # fmt: skip
    found = np.any(np.expand_dims(graph.lifted(element), -1) == np.ravel(graph.lifted(test_elements)), -1)
    return ~found if invert else found


def _interp(
    graph: Graph, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:  # fmt: skip
    points = [graph.lifted(part) for part in (x, xp, fp)]
    if period is not None:
        return graph.more(np.interp)(*points, left, right, period)
    return handler_of(np.interp).fn(*points, left, right)


def _diff(graph: Graph, a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Return differences; of truth values where they are not equal, which is a remainder by two."""
    x, definition = graph.lifted(a), handler_of(np.diff).fn
    ends = [None if end is None or end is np._NoValue else graph.lifted(end) for end in (prepend, append)]
    if x.dtype.kind != "b":
        return definition(x, n, axis, *ends)
    whole = [None if part is None else graph.cast(part, np.int64) for part in (x, *ends)]
    return np.not_equal(np.remainder(definition(whole[0], n, axis, *whole[1:]), 2), 0)


ROWS: dict[Any, Any] = {
    np.median: _median, np.quantile: _quantile, np.percentile: _percentile,
    np.searchsorted: _searchsorted, np.digitize: _digitize, np.isin: _isin, np.interp: _interp,
    np.diff: _diff,
}  # fmt: skip
