"""Which derivatives are compared: all of few, and random combinations of many.

A row is a combination of the elements of the outputs, a column one of the elements of an input; the derivative of the
row along the column is one number. With few elements rows and columns are the elements themselves. Of many a few
random combinations are looked at, with signs: one wrong element then changes the number by its own error, while
everything that is right leaves it what it is. (With unit weights of one sign a single wrong element would drown.)
"""

from __future__ import annotations

import numpy as np

from autograd_lite.base.shapes import Array

FEW = 48
"""Up to so many elements each is looked at alone."""
_ENTRIES = 2**21  # of the matrix of derivatives by elements, which is held in memory
_ROWS = 3


def sizes(x: Array) -> Array:
    """Return by how much each element may be moved for its function to notice: a power of two, so that it is exact."""
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(np.ravel(x)).astype(np.float64), 1.0)
    return np.asarray(np.exp2(np.floor(np.log2(np.where(np.isfinite(size), size, 1.0)))))


def rows(outputs: int, inputs: int, rng: np.random.Generator) -> Array | None:
    """Return combinations of the outputs, (rows, outputs); None where each is looked at alone."""
    if outputs <= FEW and outputs * inputs <= _ENTRIES:
        return None
    return _signed(rng, (_ROWS, outputs))


def columns(x: Array, number: int | None, rng: np.random.Generator) -> list[tuple[Array, bool]]:
    """Return directions of an input, (columns, elements), and whether they are its elements; of `number` None, always.

    Each element is moved in proportion to its size. Random directions come in two groups: where there is a 0 a function
    often has a kink, which would hide what is wrong at other elements.
    """
    size = sizes(x)
    if number is None or size.size <= FEW:
        return [(np.diag(size), True)]
    zero = np.ravel(x) == 0
    return [(_signed(rng, (number, size.size)) * size * part, False) for part in (~zero, zero) if part.any()]


def _signed(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Return numbers between 1 and 2 with random signs."""
    return rng.uniform(1, 2, shape) * rng.choice([-1.0, 1.0], shape)
