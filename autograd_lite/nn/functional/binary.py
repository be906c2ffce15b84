"""Losses of probabilities: of two outcomes, and of distributions."""

from __future__ import annotations

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import A, Array
from autograd_lite.engine.watchpoints import verify
from autograd_lite.nn.functional.reduction import check_reduction, paired, reduced
from autograd_lite.rules import entropy
from autograd_lite.rules.common import detached
from autograd_lite.rules.elementwise import softplus


def binary_cross_entropy(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    weight: Array | None = None,
    reduction: str = "mean",
) -> A:
    """Return ``-(t log p + (1 - t) log(1 - p))`` of probabilities `p`.

    Parameters
    ----------
    input : Tensor or array
        Probabilities. `binary_cross_entropy_with_logits` takes scores, and is exact where these are large.
    target : Tensor or array, of the same shape
        Which outcome is true, 0 or 1, or its probability.
    weight : Tensor or array, optional
        What the losses are multiplied by; it is broadcast.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ShapeError
        Shapes that differ.
    ArgumentError
        What is no probability.

    Notes
    -----
    As in PyTorch no logarithm is less than -100, and the derivative is ``(p - t) / max(p (1 - p), 1e-12)``.

    Examples
    --------
    >>> binary_cross_entropy(ag.Tensor([0.5, 0.25]), np.array([1.0, 0.0])).numpy().round(4)
    np.float64(0.4904)
    """
    p, true = paired(input, target)
    known = (detached(p) >= 0) & (detached(p) <= 1)
    instead = "binary_cross_entropy_with_logits(x, target)"
    text = errors.PROBABILITIES.format(loss="binary_cross_entropy", instead=instead)
    verify(known, text, errors.ArgumentError)
    losses = entropy.binary_cross_entropy(p, true)
    return reduced(losses if weight is None else losses * weight, reduction)


def binary_cross_entropy_with_logits(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    weight: Array | None = None,
    reduction: str = "mean",
    pos_weight: Array | None = None,
) -> A:
    """Return `binary_cross_entropy` of ``sigmoid(input)``, exact also where that rounds to 0 or 1.

    Parameters
    ----------
    input : Tensor or array
        Scores, before any sigmoid.
    target : Tensor or array, of the same shape
        Which outcome is true, 0 or 1, or its probability.
    weight : Tensor or array, optional
        What the losses are multiplied by; it is broadcast.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.
    pos_weight : Tensor or array, optional
        What the losses of true outcomes are multiplied by; it is broadcast.

    Raises
    ------
    ShapeError
        Shapes that differ.

    Examples
    --------
    >>> binary_cross_entropy_with_logits(ag.Tensor([0.0, 1000.0]), np.ones(2), reduction="none").numpy().round(4)
    array([0.6931, 0.    ])
    """
    x, true = paired(input, target)
    share = softplus(-x) if pos_weight is None else (1 + (pos_weight - 1) * true) * softplus(-x)
    losses = (1 - true) * x + share
    return reduced(losses if weight is None else losses * weight, reduction)


def kl_div(
    input: A,  # noqa: A002 - PyTorch's name
    target: Array,
    reduction: str = "mean",
    log_target: bool = False,
) -> A:
    """Return ``t (log t - input)``: added up, how far a distribution of logarithms `input` is from that of `t`.

    Parameters
    ----------
    input : Tensor or array
        The logarithms of probabilities.
    target : Tensor or array, of the same shape
        Probabilities, or their logarithms.
    reduction : {"mean", "batchmean", "sum", "none"}
        What becomes of them. ``"batchmean"``, the sum divided by the length of the first axis, is the divergence of
        Kullback and Leibler; ``"mean"`` is divided by the number of all elements.
    log_target : bool
        Whether `target` has logarithms.

    Raises
    ------
    ShapeError
        Shapes that differ.

    Examples
    --------
    >>> kl_div(np.log(ag.Tensor([[0.5, 0.5]])), np.array([[0.25, 0.75]]), "batchmean").numpy().round(4)
    np.float64(0.1308)
    """
    check_reduction(reduction, "batchmean")
    x, true = paired(input, target)
    if log_target:
        losses = np.exp(true) * (true - x)
    else:
        positive = detached(true) > 0
        losses = np.where(positive, true * np.log(np.where(positive, true, 1.0)), 0) - true * x
    if reduction == "batchmean":
        return losses.sum() / (np.shape(x)[0] if np.shape(x) else 1)
    return reduced(losses, reduction)
