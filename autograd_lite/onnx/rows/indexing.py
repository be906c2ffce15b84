"""Parts of arrays."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.onnx.graph import Graph, broadcast
from autograd_lite.onnx.rows.shaping import expand_dims, joined, moveaxis, reshape, transpose
from autograd_lite.onnx.sizes import Size
from autograd_lite.onnx.values import Value
from autograd_lite.rules import windows

_FIRST, _LAST = -(2**63) + 1, 2**63 - 1


def getitem(graph: Graph, x: Any, key: Any) -> Any:
    """Return what NumPy's index selects: slices, whole numbers, new axes, and arrays of whole numbers."""
    if isinstance(x, (tuple, list)):
        return x[key]
    x = graph.lifted(x)
    parts = parts_of(graph, key, x.ndim)
    arrays = any(isinstance(part, Value) for part in parts)
    x, parts = _sliced(graph, x, parts)
    return _gathered(graph, x, parts) if arrays else _plain(graph, x, parts)


def parts_of(graph: Graph, key: Any, ndim: int) -> list[Any]:
    """Return the parts of an index: one for each axis, and None for new ones; arrays as values."""
    given = list(key) if isinstance(key, tuple) else [key]
    parts = [p for part in given for p in _opened(graph, part)]
    named = sum([part is not None and part is not Ellipsis for part in parts])
    rest = [slice(None)] * (ndim - named)
    if not any(part is Ellipsis for part in parts):
        return [*parts, *rest]
    k = next(k for k, part in enumerate(parts) if part is Ellipsis)
    return [*parts[:k], *rest, *parts[k + 1 :]]


def _opened(graph: Graph, part: Any) -> list[Any]:
    """Return a part of an index; an array of truth values, which must be known, as the places where they are true."""
    if part is None or part is Ellipsis or isinstance(part, slice):
        return [part]
    if isinstance(part, (int, np.integer)) and not isinstance(part, (bool, np.bool_)):
        return [int(part)]
    value = graph.lifted(part)
    if value.dtype.kind != "b":
        return [value]
    if value.array is None:
        raise errors.ExportError(errors.ONNX_RAGGED.format(op="x[mask]"))
    return [graph.constant(places) for places in np.nonzero(value.array)]


def _sliced(graph: Graph, x: Any, parts: list[Any]) -> tuple[Value, list[Any]]:
    """Cut all slices out at once; what is left of them takes whole axes."""
    cut = [(k, part) for k, part in enumerate([p for p in parts if p is not None]) if isinstance(part, slice)]
    cut = [(k, part) for k, part in cut if part != slice(None)]
    if not cut:
        return x, parts
    shape, bounds = list(x.shape), []
    for k, part in cut:
        start, stop, step, length = _bounds(part, x.shape[k])
        bounds.append((start, stop, k, step))
        shape[k] = length
    given = [graph.shape(column) for column in zip(*bounds, strict=True)]
    made = graph.node("Slice", [x, *given], x.dtype, shape)
    made.shape = tuple([graph.asked(made, k) if n is None else n for k, n in enumerate(shape)])
    return made, [slice(None) if isinstance(part, slice) else part for part in parts]


def _bounds(part: slice, n: Any) -> tuple[Any, Any, int, Any]:
    """Return where a slice begins and ends, and how long it is."""
    step = 1 if part.step is None else int(part.step)
    if not isinstance(n, Size) and not isinstance(part.start, Size) and not isinstance(part.stop, Size):
        start, stop, step = part.indices(n)
        length = len(range(start, stop, step))
        return start, _FIRST if stop < 0 else stop, step, length
    start = (0 if step > 0 else _LAST) if part.start is None else part.start
    stop = (_LAST if step > 0 else _FIRST) if part.stop is None else part.stop
    return start, stop, step, _open_length(part, step, n)


def _open_length(part: slice, step: int, n: Any) -> Any:
    """Return how long a slice of an axis is whose length is open, and not shorter than what the slice leaves out.

    None where that is no size.
    """
    if step == -1 and part.start is None and part.stop is None:
        return n
    if step != 1:
        return None
    start, stop = 0 if part.start is None else part.start, n if part.stop is None else part.stop
    return _counted(stop, n) - _counted(start, n)


