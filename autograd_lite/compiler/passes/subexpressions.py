"""Compute once what is computed several times."""

from __future__ import annotations

from typing import Any

from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.program import Instruction, Program, Ref


def common_subexpressions(program: Program) -> Program:
    """Return the program with one call in the place of several equal ones."""
    known: dict[Any, int] = {}

    def rule(walk: Rewriting, x: Instruction) -> Instruction | Ref:
        if facts.of(x.fn).effect:
            return x
        first = known.setdefault((x.fn, *[_key(a) for a in x.args], repr(x.kwargs) if x.kwargs else ""), x.id)
        return x if first == x.id else Ref(first)

    return Rewriting(program).run(rule)


def _key(operand: Any) -> Any:
    """Return the number of a value; of anything else the text, in which 1, 1.0 and True differ, and 0.0 and -0.0."""
    return operand.id if operand.__class__ is Ref else repr(operand)
