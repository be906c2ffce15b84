"""Convolutions with their parameters, over one, two or three axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine import refusals
from autograd_lite.nn import functional
from autograd_lite.nn.functional.convolution import check_groups, pads_of
from autograd_lite.nn.functional.sizes import each_axis, extent
from autograd_lite.nn.layers.linear import draw
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.tensor import Tensor

_MODES = ("zeros", "reflect", "replicate", "circular")


class _Convolution(Module):
    """What all convolutions are told, their parameters, and how they are shown."""

    _axes: int
    _turned = False  # whether the weight is (in, out / groups, ...)

    def _set(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
        groups: int, bias: bool, padding_mode: str, output_padding: Any, rng: Any, dtype: Any,
    ) -> None:  # fmt: skip
        what, n = f"{type(self).__name__}()", self._axes
        counts = {"in_channels": in_channels, "out_channels": out_channels, "groups": groups}
        counted = [each_axis(x, 1, name, what)[0] for name, x in counts.items()]
        self.in_channels, self.out_channels, self.groups = counted
        check_groups(what, self.in_channels, self.out_channels, self.groups)
        self.kernel_size = each_axis(kernel_size, n, "kernel_size", what)
        self.stride = each_axis(stride, n, "stride", what)
        self.dilation = each_axis(dilation, n, "dilation", what)
        self.output_padding = each_axis(output_padding, n, "output_padding", what, 0)
        self.padding_mode = padding_mode
        self._check_mode(padding_mode, what)
        window = extent(self.kernel_size, self.dilation)
        self._pads = pads_of(padding, n, window, self.stride, what)
        self.padding = padding if isinstance(padding, str) else each_axis(padding, n, "padding", what, 0)
        first, second = (in_channels, out_channels) if self._turned else (out_channels, in_channels)
        shape = (first, second // self.groups, *self.kernel_size)
        self.weight = Parameter(np.zeros(shape, dtype), name="weight")
        self.bias = Parameter(np.zeros(out_channels, dtype), name="bias") if bias else None
        self.reset_parameters(rng)

    def _check_mode(self, mode: str, what: str) -> None:
        if mode not in _MODES:
            raise errors.ArgumentError(errors.PADDING_MODE.format(given=mode))

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew."""
        draw(self, math.prod(self.weight.shape[1:]), rng)

    def extra_repr(self) -> str:
        n = self._axes
        said = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        said += f", padding={self.padding!r}" if self.padding != (0,) * n else ""
        said += f", dilation={self.dilation}" if self.dilation != (1,) * n else ""
        said += f", output_padding={self.output_padding}" if self.output_padding != (0,) * n else ""
        said += f", groups={self.groups}" if self.groups != 1 else ""
        said += ", bias=False" if self.bias is None else ""
        return said + (f", padding_mode={self.padding_mode}" if self.padding_mode != "zeros" else "")


class _Conv(_Convolution):
    """A convolution."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", *, rng: Any = None,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        self._set(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, 0, rng, dtype
        )

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        x = input
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            widths = [p for pair in self._pads[::-1] for p in pair]
            x, padding = functional.pad(x, widths, self.padding_mode), 0
        convolve = _FORWARD[self._axes - 1]
        return convolve(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Sums of windows of sequences times a weight: `Conv2d` over one axis.

    Examples
    --------
    >>> Conv1d(2, 4, 3, padding="same", rng=0)(np.ones((5, 2, 8))).shape
    (5, 4, 8)
    """

    _axes = 1


class Conv2d(_Conv):
    """Sums of windows of images times a weight, plus a bias; see `functional.conv2d`.

    Parameters
    ----------
    in_channels, out_channels : int
        The channels of the input and of the result.
    kernel_size, stride, dilation : int or tuple
        The size of a window along each axis, the distance between windows, and that between elements of one.
    padding : int, tuple, "same" or "valid"
        How much stands around the images.
    groups : int
        In how many parts the channels are divided.
    bias : bool
        Whether a number is added to each channel.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What stands around the images, see `functional.pad`.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from, or its seed; by default the generator of `autograd_lite.manual_seed`.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of weight and bias: float64 by default.

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels / groups, *kernel_size)
        What windows are multiplied with.
    bias : Parameter or None, shape (out_channels,)
        What is added.

    Notes
    -----
    Weight and bias start as uniform random numbers between plus and minus ``1 / sqrt(n)`` for windows of `n` numbers,
    as PyTorch's do.

    Examples
    --------
    >>> layer = Conv2d(1, 6, 5, rng=0)
    >>> layer
    Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))
    >>> layer(np.ones((32, 1, 28, 28))).shape
    (32, 6, 24, 24)
    """

    _axes = 2


