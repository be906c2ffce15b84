"""Loops of Python rolled up again: equal blocks of a recording become one loop that holds the block.

A loop of Python is recorded step by step, and so is what a sweep makes of it. What the calls of a block read decides
whether blocks are steps of a loop. It is, in every block,

- the same value: given to all steps,
- the value of the block itself, or of the one before: a part of the carry,
- what step ``i``, ``i + d``, ``i + 2 d`` of an earlier loop has left, or that element of an array: one of the elements.

So the sweep, which reads what the steps have computed from the last one to the first, is rolled up after the loop
that it goes back through. Steps in which something differs stay as they are.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.compiler.passes.common import finished
from autograd_lite.compiler.passes.periods import LEAST, Run, place_of, runs
from autograd_lite.compiler.program import helpers
from autograd_lite.compiler.program.loop import Loop
from autograd_lite.compiler.program.program import Constant, Input, Instruction, Program, Ref, Type

FEWEST = 500
"""A program of fewer calls is left as it is."""
_DEEP = 4
"""So many blocks back a value may come from."""
_BAD, _SAME, _WITHIN, _MOVING = 0, 1, 2, 1000  # a value moves by d steps: _MOVING + d
_AXIS = 500  # of d, at most


def rolling(program: Program) -> Program:
    """Return the program with loops in the place of blocks that repeat, the inner ones first."""
    return rolled(program, 0)[0]


def rolled(program: Program, border: int) -> tuple[Program, int]:
    """Return the program with loops of what is before a border, and of what is after it; and where that is then."""
    if len(program.instructions) < FEWEST:
        return program, border
    while True:
        work = _Rolling(program, border)
        if not work.rolled:
            return program, border
        written = _Rewritten(work, border)
        program, border = written.program(), written.border


@dataclass(frozen=True, slots=True)
class Sum:
    """Elements that the blocks add to an array, each at another place of it: added to it after the loop, all at once.

    `puts` are the calls of a block that put an element into zeros, and `adds` those that add these up, in order.
    """

    puts: tuple[int, ...]
    adds: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Block:
    """Blocks that become a loop.

    Attributes
    ----------
    start, period, length : int
        The place of the first call, how many calls a block has, and how many blocks there are.
    codes : ndarray
        For each operand of a block, and then for each call, how what it reads goes on from one block to the next.
    reads, places : ndarray
        The values read by each block, and the places of elements that its calls take.
    reverse : bool
        Whether elements are read from the last to the first.
    left : tuple of int
        The calls of a block of which all results are read after the loop.
    sums : tuple of Sum
        Sums of elements.
    """

    start: int
    period: int
    length: int
    codes: Array
    reads: Array
    places: Array
    reverse: bool
    left: tuple[int, ...]
    sums: tuple[Sum, ...]

    @property
    def stop(self) -> int:
        """The place after the last call."""
        return self.start + self.period * self.length

    def at(self, step: int) -> int:
        """Return at which place an array has what a block leaves."""
        return self.length - 1 - step if self.reverse else step


class _Rolling:
    """The blocks of a program that become loops: `rolled`, in order."""

    def __init__(self, program: Program, border: int) -> None:
        self.program = program
        calls = program.instructions
        count = max(program.types, default=0) + 1
        self.ids = np.array([x.id for x in calls], np.int64)
        self.place = np.full(count, -1, np.int64)
        self.place[self.ids] = np.arange(len(calls))
        self.first = np.concatenate(([0], np.cumsum([len(x.operands()) for x in calls], dtype=np.int64)))
        self.read = np.fromiter((i for x in calls for i in x.operands()), np.int64, int(self.first[-1]))
        self.last = np.full(count, -1, np.int64)  # where a value is read for the last time
        self.last[self.read] = np.repeat(np.arange(len(calls)), np.diff(self.first))
        self.last[list(program.escaping())] = len(calls)
        self.uses = np.bincount(self.read, minlength=count)
        self.takes = np.array([_UNTOLD if (k := place_of(x, program.types)) is None else k for x in calls], np.int64)
        self.home = np.full(count, -1, np.int64)  # the loop and call that leave a value
        self.step = np.full(count, -1, np.int64)
        self.rolled: list[Block] = []
        self._homes = 0
        self._search(runs(program, border))

    def _search(self, found: list[Run]) -> None:
        """Try stretches in the order of the program, and those within others first."""
        order = sorted(found, key=lambda run: (run.start, -run.period))
        tried: dict[Run, bool] = {}
        for k, run in enumerate(order):
            within = []
            for inner in order[k + 1 :]:
                if inner.start >= run.stop:
                    break
                if inner.period < run.period:
                    within.append(inner)
            if not any([self._tried(inner, tried) for inner in within]):
                self._tried(run, tried)

    def _tried(self, run: Run, tried: dict[Run, bool]) -> bool:
        if run not in tried:
            tried[run] = self._roll(run)
        return tried[run]

    def _roll(self, run: Run) -> bool:
        """Take the blocks of a stretch that are steps of a loop; tell whether there are any."""
        end = self.rolled[-1].stop if self.rolled else 0
        start, p = max(run.start, end), run.period
        n = (run.stop - start) // p
        if n < LEAST:
            return False
        width = int(self.first[start + p] - self.first[start])
        reads = self.read[self.first[start] : self.first[start] + n * width].reshape(n, width)
        places = self.takes[start : start + n * p].reshape(n, p)
        starts = start + p * np.arange(n)
        codes = np.concatenate((self._codes(reads, starts, p), _codes_of_places(places)), axis=1)
        found = False
        for first, last in _intervals(codes):
            low = self._begin(reads, codes, starts, first)
            if last + 1 - low < LEAST:
                continue
            block = self._block(int(starts[low]), p, codes[last - 1], reads[low : last + 1], places[low : last + 1])
            if block is not None and (not self.rolled or block.start >= self.rolled[-1].stop):
                self._take(block)
                found = True
        return found

    def _codes(self, reads: Array, starts: Array, p: int) -> Array:
        """Return how the operands of each block follow from those of the one before."""
        place = self.place[reads]
        away = place - starts[:, None]
        codes = np.zeros((len(starts) - 1, reads.shape[1]), np.int64)
        d = self.step[reads[1:]] - self.step[reads[:-1]]
        home = self.home[reads]
        moving = (home[1:] == home[:-1]) & (home[1:] >= 0) & (d != 0) & (np.abs(d) < _AXIS)
        codes[moving] = _MOVING + d[moving]
        codes[(away[1:] == away[:-1]) & (place[:-1] >= 0) & (away[1:] >= -_DEEP * p)] = _WITHIN
        codes[reads[1:] == reads[:-1]] = _SAME
        return codes

    def _begin(self, reads: Array, codes: Array, starts: Array, first: int) -> int:
        """Return the first block of a loop: also one whose carry comes from elsewhere."""
        width = reads.shape[1]
        away = self.place[reads[: first + 2]] - starts[: first + 2, None]
        fixed = codes[first, :width] == _SAME
        if first and bool((codes[first] == codes[first - 1])[~_carried(codes[first], away[first + 1])].all()):
            carried = _carried(codes[first], away[first + 1])[:width]
            if (away[first - 1][carried | fixed] < 0).all():
                return first - 1
        return first if (away[first][fixed] < 0).all() else first + 1

    def _block(self, start: int, p: int, codes: Array, reads: Array, places: Array) -> Block | None:
        """Return blocks as those of a loop; None where something that is read cannot be given by one."""
        types, calls, n = self.program.types, self.program.instructions, len(reads)
        stop = start + p * n
        width = reads.shape[1]
        ids = self.ids[start:stop].reshape(n, p)
        outside = self.last[ids] >= stop
        carried = self._carries(start, p, codes, reads)
        sums = self._sums(start, p, codes, outside)
        for k in np.flatnonzero(codes[width:] > _SAME).tolist():
            base = codes[int(self.first[start + k] - self.first[start])]
            if calls[start + k].fn is operator.getitem and base != _SAME:
                return None
        needed = outside[:-1].any(axis=0)
        needed |= outside[-1] & ~np.isin(np.arange(p), sorted(carried))
        left = tuple(np.flatnonzero(needed).tolist())
        if not all(_is_array(types[calls[start + k].id]) for k in (*left, *carried)):
            return None
        signs = np.sign(codes[codes > _AXIS] - _MOVING)
        return Block(start, p, n, codes, reads, places, bool(signs.sum() < 0), left, sums)

    def _carries(self, start: int, p: int, codes: Array, reads: Array) -> set[int]:
        """Return the calls of a block whose results a later one reads."""
        away = self.place[reads[-1]] - (start + p * (len(reads) - 1))
        return set((away[_carried(codes, away)[: len(away)]] % p).tolist())

    def _sums(self, start: int, p: int, codes: Array, outside: Array) -> tuple[Sum, ...]:
        """Return the sums of elements that are put into zeros, and are only added up."""
        second = start + p  # the first block may begin otherwise
        places = codes[len(codes) - p :]
        adds = dict(self._adds(second, p, places, outside))
        given = {int(self.ids[second + k]) for k in adds}
        found = []
        for k, (_, before) in adds.items():
            end = int(self.place[before]) - second + p
            if before in given or end not in adds:
                continue
            chain = [k]
            while chain[-1] != end and (after := self._after(chain[-1], second, adds)) is not None:
                chain.append(after)
            puts = tuple([adds[j][0] for j in chain])
            between = outside[:, chain[:-1]].any() or outside[:-1, end].any()
            if chain[-1] == end and not between and len({int(places[j]) for j in puts}) == 1:
                found.append(Sum(puts, tuple(chain)))
        return tuple(found)

    def _after(self, k: int, second: int, adds: dict[int, tuple[int, int]]) -> int | None:
        """Return the call that adds to the sum that a call of the block gives."""
        after = int(self.last[self.ids[second + k]]) - second
        return after if after in adds and adds[after][1] == self.ids[second + k] else None

    def _adds(self, second: int, p: int, places: Array, outside: Array) -> Iterator[tuple[int, tuple[int, int]]]:
        """Yield the calls that add an element to a sum, with the call that puts it into zeros, and what it is added to."""
        calls, types = self.program.instructions, self.program.types
        for k in np.flatnonzero(places > _SAME).tolist():
            x = calls[second + k]
            if x.fn is not helpers.placed or self.uses[x.id] != 1 or outside[:, k].any():
                continue
            add = int(self.last[x.id]) - second
            if add >= p:
                continue
            y = calls[second + add]
            before = [i for i in y.operands() if i != x.id]
            plain = y.fn is np.add and len(y.args) == 2 and not y.kwargs and len(before) == 1  # noqa: PLR2004
            if plain and self.uses[y.id] == 1 and types[y.id] == types[x.id] == types[before[0]]:
                yield add, (k, before[0])

    def _take(self, block: Block) -> None:
        self.rolled.append(block)
        p = block.period
        ids = self.ids[block.start : block.stop].reshape(block.length, p)
        for k in block.left:
            self.home[ids[:, k]] = self._homes + k
            self.step[ids[:, k]] = [block.at(r) for r in range(block.length)]
        self._homes += p


_UNTOLD = -1


def _carried(codes: Array, away: Array) -> Array:
    """Return which operands come from an earlier block."""
    found = np.zeros(len(codes), bool)
    found[: len(away)] = (codes[: len(away)] == _WITHIN) & (away < 0)
    return found


def _codes_of_places(places: Array) -> Array:
    d = places[1:] - places[:-1]
    fits = np.abs(d) < _AXIS
    return np.where(d == 0, _SAME, np.where(fits, _MOVING + d, _BAD))


def _intervals(codes: Array) -> Iterator[tuple[int, int]]:
    """Yield the first and the last block of stretches in which each block follows from the one before alike."""
    good = (codes != _BAD).all(axis=1)
    alike = (codes[1:] == codes[:-1]).all(axis=1) & good[1:] & good[:-1]
    borders = np.flatnonzero(np.diff(np.concatenate(([False], alike, [False])).astype(np.int8)))
    for first, last in zip(borders[::2].tolist(), borders[1::2].tolist(), strict=True):
        yield first, last + 1


def _is_array(kind: Type) -> bool:
    return kind.kind in ("array", "scalar") and kind.dtype is not None and not kind.dtype.hasobject


# ----- the program with loops -----


class _Rewritten:
    """A program in which blocks have become loops."""

    def __init__(self, work: _Rolling, border: int) -> None:
        self.border, self._before = 0, border
        self.work, self.old = work, work.program
        self.types = dict(self.old.types)
        self.names = dict(self.old.names)
        self.latest = max(self.types)
        self.made: list[Instruction] = []
        self.constants: list[Constant] = []
        self.change: dict[int, Ref] = {}
        self.block_of = {k: block for block in work.rolled for k in (block.start,)}
        self.stacks: dict[int, tuple[Block, int]] = {}  # by home: what a loop has left

    def program(self) -> Program:
        """Return the program."""
        calls, k = self.old.instructions, 0
        while k < len(calls):
            if k == self._before:
                self.border = len(self.made)
            block = self.block_of.get(k)
            if block is None:
                x = calls[k]
                self.made.append(_reading(x, [self.value(i) for i in x.operands()]))
                k += 1
            else:
                _Loop(self, block).write()
                k = block.stop
        self.border = self.border if self._before < k else len(self.made)
        change = {i: self.value(i) for i in self.old.escaping()}
        result = finished(self.old, self.made, change)
        result = result.having(constants=(*result.constants, *self.constants))
        gone = {x.id for x in calls}.difference([x.id for x in self.made])
        return result.having(
            types={i: kind for i, kind in self.types.items() if i not in gone},
            names={i: name for i, name in self.names.items() if i not in gone},
            operations={i: operation for i, operation in self.old.operations.items() if i not in gone},
        )

    def value(self, i: int) -> Ref:
        """Return what a value is now: of a block that has become a step of a loop, what that has left of it."""
        known = self.change.get(i)
        if known is None:
            home = int(self.work.home[i])
            known = Ref(i)
            if home in self.stacks:
                step, kind = int(self.work.step[i]), self.types[i]
                key = step if kind.shape or kind.kind == "scalar" else (step, Ellipsis)
                known = self.call(operator.getitem, (Ref(self.stacks[home][1]), key), kind, self.names.get(i, ""))
            self.change[i] = known
        return known

    def call(self, fn: Any, args: tuple[Any, ...], kind: Type, name: str = "", origin: str = "loop") -> Ref:
        """Write another call, and return its value."""
        self.made.append(Instruction(self.new(kind, name), fn, args, origin=origin))
        return Ref(self.latest)

    def constant(self, array: Array) -> Ref:
        """Return an array that is the same in every call."""
        array = np.ascontiguousarray(array)
        self.constants.append(Constant(self.new(Type.of(array)), array, private=True))
        return Ref(self.latest)

    def new(self, kind: Type, name: str = "") -> int:
        """Return the number of a new value."""
        self.latest += 1
        self.types[self.latest] = kind
        if name:
            self.names[self.latest] = name
        return self.latest

    def elements(self, array: Ref, first: int, step: int, count: int) -> Ref:
        """Return what elements are taken of: an array, or a part of it."""
        kind = self.types[array.id]
        if (first, step, count) == (0, 1, kind.shape[0]):
            return array
        key = _slice(first, step, count)
        return self.call(operator.getitem, (array, key), Type((count, *kind.shape[1:]), kind.dtype))


class _Loop:
    """Blocks written as a loop; the second of them is the step."""

    def __init__(self, whole: _Rewritten, block: Block) -> None:
        self.whole, self.block, self.work = whole, block, whole.work
        self.types: dict[int, Type] = {}
        self.names: dict[int, str] = {}
        self.carry: dict[Any, tuple[Ref, Ref]] = {}  # inputs, and what they begin with
        self.xs: dict[Any, tuple[Ref, Ref]] = {}
        self.given: dict[int, Ref] = {}
        self.same: dict[int, Ref] = {}  # for calls of the step that take no more than an element, its input
        self.body: list[Instruction] = []
        self.width = block.reads.shape[1]
        self.begin = block.start + block.period
        self.calls = self.work.program.instructions[self.begin : self.begin + block.period]

    def write(self) -> None:
        """Write the loop, and what takes its results apart."""
        whole, block = self.whole, self.block
        out = {k for s in block.sums for k in (*s.puts, *s.adds)}
        for k, x in enumerate(self.calls):
            if k not in out:
                self._call(k, x)
        added_up = [(self._operand(self._slot(k)), k, s) for s in block.sums for k in self._ordered(s)]
        carried = self._carried_on()
        parts = [self._own(self.calls[k].id) for k in block.left] + [value for value, *_ in added_up]
        before = [begin for _, begin in self.carry.values()]
        operands = (*before, *[array for _, array in self.xs.values()], *self.given.values())
        inputs = [*[i.id for i, _ in self.carry.values()], *[i.id for i, _ in self.xs.values()]]
        inputs += [i.id for i in self.given.values()]
        self.types |= {i.id: whole.types[i.id] for i in self.given.values()}
        self.names |= {i.id: whole.names[i.id] for i in self.given.values() if i.id in whole.names}
        known = {i: whole.old.operations[i] for i in (x.id for x in self.body) if i in whole.old.operations}
        body = Program(
            inputs=tuple([Input(i, "argument", k, self.names.get(i, "")) for k, i in enumerate(inputs)]),
            constants=(),
            instructions=tuple(self.body),
            outputs=(*carried, *parts),
            assignments=(),
            types=self.types,
            names=self.names,
            operations=known,
            title="step",
        )
        loop = Loop(body, block.length, block.reverse, len(self.carry), len(self.xs))
        made = Instruction(whole.new(Type(kind="tuple")), loop, operands, (), "loop", line=self.calls[-1].line)
        whole.made.append(made)
        self._results(made.id, parts, added_up)

    def _results(self, i: int, parts: list[Ref], added_up: list[Any]) -> None:
        """Take the results apart: the last carry, arrays of what the steps have left, and sums of elements."""
        whole, block, ids = self.whole, self.block, self.work.ids
        last = block.start + block.period * (block.length - 1)
        for k, (key, _) in enumerate(self.carry.items()):
            value = int(ids[last + key[0]])
            if key[1] == 1 and value not in whole.change and self.work.last[value] >= block.stop:
                kind = whole.types[value]
                whole.change[value] = whole.call(operator.getitem, (Ref(i), k), kind, whole.names.get(value, ""))
        arrays = []
        for k, value in enumerate(parts, len(self.carry)):
            kind = self.types[value.id]
            stack = Type((block.length, *kind.shape), kind.dtype)
            arrays.append(whole.call(operator.getitem, (Ref(i), k), stack, self.names.get(value.id, "")))
        for k, array in zip(block.left, arrays, strict=False):
            whole.stacks[int(self.work.home[self.calls[k].id])] = (block, array.id)
        for (_, k, s), array in zip(added_up, arrays[len(block.left) :], strict=True):
            value = int(ids[last + s.adds[-1]])
            before = whole.change.get(value) or whole.value(self._begin_of(s))
            key, places = self.calls[k].args[1], _slice(*self._taken(block.places[:, k]))
            args = (before, array, (places, *key[1:]) if key.__class__ is tuple else places)
            origin = self.calls[s.adds[-1]].origin
            whole.change[value] = whole.call(helpers.added_at, args, whole.types[value], origin=origin)
        for s in block.sums:
            value = int(ids[last + s.adds[-1]])
            if value in whole.names:
                whole.names[whole.change[value].id] = whole.names[value]

    def _begin_of(self, s: Sum) -> int:
        """Return what the first block adds to."""
        slot, put = self._slot(s.adds[0]), int(self.work.ids[self.block.start + s.puts[0]])
        return next(int(i) for i in self.block.reads[0, slot : slot + 2] if i != put)

    def _ordered(self, s: Sum) -> list[int]:
        """Return the calls of a sum in the order in which they come to any one place: rounding depends on it."""
        places = self.block.places
        d = int(places[1, s.puts[0]] - places[0, s.puts[0]])
        return sorted(s.puts, key=lambda k: -int(places[0, k]) * d)

    def _slot(self, k: int) -> int:
        """Return the number of the first operand of a call of the block."""
        return int(self.work.first[self.begin + k] - self.work.first[self.begin])

    def _call(self, k: int, x: Instruction) -> None:
        first = self._slot(k)
        moves = bool(self.block.codes[self.width + k] > _SAME)
        if moves and x.fn is operator.getitem:
            self._element(k, x, first)
            return
        made = _reading(x, [self._operand(first + j) for j in range(len(x.operands()))])
        self._write(self._put(k, made) if moves else made)

    def _own(self, i: int) -> Ref:
        return self.same.get(i, Ref(i))

    def _write(self, x: Instruction) -> None:
        whole = self.whole
        self.body.append(x)
        self.types[x.id] = whole.types[x.id]
        if x.id in whole.names:
            self.names[x.id] = whole.names[x.id]

    def _element(self, k: int, x: Instruction, first: int) -> None:
        """Write a call that takes an element: it is given to the step."""
        whole = self.whole
        array = whole.value(int(self.block.reads[1, first]))
        kind = whole.types[array.id]
        key = (array.id, tuple(self.block.places[:2, k].tolist()))
        whole_of_it = whole.elements(array, *self._taken(self.block.places[:, k])) if key not in self.xs else None
        element = self._taking(key, whole_of_it, Type(kind.shape[1:], kind.dtype), whole.names.get(x.id, ""))
        rest = x.args[1][1:] if x.args[1].__class__ is tuple else ()
        if rest:
            self._write(replace(x, args=(element, rest)))
        else:
            self.same[x.id] = element

    def _put(self, k: int, x: Instruction) -> Instruction:
        """Return a call that puts an element into zeros, with its place as another element that is given to the step."""
        places = self.block.places[:, k]
        known = ("places", *places[:2].tolist())
        array = None if known in self.xs else self.whole.constant(places[::-1] if self.block.reverse else places)
        place = self._taking(known, array, Type((), np.dtype(np.int64)), "")
        key = x.args[1]
        return replace(x, args=(x.args[0], (place, *key[1:]) if key.__class__ is tuple else place, *x.args[2:]))

    def _taking(self, key: Any, array: Ref | None, kind: Type, name: str) -> Ref:
        """Return the input for the elements of an array."""
        if key not in self.xs:
            assert array is not None
            self.xs[key] = (self._input(Type(kind.shape, kind.dtype, "array" if kind.shape else "scalar"), name), array)
        return self.xs[key][0]

    def _taken(self, places: Array) -> tuple[int, int, int]:
        """Return of places, in the order of the steps, the first, the difference and the number, as the loop takes."""
        ordered = places[::-1] if self.block.reverse else places
        return int(ordered[0]), int(ordered[1] - ordered[0]), len(ordered)

    def _operand(self, slot: int) -> Ref:
        """Return an operand of the step."""
        block, work = self.block, self.work
        i, code = int(block.reads[1, slot]), int(block.codes[slot])
        if code == _SAME:
            return self.given.setdefault(i, self.whole.value(i))
        if code > _SAME + 1:
            return self._left_before(i, block.reads[:, slot])
        away = int(work.place[i]) - self.begin
        return self._own(i) if away >= 0 else self._earlier(away, slot)

    def _left_before(self, i: int, values: Array) -> Ref:
        """Return the input for what the steps of an earlier loop have left."""
        whole, work = self.whole, self.work
        steps = work.step[values]
        key = ("left", int(work.home[i]), tuple(steps[:2].tolist()))
        kind, array = whole.types[i], None
        if key not in self.xs:
            array = whole.elements(Ref(whole.stacks[int(work.home[i])][1]), *self._taken(steps))
        element = self._taking(key, array, kind, whole.names.get(i, ""))
        if kind.shape or kind.kind == "scalar":
            return element
        made = Instruction(whole.new(kind), np.reshape, (element, ()), origin="loop")  # an array of no dimension
        self._write(made)
        return Ref(made.id)

    def _earlier(self, away: int, slot: int) -> Ref:
        """Return the input for the result of an earlier block."""
        block, p = self.block, self.block.period
        deep = -(away // p)
        k = away + deep * p
        first = tuple([int(block.reads[j, slot]) for j in range(deep)])
        for j in range(1, deep + 1):
            key = (k, j, first[deep - j :])
            if key not in self.carry:
                kind, name = self.whole.types[first[0]], self.whole.names.get(self.calls[k].id, "")
                self.carry[key] = (self._input(kind, name), self.whole.value(first[deep - j]))
        return self.carry[k, deep, first][0]

    def _input(self, kind: Type, name: str) -> Ref:
        i = self.whole.new(kind)
        self.types[i] = kind
        if name:
            self.names[i] = name
        return Ref(i)

    def _carried_on(self) -> list[Ref]:
        """Return the next carry: what the step has computed, or was carried to it."""
        return [self._own(self.calls[k].id) if j == 1 else self.carry[k, j - 1, first[1:]][0] for k, j, first in self.carry]


def _slice(first: int, step: int, count: int) -> slice:
    stop = first + step * count
    return slice(first, None if stop < 0 else stop, None if step == 1 else step)


def _reading(x: Instruction, operands: Iterable[Ref]) -> Instruction:
    """Return an instruction with other operands, in order."""
    given = iter(operands)

    def part(value: Any) -> Any:
        if value.__class__ is Ref:
            return next(given)
        if isinstance(value, (tuple, list)):
            return type(value)([part(v) for v in value])
        return slice(part(value.start), part(value.stop), part(value.step)) if isinstance(value, slice) else value

    args = part(x.args)
    return replace(x, args=args, kwargs=tuple([(name, part(value)) for name, value in x.kwargs]))
