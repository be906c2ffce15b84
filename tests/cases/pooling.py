"""Rows of windows, their sums and their maxima."""

from __future__ import annotations

import numpy as np

from autograd_lite.rules import pooling
from cases.inputs import numbers
from cases.table import case

APART = {"kernel": (2,), "stride": (2,), "padding": (0,)}
OVERLAPPING = {"kernel": (3, 2), "stride": (2, 1), "padding": (1, (0, 1))}

for _how, _dilation, _x, _y in (
    (APART, (1,), (2, 3, 5), (2, 3, 2)), (OVERLAPPING, (1, 2), (2, 5, 4), (2, 3, 3)), (APART, (1,), (0, 4), (0, 2)),
):  # fmt: skip
    _image, _n = numbers(*_x), len(_dilation)
    _parts = numbers(*_x[:-_n], *_how["kernel"], *_y[-_n:])
    _how = {**_how, "dilation": _dilation}
    case(pooling.unfold, _image, **_how, complex=True)
    case(pooling.fold, _parts, size=_x[-_n:], **_how, complex=True)
    case(pooling.max_pool, _image, **_how)
    _top = pooling.max_pool(_image, **_how)
    case(pooling.put_at_largest, numbers(*_y, start=1), x=_image, top=_top, **_how)
    case(pooling.taken_at_largest, numbers(*_x, start=1), x=_image, top=_top, **_how)
for _how, _x, _y in ((APART, (2, 3, 5), (2, 3, 2)), (OVERLAPPING, (2, 5, 4), (2, 3, 4))):
    case(pooling.window_sums, numbers(*_x), **_how, complex=True)
    case(pooling.spread_sums, numbers(*_y), size=_x[-len(_how["kernel"]) :], **_how, complex=True)
_at = np.array([[0, 2, 5], [4, 4, 1]])
case(pooling.unpool, numbers(2, 3), at=_at, count=6)
case(pooling.repool, numbers(2, 6), at=_at)
