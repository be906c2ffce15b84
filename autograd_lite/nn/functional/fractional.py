"""Maxima of windows whose distances are drawn, so that an image becomes smaller by a factor that is no whole number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine.generators import generator
from autograd_lite.nn.functional.sizes import each_axis, image, unmasked
from autograd_lite.rules.common import detached


def fractional_max_pool2d(
    input: Array, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,  # noqa: A002
    return_indices: bool = False, _random_samples: Any = None, *, rng: Any = None,
) -> Any:  # fmt: skip
    """Return maxima of windows that lie at distances which are drawn, and perhaps their places, as `max_pool2d` does.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, height, width) or (channels, height, width)
        Images.
    kernel_size : int or tuple of int
        The size of a window.
    output_size : int or tuple of int, optional
        How many windows there are along each axis.
    output_ratio : float or tuple of float, optional
        How many there are of one pixel, instead: between 0 and 1.
    return_indices : bool
        Whether the places of the maxima are returned as well.
    _random_samples : array, shape (batch, channels, 2), optional
        Numbers from 0 to 1 by which windows are placed, which are drawn otherwise: along the width first.
    rng : numpy.random.Generator or int, optional
        Where random numbers come from, or a seed; by default the generator of `autograd_lite.manual_seed`.

    Raises
    ------
    ShapeError
        No images, or images smaller than the windows in a row.
    ArgumentError
        Neither a size nor a ratio, or both.

    Notes
    -----
    From B. Graham, "Fractional max-pooling" (2014).

    Examples
    --------
    >>> fractional_max_pool2d(np.arange(25.0).reshape(1, 5, 5), 2, 3, rng=0)
    array([[[ 6.,  7.,  9.],
            [16., 17., 19.],
            [21., 22., 24.]]])
    """
    return _pooled(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples, rng)


def fractional_max_pool3d(
    input: Array, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,  # noqa: A002
    return_indices: bool = False, _random_samples: Any = None, *, rng: Any = None,
) -> Any:  # fmt: skip
    """Return `fractional_max_pool2d` of volumes, where random numbers are given along the depth first.

    Examples
    --------
    >>> fractional_max_pool3d(np.arange(64.0).reshape(1, 4, 4, 4), 2, output_ratio=0.5, rng=0).shape
    (1, 2, 2, 2)
    """
    return _pooled(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples, rng)


def check_goal(what: str, size: Any, ratio: Any, n: int) -> None:
    """Refuse both a size and a ratio, neither of them, and a ratio that is none."""
    if (size is None) == (ratio is None):
        given = "neither output_size nor output_ratio" if size is None else "both output_size and output_ratio"
        raise errors.ArgumentError(errors.FRACTIONAL_GOAL.format(what=what, given=given))
    if ratio is not None:
        ratios = _ratios(ratio, n)
        if len(ratios) != n or not all(0 < r < 1 for r in ratios):
            raise errors.ArgumentError(errors.FRACTIONAL_RATIO.format(what=what, given=ratio))


def _pooled(
    n: int, input: Any, kernel: Any, size: Any, ratio: Any, indices: bool, samples: Any, rng: Any  # noqa: A002
) -> Any:  # fmt: skip
    what = f"fractional_max_pool{n}d()"
    x = image(input, n, what)
    sizes, lead = tuple(x.shape[-n:]), tuple(x.shape[:-n])
    check_goal(what, size, ratio, n)
    kernel = each_axis(kernel, n, "kernel_size", what)
    out = each_axis(_counts(sizes, ratio, n) if size is None else size, n, "output_size", what)
    if any(m + k - 1 > have for m, k, have in zip(out, kernel, sizes, strict=True)):
        raise errors.ShapeError(errors.FRACTIONAL_SIZE.format(what=what, out=out, kernel=kernel, size=sizes))
    drawn = _samples(samples, lead, n, rng, x.dtype, what)
    at = np.zeros((*lead, *(1,) * (2 * n)), np.int64)
    for axis, (have, count, k) in enumerate(zip(sizes, out, kernel, strict=True)):
        starts = _starts(drawn[..., axis], have, count, k)
        inside = starts[..., None] + np.arange(k)
        around = [1] * (2 * n)
        around[axis], around[n + axis] = count, k
        at = at * have + inside.reshape((*lead, *around))
    return _largest(x, at.reshape((*lead, math.prod(out), math.prod(kernel))), out, indices)


def _ratios(ratio: Any, n: int) -> tuple[float, ...]:
    return tuple(ratio) if isinstance(ratio, (tuple, list)) else (ratio,) * n


def _counts(sizes: Shape, ratio: Any, n: int) -> Shape:
    return tuple([int(m * r) for m, r in zip(sizes, _ratios(ratio, n), strict=True)])


def _samples(given: Any, lead: Shape, n: int, rng: Any, dtype: Any, what: str) -> Array:
    """Return a number for each axis of each image of a channel, those of the first axis first."""
    if given is None:
        return generator(rng).random((*lead, n)).astype(dtype)
    samples = detached(unmasked(given))
    wanted = (*lead, n) if len(lead) > 1 else (1, *lead, n)
    alone = len(lead) == 1 and samples.shape[1:] == wanted[1:] and samples.shape[0] > 0
    if samples.shape != wanted and not alone:
        raise errors.ShapeError(errors.FRACTIONAL_SAMPLES.format(what=what, given=samples.shape, wanted=wanted))
    samples = samples[0] if alone else samples  # as in PyTorch, where there is no batch
    return samples[..., ::-1] if n == 2 else samples  # noqa: PLR2004 - PyTorch's order, which differs so


def _starts(sample: Array, have: int, count: int, kernel: int) -> Array:
    """Return where windows begin: at distances whose mean is a fraction; the last ends with the axis."""
    last = np.full((*sample.shape, 1), have - kernel)
    if count == 1:
        return last
    step = sample.dtype.type((have - kernel) / (count - 1))
    sample = sample[..., None]
    first = ((sample + np.arange(count - 1, dtype=sample.dtype)) * step).astype(np.int64)
    return np.concatenate([first - (sample * step).astype(np.int64), last], -1)


def _largest(x: Array, at: Array, out: Shape, indices: bool) -> Any:
    """Return the largest elements at places counted through an image, of which the first of equal ones is meant."""
    n = len(out)
    lead = tuple(x.shape[:-n])
    flat = x.reshape((*lead, math.prod(x.shape[-n:])))
    known = np.take_along_axis(detached(flat)[..., None, :], at, -1)
    best = np.take_along_axis(at, np.argmax(known, -1)[..., None], -1)[..., 0]
    y = np.take_along_axis(flat, best, -1).reshape((*lead, *out))
    return (y, best.reshape((*lead, *out))) if indices else y
