"""Activations: functions of what a layer computes, without parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.record import Handle
from autograd_lite.engine.registry import handler_of
from autograd_lite.nn import functional
from autograd_lite.nn.layers.shown import InPlace, Shares
from autograd_lite.nn.module import Module
from autograd_lite.rules.elementwise import relu
from autograd_lite.tensor.tensor import Tensor


class _Activation(Module):
    """A function of every element, and no parameters."""

    _op: Any  # an operation

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        # The fast path is what calling the operation comes to; called at once, it takes an eighth less time.
        return (self._op.cache.fast_path or self._op)(input) if isinstance(input, Handle) else self._op(input)


class Sigmoid(_Activation):
    """``y = 1 / (1 + exp(-x))``, element by element.

    Examples
    --------
    >>> Sigmoid()(np.array([0.0, np.log(3)]))
    array([0.5 , 0.75])
    """

    _op = functional.sigmoid


class Tanh(_Activation):
    """``y = tanh(x)``, element by element.

    Examples
    --------
    >>> Tanh()(np.array([0.0, np.log(2)]))
    array([0. , 0.6])
    """

    _op = handler_of(np.tanh)


class ReLU(_Activation, InPlace):
    """``y = max(x, 0)``, element by element; the derivative at 0 is 0.

    Parameters
    ----------
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    _op = relu

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.relu(input, inplace=True) if self.inplace else super().forward(input)


class Softmax(Shares):
    """``y = exp(x) / sum(exp(x))`` along one axis: positive numbers that sum to 1.

    Parameters
    ----------
    dim : int, optional
        The axis; by default as of `functional.softmax`.

    Examples
    --------
    >>> Softmax(-1)(np.zeros((2, 4)))
    array([[0.25, 0.25, 0.25, 0.25],
           [0.25, 0.25, 0.25, 0.25]])
    """

    _function = staticmethod(functional.softmax)
