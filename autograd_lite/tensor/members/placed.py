"""Methods that put elements to places which an index names, or random numbers; and new Tensors of the same dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite.engine.generators import generator as generator_of
from autograd_lite.engine.operands import with_shape
from autograd_lite.tensor.members.forms import own, together

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor


class Placing:
    """Elements that get other values, by place or at random, with PyTorch's names."""

    __slots__ = ()

    # ----- by place -----

    @own
    def scatter(self: Any, axis: int, index: Any, src: Any) -> Tensor:
        """Return the Tensor with the elements of `src`, or one number, at the places that `index` names along an axis.

        It is the counterpart of `gather`: the other coordinates of a place are those in `index`. Of several elements
        for one place the last one stays.

        >>> ag.zeros(2, 3).scatter(1, [[2], [0]], 1.0).tolist()
        [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
        """
        return self.copy().scatter_(axis, index, src)

    @own
    def scatter_(self: Any, axis: int, index: Any, src: Any) -> Tensor:
        """Put the elements of `src`, or one number, to the places that `index` names along an axis: see `scatter`.

        >>> ag.zeros(2, 3).scatter_(1, [[2], [0]], 1.0).tolist()
        [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
        """
        self[places_of(self, axis, index)] = as_long(src, index)
        return self

    @own
    def scatter_add(self: Any, axis: int, index: Any, src: Any) -> Tensor:
        """Return the Tensor with the elements of `src` added at the places that `index` names along an axis.

        >>> ag.zeros(3).scatter_add(0, [1, 1, 2], ag.tensor([1.0, 2.0, 3.0])).tolist()
        [0.0, 3.0, 3.0]
        """
        return self.copy().scatter_add_(axis, index, src)

    @own
    def scatter_add_(self: Any, axis: int, index: Any, src: Any) -> Tensor:
        """Add the elements of `src` at the places that `index` names along an axis: see `scatter`.

        >>> ag.zeros(3).scatter_add_(0, [1, 1, 2], ag.tensor([1.0, 2.0, 3.0])).tolist()
        [0.0, 3.0, 3.0]
        """
        np.add.at(self, places_of(self, axis, index), as_long(src, index))
        return self

    @own
    def index_add(self: Any, axis: int, index: Any, source: Any, *, alpha: float = 1) -> Tensor:
        """Return the Tensor with parts of `source` added to those at some places along an axis.

        >>> ag.zeros(2, 2).index_add(0, [1, 1], ag.ones(2, 2)).tolist()
        [[0.0, 0.0], [2.0, 2.0]]
        """
        return self.copy().index_add_(axis, index, source, alpha=alpha)

    @own
    def index_add_(self: Any, axis: int, index: Any, source: Any, *, alpha: float = 1) -> Tensor:
        """Add parts of `source` to those at some places along an axis.

        >>> ag.zeros(2, 2).index_add_(0, [1, 1], ag.ones(2, 2)).tolist()
        [[0.0, 0.0], [2.0, 2.0]]
        """
        key = (*(slice(None),) * normalize_axis_index(axis, self.ndim), with_shape(index))
        np.add.at(self, key, source if alpha == 1 else np.multiply(source, alpha))
        return self

    # ----- at random -----

    @own
    def uniform_(self: Any, low: float = 0.0, high: float = 1.0, *, generator: Any = None) -> Tensor:
        """Give all elements random values that are equally likely between two bounds.

        >>> t = ag.empty(3).uniform_(2.0, 3.0)
        >>> bool(((t >= 2.0) & (t < 3.0)).all())
        True
        """
        return self.copy_(generator_of(generator).uniform(low, high, self.shape))

    @own
    def normal_(self: Any, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
        """Give all elements normal random values.

        >>> ag.empty(2).normal_(5.0, 0.0).tolist()
        [5.0, 5.0]
        """
        return self.copy_(generator_of(generator).normal(mean, std, self.shape))

    # ----- new ones -----

    @own
    def new_zeros(self: Any, *size: Any, dtype: Any = None) -> Tensor:
        """Return zeros of the same dtype in another shape.

        >>> ag.tensor([1, 2]).new_zeros(2).tolist()
        [0, 0]
        """
        return self.new_full(together(size), 0, dtype=dtype)

    @own
    def new_ones(self: Any, *size: Any, dtype: Any = None) -> Tensor:
        """Return ones of the same dtype in another shape.

        >>> ag.ones(2, dtype=ag.float32).new_ones(3).dtype
        dtype('float32')
        """
        return self.new_full(together(size), 1, dtype=dtype)

    @own
    def new_full(self: Any, size: Any, fill_value: Any, *, dtype: Any = None) -> Tensor:
        """Return one value everywhere, of the same dtype in another shape.

        >>> ag.ones(2).new_full((3,), 0.5).tolist()
        [0.5, 0.5, 0.5]
        """
        return np.full_like(self.detach(), fill_value, dtype=dtype, shape=size)

    @own
    def new_tensor(self: Any, data: Any, *, dtype: Any = None) -> Tensor:
        """Return data as a new Tensor of the same dtype.

        >>> ag.ones(2, dtype=ag.float32).new_tensor([1, 2]).dtype
        dtype('float32')
        """
        return np.zeros_like(self.detach(), dtype=dtype, shape=np.shape(data)).copy_(data)


def places_of(t: Any, axis: int, index: Any) -> tuple[Any, ...]:
    """Return the full index of places of which one coordinate is named, and the others are those in the index."""
    index = with_shape(index)
    places = list(np.indices(np.shape(index), sparse=True))
    places[normalize_axis_index(axis, t.ndim)] = index
    return tuple(places)


def as_long(src: Any, index: Any) -> Any:
    """Return as much of a source as an index names places for; one number as it is."""
    return src[tuple([slice(n) for n in np.shape(index)])] if np.ndim(src) else src
