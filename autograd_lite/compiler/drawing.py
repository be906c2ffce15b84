"""A program as a picture."""

from __future__ import annotations

from collections.abc import Callable

from autograd_lite.compiler.program import Program
from autograd_lite.viz.dot import DOT_HEAD, Arrow, Box, Sketch, legend_text, shape_text
from autograd_lite.viz.picture import Picture


def picture(program: Program, name_of: Callable[[int], str], legend: bool, direction: str) -> Picture:
    """Draw a program: what it reads, its calls, and what leaves it."""
    sketch = Sketch({}, every_leaf_is_a_parameter=False)
    places: dict[int, int] = {}

    def add(box: Box) -> int:
        sketch.boxes.append(box)
        return len(sketch.boxes) - 1

    for x in program.inputs:
        kind = "parameter" if x.kind == "tensor" else "input"
        places[x.id] = add(Box(kind, (x.name, shape_text(program.types[x.id].shape))))
    for c in program.constants:
        places[c.id] = add(Box("input", ("constant",)))
    for step in program.instructions:
        lines = (name_of(step.id), step.fn.__name__) if step.id in program.names else (step.fn.__name__,)
        places[step.id] = add(Box("operation", lines))
        shapes = [(i, program.types[i]) for i in dict.fromkeys(step.operands())]
        sketch.arrows += [Arrow(places[i], places[step.id], t.shape) for i, t in shapes]
    for i in dict.fromkeys(program.escaping()):
        sketch.arrows.append(Arrow(places[i], add(Box("output", (name_of(i),))), program.types[i].shape))
    shown = legend_text(sketch, direction) if legend else ""
    return Picture(DOT_HEAD.format(direction=direction) + sketch.text() + shown + "}\n")
