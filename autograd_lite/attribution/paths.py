"""Integrated gradients: along the straight way from a baseline to the input."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.attribution.gradients import differentiated
from autograd_lite.attribution.scores import Model, Subject, as_tensor, baselines, per_example, plain
from autograd_lite.attribution.settings import not_negative, whole
from autograd_lite.base.shapes import Array
from autograd_lite.engine.provenance import warn

_ROUNDINGS = 64
"""What a difference of scores may be wrong by, in units of the last place of scores, or inputs, of their size."""
_CAUTION = 4
"""How many times as many steps are advised as an error that falls with their number would need: it falls in jumps."""
_POINTS = 3
"""In each piece of a way that is refined: between kinks, of which networks have many, few are enough."""


def _gauss_legendre(n: int) -> tuple[Array, Array]:
    places, weights = np.polynomial.legendre.leggauss(n)
    return (places + 1) / 2, weights / 2


def _trapezoid(n: int) -> tuple[Array, Array]:
    if n == 1:
        return np.array([0.5]), np.ones(1)
    weights = np.full(n, 1 / (n - 1))
    weights[[0, -1]] /= 2
    return np.linspace(0, 1, n), weights


def _evenly(shift: float) -> Any:
    return lambda n: ((np.arange(n) + shift) / n, np.full(n, 1 / n))


METHODS = {
    "gausslegendre": _gauss_legendre,
    "riemann_trapezoid": _trapezoid,
    "riemann_left": _evenly(0.0),
    "riemann_middle": _evenly(0.5),
    "riemann_right": _evenly(1.0),
}


def integrated_gradients(
    model: Model, x: Any, baseline: Any = None, target: Any = None, steps: int = 50, method: str = "gausslegendre",
    *, return_error: bool = False, tolerance: float = 0.01, refine: bool = False, max_steps: int = 2000,
    create_graph: bool = False,
) -> Any:  # fmt: skip
    """Return what each number of the input adds to the score, compared with a baseline: gradients along the way.

    They sum to ``f(x) - f(baseline)`` for each example, which is checked.

    Parameters
    ----------
    model, x, target, create_graph
        As of `saliency`.
    baseline : array or number, optional
        What stands for nothing, of a shape that broadcasts to that of `x`; a tuple of them for a tuple. Else zeros.
    steps : int
        At how many places of the way the gradient is taken.
    method : {"gausslegendre", "riemann_trapezoid", "riemann_left", "riemann_middle", "riemann_right"}
        Where these places are, and how they are weighed.
    return_error : bool
        Whether ``f(x) - f(baseline)`` less the sum of the attributions is returned too, a number for each example.
    tolerance : float
        How much that may be, in parts of the sum of the sizes of the attributions, before a warning comes.
    refine : bool
        Whether more steps are taken in those pieces of the way where they are needed, until the tolerance is kept. The
        difference of the scores at both ends of a piece says how wrong it still is.
    max_steps : int
        How many at most, with `refine`.

    Returns
    -------
    array or Tensor
        Of the shape and dtype of `x`; with `return_error` a pair ``(attributions, error)``.

    Warns
    -----
    IncompleteWarning
        The sum is wrong by more than the tolerance. It says how many steps to take. In compiled functions and under
        `vmap` nobody knows the numbers, and there is no warning; `return_error` has them there too.

    Notes
    -----
    M. Sundararajan et al., "Axiomatic attribution for deep networks", 2017. The model is called with one batch at a
    time, whatever the number of steps.

    Examples
    --------
    >>> w, b = np.array([2.0, -1.0]), np.array([1.0, 0.0])
    >>> integrated_gradients(lambda x: x @ w, np.array([[3.0, 4.0]]), baseline=b)
    array([[ 4., -4.]])
    >>> model = lambda x: np.sum(np.tanh(x) ** 2, axis=1)
    >>> attributions, error = integrated_gradients(model, np.ones((1, 2)), return_error=True)
    >>> bool(abs(error[0]) < 1e-12), float(attributions.sum()) == float(2 * np.tanh(1.0) ** 2 - error[0])
    (True, True)
    """
    subject = Subject("integrated_gradients", model, x, target)
    _check(steps, method, tolerance, max_steps)
    starts = baselines(baseline, subject)
    way = _Way(subject, starts, METHODS[method])

    def attribute() -> tuple[list[Any], Any, int]:
        if refine:
            return way.refined(steps, tolerance, max_steps)
        return way.whole(steps)

    attributions, error, taken = subject.quietly(attribute, create_graph)
    _judge(way, attributions, error, tolerance, taken, refine)
    found = subject.put_together(attributions)
    return (found, error) if return_error else found


class _Piece(NamedTuple):
    """A piece of the way: its ends, the scores there, and the integral of the gradients between them."""

    low: float
    high: float
    scores: tuple[Any, Any]
    gradients: tuple[Any, ...]


class _Way:
    """The straight way from the baselines to the inputs."""

    def __init__(self, subject: Subject, starts: Sequence[Any], rule: Any) -> None:
        self.subject, self.starts, self.rule = subject, starts, rule
        self.differences = [x - b for x, b in zip(subject.inputs, starts, strict=True)]
        self.ends: tuple[Any, Any] = (0.0, 0.0)

    @property
    def moved(self) -> float:
        """How far the largest number goes."""
        return max(float(np.max(np.abs(_numbers(d)), initial=0.0)) for d in self.differences)

    def at(self, place: float) -> list[Any]:
        return [b + place * d for b, d in zip(self.starts, self.differences, strict=True)]

    def score(self, place: float) -> Any:
        return self.subject.released(self.subject.score(*map(as_tensor, self.at(place))))

    def integral(self, low: float, high: float, steps: int) -> tuple[Any, ...]:
        """Return the integral of the gradient by each input, over a piece."""
        sums: list[Any] = [None] * len(self.starts)
        for place, weight in zip(*self.rule(steps), strict=True):
            found = differentiated(self.subject, self.at(float(low + place * (high - low))))
            share = float(weight * (high - low))
            sums = [share * g if s is None else s + share * g for s, g in zip(sums, found, strict=True)]
        return tuple(sums)

    def attributed(self, integrals: Sequence[Any]) -> list[Any]:
        return [d * s for d, s in zip(self.differences, integrals, strict=True)]

    def missing(self, scores: tuple[Any, Any], attributions: Sequence[Any]) -> Any:
        """Return the difference of two scores less what is attributed."""
        left = scores[1] - scores[0]
        for a in attributions:
            left = left - per_example(a, scores[0])
        return left

    def whole(self, steps: int) -> tuple[list[Any], Any, int]:
        """Return attributions, what they miss, and the steps taken."""
        attributions = self.attributed(self.integral(0.0, 1.0, steps))
        self.ends = self.score(0.0), self.score(1.0)
        return attributions, self.missing(self.ends, attributions), steps

    def refined(self, steps: int, tolerance: float, most: int) -> tuple[list[Any], Any, int]:
        """Halve the piece that is most wrong until the sum is right; return as `whole` does."""
        points = min(steps, _POINTS)
        edges = np.linspace(0, 1, max(1, steps // points) + 1).tolist()
        pieces = _Pieces(self, points)
        scores = [self.score(edge) for edge in edges]
        self.ends = scores[0], scores[-1]
        for ends, of_ends in zip(pairwise(edges), pairwise(scores), strict=True):
            pieces.enter(*ends, of_ends)
        while True:
            attributions = self.attributed(pieces.sums)
            error = self.missing(self.ends, attributions)
            right = np.all(_excess(attributions, error, self.ends, self.moved, tolerance) <= 1)
            if right or pieces.taken + 2 * points > most:
                return attributions, error, pieces.taken
            pieces.halve()


class _Pieces:
    """The pieces of a way, the one that is most wrong first, and the sums of their integrals."""

    def __init__(self, way: _Way, points: int) -> None:
        self.way, self.points, self.taken = way, points, 0
        self.heap: list[tuple[float, int, _Piece]] = []
        self.sums = [np.zeros_like(b) for b in way.starts]

    def enter(self, low: float, high: float, scores: tuple[Any, Any]) -> None:
        piece = _Piece(low, high, scores, self.way.integral(low, high, self.points))
        self.taken += self.points
        self.sums = [s + g for s, g in zip(self.sums, piece.gradients, strict=True)]
        missing = _numbers(self.way.missing(scores, self.way.attributed(piece.gradients)))
        heapq.heappush(self.heap, (-float(np.max(np.abs(missing), initial=0.0)), self.taken, piece))

    def halve(self) -> None:
        _, _, worst = heapq.heappop(self.heap)
        self.sums = [s - g for s, g in zip(self.sums, worst.gradients, strict=True)]
        middle = (worst.low + worst.high) / 2
        between = self.way.score(middle)
        self.enter(worst.low, middle, (worst.scores[0], between))
        self.enter(middle, worst.high, (between, worst.scores[1]))


def _numbers(a: Any) -> Array:
    array = plain(a)
    if array is None:
        raise errors.UnsupportedError(errors.REFINE_VALUES)
    return array


def _excess(attributions: Sequence[Any], error: Any, ends: tuple[Any, Any], moved: float, tolerance: float) -> Array:
    """Return what is missing in units of what may be missing, for each example."""
    sizes = sum(np.asarray(per_example(np.abs(_numbers(a)), error), float) for a in attributions)
    scores = np.maximum(*(np.abs(_numbers(end)) for end in ends))
    rounding = _ROUNDINGS * np.finfo(scores.dtype).eps * np.maximum(scores, moved)
    allowed = tolerance * sizes + rounding
    return np.atleast_1d(np.abs(_numbers(error)) / np.maximum(allowed, np.finfo(float).tiny))


def _judge(way: _Way, attributions: Sequence[Any], error: Any, tolerance: float, steps: int, refined: bool) -> None:
    """Warn where the sum is wrong."""
    if plain(error) is None:
        return
    excess = _excess(attributions, error, way.ends, way.moved, tolerance)
    wrong = excess > 1
    if wrong.any():
        worst = float(excess.max())
        text = errors.INCOMPLETE_REFINED if refined else errors.INCOMPLETE
        said = {"steps": steps, "count": int(wrong.sum()), "all": wrong.size, "error": worst * tolerance}
        wanted = _CAUTION * steps if refined else _rounded_up(_CAUTION * steps * worst)
        warn(text.format(**said, tolerance=tolerance, wanted=wanted), errors.IncompleteWarning)


def _rounded_up(steps: float) -> int:
    """Return a whole number of two digits that is not less."""
    unit = 10 ** max(0, math.floor(math.log10(steps)) - 1)
    return int(math.ceil(steps / unit) * unit)


def _check(steps: Any, method: str, tolerance: Any, most: Any) -> None:
    if method not in METHODS:
        choices = " or ".join(repr(name) for name in METHODS)
        raise errors.ArgumentError(errors.INTEGRATION_METHOD.format(given=method, choices=choices))
    for name, given in (("steps", steps), ("max_steps", most)):
        whole(given, name, "integrated_gradients", 50)
    not_negative(tolerance, "tolerance", "integrated_gradients", 0.01)
