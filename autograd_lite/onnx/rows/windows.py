"""Convolutions and pools: ONNX's operators; in double precision, which runtimes lack, sums over places in windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.onnx.graph import Graph
from autograd_lite.onnx.rows.elementwise import floating
from autograd_lite.onnx.rows.shaping import expand_dims, in_order, reshape
from autograd_lite.onnx.sizes import DependsOnSizeError, Size, product
from autograd_lite.onnx.values import Value
from autograd_lite.rules import windows

_SINGLE = (np.dtype(np.float16), np.dtype(np.float32))
_AXES = 3


def _pads(padding: Any) -> list[Any]:
    pairs = windows.pairs(padding)
    return [*[low for low, _ in pairs], *[high for _, high in pairs]]


def _lengths(graph: Graph, sizes: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> list[Any]:
    """Return how many windows there are along each axis."""
    return [
        graph.quotient(n + (low + high - d * (k - 1) - 1), s) + 1
        for n, k, s, (low, high), d in zip(sizes, kernel, stride, windows.pairs(padding), dilation, strict=True)
    ]


def _floating(graph: Graph, *given: Any) -> list[Value]:
    values = [graph.lifted(x) for x in given]
    dtype = np.result_type(*[x.dtype for x in values])
    return [graph.cast(x, dtype if dtype.kind == "f" else np.float64) for x in values]


# ----- convolutions -----


def _convolved(graph: Graph, x: Any, weight: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    a, w = _floating(graph, x, weight)
    kernel = w.shape[2:]
    shape = [a.shape[0], w.shape[0], *_lengths(graph, a.shape[2:], kernel, stride, padding, dilation)]
    pads = _pads(padding)
    if min(pads) < 0:
        a = _trimmed(a, padding)
        pads = [max(p, 0) for p in pads]
    if a.dtype in _SINGLE and len(kernel) <= _AXES:
        settings = {"strides": list(stride), "pads": pads, "dilations": list(dilation)}
        return graph.node("Conv", [a, w], a.dtype, shape, group=groups, kernel_shape=list(kernel), **settings)
    n = len(kernel)
    return _by_taps(graph, _bordered(graph, a, list(zip(pads[:n], pads[n:], strict=True)), 0.0), w, shape, stride,
                    dilation, groups)  # fmt: skip


def _trimmed(a: Any, padding: Any) -> Any:
    """Return images without the rows that a negative padding leaves out."""
    pairs = windows.pairs(padding)
    return a[(..., *[slice(max(-low, 0), -max(-high, 0) or None) for low, high in pairs])]


def _bordered(graph: Graph, a: Any, pairs: Any, number: float) -> Any:
    if not any(map(any, pairs)):
        return a
    widths = [(0, 0)] * (a.ndim - len(pairs)) + list(pairs)
    return np.pad(a, widths, constant_values=np.asarray(number, a.dtype))


def _by_taps(
    graph: Graph, a: Any, w: Any, shape: Any, stride: Any, dilation: Any, groups: int
) -> Any:  # fmt: skip
    """Return a convolution as a sum of products of matrices, one for each place in a window."""
    outputs, inputs, *kernel = w.shape
    batch, out = a.shape[0], shape[2:]
    total: Any = None
    for at in np.ndindex(*kernel):
        part = _tap(a, at, out, stride, dilation)
        columns = reshape(graph, part, (batch, groups, inputs, -1))
        tap = reshape(graph, w[(slice(None), slice(None), *at)], (groups, outputs // groups, inputs))
        one = np.matmul(tap, columns)
        total = one if total is None else total + one
    return reshape(graph, total, shape)


def _tap(a: Any, at: Any, out: Any, stride: Any, dilation: Any) -> Any:
    """Return the elements at one place of all windows."""
    spans = [slice(i * d, i * d + (n - 1) * s + 1, s) for i, n, s, d in zip(at, out, stride, dilation, strict=True)]
    part = a[(..., *spans)]
    part.shape = (*part.shape[: part.ndim - len(out)], *out)
    return part


def _convolved_input(
    graph: Graph, result: Any, weight: Any, size: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:  # fmt: skip
    g, w = _floating(graph, result, weight)
    kernel, pairs = w.shape[2:], windows.pairs(padding)
    shape = [g.shape[0], w.shape[1] * groups, *size]
    more = [
        n - ((m - 1) * s + d * (k - 1) + 1 - low - high)
        for n, m, k, s, d, (low, high) in zip(size, g.shape[2:], kernel, stride, dilation, pairs, strict=True)
    ]
    if g.dtype in _SINGLE and len(kernel) <= _AXES and min(_pads(pairs)) >= 0 and min(more) >= 0:
        settings = {"strides": list(stride), "pads": _pads(pairs), "dilations": list(dilation)}
        return graph.node("ConvTranspose", [g, w], g.dtype, shape, group=groups, kernel_shape=list(kernel),
                          output_padding=more, **settings)  # fmt: skip
    margins = [(d * (k - 1) - low, d * (k - 1) - high + m)
               for k, d, (low, high), m in zip(kernel, dilation, pairs, more, strict=True)]  # fmt: skip
    return _convolved(graph, _spread(graph, g, stride), _turned(graph, w, groups), (1,) * len(kernel), margins,
                      dilation, groups)  # fmt: skip


def _spread(graph: Graph, g: Any, stride: Any) -> Any:
    """Return images with zeros between their elements, as many as the windows are apart."""
    for axis, s in enumerate(stride, 2):
        if s > 1:
            n = g.shape[axis]
            wide = expand_dims(graph, g, axis + 1)
            wide = _bordered(graph, wide, [(0, s - 1), *[(0, 0)] * (g.ndim - axis - 1)], 0.0)
            wide = reshape(graph, wide, (*g.shape[:axis], n * s, *g.shape[axis + 1 :]))
            g = wide[(*[slice(None)] * axis, slice(0, n * s - (s - 1)))]
    return g


def _turned(graph: Graph, w: Any, groups: int) -> Any:
    """Return a weight reversed along its windows, with inputs and outputs exchanged."""
    outputs, inputs, *kernel = w.shape
    parts = reshape(graph, w, (groups, outputs // groups, inputs, *kernel))
    parts = np.flip(np.swapaxes(parts, 1, 2), tuple(range(3, 3 + len(kernel))))
    return reshape(graph, parts, (groups * inputs, outputs // groups, *kernel))


# ----- pools -----


def _pooled(graph: Graph, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> list[Any]:
    """Return the maxima of all windows, and where in the whole array they are."""
    a = floating(graph, x)
    pads = _pads(padding)
    n = len(kernel)
    shape = [*a.shape[: a.ndim - n], *_lengths(graph, a.shape[a.ndim - n :], kernel, stride, padding, dilation)]
    if any(p >= k for p, k in zip(pads, [*kernel, *kernel], strict=True)):
        a, pads = _bordered(graph, a, windows.pairs(padding), -np.inf), [0] * len(pads)
    settings = {"kernel_shape": list(kernel), "strides": list(stride), "pads": pads, "dilations": list(dilation)}
    images = _as_images(graph, a, n)
    out = (*images.shape[:2], *shape[a.ndim - n :])
    found = graph.nodes_of("MaxPool", [images], [(a.dtype, out), (np.int64, out)], **settings)
    return [reshape(graph, y, shape) for y in found]


def _largest(graph: Graph, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    return graph.cast(_pooled(graph, x, kernel, stride, padding, dilation)[0], graph.lifted(x).dtype)


def _places_of_largest(
    graph: Graph, x: Any, top: Any, kernel: Any, stride: Any, padding: Any, dilation: Any
) -> Any:  # fmt: skip
    """Return where in the last axes, taken as one, the maxima are."""
    sizes = graph.lifted(x).shape[-len(kernel) :]
    return np.remainder(_pooled(graph, x, kernel, stride, padding, dilation)[1], product(sizes))


def _as_images(graph: Graph, a: Any, n: int) -> Any:
    """Return an array with two axes before those of windows."""
    lead = a.shape[: a.ndim - n]
    if len(lead) == 2:  # noqa: PLR2004 - batch and channels
        return a
    return reshape(graph, a, (1, product(lead), *a.shape[a.ndim - n :]))


def _sums(graph: Graph, x: Any, kernel: Any, stride: Any, padding: Any) -> Any:
    (a,) = _floating(graph, x)
    n = len(kernel)
    ones = (1,) * n
    a, kernel, stride = _summed_whole(a, kernel, stride, padding)
    shape = [*a.shape[: a.ndim - n], *_lengths(graph, a.shape[a.ndim - n :], kernel, stride, padding, ones)]
    a = _bordered(graph, a, windows.pairs(padding), 0.0)
    if a.dtype in _SINGLE and n <= _AXES:
        images = _as_images(graph, a, n)
        settings = {"kernel_shape": list(kernel), "strides": list(stride)}
        y = graph.node("AveragePool", [images], a.dtype, (*images.shape[:2], *shape[a.ndim - n :]), **settings)
        return reshape(graph, y * float(product(kernel)), shape)
    for axis, (k, s) in enumerate(zip(kernel, stride, strict=True), a.ndim - n):
        m, before = shape[axis], (slice(None),) * axis
        total: Any = None
        for i in range(k):
            part = a[(*before, slice(i, i + (m - 1) * s + 1, s))]
            part.shape = (*part.shape[:axis], m, *part.shape[axis + 1 :])
            total = part if total is None else total + part
        a = total
    return a


def _summed_whole(a: Any, kernel: Any, stride: Any, padding: Any) -> tuple[Any, Any, Any]:
    """Sum up axes of which one window takes all elements, and their length is open; what is left of them is one."""
    n = len(kernel)
    pairs = windows.pairs(padding)
    whole = [k for k in range(n) if isinstance(kernel[k], Size)]
    if any(kernel[k] != a.shape[k - n] or any(pairs[k]) for k in whole):
        raise DependsOnSizeError(", ".join([str(kernel[k]) for k in whole]))
    if whole:
        a = np.sum(a, tuple([k - n for k in whole]), keepdims=True)
    parts = [tuple([1 if k in whole else part[k] for k in range(n)]) for part in (kernel, stride)]
    return a, *parts


def _windows(graph: Graph, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return all windows: their elements one after the other, each taken from all windows at once."""
    x = graph.lifted(x)
    n = len(kernel)
    out = _lengths(graph, x.shape[x.ndim - n :], kernel, stride, padding, dilation)
    a = _bordered(graph, x, windows.pairs(padding), 0)
    lead = a.ndim - n
    parts = [_tap(a, at, out, stride, dilation) for at in np.ndindex(*kernel)]
    return reshape(graph, np.stack(parts, lead), (*a.shape[:lead], *kernel, *out))


