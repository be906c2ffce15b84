"""What changes the shape of arrays: vectors of images, windows as columns, larger and smaller images."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite import errors
from autograd_lite.nn import functional
from autograd_lite.nn.functional.sizes import each_axis, unmasked
from autograd_lite.nn.layers.shown import Shown
from autograd_lite.nn.module import Module


class Flatten(Shown):
    """Some axes as one: ``(batch, channels, height, width)`` becomes ``(batch, channels * height * width)``.

    Parameters
    ----------
    start_dim, end_dim : int
        The first and the last of them.

    Examples
    --------
    >>> Flatten()(np.ones((5, 2, 3, 4))).shape
    (5, 24)
    """

    _shown = ("start_dim", "end_dim")

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        x = input
        x = unmasked(x)
        shape = tuple(x.shape) or (1,)
        first, last = [_axis(i, len(shape)) for i in (self.start_dim, self.end_dim)]
        if first > last:
            text = errors.FLATTEN.format(start=self.start_dim, end=self.end_dim, given=shape)
            raise errors.ArgumentError(text)
        return x.reshape((*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


class Unflatten(Shown):
    """One axis as several: what `Flatten` does the other way round.

    Parameters
    ----------
    dim : int
        The axis.
    unflattened_size : tuple of int
        The lengths of the new ones, one of which may be -1.

    Examples
    --------
    >>> Unflatten(1, (2, 3))(np.ones((5, 6))).shape
    (5, 2, 3)
    """

    _shown = ("dim", "unflattened_size")

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        x = input
        x = unmasked(x)
        axis = _axis(self.dim, len(x.shape))
        length, sizes = x.shape[axis], self.unflattened_size
        known = math.prod(n for n in sizes if n != -1)
        fits = length == known if -1 not in sizes else sizes.count(-1) == 1 and known and length % known == 0
        if not fits:
            raise errors.ShapeError(errors.UNFLATTEN.format(sizes=sizes, dim=self.dim, given=length))
        sizes = tuple([length // known if n == -1 else n for n in sizes])
        return x.reshape((*x.shape[:axis], *sizes, *x.shape[axis + 1 :]))


def _axis(i: int, ndim: int) -> int:
    if not -ndim <= i < ndim:
        raise errors.ArgumentError(errors.AXIS_RANGE.format(given=i, ndim=ndim, least=-ndim, most=ndim - 1))
    return i % ndim


class Unfold(Shown):
    """All windows of images as columns; see `functional.unfold`.

    Parameters
    ----------
    kernel_size, dilation, padding, stride : int or tuple
        As of that function.

    Examples
    --------
    >>> Unfold(2)(np.ones((5, 3, 4, 4))).shape
    (5, 12, 9)
    """

    _shown = ("kernel_size", "dilation", "padding", "stride")

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        return functional.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(Shown):
    """Images that columns are added up to; see `functional.fold`.

    Parameters
    ----------
    output_size, kernel_size, dilation, padding, stride : int or tuple
        As of that function.

    Examples
    --------
    >>> Fold((4, 4), 2)(np.ones((5, 12, 9))).shape
    (5, 3, 4, 4)
    """

    _shown = ("output_size", "kernel_size", "dilation", "padding", "stride")

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        return functional.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)


class Upsample(Module):
    """Larger images; see `functional.interpolate`.

    Parameters
    ----------
    size, scale_factor, mode, align_corners, recompute_scale_factor
        As of that function.

    Examples
    --------
    >>> Upsample(scale_factor=2)(np.array([[[1.0, 3.0]]]))
    array([[[1., 1., 3., 3.]]])
    """

    def __init__(
        self, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:  # fmt: skip
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        settings = self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        return functional.interpolate(input, *settings)

    def extra_repr(self) -> str:
        said = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{said}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of images by the nearest pixel.

    Examples
    --------
    >>> UpsamplingNearest2d(scale_factor=2)(np.ones((1, 3, 4, 4))).shape
    (1, 3, 8, 8)
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images by lines between pixels, with the corners aligned.

    Examples
    --------
    >>> UpsamplingBilinear2d(scale_factor=2)(np.ones((1, 3, 4, 4))).shape
    (1, 3, 8, 8)
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)


class ChannelShuffle(Shown):
    """Channels taken from each of several groups in turn; see `functional.channel_shuffle`.

    Parameters
    ----------
    groups : int
        In how many equal parts the channels are divided.

    Examples
    --------
    >>> ChannelShuffle(2)(np.arange(4.0).reshape(1, 4, 1)).ravel()
    array([0., 2., 1., 3.])
    """

    _shown = ("groups",)

    def __init__(self, groups: int) -> None:
        self.groups = each_axis(groups, 1, "groups", "ChannelShuffle()")[0]

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        return functional.channel_shuffle(input, self.groups)


class PixelShuffle(Shown):
    """Larger images of fewer channels; see `functional.pixel_shuffle`.

    Parameters
    ----------
    upscale_factor : int
        By what height and width are multiplied.

    Examples
    --------
    >>> PixelShuffle(2)(np.ones((5, 12, 3, 3))).shape
    (5, 3, 6, 6)
    """

    _shown = ("upscale_factor",)

    def __init__(self, upscale_factor: int) -> None:
        self.upscale_factor = each_axis(upscale_factor, 1, "upscale_factor", "PixelShuffle()")[0]

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        return functional.pixel_shuffle(input, self.upscale_factor)


class PixelUnshuffle(Shown):
    """Smaller images of more channels; see `functional.pixel_unshuffle`.

    Parameters
    ----------
    downscale_factor : int
        By what height and width are divided.

    Examples
    --------
    >>> PixelUnshuffle(2)(np.ones((5, 3, 6, 6))).shape
    (5, 12, 3, 3)
    """

    _shown = ("downscale_factor",)

    def __init__(self, downscale_factor: int) -> None:
        self.downscale_factor = each_axis(downscale_factor, 1, "downscale_factor", "PixelUnshuffle()")[0]

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        return functional.pixel_unshuffle(input, self.downscale_factor)
