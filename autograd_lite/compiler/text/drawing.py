"""Programs as a picture: one, or several beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from autograd_lite.compiler.program.loop import Loop, is_item, is_loop
from autograd_lite.compiler.program.program import Constant, Input, Instruction, Program, Ref
from autograd_lite.compiler.text.names import Names
from autograd_lite.viz.picture import Picture
from autograd_lite.viz.scene import TOP, Arrow, Box, Frame, Scene
from autograd_lite.viz.words import shape_text, times_text

Named = tuple[Program, Callable[[int], str]]
"""A program, and what gives its values their names."""
Places = dict[int, int]
"""The numbers of the boxes of values."""


def picture(programs: Mapping[str, Named], legend: bool, direction: str | None) -> Picture:
    """Draw programs by their titles: what each reads, its calls, and what leaves it; several in a frame each."""
    drawing = _Drawing()
    for title, (program, name_of) in programs.items():
        drawing.whole(program, name_of, drawing.frame(title) if len(programs) > 1 else TOP)
    title = next(program.title for program, _ in programs.values())
    return Picture(
        Scene(drawing.boxes, drawing.arrows, drawing.frames), legend=legend, direction=direction, title=title
    )


class _Drawing:
    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self.frames: list[Frame] = []

    def frame(self, title: str, parent: int = TOP) -> int:
        """Add a frame and return its number."""
        self.frames.append(Frame(title, parent))
        return len(self.frames) - 1

    def whole(self, program: Program, name_of: Callable[[int], str], frame: int) -> None:
        """Draw a program, from its inputs to what leaves it."""
        part = _Part(self, program, name_of, frame)
        for x in program.inputs:
            part.input(x)
        part.calls()
        for i in dict.fromkeys(program.escaping()):
            part.lead(i, part.box("output", (name_of(i),), i))


class _Part:
    """A program in a frame, which may be the step of a loop of another."""

    def __init__(self, drawing: _Drawing, program: Program, name_of: Callable[[int], str], frame: int) -> None:
        self.drawing, self.program, self.name_of, self.frame = drawing, program, name_of, frame
        self.places: Places = {}

    def box(self, kind: str, lines: tuple[str, ...], value: int) -> int:
        """Add the box of a value and return its number."""
        t = self.program.types[value]
        self.drawing.boxes.append(Box(kind, lines, self.frame, shape=t.shape, dtype=str(t.dtype)))
        return len(self.drawing.boxes) - 1

    def input(self, x: Input) -> int:
        """Draw what the program is given."""
        lines = (x.name or self.name_of(x.id), shape_text(self.program.types[x.id].shape))
        self.places[x.id] = self.box("parameter" if x.kind == "tensor" else "input", lines, x.id)
        return self.places[x.id]

    def lead(self, value: int, target: int) -> None:
        """Draw an arrow from a value to a box."""
        self.drawing.arrows.append(Arrow(self.places[value], target, self.program.types[value].shape))

    def calls(self) -> None:
        """Draw constants and calls."""
        for c in self.program.constants:
            self.constant(c)
        loops: dict[int, list[int]] = {}
        for step in self.program.instructions:
            if is_loop(step.fn):
                loops[step.id] = self.loop(step)
            elif is_item(step, self.program.types) and step.args[0].id in loops:
                self.places[step.id] = loops[step.args[0].id][step.args[1]]
            else:
                self.call(step)

    def constant(self, c: Constant) -> None:
        """Draw an array of the function's own."""
        self.places[c.id] = self.box("input", ("constant",), c.id)

    def call(self, step: Instruction) -> None:
        """Draw a call and what it reads."""
        called = [self.name_of(step.id)] if step.id in self.program.names else []
        function = str(step.fn.__name__)  # which may be the value's name too, or sum_ where it is that of a builtin
        called = [name for name in called if name not in (function, f"{function}_")]
        self.places[step.id] = self.box("operation", (*called, function), step.id)
        for i in dict.fromkeys(step.operands()):
            self.lead(i, self.places[step.id])

    def loop(self, step: Instruction) -> list[int]:
        """Draw one step of a loop in a frame that says how many there are; return the boxes of its results."""
        loop: Loop = step.fn
        frame = self.drawing.frame(f"{loop.name} {times_text(loop.length)}", self.frame)
        body = _Part(self.drawing, loop.body, Names(loop.body).__getitem__, frame)
        moving = loop.carried + loop.taken
        for k, (operand, x) in enumerate(zip(step.args, loop.body.inputs, strict=True)):
            if k < moving or not isinstance(operand, Ref):
                place = body.input(x)
                if isinstance(operand, Ref):
                    self.lead(operand.id, place)
            else:
                body.places[x.id] = self.places[operand.id]
        body.calls()
        outputs = [output.id for output in loop.body.outputs]
        for x, output in zip(loop.body.inputs, outputs[: loop.carried], strict=False):
            body.lead(output, body.places[x.id])  # to the next step
        return [body.places[output] for output in outputs]
