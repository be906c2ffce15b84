"""Small parameters updated as one array: NumPy takes half a microsecond to begin, whatever the size.

An update that is the same at every number may as well be computed of all parameters one after the other in one array.
Afterwards each has a view of its part of the new one, and what an optimiser remembers of it is such a view too. At the
next step nothing has to be put together again but the gradients, unless somebody has given a parameter other values.
What is remembered is not even taken apart until somebody asks for the state of an optimiser; from then on it is.

NOTE: a view holds the whole. The joined parameters of a group, of at most `SMALL` numbers each, are freed together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise, repeat
from operator import is_
from typing import Any, TypeAlias

import numpy as np
from numpy import ndarray

from autograd_lite.base.arraylike import is_array
from autograd_lite.base.shapes import Array
from autograd_lite.engine.record import as_array
from autograd_lite.engine.watchpoints import traced
from autograd_lite.tensor.tensor import Tensor

SMALL = 4096
"""Of more numbers than these, to copy takes longer than to begin."""


Start: TypeAlias = "Array | Callable[[Tensor], Array] | None"
"""What is remembered before the first step, or what tells it of a parameter; None for zeros like it."""


class UnevenError(Exception):
    """What is one number for each parameter, or the dtype, differs between some that were joined."""


class Part:
    """Several parameters that are updated at once, alike in dtype and in what is one number for each.

    `places` are theirs among the parameters of the group that have a gradient. `held` is what is remembered of all of
    them, an array or a number by name, as long as nobody looks at it: then it goes to the state of each.
    """

    __slots__ = ("_cuts", "_known", "dtype", "held", "params", "places")

    def __init__(self, params: Sequence[Tensor], places: Sequence[int]) -> None:
        self.params, self.places, self.dtype = params, places, params[0].dtype
        ends = pairwise(accumulate([p.size for p in params], initial=0))
        self._cuts = [(slice(*span), p.shape) for span, p in zip(ends, params, strict=True)]
        self._known: dict[str, tuple[Array, list[Array]]] = {}
        self.held: dict[str, Any] = {}

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

    def each(self) -> Iterator[tuple[Tensor, str, Array]]:
        """Yield what is held, for each parameter."""
        for name, value in self.held.items():
            one = np.ndim(value) == 0
            arrays = [np.array(value) for _ in self.params] if one else self.apart(name, value)
            yield from zip(self.params, repeat(name), arrays, strict=False)


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

    def begun(self, name: str, start: Callable[[Tensor], Array]) -> Array:
        """Return what is remembered under a name, which before the first step is ``start(p)`` of the parameter."""
        return self.remembered(self.p, name, start)._data

    def number(self, name: str, start: Any = 0.0) -> Array:
        """Return what is one number for each parameter, as the count of its steps; the same for all of them."""
        return self.remembered(self.p, name, start if is_array(start) else np.asarray(start))._data

    def value(self, name: str, start: float) -> Any:
        """Return such a number as a float, which leaves dtypes as they are, or as what stands for it in a trace."""
        found = self.number(name, start)
        return found if traced() else float(found)

    def count(self) -> Any:
        """Count this step, and return how many there were: a float, or what stands for it in a trace."""
        n = self.value("step", 0.0) + 1.0
        self.set_number("step", n)
        return n

    def product(self, name: str, factor: Any) -> Any:
        """Return the product of this number and of those of all steps before."""
        value = self.value(name, 1.0) * factor
        self.set_number(name, value)
        return value

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
    known : dict
        The state of the optimiser.
    also : list or None
        Where is noted what parts are to hold; None where the state of each parameter is set.
    """

    __slots__ = ("_found", "_news", "_p", "also", "known", "numbers", "part")
    part: Part
    numbers: set[str]
    known: dict[Tensor, dict[str, Tensor]]
    also: list[tuple[Any, ...]] | None

    def advance(self, rule: Rule, gradients: Sequence[Array]) -> None:
        """Compute new values, from the gradients of all parameters that have one."""
        part = self.part
        self._found: dict[str, list[Tensor]] = {}
        self._news: dict[str, Any] = {}
        self._p = part.joined("", part.params)
        mine = gradients if len(gradients) == len(part.places) else [gradients[i] for i in part.places]
        value = rule(self._p, np.concatenate(mine, axis=None), self)
        self.tensors += part.params
        self.arrays += part.apart("", value)
        if self.also is not None:
            self.also.append((part.held.update, self._news))

    def __getitem__(self, name: str) -> Array:
        held: Array | None = self.part.held.get(name)
        if held is not None:
            return held
        return np.zeros_like(self._p) if self._is_first(name) else self.part.joined(name, self._all(name))

    def __setitem__(self, name: str, value: Array) -> None:
        if self.also is not None:
            self._news[name] = value
            return
        self.tensors += self._all(name)
        self.arrays += self.part.apart(name, value)

    def begun(self, name: str, start: Callable[[Tensor], Array]) -> Array:
        if name in self.part.held:
            return self[name]
        if self._is_first(name):
            return np.concatenate([start(p) for p in self.part.params], axis=None)
        return self.part.joined(name, self._all(name, start))

    def number(self, name: str, start: Any = 0.0) -> Array:
        if name in self.part.held or self._is_first(name):
            return np.asarray(self.part.held.get(name, start))
        first, *others = [t._data for t in self._all(name, np.asarray(start))]
        for other in others:
            if other != first:
                self.numbers.add(name)
                raise UnevenError
        return first

    def set_number(self, name: str, value: Any) -> None:
        if self.also is not None:
            self._news[name] = value
            return
        tensors, array = self._all(name), as_array(value)
        self.tensors += tensors
        self.arrays += [array.copy() for _ in tensors]

    def _is_first(self, name: str) -> bool:
        """Tell whether something is to be held of which there is nothing yet."""
        return self.also is not None and not any(name in self.known.get(p, ()) for p in self.part.params)

    def _all(self, name: str, start: Start = None) -> list[Tensor]:
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

    def __init__(self, params: Sequence[Tensor], numbers: Callable[[Tensor], Any], fewest: float) -> None:
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


class Holding:
    """What an optimiser keeps so that it need not take its state apart, and that changes no number.

    Attributes
    ----------
    plans : dict
        By the identities of groups.
    numbers : set of str
        Of what is one number for each parameter, what has been found to differ.
    is_seen : bool
        Whether somebody may hold Tensors of the state, which then have to be up to date after each step.
    pending : list
        What a step sets besides Tensors, functions of C with their arguments.
    """

    _surveyed = ()

    def __init__(self) -> None:
        self.plans: dict[int, Plan] = {}
        self.numbers: set[str] = set()
        self.is_seen = False
        self.pending: list[tuple[Any, ...]] = []

    def parts(self) -> list[Part]:
        """Return those that hold something."""
        return [part for plan in self.plans.values() for part in plan.parts if part.held]


def _is_small(array: Array) -> bool:
    return array.__class__ is ndarray and array.size <= SMALL and bool(array.flags.c_contiguous)
