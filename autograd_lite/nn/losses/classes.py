"""Losses of classes and probabilities."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.nn import functional
from autograd_lite.nn.layers.linear import Linear
from autograd_lite.nn.losses.base import Loss, buffer
from autograd_lite.tensor.tensor import Tensor


class CrossEntropyLoss(Loss):
    """``-log softmax(input)`` at the true classes, mean over the batch. See `functional.cross_entropy`.

    Parameters
    ----------
    weight : Tensor or array, optional
        What the losses of each class are multiplied by, shape (classes,).
    ignore_index : int | None
        The class whose examples do not count; -100 if it is not said.
    label_smoothing : float
        The share of the probability that is divided equally among all classes.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> round(CrossEntropyLoss()(ag.Tensor([[0.0, 0.0]]), [1]).item(), 6)
    0.693147
    """

    def __init__(
        self,
        weight: Any | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
        **unknown: Any,
    ) -> None:
        super().__init__(reduction, **unknown)
        self.weight = buffer(weight)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            reduction=self.reduction,
        )


class LinearCrossEntropyLoss(Loss):
    """A linear layer and the cross entropy of its scores. See `functional.linear_cross_entropy`.

    Parameters
    ----------
    in_features, num_classes : int
        The length of vectors, and how many classes there are.
    out_features : tuple of int
        At how many places of each example classes are found, along each of several axes; by default at one.
    bias : bool
        Whether something is added to the scores.
    dtype : dtype, optional
        Of the layer: float64 by default.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.
    weight : Tensor or array, optional
        What the losses of each class are multiplied by, shape (classes,).
    ignore_index : int | None
        The class whose examples do not count; -100 if it is not said.
    label_smoothing : float
        The share of the probability that is divided equally among all classes.
    rng : numpy.random.Generator or int, optional
        Where initial values come from, or a seed; by default the generator of `autograd_lite.manual_seed`.

    Attributes
    ----------
    linear : Linear
        From vectors to the scores of all places, in a row.

    Examples
    --------
    >>> round(LinearCrossEntropyLoss(2, 3)(np.zeros((1, 2)), [1]).item(), 6)
    1.098612
    """

    def __init__(
        self, in_features: int, num_classes: int, *, out_features: tuple[int, ...] = (), bias: bool = False,
        dtype: Any = None, reduction: str = "mean", weight: Any | None = None, ignore_index: int | None = None,
        label_smoothing: float = 0.0, rng: Any = None, **unknown: Any,
    ) -> None:  # fmt: skip
        super().__init__(reduction, **unknown)
        self.in_features, self.num_classes, self.out_features = in_features, num_classes, tuple(out_features)
        self.linear = Linear(in_features, num_classes * math.prod(self.out_features), bias=bias, rng=rng, dtype=dtype)
        self.weight = buffer(weight)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        shape, bias = (self.num_classes, *self.out_features), self.linear.bias
        return functional.linear_cross_entropy(
            input, self.linear.weight.reshape((*shape, self.in_features)), target,
            linear_bias=None if bias is None else bias.reshape(shape), weight=self.weight, reduction=self.reduction,
            ignore_index=self.ignore_index, label_smoothing=self.label_smoothing,
        )  # fmt: skip


class NLLLoss(Loss):
    """Minus the logarithms of the probabilities of the true classes, mean over the batch. See `functional.nll_loss`.

    Parameters
    ----------
    weight : Tensor or array, optional
        What the losses of each class are multiplied by, shape (classes,).
    ignore_index : int | None
        The class whose examples do not count; -100 if it is not said.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> NLLLoss()(ag.Tensor([[-1.0, -2.0]]), [1]).item()
    2.0
    """

    def __init__(
        self, weight: Any | None = None, ignore_index: int | None = None, reduction: str = "mean", **unknown: Any
    ) -> None:
        super().__init__(reduction, **unknown)
        self.weight = buffer(weight)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.nll_loss(
            input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class BCELoss(Loss):
    """Binary cross entropy of probabilities. See `functional.binary_cross_entropy`.

    Parameters
    ----------
    weight : Tensor or array, optional
        What the losses are multiplied by; it is broadcast.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> round(BCELoss()(ag.Tensor([0.5]), ag.Tensor([1.0])).item(), 6)
    0.693147
    """

    def __init__(self, weight: Any | None = None, reduction: str = "mean", **unknown: Any) -> None:
        super().__init__(reduction, **unknown)
        self.weight = buffer(weight)

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(Loss):
    """Binary cross entropy of scores. See `functional.binary_cross_entropy_with_logits`.

    Parameters
    ----------
    weight : Tensor or array, optional
        What the losses are multiplied by; it is broadcast.
    pos_weight : Tensor or array, optional
        What the losses of true outcomes are multiplied by; it is broadcast.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> round(BCEWithLogitsLoss()(ag.Tensor([0.0]), ag.Tensor([1.0])).item(), 6)
    0.693147
    """

    def __init__(
        self, weight: Any | None = None, pos_weight: Any | None = None, reduction: str = "mean", **unknown: Any
    ) -> None:
        super().__init__(reduction, **unknown)
        self.weight = buffer(weight)
        self.pos_weight = buffer(pos_weight)

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.binary_cross_entropy_with_logits(
            input, target, weight=self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


class KLDivLoss(Loss):
    """How far a distribution of logarithms is from another one. See `functional.kl_div`.

    Parameters
    ----------
    log_target : bool
        Whether the target has logarithms.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> KLDivLoss(reduction="batchmean")(ag.Tensor([[0.0]]), ag.Tensor([[1.0]])).item()
    0.0
    """

    _reductions = ("batchmean",)

    def __init__(self, log_target: bool = False, reduction: str = "mean", **unknown: Any) -> None:
        super().__init__(reduction, **unknown)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.kl_div(input, target, log_target=self.log_target, reduction=self.reduction)


class CTCLoss(Loss):
    """Minus the logarithm of the probability of a text, however it is aligned. See `functional.ctc_loss`.

    Parameters
    ----------
    blank : int
        The class that says nothing.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.
    zero_infinity : bool
        Whether texts that cannot be said count as 0.

    Examples
    --------
    >>> half = np.log(np.full((2, 1, 2), 0.5))
    >>> CTCLoss()(half, np.array([[1]]), [2], [1]).round(4)
    np.float64(0.2877)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False, **unknown: Any) -> None:
        super().__init__(reduction, **unknown)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Tensor:
        return functional.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
