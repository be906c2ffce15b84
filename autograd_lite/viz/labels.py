"""Places for the labels of arrows: on their way, and over nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from autograd_lite.viz.layout import Point, Spot

_CELL = 80.0
_HEIGHT = 12.0
_PARTS = (0.5, 0.3, 0.7, 0.15, 0.85)  # of a stretch of the way, the best first
_ABOVE = 5.0


class Labels:
    """What is taken: boxes, titles, and labels that have their place already."""

    def __init__(self, taken: Iterable[Spot]) -> None:
        self._cells: dict[tuple[int, int], list[Spot]] = defaultdict(list)
        for spot in taken:
            self._take(spot)

    def place(self, way: Sequence[Point], width: float, across: bool) -> Point:
        """Return the middle of the line that a label stands on: the first place on the way that is free.

        Where none is, it stands at the first that was tried.
        """
        spots = list(_spots(way, width, across))
        spot = next((spot for spot in spots if self._is_free(spot)), spots[0])
        self._take(spot)
        return spot.x + spot.w / 2, spot.y + _HEIGHT - 2

    def _take(self, spot: Spot) -> None:
        for cell in _cells(spot):
            self._cells[cell].append(spot)

    def _is_free(self, spot: Spot) -> bool:
        return not any(_meet(spot, other) for cell in _cells(spot) for other in self._cells.get(cell, ()))


def _spots(way: Sequence[Point], width: float, across: bool) -> Iterator[Spot]:
    """Yield places for a label: above an arrow to the right, beside one downwards; where it is long, at its end."""
    stretches = list(pairwise(way))[::-1]
    stretches.sort(key=lambda ends: (abs(ends[1][0] - ends[0][0]) < width) if across else 0)
    for part in _PARTS:
        for (x, y), (u, v) in stretches:
            bend = part * part * (3 - 2 * part)  # what a curve has gone aside by then
            if across:
                yield Spot(x + part * (u - x) - width / 2, y + bend * (v - y) - _ABOVE - _HEIGHT + 2, width, _HEIGHT)
            else:
                yield Spot(x + bend * (u - x) + _ABOVE, y + part * (v - y) - _HEIGHT / 2, width, _HEIGHT)


def _cells(spot: Spot) -> Iterator[tuple[int, int]]:
    for i in range(int(spot.x // _CELL), int((spot.x + spot.w) // _CELL) + 1):
        for j in range(int(spot.y // _CELL), int((spot.y + spot.h) // _CELL) + 1):
            yield i, j


def _meet(a: Spot, b: Spot) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h
