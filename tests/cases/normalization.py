"""Rows of what normalises along some axes."""

from __future__ import annotations

from autograd_lite.rules.normalization import normalized
from cases.inputs import numbers
from cases.table import case

for _axis, _along in (((0, 2), (1,)), ((2,), (2,)), ((2,), (1,)), ((1, 2), (1, 2))):
    _shape = tuple((3, 4, 2)[i] for i in _along)
    for _centred in (True, False):
        case(
            normalized, numbers(3, 4, 2), numbers(*_shape, start=1), numbers(*_shape, start=2),
            axis=_axis, along=_along, eps=0.1, centred=_centred,
        )  # fmt: skip
case(
    normalized, numbers(3, 4),
    call=lambda x: normalized(x, None, None, axis=(1,), along=(1,), eps=1e-5, centred=True)[0],
)  # fmt: skip
