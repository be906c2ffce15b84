"""Activations as functions; `relu`, `sigmoid` and `softplus` are operations of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import A
from autograd_lite.engine.operands import with_shape
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules import exponentials

_tanh = handler_of(np.tanh)


def tanh(input: A) -> A:  # noqa: A002 - PyTorch's name
    """Return the hyperbolic tangent, ``(exp(x) - exp(-x)) / (exp(x) + exp(-x))``, element by element.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.

    Returns
    -------
    Tensor or array, of the shape of `input`
        Between -1 and 1. The derivative is ``1 - y^2``.

    Examples
    --------
    >>> tanh(ag.Tensor([0.0, np.log(2)]))
    Tensor([0. , 0.6], dtype=float64, op=tanh)
    """
    return _tanh(input)


def softmax(input: A, dim: int = -1, *, dtype: Any = None) -> A:  # noqa: A002 - PyTorch's name
    """Return ``exp(input) / sum(exp(input))`` along the axis `dim`: positive numbers that sum to 1.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Scores.
    dim : int
        Along which the results sum to 1.
    dtype : dtype, optional
        What the input is made into before.

    Returns
    -------
    Tensor or array, of the shape of `input`
        The same as `autograd_lite.softmax`.

    Examples
    --------
    >>> softmax(ag.Tensor([0.0, np.log(3)]))
    Tensor([0.25, 0.75], dtype=float64, op=softmax)
    """
    x = input if dtype is None else _of_dtype(input, dtype)
    return exponentials.softmax(x) if dim == -1 else exponentials.softmax(x, axis=dim)


def log_softmax(input: A, dim: int = -1, *, dtype: Any = None) -> A:  # noqa: A002 - PyTorch's name
    """Return the logarithm of `softmax`, computed so that it is exact where a probability would underflow to 0.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Scores.
    dim : int
        Along which the exponentials of the results sum to 1.
    dtype : dtype, optional
        What the input is made into before.

    Returns
    -------
    Tensor or array, of the shape of `input`
        The same as `autograd_lite.log_softmax`.

    Examples
    --------
    >>> log_softmax(ag.Tensor([0.0, 1000.0]))
    Tensor([-1000.,     0.], dtype=float64, op=log_softmax)
    """
    return exponentials.log_softmax(input if dtype is None else _of_dtype(input, dtype), axis=dim)


def _of_dtype(x: Any, dtype: Any) -> Any:
    """Return an array of another dtype, before exponentials are taken."""
    array = with_shape(x)
    return array if array.dtype == dtype else np.astype(array, dtype)
