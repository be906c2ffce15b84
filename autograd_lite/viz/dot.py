"""The recorded graph as DOT text: pure string building, and the same text for the same graph.

What stands for what (the colours are pale and dark shades of Okabe and Ito's palette, which people of every kind of
colour vision tell apart; and no two kinds have the same shape):

===========  =====================  ================================================================
parameter    amber note             a Tensor that requires a gradient: its name and shape
input        blue ellipse           an input or a constant: its name, "constant", or the number itself
operation    grey rounded box       the name given to its result, its own name, and its settings
output       green double octagon   what the picture was asked for
===========  =====================  ================================================================

An arrow carries the shape of what flows along it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors, refusals
from autograd_lite.graph import Constant, Node
from autograd_lite.op import Settings
from autograd_lite.shapes import Shape
from autograd_lite.tensor import Tensor

DIRECTIONS = ("LR", "TB")
STYLES = {
    "parameter": 'shape=note, color="#B27300", fillcolor="#FCE8BF"',
    "input": 'shape=ellipse, color="#1F77A8", fillcolor="#DCEFFA"',
    "operation": 'shape=box, style="rounded,filled", color="#5F5F5F", fillcolor="#F3F3F3"',
    "output": 'shape=octagon, peripheries=2, color="#00734F", fillcolor="#CFEDE2"',
}
_LEGEND = {"input": "input or\nconstant"}
DOT_HEAD = """\
digraph {{
  graph [rankdir={direction}, ordering=in, nodesep=0.22, ranksep=0.45, pad=0.2];
  node [style=filled, fontname="Helvetica", fontsize=12, height=0.36, width=0.6, margin="0.14,0.05", penwidth=1.4];
  edge [fontname="Helvetica", fontsize=10, fontcolor="#444444", color="#6E6E6E", arrowsize=0.7, penwidth=1.1];
"""
_LEGEND_HEAD = """\
  subgraph cluster_legend {
    style=rounded; color="#DDDDDD"; label="";
    node [fontsize=10, height=0.26, margin="0.1,0.03"];
"""
_UNDRAWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # not in XML, or not in UTF-8
_LONGEST = 60
_LONGEST_SETTING = 24
_LARGEST_INTEGER = 10**15
_SIMPLE = (bool, int, float, str, type(None))


def to_dot(
    outputs: Tensor | Sequence[Tensor],
    params: Mapping[str, Tensor] | None = None,
    *,
    legend: bool = True,
    direction: str = "LR",
) -> str:
    r"""Return the graph that led to `outputs` as DOT text. Parameters and errors are those of `visualize`.

    Examples
    --------
    >>> w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> print(to_dot(w * 3, legend=False))  # doctest: +ELLIPSIS
    digraph {
      ...
      n0 [label="w\n2", shape=note, ...];
      n1 [label="3", shape=ellipse, ...];
      n2 [label="multiply", shape=box, ...];
      n3 [label="output", shape=octagon, ...];
      n0 -> n2 [label=" 2 "];
      n1 -> n2;
      n2 -> n3 [label=" 2 ", weight=8];
    }
    <BLANKLINE>
    """
    if direction not in DIRECTIONS:
        raise errors.PictureError(errors.PICTURE_DIRECTION.format(given=direction))
    sketch = Sketch(_names(params), every_leaf_is_a_parameter=params is None)
    sketch.draw(_checked(outputs))
    shown = legend_text(sketch, direction) if legend else ""
    return DOT_HEAD.format(direction=direction) + sketch.text() + shown + "}\n"


def _checked(outputs: Any) -> list[Tensor]:
    """Return the Tensors to draw as a list; refuse what is no Tensor, or has no graph."""
    tensors = [outputs] if isinstance(outputs, Tensor) else outputs
    if not isinstance(tensors, (list, tuple)):
        raise errors.PictureError(errors.PICTURE_OF.format(what=f"a {type(outputs).__name__}"))
    if not tensors:
        raise errors.PictureError(errors.PICTURE_OF.format(what=f"an empty {type(outputs).__name__}"))
    for t in tensors:
        if not isinstance(t, Tensor):
            raise errors.PictureError(errors.PICTURE_OF.format(what=f"a {type(t).__name__}"))
        if t._node is None:
            raise errors.NoPathError(errors.PICTURE_NOTHING.format(what=refusals.describe(t)))
    return list(tensors)


def _names(params: Mapping[str, Tensor] | None) -> dict[Any, str]:
    """Return the names of parameters, by their nodes; of those that require no gradient, by their identity."""
    if params is not None and not isinstance(params, Mapping):
        raise errors.PictureError(errors.PICTURE_PARAMS.format(what=f"it is a {type(params).__name__}"))
    names: dict[Any, str] = {}
    for name, t in (params or {}).items():
        if not isinstance(t, Tensor):
            raise errors.PictureError(errors.PICTURE_PARAMS.format(what=f"{name!r} is a {type(t).__name__}"))
        key = id(t) if t._node is None else t._node
        names[key] = f"{names[key]} = {name}" if key in names else str(name)
    return names


# ----- boxes and arrows -----


class Box(NamedTuple):
    """What the picture has a node for, and the lines written in it."""

    kind: str
    lines: tuple[str, ...]


class Arrow(NamedTuple):
    """From one box to another, by their numbers, with the shape of what flows; None for a plain number."""

    source: int
    target: int
    shape: Shape | None


class Sketch:
    """Boxes and arrows, numbered in the order in which the operations were recorded."""

    def __init__(self, names: Mapping[Any, str], every_leaf_is_a_parameter: bool) -> None:
        self.names, self.every_leaf_is_a_parameter = names, every_leaf_is_a_parameter
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self._places: dict[Any, int] = {}

    def draw(self, outputs: Sequence[Tensor]) -> None:
        """Enter the graph of `outputs`, and a box for each of them."""
        roots: list[Node] = [t._node for t in outputs if t._node is not None]
        ends = set(roots)
        for node in ancestors(roots):
            if node.op is not None:
                self._enter(node, named=node not in ends)
        for i, (t, root) in enumerate(zip(outputs, roots, strict=True), 1):
            unnamed = "output" if len(outputs) == 1 else f"output {i}"
            source, end = self._place(root), self._add(Box("output", (t.name or unnamed,)))
            self.arrows.append(Arrow(source, end, root.shape))

    def _add(self, box: Box) -> int:
        self.boxes.append(box)
        return len(self.boxes) - 1

    def _enter(self, node: Node, named: bool) -> None:
        """Enter an operation after what it is computed from, and the arrows to it."""
        sources = [(self._place(x), getattr(x, "shape", None)) for x in node.inputs if x is not None]
        here = self._places[node] = self._add(Box("operation", _operation_lines(node, named)))
        self.arrows += [Arrow(source, here, shape) for source, shape in sources]

    def _place(self, x: Any) -> int:
        """Return the number of the box of an operand: one for each Tensor, a new one for each array and number."""
        key = x if isinstance(x, Node) else _identity(x)
        if key in self._places:
            return self._places[key]
        place = self._add(self._leaf(x) if isinstance(x, Node) else self._constant(x))
        if key is not None:
            self._places[key] = place
        return place

    def _leaf(self, node: Node) -> Box:
        is_parameter = self.every_leaf_is_a_parameter or node in self.names
        kind = "parameter" if is_parameter else "input"
        name = self.names.get(node) or (node.notes.name if node.notes else None) or kind
        return Box(kind, (name, shape_text(node.shape)) if is_parameter else (name,))

    def _constant(self, x: Any) -> Box:
        if not isinstance(x, Constant):
            return Box("input", (number_text(x),))
        name = self.names.get(id(x.source())) if x.source is not None else None
        return Box("parameter", (name, shape_text(x.shape))) if name else Box("input", (x.name or "constant",))

    def text(self) -> str:
        """Return a line for each box and each arrow."""
        lines = [f"  n{i} [label={quoted(b.lines)}, {STYLES[b.kind]}];\n" for i, b in enumerate(self.boxes)]
        return "".join(lines + [self._arrow_text(arrow) for arrow in self.arrows])

    def _arrow_text(self, arrow: Arrow) -> str:
        parts = [] if arrow.shape is None else [f'label=" {shape_text(arrow.shape)} "']
        if self.boxes[arrow.source].kind == "operation":
            parts.append("weight=8")  # keeps the chain of operations straight
        attributes = f" [{', '.join(parts)}]" if parts else ""
        return f"  n{arrow.source} -> n{arrow.target}{attributes};\n"


def _identity(x: Any) -> int | None:
    """Return what tells uses of one constant Tensor from those of another; None for an array or a number.

    NOTE: the weak reference itself would not do as a key: it hashes and compares as the Tensor, while that is alive.
    """
    return id(x.source) if isinstance(x, Constant) and x.source is not None else None


def ancestors(roots: Iterable[Node]) -> list[Node]:
    """Return `roots` and all nodes they were computed from, with a gradient or without, in order of creation."""
    pending = list(dict.fromkeys(roots))
    found = set(pending)
    for node in pending:  # the list grows on the way
        if node.op is not None and node.edges is None:
            raise errors.FreedGraphError(errors.PICTURE_FREED.format(op=node.op.name, shape=node.shape))
        new = {x: None for x in node.inputs if isinstance(x, Node) and x not in found}
        found.update(new)
        pending += new
    return sorted(pending, key=lambda node: node.order)


def legend_text(sketch: Sketch, direction: str) -> str:
    """Return a frame with one sample of each kind that the picture has, side by side."""
    kinds = [kind for kind in STYLES if any(box.kind == kind for box in sketch.boxes)]
    samples = [
        f'    legend{i} [label={quoted([_LEGEND.get(kind, kind)])}, {STYLES[kind]}];\n' for i, kind in enumerate(kinds)
    ]
    chain = " -> ".join(f"legend{i}" for i in range(len(kinds))) + " [style=invis];"
    return f"{_LEGEND_HEAD}{''.join(samples)}    {chain if direction == 'LR' else 'rank=same;'}\n  }}\n"


# ----- words -----


def quoted(lines: Iterable[str]) -> str:
    r"""Return a DOT string that shows `lines` one below the other, as they are, whatever they hold.

    NOTE: the backslash is DOT's escape (``\N`` would show the node's id), ``&`` starts an entity even in plain
    labels, and a quote would end the string. Angle brackets mean nothing inside quotes. What XML or UTF-8 cannot hold
    is replaced.
    """
    text = "\n".join(shortened(line, _LONGEST) for line in lines)
    text = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"').replace("\t", " ")
    return '"' + _UNDRAWABLE.sub("\ufffd", text).replace("\n", "\\n") + '"'


def shortened(text: str, longest: int) -> str:
    """Return `text`, cut with an ellipsis where it is too long to be read in a picture."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shape_text(shape: Shape) -> str:
    """Return a shape as people say it: ``3×2``, ``5``, ``scalar``."""
    return "×".join(map(str, shape)) or "scalar"


def number_text(x: Any) -> str:
    """Return a Python number, short."""
    if isinstance(x, int):
        return str(x) if abs(x) < _LARGEST_INTEGER else "a large integer"
    return f"{x:.6g}"


def _operation_lines(node: Node, named: bool) -> tuple[str, ...]:
    """Return the name of the operation, with the name of its result if it has one, and below it the settings."""
    assert node.op is not None
    name = node.notes.name if named and node.notes is not None else None
    head = node.op.name if name is None else f"{name} = {node.op.name}"
    settings = settings_text(node.settings, node.op.defaults)
    return (head, settings) if settings else (head,)


def settings_text(settings: Settings, defaults: Settings) -> str:
    """Return settings that are not the default as ``axis=1, keepdims=True``, and an index as ``[0, 1:]``."""
    parts = []
    for name, value in settings.items():
        if isinstance(value, _SIMPLE) and type(value) is type(defaults.get(name)) and value == defaults[name]:
            continue
        if name == "key":
            parts.append(f"[{_items(value) if isinstance(value, tuple) else _value(value)}]")
        else:
            parts.append(f"{name}={_value(value)}")
    return ", ".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, (int, float, complex)):
        return number_text(value)
    if isinstance(value, str):
        return shortened(repr(value), _LONGEST_SETTING)
    if isinstance(value, slice):
        return _slice(value)
    if isinstance(value, tuple):
        return f"({_items(value)})"
    if isinstance(value, np.ndarray):
        return f"array {shape_text(value.shape)}"
    if isinstance(value, (type, np.dtype)):
        return np.dtype(value).name
    return {type(None): "None", type(Ellipsis): "..."}.get(type(value), type(value).__name__)


def _items(values: tuple[Any, ...]) -> str:
    """Return the items of a tuple; of a tuple among them, only that it is one."""
    inner = ["(...)" if isinstance(v, tuple) else _value(v) for v in values]
    return shortened(", ".join(inner), _LONGEST_SETTING)


def _slice(s: slice) -> str:
    start, stop, step = ("" if part is None else _value(part) for part in (s.start, s.stop, s.step))
    return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"
