"""Layers and losses as functions, with PyTorch's names and orders of arguments.

They take Tensors or arrays. Those that are operations of their own (`sigmoid`, `relu`, ...) are the same as in
`autograd_lite` itself; the others are definitions in terms of operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.op import REGISTRY, Op
from autograd_lite.record import Handle, array_of
from autograd_lite.rules import reductions
from autograd_lite.rules.common import refuse_masked
from autograd_lite.rules.elementwise import relu, sigmoid, softplus
from autograd_lite.rules.neural import half_squared_error, mean_squared_error
from autograd_lite.rules.products import affine
from autograd_lite.seams import verify
from autograd_lite.shapes import Array
from autograd_lite.tensor import Tensor

tanh: Op = REGISTRY[np.tanh]  # type: ignore[assignment]


def linear(input: Array, weight: Array, bias: Array = None) -> Array:  # noqa: A002 - PyTorch's name
    """Return ``input @ weight.T + bias``.

    Parameters
    ----------
    input : Tensor or array, shape (..., in)
        One vector, or a batch of them.
    weight : Tensor or array, shape (out, in)
        One row for each output.
    bias : Tensor or array, shape (out,), optional
        Left out, nothing is added.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other.

    Examples
    --------
    >>> linear(Tensor([1.0, 2.0]), np.array([[1.0, 1.0], [0.0, 2.0]]), np.array([0.5, 0.0]))
    Tensor([3.5, 4. ], dtype=float64, op=affine)
    """
    try:
        # The lane is what calling the operation comes to; called at once, it takes an eighth less time.
        layer = (affine.lane or affine) if isinstance(weight, Handle) else affine
        return layer(input, weight, bias)
    except ValueError as error:
        raise _misfit(input, weight, bias) from error


def _misfit(x: Array, weight: Array, bias: Array) -> errors.ShapeError:
    """Return the error for shapes on which the matrix product or the sum has failed."""
    shapes = {"given": np.shape(x), "weight": np.shape(weight), "bias": None if bias is None else np.shape(bias)}
    return errors.ShapeError(errors.LINEAR_SHAPE.format(**shapes, n=np.shape(weight)[-1]))


def softmax(input: Array, dim: int = -1) -> Array:  # noqa: A002 - PyTorch's name
    """Return ``exp(input) / sum(exp(input))`` along the axis `dim`: positive numbers that sum to 1.

    Examples
    --------
    >>> softmax(Tensor([0.0, np.log(3)]))
    Tensor([0.25, 0.75], dtype=float64, op=softmax)
    """
    return reductions.softmax(input) if dim == -1 else reductions.softmax(input, dim)


def log_softmax(input: Array, dim: int = -1) -> Array:  # noqa: A002 - PyTorch's name
    """Return the logarithm of `softmax`, computed so that it is exact where a probability would underflow to 0."""
    return reductions.log_softmax(input, dim)


def mse_loss(input: Array, target: Array, reduction: str = "mean") -> Array:  # noqa: A002 - PyTorch's name
    """Return the squared differences ``(input - target)**2``: their mean, their sum, or all of them.

    Parameters
    ----------
    input, target : Tensor or array, of the same shape
        Prediction and truth.
    reduction : {"mean", "sum", "none"}
        What becomes of the differences.

    Raises
    ------
    ShapeError
        Shapes that differ: broadcasting here would hide a forgotten axis.

    Examples
    --------
    >>> mse_loss(Tensor([1.0, 2.0]), np.array([0.0, 0.0])).item()
    2.5
    """
    check_reduction(reduction)
    if reduction == "mean":
        return mean_squared_error(input, target)
    if reduction == "sum":
        return 2 * half_squared_error(input, target)
    if np.shape(input) != np.shape(target):
        shapes = {"given": np.shape(target), "wanted": np.shape(input)}
        raise errors.ShapeError(errors.TARGET_SHAPE.format(loss="mse_loss", **shapes))
    return np.square(input - target)


def cross_entropy(input: Array, target: Array, reduction: str = "mean") -> Array:  # noqa: A002 - PyTorch's name
    """Return ``-log softmax(input)`` at the true classes, or its mean under their probabilities.

    Parameters
    ----------
    input : Tensor or array, shape (classes,), (batch, classes) or (batch, classes, ...)
        Scores, before any softmax.
    target : Tensor or array
        Integers: the true classes, of the shape of `input` without its axis of classes.
        Floats: the probability of each class, of the shape of `input`.
    reduction : {"mean", "sum", "none"}
        Whether the mean over the batch, the sum, or each is returned.

    Raises
    ------
    ShapeError
        A target of another shape.
    ArgumentError
        A class that does not exist.

    Examples
    --------
    >>> scores = Tensor([[2.0, 0.0], [0.0, 0.0]])
    >>> round(cross_entropy(scores, np.array([0, 1])).item(), 6)
    0.410038
    >>> round(cross_entropy(scores, np.array([[1.0, 0.0], [0.5, 0.5]])).item(), 6)
    0.410038
    """
    check_reduction(reduction)
    axis = 0 if np.ndim(input) == 1 else 1
    true = target if isinstance(target, Tensor) and target.requires_grad else _plain(target)
    scores = log_softmax(input if hasattr(input, "__array_function__") else np.asarray(input), axis)
    losses = _at_classes(scores, true, axis) if true.dtype.kind in "iu" else _under_probabilities(scores, true, axis)
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def _plain(target: Any) -> Array:
    if isinstance(target, Tensor):
        return array_of(target)
    refuse_masked(target)
    return target if hasattr(target, "__array_function__") else np.asarray(target)


def _at_classes(scores: Array, classes: Array, axis: int) -> Array:
    """Return minus the scores of the classes."""
    wanted = scores.shape[:axis] + scores.shape[axis + 1 :]
    if classes.shape != wanted:
        raise errors.ShapeError(errors.TARGET_SHAPE.format(loss="cross_entropy", given=classes.shape, wanted=wanted))
    count = scores.shape[axis]
    known = (classes >= 0) & (classes < count)
    verify(known, errors.CLASS_RANGE.format(count=count, last=count - 1), errors.ArgumentError)
    found = np.take_along_axis(scores, np.expand_dims(classes, axis), axis)
    return -found.reshape(wanted)


def _under_probabilities(scores: Array, probabilities: Array, axis: int) -> Array:
    if probabilities.shape != scores.shape:
        text = errors.TARGET_SHAPE.format(loss="cross_entropy", given=probabilities.shape, wanted=scores.shape)
        raise errors.ShapeError(text)
    return -(probabilities * scores).sum(axis)


def check_reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise errors.ArgumentError(errors.REDUCTION.format(given=reduction))


__all__ = [
    "cross_entropy", "half_squared_error", "linear", "log_softmax", "mse_loss", "relu", "sigmoid", "softmax",
    "softplus", "tanh",
]  # fmt: skip
