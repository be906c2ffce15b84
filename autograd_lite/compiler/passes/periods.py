"""Where a list of calls repeats: runs of calls that come again and again at the same distance.

Calls are compared by what they are, not by the values that they read: each becomes a number, and a run is a stretch in
which every number equals that one period earlier. Candidates for a period are distances at which a window of calls is
met again several times in a row, so that the search is about as long as the list, not as its square (runs in a string:
R. Kolpakov and G. Kucherov, "Finding maximal repetitions in a word in linear time", 1999; here by hashing).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.compiler.program import facts, helpers
from autograd_lite.compiler.program.loop import Loop, is_loop
from autograd_lite.compiler.program.program import Instruction, Program, Ref, Type

LEAST = 8
"""So many repetitions at least make a run."""
_WINDOWS = (8, 64)
_MOST = 256
"""So many periods are tried at most."""
_PLAIN = frozenset((bool, int, float, complex, str, bytes, type(None), type(Ellipsis)))


@dataclass(frozen=True, slots=True)
class Run:
    """Calls from `start` to before `stop` that repeat with a period."""

    start: int
    stop: int
    period: int


def runs(program: Program, border: int = 0) -> list[Run]:
    """Return the stretches of a program in which calls repeat at least eight times; some of them overlap.

    None has calls from before and from after the border.
    """
    numbers = kinds_of_calls(program)
    found = {p: None for window in _WINDOWS for p in _periods(numbers, window)}
    return [run for p in sorted(found)[:_MOST] for run in _of_period(numbers, p, border)]


def _of_period(numbers: Array, p: int, border: int) -> Iterator[Run]:
    same = np.concatenate(([False], numbers[:-p] == numbers[p:], [False]))
    same[max(border - p, 0) + 1 : border + 1] = False
    borders = np.flatnonzero(same[1:] != same[:-1])
    for start, end in zip(borders[::2].tolist(), borders[1::2].tolist(), strict=True):
        if end - start >= (LEAST - 1) * p:
            yield Run(start, end + p, p)


def _periods(numbers: Array, window: int) -> list[int]:
    """Return the distances at which some window of calls comes again and again."""
    size = len(numbers) - window + 1
    if size < LEAST:
        return []
    mixed = np.zeros(size, np.uint64)
    for k in range(window):
        mixed = (mixed ^ numbers[k : k + size].astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    order = np.argsort(mixed, kind="stable")
    after = np.full(size + 1, size)
    met = mixed[order[1:]] == mixed[order[:-1]]
    after[order[:-1][met]] = order[1:][met]
    gap = after - np.arange(size + 1)
    again = (after < size) & (gap == gap[after])
    chain, place = again.copy(), after
    for _ in range(LEAST - 3):
        chain &= again[place]
        place = after[place]
    return list(map(int, np.unique(gap[chain])))


# ----- what calls have in common -----


def kinds_of_calls(program: Program) -> Array:
    """Return a number for each call: the same for calls that are alike but for the values that they read.

    The place of an element is not told either (`place_of`), and a call with an effect is like no other.
    """
    seen: dict[Any, int] = {}
    kinds = _Kinds(program.types)
    found = []
    for k, x in enumerate(program.instructions):
        alone = x.into is not None or facts.of(x.fn).effect
        found.append(seen.setdefault(k if alone else kinds.of(x), len(seen)))
    return np.array(found, np.int64)


def place_of(x: Instruction, types: Mapping[int, Type]) -> int | None:
    """Return at which place of the first axis a call takes an element, or puts one; None for any other call."""
    if x.fn is not operator.getitem and x.fn is not helpers.placed:
        return None
    key = x.args[1]
    first = key[0] if key.__class__ is tuple and key else key
    if first.__class__ is not int:
        return None
    if x.fn is helpers.placed:
        length = x.args[2][0]
    elif x.args[0].__class__ is Ref and types[x.args[0].id].kind == "array":
        length = types[x.args[0].id].shape[0]
    else:
        return None
    return first + length if first < 0 else first


class _Kinds:
    def __init__(self, types: Mapping[int, Type], numbers: dict[Any, int] | None = None) -> None:
        self.types = types
        self._known: dict[Any, int] = {}
        self._numbers: dict[Any, int] = {} if numbers is None else numbers

    def of(self, x: Instruction) -> Any:
        args = x.args
        if (x.fn is operator.getitem or x.fn is helpers.placed) and place_of(x, self.types) is not None:
            rest = args[1][1:] if args[1].__class__ is tuple else None
            args = (args[0], "place", rest, *args[2:])
        fn = self._loop(x.fn) if is_loop(x.fn) else x.fn
        kwargs = tuple([(name, self.part(v)) for name, v in x.kwargs]) if x.kwargs else ()
        return (fn, tuple(map(self.part, args)), kwargs, self._type(x.id), x.quiet)

    def _type(self, i: int) -> int:
        """Return a number for the type of a value."""
        kind = self.types[i]
        key = (kind.shape, kind.kind, id(kind.dtype))
        known = self._known.get(key)
        if known is None:
            same = (kind.shape, kind.kind, str(kind.dtype), kind.dtype)
            known = self._known[key] = self._numbers.setdefault(same, len(self._numbers))
        return known

    def part(self, value: Any) -> Any:
        """Return what two equal operands have in common: 1, 1.0 and True differ, and 0.0 and -0.0."""
        cls = value.__class__
        if cls is Ref:
            return ("%", self._type(value.id))
        if cls is tuple or cls is list:
            return (cls, *map(self.part, value))
        if cls is slice:
            return (cls, self.part(value.start), self.part(value.stop), self.part(value.step))
        if cls in _PLAIN:
            return (cls, repr(value))
        return (cls, str(value), value) if isinstance(value, (np.dtype, type)) else (cls, id(value))

    def _loop(self, loop: Loop) -> Any:
        """Return what two equal loops have in common: the calls of a step, and which values they read."""
        body = loop.body
        place = {i: k for k, i in enumerate((*body.given(), *[x.id for x in body.instructions]))}
        inner = _Kinds(body.types, self._numbers)
        calls = [
            (inner.of(x), place_of(x, body.types), tuple([place[i] for i in x.operands()])) for x in body.instructions
        ]
        constants = tuple([id(c.array) for c in body.constants])
        left = tuple([place[y.id] if y.__class__ is Ref else self.part(y) for y in body.outputs])
        kinds = tuple([inner._type(x.id) for x in body.inputs])
        return (Loop, loop.length, loop.reverse, loop.carried, loop.taken, constants, kinds, tuple(calls), left)
