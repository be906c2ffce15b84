"""A step along a direction that meets the strong Wolfe conditions.

The loss has to have become less, by a share of what its slope promised (Armijo), and the slope has to have become
flatter. First steps get longer until an interval holds such a step, then the interval gets shorter: J. Nocedal and
S. J. Wright, *Numerical optimization*, 2006, algorithms 3.5 and 3.6, with cubic interpolation (equation 3.59).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from autograd_lite.base.shapes import Array

LESS, FLATTER = 1e-4, 0.9
"""The shares of the two conditions."""


class Point(NamedTuple):
    """A length of the step, with the loss there, the gradient, and the slope along the direction."""

    t: float
    loss: float
    gradient: Array
    slope: float


class Search:
    """One search.

    Parameters
    ----------
    evaluate : callable
        The loss and the gradient after a step of this length.
    start : Point
        Where it begins, of length 0.
    direction : array
    most : int
        How many points may be tried after the first.
    shortest : float
        The interval in which nobody looks any further, by the largest change of a parameter.
    """

    def __init__(
        self,
        evaluate: Callable[[float], tuple[float, Array]],
        start: Point,
        direction: Array,
        most: int,
        shortest: float,
    ) -> None:
        self.evaluate, self.start, self.direction, self.most, self.shortest = evaluate, start, direction, most, shortest
        self.evaluations = 0

    def point(self, t: float) -> Point:
        loss, gradient = self.evaluate(t)
        self.evaluations += 1
        return Point(t, loss, gradient, float(gradient @ self.direction))

    @property
    def left(self) -> int:
        return self.most - self.evaluations + 1

    def is_less(self, x: Point) -> bool:
        return x.loss <= self.start.loss + LESS * x.t * self.start.slope

    def is_flat(self, x: Point) -> bool:
        return abs(x.slope) <= -FLATTER * self.start.slope

    def find(self, t: float) -> Point:
        """Return the point that meets both conditions, or the best that was found."""
        previous, x = self.start, self.point(t)
        while self.left > 0:
            if not self.is_less(x) or (self.evaluations > 2 and x.loss >= previous.loss):  # noqa: PLR2004 - not the first two
                return self._narrowed([previous, x])
            if self.is_flat(x):
                return x
            if x.slope >= 0:
                return self._narrowed([previous, x])
            bounds = x.t + 0.01 * (x.t - previous.t), x.t * 10
            previous, x = x, self.point(_lowest(previous, x, bounds))
        return min([self.start, x], key=lambda point: point.loss)

    def _narrowed(self, ends: list[Point]) -> Point:
        """Return what an interval holds, shortened until it is found."""
        stuck = False
        low, high = _order(ends)
        reach = float(np.max(np.abs(self.direction)))
        while self.left > 0 and abs(ends[1].t - ends[0].t) * reach >= self.shortest:
            t, stuck = _inside(_lowest(ends[0], ends[1]), ends, stuck)
            x = self.point(t)
            if not self.is_less(x) or x.loss >= ends[low].loss:
                ends[high] = x
                low, high = _order(ends)
                continue
            if self.is_flat(x):
                return x
            if x.slope * (ends[high].t - ends[low].t) >= 0:
                ends[high] = ends[low]
            ends[low] = x
        return ends[low]


def _order(ends: list[Point]) -> tuple[int, int]:
    """Return which of two points is the lower one, and the other; a loss of nan is not lower."""
    return (1, 0) if ends[1].loss < ends[0].loss else (0, 1)


def _inside(t: float, ends: list[Point], stuck: bool) -> tuple[float, bool]:
    """Return a length a tenth of the interval away from its end, where one is too near to it twice or is the end."""
    least, most = sorted((ends[0].t, ends[1].t))
    margin = 0.1 * (most - least)
    if min(most - t, t - least) >= margin:
        return t, False
    if stuck or t >= most or t <= least:
        return (most - margin if abs(t - most) < abs(t - least) else least + margin), False
    return t, True


def _lowest(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Return where the cubic through two points with their slopes is least, within bounds or between the points."""
    first, last = bounds or (min(a.t, b.t), max(a.t, b.t))
    if a.t > b.t:
        a, b = b, a
    if a.t == b.t:
        return a.t
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    d2 = math.sqrt(square) if 0 <= square < math.inf else math.nan
    below = b.slope - a.slope + 2 * d2
    if math.isnan(below) or below == 0:
        return (first + last) / 2
    return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / below), first), last)
