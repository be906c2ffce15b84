"""Pools into a given number of windows, which between them cover the input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite.base.elsewhere import sent
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.nn.functional.pooling import avg_pool1d, avg_pool2d, avg_pool3d
from autograd_lite.nn.functional.sizes import each_axis, image
from autograd_lite.rules.common import detached
from autograd_lite.rules.indexing import getitem

_AVERAGES = (avg_pool1d, avg_pool2d, avg_pool3d)


def adaptive_avg_pool1d(input: Array, output_size: Any) -> Any:  # noqa: A002 - PyTorch's name
    """Return means of so many windows along the last axis: `adaptive_avg_pool2d` for sequences.

    Examples
    --------
    >>> adaptive_avg_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2)
    array([[2., 1.]])
    """
    return _adaptive_avg_pool(1, input, output_size)


def adaptive_avg_pool2d(input: Array, output_size: Any) -> Any:  # noqa: A002 - PyTorch's name
    """Return means of so many windows over the last two axes.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, height, width) or (channels, height, width)
        Images.
    output_size : int or tuple of int or None
        How many windows there are along each axis; None for as many as there are elements. Of `n` elements and `m`
        windows, window `i` begins at element ``floor(i * n / m)`` and ends before ``ceil((i + 1) * n / m)``.

    Raises
    ------
    ShapeError
        No image.
    ArgumentError
        Sizes that are no whole numbers.

    Examples
    --------
    >>> adaptive_avg_pool2d(np.arange(9.0).reshape(1, 3, 3), (1, 2))
    array([[[3.5, 4.5]]])
    """
    return _adaptive_avg_pool(2, input, output_size)


def adaptive_avg_pool3d(input: Array, output_size: Any) -> Any:  # noqa: A002 - PyTorch's name
    """Return means of so many windows over the last three axes: `adaptive_avg_pool2d` for volumes.

    Examples
    --------
    >>> adaptive_avg_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[3.5]]]])
    """
    return _adaptive_avg_pool(3, input, output_size)


def adaptive_max_pool1d(input: Array, output_size: Any, return_indices: bool = False) -> Any:  # noqa: A002
    """Return maxima of so many windows along the last axis: `adaptive_max_pool2d` for sequences.

    Examples
    --------
    >>> adaptive_max_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2)
    array([[3., 2.]])
    """
    return _adaptive_max_pool(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Array, output_size: Any, return_indices: bool = False) -> Any:  # noqa: A002
    """Return maxima of so many windows over the last two axes, and perhaps their places, as `max_pool2d` does.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, height, width) or (channels, height, width)
        Images.
    output_size : int or tuple of int or None
        How many windows there are along each axis, see `adaptive_avg_pool2d`.
    return_indices : bool
        Whether the places of the maxima are returned as well.

    Examples
    --------
    >>> adaptive_max_pool2d(np.arange(9.0).reshape(1, 3, 3), (1, 2))
    array([[[7., 8.]]])
    """
    return _adaptive_max_pool(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Array, output_size: Any, return_indices: bool = False) -> Any:  # noqa: A002
    """Return maxima of so many windows over the last three axes: `adaptive_max_pool2d` for volumes.

    Examples
    --------
    >>> adaptive_max_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[7.]]]])
    """
    return _adaptive_max_pool(3, input, output_size, return_indices)


def _sized(n: int, input: Any, output_size: Any, what: str) -> tuple[Array, Shape, Shape]:  # noqa: A002
    """Return the input, its size and that of the result."""
    x = image(input, n, what)
    sizes = tuple(x.shape[-n:])
    given = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * n
    if len(given) == n:
        given = tuple([m if g is None else g for g, m in zip(given, sizes, strict=True)])
    return x, sizes, each_axis(given, n, "output_size", what)


def _adaptive_avg_pool(n: int, input: Any, output_size: Any) -> Any:  # noqa: A002
    x, sizes, out = _sized(n, input, output_size, f"adaptive_avg_pool{n}d()")
    if not any(m % k for m, k in zip(sizes, out, strict=True)):
        return _AVERAGES[n - 1](x, tuple([m // k for m, k in zip(sizes, out, strict=True)]))
    for axis, (m, k) in enumerate(zip(sizes, out, strict=True), len(x.shape) - n):
        x = _averages(x, axis, m, k)
    return x


def _averages(x: Array, axis: int, size: int, count: int) -> Array:
    """Return the means of windows along one axis."""
    places, inside = _windows(size, count)
    tail = (1,) * (len(x.shape) - axis - 1)
    picked = getitem(x, key=(*(slice(None),) * axis, places))
    kept = np.where(sent(inside.reshape((*inside.shape, *tail)), x), picked, sent(np.zeros((), x.dtype), x))
    counts = sent(inside.sum(1).astype(x.dtype).reshape((count, *tail)), x)
    return kept.sum(axis + 1) / counts


@lru_cache(256)
def _windows(size: int, count: int) -> tuple[Array, Array]:
    """Return the elements of each window, as many as the longest one has, and which of these are its own."""
    at = np.arange(count)
    start, end = at * size // count, -(-(at + 1) * size // count)
    places = start[:, None] + np.arange((end - start).max())
    return np.minimum(places, end[:, None] - 1), places < end[:, None]


def _adaptive_max_pool(n: int, input: Any, output_size: Any, return_indices: bool) -> Any:  # noqa: A002
    x, sizes, out = _sized(n, input, output_size, f"adaptive_max_pool{n}d()")
    lead, size, count = tuple(x.shape[:-n]), math.prod(sizes), math.prod(out)
    places = _elements(sizes, out)
    flat = x.reshape((*lead, size))
    best = np.argmax(getitem(detached(flat), key=(*(slice(None),) * len(lead), places)), -1)
    chosen = getitem(np.broadcast_to(places, (*lead, *places.shape)), key=(*_grid((*lead, count)), best))
    y = getitem(flat, key=(*_grid((*lead, 1))[:-1], chosen)).reshape((*lead, *out))
    return (y, chosen.reshape((*lead, *out))) if return_indices else y


def _grid(shape: Shape) -> Sequence[Array]:
    return tuple([np.arange(m).reshape([-1 if i == k else 1 for i in range(len(shape))]) for k, m in enumerate(shape)])


@lru_cache(256)
def _elements(sizes: Shape, out: Shape) -> Array:
    """Return the elements of each window, counted through the image, shape (windows, elements); some of them twice."""
    found = np.zeros((1, 1), np.int64)
    for size, count in zip(sizes, out, strict=True):
        places, _ = _windows(size, count)
        found = found[:, None, :, None] * size + places[None, :, None, :]
        found = found.reshape((found.shape[0] * count, -1))
    return found
