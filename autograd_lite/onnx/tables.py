"""Constant arrays that depend on lengths: what they are made by, found by what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.onnx.graph import Graph
from autograd_lite.onnx.rows.shaping import broadcast_to, counted, reshape
from autograd_lite.onnx.sizes import Size, at
from autograd_lite.onnx.values import Value

Formula = Callable[[Sequence[Any], Callable[[Any], Any]], Any]
"""Of places along the axes of an array, and of what makes an operand of a size or a constant, the numbers that stand
there; in NumPy or in a graph.
"""
_WHOLE = np.dtype(np.int64)
_MOST_EDGES = 2
_PERIODS = 2
"""So many times the few numbers that repeat themselves, the ends of an array may be others."""


@dataclass(frozen=True, eq=False)
class Table:
    """An array that depends on lengths.

    Attributes
    ----------
    shape : tuple of int or Size
    dtype : numpy.dtype
    made : callable
        ``made(graph)`` writes what makes it.
    """

    shape: tuple[Any, ...]
    dtype: Any
    made: Callable[[Graph], Value]

    @classmethod
    def number(cls, size: Any, dtype: Any) -> Table:
        """Return a number that is a size."""
        return cls((), dtype, lambda graph: graph.lifted(size, dtype))

    @classmethod
    def of(
        cls, shape: tuple[Any, ...], arrays: Sequence[Any], lengths: Sequence[Mapping[str, int]], longer: int,
        fit: Callable[[Sequence[int]], Any],
    ) -> Table | None:  # fmt: skip
        """Return what makes arrays that were found for several lengths; None where nothing known does.

        The same numbers all along open axes; numbers that go on by a step along axes and with lengths; by another step
        on both sides of the diagonal, as distances do; a few values, each from one diagonal to another, as masks and
        unit matrices have them; and those that repeat themselves, as the places of pixels in larger images do.

        Parameters
        ----------
        shape : tuple of int or Size
        arrays : list of array
        lengths : list of dict of str to int
            Of each array. In the first ones each is longer by one than in the very first.
        longer : int
            So many arrays are not of shorter lengths. These have to agree where they are of the shape.
        fit : callable
            The size that is a number for all arrays, or None.
        """
        dtype, known = arrays[0].dtype, arrays[:longer]
        same = _same(shape, known)
        if same is not None:
            return cls(shape, dtype, same)
        pairs = list(zip(arrays, lengths, strict=True))
        proofs = pairs[:longer] + [(a, each) for a, each in pairs[longer:] if a.shape == _at(shape, each)]
        for formula, kind in _formulas(shape, known, lengths, fit):
            if all(_agrees(formula, kind, a, each) for a, each in proofs):
                return cls(shape, dtype, _made(formula, kind, shape, dtype))
        return None


def _equal(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))


def _first(a: Any, axes: Sequence[int], place: int = 0) -> Any:
    """Return the elements at a place along axes, which stay."""
    return a[tuple([slice(place, place + 1) if k in axes else slice(None) for k in range(a.ndim)])]


def _at(shape: Any, lengths: Mapping[str, int]) -> tuple[int, ...]:
    return tuple([at(n, lengths) for n in shape])


def _open(shape: Any) -> list[int]:
    return [k for k, n in enumerate(shape) if isinstance(n, Size)]


def _same(shape: Any, arrays: Sequence[Any]) -> Callable[[Graph], Value] | None:
    part = _first(arrays[0], _open(shape))
    if not all(_equal(a, np.broadcast_to(part, a.shape)) for a in arrays):
        return None
    return lambda graph: broadcast_to(graph, graph.constant(part), shape)


# ----- formulas -----


def _agrees(formula: Formula, kind: Any, a: Any, lengths: Mapping[str, int]) -> bool:
    """Tell whether a formula, with places in a dtype, gives an array of one call."""
    places = [p.astype(kind) for p in np.ogrid[tuple([slice(n) for n in a.shape])]]
    with np.errstate(all="ignore"):
        found = formula(places, lambda x: x if isinstance(x, np.ndarray) else np.asarray(at(x, lengths)).astype(kind))
        return _equal(a, np.broadcast_to(np.asarray(found).astype(a.dtype), a.shape))


def _made(formula: Formula, kind: Any, shape: Any, dtype: Any) -> Callable[[Graph], Value]:
    ndim = len(shape)

    def made(graph: Graph) -> Value:
        lines = [[-1 if j == k else 1 for j in range(ndim)] for k in range(ndim)]
        places = [graph.cast(reshape(graph, counted(graph, n), line), kind)
                  for n, line in zip(shape, lines, strict=True)]  # fmt: skip
        found = formula(places, lambda x: graph.constant(x) if isinstance(x, np.ndarray) else graph.lifted(x, kind))
        return graph.lifted(broadcast_to(graph, graph.lifted(found, dtype), shape))

    return made


def _formulas(
    shape: Any, arrays: Sequence[Any], lengths: Sequence[Mapping[str, int]], fit: Callable[[Sequence[int]], Any]
) -> Iterator[tuple[Formula, Any]]:
    """Yield what may make the arrays, and the dtype in which it counts places."""
    free, first = _open(shape), arrays[0]
    if first.dtype.kind in "iuf" and all(first.shape[k] > 1 for k in free):
        with np.errstate(all="ignore"):
            yield _straight(arrays, lengths, free), first.dtype
            if first.dtype.kind != "u" and _is_around_diagonal(first.shape, free):
                yield _bent(first), first.dtype
    for formula in (_stepped(arrays, free, fit), _repeated(shape, arrays, free)):
        if formula is not None:
            yield formula, _WHOLE


def _is_around_diagonal(shape: Any, free: Sequence[int]) -> bool:
    """Tell whether the open axes are among the last two, which are longer than one."""
    return bool(free) and len(shape) > 1 and min(free) >= len(shape) - 2 and min(shape[-2:]) > 1


def _straight(arrays: Sequence[Any], lengths: Sequence[Mapping[str, int]], free: Sequence[int]) -> Formula:
    """Return numbers that go on by a step along each open axis, and by another with each length."""
    start = origin = _first(arrays[0], free)
    steps = {k: _first(_first(arrays[0], [k], 1), [j for j in free if j != k]) - start for k in free}
    growths: dict[str, Any] = {}
    for name, n in lengths[0].items():
        longer = arrays[list(lengths).index({**lengths[0], name: n + 1})]
        growth = _first(longer, free) - start
        if growth.any():
            growths[name] = growth
            origin = origin - growth * np.asarray(n).astype(growth.dtype)

    def formula(places: Sequence[Any], number: Callable[[Any], Any]) -> Any:
        y = origin
        for name, growth in growths.items():
            y = y + growth * number(Size({(name,): 1}))
        for k, step in steps.items():
            y = y + step * places[k]
        return y

    return formula


def _bent(first: Any) -> Formula:
    """Return numbers that go on from the diagonal by a step above it, and by another below it."""
    on = first[..., :1, :1]
    above, below = first[..., :1, 1:2] - on, first[..., 1:2, :1] - on

    def formula(places: Sequence[Any], number: Callable[[Any], Any]) -> Any:
        beyond = places[-1] - places[-2]
        return on + above * np.maximum(beyond, 0) + below * np.maximum(-beyond, 0)

    return formula


def _stepped(arrays: Sequence[Any], free: Sequence[int], fit: Callable[[Sequence[int]], Any]) -> Formula | None:
    """Return a few values along one axis, or from one diagonal to another, of which only the edges may differ."""
    single = len(free) == 1 and all(n == 1 for k, n in enumerate(arrays[0].shape) if k not in free)
    lines = [(a.ravel(), 0) if single else _diagonals(a, free) for a in arrays]
    edges, levels = [], []
    for line in lines:
        if line is None or not line[0].size:
            return None
        changes = np.flatnonzero(line[0][1:] != line[0][:-1]) + 1
        edges.append([int(k) + line[1] for k in changes])
        levels.append(line[0][[0, *changes]])
    if len(edges[0]) > _MOST_EDGES or any(len(e) != len(edges[0]) for e in edges):
        return None
    bounds = [fit(each) for each in zip(*edges, strict=True)]
    if any(bound is None for bound in bounds) or not all(_equal(level, levels[0]) for level in levels):
        return None

    def formula(places: Sequence[Any], number: Callable[[Any], Any]) -> Any:
        along = places[free[0]] if single else places[-1] - places[-2]
        y = levels[0][0]
        for bound, level in zip(bounds, levels[0][1:], strict=True):
            y = np.where(along >= number(bound), level, y)
        return y

    return formula


def _repeated(shape: Any, arrays: Sequence[Any], free: Sequence[int]) -> Formula | None:
    """Return numbers of which each few are the few before and a step, but at both ends, as places of pixels are.

    The few are as many as an axis is times as long as the length; they are found away from the ends of the longest.
    """
    (k,) = free if len(free) == 1 else (-1,)
    period = shape[k].terms.get((min(shape[k].names()),), 0) if free else 0
    longest = np.moveaxis(max(arrays, key=lambda a: a.size), k, 0)
    ends = _PERIODS * period
    if not 0 < period * 4 * _PERIODS <= len(longest) or longest.dtype.kind not in "iuf" or k < 0:
        return None
    few = longest[ends : ends + period]
    step = longest[ends + period : ends + period + 1] - few[:1]
    pattern = few - step * _PERIODS
    at = np.arange(len(longest))
    plain = pattern[at % period] + step * (at // period).reshape(-1, *[1] * (longest.ndim - 1))
    rest = longest - plain.astype(longest.dtype)
    none = np.zeros_like(rest[:1])
    grows = rest[0].any() and rest[-1].any() and (longest[1:] >= longest[:-1]).all()  # and stay below their last
    head, tail = np.concatenate([rest[:ends], none]), np.concatenate([rest[::-1][:ends], none])

    def formula(places: Sequence[Any], number: Callable[[Any], Any]) -> Any:
        i = np.reshape(places[k], (-1,))
        last = number(shape[k]) - 1
        line = (-1, *[1] * (longest.ndim - 1))
        rounds = np.reshape(np.floor_divide(i, period), line)
        y = np.take(number(pattern), np.remainder(i, period), axis=0) + step * rounds
        for margin, distance in ((head, i), (tail, last - i)):
            if margin.any():
                y = y + np.take(number(margin), np.minimum(distance, ends), axis=0)
        return np.moveaxis(np.minimum(y, y[-1:]) if grows else y, 0, k)

    return formula


def _diagonals(a: Any, free: Sequence[int]) -> tuple[Any, int] | None:
    """Return the numbers on all diagonals, from the lowest on, and which that is; None where others are on one."""
    matrix = a.reshape(a.shape[-2:]) if a.ndim > 1 and a.size == a.shape[-1] * a.shape[-2] else None
    if matrix is None or min(free, default=0) < a.ndim - 2 or not _equal(matrix[1:, 1:], matrix[:-1, :-1]):
        return None
    return np.concatenate([matrix[:0:-1, 0], matrix[0]]), 1 - len(matrix)
