"""Convolutions: operations of which each is linear in every operand.

Of an input, a weight and a result a convolution is a sum of products. Any two of the three give the share of the third,
by one of three operations, whose derivatives are the other two, to any order. ``how`` is told in `windows`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_lite.base.shapes import Array, Shape, wide
from autograd_lite.engine.forms import bilinear, custom
from autograd_lite.engine.op import Op
from autograd_lite.rules import windows
from autograd_lite.rules.common import as_one, plus, total


def _axes(shape: Shape) -> Shape:
    """Return the lengths behind batch and channels, or of a kernel."""
    return tuple(shape[2:])


def _in_windows(shapes: Sequence[Shape], size: int, settings: Any) -> int:
    return size * math.prod(shapes[1][1:])


def _from_windows(shapes: Sequence[Shape], size: int, settings: Any) -> int:
    return math.prod(shapes[0]) * math.prod(shapes[1][1:])


convolution: Op = bilinear(
    as_one(windows.convolved, __name__),
    lambda g, weight, x_shape, how: convolution_input(g, weight, size=_axes(x_shape), how=how),
    lambda g, x, weight_shape, how: convolution_weight(x, g, kernel=_axes(weight_shape), how=how),
    settings="how",
    name="convolution",
    products=_in_windows,
)
convolution_input: Op = bilinear(
    as_one(windows.convolved_input, __name__),
    lambda g, weight, how: convolution(g, weight, how=how),
    lambda g, result, weight_shape, how: convolution_weight(g, result, kernel=_axes(weight_shape), how=how),
    settings="size how",
    name="convolution_input",
    products=_from_windows,
)
convolution_weight: Op = bilinear(
    as_one(windows.convolved_weight, __name__),
    lambda g, result, x_shape, how: convolution_input(result, g, size=_axes(x_shape), how=how),
    lambda g, x, how: convolution(x, g, how=how),
    settings="kernel how",
    name="convolution_weight",
)


def _spaced(bias: Array, ndim: int) -> Array:
    """Return a number for each channel as what broadcasts to images."""
    return bias.reshape((-1, *(1,) * (ndim - 2)))


def _by_channels(g: Array, how: Any) -> Array:
    """Return the sums over all but the channels: the share of a bias. NOTE: the forward rule needs `how`."""
    return total(wide(g), None, (0, *range(2, 2 + len(how[0])))).reshape(g.shape[1])


def _jvp(product: Any, tangents: Sequence[Array | None], x: Array, weight: Array, how: Any) -> Array:
    dx, dw, db = tangents
    parts = [
        None if dx is None else product(dx, weight),
        None if dw is None else product(x, dw),
        None if db is None else _spaced(db, 2 + len(how[0])),
    ]
    first, *rest = [part for part in parts if part is not None]
    for part in rest:
        first = first + part
    return first


def _conv(x: Array, weight: Array, bias: Array, how: Any) -> Array:
    y = convolution(x, weight, how=how)
    return y if bias is None else plus(y, _spaced(bias, y.ndim))


conv: Op = custom(
    _conv,
    lambda g, weight, x_shape, how: convolution_input(g, weight, size=_axes(x_shape), how=how),
    lambda g, x, weight_shape, how: convolution_weight(x, g, kernel=_axes(weight_shape), how=how),
    _by_channels,
    jvp=lambda tangents, x, weight, how: _jvp(lambda a, w: convolution(a, w, how=how), tangents, x, weight, how),
    settings="how",
    complex=True,
    name="conv",
    products=_in_windows,
)


def _conv_transpose(x: Array, weight: Array, bias: Array, how: Any) -> Array:
    size, placed = how
    y = convolution_input(x, weight, size=size, how=placed)
    return y if bias is None else plus(y, _spaced(bias, y.ndim))


conv_transpose: Op = custom(
    _conv_transpose,
    lambda g, weight, how: convolution(g, weight, how=how[1]),
    lambda g, x, weight_shape, how: convolution_weight(g, x, kernel=_axes(weight_shape), how=how[1]),
    _by_channels,
    jvp=lambda tangents, x, weight, how: _jvp(
        lambda a, w: convolution_input(a, w, size=how[0], how=how[1]), tangents, x, weight, how
    ),
    settings="how",
    complex=True,
    name="conv_transpose",
    products=_from_windows,
)  # ``how`` is the size of the result, and how the windows of the convolution are placed

PRIMITIVES = (convolution, convolution_input, convolution_weight)
"""What a compiled program calls as a whole."""
