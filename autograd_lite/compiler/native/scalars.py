"""What native code writes for a function of NumPy, for one element: in C, and in the Python that numba compiles."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

MATH = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "copysign", "cos", "cosh", "exp", "expm1", "fabs",
    "hypot", "log", "log10", "log1p", "pow", "sin", "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip
"""What numba takes from `math`, which has it look at fewer possible types than NumPy's functions of the same name."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """An expression of operands ``{0}``, ``{1}``; in C, ``{f}`` stands for the letter by which ``expf`` differs."""

    c: str
    numba: str


def _infix(sign: str) -> Scalar:
    return Scalar(f"({{0}} {sign} {{1}})", f"({{0}} {sign} {{1}})")


def _both(text: str) -> Scalar:
    return Scalar(text, text)


def _chosen(condition: str, yes: str, no: str, c_condition: str = "") -> Scalar:
    return Scalar(f"({c_condition or condition} ? {yes} : {no})", f"({yes} if {condition} else {no})")


def _function(name: str, c_name: str = "") -> Scalar:
    """A function of one or two operands that C has too, under this name or another one."""
    operands = "{0}, {1}" if name in {"arctan2", "hypot", "copysign", "power"} else "{0}"
    called = c_name or name
    return Scalar(f"{called}{{f}}({operands})", f"{called if called in MATH else f'np.{name}'}({operands})")


def _greater_or(sign: str, fallback: str) -> Scalar:
    """The greater or smaller one; `fallback` is the operand that, where undefined, decides for the first."""
    first, undefined = f"{{0}} {sign} {{1}}", f"{fallback} != {fallback}"
    return _chosen(f"{first} or {undefined}", "{0}", "{1}", f"{first} || {undefined}")


_NOT_ZERO = ("({0} != 0)", "({1} != 0)")
# log(exp(a) + exp(b)) from the larger one; equal operands apart, for the difference of equal infinities is undefined.
_LOGADDEXP = Scalar(
    "({0} == {1} ? {0} + " + repr(math.log(2)) + " : "
    "({0} >= {1} || {0} != {0} ? {0} : {1}) + log1p{f}(exp{f}(-fabs{f}({0} - {1}))))",
    "({0} + " + repr(math.log(2)) + " if {0} == {1} else "
    "({0} if {0} >= {1} or {0} != {0} else {1}) + log1p(exp(-fabs({0} - {1}))))",
)

SCALARS: Mapping[Any, Scalar] = MappingProxyType({
    np.add: _infix("+"), np.subtract: _infix("-"), np.multiply: _infix("*"), np.divide: _infix("/"),
    operator.add: _infix("+"), operator.sub: _infix("-"), operator.mul: _infix("*"), operator.truediv: _infix("/"),
    np.negative: _both("(-{0})"), operator.neg: _both("(-{0})"), np.positive: _both("{0}"), np.conjugate: _both("{0}"),
    np.square: _both("({0} * {0})"), np.reciprocal: _both("(1 / {0})"), np.fabs: _function("fabs"),
    np.absolute: _function("fabs"), np.sqrt: _function("sqrt"), np.cbrt: _function("cbrt"),
    np.exp: _function("exp"), np.exp2: _function("exp2"), np.expm1: _function("expm1"), np.log: _function("log"),
    np.log2: _function("log2"), np.log10: _function("log10"), np.log1p: _function("log1p"),
    np.sin: _function("sin"), np.cos: _function("cos"), np.tan: _function("tan"), np.sinh: _function("sinh"),
    np.cosh: _function("cosh"), np.tanh: _function("tanh"), np.arcsin: _function("arcsin", "asin"),
    np.arccos: _function("arccos", "acos"), np.arctan: _function("arctan", "atan"),
    np.arcsinh: _function("arcsinh", "asinh"), np.arccosh: _function("arccosh", "acosh"),
    np.arctanh: _function("arctanh", "atanh"), np.arctan2: _function("arctan2", "atan2"),
    np.hypot: _function("hypot"), np.copysign: _function("copysign"), np.power: _function("power", "pow"),
    np.float_power: _function("power", "pow"), np.floor: _function("floor"), np.ceil: _function("ceil"),
    np.trunc: _function("trunc"), np.rint: _function("rint"),
    np.degrees: _both(f"({{0}} * {180 / math.pi!r})"), np.rad2deg: _both(f"({{0}} * {180 / math.pi!r})"),
    np.radians: _both(f"({{0}} * {math.pi / 180!r})"), np.deg2rad: _both(f"({{0}} * {math.pi / 180!r})"),
    np.maximum: _greater_or(">=", "{0}"), np.minimum: _greater_or("<=", "{0}"),
    np.fmax: _greater_or(">=", "{1}"), np.fmin: _greater_or("<=", "{1}"), np.logaddexp: _LOGADDEXP,
    np.less: _infix("<"), np.less_equal: _infix("<="), np.greater: _infix(">"), np.greater_equal: _infix(">="),
    np.equal: _infix("=="), np.not_equal: _infix("!="), np.isnan: _both("({0} != {0})"),
    np.isfinite: Scalar("(fabs{f}({0}) <= MAX{f})", "np.isfinite({0})"),
    np.isinf: Scalar("(fabs{f}({0}) > MAX{f})", "np.isinf({0})"),
    np.signbit: Scalar("(signbit({0}) != 0)", "np.signbit({0})"),
    np.logical_and: Scalar(" && ".join(_NOT_ZERO).join("()"), " and ".join(_NOT_ZERO).join("()")),
    np.logical_or: Scalar(" || ".join(_NOT_ZERO).join("()"), " or ".join(_NOT_ZERO).join("()")),
    np.logical_not: _both("({0} == 0)"), np.bitwise_and: _infix("&"), np.bitwise_or: _infix("|"),
    np.bitwise_xor: _infix("^"),
    np.sign: Scalar("({0} > 0 ? 1 : {0} < 0 ? -1 : {0} == 0 ? 0 : {0})",
                    "(1.0 if {0} > 0 else -1.0 if {0} < 0 else 0.0 if {0} == 0 else {0})"),
    np.heaviside: Scalar("({0} < 0 ? 0 : {0} > 0 ? 1 : {0} == 0 ? {1} : {0})",
                         "(0.0 if {0} < 0 else 1.0 if {0} > 0 else {1} if {0} == 0 else {0})"),
})  # fmt: skip
"""By the function. For real numbers, and truth values where NumPy takes those."""

FLOATS_ONLY = frozenset(
    (
        np.absolute, np.sign, np.reciprocal, np.power, np.degrees, np.rad2deg, np.radians, np.deg2rad, np.isfinite,
        np.isinf, np.isnan, np.rint, np.floor, np.ceil, np.trunc,
    )
)  # fmt: skip
"""Those that NumPy defines otherwise for whole numbers."""

FOR_TRUTH = frozenset(
    (
        np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal, np.logical_and, np.logical_or,
        np.logical_not, np.bitwise_and, np.bitwise_or, np.bitwise_xor,
    )
)  # fmt: skip
"""Those that mean the same for truth values as for numbers."""

SAME = _both("{0}")
WHERE = _chosen("{0}", "{1}", "{2}")
INVERTED = _both("({0} == 0)")
