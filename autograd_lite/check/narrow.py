"""The dtype of the inputs, where it is not float64: what is derived in it, as training would, against float64.

A difference has one of three causes. The function, or its rules, lose digits: then float64 with results that change in
the digits of the narrower dtype shows as much, and it is remarked. Something overflows: that is remarked too. Or a rule
computes something else in this dtype: no rounding explains that, it is there at neighbouring points as well, and it is
a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.check.analytic import UNABLE
from autograd_lite.check.compare import Tolerance
from autograd_lite.check.context import CheckOptions
from autograd_lite.check.numeric import Checked, Numeric, pulled
from autograd_lite.check.rounding import Rounding
from autograd_lite.check.subject import itemsize, plain
from autograd_lite.engine.observers import observe

_FAR = 2.0**-7  # of x, from one point to those beside it: many units in the last place, also of half precision
_SHARE = 4  # of the difference at the point, what it has to be beside it


class PrecisionLoss(NamedTuple):
    """The worst difference by one input: where, what both sides say, how many there are, and whether it is a fault."""

    k: int
    mode: str
    column: int | None  # None for a direction
    derived: float
    exact: float
    columns: int
    wrong: bool


class _Sides(NamedTuple):
    """Both derivatives by one input, (rows, columns), or along a direction `v`, and how well the exact one is known."""

    k: int
    v: Array | None
    narrow: Array
    exact: Array
    noise: Array
    tolerance: Tolerance

    def excess(self, more: Any = 0.0) -> Array:
        """Return the differences in units of what is allowed, with some noise more."""
        return self.tolerance.excess(self.narrow, self.exact, self.noise + more)

    def worst(self) -> tuple[int, int]:
        excess = self.excess()
        row, column = np.unravel_index(np.argmax(excess), excess.shape)
        return int(row), int(column)


class Narrow:
    """The derivatives in the dtypes of the inputs, and in float64 at the same point."""

    def __init__(
        self, checked: Checked, settings: CheckOptions, numeric: Numeric, rounding: Rounding, gradients: list[Array]
    ) -> None:
        self.checked, self.settings, self.numeric = checked, settings, numeric
        self.rounding, self.gradients = rounding, gradients
        overflows: list[bool] = []
        with observe(lambda op, operands, given, result: overflows.append(not np.isfinite(plain(result)).all())):
            self.derived = checked.derive(checked.narrow())
        self.overflows = any(overflows)
        self.itemsize = min(self.derived.itemsize(), *(itemsize(dtype) for _, dtype in checked.kinds))
        self.eps = float(np.finfo(f"f{self.itemsize}").eps)
        self.outside = self._noise(False) or []

    def differences(self) -> Iterator[PrecisionLoss]:
        """Yield the worst by each input that has any; in forward mode where the reverse one has none."""
        for k, narrow in enumerate(pulled(self.checked, self.numeric, self.derived)):
            if not narrow.size:
                continue
            tolerance = Tolerance(self.itemsize, self.settings.rtol, self.settings.atol).over_all(self.gradients[k])
            found = self._worst(_Sides(k, None, narrow, self.gradients[k], self.outside[k], tolerance), "reverse")
            if found is None and "forward" in self.settings.modes:
                found = self._worst(self._along_direction(k, tolerance), "forward")
            if found is not None:
                yield found

    def _along_direction(self, k: int, tolerance: Tolerance) -> _Sides:
        """Return the derivatives along a random direction, where each element may be off by what is allowed to it."""
        exact = self.gradients[k]
        v = self.settings.rng.choice([-1.0, 1.0], exact.shape[1])
        narrow = self.numeric.read(self.derived.push(k, v))
        with np.errstate(all="ignore"):
            noise = (self.outside[k] + tolerance.rtol * np.abs(exact)) @ np.abs(v)
            return _Sides(k, v, narrow[:, None], (exact @ v)[:, None], noise[:, None], tolerance)

    def _worst(self, sides: _Sides, mode: str) -> PrecisionLoss | None:
        columns = np.flatnonzero((sides.excess() > 1).any(axis=0))
        if not columns.size:
            return None
        (row, j), wrong = sides.worst(), self._is_wrong(sides)
        column = j if sides.v is None else None
        said = float(sides.narrow[row, j]), float(sides.exact[row, j])
        return PrecisionLoss(sides.k, mode, column, *said, int(columns.size), wrong)

    def _is_wrong(self, sides: _Sides) -> bool:
        """Tell whether neither rounding inside of rules nor this very point explains a difference, nor an overflow."""
        row, j = sides.worst()
        inside = None if self.overflows or not np.isfinite(sides.narrow[row, j]) else self._noise(True)
        if not inside:
            return False
        noise = inside[sides.k]
        if not sides.excess(noise if sides.v is None else (noise @ np.abs(sides.v))[:, None])[row, j] > 1:
            return False
        gap = abs(sides.narrow[row, j] - sides.exact[row, j])
        return all(beside >= gap / _SHARE for beside in self._gaps_beside(sides.k, row, j, sides.v))

    def _gaps_beside(self, k: int, row: int, j: int, v: Array | None) -> Iterator[float]:
        """Yield the difference at the same place at points beside the given one, as far as it is a number there."""
        for way in (-_FAR, _FAR):
            arrays = [np.asarray(a + a * way, a.dtype) for a in self.checked.narrow()]
            with np.errstate(all="ignore"):
                derived = self.checked.derive(arrays)
                narrow = pulled(self.checked, self.numeric, derived)[k][row, j] if v is None else (
                    self.numeric.read(derived.push(k, v))[row]
                )  # fmt: skip
                exact = self.checked.derive([a.astype(np.float64) for a in arrays])
                gradient = pulled(self.checked, self.numeric, exact)[k][row]
                gap = abs(narrow - (gradient[j] if v is None else gradient @ v))
            if np.isfinite(gap):
                yield float(gap)

    def _noise(self, inside: bool) -> list[Array] | None:
        """Return how far derivatives in float64 move with inputs and results; with those in rules, None if unseen."""
        try:
            nearby = self.rounding.derivatives_nearby(self.eps, inside)
        except UNABLE:
            return None
        tiny = float(np.finfo(f"f{self.itemsize}").tiny)
        with np.errstate(all="ignore"):
            return nearby and [
                np.max([np.abs(moved[k] - wide) for moved in nearby], axis=0) + tiny
                for k, wide in enumerate(self.gradients)
            ]


def is_narrow(checked: Checked) -> bool:
    """Tell whether any input is of fewer bytes than float64."""
    return any(itemsize(dtype) < np.dtype(np.float64).itemsize for _, dtype in checked.kinds)


def fields(difference: PrecisionLoss, shape: tuple[int, ...], dtype: Any) -> dict[str, Any]:
    """Return a difference as fields of a fault."""
    column = difference.column
    index = () if column is None or not shape else tuple(int(i) for i in np.unravel_index(column, shape))
    return {
        "index": index, "analytic": difference.derived, "numeric": difference.exact, "hint": str(dtype),
        "count": difference.columns if column is not None else 0, "mode": difference.mode,
    }  # fmt: skip
