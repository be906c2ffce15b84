"""When the arrays of a program are given back: large ones at once, not when the function returns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from autograd_lite.compiler.program.program import Program
from autograd_lite.compiler.text.names import Names, last_reads

SMALLEST = 1 << 15
"""In bytes: a smaller array weighs nothing, and the line that gives it back is not free."""


def given_back(program: Program, names: Names) -> Mapping[int, list[str]]:
    """Return, by the place of an instruction, the names after it that are read no more and hold a large array.

    Inputs are not ours to give back, and what is computed in a loop is a block of that loop. A name that has become
    that of another value by then holds nothing of the first.
    """
    last, dying = last_reads(program), defaultdict(list)
    blocks = {x.id for group in program.groups for x in program.instructions[group.start : group.stop]}
    blocks -= set[int]().union(*map(program.left_by, program.groups))
    for x in program.instructions:
        kind = program.types[x.id]
        if x.id not in blocks and kind.kind == "array" and kind.nbytes >= SMALLEST:
            dying[last[x.id]].append(x.id)
    bound: dict[str, int] = {}
    found: dict[int, list[str]] = {}
    for k, x in enumerate(program.instructions):
        bound[names[x.id]] = x.id
        found[k] = [names[i] for i in dying[k] if bound[names[i]] == i]
    return found
