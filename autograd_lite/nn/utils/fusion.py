"""A layer and the norm behind it as one layer, for when nothing is trained any more."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.tensor import Tensor

M = TypeVar("M", bound=Module)


def fuse_conv_bn_eval(conv: M, bn: Module, transpose: bool = False) -> M:
    """Return a convolution that does what one, and the batch norm after it, do in `eval`.

    Parameters
    ----------
    conv : Module
        A convolution, also a transposed one.
    bn : Module
        A batch norm with running statistics.
    transpose : bool
        Whether the convolution is a transposed one, which is known of those of this package.

    Returns
    -------
    Module
        A copy of `conv` with another weight and bias.

    Raises
    ------
    ArgumentError
        One of both is trained, has no statistics, or a weight that is parametrized.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> conv, norm, x = nn.Conv2d(1, 2, 3).eval(), nn.BatchNorm2d(2).eval(), np.ones((1, 1, 4, 4))
    >>> bool(np.allclose(nn.utils.fuse_conv_bn_eval(conv, norm)(x), norm(conv(x))))
    True
    """
    _check(conv, bn)
    return _fused(conv, bn, fuse_conv_bn_weights, transpose or getattr(conv, "_turned", False))


def fuse_linear_bn_eval(linear: M, bn: Module) -> M:
    """Return a linear layer that does what one, and the batch norm after it, do in `eval`; see `fuse_conv_bn_eval`.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> linear, norm, x = nn.Linear(3, 2).eval(), nn.BatchNorm1d(2).eval(), np.ones((4, 3))
    >>> bool(np.allclose(nn.utils.fuse_linear_bn_eval(linear, norm)(x), norm(linear(x))))
    True
    """
    _check(linear, bn)
    return _fused(linear, bn, fuse_linear_bn_weights)


def fuse_conv_bn_weights(
    conv_w: Array, conv_b: Array | None, bn_rm: Array, bn_rv: Array, bn_eps: float, bn_w: Array | None,
    bn_b: Array | None, transpose: bool = False,
) -> tuple[Parameter, Parameter]:  # fmt: skip
    """Return weight and bias of a convolution that has taken up a batch norm.

    Parameters
    ----------
    conv_w, conv_b : Tensor or array
        Weight of the convolution, and bias, or None.
    bn_rm, bn_rv : Tensor or array, shape (channels,)
        Running mean and variance.
    bn_eps : float
        What is added to the variance.
    bn_w, bn_b : Tensor, array or None, shape (channels,)
        Weight and bias of the norm.
    transpose : bool
        Whether the convolution is a transposed one, whose weight has the outputs along its second axis.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> w, b = nn.utils.fuse_conv_bn_weights(np.ones((1, 1, 1)), None, np.ones(1), np.ones(1), 0.0, None, None)
    >>> w.tolist(), b.tolist()
    ([[[1.0]]], [-1.0])
    """
    weight, factor, bias = _plainly(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
    if transpose:
        groups = len(factor) // weight.shape[1]
        each = np.repeat(factor.reshape(groups, -1), weight.shape[0] // groups, axis=0)
        along = each.reshape(each.shape + (1,) * (weight.ndim - 2))
    else:
        along = factor.reshape((-1,) + (1,) * (weight.ndim - 1))
    return _made(weight * along, bias, conv_w)


def fuse_linear_bn_weights(
    linear_w: Array, linear_b: Array | None, bn_rm: Array, bn_rv: Array, bn_eps: float, bn_w: Array | None,
    bn_b: Array | None,
) -> tuple[Parameter, Parameter]:  # fmt: skip
    """Return weight and bias of a linear layer that has taken up a batch norm; see `fuse_conv_bn_weights`.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> statistics = np.zeros(1), np.full(1, 0.25), 0.0, None, None
    >>> w, b = nn.utils.fuse_linear_bn_weights(np.ones((1, 2)), np.ones(1), *statistics)
    >>> w.tolist(), b.tolist()
    ([[2.0, 2.0]], [2.0])
    """
    weight, factor, bias = _plainly(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
    return _made(weight * factor[:, None], bias, linear_w)


def _plainly(w: Any, b: Any, mean: Any, variance: Any, eps: float, scale: Any, shift: Any) -> tuple[Any, Any, Any]:
    """Return the weight as an array, by what each output is multiplied, and the new bias."""
    given = (w, b, mean, variance, scale, shift)
    w, b, mean, variance, scale, shift = [x.detach().numpy() if isinstance(x, Tensor) else x for x in given]
    factor = (1 if scale is None else scale) / np.sqrt(variance + eps)
    bias = ((0 if b is None else b) - mean) * factor + (0 if shift is None else shift)
    return w, factor, bias


def _made(weight: Array, bias: Array, old: Any) -> tuple[Parameter, Parameter]:
    wanted = not isinstance(old, Tensor) or old.requires_grad
    return Parameter(weight.astype(old.dtype), wanted), Parameter(bias.astype(old.dtype), wanted)


def _check(layer: Any, bn: Any) -> None:
    said = {"layer": type(layer).__name__, "norm": type(bn).__name__}
    if layer.training or bn.training:
        raise errors.ArgumentError(errors.FUSE_TRAINING.format(**said))
    if getattr(bn, "running_var", None) is None or getattr(bn, "running_mean", None) is None:
        raise errors.ArgumentError(errors.FUSE_STATISTICS.format(**said))
    if "weight" in layer._computed:
        raise errors.ArgumentError(errors.FUSE_PARAMETRIZED.format(**said))


def _fused(layer: M, bn: Any, fuse: Any, *more: Any) -> M:
    made: Any = copy.deepcopy(layer)
    statistics = bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    made.weight, made.bias = fuse(made.weight, made.bias, *statistics, *more)
    return made
