"""Methods that turn many elements into one: all of them, or those along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.base.shapes import Axis
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules import exponentials
from autograd_lite.tensor.members.forms import numpys, own
from autograd_lite.tensor.members.orders import Placed, at_places

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor


_norm, _flip = handler_of(np.linalg.vector_norm), handler_of(np.flip)


class Reductions:
    """Sums, extrema, moments, and what is counted or looked for."""

    __slots__ = ()

    # ----- moments and norms -----

    @own
    def norm(self: Any, p: float | str = 2, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Return ``sum(abs(t)**p)**(1/p)`` of all elements, or of those along the axes; the derivative at 0 is 0.

        >>> ag.Tensor([[3.0, 4.0], [6.0, 8.0]]).norm(axis=1).tolist()
        [5.0, 10.0]
        """
        axes = tuple(axis) if isinstance(axis, list) else axis
        return _norm(self, ord=2 if p == "fro" else p, axis=axes, keepdims=keepdims)

    @own
    def logsumexp(self: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Return ``log(sum(exp(t)))`` without overflow, over all elements or along the axes.

        >>> ag.Tensor([1000.0, 1000.0]).logsumexp().round(3).item()
        1000.693
        """
        return exponentials.logsumexp(self, axis=axis, keepdims=keepdims)

    @own
    def softmax(self: Any, axis: Axis = -1) -> Tensor:
        """Return ``exp(t) / sum(exp(t))`` along an axis: positive numbers that sum to 1.

        >>> ag.Tensor([0.0, np.log(3)]).softmax().tolist()
        [0.25, 0.75]
        """
        return exponentials.softmax(self, axis)

    @own
    def log_softmax(self: Any, axis: Axis = -1) -> Tensor:
        """Return the logarithm of `softmax`, exact also where that underflows.

        >>> ag.Tensor([0.0, 1000.0]).log_softmax().tolist()
        [-1000.0, 0.0]
        """
        return exponentials.log_softmax(self, axis)

    # ----- extrema -----

    @numpys(np.max)
    def amax(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return the largest element, as `max`: PyTorch's name for the values without their places.

        >>> ag.Tensor([[1.0, 2.0], [5.0, 4.0]]).amax(dim=1).tolist()
        [2.0, 5.0]
        """

    @numpys(np.min)
    def amin(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return the smallest element, as `min`: PyTorch's name for the values without their places.

        >>> ag.Tensor([[1.0, 2.0], [5.0, 4.0]]).amin(dim=1).tolist()
        [1.0, 4.0]
        """

    @numpys(np.ptp)
    def ptp(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return the largest element minus the smallest.

        >>> ag.Tensor([1.0, 5.0, 2.0]).ptp().item()
        4.0
        """

    @own
    def topk(self: Any, k: int, axis: int = -1, largest: bool = True, sorted: bool = True) -> Placed:  # noqa: A002 - PyTorch's name
        """Return the `k` largest elements along an axis, largest first, and their places; or the smallest.

        They come in their order, whether `sorted` asks for it or not.

        >>> values, indices = ag.Tensor([1.0, 5.0, 2.0]).topk(2)
        >>> values.tolist(), indices.tolist()
        ([5.0, 2.0], [1, 2])
        """
        order = self.argsort(axis)
        places = (_flip(order, axis) if largest else order).take(np.arange(k), axis)
        return at_places(self, places, axis)

    # ----- questions -----

    @numpys(np.count_nonzero)
    def count_nonzero(self, axis: Axis = None) -> Tensor:
        """Return how many elements, in all or along the axes, are not 0.

        >>> ag.Tensor([1.0, 0.0, 2.0]).count_nonzero().item()
        2
        """
