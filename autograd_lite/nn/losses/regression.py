"""Losses of numbers."""

from __future__ import annotations

from typing import Any

from autograd_lite.nn import functional
from autograd_lite.nn.functional.regression import check_delta
from autograd_lite.nn.losses.base import Loss
from autograd_lite.tensor.tensor import Tensor


class MSELoss(Loss):
    """``mean((input - target)^2)`` over all elements. See `functional.mse_loss`.

    Parameters
    ----------
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> MSELoss()(ag.Tensor([1.0, 2.0]), ag.Tensor([0.0, 0.0])).item()
    2.5
    """

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """``mean(|input - target|)`` over all elements. See `functional.l1_loss`.

    Parameters
    ----------
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> L1Loss()(ag.Tensor([1.0, 2.0]), ag.Tensor([0.0, 0.0])).item()
    1.5
    """

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """`L1Loss` with a parabola around 0. See `functional.smooth_l1_loss`.

    Parameters
    ----------
    beta : float
        Where the parabola ends.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> SmoothL1Loss()(ag.Tensor([0.5]), ag.Tensor([0.0])).item()
    0.125
    """

    def __init__(self, beta: float = 1.0, reduction: str = "mean", **unknown: Any) -> None:
        super().__init__(reduction, **unknown)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.smooth_l1_loss(input, target, beta=self.beta, reduction=self.reduction)


class HuberLoss(Loss):
    """A parabola around 0, and straight lines beyond. See `functional.huber_loss`.

    Parameters
    ----------
    delta : float
        Where the parabola ends.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> HuberLoss()(ag.Tensor([2.0]), ag.Tensor([0.0])).item()
    1.5
    """

    def __init__(self, delta: float = 1.0, reduction: str = "mean", **unknown: Any) -> None:
        super().__init__(reduction, **unknown)
        check_delta(delta)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.huber_loss(input, target, delta=self.delta, reduction=self.reduction)


class PoissonNLLLoss(Loss):
    """Minus the logarithm of the probability of counts. See `functional.poisson_nll_loss`.

    Parameters
    ----------
    log_input : bool
        Whether the input has logarithms.
    full : bool
        Whether the part that depends on the counts alone is added.
    eps : float
        What is added to expected counts before their logarithm is taken.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> PoissonNLLLoss()(ag.Tensor([0.0]), ag.Tensor([1.0])).item()
    1.0
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean", **unknown: Any
    ) -> None:
        super().__init__(reduction, **unknown)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Any, target: Any) -> Tensor:
        return functional.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(Loss):
    """Minus the logarithm of the density of numbers under normal distributions. See `functional.gaussian_nll_loss`.

    Parameters
    ----------
    full : bool
        Whether ``log(2 pi) / 2`` is added.
    eps : float
        The least variance.
    reduction : str
        What becomes of the losses: ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> GaussianNLLLoss()(ag.Tensor([1.0]), ag.Tensor([0.0]), ag.Tensor([1.0])).item()
    0.5
    """

    def __init__(self, full: bool = False, eps: float = 1e-6, reduction: str = "mean", **unknown: Any) -> None:
        super().__init__(reduction, **unknown)
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any, var: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)
