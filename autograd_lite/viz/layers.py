"""The layers of a level of a drawing: which items stand beside each other, and how near to what they wish.

An item is a box or a frame. What an arrow passes on its way it passes in a lane, which has a place in its layer as an
item has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

IN, OUT = "in", "out"
GAP = 18.0
_BETWEEN = (GAP, GAP / 2, 2.0)  # neighbours, none of them a lane, one, or both


class Item(NamedTuple):
    """A box, or a frame, with its number; what a level holds."""

    is_frame: bool
    number: int


class Lane(NamedTuple):
    """A stretch of an arrow through one layer."""

    layer: int
    link: tuple[Any, Any]


class Near:
    """What each item and lane of a level is connected with, before and after it, and how much that pulls."""

    def __init__(self, links: Mapping[tuple[Any, Any], float], lanes: Mapping[Any, list[Lane]]) -> None:
        self.before: dict[Any, list[tuple[Any, float]]] = defaultdict(list)
        self.after: dict[Any, list[tuple[Any, float]]] = defaultdict(list)
        for link, pull in links.items():
            way = [link[0], *lanes.get(link, ()), link[1]]
            for a, b in pairwise(way):
                if a != IN and b != OUT:
                    self.before[b].append((a, pull))
                    self.after[a].append((b, pull))

    def share(self, i: Any) -> float:
        """Return how much of the spare length of its layer lies before an item: it stands where it is used."""
        return 0.5 if i in self.before else 1.0 if i in self.after else 0.0

    def weight(self, i: Any) -> float:
        return 1.0 + sum(pull for _, pull in self.before.get(i, ())) + sum(pull for _, pull in self.after.get(i, ()))


def is_forward(link: tuple[Any, Any], order: Mapping[Any, float]) -> bool:
    a, b = link
    return a == IN or b == OUT or order[a] < order[b]


def layers_of(
    order: Mapping[Item, float], links: Iterable[Any], across: bool
) -> tuple[list[list[Any]], dict[Item, int]]:
    """Return the items in layers, each after what it comes from, what is from nothing before its first use.

    From top to bottom the latter does not stand beside a frame, but in a layer of its own, as do frames that nothing
    connects: the picture stays narrow.
    """
    items = sorted(order, key=order.__getitem__)
    before: dict[Item, list[Item]] = {i: [] for i in items}
    after: dict[Item, list[Item]] = {i: [] for i in items}
    for a, b in links:
        if a != IN and b != OUT:
            before[b].append(a)
            after[a].append(b)
    rank: dict[Item, float] = {}
    for i in items:
        rank[i] = max((rank[j] for j in before[i]), default=-1.0) + 1
    for i in reversed(items):
        if len(after[i]) > sum(1 for j in before[i] if before[j]):  # it belongs to its uses
            rank[i] = min(rank[j] for j in after[i]) - 1
    for k, i in enumerate(i for i in items if i.is_frame and not (before[i] or after[i] or across)):
        rank[i] = float(len(items) + k)
    framed = {rank[i] for i in items if i.is_frame and not across}
    for i in items:
        rank[i] += 0.5 if rank[i] in framed and not before[i] and not i.is_frame else 0.0
    found: dict[float, list[Any]] = defaultdict(list)
    for i in items:
        found[rank[i]].append(i)
    layers = [found[r] for r in sorted(found)]
    return layers, {i: n for n, layer in enumerate(layers) for i in layer}


def lanes_of(links: Iterable[Any], rank: Mapping[Item, int], layers: list[list[Any]]) -> dict[Any, list[Lane]]:
    """Put a lane into every layer that a link passes, in the middle of it."""
    lanes: dict[Any, list[Lane]] = {}
    passing: dict[int, list[Any]] = defaultdict(list)
    for a, b in links:
        start = -1 if a == IN else rank[a]
        end = len(layers) if b == OUT else rank[b]
        own = [Lane(n, (a, b)) for n in range(start + 1, end)]
        for lane in own:
            passing[lane.layer].append(lane)
        lanes[a, b] = own
    for n, through in passing.items():
        half = -(-len(layers[n]) // 2)
        layers[n][half:half] = through
    return lanes


def gap(a: Any, b: Any) -> float:
    """Return how far two neighbours of a layer stand apart."""
    return _BETWEEN[isinstance(a, Lane) + isinstance(b, Lane)]


def mean(known: Sequence[tuple[float, float]]) -> float:
    return sum(value * weight for value, weight in known) / sum(weight for _, weight in known)


def ascending(goals: Iterable[tuple[float, float]]) -> list[float]:
    """Return the ascending numbers nearest to weighted goals, by least squares: those in conflict share a place."""
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    for goal, weight in goals:
        mean, total, count = goal, weight, 1
        while blocks and blocks[-1][0] >= mean:
            left, heavy, many = blocks.pop()
            mean = (left * heavy + mean * total) / (heavy + total)
            total, count = total + heavy, count + many
        blocks.append((mean, total, count))
    return [mean for mean, _, count in blocks for _ in range(count)]
