"""A picture as DOT text, Graphviz's language: pure string building, and the same text for the same graph.

What stands for what (the colours are pale and dark shades of Okabe and Ito's palette, which people of every kind of
colour vision tell apart; and no two kinds have the same shape):

===========  =====================  ================================================================
parameter    amber note             a Tensor that requires a gradient: its name and shape
input        blue ellipse           an input or a constant: its name, "constant", or the number itself
operation    grey rounded box       the name given to its result, its own name, and its settings
output       green double octagon   what the picture was asked for
failed       red component          the operation at which the run ended, and the error
folded       grey folder            a module or scope that is not shown inside
more         dashed box             how many things the picture leaves out
===========  =====================  ================================================================

An arrow carries the shape of what flows along it; it is dashed where it leads from one of equal blocks to the next.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from autograd_lite import errors
from autograd_lite.viz.colours import HEAT, LIGHT
from autograd_lite.viz.measure import Findings
from autograd_lite.viz.scene import TOP, Arrow, Box, Scene, children, is_back, titled
from autograd_lite.viz.words import bytes_text, clean, seconds_text, shape_text, wrapped

DIRECTIONS = ("LR", "TB")
_WIDTH = 24  # of numbers in a box
_SHAPES = {
    "parameter": "shape=note",
    "input": "shape=ellipse",
    "operation": 'shape=box, style="rounded,filled"',
    "output": "shape=octagon, peripheries=2",
    "failed": "shape=component",
    "folded": "shape=folder",
    "more": "shape=box, style=dashed",
}
STYLES = {
    kind: f'{shape}, color="{LIGHT[kind].line}", fillcolor="{LIGHT[kind].fill}"' + ", penwidth=3" * (kind == "failed")
    for kind, shape in _SHAPES.items()
}
_SAID = {"input": "input or constant", "failed": "failed here", "more": "left out"}
_HEAD = """\
digraph {{
  graph [rankdir={direction}, ordering=in, nodesep=0.22, ranksep=0.45, pad=0.2];
  node [style=filled, fontname="Helvetica", fontsize=12, height=0.36, width=0.6, margin="0.14,0.05", penwidth=1.4];
  edge [fontname="Helvetica", fontsize=10, fontcolor="#444444", color="#6E6E6E", arrowsize=0.7, penwidth=1.1];
"""
_FRAME = """\
  subgraph cluster_{number} {{
    label={title}; labeljust=l; style=rounded; color="#9A9A9A"; fontname="Helvetica"; fontsize=11; fontcolor="#444444";
{inside}  }}
"""
_NO_BOX = "shape=plaintext, style=solid"
_LEGEND_HEAD = """\
  subgraph cluster_legend {
    style=rounded; color="#DDDDDD"; label="";
    node [fontsize=10, height=0.26, margin="0.1,0.03"];
"""


class ShownParts(NamedTuple):
    """What is shown besides names and shapes: values, gradients (and heat), saved bytes, what looks wrong, and more."""

    values: bool = False
    gradients: bool = False
    saved: bool = False
    marks: bool = False
    times: bool = False
    where: bool = False
    dtypes: bool = False


PLAIN = ShownParts()


def dot_text(scene: Scene, *, legend: bool = True, direction: str = "LR", shown: ShownParts = PLAIN) -> str:
    r"""Return a picture as DOT text."""
    if direction not in DIRECTIONS:
        raise errors.PictureError(errors.PICTURE_DIRECTION.format(given=direction))
    heat = Heat(scene) if shown.gradients else None
    parts = [_HEAD.format(direction=direction), *_boxes(scene, shown, heat)]
    parts += [_arrow_text(arrow, scene, shown) for arrow in scene.arrows]
    if legend:
        parts.append(legend_text(legend_samples(scene, shown, heat), direction))
    return "".join(parts) + "}\n"


def _boxes(scene: Scene, shown: ShownParts, heat: Heat | None) -> list[str]:
    """Return a line for each box, and the frames with those inside of them.

    A frame comes after the one it is in, so that going backwards each is complete before it is put into its parent.
    """
    inside = children(scene)
    lines = {
        frame: "".join(_box_text(i, scene.boxes[i], shown, heat) for i in inside.get(frame, ()))
        for frame in range(TOP, len(scene.frames))
    }
    parts: dict[int, list[str]] = {frame: [] for frame in lines}
    for number in range(len(scene.frames) - 1, -1, -1):
        frame = scene.frames[number]
        body = lines[number] + "".join(reversed(parts[number]))
        title = quoted([titled(frame.title, frame.times)])
        parts[frame.parent].append(_FRAME.format(number=number, title=title, inside=body))
    return [lines[TOP], *reversed(parts[TOP])]


def _box_text(i: int, box: Box, shown: ShownParts, heat: Heat | None) -> str:
    style = STYLES[box.kind]
    if heat is not None and box.kind != "output":
        style = heat.warmed(style, box.facts)
    if shown.marks and box.facts is not None and box.facts.marks:
        style = marked(style)
    return f"  n{i} [label={quoted(box_lines(box, shown))}, {style}];\n"


def marked(style: str) -> str:
    """Return the style of a box that looks wrong."""
    return re.sub(r'color="[^"]*"', f'color="{LIGHT["failed"].line}", penwidth=3', style, count=1)


def box_parts(box: Box, shown: ShownParts) -> tuple[list[str], list[str]]:
    """Return what stands in a box: what it is, and the numbers."""
    lines = [titled(box.lines[0], box.times), *box.lines[1:]]
    lines += [box.where] if shown.where and box.where else []
    facts = [] if box.facts is None else fact_lines(box.facts, shown)
    return lines, [line for fact in facts for line in wrapped(fact, _WIDTH)]


def box_lines(box: Box, shown: ShownParts) -> list[str]:
    """Return what stands in a box, line by line."""
    lines, numbers = box_parts(box, shown)
    return lines + numbers


def fact_lines(facts: Findings, shown: ShownParts) -> list[str]:
    """Return the numbers of a box, a line for each."""
    lines = []
    if shown.values and facts.value is not None:
        lines.append(f"value {facts.value.text}")
    if shown.gradients and facts.gradient is not None:
        lines.append(f"grad {facts.gradient.text}")
        lines += [facts.note] if facts.note else []
    if shown.saved and facts.saved:
        lines.append(f"saves {bytes_text(facts.saved)}")
    if shown.times and facts.times:
        lines.append(times_text(facts.times))
    if shown.marks:
        lines += [f"! {mark}" for mark in facts.marks]
    return lines


def times_text(times: Sequence[float]) -> str:
    """Return how long an operation takes: ``1.2 µs, back 2.3 µs``."""
    return ", back ".join(map(seconds_text, times))


def flow_text(arrow: Arrow, scene: Scene, shown: ShownParts) -> str:
    """Return what stands at an arrow: the shape of what flows, its dtype, and its name if it is one of several."""
    if arrow.shape is None:
        return ""
    dtype = scene.boxes[arrow.source].dtype if shown.dtypes else ""
    return " ".join(filter(None, (arrow.name, shape_text(arrow.shape), dtype)))


def _arrow_text(arrow: Arrow, scene: Scene, shown: ShownParts) -> str:
    flow = flow_text(arrow, scene, shown)
    parts = [f'label=" {flow} "'] if flow else []
    if is_back(arrow):
        parts.append("style=dashed, constraint=false")
    elif scene.boxes[arrow.source].kind == "operation":
        parts.append("weight=8")  # keeps the chain of operations straight
    attributes = f" [{', '.join(parts)}]" if parts else ""
    return f"  n{arrow.source} -> n{arrow.target}{attributes};\n"


def quoted(lines: Iterable[str]) -> str:
    r"""Return a DOT string that shows `lines` one below the other, as they are, whatever they hold.

    NOTE: the backslash is DOT's escape (``\N`` would show the node's id), ``&`` starts an entity even in plain
    labels, and a quote would end the string. Angle brackets mean nothing inside quotes. What XML or UTF-8 cannot hold
    is replaced.
    """
    text = "\n".join(map(clean, lines))
    text = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "\\n") + '"'


# ----- heat -----


class Heat:
    """Colours for the norms of gradients, on a logarithmic scale from the smallest to the largest in the picture."""

    def __init__(self, scene: Scene) -> None:
        norms = [box.facts.gradient.norm for box in scene.boxes if box.facts is not None and box.facts.gradient]
        usable = [norm for norm in norms if 0 < norm < math.inf]
        self.low, self.high = (min(usable), max(usable)) if usable else (0.0, 0.0)

    def step(self, norm: float) -> int:
        """Return the number of the colour of a norm."""
        if not norm > self.low:
            return 0
        if norm >= self.high:
            return len(HEAT) - 1
        return round(math.log(norm / self.low) / math.log(self.high / self.low) * (len(HEAT) - 1))

    def step_of(self, facts: Findings | None) -> int | None:
        """Return the number of the colour of a box; None where there is no gradient."""
        if facts is None or facts.gradient is None or math.isnan(facts.gradient.norm):
            return None
        return self.step(facts.gradient.norm)

    def warmed(self, style: str, facts: Findings | None) -> str:
        """Return the style of a box, with another fill where there is a gradient."""
        step = self.step_of(facts)
        return style if step is None else filled(style, step)


def filled(style: str, step: int) -> str:
    """Return a style in one of the colours of heat."""
    return re.sub(r'fillcolor="[^"]*"', f'fillcolor="{HEAT[step]}"', style)


# ----- legend -----


class Sample(NamedTuple):
    """What a legend explains: a kind of box, ``marked`` ones, or a ``back`` arrow; a colour of heat, if it has one."""

    text: str
    kind: str
    heat: int | None = None


def legend_samples(scene: Scene, shown: ShownParts, heat: Heat | None) -> list[Sample]:
    """Return a sample of each kind that a picture has, of the colours of heat, and of arrows back."""
    present = {box.kind for box in scene.boxes}
    samples = [Sample(_SAID.get(kind, kind), kind) for kind in STYLES if kind in present]
    if heat is not None and heat.high:
        for norm, step in ((heat.low, 0), (heat.high, len(HEAT) - 1)):
            samples.append(Sample(f"gradient norm {norm:.3g}", "operation", step))
    if shown.marks and any(box.facts is not None and box.facts.marks for box in scene.boxes):
        samples.append(Sample("looks wrong", "marked"))
    if any(is_back(arrow) for arrow in scene.arrows):
        alike = any(box.times > 1 for box in scene.boxes) or any(frame.times > 1 for frame in scene.frames)
        samples.append(Sample("to the next one alike" if alike else "back to what came before", "back"))
    return samples


def legend_text(samples: Sequence[Sample], direction: str) -> str:
    """Return a frame with samples side by side."""
    lines = []
    for i, sample in enumerate(samples):
        style = marked(STYLES["operation"]) if sample.kind == "marked" else STYLES.get(sample.kind, _NO_BOX)
        style = style if sample.heat is None else filled(style, sample.heat)
        lines.append(f"    legend{i} [label={quoted([sample.text])}, {style}];\n")
        if sample.kind == "back":
            lines.append(f"    back [shape=point, style=invis];\n    back -> legend{i} [style=dashed];\n")
    return f"{_LEGEND_HEAD}{''.join(lines)}    {_order(samples, direction)}\n  }}\n"


def _order(samples: Sequence[object], direction: str) -> str:
    if direction == "TB":
        return "rank=same;"
    return " -> ".join(f"legend{i}" for i in range(len(samples))) + " [style=invis];"
