"""Losses of classes: minus the logarithm of the probability of what is true, and the like."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_batch
from autograd_lite.base.elsewhere import foreign, full
from autograd_lite.base.shapes import A, Array, Shape
from autograd_lite.engine import refusals
from autograd_lite.engine.operands import refuse_masked, with_shape
from autograd_lite.engine.record import Handle, array_of
from autograd_lite.engine.watchpoints import traced, verify
from autograd_lite.nn.functional.affine import linear
from autograd_lite.nn.functional.reduction import reduced, with_third
from autograd_lite.rules import exponentials, neural
from autograd_lite.rules.common import detached
from autograd_lite.rules.neural import fitting_target
from autograd_lite.tensor.tensor import Tensor

_IGNORED = -100
"""PyTorch's default of `ignore_index`."""


def cross_entropy(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    *third: Any,
    weight: Array | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> A:
    """Return ``-log softmax(input)`` at the true classes, or its mean under their probabilities.

    Parameters
    ----------
    input : Tensor or array, shape (classes,), (batch, classes) or (batch, classes, ...)
        Scores, before any softmax.
    target : Tensor or array
        Integers: the true classes, of the shape of `input` without its axis of classes.
        Floats: the probability of each class, of the shape of `input`.
    *third
        The weight, as in PyTorch, or the reduction, where it is a string.
    weight : Tensor or array, shape (classes,), optional
        What the losses of each class are multiplied by. A mean over classes is then divided by the weights that occur.
    reduction : {"mean", "sum", "none"}
        Whether the mean over the batch, the sum, or each is returned.
    ignore_index : int, optional
        The class whose examples do not count; -100 if it is not said. In a compiled function, say it.
    label_smoothing : float
        The share, from 0 to 1, of the probability that is divided equally among all classes.

    Raises
    ------
    ShapeError
        A target of another shape.
    ArgumentError
        A class that does not exist. In an array of another library, as of dask, it has a loss of nan.

    Examples
    --------
    >>> scores = ag.Tensor([[2.0, 0.0], [0.0, 0.0]])
    >>> round(cross_entropy(scores, np.array([0, 1])).item(), 6)
    0.410038
    >>> round(cross_entropy(scores, np.array([[1.0, 0.0], [0.5, 0.5]])).item(), 6)
    0.410038
    >>> round(cross_entropy(scores, np.array([0, -100])).item(), 6)
    0.126928
    """
    weight, reduction = with_third("cross_entropy", third, weight, reduction)
    if not 0 <= label_smoothing <= 1:
        raise errors.ArgumentError(errors.SMOOTHING.format(given=label_smoothing))
    if isinstance(input, Handle) and input._op is exponentials.softmax:
        refusals.advise(errors.SOFTMAX_TWICE.format(op=input._op.name))
    input = with_shape(input)  # noqa: A001 - PyTorch's name
    axis = 0 if len(input.shape) == 1 else 1
    true = target if isinstance(target, Tensor) and target.requires_grad else _plain(target)
    scores = exponentials.log_softmax(input, axis=axis)
    if true.dtype.kind not in "iu":
        if ignore_index is not None and ignore_index >= 0:
            raise errors.ArgumentError(errors.IGNORED_SHARES.format(given=ignore_index))
        return _under_probabilities(scores, true, reduction, weight, label_smoothing)
    found = _AtClasses("cross_entropy", scores, target, true, weight, ignore_index)
    if not label_smoothing:
        return found.loss(reduction)
    return (1 - label_smoothing) * found.loss(reduction) + label_smoothing * found.smooth(reduction)


def nll_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    *third: Any,
    weight: Array | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
) -> A:
    """Return minus the logarithms of the probabilities of the true classes, or their mean: the end of `cross_entropy`.

    Parameters
    ----------
    input : Tensor or array, shape (classes,), (batch, classes) or (batch, classes, ...)
        The logarithms of probabilities, as `log_softmax` makes them.
    target : Tensor or array
        Integers: the true classes, of the shape of `input` without its axis of classes.
    *third
        The weight, as in PyTorch, or the reduction, where it is a string.
    weight : Tensor or array, shape (classes,), optional
        What the losses of each class are multiplied by. A mean is then divided by the weights that occur.
    reduction : {"mean", "sum", "none"}
        Whether the mean over the batch, the sum, or each is returned.
    ignore_index : int, optional
        The class whose examples do not count; -100 if it is not said. In a compiled function, say it.

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
    weight, reduction = with_third("nll_loss", third, weight, reduction)
    true = _plain(target)
    if true.dtype.kind not in "iu":
        raise errors.ArgumentError(errors.CLASS_DTYPE.format(dtype=true.dtype))
    return _AtClasses("nll_loss", with_shape(input), target, true, weight, ignore_index).loss(reduction)


def _plain(target: Any) -> Array:
    if isinstance(target, Tensor):
        return array_of(target)
    refuse_masked(target)
    return with_shape(target)


def linear_cross_entropy(
    input: Array,  # noqa: A002 - PyTorch's name
    linear_weight: Array,
    target: Array,
    *,
    linear_bias: Array | None = None,
    weight: Array | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Any:
    """Return `cross_entropy` of the scores that a linear map makes of vectors.

    Parameters
    ----------
    input : Tensor or array, shape (size,) or (batch, size)
        Vectors.
    linear_weight : Tensor or array, shape (classes, size) or (classes, ..., size)
        A row for each class; with more axes in the middle, classes are found at several places of each example.
    target : Tensor or array
        Classes or probabilities, as of `cross_entropy` for scores of shape (batch, classes, ...).
    linear_bias : Tensor or array, shape (classes,) or (classes, ...), optional
        What is added to the scores.
    weight, reduction, ignore_index, label_smoothing
        As of `cross_entropy`.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other.
    ArgumentError
        A class that does not exist.

    Examples
    --------
    >>> linear_cross_entropy(np.array([1.0, 2.0]), np.zeros((2, 2)), np.array(1)).round(6)
    np.float64(0.693147)
    """
    w = with_shape(linear_weight)
    places, size = tuple(w.shape[1:-1]), w.shape[-1] if w.shape else 0
    if len(w.shape) < 2 or (places and len(np.shape(input)) != 2):  # noqa: PLR2004 - classes and size, batch and size
        raise errors.ShapeError(errors.CLASS_ROWS.format(weight=tuple(w.shape), given=np.shape(input)))
    rows = w.reshape((-1, size)) if places else w
    bias = linear_bias if linear_bias is None or not places else _at_places(with_shape(linear_bias), w.shape[:-1])
    scores: Any = linear(input, rows, bias)
    scores = scores.reshape((scores.shape[0], w.shape[0], *places)) if places else scores
    return cross_entropy(
        scores, target, weight=weight, reduction=reduction, ignore_index=ignore_index, label_smoothing=label_smoothing
    )


def _at_places(bias: Array, shape: Shape) -> Array:
    """Return what is added to the scores of classes at several places, in a row."""
    if bias.shape not in (shape, shape[:1]):
        raise errors.ShapeError(errors.LINEAR_BIAS.format(outputs=tuple(shape), bias=tuple(bias.shape)))
    return np.broadcast_to(bias.reshape((*bias.shape, *(1,) * (len(shape) - len(bias.shape)))), shape).reshape(-1)


class _AtClasses:
    """Logarithms of probabilities, the true classes, and what each example counts.

    `target` has the classes, in a Tensor perhaps, of which a node keeps no copy. Where none is ignored and none has a
    weight, `counts` is None and one operation does all.
    """

    def __init__(
        self, loss: str, scores: Array, target: Any, classes: Array, weight: Any, ignore_index: int | None
    ) -> None:
        shape = scores.shape
        self.scores, self.axis = scores, 0 if len(shape) == 1 else 1
        self.size = shape[self.axis]
        self.weight = None if weight is None else _weights(weight, self.size, scores.dtype)
        wanted = shape[: self.axis] + shape[self.axis + 1 :]
        if classes.shape != wanted:
            one_hot = classes.shape == shape
            _refuse_target(loss, classes, wanted, f"target.argmax(axis={self.axis})" if one_hot else None)
        ignored = _ignored(classes, ignore_index)
        if classes.__class__ is np.ndarray or foreign(classes) is None:  # else it is a loss of nan
            known = (classes >= 0) & (classes < self.size)
            text = errors.CLASS_RANGE.format(loss=loss, count=self.size, last=self.size - 1)
            verify(known if ignored is None else known | ignored, text, errors.ArgumentError)
        self.ignored = ignored
        self.classes: Any = target if isinstance(target, Tensor) else classes
        if ignored is not None:
            self.classes = np.where(ignored, 0, classes)
        self.counts: Any = None if self.weight is None else self.weight[self.classes]
        if ignored is not None:
            one, none = (full((), scores.dtype.type(k), classes) for k in (1, 0))
            self.counts = np.where(ignored, none, one if self.counts is None else self.counts)

    def loss(self, reduction: str) -> Array:
        """Return minus the scores of the classes."""
        if self.counts is None:
            return neural.nll_loss(self.scores, self.classes, reduction=reduction)
        return self._reduced(neural.nll_loss(self.scores, self.classes, reduction="none") * self.counts, reduction)

    def smooth(self, reduction: str) -> Array:
        """Return minus the mean of the scores of all classes, each with its weight."""
        weighted = self.scores if self.weight is None else self.scores * _across(self.weight, self.scores, self.axis)
        losses = -weighted.sum(self.axis) / self.size
        if self.counts is None:
            return reduced(losses, reduction)
        return self._reduced(losses if self.ignored is None else np.where(self.ignored, 0, losses), reduction)

    def _reduced(self, losses: Array, reduction: str) -> Array:
        if reduction != "mean":
            return reduced(losses, reduction)
        total = self.counts.sum()
        if self.ignored is None:
            return losses.sum() / total
        some = detached(total) != 0  # where all are ignored the mean is of nothing, but what they have is no part in it
        return np.where(some, losses.sum() / np.where(some, total, 1), full((), losses.dtype.type(np.nan), losses))


def _ignored(classes: Array, ignore_index: int | None) -> Array | None:
    """Return which examples do not count; None where that is none of them."""
    inside = traced() or is_batch(classes)
    if ignore_index is None and inside:
        return None
    ignored = classes == (_IGNORED if ignore_index is None else ignore_index)
    return ignored if inside or foreign(classes) is not None or ignored.any() else None


def _weights(weight: Any, size: int, dtype: Any) -> Array:
    """Return a number for each class, of the dtype of the scores."""
    weight = with_shape(weight)
    if np.shape(weight) != (size,):
        raise errors.ShapeError(errors.CLASS_WEIGHTS.format(given=np.shape(weight), wanted=(size,)))
    return weight if weight.dtype == dtype else weight.astype(dtype)


def _across(weight: Array, scores: Array, axis: int) -> Array:
    """Return a number for each class as what broadcasts to scores."""
    return weight.reshape((-1, *(1,) * (len(scores.shape) - 1 - axis)))


def _under_probabilities(
    scores: Array, probabilities: Array, reduction: str, weight: Any, label_smoothing: float
) -> Array:
    axis = 0 if len(scores.shape) == 1 else 1
    size = scores.shape[axis]
    if probabilities.shape != scores.shape:
        if probabilities.shape == scores.shape[:axis] + scores.shape[axis + 1 :]:
            names = {"given": probabilities.shape, "dtype": probabilities.dtype}
            raise errors.ShapeError(errors.TARGET_DTYPE.format(loss="cross_entropy", **names))
        _refuse_target("cross_entropy", probabilities, scores.shape)
    if label_smoothing:
        probabilities = probabilities * (1 - label_smoothing) + label_smoothing / size
    if weight is not None:
        scores = scores * _across(_weights(weight, size, scores.dtype), scores, axis)
    return reduced(-(probabilities * scores).sum(axis), reduction)


def _refuse_target(loss: str, target: Array, wanted: Shape, instead: str | None = None) -> NoReturn:
    shapes = {"given": target.shape, "wanted": wanted}
    text = errors.TARGET_SHAPE.format(loss=loss, **shapes, instead=instead or fitting_target(**shapes))
    raise errors.ShapeError(text)
