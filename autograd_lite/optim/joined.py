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
    """What is one number for each parameter, or the dtype, differs between some that were joined."""


class Part:
    """Several parameters that are updated at once, alike in dtype and in what is one number for each.

    `places` are theirs among the parameters of the group that have a gradient.
    """

    __slots__ = ("_cuts", "_known", "dtype", "params", "places")

    def __init__(self, params: Sequence[Tensor], places: Sequence[int]) -> None:
        self.params, self.places, self.dtype = params, places, params[0].dtype
        ends = pairwise(accumulate([p.size for p in params], initial=0))
        self._cuts = [(slice(*span), p.shape) for span, p in zip(ends, params, strict=True)]
        self._known: dict[str, tuple[Array, list[Array]]] = {}

    def joined(self, name: str, tensors: Sequence[Tensor]) -> Array:
        """Return the arrays of the Tensors as one: that of which they still are the views made by `apart`."""
        arrays = [t._data for t in tensors]
        known = self._known.get(name)
        if known is not None and all(map(is_, arrays, known[1])) and arrays[0].base is known[0]:
            return known[0]
        if not name and any(array.dtype != self.dtype for array in arrays):  # converted since then by `Module.to`
            raise UnevenError
        return np.concatenate(arrays, axis=None).astype(self.dtype, copy=False)

    def apart(self, name: str, array: Array) -> list[Array]:
        """Return a view for each parameter."""
        views = [array[cut] if len(shape) == 1 else array[cut].reshape(shape) for cut, shape in self._cuts]
        self._known[name] = array, views
        return views


class State:
    """What an optimiser remembers of a parameter, or of several that it updates at once, by name.

    ``state[name]`` is an array like the parameters, of zeros before the first step, and is set to a new one.

    Attributes
    ----------
    tensors, arrays : list
        What is to change, and the new values.
    p : Tensor
        The parameter.
    """

    __slots__ = ("arrays", "p", "remembered", "tensors")
    p: Tensor

    def __init__(self, remembered: Callable[..., Tensor], tensors: list[Tensor], arrays: list[Array]) -> None:
        self.remembered, self.tensors, self.arrays = remembered, tensors, arrays

    def __getitem__(self, name: str) -> Array:
        found, dtype = self.remembered(self.p, name)._data, self.p._data.dtype
        return found if found.dtype is dtype else found.astype(dtype)  # of a parameter that `Module.to` has converted

    def __setitem__(self, name: str, value: Array) -> None:
        self.tensors.append(self.remembered(self.p, name))
        self.arrays.append(value if value.__class__ is ndarray else as_array(value))

    def number(self, name: str, start: Any = 0.0) -> Array:
        """Return what is one number for each parameter, as the count of its steps; the same for all of them."""
        return self.remembered(self.p, name, np.asarray(start))._data

    def set_number(self, name: str, value: Any) -> None:
        """Give all of them another number."""
        self[name] = value


class JoinedState(State):
    """The same for several parameters.

    Attributes
    ----------
    part : Part
        The parameters.
    numbers : set of str
        Where the name of a number is noted that is not the same for all.
    """

    __slots__ = ("_found", "numbers", "part")
    part: Part
    numbers: set[str]

    def advance(self, rule: Rule, gradients: Sequence[Array]) -> None:
        """Compute new values, from the gradients of all parameters that have one."""
        part = self.part
        self._found: dict[str, list[Tensor]] = {}
        g = np.concatenate([gradients[i] for i in part.places], axis=None)
        value = rule(part.joined("", part.params), g, self)
        self.tensors += part.params
        self.arrays += part.apart("", value)

    def __getitem__(self, name: str) -> Array:
        return self.part.joined(name, self._all(name))

    def __setitem__(self, name: str, value: Array) -> None:
        self.tensors += self._all(name)
        self.arrays += self.part.apart(name, value)

    def number(self, name: str, start: Any = 0.0) -> Array:
        first, *others = [t._data for t in self._all(name, np.asarray(start))]
        for other in others:
            if other != first:
                self.numbers.add(name)
                raise UnevenError
        return first

    def set_number(self, name: str, value: Any) -> None:
        tensors, array = self._all(name), as_array(value)
        self.tensors += tensors
        self.arrays += [array.copy() for _ in tensors]

    def _all(self, name: str, start: Array | None = None) -> list[Tensor]:
        """Return what is remembered under a name of each parameter."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = [self.remembered(p, name, start) for p in self.part.params]
        return found


Rule: TypeAlias = Callable[[Array, Array, State], Array]
"""``update(p, g, state)``: new values of parameters, number by number, from their gradient and what is remembered."""


class Plan:
    """How the parameters of a group that have a gradient are divided.

    Attributes
    ----------
    parts : list of Part
        Small ones that are alike, of which there are `fewest` at least; ``numbers(p)`` is the same for them.
    single : list of Tensor
        The others.
    """

    __slots__ = ("params", "parts", "single")

    def __init__(self, params: Sequence[Tensor], numbers: Callable[[Tensor], Any], fewest: int) -> None:
        self.params = params
        alike: dict[Any, list[int]] = {}
        for i, p in enumerate(params):
            if _is_small(p._data):
                alike.setdefault((p.dtype, numbers(p)), []).append(i)
        joined = [places for places in alike.values() if len(places) >= fewest]
        self.parts = [Part([params[i] for i in places], places) for places in joined]
        self.single = [params[i] for i in sorted(set(range(len(params))).difference(*joined))]

    def is_for(self, params: Sequence[Tensor]) -> bool:
        """Tell whether it is one for these very parameters."""
        return len(params) == len(self.params) and all(map(is_, params, self.params))


def _is_small(array: Array) -> bool:
    return array.__class__ is ndarray and array.size <= SMALL and bool(array.flags.c_contiguous)
