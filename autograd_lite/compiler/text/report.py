"""What a program costs, before and after each pass."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autograd_lite.base.display import Report, lines_html, table_html
from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.memory import is_new
from autograd_lite.compiler.program.program import Group, Instruction, Program, Ref, Type


@dataclass(frozen=True, eq=False)
class Cost:
    """Counted, not measured.

    Attributes
    ----------
    calls : int
        Calls of NumPy.
    flops : int
        Additions, products and evaluations of a function, each counted once for every element.
    bytes : int
        Read and written by all calls together.
    buffers : int
        Arrays that are allocated.
    """

    calls: int
    flops: int
    bytes: int
    buffers: int


def cost(program: Program) -> Cost:
    """Count what a program does."""
    types = program.types
    arrays = [x for x in program.instructions if types[x.id].kind in ("array", "scalar")]
    return Cost(
        len(arrays),
        sum(_flops(x, types) for x in arrays),
        sum(_bytes(types[i]) for x in arrays if is_new(x) for i in (x.id, *x.operands())),
        sum(is_new(x) and x.into is None and types[x.id].kind == "array" for x in arrays),
    )


def _flops(x: Instruction, types: Mapping[int, Type]) -> int:
    if not is_new(x):
        return 0
    size = math.prod(types[x.id].shape)
    first = x.args[0] if x.args else None
    if not isinstance(first, Ref):
        return size
    if facts.of(x.fn).product or x.fn is np.vdot:
        return 2 * size * (types[first.id].shape or (1,))[-1]
    return max(size, math.prod(types[first.id].shape))


def _bytes(kind: Type) -> int:
    return kind.nbytes if kind.kind in ("array", "scalar") else 0


def table(stages: Iterable[tuple[str, Program]], told: str = "") -> Report:
    """Return the costs as text, a line for each stage, followed by what else is `told`; a table in a notebook."""
    stages = list(stages)
    rows = [("after", "calls", "flops", "bytes", "buffers")]
    for name, program in stages:
        c = cost(program)
        rows.append((name, f"{c.calls:,}", f"{c.flops:,}", f"{c.bytes:,}", f"{c.buffers:,}"))
    loops = [_loop(group, program) for program in [p for _, p in stages[-1:]] for group in program.groups]
    text = "\n".join([*_aligned(rows), *loops]) + told
    return Report(text, table_html("", rows, loops) + (lines_html(told.strip("\n")) if told else ""))


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells]))
    return lines


def _loop(group: Group, program: Program) -> str:
    shape = program.types[program.instructions[group.start].id].shape
    return f"a loop of {group.stop - group.start} calls over {shape[0]:,} places, {group.length:,} at a time"
