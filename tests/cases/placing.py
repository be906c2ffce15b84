"""Rows of functions that change an array in place, and of the methods of ufuncs that do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import cases.elementwise
import cases.exponentials
import cases.reductions  # noqa: F401 - so that these come first
from cases.inputs import BITS, CUBE, Array, X, numbers
from cases.table import case

TWICE = np.array([0, 2, 2, 5])


def changed(change: Callable[..., Any]) -> Callable[..., Array]:
    """Return a function of an array, and what is put into it, that returns the changed array."""

    def call(x: Array, *values: Array) -> Array:
        y = x + 0 * sum(map(np.sum, values))  # a Tensor where one of the values is one
        change(y, *values)
        return y * y

    return call


case(np.put, X, numbers(3), call=changed(lambda x, v: np.put(x, [0, 7, -1], v)))
case(np.put, X, numbers(2), call=changed(lambda x, v: np.put(x, [[0, 17], [4, 3]], v, mode="wrap")))
case(np.put, X, numbers(5), call=changed(lambda x, v: np.put(x, [0, 17], v, mode="clip")))
PLACES = np.array([[0], [3], [1]])
case(np.put_along_axis, X, numbers(3, 1), call=changed(lambda x, v: np.put_along_axis(x, PLACES, v, 1)))
case(np.put_along_axis, X, numbers(2), call=changed(lambda x, v: np.put_along_axis(x, np.array([1, 6]), v, None)))
case(np.place, X, numbers(3), call=changed(lambda x, v: np.place(x, BITS, v)))
case(np.putmask, X, numbers(5), call=changed(lambda x, v: np.putmask(x, BITS, v)))
case(np.putmask, X, numbers(3, 4, start=1), call=changed(lambda x, v: np.putmask(x, BITS, v)))
case(np.copyto, X, numbers(4), call=changed(np.copyto))
case(np.copyto, X, numbers(3, 1), call=changed(lambda x, v: np.copyto(x, v, where=BITS)))
case(np.fill_diagonal, X, np.array(0.3), call=changed(np.fill_diagonal))
case(np.fill_diagonal, numbers(5, 2), numbers(2), call=changed(lambda x, v: np.fill_diagonal(x, v, wrap=True)))
case(np.fill_diagonal, CUBE[:, :2, :2], numbers(2), call=changed(np.fill_diagonal))
case(np.add, X, numbers(3), call=changed(lambda x, v: np.add.at(x, (slice(None), 1), v)))
for _fn in (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.hypot):
    case(_fn, numbers(6, low=0.5), numbers(4, low=0.6, start=1), call=changed(lambda x, v, f=_fn: f.at(x, TWICE, v)))
case(np.exp, numbers(6), call=changed(lambda x: np.exp.at(x, TWICE)))
