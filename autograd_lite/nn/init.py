"""Initial values. Each function changes a leaf Tensor in place, outside any graph, and returns it.

The scales of `xavier_uniform_` and `xavier_normal_` keep the variance of signals the same from layer to layer, forwards
and backwards: X. Glorot & Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*,
AISTATS 2010, equations 12 and 16.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

from autograd_lite import errors
from autograd_lite.base.elsewhere import full, sent
from autograd_lite.base.later import listing
from autograd_lite.engine import refusals
from autograd_lite.engine.generators import generator
from autograd_lite.tensor.tensor import Tensor

T = TypeVar("T", bound=Tensor)


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, *, rng: Any = None) -> T:
    """Fill a leaf with random numbers between `a` and `b`, all equally likely.

    Parameters
    ----------
    tensor : Tensor, any shape
        A leaf: a parameter, or another Tensor without history.
    a, b : float
        The bounds, ``a <= b``.
    rng : numpy.random.Generator or int, optional
        Where the numbers come from, or its seed; by default the generator of `autograd_lite.manual_seed`.

    Examples
    --------
    >>> uniform_(Tensor([0.0, 0.0]), -1, 1, rng=0)
    Tensor([ 0.27392337, -0.46042657], dtype=float64)
    """
    if not a <= b:
        raise errors.ArgumentError(f"uniform_ between a={a} and b={b}: the bounds are in the wrong order. Write a <= b")
    return _fill(tensor, generator(rng).uniform(a, b, tensor.shape))


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, *, rng: Any = None) -> T:
    """Fill a leaf with normally distributed random numbers of the given mean and standard deviation.

    Parameters
    ----------
    tensor : Tensor, any shape
        A leaf: a parameter, or another Tensor without history.
    mean, std : float
        Mean and standard deviation, ``std >= 0``.
    rng : numpy.random.Generator or int, optional
        Where the numbers come from, or its seed; by default the generator of `autograd_lite.manual_seed`.

    Examples
    --------
    >>> normal_(Tensor([0.0, 0.0]), std=0.1, rng=0)
    Tensor([ 0.01257302, -0.01321049], dtype=float64)
    """
    if not std >= 0:
        raise errors.ArgumentError(f"normal_ with std={std}: a standard deviation is not negative. Write std >= 0")
    return _fill(tensor, generator(rng).normal(mean, std, tensor.shape))


def constant_(tensor: T, val: float) -> T:
    """Fill a leaf, of any shape, with one number.

    Examples
    --------
    >>> constant_(Tensor([0.0, 0.0]), 0.5)
    Tensor([0.5, 0.5], dtype=float64)
    """
    return _fill(tensor, full(tensor.shape, val, tensor))


def zeros_(tensor: T) -> T:
    """Fill a leaf, of any shape, with 0.

    Examples
    --------
    >>> zeros_(Tensor([1.0, 2.0]))
    Tensor([0., 0.], dtype=float64)
    """
    return constant_(tensor, 0.0)


def ones_(tensor: T) -> T:
    """Fill a leaf, of any shape, with 1.

    Examples
    --------
    >>> ones_(Tensor([0.0, 0.0]))
    Tensor([1., 1.], dtype=float64)
    """
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor: T, gain: float = 1.0, *, rng: Any = None) -> T:
    """Fill a weight with uniform numbers of standard deviation ``gain * sqrt(2 / (fan_in + fan_out))``.

    Parameters
    ----------
    tensor : Tensor, shape (out, in) or (out, in, ...)
        The weight. Axes after the second, of a convolution, multiply both fans.
    gain : float
        A factor that makes up for the activation behind the layer.
    rng : numpy.random.Generator or int, optional
        Where the numbers come from, or its seed.

    Raises
    ------
    ShapeError
        Fewer than two axes: a bias has no fans.

    Notes
    -----
    The bounds are plus and minus ``gain * sqrt(6 / (fan_in + fan_out))``: Glorot & Bengio 2010, equation 16.

    Examples
    --------
    >>> weight = xavier_uniform_(Tensor(np.zeros((3, 3))), rng=0)  # bounds -1 and 1
    >>> weight.shape, bool(abs(weight).max() < 1)
    ((3, 3), True)
    """
    bound = math.sqrt(3) * _xavier_deviation(tensor, gain)
    return uniform_(tensor, -bound, bound, rng=rng)


def xavier_normal_(tensor: T, gain: float = 1.0, *, rng: Any = None) -> T:
    """Fill a weight with normal numbers of standard deviation ``gain * sqrt(2 / (fan_in + fan_out))``.

    As `xavier_uniform_`, with another distribution: Glorot & Bengio 2010, equation 12.

    Examples
    --------
    >>> weight = xavier_normal_(Tensor(np.zeros((100, 300))), rng=0)
    >>> weight.shape, round(float(weight.std()), 2)  # sqrt(2 / 400) = 0.0707
    ((100, 300), 0.07)
    """
    return normal_(tensor, 0.0, _xavier_deviation(tensor, gain), rng=rng)


def _xavier_deviation(tensor: Tensor, gain: float) -> float:
    if tensor.ndim < 2:  # noqa: PLR2004 - inputs and outputs
        raise errors.ShapeError(errors.FANS.format(what=refusals.describe(tensor)))
    if not gain >= 0:
        raise errors.ArgumentError(f"Xavier initialisation with gain={gain}. Write gain >= 0")
    field = math.prod(tensor.shape[2:])
    fans = (tensor.shape[0] + tensor.shape[1]) * field
    return gain * math.sqrt(2 / fans) if fans else 0.0


def _fill(tensor: T, values: Any) -> T:
    tensor.assign(sent(values, tensor))
    return tensor


__all__ = ["constant_", "normal_", "ones_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_"]
__dir__ = listing(__name__)
