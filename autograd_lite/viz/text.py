"""A picture as text: a tree for the terminal, and Mermaid, which wikis and repositories draw."""

from __future__ import annotations

import re

from autograd_lite.viz.dot import PLAIN, STYLES, ShownParts, box_lines, fact_lines, flow_text
from autograd_lite.viz.scene import TOP, Box, Scene, children, is_back, sources, titled
from autograd_lite.viz.words import clean, shape_text

_LONGEST_PATH = 40
_SAID = {"parameter": "(parameter)", "input": "(input)", "failed": "FAILED"}


def tree_text(scene: Scene, shown: ShownParts = PLAIN) -> str:
    """Return a picture as a tree, from each output to what it was computed from.

    What has one input stands above it in the same column. What is used several times is numbered, and written once.
    """
    inputs = [[scene.arrows[n].source for n in arrows] for arrows in sources(scene)]
    uses = [0] * len(scene.boxes)
    for arrow in scene.arrows:
        uses[arrow.source] += 1
    ends = [i for i, box in enumerate(scene.boxes) if not uses[i] or box.kind in ("output", "failed")]
    numbers: dict[int, int] = {}
    lines = []
    for end in ends:
        pending = [(end, "", "")]  # a box, what stands before it, and before what is below it
        while pending:
            i, before, below = pending.pop()
            again = i in numbers
            if uses[i] > 1 and inputs[i]:
                numbers.setdefault(i, len(numbers) + 1)
            mark = f"[{numbers[i]}] " if i in numbers else ""
            lines.append(before + mark + (f"{_title(scene, i)} as above" if again else _line(scene, i, shown)))
            if not again:
                pending += _branches(inputs[i], below)[::-1]
    return "\n".join(lines)


def _branches(inputs: list[int], below: str) -> list[tuple[int, str, str]]:
    if len(inputs) == 1:
        return [(inputs[0], below, below)]
    last = len(inputs) - 1
    return [
        (i, below + ("└─ " if n == last else "├─ "), below + ("   " if n == last else "│  "))
        for n, i in enumerate(inputs)
    ]


def _title(scene: Scene, i: int) -> str:
    box = scene.boxes[i]
    path = scene.path(box.frame) if box.kind in ("operation", "failed") else ""
    name = titled(box.lines[0], box.times)
    if len(path) > _LONGEST_PATH:
        path = f"…{path[-_LONGEST_PATH:]}"
    return " ".join(f"{clean(path)} / {clean(name)}".removeprefix(" / ").split())


def _line(scene: Scene, i: int, shown: ShownParts) -> str:
    box = scene.boxes[i]
    words = [_title(scene, i)]
    words += [shape_text(box.shape)] if box.shape is not None else []
    words += [box.dtype] if shown.dtypes and box.dtype else []
    words += [line for line in box.lines[1:] if box.shape is None or line != shape_text(box.shape)]
    words += [_SAID[box.kind]] if (box.kind in _SAID and box.shape is not None) or box.kind == "failed" else []
    words += [box.where] if shown.where and box.where else []
    return "  ".join([*words, *(fact_lines(box.facts, shown) if box.facts is not None else [])])


# ----- Mermaid -----

_SHAPES = {
    "parameter": ">{}]", "input": "([{}])", "operation": "({})", "output": "{{{{{}}}}}", "failed": "[[{}]]",
    "folded": "[/{}/]", "more": "[{}]",
}  # fmt: skip
_SPECIAL = re.compile(r"[^\w ,=./()-]", re.ASCII)


def mermaid_text(scene: Scene, *, direction: str = "LR", shown: ShownParts = PLAIN) -> str:
    """Return a picture as a Markdown file with one Mermaid diagram."""
    lines = ["```mermaid", f"flowchart {direction}"]
    inside = children(scene)
    lines += [_node(i, scene.boxes[i], shown) for i in inside.get(TOP, ())]
    lines += _frames(scene, inside, shown)
    for arrow in scene.arrows:
        link = "-.->" if is_back(arrow) else "-->"
        flow = flow_text(arrow, scene, shown)
        label = f"|{_quoted([flow])}|" if flow else ""
        lines.append(f"  n{arrow.source} {link}{label} n{arrow.target}")
    lines += [
        f"  classDef {kind} {_class_of(style)}" for kind, style in STYLES.items()
        if any(box.kind == kind for box in scene.boxes)
    ]  # fmt: skip
    return "\n".join([*lines, "```", ""])


def _frames(scene: Scene, inside: dict[int, list[int]], shown: ShownParts) -> list[str]:
    """Return the frames, each with what is in it, from the innermost outwards as in DOT."""
    parts: dict[int, list[list[str]]] = {frame: [] for frame in range(TOP, len(scene.frames))}
    for number in range(len(scene.frames) - 1, -1, -1):
        frame = scene.frames[number]
        title = _quoted([titled(frame.title, frame.times)])
        body = [_node(i, scene.boxes[i], shown) for i in inside.get(number, ())]
        body += [line for part in reversed(parts[number]) for line in part]
        parts[frame.parent].append([f"  subgraph f{number} [{title}]", *body, "  end"])
    return [line for part in reversed(parts[TOP]) for line in part]


def _node(i: int, box: Box, shown: ShownParts) -> str:
    return f"  n{i}{_SHAPES[box.kind].format(_quoted(box_lines(box, shown)))}:::{box.kind}"


def _quoted(lines: list[str]) -> str:
    """Return a label in which nothing is markup: every sign that might mean something stands as its number."""
    text = "\n".join(map(clean, lines))
    kept = [c if not c.isascii() or not _SPECIAL.fullmatch(c) else f"#{ord(c)};" for c in text.replace("\n", "\0")]
    return '"' + "".join(kept).replace("#0;", "<br/>") + '"'


def _class_of(style: str) -> str:
    colours = dict(re.findall(r'(\w+)="?([#\w]+)"?', style))
    parts = [f"fill:{colours['fillcolor']}"] if "fillcolor" in colours else []
    return ",".join([*parts, f"stroke:{colours['color']}", "color:#111111"])
