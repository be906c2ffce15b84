"""Methods that cut pieces out of a Tensor, put others in, or lay it out otherwise, with PyTorch's names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.lib.stride_tricks import sliding_window_view

from autograd_lite import errors
from autograd_lite.engine.operands import with_shape
from autograd_lite.tensor.members.forms import numpys, own
from autograd_lite.tensor.members.parts import along
from autograd_lite.tensor.members.placed import as_long, places_of

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor


class Pieces:
    """Pieces, windows, and matrices of what is given."""

    __slots__ = ()

    # ----- cut out -----

    @own
    def narrow(self: Any, axis: int, start: int, length: int) -> Tensor:
        """Return `length` parts along an axis, from the one at `start` on.

        >>> ag.Tensor([1.0, 2.0, 3.0, 4.0]).narrow(0, 1, 2).tolist()
        [2.0, 3.0]
        """
        n = self.shape[axis]
        first = int(start) + n * (start < 0)
        if not 0 <= first <= first + length <= n:
            raise errors.ArgumentError(errors.NARROW.format(start=start, length=length, n=n))
        return self[along(self, axis, slice(first, first + int(length)))]

    @own
    def tensor_split(self: Any, indices_or_sections: Any, axis: int = 0) -> tuple[Tensor, ...]:
        """Return a number of pieces along an axis, the first perhaps longer by one; or those that end at some places.

        >>> [piece.tolist() for piece in ag.Tensor([1.0, 2.0, 3.0]).tensor_split(2)]
        [[1.0, 2.0], [3.0]]
        """
        pieces: Any = np.array_split(self, indices_or_sections, axis)
        return tuple(pieces)

    @own
    def unfold(self: Any, dimension: int, size: int, step: int) -> Tensor:
        """Return windows of a length along an axis, `step` apart: one further axis, the last, has their elements.

        >>> ag.Tensor([1.0, 2.0, 3.0, 4.0]).unfold(0, 2, 2).tolist()
        [[1.0, 2.0], [3.0, 4.0]]
        """
        windows: Any = sliding_window_view(self, size, dimension)
        return windows[along(self, dimension, slice(None, None, step))]

    @own
    def take_along_dim(self: Any, indices: Any, axis: int | None = None) -> Tensor:
        """Return the elements whose places along an axis, or among all in a row, `indices` has.

        It is `numpy.take_along_axis`.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).take_along_dim([[1], [0]], dim=1).tolist()
        [[2.0], [3.0]]
        """
        places: Any = with_shape(indices)
        taken: Any = np.take_along_axis(self, places.ravel() if axis is None else places, axis)
        return taken

    # ----- laid out otherwise -----

    @own
    def unflatten(self: Any, axis: int, sizes: Any) -> Tensor:
        """Return the Tensor with one axis made into several, of which one may be -1: what is left.

        >>> ag.Tensor(np.zeros((2, 6))).unflatten(1, (3, -1)).shape
        (2, 3, 2)
        """
        axis = normalize_axis_index(axis, self.ndim)
        known = math.prod(n for n in sizes if n != -1)
        lengths = [self.shape[axis] // max(known, 1) if n == -1 else n for n in sizes]
        if math.prod(lengths) != self.shape[axis]:
            raise errors.ShapeError(errors.UNFLATTEN.format(sizes=tuple(sizes), dim=axis, given=self.shape[axis]))
        return self.reshape(*self.shape[:axis], *lengths, *self.shape[axis + 1 :])

    @own
    def diag_embed(self: Any, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Tensor:
        """Return matrices with the last axis on a diagonal, and zeros beside it.

        >>> ag.Tensor([1.0, 2.0]).diag_embed().tolist()
        [[1.0, 0.0], [0.0, 2.0]]
        """
        rows, columns = np.indices((self.shape[-1] + abs(offset),) * 2)
        places = (rows + min(offset, 0)).clip(0, max(self.shape[-1] - 1, 0))
        made: Any = np.where(columns - rows == offset, self[..., places], 0)
        return np.moveaxis(made, (-2, -1), (axis1, axis2))

    @own
    def rot90(self: Any, k: int = 1, axis: Any = (0, 1)) -> Tensor:
        """Return the Tensor turned by right angles, from the first of two axes to the second: `numpy.rot90`.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).rot90().tolist()
        [[2.0, 4.0], [1.0, 3.0]]
        """
        return np.rot90(self, k, axis)

    @numpys(np.fliplr)
    def fliplr(self) -> Tensor:
        """Return the columns in reverse order.

        >>> ag.Tensor([[1.0, 2.0]]).fliplr().tolist()
        [[2.0, 1.0]]
        """

    @numpys(np.flipud)
    def flipud(self) -> Tensor:
        """Return the rows in reverse order.

        >>> ag.Tensor([[1.0], [2.0]]).flipud().tolist()
        [[2.0], [1.0]]
        """

    # ----- put in -----

    @own
    def index_fill(self: Any, axis: int, index: Any, value: Any) -> Tensor:
        """Return the Tensor with one value in the parts at some places along an axis.

        >>> ag.Tensor([1.0, 2.0, 3.0]).index_fill(0, [0, 2], 9.0).tolist()
        [9.0, 2.0, 9.0]
        """
        return _with(self, along(self, axis, with_shape(index)), value)

    @own
    def index_copy(self: Any, axis: int, index: Any, source: Any) -> Tensor:
        """Return the Tensor with the parts of `source` at some places along an axis.

        >>> ag.Tensor([1.0, 2.0, 3.0]).index_copy(0, [2, 0], [7.0, 8.0]).tolist()
        [8.0, 2.0, 7.0]
        """
        return _with(self, along(self, axis, with_shape(index)), source)

    @own
    def index_put(self: Any, indices: Any, values: Any, accumulate: bool = False) -> Tensor:
        """Return the Tensor with other values at places that a tuple of arrays names; or with these added there.

        >>> ag.zeros(3).index_put((np.array([1, 1]),), ag.ones(2), accumulate=True).tolist()
        [0.0, 2.0, 0.0]
        """
        key = tuple(map(with_shape, indices))
        if not accumulate:
            return _with(self, key, values)
        made = self.copy()
        np.add.at(made, key, values)
        return made

    @own
    def masked_scatter(self: Any, mask: Any, source: Any) -> Tensor:
        """Return the Tensor with the first elements of `source`, in a row, where the mask is true.

        >>> ag.zeros(3).masked_scatter(np.array([True, False, True]), ag.tensor([1.0, 2.0, 3.0])).tolist()
        [1.0, 0.0, 2.0]
        """
        here: Any = np.broadcast_to(mask, self.shape)
        return _with(self, here, source.ravel()[: int(np.count_nonzero(here))])

    @own
    def scatter_reduce(
        self: Any, axis: int, index: Any, src: Any, reduce: str, *, include_self: bool = True
    ) -> Tensor:  # fmt: skip
        """Return the Tensor with the elements of `src` combined into those that `index` names along an axis.

        `reduce` is "sum", "prod", "mean", "amax" or "amin"; without `include_self` what was there does not count.

        >>> ag.ones(3).scatter_reduce(0, [1, 1, 2], ag.tensor([2.0, 3.0, 4.0]), "prod").tolist()
        [1.0, 6.0, 4.0]
        """
        if reduce not in _REDUCTIONS:
            raise errors.ArgumentError(errors.SCATTER_REDUCE.format(given=reduce))
        places, ufunc = places_of(self, axis, index), _REDUCTIONS[reduce]
        counts: Any = np.zeros(self.shape, int)
        np.add.at(counts, places, 1)
        base = self.copy() if include_self else np.where(counts > 0, _neutral(ufunc, self.dtype), self)
        ufunc.at(base, places, as_long(src, index))
        return base / np.maximum(counts + include_self, 1) if reduce == "mean" else base

    # ----- of matrices -----

    @own
    def det(self: Any) -> Tensor:
        """Return the determinant of a matrix, or of each of a stack: `numpy.linalg.det`.

        >>> ag.Tensor([[2.0, 0.0], [0.0, 3.0]]).det().round(6).item()
        6.0
        """
        return np.linalg.det(self)

    @own
    def logdet(self: Any) -> Tensor:
        """Return the logarithm of the determinant; nan where that is below 0.

        >>> ag.Tensor([[1.0, 0.0], [0.0, 1.0]]).logdet().item()
        0.0
        """
        sign, size = np.linalg.slogdet(self)
        found: Any = np.where(sign < 0, np.nan, size)
        return found

    @own
    def inverse(self: Any) -> Tensor:
        """Return the inverse of a matrix, or of each of a stack: `numpy.linalg.inv`.

        >>> ag.Tensor([[2.0, 0.0], [0.0, 4.0]]).inverse().tolist()
        [[0.5, 0.0], [0.0, 0.25]]
        """
        found: Any = np.linalg.inv(self)
        return found

    # ----- what it has, new ones -----

    @own
    def nelement(self: Any) -> int:
        """Return the number of elements: PyTorch's other name for `numel`.

        >>> ag.Tensor([[1.0, 2.0]]).nelement()
        2
        """
        return self.size

    @own
    def ndimension(self: Any) -> int:
        """Return the number of axes: PyTorch's other name for `dim`.

        >>> ag.Tensor([[1.0, 2.0]]).ndimension()
        2
        """
        return self.ndim

    @own
    def new_empty(self: Any, *size: Any, dtype: Any = None) -> Tensor:
        """Return numbers that nobody has chosen, of the same dtype in another shape.

        >>> ag.Tensor([1.0]).new_empty(2, 3).shape
        (2, 3)
        """
        return self.new_zeros(*size, dtype=dtype)


_REDUCTIONS: dict[str, np.ufunc] = {
    "sum": np.add, "mean": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum,
}  # fmt: skip
"""What combines two elements."""


def _neutral(ufunc: np.ufunc, dtype: Any) -> Any:
    """Return the number that changes nothing where it is combined with another."""
    if ufunc.identity is not None:
        return np.asarray(ufunc.identity, dtype)
    lowest, highest = (-np.inf, np.inf) if dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return np.asarray(lowest if ufunc is np.maximum else highest, dtype)


def _with(t: Any, key: Any, value: Any) -> Any:
    made = t.copy()
    made[key] = value
    return made
