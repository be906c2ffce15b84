"""A program as a picture."""

from __future__ import annotations

from collections.abc import Callable

from autograd_lite.compiler.program import Program
from autograd_lite.viz.picture import Picture
from autograd_lite.viz.scene import Arrow, Box, Scene
from autograd_lite.viz.words import shape_text


def picture(program: Program, name_of: Callable[[int], str], legend: bool, direction: str) -> Picture:
    """Draw a program: what it reads, its calls, and what leaves it."""
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    places: dict[int, int] = {}

    def add(kind: str, lines: tuple[str, ...], number: int) -> int:
        t = program.types[number]
        boxes.append(Box(kind, lines, shape=t.shape, dtype=str(t.dtype)))
        return len(boxes) - 1

    for x in program.inputs:
        kind = "parameter" if x.kind == "tensor" else "input"
        places[x.id] = add(kind, (x.name, shape_text(program.types[x.id].shape)), x.id)
    for c in program.constants:
        places[c.id] = add("input", ("constant",), c.id)
    for step in program.instructions:
        lines = (name_of(step.id), step.fn.__name__) if step.id in program.names else (step.fn.__name__,)
        places[step.id] = add("operation", lines, step.id)
        used = dict.fromkeys(step.operands())
        arrows += [Arrow(places[i], places[step.id], program.types[i].shape) for i in used]
    for i in dict.fromkeys(program.escaping()):
        arrows.append(Arrow(places[i], add("output", (name_of(i),), i), program.types[i].shape))
    return Picture(Scene(boxes, arrows), legend=legend, direction=direction)
