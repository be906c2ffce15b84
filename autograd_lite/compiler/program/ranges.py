"""Between which numbers the values of a program lie, as far as that can be told without running it.

Interval arithmetic (R. E. Moore, "Interval Analysis", 1966), with two facts about differences to a maximum, which
intervals alone do not see. A range says nothing of NaN: a value lies in it, or is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.program import Instruction, Program, Ref
from autograd_lite.engine.registry import handler_of

Range = tuple[float, float]
ALL: Range = (-math.inf, math.inf)
_SLACK = 1e-3
"""By which part a bound that is not exact is moved outwards: functions are computed to some units in the last place."""
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_BOOL = np.dtype(bool)
_LARGEST, _LEAST = 1e30, 1e-30
"""What is computed to be larger may be infinite, in single precision; what is smaller may be 0."""
_LARGEST_CONSTANT = 10_000
_NUMBERS = np.array([-1, 1]) * float(np.finfo(np.float32).max)
_FINITE = 1e35  # which is no infinity in single precision, either


class Ranges:
    """The range of each value of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.made: dict[int, Instruction] = {}
        self._found: dict[int, Range] = {c.id: _of_constant(c.array) for c in program.constants if c.private}
        for x in program.instructions:
            self._found[x.id] = self.after(x)

    def of(self, value: Any) -> Range:
        """Return the range of an operand."""
        if value.__class__ is Ref:
            return self._found.get(value.id, ALL)
        if isinstance(value, (bool, int, float)) and value == value:  # noqa: PLR0124 - NaN
            return float(value), float(value)
        return ALL

    def after(self, x: Instruction) -> Range:
        """Return the range of what an instruction gives."""
        self.made[x.id] = x
        dtype = self.program.types[x.id].dtype
        if dtype is _BOOL:
            return 0.0, 1.0
        rule = _RULES.get(x.fn) or _REDUCTIONS.get(facts.reduction(x.fn))
        if dtype not in _FLOATS or not {name for name, _ in x.kwargs} <= {"axis", "keepdims"}:
            return ALL
        low, high = _declared(self, x) if rule is None else rule(self, x)
        return (low if low > -_LARGEST else -math.inf), (high if high < _LARGEST else math.inf)

    def source(self, value: Any, fn: Any) -> Instruction | None:
        """Return the instruction that gives an operand, if it is a call of `fn`."""
        x = self.made.get(value.id) if value.__class__ is Ref else None
        return x if x is not None and x.fn is fn else None

    def is_calm(self, x: Instruction) -> bool:
        """Tell whether a call can surely neither overflow nor divide by zero or ask for what is not defined."""
        if x.fn is np.divide:
            low, high = self.of(x.args[1])
            return low >= 1.0 and high < math.inf
        if not getattr(handler_of(x.fn), "increasing", False):
            return False
        ends = _at_ends(x.fn, np.clip(self.of(x.args[0]), *_NUMBERS))
        return bool(np.all(np.abs(ends) <= _FINITE))


def _of_constant(array: Any) -> Range:
    if np.size(array) == 0 or np.size(array) > _LARGEST_CONSTANT or np.asarray(array).dtype.kind not in "fib":
        return ALL
    low, high = float(np.min(array)), float(np.max(array))
    return ALL if low != low else (low, high)  # noqa: PLR0124 - NaN


def _declared(ranges: Ranges, x: Instruction) -> Range:
    """Return the range that the declaration of an operation tells of its results."""
    op = handler_of(x.fn)
    bounds = getattr(op, "range", None)
    low, high = ALL if bounds is None else _wide(*map(float, bounds))
    if getattr(op, "increasing", False):
        least, most = _wide(*_at_ends(x.fn, ranges.of(x.args[0])))
        low, high = max(low, least), min(high, most)  # where one is no number, the declared one
    return low, high


def _at_ends(fn: Any, ends: Any) -> Range:
    """Return what an increasing function makes of a range, whose bounds are no better than to the next whole number."""
    with np.errstate(all="ignore"):
        low, high = fn(np.array([np.floor(ends[0]), np.ceil(ends[1])])).tolist()
    return (0.0 if 0.0 < low < _LEAST else low), (_LEAST if 0.0 < high < _LEAST else high)


def _wide(low: float, high: float) -> Range:
    """Return a range moved outwards, but not beyond zero."""
    return low - _SLACK * abs(low), high + _SLACK * abs(high)


def _add(ranges: Ranges, x: Instruction) -> Range:
    a, b = map(ranges.of, x.args)
    return _sum(a, b)


def _sum(a: Range, b: Range) -> Range:
    low, high = a[0] + b[0], a[1] + b[1]
    return low if low == low else -math.inf, high if high == high else math.inf  # noqa: PLR0124 - NaN


def _subtract(ranges: Ranges, x: Instruction) -> Range:
    a, b = map(ranges.of, x.args)
    low, high = _sum(a, (-b[1], -b[0]))
    return low, min(high, 0.0) if _less_maximum(ranges, x) is not None else high


