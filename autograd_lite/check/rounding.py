"""Rounding by chance: what the last digits of a computation are worth, measured by having others in their place.

Every operation rounds its result. Carried out again with each result changed in its last digits, at random, a function
differs from itself by as much as rounding may make of it, however large the numbers are that cancel inside. No bound
has to be known, and none is exaggerated (Parker, *Monte Carlo Arithmetic*, UCLA report 970002, 1997; Vignes,
*Mathematics and Computers in Simulation* 35, 1993).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array, Shape
from autograd_lite.check.numeric import Checked, Numeric, pulled
from autograd_lite.engine.observers import observe
from autograd_lite.engine.op import Op

_UNITS = 2  # in the last place, by which a result is changed at most
_SAMPLES, _MORE_SAMPLES = 3, 6  # of values, which are always looked at, and of derivatives, which seldom are
_EPS = float(np.finfo(np.float64).eps)


class Rounding:
    """What rounding may make of the values of all rows and of their derivatives, which are `gradients` at the start."""

    def __init__(
        self, checked: Checked, numeric: Numeric, gradients: list[Array], rng: np.random.Generator
    ) -> None:
        self.checked, self.numeric, self.gradients, self.rng = checked, numeric, gradients, rng
        self._moved: list[list[Array]] | None = None
        self.coarse: dict[str, Any] | None = None
        """As fields of a fault, the first rule seen that gives another dtype than its input has, of fewer digits."""

    def of_values(self) -> Array:
        """Return by how much the rows are off their tangent when inputs and results change in their last digits."""
        found = np.zeros(self.numeric.base.shape)
        for arrays in self._nearby(_EPS, _SAMPLES):
            moves = zip(self.gradients, arrays, self.checked.start, strict=True)
            with np.errstate(all="ignore"), Chance(self.rng, _EPS).in_results():
                expected = sum(g @ np.ravel(a - start).astype(np.float64) for g, a, start in moves)
                off = np.abs(self.numeric.at(arrays) - self.numeric.base - expected)
            found = np.maximum(found, np.where(np.isfinite(off), off, 0))
        return found

    def of_derivatives(self, k: int, vectors: Array, every: bool) -> Array:
        """Return by how much derivatives by input `k`, along some directions, differ from one another nearby."""
        if self._moved is None:
            self._moved = self.derivatives_nearby(_EPS)
        moved = np.nan_to_num(np.stack([moved[k] for moved in self._moved]), posinf=0, neginf=0)
        along = moved * vectors.diagonal() if every else moved @ vectors.T
        spread: Array = np.ptp(along, axis=0)
        return spread

    def derivatives_nearby(self, eps: float, inside: bool = False) -> list[list[Array]]:
        """Return the derivatives of all rows where inputs and results differ by some `eps` of themselves.

        With `inside` so do the results of the operations that rules are made of; none are returned where they are not
        seen.
        """
        found, chance = [], Chance(self.rng, eps)
        for arrays in self._nearby(eps, _MORE_SAMPLES):
            with chance.in_results():
                derived = self.checked.derive(arrays)
            derived.shake(chance.changed)
            if inside and not derived.record():
                return []
            with chance.in_results():
                found.append(pulled(self.checked, self.numeric, derived))
            self.coarse = self.coarse or derived.coarse
        return found

    def _nearby(self, eps: float, samples: int) -> Iterator[list[Array]]:
        """Yield inputs that differ by some `eps` of themselves."""
        for _ in range(samples):
            # NOTE: each moves. One that stayed, where a rule is wrong at this number alone, would look like rounding.
            shifts = [eps * _units(self.rng, 2 * _UNITS, a.shape) for a in self.checked.start]
            yield [a + a * shift for a, shift in zip(self.checked.start, shifts, strict=True)]


class Chance:
    """Changes of numbers in their last digits, by some `precision` of themselves."""

    def __init__(self, rng: np.random.Generator, precision: float) -> None:
        self.rng, self.precision = rng, precision

    def changed(self, y: Any) -> Any:
        """Return numbers that differ from `y` by about as much as rounding may make of them; others as they are."""
        if y.__class__ is not np.ndarray or y.dtype.kind not in "fc":
            return y
        unit = max(self.precision, float(np.finfo(y.dtype).eps))
        units = _units(self.rng, _UNITS, y.shape)
        if y.dtype.kind == "c":  # what one part loses is as large as the other is
            units = units + 1j * _units(self.rng, _UNITS, y.shape)
        with np.errstate(all="ignore"):
            return np.asarray(y * (1 + unit * units), y.dtype)  # which keeps infinities

    @contextmanager
    def in_results(self) -> Iterator[None]:
        """Have every operation that is carried out inside, and that rounds, hand on another result than its own."""
        thread = threading.get_ident()

        def change(op: Op, _: Any, __: Any, result: Any) -> None:
            if op.form != "constant" and not op.selects and threading.get_ident() == thread:
                result._data = self.changed(result._data)

        with observe(change):
            yield


def _units(rng: np.random.Generator, most: int, shape: Shape) -> Any:
    """Return whole numbers up to some size, with random signs, and none of them 0."""
    return rng.integers(1, most + 1, shape) * rng.choice([-1, 1], shape)
