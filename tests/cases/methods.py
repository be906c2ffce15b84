"""Rows of the methods of ufuncs, and of their further arguments."""

from __future__ import annotations

import numpy as np

import cases.elementwise
import cases.exponentials
import cases.reductions  # noqa: F401 - so that these come first
from autograd_lite.rules import methods
from cases.inputs import BITS, CUBE, P, Q, X, numbers
from cases.table import case

ASSOCIATIVE = (np.maximum, np.minimum, np.fmax, np.fmin, np.hypot, np.logaddexp, np.logaddexp2, np.multiply, np.add)
for _fn in (*ASSOCIATIVE, np.subtract, np.divide, np.power, np.arctan2):
    for _axis in (0,) if _fn in (np.power, np.arctan2) else (0, 1):  # whose loops over rows read what they wrote
        case(_fn, P, call=lambda x, f=_fn, a=_axis: f.reduce(x, a, keepdims=True))
        case(_fn, P, call=lambda x, f=_fn, a=_axis: f.accumulate(x, a))
        case(_fn, P, call=lambda x, f=_fn, a=_axis: f.reduceat(x, [0, 2, 1], a))
for _fn in (np.hypot, np.logaddexp, np.fmax):
    case(_fn, CUBE, call=lambda x, f=_fn: f.reduce(x, axis=(0, 2)))
    case(_fn, CUBE, call=lambda x, f=_fn: f.reduce(x, axis=None, initial=0.3))
case(np.hypot, X, call=lambda x: np.hypot.reduce(x, 1, where=BITS, dtype=x.dtype))
case(np.add, X, call=lambda x: np.add.reduce(x, 1, where=BITS, initial=0.5))
case(np.hypot, X, numbers(3), call=np.hypot.outer)
for _fn in (np.log, np.sqrt, np.arccosh, np.arctanh):
    case(_fn, X, np.array(0.7), call=lambda x, o, f=_fn: f(x, out=o * np.ones_like(x), where=x > 9))
for _fn in (np.divide, np.power, np.arctan2):
    case(_fn, P, Q, numbers(4), call=lambda x, y, o, f=_fn: f(x, y, out=o + 0 * x * y, where=BITS))
case(np.divide, P, np.where(BITS, Q, 0), call=lambda x, y: np.divide(x, y, out=0 * x * y, where=BITS))
case(np.multiply, X, P, call=lambda x, y: np.multiply(x, y, order="F"))
case(np.multiply, X, P, call=lambda x, y: np.multiply(x, y, dtype=float, casting="unsafe"), dtypes=("float64",))
for _axis in (0, -1):
    case(methods.sums, P, indices=np.array([0, 2, 1]), axis=_axis)
