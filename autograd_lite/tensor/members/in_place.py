"""Methods that change a Tensor, with PyTorch's names. They return it, and are refused where an operator is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.engine.registry import handler_of
from autograd_lite.tensor.members.forms import own

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor

T = TypeVar("T")
_add, _subtract, _multiply = handler_of(np.add), handler_of(np.subtract), handler_of(np.multiply)
_divide, _power = handler_of(np.divide), handler_of(np.power)


class InPlace:
    """Changes of value."""

    __slots__ = ()

    @own
    def add_(self: Any, other: Any, *, alpha: float = 1) -> Tensor:
        """Add ``alpha * other`` in place, as ``t += other`` does.

        >>> ag.Tensor([1.0, 2.0]).add_(3.0, alpha=2).tolist()
        [7.0, 8.0]
        """
        return _changed(self, _add, other if alpha == 1 else np.multiply(other, alpha))

    @own
    def sub_(self: Any, other: Any, *, alpha: float = 1) -> Tensor:
        """Subtract ``alpha * other`` in place, as ``t -= other`` does.

        >>> ag.Tensor([1.0, 2.0]).sub_(1.0).tolist()
        [0.0, 1.0]
        """
        return _changed(self, _subtract, other if alpha == 1 else np.multiply(other, alpha))

    @own
    def mul_(self: Any, other: Any) -> Tensor:
        """Multiply in place, as ``t *= other`` does.

        >>> ag.Tensor([1.0, 2.0]).mul_(3.0).tolist()
        [3.0, 6.0]
        """
        return _changed(self, _multiply, other)

    @own
    def div_(self: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """Divide in place, as ``t /= other`` does; rounded as by `div`.

        >>> ag.Tensor([1.0, 2.0]).div_(4.0).tolist()
        [0.25, 0.5]
        """
        if rounding_mode is not None:
            return self._become(self.div(other, rounding_mode=rounding_mode), "divide", "t = t.div(other)")
        return _changed(self, _divide, other)

    @own
    def pow_(self: Any, exponent: Any) -> Tensor:
        """Raise to a power in place, as ``t **= exponent`` does.

        >>> ag.Tensor([2.0, 3.0]).pow_(2).tolist()
        [4.0, 9.0]
        """
        return _changed(self, _power, exponent)

    @own
    def clamp_(self: Any, min: Any = None, max: Any = None) -> Tensor:  # noqa: A002 - PyTorch's names
        """Hold the values between two bounds, in place.

        >>> ag.Tensor([-3.0, 0.5, 2.0]).clamp_(0.0, 1.0).tolist()
        [0.0, 0.5, 1.0]
        """
        return self._become(self.clip(min, max), "clip", "t = t.clip(low, high)")

    clip_ = clamp_

    @own
    def masked_fill_(self: Any, mask: Any, value: Any) -> Tensor:
        """Give the elements where the mask is true another value, in place.

        >>> ag.Tensor([1.0, 2.0]).masked_fill_(np.array([True, False]), 0.0).tolist()
        [0.0, 2.0]
        """
        return self._become(self.masked_fill(mask, value), "assignment", "t = t.masked_fill(mask, value)")

    @own
    def copy_(self: Any, value: Any) -> Tensor:
        """Take over the values of another Tensor or array, as ``t[...] = value`` does.

        >>> ag.Tensor([1.0, 2.0]).copy_([3.0, 4.0]).tolist()
        [3.0, 4.0]
        """
        self[...] = value
        return self

    @own
    def lerp_(self: Any, end: Any, weight: Any) -> Tensor:
        """Go a part of the way to another Tensor, as ``t += weight * (end - t)`` does.

        >>> ag.Tensor([0.0, 1.0]).lerp_(ag.Tensor([4.0, 5.0]), 0.25).tolist()
        [1.0, 2.0]
        """
        return _changed(self, _add, weight * (end - self))

    @own
    def fill_(self: Any, value: Any) -> Tensor:
        """Give all elements one value, as ``t[...] = value`` does.

        >>> ag.Tensor([1.0, 2.0]).fill_(3.0).tolist()
        [3.0, 3.0]
        """
        self[...] = value
        return self

    @own
    def zero_(self: Any) -> Tensor:
        """Give all elements the value 0, as ``t[...] = 0`` does.

        >>> ag.Tensor([1.0, 2.0]).zero_().tolist()
        [0.0, 0.0]
        """
        self[...] = 0
        return self

    def requires_grad_(self: T, requires_grad: bool = True) -> T:
        """Set ``requires_grad``, and return the Tensor.

        >>> ag.Tensor([1.0, 2.0]).requires_grad_().requires_grad
        True
        """
        self.requires_grad = requires_grad
        return self


def _changed(t: Any, op: Any, other: Any) -> Any:
    """Carry out an operation in place, as an operator does that the other operand does not want for itself."""
    if t._in_place(op, other) is NotImplemented:
        raise TypeError(errors.NO_OPERAND.format(op=op.name, given=type(other).__name__))
    return t