class Conv3d(_Conv):
    """Sums of windows of volumes times a weight: `Conv2d` over three axes.

    Examples
    --------
    >>> Conv3d(1, 2, 3, rng=0)(np.ones((1, 1, 4, 4, 4))).shape
    (1, 2, 2, 2, 2)
    """

    _axes = 3


class _ConvTranspose(_Convolution):
    """The transpose of a convolution."""

    _turned = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros",
        *, rng: Any = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        self._set(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
            output_padding, rng, dtype,
        )  # fmt: skip

    def _check_mode(self, mode: str, what: str) -> None:
        if mode != "zeros":
            raise errors.ArgumentError(errors.TRANSPOSE_PADDING.format(what=what, given=mode))

    def forward(self, input: Any, output_size: Any = None) -> Tensor:  # noqa: A002 - PyTorch's name
        more = self.output_padding if output_size is None else self._needed(np.shape(input), output_size)
        convolve = _BACKWARD[self._axes - 1]
        return convolve(input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation)

    def _needed(self, shape: Any, output_size: Any) -> tuple[int, ...]:
        """Return the padding of the output that makes it of a size."""
        n, what = self._axes, f"{type(self).__name__}()"
        last = tuple(output_size)[-n:] if isinstance(output_size, (tuple, list)) else output_size
        size = each_axis(last, n, "output_size", what)
        window = extent(self.kernel_size, self.dilation)
        least = [
            (m - 1) * s - sum(pair) + k
            for m, s, pair, k in zip(shape[-n:], self.stride, self._pads, window, strict=True)
        ]
        more = tuple([w - a for w, a in zip(size, least, strict=True)])
        if any(not 0 <= m < max(s, d) for m, s, d in zip(more, self.stride, self.dilation, strict=True)):
            most = tuple([a + max(s, d) - 1 for a, s, d in zip(least, self.stride, self.dilation, strict=True)])
            said = {"given": size, "least": tuple(least), "most": most}
            raise errors.ArgumentError(errors.OUTPUT_SIZE.format(what=what, **said))
        return more


class ConvTranspose1d(_ConvTranspose):
    """The transpose of `Conv1d`: `ConvTranspose2d` over one axis.

    Examples
    --------
    >>> ConvTranspose1d(2, 4, 3, stride=2, rng=0)(np.ones((5, 2, 8))).shape
    (5, 4, 17)
    """

    _axes = 1


class ConvTranspose2d(_ConvTranspose):
    """The transpose of `Conv2d`: each number adds its multiple of the weight to a window; see `functional`.

    Parameters
    ----------
    in_channels, out_channels : int
        The channels of the input and of the result.
    kernel_size, stride, padding, dilation : int or tuple
        Those of the convolution that this is the transpose of.
    output_padding : int or tuple
        By how much the result is longer at the end. A call may say ``output_size`` instead.
    groups : int
        In how many parts the channels are divided.
    bias : bool
        Whether a number is added to each channel.
    padding_mode : {"zeros"}
        Nothing else.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from, or its seed; by default the generator of `autograd_lite.manual_seed`.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of weight and bias: float64 by default.

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels / groups, *kernel_size)
        What is added to windows.
    bias : Parameter or None, shape (out_channels,)
        What is added.

    Examples
    --------
    >>> layer = ConvTranspose2d(6, 1, 5, rng=0)
    >>> layer(np.ones((2, 6, 24, 24))).shape
    (2, 1, 28, 28)
    >>> ConvTranspose2d(6, 1, 3, stride=2, rng=0)(np.ones((6, 4, 4)), output_size=(10, 10)).shape
    (1, 10, 10)
    """

    _axes = 2


class ConvTranspose3d(_ConvTranspose):
    """The transpose of `Conv3d`: `ConvTranspose2d` over three axes.

    Examples
    --------
    >>> ConvTranspose3d(1, 2, 2, stride=2, rng=0)(np.ones((1, 1, 2, 2, 2))).shape
    (1, 2, 4, 4, 4)
    """

    _axes = 3


_FORWARD = (functional.conv1d, functional.conv2d, functional.conv3d)
_BACKWARD = (functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d)
