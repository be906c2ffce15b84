"""Reductions along axes, running ones, places of extrema, and order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import normalize_axes
from autograd_lite.onnx.graph import Graph
from autograd_lite.onnx.rows.elementwise import common_integers, floating, truth
from autograd_lite.onnx.sizes import Size, product
from autograd_lite.onnx.values import Value

_NO_VALUE: Any = getattr(np, "_NoValue", None)


def _is_given(x: Any) -> bool:
    return x is not None and x is not _NO_VALUE


def _keeps(keepdims: Any) -> bool:
    return _is_given(keepdims) and bool(keepdims)


def reduced(graph: Graph, op: str, x: Any, axis: Any, keepdims: bool) -> Any:
    """Add a reduction; over no axis at all, the array itself."""
    axes = tuple(range(x.ndim)) if axis is None else normalize_axes(axis, x.ndim)
    if not axes:
        return x
    kept = [1 if k in axes else n for k, n in enumerate(x.shape)]
    shape = kept if keepdims else [n for k, n in enumerate(x.shape) if k not in axes]
    within = _numbers(graph, x)
    made = graph.node(op, [within, graph.constant(list(axes), np.int64)], within.dtype, shape, keepdims=int(keepdims))
    return graph.cast(made, x.dtype)


def _numbers(graph: Graph, x: Any) -> Any:
    """Return numbers that runtimes reduce and order, truth values too."""
    return graph.cast(x, np.int64) if x.dtype.kind == "b" else common_integers(graph, x)


def _reduction(op: str, identity: Any, combine: Any, counts: bool) -> Callable[..., Any]:
    """Return the row of a reduction; `counts` says that small integers become large ones."""

    def row(
        graph: Graph, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
        initial: Any = None, where: Any = True,
    ) -> Any:  # fmt: skip
        x = graph.lifted(a)
        if _is_given(dtype):
            x = graph.cast(x, dtype)
        elif counts and x.dtype.kind in "iub" and x.dtype.itemsize < np.dtype(np.int64).itemsize:
            x = graph.cast(x, np.uint64 if x.dtype.kind == "u" else np.int64)
        if _is_given(where) and where is not True:
            least = initial if identity is None else identity
            x = graph.lifted(np.where(where, x, least), x.dtype)
        y = reduced(graph, op, x, axis, _keeps(keepdims))
        return graph.lifted(combine(y, initial), y.dtype) if _is_given(initial) else y

    return row


def _without_dtype(row: Callable[..., Any]) -> Callable[..., Any]:
    """Return the row of a function whose third argument is `out`."""

    def without(graph: Graph, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        return row(graph, a, axis, keepdims=keepdims, **more)

    return without


_sum = _reduction("ReduceSum", 0, np.add, counts=True)
_prod = _reduction("ReduceProd", 1, np.multiply, counts=True)
_max = _without_dtype(_reduction("ReduceMax", None, np.maximum, counts=False))
_min = _without_dtype(_reduction("ReduceMin", None, np.minimum, counts=False))


def _truths(op: str, identity: bool) -> Callable[..., Any]:
    def row(graph: Graph, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, where: Any = True) -> Any:
        x = truth(graph, a)
        if where is not True and _is_given(where):
            x = np.where(where, x, identity)
        y = reduced(graph, op, graph.cast(x, np.int32), axis, _keeps(keepdims))
        return graph.cast(y, np.bool_)

    return row


def _count_nonzero(graph: Graph, a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.sum(graph.cast(truth(graph, a), np.int64), axis, keepdims=keepdims)


def _mean(
    graph: Graph, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **more: Any
) -> Any:  # fmt: skip
    x = graph.cast(graph.lifted(a), dtype) if _is_given(dtype) else floating(graph, a)
    where = more.get("where", True)
    if where is True or not _is_given(where):
        return reduced(graph, "ReduceMean", x, axis, _keeps(keepdims))
    kept = np.broadcast_to(graph.lifted(where), x.shape)
    count = graph.cast(np.sum(kept, axis, keepdims=_keeps(keepdims)), x.dtype)
    return np.sum(np.where(kept, x, 0), axis, keepdims=_keeps(keepdims)) / count


def _variance(
    graph: Graph, a: Any, axis: Any, dtype: Any, ddof: Any, keepdims: Any, mean: Any
) -> Any:  # fmt: skip
    x = graph.cast(graph.lifted(a), dtype) if _is_given(dtype) else floating(graph, a)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axes(axis, x.ndim)
    d = x - (mean if _is_given(mean) else np.mean(x, axes, keepdims=True))
    count = graph.lifted(product([x.shape[k] for k in axes]) - ddof, x.dtype)
    return np.sum(d * d, axes, keepdims=_keeps(keepdims)) / count


def _var(
    graph: Graph, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False,
    correction: Any = None, mean: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    if where is not True and _is_given(where):
        return graph.more(np.var)(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=_keeps(keepdims), where=where)
    return _variance(graph, a, axis, dtype, correction if _is_given(correction) else ddof, keepdims, mean)


def _std(graph: Graph, *args: Any, **kwargs: Any) -> Any:
    return np.sqrt(_var(graph, *args, **kwargs))


def _extreme_place(op: str) -> Callable[..., Any]:
    def row(graph: Graph, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
        x = _numbers(graph, graph.lifted(a))
        ndim = x.ndim
        flat = x if axis is not None else np.reshape(x, (-1,))
        (k,) = normalize_axes(0 if axis is None else axis, flat.ndim)
        shape = [1 if j == k else n for j, n in enumerate(flat.shape)]
        y = graph.node(op, [flat], np.int64, shape, axis=k, keepdims=1)
        if _keeps(keepdims):
            return np.reshape(y, (1,) * ndim) if axis is None else y
        return np.squeeze(y, k)

    return row


def _along(graph: Graph, a: Any, axis: Any) -> tuple[Any, int]:
    x = graph.lifted(a)
    if axis is None:
        return np.reshape(x, (-1,)), 0
    return x, normalize_axes(axis, x.ndim)[0]


def _wide(graph: Graph, x: Any, dtype: Any) -> Any:
    if _is_given(dtype):
        return graph.cast(x, dtype)
    return graph.cast(x, np.int64) if x.dtype.kind in "iub" else x


def _cumsum(graph: Graph, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    x, k = _along(graph, a, axis)
    x = _wide(graph, x, dtype)
    within = _numbers(graph, x)
    return graph.cast(graph.node("CumSum", [within, graph.constant(k, np.int64)], within.dtype, x.shape), x.dtype)


def running(graph: Graph, op: str, x: Any, axis: int) -> Any:
    """Write what a step by step reduction leaves, by a loop of one node.

    It begins with what changes nothing, since a runtime does not go through rows that are none.
    """
    if not isinstance(x.shape[axis], Size) and x.shape[axis] <= 1:
        return x
    result, x = x.dtype, _numbers(graph, x)
    rows = np.moveaxis(x, axis, 0)
    first: Any = np.ones_like(rows[0]) if op == "Mul" else rows[0]
    body = Graph(graph.table, graph.opset, graph)
    carry, row = [Value(body, graph.root.taken.free(n), first.shape, x.dtype) for n in ("carry", "row")]
    y = body.node(op, [carry, row], x.dtype, first.shape)
    left = body.node("Identity", [y], x.dtype, first.shape)
    kinds = [(x.dtype, first.shape), (x.dtype, rows.shape)]
    made = graph.nodes_of("Scan", [first, rows], kinds, body=body.as_body([carry, row], [y, left]), num_scan_inputs=1)
    return graph.cast(graph.call(np.moveaxis, (made[1], 0, axis), {}), result)


def _cumprod(graph: Graph, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    x, k = _along(graph, a, axis)
    return running(graph, "Mul", _wide(graph, x, dtype), k)


def _accumulated(op: str) -> Callable[..., Any]:
    def row(graph: Graph, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        x, k = _along(graph, array, axis)
        return running(graph, op, _wide(graph, x, dtype) if op == "Mul" else x, k)

    return row


def _sorted(graph: Graph, a: Any, axis: Any, which: int) -> Any:
    x, k = _along(graph, a, axis)
    within = _numbers(graph, x)
    kinds = [(within.dtype, x.shape), (np.int64, x.shape)]
    found = graph.nodes_of("TopK", [within, graph.size(x.shape[k])], kinds, axis=k, largest=0, sorted=1)
    return graph.cast(found[which], (x.dtype, np.int64)[which])


def _sort(graph: Graph, a: Any, axis: Any = -1, kind: Any = None, order: Any = None, **_: Any) -> Any:
    return _sorted(graph, a, axis, 0)


def _argsort(graph: Graph, a: Any, axis: Any = -1, kind: Any = None, order: Any = None, **_: Any) -> Any:
    return _sorted(graph, a, axis, 1)


def _ragged(name: str) -> Callable[..., Any]:
    def row(graph: Graph, *args: Any, **kwargs: Any) -> Any:
        raise errors.ExportError(errors.ONNX_RAGGED.format(op=name))

    return row


def _compress(graph: Graph, condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    known = graph.lifted(condition).array
    if known is None:
        raise errors.ExportError(errors.ONNX_RAGGED.format(op="np.compress()"))
    return np.take(graph.lifted(a), np.flatnonzero(known), axis=axis)


_RAGGED = (np.nonzero, np.flatnonzero, np.argwhere, np.unique)

ROWS: dict[Any, Any] = {
    np.sum: _sum, np.prod: _prod, np.mean: _mean, np.var: _var, np.std: _std,
    **dict.fromkeys((np.max, np.amax), _max), **dict.fromkeys((np.min, np.amin), _min),
    np.all: _truths("ReduceMin", identity=True), np.any: _truths("ReduceMax", identity=False),
    np.add.reduce: lambda graph, a, axis=0, dtype=None, out=None, **more: _sum(graph, a, axis, dtype, **more),
    np.multiply.reduce: lambda graph, a, axis=0, dtype=None, out=None, **more: _prod(graph, a, axis, dtype, **more),
    np.maximum.reduce: lambda graph, a, axis=0, dtype=None, out=None, **more: _max(graph, a, axis, **more),
    np.minimum.reduce: lambda graph, a, axis=0, dtype=None, out=None, **more: _min(graph, a, axis, **more),
    np.count_nonzero: _count_nonzero, np.argmax: _extreme_place("ArgMax"), np.argmin: _extreme_place("ArgMin"),
    np.cumsum: _cumsum, np.cumprod: _cumprod,
    np.add.accumulate: lambda graph, a, axis=0, *more: _cumsum(graph, a, axis, *more),
    np.multiply.accumulate: _accumulated("Mul"), np.maximum.accumulate: _accumulated("Max"),
    np.minimum.accumulate: _accumulated("Min"),
    np.compress: _compress,
    np.extract: lambda graph, condition, arr: _compress(graph, np.ravel(condition), arr),
    np.sort: _sort, np.argsort: _argsort,
    **{fn: _ragged(f"np.{fn.__name__}()") for fn in _RAGGED},
}  # fmt: skip
