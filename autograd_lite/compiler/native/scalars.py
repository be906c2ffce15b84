"""What native code writes for a function of NumPy, for one element: in C, and in the Python that numba compiles."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_lite.engine.op import Op
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules import normal

_OF_NUMPY = frozenset(("cbrt", "ceil", "exp2", "floor", "log2", "rint", "trunc"))
"""What numba takes from NumPy: it has no such function of `math`, or one that gives whole numbers. The others it does
take from there, which has it look at fewer possible types."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """An expression of operands ``{0}``, ``{1}``; in C, ``{f}`` stands for the letter by which ``expf`` differs.

    `fast` is another one in C, by functions of our own, where these stand above the kernels.
    """

    c: str
    numba: str
    fast: str = ""


def _infix(sign: str) -> Scalar:
    return Scalar(f"({{0}} {sign} {{1}})", f"({{0}} {sign} {{1}})")


def _both(text: str) -> Scalar:
    return Scalar(text, text)


def _chosen(condition: str, yes: str, no: str, c_condition: str = "") -> Scalar:
    return Scalar(f"({c_condition or condition} ? {yes} : {no})", f"({yes} if {condition} else {no})")


def _function(fn: np.ufunc, name: str) -> Scalar:
    """A function of one or two operands that C has too, under this name."""
    operands = ", ".join(f"{{{i}}}" for i in range(fn.nin))
    return Scalar(f"{name}{{f}}({operands})", f"{'np' if name in _OF_NUMPY else 'math'}.{name}({operands})")


def zero_taken(fn: np.ufunc) -> str:
    """Return which of two zeros of different signs NumPy takes here: ``first``, ``second``, or the one ``by sign``.

    That is what an instruction of the processor does: on x86 the second one.
    """
    first_negative, second_negative = np.signbit(fn(np.array([-0.0, 0.0]), np.array([0.0, -0.0])))
    if first_negative == second_negative:
        return "by sign"
    return "first" if first_negative else "second"


def extremum(sign: str, zero: str) -> Scalar:
    """Return the greater or smaller one of two numbers; undefined where one of them is."""
    ahead = f"{{0}} {sign}{'=' if zero == 'first' else ''} {{1}}"
    if zero != "by sign":
        return _chosen(f"{ahead} or {{0}} != {{0}}", "{0}", "{1}", f"{ahead} || {{0}} != {{0}}")
    both = "{0} + {1}" if sign == ">" else "-(-{0} - {1})"
    return Scalar(
        f"({ahead} || {{0}} != {{0}} ? {{0}} : {{0}} == 0 && {{1}} == 0 ? {both} : {{1}})",
        f"({{0}} if {ahead} or {{0}} != {{0}} else {both} if {{0}} == 0 and {{1}} == 0 else {{1}})",
    )


def _with_sign(sign: str, place: int) -> Scalar:
    """Compare a number without a sign with one that has one, which is the operand at `place`: exactly, as NumPy does.

    Below zero it is less than all others, and else one of them.
    """
    signed = f"{{{place}}}"
    below = sign == "!=" or sign.startswith("<>"[place])
    texts = []
    for whole, either, both in ((f"(uint64_t){signed}", "||", "&&"), (f"np.uint64({signed})", "or", "and")):
        a, b = (whole if k == place else f"{{{k}}}" for k in range(2))
        decided = f"{signed} < 0 {either}" if below else f"{signed} >= 0 {both}"
        texts.append(f"({decided} {a} {sign} {b})")
    return Scalar(*texts)


_NOT_ZERO = ("({0} != 0)", "({1} != 0)")
# log(exp(a) + exp(b)) from the larger one; equal operands apart, for the difference of equal infinities is undefined.
# In C the functions are in no branch, or they would have no vector version.
_LOGADDEXP = Scalar(
    "(({0} >= {1} || {0} != {0} ? {0} : {1}) + log1p{f}(exp{f}(-fabs{f}({0} == {1} ? 0 : {0} - {1}))))",
    "({0} + " + repr(math.log(2)) + " if {0} == {1} else "
    "({0} if {0} >= {1} or {0} != {0} else {1}) + math.log1p(math.exp(-math.fabs({0} - {1}))))",
)

COMPARISONS: Mapping[Any, str] = MappingProxyType({
    np.less: "<", np.less_equal: "<=", np.greater: ">", np.greater_equal: ">=", np.equal: "==", np.not_equal: "!=",
})  # fmt: skip
WITH_SIGN: Mapping[tuple[Any, int], Scalar] = MappingProxyType(
    {(fn, place): _with_sign(sign, place) for fn, sign in COMPARISONS.items() for place in range(2)}
)
"""Comparisons of 64-bit numbers of which one has a sign, by the place of that one."""

SCALARS: Mapping[Any, Scalar] = MappingProxyType({
    normal.erfc_of: Scalar("erfc{f}({0})", "math.erfc({0})"),
    normal.gelu_of: Scalar(
        "({0} < -45 ? 0 : 0.5{f} * {0} * erfc{f}(-0.70710678118654752{f} * {0}))",
        "(0.0 if {0} < -45 else 0.5 * {0} * math.erfc(-0.7071067811865476 * {0}))",
        "gelu_of{f}({0})",
    ),
    normal.gelu_slope_of: Scalar(
        "({0} < -45 ? 0 : {0} > 45 ? 1 : 0.5{f} * erfc{f}(-0.70710678118654752{f} * {0})"
        " + 0.39894228040143268{f} * {0} * exp{f}(-0.5{f} * {0} * {0}))",
        "(0.0 if {0} < -45 else 1.0 if {0} > 45 else 0.5 * math.erfc(-0.7071067811865476 * {0})"
        " + 0.3989422804014327 * {0} * math.exp(-0.5 * {0} * {0}))",
        "gelu_slope{f}({0})",
    ),
    operator.add: _infix("+"), operator.sub: _infix("-"), operator.mul: _infix("*"), operator.truediv: _infix("/"),
    operator.neg: _both("(-{0})"),
    np.maximum: extremum(">", zero_taken(np.maximum)), np.minimum: extremum("<", zero_taken(np.minimum)),
    np.fmax: extremum(">", "first"), np.fmin: extremum("<", "first"), np.logaddexp: _LOGADDEXP,
    **{fn: _infix(sign) for fn, sign in COMPARISONS.items()}, np.isnan: _both("({0} != {0})"),
    np.isfinite: Scalar("(fabs{f}({0}) <= MAX{f})", "np.isfinite({0})"),
    np.isinf: Scalar("(fabs{f}({0}) > MAX{f})", "np.isinf({0})"),
    np.signbit: Scalar("(signbit({0}) != 0)", "np.signbit({0})"),
    np.logical_and: Scalar(" & ".join(_NOT_ZERO).join("()"), " and ".join(_NOT_ZERO).join("()")),
    np.logical_or: Scalar(" | ".join(_NOT_ZERO).join("()"), " or ".join(_NOT_ZERO).join("()")),
    np.logical_not: _both("({0} == 0)"), np.bitwise_and: _infix("&"), np.bitwise_or: _infix("|"),
    np.bitwise_xor: _infix("^"),
    np.sign: Scalar("({0} > 0 ? 1 : {0} < 0 ? -1 : {0} == 0 ? 0 : {0})",
                    "(1.0 if {0} > 0 else -1.0 if {0} < 0 else 0.0 if {0} == 0 else {0})"),
    np.heaviside: Scalar("({0} < 0 ? 0 : {0} > 0 ? 1 : {0} == 0 ? {1} : {0})",
                         "(0.0 if {0} < 0 else 1.0 if {0} > 0 else {1} if {0} == 0 else {0})"),
})  # fmt: skip
"""Those that C and Python write differently, by the function. See `scalar_of`."""


@lru_cache(maxsize=512)
def scalar_of(fn: Any) -> Scalar | None:
    """Return what is written for a function, for real numbers, and truth values where NumPy takes those.

    Of most the declaration says it: by `native`, or by a `symbol` that the languages share with Python.
    """
    op = handler_of(fn)
    if fn in SCALARS or not isinstance(op, Op):
        return SCALARS.get(fn)
    if op.native is not None:
        return _both(op.native) if "{" in op.native else _function(fn, op.native)
    return _infix(op.symbol) if op.symbol in _SHARED else None


_SHARED = frozenset("+-*/")

FLOATS_ONLY = frozenset(
    (
        np.absolute, np.sign, np.reciprocal, np.power, np.degrees, np.rad2deg, np.radians, np.deg2rad, np.isfinite,
        np.isinf, np.isnan, np.rint, np.floor, np.ceil, np.trunc,
    )
)  # fmt: skip
"""Those that NumPy defines otherwise for whole numbers."""

WHOLE_ONLY = frozenset((np.fmax, np.fmin))
"""Those for which NumPy takes either of two zeros of different signs, by where in the array they are."""

FOR_TRUTH = frozenset(
    (
        *COMPARISONS, np.logical_and, np.logical_or, np.logical_not, np.bitwise_and, np.bitwise_or, np.bitwise_xor,
    )
)  # fmt: skip
"""Those that mean the same for truth values as for numbers."""

SAME = _both("{0}")
WHERE = _chosen("{0}", "{1}", "{2}")
INVERTED = _both("({0} == 0)")
ROOT_OR_POWER = Scalar(
    "({1} == 0.5 ? sqrt{f}({0}) : pow{f}({0}, {1}))", "(math.sqrt({0}) if {1} == 0.5 else math.pow({0}, {1}))"
)
