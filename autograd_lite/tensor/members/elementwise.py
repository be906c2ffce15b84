"""Methods that work element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.engine.registry import handler_of
from autograd_lite.rules import elementwise
from autograd_lite.tensor.members.forms import binary, numpys, own, unary

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor

_reciprocal = handler_of(np.reciprocal)


class Elementwise:
    """Functions of every element, and of two elements in the same place."""

    __slots__ = ()

    # ----- powers and exponentials -----

    @unary(np.exp)
    def exp(self) -> Tensor:
        """Return ``e**t``; the derivative is the value itself.

        >>> ag.Tensor([0.0, 1.0]).exp().round(3).tolist()
        [1.0, 2.718]
        """

    @unary(np.exp2)
    def exp2(self) -> Tensor:
        """Return ``2**t``.

        >>> ag.Tensor([0.0, 3.0]).exp2().tolist()
        [1.0, 8.0]
        """

    @unary(np.expm1)
    def expm1(self) -> Tensor:
        """Return ``e**t - 1``, exact also where `t` is tiny.

        >>> ag.Tensor(1e-20).expm1().item()
        1e-20
        """

    @unary(np.log)
    def log(self) -> Tensor:
        """Return the natural logarithm; the derivative is ``1 / t``.

        >>> ag.Tensor([1.0, np.e]).log().tolist()
        [0.0, 1.0]
        """

    @unary(np.log2)
    def log2(self) -> Tensor:
        """Return the logarithm to base 2.

        >>> ag.Tensor([1.0, 8.0]).log2().tolist()
        [0.0, 3.0]
        """

    @unary(np.log10)
    def log10(self) -> Tensor:
        """Return the logarithm to base 10.

        >>> ag.Tensor([1.0, 100.0]).log10().tolist()
        [0.0, 2.0]
        """

    @unary(np.log1p)
    def log1p(self) -> Tensor:
        """Return ``log(1 + t)``, exact also where `t` is tiny.

        >>> ag.Tensor(1e-20).log1p().item()
        1e-20
        """

    @unary(np.sqrt)
    def sqrt(self) -> Tensor:
        """Return the square root; the derivative at 0 is infinite.

        >>> ag.Tensor([4.0, 9.0]).sqrt().tolist()
        [2.0, 3.0]
        """

    @own
    def rsqrt(self: Any) -> Tensor:
        """Return ``1 / sqrt(t)``.

        >>> ag.Tensor([4.0, 16.0]).rsqrt().tolist()
        [0.5, 0.25]
        """
        return self.sqrt().reciprocal()

    @unary(np.square)
    def square(self) -> Tensor:
        """Return ``t * t``.

        >>> ag.Tensor([-3.0, 2.0]).square().tolist()
        [9.0, 4.0]
        """

    @own
    def reciprocal(self: Any) -> Tensor:
        """Return ``1 / t``, of whole numbers too, of which `numpy.reciprocal` gives the whole part.

        >>> ag.Tensor([2.0, 4.0]).reciprocal().tolist(), ag.Tensor([2]).reciprocal().tolist()
        ([0.5, 0.25], [0.5])
        """
        return self._unary(_reciprocal) if self.dtype.kind in "fc" else 1.0 / self

    @own
    def pow(self: Any, exponent: Any) -> Tensor:
        """Return ``t**exponent``.

        >>> ag.Tensor([2.0, 3.0]).pow(3).tolist()
        [8.0, 27.0]
        """
        return self**exponent

    # ----- trigonometry -----

    @unary(np.sin)
    def sin(self) -> Tensor:
        """Return the sine of angles in radians; the derivative is the cosine.

        >>> ag.Tensor([0.0, np.pi / 2]).sin().tolist()
        [0.0, 1.0]
        """

    @unary(np.cos)
    def cos(self) -> Tensor:
        """Return the cosine of angles in radians; the derivative is minus the sine.

        >>> ag.Tensor([0.0, np.pi]).cos().tolist()
        [1.0, -1.0]
        """

    @unary(np.tan)
    def tan(self) -> Tensor:
        """Return the tangent of angles in radians.

        >>> ag.Tensor([0.0, np.pi / 4]).tan().round(6).tolist()
        [0.0, 1.0]
        """

    @unary(np.arcsin)
    def arcsin(self) -> Tensor:
        """Return the angle, in radians, of which `t` is the sine. PyTorch's ``asin`` is the same.

        >>> ag.Tensor([0.0, 1.0]).arcsin().round(6).tolist()
        [0.0, 1.570796]
        """

    @unary(np.arccos)
    def arccos(self) -> Tensor:
        """Return the angle, in radians, of which `t` is the cosine. PyTorch's ``acos`` is the same.

        >>> ag.Tensor([1.0, 0.0]).arccos().round(6).tolist()
        [0.0, 1.570796]
        """

    @unary(np.arctan)
    def arctan(self) -> Tensor:
        """Return the angle, in radians, of which `t` is the tangent. PyTorch's ``atan`` is the same.

        >>> ag.Tensor([0.0, 1.0]).arctan().round(6).tolist()
        [0.0, 0.785398]
        """

    @binary(np.arctan2)
    def arctan2(self, other: Any) -> Tensor:
        """Return the angle of the point with abscissa `other` and ordinate `t`. PyTorch's ``atan2`` is the same.

        >>> ag.Tensor([1.0, -1.0]).arctan2(-1.0).round(6).tolist()
        [2.356194, -2.356194]
        """

    @unary(np.sinh)
    def sinh(self) -> Tensor:
        """Return the hyperbolic sine, ``(e**t - e**-t) / 2``.

        >>> ag.Tensor([0.0, np.log(2)]).sinh().tolist()
        [0.0, 0.75]
        """

    @unary(np.cosh)
    def cosh(self) -> Tensor:
        """Return the hyperbolic cosine, ``(e**t + e**-t) / 2``.

        >>> ag.Tensor([0.0, np.log(2)]).cosh().tolist()
        [1.0, 1.25]
        """

    @unary(np.tanh)
    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent, between -1 and 1.

        >>> ag.Tensor([0.0, np.log(2)]).tanh().round(6).tolist()
        [0.0, 0.6]
        """

    @unary(np.arcsinh)
    def arcsinh(self) -> Tensor:
        """Return the number of which `t` is the hyperbolic sine. PyTorch's ``asinh`` is the same.

        >>> ag.Tensor([0.0, 0.75]).arcsinh().round(6).tolist()
        [0.0, 0.693147]
        """

    @unary(np.arccosh)
    def arccosh(self) -> Tensor:
        """Return the number of which `t` is the hyperbolic cosine. PyTorch's ``acosh`` is the same.

        >>> ag.Tensor([1.0, 1.25]).arccosh().round(6).tolist()
        [0.0, 0.693147]
        """

    @unary(np.arctanh)
    def arctanh(self) -> Tensor:
        """Return the number of which `t` is the hyperbolic tangent. PyTorch's ``atanh`` is the same.

        >>> ag.Tensor([0.0, 0.6]).arctanh().round(6).tolist()
        [0.0, 0.693147]
        """

    asin, acos, atan, atan2 = arcsin, arccos, arctan, arctan2
    asinh, acosh, atanh = arcsinh, arccosh, arctanh

    # ----- activations -----

    @own
    def relu(self: Any) -> Tensor:
        """Return ``max(t, 0)``; the derivative at 0 is 0.

        >>> ag.Tensor([-1.0, 2.0]).relu().tolist()
        [0.0, 2.0]
        """
        return elementwise.relu(self)

    @own
    def sigmoid(self: Any) -> Tensor:
        """Return ``1 / (1 + exp(-t))``, between 0 and 1.

        >>> ag.Tensor([0.0, np.log(3)]).sigmoid().tolist()
        [0.5, 0.75]
        """
        return elementwise.sigmoid(self)

    # ----- signs, limits and roundings -----

    @unary(np.absolute)
    def abs(self) -> Tensor:
        """Return the absolute values; the derivative at 0 is 0.

        >>> ag.Tensor([-3.0, 2.0]).abs().tolist()
        [3.0, 2.0]
        """

    absolute = abs  # noqa: A003 - the method

    @unary(np.negative)
    def neg(self) -> Tensor:
        """Return ``-t``.

        >>> ag.Tensor([-3.0, 2.0]).neg().tolist()
        [3.0, -2.0]
        """

    negative = neg

    @numpys(np.sign)
    def sign(self) -> Tensor:
        """Return -1, 0 or 1 for negative numbers, zeros and positive numbers, without a derivative.

        A complex number becomes one of size 1 with the same angle, and moves with that.

        >>> ag.Tensor([-3.0, 0.0, 2.0]).sign().tolist()
        [-1.0, 0.0, 1.0]
        """

    @own
    def clamp(self: Any, min: Any = None, max: Any = None) -> Tensor:  # noqa: A002 - PyTorch's names
        """Return the values, held between two bounds: PyTorch's name for `clip`.

        >>> ag.Tensor([-3.0, 0.5, 2.0]).clamp(min=0.0).tolist()
        [0.0, 0.5, 2.0]
        """
        return self.clip(min, max)

    @unary(np.floor)
    def floor(self) -> Tensor:
        """Return the largest whole number not above each element; without a derivative.

        >>> ag.Tensor([-1.5, 1.5]).floor().tolist()
        [-2.0, 1.0]
        """

    @unary(np.ceil)
    def ceil(self) -> Tensor:
        """Return the smallest whole number not below each element; without a derivative.

        >>> ag.Tensor([-1.5, 1.5]).ceil().tolist()
        [-1.0, 2.0]
        """

    @unary(np.trunc)
    def trunc(self) -> Tensor:
        """Return the whole part of each element; without a derivative.

        >>> ag.Tensor([-1.5, 1.5]).trunc().tolist()
        [-1.0, 1.0]
        """

    @unary(np.isnan)
    def isnan(self) -> Tensor:
        """Return where the elements are no numbers.

        >>> ag.Tensor([np.nan, 1.0]).isnan().tolist()
        [True, False]
        """

    @unary(np.isinf)
    def isinf(self) -> Tensor:
        """Return where the elements are infinite.

        >>> ag.Tensor([np.inf, 1.0]).isinf().tolist()
        [True, False]
        """

    @unary(np.isfinite)
    def isfinite(self) -> Tensor:
        """Return where the elements are neither infinite nor no numbers.

        >>> ag.Tensor([np.inf, 1.0]).isfinite().tolist()
        [False, True]
        """

    @numpys(np.nan_to_num)
    def nan_to_num(self, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
        """Return the values with numbers in the place of what is none, and of infinities.

        >>> ag.Tensor([np.nan, 1.0]).nan_to_num().tolist()
        [0.0, 1.0]
        """
