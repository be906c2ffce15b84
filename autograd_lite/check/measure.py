"""The matrix of derivatives by one input: measured quickly, and with care where it seems wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.base.differences import Sweep
from autograd_lite.base.shapes import Array
from autograd_lite.check.compare import Tolerance, largest_of
from autograd_lite.check.elsewhere import along, carefully, quickly
from autograd_lite.check.numeric import Numeric


@dataclass
class Matrix:
    """Derived against numeric derivatives by one input, (rows, columns), and what is wrong with them."""

    derived: Array
    numeric: Array
    noise: Array
    excess: Array
    passed_over: dict[int, Array] = field(default_factory=dict)
    accepted: list[tuple[Any, int]] = field(default_factory=list)

    def shown(self) -> Array:
        """Return the excess for a picture: what was looked at closely and accepted is nan."""
        shown = self.excess.copy()
        for j, excess in self.passed_over.items():
            shown[:, j] = excess
        for rows, j in self.accepted:
            shown[rows, j] = np.nan
        return shown

    def wrong(self) -> Array:
        """Return the columns in which any row is wrong."""
        return np.flatnonzero((self.excess > 1).any(axis=0))

    def worst(self) -> tuple[int, int]:
        row, column = np.unravel_index(np.argmax(self.excess), self.excess.shape)
        return int(row), int(column)


class Measure:
    """The numeric derivatives of all rows along the columns of one input: quickly, and with care where it matters."""

    def __init__(self, numeric: Numeric, k: int, vectors: Array, every: bool) -> None:
        self.of, self.k, self.vectors = numeric, k, vectors
        self.scale: Array = vectors.diagonal() if every else np.ones(len(vectors))
        self.numeric = np.stack(along(numeric, quickly, k, vectors), axis=1) / self.scale
        self.noise = np.zeros(self.numeric.shape)
        self.sweeps: dict[int, Sweep] = {}
        self.every = every

    def glanced(self, derived: Array, tolerance: Tolerance) -> Matrix:
        """Compare with what has been measured so far."""
        excess = tolerance.excess(derived, self.numeric, self.noise)
        return Matrix(derived, self.numeric.copy(), self.noise.copy(), excess)

    def compared(self, derived: Array, tolerance: Tolerance) -> Matrix:
        """Compare; what seems wrong is measured again, and with it the largest of the row, which sets the tolerance."""
        while True:
            matrix = self.glanced(derived, tolerance)
            fresh = [i for i in self._suspects(matrix.excess) if i not in self.sweeps]
            if not fresh:
                return matrix
            self.look(*fresh)
            if not self.every:
                self._glance_again(fresh[0], int(np.argmax(matrix.excess[:, fresh[0]])))

    def look(self, *columns: int) -> None:
        """Measure some columns with care."""
        found = along(self.of, carefully, self.k, [self.vectors[i] for i in columns])
        for i, (sweep, values, noise) in zip(columns, found, strict=True):
            self.sweeps[i] = sweep
            self.numeric[:, i], self.noise[:, i] = values / self.scale[i], noise / self.scale[i]

    def _glance_again(self, known: int, row: int) -> None:
        """Measure the other directions quickly, by the step that has turned out to be right for one."""
        step = float(self.sweeps[known].trusted[row])
        others = [i for i in range(len(self.vectors)) if i not in self.sweeps]
        for i, slopes in zip(others, along(self.of, quickly, self.k, self.vectors[others], step), strict=True):
            self.numeric[:, i] = slopes

    def _suspects(self, excess: Array) -> list[int]:
        """Return the columns to look at with care: all that seem wrong, or of random ones the worst."""
        suspect = (excess > 1).any(axis=0)
        if not self.every:
            known = suspect.any() and any(suspect[i] for i in self.sweeps)
            return [int(np.argmax(excess.max(axis=0)))] if suspect.any() and not known else []
        suspect[largest_of(self.numeric[(excess > 1).any(axis=1)])] = True
        return [int(i) for i in np.flatnonzero(suspect)]
