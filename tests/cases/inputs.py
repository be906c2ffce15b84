"""Arrays that many rows have as inputs: far from kinks and from each other."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def numbers(*shape: int, low: float = -1.0, high: float = 1.0, start: int = 0) -> Array:
    """Return numbers between `low` and `high` in disorder, far from each other and (for other `start`) from others."""
    size = int(np.prod(shape))
    places = (np.arange(size) + 0.4 + 0.37 * (start % 2)) / max(size, 1)
    order = np.random.default_rng(start).permutation(size)
    return (low + (high - low) * places)[order].reshape(shape)


def turned(x: Array, start: int = 0) -> Array:
    """Return complex numbers further from 0 than `x`, and neither on the real axis nor on the imaginary one."""
    angles = numbers(*x.shape, low=0.2, high=1.2, start=start)
    return np.where(np.isnan(x), x, x + np.copysign(0.3, x)) * np.exp(1j * angles)


X, Y = numbers(3, 4), numbers(3, 4, start=1)
P, Q = numbers(3, 4, low=0.5, high=1.5), numbers(3, 4, low=0.6, high=1.7, start=1)
CUBE = numbers(2, 3, 4)
NONE = np.zeros((0, 3))
BITS = np.array([True, False, True, True, False, False, True, False, True, False, True, False]).reshape(3, 4)
WITH_NAN = np.where(BITS.T.reshape(3, 4) & (np.arange(12).reshape(3, 4) > 3), np.nan, X)
AXES = (None, 0, -1, (0, 1), (1, 0), ())
