"""Elements and their places along an axis, as PyTorch returns both: the largest, and all in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd_lite.engine.registry import handler_of

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor

_argsort, _flip = handler_of(np.argsort), handler_of(np.flip)
_taken, _without = handler_of(np.take_along_axis), handler_of(np.squeeze)


class Placed(NamedTuple):
    """Elements, and their places along an axis."""

    values: Tensor
    indices: Tensor


def at_places(t: Any, places: Any, dim: int, keepdim: bool = True) -> Placed:
    """Return the elements at some places along an axis, and these; without the axis, of length 1, if it shall go."""
    pair = _taken(t, places, dim), places
    return Placed(*pair) if keepdim else Placed(*[_without(x, axis=dim) for x in pair])


def with_places(place: Callable[..., Any]) -> Callable[..., Placed]:
    """Return what finds elements by `place`, such as `numpy.argmax`; of equal ones the first is meant."""
    find = handler_of(place)
    return lambda t, dim, keepdim=False: at_places(t, find(t, axis=dim, keepdims=True), dim, keepdim)


def order_of(t: Any, dim: int = -1, descending: bool = False) -> Any:
    """Return the places of the elements in their order along an axis; equal ones stay in theirs."""
    if not descending:
        return _argsort(t, axis=dim, kind="stable")
    last = (t.shape[dim] if t.ndim else 1) - 1
    return last - _flip(_argsort(_flip(t, dim), axis=dim, kind="stable"), dim)


def in_order(t: Any, dim: int = -1, descending: bool = False) -> Placed:
    """Return the elements in their order along an axis, and the places that they were at."""
    return at_places(t, order_of(t, dim, descending), dim)
