"""Images looked at in other places: grids of places, and what an image has there."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.nn.functional.resizing import far, near
from autograd_lite.nn.functional.sizes import unmasked
from autograd_lite.rules.common import detached
from autograd_lite.rules.indexing import getitem

_MODES = ("bilinear", "nearest", "bicubic")
_MARGINS = ("zeros", "border", "reflection")
_FAR = 1e9
"""A place beyond all images, for those that are no numbers."""

Tap = tuple[Array, Array]
"""The element of an axis that is taken at each place, and by what it is multiplied."""


def grid_sample(
    input: Array, grid: Array, mode: str = "bilinear", padding_mode: str = "zeros",  # noqa: A002
    align_corners: bool | None = None,
) -> Any:  # fmt: skip
    """Return what images have at places that lie between pixels.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, height, width) or with a depth before the height
        Images.
    grid : Tensor or array, shape (batch, h, w, 2) or (batch, d, h, w, 3)
        The places, the coordinate along the width first: -1 is the first end of an axis, 1 the last.
    mode : {"bilinear", "nearest", "bicubic"}
        What stands between pixels: what lies on lines between them, the nearest one, or, in images, a cubic function.
    padding_mode : {"zeros", "border", "reflection"}
        What is beyond the image: 0, its outermost pixels, or the image reflected at its ends.
    align_corners : bool, optional
        Whether an end is the middle of the outermost pixel, and not its edge, as it is by default.

    Returns
    -------
    Tensor or array, shape (batch, channels, h, w) or (batch, channels, d, h, w)
        With derivatives by the images and by the places.

    Raises
    ------
    ShapeError
        No images, or a grid that does not belong to them.
    ArgumentError
        A mode that is none of these.

    Notes
    -----
    From M. Jaderberg, K. Simonyan, A. Zisserman and K. Kavukcuoglu, "Spatial transformer networks" (2015). Where the
    nearest pixel changes, and at the ends of an image with ``padding_mode="border"``, the derivative is 0.

    Examples
    --------
    >>> image = np.array([[[[1.0, 3.0]]]])
    >>> grid_sample(image, np.array([[[[-1.0, 0.0], [0.0, 0.0]]]]), align_corners=True)
    array([[[[1., 2.]]]])
    """
    x, places = unmasked(input), unmasked(grid)
    n = len(x.shape) - 2
    _check(x.shape, places.shape, mode, padding_mode)
    taps = []
    for axis, size in enumerate(x.shape[2:]):
        at = _pixels(places[..., n - 1 - axis], size, bool(align_corners))
        taps.append(_TAPS[mode](at, size, _beyond(padding_mode, size, bool(align_corners))))
    total: Any = None
    for chosen in itertools.product(*taps):
        weight = chosen[0][1]
        for _, more in chosen[1:]:
            weight = weight * more
        part = _taken(x, [at for at, _ in chosen]) * weight[:, None]
        total = part if total is None else total + part
    return total


def affine_grid(theta: Array, size: Any, align_corners: bool | None = None) -> Any:
    """Return the places that an affine map makes of those of an image, for `grid_sample`.

    Parameters
    ----------
    theta : Tensor or array, shape (batch, 2, 3) or (batch, 3, 4)
        Of each map a matrix, and what is added.
    size : tuple of int
        The shape of the images that are made: (batch, channels, h, w), or with a depth before the height.
    align_corners : bool, optional
        As of `grid_sample`.

    Raises
    ------
    ShapeError
        Maps that do not belong to a size.

    Examples
    --------
    >>> affine_grid(np.array([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]]), (1, 1, 1, 2))
    array([[[[0., 0.],
             [1., 0.]]]])
    """
    maps, sizes = unmasked(theta), tuple(size)
    n = len(sizes) - 2
    if n not in (2, 3) or tuple(maps.shape) != (sizes[0], n, n + 1):
        raise errors.ShapeError(errors.AFFINE_MAPS.format(given=tuple(maps.shape), size=sizes))
    axes = [_middles(m, bool(align_corners)) for m in sizes[2:]]
    known = [*np.meshgrid(*axes, indexing="ij")[::-1], np.ones(sizes[2:])]
    flat = np.stack(known, -1).reshape((-1, n + 1)).astype(maps.dtype)
    return (flat @ np.swapaxes(maps, 1, 2)).reshape((sizes[0], *sizes[2:], n))


def _middles(count: int, corners: bool) -> Array:
    """Return the places of the pixels of an axis."""
    ends = np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(count)
    return ends if corners else ends * ((count - 1) / max(count, 1))


def _check(image: Shape, grid: Shape, mode: str, margin: str) -> None:
    n = len(image) - 2
    if n not in (2, 3) or len(grid) != n + 2 or grid[-1] != n or grid[0] != image[0] or 0 in image[1:]:
        raise errors.ShapeError(errors.GRID_SHAPE.format(given=tuple(image), grid=tuple(grid)))
    for name, given, known in (("mode", mode, _MODES[: 5 - n]), ("padding_mode", margin, _MARGINS)):  # no cubic volumes
        if given not in known:
            instead = " or ".join(map(repr, known))
            raise errors.ArgumentError(errors.GRID_MODE.format(name=name, given=given, known=instead))


def _pixels(place: Array, size: int, corners: bool) -> Array:
    """Return places from -1 to 1 as places among the pixels of an axis, of which the first is 0."""
    return (place + 1) / 2 * (size - 1) if corners else ((place + 1) * size - 1) / 2


def _beyond(margin: str, size: int, corners: bool) -> Callable[[Array], Array]:
    """Return what brings places back into an axis."""

    def bordered(at: Array) -> Array:
        known = detached(at)
        return np.where((known > 0) & (known < size - 1), at, np.where(known >= size - 1, at.dtype.type(size - 1), 0))

    def reflected(at: Array) -> Array:
        low, span = (0.0, float(size - 1)) if corners else (-0.5, float(size))
        if not span:
            return bordered(at * 0)
        known = detached(at) - low
        turns = np.floor(np.abs(known) / span)
        along = np.where(known < 0, low - at, at - low) - turns * span
        return bordered(np.where(turns % 2 == 0, along + low, span - along + low))

    return {"zeros": lambda at: at, "border": bordered, "reflection": reflected}[margin]


def _tap(at: Array, weight: Array, size: int) -> Tap:
    """Return whole numbers as elements of an axis, of which those beyond it count nothing."""
    inside = (at >= 0) & (at < size)
    return np.where(inside, at, 0).astype(np.int64), np.where(inside, weight, 0)


def _nearest(at: Array, size: int, back: Callable[[Array], Array]) -> list[Tap]:
    known = np.rint(_finite(detached(back(at))))
    return [_tap(known, np.ones((), at.dtype), size)]


def _lines(at: Array, size: int, back: Callable[[Array], Array]) -> list[Tap]:
    at = back(at)
    first = np.floor(_finite(detached(at)))
    share = at - first
    return [_tap(first, 1 - share, size), _tap(first + 1, share, size)]


def _cubics(at: Array, size: int, back: Callable[[Array], Array]) -> list[Tap]:
    first = np.floor(_finite(detached(at)))
    share = at - first
    weights = [far(share + 1), near(share), near(1 - share), far(2 - share)]
    return [_tap(detached(back(first + k)), weight, size) for k, weight in enumerate(weights, -1)]


_TAPS = {"nearest": _nearest, "bilinear": _lines, "bicubic": _cubics}


def _finite(at: Array) -> Array:
    return np.where(np.abs(at) < _FAR, at, -_FAR).astype(at.dtype)


def _taken(x: Array, at: list[Array]) -> Array:
    """Return the elements of images at places, shape (batch, channels, ...)."""
    batch = np.arange(x.shape[0]).reshape((-1, *(1,) * (len(at[0].shape) - 1)))
    return np.moveaxis(getitem(x, key=(batch, slice(None), *at)), -1, 1)
