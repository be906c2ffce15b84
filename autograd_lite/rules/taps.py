"""Convolutions and pools of arrays of other libraries: what `windows` computes, place by place of a window.

Each place is a slice of the images, for which one call of a whole function of NumPy's goes through all windows: nothing
is known of how such an array lies in memory, and nobody asks for its numbers. Settings are those of `windows`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.base.elsewhere import zeros
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.rules.windows import inside, pairs, places, product, steps


def convolved(x: Array, weight: Array, stride: Any, padding: Any, dilation: Any, groups: int) -> Array:
    padding, (outputs, inputs, *kernel) = pairs(padding), weight.shape
    out = steps(_full(x.shape[2:], padding), kernel, stride, dilation)
    a = _bordered(x, padding, 0)
    y = zeros((len(x), groups, outputs // groups, product(out)), np.result_type(x.dtype, weight.dtype), x, weight)
    for at, place in _taps(kernel, out, stride, dilation):
        tap = weight[(..., *at)].reshape(groups, outputs // groups, inputs)
        y = y + tap @ a[place].reshape(len(x), groups, inputs, product(out))
    return y.reshape(len(x), outputs, *out)


def convolved_input(
    result: Array, weight: Array, size: Shape, stride: Any, padding: Any, dilation: Any, groups: int
) -> Array:
    padding, (outputs, inputs, *kernel) = pairs(padding), weight.shape
    batch, out = len(result), result.shape[2:]
    g = result.reshape(batch, groups, outputs // groups, product(out))
    wide = [max(n, m + low) for n, m, (low, _) in zip(_full(size, padding), size, padding, strict=True)]
    a = zeros((batch, groups * inputs, *wide), np.result_type(result.dtype, weight.dtype), result, weight)
    for at, place in _taps(kernel, out, stride, dilation):
        tap = weight[(..., *at)].reshape(groups, outputs // groups, inputs).swapaxes(1, 2)
        a[place] = a[place] + (tap @ g).reshape(batch, groups * inputs, *out)
    return a[inside(size, padding)]


def convolved_weight(
    x: Array, result: Array, kernel: Shape, stride: Any, padding: Any, dilation: Any, groups: int
) -> Array:
    padding, batch, out = pairs(padding), len(x), result.shape[2:]
    outputs, inputs = result.shape[1], x.shape[1] // groups
    a = _bordered(x, padding, 0)
    g = result.reshape(batch, groups, outputs // groups, product(out))
    taps = [
        np.sum(g @ a[place].reshape(batch, groups, inputs, product(out)).swapaxes(2, 3), axis=0)
        for _, place in _taps(kernel, out, stride, dilation)
    ]
    return np.stack(taps, axis=-1).reshape(outputs, inputs, *kernel)


def largest(x: Array, kernel: Shape, stride: Any, padding: Any, dilation: Any) -> Array:
    padding = pairs(padding)
    a = _bordered(x, padding, -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min)
    out = steps(_full(x.shape[x.ndim - len(kernel) :], padding), kernel, stride, dilation)
    parts = [a[place] for _, place in _taps(kernel, out, stride, dilation)]
    top = parts[0]
    for part in parts[1:]:
        top = np.maximum(top, part)
    return top


def put_at_largest(g: Array, x: Array, top: Array, kernel: Shape, stride: Any, padding: Any, dilation: Any) -> Array:
    padding = pairs(padding)
    lead = x.ndim - len(kernel)
    sizes = x.shape[lead:]
    a = zeros((*x.shape[:lead], *_full(sizes, padding)), g.dtype, g, x)
    for place, hit in _hits(x, top, kernel, stride, padding, dilation):
        a[place] = a[place] + np.where(hit, g, 0)
    return a[inside(sizes, padding)]


def taken_at_largest(v: Array, x: Array, top: Array, kernel: Shape, stride: Any, padding: Any, dilation: Any) -> Array:
    padding = pairs(padding)
    a = _bordered(v, padding, 0)
    hits = _hits(x, top, kernel, stride, padding, dilation)
    parts = [np.where(hit, a[place], 0) for place, hit in hits]
    return sum(parts[1:], parts[0])


def _hits(x: Array, top: Array, kernel: Shape, stride: Any, padding: Any, dilation: Any) -> Iterator[tuple[Any, Array]]:
    """Yield, for each place of a window, its index and where it is the first that is the maximum `top`."""
    a = _bordered(x, padding, 0)
    real = _bordered(x == x, padding, 0) | _bordered(x != x, padding, 0)  # noqa: PLR0124 - not so in the margins
    free = (top == top) | (top != top)  # noqa: PLR0124 - everywhere
    for _, place in _taps(kernel, top.shape[top.ndim - len(kernel) :], stride, dilation):
        part = a[place]
        hit = ((part == top) | ((part != part) & (top != top))) & real[place] & free  # noqa: PLR0124 - nan
        free = free & ~hit
        yield place, hit


def _taps(kernel: Any, out: Any, stride: Any, dilation: Any) -> Iterator[tuple[Any, Any]]:
    """Return each place in a window, and the index of it in all windows."""
    return zip(np.ndindex(*kernel), places(kernel, out, stride, dilation), strict=True)


def _full(sizes: Any, padding: Any) -> list[int]:
    return [n + low + high for n, (low, high) in zip(sizes, padding, strict=True)]


def _bordered(x: Array, padding: Any, value: Any) -> Array:
    """Return an array with margins along its last axes; itself where there are none."""
    if not any(map(any, padding)):
        return x
    lead = x.ndim - len(padding)
    wide = [n + low + max(high, 0) for n, (low, high) in zip(x.shape[lead:], padding, strict=True)]
    a = zeros((*x.shape[:lead], *wide), x.dtype, x)
    a = a + x.dtype.type(value) if value else a
    a[inside(x.shape[lead:], padding)] = x
    return a
