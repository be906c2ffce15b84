"""Activations as functions; `relu`, `sigmoid` and `softplus` are operations of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import A
from autograd_lite.engine import refusals
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


def softmax(input: A, dim: int | None = None, *, dtype: Any = None) -> A:  # noqa: A002 - PyTorch's name
    """Return ``exp(input) / sum(exp(input))`` along the axis `dim`: positive numbers that sum to 1.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Scores.
    dim : int, optional
        Along which the results sum to 1. By default the last one of up to two axes; of more it is the one that PyTorch
        takes, the first of three and else the second, with a warning.
    dtype : dtype, optional
        What the input is made into before.

    Returns
    -------
    Tensor or array, of the shape of `input`
        The same as `autograd_lite.softmax`, whose axis is the last one by default.

    Examples
    --------
    >>> softmax(ag.Tensor([0.0, np.log(3)]))
    Tensor([0.25, 0.75], dtype=float64, op=softmax)
    """
    x = input if dtype is None else _of_dtype(input, dtype)
    dim = implied(x, "softmax") if dim is None else dim
    return exponentials.softmax(x) if dim == -1 else exponentials.softmax(x, axis=dim)


def log_softmax(input: A, dim: int | None = None, *, dtype: Any = None) -> A:  # noqa: A002 - PyTorch's name
    """Return the logarithm of `softmax`, computed so that it is exact where a probability would underflow to 0.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Scores.
    dim : int, optional
        Along which the exponentials of the results sum to 1; by default as of `softmax`.
    dtype : dtype, optional
        What the input is made into before.

    Returns
    -------
    Tensor or array, of the shape of `input`
        The same as `autograd_lite.log_softmax`, whose axis is the last one by default.

    Examples
    --------
    >>> log_softmax(ag.Tensor([0.0, 1000.0]))
    Tensor([-1000.,     0.], dtype=float64, op=log_softmax)
    """
    dim = implied(input, "log_softmax") if dim is None else dim
    return exponentials.log_softmax(input if dtype is None else _of_dtype(input, dtype), axis=dim)


def implied(input: Any, name: str) -> int:  # noqa: A002 - PyTorch's name
    """Return the axis that PyTorch takes where none is named; that of more than two is hardly meant."""
    ndim = np.ndim(input)
    if ndim < 3:  # noqa: PLR2004 - of a matrix the second is the last one
        return -1
    dim = int(ndim != 3)  # noqa: PLR2004 - as PyTorch has it
    refusals.advise(errors.IMPLIED_AXIS.format(name=name, ndim=ndim, dim=dim))
    return dim


def _of_dtype(x: Any, dtype: Any) -> Any:
    """Return an array of another dtype, before exponentials are taken."""
    array = with_shape(x)
    return array if array.dtype == dtype else np.astype(array, dtype)
