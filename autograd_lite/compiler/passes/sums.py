"""Sums along axes of length 1, and sums of arrays that are mostly zeros."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler import helpers
from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program import Instruction, Program, Ref


def sums(program: Program) -> Program:
    """Return the program with values added where they belong, and no sums of single elements."""
    uses = program.uses()

    def rule(walk: Rewriting, x: Instruction) -> Instruction | Ref:
        if x.fn is np.sum:
            return _single(walk, x)
        return _added(walk, x, uses) if x.fn is np.add and not x.kwargs else x

    return Rewriting(program).run(rule)


def _single(walk: Rewriting, x: Instruction) -> Instruction:
    """The sum over an axis of length 1 is the element there."""
    settings = dict(x.kwargs)
    value = x.args[0]
    axis: Any = x.args[1] if len(x.args) > 1 else settings.get("axis")
    if not isinstance(value, Ref) or len(x.args) > 2 or not settings.keys() <= {"axis", "keepdims"}:  # noqa: PLR2004
        return x
    source, kind = walk.types[value.id], walk.types[x.id]
    axes = range(len(source.shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    if source.kind != "array" or source.dtype != kind.dtype or any(source.shape[i] != 1 for i in axes):
        return x
    if kind.kind != "array":
        return x
    return replace(x, fn=np.reshape, args=(value, kind.shape), kwargs=())


def _added(walk: Rewriting, x: Instruction, uses: dict[int, int]) -> Instruction:
    """Add a few values at their places, in the place of an array of zeros with them in it."""
    for value, other in (x.args, x.args[::-1]):
        few = walk.source(other, helpers.placed)
        if few is not None and uses.get(few.id) == 1 and walk.same_type(value, x):
            return replace(x, fn=helpers.added_at, args=(value, few.args[0], few.args[1]))
    return x
