"""Leave out what nobody reads."""

from __future__ import annotations

from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.program import Instruction, Program


def dead_code(program: Program) -> Program:
    """Return the program without calls whose value is not used, and without unused constants."""
    read = set(program.escaping())
    kept: list[Instruction] = []
    for x in reversed(program.instructions):
        if x.id in read or facts.of(x.fn).effect:
            kept.append(x)
            read.update(x.operands())
            if x.into is not None:
                read.add(x.into)
    if len(kept) == len(program.instructions) and all(c.id in read for c in program.constants):
        return program
    constants = tuple([c for c in program.constants if c.id in read])
    return program.having(instructions=tuple(reversed(kept)), constants=constants)
