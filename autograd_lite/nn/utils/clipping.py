"""Gradients that are not to be larger than a bound, and how large they are together."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine import watchpoints
from autograd_lite.engine.record import as_array, make_tensor, plain_of
from autograd_lite.tensor.commits import grad_array, replace_gradients
from autograd_lite.tensor.tensor import Tensor

_SPARE = 1e-6
"""Added to the norm that is divided by, as in PyTorch."""


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """Return the norm of all numbers of several arrays, as if they were one vector.

    Parameters
    ----------
    tensors : Tensor or array, or iterable of them
        Of any shapes; complex numbers by their size.
    norm_type : float
        The power, above 0, or infinity for the largest.
    error_if_nonfinite : bool
        Whether a norm that is infinite or nan is an error.
    foreach
        PyTorch's; means nothing here.

    Returns
    -------
    Tensor
        Of no axis, in the dtype of the arrays; a constant.

    Raises
    ------
    ArgumentError
        Another power; a norm that is not finite, where that is asked for, in a compiled function too.

    Examples
    --------
    >>> get_total_norm([np.array([3.0]), np.array([[0.0, 4.0]])])
    Tensor(5., dtype=float64)
    """
    arrays = [_array(t) for t in _listed(tensors)]
    return make_tensor(as_array(_norm(arrays, norm_type, error_if_nonfinite)))


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None) -> None:
    """Multiply the gradients of parameters by ``max_norm / (total_norm + 1e-6)``, where that is below 1.

    Parameters
    ----------
    parameters : Tensor, or iterable of Tensor
        Those without a gradient are passed over.
    max_norm : float
    total_norm : array_like
        One number, see `get_total_norm`.
    foreach
        PyTorch's; means nothing here.

    Examples
    --------
    >>> w = ag.Tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grads_with_norm_(w, 1.0, 10.0)
    >>> w.grad.numpy().round(4)
    array([0.6, 0.8])
    """
    found = _with_gradient(parameters)
    factor = np.minimum(max_norm / (_array(total_norm) + _SPARE), 1.0)
    replace_gradients(found, [g * factor.astype(g.real.dtype) for g in map(_gradient, found)])


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Have all gradients of parameters, as one vector, be no longer than `max_norm`; return how long they were.

    Call it between ``loss.backward()`` and ``optimizer.step()``.

    Parameters
    ----------
    parameters : Tensor, or iterable of Tensor
        Such as ``model.parameters()``; those without a gradient are passed over.
    max_norm : float
        At least 0.
    norm_type : float
        The power of the norm, above 0, or infinity for the largest number.
    error_if_nonfinite : bool
        Whether a norm that is infinite or nan is an error. If not, gradients become 0 or nan.
    foreach
        PyTorch's; means nothing here.

    Returns
    -------
    Tensor
        The norm of before, of no axis.

    Raises
    ------
    ArgumentError
        A norm or a power out of range, or no Tensors; a norm that is not finite, where that is asked for, in a compiled
        function too. Nothing has changed then.

    Notes
    -----
    From R. Pascanu, T. Mikolov and Y. Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013. All
    gradients are changed, or none.

    Examples
    --------
    >>> w = ag.Tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_norm_([w], 1.0)
    Tensor(10., dtype=float64)
    >>> w.grad.numpy().round(4)
    array([0.6, 0.8])
    """
    _check("max_norm", max_norm)
    found = _with_gradient(parameters)
    total = make_tensor(as_array(_norm([_gradient(p) for p in found], norm_type, error_if_nonfinite)))
    clip_grads_with_norm_(found, max_norm, total)
    return total


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Have all numbers of the gradients be between ``-clip_value`` and ``clip_value``.

    Parameters
    ----------
    parameters : Tensor, or iterable of Tensor
        Real ones; those without a gradient are passed over.
    clip_value : float
        At least 0.
    foreach
        PyTorch's; means nothing here.

    Raises
    ------
    ArgumentError
        A bound out of range, or no Tensors.

    Examples
    --------
    >>> w = ag.Tensor([3.0, -0.1], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_value_([w], 1.0)
    >>> w.grad
    Tensor([ 1. , -0.2], dtype=float64)
    """
    _check("clip_value", clip_value)
    found = _with_gradient(parameters)
    replace_gradients(found, [np.clip(_gradient(p), -clip_value, clip_value) for p in found])


def _norm(arrays: Sequence[Array], power: float, finite: bool) -> Any:
    """Return the norm: of what is divided by the largest first, as squares of large numbers are infinite."""
    if not power > 0:
        raise errors.ArgumentError(errors.NORM_TYPE.format(given=power))
    arrays = [np.abs(a) for a in arrays if a.size]
    total = largest = reduce(np.maximum, map(np.max, arrays)) if arrays else np.zeros(())
    if power != math.inf and arrays:
        scale = np.where((largest > 0) & np.isfinite(largest), largest, np.ones_like(largest))
        total = scale * reduce(operator.add, [np.sum((a / scale) ** power) for a in arrays]) ** (1 / power)
    if finite:
        watchpoints.verify(np.isfinite(total), errors.NORM_NOT_FINITE, errors.ArgumentError)
    return total


def _listed(tensors: Any) -> list[Any]:
    single = isinstance(tensors, (Tensor, np.ndarray)) or not isinstance(tensors, Iterable)
    return [tensors] if single else list(tensors)


def _with_gradient(parameters: Any) -> list[Tensor]:
    """Return the parameters that have a gradient."""
    found = _listed(parameters)
    for p in found:
        if not isinstance(p, Tensor):
            raise errors.ArgumentError(errors.CLIPPED.format(given=type(p).__name__))
    return [p for p in found if grad_array(p) is not None]


def _gradient(p: Tensor) -> Array:
    found: Any = grad_array(p)
    return found


def _check(name: str, value: Any) -> None:
    if not value >= 0:
        raise errors.ArgumentError(errors.SETTING.format(name=name, given=value))


def _array(x: Any) -> Array:
    return as_array(plain_of(x))
