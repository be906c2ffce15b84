"""Windows over arrays, as convolutions and pools see them: plain functions of arrays.

A compiled program calls them as they are, and its text has theirs; so each needs nothing but NumPy and the others here.
`kernel`, `stride`, `padding` and `dilation` have a number for each axis of windows, the last ones of an array; of
`padding` it may be a pair, of what stands before and behind.

Images have the shape (batch, channels, ...), and the batch lies innermost in memory where they have come from here: a
window is copied in runs of it, there is nothing to transpose before or after a product, and NumPy's elementwise
functions keep that order by themselves ("K"). Sums that overflow are infinite, and nothing warns of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def product(sizes: Any) -> Any:
    """Return the product of whole numbers."""
    count = 1
    for n in sizes:
        count *= n
    return count


def pairs(padding: Any) -> Any:
    """Return what stands before and behind each axis."""
    return [(p, p) if isinstance(p, int) else p for p in padding]


def inside(sizes: Any, padding: Any) -> Any:
    """Return the index of what margins stand around."""
    return (..., *[slice(low, low + n) for n, (low, _) in zip(sizes, padding, strict=True)])


def bordered(x: Any, padding: Any, value: Any) -> Any:
    """Return an array with margins of one value along its last axes; itself where there are none."""
    if not any(map(any, padding)):
        return x
    sizes = x.shape[x.ndim - len(padding) :]
    shape = [n + low + high for n, (low, high) in zip(sizes, padding, strict=True)]
    out = np.full_like(x, value, shape=(*x.shape[: x.ndim - len(padding)], *shape))
    out[inside(sizes, padding)] = x
    return out


def steps(sizes: Any, kernel: Any, stride: Any, dilation: Any) -> Any:
    """Return how many windows there are along each axis."""
    return tuple([(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)])


def places(kernel: Any, out: Any, stride: Any, dilation: Any) -> Any:
    """Return, for each element of a window, the index of that element of all windows."""
    spans = [
        [slice(i * d, i * d + (n - 1) * s + 1, s) for i in range(k)]
        for k, n, s, d in zip(kernel, out, stride, dilation, strict=True)
    ]
    return [(..., *[spans[axis][i] for axis, i in enumerate(at)]) for at in np.ndindex(*kernel)]


def windows(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return all windows over the last axes: behind the other axes those of a window, and then those of windows."""
    padding = pairs(padding)
    a = bordered(x, padding, 0)
    lead = a.ndim - len(kernel)
    out = steps(a.shape[lead:], kernel, stride, dilation)
    inner = [d * step for d, step in zip(dilation, a.strides[lead:], strict=True)]
    outer = [s * step for s, step in zip(stride, a.strides[lead:], strict=True)]
    shape, strides = (*a.shape[:lead], *kernel, *out), (*a.strides[:lead], *inner, *outer)
    return np.lib.stride_tricks.as_strided(a, shape, strides).copy()


