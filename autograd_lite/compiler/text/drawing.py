"""Programs as a picture: one, or several beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from autograd_lite.compiler.program.program import Program
from autograd_lite.viz.picture import Picture
from autograd_lite.viz.scene import TOP, Arrow, Box, Frame, Scene
from autograd_lite.viz.words import shape_text

Named = tuple[Program, Callable[[int], str]]
"""A program, and what gives its values their names."""


def picture(programs: Mapping[str, Named], legend: bool, direction: str | None) -> Picture:
    """Draw programs by their titles: what each reads, its calls, and what leaves it; several in a frame each."""
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    frames = [Frame(title) for title in programs] if len(programs) > 1 else []
    for number, (program, name_of) in enumerate(programs.values()):
        _draw(program, name_of, number if frames else TOP, boxes, arrows)
    title = next(program.title for program, _ in programs.values())
    return Picture(Scene(boxes, arrows, frames), legend=legend, direction=direction, title=title)


def _draw(
    program: Program, name_of: Callable[[int], str], frame: int, boxes: list[Box], arrows: list[Arrow]
) -> None:
    places: dict[int, int] = {}

    def add(kind: str, lines: tuple[str, ...], value: int) -> int:
        t = program.types[value]
        boxes.append(Box(kind, lines, frame, shape=t.shape, dtype=str(t.dtype)))
        return len(boxes) - 1

    for x in program.inputs:
        kind = "parameter" if x.kind == "tensor" else "input"
        places[x.id] = add(kind, (x.name, shape_text(program.types[x.id].shape)), x.id)
    for c in program.constants:
        places[c.id] = add("input", ("constant",), c.id)
    for step in program.instructions:
        called = [name_of(step.id)] if step.id in program.names else []
        function = str(step.fn.__name__)  # which may be the value's name too, or sum_ where it is that of a builtin
        called = [name for name in called if name not in (function, f"{function}_")]
        places[step.id] = add("operation", (*called, function), step.id)
        used = dict.fromkeys(step.operands())
        arrows += [Arrow(places[i], places[step.id], program.types[i].shape) for i in used]
    for i in dict.fromkeys(program.escaping()):
        arrows.append(Arrow(places[i], add("output", (name_of(i),), i), program.types[i].shape))
