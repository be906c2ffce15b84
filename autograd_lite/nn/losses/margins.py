"""Losses with a margin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.nn import functional
from autograd_lite.nn.losses.base import Loss, buffer
from autograd_lite.tensor.tensor import Tensor


class HingeEmbeddingLoss(Loss):
    """Distances of what is alike, and what others lack to a margin. See `functional.hinge_embedding_loss`.

    Parameters
    ----------
    margin : float
        How far apart is far enough.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> HingeEmbeddingLoss()(ag.Tensor([0.25]), ag.Tensor([-1.0])).item()
    0.75
    """

    def __init__(self, margin: float = 1.0, reduction: str = "mean", **unknown: Any) -> None:
        super().__init__(reduction, **unknown)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class SoftMarginLoss(Loss):
    """A logistic loss of scores with targets 1 and -1. See `functional.soft_margin_loss`.

    Parameters
    ----------
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> round(SoftMarginLoss()(ag.Tensor([0.0]), ag.Tensor([1.0])).item(), 6)
    0.693147
    """

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.soft_margin_loss(input, target, reduction=self.reduction)


class MarginRankingLoss(Loss):
    """Whether the order of two scores is right. See `functional.margin_ranking_loss`.

    Parameters
    ----------
    margin : float
        By how much one score shall be larger.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> MarginRankingLoss()(ag.Tensor([1.0]), ag.Tensor([3.0]), ag.Tensor([1.0])).item()
    2.0
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean", **unknown: Any) -> None:
        super().__init__(reduction, **unknown)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        return functional.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class MultiMarginLoss(Loss):
    """By how much other scores come too near to that of the true class. See `functional.multi_margin_loss`.

    Parameters
    ----------
    p : int
        The power, 1 or 2.
    margin : float
        By how much the score of the true class shall be larger.
    weight : Tensor or array, optional
        What the losses of each class are multiplied by, shape (classes,).
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> MultiMarginLoss()(ag.Tensor([[0.5, 1.0]]), [1]).item()
    0.25
    """

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any | None = None, reduction: str = "mean", **unknown: Any
    ) -> None:
        super().__init__(reduction, **unknown)
        self.p = p
        self.margin = margin
        self.weight = buffer(weight)

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(Loss):
    """By how much other scores come too near to those of the true classes. See `functional.multilabel_margin_loss`.

    Parameters
    ----------
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> round(MultiLabelMarginLoss()(ag.Tensor([[0.1, 0.2, 0.4, 0.8]]), [[3, 0, -1, 1]]).item(), 6)
    0.85
    """

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(Loss):
    """The mean over classes of the binary cross entropy of scores. See `functional.multilabel_soft_margin_loss`.

    Parameters
    ----------
    weight : Tensor or array, optional
        What the losses of each class are multiplied by, shape (classes,).
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> round(MultiLabelSoftMarginLoss()(ag.Tensor([[0.0]]), ag.Tensor([[1.0]])).item(), 6)
    0.693147
    """

    def __init__(self, weight: Any | None = None, reduction: str = "mean", **unknown: Any) -> None:
        super().__init__(reduction, **unknown)
        self.weight = buffer(weight)

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)


class CosineEmbeddingLoss(Loss):
    """The angles of vectors that are alike, or not. See `functional.cosine_embedding_loss`.

    Parameters
    ----------
    margin : float
        Which cosine is small enough.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> CosineEmbeddingLoss()(ag.Tensor([[1.0, 0.0]]), ag.Tensor([[0.0, 1.0]]), ag.Tensor([1.0])).item()
    1.0
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean", **unknown: Any) -> None:
        super().__init__(reduction, **unknown)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        return functional.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class TripletMarginLoss(Loss):
    """Whether a vector is nearer to one than to another. See `functional.triplet_margin_loss`.

    Parameters
    ----------
    margin : float
        By how much nearer.
    p : float
        The order of the norm.
    eps : float
        What is added to differences.
    swap : bool
        Whether the distance of the positive to the negative counts where that is smaller.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> round(TripletMarginLoss()(ag.Tensor([[0.0]]), ag.Tensor([[1.0]]), ag.Tensor([[1.5]])).item(), 4)
    0.5
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        reduction: str = "mean",
        **unknown: Any,
    ) -> None:
        super().__init__(reduction, **unknown)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Tensor:
        return functional.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(Loss):
    """`TripletMarginLoss` with a distance of your own. See `functional.triplet_margin_with_distance_loss`.

    Parameters
    ----------
    distance_function : callable, optional
        Of two examples their distance.
    margin : float
        By how much nearer.
    swap : bool
        Whether the distance of the positive to the negative counts where that is smaller.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> loss = TripletMarginWithDistanceLoss(distance_function=lambda a, b: np.abs(a - b))
    >>> loss(ag.Tensor([0.0]), ag.Tensor([1.0]), ag.Tensor([1.5])).item()
    0.5
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
        **unknown: Any,
    ) -> None:
        super().__init__(reduction, **unknown)
        self.distance_function, self.margin, self.swap = distance_function, margin, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Tensor:
        return functional.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function, margin=self.margin, swap=self.swap,
            reduction=self.reduction,
        )  # fmt: skip
