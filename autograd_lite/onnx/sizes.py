"""Sizes that are not numbers: polynomials in the lengths of the axes that a model leaves open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

Powers = tuple[str, ...]
"""A product of lengths, by their names, sorted; the empty one is 1."""


class DependsOnSizeError(Exception):
    """A number was needed where there is a size; its text says of which lengths."""


class Size:
    """A polynomial with whole coefficients.

    Parameters
    ----------
    terms : dict of tuple of str to int
        For each product of lengths its coefficient.
    kind : type
        Of which numbers it is: ``int``, ``float``, or those of NumPy, by which arrays are promoted. Sizes are compared
        without it.

    Examples
    --------
    >>> batch = Size({("batch",): 1})
    >>> 2 * batch + 1, (2 * batch) // 2 == batch, batch - batch
    (2*batch + 1, True, 0)
    """

    __slots__ = ("kind", "terms")

    def __init__(self, terms: Mapping[Powers, int], kind: type = int) -> None:
        self.terms, self.kind = {powers: c for powers, c in terms.items() if c}, kind

    def number(self) -> Any:
        """Return a number of its kind, by which NumPy says what it is promoted to."""
        return self.kind(1)

    def names(self) -> set[str]:
        """Return the names of the lengths in it."""
        return {name for powers in self.terms for name in powers}

    def __add__(self, other: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        terms = dict(self.terms)
        for powers, c in _terms(other).items():
            terms[powers] = terms.get(powers, 0) + c
        return _simple(terms, _kind(self, other))

    __radd__ = __add__

    def __neg__(self) -> Any:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        return self + other * -1

    def __rsub__(self, other: Any) -> Any:
        return self * -1 + other

    def __mul__(self, other: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        terms: dict[Powers, int] = {}
        for p, c in self.terms.items():
            for q, d in _terms(other).items():
                both = tuple(sorted(p + q))
                terms[both] = terms.get(both, 0) + c * d
        return _simple(terms, _kind(self, other))

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        """Return the quotient, where it is one without a rest for all lengths."""
        if not _is_number(other):
            return NotImplemented
        by = _terms(other)
        if len(by) != 1:
            self._refuse()
        ((powers, divisor),) = by.items()
        terms = {}
        for p, c in self.terms.items():
            rest = list(p)
            for name in powers:
                if name not in rest:
                    self._refuse()
                rest.remove(name)
            if c % divisor:
                self._refuse()
            terms[tuple(rest)] = c // divisor
        return _simple(terms, _kind(self, other))

    def __rfloordiv__(self, other: Any) -> Any:
        self._refuse()

    def __mod__(self, other: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        return self - self // other * other

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __repr__(self) -> str:
        return " + ".join([_term(powers, c) for powers, c in sorted(self.terms.items(), key=lambda t: (-len(t[0]), t))])

    def _refuse(self, *_: Any) -> NoReturn:
        raise DependsOnSizeError(str(self))

    __index__ = __int__ = __float__ = __bool__ = __lt__ = __le__ = __gt__ = __ge__ = __truediv__ = _refuse


def _is_number(x: Any) -> bool:
    return isinstance(x, (Size, int, float, np.integer, np.floating))


def _terms(x: Any) -> dict[Powers, int]:
    if isinstance(x, Size):
        return x.terms
    if int(x) != x:
        raise DependsOnSizeError(f"by {x}")
    return {(): int(x)}


def _kind(a: Size, b: Any) -> type:
    """Return of which numbers a result is."""
    kind = b.kind if isinstance(b, Size) else type(b)
    return type(a.number() + kind(1))


def _simple(terms: Mapping[Powers, int], kind: type = int) -> Any:
    """Return a polynomial, or a number where it is one."""
    left = {powers: c for powers, c in terms.items() if c}
    return kind(left.get((), 0)) if left.keys() <= {()} else Size(left, kind)


def _term(powers: Powers, c: int) -> str:
    return "*".join([*([] if c == 1 and powers else [str(c)]), *powers])


def product(sizes: Any) -> Any:
    """Return the product of sizes."""
    return math.prod(sizes, start=1)


def is_open(shape: Any) -> bool:
    """Tell whether a shape has a size that is no number."""
    return any(isinstance(n, Size) for n in shape)


def is_unknown(size: Size) -> bool:
    """Tell whether it is one that nobody has an expression for."""
    return any(name.startswith("?") for name in size.names())


def fitted(values: Mapping[frozenset[str], int], lengths: Mapping[str, int], kind: type = int) -> Any:
    """Return the size in which each length has a power of one at most, by its values at lengths and at one more.

    Parameters
    ----------
    values : dict of frozenset of str to int
        The value where those lengths are longer by one, for every choice of them.
    lengths : dict of str to int
    kind : type
        Of which numbers it is.
    """
    size: Any = 0
    for chosen, value in values.items():
        weight: Any = 1
        for name, n in lengths.items():
            x = Size({(name,): 1})
            weight = weight * (x - n if name in chosen else x * -1 + (n + 1))
        size = weight * value + size
    return Size(size.terms, kind) if isinstance(size, Size) else size


def at(size: Any, lengths: Mapping[str, int]) -> int:
    """Return what a size is for lengths."""
    return sum([c * math.prod([lengths[name] for name in powers]) for powers, c in _terms(size).items()])
