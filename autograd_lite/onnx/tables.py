"""Constant arrays whose shape depends on lengths: what they are made by, found by what they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lite.onnx.graph import Graph
from autograd_lite.onnx.rows.shaping import broadcast_to, counted, reshape
from autograd_lite.onnx.sizes import Size
from autograd_lite.onnx.values import Value


@dataclass(frozen=True, eq=False)
class Table:
    """An array of a shape that is open.

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
    def of(cls, shape: tuple[Any, ...], arrays: Sequence[Any]) -> Table | None:
        """Return what makes arrays that were found for several lengths; None where nothing known does.

        The same numbers all along open axes; numbers that go on by a step along one of them; and matrices of two
        values with a diagonal between these, as masks and unit matrices are.
        """
        free = [k for k, n in enumerate(shape) if isinstance(n, Size)]
        found = _same(shape, arrays, free) or _counting(shape, arrays, free) or _banded(shape, arrays, free)
        return None if found is None else cls(shape, arrays[0].dtype, found)


def _without(a: Any, free: Sequence[int]) -> Any:
    """Return the first elements along axes."""
    return a[tuple([slice(0, 1) if k in free else slice(None) for k in range(a.ndim)])]


def _equal(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))


def _same(shape: Any, arrays: Sequence[Any], free: Sequence[int]) -> Callable[[Graph], Value] | None:
    part = _without(arrays[0], free)
    if not all(_equal(a, np.broadcast_to(part, a.shape)) for a in arrays):
        return None
    return lambda graph: broadcast_to(graph, graph.constant(part), shape)


def _counting(shape: Any, arrays: Sequence[Any], free: Sequence[int]) -> Callable[[Graph], Value] | None:
    """Return what makes arrays that go on by the same step along the one axis that is open."""
    if len(free) != 1 or arrays[0].dtype.kind not in "iuf" or arrays[0].shape[free[0]] < 2:  # noqa: PLR2004
        return None
    (k,) = free
    start = _without(arrays[0], free)
    step = np.take(arrays[0], [1], axis=k) - start
    line = [-1 if j == k else 1 for j in range(len(shape))]
    if not all(_equal(a, (start + step * np.arange(a.shape[k]).reshape(line)).astype(a.dtype)) for a in arrays):
        return None

    def made(graph: Graph) -> Value:
        places = graph.cast(reshape(graph, counted(graph, shape[k]), line), arrays[0].dtype)
        return graph.lifted(graph.constant(start) + graph.constant(step) * places, arrays[0].dtype)

    return made


def _banded(shape: Any, arrays: Sequence[Any], free: Sequence[int]) -> Callable[[Graph], Value] | None:
    """Return what makes matrices that have a value on some diagonals, below them and above them."""
    ndim = len(shape)
    if list(free) != [ndim - 2, ndim - 1] or any(n != 1 for n in arrays[0].shape[:-2]):
        return None
    largest = max(arrays, key=lambda a: a.size).reshape(max(arrays, key=lambda a: a.size).shape[-2:])
    n, m = largest.shape
    by = {d: np.diagonal(largest, d) for d in range(-n + 1, m)}
    if any(not _equal(line, np.full_like(line, line[0])) for line in by.values()):
        return None
    values = [by[d][0] for d in by]
    edges = [d for d, (a, b) in zip(list(by)[1:], pairwise(values), strict=True) if a != b]
    if len(edges) > 2 or any(abs(d) > min(min(a.shape[-2:]) for a in arrays) - 1 for d in edges):  # noqa: PLR2004
        return None
    levels = [by[-n + 1][0], *[by[d][0] for d in edges]]

    def values_of(offset: Any, choose: Any) -> Any:
        y = levels[0]
        for d, level in zip(edges, levels[1:], strict=True):
            y = choose(offset >= d, level, y)
        return y

    for a in arrays:
        rows, columns = np.ogrid[: a.shape[-2], : a.shape[-1]]
        if not _equal(a.reshape(a.shape[-2:]), np.asarray(values_of(columns - rows, np.where), a.dtype)):
            return None

    def made(graph: Graph) -> Value:
        columns = reshape(graph, counted(graph, shape[-1]), (1, -1))
        rows = reshape(graph, counted(graph, shape[-2]), (-1, 1))
        y = graph.lifted(values_of(columns - rows, np.where), arrays[0].dtype)
        return reshape(graph, y, shape)

    return made