def folded(g: Any, size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return the sums of all windows, each at its place: the transpose of `windows`, for axes of `size`."""
    padding = pairs(padding)
    full = [m + low + high for m, (low, high) in zip(size, padding, strict=True)]
    return overlapped(g, g.ndim - 2 * len(kernel), full, stride, dilation)[inside(size, padding)]


def overlapped(parts: Any, lead: Any, full: Any, stride: Any, dilation: Any) -> Any:
    """Return the sums of windows, (*lead, *kernel, *windows, ...), each at its place in axes of lengths `full`.

    One axis goes after the other: so there are not as many additions as elements in a window.
    """
    for axis in reversed(range(len(full))):
        k, to = lead + axis, lead + 2 * axis + 1
        n, s, d = parts.shape[to], stride[axis], dilation[axis]
        shape = (*parts.shape[:k], *parts.shape[k + 1 : to], full[axis], *parts.shape[to + 1 :])
        out = np.zeros(shape, parts.dtype)
        with np.errstate(all="ignore"):
            for i in range(parts.shape[k]):
                place = (slice(None),) * (to - 1) + (slice(i * d, i * d + (n - 1) * s + 1, s),)
                out[place] += parts[(slice(None),) * k + (i,)]
        parts = out
    return parts


# ----- convolutions -----


def batch_last(x: Any) -> Any:
    """Return images with the batch as the innermost axis, and lying so in memory."""
    return np.ascontiguousarray(x.transpose((*range(1, x.ndim), 0)))


def batch_first(a: Any) -> Any:
    """Return what `batch_last` was given, as a view."""
    return a.transpose((a.ndim - 1, *range(a.ndim - 1)))


def columns(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return a view of all windows of images: (channels, *kernel, *windows, batch)."""
    sizes = x.shape[2:]
    full = [m + low + high for m, (low, high) in zip(sizes, padding, strict=True)]
    if any(map(any, padding)):
        wide = [m + low + max(high, 0) for m, (low, high) in zip(sizes, padding, strict=True)]
        a = np.zeros((x.shape[1], *wide, len(x)), x.dtype)
        a[(slice(None), *inside(sizes, padding)[1:])] = x.transpose((*range(1, x.ndim), 0))
    else:
        a = batch_last(x)
    inner = [d * step for d, step in zip(dilation, a.strides[1:-1], strict=True)]
    outer = [s * step for s, step in zip(stride, a.strides[1:-1], strict=True)]
    shape = (x.shape[1], *kernel, *steps(full, kernel, stride, dilation), len(x))
    strides = (a.strides[0], *inner, *outer, a.strides[-1])
    return np.lib.stride_tricks.as_strided(a, shape, strides, writeable=False)


def blocks(out: Any, rows: Any, batch: Any, most: Any) -> Any:
    """Return parts of the first axis of windows, of columns of so many numbers at most, and the columns of each."""
    each = product(out[1:]) * batch
    step = max(1, most // max(1, rows * each))
    parts = [(i, min(i + step, out[0])) for i in range(0, out[0], step)]
    return [(slice(i, j), slice(i * each, j * each)) for i, j in parts]


def room_for(a: Any, lead: Any, parts: Any) -> Any:
    """Return memory for the largest of some parts of an array, which they take one after the other."""
    return np.empty(a[(*lead, parts[0][0])].size if parts else 0, a.dtype)


def copied(a: Any, room: Any) -> Any:
    """Return a copy of an array, in the first numbers of `room`."""
    out = room[: a.size].reshape(a.shape)
    out[...] = a
    return out


def convolved(x: Any, weight: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """Return the sums of all windows of `x`, (batch, in, ...), times `weight`, (out, in / groups, *kernel)."""
    if np.result_type(x, weight) == np.float16:  # summed up in single precision
        y = convolved(x.astype(np.float32), weight.astype(np.float32), stride, padding, dilation, groups)
        return y.astype(np.float16)
    padding = pairs(padding)
    outputs, inputs, *kernel = weight.shape
    windows_of = columns(x, kernel, stride, padding, dilation)
    out = windows_of.shape[1 + len(kernel) : -1]
    rows, lead = inputs * product(kernel), (slice(None),) * (1 + len(kernel))
    w = weight.reshape(groups, outputs // groups, rows)
    y = np.empty((groups, outputs // groups, product(out) * len(x)), np.result_type(x, weight))
    parts = blocks(out, rows * groups, len(x), 2**16)
    room = room_for(windows_of, lead, parts)
    with np.errstate(all="ignore"):
        for part, places_of in parts:
            cols = copied(windows_of[(*lead, part)], room)
            np.matmul(w, cols.reshape(groups, rows, places_of.stop - places_of.start), out=y[:, :, places_of])
    return batch_first(y.reshape(outputs, *out, len(x)))


def convolved_input(result: Any, weight: Any, size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """Return the share of the input of `convolved`, of axes of `size`, in `result`: its transpose."""
    if np.result_type(result, weight) == np.float16:
        g, w = result.astype(np.float32), weight.astype(np.float32)
        return convolved_input(g, w, size, stride, padding, dilation, groups).astype(np.float16)
    padding = pairs(padding)
    outputs, inputs, *kernel = weight.shape
    out, batch = result.shape[2:], len(result)
    pads = turned(out, weight, size, stride, padding, dilation, groups)
    if pads is not None:
        return convolved(result, transposed(weight, groups), stride, pads, dilation, groups)
    if all(s == 1 for s in stride):
        return by_taps(result, weight, size, padding, dilation, groups)
    rows = inputs * product(kernel)
    g = batch_last(result).reshape(groups, outputs // groups, product(out) * batch)
    w = weight.reshape(groups, outputs // groups, rows).swapaxes(1, 2)
    full = [m + low + max(high, 0) for m, (low, high) in zip(size, padding, strict=True)]
    a = np.zeros((groups * inputs, *full, batch), np.result_type(result, weight))
    with np.errstate(all="ignore"):
        for part, places_of in blocks(out, rows * groups, batch, 2**18):
            count, start = part.stop - part.start, part.start * stride[0]
            cols = (w @ g[:, :, places_of]).reshape(groups * inputs, *kernel, count, *out[1:], batch)
            reach = (count - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1
            a[:, start : start + reach] += overlapped(cols, 1, [reach, *full[1:]], stride, dilation)
    return batch_first(a[(slice(None), *inside(size, padding)[1:])])


def by_taps(result: Any, weight: Any, size: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """Return `convolved_input` of windows side by side: for each place in a window a product, added where it belongs.

    There is no matrix of columns, which the cache would not hold: four fifths of the time, of large batches two thirds.
    """
    outputs, inputs, *kernel = weight.shape
    out, batch = result.shape[2:], len(result)
    taps = weight.reshape(groups, outputs // groups, inputs, product(kernel)).transpose(3, 0, 2, 1)
    g = batch_last(result).reshape(groups, outputs // groups, *out, batch)
    full = [m + low + max(high, 0) for m, (low, high) in zip(size, padding, strict=True)]
    a = np.zeros((groups, inputs, *full, batch), np.result_type(result, weight))
    with np.errstate(all="ignore"):
        for part, _ in blocks(out, inputs * groups, batch, 2**16):
            some = np.ascontiguousarray(g[:, :, part]).reshape(groups, outputs // groups, -1)
            here = (part.stop - part.start, *out[1:])
            for (_, first, *rest), tap in zip(places(kernel, here, (1,) * len(out), dilation), taps, strict=True):
                rows = slice(first.start + part.start, first.stop + part.start)
                a[(slice(None), slice(None), rows, *rest)] += (tap @ some).reshape(groups, inputs, *here, batch)
    return batch_first(a.reshape(groups * inputs, *full, batch)[(slice(None), *inside(size, padding)[1:])])


def turned(out: Any, weight: Any, size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """Return the padding of a convolution with the reversed weight that does as well as its transpose, and faster.

    None where there is none, or it has many more products, or columns, than windows to be added up.
    """
    outputs, inputs, *kernel = weight.shape
    more = product(size) > 1.5 * product(out) or outputs * product(size) > 2.3 * groups * inputs * product(out)
    reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    pads = tuple([(n - low, n - high) for n, (low, high) in zip(reach, padding, strict=True)])
    return None if more or any(s != 1 for s in stride) or min(map(min, pads)) < 0 else pads


def transposed(weight: Any, groups: Any) -> Any:
    """Return a weight reversed along its windows, with inputs and outputs exchanged."""
    outputs, inputs, *kernel = weight.shape
    w = weight.reshape(groups, outputs // groups, inputs, *kernel).swapaxes(1, 2)
    return w[(..., *[slice(None, None, -1) for _ in kernel])].reshape(groups * inputs, outputs // groups, *kernel)


def convolved_weight(x: Any, result: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """Return the share of the weight of `convolved`, with axes of `kernel`, in `result`."""
    if np.result_type(x, result) == np.float16:
        a, g = x.astype(np.float32), result.astype(np.float32)
        return convolved_weight(a, g, kernel, stride, padding, dilation, groups).astype(np.float16)
    padding = pairs(padding)
    outputs, inputs = result.shape[1], x.shape[1] // groups
    windows_of = columns(x, kernel, stride, padding, dilation)
    out = result.shape[2:]
    rows, lead = inputs * product(kernel), (slice(None),) * (1 + len(kernel))
    g = batch_last(result).reshape(groups, outputs // groups, product(out) * len(x))
    w = np.zeros((groups, outputs // groups, rows), np.result_type(x, result))
    parts = blocks(out, rows * groups, len(x), 2**17)
    room = room_for(windows_of, lead, parts)
    with np.errstate(all="ignore"):
        for part, places_of in parts:
            cols = copied(windows_of[(*lead, part)], room)
            cols = cols.reshape(groups, rows, places_of.stop - places_of.start)
            w += (cols @ g[:, :, places_of].swapaxes(1, 2)).swapaxes(1, 2)
    return w.reshape(outputs, inputs, *kernel)


# ----- pools -----


def largest(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return the maximum of each window over the last axes, which go one after the other."""
    padding = pairs(padding)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min if any(map(any, padding)) else 0
    a = bordered(x, padding, lowest)
    for axis, (k, s, d) in enumerate(zip(kernel, stride, dilation, strict=True), x.ndim - len(kernel)):
        n = (a.shape[axis] - d * (k - 1) - 1) // s + 1
        parts = [a[(slice(None),) * axis + (slice(i * d, i * d + (n - 1) * s + 1, s),)] for i in range(k)]
        a = np.maximum(parts[0], parts[min(1, k - 1)])
        for part in parts[2:]:
            np.maximum(a, part, out=a)
    return a


def hits(x: Any, top: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Yield, for each element of a window, its index and where it is the first that is the maximum `top`.

    So the last one is where no other was.
    """
    padding = pairs(padding)
    a = bordered(x, padding, np.nan)
    undefined = np.isnan(top)
    unknown = bordered(np.isnan(x), padding, False) if undefined.any() else None
    free = np.ones_like(top, bool)
    *first, last = places(kernel, top.shape[top.ndim - len(kernel) :], stride, dilation)
    for place in first:
        hit = a[place] == top
        if unknown is not None:
            hit |= unknown[place] & undefined
        hit &= free
        free ^= hit
        yield place, hit
    yield last, free


def put_at_largest(g: Any, x: Any, top: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return `g` at the places of `x` at which the maxima `top` are, where windows overlap summed up."""
    padding = pairs(padding)
    sizes = x.shape[x.ndim - len(kernel) :]
    full = [n + low + high for n, (low, high) in zip(sizes, padding, strict=True)]
    shape = (*x.shape[: x.ndim - len(kernel)], *full)
    apart = all(s >= (k - 1) * d + 1 for k, s, d in zip(kernel, stride, dilation, strict=True))
    if g.strides != top.strides:  # what lies in another order would be read across the memory for each place
        g, share = np.empty_like(top, g.dtype), g
        g[...] = share
    finite = np.isfinite(g).all()
    # of windows side by side every element is written
    tiled = finite and apart and top.size * product(kernel) == product(shape)
    out = (np.empty_like if tiled else np.zeros_like)(x, g.dtype, shape=shape)
    with np.errstate(all="ignore"):
        for place, hit in hits(x, top, kernel, stride, padding, dilation):
            if not finite:
                out[place] += np.where(hit, g, 0)
            elif apart:
                np.multiply(g, hit, out=out[place])
            else:
                out[place] += g * hit
    return out[inside(sizes, padding)]


def taken_at_largest(v: Any, x: Any, top: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return the elements of `v` at the places of `x` at which the maxima `top` are."""
    padding = pairs(padding)
    a = bordered(v, padding, 0)
    out = np.zeros_like(top, v.dtype)
    for place, hit in hits(x, top, kernel, stride, padding, dilation):
        np.copyto(out, a[place], where=hit)
    return out


def places_of_largest(x: Any, top: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return where in the last axes of `x`, taken as one, the maxima `top` are."""
    padding = pairs(padding)
    n = len(kernel)
    sizes, out = x.shape[x.ndim - n :], top.shape[top.ndim - n :]
    found = np.zeros_like(top, np.int64)
    for at, (_, hit) in zip(np.ndindex(*kernel), hits(x, top, kernel, stride, padding, dilation), strict=True):
        flat = np.zeros((1,) * n, np.int64)
        for axis, i in enumerate(at):
            step = np.arange(out[axis]) * stride[axis] + i * dilation[axis] - padding[axis][0]
            flat = flat * sizes[axis] + step.reshape([-1 if k == axis else 1 for k in range(n)])
        np.copyto(found, flat, where=hit)
    return found


def sums(x: Any, kernel: Any, stride: Any, padding: Any) -> Any:
    """Return the sum of each window over the last axes, which go one after the other."""
    padding = pairs(padding)
    a = bordered(x, padding, 0)
    for axis, (k, s) in enumerate(zip(kernel, stride, strict=True), x.ndim - len(kernel)):
        n = (a.shape[axis] - k) // s + 1
        parts = [a[(slice(None),) * axis + (slice(i, i + (n - 1) * s + 1, s),)] for i in range(k)]
        with np.errstate(all="ignore"):
            a = parts[0] + parts[1] if k > 1 else parts[0].copy("K")
            for part in parts[2:]:
                a += part
    return a


def spread_sums(g: Any, size: Any, kernel: Any, stride: Any, padding: Any) -> Any:
    """Return each number of `g` at all places of its window, summed up: the transpose of `sums`."""
    padding = pairs(padding)
    lead = g.ndim - len(kernel)
    for axis, (k, s, n) in enumerate(zip(kernel, stride, size, strict=True), lead):
        low, high = padding[axis - lead]
        a = np.zeros_like(g, shape=(*g.shape[:axis], n + low + high, *g.shape[axis + 1 :]))
        with np.errstate(all="ignore"):
            for i in range(k):
                a[(slice(None),) * axis + (slice(i, i + (g.shape[axis] - 1) * s + 1, s),)] += g
        g = a[(slice(None),) * axis + (slice(low, low + n),)]
    return g


def unpooled(x: Any, at: Any, count: Any) -> Any:
    """Return `count` numbers along the last axis, those of `x` at its places and else 0; of several the last stays."""
    out = np.zeros((*x.shape[:-1], count), x.dtype)
    np.put_along_axis(out, at, x, -1)
    return out


def repooled(v: Any, at: Any) -> Any:
    """Return the numbers at places along the last axis, and 0 where another one stays: the transpose of `unpooled`."""
    order = np.broadcast_to(np.arange(at.shape[-1]), at.shape)
    last = np.zeros(v.shape, np.int64)
    np.put_along_axis(last, at, order, -1)
    return np.where(np.take_along_axis(last, at, -1) == order, np.take_along_axis(v, at, -1), 0)


KERNELS = (
    product, pairs, inside, bordered, steps, places, windows, folded, overlapped, batch_last, batch_first, columns,
    blocks, room_for, copied, convolved, convolved_input, by_taps, turned, transposed, convolved_weight, largest, hits,
    put_at_largest, taken_at_largest, places_of_largest, sums, spread_sums, unpooled, repooled,
)  # fmt: skip
