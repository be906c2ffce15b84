"""Methods that give the elements another shape, order or number of axes, or repeat them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite import errors
from autograd_lite.base.shapes import Axis
from autograd_lite.tensor.members.arrays import ArrayMethods
from autograd_lite.tensor.members.forms import numpys, one_by_one, own, together

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor


class Shaping:
    """Shapes and axes."""

    __slots__ = ()

    # ----- shapes -----

    @own
    def numel(self: Any) -> int:
        """Return the number of elements: PyTorch's name for `size`.

        >>> ag.Tensor([[1.0, 2.0]]).numel()
        2
        """
        return self.size

    @own
    def dim(self: Any) -> int:
        """Return the number of axes: PyTorch's name for `ndim`.

        >>> ag.Tensor([[1.0, 2.0]]).dim()
        2
        """
        return self.ndim

    @own
    def view(self: Any, *shape: Any) -> Tensor:
        """Return the elements in another shape: PyTorch's name for `reshape`.

        >>> ag.Tensor([1.0, 2.0, 3.0, 4.0]).view(2, -1).tolist()
        [[1.0, 2.0], [3.0, 4.0]]
        """
        if isinstance(shape[0], (str, type, np.dtype)):
            raise errors.UnsupportedError(errors.VIEW_DTYPE.format(given=f"{np.dtype(shape[0]).name!r}"))
        return self.reshape(*shape)

    @own
    def view_as(self: Any, other: Any) -> Tensor:
        """Return the elements in the shape of another Tensor or array.

        >>> ag.Tensor([1.0, 2.0]).view_as(np.zeros((2, 1))).tolist()
        [[1.0], [2.0]]
        """
        return self.reshape(np.shape(other))

    reshape_as = view_as

    @own
    def flatten(self: Any, order: str | int | None = "C", end_dim: int = -1, *, start_dim: int = 0) -> Tensor:
        """Return a copy of all elements in a row; or, as in PyTorch, the axes from `start_dim` to `end_dim` made one.

        A number in the place of `order` is `start_dim`.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).flatten().tolist()
        [1.0, 2.0, 3.0, 4.0]
        >>> ag.Tensor(np.zeros((5, 2, 3))).flatten(1).shape
        (5, 6)
        """
        if not isinstance(order, (int, np.integer)) and (start_dim, end_dim) == (0, -1):
            return self.ravel(order).copy()
        start_dim = order if isinstance(order, (int, np.integer)) else start_dim
        first, last = (normalize_axis_index(d, self.ndim) for d in (start_dim, end_dim))
        return self.reshape(*self.shape[:first], math.prod(self.shape[first : last + 1]), *self.shape[last + 1 :])

    @numpys(np.expand_dims)
    def unsqueeze(self, axis: int) -> Tensor:
        """Return the Tensor with a new axis of length 1 at a place: PyTorch's name for `numpy.expand_dims`.

        >>> ag.Tensor([1.0, 2.0]).unsqueeze(-1).shape
        (2, 1)
        """

    # ----- the order of axes and elements -----

    @own
    def permute(self: Any, *axes: Any) -> Tensor:
        """Return the Tensor with its axes in another order: PyTorch's name for `transpose`.

        >>> ag.Tensor(np.zeros((2, 3, 4))).permute(2, 0, 1).shape
        (4, 2, 3)
        """
        return self.transpose(*axes)

    @own
    def t(self: Any) -> Tensor:
        """Return a matrix with rows and columns exchanged; vectors and numbers as they are.

        >>> ag.Tensor([[1.0, 2.0]]).t().tolist()
        [[1.0], [2.0]]
        """
        if self.ndim > 2:  # noqa: PLR2004 - a matrix has two axes
            raise errors.ShapeError(errors.T_OF_MORE.format(shape=self.shape))
        return self.transpose()

    @numpys(np.moveaxis)
    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        """Return the Tensor with some axes at other places. PyTorch's ``movedim`` is the same.

        >>> ag.Tensor(np.zeros((2, 3, 4))).moveaxis(0, -1).shape
        (3, 4, 2)
        """

    swapdims, movedim = ArrayMethods.swapaxes, moveaxis

    @one_by_one(np.flip)
    def flip(self, *axis: Any) -> Tensor:
        """Return the elements in reverse order, along all axes or those that are named.

        >>> ag.Tensor([1.0, 2.0, 3.0]).flip().tolist()
        [3.0, 2.0, 1.0]
        """

    @numpys(np.roll)
    def roll(self, shift: Any, axis: Axis = None) -> Tensor:
        """Return the elements moved by some places; those that leave at the end come back at the beginning.

        >>> ag.Tensor([1.0, 2.0, 3.0]).roll(1).tolist()
        [3.0, 1.0, 2.0]
        """

    # ----- more of the same -----

    @own
    def expand(self: Any, *shape: Any) -> Tensor:
        """Return the Tensor repeated along its axes of length 1, and along new ones; -1 keeps a length.

        >>> ag.Tensor([[1.0], [2.0]]).expand(-1, 3).tolist()
        [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]
        """
        sizes = together(shape)
        lengths = (*(1,) * (len(sizes) - self.ndim), *self.shape)
        return self.broadcast_to(tuple(old if n == -1 else n for n, old in zip(sizes, lengths, strict=True)))

    @own
    def expand_as(self: Any, other: Any) -> Tensor:
        """Return the Tensor broadcast to the shape of another one, or of an array.

        >>> ag.Tensor([1.0, 2.0]).expand_as(np.zeros((2, 2))).tolist()
        [[1.0, 2.0], [1.0, 2.0]]
        """
        return self.broadcast_to(np.shape(other))

    @one_by_one(np.broadcast_to)
    def broadcast_to(self, *shape: Any) -> Tensor:
        """Return the Tensor broadcast to a shape.

        >>> ag.Tensor([1.0, 2.0]).broadcast_to(2, 2).tolist()
        [[1.0, 2.0], [1.0, 2.0]]
        """

    @one_by_one(np.tile)
    def tile(self, *reps: Any) -> Tensor:
        """Return the whole Tensor repeated, as PyTorch's ``repeat`` does.

        >>> ag.Tensor([1.0, 2.0]).tile(2).tolist()
        [1.0, 2.0, 1.0, 2.0]
        """

    @numpys(np.repeat)
    def repeat_interleave(self, repeats: Any, axis: int | None = None) -> Tensor:
        """Return every element repeated, as NumPy's ``repeat`` does.

        >>> ag.Tensor([1.0, 2.0]).repeat_interleave(2).tolist()
        [1.0, 1.0, 2.0, 2.0]
        """

    @own
    def contiguous(self: Any) -> Tensor:
        """Return the Tensor itself: how its elements lie in memory changes nothing here.

        >>> ag.Tensor([1.0, 2.0]).contiguous().tolist()
        [1.0, 2.0]
        """
        return self
