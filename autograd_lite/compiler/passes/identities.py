"""Shorter forms of a value, with other roundings: equal to two units in the last place, NaN and infinities included."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program.program import Instruction, Program, Ref

_EXACT = (np.dtype(np.float32), np.dtype(np.float64))


def identities(program: Program) -> Program:
    """Return the program with the slope of the sigmoid from what the sigmoid itself is computed from."""
    return Rewriting(program).run(_shorter)


def _shorter(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    if x.fn is not np.divide or x.kwargs or not walk.is_number(x.args[0], 0.5):
        return x
    below = walk.source(x.args[1], np.add)
    argument = None if below is None or below.kwargs else _cosh_plus_one(walk, below)
    return x if argument is None or walk.types[x.id].dtype not in _EXACT else _slope(walk, x, argument)


def _cosh_plus_one(walk: Rewriting, x: Instruction) -> Any:
    for number, other in (x.args, x.args[::-1]):
        power = walk.source(other, np.cosh)
        if power is not None and not power.kwargs and walk.is_number(number, 1) and walk.same_type(power.args[0], x):
            return power.args[0]
    return None


def _slope(walk: Rewriting, x: Instruction, argument: Any) -> Instruction:
    """``0.5 / (1 + cosh(x))`` is ``e / (1 + e)^2`` with ``e = exp(-|x|)``, which does not overflow.

    Since ``2 + 2 cosh(x) = (exp(x/2) + exp(-x/2))^2`` (M. Abramowitz and I. Stegun, "Handbook of Mathematical
    Functions", 4.5.2 and 4.5.24); the sigmoid has computed both `e` and ``1 + e``.
    """

    def added(fn: Any, *args: Any) -> Ref:
        number = walk.new(walk.types[x.id])
        walk.add(replace(x, id=number, fn=fn, args=args))
        return Ref(number)

    e = added(np.exp, added(np.negative, added(np.absolute, argument)))
    return replace(x, args=(e, added(np.square, added(np.add, 1.0, e))))
