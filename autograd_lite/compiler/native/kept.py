"""Arrays that are written to again, once nobody holds them any more: large results, and work spaces."""

from __future__ import annotations

import sys
from collections import deque
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array, Shape

SMALLEST = 1 << 15
"""In bytes. For a larger array the system has to give, and to clear, page after page."""
_MOST = 3


class Kept:
    """The arrays that values of a program were written to lately: those of one shape and dtype, as many as there are.

    One value is written to where another one was that is read no more. A parameter and its gradient are replaced at
    each step, so that from the third step on the arrays of the step before the last are free again. That nobody else
    holds an array is told by its count of references; a thread that is looking at one counts as well, so that no two
    can take the same.
    """

    def __init__(self, shape: Shape, dtype: Any, values: int = 1) -> None:
        self.shape, self.dtype = shape, dtype
        self._given: deque[Array] = deque(maxlen=_MOST * values)

    def take(self) -> Array:
        """Return an array that nobody holds."""
        for _ in range(len(self._given)):
            try:
                array = self._given.popleft()
            except IndexError:  # another thread was faster
                break
            self._given.append(array)
            if sys.getrefcount(array) == _FREE:
                return array
        array = np.empty(self.shape, self.dtype)
        self._given.append(array)
        return array


def _count() -> int:
    """Return what is counted of an array that is held by a variable and a deque, as in `Kept.take`."""
    given = deque([np.empty(1)])
    array = given[0]
    return sys.getrefcount(array)


_FREE = _count()
