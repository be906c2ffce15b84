"""Rows of functions of sampled data."""

from __future__ import annotations

import itertools

import numpy as np

from cases.inputs import AXES, CUBE, WITH_NAN, X, Y, numbers
from cases.table import case

for _axis, _keep in itertools.product(AXES[:-1], (False, True)):
    case(np.median, X, axis=_axis, keepdims=_keep)
    for _fn in (np.nanmean, np.nansum, np.nanprod, np.nanmax, np.nanmin, np.nanvar, np.nanstd):
        case(_fn, WITH_NAN, axis=_axis, keepdims=_keep)
for _axis in (None, 0, 1):
    case(np.nancumsum, WITH_NAN, axis=_axis)
    case(np.nancumprod, WITH_NAN, axis=_axis)
for _q in (0.3, 0.0, 1.0, [0.1, 0.5], np.array([[0.2, 0.9]])):
    case(np.quantile, X, q=_q)
    case(np.quantile, CUBE, q=_q, axis=(0, 2))
    case(np.quantile, X, q=_q, axis=0, keepdims=True)
case(np.quantile, X, np.array([0.13, 0.72]), call=lambda x, q: np.quantile(x, q, axis=1))
case(np.quantile, np.array(0.42), call=lambda q: np.quantile([1.0, 4.0, 2.5, 7.0], q))
case(np.percentile, X, np.array(31.0), call=lambda x, q: np.percentile(x, q))
case(np.percentile, X, q=[25, 75], axis=1)
for _n, _axis in ((1, -1), (2, 0), (0, 0), (3, 1)):
    case(np.diff, X, n=_n, axis=_axis)
case(np.diff, X, numbers(3, 1), np.array(0.2), call=lambda x, a, b: np.diff(x, prepend=a, append=b))
case(np.ediff1d, X)
case(np.ediff1d, X, numbers(2), np.array(0.3), call=lambda x, a, b: np.ediff1d(x, to_end=a, to_begin=b))
case(np.trapezoid, X, dx=0.1)
case(np.trapezoid, X, numbers(4))
case(np.trapezoid, X, Y, axis=0)
GRID = np.array([-1.02, -0.41, 0.115, 0.79, 1.03])
case(np.interp, 1.3 * X, numbers(5), call=lambda x, fp: np.interp(x, GRID, fp))
case(np.interp, X, GRID, numbers(5))
case(np.interp, 1.3 * X, np.array(0.2), call=lambda x, end: np.interp(x, GRID, GRID**2 + 0 * end, left=end, right=-1.0))
case(np.interp, GRID, call=lambda xp: np.interp([0.0, 0.3, -2.0], xp, GRID**2))
for _mode in ("full", "same", "valid"):
    for _n, _m in ((6, 3), (3, 6), (5, 4), (4, 4), (4, 1)):
        case(np.convolve, numbers(_n), numbers(_m, start=1), mode=_mode)
        case(np.correlate, numbers(_n), numbers(_m, start=1), mode=_mode)
