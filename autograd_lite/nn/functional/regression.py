"""Losses of numbers: how far a prediction is from the truth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import A, Array
from autograd_lite.engine.operands import with_shape
from autograd_lite.engine.watchpoints import verify
from autograd_lite.nn.functional.reduction import check_reduction, paired, reduced
from autograd_lite.rules.common import detached
from autograd_lite.rules.neural import half_squared_error, mean_squared_error


def _apart(input: Any, target: Any) -> Array:  # noqa: A002 - PyTorch's name
    x, true = paired(input, target)
    return x - true


def _weighted(losses: Array, weight: Any, reduction: str) -> Array:
    """Return what is made of losses; with weights their mean is that of the weights."""
    if weight is None:
        return reduced(losses, reduction)
    weight = with_shape(weight)
    if np.shape(weight) != np.shape(losses):
        raise errors.ShapeError(errors.LOSS_WEIGHTS.format(given=np.shape(weight), wanted=np.shape(losses)))
    check_reduction(reduction)
    total = losses * weight
    return total.sum() / weight.sum() if reduction == "mean" else reduced(total, reduction)


def mse_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    reduction: str = "mean",
    weight: Array | None = None,
) -> A:
    """Return the squared differences ``(input - target)**2``: their mean, their sum, or all of them.

    Parameters
    ----------
    input, target : Tensor or array, of the same shape
        Prediction and truth.
    reduction : {"mean", "sum", "none"}
        What becomes of the differences.
    weight : Tensor or array, of the same shape, optional
        What each is multiplied by. A mean is divided by the sum of the weights.

    Raises
    ------
    ShapeError
        Shapes that differ: broadcasting here would hide a forgotten axis.

    Examples
    --------
    >>> mse_loss(ag.Tensor([1.0, 2.0]), np.array([0.0, 0.0])).item()
    2.5
    """
    check_reduction(reduction)
    if weight is not None:
        return _weighted(np.square(_apart(input, target)), weight, reduction)
    if reduction == "mean":
        return mean_squared_error(input, target)
    if reduction == "sum":
        return half_squared_error(input, target) * 2
    return np.square(_apart(input, target))


def l1_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    reduction: str = "mean",
    weight: Array | None = None,
) -> A:
    """Return the absolute differences ``|input - target|``: their mean, their sum, or all of them.

    Parameters
    ----------
    input, target : Tensor or array, of the same shape
        Prediction and truth. Where they are equal the derivative is 0.
    reduction : {"mean", "sum", "none"}
        What becomes of the differences.
    weight : Tensor or array, of the same shape, optional
        What each is multiplied by. A mean is divided by the sum of the weights.

    Raises
    ------
    ShapeError
        Shapes that differ.

    Examples
    --------
    >>> l1_loss(ag.Tensor([1.0, -2.0]), np.array([0.0, 0.0])).item()
    1.5
    """
    return _weighted(np.abs(_apart(input, target)), weight, reduction)


def smooth_l1_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    reduction: str = "mean",
    beta: float = 1.0,
) -> A:
    """Return ``d**2 / (2 beta)`` for differences below `beta`, else ``d - beta / 2``: `l1_loss` without its kink.

    Parameters
    ----------
    input, target : Tensor or array, of the same shape
        Prediction and truth.
    reduction : {"mean", "sum", "none"}
        What becomes of the differences.
    beta : float
        Where the parabola ends, 0 or more; at 0 it is `l1_loss`.

    Raises
    ------
    ShapeError
        Shapes that differ.

    Examples
    --------
    >>> smooth_l1_loss(ag.Tensor([0.5, 3.0]), np.array([0.0, 0.0]), "none").tolist()
    [0.125, 2.5]
    """
    if beta < 0:
        raise errors.ArgumentError(errors.NEGATIVE_BOUND.format(op="smooth_l1_loss", name="beta", given=beta))
    if not beta:
        return l1_loss(input, target, reduction)
    d = np.abs(_apart(input, target))
    return reduced(np.where(d < beta, d * d / (2 * beta), d - 0.5 * beta), reduction)


def huber_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Array | None = None,
) -> A:
    """Return ``d**2 / 2`` for differences up to `delta`, and ``delta (d - delta / 2)`` beyond.

    Parameters
    ----------
    input, target : Tensor or array, of the same shape
        Prediction and truth.
    reduction : {"mean", "sum", "none"}
        What becomes of the differences.
    delta : float
        Where the parabola ends, larger than 0.
    weight : Tensor or array, of the same shape, optional
        What each is multiplied by. A mean is divided by the sum of the weights.

    Raises
    ------
    ShapeError
        Shapes that differ.

    Notes
    -----
    From Huber, 1964.

    Examples
    --------
    >>> huber_loss(ag.Tensor([1.0, 3.0]), np.array([0.0, 0.0]), "none", delta=2.0).tolist()
    [0.5, 4.0]
    """
    check_delta(delta)
    d = np.abs(_apart(input, target))
    losses = np.where(d <= delta, 0.5 * d * d, delta * (d - 0.5 * delta))
    return _weighted(losses, weight, reduction)


def check_delta(delta: Any) -> None:
    """Refuse what is no place where a parabola ends."""
    try:
        if delta > 0:
            return
    except TypeError:  # as of a complex number
        pass
    raise errors.ArgumentError(errors.NO_DELTA.format(given=delta))


def poisson_nll_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> A:
    """Return minus the logarithm of the probability of counts under Poisson's distribution.

    Parameters
    ----------
    input : Tensor or array
        The logarithms of the expected counts, or these themselves.
    target : Tensor or array, of the same shape
        The counts.
    log_input : bool
        Whether `input` has logarithms.
    full : bool
        Whether the part that depends on the counts alone is added, by Stirling's formula.
    eps : float
        What is added to expected counts before their logarithm is taken.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ShapeError
        Shapes that differ.

    Examples
    --------
    >>> poisson_nll_loss(ag.Tensor([0.0, np.log(2)]), np.array([1.0, 2.0]), reduction="none").numpy().round(4)
    array([1.    , 0.6137])
    """
    x, counts = paired(input, target)
    losses = np.exp(x) - counts * x if log_input else x - counts * np.log(x + eps)
    if full:
        safe = np.where(counts > 1, counts, 1.0)
        stirling = counts * np.log(safe) - counts + 0.5 * np.log(2 * math.pi * safe)
        losses = losses + np.where(counts > 1, stirling, 0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    var: Array | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> A:
    """Return minus the logarithm of the density of numbers under normal distributions.

    Parameters
    ----------
    input, target : Tensor or array, of the same shape
        The means, and the numbers.
    var : Tensor, array or float
        The variances: of the shape of `input`, of that without its last axis, or with length 1 in one; or one number.
    full : bool
        Whether ``log(2 pi) / 2`` is added.
    eps : float
        Smaller variances are taken for so much; their derivative is that at `eps`.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ShapeError
        Shapes that do not belong together.
    ArgumentError
        A negative variance.

    Examples
    --------
    >>> gaussian_nll_loss(ag.Tensor([1.0, 3.0]), np.array([1.0, 1.0]), np.array([1.0, 2.0]), reduction="none").numpy()
    array([0.        , 1.34657359])
    """
    d = _apart(input, target)
    variance = _variance(var, d)
    verify(detached(variance) >= 0, errors.NEGATIVE_VARIANCE, errors.ArgumentError)
    variance = variance + np.maximum(eps - detached(variance), 0)
    losses = 0.5 * (np.log(variance) + d * d / variance)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def _variance(var: Any, means: Array) -> Array:
    shape = np.shape(means)
    variance = np.full(shape, var, means.dtype) if isinstance(var, (int, float)) else with_shape(var)
    given = np.shape(variance)
    if given == shape[:-1] != shape:
        return np.expand_dims(variance, -1)
    differing = [m for n, m in zip(shape, given, strict=False) if n != m]
    if len(given) != len(shape) or differing not in ([], [1]):
        raise errors.ShapeError(errors.VARIANCES.format(given=given, shape=shape))
    return variance
