"""Rows of choices between arrays, of parts put in and taken away, and of functions that are called for each part."""

from __future__ import annotations

import numpy as np

from cases.inputs import BITS, CUBE, X, Y, numbers
from cases.table import case

WHICH = np.arange(12).reshape(3, 4) % 3
case(np.select, X, Y, call=lambda x, y: np.select([BITS, BITS[::-1]], [x, y * y]))
case(np.select, X, numbers(4), call=lambda x, y: np.select([BITS, x.real > 0], [x, y], default=0.5))
case(np.choose, X, Y, numbers(4), call=lambda x, y, z: np.choose(WHICH, [x, y * y, z]))
for _mode in ("wrap", "clip"):
    case(np.choose, X, Y, call=lambda x, y, m=_mode: np.choose(3 * WHICH - 2, (x, y), mode=m))
case(np.piecewise, X, call=lambda x: np.piecewise(x, [BITS, ~BITS], [np.square, lambda part: 2 * part]))
case(np.piecewise, X, call=lambda x: np.piecewise(x, [x > 0.3, x < -0.3], [np.sin, 3.0, lambda part: part**3]))
case(np.piecewise, X[0], call=lambda x: np.piecewise(x, x > 0, [lambda part, power: part**power], 2))
case(np.piecewise, np.array(0.4), call=lambda x: np.piecewise(x, [x > 0], [np.square]))
for _obj, _shape, _axis in (
    (1, (3,), 1), (0, (), None), ([1, 1, 3], (3,), 1), ([2, 0], (2, 4), 0), (-1, (), 0), (slice(0, 2), (2,), 1),
    ([1], (3, 1), 1), ([5, 2], (), None),
):  # fmt: skip
    case(np.insert, X, numbers(*_shape, start=1), call=lambda x, v, o=_obj, a=_axis: np.insert(x, o, v, a))
case(np.trim_zeros, np.array([0.0, 0.0, 0.3, 0.0, -0.4, 0.0]), call=lambda x: np.trim_zeros(x * [0, 0, 1, 1, 1, 0]))
for _trim in ("f", "b"):
    case(np.trim_zeros, numbers(4), call=lambda x, t=_trim: np.trim_zeros(x * [0, 1, 1, 0], t))
case(np.apply_along_axis, X, call=lambda x: np.apply_along_axis(lambda row: np.sum(row * row[::-1]), 1, x))
case(np.apply_along_axis, CUBE, call=lambda x: np.apply_along_axis(lambda row: np.outer(row, row[:2]), 1, x))
case(np.apply_along_axis, X, call=lambda x: np.apply_along_axis(lambda row, k: k * row[1:], 0, x, 2.0))
case(np.apply_over_axes, CUBE, call=lambda x: np.apply_over_axes(np.sum, x * x, (0, -1)))
case(np.apply_over_axes, CUBE, call=lambda x: np.apply_over_axes(np.sort, x, 1))
