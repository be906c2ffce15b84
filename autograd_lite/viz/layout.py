"""Where everything goes in a drawing: each frame is laid out in layers by itself, the innermost first.

An arrow that passes layers gets a lane through each layer on its way, so that no box lies over it, and crosses the
border of a frame at a right angle, beside the title. `layout.js` does the same in the page, where frames are folded.

Within a frame everything is said in two directions, whichever way the picture goes: ``along`` the arrows, and ``wide``,
across them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from autograd_lite.viz.layers import (
    GAP,
    IN,
    OUT,
    Item,
    Lane,
    Near,
    ascending,
    gap,
    is_forward,
    lanes_of,
    layers_of,
    mean,
)  # fmt: skip
from autograd_lite.viz.scene import TOP, Arrow, Scene, is_back

Point = tuple[float, float]
PAD, RANK, BAND, LANE = 12.0, 40.0, 18.0, 6.0
_SWEEPS = 4
_NOTHING = 0.5
_BACK, _BESIDE = 14.0, 8.0  # the room for an arrow back, and between two of the same ends
_LEAVES = ("input", "parameter")
_SPINE = 16.0  # how much more an arrow between operations pulls than one from a leaf


class Spot(NamedTuple):
    """A rectangle: its left upper corner, and its size."""

    x: float
    y: float
    w: float
    h: float


class Layout(NamedTuple):
    """What stands where.

    Attributes
    ----------
    boxes, frames : list of Spot
    titles : list of (x, y)
        Where the title of each frame begins.
    ways : list of list of (x, y)
        The corners of each arrow.
    width, height : float
    """

    boxes: list[Spot]
    frames: list[Spot]
    titles: list[Point]
    ways: list[list[Point]]
    width: float
    height: float


class Sizes(NamedTuple):
    """What has to find room: the size of each box, the width of each frame's title and of each arrow's label."""

    boxes: Sequence[tuple[float, float]]
    titles: Sequence[float]
    labels: Sequence[float]


def laid_out(scene: Scene, sizes: Sizes, *, across: bool) -> Layout:
    """Return where everything goes, from left to right if `across`, else from top to bottom."""
    return _Sheet(scene, sizes, across).layout()


class _Level:
    """What is directly in a frame: items in their order, the links between them, and where they have been put."""

    def __init__(self) -> None:
        self.order: dict[Item, float] = {}
        self.links: dict[tuple[Any, Any], float] = {}
        self.labels: dict[Any, float] = defaultdict(float)
        self.backs = 0
        self.spots: dict[Item, Point] = {}
        self.lanes: dict[tuple[Any, Any], list[Point]] = {}
        self.size: Point = (0.0, 0.0)


class _Sheet:
    """One layout on its way."""

    def __init__(self, scene: Scene, sizes: Sizes, across: bool) -> None:
        self.scene, self.sizes, self.across = scene, sizes, across
        self.chains = [scene.chain(box.frame) for box in scene.boxes]
        self.levels = {frame: _Level() for frame in range(TOP, len(scene.frames))}
        self.extent: dict[Item, Point] = {}  # along, wide
        self.ports: dict[tuple[Item, str], float] = {}  # where arrows enter and leave a frame, from its middle
        self.inset: dict[int, Point] = {}  # of what is in a frame, from its corner, in x and y
        self.titles: dict[int, float] = {}
        self.backs: dict[int, int] = {}  # which of the arrows back in its frame an arrow is
        self.aside = _aside(scene.arrows)
        self.fed = {arrow.target for arrow in scene.arrows}
        self._enter()

    def _enter(self) -> None:
        for i, chain in enumerate(self.chains):
            for around, inner in zip([TOP, *chain], [*[Item(True, f) for f in chain], Item(False, i)], strict=True):
                self.levels[around].order.setdefault(inner, i)
            self.extent[Item(False, i)] = self._turned(self.sizes.boxes[i])
        for n, arrow in enumerate(self.scene.arrows):
            if is_back(arrow):
                level = self.levels[self._shared(arrow)]
                level.backs += 1
                self.backs[n] = level.backs
                continue
            pull = 1.0 if self.scene.boxes[arrow.source].kind in _LEAVES else _SPINE
            for around, a, b in self.links(arrow):
                level = self.levels[around]
                level.links[a, b] = max(pull, level.links.get((a, b), 0.0))
                level.labels[b] = max(level.labels[b], self.sizes.labels[n])
                if a == Item(False, arrow.source) and arrow.source not in self.fed:
                    level.order[a] = min(level.order[a], level.order.get(b, math.inf) - 0.5)

    def _turned(self, pair: Point) -> Point:
        return pair if self.across else (pair[1], pair[0])

    def _route(self, box: int) -> list[Item]:
        return [*(Item(True, f) for f in self.chains[box]), Item(False, box)]

    def _depth(self, arrow: Arrow) -> int:
        """Return how many frames both ends of an arrow are in."""
        depth = 0
        for a, b in zip(self.chains[arrow.source], self.chains[arrow.target], strict=False):
            if a != b:
                break
            depth += 1
        return depth

    def _shared(self, arrow: Arrow) -> int:
        """Return the innermost frame that both ends of an arrow are in."""
        depth = self._depth(arrow)
        return self.chains[arrow.source][depth - 1] if depth else TOP

    def links(self, arrow: Arrow) -> list[tuple[int, Any, Any]]:
        """Return the way of an arrow: out of frames, from item to item of the innermost around both, into frames."""
        source, target, d = self._route(arrow.source), self._route(arrow.target), self._depth(arrow)
        out: list[tuple[int, Any, Any]] = [(a.number, b, OUT) for a, b in pairwise(source[d:])]
        into: list[tuple[int, Any, Any]] = [(a.number, IN, b) for a, b in pairwise(target[d:])]
        return [*out[::-1], (source[d - 1].number if d else TOP, source[d], target[d]), *into]

    # ----- inside out -----

    def layout(self) -> Layout:
        """Lay out every frame, the innermost first, and turn places in frames into places in the picture."""
        for frame in range(len(self.scene.frames) - 1, TOP, -1):
            self._fill(self.levels[frame])
            self._frame(frame)
        top = self.levels[TOP]
        self._fill(top)
        corners: dict[int, Point] = {TOP: (0.0, 0.0)}
        boxes = [Spot(0, 0, 0, 0)] * len(self.scene.boxes)
        frames = [Spot(0, 0, 0, 0)] * len(self.scene.frames)
        for frame, level in self.levels.items():  # the outer before the inner
            for item, spot in level.spots.items():
                x, y = self._there(frame, corners, spot)
                (frames if item.is_frame else boxes)[item.number] = Spot(x, y, *self._turned(self.extent[item]))
                if item.is_frame:
                    corners[item.number] = (x + self.inset[item.number][0], y + self.inset[item.number][1])
        titles = [(frames[f].x + self.titles[f], frames[f].y + BAND) for f in range(len(frames))]
        ways = [self._way(arrow, n, corners, boxes, frames) for n, arrow in enumerate(self.scene.arrows)]
        return Layout(boxes, frames, titles, ways, *self._turned((top.size[0], top.size[1] + self._room(top))))

    def _there(self, frame: int, corners: Mapping[int, Point], spot: Point) -> Point:
        x, y = self._turned(spot)
        return corners[frame][0] + x, corners[frame][1] + y

    def _room(self, level: _Level) -> float:
        return _BACK * (level.backs + 1) if level.backs else 0.0

    def _frame(self, frame: int) -> None:
        """Find the size of a frame around its content and its title, and where arrows enter and leave it."""
        level, item = self.levels[frame], Item(True, frame)
        w, h = self._turned((level.size[0], level.size[1] + self._room(level)))
        left, self.titles[frame] = self._beside_arrows(level, self.sizes.titles[frame], w)
        w = max(w + left - PAD, self.sizes.titles[frame])
        above = BAND + (_BACK if level.backs and not self.across else 0.0)  # arrows back pass below the title
        self.inset[frame] = (left, PAD + above)
        self.extent[item] = self._turned((w + 2 * PAD, h + 2 * PAD + above))
        before, middle = PAD + BAND if self.across else left, self.extent[item][1] / 2
        for side, at, end in ((IN, 0, 0), (OUT, 1, -1)):
            ends = [(points[end][1], level.links[link]) for link, points in level.lanes.items() if link[at] == side]
            if ends:
                self.ports[item, side] = before + mean(ends) - middle

    def _beside_arrows(self, level: _Level, title: float, width: float) -> Point:
        """Return where the content of a frame begins, and where its title, past which no arrow runs.

        From top to bottom arrows come in where it stands: it goes before the first of them, or after the last, or there
        is made room for it.
        """
        entering = [points[0][1] for (a, _), points in level.lanes.items() if a == IN and not self.across]
        room = title + GAP / 2
        if not entering or room <= min(entering):
            return PAD, PAD
        if room <= width - max(entering):
            return PAD, PAD + max(entering) + GAP / 2
        return PAD + room - min(entering), PAD

    # ----- one level -----

    def _fill(self, level: _Level) -> None:
        """Put the items of a level into layers, each after what it comes from, near to what it is connected with."""
        links = {link: pull for link, pull in level.links.items() if is_forward(link, level.order)}
        layers, rank = layers_of(level.order, links, self.across)
        lanes = lanes_of(links, rank, layers)
        near = Near(links, lanes)
        middle = self._spread(layers, near)
        self._measure(level, layers, lanes, middle, near)

    def _spread(self, layers: list[list[Any]], near: Near) -> dict[Any, float]:
        middle: dict[Any, float] = {}
        enter, leave = self._port(IN), self._port(OUT)

        def from_before(i: Any) -> float:
            known = [(middle[j] + leave(j), pull) for j, pull in near.before.get(i, ()) if j in middle]
            return mean(known) - enter(i) if known else middle.get(i, 0.0)

        def from_after(i: Any) -> float:
            known = [(middle[j] + enter(j), pull) for j, pull in near.after.get(i, ())]
            return mean(known) - leave(i) if known else middle[i]

        for layer in layers:
            self._pack(layer, from_before, near, middle)
        for _ in range(_SWEEPS):
            for layer in reversed(layers):
                self._pack(layer, from_after, near, middle)
            for layer in layers:
                self._pack(layer, from_before, near, middle)
        return middle

    def _port(self, side: str) -> Callable[[Any], float]:
        return lambda i: self.ports.get((i, side), 0.0)

    def _wide(self, i: Any) -> float:
        return LANE if isinstance(i, Lane) else self.extent[i][1]

    def _long(self, i: Any) -> float:
        return 0.0 if isinstance(i, Lane) else self.extent[i][0]

    def _pack(self, layer: list[Any], wish: Callable[[Any], float], near: Near, middle: dict[Any, float]) -> None:
        """Order a layer by what its items wish, and put each as near to its wish as the others let it."""
        wishes = {i: wish(i) for i in layer}
        layer.sort(key=wishes.__getitem__)
        offsets, at = [], 0.0
        for k, i in enumerate(layer):
            if k:
                at += self._wide(layer[k - 1]) / 2 + gap(layer[k - 1], i) + self._wide(i) / 2
            offsets.append(at)
        goals = [(wishes[i] - offset, near.weight(i)) for i, offset in zip(layer, offsets, strict=True)]
        for i, offset, place in zip(layer, offsets, ascending(goals), strict=True):
            middle[i] = place + offset

    def _measure(
        self, level: _Level, layers: list[list[Any]], lanes: Mapping[Any, list[Lane]], middle: Mapping[Any, float],
        near: Near,
    ) -> None:  # fmt: skip
        """Set the corners of the items, the points along the links, and the size of it all."""
        low = min((middle[i] - self._wide(i) / 2 for layer in layers for i in layer), default=0.0)
        high = max((middle[i] + self._wide(i) / 2 for layer in layers for i in layer), default=0.0)
        stretch: dict[Any, Point] = {}  # from where to where the layer of an item or a lane goes
        along = 0.0
        for n, layer in enumerate(layers):
            longest = max((level.labels.get(i, 0.0) for i in layer), default=0.0)
            along += (max(RANK, longest + GAP) if self.across else RANK) if n else 0.0
            depth = max(map(self._long, layer))
            for i in layer:
                stretch[i] = (along, along + depth)
                if isinstance(i, Item):
                    spare = (depth - self._long(i)) * near.share(i)
                    level.spots[i] = (along + spare, middle[i] - self._wide(i) / 2 - low)
            along += depth
        level.size = (along, high - low)
        places = {i: place - low for i, place in middle.items()}
        for link in level.links:  # without lanes are those between frames whose operations alternate: straight across
            level.lanes[link] = self._points(link, lanes.get(link, ()), stretch, places, along)

    def _points(
        self, link: tuple[Any, Any], lanes: Sequence[Lane], stretch: Mapping[Any, Point], places: Mapping[Any, float],
        end: float,
    ) -> list[Point]:  # fmt: skip
        """Return the corners of a link: at the end of the layer it begins in, and at both ends of those it passes."""
        a, b = link
        points = [(edge, places[lane]) for lane in lanes for edge in stretch[lane]]
        if a != IN:
            points.insert(0, (stretch[a][1], places[a] + self._port(OUT)(a)))
        if b != OUT:
            points.append((stretch[b][0], places[b] + self._port(IN)(b)))
        entry, exit_ = [(-PAD, points[0][1])] * (a == IN), [(end + PAD, points[-1][1])] * (b == OUT)
        return [*entry, *points, *exit_]

    # ----- arrows -----

    def _way(
        self, arrow: Arrow, n: int, corners: Mapping[int, Point], boxes: Sequence[Spot], frames: Sequence[Spot]
    ) -> list[Point]:
        start, end = _ends(boxes[arrow.source], boxes[arrow.target], self.across)
        if is_back(arrow):
            return self._way_back(n, corners, start, end)
        ways = [self._stretch(frames, corners, link) for link in self.links(arrow)]
        for k, (_, a, b) in enumerate(self.links(arrow)):  # into a frame and out of it where it is passed inside
            if b != OUT and isinstance(b, Item) and b.is_frame:
                ways[k][-1] = self._beside(ways[k][-1], ways[k + 1][0])
            if a != IN and isinstance(a, Item) and a.is_frame:
                ways[k][0] = self._beside(ways[k][0], ways[k - 1][-1])
        steps = [start, *(point for way in ways for point in way), end]
        points = [step for k, step in enumerate(steps) if not k or math.dist(step, steps[k - 1]) > _NOTHING]
        aside = self.aside[n]
        return [(x, y + aside) if self.across else (x + aside, y) for x, y in points]

    def _stretch(self, frames: Sequence[Spot], corners: Mapping[int, Point], link: tuple[int, Any, Any]) -> list[Point]:
        """Return the corners of one link in the picture; it enters and leaves a frame at its very border."""
        around, a, b = link
        points = [self._there(around, corners, point) for point in self.levels[around].lanes[a, b]]
        if a == IN:
            points[0] = self._on_border(frames[around], points[0], 0)
        if b == OUT:
            points[-1] = self._on_border(frames[around], points[-1], 1)
        return points

    def _beside(self, point: Point, other: Point) -> Point:
        return (point[0], other[1]) if self.across else (other[0], point[1])

    def _on_border(self, frame: Spot, point: Point, side: int) -> Point:
        return (frame.x + side * frame.w, point[1]) if self.across else (point[0], frame.y + side * frame.h)

    def _way_back(self, n: int, corners: Mapping[int, Point], start: Point, end: Point) -> list[Point]:
        """Return a way back that runs beside all that is in the frame around both ends."""
        around = self._shared(self.scene.arrows[n])
        beside = self._there(around, corners, (0.0, self.levels[around].size[1] + _BACK * self.backs[n]))
        (x, y), (u, v) = start, end
        step = _BACK / 2
        if self.across:
            return [start, (x + step, y), (x + step, beside[1]), (u - 2 * step, beside[1]), (u - 2 * step, v), end]
        return [start, (x, y + step), (beside[0], y + step), (beside[0], v - 2 * step), (u, v - 2 * step), end]


def _ends(a: Spot, b: Spot, across: bool) -> tuple[Point, Point]:
    """Return where an arrow leaves one box and reaches another."""
    if across:
        return (a.x + a.w, a.y + a.h / 2), (b.x, b.y + b.h / 2)
    return (a.x + a.w / 2, a.y + a.h), (b.x + b.w / 2, b.y)


def _aside(arrows: Sequence[Arrow]) -> list[float]:
    """Return how far each arrow stands aside, so that several from one box to another are seen."""
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for n, arrow in enumerate(arrows):
        alike[arrow.source, arrow.target].append(n)
    aside = [0.0] * len(arrows)
    for own in alike.values():
        for k, n in enumerate(own):
            aside[n] = (k - (len(own) - 1) / 2) * _BESIDE
    return aside
