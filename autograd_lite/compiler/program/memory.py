"""Which values of a program may lie in the same memory: what may not be written to, and what has to be copied."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler.program import helpers
from autograd_lite.compiler.program.opaque import is_opaque
from autograd_lite.compiler.program.program import Instruction, Program, Ref, Type, refs

_NEW = frozenset(
    (
        np.sum, np.prod, np.max, np.min, np.mean, np.all, np.any, np.argmax, np.argmin, np.argsort, np.where, np.copy,
        np.array, np.concatenate, np.einsum, np.cumsum, np.pad, np.tril, np.triu, np.convolve, np.correlate, np.var,
        np.std, np.dot, np.vdot, np.roll, np.sort, np.zeros_like, np.ones_like, np.empty_like, np.clip, np.round,
        np.searchsorted, np.interp, np.tensordot, helpers.scatter, helpers.placed, helpers.assigned, helpers.added_at,
        helpers.subtracted_at, helpers.from_parts, helpers.draw,
    )
)  # fmt: skip


def is_new(x: Instruction) -> bool:
    """Tell whether a call gives memory of its own, and no view of an operand.

    NOTE: an einsum of one array that adds nothing up is a view: a transpose, or a diagonal.
    """
    fn = x.fn
    if fn is np.einsum:
        return len(x.operands()) > 1
    if isinstance(fn, np.ufunc) or isinstance(getattr(fn, "__self__", None), np.ufunc):
        return True
    return fn in _NEW or is_opaque(fn)


def roots(program: Program) -> dict[int, frozenset[int]]:
    """Return for each value the values that own the memory it may lie in: itself, or what it may be a view of."""
    found = {i: frozenset((i,)) for i in program.given()}
    for instruction in program.instructions:
        found[instruction.id] = _roots(instruction, found, program.types)
    return found


def _roots(
    instruction: Instruction, found: dict[int, frozenset[int]], types: Mapping[int, Type]
) -> frozenset[int]:
    if instruction.into is not None:
        return found[instruction.into]
    if is_new(instruction):
        return frozenset((instruction.id,))
    if instruction.fn is operator.getitem:  # of what it is taken from, not of the index
        return found[refs(instruction.args[0])[0]] if _basic(instruction, types) else frozenset((instruction.id,))
    owners = [found[i] for i in instruction.operands()]
    return frozenset((instruction.id,)).union(*owners)


def _basic(instruction: Instruction, types: Mapping[int, Type]) -> bool:
    """Tell whether an index gives a view: also one of whole numbers that are computed."""
    key = instruction.args[1]
    return all(not types[i].shape for i in refs(key)) and not _has_list(key)


def _has_list(key: Any) -> bool:
    return any(isinstance(part, (list, tuple, bool)) for part in (key if isinstance(key, tuple) else (key,)))


def returned_copies(program: Program) -> Program:
    """Copy what leaves the program and may lie in the memory of an input, a constant, or something else that leaves.

    Not a pass that may be left out: the user may write to what is returned.
    """
    owners = roots(program)
    taken = set(program.given())
    types = dict(program.types)
    names = dict(program.names)
    copies: list[Instruction] = []

    def leaving(i: int) -> int:
        if types[i].kind != "array" or taken.isdisjoint(owners[i]):
            taken.update(owners[i])
            return i
        number = max(types) + 1
        types[number] = types[i]
        if i in names:
            names[number] = names[i]
        copies.append(Instruction(number, np.copy, (Ref(i),), (), "what leaves is its own"))
        return number

    assignments = tuple([a if a.id is None else replace(a, id=leaving(a.id)) for a in program.assignments])
    outputs = tuple([Ref(leaving(x.id)) if x.__class__ is Ref else x for x in program.outputs])
    instructions = (*program.instructions, *copies)
    return program.having(instructions=instructions, outputs=outputs, assignments=assignments, types=types, names=names)
