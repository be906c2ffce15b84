"""Sums of exponentials, and the weights and logarithms made of them.

Infinities that are the largest share the weight equally, as elements that are the maximum do.
"""

from __future__ import annotations

import numpy as np

from autograd_lite.base.elsewhere import zeros
from autograd_lite.base.shapes import (
    A,
    Array,
    Axis,
    everywhere,
    keepdims_shape,
    narrowed,
    normalize_axes,
    wide,
)  # fmt: skip
from autograd_lite.engine.forms import custom, operation

_LOWEST = {np.dtype(t): np.finfo(t).min for t in (np.half, np.single, np.double, np.longdouble)}
_HIGHEST = {dtype: -lowest for dtype, lowest in _LOWEST.items()}


def _top(a: Array, axes: Axis) -> Array:
    """Return the largest elements, which exponents are taken from; the lowest number where there is none but -inf."""
    lowest = _LOWEST.get(a.dtype)
    if a.__class__ is np.ndarray and lowest is not None:
        return np.maximum.reduce(a, axes, keepdims=True, initial=lowest)  # one call of NumPy in the place of three
    top = a.max(axes, keepdims=True) if a.size else zeros(keepdims_shape(a.shape, axes), a.dtype, a) - np.inf
    return np.maximum(top, -np.inf if lowest is None else lowest)


def _below_top(a: Array, axes: Axis) -> Array:
    """Return how far each element is from the largest: 0 also for infinities that are the largest."""
    top = _top(a, axes)
    return a - top if everywhere(top < np.inf) else np.where(a == top, 0, a - top)


@operation(
    custom, lambda g, y, axis: y * (g - (wide(g) * y).sum(axis, keepdims=True)),
    settings="axis", axes="axis", formula="softmax",
)  # fmt: skip
def softmax(a: A, axis: Axis = -1) -> A:
    """Return ``exp(a) / sum(exp(a))``, the sum along one or several axes: positive numbers that sum to 1.

    Parameters
    ----------
    a : Tensor or array, of any shape
        Scores. Where all of them are minus infinity, as in a row that is masked throughout, the result is 0;
        where some are infinite, those share all the weight.
    axis : int, tuple of int or None
        Along which the results sum to 1; None for all.

    Returns
    -------
    Tensor or array, of the shape of `a`
        The weights. No score is too large for them.

    See Also
    --------
    log_softmax : Their logarithm, exact also where a weight underflows to 0.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.softmax(ag.Tensor([[0.0, np.log(3)], [1000.0, 0.0]]), axis=1)
    Tensor([[0.25, 0.75],
            [1.  , 0.  ]], dtype=float64, op=softmax)
    """
    x: Array = wide(a)
    x = np.minimum(x, _HIGHEST.get(x.dtype, np.inf))  # next to it all that is finite weighs nothing
    e = np.exp(x - _top(x, axis))
    return narrowed(e / np.maximum(e.sum(axis, keepdims=True), 1.0), a.dtype)  # the largest alone contributes 1


@operation(
    custom, lambda g, y, axis: g - np.exp(y) * wide(g).sum(axis, keepdims=True),
    settings="axis", axes="axis", formula="log_softmax",
)  # fmt: skip
def log_softmax(a: A, axis: Axis = -1) -> A:
    """Return ``a - log(sum(exp(a)))``, the sum along one or several axes: the logarithm of `softmax`.

    Parameters
    ----------
    a : Tensor or array, of any shape
        Scores.
    axis : int, tuple of int or None
        Along which the exponentials of the results sum to 1; None for all.

    Returns
    -------
    Tensor or array, of the shape of `a`
        Negative numbers, exact where the weight itself would underflow to 0.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.log_softmax(ag.Tensor([0.0, 1000.0]))
    Tensor([-1000.,     0.], dtype=float64, op=log_softmax)
    """
    shifted = _below_top(wide(a), axis)
    return narrowed(shifted - np.log(np.maximum(np.exp(shifted).sum(axis, keepdims=True), 1.0)), a.dtype)


@operation(
    custom,
    lambda g, a, axis: g.reshape(keepdims_shape(a.shape, axis)) * softmax(wide(a), normalize_axes(axis, a.ndim)),
    settings="axis keepdims", axes="axis", formula="logsumexp", derivative="{g} * np.exp(a - {y})",
)  # fmt: skip
def logsumexp(a: A, axis: Axis = None, keepdims: bool = False) -> A:
    """Return ``log(sum(exp(a)))`` without overflow: a smooth maximum.

    Parameters
    ----------
    a : Tensor or array, of any shape
        Numbers.
    axis : int, tuple of int or None
        Along which is summed; None, the default, for all.
    keepdims : bool
        Whether these axes stay, with length 1.

    Returns
    -------
    Tensor or array, of the shape of `a` without the axes
        At least the largest of the numbers. The derivative is ``softmax(a)``.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.logsumexp(ag.Tensor([[1000.0, 1000.0], [0.0, -1000.0]]), axis=1).round(6).tolist()
    [1000.693147, 0.0]
    """
    array: Array = a
    axes, x = normalize_axes(axis, array.ndim), wide(array)
    top = _top(x, axes)
    top = np.where(top == np.inf, 0, top)
    with np.errstate(divide="ignore", over="ignore"):  # the logarithm of an empty sum is -inf, of an infinite one inf
        total = narrowed(np.log(np.sum(np.exp(x - top), axes, keepdims=True)) + top, array.dtype)
    return total if keepdims else total.reshape([n for i, n in enumerate(array.shape) if i not in axes])
