"""Norms as functions: numbers of mean 0 and variance 1 over a batch, a layer, groups of channels or one image."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine.switch import no_grad
from autograd_lite.nn.functional.sizes import each_axis, unmasked
from autograd_lite.rules import pooling
from autograd_lite.rules.common import detached
from autograd_lite.rules.normalization import normalized
from autograd_lite.tensor.tensor import Tensor


def batch_norm(
    input: Array, running_mean: Any, running_var: Any, weight: Array = None, bias: Array = None,  # noqa: A002
    training: bool = False, momentum: Any = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Return ``(input - mean) / sqrt(var + eps) * weight + bias`` with mean and variance of each channel.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, ...)
        Vectors, sequences, images.
    running_mean, running_var : Tensor or array, shape (channels,), or None
        Without `training` what is used. With it, Tensors that take up a part of the batch's mean and variance.
    weight, bias : Tensor or array, shape (channels,), optional
        Left out, nothing is multiplied or added.
    training : bool
        Whether mean and variance are those of this batch.
    momentum : float
        The part of the batch in the new running numbers.
    eps : float
        What keeps from dividing by zero.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other; with `training`, only one number for each channel.
    ArgumentError
        Without `training` no mean and variance; with it, plain arrays of these, which cannot be changed.

    Notes
    -----
    The running variance is of n numbers with divisor n - 1 (S. Ioffe and C. Szegedy, "Batch normalization", 2015).

    Examples
    --------
    >>> batch_norm(np.array([[1.0], [3.0]]), None, None, training=True, eps=0.0)
    array([[-1.],
           [ 1.]])
    """
    x: Array = unmasked(input)
    channels = x.shape[1] if len(x.shape) > 1 else None
    _check_numbers("batch_norm()", x, channels, weight, bias, running_mean, running_var)
    assert channels is not None
    if not training:
        instead = "training=True for those of the batch"
        return _with_known("batch_norm()", x, (running_mean, running_var), weight, bias, eps, instead)
    count = math.prod(x.shape) // channels if channels else 0
    axis = (0, *range(2, len(x.shape)))
    return _with_own("batch_norm()", x, axis, count, (running_mean, running_var), weight, bias, momentum, eps)


