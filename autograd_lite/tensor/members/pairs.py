"""Methods of two Tensors: what the operators do, under the names that NumPy's functions or PyTorch's methods have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine.registry import handler_of
from autograd_lite.tensor.members.forms import binary, numpys, own

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor


_divide = handler_of(np.divide)


class Pairs:
    """Arithmetic, comparisons and products."""

    __slots__ = ()

    # ----- arithmetic -----

    @own
    def add(self: Any, other: Any, *, alpha: float = 1) -> Tensor:
        """Return ``t + alpha * other``.

        >>> ag.Tensor([1.0, 2.0]).add(3.0, alpha=2).tolist()
        [7.0, 8.0]
        """
        return self + _times(other, alpha)

    @own
    def sub(self: Any, other: Any, *, alpha: float = 1) -> Tensor:
        """Return ``t - alpha * other``.

        >>> ag.Tensor([1.0, 2.0]).sub(1.0).tolist()
        [0.0, 1.0]
        """
        return self - _times(other, alpha)

    @own
    def lerp(self: Any, end: Any, weight: Any) -> Tensor:
        """Return what lies between the Tensor and another one: ``t + weight * (end - t)``.

        >>> ag.Tensor([0.0, 1.0]).lerp(ag.Tensor([4.0, 5.0]), 0.25).tolist()
        [1.0, 2.0]
        """
        return self + weight * (end - self)

    @binary(np.multiply)
    def mul(self, other: Any) -> Tensor:
        """Return ``t * other``, element by element.

        >>> ag.Tensor([1.0, 2.0]).mul(3.0).tolist()
        [3.0, 6.0]
        """

    @own
    def div(self: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """Return ``t / other``, element by element; rounded down with ``rounding_mode="floor"``, to 0 with ``"trunc"``.

        >>> ag.Tensor([1.0, 2.0]).div(4.0).tolist(), ag.Tensor([-7]).div(2, rounding_mode="trunc").tolist()
        ([0.25, 0.5], [-3])
        """
        if rounding_mode is None:
            return _divide(self, other)
        if rounding_mode not in ("floor", "trunc"):
            raise errors.ArgumentError(errors.ROUNDING_MODE.format(given=rounding_mode))
        if rounding_mode == "floor":
            return np.floor_divide(self, other)
        whole = np.result_type(self.dtype, getattr(other, "dtype", type(other))).kind in "iub"
        return np.floor_divide(self - np.fmod(self, other), other) if whole else np.trunc(_divide(self, other))

    subtract, multiply, divide, true_divide = sub, mul, div, div

    @binary(np.remainder)
    def remainder(self, other: Any) -> Tensor:
        """Return ``t % other``: what a division leaves, with the sign of `other`.

        >>> ag.Tensor([-1.0, 5.0]).remainder(3.0).tolist()
        [2.0, 2.0]
        """

    @binary(np.maximum)
    def maximum(self, other: Any) -> Tensor:
        """Return the larger of two elements; on ties each gets half of the gradient.

        >>> ag.Tensor([1.0, 5.0]).maximum(2.0).tolist()
        [2.0, 5.0]
        """

    @binary(np.minimum)
    def minimum(self, other: Any) -> Tensor:
        """Return the smaller of two elements; on ties each gets half of the gradient.

        >>> ag.Tensor([1.0, 5.0]).minimum(2.0).tolist()
        [1.0, 2.0]
        """

    # ----- comparisons -----

    @binary(np.equal)
    def eq(self, other: Any) -> Tensor:
        """Return ``t == other``, element by element.

        >>> ag.Tensor([1.0, 2.0]).eq(2.0).tolist()
        [False, True]
        """

    @binary(np.not_equal)
    def ne(self, other: Any) -> Tensor:
        """Return ``t != other``, element by element.

        >>> ag.Tensor([1.0, 2.0]).ne(2.0).tolist()
        [True, False]
        """

    @binary(np.less)
    def lt(self, other: Any) -> Tensor:
        """Return ``t < other``, element by element.

        >>> ag.Tensor([1.0, 2.0]).lt(2.0).tolist()
        [True, False]
        """

    @binary(np.less_equal)
    def le(self, other: Any) -> Tensor:
        """Return ``t <= other``, element by element.

        >>> ag.Tensor([1.0, 2.0]).le(1.0).tolist()
        [True, False]
        """

    @binary(np.greater)
    def gt(self, other: Any) -> Tensor:
        """Return ``t > other``, element by element.

        >>> ag.Tensor([1.0, 2.0]).gt(1.0).tolist()
        [False, True]
        """

    @binary(np.greater_equal)
    def ge(self, other: Any) -> Tensor:
        """Return ``t >= other``, element by element.

        >>> ag.Tensor([1.0, 2.0]).ge(2.0).tolist()
        [False, True]
        """

    @binary(np.logical_and)
    def logical_and(self, other: Any) -> Tensor:
        """Return where both elements are true, or not 0.

        >>> ag.Tensor([1.0, 0.0]).logical_and([True, True]).tolist()
        [True, False]
        """

    @binary(np.logical_or)
    def logical_or(self, other: Any) -> Tensor:
        """Return where one of two elements is true, or not 0.

        >>> ag.Tensor([1.0, 0.0]).logical_or([False, False]).tolist()
        [True, False]
        """

    @numpys(np.logical_not)
    def logical_not(self) -> Tensor:
        """Return where the elements are false, or 0.

        >>> ag.Tensor([1.0, 0.0]).logical_not().tolist()
        [False, True]
        """

    @numpys(np.isclose)
    def isclose(self, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
        """Return where two elements differ by no more than ``atol + rtol * abs(b)``.

        >>> ag.Tensor([1.0, 2.0]).isclose([1.0 + 1e-9, 2.1]).tolist()
        [True, False]
        """

    @numpys(np.allclose)
    def allclose(self, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
        """Tell whether all elements differ by no more than ``atol + rtol * abs(b)``.

        >>> ag.Tensor([1.0, 2.0]).allclose([1.0 + 1e-9, 2.0])
        True
        """

    @own
    def equal(self: Any, other: Any) -> bool:
        """Tell whether shape and all elements are the same.

        >>> ag.Tensor([1.0, 2.0]).equal(np.array([1.0, 2.0]))
        True
        """
        return np.array_equal(self, other)

    # ----- products -----

    @own
    def matmul(self: Any, other: Any) -> Tensor:
        """Return ``t @ other``: the product of matrices, or of stacks of them.

        >>> ag.Tensor([[1.0, 2.0]]).matmul([[3.0], [4.0]]).tolist()
        [[11.0]]
        """
        return self @ other

    mm, bmm, mv = matmul, matmul, matmul

    @numpys(np.outer)
    def outer(self, b: Any) -> Tensor:
        """Return the table of the products of each element with each of another vector.

        >>> ag.Tensor([1.0, 2.0]).outer([3.0, 4.0]).tolist()
        [[3.0, 4.0], [6.0, 8.0]]
        """


def _times(other: Any, alpha: float) -> Any:
    return other if alpha == 1 else np.multiply(other, alpha)
