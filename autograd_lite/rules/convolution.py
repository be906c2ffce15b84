"""Convolutions: operations of which each is linear in every operand.

Of an input, a weight and a result a convolution is a sum of products. Any two of the three give the share of the third,
by one of three operations, whose derivatives are the other two, to any order. What `windows` says of their settings
holds here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_lite.base.shapes import Array, Shape, wide
from autograd_lite.engine.forms import bilinear, custom
from autograd_lite.engine.op import Op
from autograd_lite.rules import taps, windows
from autograd_lite.rules.common import as_one, plus, total

_SETTINGS = "stride padding dilation groups"


def _axes(shape: Shape) -> Shape:
    """Return the lengths behind batch and channels, or of a kernel."""
    return tuple(shape[2:])


def _in_windows(shapes: Sequence[Shape], size: int, settings: Any) -> int:
    return size * math.prod(shapes[1][1:])


def _from_windows(shapes: Sequence[Shape], size: int, settings: Any) -> int:
    return math.prod(shapes[0]) * math.prod(shapes[1][1:])


convolution: Op = bilinear(
    as_one(windows.convolved, __name__, taps.convolved),
    lambda g, weight, x_shape, stride, padding, dilation, groups: convolution_input(
        g, weight, _axes(x_shape), stride, padding, dilation, groups
    ),
    lambda g, x, weight_shape, stride, padding, dilation, groups: convolution_weight(
        x, g, _axes(weight_shape), stride, padding, dilation, groups
    ),
    settings=_SETTINGS,
    name="convolution",
    products=_in_windows,
)
convolution_input: Op = bilinear(
    as_one(windows.convolved_input, __name__, taps.convolved_input),
    lambda g, weight, stride, padding, dilation, groups: convolution(g, weight, stride, padding, dilation, groups),
    lambda g, result, weight_shape, stride, padding, dilation, groups: convolution_weight(
        g, result, _axes(weight_shape), stride, padding, dilation, groups
    ),
    settings=f"size {_SETTINGS}",
    name="convolution_input",
    products=_from_windows,
)
convolution_weight: Op = bilinear(
    as_one(windows.convolved_weight, __name__, taps.convolved_weight),
    lambda g, result, x_shape, stride, padding, dilation, groups: convolution_input(
        result, g, _axes(x_shape), stride, padding, dilation, groups
    ),
    lambda g, x, stride, padding, dilation, groups: convolution(x, g, stride, padding, dilation, groups),
    settings=f"kernel {_SETTINGS}",
    name="convolution_weight",
)


def _spaced(bias: Array, ndim: int) -> Array:
    """Return a number for each channel as what broadcasts to images."""
    return bias.reshape((-1, *(1,) * (ndim - 2)))


def _by_channels(g: Array, stride: Shape) -> Array:
    """Return the sums over all but the channels: the share of a bias. NOTE: the forward rule needs `stride`."""
    return total(wide(g), None, (0, *range(2, 2 + len(stride)))).reshape(g.shape[1])


def _conv(x: Array, weight: Array, bias: Array, stride: Any, padding: Any, dilation: Any, groups: Any) -> Array:
    y = convolution(x, weight, stride, padding, dilation, groups)
    return y if bias is None else plus(y, _spaced(bias, y.ndim))


def _conv_jvp(
    tangents: Sequence[Array | None], x: Array, weight: Array, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Array:
    """Return the sum of what each operand moves; a bias moves all places of a channel alike."""
    dx, dw, db = tangents
    settings = stride, padding, dilation, groups
    parts = [
        None if dx is None else convolution(dx, weight, *settings),
        None if dw is None else convolution(x, dw, *settings),
        None if db is None else _spaced(db, 2 + len(stride)),
    ]
    first, *rest = [part for part in parts if part is not None]
    for part in rest:
        first = first + part
    return first


conv: Op = custom(
    _conv,
    lambda g, weight, x_shape, stride, padding, dilation, groups: convolution_input(
        g, weight, _axes(x_shape), stride, padding, dilation, groups
    ),
    lambda g, x, weight_shape, stride, padding, dilation, groups: convolution_weight(
        x, g, _axes(weight_shape), stride, padding, dilation, groups
    ),
    _by_channels,
    jvp=_conv_jvp,
    settings=_SETTINGS,
    complex=True,
    name="conv",
    products=_in_windows,
)


def _conv_transpose(
    x: Array, weight: Array, bias: Array, size: Shape, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Array:
    y = convolution_input(x, weight, size, stride, padding, dilation, groups)
    return y if bias is None else plus(y, _spaced(bias, y.ndim))


conv_transpose: Op = custom(
    _conv_transpose,
    lambda g, weight, stride, padding, dilation, groups: convolution(g, weight, stride, padding, dilation, groups),
    lambda g, x, weight_shape, stride, padding, dilation, groups: convolution_weight(
        g, x, _axes(weight_shape), stride, padding, dilation, groups
    ),
    _by_channels,
    settings=f"size {_SETTINGS}",
    complex=True,
    name="conv_transpose",
    products=_from_windows,
)

PRIMITIVES = (convolution, convolution_input, convolution_weight)
"""What a compiled program calls as a whole."""
