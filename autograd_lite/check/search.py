"""Which element a wrong direction comes from, in few evaluations of the function.

The residual of a direction is by how much its derived derivative differs from the numeric one: the sum, over the wrong
elements, of the error of each times its part in the direction. If there is one such element, its number can be read
from residuals: weigh every element by a digit of its number, and the residual grows by the digit of the wrong one. A
million elements have two digits in base 1024. If there are several, no digit comes out whole, or the element found does
not account for the residual; then the direction is halved again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from autograd_lite.base.shapes import Array

_BASES = (1024, 32)
_WHOLE = 0.25  # so far from a whole number a digit may come out
_NAMED = 3
"""So many wrong elements of a large input are looked for."""

Residual = Callable[[Array], float]
"""By how much the derived derivative along a direction differs from the numeric one; linear."""


def readings(v: Array, total: float, residual: Residual) -> Iterator[int]:
    """Yield the elements that all of a residual may come from, as their digits tell: to be tried one by one.

    Parameters
    ----------
    v : array
        A direction.
    total : float
        Its residual.
    residual : callable
        Gives that of another direction.
    """
    support = np.flatnonzero(v)
    for base in _BASES:
        number = _number(v, support, total, residual, base)
        if number is not None and number < support.size:
            yield int(support[number])


def _number(v: Array, support: Array, total: float, residual: Residual, base: int) -> int | None:
    """Return the number that the digits make, the last digit first; None if one is not whole."""
    number, power = 0, 1
    while power < support.size:
        weighted = np.zeros_like(v)
        weighted[support] = v[support] * (1 + np.arange(support.size) // power % base / base)
        digit = (residual(weighted) / total - 1) * base
        if not (abs(digit - np.rint(digit)) < _WHOLE and -_WHOLE < digit < base):
            return None
        number, power = number + int(np.rint(digit)) * power, power * base
    return number


def bisected(v: Array, total: float, residual: Residual) -> int:
    """Return the element that most of a residual comes from, halving the direction again and again.

    What one half has not, the other has.
    """
    support = np.flatnonzero(v)
    while support.size > 1:
        first = support[: support.size // 2]
        half = np.zeros_like(v)
        half[first] = v[first]
        part = residual(half)
        rest = total - part
        if not abs(part) >= abs(rest):
            support, total = support[support.size // 2 :], rest
        else:
            support, total = first, part
    return int(support[0])


def traced(v: Array, total: float, allowed: float, residual: Residual, most: int = _NAMED) -> list[int]:
    """Return the elements that a residual comes from until no more than what is allowed is left, or the first few."""
    named: list[int] = []
    v = v.copy()
    while len(named) < most and abs(total) > allowed:
        j, share = _heaviest(v, total, allowed, residual)
        if not abs(share) > allowed / 2:
            break
        named.append(j)
        v[j] = 0
        total -= share
    return named


def _heaviest(v: Array, total: float, allowed: float, residual: Residual) -> tuple[int, float]:
    """Return the element that most of a residual comes from, and its own."""
    for j in readings(v, total, residual):
        share = residual(alone(v, j))
        if abs(total - share) <= max(allowed, _WHOLE * abs(total)):
            return j, share
    j = bisected(v, total, residual)
    return j, residual(alone(v, j))


def alone(v: Array, j: int) -> Array:
    """Return the part of a direction that is one element."""
    return np.where(np.arange(v.size) == j, v, 0)
