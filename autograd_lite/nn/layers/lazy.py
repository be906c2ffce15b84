"""Layers that take the size of their input from the first call."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Shape
from autograd_lite.engine import refusals
from autograd_lite.engine.watchpoints import traced
from autograd_lite.nn.functional.convolution import check_groups
from autograd_lite.nn.layers.convolution import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    _Conv,
    _Convolution,
    _ConvTranspose,
)
from autograd_lite.nn.layers.linear import Linear
from autograd_lite.nn.layers.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    _Norm,
)
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter, Uninitialized, UninitializedBuffer, UninitializedParameter
from autograd_lite.tensor.state import unseen


class _Lazy(Module):
    """A layer of a class that needs to know a size, made without it.

    Before the first call its parameters have no size; by it they get one and their initial values, and the layer
    becomes one of the class that it stands for, with the same parameters. A state that is loaded decides as well.
    """

    _becomes: ClassVar[type[Module]]
    _sized: tuple[str, ...] = ("weight", "bias")

    def _without_size(self, **settings: Any) -> None:
        """Have Tensors without a size in the place of those that have one."""
        for name in self._sized:
            t = getattr(self, name)
            if isinstance(t, Parameter):
                setattr(self, name, UninitializedParameter(dtype=t.dtype, name=name))
            elif t is not None:
                setattr(self, name, UninitializedBuffer(t.dtype))
        vars(self).update(settings)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        if traced():
            raise errors.CompileError(errors.LAZY_COMPILED.format(layer=repr(self)))
        shape = np.shape(args[0] if args else next(iter(kwargs.values())))
        unseen(lambda: self._initialize(shape))
        return type(self).forward(self, *args, **kwargs)

    def _initialize(self, shape: Shape) -> None:
        shapes = self._shapes(shape)
        fresh = [t for name in shapes if isinstance(t := getattr(self, name), Uninitialized)]
        for name, size in shapes.items():
            t = getattr(self, name)
            if isinstance(t, Uninitialized):
                t.materialize(size)
        rng = vars(self).pop("_rng", None)
        self.__class__ = self._becomes  # type: ignore[assignment]
        made: Any = self
        if fresh:
            made.reset_parameters(*([] if rng is None else [rng]))

    def _shapes(self, shape: Shape) -> dict[str, Shape]:
        """Note the size of an input, and return the shapes of what had none."""
        raise NotImplementedError

    def _channels(self, shape: Shape, axes: tuple[int, ...], place: int) -> int:
        """Return the channels of an input, which has to have as many axes as belong here."""
        if len(shape) not in axes:
            wanted = " or ".join(map(str, axes))
            raise errors.ShapeError(errors.LAZY_SHAPE.format(layer=type(self).__name__, given=shape, wanted=wanted))
        return shape[place]


class LazyLinear(_Lazy, Linear):
    """A `Linear` whose `in_features` are those of its first input.

    Parameters
    ----------
    out_features : int
        The length of the output along its last axis.
    bias, rng, dtype
        As of `Linear`.

    Notes
    -----
    An optimiser is made after the first call: before it there is nothing to change.

    Examples
    --------
    >>> layer = LazyLinear(3, rng=0)
    >>> layer(np.ones((4, 2))).shape
    (4, 3)
    >>> layer
    Linear(in_features=2, out_features=3, bias=True)
    """

    _becomes = Linear

    def __init__(
        self, out_features: int, bias: bool = True, *, rng: Any = None, device: Any = None, dtype: Any = None
    ) -> None:
        refusals.device(device)
        super().__init__(1, out_features, bias, rng=0, dtype=dtype)
        self._without_size(in_features=0, _rng=rng)

    def _shapes(self, shape: Shape) -> dict[str, Shape]:
        known = self.weight.shape[1] if not isinstance(self.weight, Uninitialized) else None
        if not shape or not shape[-1]:
            raise errors.ShapeError(errors.LAZY_SHAPE.format(layer="LazyLinear", given=shape, wanted="1 or more"))
        self.in_features = shape[-1] if known is None else known
        return {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}


class _LazyConvolution(_Lazy, _Convolution):
    def _shapes(self, shape: Shape) -> dict[str, Shape]:
        n = self._axes
        found = self._channels(shape, (n + 1, n + 2), -n - 1)
        if not isinstance(self.weight, Uninitialized):  # a state was loaded
            found = self.weight.shape[0] if self._turned else self.weight.shape[1] * self.groups
        check_groups(f"{type(self).__name__}()", found, self.out_channels, self.groups)
        self.in_channels = found
        first, second = (found, self.out_channels) if self._turned else (self.out_channels, found)
        return {"weight": (first, second // self.groups, *self.kernel_size), "bias": (self.out_channels,)}


class _LazyConv(_LazyConvolution, _Conv):
    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
        *, rng: Any = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        settings = (stride, padding, dilation, groups, bias, padding_mode)
        super().__init__(groups, out_channels, kernel_size, *settings, rng=0, dtype=dtype)
        self._without_size(in_channels=0, _rng=rng)


class _LazyConvTranspose(_LazyConvolution, _ConvTranspose):
    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros", *, rng: Any = None,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        settings = (stride, padding, output_padding, groups, bias, dilation, padding_mode)
        super().__init__(groups, out_channels, kernel_size, *settings, rng=0, dtype=dtype)
        self._without_size(in_channels=0, _rng=rng)


class _LazyNorm(_Lazy, _Norm):
    _sized = ("weight", "bias", "running_mean", "running_var")

    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True, track_running_stats: bool = True,
        *, device: Any = None, dtype: Any = None, bias: bool = True,
    ) -> None:  # fmt: skip
        refusals.device(device)
        self._set(1, eps, momentum, affine, track_running_stats, dtype, bias)
        self._without_size(num_features=0)

    def _shapes(self, shape: Shape) -> dict[str, Shape]:
        found = self._channels(shape, self._dims, self._axis(len(shape)))
        known = [t.shape[0] for name in self._sized if (t := getattr(self, name)) is not None and t.size]
        self.num_features = known[0] if known else found
        return dict.fromkeys(self._sized, (self.num_features,))


class LazyConv1d(_LazyConv, Conv1d):
    """A `Conv1d` whose `in_channels` are those of its first input.

    Parameters
    ----------
    out_channels, kernel_size, ...
        As of `Conv1d`, without `in_channels`.

    Examples
    --------
    >>> layer = LazyConv1d(4, 3, rng=0)
    >>> layer(np.ones((5, 2, 8))).shape, layer.in_channels
    ((5, 4, 6), 2)
    """

    _becomes = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A `Conv2d` whose `in_channels` are those of its first input.

    Parameters
    ----------
    out_channels, kernel_size, ...
        As of `Conv2d`, without `in_channels`.

    Examples
    --------
    >>> layer = LazyConv2d(4, 3, rng=0)
    >>> layer(np.ones((5, 2, 8, 8))).shape, layer.in_channels
    ((5, 4, 6, 6), 2)
    """

    _becomes = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A `Conv3d` whose `in_channels` are those of its first input.

    Parameters
    ----------
    out_channels, kernel_size, ...
        As of `Conv3d`, without `in_channels`.

    Examples
    --------
    >>> layer = LazyConv3d(4, 3, rng=0)
    >>> layer(np.ones((5, 2, 8, 8, 8))).shape, layer.in_channels
    ((5, 4, 6, 6, 6), 2)
    """

    _becomes = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A `ConvTranspose1d` whose `in_channels` are those of its first input.

    Parameters
    ----------
    out_channels, kernel_size, ...
        As of `ConvTranspose1d`, without `in_channels`.

    Examples
    --------
    >>> layer = LazyConvTranspose1d(4, 3, rng=0)
    >>> layer(np.ones((5, 2, 8))).shape, layer.in_channels
    ((5, 4, 10), 2)
    """

    _becomes = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A `ConvTranspose2d` whose `in_channels` are those of its first input.

    Parameters
    ----------
    out_channels, kernel_size, ...
        As of `ConvTranspose2d`, without `in_channels`.

    Examples
    --------
    >>> layer = LazyConvTranspose2d(4, 3, rng=0)
    >>> layer(np.ones((5, 2, 8, 8))).shape, layer.in_channels
    ((5, 4, 10, 10), 2)
    """

    _becomes = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A `ConvTranspose3d` whose `in_channels` are those of its first input.

    Parameters
    ----------
    out_channels, kernel_size, ...
        As of `ConvTranspose3d`, without `in_channels`.

    Examples
    --------
    >>> layer = LazyConvTranspose3d(4, 3, rng=0)
    >>> layer(np.ones((5, 2, 8, 8, 8))).shape, layer.in_channels
    ((5, 4, 10, 10, 10), 2)
    """

    _becomes = ConvTranspose3d


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A `BatchNorm1d` whose `num_features` are those of its first input.

    Parameters
    ----------
    eps, momentum, affine, track_running_stats, dtype, bias
        As of `BatchNorm1d`; the defaults are the same.

    Examples
    --------
    >>> layer = LazyBatchNorm1d()
    >>> layer(np.ones((5, 2, 4))).shape, layer.num_features
    ((5, 2, 4), 2)
    """

    _becomes = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A `BatchNorm2d` whose `num_features` are those of its first input.

    Parameters
    ----------
    eps, momentum, affine, track_running_stats, dtype, bias
        As of `BatchNorm2d`; the defaults are the same.

    Examples
    --------
    >>> layer = LazyBatchNorm2d()
    >>> layer(np.ones((5, 2, 4, 4))).shape, layer.num_features
    ((5, 2, 4, 4), 2)
    """

    _becomes = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A `BatchNorm3d` whose `num_features` are those of its first input.

    Parameters
    ----------
    eps, momentum, affine, track_running_stats, dtype, bias
        As of `BatchNorm3d`; the defaults are the same.

    Examples
    --------
    >>> layer = LazyBatchNorm3d()
    >>> layer(np.ones((5, 2, 4, 4, 4))).shape, layer.num_features
    ((5, 2, 4, 4, 4), 2)
    """

    _becomes = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """A `InstanceNorm1d` whose `num_features` are those of its first input.

    Parameters
    ----------
    eps, momentum, affine, track_running_stats, dtype, bias
        As of `InstanceNorm1d`; by default with weight, bias and running statistics, as in PyTorch.

    Examples
    --------
    >>> layer = LazyInstanceNorm1d()
    >>> layer(np.ones((5, 2, 4))).shape, layer.num_features
    ((5, 2, 4), 2)
    """

    _becomes = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """A `InstanceNorm2d` whose `num_features` are those of its first input.

    Parameters
    ----------
    eps, momentum, affine, track_running_stats, dtype, bias
        As of `InstanceNorm2d`; by default with weight, bias and running statistics, as in PyTorch.

    Examples
    --------
    >>> layer = LazyInstanceNorm2d()
    >>> layer(np.ones((5, 2, 4, 4))).shape, layer.num_features
    ((5, 2, 4, 4), 2)
    """

    _becomes = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """A `InstanceNorm3d` whose `num_features` are those of its first input.

    Parameters
    ----------
    eps, momentum, affine, track_running_stats, dtype, bias
        As of `InstanceNorm3d`; by default with weight, bias and running statistics, as in PyTorch.

    Examples
    --------
    >>> layer = LazyInstanceNorm3d()
    >>> layer(np.ones((5, 2, 4, 4, 4))).shape, layer.num_features
    ((5, 2, 4, 4, 4), 2)
    """

    _becomes = InstanceNorm3d
