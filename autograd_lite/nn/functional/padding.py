"""Margins, with PyTorch's widths."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.nn.functional.sizes import unmasked

_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Array, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:  # noqa: A002
    """Return an array with margins, those of the last axis first.

    Parameters
    ----------
    input : Tensor or array, of any shape
        What is padded.
    pad : sequence of int
        ``(left, right, top, bottom, ...)``, a pair for each axis from the last one on. Below 0, elements are left out:
        of the result, but in circular mode of the array.
    mode : {"constant", "reflect", "replicate", "circular"}
        What stands in the margins: one number, the array reflected at its first and last element, these elements, or
        the array from the other end on.
    value : float, optional
        The number, by default 0.

    Raises
    ------
    ArgumentError
        Another mode, or widths that are no pairs, one for each of some last axes.
    ShapeError
        Margins of more elements than there are to reflect.

    Examples
    --------
    >>> pad(np.array([1.0, 2.0, 3.0]), (2, 0), "reflect")
    array([3., 2., 1., 2., 3.])
    """
    x: Array = unmasked(input)
    if mode not in _MODES:
        raise errors.ArgumentError(errors.PAD_MODE.format(given=mode))
    pairs = _pairs(pad, x.shape)
    widths = [(0, 0)] * (len(x.shape) - len(pairs)) + pairs
    _check_reach(mode, x.shape, widths)
    added = [(max(low, 0), max(high, 0)) for low, high in widths]
    options = {"constant_values": value or 0} if mode == "constant" else {}
    x = _shortened(x, widths) if mode == "circular" else x  # as in PyTorch, of what is left; else of what was given
    by_mode: Any = np.pad
    y = by_mode(x, added, mode=_MODES[mode], **options) if np.any(added) else x
    return y if mode == "circular" else _shortened(y, widths)


def _pairs(given: Any, shape: Any) -> list[tuple[int, int]]:
    """Return widths by axes, the first of them first."""
    try:
        numbers = [operator.index(n) for n in given]
    except TypeError:
        numbers = [0]
    if len(numbers) % 2 or len(numbers) > 2 * len(shape):
        raise errors.ArgumentError(errors.PAD_WIDTHS.format(given=given, shape=tuple(shape)))
    return list(zip(numbers[::2], numbers[1::2], strict=True))[::-1]


def _shortened(x: Array, widths: Sequence[tuple[int, int]]) -> Array:
    """Return an array without as many elements as widths below 0 say."""
    if all(low >= 0 and high >= 0 for low, high in widths):
        return x
    spans = [slice(max(-low, 0), n - max(-high, 0)) for n, (low, high) in zip(x.shape, widths, strict=True)]
    return x[tuple(spans)]


def _check_reach(mode: str, shape: Any, widths: Sequence[tuple[int, int]]) -> None:
    """Refuse margins of more elements than there are, which NumPy would reflect again, and results without any."""
    for n, pair in zip(shape, widths, strict=True):
        left = n + min(pair[0], 0) + min(pair[1], 0)
        least = 0 if mode == "constant" else 1  # nothing is an array, too, but has no elements to repeat
        if n and min(n + sum(pair), left if mode in ("constant", "circular") else n) < least:
            raise errors.ShapeError(errors.PAD_NOTHING.format(given=pair, size=n, least=least - n))
        most = {"reflect": n - 1, "circular": left}.get(mode, max(pair))
        if max(pair) > max(most, 0):
            size = left if mode == "circular" else n
            raise errors.ShapeError(errors.PAD_LONG.format(mode=mode, width=max(pair), size=size, most=most + 1))
