"""Parts of arrays of other libraries, without a write: these may be computed later, or write through no iterator.

What is picked, `rules.indexing` asks of the array itself. Back it is put by what all libraries have: an assignment to
slices, rows taken from where they are, counts with weights.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.base.elsewhere import foreign, sent, zeros
from autograd_lite.base.shapes import Array, Shape

_ROUNDS = 4
"""So often a row may be picked at most, for its shares to be taken one after the other."""


def added(g: Array, parts: list[Any], shape: Shape) -> Array:
    """Return zeros of `shape` with `g` added at an index of which is known what it says of each axis."""
    axes = [i for i, part in enumerate(parts) if part.__class__ is not slice or part != _ALL]
    if len(axes) == 1 and np.ndim(parts[axes[0]]) == 1:
        n = shape[axes[0]]
        inverse = _inverse(parts[axes[0]] % max(n, 1), n)
        if len(inverse) <= _ROUNDS:
            return _taken(g, inverse, axes[0])
    return counted(g, tuple(parts), shape)


_ALL = slice(None)


def _inverse(rows: Array, n: int) -> list[Array]:
    """Return from which row each of `n` comes, first, second, ... time; beyond the last, where from none."""
    order = np.argsort(rows, stable=True)
    ordered = rows[order]
    times = np.arange(len(rows)) - np.searchsorted(ordered, ordered)
    found = [np.full(n, len(rows)) for _ in range(int(times.max(initial=0)) + 1)]
    for k, inverse in enumerate(found):
        inverse[ordered[times == k]] = order[times == k]
    return found


def _taken(g: Array, inverse: list[Array], axis: int) -> Array:
    nothing = zeros((*g.shape[:axis], 1, *g.shape[axis + 1 :]), g.dtype, g)
    rows = np.concatenate([g, nothing], axis)
    terms = [rows[(*[_ALL] * axis, places)] for places in inverse]
    return sum(terms[1:], terms[0])


def counted(g: Array, key: Any, shape: Shape) -> Array:
    """Return the same by the sum of weights at each place of the flat array.

    NOTE: each is added to zeros like the other, since a library of arrays in pieces wants both in the same pieces.
    """
    size = math.prod(shape)
    flat = g.ravel()
    places = sent(np.arange(size).reshape(shape), g)[key].ravel() + np.zeros_like(flat, dtype=np.intp)
    weights = flat + np.zeros_like(places, dtype=g.dtype)
    if g.dtype.kind == "c":
        sums = np.bincount(places, weights.real, size) + 1j * np.bincount(places, weights.imag, size)
    else:
        sums = np.bincount(places, weights, size)
    return sums.astype(g.dtype).reshape(shape)


# ----- one element of each row -----


def hits(places: Array, count: int, axis: int, *likes: Any) -> Array:
    """Return where an axis of length `count` has the number that `places`, an array without that axis, says."""
    where = np.expand_dims(sent(places, *likes), axis)
    numbers = np.arange(count).reshape((count,) + (1,) * (where.ndim - 1 - axis))
    return sent(numbers, where, *likes) == where


def at_hits(a: Array, hit: Array, axis: int, keepdims: bool = False) -> Array:
    """Return the elements of floats at `hit`, one along `axis`; nan where there is none, for that is no place.

    NOTE: to raise an error would need the numbers.
    """
    picked = np.sum(np.where(hit, a, 0), axis, keepdims=keepdims)
    return np.where(np.any(hit, axis, keepdims=keepdims), picked, np.nan).astype(a.dtype)


def is_one_of_each(arr: Any, indices: Any, axis: int) -> bool:
    """Tell whether one float of each row of an array of another library is picked."""
    return foreign(arr, indices) is not None and arr.dtype.kind in "fc" and indices.shape[axis] == 1
