"""Occlusion: how much the score falls when a part of the input is covered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.attribution.scores import Model, Subject, along, as_tensor, baselines
from autograd_lite.base.elsewhere import sent
from autograd_lite.base.shapes import Array

_CHANNELS = 2
"""From so many axes of an example on, the first are channels."""


def occlusion(
    model: Model, x: Any, window: int | Sequence[int], stride: int | Sequence[int] = 1, baseline: Any = None,
    target: Any = None, *, create_graph: bool = False,
) -> Any:  # fmt: skip
    """Return how much the score of each example falls when a window around a number is covered.

    Parameters
    ----------
    model, x, target, create_graph
        As of `saliency`, but `x` is one array.
    window : int or tuple of int
        How large a window is along each axis of an example, as which all of `x` counts for a model that gives one
        number. A single number is that along all axes but the channels of sequences and images, ``(examples, channels,
        ...)``, which are covered together.
    stride : int or tuple of int
        How far windows are apart, in the same way; at most a window, or something would never be covered. The last
        window along an axis ends with it, and may be smaller.
    baseline : array or number, optional
        What a window is covered with, of a shape that broadcasts to that of `x`; zeros by default.

    Returns
    -------
    array or Tensor
        Of the shape and dtype of `x`: the mean over the windows in which a number lies.

    Notes
    -----
    The model is called once for each window, with all examples, and nothing is differentiated. (M. Zeiler and R.
    Fergus, "Visualizing and understanding convolutional networks", 2014.)

    Examples
    --------
    >>> occlusion(lambda x: x @ np.array([2.0, -1.0]), np.array([[3.0, 4.0]]), window=1)
    array([[ 6., -4.]])
    >>> occlusion(lambda x: np.sum(x, axis=(1, 2, 3)), np.ones((1, 1, 4, 4)), window=2, stride=2)[0, 0, 0]
    array([4., 4., 4., 4.])
    """
    subject = Subject("occlusion", model, x, target)
    if not subject.single:
        raise errors.ArgumentError(errors.OCCLUSION_SEVERAL)
    (cover,) = baselines(baseline, subject)
    (given,) = subject.inputs

    def attribute() -> Any:
        whole = subject.score(as_tensor(given))
        shape = np.shape(given)[np.ndim(whole) :]  # of an example, which all is where it has one score
        sizes = _each_axis(window, shape, "window", (1,) * len(shape))
        steps = _each_axis(stride, shape, "stride", sizes)
        total, counts = np.zeros_like(given), np.zeros(shape)
        for mask in _windows(shape, sizes, steps):
            covered = sent(mask, given)
            fall = whole - subject.score(as_tensor(np.where(covered, cover, given)))
            total = total + along(subject.released(fall), given) * covered.astype(given.dtype)
            counts += mask
        return total / sent(counts.astype(given.dtype), given)

    return subject.given_as(subject.quietly(attribute, create_graph), given)


def _windows(shape: Sequence[int], sizes: Sequence[int], steps: Sequence[int]) -> Iterator[Array]:
    """Yield a mask for each window."""
    starts = [range(0, max(n - size, 0) + step, step) for n, size, step in zip(shape, sizes, steps, strict=True)]
    for corner in product(*starts):
        mask = np.zeros(shape, bool)
        mask[tuple([slice(i, i + size) for i, size in zip(corner, sizes, strict=True)])] = True
        yield mask


def _each_axis(given: Any, shape: Sequence[int], name: str, most: Sequence[int]) -> tuple[int, ...]:
    """Return a setting for each axis of an example."""
    sizes: tuple[Any, ...] = tuple(given) if isinstance(given, (tuple, list)) else ()
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool):
        channels = shape[:1] if len(shape) >= _CHANNELS else ()
        sizes = (*channels, *(int(given),) * (len(shape) - len(channels)))
    fits = len(sizes) == len(shape) and all(isinstance(n, (int, np.integer)) and n > 0 for n in sizes)
    if not fits or (name == "stride" and any(s > m for s, m in zip(sizes, most, strict=True))):
        example = most if name == "stride" else tuple([min(n, 3) for n in shape])
        said = {"name": name, "given": given, "shape": tuple(shape), "example": tuple(example)}
        raise errors.ArgumentError(errors.WINDOW.format(**said))
    return tuple([min(int(s), n) for s, n in zip(sizes, shape, strict=True)])
