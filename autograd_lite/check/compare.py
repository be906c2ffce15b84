"""The comparison: how far a derived and a numeric derivative may be apart, and what their differences look like."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.differences import NOISE_GRANTED
from autograd_lite.base.shapes import Array, Shape

_TOLERANCES = {8: (1e-9, 1e-10), 4: (1e-4, 2e-6), 2: (5e-2, 5e-3)}
"""By bytes of the dtype computed in: `rtol`, and `atol` as a share of the largest derivative of the same output."""
_ROUNDING = 1000  # units in the last place by which a derivative of exactly 0 may come out of a sweep
_EPS = {n: float(np.finfo(f"f{n}").eps) for n in _TOLERANCES}
_UNITS = 4  # in the last place of the largest derivative, which are granted to all
_ONE_OF_MANY = 1e-4
"""The share of a single element by which a sum of many may be wrong without a closer look."""


class Tolerance:
    """How far derived and numeric may be apart, in matrices of (rows, columns).

    Parameters
    ----------
    itemsize : int
        The bytes of the coarsest dtype that was computed in.
    rtol, atol : float, optional
        The caller's own.
    weight : array, optional
        For sums over many elements what their summands amount to without signs, and `count` how many there are.
    """

    def __init__(
        self, itemsize: int, rtol: float | None, atol: float | None, weight: Array | None = None, count: int = 1
    ) -> None:
        itemsize = min(itemsize, 8)
        relative, self.share = _TOLERANCES[itemsize]
        self.rtol, self.atol = relative if rtol is None else rtol, atol
        self.precision = _EPS[itemsize]
        self.weight, self.floor = weight, 0.0
        self.weight_share = min(self.rtol, max(_ONE_OF_MANY / count, _ROUNDING * self.precision))

    def above_rounding(self, derivatives: Array) -> Tolerance:
        """Allow to each some units in the last place of the largest of all: small ones may be differences of such."""
        if self.atol is None and self.weight is None:
            largest = np.max(np.abs(derivatives), initial=0, where=np.isfinite(derivatives))
            self.floor = _UNITS * _EPS[8] * float(largest)
        return self

    def over_all(self, derivatives: Array) -> Tolerance:
        """Allow to each a share of the largest derivative of all outputs, since rounding goes from one to others."""
        if self.atol is None:
            finite = np.isfinite(derivatives)
            self.atol = self.share * float(np.max(np.abs(derivatives), initial=0, where=finite))
        return self

    def excess(self, derived: Array, numeric: Array, noise: Array) -> Array:
        """Return the differences in units of what is allowed: above 1 is wrong."""
        with np.errstate(all="ignore"):
            allowed = self.floor + self._absolute(numeric, noise) + NOISE_GRANTED * noise
            allowed = allowed + self._relative(derived, numeric)
            excess = np.abs(derived - numeric) / np.maximum(allowed, np.finfo(np.float64).tiny)
        return np.where(np.isfinite(excess), excess, np.inf)

    def _relative(self, derived: Array, numeric: Array) -> Array:
        if self.weight is None:
            return self.rtol * np.maximum(np.abs(derived), np.abs(numeric))
        return self.weight_share * self.weight

    def _absolute(self, numeric: Array, noise: Array) -> Any:
        """Return what is allowed to derivatives of 0, by output: a share of the largest that is no noise itself."""
        if self.atol is not None:
            return self.atol
        if self.weight is not None:
            return _ROUNDING * self.precision * (self.weight == 0)
        certain = np.abs(numeric) - NOISE_GRANTED * noise
        largest = np.max(certain, axis=1, keepdims=True, initial=0, where=np.isfinite(certain))
        return np.where(largest > 0, self.share * largest, _ROUNDING * self.precision)


def largest_of(numeric: Array) -> Array:
    """Return for each row the column of its largest number."""
    return np.argmax(np.where(np.isfinite(numeric), np.abs(numeric), 0), axis=1)


def hint(derived: Array, numeric: Array, shape: Shape, seed: float) -> str:
    """Return what the differences look like; `seed` is what the cotangents were multiplied with."""
    if not derived.any():
        return "No gradient arrives at all: look for detach(), .data, .numpy() or no_grad() on the way"
    ratio = _ratio(derived, numeric)
    if ratio is not None and np.isclose(ratio, 1 / seed):
        return "It does not depend on the cotangent: look for a rule that forgets g"
    if ratio is not None and np.isclose(ratio, -1):
        return "The sign is wrong everywhere: look for a missing minus in a rule"
    if ratio is not None:
        return f"Everywhere the derived one is {ratio:.9g} times the other: look for a factor in a rule"
    if _is_transposed(derived, numeric, shape):
        return "It is right when transposed: look for a missing .T in a rule"
    return "Look at the rules of the operations that this input goes into"


def _ratio(derived: Array, numeric: Array) -> float | None:
    """Return by what factor all derivatives are off, if it is one factor."""
    largest = np.unravel_index(np.argmax(np.abs(numeric)), numeric.shape)
    if not numeric[largest] or not np.isfinite(derived).all():
        return None
    ratio = float(derived[largest] / numeric[largest])
    return ratio if _close(derived, ratio * numeric) else None


def _is_transposed(derived: Array, numeric: Array, shape: Shape) -> bool:
    stack = (len(derived), *shape)
    return derived.size == np.prod(stack) and len(shape) > 1 and shape[-1] == shape[-2] and _close(
        derived.reshape(stack).swapaxes(-1, -2), numeric.reshape(stack)
    )  # fmt: skip


def _close(a: Array, b: Array) -> bool:
    return np.allclose(a, b, rtol=1e-5, atol=1e-7 * float(np.max(np.abs(b), initial=0)))
