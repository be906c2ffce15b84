"""Rows of further arguments of functions that stand in other files."""

from __future__ import annotations

import numpy as np

import cases.indexing
import cases.products
import cases.reductions
import cases.shaping  # noqa: F401 - so that these come first
from cases.inputs import BITS, WITH_NAN, P, X, Y, numbers
from cases.samples import GRID
from cases.table import case

MOST = np.arange(12).reshape(3, 4) != 1
for _axis in (None, 1):
    for _fn in (np.sum, np.prod, np.mean, np.var, np.std):
        case(_fn, X, axis=_axis, where=BITS)
    for _fn in (np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd):
        case(_fn, WITH_NAN, axis=_axis, where=MOST, keepdims=True)
    for _fn in (np.max, np.min, np.nanmax, np.nanmin):
        case(_fn, X, axis=_axis, where=BITS, initial=0.15)
    for _fn in (np.var, np.std, np.nanvar, np.nanstd):
        case(_fn, X, np.array(0.3), call=lambda x, m, f=_fn, a=_axis: f(x + 0 * m, axis=a, mean=m))
        case(_fn, X, axis=_axis, correction=1)
case(np.sum, X, initial=0.5)
case(np.prod, X, np.array(0.5), call=lambda x, i: np.prod(x + 0 * i, axis=0, initial=i))
for _fn in (
    np.sum, np.prod, np.mean, np.var, np.std, np.cumsum, np.cumprod, np.nansum, np.nanmean, np.nancumsum, np.trace,
):  # fmt: skip
    case(_fn, X, call=lambda x, f=_fn: f(x, dtype=np.float64))
for _fn in (np.cumulative_sum, np.cumulative_prod):
    case(_fn, X, call=lambda x, f=_fn: f(x, axis=1, dtype=np.float64, include_initial=True))
for _fn in (np.concatenate, np.stack, np.vstack, np.hstack):
    case(_fn, X, Y, packed=True, call=lambda parts, f=_fn: f(parts, dtype=np.float64, casting="same_kind"))
case(np.einsum, X, Y, call=lambda x, y: np.einsum("ij,kj->ik", x, y, dtype=np.float64, order="F", optimize="greedy"))
case(np.average, X, P, call=lambda x, w: np.average(x, 1, w, returned=True))
case(np.average, X, numbers(4, low=0.5), call=lambda x, w: np.average(x, 1, w, returned=True, keepdims=True))
case(np.average, X, returned=True)
case(np.interp, 3 * X, numbers(5), call=lambda x, fp: np.interp(x, GRID, fp, period=2.3))
case(np.interp, X, GRID, numbers(5), call=lambda x, xp, fp: np.interp(x + 4, xp[::-1], fp, period=-2.3))
case(np.copy, X, order="F")
for _mode in ("maximum", "mean", "median", "minimum"):
    case(np.pad, X, pad_width=((1, 2), (3, 0)), mode=_mode)
    case(np.pad, X, pad_width=2, mode=_mode, stat_length=((1, 2), (2, 9)))
for _mode in ("reflect", "symmetric"):
    case(np.pad, X, pad_width=((1, 2), (5, 0)), mode=_mode, reflect_type="odd")
case(np.pad, X, pad_width=((1, 2), (3, 0)), mode="linear_ramp")
case(np.pad, X, pad_width=2, mode="linear_ramp", end_values=((0.5, 1.0), (2.0, -0.5)))
case(np.pad, X, pad_width=1, constant_values=((0.5, 1.0), (2.0, -0.5)))
case(np.full_like, X, np.array(0.3), call=lambda x, v: x * np.full_like(x + 0 * v, v, order="F"))
for _fn, _shapes, _axes in (
    (np.matmul, ((4, 2, 3), (2, 4, 5)), [(2, 0), (1, 2), (0, 2)]),
    (np.matmul, ((4, 3), (5, 4)), [(-1, -2), (-1, -2), (-1, -2)]),
    (np.vecdot, ((4, 2), (4, 2)), [0, 0]),
    (np.vecdot, ((4, 2), (2, 4)), [0, 1, ()]),
    *([(np.matvec, ((3, 2, 4), (4, 2)), [(0, 2), 0, 1])] if hasattr(np, "matvec") else []),
    *([(np.vecmat, ((3, 2), (4, 2, 3)), [0, (2, 0), -1])] if hasattr(np, "vecmat") else []),
):
    _first, _second = (numbers(*shape, start=i) for i, shape in enumerate(_shapes))
    case(_fn, _first, _second, complex=True, axes=_axes)
case(np.logaddexp, X, Y, call=lambda x, y: np.logaddexp(x, y, signature="dd->d"))
case(np.hypot, X, Y, call=lambda x, y: np.hypot(x, y, sig=(None, None, np.float64)))
case(np.modf, 3 * X, call=lambda x: np.modf(x, signature="d->dd"))
case(np.clip, X, call=lambda x: np.clip(x, -0.45, 0.55, dtype=np.float64))
