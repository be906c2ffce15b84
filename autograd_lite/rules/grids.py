"""Numbers between two ends, at equal distances or ratios: they move with the ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.operands import with_shape
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules.common import detached


def _moved(y: Array, dtype: Any, axis: int) -> Array:
    return np.moveaxis(y if y.dtype == dtype else np.astype(y, dtype), 0, axis)


def _ends(start: Any, stop: Any) -> tuple[Array, Array]:
    """Return two ends in one shape and in the dtype in which is computed; numbers of Python leave it to the other."""
    kinds = [x if isinstance(x, (int, float, complex)) else with_shape(x).dtype for x in (start, stop)]
    dtype, start, stop = np.result_type(*kinds, 1.0), with_shape(start), with_shape(stop)
    shape = np.broadcast_shapes(start.shape, stop.shape)
    return tuple([np.broadcast_to(np.astype(x, dtype), shape) for x in (start, stop)])  # type: ignore[return-value]


def _numbers(num: int, like: Array) -> Array:
    """Return 0, 1, 2, ... along an axis in front of those of an array, in its precision."""
    return np.arange(num, dtype=like.real.dtype).reshape([-1] + [1] * like.ndim)


def _between(start: Array, stop: Array, num: int, endpoint: bool) -> Array:
    """Return numbers at equal distances; the last is the end itself."""
    parts, numbers = num - endpoint, _numbers(num, start)
    if parts <= 0:
        return start + (stop - start) * numbers
    y = numbers * ((stop - start) / parts) + start
    return np.where(numbers < parts, y, stop)


@composite(np.linspace, complex=True)
def linspace(
    start: Array, stop: Array, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    start, stop = _ends(start, stop)
    y = _between(start, stop, num, endpoint)
    dtype = y.dtype if dtype is None else np.dtype(dtype)
    y = _moved(np.floor(y) if dtype.kind in "iu" else y, dtype, axis)
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
    y = np.power(base, _between(*_ends(start, stop), num, endpoint))
    return _moved(y, y.dtype if dtype is None else np.dtype(dtype), axis)


@composite(np.geomspace, complex=True)
def geomspace(
    start: Array, stop: Array, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Array:
    """The ratio of the ends to a power between 0 and 1; both ends are what they are given as."""
    given, (start, stop) = dtype, _ends(start, stop)
    for end in (start, stop):
        verify(detached(end) != 0, "Geometric sequence cannot include zero", ValueError)
    dtype = np.dtype(float if dtype is None else dtype)
    computed = np.result_type(start.dtype, stop.dtype, dtype)
    dtype = computed if given is None else dtype
    start, stop = np.astype(start, computed), np.astype(stop, computed)
    numbers, parts = _numbers(num, start), max(num - endpoint, 1)
    y = start * np.power(stop / start, numbers / parts)
    return _moved(np.where(numbers < num - endpoint, y, stop if num > 1 else start), dtype, axis)