def _sliding(
    graph: Graph, x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:  # fmt: skip
    """Return windows by the places of their elements, one axis after the other."""
    x = graph.lifted(x)
    lengths = tuple(window_shape) if isinstance(window_shape, (tuple, list)) else (window_shape,)
    for k, length in zip(range(x.ndim) if axis is None else in_order(axis, x.ndim), lengths, strict=True):
        places = np.lib.stride_tricks.sliding_window_view(np.arange(x.shape[k]), length)
        x = np.moveaxis(np.take(x, places, axis=k), k + 1, -1)
    return x


def _folded(graph: Graph, g: Any, size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return the sums of all windows, each at its place: every place of a window is spread, moved and added."""
    g = graph.lifted(g)
    n = len(kernel)
    lead, pairs = g.ndim - 2 * n, windows.pairs(padding)
    full = [m + low + high for m, (low, high) in zip(size, pairs, strict=True)]
    total: Any = None
    for at in np.ndindex(*kernel):
        part = g[(*[slice(None)] * lead, *at)]
        part = _spread(graph, reshape(graph, part, (1, product(part.shape[:lead]), *part.shape[lead:])), stride)
        starts = [i * d for i, d in zip(at, dilation, strict=True)]
        margins = [(i, f - i - m) for i, f, m in zip(starts, full, part.shape[2:], strict=True)]
        part = _bordered(graph, part, margins, 0)
        total = part if total is None else total + part
    total = total[(..., *[slice(low, low + m) for m, (low, _) in zip(size, pairs, strict=True)])]
    return reshape(graph, total, (*g.shape[:lead], *size))


ROWS: dict[Any, Any] = {
    windows.convolved: _convolved, windows.convolved_input: _convolved_input, windows.largest: _largest,
    windows.places_of_largest: _places_of_largest,
    windows.sums: _sums, windows.windows: _windows, windows.folded: _folded,
    np.lib.stride_tricks.sliding_window_view: _sliding,
}  # fmt: skip
