"""Is a Program right? Asked after every pass by the tests, and by whoever writes a pass."""

from __future__ import annotations

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.program.memory import roots
from autograd_lite.compiler.program.program import Instruction, Program, shown

_AROUND = 3


def verify(program: Program, after: str = "recording") -> Program:
    """Return the program, if every value is given once, before it is read, and no memory is written too early.

    Raises
    ------
    ProgramError
        With the instructions around the fault.
    """
    given = set(program.given())
    overwritten: dict[int, Instruction] = {}
    owners = roots(program)
    fixed = set(given)
    for k, x in enumerate(program.instructions):
        for i in x.operands():
            if i not in given:
                _fault(program, k, after, f"%{i} is read before it is given")
            if i in overwritten and x.id != overwritten[i].id:
                _fault(program, k, after, f"%{i} is read after %{overwritten[i].id} was written over it")
        if x.id in given:
            _fault(program, k, after, f"%{x.id} is given twice")
        if x.id not in program.types:
            _fault(program, k, after, f"nothing is known of %{x.id}")
        if x.into is not None:
            _write(program, k, x, owners, fixed, given, overwritten, after)
        given.add(x.id)
    for i in program.escaping():
        if i not in given:
            _fault(program, len(program.instructions), after, f"%{i} leaves, but is never given")
        if i in overwritten:
            _fault(program, len(program.instructions), after, f"%{i} leaves, but was written over")
    _groups(program, after)
    return program


def _groups(program: Program, after: str) -> None:
    """Check that groups follow each other, are of one length, and that none needs a sum before it is complete."""
    end = 0
    for group in program.groups:
        if not end <= group.start < group.stop <= len(program.instructions) or group.length < 1:
            _fault(program, group.start, after, "a group is not where one can be")
        end = group.stop
        calls = program.instructions[group.start : end]
        first, sums = program.types[calls[0].id].shape[0], {x.id for x in calls if x.fn is np.sum}
        for k, x in enumerate(calls, group.start):
            if x.fn is not np.sum and program.types[x.id].shape[:1] != (first,):
                _fault(program, k, after, f"%{x.id} has another length than the group that it is in")
            if x.into is not None or not sums.isdisjoint(x.operands()):
                _fault(program, k, after, f"%{x.id} cannot be computed block by block")
        blocks = {x.id for x in calls} - program.left_by(group)
        for k, x in enumerate(program.instructions):
            if x.into in blocks:
                _fault(program, k, after, f"%{x.id} is written into %{x.into}, of which there are only blocks")


def _write(
    program: Program,
    k: int,
    x: Instruction,
    owners: dict[int, frozenset[int]],
    fixed: set[int],
    given: set[int],
    overwritten: dict[int, Instruction],
    after: str,
) -> None:
    """Check where a result is written to, and note what is lost by it."""
    into = x.into
    assert into is not None
    if into not in given or into in overwritten:
        _fault(program, k, after, f"%{x.id} is written into %{into}, which is not there")
    if not fixed.isdisjoint(owners[into]):
        _fault(program, k, after, f"%{x.id} is written into the memory of an input or a constant")
    a, b = program.types[into], program.types[x.id]
    if (a.shape, a.dtype) != (b.shape, b.dtype):
        _fault(program, k, after, f"%{x.id} of type {b} does not fit into %{into} of type {a}")
    for i in given:
        if not owners[i].isdisjoint(owners[into]):
            overwritten[i] = x


def _fault(program: Program, k: int, after: str, fault: str) -> None:
    start = max(0, k - _AROUND)
    lines = [
        f"{'->' if start + j == k else '  '} {shown(x)}"
        for j, x in enumerate(program.instructions[start : k + _AROUND])
    ]
    raise errors.ProgramError(errors.PROGRAM_FAULT.format(after=after, fault=fault, around="\n".join(lines)))