def instance_norm(
    input: Array, running_mean: Any = None, running_var: Any = None, weight: Array = None, bias: Array = None,  # noqa: A002
    use_input_stats: bool = True, momentum: Any = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Return ``(input - mean) / sqrt(var + eps) * weight + bias`` with mean and variance of each channel of an example.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, ...)
        Sequences or images.
    running_mean, running_var : Tensor or array, shape (channels,), optional
        Without `use_input_stats` what is used. With it, Tensors that take up a part of the mean over the batch.
    weight, bias : Tensor or array, shape (channels,), optional
        Left out, nothing is multiplied or added.
    use_input_stats : bool
        Whether mean and variance are those of the input.
    momentum, eps
        As of `batch_norm`.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other, or only one number for each channel.
    ArgumentError
        Without `use_input_stats` no mean and variance.

    Examples
    --------
    >>> instance_norm(np.array([[[1.0, 3.0], [5.0, 5.0]]]), eps=0.01).round(2)
    array([[[-1.,  1.],
            [ 0.,  0.]]])
    """
    x: Array = unmasked(input)
    channels = x.shape[1] if len(x.shape) > 2 else None  # noqa: PLR2004 - batch, channels, and one more
    _check_numbers("instance_norm()", x, channels, weight, bias, running_mean, running_var)
    if not use_input_stats:
        instead = "use_input_stats=True for those of the input"
        return _with_known("instance_norm()", x, (running_mean, running_var), weight, bias, eps, instead)
    count = math.prod(x.shape[2:])
    axis = tuple(range(2, len(x.shape)))
    return _with_own("instance_norm()", x, axis, count, (running_mean, running_var), weight, bias, momentum, eps)


def layer_norm(
    input: Array, normalized_shape: Any, weight: Array = None, bias: Array = None, eps: float = 1e-5  # noqa: A002
) -> Any:  # fmt: skip
    """Return ``(input - mean) / sqrt(var + eps) * weight + bias`` with mean and variance over the last axes.

    Parameters
    ----------
    input : Tensor or array, shape (..., *normalized_shape)
        Vectors, or what else is normalised as one.
    normalized_shape : int or tuple of int
        The lengths of the last axes.
    weight, bias : Tensor or array, shape `normalized_shape`, optional
        Left out, nothing is multiplied or added.
    eps : float
        What keeps from dividing by zero.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other.

    Notes
    -----
    J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization" (2016).

    Examples
    --------
    >>> layer_norm(np.array([1.0, 3.0]), 2, eps=0.0)
    array([-1.,  1.])
    """
    x, axis = _last_axes("layer_norm()", input, normalized_shape, weight, bias)
    return normalized(x, weight, bias, axis=axis, along=axis, eps=eps, centred=True)[0]


def rms_norm(input: Array, normalized_shape: Any, weight: Array = None, eps: float | None = None) -> Any:  # noqa: A002
    """Return ``input / sqrt(mean(input**2) + eps) * weight`` with the mean over the last axes.

    Parameters
    ----------
    input : Tensor or array, shape (..., *normalized_shape)
        Vectors, or what else is normalised as one.
    normalized_shape : int or tuple of int
        The lengths of the last axes.
    weight : Tensor or array, shape `normalized_shape`, optional
        Left out, nothing is multiplied.
    eps : float, optional
        What keeps from dividing by zero; by default the distance from 1 to the next number of this dtype.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other.

    Notes
    -----
    B. Zhang and R. Sennrich, "Root mean square layer normalization" (2019).

    Examples
    --------
    >>> rms_norm(np.array([3.0, 4.0, 0.0, 0.0]), 4)
    array([1.2, 1.6, 0. , 0. ])
    """
    x, axis = _last_axes("rms_norm()", input, normalized_shape, weight, None)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    return normalized(x, weight, None, axis=axis, along=axis, eps=eps, centred=False)[0]


def group_norm(
    input: Array, num_groups: int, weight: Array = None, bias: Array = None, eps: float = 1e-5  # noqa: A002
) -> Any:  # fmt: skip
    """Return ``(input - mean) / sqrt(var + eps) * weight + bias`` with mean and variance of groups of channels.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, ...)
        Vectors, sequences, images.
    num_groups : int
        In how many equal parts the channels are divided.
    weight, bias : Tensor or array, shape (channels,), optional
        Left out, nothing is multiplied or added.
    eps : float
        What keeps from dividing by zero.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other, or channels that cannot be divided.

    Notes
    -----
    Y. Wu and K. He, "Group normalization" (2018).

    Examples
    --------
    >>> group_norm(np.array([[1.0, 3.0, 5.0, 5.0]]), 2, eps=0.01).round(2)
    array([[-1.,  1.,  0.,  0.]])
    """
    x: Array = unmasked(input)
    channels = x.shape[1] if len(x.shape) > 1 else None
    _check_numbers("group_norm()", x, channels, weight, bias)
    assert channels is not None
    (groups,) = each_axis(num_groups, 1, "num_groups", "group_norm()")
    if channels % groups:
        said = {"groups": groups, "channels": channels, "instead": math.gcd(groups, channels)}
        raise errors.ShapeError(errors.NORM_GROUPS.format(what="group_norm()", **said))
    parts = x.reshape((x.shape[0], groups, channels // groups, *x.shape[2:]))
    weight, bias = [None if a is None else unmasked(a).reshape((groups, -1)) for a in (weight, bias)]
    axis = tuple(range(2, len(parts.shape)))
    return normalized(parts, weight, bias, axis=axis, along=(1, 2), eps=eps, centred=True)[0].reshape(x.shape)


def local_response_norm(
    input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0  # noqa: A002
) -> Any:  # fmt: skip
    """Return ``input / (k + alpha * mean(input**2))**beta`` with the mean over `size` neighbouring channels.

    Parameters
    ----------
    input : Tensor or array, shape (batch, channels, ...)
        Sequences or images.
    size : int
        Over how many channels the mean goes; beyond the first and the last one are zeros.
    alpha, beta, k : float
        As in the formula.

    Raises
    ------
    ShapeError
        An input without channels.

    Notes
    -----
    A. Krizhevsky, I. Sutskever and G. E. Hinton, "ImageNet classification with deep convolutional neural networks"
    (2012), where `alpha` is that of a sum.

    Examples
    --------
    >>> local_response_norm(np.array([[[2.0]]]), 1, alpha=1.0, beta=0.5, k=0.0)
    array([[[1.]]])
    """
    x: Array = unmasked(input)
    _check_numbers("local_response_norm()", x, x.shape[1] if len(x.shape) > 2 else None)  # noqa: PLR2004 - batch and channels
    (size,) = each_axis(size, 1, "size", "local_response_norm()")
    ones = (1,) * (len(x.shape) - 2)
    padding = ((size // 2, (size - 1) // 2), *(0 for _ in ones))
    means = pooling.window_sums(x * x, kernel=(size, *ones), stride=(1, *ones), padding=padding) / size
    return x / (means * alpha + k) ** beta


def normalize(input: Array, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Any:  # noqa: A002
    """Return ``input / max(norm(input), eps)`` with the norm of order `p` along an axis.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Vectors along `dim`.
    p : float
        The order of the norm.
    dim : int or tuple of int
        The axis, or axes that are taken as one.
    eps : float
        What keeps from dividing by zero.

    Examples
    --------
    >>> normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    x: Array = unmasked(input)
    if not x.shape:  # a number, which reductions along axis 0 take for a vector
        return normalize(x.reshape((1,)), p, dim, eps)[0]
    return x / np.maximum(np.linalg.vector_norm(x, ord=p, axis=dim, keepdims=True), eps)


