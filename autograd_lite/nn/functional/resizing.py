"""Images made larger or smaller, and channels made of pixels."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.nn.functional import adaptive
from autograd_lite.nn.functional.sizes import each_axis, image_shape, unmasked

_LINEAR = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
"""The modes that are about a number of axes."""
_PLAIN = ("nearest", "nearest-exact", "area")
_AREAS = (adaptive.adaptive_avg_pool1d, adaptive.adaptive_avg_pool2d, adaptive.adaptive_avg_pool3d)
KEYS = -0.75
"""The free number of Keys' cubic function, as PyTorch has it."""


def interpolate(
    input: Array, size: Any = None, scale_factor: Any = None, mode: str = "nearest",  # noqa: A002
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Any:  # fmt: skip
    """Return images of another size.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, width), (batch, channels, height, width) or with a depth before
        Images.
    size : int or tuple of int, optional
        The new size along each axis.
    scale_factor : float or tuple of float, optional
        By what the size is multiplied, instead.
    mode : {"nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area"}
        What stands between pixels: the nearest one, as PyTorch always had it or by the middle of pixels; what lies on a
        line between two, along one, two or three axes; a cubic function of four; or the mean of an area.
    align_corners : bool, optional
        Whether the middles of the outermost pixels stay where they are, and not the edges of the image.
    recompute_scale_factor : bool, optional
        Whether factors are those of the sizes, which are rounded.
    antialias : bool
        Whether a smaller image is made of all pixels that belong to a new one, and not of those around its middle: with
        the modes "bilinear" and "bicubic".

    Raises
    ------
    ShapeError
        No images.
    ArgumentError
        Neither a size nor a factor, or both, or another mode.

    Notes
    -----
    The cubic function is that of R. Keys, "Cubic convolution interpolation for digital image processing" (1981), with
    -0.75 for its free number, as in PyTorch, and -0.5 with `antialias`.

    Examples
    --------
    >>> interpolate(np.array([[[1.0, 3.0]]]), scale_factor=2, mode="linear")
    array([[[1. , 1.5, 2.5, 3. ]]])
    """
    x: Array = unmasked(input)
    n = len(x.shape) - 2
    if n not in (1, 2, 3):
        missing = ", ".join(["None"] * (2 - len(x.shape)) + ["None"])
        instead = f"x[{missing}]" if n < 1 else f"x.reshape({(-1, *x.shape[-4:])})"
        raise errors.ShapeError(errors.RESIZE_SHAPE.format(given=tuple(x.shape), instead=instead))
    _check_mode(mode, n, x.shape, align_corners, antialias)
    sizes, factors = _goal(tuple(x.shape[2:]), size, scale_factor, recompute_scale_factor)
    if mode == "area":
        return _AREAS[n - 1](x, sizes)
    kind = mode if mode in _PLAIN else "cubic" if mode == "bicubic" else "linear"
    kind = f"smooth {kind}" if antialias else kind
    kind = "image" if mode == "nearest" and n == 2 else kind  # noqa: PLR2004 - of which PyTorch takes other pixels
    for axis, (count, factor) in enumerate(zip(sizes, factors, strict=True), 2):
        x = _resized(x, axis, _taps(kind, x.shape[axis], count, factor, bool(align_corners)))
    return x


def upsample(
    input: Array, size: Any = None, scale_factor: Any = None, mode: str = "nearest",  # noqa: A002
    align_corners: bool | None = None,
) -> Any:  # fmt: skip
    """Return images of another size: `interpolate` by its older name.

    Examples
    --------
    >>> upsample(np.array([[[1.0, 3.0]]]), 4)
    array([[[1., 1., 3., 3.]]])
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Array, size: Any = None, scale_factor: Any = None) -> Any:  # noqa: A002
    """Return images of another size, of the nearest pixels: `interpolate` with ``mode="nearest"``.

    Examples
    --------
    >>> upsample_nearest(np.array([[[1.0, 3.0]]]), scale_factor=2)
    array([[[1., 1., 3., 3.]]])
    """
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Array, size: Any = None, scale_factor: Any = None) -> Any:  # noqa: A002
    """Return images of another size, by lines between pixels: `interpolate` with the corners aligned.

    Examples
    --------
    >>> upsample_bilinear(np.array([[[[1.0, 3.0]]]]), (1, 3))
    array([[[[1., 2., 3.]]]])
    """
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)


def channel_shuffle(input: Array, groups: int) -> Any:  # noqa: A002 - PyTorch's name
    """Return images whose channels are taken from each of several groups in turn.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, ...)
        Images.
    groups : int
        In how many equal parts the channels are divided.

    Raises
    ------
    ShapeError
        No channels, or channels that cannot be divided like this.

    Examples
    --------
    >>> channel_shuffle(np.arange(6.0).reshape(1, 6, 1), 2).ravel()
    array([0., 3., 1., 4., 2., 5.])
    """
    x: Array = unmasked(input)
    if len(x.shape) < 3:  # noqa: PLR2004 - batch, channels, and one more
        raise errors.ShapeError(image_shape(x.shape, 1, "channel_shuffle()"))
    (groups,) = each_axis(groups, 1, "groups", "channel_shuffle()")
    batch, channels, *sizes = x.shape
    _check_division("channel_shuffle()", channels, groups, x.shape)
    parts = x.reshape((batch, groups, channels // groups, *sizes))
    return np.swapaxes(parts, 1, 2).reshape(x.shape)


def pixel_shuffle(input: Array, upscale_factor: int) -> Any:  # noqa: A002 - PyTorch's name
    """Return larger images of fewer channels: shape (..., c * r * r, h, w) becomes (..., c, h * r, w * r).

    Raises
    ------
    ShapeError
        Channels that cannot be divided like this.

    Examples
    --------
    >>> pixel_shuffle(np.arange(4.0).reshape(4, 1, 1), 2)
    array([[[0., 1.],
            [2., 3.]]])
    """
    x = _with_channels(input, "pixel_shuffle()")
    (r,) = each_axis(upscale_factor, 1, "upscale_factor", "pixel_shuffle()")
    *lead, channels, h, w = x.shape
    _check_division("pixel_shuffle()", channels, r * r, x.shape)
    parts = x.reshape((*lead, channels // (r * r), r, r, h, w))
    k = len(lead)
    moved = parts.transpose((*range(k + 1), k + 3, k + 1, k + 4, k + 2))
    return moved.reshape((*lead, channels // (r * r), h * r, w * r))


def pixel_unshuffle(input: Array, downscale_factor: int) -> Any:  # noqa: A002 - PyTorch's name
    """Return smaller images of more channels: shape (..., c, h * r, w * r) becomes (..., c * r * r, h, w).

    Raises
    ------
    ShapeError
        A height or width that cannot be divided.

    Examples
    --------
    >>> pixel_unshuffle(np.array([[[0.0, 1.0], [2.0, 3.0]]]), 2).ravel()
    array([0., 1., 2., 3.])
    """
    x = _with_channels(input, "pixel_unshuffle()")
    (r,) = each_axis(downscale_factor, 1, "downscale_factor", "pixel_unshuffle()")
    *lead, channels, h, w = x.shape
    _check_division("pixel_unshuffle()", h, r, x.shape)
    _check_division("pixel_unshuffle()", w, r, x.shape)
    k = len(lead)
    parts = x.reshape((*lead, channels, h // r, r, w // r, r))
    moved = parts.transpose((*range(k + 1), k + 2, k + 4, k + 1, k + 3))
    return moved.reshape((*lead, channels * r * r, h // r, w // r))


def _with_channels(input: Any, what: str) -> Array:  # noqa: A002
    x: Array = unmasked(input)
    if len(x.shape) < 3:  # noqa: PLR2004 - channels, height, width
        raise errors.ShapeError(image_shape(x.shape, 2, what))
    return x


def _check_division(what: str, size: int, factor: int, shape: Shape) -> None:
    if size % factor:
        raise errors.ShapeError(errors.SHUFFLE.format(what=what, size=size, factor=factor, given=tuple(shape)))


def _check_mode(mode: str, n: int, shape: Shape, align_corners: Any, antialias: bool) -> None:
    if mode not in _PLAIN and _LINEAR.get(mode) != n:
        known = [m for m in (*_PLAIN, *_LINEAR) if _LINEAR.get(m, n) == n]
        instead = " or ".join([", ".join(map(repr, known[:-1])), repr(known[-1])])
        raise errors.ArgumentError(errors.RESIZE_MODE.format(given=mode, shape=tuple(shape), instead=instead))
    if mode in _PLAIN and align_corners is not None:
        raise errors.ArgumentError(errors.RESIZE_CORNERS.format(mode=mode))
    if antialias and mode not in ("bilinear", "bicubic"):
        raise errors.UnsupportedError(errors.RESIZE_ANTIALIAS.format(mode=mode))


def _goal(sizes: Shape, size: Any, factor: Any, recompute: Any) -> tuple[Shape, tuple[float | None, ...]]:
    """Return the new size of each axis, and its factor where one is given."""
    if (size is None) == (factor is None):
        given = "neither a size nor a scale_factor" if size is None else "both a size and a scale_factor"
        raise errors.ArgumentError(errors.RESIZE_GOAL.format(given=given))
    n = len(sizes)
    if factor is None:
        return each_axis(size, n, "size", "interpolate()"), (None,) * n
    factors = tuple(factor) if isinstance(factor, (tuple, list)) else (factor,) * n
    if len(factors) != n or not all(isinstance(f, (int, float, np.number)) and 0 < f < math.inf for f in factors):
        raise errors.ArgumentError(errors.RESIZE_FACTOR.format(given=factor, n=n, instead=(2.0,) * n))
    counts = tuple([math.floor(m * f) for m, f in zip(sizes, factors, strict=True)])
    counts = each_axis(counts, n, "size", "interpolate()")
    return counts, (None,) * n if recompute else tuple(map(float, factors))


@lru_cache(256)
def _taps(kind: str, size: int, count: int, factor: float | None, corners: bool) -> list[tuple[Array, Array | None]]:
    """Return, for one axis, which elements a new one is made of and with which weights; None for 1."""
    at = np.arange(count)
    if count == size and kind in ("image", "linear"):  # as in PyTorch, whatever the factor
        return [(at, None)]
    if count == 2 * size and kind == "image":
        return [(at // 2, None)]
    step = size / count if factor is None else 1 / factor
    if kind in ("nearest", "nearest-exact", "image"):
        offset = 0.5 if kind == "nearest-exact" else 0.0
        places = np.floor((at.astype(np.float32) + np.float32(offset)) * np.float32(step)).astype(np.int64)
        return [(np.minimum(places, size - 1), None)]
    between = (size - 1) / (count - 1) if count > 1 else 0.0
    if kind.startswith("smooth"):
        return _smooth(kind, size, (at + 0.5) * (between if corners else step), between if corners else step)
    place = at * between if corners else (at + 0.5) * step - 0.5
    if kind == "linear":
        place = np.maximum(place, 0.0)
        first = np.minimum(np.floor(place).astype(np.int64), size - 1)
        share = np.clip(place - first, 0.0, 1.0)
        return [(first, 1 - share), (np.minimum(first + 1, size - 1), share)]
    first = np.floor(place).astype(np.int64)
    return [(np.clip(first + k, 0, size - 1), _cubic(np.abs(place - first - k))) for k in (-1, 0, 1, 2)]


def _smooth(kind: str, size: int, middle: Array, step: float) -> list[tuple[Array, Array | None]]:
    """Return the elements that belong to new ones in these places, as wide as a step, and their shares."""
    wide = max(step, 1.0)
    reach = (2 if kind == "smooth cubic" else 1) * wide
    first = np.maximum((middle - reach + 0.5).astype(np.int64), 0)
    end = np.minimum((middle + reach + 0.5).astype(np.int64), size)
    places = first[:, None] + np.arange((end - first).max())
    d = np.abs(places - middle[:, None] + 0.5) / wide
    shares = _cubic(d, -0.5) if kind == "smooth cubic" else np.maximum(1 - d, 0.0)  # the numbers of PyTorch
    shares = np.where(places < end[:, None], shares, 0.0)
    shares = shares / shares.sum(1, keepdims=True)
    return list(zip(np.minimum(places, size - 1).T, shares.T, strict=True))


def _cubic(d: Array, a: float = KEYS) -> Array:
    """Return the weight of an element at distance `d`."""
    return np.where(d <= 1, near(d, a), np.where(d < 2, far(d, a), 0.0))  # noqa: PLR2004 - it reaches two elements far


def near(d: Array, a: float = KEYS) -> Array:
    """Return the weight of an element at a distance of up to 1."""
    return ((a + 2) * d - (a + 3)) * d * d + 1


def far(d: Array, a: float = KEYS) -> Array:
    """Return that at a distance from 1 to 2."""
    return ((d - 5) * d + 8) * d * a - 4 * a


def _resized(x: Array, axis: int, taps: list[tuple[Array, Array | None]]) -> Array:
    """Return weighted sums of elements along one axis."""
    total: Array = None
    for places, weight in taps:
        part = np.take(x, places, axis)
        if weight is not None:
            part = part * weight.astype(x.dtype).reshape((-1, *(1,) * (len(x.shape) - axis - 1)))
        total = part if total is None else total + part
    return total