def _less_maximum(ranges: Ranges, x: Instruction) -> Ref | None:
    """Return the maxima along some axes of an operand, if these are subtracted from it, or what is no less."""
    bound = x.args[1]
    limit = ranges.source(bound, np.maximum)
    for value in (bound,) if limit is None else (bound, *limit.args):
        if value.__class__ is Ref and x.args[0] in _maxima_of(ranges, value):
            return value
    return None


def _maxima_of(ranges: Ranges, value: Any) -> list[Any]:
    """Return what a value is the maxima of, with the axes kept; also of rows that were made columns for it."""
    largest = ranges.source(value, np.max)
    if largest is not None:
        return [largest.args[0]] if dict(largest.kwargs).get("keepdims") is True else []
    shaped = ranges.source(value, np.reshape)
    largest = None if shaped is None else ranges.source(shaped.args[0], np.max)
    copied = None if largest is None else ranges.source(largest.args[0], np.copy)
    turned = None if copied is None else ranges.source(copied.args[0], np.transpose)
    if shaped is None or largest is None or turned is None:
        return []
    rows = (*ranges.program.types[turned.id].shape[1:], 1)
    fits = len(turned.args) == 1 and largest.args[1:] == (0,) and ranges.program.types[shaped.id].shape == rows
    return [turned.args[0]] if fits else []


def _multiply(ranges: Ranges, x: Instruction) -> Range:
    if x.args[0] == x.args[1]:
        return _square(ranges, x)
    a, b = map(ranges.of, x.args)
    products = [0.0 if 0.0 in (p, q) else p * q for p in a for q in b]
    return _wide(min(products), max(products))


def _square(ranges: Ranges, x: Instruction) -> Range:
    low, high = ranges.of(x.args[0])
    least = 0.0 if low <= 0.0 <= high else min(low * low, high * high)
    return (1.0 if least >= 1.0 else 0.0), _wide(0.0, max(low * low, high * high))[1]


def _divide(ranges: Ranges, x: Instruction) -> Range:
    a, b = map(ranges.of, x.args)
    if b[0] < 1.0:
        return (0.0, math.inf) if a[0] >= 0.0 and b[0] > 0.0 else ALL
    return _wide(min(a[0], 0.0), max(a[1], 0.0))


def _absolute(ranges: Ranges, x: Instruction) -> Range:
    low, high = ranges.of(x.args[0])
    return (0.0 if low <= 0.0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))


def _negative(ranges: Ranges, x: Instruction) -> Range:
    low, high = ranges.of(x.args[0])
    return -high, -low


def _copysign(ranges: Ranges, x: Instruction) -> Range:
    low, high = _absolute(ranges, x)
    return (-high, -low) if ranges.of(x.args[1])[1] < 0.0 else (-high, high)


def _maximum(ranges: Ranges, x: Instruction) -> Range:
    a, b = map(ranges.of, x.args)
    return max(a[0], b[0]), max(a[1], b[1])


def _minimum(ranges: Ranges, x: Instruction) -> Range:
    a, b = map(ranges.of, x.args)
    return min(a[0], b[0]), min(a[1], b[1])


def _same(ranges: Ranges, x: Instruction) -> Range:
    return ranges.of(x.args[0])


def _total(ranges: Ranges, x: Instruction) -> Range:
    """A sum of what is not negative is not, and it is no less than a term that is surely among the others."""
    return ALL if ranges.of(x.args[0])[0] < 0.0 else (_a_term(ranges, x), math.inf)


def _a_term(ranges: Ranges, x: Instruction) -> float:
    """Return 1 for a sum of ``exp(x - max(x))``, with a finite maximum, or of another increasing function; else 0."""
    power = ranges.made.get(getattr(x.args[0], "id", -1))
    increases = power is not None and getattr(handler_of(power.fn), "increasing", False)
    difference = ranges.source(power.args[0], np.subtract) if power is not None and increases else None
    maxima = None if difference is None else _less_maximum(ranges, difference)
    largest = ranges.source(maxima, np.max)
    if largest is None or difference is None or largest.args[1:] != x.args[1:] or largest.kwargs != x.kwargs:
        return 0.0
    low = ranges.of(largest.args[0])[0]
    limit = ranges.source(difference.args[1], np.maximum)  # where there is one, that may be larger
    acts = limit is not None and any(a != Ref(largest.id) and ranges.of(a)[1] > low for a in limit.args)
    return float(power.fn(0.0)) if power is not None and low > -math.inf and not acts else 0.0


_RULES: Mapping[Any, Callable[[Ranges, Instruction], Range]] = {
    np.add: _add, np.subtract: _subtract, np.multiply: _multiply, np.square: _square, np.divide: _divide,
    np.copysign: _copysign, np.absolute: _absolute, np.negative: _negative, np.maximum: _maximum, np.minimum: _minimum,
    np.copy: _same, np.reshape: _same, np.transpose: _same, np.broadcast_to: _same,
}  # fmt: skip
_REDUCTIONS: Mapping[str, Callable[[Ranges, Instruction], Range]] = {"add": _total, "maximum": _same, "minimum": _same}
