"""Activations with a kink: `relu` and its kin. What the derivative is there is said of each, and is PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import A, Array
from autograd_lite.engine.generators import generator
from autograd_lite.engine.operands import with_shape
from autograd_lite.rules import activations, elementwise

_ALPHA, _SCALE = 1.6732632423543772848, 1.0507009873554804934  # of `selu`


def written(input: A, result: A, inplace: bool) -> A:  # noqa: A002 - PyTorch's name
    """Return a result; with `inplace` the input, to which it has been written."""
    if not inplace:
        return result
    input[...] = result
    return input


def _not_zero(alpha: float) -> float:
    if not alpha:
        raise errors.ArgumentError(errors.ZERO_ALPHA)
    return alpha


def relu(input: A, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``max(x, 0)``, element by element; at 0 the derivative is 0.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Examples
    --------
    >>> relu(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """
    return written(input, elementwise.relu(input), inplace)


def relu6(input: A, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``min(max(x, 0), 6)``, element by element; at 0 and at 6 the derivative is 0.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Examples
    --------
    >>> relu6(np.array([-1.0, 2.0, 9.0]))
    array([0., 2., 6.])
    """
    return written(input, activations.hardtanh(input, 0.0, 6.0), inplace)


def leaky_relu(input: A, negative_slope: float = 0.01, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x`` where it is positive, elsewhere ``negative_slope x``, which also has the derivative at 0.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    negative_slope : float
        What numbers that are not positive are multiplied by.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Examples
    --------
    >>> leaky_relu(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """
    return written(input, activations.leaky_relu(input, negative_slope), inplace)


def elu(input: A, alpha: float = 1.0, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x`` where it is positive, elsewhere ``alpha (exp(x) - 1)``.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    alpha : float
        Minus the limit at minus infinity.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Notes
    -----
    At 0 the derivative is `alpha`. From Clevert, Unterthiner and Hochreiter, 2015.

    Examples
    --------
    >>> elu(np.array([-1e3, 2.0]))
    array([-1.,  2.])
    """
    return written(input, activations.elu(input, alpha), inplace)


def selu(input: A, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``s elu(x, alpha)`` with the two numbers that keep mean 0 and variance 1 from layer to layer.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Notes
    -----
    The numbers are those of Klambauer, Unterthiner, Mayr and Hochreiter, 2017.

    Examples
    --------
    >>> selu(np.array([-1e3, 1.0])).round(4)
    array([-1.7581,  1.0507])
    """
    return written(input, activations.elu(input, _SCALE * _ALPHA, (_SCALE, 1.0)), inplace)


def celu(input: A, alpha: float = 1.0, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x`` where it is positive, elsewhere ``alpha (exp(x / alpha) - 1)``, which has no kink at 0.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    alpha : float
        Minus the limit at minus infinity, not 0.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Examples
    --------
    >>> celu(np.array([-1e3, 2.0]), 2.0)
    array([-2.,  2.])
    """
    return written(input, activations.elu(input, alpha, (1.0, 1.0 / _not_zero(alpha))), inplace)


def prelu(input: A, weight: Array) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x`` where it is positive, elsewhere ``weight x``: `leaky_relu` with a slope that is learned.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, ...) or of one axis
        Numbers.
    weight : Tensor or array, of one element or shape (channels,)
        The slope, of all or of each channel.

    Raises
    ------
    ShapeError
        As many slopes as there are no channels.

    Examples
    --------
    >>> prelu(np.array([[-1.0, -1.0]]), np.array([0.5, 0.1]))
    array([[-0.5, -0.1]])
    """
    slopes = np.size(weight)
    if slopes == 1:
        return np.where(input > 0, input, np.reshape(weight, ()) * input)
    shape = np.shape(input)
    channels = shape[1] if len(shape) > 1 else 1
    if np.shape(weight) != (channels,):
        raise errors.ShapeError(errors.SLOPES.format(given=np.shape(weight), channels=channels, shape=shape))
    across = np.reshape(weight, (channels, *[1] * (len(shape) - 2)))
    return np.where(input > 0, input, across * input)


def rrelu(
    input: A,  # noqa: A002 - PyTorch's name
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    rng: Any = None,
) -> A:
    """Return `leaky_relu` with slopes drawn anew for each element in training, and their mean as the slope otherwise.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    lower, upper : float
        Between which the slopes are uniformly distributed.
    training : bool
        Whether they are drawn.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.
    rng : numpy.random.Generator or int, optional
        Where random numbers come from, or a seed; by default the generator of `autograd_lite.manual_seed`.

    Examples
    --------
    >>> rrelu(np.array([-24.0, 2.0]))
    array([-5.5,  2. ])
    """
    if lower > upper:
        raise errors.ArgumentError(errors.BOUNDS_CROSSED.format(op="rrelu", low=lower, high=upper))
    if not training:
        return written(input, activations.leaky_relu(input, (lower + upper) / 2), inplace)
    input = with_shape(input)  # noqa: A001 - PyTorch's name
    slopes = generator(rng).uniform(lower, upper, np.shape(input)).astype(input.dtype)
    return written(input, np.where(input > 0, input, slopes * input), inplace)


def hardtanh(input: A, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x`` between two numbers, beyond them the nearer one; there, and at both, the derivative is 0.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    min_val, max_val : float
        The numbers.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Examples
    --------
    >>> hardtanh(np.array([-3.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    """
    if min_val > max_val:
        raise errors.ArgumentError(errors.BOUNDS_CROSSED.format(op="hardtanh", low=min_val, high=max_val))
    return written(input, activations.hardtanh(input, min_val, max_val), inplace)


def hardsigmoid(input: A, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x / 6 + 1 / 2`` between -3 and 3, beyond them 0 and 1; there, and at both, the derivative is 0.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Examples
    --------
    >>> hardsigmoid(np.array([-4.0, 0.0, 3.0]))
    array([0. , 0.5, 1. ])
    """
    return written(input, activations.hardsigmoid(input), inplace)


def hardswish(input: A, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x hardsigmoid(x)``: 0 up to -3 and ``x`` from 3 on, with the derivatives 0 and 1 there.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Notes
    -----
    From Howard et al., 2019.

    Examples
    --------
    >>> hardswish(np.array([-4.0, 0.0, 3.0]))
    array([-0.,  0.,  3.])
    """
    return written(input, activations.hardswish(input), inplace)


def hardshrink(input: A, lambd: float = 0.5) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x``, but 0 from ``-lambd`` to `lambd`, where the derivative is 0 as well.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    lambd : float
        The bound.

    Examples
    --------
    >>> hardshrink(np.array([-1.0, 0.3, 2.0]))
    array([-1.,  0.,  2.])
    """
    return activations.hardshrink(input, lambd)


def softshrink(input: A, lambd: float = 0.5) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x`` nearer to 0 by `lambd`; 0 from ``-lambd`` to `lambd`, where the derivative is 0 as well.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    lambd : float
        The bound, 0 or more.

    Examples
    --------
    >>> softshrink(np.array([-1.0, 0.3, 2.0]))
    array([-0.5,  0. ,  1.5])
    """
    if lambd < 0:
        raise errors.ArgumentError(errors.NEGATIVE_BOUND.format(op="softshrink", name="lambd", given=lambd))
    return activations.softshrink(input, lambd)


def threshold(input: A, threshold: float, value: float, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x`` where it is larger than `threshold`, elsewhere `value`, with derivative 0.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    threshold : float
        The bound.
    value : float
        What stands in the place of the others.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Examples
    --------
    >>> threshold(np.array([-1.0, 0.3, 2.0]), 0.5, -1.0)
    array([-1., -1.,  2.])
    """
    return written(input, activations.threshold(input, threshold, value), inplace)
