"""The functions of `numpy.lib.scimath`: complex where a real number has no real result, and real elsewhere.

Which, the values decide, of a batch those of all examples. So in a compiled function it is the function of the same
name in `numpy` that is to be written, of complex numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array, whole
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.operands import with_shape
from autograd_lite.rules.common import detached

_scimath: Any = np.lib.scimath


def _as_far(t: Array, needs: Callable[[Array], Array]) -> Array:
    """Return numbers as complex ones if a condition on their values holds at any."""
    if t.dtype.kind == "c" or not bool(np.any(whole(needs(detached(t))))):
        return t
    return np.astype(t, np.complex64 if t.dtype.itemsize <= 4 else complex)  # noqa: PLR2004 - single precision


def _negative(x: Array) -> Array:
    return x < 0


def _beyond_one(x: Array) -> Array:
    return np.abs(x) > 1


def _of_one(name: str, needs: Callable[[Array], Array]) -> None:
    plain = getattr(np, name)

    def extended(x: Array) -> Array:
        return plain(_as_far(with_shape(x), needs))

    composite(getattr(_scimath, name), complex=True)(extended)


for _name in ("sqrt", "log", "log2", "log10"):
    _of_one(_name, _negative)
for _name in ("arccos", "arcsin", "arctanh"):
    _of_one(_name, _beyond_one)


@composite(_scimath.logn, complex=True)
def logn(n: Array, x: Array) -> Array:
    return np.log(_as_far(with_shape(x), _negative)) / np.log(_as_far(with_shape(n), _negative))


@composite(_scimath.power, complex=True)
def power(x: Array, p: Array) -> Array:
    """A negative exponent makes a whole number one with a fraction."""
    p = with_shape(p)
    if p.dtype.kind in "iu" and bool(np.any(whole(detached(p) < 0))):
        p = np.astype(p, float)
    return np.power(_as_far(with_shape(x), _negative), p)
