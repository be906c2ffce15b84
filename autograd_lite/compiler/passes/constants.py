"""Do before the call what is the same in every call."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.compiler.helpers import EFFECTS
from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program import Constant, Instruction, Program, Ref, mapped

_LARGEST = 10_000
"""So many elements at most: a larger array is cheaper to make than to keep."""


def constant_folding(program: Program) -> Program:
    """Return the program with the values of calls that read nothing but constants."""
    folded: list[Constant] = []

    def rule(walk: Rewriting, x: Instruction) -> Instruction | Ref:
        known = walk.constants
        if x.fn in EFFECTS or any(i not in known for i in x.operands()) or not _small(walk, x):
            return x
        values = {i: _Value(known[i]) for i in x.operands()}
        with np.errstate(all="ignore"):
            array = x.fn(*_filled(x.args, values), **{name: _filled(v, values) for name, v in x.kwargs})
        folded.append(Constant(x.id, array, private=True))
        known[x.id] = array
        return Ref(x.id)

    result = Rewriting(program).run(rule)
    return result.having(constants=(*program.constants, *folded))


class _Value:
    def __init__(self, array: Any) -> None:
        self.array = array


def _small(walk: Rewriting, x: Instruction) -> bool:
    kind = walk.types[x.id]
    return kind.kind in ("array", "scalar") and int(np.prod(kind.shape)) <= _LARGEST


def _filled(value: Any, values: dict[int, _Value]) -> Any:
    found = mapped(value, values)
    return _opened(found)


def _opened(value: Any) -> Any:
    if isinstance(value, _Value):
        return value.array
    if isinstance(value, (tuple, list)):
        return type(value)([_opened(part) for part in value])
    return slice(*map(_opened, (value.start, value.stop, value.step))) if isinstance(value, slice) else value
