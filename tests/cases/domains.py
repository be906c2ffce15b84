"""Rows of the functions that are complex where a real number has no real result."""

from __future__ import annotations

import numpy as np

from cases.inputs import BITS, Array, P, Q, X
from cases.table import case

scimath = np.lib.scimath


MIXED = np.where(BITS, P, -P)


def parts(y: Array) -> list[Array]:
    return [np.real(y), np.imag(y)]


for _fn in (scimath.sqrt, scimath.log, scimath.log2, scimath.log10):
    case(_fn, P)
    case(_fn, MIXED, call=lambda x, f=_fn: parts(f(x)))
for _fn in (scimath.arccos, scimath.arcsin, scimath.arctanh):
    case(_fn, 0.9 * X)
    case(_fn, np.where(BITS, 0.5 * P, P + 1), call=lambda x, f=_fn: parts(f(x)))
case(scimath.logn, P + 2, Q)
case(scimath.logn, np.array(2.5), MIXED, call=lambda n, x: parts(scimath.logn(n, x)))
case(scimath.power, P, X)
case(scimath.power, MIXED, np.array(1.5), call=lambda x, p: parts(scimath.power(x, p)))
case(scimath.power, P, call=lambda x: scimath.power(x, [-1, 2, 0, 1]))
