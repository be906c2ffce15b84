"""Losses as layers: one number for how far a prediction is from the truth."""

from __future__ import annotations

from typing import Any

from autograd_lite import errors
from autograd_lite.nn import functional
from autograd_lite.nn.functional.losses import check_reduction
from autograd_lite.nn.module import Module
from autograd_lite.tensor.tensor import Tensor


class _Loss(Module):
    """A loss with the choice what becomes of the losses of a batch: their mean, their sum, or all of them."""

    def __init__(self, reduction: str = "mean", **unknown: Any) -> None:
        for name in unknown:
            call = f"{type(self).__name__}(reduction='none'), and the mean of weights * losses where weights are meant"
            text = errors.UNKNOWN_ARGUMENT.format(op=type(self).__name__, argument=name, call=call)
            raise errors.UnsupportedError(text)
        check_reduction(reduction)
        self.reduction = reduction

    def extra_repr(self) -> str:
        return f"reduction={self.reduction!r}"


class MSELoss(_Loss):
    """``mean((input - target)^2)`` over all elements; see `functional.mse_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Whether the mean of the squared differences is returned, their sum, or all of them.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> MSELoss()(ag.Tensor([1.0, 2.0]), ag.Tensor([0.0, 0.0])).item()
    2.5
    """

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.mse_loss(input, target, self.reduction)


class CrossEntropyLoss(_Loss):
    """``-log softmax(input)`` at the true classes, mean over the batch; see `functional.cross_entropy`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Whether the mean over the batch is returned, the sum, or the loss of each.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> round(CrossEntropyLoss()(ag.Tensor([[0.0, 0.0]]), [1]).item(), 6)
    0.693147
    """

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.cross_entropy(input, target, self.reduction)


class HalfSquaredError(Module):
    """``sum((input - target)^2) / 2``, the loss whose derivative is the plain difference.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> HalfSquaredError()(ag.Tensor([1.0, 2.0]), ag.Tensor([0.0, 0.0])).item()
    2.5
    """

    def forward(self, input: Any, target: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.half_squared_error(input, target)
