"""SmoothGrad: the mean of attributions over noisy copies of the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.attribution.gradients import saliency
from autograd_lite.attribution.scores import Model, floats
from autograd_lite.attribution.settings import not_negative, whole
from autograd_lite.base.arraylike import dtype_of
from autograd_lite.base.elsewhere import sent

VARIANTS = ("mean", "squared", "vargrad")


def _gradient(model: Model, x: Any, target: Any = None, **settings: Any) -> Any:
    return saliency(model, x, target=target, absolute=False, **settings)


def smooth_grad(
    model: Model, x: Any, target: Any = None, samples: int = 25, noise: float = 0.15, generator: Any = None,
    *, method: Callable[..., Any] = _gradient, variant: str = "mean", relative: bool = True, **settings: Any,
) -> Any:  # fmt: skip
    """Return the mean of attributions over copies of the input with noise, by default of the gradient.

    Parameters
    ----------
    model, x, target
        As of `saliency`.
    samples : int
        How many copies of each example there are.
    noise : float
        The standard deviation of the noise, in parts of the range of each example's numbers, from its smallest to its
        largest; in units of `x` with ``relative=False``.
    generator : numpy.random.Generator or int, optional
        Where the noise comes from, or its seed. By default a new one of seed 0: the same call gives the same result,
        and no other generator moves.
    method : callable
        What is smoothed: ``method(model, x, target=target, **settings)``, as `integrated_gradients` or `saliency` is.
    variant : {"mean", "squared", "vargrad"}
        The mean of what it returns; the mean of its squares; or its variance.
    **settings
        Passed on to `method`.

    Returns
    -------
    array or Tensor
        Of the shape and dtype of `x`.

    Notes
    -----
    D. Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017; J. Adebayo et al., "Local explanation methods
    for deep neural networks lack sensitivity to parameter values", 2018, for the variance.

    Examples
    --------
    >>> smooth_grad(lambda x: np.sum(x**2, axis=1), np.array([[1.0, -2.0]]), samples=1000).round()
    array([[ 2., -4.]])
    >>> smooth_grad(lambda x: x @ np.ones(2), np.array([[1.0, -2.0]]), variant="vargrad")
    array([[0., 0.]])
    """
    whole(samples, "samples", "smooth_grad", 25)
    not_negative(noise, "noise", "smooth_grad", 0.15)
    if variant not in VARIANTS:
        raise errors.ArgumentError(errors.SMOOTH_VARIANT.format(given=variant))
    single = not isinstance(x, tuple)
    inputs = [floats(part, "smooth_grad") for part in ((x,) if single else x)]
    spreads = [noise * _range(part) if relative else noise for part in inputs]
    rng = np.random.default_rng(0 if generator is None else generator)
    sums: list[Any] = [0.0] * len(inputs)
    squares: list[Any] = [0.0] * len(inputs)
    first: list[Any] = []
    for _ in range(samples):
        noisy = [part + spread * _drawn(rng, part) for part, spread in zip(inputs, spreads, strict=True)]
        found = method(model, noisy[0] if single else tuple(noisy), target=target, **settings)
        parts = [found] if single else list(found)
        first = first or parts  # what a variance is taken around, lest it be a difference of large numbers
        shifted = [p if variant != "vargrad" else p - f for p, f in zip(parts, first, strict=True)]
        sums = [s + p for s, p in zip(sums, shifted, strict=True)]
        squares = [s + p * p for s, p in zip(squares, shifted, strict=True)]
    made = [_combined(s / samples, q / samples, variant) for s, q in zip(sums, squares, strict=True)]
    return made[0] if single else tuple(made)


def _combined(mean: Any, square: Any, variant: str) -> Any:
    if variant == "mean":
        return mean
    return square if variant == "squared" else square - mean * mean


def _range(x: Any) -> Any:
    """Return from the smallest to the largest number of each example."""
    axes = tuple(range(1, np.ndim(x)))
    if not axes:
        return np.max(x) - np.min(x)
    return np.max(x, axis=axes, keepdims=True) - np.min(x, axis=axes, keepdims=True)


def _drawn(rng: Any, x: Any) -> Any:
    return sent(rng.standard_normal(np.shape(x)).astype(dtype_of(x)), x)
