"""Sums of arrays that are mostly zeros."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program import helpers
from autograd_lite.compiler.program.program import Instruction, Program, Ref


def sums(program: Program) -> Program:
    """Return the program with values added where they belong."""
    uses = program.uses()

    def rule(walk: Rewriting, x: Instruction) -> Instruction | Ref:
        return _added(walk, x, uses) if x.fn is np.add and not x.kwargs else x

    return Rewriting(program).run(rule)


def _added(walk: Rewriting, x: Instruction, uses: dict[int, int]) -> Instruction:
    """Add a few values at their places, in the place of an array of zeros with them in it."""
    if walk.types[x.id].kind != "array":  # a number of NumPy, which has no places
        return x
    for value, other in (x.args, x.args[::-1]):
        few = walk.source(other, helpers.placed)
        fits = walk.same_type(value, x) and walk.types[value.id].kind == "array"
        if few is not None and uses.get(few.id) == 1 and fits:
            negated = walk.source(few.args[0], np.negative)
            if negated is not None:
                return replace(x, fn=helpers.subtracted_at, args=(value, negated.args[0], few.args[1]))
            return replace(x, fn=helpers.added_at, args=(value, few.args[0], few.args[1]))
    return x
