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
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.compiler.passes.blocks import SAME, WITHIN, Block, Search, Sum
from autograd_lite.compiler.passes.common import finished
from autograd_lite.compiler.program import helpers
from autograd_lite.compiler.program.loop import Loop
from autograd_lite.compiler.program.program import Constant, Input, Instruction, Program, Ref, Type

FEWEST = 500
"""A program of fewer calls is left as it is."""


def rolling(program: Program) -> Program:
    """Return the program with loops in the place of blocks that repeat, the inner ones first."""
    return rolled(program, 0)[0]


def rolled(program: Program, border: int) -> tuple[Program, int]:
    """Return the program with loops of what is before a border, and of what is after it; and where that is then."""
    if len(program.instructions) < FEWEST:
        return program, border
    while True:
        work = Search(program, border)
        if not work.rolled:
            return program, border
        written = _Rewritten(work, border)
        shorter = written.program()
        if len(shorter.instructions) >= len(program.instructions):  # single results are read of all steps
            return program, border
        program, border = shorter, written.border


class _Rewritten:
    """A program in which blocks have become loops."""

    def __init__(self, work: Search, border: int) -> None:
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
        for k, key in enumerate(self.carry):
            value = int(ids[last + key[0]])
            if key[1] == 1 and value not in whole.change and self.work.last[value] >= block.stop:
                kind = whole.types[value]
                whole.change[value] = whole.call(operator.getitem, (Ref(i), k), kind, whole.names.get(value, ""))
        arrays = []
        for k, part in enumerate(parts, len(self.carry)):
            kind = self.types[part.id]
            stack = Type((block.length, *kind.shape), kind.dtype)
            arrays.append(whole.call(operator.getitem, (Ref(i), k), stack, self.names.get(part.id, "")))
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
        moves = bool(self.block.codes[self.width + k] > SAME)
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
        """Return a call that puts an element into zeros, with its place as one more element."""
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
        if code == SAME:
            return self.given.setdefault(i, self.whole.value(i))
        if code > WITHIN:
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
        before = self.carry
        return [self._own(self.calls[k].id) if j == 1 else before[k, j - 1, first[1:]][0] for k, j, first in before]


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
