"""Simpler calls of the same value, to the last bit: also for NaN, infinities and zeros of either sign."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program.program import Instruction, Program, Ref

_TWO = 2


def algebra(program: Program) -> Program:
    """Return the program with products by 1, double negations and the like taken out.

    NOTE: not ``x + 0``, which makes 0 of -0, and not ``x * 0`` or ``x - x``, which are NaN where `x` is infinite.
    """
    return Rewriting(program).run(_simpler)


def _simpler(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    if x.fn is np.mean:
        return _mean(walk, x)
    rule = _RULES.get(x.fn)
    return x if rule is None or x.kwargs else rule(walk, x)


def _multiply(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    for one, other in (x.args, x.args[::-1]):
        if walk.is_number(one, 1) and walk.same_type(other, x):
            return _ref(other)
    return _outside(walk, x)


def _outside(walk: Rewriting, x: Instruction) -> Instruction:
    """``(-a) * b`` is ``-(a * b)``, where the minus may meet another one."""
    for value, other in (x.args, x.args[::-1]):
        negated = walk.source(value, np.negative)
        if negated is not None and walk.same_type(value, x):
            product = walk.new(walk.types[x.id])
            walk.add(replace(x, id=product, args=(negated.args[0], other)))
            return replace(x, fn=np.negative, args=(Ref(product),))
    return x


def _divide(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    value, by = x.args
    return _ref(value) if walk.is_number(by, 1) and walk.same_type(value, x) else x


def _add(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    """``a + (-b)`` is ``a - b``."""
    for value, other in (x.args, x.args[::-1]):
        negated = walk.source(other, np.negative)
        if negated is not None:
            return replace(x, fn=np.subtract, args=(value, negated.args[0]))
    return x


def _subtract(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    """``a - (-b)`` is ``a + b``, and ``a - 0`` is `a`."""
    value, other = x.args
    if walk.is_number(other, 0) and walk.same_type(value, x) and not _negative_zero(walk, other):
        return _ref(value)
    negated = walk.source(other, np.negative)
    return x if negated is None else replace(x, fn=np.add, args=(value, negated.args[0]))


def _negative_zero(walk: Rewriting, value: Any) -> bool:
    number = walk.constants[value.id] if isinstance(value, Ref) else value
    return bool(np.signbit(number))


def _negative(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    negated = walk.source(x.args[0], np.negative)
    return x if negated is None else _ref(negated.args[0])


_RULES: dict[Any, Any] = {
    np.multiply: _multiply, np.divide: _divide, np.add: _add, np.subtract: _subtract, np.negative: _negative,
}  # fmt: skip


def _mean(walk: Rewriting, x: Instruction) -> Instruction:
    """A mean is a sum, divided by the number of what is added; so NumPy computes it too."""
    value, kind = x.args[0], walk.types[x.id]
    plain = len(x.args) <= _TWO and {name for name, _ in x.kwargs} <= {"axis", "keepdims"}
    if not isinstance(value, Ref) or not plain or kind.dtype not in _EXACT or walk.types[value.id].dtype != kind.dtype:
        return x
    size, result = math.prod(walk.types[value.id].shape), math.prod(kind.shape)
    if not size or not result:
        return x
    total = walk.new(kind)
    walk.add(replace(x, id=total, fn=np.sum))
    return replace(x, fn=np.divide, args=(Ref(total), size // result), kwargs=())


_EXACT = (np.dtype(np.float32), np.dtype(np.float64))  # half precision is added up in single


def _ref(value: Any) -> Ref:
    assert isinstance(value, Ref)
    return value
