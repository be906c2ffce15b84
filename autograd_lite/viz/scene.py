"""A picture before it has a format: boxes, arrows between them, frames around them, and what stands in each.

It holds text and numbers only, so that a picture keeps no graph alive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any, NamedTuple

from autograd_lite.base.shapes import Shape
from autograd_lite.engine.graph import ConstantInput, Node
from autograd_lite.engine.scope import Scope
from autograd_lite.engine.several import Kinds
from autograd_lite.viz.fold import Folds
from autograd_lite.viz.items import IndexArray, Items, Output, is_leaf, name_of, result_name
from autograd_lite.viz.measure import Findings
from autograd_lite.viz.targets import Failure, Target
from autograd_lite.viz.words import clean, complaint, number_text, said, settings_text, shape_text

TOP = -1
_WIDTH, _MOST_LINES = 56, 8  # of an error in its box


class Box(NamedTuple):
    """One thing in the picture.

    Attributes
    ----------
    kind : str
        ``parameter``, ``input``, ``operation``, ``output``, ``failed``, ``folded`` or ``more``.
    lines : tuple of str
        What stands in it.
    frame : int
        The number of the frame it is in, or `TOP`.
    times : int
        How many equal things it stands for.
    shape : tuple of int or None
        Of the value; None for a plain number.
    dtype : str
    facts : Facts or None
        Values and gradients, where they are known.
    where : str
        The line of the user's code that an operation was called from, ``model.py:12``, where that is known.
    """

    kind: str
    lines: tuple[str, ...]
    frame: int = TOP
    times: int = 1
    shape: Shape | None = None
    dtype: str = ""
    facts: Findings | None = None
    where: str = ""


class Arrow(NamedTuple):
    """From one box to another, by their numbers, with the shape of what flows; None for a plain number.

    And what flows, where it is one of several results.
    """

    source: int
    target: int
    shape: Shape | None
    name: str = ""


def is_back(arrow: Arrow) -> bool:
    """Tell whether an arrow leads back, from one of equal blocks to the next."""
    return arrow.source >= arrow.target


class Frame(NamedTuple):
    """A frame around boxes: its title, the number of the frame it is in, and how many equal ones it stands for."""

    title: str
    parent: int = TOP
    times: int = 1


class Scene:
    """Boxes and arrows, numbered in the order in which the operations were recorded, and frames, outer before inner.

    Attributes
    ----------
    boxes, arrows, frames : sequence
    failure : str
        What the error was, where the picture ends with one.
    remark : str
        Why there are no gradients, where a derivative has raised.
    depths : list of int
        How many frames each frame is in, with itself.
    """

    def __init__(
        self,
        boxes: Sequence[Box],
        arrows: Sequence[Arrow],
        frames: Sequence[Frame] = (),
        failure: str = "",
        remark: str = "",
    ) -> None:
        self.boxes, self.arrows, self.frames = boxes, arrows, frames
        self.failure, self.remark = failure, remark
        self.depths: list[int] = []
        for frame in frames:
            self.depths.append(1 if frame.parent == TOP else self.depths[frame.parent] + 1)

    def chain(self, frame: int) -> list[int]:
        """Return a frame and those around it, from the outermost."""
        found = []
        while frame != TOP:
            found.append(frame)
            frame = self.frames[frame].parent
        return found[::-1]

    def path(self, frame: int) -> str:
        """Return the titles of a frame and of those around it."""
        return " / ".join(titled(self.frames[i].title, self.frames[i].times) for i in self.chain(frame))


def titled(title: str, times: int) -> str:
    """Return a title and how many equal things it stands for: ``block 0 (12 alike)``."""
    return title if times == 1 else f"{title} ({times:,} alike)".lstrip()


# ----- from the graph -----


def scene_of(subject: Target, items: Items, folds: Folds, facts: Mapping[int, Findings], remark: str) -> Scene:
    """Return the picture of what was recorded, with equal blocks drawn once."""
    frames = _Frames(folds)
    ends = frozenset(subject.outputs)
    places: dict[int, int] = {}
    boxes: list[Box] = []
    for i, thing in enumerate(items.things):
        if folds.stands_for[i] == i:
            places[i] = len(boxes)
            is_leaf = not items.inputs[i] and not isinstance(thing, Failure)
            frame, times = frames.of_leaf(i) if is_leaf else (frames.number(i), folds.times.get(i, 1))
            where = _where(thing, subject) if isinstance(thing, Node) else ""
            box = _box(thing, subject, ends)
            if isinstance(thing, Node) and isinstance(thing.dtype, Kinds):
                results = [f"{result_name(x, subject.names.given)} {shape_text(x.shape)}" for x in items.results[thing]]
                box = box._replace(lines=(*box.lines, *results), shape=None, dtype="")
            boxes.append(box._replace(frame=frame, times=times, facts=facts.get(i), where=where))
    failure = "" if subject.failure is None else complaint(subject.failure.error)
    return Scene(boxes, _arrows(items, folds, places), frames.made, failure, remark)


def _arrows(items: Items, folds: Folds, places: Mapping[int, int]) -> list[Arrow]:
    """Return an arrow for each operand of what is drawn, and for what flows between folded things one of each kind."""
    arrows: list[Arrow] = []
    seen: set[Arrow] = set()
    for i, inputs in enumerate(items.inputs):
        target = folds.stands_for[i]
        for n, (j, shape) in enumerate(inputs):
            arrow = Arrow(places[folds.stands_for[j]], places[target], shape, items.labels.get((i, n), ""))
            inside = arrow.source == arrow.target and target in folds.times  # of a chain that is one box
            if not inside and (target == i or arrow not in seen):
                arrows.append(arrow)
                seen.add(arrow)
    return arrows


class _Frames:
    """The frames of the scopes that are drawn, and of blocks, made at their first use."""

    def __init__(self, folds: Folds) -> None:
        self.made: list[Frame] = []
        self._folds = folds
        self._numbers: dict[Any, int] = {None: TOP}

    def number(self, i: int) -> int:
        """Return the number of the innermost frame of a thing."""
        missing, around = [], self._around(i, self._folds.items.scopes[i])
        while around not in self._numbers:
            missing.append(around)
            scope, block = around
            around = (scope, None) if block is not None else self._around(scope, scope.parent)
            around = None if around == (None, None) else around
        frame = self._numbers[around]
        for scope, block in reversed(missing):
            frame = self._numbers[scope, block] = self._add(scope, block, frame)
        return frame

    def _around(self, part: Any, scope: Scope | None) -> Any:
        """Return what is directly around a part: its block and the scope that is in, or that scope."""
        block = self._folds.block_of.get(part)
        return None if scope is None and block is None else (scope, block)

    def _add(self, scope: Scope | None, block: int | None, parent: int) -> int:
        if block is not None:
            self.made.append(Frame("", parent, self._folds.blocks[block]))
        else:
            assert scope is not None
            self.made.append(Frame(clean(scope.name), parent, self._folds.scope_times.get(scope, 1)))
        return len(self.made) - 1

    def of_leaf(self, i: int) -> tuple[int, int]:
        """Return the innermost frame of a leaf of which there are as many as of the frame, and how many it has inside.

        What is there once, as where a chain of blocks begins, is not inside of a frame that stands for many.
        """
        frame, times = self.number(i), self._folds.times.get(i, 1)
        while frame != TOP and times % self._times(frame):
            frame = self.made[frame].parent
        return frame, times // self._times(frame)

    def _times(self, frame: int) -> int:
        times = 1
        while frame != TOP:
            times, frame = times * self.made[frame].times, self.made[frame].parent
        return times


# ----- what stands in a box -----


def _box(thing: Any, subject: Target, ends: frozenset[Node]) -> Box:
    if isinstance(thing, Output):
        return Box("output", (thing.name,))
    if isinstance(thing, Failure):
        return Box("failed", (thing.name, *_error_lines(said(thing.error))))
    if isinstance(thing, ConstantInput):
        return _constant(thing, subject)
    if isinstance(thing, IndexArray):
        return Box("input", (thing.name or "index",), shape=thing.array.shape, dtype=str(thing.array.dtype))
    if not isinstance(thing, Node):
        return Box("input", (number_text(thing),))
    if is_leaf(thing):
        return _leaf(thing, subject)
    return Box("operation", _operation_lines(thing, subject, ends), shape=thing.shape, dtype=str(thing.dtype))


def _error_lines(text: str) -> list[str]:
    """Return an error as lines; of a long one its beginning and its end, which says what to write."""
    lines = wrap(text, _WIDTH)
    half = _MOST_LINES // 2
    return lines if len(lines) <= _MOST_LINES else [*lines[: half - 1], "…", *lines[-half:]]


def _where(node: Node, subject: Target) -> str:
    """Return the line an operation was called from: noted while it was run for the picture, or inside of `debug`."""
    place = subject.lines.get(node) or (node.notes.place if node.notes is not None else None)
    return place.short if place is not None else ""


def _leaf(node: Node, subject: Target) -> Box:
    names = subject.names
    name = name_of(node, names.given)
    is_parameter = node in names.params or (names.every_leaf and node not in subject.inputs)
    kind = "parameter" if is_parameter else "input"
    lines = (name or kind, shape_text(node.shape)) if kind == "parameter" else (name or kind,)
    return Box(kind, lines, shape=node.shape, dtype=str(node.dtype))


def _constant(x: ConstantInput, subject: Target) -> Box:
    key = id(x.source()) if x.source is not None else None
    name = subject.names.given.get(key)
    dtype = "" if x.dtype is None else str(x.dtype)
    if key in subject.names.params:
        return Box("parameter", (name or "", shape_text(x.shape)), shape=x.shape, dtype=dtype)
    return Box("input", (name or x.name or "constant",), shape=x.shape, dtype=dtype)


def _operation_lines(node: Node, subject: Target, ends: frozenset[Node]) -> tuple[str, ...]:
    """Return the name of the operation, with the name of its result if it has one, and below it the settings."""
    assert node.op is not None
    name = None if node in ends else name_of(node, subject.names.given)
    head = node.op.name if name is None else f"{name} = {node.op.name}"
    settings = settings_text(node.settings, node.op)
    return (head, settings) if settings else (head,)


# ----- parts of it -----


def collapsed(scene: Scene, depth: int | None) -> Scene:
    """Return the picture with each frame deeper than `depth` as one box."""
    if depth is None or max(scene.depths, default=0) <= depth:
        return scene
    into: list[Any] = []
    for i, box in enumerate(scene.boxes):
        chain = scene.chain(box.frame)
        into.append(("frame", chain[depth]) if len(chain) > depth else i)
    counts: dict[Any, int] = defaultdict(int)
    for i, key in enumerate(into):
        counts[key] += scene.boxes[i].kind == "operation"

    def made(key: Any, box: Box) -> Box:
        if not isinstance(key, tuple):
            return box
        frame = scene.frames[key[1]]
        lines = (titled(frame.title, frame.times), count_text(counts[key], "operation"))
        return Box("folded", lines, frame.parent)

    return _merged(scene, into, made)


def capped(scene: Scene, limit: int | None) -> Scene:
    """Return the picture with at most `limit` boxes, and one that says how many more there are."""
    if limit is None or len(scene.boxes) <= limit:
        return scene
    ends = [i for i, box in enumerate(scene.boxes) if box.kind in ("output", "failed")]
    rest = [i for i, box in enumerate(scene.boxes) if box.kind not in ("output", "failed")]
    ends = ends[: limit - 3]
    first = max((limit - 1 - len(ends)) // 2, 1)
    kept = {*ends, *rest[:first], *rest[len(rest) - first :]}
    into = [i if i in kept else ("more",) for i in range(len(scene.boxes))]
    hidden = len(scene.boxes) - len(kept)
    return _merged(scene, into, lambda key, box: box if isinstance(key, int) else Box("more", (f"{hidden:,} more",)))


def _merged(scene: Scene, into: list[Any], made: Any) -> Scene:
    """Return the picture with all boxes of the same key in the place of the first as one.

    What is of nothing goes first, so that no input comes after what it enters.
    """
    places: dict[Any, int] = {}
    boxes: list[Box] = []
    fed = {into[arrow.target] for arrow in scene.arrows if into[arrow.source] != into[arrow.target]}
    for key, box in sorted(zip(into, scene.boxes, strict=True), key=lambda pair: pair[0] in fed):
        if key not in places:
            places[key] = len(boxes)
            boxes.append(made(key, box))
    arrows: dict[Any, Arrow] = {}
    for n, arrow in enumerate(scene.arrows):
        source, target = into[arrow.source], into[arrow.target]
        moved = Arrow(places[source], places[target], arrow.shape, arrow.name)
        if source != target:
            arrows.setdefault(moved if isinstance(source, tuple) or isinstance(target, tuple) else n, moved)
    used = sorted({i for box in boxes for i in scene.chain(box.frame)})
    renamed = {TOP: TOP, **{old: new for new, old in enumerate(used)}}
    frames = [scene.frames[i]._replace(parent=renamed[scene.frames[i].parent]) for i in used]
    boxes = [box._replace(frame=renamed[box.frame]) for box in boxes]
    return Scene(boxes, list(arrows.values()), frames, scene.failure, scene.remark)


def count_text(n: int, noun: str) -> str:
    """Return a number of things: ``1 operation``, ``2,400 operations``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def children(scene: Scene) -> dict[int, list[int]]:
    """Return the boxes directly in each frame."""
    inside: dict[int, list[int]] = defaultdict(list)
    for i, box in enumerate(scene.boxes):
        inside[box.frame].append(i)
    return inside


def sources(scene: Scene) -> list[list[int]]:
    """Return for each box the numbers of its arrows that end there."""
    found: list[list[int]] = [[] for _ in scene.boxes]
    for n, arrow in enumerate(scene.arrows):
        found[arrow.target].append(n)
    return found
