"""Numbers between two ends, at equal distances or ratios: they move with the ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.operands import with_shape


def _shares(num: int, endpoint: bool, ndim: int) -> Array:
    """Return how far between the ends each number lies, along the first axis."""
    return (np.arange(num) / max(num - endpoint, 1)).reshape([-1] + [1] * ndim)


def _finished(y: Array, dtype: Any, axis: int) -> Array:
    y = y if dtype is None else np.astype(np.floor(y) if np.issubdtype(dtype, np.integer) else y, dtype)
    return np.moveaxis(y, 0, axis)


def _ends(start: Any, stop: Any, dtype: Any) -> tuple[Array, Array, Any]:
    """Return two ends in the dtype in which is computed, and that of the result."""
    computed = np.result_type(*[getattr(x, "dtype", x) for x in (start, stop)], 1.0)
    start, stop = np.astype(with_shape(start), computed), np.astype(with_shape(stop), computed)
    shape = np.broadcast_shapes(start.shape, stop.shape)
    return np.broadcast_to(start, shape), np.broadcast_to(stop, shape), computed if dtype is None else np.dtype(dtype)


def _between(start: Array, stop: Array, num: int, endpoint: bool) -> Array:
    share = np.astype(_shares(num, endpoint, start.ndim), start.real.dtype)
    return np.where(share < 1, start + (stop - start) * share, stop)


@composite(np.linspace, complex=True)
def linspace(
    start: Array, stop: Array, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    start, stop, dtype = _ends(start, stop, dtype)
    y = _finished(_between(start, stop, num, endpoint), dtype, axis)
    parts = num - endpoint
    return (y, (stop - start) / parts if parts > 0 else (stop - start) * np.nan) if retstep else y


@composite(np.logspace, complex=True)
def logspace(
    start: Array, stop: Array, num: int = 50, endpoint: bool = True, base: Array = 10.0, dtype: Any = None,
    axis: int = 0,
) -> Array:  # fmt: skip
    if np.ndim(base):
        shape = np.broadcast_shapes(np.shape(start), np.shape(stop), base.shape)
        start = np.broadcast_to(with_shape(start), shape)
    start, stop, kept = _ends(start, stop, None)
    y = np.power(base, _between(start, stop, num, endpoint))
    return _finished(y, y.dtype if dtype is None else np.dtype(dtype), axis) if kept else y


@composite(np.geomspace, complex=True)
def geomspace(
    start: Array, stop: Array, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Array:
    """The ratio of the ends to a power between 0 and 1; both ends are what they are given as."""
    computed_in = None if dtype is None else np.result_type(np.dtype(dtype), np.float16)
    start, stop, dtype = _ends(start, stop, dtype)
    if computed_in is not None and computed_in.kind == "c":
        start, stop = np.astype(start, computed_in), np.astype(stop, computed_in)
    share = np.astype(_shares(num, endpoint, start.ndim), start.real.dtype)
    y = start * np.power(stop / start, share)
    return _finished(np.where(share < 1, y, stop), dtype, axis)
