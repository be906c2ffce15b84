"""Finite differences that know their own noise: the derivatives of a function of one number, by its values alone.

A central difference ``D(h) = (f(x + h) - f(x - h)) / 2h`` is wrong by a multiple of ``h**2`` (truncation) and by
about ``eps |f| / h`` (rounding). Richardson's combination of two steps, ``(16 D(h/4) - D(h)) / 15``, leaves ``h**4``
of the truncation. One such pair, `quick`, is right for most functions. A `Sweep` takes the whole range of steps, from
a quarter of the input down to its last digits, finds the one at which neighbouring steps agree best, and knows from
how well they agree how good that is. (Press et al., *Numerical Recipes*, 3rd ed. 2007, section 5.7; Ridders,
*Advances in Engineering Software* 4, 1982.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograd_lite.base.shapes import Array

Line: TypeAlias = Callable[[float], tuple[Array, float]]
"""The values (there may be many) after a step from x, and how long the step really was once rounded."""

NOISE_GRANTED = 30
"""By how much of its noise a difference may miss the truth: noise is estimated, and at its best place."""
_EPS = float(np.finfo(np.float64).eps)
_FIRST_STEP = 2.0**-10
_LARGEST_STEP = 2.0**-2
_SMALLEST_UNITS = 16  # in the last place of x; of 1 for an x of 0
_FEWEST_STEPS = 4
_FEW, _WHOLE = 1000, 0.01  # up to so many grains, changes must be so near to whole numbers of them
_COARSE, _FEW_COARSE = 1e-10, 30  # of dtypes with fewer digits than float64, a hidden offset leaves fewer grains
_MUCH_SMALLER = 3  # by so many steps, that is 64 times
_CLEAR = 1000  # a remainder of so many grains is more than rounding
_STEADY = 0.25  # by such a share the difference of the slopes at a kink may vary with the step
_SIDES, _IN_A_ROW = 0.25, 3  # so many times nearer, at so many steps
_SLACK, _EXACT = 1e-3, 1e-6  # by which shares of their difference and of themselves slopes at a kink may be off
_KINK = 1e-3  # slopes to both sides that differ by more than this share, however small the step


def quick(line: Line, x: float, eps: float | None = None) -> Array:
    """Return the derivatives by one pair of steps, of which `eps` is the larger."""
    with np.errstate(all="ignore"):
        return combined([line(step) for step in quick_steps(x, eps)])


def quick_steps(x: float, eps: float | None = None) -> tuple[float, float, float, float]:
    """Return the steps whose ends `combined` makes derivatives of: two lengths, to both sides."""
    step = eps or _FIRST_STEP * _size(x)
    return step, -step, step / 4, -step / 4


def combined(ends: Sequence[tuple[Array, float]]) -> Array:
    """Return the derivatives by the values at the ends of `quick_steps`."""
    with np.errstate(all="ignore"):
        return extrapolated(np.stack([_slope(*ends[:2]), _slope(*ends[2:])]))[0]


def central(line: Line, step: float) -> Array:
    """Return the differences between the ends of a step to both sides, over its length."""
    return _slope(line(step), line(-step))


def _slope(after: tuple[Array, float], before: tuple[Array, float]) -> Array:
    (right, plus), (left, minus) = after, before
    return (right - left) / (plus - minus)


def extrapolated(differences: Array) -> Array:
    """Combine neighbours, of which the second has a quarter of the step, so that the error in ``h**2`` cancels."""
    return (16 * differences[1:] - differences[:-1]) / 15


def sweep_steps(x: float, eps: float | None = None, precision: float = _EPS) -> list[float]:
    """Return steps, each a quarter of the one before, that cover all that a function may vary over.

    The smallest is some `precision` of x; `eps` is the largest of only a few.
    """
    if eps:
        return [eps / 4**n for n in range(_FEWEST_STEPS)]
    step, smallest = _LARGEST_STEP * _size(x), _SMALLEST_UNITS * precision * (abs(x) or 1.0)
    steps: list[float] = []
    while len(steps) < _FEWEST_STEPS or (step > smallest and np.isfinite(x)):
        steps.append(step)
        step /= 4
    return steps


def _size(x: float) -> float:
    return max(abs(x), 1.0)


class Kink(NamedTuple):
    """The slopes to the left and to the right of x, and the step they were taken with."""

    left: float
    right: float
    step: float

    def holds(self, derived: float) -> bool:
        """Tell whether a derivative lies between the slopes, so that it is one of those that may be returned."""
        low, high = sorted((self.left, self.right))
        slack = max(_SLACK * (high - low), _EXACT * max(abs(low), abs(high)))
        return low - slack <= derived <= high + slack


class Sweep:
    """The values at many steps to both sides of x: arrays of (steps, values), the largest step first.

    Parameters
    ----------
    line : callable
        The function, by steps from x.
    steps : list of float
        As `sweep_steps` gives them.
    base : array
        The values at x.
    precision : array
        The machine epsilon of the dtype that each value was computed in.
    rounding : array
        By how much each may be off besides, where it is the sum of larger numbers.
    """

    def __init__(
        self, line: Line, steps: list[float], base: Array, precision: Array, rounding: Array | float = 0.0
    ) -> None:
        ends = [line(sign * step) for step in steps for sign in (1, -1)]
        values, widths = np.stack([y for y, _ in ends]), np.array([dx for _, dx in ends])[:, None]
        self.base, self.precision, self.rounding = base, precision, rounding
        self.rights, self.lefts, self.plus, self.minus = values[::2], values[1::2], widths[::2], widths[1::2]

    def best(self) -> tuple[Array, Array]:
        """Return the derivatives by the step that can be trusted most, and their noise; `trusted` has those steps.

        The noise of a step is how far its neighbours are from it, and at least what rounding makes of it. An estimate
        that the finer ones contradict, beyond their own noise, has not converged: the function varies within the step.
        """
        with np.errstate(all="ignore"):
            estimates = extrapolated((self.rights - self.lefts) / (self.plus - self.minus))
            spread = np.abs(np.diff(estimates, axis=0))
            estimates, steps = estimates[:-1], self.plus[2:]
            own = np.maximum(np.maximum(spread, np.roll(spread, -1, axis=0)), self._grain()[2:] / steps)
            own = np.maximum(own, np.maximum(self._across_a_kink()[2:], self._unresolved()[2:]))
            own = np.where(np.isfinite(estimates + own), own, np.inf)
            noise = own + [_contradiction(estimates[j], estimates[j:], own[j:]) for j in range(len(own))]
        pick = np.argmin(noise, axis=0)[None]
        self.trusted = self.plus[pick[0], 0]
        value, known = (np.take_along_axis(a, pick, 0)[0] for a in (estimates, noise))
        return np.where(np.isfinite(value), value, np.nan), known

    def plain(self, which: int) -> tuple[float, float]:
        """Return the step at which the central difference alone is nearest to the best derivative, and how near.

        It has to be as near at the next step: one that is so by chance is of no use along other directions.
        """
        value = self.best()[0][which]
        with np.errstate(all="ignore"):
            off = np.abs((self.rights - self.lefts) / (self.plus - self.minus) - value)[:, which]
        both = np.maximum(off[:-1], off[1:])
        if not np.isfinite(both).any():
            return float(self.plus[0, 0]), np.inf
        j = int(np.nanargmin(both))
        return float(self.plus[j, 0]), float(both[j])

    def _grain(self) -> Array:
        """Return by how much a value may be off: its last digit, or the grain of its changes where that is coarser.

        A sum with a large number loses digits that its result does not show. But then small steps change nothing,
        and others change it by whole grains.
        """
        changes = np.abs(np.concatenate([self.rights, self.lefts]) - self.base)
        changes = np.where(np.isfinite(changes), changes, 0)
        grain = np.min(np.where(changes > 0, changes, np.inf), axis=0)
        count = changes / grain
        few = np.where(self.precision > _COARSE, _FEW_COARSE, _FEW)
        whole = np.abs(count - np.rint(count)) < _WHOLE
        in_grains = (changes == 0).any(axis=0) & (whole | (count > few)).all(axis=0) & (np.max(count, axis=0) > few)
        digits = self.precision * np.maximum(np.abs(self.rights), np.abs(self.lefts)) + self.rounding
        return np.maximum(digits, np.where(in_grains, grain, 0))

    def _unresolved(self) -> Array:
        """Return for each step the steepest slope of a much smaller one that changes the values as much, else 0.

        The function varies within the step then, and what its ends differ by says nothing: as the sine of very large
        numbers, of which steps that are too large give small slopes that agree. Where the smallest of all still do,
        nothing is known.
        """
        changes = np.maximum(np.abs(self.rights - self.base), np.abs(self.lefts - self.base))
        digits = _CLEAR * self.precision * np.maximum(np.abs(self.rights), np.abs(self.lefts))
        changes = np.where(np.isfinite(changes) & (changes > digits), changes, 0)
        found = np.zeros(changes.shape)
        for j in range(len(changes) - _MUCH_SMALLER):
            finer = changes[j + _MUCH_SMALLER :]
            slopes = np.where(finer >= changes[j] / 4, finer / self.plus[j + _MUCH_SMALLER :], 0)
            found[j] = np.where(changes[j] > 0, np.max(slopes, axis=0), 0)
        finest = np.max(changes[2 * _FEWEST_STEPS :][-_FEWEST_STEPS:], axis=0, initial=0)
        varies = (finest > 0) & (finest >= np.max(changes, axis=0) / 8)  # within the last digits of x
        return np.where(varies, np.inf, found)

    def _across_a_kink(self) -> Array:
        """Return half the difference of the slopes to both sides, where it stays the same for smaller steps at first.

        There is a kink within the step then, but not at x itself, since with the smallest steps the slopes agree.
        """
        gap = np.abs((self.lefts - self.base) / self.minus - (self.rights - self.base) / self.plus)
        sure = gap + NOISE_GRANTED * self._grain() / self.plus
        closer = np.minimum.accumulate(np.where(np.isfinite(sure), sure, np.inf)[::-1], axis=0)[::-1]
        following = np.concatenate([gap[1:], gap[-1:]])
        return np.where((following > gap / 2) & (closer < gap / 4), gap / 2, 0)

    def kink(self, which: int) -> Kink | None:
        """Return the slopes to the left and to the right where the function has a kink, else None.

        They are taken at the smallest step that rounding leaves exact enough. Of a smooth function they agree there;
        of one that has a jump further off, at finer steps; and where all is rounding, they change with the step.
        """
        with np.errstate(all="ignore"):
            left = ((self.lefts - self.base) / self.minus)[:, which]
            right = ((self.rights - self.base) / self.plus)[:, which]
            rounding = (self._grain() / self.plus)[:, which]
        gap, size = np.abs(right - left), np.maximum(np.abs(left), np.abs(right))
        exact = np.flatnonzero(rounding <= _KINK / 10 * size)
        if not exact.size:
            return None
        last = exact[-1]
        unsteady = (np.abs(gap[max(last - 2, 0) : last] - gap[last]) > _STEADY * gap[last]).any()
        agree_closer = (gap + NOISE_GRANTED * rounding < gap[last] / 2)[last:].any()
        if gap[last] <= _KINK * size[last] or agree_closer or unsteady:
            return None
        return Kink(float(left[last]) + 0.0, float(right[last]) + 0.0, float(self.plus[last, 0]))

    def sides_with(self, which: int, derived: float) -> bool:
        """Tell whether steps smaller than the trusted one agree on another derivative, which is near to `derived`.

        What they differ by may then be less than their noise, of which much is granted, and still be no accident: the
        function has a small part that varies faster than the trusted step is.
        """
        with np.errstate(all="ignore"):
            changes = (self.rights - self.lefts)[:, which]
            estimates = extrapolated(changes / (self.plus - self.minus)[:, 0])
            best = float(self.best()[0][which])
        known = np.abs(changes) > self._grain()[:, which]
        near = known[:-1] & (np.abs(estimates - derived) < _SIDES * np.abs(estimates - best))
        finer = near[self.plus[:-1, 0] < self.trusted[which]]
        return len(finer) >= _IN_A_ROW and bool(np.all(sliding_window_view(finer, _IN_A_ROW), axis=1).any())

    def departure(self, which: int, derived: float) -> float | None:
        """Return by which power of the step the function departs from its tangent of slope `derived`.

        This needs no choice of a step: 2 for the right derivative, 1 for a wrong one; None where the two are the same
        to rounding. It is the median over the smallest steps that rounding leaves a remainder of.
        """
        with np.errstate(all="ignore"):
            remainder = np.abs(self.rights - self.base - derived * self.plus)[:, which]
            clear = np.flatnonzero(remainder > _CLEAR * self._grain()[:, which])[-_FEWEST_STEPS - 1 :]
            powers = np.diff(np.log(remainder[clear])) / np.diff(np.log(self.plus[clear, 0]))
        powers = powers[np.isfinite(powers)]
        return float(np.median(powers)) if powers.size else None


def _contradiction(estimate: Array, finer: Array, noise: Array) -> Array:
    """Return by how much finer estimates differ from one, beyond what their own noise explains."""
    beyond = np.abs(finer - estimate) - NOISE_GRANTED * noise
    return np.max(np.where(np.isfinite(beyond), beyond, 0), axis=0, initial=0)
