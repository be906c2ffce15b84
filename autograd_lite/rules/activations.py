"""Activations of networks, each one operation: the value and the derivative in a few calls, and one node.

Where a function has a kink its derivative there is PyTorch's, by the comparison that stands in the rule.
"""

from __future__ import annotations

import math

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.forms import elementwise, operation
from autograd_lite.rules.elementwise import sech_squared, sigmoid, softplus

_ROOT = math.sqrt(2 / math.pi)
_CUBE = 0.044715
_BEND = 3  # of the hard sigmoid and what is made of it


@operation(elementwise, lambda g, x, slope: np.where(x > 0, g, slope * g), settings="slope", formula="leaky_relu")
def leaky_relu(x: Array, slope: float = 0.01) -> Array:
    """``x`` where it is positive, elsewhere ``slope x``; at 0 the derivative is `slope`."""
    return np.where(x > 0, x, slope * x)


@operation(
    elementwise, lambda g, x, alpha, scale: np.where(x > 0, scale[0] * g, g * _falling(x, alpha, scale)),
    settings="alpha scale", formula="elu",
)  # fmt: skip
def elu(x: Array, alpha: float = 1.0, scale: tuple[float, float] = (1.0, 1.0)) -> Array:
    """``a x`` where it is positive, elsewhere ``alpha (exp(b x) - 1)``, with ``scale = (a, b)``."""
    a, b = scale
    return np.where(x > 0, a * x if a != 1 else x, alpha * np.expm1(np.minimum(b * x, 0)))


def _falling(x: Array, alpha: float, scale: tuple[float, float]) -> Array:
    return alpha * scale[1] * np.exp(np.minimum(scale[1] * x, 0))


@operation(
    elementwise, lambda g, x, low, high: np.where((x > low) & (x < high), g, 0), settings="low high",
    formula="hardtanh",
)  # fmt: skip
def hardtanh(x: Array, low: float = -1.0, high: float = 1.0) -> Array:
    """``x`` between two numbers, beyond them the nearer one; there, and at both, the derivative is 0."""
    return np.minimum(np.maximum(x, low), high)


@operation(
    elementwise, lambda g, x: np.where((x > -_BEND) & (x < _BEND), g / 6, 0), range=(0, 1), formula="hardsigmoid"
)
def hardsigmoid(x: Array) -> Array:
    """``x / 6 + 1 / 2`` between -3 and 3, beyond them 0 and 1; there, and at both, the derivative is 0."""
    return np.minimum(np.maximum(x + 3, 0), 6) / 6


@operation(
    elementwise, lambda g, x: np.where(x >= _BEND, g, np.where(x <= -_BEND, 0, g * (x / 3 + 0.5))), formula="hardswish"
)
def hardswish(x: Array) -> Array:
    """``x hardsigmoid(x)``: 0 up to -3, where the derivative is 0, and `x` from 3 on, where it is 1."""
    return x * np.minimum(np.maximum(x + 3, 0), 6) / 6


@operation(
    elementwise, lambda g, x, bound: np.where(np.abs(x) <= bound, 0, g), settings="bound", formula="hardshrink"
)
def hardshrink(x: Array, bound: float = 0.5) -> Array:
    """``x``, but 0 from ``-bound`` to `bound`, where the derivative is 0."""
    return np.where(np.abs(x) <= bound, 0, x)


@operation(
    elementwise, lambda g, x, bound: np.where(np.abs(x) <= bound, 0, g), settings="bound", formula="softshrink"
)
def softshrink(x: Array, bound: float = 0.5) -> Array:
    """``x`` nearer to 0 by `bound`; 0 from ``-bound`` to `bound`, where the derivative is 0."""
    return x - np.minimum(np.maximum(x, -bound), bound)


@operation(
    elementwise, lambda g, x, bound: np.where(x > bound, g, 0), settings="bound value", formula="threshold"
)
def threshold(x: Array, bound: float = 0.0, value: float = 0.0) -> Array:
    """``x`` where it is larger than `bound`, elsewhere `value`, with derivative 0."""
    return np.where(x <= bound, value, x)  # so that nan stays


@operation(elementwise, lambda g, x: g * sigmoid(-x), formula="logsigmoid")
def logsigmoid(x: Array) -> Array:
    """``log(sigmoid(x))``, exact where the sigmoid would underflow to 0."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@operation(elementwise, lambda g, x: g / np.square(1 + np.abs(x)), range=(-1, 1), formula="softsign")
def softsign(x: Array) -> Array:
    """``x / (1 + |x|)``."""
    return x / (1 + np.abs(x))


@operation(elementwise, lambda g, x: g * _slope_of_silu(x), complex=True, formula="silu")
def silu(x: Array) -> Array:
    """``x sigmoid(x)``."""
    return x * sigmoid(x)


def _slope_of_silu(x: Array) -> Array:
    s = sigmoid(x)
    return s * (1 + x * sigmoid(-x))


@operation(elementwise, lambda g, x: g * _slope_of_mish(x), formula="mish")
def mish(x: Array) -> Array:
    """``x tanh(softplus(x))``."""
    return x * np.tanh(softplus(x))


def _slope_of_mish(x: Array) -> Array:
    inner = softplus(x)
    return np.tanh(inner) + x * sech_squared(inner) * sigmoid(x)


@operation(elementwise, lambda g, x: g * _slope_of_gelu(x), formula="gelu")
def gelu_by_tanh(x: Array) -> Array:
    """``x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2``, which is near to ``x`` times the normal distribution."""
    return x * sigmoid(2 * _ROOT * (x + _CUBE * x * x * x))


def _slope_of_gelu(x: Array) -> Array:
    inner = 2 * _ROOT * (x + _CUBE * x * x * x)
    s = sigmoid(inner)
    return s + x * s * sigmoid(-inner) * (2 * _ROOT * (1 + 3 * _CUBE * x * x))
