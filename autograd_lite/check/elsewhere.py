"""The numeric side along several directions, each by itself: here, or by an executor."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.differences import Sweep
from autograd_lite.base.shapes import Array
from autograd_lite.check import directions
from autograd_lite.check.numeric import Numeric
from autograd_lite.engine.tasks import in_order

_SHIFT, _NEAR = 2.0**-6, 1e-9  # how far inputs are moved to see whether they are, and what rounding may change


def along(numeric: Numeric, measure: Callable[..., Any], k: int, vectors: Sequence[Array], *settings: Any) -> list[Any]:
    """Return ``measure(numeric, k, v, *settings)`` for each direction of input `k`."""
    executor = numeric.executor.held
    if executor is None or not len(vectors):
        return [measure(numeric, k, v, *settings) for v in vectors]
    home, calls = os.getpid(), numeric.checked.evaluations
    start = [a + _SHIFT * directions.sizes(a).reshape(a.shape) for a in numeric.start]
    items = [(home, numeric, measure, k, v, *settings) for v in vectors]
    (there, _), *found = in_order(_measured, [(home, numeric, _at, start), *items], executor, numeric.checked.function)
    if not _is_near(there, _at(numeric, start)):
        raise errors.ParallelError(errors.GRADCHECK_ELSEWHERE.format(function=numeric.checked.function))
    numeric.checked.evaluations = calls + sum(count for _, count in found)
    return [one for one, _ in found]


def quickly(numeric: Numeric, k: int, v: Array, step: float | None = None) -> Array:
    """Return the derivatives along a direction by one pair of steps."""
    return numeric.quick(k, v, step)


def carefully(numeric: Numeric, k: int, v: Array) -> tuple[Sweep, Array, Array]:
    """Return a whole sweep of steps along a direction, and what it says: the derivatives, and their noise."""
    sweep = numeric.sweep(k, v)
    return sweep, *numeric.measured(k, v, sweep)


def _at(numeric: Numeric, arrays: Sequence[Array]) -> Array:
    with np.errstate(all="ignore"):
        return numeric.at(arrays)


def _is_near(there: Array, here: Array) -> bool:
    size = np.max(np.abs(here), initial=0, where=np.isfinite(here))
    return np.allclose(there, here, rtol=_NEAR, atol=_NEAR * size, equal_nan=True)


def _measured(home: int, numeric: Numeric, measure: Callable[..., Any], *args: Any) -> tuple[Any, int]:
    """Return what is measured, and how many calls it took: on Tensors of its own, also in a thread beside others."""
    if os.getpid() == home:
        numeric = deepcopy(numeric)
    before = numeric.checked.evaluations
    with np.errstate(all="ignore"):
        found = measure(numeric, *args)
    return found, numeric.checked.evaluations - before
