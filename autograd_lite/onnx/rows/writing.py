"""Parts of arrays that are written to, in a copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.program import helpers
from autograd_lite.onnx.graph import Graph
from autograd_lite.onnx.rows.indexing import parts_of
from autograd_lite.onnx.rows.shaping import counted, expand_dims, reshape, transpose
from autograd_lite.onnx.sizes import Size, product
from autograd_lite.onnx.values import Value

_WHOLE = slice(None)


def _written(graph: Graph, x: Any, value: Any, key: Any, reduction: str) -> Any:
    """Return an array with other values at an index that is known: by the places of its elements in a flat array.

    Axes whose lengths are open are taken whole, and stand behind; slices of these are written to by themselves.
    """
    parts = parts_of(graph, key, x.ndim)
    named = [part for part in parts if part is not None]
    if any(isinstance(part, Value) and part.array is None for part in named):
        raise errors.ExportError(errors.ONNX_WRITTEN)
    if any(isinstance(n, Size) for n in x.shape):
        if len(named) < len(parts):
            raise errors.ExportError(errors.ONNX_WRITTEN)
        return _written_beside(graph, x, value, named, reduction)
    index = tuple([part.array if isinstance(part, Value) else part for part in parts])
    places = np.arange(int(x.size)).reshape(x.shape)[index]
    given = graph.lifted(value, x.dtype)
    given = reshape(graph, given, given.shape[max(given.ndim - places.ndim, 0) :])  # without ones in front
    updates = reshape(graph, np.broadcast_to(given, places.shape), (-1,))
    made = _scattered(graph, reshape(graph, x, (-1,)), _rows(graph, places), updates, reduction)
    return reshape(graph, made, x.shape)


def _rows(graph: Graph, places: Any) -> Any:
    return graph.constant(places.reshape(-1, 1), np.int64)


def _scattered(graph: Graph, x: Any, at: Value, updates: Value, reduction: str) -> Any:
    settings = {"reduction": reduction} if reduction else {}
    return graph.node("ScatterND", [x, at, updates], x.dtype, x.shape, **settings)


# ----- where axes are open -----


def _written_beside(graph: Graph, x: Any, value: Any, named: Sequence[Any], reduction: str) -> Any:
    """Write to an array of which axes are open: to a part of one of these, or for all of them."""
    arrays = any(isinstance(part, Value) for part in named)
    for k in [k for k, n in enumerate(x.shape) if isinstance(n, Size)]:
        part = named[k]
        if isinstance(part, Value) or (isinstance(part, int) and arrays):
            raise errors.ExportError(errors.ONNX_WRITTEN)
        if isinstance(part, int):
            later = sum([isinstance(other, slice) for other in named[k + 1 :]])
            value, part = _with_axis(graph.lifted(value), later), slice(part, part + 1 or None)
        if part != _WHOLE:
            return _written_along(graph, x, value, [*named[:k], part, *named[k + 1 :]], k, reduction)
    return _written_for_all(graph, x, value, named, reduction)


def _with_axis(value: Any, later: int) -> Any:
    """Return values with an axis of one before so many others, if they have as many."""
    return np.expand_dims(value, value.ndim - later) if value.ndim >= later else value


def _written_along(graph: Graph, x: Any, value: Any, named: Sequence[Any], k: int, reduction: str) -> Any:
    """Write to a slice of an open axis: it is taken out, written to, and put back."""
    taken = x[(*[_WHOLE] * k, named[k])]
    if not isinstance(taken.shape[k], Size):  # at shorter lengths it is shorter
        taken.shape = (*taken.shape[:k], graph.asked(taken, k), *taken.shape[k + 1 :])
    made = _written_beside(graph, taken, value, [*named[:k], _WHOLE, *named[k + 1 :]], reduction)
    at = expand_dims(graph, counted(graph, x.shape[k])[named[k]], 1)
    put: Any = _scattered(graph, np.moveaxis(x, k, 0), at, np.moveaxis(made, k, 0), "")
    return np.moveaxis(put, 0, k)


def _written_for_all(graph: Graph, x: Any, value: Any, named: Sequence[Any], reduction: str) -> Any:
    """Write to places of the axes that have a length, for all elements along the others."""
    loose = [k for k, n in enumerate(x.shape) if isinstance(n, Size)]
    fixed = [k for k in range(x.ndim) if k not in loose]
    sizes, rest = [x.shape[k] for k in fixed], [x.shape[k] for k in loose]
    picked = [k for k in fixed if not isinstance(named[k], slice)]
    places, lead = _places(sizes, [named[k] for k in fixed])
    # The axes of the region as NumPy has them, those of arrays as negative numbers; and as they are written.
    axes = [*range(-lead, 0), *[k for k in fixed if k not in picked], *loose]
    lengths = dict(zip(axes, [*places.shape, *rest], strict=True))
    order = _order(x.ndim, picked, lead)
    region = np.broadcast_to(graph.lifted(value, x.dtype), tuple([lengths[k] for k in order]))
    updates = reshape(graph, transpose(graph, region, [order.index(k) for k in axes]), (places.size, *rest))
    flat = reshape(graph, transpose(graph, x, (*fixed, *loose)), (int(product(sizes)), *rest))
    made = reshape(graph, _scattered(graph, flat, _rows(graph, places), updates, reduction), (*sizes, *rest))
    return transpose(graph, made, np.argsort((*fixed, *loose)).tolist())


def _places(sizes: Sequence[int], parts: Sequence[Any]) -> tuple[Any, int]:
    """Return which elements are written to, axes of arrays before those of slices, and how many of arrays there are."""
    arrays = [np.asarray(p.array if isinstance(p, Value) else p) for p in parts if not isinstance(p, slice)]
    lead = max([a.ndim for a in arrays], default=0)
    spans = [np.arange(n)[part] for n, part in zip(sizes, parts, strict=True) if isinstance(part, slice)]
    grid, known = iter(np.ix_(*spans)), iter(arrays)
    tail = (1,) * len(spans)
    key = [next(grid) if isinstance(part, slice) else (a := next(known)).reshape((*a.shape, *tail)) for part in parts]
    return np.arange(int(product(sizes))).reshape(tuple(sizes))[tuple(key)], lead


def _order(ndim: int, picked: Sequence[int], lead: int) -> list[int]:
    """Return the axes of what an index selects: those of arrays stand where these do, or in front."""
    arrays = list(range(-lead, 0))
    if not picked or list(picked) != list(range(picked[0], picked[-1] + 1)):
        return [*arrays, *[k for k in range(ndim) if k not in picked]]
    return [*range(picked[0]), *arrays, *range(picked[-1] + 1, ndim)]


# ----- rows -----


def _assigned(graph: Graph, array: Any, value: Any, key: Any) -> Any:
    return _written(graph, graph.lifted(array), value, key, "")


def _added_at(graph: Graph, array: Any, values: Any, key: Any) -> Any:
    return _written(graph, graph.lifted(array), values, key, "add")


def _subtracted_at(graph: Graph, array: Any, values: Any, key: Any) -> Any:
    return _written(graph, graph.lifted(array), np.negative(values), key, "add")


def _into_zeros(reduction: str) -> Callable[..., Any]:
    def row(graph: Graph, values: Any, key: Any, shape: Any) -> Any:
        values = graph.lifted(values)
        zeros = graph.constant(0, values.dtype)
        made = zeros if not shape else np.broadcast_to(zeros, shape)
        return _written(graph, made, values, key, reduction)

    return row


ROWS: dict[Any, Any] = {
    helpers.assigned: _assigned, helpers.added_at: _added_at, helpers.subtracted_at: _subtracted_at,
    helpers.placed: _into_zeros(""), helpers.scatter: _into_zeros("add"),
}  # fmt: skip
