"""Losses as functions: how far a prediction is from the truth."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import A, Array, Shape
from autograd_lite.engine import refusals
from autograd_lite.engine.operands import refuse_masked, with_shape
from autograd_lite.engine.record import Handle, array_of
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules import exponentials, neural
from autograd_lite.rules.neural import difference, fitting_target, half_squared_error, mean_squared_error
from autograd_lite.tensor.tensor import Tensor


def mse_loss(input: A, target: Array, reduction: str = "mean") -> A:  # noqa: A002 - PyTorch's name
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
    >>> mse_loss(ag.Tensor([1.0, 2.0]), np.array([0.0, 0.0])).item()
    2.5
    """
    check_reduction(reduction)
    if reduction == "mean":
        return mean_squared_error(input, target)
    if reduction == "sum":
        return half_squared_error(input, target) * 2
    return np.square(difference(with_shape(input), with_shape(target)))


def cross_entropy(input: A, target: Array, reduction: str = "mean") -> A:  # noqa: A002 - PyTorch's name
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
    >>> scores = ag.Tensor([[2.0, 0.0], [0.0, 0.0]])
    >>> round(cross_entropy(scores, np.array([0, 1])).item(), 6)
    0.410038
    >>> round(cross_entropy(scores, np.array([[1.0, 0.0], [0.5, 0.5]])).item(), 6)
    0.410038
    """
    check_reduction(reduction)
    if isinstance(input, Handle) and input._op is exponentials.softmax:
        refusals.advise(errors.SOFTMAX_TWICE.format(op=input._op.name))
    input = with_shape(input)  # noqa: A001 - PyTorch's name
    axis = 0 if len(input.shape) == 1 else 1
    true = target if isinstance(target, Tensor) and target.requires_grad else _plain(target)
    scores = exponentials.log_softmax(input, axis=axis)
    if true.dtype.kind in "iu":
        return _at_classes("cross_entropy", scores, target, true, reduction)
    losses = _under_probabilities(scores, true, axis)
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def nll_loss(input: A, target: Array, reduction: str = "mean") -> A:  # noqa: A002 - PyTorch's name
    """Return minus the logarithms of the probabilities of the true classes, or their mean: the end of `cross_entropy`.

    Parameters
    ----------
    input : Tensor or array, shape (classes,), (batch, classes) or (batch, classes, ...)
        The logarithms of probabilities, as `log_softmax` makes them.
    target : Tensor or array
        Integers: the true classes, of the shape of `input` without its axis of classes.
    reduction : {"mean", "sum", "none"}
        Whether the mean over the batch, the sum, or each is returned.

    Raises
    ------
    ShapeError
        A target of another shape.
    ArgumentError
        A class that does not exist, or that is no integer.

    Examples
    --------
    >>> nll_loss(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1]), "sum").round(6)
    np.float64(0.980829)
    """
    check_reduction(reduction)
    true = _plain(target)
    if true.dtype.kind not in "iu":
        raise errors.ArgumentError(errors.CLASS_DTYPE.format(dtype=true.dtype))
    return _at_classes("nll_loss", with_shape(input), target, true, reduction)


def _plain(target: Any) -> Array:
    if isinstance(target, Tensor):
        return array_of(target)
    refuse_masked(target)
    return with_shape(target)


def _at_classes(loss: str, scores: Array, target: Any, classes: Array, reduction: str) -> Array:
    """Return the loss at the classes that are in `target`, a Tensor perhaps, of which a node keeps no copy."""
    shape = scores.shape
    axis = 0 if len(shape) == 1 else 1
    wanted = shape[:axis] + shape[axis + 1 :]
    if classes.shape != wanted:
        one_hot = classes.shape == shape
        _refuse_target(loss, classes, wanted, f"target.argmax(axis={axis})" if one_hot else None)
    count = shape[axis]
    known = (classes >= 0) & (classes < count)
    verify(known, errors.CLASS_RANGE.format(loss=loss, count=count, last=count - 1), errors.ArgumentError)
    return neural.nll_loss(scores, target if isinstance(target, Tensor) else classes, reduction=reduction)


def _under_probabilities(scores: Array, probabilities: Array, axis: int) -> Array:
    if probabilities.shape != scores.shape:
        if probabilities.shape == scores.shape[:axis] + scores.shape[axis + 1 :]:
            names = {"given": probabilities.shape, "dtype": probabilities.dtype}
            raise errors.ShapeError(errors.TARGET_DTYPE.format(loss="cross_entropy", **names))
        _refuse_target("cross_entropy", probabilities, scores.shape)
    return -(probabilities * scores).sum(axis)


def _refuse_target(loss: str, target: Array, wanted: Shape, instead: str | None = None) -> NoReturn:
    shapes = {"given": target.shape, "wanted": wanted}
    text = errors.TARGET_SHAPE.format(loss=loss, **shapes, instead=instead or fitting_target(**shapes))
    raise errors.ShapeError(text)


def check_reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise errors.ArgumentError(errors.REDUCTION.format(given=reduction))
