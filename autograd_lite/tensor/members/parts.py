"""Methods that choose elements, and take a Tensor apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite import errors
from autograd_lite.engine.operands import with_shape
from autograd_lite.engine.registry import handler_of
from autograd_lite.tensor.members.forms import numpys, own

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor

_where, _split, _unstack = handler_of(np.where), handler_of(np.split), handler_of(np.unstack)
_take_along_axis = handler_of(np.take_along_axis)


class PartMethods:
    """Elements by place or by condition, diagonals, and pieces along an axis."""

    __slots__ = ()

    @own
    def index_select(self: Any, axis: int, index: Any) -> Tensor:
        """Return the parts at some places along an axis: PyTorch's order of arguments for `take`.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).index_select(1, [1]).tolist()
        [[2.0], [4.0]]
        """
        return self.take(index, axis)

    @own
    def select(self: Any, axis: int, index: int) -> Tensor:
        """Return the part at one place along an axis.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).select(1, 0).tolist()
        [1.0, 3.0]
        """
        return self[along(self, axis, index)]

    @own
    def gather(self: Any, axis: int, index: Any) -> Tensor:
        """Return, for each place of `index`, the element that it names along an axis, as PyTorch does.

        Along the other axes `index` may be shorter. It is `numpy.take_along_axis`, but for the order of arguments.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).gather(1, [[1], [0]]).tolist()
        [[2.0], [3.0]]
        """
        shape = np.shape(index)
        axis = normalize_axis_index(axis, self.ndim)
        inside = self[tuple(slice(None) if i == axis else slice(n) for i, n in enumerate(shape))]
        return _take_along_axis(inside, with_shape(index), axis)

    @own
    def masked_fill(self: Any, mask: Any, value: Any) -> Tensor:
        """Return the values, with another one where the mask is true; there the derivative is 0.

        >>> ag.Tensor([1.0, 2.0]).masked_fill([True, False], -np.inf).tolist()
        [-inf, 2.0]
        """
        return _where(mask, value, self)

    @own
    def masked_select(self: Any, mask: Any) -> Tensor:
        """Return the elements where the mask is true, in a row.

        >>> ag.Tensor([1.0, 2.0]).masked_select(np.array([True, False])).tolist()
        [1.0]
        """
        return self[mask]

    @own
    def where(self: Any, condition: Any, other: Any) -> Tensor:
        """Return the values where the condition is true, and those of `other` elsewhere.

        >>> ag.Tensor([1.0, 2.0]).where([True, False], 0.0).tolist()
        [1.0, 0.0]
        """
        return _where(condition, self, other)

    # ----- diagonals and triangles -----

    @numpys(np.diag)
    def diag(self, k: int = 0) -> Tensor:
        """Return a diagonal of a matrix, or the matrix with a vector on it.

        >>> ag.Tensor([1.0, 2.0]).diag().tolist()
        [[1.0, 0.0], [0.0, 2.0]]
        """

    @numpys(np.tril)
    def tril(self, k: int = 0) -> Tensor:
        """Return the lower triangle, with zeros above the diagonal.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).tril().tolist()
        [[1.0, 0.0], [3.0, 4.0]]
        """

    @numpys(np.triu)
    def triu(self, k: int = 0) -> Tensor:
        """Return the upper triangle, with zeros below the diagonal.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).triu().tolist()
        [[1.0, 2.0], [0.0, 4.0]]
        """

    # ----- pieces -----

    @own
    def split(self: Any, split_size_or_sections: Any, axis: int = 0) -> tuple[Tensor, ...]:
        """Return pieces of a size along an axis, the last perhaps shorter; or of the sizes in a list.

        As in PyTorch; `numpy.split` is told how many pieces, or where they end.

        >>> [piece.tolist() for piece in ag.Tensor([1.0, 2.0, 3.0]).split(2)]
        [[1.0, 2.0], [3.0]]
        """
        n, sizes = self.shape[axis], split_size_or_sections
        ends = list(range(sizes, n, sizes)) if isinstance(sizes, (int, np.integer)) and sizes > 0 else _ends(sizes, n)
        return tuple(_split(self, ends, axis))

    @own
    def chunk(self: Any, chunks: int, axis: int = 0) -> tuple[Tensor, ...]:
        """Return at most `chunks` pieces along an axis, as PyTorch cuts them: all but the last of one size.

        >>> [piece.tolist() for piece in ag.Tensor([1.0, 2.0, 3.0]).chunk(2)]
        [[1.0, 2.0], [3.0]]
        """
        return self.split(max(-(-self.shape[axis] // chunks), 1), axis)

    @own
    def unbind(self: Any, axis: int = 0) -> tuple[Tensor, ...]:
        """Return the parts along an axis, which none of them has any more.

        >>> [part.tolist() for part in ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).unbind(1)]
        [[1.0, 3.0], [2.0, 4.0]]
        """
        return _unstack(self, axis=axis)


def _ends(sizes: Any, n: int) -> list[int]:
    """Return where the pieces end, but for the last one."""
    *ends, last = np.cumsum(sizes).tolist() or [0]
    if last != n or np.ndim(sizes) != 1:
        raise errors.ShapeError(errors.SPLIT_SIZES.format(given=sizes, n=n))
    return ends


def along(t: Any, axis: int, key: Any) -> tuple[Any, ...]:
    """Return the index that takes `key` along an axis."""
    return (*(slice(None),) * normalize_axis_index(axis, t.ndim), key)
