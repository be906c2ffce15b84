"""Compute once what is computed several times."""

from __future__ import annotations

from typing import Any

from autograd_lite.compiler.helpers import EFFECTS
from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program import Instruction, Program, Ref


def common_subexpressions(program: Program) -> Program:
    """Return the program with one call in the place of several equal ones."""
    known: dict[Any, int] = {}

    def rule(walk: Rewriting, x: Instruction) -> Instruction | Ref:
        if x.fn in EFFECTS:
            return x
        # NOTE: the text of operands, in which 1, 1.0 and True differ, and 0.0 and -0.0.
        first = known.setdefault((x.fn, repr(x.args), repr(x.kwargs)), x.id)
        return x if first == x.id else Ref(first)

    return Rewriting(program).run(rule)
