"""Large arrays block by block: what is computed for each element is done for some thousands at a time.

A block and what is computed from it stay in the cache, where whole arrays would go through memory at every call: loop
blocking, or tiling (M. Lam, E. Rothberg and M. Wolf, "The cache performance and optimizations of blocked algorithms",
1991).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.program import Group, Instruction, Program, Ref

SMALLEST = 1 << 20
"""In bytes: smaller arrays stay in the cache by themselves."""
_CACHE = 1 << 19
"""In bytes: so much the blocks that are there at the same time may take, about the second cache of a processor."""
_LONGEST, _SHORTEST = 1 << 14, 1 << 10
_NARROW = 4  # a truth value takes one byte, and what it is computed from more
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def fusion(program: Program) -> Program:
    """Return the program with elementwise calls over one large shape, and sums of them, brought together in groups.

    Calls are moved past others only if these do not read what they give, and those with an effect not past each other.
    """
    work = _Fusing(program)
    if not any(map(work.fits, program.instructions)):
        return program
    work.arrange(list(program.instructions))
    return program.having(instructions=tuple(work.arranged), groups=tuple(work.groups)) if work.groups else program


class _Fusing:
    def __init__(self, program: Program) -> None:
        self.types = program.types
        self.uses = program.uses()
        self.arranged: list[Instruction] = []
        self.groups: list[Group] = []

    def fits(self, x: Instruction) -> bool:
        """Tell whether a call computes each element of a large array from those in the same place."""
        kind = self.types[x.id]
        if kind.kind != "array" or kind.dtype.kind not in "fb" or not _is_elementwise(x):
            return False
        width = max(kind.dtype.itemsize, _NARROW)
        return math.prod(kind.shape) * width >= SMALLEST and math.prod(kind.shape[1:]) <= _LONGEST

    def _sums(self, x: Instruction, shape: Any) -> bool:
        if x.fn is not np.sum or x.args[1:] not in {(), (None,)} or any(v not in {None, False} for _, v in x.kwargs):
            return False
        value = self.types[x.args[0].id] if x.args[0].__class__ is Ref else None
        return value is not None and value.shape == shape and self.types[x.id].dtype == value.dtype in _FLOATS

    def arrange(self, rest: list[Instruction]) -> None:
        """Put instructions in their new order, the groups among them."""
        while rest:
            start = next((k for k, x in enumerate(rest) if self.fits(x)), len(rest))
            self.arranged += rest[:start]
            rest = rest[start:]
            if not rest:
                return
            before, group, after = self._group(rest, self.types[rest[0].id].shape)
            length = self._length(group)
            if not length:
                self.arranged.append(rest[0])
                rest = rest[1:]
                continue
            self.arrange(before)
            begin = len(self.arranged)
            self.arranged += group
            self.groups.append(Group(begin, len(self.arranged), length))
            rest = after

    def _group(
        self, rest: list[Instruction], shape: Any
    ) -> tuple[list[Instruction], list[Instruction], list[Instruction]]:
        """Return what comes before, the group, and what has to come after it."""
        before: list[Instruction] = []
        group: list[Instruction] = []
        after: list[Instruction] = []
        inside: set[int] = set()
        later: set[int] = set()
        waiting = False  # for a call with an effect
        for x in rest:
            read = x.operands()
            effect = facts.of(x.fn).effect
            if later.isdisjoint(read) and self.fits(x) and self.types[x.id].shape == shape:
                group.append(x)
                inside.add(x.id)
            elif later.isdisjoint(read) and not inside.isdisjoint(read) and self._sums(x, shape):
                group.append(x)
                later.add(x.id)
            elif not later.isdisjoint(read) or not inside.isdisjoint(read) or (effect and waiting):
                after.append(x)
                later.add(x.id)
                waiting = waiting or effect
            else:
                before.append(x)
        return before, group, after

    def _length(self, group: list[Instruction]) -> int:
        """Return how many places along the first axis make a block; 0 where a loop would not pay."""
        read: dict[int, int] = {}
        for x in group:
            for i in x.operands():
                read[i] = read.get(i, 0) + 1
        own = {x.id for x in group if x.fn is not np.sum}
        kept = [i for i in own if read.get(i, 0) == self.uses[i]]
        if not kept:
            return 0
        shape = self.types[group[0].id].shape
        outside = [i for i in read if i not in own and self.types[i].shape == shape]
        live = len(outside) + len(own) - len(kept) + _most_alive(group, kept)
        places = _CACHE // (live * max(self.types[i].dtype.itemsize for i in own))
        length = min(max(places, _SHORTEST), _LONGEST) // math.prod(shape[1:])
        return length if length >= 1 and shape[0] >= 2 * length else 0


def _is_elementwise(x: Instruction) -> bool:
    ufunc = isinstance(x.fn, np.ufunc) and x.fn.signature is None and x.fn.nout == 1
    return not x.kwargs and x.into is None and (ufunc or (x.fn is np.where and len(x.args) == 3))  # noqa: PLR2004


def _most_alive(group: list[Instruction], kept: list[int]) -> int:
    """Return how many of some values are there at the same time, at most."""
    last = {i: k for k, x in enumerate(group) for i in x.operands()}
    mine, alive, most = set(kept), 0, 0
    for k, x in enumerate(group):
        alive += x.id in mine
        most = max(most, alive)
        alive -= len({i for i in x.operands() if i in mine and last[i] == k})
    return most
