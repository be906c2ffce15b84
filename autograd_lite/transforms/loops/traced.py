"""A loop while `compile` records: its step is recorded once, and the program repeats it.

The step is carried out with stand-ins for the carry and the elements. What it reads besides is given to the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.record import Handle, array_of, make_tensor
from autograd_lite.engine.switch import is_grad_enabled
from autograd_lite.engine.watchpoints import Step, step
from autograd_lite.transforms.loops.laps import Leaves
from autograd_lite.transforms.loops.recording import Recording, array_in, bare, order_of
from autograd_lite.transforms.loops.traced_batches import closed, in_examples, levels_of, opened, spread, stepwise


class Repeated:
    """What all steps of a loop have left, as a program computes it."""

    def __init__(self, array: Array, tensors: bool) -> None:
        self._array, self.tensors = array, tensors

    def whole(self) -> Array:
        """Return the array of all steps."""
        return self._array

    def result(self) -> Any:
        """Return all steps as a Tensor, if one of them was one, or as an array."""
        return make_tensor(self._array) if self.tensors else self._array


class _Unrepeatable(Exception):  # noqa: N818 - no error
    """A step draws random numbers, or calls what nobody can see into."""


class TracedLoop(Recording):
    """A loop of which one step is recorded."""

    def results(self) -> tuple[Leaves, Leaves]:
        """Return the last carry, and what steps left; of steps that cannot be repeated, of each by itself."""
        try:
            return super().results()
        except _Unrepeatable:
            return self._unrolled()

    def carried_out(self) -> tuple[Leaves, Sequence[Any], Sequence[Any], list[Any]]:
        """Return the last carry, what steps left, the carry before each, and that no numbers are repeated.

        NOTE: what has a derivative, and what is a number of which kind, is known after a step; until that is what was
        taken for granted, the step is recorded again.
        """
        kinds: list[Any] = [None] * len(self.begin)
        elements = [stepwise(a) for a in self.arrays]  # NOTE: what is done before a step begins is no part of it
        while True:
            moving = set(self.moving)
            begin = [_at_first(c, kind) for c, kind in zip(self.begin, kinds, strict=True)]
            here = step()
            if here is None:
                raise _Unrepeatable
            carry = [_standing(here, *parts) for parts in zip(self.begin, begin, kinds, strict=True)]
            xs = [self._element(here, *parts) for parts in zip(self.given, self.arrays, elements, strict=True)]
            after, ys = self._once(carry, xs)
            if not here.is_whole():
                here.forget()
                raise _Unrepeatable
            found = [_kind(here, c) for c in after]
            if found == kinds and moving == self.moving:
                return self._repeated(here, (carry, begin), (xs, elements), after, ys)
            here.forget()
            kinds = found

    def _element(self, here: Step, t: Any, array: Any, elements: Any) -> Any:
        """Return what a step is given for an element."""
        stand = closed(here.standing_for(elements, at=-1 if self.reverse else 0), levels_of(array))
        return make_tensor(stand) if isinstance(t, Handle) else stand

    def _once(self, carry: Leaves, xs: Leaves) -> tuple[Leaves, Leaves]:
        if is_grad_enabled():
            return self.noted(carry, xs)
        after, ys = self.body(carry, xs)
        return [bare(c) for c in after], ys

    def _repeated(
        self, here: Step, carry: tuple[Leaves, Leaves], xs: tuple[Leaves, Leaves], after: Leaves, ys: Leaves
    ) -> tuple[Leaves, Sequence[Any], Sequence[Any], list[Any]]:
        """Return the results of the loop."""
        stands, begin = carry
        outputs = [array_in(y) for y in (*after, *ys, *(stands if self.kept else []))]
        over = (_opened(stands), begin), (_opened(xs[0]), xs[1])
        found = here.repeated(self.length, self.reverse, *over, list(map(opened, outputs)))
        n, m = len(after), len(after) + len(ys)
        arrays = [closed(a, levels_of(y)) for a, y in zip(found[:n], outputs, strict=False)]
        columns = [in_examples(a, levels_of(y)) for a, y in zip(found[n:], outputs[n:], strict=True)]
        last = [make_tensor(a) if isinstance(c, Handle) else a for a, c in zip(arrays, after, strict=True)]
        left = [Repeated(a, isinstance(y, Handle)) for a, y in zip(columns, ys, strict=False)]
        return last, left, [Repeated(a, tensors=False) for a in columns[m - n :]], [None]

    def _unrolled(self) -> tuple[Leaves, Leaves]:
        """Return the results of steps that are recorded one after the other: a program draws its numbers once."""
        carry, left = list(self.begin), []
        for i in order_of(self.length, self.reverse):
            carry, ys = self.body(carry, [x[i] for x in self.given])
            left.append(ys)
        columns = zip(*(left[::-1] if self.reverse else left), strict=True)
        return carry, [np.stack(ys) for ys in columns]


def _kind(here: Step, c: Any) -> Any:
    """Return of which kind a part of the carry is: whether it is a Tensor, of which batches, and the array in it."""
    array = array_in(c)
    return isinstance(c, Handle), levels_of(array), here.kind(opened(array))


def _at_first(c: Any, kind: Any) -> Any:
    """Return the array that the carry begins with; a number of Python as it is."""
    array = array_of(c) if isinstance(c, Handle) else c
    return spread(array, levels_of(array) if kind is None else kind[1])


def _standing(here: Step, c: Any, array: Any, kind: Any) -> Any:
    """Return what a step is given for a part of the carry: at first, a number of Python as it is."""
    if kind is None and type(array) in (int, float, complex):
        return c
    tensor, levels, like = kind or (isinstance(c, Handle), levels_of(array_in(c)), None)
    stand = closed(here.standing_for(array, like), levels)
    return make_tensor(stand) if tensor else stand


def _opened(leaves: Leaves) -> Leaves:
    return [opened(array_in(x)) for x in leaves]
