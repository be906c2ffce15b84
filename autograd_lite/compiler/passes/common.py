"""What passes share: other values in the place of some."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler.program.program import Assignment, Instruction, Program, Ref, Type, mapped, substituted

RewriteRule = Callable[["Rewriting", Instruction], "Instruction | Ref"]


class Rewriting:
    """A walk over the instructions, in which each may become another one, or a value that is there already.

    Attributes
    ----------
    types : dict
        What is known of each value; a rule may add some.
    made : dict
        The instruction that gives a value, of those already walked over.
    constants : dict
        Arrays of constants whose values may be worked with.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.types = dict(program.types)
        self.names = dict(program.names)
        self.made: dict[int, Instruction] = {}
        self.constants: dict[int, Any] = {c.id: c.array for c in program.constants if c.private}
        self.change: dict[int, Any] = {}
        self.instructions: list[Instruction] = []
        self._latest = max(self.types, default=0)
        self._leaving = frozenset(program.escaping())

    def run(self, rule: RewriteRule) -> Program:
        """Return the program with every instruction as `rule` has it; the very program where that is no other."""
        change, kept = self.change, True
        for given in self.program.instructions:
            x = substituted(given, change) if change else given
            better = rule(self, x)
            if better.__class__ is Ref:
                change[x.id] = better
                self._move_name(x.id, better.id)
            else:
                self.add(better)  # type: ignore[arg-type]
            kept = kept and better is given
        if kept:
            return self.program
        return finished(self.program, self.instructions, self.change).having(types=self.types, names=self.names)

    def add(self, x: Instruction) -> None:
        self.instructions.append(x)
        self.made[x.id] = x

    def new(self, kind: Type) -> int:
        """Return the number of a new value."""
        self._latest += 1
        self.types[self._latest] = kind
        return self._latest

    def _move_name(self, old: int, new: int) -> None:
        if old in self.names and new not in self.names:
            self.names[new] = self.names[old]

    def source(self, value: Any, fn: Any) -> Instruction | None:
        """Return the instruction that gives an operand, if it is a call of `fn`."""
        x = self.made.get(value.id) if isinstance(value, Ref) else None
        return x if x is not None and x.fn is fn else None

    def is_number(self, value: Any, number: float) -> bool:
        """Tell whether an operand is a known number, also as an array of one element."""
        if isinstance(value, Ref):
            array = self.constants.get(value.id)
            return array is not None and np.ndim(array) == 0 and bool(array == number)
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value == number

    def same_type(self, value: Any, x: Instruction) -> bool:
        """Tell whether an operand is an array of the shape and dtype of the result.

        Where the result leaves the program, an array of no dimension is also told from a number of NumPy.
        """
        if not isinstance(value, Ref):
            return False
        a, b = self.types[value.id], self.types[x.id]
        alike = a.kind == b.kind or x.id not in self._leaving
        return a.shape == b.shape and a.dtype == b.dtype and a.dtype is not None and alike


def finished(program: Program, instructions: list[Instruction], change: Mapping[int, Any]) -> Program:
    """Return a program of other instructions, with what leaves it taken from `change` where it is there."""
    outputs = tuple([mapped(x, change) for x in program.outputs])
    assignments = tuple([_redirected(a, change) for a in program.assignments])
    return program.having(instructions=tuple(instructions), outputs=outputs, assignments=assignments)


def _redirected(a: Assignment, change: Mapping[int, Any]) -> Assignment:
    return a if a.id is None or a.id not in change else replace(a, id=change[a.id].id)