def _counted(end: Any, n: Any) -> Any:
    return end if isinstance(end, Size) or end >= 0 else n + end


def _plain(graph: Graph, x: Any, parts: list[Any]) -> Any:
    """Take whole numbers, and make new axes."""
    named = [part for part in parts if part is not None]
    for k in reversed([k for k, part in enumerate(named) if not isinstance(part, slice)]):
        shape = [n for j, n in enumerate(x.shape) if j != k]
        x = graph.node("Gather", [x, graph.constant(named[k], np.int64)], x.dtype, shape, axis=k)
    left = [part for part in parts if part is None or isinstance(part, slice)]
    new = tuple([k for k, part in enumerate(left) if part is None])
    return expand_dims(graph, x, new) if new else x


def _gathered(graph: Graph, x: Any, parts: list[Any]) -> Any:
    """Take elements by arrays, among which whole numbers are arrays, too; along one axis or several."""
    named = [part for part in parts if part is not None]
    axes = [k for k, part in enumerate(named) if not isinstance(part, slice)]
    indices = [graph.cast(graph.lifted(named[k]), np.int64) for k in axes]
    at = [k for k, part in enumerate(parts) if part is not None and not isinstance(part, slice)]
    together = at == list(range(at[0], at[0] + len(at)))
    shape = broadcast(*[i.shape for i in indices])
    if len(axes) == 1 and together:
        made = [*x.shape[: axes[0]], *shape, *x.shape[axes[0] + 1 :]]
        y = graph.node("Gather", [x, indices[0]], x.dtype, made, axis=axes[0])
    else:
        rest = [k for k in range(x.ndim) if k not in axes]
        moved = transpose(graph, x, (*axes, *rest))
        wide = [expand_dims(graph, np.broadcast_to(i, shape), len(shape)) for i in indices]
        y = graph.node("GatherND", [moved, joined(graph, wide, -1)], x.dtype, [*shape, *[x.shape[k] for k in rest]])
        if together:
            y = moveaxis(graph, y, tuple(range(len(shape))), tuple(range(axes[0], axes[0] + len(shape))))
    # where new axes stand among those of the result
    left: list[Any] = []
    for k, part in enumerate(parts):
        if part is None or isinstance(part, slice):
            left.append(part)
        elif k == at[0] and together:
            left += [slice(None)] * len(shape)
    left = left if together else [slice(None)] * len(shape) + left
    new = tuple([k for k, part in enumerate(left) if part is None])
    return expand_dims(graph, y, new) if new else y


# ----- by places along an axis -----


def _take(graph: Graph, a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    x, at = graph.lifted(a), graph.lifted(indices)
    if axis is None:
        x, axis = reshape(graph, x, (-1,)), 0
    if mode != "raise":
        n = x.shape[axis]
        at = np.remainder(at, n) if mode == "wrap" else np.clip(at, 0, n - 1)
    k = axis % x.ndim
    return getitem(graph, x, (*[slice(None)] * k, at))


def _take_along_axis(graph: Graph, arr: Any, indices: Any, axis: Any = -1) -> Any:
    x, at = graph.lifted(arr), graph.lifted(indices, np.int64)
    if axis is None:
        x, axis = reshape(graph, x, (-1,)), 0
    k = axis % x.ndim
    shapes = [tuple([1 if j == k else n for j, n in enumerate(v.shape)]) for v in (x, at)]
    common = broadcast(*shapes)
    x, at = [np.broadcast_to(v, (*common[:k], v.shape[k], *common[k + 1 :])) for v in (x, at)]
    return graph.node("GatherElements", [x, at], x.dtype, at.shape, axis=k)


def _unpooled(graph: Graph, x: Any, at: Any, count: Any) -> Any:
    x, at = graph.lifted(x), graph.lifted(at, np.int64)
    zeros = np.broadcast_to(graph.constant(0, x.dtype), (*x.shape[:-1], count))
    return graph.node("ScatterElements", [zeros, at, x], x.dtype, zeros.shape, axis=-1)


ROWS: dict[Any, Any] = {
    operator.getitem: getitem, np.take: _take, np.take_along_axis: _take_along_axis,
    windows.unpooled: _unpooled,
}  # fmt: skip
