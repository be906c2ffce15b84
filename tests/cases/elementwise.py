"""Rows of pointwise functions."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.rules import elementwise
from cases.inputs import BITS, WITH_NAN, P, Q, X, Y, numbers
from cases.table import case

BOUNDS = {
    "positive": (0.5, 1.5), "beyond one": (1.5, 3.0), "narrow": (-0.6, 0.6), "share": (0.1, 0.9), "any": (-1.0, 1.0),
}  # fmt: skip
PAIRS = (
    ((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (3, 4)), ((2, 1, 2), ()), ((), ()), ((0, 4), (4,)),
    ((2, 1), (0,)), ((1, 1), (3,)),
)  # fmt: skip
BINARY: list[Any] = []
"""The functions of two operands."""


def unary(fn: Any, domain: str = "any", **facts: Any) -> None:
    """Add rows for a function of one operand, between the bounds of a domain."""
    low, high = BOUNDS[domain]
    for shape in ((3, 4), (), (0, 3)):
        case(fn, numbers(*shape, low=low, high=high), **facts)


def binary(fn: Any, domain: str = "positive", **facts: Any) -> None:
    """Add rows for a function of two operands, whose shapes are broadcast."""
    BINARY.append(fn)
    for first, second in PAIRS:
        case(fn, numbers(*first, low=0.5, high=1.5), numbers(*second, low=0.6, high=1.7, start=1), **facts)
    if domain == "any":
        case(fn, X, -Q, **facts)


unary(np.negative)
unary(np.positive)
unary(np.reciprocal, "positive")
unary(np.square)
unary(np.sqrt, "positive")
unary(np.cbrt, "positive")
unary(np.exp)
unary(np.exp2)
unary(np.expm1)
unary(np.log, "positive")
unary(np.log2, "positive")
unary(np.log10, "positive")
unary(np.log1p, "narrow")
unary(np.sin)
unary(np.cos)
unary(np.tan)
unary(np.arcsin, "narrow")
unary(np.arccos, "narrow")
unary(np.arctan)
unary(np.degrees)
unary(np.rad2deg)
unary(np.radians)
unary(np.deg2rad)
unary(np.sinh)
unary(np.cosh)
unary(np.tanh)
unary(np.arcsinh)
unary(np.arccosh, "beyond one")
unary(np.arctanh, "narrow")
unary(np.absolute)
unary(np.fabs)
unary(np.conjugate)
unary(np.real)
unary(np.imag)
unary(np.real_if_close)
unary(np.nan_to_num)
unary(elementwise.sech_squared)
unary(elementwise.sigmoid_slope)
unary(ag.sigmoid)
unary(ag.softplus)
unary(ag.relu)

binary(np.add, "any")
binary(np.subtract, "any")
binary(np.multiply, "any")
binary(np.divide, "any")
binary(np.remainder)
binary(np.fmod)
binary(np.power)
binary(np.float_power)
binary(np.logaddexp, "any")
binary(np.logaddexp2)
binary(np.hypot, "any")
binary(np.arctan2, "any")
binary(np.maximum, "any")
binary(np.minimum)
binary(np.fmax)
binary(np.fmin)
binary(np.copysign, "any")
binary(np.heaviside)

for _fn in (np.remainder, np.fmod, np.divmod):
    case(_fn, 5 * X, Q)
    case(_fn, 5 * X, -Q)
for _exponent in (0, 1, 2, 3, -1, -2, 0.5, -1.5, np.float64(2.5), np.arange(4), np.arange(4.0)):
    case(np.power, P, call=lambda x, n=_exponent: x**n)
for _exponent in (0, 1, 2, 3, np.arange(4)):
    case(np.power, X, call=lambda x, n=_exponent: x**n)
for _base in (2, 2.5, np.float64(0.5), np.arange(1.0, 5.0)):
    case(np.power, X, call=lambda x, b=_base: b**x)
case(np.power, P, np.array([0.0, 1.0, 2.0, -1.0]))
case(np.float_power, P, call=lambda x: np.float_power(x, 3))
for _low, _high in ((-0.47, 0.43), (None, 0.43), (-0.47, None)):
    case(np.clip, X, a_min=_low, a_max=_high)
case(np.clip, X, call=lambda x: np.clip(x, min=-0.5, max=np.array([0.1, 0.2, 0.3, 0.7])))
case(np.clip, X, np.array(-0.5), numbers(4, low=0.1, high=0.6))
case(elementwise.bounded, X, numbers(3, 1, low=-0.6, high=-0.3), numbers(4, low=0.1, high=0.6))
case(np.clip, X, np.array(0.51), np.array(-0.37))  # crossed bounds: NumPy gives the upper one
case(np.where, X, Y, call=lambda x, y: np.where(BITS, x, y))
case(np.where, X, np.array(0.5), call=lambda x, y: np.where(x > 0.05, x * x, y))
case(np.where, X, call=lambda x: np.where(x > 0.05, x, 2))
case(elementwise.select, numbers(4), np.zeros((0, 4)), call=lambda x, y: np.where(np.zeros((0, 1), bool), x, y))
case(elementwise.select, X, numbers(4), call=lambda x, y: elementwise.select(BITS, x, y))
case(np.ldexp, X, call=lambda x: np.ldexp(x, np.array([-1, 0, 1, 3])))
case(np.ldexp, X, call=lambda x: np.ldexp(x, 2))
case(np.nan_to_num, WITH_NAN, nan=0.3)
