"""Norms as layers, with running statistics in buffers."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine import refusals
from autograd_lite.engine.switch import no_grad
from autograd_lite.nn import functional, init
from autograd_lite.nn.functional.sizes import each_axis, unmasked
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.tensor import Tensor


class _Norm(Module):
    """A norm of channels with a weight, a bias and running statistics, each of them if wished."""

    _dims: tuple[int, ...]
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def _set(
        self, num_features: int, eps: float, momentum: Any, affine: bool, tracked: bool, dtype: Any, bias: bool
    ) -> None:
        self.num_features = each_axis(num_features, 1, "num_features", f"{type(self).__name__}()")[0]
        self.eps, self.momentum, self.affine, self.track_running_stats = eps, momentum, affine, tracked
        n = self.num_features
        self.weight, self.bias = _weight_and_bias((n,), dtype, affine, bias)
        self.running_mean = Tensor(np.zeros(n, dtype)) if tracked else None
        self.running_var = Tensor(np.ones(n, dtype)) if tracked else None
        self.num_batches_tracked = Tensor(np.zeros((), np.int64)) if tracked else None

    def reset_running_stats(self) -> None:
        """Begin the running statistics anew."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if buffer is not None:
                buffer.assign(np.full(buffer.shape, value, buffer.dtype))

    def reset_parameters(self) -> None:
        """Begin everything anew."""
        self.reset_running_stats()
        _begin(self)

    def _input(self, x: Any) -> Array:
        """Return an input of as many axes as belong here, and channels."""
        x = unmasked(x)
        if len(x.shape) not in self._dims or x.shape[self._axis(len(x.shape))] != self.num_features:
            raise errors.ShapeError(_misfit(self, x.shape))
        return x

    def _axis(self, ndim: int) -> int:
        """Return where the channels are."""
        return 1

    def _part(self) -> Any:
        """Return the part of this batch in the running statistics, and count the batch."""
        if self.num_batches_tracked is None:
            return 0.0 if self.momentum is None else self.momentum
        with no_grad():
            self.num_batches_tracked += 1
            if self.momentum is not None:
                return self.momentum
            assert self.running_mean is not None
            return (1.0 / self.num_batches_tracked).astype(self.running_mean.dtype)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


def _misfit(layer: _Norm, given: Any) -> str:
    """Return the message for an input of other axes or channels."""
    channels = given[1] if len(given) > 1 else 1
    if len(given) in layer._dims:
        last = given[-1] == layer.num_features
        instead = "np.moveaxis(x, -1, 1)" if last else f"nn.{type(layer).__name__}({channels})"
    elif len(given) + 1 in layer._dims and given[0] == layer.num_features:
        instead = "x[None]"
    else:
        wanted = ("N", "C", "L") if layer._dims[0] == 2 else ("N", "C", *"DHW"[-(layer._dims[-1] - 2) :])  # noqa: PLR2004
        instead = f"an input of shape ({', '.join(wanted)})"
    return errors.NORM_CHANNELS.format(what=repr(layer), wanted=layer.num_features, given=tuple(given), instead=instead)


class _BatchNorm(_Norm):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, *, device: Any = None, dtype: Any = None, bias: bool = True,
    ) -> None:  # fmt: skip
        refusals.device(device)
        self._set(num_features, eps, momentum, affine, track_running_stats, dtype, bias)

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        x = self._input(input)
        own = self.training or self.running_mean is None
        kept = self.training and self.track_running_stats
        part = self._part() if kept else 0.0
        running = (self.running_mean, self.running_var) if kept or not own else (None, None)
        return functional.batch_norm(x, *running, self.weight, self.bias, own, part, self.eps)


