"""What losses have in common, and the plainest of them."""

from __future__ import annotations

from typing import Any

from autograd_lite import errors
from autograd_lite.nn import functional
from autograd_lite.nn.functional.reduction import check_reduction
from autograd_lite.nn.module import Module
from autograd_lite.tensor.tensor import Tensor


def buffer(weight: Any) -> Tensor | None:
    """Return weights as a Tensor that a module keeps."""
    if isinstance(weight, str):
        raise errors.ArgumentError(errors.WEIGHTS_FIRST.format(given=weight))
    return weight if weight is None or isinstance(weight, Tensor) else Tensor(weight)


class Loss(Module):
    """A loss with the choice what becomes of the losses of a batch: their mean, their sum, or all of them."""

    _reductions: tuple[str, ...] = ()  # more than others have

    def __init__(self, reduction: str = "mean", **unknown: Any) -> None:
        for name in unknown:
            call = f"{type(self).__name__}(reduction='none'), and the mean of weights * losses where weights are meant"
            text = errors.UNKNOWN_ARGUMENT.format(op=type(self).__name__, argument=name, call=call)
            raise errors.UnsupportedError(text)
        check_reduction(reduction, *self._reductions)
        self.reduction = reduction

    def extra_repr(self) -> str:
        return f"reduction={self.reduction!r}"


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
