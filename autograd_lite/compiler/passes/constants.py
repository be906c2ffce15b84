"""Do before the call what is the same in every call."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.literals import is_uniform
from autograd_lite.compiler.program.program import Constant, Instruction, Program, Ref, Type, mapped

_LARGEST = 10_000
"""So many elements at most: a larger array is cheaper to make than to keep."""


def constant_folding(program: Program) -> Program:
    """Return the program with the values of calls that read nothing but constants."""
    folded: list[Constant] = []

    def rule(walk: Rewriting, x: Instruction) -> Instruction | Ref:
        known = walk.constants
        if known:
            x = _with_numbers(walk, x, folded)
        fills = facts.of(x.fn).fills
        if fills is not None and not x.kwargs and len(x.args) == 1 and _small(walk, x):
            return _constant(walk, x, np.full(walk.types[x.id].shape, fills, walk.types[x.id].dtype), folded)
        if not known.keys() >= set(x.operands()) or facts.of(x.fn).effect or not _small(walk, x):
            return x
        with np.errstate(all="ignore"):
            array = x.fn(*mapped(x.args, known), **{name: mapped(v, known) for name, v in x.kwargs})
        return _constant(walk, x, array, folded)

    result = Rewriting(program).run(rule)
    return result.having(constants=(*program.constants, *folded)) if folded else result


def _constant(walk: Rewriting, x: Instruction, array: Any, folded: list[Constant]) -> Ref:
    """Have a constant in the place of a call."""
    folded.append(Constant(x.id, array, private=True))
    walk.constants[x.id] = array
    return Ref(x.id)


def _with_numbers(walk: Rewriting, x: Instruction, folded: list[Constant]) -> Instruction:
    """Put a number in the place of an array that is the same everywhere, where another operand gives the shape."""
    if not isinstance(x.fn, np.ufunc) or x.fn.signature is not None or x.kwargs:
        return x
    for i, value in enumerate(x.args):
        array = walk.constants.get(value.id) if value.__class__ is Ref else None
        if not isinstance(array, np.ndarray) or array.ndim == 0:
            continue
        others = [walk.types[a.id].shape for j, a in enumerate(x.args) if j != i and isinstance(a, Ref)]
        if np.broadcast_shapes(*others) != walk.types[x.id].shape:
            continue
        if is_uniform(array):
            number = np.array(array.flat[0])
            folded.append(Constant(walk.new(Type((), array.dtype)), number, private=True))
            walk.constants[folded[-1].id] = number
            return replace(x, args=(*x.args[:i], Ref(folded[-1].id), *x.args[i + 1 :]))
    return x


def _small(walk: Rewriting, x: Instruction) -> bool:
    kind = walk.types[x.id]
    return kind.kind in ("array", "scalar") and math.prod(kind.shape) <= _LARGEST