# ----- what they share -----


def _with_own(
    what: str, x: Array, axis: Shape, count: int, running: tuple[Any, Any], weight: Any, bias: Any, momentum: Any,
    eps: float,
) -> Array:  # fmt: skip
    """Return an input normalised with mean and variance of `count` numbers each, of which running ones take a part."""
    _check_eps(what, eps)
    if count == 1:
        raise errors.ShapeError(errors.NORM_SINGLE.format(what=what, given=tuple(x.shape)))
    if 0 in x.shape:  # of no number there is no mean, and nothing to keep
        nothing = np.zeros(x.shape[1], x.dtype)
        return _with_known(what, x, (nothing, nothing + 1), weight, bias, eps, "")
    y, mean, var = normalized(x, weight, bias, axis=axis, along=(1,), eps=eps, centred=True)
    _keep(what, running[0], mean, "running_mean", momentum)
    _keep(what, running[1], var, "running_var", momentum, count / (count - 1))
    return y


def _with_known(
    what: str, x: Array, running: tuple[Any, Any], weight: Any, bias: Any, eps: float, instead: str
) -> Array:  # fmt: skip
    """Return an input normalised with a given mean and variance."""
    _check_eps(what, eps)
    mean, var = running
    if mean is None or var is None:
        raise errors.ArgumentError(errors.NORM_RUNNING.format(what=what, instead=instead))
    scale = 1 / np.sqrt(unmasked(var) + eps)
    scale = scale if weight is None else scale * weight
    shift = -unmasked(mean) * scale
    shift = shift if bias is None else shift + bias
    shape = (-1, *(1,) * (len(x.shape) - 2))
    return x * scale.reshape(shape) + shift.reshape(shape)


def _check_eps(what: str, eps: float) -> None:
    if eps < 0:
        raise errors.ArgumentError(errors.NORM_EPS.format(what=what, given=eps))


def _keep(what: str, running: Any, new: Array, name: str, momentum: Any, factor: float = 1.0) -> None:
    """Have a running number take up that of the batch, with no history."""
    if running is None:
        return
    if not isinstance(running, Tensor):
        raise errors.ArgumentError(errors.RUNNING_KIND.format(what=what, name=name, given=type(running).__name__))
    with no_grad():
        value = detached(new)
        value = (value.mean(0) if value.shape[0] > 1 else value).reshape(running.shape)
        running[...] = detached(running) * (1 - momentum) + value * (momentum * factor)


def _check_numbers(what: str, x: Array, channels: int | None, *numbers: Any) -> None:
    """Refuse an input without channels, and weights and the like that are not one number for each."""
    if channels is None:
        instead = f"x.reshape({(1, *x.shape[:1], 1, 1) if what != 'batch_norm()' else (-1, 1)})"
        said = {"wanted": "any number of", "given": tuple(x.shape), "instead": instead}
        raise errors.ShapeError(errors.NORM_CHANNELS.format(what=what, **said))
    for name, given in zip(("weight", "bias", "running_mean", "running_var"), numbers, strict=False):
        if given is not None and unmasked(given).shape != (channels,):
            said = {"name": name, "given": np.shape(given), "wanted": (channels,)}
            raise errors.ShapeError(errors.NORM_WEIGHT.format(what=what, **said))


def _last_axes(what: str, input: Any, normalized_shape: Any, weight: Any, bias: Any) -> tuple[Array, Shape]:  # noqa: A002
    """Return the input, and the axes that are normalised."""
    x: Array = unmasked(input)
    wanted = tuple(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    n = len(wanted)
    if not n or tuple(x.shape[len(x.shape) - n :]) != wanted or len(x.shape) < n:
        instead = tuple(x.shape[-max(n, 1) :]) or (1,)
        said = {"wanted": wanted, "given": tuple(x.shape), "instead": instead}
        raise errors.ShapeError(errors.NORM_SHAPE.format(what=what, **said))
    for name, given in (("weight", weight), ("bias", bias)):
        if given is not None and unmasked(given).shape != wanted:
            text = errors.NORM_WEIGHT.format(name=name, what=what, given=np.shape(given), wanted=wanted)
            raise errors.ShapeError(text)
    return x, tuple(range(len(x.shape) - n, len(x.shape)))
