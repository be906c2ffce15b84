"""Losses with a margin: what is right shall be so by some distance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import A, Array
from autograd_lite.engine.operands import with_shape
from autograd_lite.engine.watchpoints import verify
from autograd_lite.nn.functional.binary import binary_cross_entropy_with_logits
from autograd_lite.nn.functional.distances import pairwise_distance
from autograd_lite.nn.functional.reduction import paired, reduced
from autograd_lite.rules.common import detached
from autograd_lite.rules.elementwise import softplus
from autograd_lite.rules.neural import fitting_target

_TINY = 1e-12  # PyTorch's, of squares


def _broadcast(loss: str, *arrays: Any) -> list[Array]:
    shaped = [with_shape(x) for x in arrays]
    for other in shaped[1:]:
        first, second = np.shape(shaped[0]), np.shape(other)
        try:
            np.broadcast_shapes(first, second)
        except ValueError as error:
            raise errors.ShapeError(errors.PAIRS.format(loss=loss, first=first, second=second)) from error
    return shaped


def _indices(target: Any) -> Array:
    """Return classes as an array without a derivative."""
    classes = detached(with_shape(target))
    if classes.dtype.kind not in "iu":
        raise errors.ArgumentError(errors.CLASS_DTYPE.format(dtype=classes.dtype))
    return classes


def _scores(input: Any) -> Array:  # noqa: A002 - PyTorch's name
    """Return scores along the last axis, also where there is one class alone."""
    x = with_shape(input)
    return x if np.shape(x) else x.reshape((1,))


def hinge_embedding_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    margin: float = 1.0,
    reduction: str = "mean",
) -> A:
    """Return the input where the target is 1, and ``max(0, margin - input)`` where it is -1: of distances.

    Parameters
    ----------
    input : Tensor or array
        Distances.
    target : Tensor or array, of the same shape
        1 for what is alike, -1 for what is not.
    margin : float
        How far apart is far enough.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ShapeError
        Shapes that differ.

    Examples
    --------
    >>> hinge_embedding_loss(ag.Tensor([0.5, 0.25]), np.array([1.0, -1.0]), reduction="none").tolist()
    [0.5, 0.75]
    """
    x, signs = paired(input, target)
    apart = np.where(signs == 1, 0, np.maximum(margin - x, 0))
    return reduced(np.where(signs == -1, 0, x) + apart, reduction)


def soft_margin_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    reduction: str = "mean",
) -> A:
    """Return ``log(1 + exp(-target input))``: a logistic loss of scores with targets 1 and -1.

    Parameters
    ----------
    input : Tensor or array
        Scores.
    target : Tensor or array, of the same shape
        1 or -1.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ShapeError
        Shapes that differ.

    Examples
    --------
    >>> soft_margin_loss(ag.Tensor([0.0, 1000.0]), np.array([1.0, 1.0]), "none").numpy().round(4)
    array([0.6931, 0.    ])
    """
    x, signs = paired(input, target)
    return reduced(softplus(-signs * x), reduction)


def margin_ranking_loss(
    input1: A,
    input2: Array,
    target: Array,
    margin: float = 0.0,
    reduction: str = "mean",
) -> A:
    """Return ``max(0, margin - target (input1 - input2))``: whether the order of two scores is right.

    Parameters
    ----------
    input1, input2 : Tensor or array
        Scores; they are broadcast.
    target : Tensor or array
        1 where the first shall be larger, -1 where the second shall.
    margin : float
        By how much, at least.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ShapeError
        Shapes that do not broadcast.

    Examples
    --------
    >>> margin_ranking_loss(ag.Tensor([2.0, 1.0]), np.array([1.0, 3.0]), np.ones(2), reduction="none").tolist()
    [0.0, 2.0]
    """
    first, second, signs = _broadcast("margin_ranking_loss", input1, input2, target)
    return reduced(np.maximum(margin - signs * (first - second), 0), reduction)


def multi_margin_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    p: int = 1,
    margin: float = 1.0,
    weight: Array | None = None,
    reduction: str = "mean",
) -> A:
    """Return ``sum max(0, margin - score of the true class + score)^p / classes`` over all other classes.

    Parameters
    ----------
    input : Tensor or array, shape (classes,) or (batch, classes)
        Scores; one number is that of the only class.
    target : Tensor or array, shape (), or (1,), or (batch,)
        The true classes.
    p : {1, 2}
        The power.
    margin : float
        By how much the score of the true class shall be larger.
    weight : Tensor or array, shape (classes,), optional
        What the losses of each true class are multiplied by.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ShapeError
        A target of another shape.
    ArgumentError
        A class that does not exist, or another power.

    Examples
    --------
    >>> multi_margin_loss(ag.Tensor([0.5, 1.0, 0.25]), np.array(1)).numpy()
    array(0.25)
    """
    if p not in (1, 2):
        raise errors.ArgumentError(errors.POWER.format(given=p))
    x, classes = _scores(input), _indices(target)
    size = np.shape(x)[-1]
    x = x[None] if np.shape(classes) == (1,) and len(np.shape(x)) == 1 else x
    if np.shape(classes) != np.shape(x)[:-1]:
        raise errors.ShapeError(
            errors.TARGET_SHAPE.format(
                loss="multi_margin_loss",
                given=np.shape(classes),
                wanted=np.shape(x)[:-1],
                instead=fitting_target(np.shape(classes), np.shape(x)[:-1]),
            )
        )
    text = errors.CLASS_RANGE.format(loss="multi_margin_loss", count=size, last=size - 1)
    verify((classes >= 0) & (classes < size), text, errors.ArgumentError)
    places = np.expand_dims(classes, -1)
    short = np.maximum(margin - np.take_along_axis(x, places, -1) + x, 0)
    losses = np.where(np.arange(size) == places, 0, short if p == 1 else short * short)
    if weight is not None:
        losses = losses * with_shape(weight)[places]
    return reduced(losses.sum(-1) / size, reduction)


def multilabel_margin_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    reduction: str = "mean",
) -> A:
    """Return ``sum max(0, 1 - (true score - other score)) / classes`` over all pairs of a true class and another.

    Parameters
    ----------
    input : Tensor or array, shape (classes,) or (batch, classes)
        Scores.
    target : Tensor or array, of the same shape
        The numbers of the true classes of each example, and -1 after the last of them.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ShapeError
        A target of another shape.

    Examples
    --------
    >>> multilabel_margin_loss(ag.Tensor([0.1, 0.2, 0.4, 0.8]), np.array([3, 0, -1, 1])).numpy().round(6)
    np.float64(0.85)
    """
    x, classes = _scores(input), _indices(target)
    classes = classes.reshape((1,)) if not np.shape(classes) else classes
    if np.shape(classes) != np.shape(x):
        names = {"given": np.shape(classes), "dtype": classes.dtype}
        raise errors.ShapeError(errors.CLASS_ENDS.format(wanted=np.shape(x), **names))
    size = np.shape(x)[-1]
    given = np.logical_and.accumulate(classes >= 0, axis=-1)
    text = errors.CLASS_RANGE.format(loss="multilabel_margin_loss", count=size, last=size - 1)
    verify(classes < size, text, errors.ArgumentError)
    places = np.where(given, classes, 0)
    true = (np.expand_dims(places, -1) == np.arange(size)) & np.expand_dims(given, -1)
    others = ~true.any(-2)
    scores = np.expand_dims(np.take_along_axis(x, places, -1), -1)
    short = np.maximum(1 - (scores - np.expand_dims(x, -2)), 0)
    losses = np.where(np.expand_dims(given, -1) & np.expand_dims(others, -2), short, 0)
    return reduced(losses.sum((-1, -2)) / size, reduction)


def multilabel_soft_margin_loss(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    weight: Array | None = None,
    reduction: str = "mean",
) -> A:
    """Return the mean over classes of the binary cross entropy of scores.

    Parameters
    ----------
    input : Tensor or array, shape (..., classes)
        Scores.
    target : Tensor or array, of the same shape
        1 for classes that are true, 0 for others.
    weight : Tensor or array, shape (classes,), optional
        What the losses of each class are multiplied by.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ShapeError
        Shapes that differ.

    Examples
    --------
    >>> multilabel_soft_margin_loss(ag.Tensor([[0.0, 1000.0]]), np.array([[1.0, 1.0]])).numpy().round(4)
    np.float64(0.3466)
    """
    losses = binary_cross_entropy_with_logits(input, target, reduction="none")
    if weight is not None:
        losses = losses * with_shape(weight)
    return reduced(losses.mean(-1), reduction)


def cosine_embedding_loss(
    input1: A,
    input2: Array,
    target: Array,
    margin: float = 0.0,
    reduction: str = "mean",
) -> A:
    """Return ``1 - cos`` where the target is 1, and ``max(0, cos - margin)`` where it is -1: of the angles of vectors.

    Parameters
    ----------
    input1, input2 : Tensor or array, shape (batch, length) or (length,)
        Vectors.
    target : Tensor or array, shape (batch,) or ()
        1 for what is alike, -1 for what is not.
    margin : float
        Which cosine is small enough.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ShapeError
        Shapes that do not belong together.

    Examples
    --------
    >>> cosine_embedding_loss(ag.Tensor([[1.0, 0.0]]), np.array([[1.0, 1.0]]), np.array([1.0])).numpy().round(4)
    np.float64(0.2929)
    """
    first, second = _broadcast("cosine_embedding_loss", input1, input2)
    signs = with_shape(target)
    if np.shape(signs) != np.shape(first)[:-1]:
        names = {"wanted": np.shape(first)[:-1], "given": np.shape(signs), "fit": "..., 0"}
        raise errors.ShapeError(errors.SIGNS.format(loss="cosine_embedding_loss", **names))
    squares = [(v * v).sum(-1) + _TINY for v in (first, second)]
    cosine = (first * second).sum(-1) / np.sqrt(squares[0] * squares[1])
    apart = np.where(signs == -1, np.maximum(cosine - margin, 0), 0)
    return reduced(np.where(signs == 1, 1 - cosine, 0) + apart, reduction)


def triplet_margin_loss(
    anchor: A,
    positive: Array,
    negative: Array,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> A:
    """Return ``max(0, margin + |anchor - positive| - |anchor - negative|)``.

    Parameters
    ----------
    anchor, positive, negative : Tensor or array, shape (..., length)
        Vectors, what they shall be near to, and what they shall not.
    margin : float
        By how much nearer; larger than 0.
    p : float
        The order of the norm.
    eps : float
        What is added to differences, so that equal vectors have a derivative.
    swap : bool
        Whether the distance of `positive` to `negative` counts where that is smaller.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ShapeError
        Shapes that do not broadcast.
    ArgumentError
        A margin that is not larger than 0.

    Notes
    -----
    From Balntas, Riba, Ponsa and Mikolajczyk, 2016.

    Examples
    --------
    >>> triplet_margin_loss(ag.Tensor([[0.0]]), np.array([[1.0]]), np.array([[1.5]])).numpy().round(4)
    np.float64(0.5)
    """

    def distance(a: Array, b: Array) -> Array:
        return pairwise_distance(a, b, p, eps)

    anchor, positive, negative = _broadcast("triplet_margin_loss", anchor, positive, negative)
    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=distance, margin=margin, swap=swap, reduction=reduction
    )


def triplet_margin_with_distance_loss(
    anchor: A,
    positive: Array,
    negative: Array,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> A:
    """Return `triplet_margin_loss` with a distance of your own.

    Parameters
    ----------
    anchor, positive, negative : Tensor or array
        Examples, what they shall be near to, and what they shall not.
    distance_function : callable
        Of two of them their distances; `pairwise_distance` by default.
    margin : float
        By how much nearer; larger than 0.
    swap : bool
        Whether the distance of `positive` to `negative` counts where that is smaller.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ArgumentError
        A margin that is not larger than 0.

    Examples
    --------
    >>> triplet_margin_with_distance_loss(
    ...     np.array([0.0]), np.array([1.0]), np.array([1.5]), distance_function=lambda a, b: np.abs(a - b)
    ... )
    np.float64(0.5)
    """
    if margin <= 0:
        raise errors.ArgumentError(errors.MARGIN.format(given=margin))
    if distance_function is None:
        a, b, c = _broadcast("triplet_margin_with_distance_loss", anchor, positive, negative)
    else:
        a, b, c = (with_shape(x) for x in (anchor, positive, negative))
    distance = distance_function or pairwise_distance
    near, far = distance(a, b), distance(a, c)
    if swap:
        far = np.minimum(far, distance(b, c))
    return reduced(np.maximum(margin + near - far, 0), reduction)
