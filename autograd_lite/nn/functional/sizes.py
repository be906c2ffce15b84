"""What convolutions, pools and their kin are told of each axis, and the shapes of images."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine.operands import refuse_masked, with_shape

_LETTERS = ("L", "HW", "DHW")


def unmasked(x: Any) -> Array:
    """Return what is given as an array; a masked one, whose mask would be lost, is refused."""
    refuse_masked(x)
    return with_shape(x)


def each_axis(given: Any, n: int, name: str, what: str, least: int = 1) -> tuple[int, ...]:
    """Return a number for each of `n` axes, of one for all or one for each."""
    if given.__class__ is int and given >= least:
        return (given,) * n
    try:
        numbers = tuple(map(operator.index, given)) if isinstance(given, (tuple, list)) else (operator.index(given),)
    except TypeError:
        numbers = ()
    if len(numbers) not in (1, n) or min(numbers) < least or isinstance(given, bool):
        instead = max(least, 1) if n == 1 else (max(least, 1),) * n
        several = f", or {n} of them, one for each axis" if n > 1 else ""
        names = {"name": name, "what": what, "given": given, "least": least, "several": several, "instead": instead}
        raise errors.ArgumentError(errors.AXIS_SIZES.format(**names))
    return numbers * (n // len(numbers))


def hashable(given: Any) -> Any:
    """Return a setting as a key of a cache: lists and arrays as tuples."""
    return tuple(given) if isinstance(given, (list, np.ndarray)) and np.ndim(given) else given


def image_shape(given: Shape, n: int, what: str) -> str:
    """Return the message for an input that is no image."""
    letters = _LETTERS[n - 1]
    missing = n + 2 - len(given)
    instead = f"x[{', '.join(['None'] * missing)}]" if missing > 0 else f"x.reshape({(-1, *given[-n - 1 :])})"
    shapes = {"batched": f"(N, C, {', '.join(letters)})", "single": f"(C, {', '.join(letters)})"}
    return errors.IMAGE_SHAPE.format(what=what, given=given, instead=instead, **shapes)


def image(x: Any, n: int, what: str) -> Array:
    """Return an image of `n` axes and channels, with or without a batch; refuse what has others."""
    x = unmasked(x)
    if len(x.shape) not in (n + 1, n + 2):
        raise errors.ShapeError(image_shape(x.shape, n, what))
    return x


def windows_in(sizes: Sequence[int], window: Shape, stride: Shape, what: str) -> tuple[int, ...]:
    """Return how many windows there are in axes of `sizes`, padding included; refused where there is none."""
    if any(k > n for n, k in zip(sizes, window, strict=True)):
        raise errors.ShapeError(errors.WINDOW_SIZE.format(what=what, window=tuple(window), size=tuple(sizes)))
    return tuple([(n - k) // s + 1 for n, k, s in zip(sizes, window, stride, strict=True)])


def in_short(pads: Sequence[tuple[int, int]]) -> tuple[Any, ...]:
    """Return padding as operations are told it: a number for an axis where it is the same at both ends."""
    return tuple([low if low == high else (low, high) for low, high in pads])


def extent(kernel: Shape, dilation: Shape) -> tuple[int, ...]:
    """Return how many elements a window reaches over."""
    return tuple([d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)])


def channels_last(given: Shape, wanted: int, n: int) -> str | None:
    """Return what moves the channels of an image to where they belong; None if they are not the last axis."""
    return "np.moveaxis(x, -1, 1)" if given[-1] == wanted and len(given) == n + 2 else None
