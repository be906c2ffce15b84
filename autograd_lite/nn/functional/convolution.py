"""Convolutions as functions, over one, two or three axes."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.nn.functional.sizes import (
    channels_last,
    each_axis,
    extent,
    hashable,
    image_shape,
    in_short,
    unmasked,
    windows_in,
)
from autograd_lite.nn.owner import owner_called
from autograd_lite.rules import convolution as rules
from autograd_lite.tensor.tensor import Tensor


def conv1d(
    input: Array, weight: Array, bias: Array = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,  # noqa: A002
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Return the sums of windows over one axis times a weight: `conv2d` for sequences.

    Parameters
    ----------
    input : Tensor or array, shape (batch, in, length) or (in, length)
        Sequences.
    weight : Tensor or array, shape (out, in / groups, kernel)
        What windows are multiplied with.
    bias, stride, padding, dilation, groups
        As of `conv2d`.

    Examples
    --------
    >>> conv1d(np.array([[1.0, 2.0, 4.0, 8.0]]), np.array([[[-1.0, 1.0]]]))
    array([[1., 2., 4.]])
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Array, weight: Array, bias: Array = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,  # noqa: A002
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Return the sums of windows over two axes times a weight, plus a bias: the cross-correlation of images.

    Parameters
    ----------
    input : Tensor or array, shape (batch, in, height, width) or (in, height, width)
        Images.
    weight : Tensor or array, shape (out, in / groups, kernel, kernel)
        What windows are multiplied with, one row for each channel of the result.
    bias : Tensor or array, shape (out,), optional
        What is added.
    stride : int or tuple
        The distance between windows along each axis.
    padding : int, tuple, "same" or "valid"
        How many zeros stand around the images; of "same" as many as give a result of their size.
    dilation : int or tuple
        The distance between elements of a window.
    groups : int
        In how many parts the channels are divided; each part of the results is of one part of the input.

    Returns
    -------
    Tensor or array, shape (batch, out, ...) or (out, ...)
        A number for each place of a window. In memory the batch is the innermost axis.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other, and windows larger than the padded input.
    ArgumentError
        Settings that are not as above.

    Notes
    -----
    Windows are copied into the columns of one matrix, and the weight multiplied with that (K. Chellapilla, S. Puri and
    P. Simard, "High performance convolutional neural networks for document processing", 2006).

    Examples
    --------
    >>> image = np.arange(9.0).reshape(1, 3, 3)
    >>> conv2d(image, np.ones((1, 1, 2, 2)))
    array([[[ 8., 12.],
            [20., 24.]]])
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Array, weight: Array, bias: Array = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,  # noqa: A002
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Return the sums of windows over three axes times a weight: `conv2d` for volumes.

    Parameters
    ----------
    input : Tensor or array, shape (batch, in, depth, height, width) or (in, depth, height, width)
        Volumes.
    weight : Tensor or array, shape (out, in / groups, kernel, kernel, kernel)
        What windows are multiplied with.
    bias, stride, padding, dilation, groups
        As of `conv2d`.

    Examples
    --------
    >>> conv3d(np.ones((1, 2, 2, 2)), np.ones((3, 1, 2, 2, 2))).ravel()
    array([8., 8., 8.])
    """
    return _conv(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Array, weight: Array, bias: Array = None, stride: Any = 1, padding: Any = 0,  # noqa: A002
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
) -> Tensor:  # fmt: skip
    """Return the transpose of `conv1d` applied to sequences: see `conv_transpose2d`.

    Examples
    --------
    >>> conv_transpose1d(np.array([[1.0, 10.0]]), np.array([[[1.0, 2.0]]]))
    array([[ 1., 12., 20.]])
    """
    return _conv_transpose(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Array, weight: Array, bias: Array = None, stride: Any = 1, padding: Any = 0,  # noqa: A002
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
) -> Tensor:  # fmt: skip
    """Return the transpose of `conv2d` applied to images: each number adds its multiple of the weight to a window.

    Parameters
    ----------
    input : Tensor or array, shape (batch, in, height, width) or (in, height, width)
        What a convolution with these settings might have given.
    weight : Tensor or array, shape (in, out / groups, kernel, kernel)
        As of that convolution.
    bias : Tensor or array, shape (out,), optional
        What is added.
    stride, padding, dilation : int or tuple
        Those of the convolution.
    output_padding : int or tuple
        By how much the result is longer at the end, as several sizes give the same number of windows.
    groups : int
        That of the convolution.

    Returns
    -------
    Tensor or array, shape (batch, out, ...) or (out, ...)
        Along each axis ``(size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1`` numbers.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other.
    ArgumentError
        Settings that are not as above.

    Examples
    --------
    >>> conv_transpose2d(np.ones((1, 2, 2)), np.ones((1, 1, 2, 2)))
    array([[[1., 2., 1.],
            [2., 4., 2.],
            [1., 2., 1.]]])
    """
    return _conv_transpose(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Array, weight: Array, bias: Array = None, stride: Any = 1, padding: Any = 0,  # noqa: A002
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
) -> Tensor:  # fmt: skip
    """Return the transpose of `conv3d` applied to volumes: see `conv_transpose2d`.

    Examples
    --------
    >>> conv_transpose3d(np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 1, 2)), stride=2)
    array([[[[1., 1.]]]])
    """
    return _conv_transpose(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


# ----- what is common to all numbers of axes -----


def _conv(
    n: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int  # noqa: A002
) -> Tensor:  # fmt: skip
    x, weight, bias = unmasked(input), unmasked(weight), None if bias is None else unmasked(bias)
    settings = hashable(stride), hashable(padding), hashable(dilation), groups
    how = _planned(_placed, n, x, weight, bias, settings)
    if len(x.shape) == n + 2:
        return rules.conv(x, weight, bias, **how)
    return rules.conv(x[None], weight, bias, **how)[0]


def _conv_transpose(
    n: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, groups: int,  # noqa: A002
    dilation: Any,
) -> Tensor:  # fmt: skip
    x, weight, bias = unmasked(input), unmasked(weight), None if bias is None else unmasked(bias)
    settings = hashable(stride), hashable(padding), hashable(dilation), groups, hashable(output_padding)
    how = _planned(_placed_back, n, x, weight, bias, settings)
    if len(x.shape) == n + 2:
        return rules.conv_transpose(x, weight, bias, **how)
    return rules.conv_transpose(x[None], weight, bias, **how)[0]


def _planned(plan: Any, n: int, x: Array, weight: Array, bias: Array, settings: Any) -> Any:
    """Return what follows from shapes and settings; a message calls the layer whose weight it is, if it is one's."""
    shapes = tuple(x.shape), tuple(weight.shape), None if bias is None else tuple(bias.shape)
    what = f"conv{n}d()" if plan is _placed else f"conv_transpose{n}d()"
    try:
        return plan(n, what, *shapes, *settings)
    except (errors.ShapeError, errors.ArgumentError):
        layer = owner_called(weight)
        if layer:
            plan(n, layer, *shapes, *settings)
        raise


@lru_cache(1024)
def _placed(
    n: int, what: str, x: Shape, weight: Shape, bias: Shape | None, stride: Any, padding: Any, dilation: Any,
    groups: int,
) -> Any:  # fmt: skip
    """Return the settings of the operation."""
    _check(n, what, x, weight, groups)
    inputs = weight[1] * groups
    if x[-n - 1] != inputs:
        fitting = weight[0], x[-n - 1], *weight[2:]
        layer = f"nn.Conv{n}d({x[-n - 1]}, {weight[0]}, kernel_size={weight[2:]})"
        raise errors.ShapeError(_channels(n, what, x, inputs, fitting, layer))
    check_groups(what, inputs, weight[0], groups)
    _check_bias(what, weight[0], bias)
    stride, dilation = each_axis(stride, n, "stride", what), each_axis(dilation, n, "dilation", what)
    window = extent(weight[2:], dilation)
    pads = pads_of(padding, n, window, stride, what)
    windows_in([size + sum(pair) for size, pair in zip(x[-n:], pads, strict=True)], window, stride, what)
    return {"stride": stride, "padding": in_short(pads), "dilation": dilation, "groups": groups}


@lru_cache(1024)
def _placed_back(
    n: int, what: str, x: Shape, weight: Shape, bias: Shape | None, stride: Any, padding: Any, dilation: Any,
    groups: int, output_padding: Any,
) -> Any:  # fmt: skip
    """Return the settings of the operation: the size of the result, and how the windows of the convolution are placed.

    What is given back at the end stands beyond the last window; so there is less padding, also below 0.
    """
    _check(n, what, x, weight, groups)
    if x[-n - 1] != weight[0]:
        fitting = x[-n - 1], *weight[1:]
        layer = f"nn.ConvTranspose{n}d({x[-n - 1]}, {weight[1] * groups}, kernel_size={weight[2:]})"
        raise errors.ShapeError(_channels(n, what, x, weight[0], fitting, layer))
    check_groups(what, weight[0], weight[1] * groups, groups)
    _check_bias(what, weight[1] * groups, bias)
    stride, dilation = each_axis(stride, n, "stride", what), each_axis(dilation, n, "dilation", what)
    pads, more = each_axis(padding, n, "padding", what, 0), each_axis(output_padding, n, "output_padding", what, 0)
    if any(m >= max(s, d) for m, s, d in zip(more, stride, dilation, strict=True)):
        most = tuple([max(s, d) - 1 for s, d in zip(stride, dilation, strict=True)])
        said = {"given": more, "stride": stride, "dilation": dilation, "instead": most}
        raise errors.ArgumentError(errors.OUTPUT_PADDING.format(what=what, **said))
    window = extent(weight[2:], dilation)
    reach = [(m - 1) * s + k for m, s, k in zip(x[-n:], stride, window, strict=True)]
    size = tuple([r - 2 * p + m for r, p, m in zip(reach, pads, more, strict=True)])
    if min(size) < 1:
        raise errors.ShapeError(errors.NO_OUTPUT.format(what=what, size=min(x[-n:])))
    padding = in_short([(p, p - m) for p, m in zip(pads, more, strict=True)])
    return {"size": size, "stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def _check(n: int, what: str, x: Shape, weight: Shape, groups: int) -> None:
    if len(weight) != n + 2:
        wanted = f"(out, in / groups, {', '.join(['kernel'] * n)})"
        instead = f"np.ones({(1, *x[-n - 1 : -n], *(3,) * n)})"
        raise errors.ShapeError(errors.CONV_WEIGHT.format(what=what, wanted=wanted, given=weight, instead=instead))
    if len(x) not in (n + 1, n + 2):
        raise errors.ShapeError(image_shape(x, n, what))
    each_axis(groups, 1, "groups", what)


def _channels(n: int, what: str, x: Shape, wanted: int, weight: Shape, layer: str) -> str:
    """Return the message for an input of other channels, which a weight of another shape, or another layer fits."""
    instead = f"{what[:-1]}x, np.ones({weight}))" if what.endswith("()") else layer
    moved = channels_last(x, wanted, n)
    said = {"wanted": wanted, "axis": len(x) - n - 1, "given": x, "count": x[-n - 1], "instead": moved or instead}
    return errors.CONV_CHANNELS.format(what=what, **said)


def check_groups(what: str, inputs: int, outputs: int, groups: int) -> None:
    if inputs % groups or outputs % groups:
        said = {"groups": groups, "inputs": inputs, "outputs": outputs, "instead": math.gcd(inputs, outputs)}
        raise errors.ArgumentError(errors.CONV_GROUPS.format(what=what, **said))


def _check_bias(what: str, outputs: int, bias: Shape | None) -> None:
    if bias is not None and bias != (outputs,):
        raise errors.ShapeError(errors.CONV_BIAS.format(what=what, outputs=outputs, given=bias))


def pads_of(padding: Any, n: int, window: Shape, stride: Shape, what: str) -> tuple[tuple[int, int], ...]:
    """Return how many zeros stand before and behind each axis."""
    if not isinstance(padding, str):
        return tuple([(p, p) for p in each_axis(padding, n, "padding", what, 0)])
    if padding == "valid":
        return ((0, 0),) * n
    if padding != "same":
        raise errors.ArgumentError(errors.CONV_PADDING.format(given=padding, what=what))
    if any(s > 1 for s in stride):
        raise errors.ArgumentError(errors.CONV_SAME.format(what=what, stride=stride))
    return tuple([((k - 1) // 2, k - 1 - (k - 1) // 2) for k in window])
