"""Limits that nothing reaches."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program.program import Instruction, Program, Ref
from autograd_lite.compiler.program.ranges import Ranges


def limits(program: Program) -> Program:
    """Return the program without those of its maxima and minima of two that are always the same one, or NaN with it."""
    if not any(x.fn in _LIMITS for x in program.instructions):
        return program
    ranges = Ranges(program)

    def rule(walk: Rewriting, x: Instruction) -> Instruction | Ref:
        within = None if x.kwargs else _LIMITS.get(x.fn)
        if within is not None:
            for value, limit in (x.args, x.args[::-1]):
                if walk.same_type(value, x) and within(ranges, value, limit):
                    return value  # type: ignore[no-any-return]
        return x

    return Rewriting(program).run(rule)


def _above(ranges: Ranges, value: Any, limit: Any) -> bool:
    """Tell whether a value is over a limit, and so the maximum.

    NOTE: a limit may not be NaN, and of two zeros one may be negative.
    """
    low, high = ranges.of(value)[0], _known(ranges, limit)[1]
    return low > high or (low == high != 0.0)


def _below(ranges: Ranges, value: Any, limit: Any) -> bool:
    high, low = ranges.of(value)[1], _known(ranges, limit)[0]
    return high < low or (high == low != 0.0)


def _known(ranges: Ranges, limit: Any) -> tuple[float, float]:
    """Return the range of a limit that is a number, or nothing that could be told."""
    if limit.__class__ is Ref and limit.id in ranges.made:
        return -np.inf, np.inf
    return ranges.of(limit)


_LIMITS: dict[Any, Any] = {np.maximum: _above, np.minimum: _below}
