"""What losses have in common: the check of their operands, and what becomes of the losses of a batch."""

from __future__ import annotations

from typing import Any

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.operands import with_shape
from autograd_lite.rules.neural import check_pair


def paired(input: Any, target: Any) -> tuple[Array, Array]:  # noqa: A002 - PyTorch's name
    """Return a prediction and a truth of the same shape as arrays."""
    x, true = with_shape(input), with_shape(target)
    check_pair(x, true)
    return x, true


def check_reduction(reduction: str, *more: str) -> None:
    """Refuse the name of what is none of these."""
    if not isinstance(reduction, str):
        raise errors.ArgumentError(errors.REDUCTION_KIND.format(kind=type(reduction).__name__))
    if reduction not in ("mean", "sum", "none", *more):
        known = "".join(f", {name!r}" for name in more)
        raise errors.ArgumentError(errors.REDUCTION.format(given=reduction, more=known))


def with_third(loss: str, third: tuple[Any, ...], weight: Any, reduction: str) -> tuple[Any, str]:
    """Return weight and reduction of a loss of classes, of which one may be its third argument: its kind says which."""
    is_name = bool(third) and isinstance(third[0], str)
    if len(third) > 1 or (third and not is_name and weight is not None) or (is_name and reduction != "mean"):
        raise errors.ArgumentError(errors.THIRD.format(loss=loss))
    if is_name:
        reduction = third[0]
    elif third:
        weight = third[0]
    check_reduction(reduction)
    return weight, reduction


def reduced(losses: Array, reduction: str) -> Array:
    """Return all losses, their sum, or their mean."""
    check_reduction(reduction)
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()
