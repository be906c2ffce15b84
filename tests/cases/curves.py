"""Rows of functions of one variable, and of slopes and phases along an axis."""

from __future__ import annotations

import numpy as np

from autograd_lite.rules import curves
from cases.inputs import CUBE, X, numbers
from cases.table import case

WIDE = np.array([-31.3, -7.1, -2.2, -0.3, 0.0, 1e-3, 1.4, 3.1, 5.6, 26.0])
case(np.sinc, X)
case(np.sinc, WIDE)
case(np.i0, X)
case(np.i0, WIDE)
for _n in (0, 1, 2):
    case(curves.spherical, X, n=_n)
    case(curves.spherical, WIDE, n=_n)
    case(curves.modified, X, n=_n)
    case(curves.modified, WIDE / 2, n=_n)
case(np.nextafter, X, call=lambda x: np.nextafter(x, np.asarray(7, x.dtype)))
for _fn in (np.modf, np.frexp):
    case(_fn, 3 * X)
    case(_fn, np.array(2.3))
case(np.unwrap, 9 * X)
case(np.unwrap, 9 * X, axis=0, period=4.3)
case(np.unwrap, 9 * X, discont=5.0)
case(np.gradient, X)
case(np.gradient, numbers(5))
case(np.gradient, CUBE, axis=(0, 2))
case(np.gradient, CUBE, axis=-1, edge_order=2)
case(np.gradient, X, np.array(0.7), call=lambda f, h: np.gradient(f, h, axis=1))
for _order in (1, 2):
    PLACES = np.array([0.0, 0.3, 1.1, 1.5])
    case(np.gradient, X, PLACES, call=lambda f, at, o=_order: np.gradient(f, 0.5, at, edge_order=o))
