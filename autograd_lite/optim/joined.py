"""Small parameters updated as one array: NumPy takes half a microsecond to begin, whatever the size.

An update that is the same at every number may as well be computed of all parameters one after the other in one array.
Afterwards each has a view of its part of the new one, and what an optimiser remembers of it is such a view too. At the
next step nothing has to be put together again but the gradients, unless somebody has given a parameter other values.

NOTE: a view holds the whole. The joined parameters of a group, of at most `SMALL` numbers each, are freed together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from operator import is_
from typing import Any, TypeAlias

import numpy as np
from numpy import ndarray

from autograd_lite.base.shapes import Array
from autograd_lite.engine.record import as_array
from autograd_lite.tensor.tensor import Tensor

SMALL = 4096
"""Of more numbers than these, to copy takes longer than to begin."""


class UnevenError(Exception):
    """Parameters that were joined are not alike any more."""


class Part:
    """Parameters that are updated at once: one, or several alike in dtype and in what is one number for each.

    `alone` is the only one, and None where there are several; `places` are theirs among those with a gradient.
    """

    __slots__ = ("_cuts", "_known", "alone", "params", "places")

    def __init__(self, params: Sequence[Tensor], places: Sequence[int]) -> None:
        self.params, self.places = params, places
        self.alone = params[0] if len(params) == 1 else None
        ends = pairwise(accumulate([p.size for p in params], initial=0))
        self._cuts = [(slice(*span), p.shape) for span, p in zip(ends, params, strict=True)]
        self._known: dict[str, tuple[Array, list[Array]]] = {}

    def joined(self, name: str, tensors: Sequence[Tensor]) -> Array:
        """Return the arrays of several Tensors as one: that of which they still are the views made by `apart`."""
        arrays = [t._data for t in tensors]
        known = self._known.get(name)
        if known is not None and all(map(is_, arrays, known[1])) and arrays[0].base is known[0]:
            return known[0]
        if {type(array) for array in arrays} != {ndarray}:
            raise UnevenError
        return np.concatenate(arrays, axis=None)

    def apart(self, name: str, array: Array) -> list[Array]:
        """Return a view for each of several parameters."""
        views = [array[cut] if len(shape) == 1 else array[cut].reshape(shape) for cut, shape in self._cuts]
        self._known[name] = array, views
        return views


class State:
    """What an optimiser remembers of the parameters that it updates at once, by name.

    ``state[name]`` is an array like the parameters, of zeros before the first step, and is set to a new one.

    Attributes
    ----------
    tensors, arrays : list
        What is to change, and the new values.
    part : Part
        The parameters.
    """

    __slots__ = ("_named", "_numbers", "_remembered", "arrays", "part", "tensors")
    part: Part

    def __init__(
        self, remembered: Callable[..., Tensor], numbers: set[str], tensors: list[Tensor], arrays: list[Array]
    ) -> None:
        self._remembered, self._numbers, self.tensors, self.arrays = remembered, numbers, tensors, arrays
        self._named: dict[str, list[Tensor]] = {}

    def __getitem__(self, name: str) -> Array:
        tensors = self._all(name)
        return tensors[0]._data if self.part.alone is not None else self.part.joined(name, tensors)

    def __setitem__(self, name: str, value: Array) -> None:
        self._put(name, self._all(name), value)

    def number(self, name: str, start: Any = 0.0) -> Array:
        """Return what is one number for each parameter, as the count of its steps; the same for all of them."""
        first, *others = [t._data for t in self._all(name, np.asarray(start))]
        for other in others:
            if other != first:
                self._numbers.add(name)
                raise UnevenError
        return first

    def set_number(self, name: str, value: Any) -> None:
        """Give all of them another number."""
        tensors, array = self._all(name), as_array(value)
        self.tensors += tensors
        self.arrays += [array, *[array.copy() for _ in tensors[1:]]]

    def advance(self, rule: Rule, gradients: Sequence[Array]) -> None:
        """Compute new values of the parameters, from the gradients of all that have one."""
        part = self.part
        self._named.clear()
        if part.alone is not None:
            p, g = part.alone._data, gradients[part.places[0]]
        else:
            p, g = part.joined("", part.params), np.concatenate([gradients[i] for i in part.places], axis=None)
        self._put("", part.params, rule(p, g, self))

    def _all(self, name: str, start: Array | None = None) -> list[Tensor]:
        """Return what is remembered under a name of each parameter."""
        tensors = self._named.get(name)
        if tensors is None:
            tensors = self._named[name] = [self._remembered(p, name, start) for p in self.part.params]
        return tensors

    def _put(self, name: str, tensors: Sequence[Tensor], value: Any) -> None:
        array = value if value.__class__ is ndarray else as_array(value)
        self.tensors += tensors
        self.arrays += [array] if self.part.alone is not None else self.part.apart(name, array)


Rule: TypeAlias = Callable[[Array, Array, State], Array]
"""``update(p, g, state)``: new values of parameters, number by number, from their gradient and what is remembered."""


class Plan:
    """How parameters that have a gradient are divided into parts: each by itself, but for small ones that are alike.

    ``numbers(p)`` is what has to be the same for those that are joined; None joins none.
    """

    __slots__ = ("params", "parts")

    def __init__(self, params: Sequence[Tensor], numbers: Callable[[Tensor], Any] | None = None) -> None:
        self.params = params
        alike: dict[Any, list[int]] = {}
        for i, p in enumerate(params):
            small = numbers is not None and _is_small(p._data)
            alike.setdefault((p.dtype, numbers(p)) if small else i, []).append(i)  # type: ignore[misc]
        self.parts = [Part([params[i] for i in places], places) for places in alike.values()]

    def is_for(self, params: Sequence[Tensor]) -> bool:
        """Tell whether it is one for these very parameters."""
        return len(params) == len(self.params) and all(map(is_, params, self.params))


def _is_small(array: Array) -> bool:
    return array.__class__ is ndarray and array.size <= SMALL and bool(array.flags.c_contiguous)
