"""The neighbourhood of a point, to both sides along one direction: derived and numeric derivatives, each found once."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.differences import NOISE_GRANTED, Sweep
from autograd_lite.base.shapes import Array
from autograd_lite.check.numeric import Checked, Derivatives, Numeric

_VERY_NEAR = 2.0**-50  # of x, some units in its last place


class Neighbourhood:
    """What is asked of each row of the derivatives at one element, at points that most rows have in common."""

    def __init__(self, checked: Checked, numeric: Numeric, k: int, v: Array, mode: str) -> None:
        self.checked, self.numeric, self.k, self.v, self.mode = checked, numeric, k, v, mode
        self._sweep: Sweep | None = None
        self._recorded: dict[float, Derivatives] = {}
        self._moving: dict[float, Array] = {}
        self._differences: dict[tuple[float, float], Array] = {}

    def persists(self, row: int, step: float, what: dict[str, Any]) -> bool:
        """Tell whether derived and numeric differ as much beside the point, as they do where a rule is wrong.

        If they do not, to neither side, there is a kink so near to the point that no step shows it: the derived one is
        then the same in its next neighbourhood, and is not where a rule is wrong at this very point.
        """
        size = float(np.max(np.abs(self.v)))
        gap = abs(what["analytic"] - what["numeric"]) * size
        for way in (-step, step):
            if not abs(self._slope(way, row) - self._measured(way, step / 4)[row]) <= gap / 4:
                return True
        x = float(np.max(np.abs(self.checked.start[self.k].flat[np.flatnonzero(self.v)])))
        nearest = (x * _VERY_NEAR or float(np.finfo(np.float64).tiny)) / size
        here = what["analytic"] * size * np.sign(self.v.sum())
        return any(not abs(self._slope(way, row) - here) <= gap / 4 for way in (-nearest, nearest))

    def is_denied(self, wide: Numeric, row: int, what: dict[str, Any]) -> bool:
        """Tell whether the derived one is right, and the numeric one wrong, as far as another numeric side can tell."""
        if self._sweep is None:
            self._sweep = wide.sweep(self.k, self.v)
        size = float(self.v[self.v != 0][0])
        derived, numeric = what["analytic"] * size, what["numeric"] * size
        value, noise = (float(a[row]) for a in self._sweep.best())
        agrees = abs(value - derived) <= min(NOISE_GRANTED * noise, abs(value - numeric) / 4)
        return agrees or self._sweep.sides_with(row, derived)

    def _slope(self, way: float, row: int) -> float:
        """Return the derived derivative of a row along the direction, some way along it."""
        if self.mode == "forward":
            return float(self._pushed(way)[row])
        rows = self.numeric.rows
        u = np.eye(1, self.numeric.finite.size, row)[0] if rows is None else rows[row]
        with np.errstate(all="ignore"):
            return float(self._derived(way).pull(u)[self.k] @ self.v)

    def _arrays(self, way: float) -> list[Array]:
        arrays = list(self.checked.start)
        arrays[self.k] = arrays[self.k] + (way * self.v).reshape(arrays[self.k].shape)
        return arrays

    def _derived(self, way: float) -> Derivatives:
        if way not in self._recorded:
            with np.errstate(all="ignore"):
                self._recorded[way] = self.checked.derive(self._arrays(way))
        return self._recorded[way]

    def _pushed(self, way: float) -> Array:
        if way not in self._moving:
            derived = self._derived(way)
            with np.errstate(all="ignore"):
                self._moving[way] = self.numeric.read(derived.push(self.k, self.v))
        return self._moving[way]

    def _measured(self, way: float, step: float) -> Array:
        if (way, step) not in self._differences:
            self._differences[way, step] = self.numeric.quick(self.k, self.v, step, self._arrays(way))
        return self._differences[way, step]
