"""What sequences that are one operation share: plain arrays, changed in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array


class State:
    """The state of all examples of a batch, of which a step may change the first ones alone."""

    def __init__(self, first: Array, kind: Any) -> None:
        self._now, self._own = first.astype(kind, copy=False), False

    def first(self, n: int) -> Array:
        """Return the state of the first examples."""
        return self._now if n == len(self._now) else self._now[:n]

    def put(self, after: Array) -> None:
        """Take the next state of the first examples."""
        if len(after) == len(self._now):
            self._now, self._own = after, False
            return
        if not self._own:
            self._now, self._own = self._now.copy(), True
        self._now[: len(after)] = after

    def own(self) -> Array:
        """Return the last state, which shares no memory."""
        return self._now if self._own else self._now.copy()


def rows_of(x: Array, w: Array, biases: Sequence[Any], order: Array | slice, sign: Any) -> Array:
    """Return ``x @ w.T`` plus biases for all steps at once, with the columns in another order, and perhaps negative."""
    rows: Array = x.dot((w[order] * sign).T)
    for bias in biases:
        if bias is not None:
            rows += bias[order] * np.ravel(sign)
    return rows


def ones_below(z: Array) -> None:
    """Make ``1 / (1 + exp(z))`` of `z`, which is the sigmoid of ``-z``."""
    with np.errstate(over="ignore"):
        np.exp(z, out=z)
    z += 1
    np.reciprocal(z, out=z)


def before(left: Array, first: Array, steps: Sequence[tuple[int, int]]) -> Array:
    """Return the state before each row: what the step before has left, or the first state."""
    earlier = np.empty_like(left)
    last = (0, 0)
    for start, stop in steps:
        n, known = stop - start, min(last[1] - last[0], stop - start)
        earlier[start : start + known] = left[last[0] : last[0] + known]
        earlier[start + known : stop] = first[known:n]
        last = start, stop
    return earlier


def summed(rows: Array) -> Array:
    """Return the sum of all rows."""
    return np.ones(len(rows), rows.dtype).dot(rows)
