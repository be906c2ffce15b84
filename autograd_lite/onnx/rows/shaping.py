"""Shapes: the same elements in another order or shape, arrays put together, new arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import normalize_axes
from autograd_lite.onnx.graph import Graph, broadcast
from autograd_lite.onnx.rows.elementwise import common_integers, promoted
from autograd_lite.onnx.sizes import Size, is_open, product
from autograd_lite.onnx.values import Value


def in_order(axes: Any, ndim: int) -> tuple[int, ...]:
    """Return axes, none of them negative, in the order in which they are given."""
    return tuple([int(k) % max(ndim, 1) for k in (axes if isinstance(axes, (tuple, list)) else [axes])])


def reshape(graph: Graph, a: Any, shape: Any = None, order: str = "C", **more: Any) -> Any:
    x = graph.lifted(a)
    if order not in ("C", "A"):
        raise errors.ExportError(errors.ONNX_SETTING.format(op="reshape", given=f"order={order!r}"))
    wanted = more.get("newshape", shape)
    wanted = [wanted] if isinstance(wanted, (int, np.integer, Size)) else list(wanted)
    sizes = [n if isinstance(n, Size) else int(n) for n in wanted]
    unknown = [k for k, n in enumerate(sizes) if not isinstance(n, Size) and n == -1]
    whole = list(sizes)
    for k in unknown:
        rest = product([n for j, n in enumerate(sizes) if j != k])
        whole[k] = x.size // rest if rest != 0 else 0
    if tuple(whole) == x.shape:
        return x
    # NOTE: one size that is open may be left to the runtime; 0 would mean the size of the operand.
    open_ones = [k for k, n in enumerate(whole) if isinstance(n, Size)]
    told = [-1 if open_ones == [k] else n for k, n in enumerate(whole)]
    return graph.node("Reshape", [x, graph.shape(told)], x.dtype, whole, allowzero=int(0 in told))


def transpose(graph: Graph, a: Any, axes: Any = None) -> Any:
    x = graph.lifted(a)
    order = tuple(range(x.ndim))[::-1] if axes is None else in_order(axes, x.ndim)
    if order == tuple(range(x.ndim)):
        return x
    return graph.node("Transpose", [x], x.dtype, [x.shape[k] for k in order], perm=list(order))


def _swapaxes(graph: Graph, a: Any, axis1: int, axis2: int) -> Any:
    order = list(range(graph.lifted(a).ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(graph, a, order)


def moveaxis(graph: Graph, a: Any, source: Any, destination: Any) -> Any:
    ndim = graph.lifted(a).ndim
    start, end = in_order(source, ndim), in_order(destination, ndim)
    order = [k for k in range(ndim) if k not in start]
    for to, k in sorted(zip(end, start, strict=True)):
        order.insert(to, k)
    return transpose(graph, a, order)


def _rollaxis(graph: Graph, a: Any, axis: int, start: int = 0) -> Any:
    ndim = graph.lifted(a).ndim
    order = list(range(ndim))
    axis, start = axis % ndim, start + ndim if start < 0 else start
    order.remove(axis)
    order.insert(start - (axis < start), axis)
    return transpose(graph, a, order)


def _matrix_transpose(graph: Graph, a: Any) -> Any:
    return _swapaxes(graph, a, -1, -2)


def expand_dims(graph: Graph, a: Any, axis: Any) -> Any:
    x = graph.lifted(a)
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    axes = normalize_axes(axis, x.ndim + count)
    rest = iter(x.shape)
    shape = [1 if k in axes else next(rest) for k in range(x.ndim + count)]
    return graph.node("Unsqueeze", [x, graph.constant(list(axes), np.int64)], x.dtype, shape)


def squeeze(graph: Graph, a: Any, axis: Any = None) -> Any:
    x = graph.lifted(a)
    ones = tuple([k for k, n in enumerate(x.shape) if not isinstance(n, Size) and n == 1])
    axes = ones if axis is None else normalize_axes(axis, x.ndim)
    if not axes:
        return x
    shape = [n for k, n in enumerate(x.shape) if k not in axes]
    return graph.node("Squeeze", [x, graph.constant(list(axes), np.int64)], x.dtype, shape)


def broadcast_to(graph: Graph, array: Any, shape: Any, subok: bool = False) -> Any:
    x = graph.lifted(array)
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if shape == x.shape:
        return x
    return graph.node("Expand", [x, graph.shape(shape)], x.dtype, shape)


def _broadcast_arrays(graph: Graph, *args: Any, subok: bool = False) -> tuple[Any, ...]:
    values = [graph.lifted(x) for x in args]
    shape = broadcast(*[x.shape for x in values])
    return tuple([broadcast_to(graph, x, shape) for x in values])


def _meshgrid(graph: Graph, *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    values = [reshape(graph, x, (-1,)) for x in xi]
    turned = [1, 0, *range(2, len(values))] if indexing == "xy" and len(values) > 1 else list(range(len(values)))
    lines = [[-1 if j == k else 1 for j in range(len(values))] for k in turned]
    grids = tuple([reshape(graph, x, line) for x, line in zip(values, lines, strict=True)])
    return grids if sparse else _broadcast_arrays(graph, *grids)


def joined(graph: Graph, arrays: Any, axis: Any = 0, out: Any = None, dtype: Any = None, **_: Any) -> Any:
    parts = [graph.lifted(x) for x in arrays]
    common = np.dtype(dtype) if dtype is not None else np.result_type(*[x.dtype for x in parts])
    parts = [graph.cast(x, common) for x in parts]
    if axis is None:
        parts, axis = [reshape(graph, x, (-1,)) for x in parts], 0
    (k,) = normalize_axes(axis, parts[0].ndim)
    shape = list(parts[0].shape)
    shape[k] = sum([x.shape[k] for x in parts[1:]], start=shape[k])
    parts = [x for x in parts if isinstance(x.shape[k], Size) or x.shape[k]] or parts[:1]
    return parts[0] if len(parts) == 1 else graph.node("Concat", parts, common, shape, axis=k)


def _stack(graph: Graph, arrays: Any, axis: int = 0, out: Any = None, **more: Any) -> Any:
    parts = list(arrays) if isinstance(arrays, (list, tuple)) else [arrays[k] for k in range(arrays.shape[0])]
    return joined(graph, [np.expand_dims(graph.lifted(x), axis) for x in parts], axis, **more)


def split(graph: Graph, ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    x = graph.lifted(ary)
    (k,) = normalize_axes(axis, x.ndim)
    if isinstance(indices_or_sections, (int, np.integer)):
        each, rest = divmod(x.shape[k], int(indices_or_sections))
        sizes = [each + (j < rest) for j in range(int(indices_or_sections))]
        edges = np.cumsum(sizes)[:-1].tolist()
    else:
        edges = [int(i) for i in indices_or_sections]
    before = (slice(None),) * k
    return [x[(*before, slice(i, j))] for i, j in zip([0, *edges], [*edges, None], strict=True)]


def _flip(graph: Graph, m: Any, axis: Any = None) -> Any:
    x = graph.lifted(m)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axes(axis, x.ndim)
    return x[tuple([slice(None, None, -1) if k in axes else slice(None) for k in range(x.ndim)])]


def _roll(graph: Graph, a: Any, shift: Any, axis: Any = None) -> Any:
    x = graph.lifted(a)
    if axis is None:
        return np.reshape(_roll(graph, np.reshape(x, (-1,)), shift, 0), x.shape)
    axes = in_order(axis, x.ndim)
    for by, k in np.broadcast(shift, axes):
        n, before = x.shape[k], (slice(None),) * int(k)
        if is_open((by, n)):
            x = np.take(x, np.remainder(counted(graph, n) - by, n), axis=int(k))
        elif by := int(by) % max(n, 1):
            x = joined(graph, [x[(*before, slice(-by, None))], x[(*before, slice(None, -by))]], int(k))
    return x


def _tile(graph: Graph, A: Any, reps: Any) -> Any:  # noqa: N803 - NumPy's name
    x = graph.lifted(A)
    counts = list(reps) if isinstance(reps, (tuple, list)) else [reps if isinstance(reps, Size) else int(reps)]
    counts = [1] * (x.ndim - len(counts)) + counts
    x = reshape(graph, x, (*[1] * (len(counts) - x.ndim), *x.shape))
    shape = [n * c for n, c in zip(x.shape, counts, strict=True)]
    return graph.node("Tile", [x, graph.shape(counts)], x.dtype, shape)


def _repeat(graph: Graph, a: Any, repeats: Any, axis: Any = None) -> Any:
    x = graph.lifted(a)
    if axis is None:
        x, axis = reshape(graph, x, (-1,)), 0
    k = axis % x.ndim
    if isinstance(repeats, (int, np.integer, Size)):
        count = repeats if isinstance(repeats, Size) else int(repeats)
        wide = broadcast_to(graph, expand_dims(graph, x, k + 1), (*x.shape[: k + 1], count, *x.shape[k + 1 :]))
        return reshape(graph, wide, (*x.shape[:k], x.shape[k] * count, *x.shape[k + 1 :]))
    known = repeats.array if isinstance(repeats, Value) else np.asarray(repeats)
    if known is None:
        raise errors.ExportError(errors.ONNX_RAGGED.format(op="np.repeat()"))
    places = np.repeat(np.arange(x.shape[k]), known)
    return np.take(x, places, axis=k)


def _pad(graph: Graph, array: Any, pad_width: Any, mode: str = "constant", **settings: Any) -> Any:
    x = graph.lifted(array)
    if isinstance(pad_width, dict):
        pad_width = [pad_width.get(k, pad_width.get(k - x.ndim, 0)) for k in range(x.ndim)]
        pad_width = [(w, w) if isinstance(w, int) else w for w in pad_width]
    widths = np.broadcast_to(pad_width, (x.ndim, 2))
    if mode == "constant":
        return _padded(graph, x, widths, settings.get("constant_values", 0))
    if mode not in _PLACES or "odd" in settings.values():
        return graph.more(np.pad)(x, widths, mode, **settings)
    for k, (low, high) in enumerate(widths.tolist()):
        if low or high:
            x = np.take(x, _padded_places(graph, x.shape[k], low, high, mode), axis=k)
    return x


def _padded_places(graph: Graph, n: Any, low: int, high: int, mode: Any) -> Any:
    """Return which elements stand along a padded axis: as NumPy says, or as it says of a length that is open."""
    if not isinstance(n, Size):
        return np.pad(np.arange(n), (low, high), mode)
    return _PLACES[mode](counted(graph, low + n + high) - low, n)


def _reflected(places: Any, n: Any) -> Any:
    around = np.remainder(places, np.maximum(places.graph.lifted(2 * n - 2), 1))
    return np.minimum(around, 2 * n - 2 - around)


def _mirrored(places: Any, n: Any) -> Any:
    around = np.remainder(places, 2 * n)
    return np.minimum(around, 2 * n - 1 - around)


_PLACES: dict[str, Callable[[Any, Any], Any]] = {
    "edge": lambda places, n: np.clip(places, 0, n - 1), "wrap": np.remainder,
    "reflect": _reflected, "symmetric": _mirrored,
}  # fmt: skip
"""Of places that begin before an axis and end after it, and its length, the elements that stand there."""


def _padded(graph: Graph, x: Any, widths: Any, values: Any) -> Any:
    values = graph.lifted(values)
    if values.ndim:
        raise errors.ExportError(errors.ONNX_SETTING.format(op="np.pad", given="constant_values of several numbers"))
    shape = [n + sum(w) for n, w in zip(x.shape, widths.tolist(), strict=True)]
    pads = graph.shape([*widths[:, 0], *widths[:, 1]])
    within = common_integers(graph, x)
    given = graph.cast(graph.cast(values, x.dtype), within.dtype)
    return graph.cast(graph.node("Pad", [within, pads, given], within.dtype, shape, mode="constant"), x.dtype)


def _full_like(graph: Graph, a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", **more: Any) -> Any:
    x = graph.lifted(a)
    shape = more.get("shape")
    return broadcast_to(graph, graph.lifted(fill_value, dtype or x.dtype), x.shape if shape is None else shape)


def _filled_like(number: int) -> Callable[..., Any]:
    return lambda graph, a, dtype=None, order="K", **more: _full_like(graph, a, number, dtype, **more)


def _triangle(upper: bool) -> Callable[..., Any]:
    def row(graph: Graph, m: Any, k: int = 0) -> Any:
        x = graph.lifted(m)
        x = x if x.ndim > 1 else broadcast_to(graph, x, (*x.shape, *x.shape))
        rows, columns = [reshape(graph, counted(graph, n), shape) for n, shape in
                         ((x.shape[-2], (-1, 1)), (x.shape[-1], (1, -1)))]  # fmt: skip
        kept = columns >= rows + k if upper else columns <= rows + k
        return graph.lifted(np.where(kept, x, 0), x.dtype)

    return row


def counted(graph: Graph, n: Any) -> Any:
    """Return the whole numbers below a size."""
    if not isinstance(n, Size):
        return graph.constant(np.arange(n))
    ends = [graph.constant(0, np.int64), reshape(graph, graph.size(n), ()), graph.constant(1, np.int64)]
    return graph.node("Range", ends, np.int64, (n,))


def _ravel(graph: Graph, a: Any, order: str = "C") -> Any:
    return reshape(graph, a, (-1,), order)


def _at_least(ndim: int) -> Callable[..., Any]:
    """Return the row of a function of one array or several, which get axes in front."""

    def row(graph: Graph, *arrays: Any) -> Any:
        values = [graph.lifted(a) for a in arrays]
        wide = [reshape(graph, x, (*[1] * (ndim - x.ndim), *x.shape)) for x in values]
        return wide[0] if len(wide) == 1 else tuple(wide)

    return row


def _diag(graph: Graph, v: Any, k: int = 0) -> Any:
    """Return the diagonal of a matrix, or the matrix of a diagonal."""
    x = graph.lifted(v)
    if x.ndim != 1:
        return np.diagonal(x, k)
    n = x.shape[0]
    on = reshape(graph, counted(graph, n), (-1, 1)) == reshape(graph, counted(graph, n), (1, -1))
    made = np.where(on, x, graph.constant(0, x.dtype))
    return _pad(graph, made, ((max(-k, 0), max(k, 0)), (max(k, 0), max(-k, 0)))) if k else made


def _diagonal(graph: Graph, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    x = moveaxis(graph, a, (axis1, axis2), (-2, -1))
    n, m = x.shape[-2:]
    if n == m:
        rows = counted(graph, n - abs(offset)) if n - abs(offset) != 0 else graph.constant(np.arange(0))
        return x[..., rows + max(0, -offset), rows + max(0, offset)]
    if is_open((n, m)):
        raise errors.ExportError(errors.ONNX_DIAGONAL)
    known = np.arange(max(0, -offset), min(n, m - offset))
    return x[..., known, known + offset]


ROWS: dict[Any, Any] = {
    np.reshape: reshape, np.ravel: _ravel, np.transpose: transpose, np.permute_dims: transpose,
    np.matrix_transpose: _matrix_transpose, np.linalg.matrix_transpose: _matrix_transpose,
    np.swapaxes: _swapaxes, np.moveaxis: moveaxis, np.rollaxis: _rollaxis,
    np.expand_dims: expand_dims, np.squeeze: squeeze, np.broadcast_to: broadcast_to,
    np.broadcast_arrays: _broadcast_arrays, np.meshgrid: _meshgrid,
    np.concatenate: joined, np.concat: joined, np.stack: _stack, np.split: split, np.array_split: split,
    np.flip: _flip, np.fliplr: lambda graph, m: _flip(graph, m, 1), np.flipud: lambda graph, m: _flip(graph, m, 0),
    np.roll: _roll, np.tile: _tile, np.repeat: _repeat, np.pad: _pad,
    np.full_like: _full_like, np.zeros_like: _filled_like(0), np.ones_like: _filled_like(1),
    np.empty_like: _filled_like(0), np.tril: _triangle(upper=False), np.triu: _triangle(upper=True),
    np.atleast_1d: _at_least(1), np.atleast_2d: _at_least(2), np.diagonal: _diagonal, np.diag: _diag,
    np.diagflat: lambda graph, v, k=0: _diag(graph, _ravel(graph, v), k),
    np.linalg.diagonal: lambda graph, x, offset=0: _diagonal(graph, x, offset, -2, -1),
    np.shape: lambda graph, a: graph.lifted(a).shape, np.ndim: lambda graph, a: graph.lifted(a).ndim,
    np.size: lambda graph, a, axis=None: graph.lifted(a).size if axis is None else graph.lifted(a).shape[axis],
    np.result_type: lambda graph, *given: promoted(*given),
    np.iscomplexobj: lambda graph, x: False, np.isrealobj: lambda graph, x: True,
}  # fmt: skip
