"""Pools as functions: maxima, means and powers of windows, and what undoes the first."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape, narrowed, wide
from autograd_lite.engine.watchpoints import verify
from autograd_lite.nn.functional.sizes import each_axis, extent, hashable, image, in_short, unmasked, windows_in
from autograd_lite.rules import pooling as rules
from autograd_lite.rules.common import detached


def max_pool1d(
    input: Array, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,  # noqa: A002
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """Return the maximum of each window along the last axis: `max_pool2d` for sequences.

    Examples
    --------
    >>> max_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2)
    array([[3., 2.]])
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Array, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,  # noqa: A002
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """Return the maximum of each window over the last two axes.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, height, width) or (channels, height, width)
        Images.
    kernel_size, stride, padding, dilation : int or tuple
        The size of a window along each axis, the distance between windows, by default that size, what stands around the
        images and is no maximum, at most half a window, and the distance between elements of a window.
    ceil_mode : bool
        Whether windows at the end may reach beyond the padded image.
    return_indices : bool
        Whether the places of the maxima are returned as well, counted through the whole image.

    Returns
    -------
    Tensor or array, or a tuple of two
        The maxima. Of equal ones, the first gets the whole gradient; nan is larger than every number.

    Raises
    ------
    ShapeError
        No image, or windows larger than it.
    ArgumentError
        Settings that are not as above.

    Examples
    --------
    >>> max_pool2d(np.arange(16.0).reshape(1, 4, 4), 2, return_indices=True)
    (array([[[ 5.,  7.],
            [13., 15.]]]), array([[[ 5,  7],
            [13, 15]]]))
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Array, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,  # noqa: A002
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """Return the maximum of each window over the last three axes: `max_pool2d` for volumes.

    Examples
    --------
    >>> max_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[7.]]]])
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool1d(
    input: Array, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,  # noqa: A002
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """Return the mean of each window along the last axis: `avg_pool2d` for sequences.

    Examples
    --------
    >>> avg_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2)
    array([[2., 1.]])
    """
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Array, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,  # noqa: A002
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """Return the mean of each window over the last two axes.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, height, width) or (channels, height, width)
        Images.
    kernel_size, stride, padding : int or tuple
        The size of a window along each axis, the distance between windows, by default that size, and the zeros around
        the images, at most half a window.
    ceil_mode : bool
        Whether windows at the end may reach beyond the padded image; what is beyond is not counted.
    count_include_pad : bool
        Whether the zeros are counted.
    divisor_override : int, optional
        By what sums are divided, instead of the number of elements.

    Raises
    ------
    ShapeError
        No image, or windows larger than it.
    ArgumentError
        Settings that are not as above.

    Examples
    --------
    >>> avg_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])
    """
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Array, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,  # noqa: A002
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """Return the mean of each window over the last three axes: `avg_pool2d` for volumes.

    Examples
    --------
    >>> avg_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[3.5]]]])
    """
    return _avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def lp_pool1d(
    input: Array, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False  # noqa: A002
) -> Any:  # fmt: skip
    """Return the root of the sum of powers of each window along the last axis: `lp_pool2d` for sequences.

    Examples
    --------
    >>> lp_pool1d(np.array([[3.0, 4.0]]), 2, 2)
    array([[5.]])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Array, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False  # noqa: A002
) -> Any:  # fmt: skip
    """Return ``sum(x**p)**(1 / p)`` of each window over the last two axes.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, height, width) or (channels, height, width)
        Images.
    norm_type : float
        The power `p`.
    kernel_size, stride, ceil_mode
        As of `avg_pool2d`.

    Notes
    -----
    As in PyTorch a window that reaches beyond the image is scaled up to a whole one, and powers are not of absolute
    values; a negative sum has no root. Where the sum is 0 the derivative is 0.

    Examples
    --------
    >>> lp_pool2d(np.array([[[1.0, 1.0], [1.0, 1.0]]]), 2, 2)
    array([[[2.]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Array, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False  # noqa: A002
) -> Any:  # fmt: skip
    """Return the root of the sum of powers of each window over the last three axes: `lp_pool2d` for volumes.

    Examples
    --------
    >>> lp_pool3d(np.ones((1, 2, 2, 1)), 2, (2, 2, 1))
    array([[[[2.]]]])
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


def max_unpool1d(
    input: Array, indices: Array, kernel_size: Any, stride: Any = None, padding: Any = 0,  # noqa: A002
    output_size: Any = None,
) -> Any:  # fmt: skip
    """Return sequences of zeros with maxima where they were: `max_unpool2d` along one axis.

    Examples
    --------
    >>> max_unpool1d(np.array([[3.0, 2.0]]), np.array([[1, 2]]), 2)
    array([[0., 3., 2., 0.]])
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Array, indices: Array, kernel_size: Any, stride: Any = None, padding: Any = 0,  # noqa: A002
    output_size: Any = None,
) -> Any:  # fmt: skip
    """Return images of zeros with maxima where they were: what undoes `max_pool2d` as far as it goes.

    Parameters
    ----------
    input, indices : Tensor or array, shape (batch, channels, height, width) or (channels, height, width)
        Both results of `max_pool2d` with ``return_indices=True``. Where an index occurs twice the last number stays.
    kernel_size, stride, padding : int or tuple
        As of that pool.
    output_size : tuple of int, optional
        The size of the images, or their whole shape, as several sizes give the same number of windows.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other, or an index beyond the images.

    Examples
    --------
    >>> max_unpool2d(np.array([[[7.0]]]), np.array([[[2]]]), 2)
    array([[[0., 0.],
            [7., 0.]]])
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Array, indices: Array, kernel_size: Any, stride: Any = None, padding: Any = 0,  # noqa: A002
    output_size: Any = None,
) -> Any:  # fmt: skip
    """Return volumes of zeros with maxima where they were: `max_unpool2d` over three axes.

    Examples
    --------
    >>> max_unpool3d(np.array([[[[7.0]]]]), np.array([[[[1]]]]), (1, 1, 2))
    array([[[[0., 7.]]]])
    """
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


# ----- what is common to all numbers of axes -----


@lru_cache(1024)
def _placed(
    n: int, what: str, sizes: Shape, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Any:
    """Return the settings of the operation, how many windows there are, and the padding at each end as it was given."""
    kernel = each_axis(kernel, n, "kernel_size", what)
    stride = kernel if stride is None or stride == () else each_axis(stride, n, "stride", what)
    padding, dilation = each_axis(padding, n, "padding", what, 0), each_axis(dilation, n, "dilation", what)
    window = extent(kernel, dilation)
    if any(p > k // 2 for p, k in zip(padding, kernel, strict=True)):
        instead = tuple([k // 2 for k in kernel])
        said = {"padding": padding, "window": kernel, "instead": instead}
        raise errors.ArgumentError(errors.POOL_PADDING.format(what=what, **said))
    padded = [size + 2 * p for size, p in zip(sizes, padding, strict=True)]
    counts = _counted(sizes, padding, window, stride) if ceil_mode else windows_in(padded, window, stride, what)
    if min(counts) < 1:
        raise errors.ShapeError(errors.WINDOW_SIZE.format(what=what, window=window, size=tuple(padded)))
    starts = [np.arange(c) * s - p for c, s, p in zip(counts, stride, padding, strict=True)]
    if not all(map(_all_inside, starts, sizes, kernel, dilation)):
        raise errors.ShapeError(errors.POOL_EMPTY.format(what=what, window=window, size=sizes))
    ends = [(c - 1) * s + k for c, s, k in zip(counts, stride, window, strict=True)]
    beyond = tuple([max(end - size, 0) for end, size in zip(ends, padded, strict=True)])
    pads = tuple([(p, p + more) for p, more in zip(padding, beyond, strict=True)])
    how = {"kernel": kernel, "stride": stride, "padding": in_short(pads), "dilation": dilation}
    return how, counts, padding


def _counted(sizes: Shape, padding: Shape, window: Shape, stride: Shape) -> tuple[int, ...]:
    """Return how many windows there are where the last may reach beyond the end: all that begin before it."""
    counts = []
    for size, p, k, s in zip(sizes, padding, window, stride, strict=True):
        count = -(-(size + 2 * p - k) // s) + 1
        counts.append(count - ((count - 1) * s >= size + p))
    return tuple(counts)


def _all_inside(starts: Array, size: int, kernel: int, dilation: int) -> bool:
    """Tell whether each window has an element of the input."""
    places = starts[:, None] + np.arange(kernel) * dilation
    return bool(((places >= 0) & (places < size)).any(1).all())


def _max_pool(
    n: int, input: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, indices: bool  # noqa: A002
) -> Any:  # fmt: skip
    x = image(input, n, f"max_pool{n}d()")
    given = hashable(kernel), hashable(stride), hashable(padding), hashable(dilation)
    how, *_ = _placed(n, f"max_pool{n}d()", tuple(x.shape[-n:]), *given, bool(ceil_mode))
    y = rules.max_pool(x, **how)
    return (y, rules.places_of_largest(detached(x), detached(y), **how)) if indices else y


def _avg_pool(
    n: int, input: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, padded: bool, divisor: Any,  # noqa: A002
    name: str = "avg_pool",
) -> Any:  # fmt: skip
    what = f"{name}{n}d()"
    x = image(input, n, what)
    if divisor is not None and divisor == 0:
        raise errors.ArgumentError(errors.DIVISOR.format(what=what))
    sizes = tuple(x.shape[-n:])
    placed = _placed(n, what, sizes, hashable(kernel), hashable(stride), hashable(padding), 1, bool(ceil_mode))
    how = {name: value for name, value in placed[0].items() if name != "dilation"}
    counts = divisor if divisor is not None else _counts(sizes, how["kernel"], how["stride"], *placed[1:], bool(padded))
    total = rules.window_sums(wide(x), **how)
    return narrowed(total / (counts if isinstance(counts, int) else counts.astype(total.dtype)), x.dtype)


@lru_cache(1024)
def _counts(sizes: Shape, kernel: Shape, stride: Shape, counts: Shape, padding: Shape, padded: bool) -> Any:
    """Return how many elements each window has: one number, or an array where windows differ."""
    along = []
    for size, k, s, count, p in zip(sizes, kernel, stride, counts, padding, strict=True):
        start = np.arange(count) * s - p
        end = np.minimum(start + k, size + p)
        along.append(end - start if padded else np.minimum(end, size) - np.maximum(start, 0))
    if all(len(set(c.tolist())) == 1 for c in along):
        return math.prod([int(c[0]) for c in along])
    grid = np.ones((), np.int64)
    for c in along:
        grid = grid[..., None] * c
    return grid


def _lp_pool(n: int, input: Any, norm_type: float, kernel: Any, stride: Any, ceil_mode: bool) -> Any:  # noqa: A002
    what = f"lp_pool{n}d()"
    x = image(input, n, what)
    means = _avg_pool(n, x**norm_type, kernel, stride, 0, ceil_mode, True, None, "lp_pool")
    sums = means * math.prod(each_axis(kernel, n, "kernel_size", what))
    present = detached(sums) != 0
    return np.where(present, np.where(present, sums, 1) ** (1.0 / norm_type), 0)


def _max_unpool(
    n: int, input: Any, indices: Any, kernel: Any, stride: Any, padding: Any, output_size: Any  # noqa: A002
) -> Any:  # fmt: skip
    what = f"max_unpool{n}d()"
    x, places = image(input, n, what), detached(unmasked(indices))
    if x.shape != places.shape:
        raise errors.ShapeError(errors.UNPOOL_SHAPE.format(what=what, given=x.shape, indices=places.shape))
    size = _unpooled(n, what, tuple(x.shape[-n:]), kernel, stride, padding, output_size)
    count, lead = math.prod(size), tuple(x.shape[:-n])
    text = errors.UNPOOL_INDEX.format(what=what, count=count, size=size)
    verify((places >= 0) & (places < count), text, errors.ShapeError)
    row = (*lead, math.prod(x.shape[-n:]))
    return rules.unpool(x.reshape(row), places.reshape(row), count=count).reshape((*lead, *size))


def _unpooled(n: int, what: str, sizes: Shape, kernel: Any, stride: Any, padding: Any, given: Any) -> Shape:
    """Return the size of unpooled images."""
    kernel = each_axis(kernel, n, "kernel_size", what)
    stride = kernel if stride is None else each_axis(stride, n, "stride", what)
    pads = each_axis(padding, n, "padding", what, 0)
    usual = tuple([(m - 1) * s + k - 2 * p for m, s, k, p in zip(sizes, stride, kernel, pads, strict=True)])
    if given is None:
        return usual
    wanted = each_axis(tuple(given)[-n:], n, "output_size", what)
    least, most = [tuple([u + sign * (s - 1) for u, s in zip(usual, stride, strict=True)]) for sign in (-1, 1)]
    if any(not a <= w <= b for a, w, b in zip(least, wanted, most, strict=True)):
        raise errors.ArgumentError(errors.OUTPUT_SIZE.format(what=what, given=wanted, least=usual, most=most))
    return wanted
