"""Rows of sets of values."""

from __future__ import annotations

import numpy as np

from cases.inputs import Array, X, Y, numbers
from cases.table import case


def sums(values: Array) -> list[Array]:
    """Return what does not depend on the order of values, which complex numbers change when they move."""
    return [np.sum(values), np.sum(values**3)]


AT = np.array([0, 1, 0, 2, 1])
case(np.unique, X, call=lambda x: sums(np.unique(x)))
case(np.unique, X, axis=0)
case(np.unique, numbers(3), call=lambda x: np.unique(x[AT], return_index=True, return_inverse=True, return_counts=True))
case(np.unique, numbers(3, 2), call=lambda x: np.unique(x[AT], axis=0))
for _fn in (np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values):
    case(_fn, X, call=lambda x, f=_fn: sums(f(x)[0] if isinstance(f(x), tuple) else f(x)))
case(np.intersect1d, X, call=lambda x: sums(np.intersect1d(x, x[:2])))
case(np.union1d, X, Y, call=lambda x, y: sums(np.union1d(x, y)))
case(np.setdiff1d, X, call=lambda x: sums(np.setdiff1d(x, Y)))
case(np.setdiff1d, numbers(5), call=lambda x: np.setdiff1d(x, [7.0], assume_unique=True))
case(np.setxor1d, X, Y, call=lambda x, y: sums(np.setxor1d(x, y)))
case(np.sort_complex, X, call=lambda x: sums(np.abs(np.sort_complex(x))))
