"""The dtype of the inputs, where it is not float64: what is derived in it, as training would, against float64.

A difference has one of three causes. The function, or its rules, lose digits: then float64 with results that change in
the digits of the narrower dtype shows as much, and it is remarked. Something overflows: that is remarked too. Or a rule
computes something else in this dtype: no rounding explains that, it is there at neighbouring points as well, and it is
a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.analytic import UNABLE
from autograd_lite.check.compare import Tolerance
from autograd_lite.check.context import Settings
from autograd_lite.check.numeric import Checked, Derivatives, Numeric, pulled
from autograd_lite.check.rounding import Rounding
from autograd_lite.check.subject import plain
from autograd_lite.graph import observe
from autograd_lite.shapes import Array

_FAR = 2.0**-7  # of x, from one point to those beside it: many units in the last place, also of half precision
_SHARE = 4  # of the difference at the point, what it has to be beside it


class Difference(NamedTuple):
    """The worst difference by one input: where, what both sides say, how many there are, and whether it is a fault."""

    k: int
    mode: str
    place: tuple[int, int] | None  # row and column; None for a direction
    derived: float
    exact: float
    count: int
    wrong: bool


class Narrow:
    """The derivatives in the dtypes of the inputs, and in float64 at the same point."""

    def __init__(
        self, checked: Checked, settings: Settings, numeric: Numeric, rounding: Rounding, gradients: list[Array]
    ) -> None:
        self.checked, self.settings, self.numeric = checked, settings, numeric
        self.rounding, self.gradients = rounding, gradients
        overflows: list[bool] = []
        with observe(lambda op, operands, given, result: overflows.append(not np.isfinite(plain(result)).all())):
            self.derived = checked.derive(checked.narrow())
        self.overflows = any(overflows)
        self.itemsize = min(self.derived.itemsize(), *(dtype.itemsize for _, dtype in checked.kinds))
        self.eps = float(np.finfo(f"f{self.itemsize}").eps)
        self.outside = self._noise(False) or []

    def differences(self) -> Iterator[Difference]:
        """Yield the worst by each input that has any; in forward mode where the reverse one has none."""
        for k, narrow in enumerate(pulled(self.checked, self.numeric, self.derived)):
            if not narrow.size:
                continue
            found = self._compared(k, "reverse", narrow, self.gradients[k], self.outside[k], None)
            if found is None and "forward" in self.settings.modes:
                v = self.settings.rng.choice([-1.0, 1.0], narrow.shape[1])
                pushed = self.numeric.read(self.derived.push(k, v))[:, None]
                noise = (self.outside[k] @ np.abs(v))[:, None]
                found = self._compared(k, "forward", pushed, (self.gradients[k] @ v)[:, None], noise, v)
            if found is not None:
                yield found

    def _compared(
        self, k: int, mode: str, narrow: Array, exact: Array, noise: Array, v: Array | None
    ) -> Difference | None:
        tolerance = Tolerance(self.itemsize, self.settings.rtol, self.settings.atol).over_all(self.gradients[k])
        with np.errstate(all="ignore"):
            rtol = tolerance.rtol * (0 if v is None else np.abs(self.gradients[k]) @ np.abs(v))
        allowed = noise + np.reshape(rtol, (-1, 1) if v is not None else ())
        excess = tolerance.excess(narrow, exact, allowed)
        columns = np.flatnonzero((excess > 1).any(axis=0))
        if not columns.size:
            return None
        row, j = (int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
        wrong = self._is_wrong(k, row, j, narrow, exact, allowed, tolerance, v)
        place = (row, j) if v is None else None
        return Difference(k, mode, place, float(narrow[row, j]), float(exact[row, j]), int(columns.size), wrong)

    def _is_wrong(
        self, k: int, row: int, j: int, narrow: Array, exact: Array, noise: Array, tolerance: Tolerance, v: Array | None
    ) -> bool:
        """Tell whether neither rounding inside of rules nor this very point explains a difference, nor an overflow."""
        if self.overflows or not np.isfinite(narrow[row, j]):
            return False
        inside = self._noise(True)
        if inside is None:
            return False
        extra = inside[k] if v is None else (inside[k] @ np.abs(v))[:, None]
        if not tolerance.excess(narrow, exact, noise + extra)[row, j] > 1:
            return False
        gap = abs(narrow[row, j] - exact[row, j])
        return all(beside >= gap / _SHARE for beside in self._gaps_beside(k, row, j, v))

    def _gaps_beside(self, k: int, row: int, j: int, v: Array | None) -> Iterator[float]:
        """Yield the difference at the same place at points beside the given one, as far as it is a number there."""
        for way in (-_FAR, _FAR):
            arrays = [np.asarray(a + a * way, a.dtype) for a in self.checked.narrow()]
            with np.errstate(all="ignore"):
                narrow = self._at(arrays, k, row, j, v)
                exact = self._at([a.astype(np.float64) for a in arrays], k, row, j, v, every=v is not None)
            if np.isfinite(narrow - exact):
                yield abs(narrow - exact)

    def _at(self, arrays: Sequence[Array], k: int, row: int, j: int, v: Array | None, every: bool = False) -> float:
        derived = self.checked.derive(arrays)
        if v is not None and not every:
            return float(self.numeric.read(derived.push(k, v))[row])
        gradient = pulled(self.checked, self.numeric, derived)[k][row]
        return float(gradient[j] if v is None else gradient @ v)

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
    return any(dtype.itemsize < np.dtype(np.float64).itemsize for _, dtype in checked.kinds)


def fields(difference: Difference, shape: tuple[int, ...], dtype: Any) -> dict[str, Any]:
    """Return a difference as fields of a fault."""
    place = difference.place
    index = () if place is None or not shape else tuple(int(i) for i in np.unravel_index(place[1], shape))
    return {
        "index": index, "analytic": difference.derived, "numeric": difference.exact, "hint": str(dtype),
        "count": difference.count if place is not None else 0, "mode": difference.mode,
    }  # fmt: skip
