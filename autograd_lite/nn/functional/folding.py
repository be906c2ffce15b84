"""Windows of images as columns, and what adds them up again."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.nn.functional.sizes import each_axis, extent, image_shape, unmasked, windows_in
from autograd_lite.rules import pooling as rules


def unfold(input: Array, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:  # noqa: A002
    """Return all windows of images as columns: what a convolution multiplies its weight with.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, height, width) or (channels, height, width)
        Images.
    kernel_size, dilation, padding, stride : int or tuple
        As of `conv2d`.

    Returns
    -------
    Tensor or array, shape (batch, channels * kernel * kernel, windows) or the same without the batch
        The windows.

    Raises
    ------
    ShapeError
        No image, or windows larger than it.
    ArgumentError
        Settings that are not as above.

    Examples
    --------
    >>> unfold(np.arange(9.0).reshape(1, 3, 3), 2)
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.],
           [3., 4., 6., 7.],
           [4., 5., 7., 8.]])
    """
    x: Array = unmasked(input)
    if len(x.shape) not in (3, 4):
        raise errors.ShapeError(image_shape(x.shape, 2, "unfold()"))
    how, counts = _placed("unfold()", tuple(x.shape[-2:]), kernel_size, stride, padding, dilation)
    y = rules.unfold(x, **how)
    return y.reshape((*x.shape[:-3], x.shape[-3] * math.prod(how["kernel"]), math.prod(counts)))


def fold(
    input: Array, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1  # noqa: A002
) -> Any:  # fmt: skip
    """Return images that columns are added up to, each at the place of its window: the transpose of `unfold`.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels * kernel * kernel, windows) or the same without the batch
        Windows, as `unfold` returns them.
    output_size : int or tuple
        Height and width of the images.
    kernel_size, dilation, padding, stride : int or tuple
        As of `unfold`.

    Raises
    ------
    ShapeError
        Rows or columns that do not belong to these sizes.
    ArgumentError
        Settings that are not as above.

    Examples
    --------
    >>> fold(unfold(np.ones((1, 3, 3)), 2), 3, 2)
    array([[[1., 2., 1.],
            [2., 4., 2.],
            [1., 2., 1.]]])
    """
    x: Array = unmasked(input)
    size = each_axis(output_size, 2, "output_size", "fold()")
    how, counts = _placed("fold()", size, kernel_size, stride, padding, dilation)
    kernel: Shape = how["kernel"]
    rows, columns = math.prod(kernel), math.prod(counts)
    if len(x.shape) not in (2, 3) or x.shape[-2] % rows or x.shape[-1] != columns:
        raise errors.ShapeError(errors.FOLD_COLUMNS.format(given=x.shape, rows=rows, columns=columns))
    parts = x.reshape((*x.shape[:-2], x.shape[-2] // rows, *kernel, *counts))
    return rules.fold(parts, size=size, **how)


def _placed(what: str, sizes: Shape, kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple[Any, Shape]:
    """Return the settings of the operations, and how many windows there are along each axis."""
    kernel, stride = each_axis(kernel, 2, "kernel_size", what), each_axis(stride, 2, "stride", what)
    pads, dilation = each_axis(padding, 2, "padding", what, 0), each_axis(dilation, 2, "dilation", what)
    padded = [m + 2 * p for m, p in zip(sizes, pads, strict=True)]
    counts = windows_in(padded, extent(kernel, dilation), stride, what)
    return {"kernel": kernel, "stride": stride, "padding": pads, "dilation": dilation}, counts
