"""What a loop has computed is kept for a later one, where computing it again would call an expensive function.

The pullback of a loop carries out each step again. In a program both loops are there: what the later one reads of a
step, and makes of nothing but what the first one has too, the first one leaves at that step.
"""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.loop import Loop, is_loop
from autograd_lite.compiler.program.memory import is_array
from autograd_lite.compiler.program.program import Input, Instruction, Program, Ref, Type, refs, substituted

MOST = 1 << 26
"""In bytes: so much is kept of a loop at most."""
_ALL, _BUT_LAST, _BUT_FIRST = slice(None), slice(None, -1), slice(1, None)


def shared(program: Program) -> Program:
    """Return the program with loops that leave what later ones would compute again."""
    found = [x for x in program.instructions if is_loop(x.fn)]
    for k, first in enumerate(found):
        for later in found[k + 1 :]:
            if 0 <= first.fn.length - later.fn.length <= 1:  # of a pullback the last step may stand by itself
                program = _Pair(program, first.id, later.id).shared()
    return program


class _Pair:
    """Two loops, and which values of a step of the later one the first one has too.

    Attributes
    ----------
    same : dict
        For values of the later step those of the first; `moved` has calls that are to be made there.
    """

    def __init__(self, program: Program, first: int, later: int) -> None:
        made = {x.id: x for x in program.instructions}
        self.program, self.first, self.later = program, made[first], made[later]
        self.items = {x.id: x.args[1] for x in program.instructions if _is_item_of(x, first)}
        self.one: Loop = self.first.fn
        self.other: Loop = self.later.fn
        self._made = made
        self.part: Any = _ALL if self.one.length == self.other.length else None
        self.same: dict[int, int] = {}
        self.moved: dict[int, Instruction] = {}
        self._known = {_key(x): x.id for x in self.one.body.instructions if not facts.of(x.fn).effect}
        self._latest = max(self.one.body.types)
        self._inputs()

    def _inputs(self) -> None:
        """Find the inputs that are the same in each step."""
        one, other = self.one, self.other
        _, xs, given = one.divided(list(zip(one.body.inputs, self.first.args, strict=True)))
        taken = {operand.id: x.id for x, operand in xs if operand.__class__ is Ref}
        lent = {operand.id: x.id for x, operand in given if operand.__class__ is Ref}
        _, xs, given = other.divided(list(zip(other.body.inputs, self.later.args, strict=True)))
        for x, operand in xs:
            of = self._taken_of(operand)
            place = self.items.get(of, -1)
            if place >= one.carried and one.body.outputs[place].__class__ is Ref:
                self.same[x.id] = one.body.outputs[place].id
            elif of in taken:
                self.same[x.id] = taken[of]
        for x, operand in given:
            if operand.__class__ is Ref and operand.id in lent:
                self.same[x.id] = lent[operand.id]

    def _taken_of(self, operand: Any) -> int:
        """Return of what elements are taken, if element i is one of step i of the first loop; else -1.

        The later loop may leave out the last step, or, where that came first, the first one.
        """
        if operand.__class__ is not Ref or self.part is _ALL:
            return operand.id if operand.__class__ is Ref else -1
        x = self._made.get(operand.id)
        wanted = _BUT_FIRST if self.one.reverse else _BUT_LAST
        if x is None or x.fn is not operator.getitem or x.args[1] != wanted or self.one.reverse == self.other.reverse:
            return -1
        self.part = wanted
        return x.args[0].id if x.args[0].__class__ is Ref else -1

    def shared(self) -> Program:
        """Return the program with what is worth it kept by the first loop."""
        body = self.other.body
        dear: set[int] = set()
        for x in body.instructions:
            if self._is_same(x) and (_is_expensive(x) or not dear.isdisjoint(x.operands())):
                dear.add(x.id)
        read = {i for x in body.instructions if x.id not in self.same for i in x.operands()}
        read |= set(refs(body.outputs))
        kept = [x.id for x in body.instructions if x.id in dear and x.id in read and is_array(body.types[x.id])]
        if not kept or sum(body.types[i].nbytes for i in kept) * self.one.length > MOST:
            return self.program
        return self._with(kept)

    def _is_same(self, x: Instruction) -> bool:
        """Tell whether a call could as well be made in the first loop, from values that it has."""
        operands = x.operands()
        if not operands or not self.same.keys() >= set(operands) or facts.of(x.fn).effect or is_loop(x.fn):
            return False
        there = substituted(x, {i: Ref(self.same[i]) for i in operands})
        known = self._known.get(_key(there))
        if known is None:
            self._latest += 1
            known = self._latest
            self.moved[known] = replace(there, id=known)
            self._known[_key(there)] = known
        self.same[x.id] = known
        return True

    def _with(self, kept: list[int]) -> Program:
        """Return the program in which the first loop leaves some values, of which the later one takes elements."""
        program, types = self.program, dict(self.program.types)
        latest, items = max(types), []
        for place, i in enumerate(kept, len(self.one.body.outputs)):
            latest += 1
            kind = self.other.body.types[i]
            types[latest] = Type((self.one.length, *kind.shape), kind.dtype)
            items.append(Instruction(latest, operator.getitem, (Ref(self.first.id), place), origin=self.first.origin))
            if self.part is not _ALL:
                latest += 1
                types[latest] = Type((self.other.length, *kind.shape), kind.dtype)
                args = (Ref(latest - 1), self.part)
                items.append(Instruction(latest, operator.getitem, args, origin=self.first.origin))
        first = replace(self.first, fn=self._leaving(kept))
        taken = items if self.part is _ALL else items[1::2]
        later = self._taking(kept, [Ref(item.id) for item in taken])
        made: list[Instruction] = []
        for x in program.instructions:
            made += [first, *items] if x.id == first.id else [later if x.id == later.id else x]
        return program.having(instructions=tuple(made), types=types)

    def _leaving(self, kept: list[int]) -> Loop:
        body, later = self.one.body, self.other.body
        needed, pending = dict[int, None](), [self.same[i] for i in kept]
        while pending:
            i = pending.pop()
            if i in self.moved and i not in needed:
                needed[i] = None
                pending += self.moved[i].operands()
        types = {there: later.types[i] for i, there in self.same.items() if there in needed}
        body = body.having(
            instructions=(*body.instructions, *[self.moved[i] for i in sorted(needed)]),
            outputs=(*body.outputs, *[Ref(self.same[i]) for i in kept]),
            types={**body.types, **types},
        )
        return replace(self.one, body=body)

    def _taking(self, kept: list[int], items: list[Ref]) -> Instruction:
        loop, n = self.other, self.other.carried + self.other.taken
        body = loop.body
        inputs = [Input(i, "argument", -1, body.names.get(i, "")) for i in kept]
        body = body.having(
            inputs=(*body.inputs[:n], *inputs, *body.inputs[n:]),
            instructions=tuple([x for x in body.instructions if x.id not in kept]),
        )
        args = (*self.later.args[:n], *items, *self.later.args[n:])
        return replace(self.later, fn=replace(loop, body=body, taken=loop.taken + len(kept)), args=args)


def _is_item_of(x: Instruction, i: int) -> bool:
    return x.fn is operator.getitem and x.args[0] == Ref(i)


def _is_expensive(x: Instruction) -> bool:
    known = facts.of(x.fn)
    return known.vectors or known.vectors_of_singles or known.product or known.dear


def _key(x: Instruction) -> Any:
    """Return what two calls of the same value have in common: 1, 1.0 and True differ, and 0.0 and -0.0."""
    return (x.fn, *[a.id if a.__class__ is Ref else repr(a) for a in x.args], repr(x.kwargs) if x.kwargs else "")
