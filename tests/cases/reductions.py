"""Rows of what turns many elements into one."""

from __future__ import annotations

import itertools

import numpy as np

from autograd_lite.rules import reductions
from cases.inputs import AXES, CUBE, NONE, P, X, numbers
from cases.table import case

ALONG = (np.sum, np.mean, np.prod, np.max, np.min, np.amax, np.amin)
SPREADING = (np.var, np.std, np.ptp)
for _axis, _keep in itertools.product(AXES, (False, True)):
    for _fn in ALONG:
        case(_fn, P, axis=_axis, keepdims=_keep)
for _axis, _keep in itertools.product(AXES[:-1], (False, True)):
    for _fn in SPREADING:
        case(_fn, X, axis=_axis, keepdims=_keep)
for _fn in ALONG:
    case(_fn, np.array(0.7))
    case(_fn, CUBE, axis=(0, -1))
    case(_fn, np.zeros((0, 3)), axis=1)
for _fn in (np.sum, np.prod):
    case(_fn, NONE)
    case(_fn, NONE, axis=0)
case(np.sum, X, call=lambda x: np.add.reduce(x))
case(np.prod, X, call=lambda x: np.multiply.reduce(x, axis=None))
case(np.max, X, call=lambda x: np.maximum.reduce(x, axis=1, keepdims=True))
case(np.cumsum, X, call=lambda x: np.add.accumulate(x))
WITH_ZEROS = np.where(np.array([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]], bool), 0, X)
for _axis in (None, 0, 1):
    case(np.prod, WITH_ZEROS, axis=_axis)
    case(np.cumsum, X, axis=_axis)
    case(np.cumprod, WITH_ZEROS, axis=_axis)
    case(np.cumprod, X, axis=_axis)
case(np.cumprod, numbers(1))
case(np.cumprod, NONE, axis=0)
case(np.cumsum, NONE)
case(reductions.cumulative_sum, X, axis=-1)
for _fn in (np.cumulative_sum, np.cumulative_prod):
    case(_fn, numbers(4))
    case(_fn, X, axis=0, include_initial=True)
case(reductions.spread, numbers(3), call=lambda g: reductions.spread(g, (3, 4), axis=1, keepdims=False))
case(reductions.spread, np.array(0.3), call=lambda g: reductions.spread(g, (3, 4)))
case(np.var, X, axis=0, ddof=1)
case(np.std, X, axis=0, correction=1)
case(np.var, X, call=lambda x: np.var(x, 0, None, None, 1))
case(np.average, X)
case(np.average, X, P, call=lambda x, w: np.average(x, axis=1, weights=w))
case(np.average, X, numbers(3, low=0.5, high=1.5), call=lambda x, w: np.average(x, axis=0, weights=w))
case(np.average, numbers(3, low=0.5, high=1.5), call=lambda w: np.average([1.0, 2.0, 4.0], weights=w))