class BatchNorm1d(_BatchNorm):
    """`BatchNorm2d` for vectors, shape (batch, channels), and sequences, shape (batch, channels, length).

    Examples
    --------
    >>> BatchNorm1d(1, affine=False, eps=0.0)(np.array([[1.0], [3.0]]))
    array([[-1.],
           [ 1.]])
    """

    _dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Images with mean 0 and variance 1 in each channel, over a batch; see `functional.batch_norm`.

    In training mean and variance are those of the batch, and a part of them goes into the running ones; after `eval`
    those are used.

    Parameters
    ----------
    num_features : int
        How many channels there are.
    eps : float
        What keeps from dividing by zero.
    momentum : float or None
        The part of a batch in the running statistics; None for the mean over all batches.
    affine : bool
        Whether there are a weight and a bias.
    track_running_stats : bool
        Whether there are running statistics; else those of the batch are used after `eval` too.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of all these: float64 by default.
    bias : bool
        Whether there is a bias beside the weight.

    Attributes
    ----------
    weight, bias : Parameter or None, shape (num_features,)
        What is multiplied and added: 1 and 0 at first.
    running_mean, running_var, num_batches_tracked : Tensor or None
        Buffers: running statistics, and how many batches there were.

    Examples
    --------
    >>> layer = BatchNorm2d(3)
    >>> layer(np.ones((2, 3, 4, 4))).shape
    (2, 3, 4, 4)
    >>> layer.running_mean, layer.num_batches_tracked.item()
    (Tensor([0.1, 0.1, 0.1], dtype=float64), 1)
    """

    _dims = (4,)


class BatchNorm3d(_BatchNorm):
    """`BatchNorm2d` for volumes, shape (batch, channels, depth, height, width).

    Examples
    --------
    >>> BatchNorm3d(3)(np.ones((2, 3, 4, 4, 4))).shape
    (2, 3, 4, 4, 4)
    """

    _dims = (5,)


class _InstanceNorm(_Norm):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = False,
        track_running_stats: bool = False, *, device: Any = None, dtype: Any = None, bias: bool = True,
    ) -> None:  # fmt: skip
        refusals.device(device)
        self._set(num_features, eps, momentum, affine, track_running_stats, dtype, bias)

    def _axis(self, ndim: int) -> int:
        return ndim - self._dims[0]

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        x = self._input(input)
        single = len(x.shape) == self._dims[0]
        own = self.training or not self.track_running_stats
        part = 0.0 if self.momentum is None else self.momentum
        running = self.running_mean, self.running_var
        y = functional.instance_norm(x[None] if single else x, *running, self.weight, self.bias, own, part, self.eps)
        return y[0] if single else y


class InstanceNorm1d(_InstanceNorm):
    """`InstanceNorm2d` for sequences, shape (batch, channels, length) or (channels, length).

    Examples
    --------
    >>> InstanceNorm1d(1, eps=0.0)(np.array([[1.0, 3.0]]))
    array([[-1.,  1.]])
    """

    _dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Images with mean 0 and variance 1 in each channel, each image by itself; see `functional.instance_norm`.

    Parameters
    ----------
    num_features, eps, momentum, affine, track_running_stats, dtype, bias
        As of `BatchNorm2d`; by default there are neither weight and bias nor running statistics.

    Examples
    --------
    >>> InstanceNorm2d(3)(np.ones((2, 3, 4, 4))).shape
    (2, 3, 4, 4)
    """

    _dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm2d` for volumes, shape (batch, channels, depth, height, width) or without the batch.

    Examples
    --------
    >>> InstanceNorm3d(3)(np.ones((2, 3, 4, 4, 4))).shape
    (2, 3, 4, 4, 4)
    """

    _dims = (4, 5)


class LayerNorm(Module):
    """Vectors, or the last axes taken as one, with mean 0 and variance 1; see `functional.layer_norm`.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        The lengths of the last axes.
    eps : float
        What keeps from dividing by zero.
    elementwise_affine : bool
        Whether there is a weight.
    bias : bool
        Whether there is a bias beside the weight.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of both: float64 by default.

    Attributes
    ----------
    weight, bias : Parameter or None, shape `normalized_shape`
        What is multiplied and added: 1 and 0 at first.

    Examples
    --------
    >>> layer = LayerNorm(2, eps=0.0)
    >>> layer
    LayerNorm((2,), eps=0.0, elementwise_affine=True)
    >>> layer(np.array([1.0, 3.0])).numpy()
    array([-1.,  1.])
    """

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True, *,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        self.normalized_shape = _shape(normalized_shape, "LayerNorm()")
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.weight, self.bias = _weight_and_bias(self.normalized_shape, dtype, elementwise_affine, bias)

    def reset_parameters(self) -> None:
        """Begin with 1 and 0."""
        _begin(self)

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class RMSNorm(Module):
    """Vectors, or the last axes taken as one, with mean square 1; see `functional.rms_norm`.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        The lengths of the last axes.
    eps : float, optional
        What keeps from dividing by zero; by default the distance from 1 to the next number of the input's dtype.
    elementwise_affine : bool
        Whether there is a weight, 1 at first.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of the weight: float64 by default.

    Examples
    --------
    >>> RMSNorm(4, elementwise_affine=False)(np.array([3.0, 4.0, 0.0, 0.0]))
    array([1.2, 1.6, 0. , 0. ])
    """

    def __init__(
        self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True,
        *, device: Any = None, dtype: Any = None
    ) -> None:
        refusals.device(device)
        self.normalized_shape = _shape(normalized_shape, "RMSNorm()")
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.weight = Parameter(np.ones(self.normalized_shape, dtype), name="weight") if elementwise_affine else None

    def reset_parameters(self) -> None:
        """Begin with 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Groups of channels with mean 0 and variance 1, each example by itself; see `functional.group_norm`.

    Parameters
    ----------
    num_groups, num_channels : int
        In how many equal parts how many channels are divided.
    eps : float
        What keeps from dividing by zero.
    affine : bool
        Whether there are a weight and a bias for each channel, 1 and 0 at first.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of both: float64 by default.
    bias : bool
        Whether there is a bias beside the weight.

    Examples
    --------
    >>> GroupNorm(2, 6)(np.ones((5, 6, 4, 4))).shape
    (5, 6, 4, 4)
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True,
        *, device: Any = None, dtype: Any = None,
        bias: bool = True,
    ) -> None:  # fmt: skip
        refusals.device(device)
        counts = {"num_groups": num_groups, "num_channels": num_channels}
        self.num_groups, self.num_channels = [each_axis(x, 1, name, "GroupNorm()")[0] for name, x in counts.items()]
        if self.num_channels % self.num_groups:
            said = {"groups": num_groups, "channels": num_channels, "instead": int(np.gcd(num_groups, num_channels))}
            raise errors.ArgumentError(errors.NORM_GROUPS.format(what="GroupNorm()", **said))
        self.eps, self.affine = eps, affine
        self.weight, self.bias = _weight_and_bias((self.num_channels,), dtype, affine, bias)

    def reset_parameters(self) -> None:
        """Begin with 1 and 0."""
        _begin(self)

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class LocalResponseNorm(Module):
    """Each number divided by a power of its neighbours in other channels; see `functional.local_response_norm`.

    Parameters
    ----------
    size : int
        How many channels are neighbours.
    alpha, beta, k : float
        As of that function.

    Examples
    --------
    >>> LocalResponseNorm(1, alpha=1.0, beta=0.5, k=0.0)(np.array([[[2.0]]]))
    array([[[1.]]])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


def _weight_and_bias(
    shape: tuple[int, ...], dtype: Any, weighted: bool, biased: bool
) -> tuple[Parameter | None, Parameter | None]:
    """Return what is multiplied and added, each if there is one: a bias stands beside a weight alone."""
    weight = Parameter(np.ones(shape, dtype), name="weight") if weighted else None
    return weight, Parameter(np.zeros(shape, dtype), name="bias") if weighted and biased else None


def _begin(norm: Any) -> None:
    """Have a norm multiply by 1 and add 0."""
    if norm.weight is not None:
        init.ones_(norm.weight)
    if norm.bias is not None:
        init.zeros_(norm.bias)


def _shape(given: Any, what: str) -> tuple[int, ...]:
    sizes = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    return each_axis(sizes, max(len(sizes), 1), "normalized_shape", what)
