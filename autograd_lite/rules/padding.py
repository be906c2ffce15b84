"""Margins that are computed from an array: ramps, reflections at its ends, and statistics.

Of the linear ones, what NumPy makes of the rows of a unit matrix says how each number of a margin is made of others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array

_STATISTICS: dict[str, Any] = {"maximum": np.max, "minimum": np.min, "median": np.median, "mean": np.mean}


def pad_by_axis(
    fn: Any, array: Array, pad_width: Any, mode: str, stat_length: Any = None, end_values: Any = 0,
    reflect_type: str = "even",
) -> Array:  # fmt: skip
    """Return an array with margins, those of a later axis also of the margins of the earlier ones."""
    pairs = (array.ndim, 2)
    lengths = np.broadcast_to(max(array.shape) if stat_length is None else stat_length, pairs)
    ends = np.broadcast_to(end_values, pairs)
    for axis, (low, high) in enumerate(np.broadcast_to(pad_width, pairs).tolist()):
        if mode in _STATISTICS:
            margins = _statistics(array, axis, (low, high), lengths[axis].tolist(), _STATISTICS[mode])
        else:
            options = {} if mode == "linear_ramp" else {"reflect_type": reflect_type}
            margins = _combinations(array, axis, (low, high), mode, options, ends[axis])
        array = np.concatenate([margins[0], array, margins[1]], axis)
    return array


def _statistics(array: Array, axis: int, widths: Any, lengths: Any, statistic: Any) -> list[Array]:
    """Return margins of the extremum, the median or the mean of so many elements at each end."""
    n, before = array.shape[axis], (slice(None),) * axis
    margins = []
    for width, length, at_end in zip(widths, lengths, (False, True), strict=True):
        part = slice(max(n - length, 0), None) if at_end else slice(length)
        value = statistic(array[(*before, part)], axis, keepdims=True)
        margins.append(np.broadcast_to(value, (*array.shape[:axis], width, *array.shape[axis + 1 :])))
    return margins


def _combinations(array: Array, axis: int, widths: Any, mode: Any, options: Any, ends: Array) -> list[Array]:
    """Return margins that are linear in the elements along an axis, and in the values at which ramps end."""
    n, (low, high) = array.shape[axis], widths
    dtype = array.real.dtype
    shares = np.pad(np.eye(n, dtype=dtype), ((low, high), (0, 0)), mode, **options)
    start = None
    if mode == "linear_ramp":
        start = np.pad(np.zeros(n, np.result_type(dtype, ends)), (low, high), mode, end_values=tuple(ends))
    margins, rows = [], np.moveaxis(array, axis, 0)
    for part in (slice(0, low), slice(low + n, None)):
        share = shares[part].reshape((-1, n) + (1,) * (array.ndim - 1))
        terms = np.where(share != 0, share * rows, 0)  # also beside a nan that has no share
        margin = np.moveaxis(np.sum(terms, 1), 0, axis)
        if start is not None:
            margin = margin + np.astype(start[part], array.dtype).reshape([-1] + [1] * (array.ndim - axis - 1))
        margins.append(margin)
    return margins
