"""What the steps of a loop leave: one array of all, along a first axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.record import Handle, array_of, make_tensor

_ARRAYS = (np.ndarray, np.generic, int, float, complex)


class Column:
    """One value of each step, in the place of its step.

    Parameters
    ----------
    length : int
        The number of steps.

    Attributes
    ----------
    tensors : bool
        Whether a step gave a Tensor, so that one is made of all.
    """

    def __init__(self, length: int) -> None:
        self.tensors = False
        self._values: Any = [None] * length
        self._buffer: Array | None = None
        self._begun = False

    def put(self, index: int, y: Any) -> None:
        """Note the value of a step."""
        if isinstance(y, Handle):
            self.tensors, y = True, array_of(y)
        if not self._begun:
            self._begun = True
            if isinstance(y, _ARRAYS) and y.__class__ is not bool:  # others, as batches, are put together at the end
                self._buffer = np.empty((len(self._values), *np.shape(y)), np.asarray(y).dtype)
        if self._buffer is not None and isinstance(y, _ARRAYS):
            self._buffer[index] = y
            return
        if self._buffer is not None:  # the first steps were the same for all examples of a batch
            self._values, self._buffer = list(self._buffer), None
        self._values[index] = y

    def whole(self) -> Array:
        """Return the array of all steps."""
        return np.stack(self._values) if self._buffer is None else self._buffer

    def result(self) -> Any:
        """Return all steps as a Tensor, if one of them was one, or as an array."""
        return make_tensor(self.whole()) if self.tensors else self.whole()


def columns_of(count: int, length: int) -> list[Column]:
    """Return a column for each of several values of a step."""
    return [Column(length) for _ in range(count)]


def put_all(columns: Sequence[Column], index: int, values: Sequence[Any]) -> None:
    """Note the values of a step."""
    for column, y in zip(columns, values, strict=True):
        column.put(index, y)
