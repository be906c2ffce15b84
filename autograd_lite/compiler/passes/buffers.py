"""Results in memory that is not needed any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.memory import roots
from autograd_lite.compiler.program.program import Instruction, Program, Ref, Type

SMALLEST = 1024
"""In bytes: NumPy makes a smaller array faster than it is told where to put it."""


def buffers(program: Program, smallest: int = SMALLEST) -> Program:
    """Return the program with ``out=`` in its calls: an operand that is read for the last time, or another such array.

    Memory is used again only if no view of it is read later, if it is none of an input's or a constant's, and if
    nothing of it leaves the program.
    """
    plan = _Plan(program, smallest)
    return program.having(instructions=tuple([plan.placed(k, x) for k, x in enumerate(program.instructions)]))


class _Plan:
    def __init__(self, program: Program, smallest: int) -> None:
        self.types, self.smallest = program.types, smallest
        self.roots = roots(program)
        self.owner = {i: i for i in program.types}
        self.free: dict[Any, list[int]] = {}
        self.last = self._last_reads(program)
        self.until: dict[int, int] = {}
        self.fixed = set(program.given())
        self.grouped = program.grouped()
        for group in program.groups:
            only_blocks = {x.id for x in program.instructions[group.start : group.stop]} - program.left_by(group)
            self.fixed |= only_blocks

    def _last_reads(self, program: Program) -> dict[int, int]:
        """Return for each owner of memory the last instruction that reads it, or a view of it."""
        last: dict[int, int] = {}
        for k, x in enumerate(program.instructions):
            for i in (*x.operands(), x.id):
                for root in self.roots[i]:
                    last[root] = k
        for i in program.escaping():
            last |= dict.fromkeys(self.roots[i], len(program.instructions))
        return last

    def placed(self, k: int, x: Instruction) -> Instruction:
        kind = self.types[x.id]
        if k not in self.grouped and self._can_write(x, kind):
            place = self._dying(k, x, kind)
            if place is None and not facts.of(x.fn).in_place:
                place = self._taken(kind)
            if place is not None:
                x = replace(x, into=place)
                owner = self.owner[x.id] = self.owner[place]
                self.until[owner] = max(self.until.get(owner, self.last[owner]), self.last[x.id])
        self._release(k, x)
        return x

    def _can_write(self, x: Instruction, kind: Type) -> bool:
        writes = isinstance(x.fn, np.ufunc) and x.fn.nout == 1 and not x.kwargs
        if not (writes or facts.of(x.fn).in_place) or kind.kind != "array" or not kind.shape:
            return False
        return kind.nbytes >= self.smallest

    def _dying(self, k: int, x: Instruction, kind: Type) -> int | None:
        """Return an operand of this type that is read here for the last time."""
        if isinstance(x.fn, np.ufunc) and x.fn.signature is not None:  # a matrix product reads what it has written
            return None
        operands = x.args[:1] if facts.of(x.fn).in_place else x.args
        for value in operands:
            if isinstance(value, Ref) and self.types[value.id] == kind and self._is_free(value.id, k):
                return value.id
        return None

    def _is_free(self, i: int, k: int) -> bool:
        return self.roots[i] == {i} and i not in self.fixed and self.last[i] == k and self._memory_free(i, k)

    def _memory_free(self, i: int, k: int) -> bool:
        """Tell whether all values that were put into the same memory are read no more."""
        owner = self.owner[i]
        return self.until.get(owner, self.last[owner]) <= k

    def _taken(self, kind: Type) -> int | None:
        pool = self.free.get((kind.shape, kind.dtype))
        return pool.pop() if pool else None

    def _release(self, k: int, x: Instruction) -> None:
        """Note whose memory is free from here on."""
        for root in {root: None for i in x.operands() for root in self.roots[i]}:
            if self.last[root] != k:
                continue
            kind = self.types[root]
            if self._is_free(root, k) and kind.kind == "array" and self.owner[root] != self.owner[x.id]:
                self.free.setdefault((kind.shape, kind.dtype), []).append(root)
