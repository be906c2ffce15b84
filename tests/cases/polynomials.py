"""Rows of polynomials."""

from __future__ import annotations

import numpy as np

from cases.inputs import P, Q, X, numbers
from cases.inverses import SQUARE
from cases.table import case

for _fn in (np.polyadd, np.polysub, np.polymul):
    for _n, _m in ((4, 4), (3, 5), (4, 1)):
        case(_fn, numbers(_n), numbers(_m, start=1))
for _n, _m in ((5, 2), (2, 5), (3, 3), (4, 1)):
    case(np.polydiv, numbers(_n, start=2), np.concatenate([[0.5], numbers(_m, start=1)[1:]]))
for _m in (1, 2, 0):
    case(np.polyder, numbers(5), m=_m)
    case(np.polyint, numbers(5), m=_m)
case(np.polyint, numbers(4), numbers(2), call=lambda p, k: np.polyint(p + 0 * k[0], 2, k))
case(np.vander, numbers(4))
case(np.vander, numbers(4), N=2, increasing=True)
case(np.vander, np.array([0.0, 0.5]), N=3)
case(np.poly, numbers(4))
case(np.poly, SQUARE + np.diag([0.0, 3.0, 7.0]), call=lambda a: np.poly(a + a.T))
QUARTIC = np.array([1.3, -0.4, -5.1, 0.9, 1.2])


def _sums(z: np.ndarray) -> list[np.ndarray]:
    """Return what does not depend on the order of roots."""
    return [np.real(np.sum(z**k)) for k in (2, 3)]


case(np.roots, QUARTIC, call=lambda p: _sums(np.roots(p)))
case(np.roots, numbers(3, start=1), call=lambda p: _sums(np.roots(np.concatenate([0 * p[:1], p, 0 * p[:2]]))))
case(np.polyfit, X[0], P[0], deg=1)
case(np.polyfit, numbers(6), numbers(6, 2, start=1), deg=2)
WEIGHTS = numbers(6, low=0.5, high=1.5)
case(np.polyfit, numbers(6), numbers(6, start=1), WEIGHTS, call=lambda x, y, w: np.polyfit(x, y, 2, w=w))
case(np.polyfit, numbers(6), numbers(6, start=1), deg=2, cov=True)
case(np.polyfit, numbers(6), Q[0, :1] * numbers(6, start=1), deg=1, cov="unscaled")
case(np.polyfit, numbers(6), numbers(6, start=1), call=lambda x, y: np.polyfit(x, y, 2, full=True)[:2])
