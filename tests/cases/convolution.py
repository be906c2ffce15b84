"""Rows of convolutions: of the three operations that are each other's derivatives, and of those with a bias."""

from __future__ import annotations

from autograd_lite.rules import convolution
from cases.inputs import numbers
from cases.table import case

PLAIN = {"stride": (1,), "padding": (0,), "dilation": (1,), "groups": 1}
UNEVEN = {"stride": (2, 1), "padding": (1, (0, 2)), "dilation": (1, 2), "groups": 2}

for _how, _x, _weight, _y in (
    (PLAIN, (2, 3, 5), (2, 3, 2), (2, 2, 4)), (UNEVEN, (2, 4, 5, 4), (6, 2, 3, 2), (2, 6, 3, 4)),
    (PLAIN, (0, 3, 5), (2, 3, 2), (0, 2, 4)),
):  # fmt: skip
    _image, _filter, _result = numbers(*_x), numbers(*_weight, start=1), numbers(*_y, start=2)
    _bias = numbers(_weight[0], start=3)
    case(convolution.convolution, _image, _filter, **_how, complex=True)
    case(convolution.convolution_input, _result, _filter, size=_x[2:], **_how, complex=True)
    case(convolution.convolution_weight, _image, _result, kernel=_weight[2:], **_how, complex=True)
    case(convolution.conv, _image, _filter, _bias, **_how, complex=True)
    _channels = _weight[1] * _how["groups"]
    case(
        convolution.conv_transpose, _result, _filter, numbers(_channels, start=4), size=_x[2:], **_how, complex=True
    )
case(convolution.conv, numbers(2, 3, 5), call=lambda x: convolution.conv(x, numbers(2, 3, 2), None, **PLAIN))
