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
        first = -1 if self.reverse else 0
        kinds: list[Any] = [None] * len(self.begin)
        while True:
            moving, here = set(self.moving), step()
            if here is None:
                raise _Unrepeatable
            carry = [self._standing(here, c, kind) for c, kind in zip(self.begin, kinds, strict=True)]
            xs = [here.standing_for(a, at=first) for a in self.arrays]
            given = [make_tensor(x) if isinstance(t, Handle) else x for x, t in zip(xs, self.given, strict=True)]
            after, ys = self._once(carry, given)
            found = [(isinstance(c, Handle), here.kind(array_in(c))) for c in after]
            if not here.is_whole():
                here.forget()
                raise _Unrepeatable
            if found == kinds and moving == self.moving:
                return self._repeated(here, carry, xs, after, ys)
            here.forget()
            kinds = found

    def _standing(self, here: Step, c: Any, kind: Any) -> Any:
        """Return what a step is given for a part of the carry: at first, a number of Python as it is."""
        array = array_of(c) if isinstance(c, Handle) else c
        if kind is None and type(array) in (int, float, complex):
            return c
        tensor, like = kind or (isinstance(c, Handle), None)
        stand = here.standing_for(array, like)
        return make_tensor(stand) if tensor else stand

    def _once(self, carry: Leaves, xs: Leaves) -> tuple[Leaves, Leaves]:
        if is_grad_enabled():
            return self.noted(carry, xs)
        after, ys = self.body(carry, xs)
        return [bare(c) for c in after], ys

    def _repeated(
        self, here: Step, carry: Leaves, xs: Leaves, after: Leaves, ys: Leaves
    ) -> tuple[Leaves, Sequence[Any], Sequence[Any], list[Any]]:
        """Return the results of the loop."""
        before = carry if self.kept else []
        outputs = [*after, *ys, *before]
        begin = [array_of(c) if isinstance(c, Handle) else c for c in self.begin]
        stands = [array_in(c) for c in carry]
        over = (stands, begin), (xs, self.arrays)
        found = here.repeated(self.length, self.reverse, *over, [array_in(y) for y in outputs])
        n, m = len(after), len(after) + len(ys)
        last = [make_tensor(a) if isinstance(c, Handle) else a for a, c in zip(found, after, strict=False)]
        left = [Repeated(a, isinstance(y, Handle)) for a, y in zip(found[n:m], ys, strict=True)]
        return last, left, [Repeated(a, tensors=False) for a in found[m:]], [None]

    def _unrolled(self) -> tuple[Leaves, Leaves]:
        """Return the results of steps that are recorded one after the other: a program draws its numbers once."""
        carry, left = list(self.begin), []
        for i in order_of(self.length, self.reverse):
            carry, ys = self.body(carry, [x[i] for x in self.given])
            left.append(ys)
        columns = zip(*(left[::-1] if self.reverse else left), strict=True)
        return carry, [np.stack(ys) for ys in columns]
