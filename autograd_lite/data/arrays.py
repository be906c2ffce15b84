"""Examples that are the rows of arrays as they lie: in memory, in files that are mapped, in pieces."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.data.collate import batch_like
from autograd_lite.data.datasets import Dataset, place_of
from autograd_lite.data.numbers import as_places
from autograd_lite.engine.operands import refuse_masked
from autograd_lite.engine.record import plain_of
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.tree import flatten, paths, unflatten


class ArrayDataset(Dataset[Any]):
    """Examples that are the rows of arrays, which are not copied: example i has row i of each.

    Parameters
    ----------
    *arrays : array_like, or dict, tuple, list, named tuple or dataclass of them
        Of the same length along the first axis; also those of ``np.load(path, mmap_mode="r")``, of which only the rows
        that are asked for are read. An example, and a batch, is built as what is given; of several it is a tuple.

    Raises
    ------
    ShapeError
        Lengths that differ.
    DataError
        Arrays of objects, and masked ones.

    Notes
    -----
    A batch is taken out of each array at once, and its arrays are Tensors. `TensorDataset` has Tensors as examples
    too, and keeps a derivative. The rows of an example are views: who writes to them writes to the array.

    Examples
    --------
    >>> data = ArrayDataset({"x": np.arange(6.0).reshape(3, 2), "y": np.array([0, 1, 0])})
    >>> data[1]
    {'x': array([2., 3.]), 'y': np.int64(1)}
    >>> data.batch([2, 0])["x"].tolist()
    [[4.0, 5.0], [0.0, 1.0]]
    """

    def __init__(self, *arrays: Any) -> None:
        self._parts, self._structure = flatten(arrays[0] if len(arrays) == 1 else arrays)
        self._parts = [part if isinstance(part, Rows) else _as_rows(part) for part in self._parts]
        lengths = {len(part) for part in self._parts}
        if len(lengths) != 1:
            found = zip(paths(self._structure, "arrays"), self._parts, strict=True)
            shown = ", ".join(f"{path} of {len(part)}" for path, part in found) or "none"
            raise errors.ShapeError(errors.ARRAYS_LENGTHS.format(shown=shown))
        self._batches = flatten(batch_like(unflatten(self._structure, self._parts)))[1]  # the same of every batch

    def __getitem__(self, index: Any) -> Any:
        return unflatten(self._structure, [part[index] for part in self._parts])

    def batch(self, indices: Sequence[int]) -> Any:
        """Return the rows of some numbers, all at once.

        Examples
        --------
        >>> ArrayDataset(np.arange(3.0), np.arange(3)).batch([2, 0])
        [Tensor([2., 0.], dtype=float64), Tensor([2, 0], dtype=int64)]
        """
        places = as_places(indices)
        return unflatten(self._batches, [_as_batch(part.take(places)) for part in self._parts])

    def __len__(self) -> int:
        return len(self._parts[0])


def _as_batch(rows: Any) -> Any:
    return Tensor(rows) if rows.dtype.kind not in "SU" else rows.tolist()


def _as_rows(x: Any) -> Rows:
    refuse_masked(x)
    x = plain_of(x)
    if not np.ndim(x):
        raise errors.ShapeError(errors.ARRAYS_NUMBER.format(given=type(x).__name__))
    return Rows([x if isinstance(x, np.ndarray) else np.asarray(x)])  # a mapped file stays one


class Rows:
    """The rows of several arrays, one after the other.

    Parameters
    ----------
    parts : sequence of ndarray
        Of the same dtype, and the same shape but for their lengths.
    """

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = list(parts)
        kinds = list(dict.fromkeys((np.shape(part)[1:], part.dtype) for part in self.parts))
        if not self.parts or not all(map(np.ndim, self.parts)) or len(kinds) > 1:
            shown = ", ".join(f"{part.dtype} of shape {np.shape(part)}" for part in self.parts) or "none"
            raise errors.ShapeError(errors.ARRAYS_PARTS.format(shown=shown))
        if self.parts[0].dtype.kind not in "biufcSU":
            raise errors.DataError(errors.ARRAYS_DTYPE.format(given=self.parts[0].dtype))
        self.ends = list(accumulate(map(len, self.parts)))

    def __len__(self) -> int:
        return self.ends[-1]

    def __getitem__(self, index: Any) -> Any:
        if len(self.parts) == 1:
            return self.parts[0][index]
        if isinstance(index, slice):
            return self.take(np.arange(*index.indices(len(self))))
        which, place = place_of(self.ends, operator.index(index))
        return self.parts[which][place]

    def take(self, places: np.ndarray[Any, Any]) -> Any:
        """Return the rows of some numbers."""
        if len(self.parts) == 1:
            return np.asarray(self.parts[0][places])
        outside = (places < -len(self)) | (places >= len(self))
        if outside.any():
            raise IndexError(errors.DATASET_INDEX.format(index=places[outside][0], length=len(self)))
        places = np.where(places < 0, places + len(self), places)
        found = np.empty((len(places), *self.parts[0].shape[1:]), self.parts[0].dtype)
        which = np.searchsorted(self.ends, places, side="right")
        for number in np.unique(which).tolist():
            here = which == number
            found[here] = self.parts[number][places[here] - (self.ends[number - 1] if number else 0)]
        return found
