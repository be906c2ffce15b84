"""One exponential where a sigmoid has two: in loops a choice between numbers costs nothing, and a function does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.passes.subexpressions import common_subexpressions
from autograd_lite.compiler.program.program import Instruction, Program, Ref


def exponentials(program: Program) -> Program:
    """Return the program with ``exp(minimum(x, 0))`` taken from ``exp(-|x|)``, where that is computed as well.

    Both are the same number below zero, and the former is 1 above; bit by bit, but for the sign of NaN.
    """
    made = {x.id: x for x in program.instructions}
    found = {argument for x in program.instructions if (argument := _decaying_by(x, made)) is not None}

    def rule(walk: Rewriting, x: Instruction) -> Instruction | Ref:
        below = walk.source(x.args[0], np.minimum) if x.fn is np.exp and not x.kwargs else None
        if below is None or below.kwargs or not walk.is_number(below.args[1], 0):
            return x
        argument = below.args[0]
        known = isinstance(argument, Ref) and argument.id in found and walk.same_type(argument, x)
        return _chosen(walk, x, argument) if known else x

    return common_subexpressions(Rewriting(program).run(rule)) if found else program


def _chosen(walk: Rewriting, x: Instruction, argument: Ref) -> Instruction:
    def added(fn: Any, *args: Any, dtype: Any = None) -> Ref:
        kind = walk.types[x.id]
        number = walk.new(replace(kind, dtype=dtype or kind.dtype))
        walk.add(replace(x, id=number, fn=fn, args=args))
        return Ref(number)

    power = added(np.exp, added(np.negative, added(np.absolute, argument)))
    above = added(np.greater_equal, argument, 0.0, dtype=np.dtype(bool))
    return replace(x, fn=np.where, args=(above, 1.0, power))


def _decaying_by(x: Instruction, made: Mapping[int, Instruction]) -> int | None:
    """Return the value `a` of which a call computes ``exp(-|a|)``."""
    for fn in (np.exp, np.negative, np.absolute):
        if x.fn is not fn or x.kwargs or not isinstance(x.args[0], Ref):
            return None
        number = x.args[0].id
        if fn is not np.absolute:
            if number not in made:
                return None
            x = made[number]
    return number
