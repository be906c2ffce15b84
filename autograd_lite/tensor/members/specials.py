"""Methods that act element by element and that few programs need: PyTorch's names, and functions of NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.tensor.members.forms import binary, numpys, own, unary

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor


def _of_one(fn: np.ufunc, text: str, example: str) -> Callable[[Any], Tensor]:
    def method(self: Any) -> Tensor: ...

    return unary(fn)(_shown(method, fn.__name__, text, example))


def _of_two(fn: np.ufunc, text: str, example: str) -> Callable[[Any, Any], Tensor]:
    def method(self: Any, other: Any) -> Tensor: ...

    return binary(fn)(_shown(method, fn.__name__, text, example))


def _shown(method: Any, name: str, text: str, example: str) -> Any:
    """Give a method its name, and what `help` says of it."""
    call, found = example.split(" -> ")
    method.__name__, method.__qualname__ = name, f"Specials.{name}"
    method.__doc__ = f"Return {text}: `numpy.{name}`.\n\n        >>> ag.Tensor({call}.tolist()\n        {found}\n"
    return method


def _of_scipy(t: Any, method: str, function: str) -> Any:
    """Carry out a function of SciPy, which is imported when it is first asked for."""
    try:
        special = import_module("scipy.special")
    except ModuleNotFoundError as error:
        text = errors.MISSING_EXTRA.format(feature=f"t.{method}()", package="SciPy", extra="scipy")
        raise errors.MissingExtraError(text) from error
    return getattr(special, function)(t)


class Specials:
    """Functions of one number, or of two."""

    __slots__ = ()

    # ----- of one -----

    @own
    def erf(self: Any) -> Tensor:
        """Return the error function, by SciPy.

        >>> ag.Tensor([0.0, 1.0]).erf().round(4).tolist()
        [0.0, 0.8427]
        """
        return _of_scipy(self, "erf", "erf")

    @own
    def erfc(self: Any) -> Tensor:
        """Return 1 minus the error function, exact where that is nearly 1, by SciPy.

        >>> ag.Tensor([0.0, 1.0]).erfc().round(4).tolist()
        [1.0, 0.1573]
        """
        return _of_scipy(self, "erfc", "erfc")

    @own
    def erfinv(self: Any) -> Tensor:
        """Return of which numbers the error function is this, by SciPy.

        >>> ag.Tensor([0.0, 0.5]).erfinv().round(4).tolist()
        [0.0, 0.4769]
        """
        return _of_scipy(self, "erfinv", "erfinv")

    @own
    def lgamma(self: Any) -> Tensor:
        """Return the logarithm of the absolute value of the gamma function, by SciPy.

        >>> ag.Tensor([1.0, 4.0]).lgamma().exp().round(4).tolist()
        [1.0, 6.0]
        """
        return _of_scipy(self, "lgamma", "gammaln")

    @own
    def digamma(self: Any) -> Tensor:
        """Return the derivative of `lgamma`, by SciPy.

        >>> ag.Tensor([1.0]).digamma().round(4).tolist()
        [-0.5772]
        """
        return _of_scipy(self, "digamma", "digamma")

    @own
    def clamp_min(self: Any, min: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        """Return the values, or a lower bound where they are below it.

        >>> ag.Tensor([-1.0, 2.0]).clamp_min(0.0).tolist()
        [0.0, 2.0]
        """
        return self.clip(min, None)

    @own
    def clamp_max(self: Any, max: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        """Return the values, or an upper bound where they are above it.

        >>> ag.Tensor([-1.0, 2.0]).clamp_max(0.0).tolist()
        [-1.0, 0.0]
        """
        return self.clip(None, max)

    @own
    def frac(self: Any) -> Tensor:
        """Return what is behind the point, with the sign of the number.

        >>> ag.Tensor([1.5, -1.5]).frac().tolist()
        [0.5, -0.5]
        """
        return self - self.trunc()

    @numpys(np.angle)
    def angle(self) -> Tensor:
        """Return the angles of complex numbers; of real ones 0, or pi below 0.

        >>> ag.Tensor([1.0 + 1.0j]).angle().round(4).tolist()
        [0.7854]
        """

    @numpys(np.sinc)
    def sinc(self) -> Tensor:
        """Return ``sin(pi t) / (pi t)``, which is 1 at 0.

        >>> ag.Tensor([0.0, 0.5]).sinc().round(4).tolist()
        [1.0, 0.6366]
        """

    deg2rad = _of_one(np.deg2rad, "degrees in radians", "[0.0]).deg2rad() -> [0.0]")
    rad2deg = _of_one(np.rad2deg, "radians in degrees", "[0.0]).rad2deg() -> [0.0]")

    # ----- of two -----

    bitwise_and = _of_two(np.bitwise_and, "the bits that both have", "[6, 3]).bitwise_and(2) -> [2, 2]")
    bitwise_or = _of_two(np.bitwise_or, "the bits that either has", "[4, 1]).bitwise_or(2) -> [6, 3]")
    bitwise_xor = _of_two(np.bitwise_xor, "the bits that one of both has", "[6, 3]).bitwise_xor(2) -> [4, 1]")
    copysign = _of_two(np.copysign, "numbers with the signs of others", "[1.0]).copysign(-1.0) -> [-1.0]")
    float_power = _of_two(np.float_power, "powers, as float64", "[2]).float_power(-1) -> [0.5]")
    floor_divide = _of_two(np.floor_divide, "quotients, rounded down", "[-7.0]).floor_divide(2) -> [-4.0]")
    fmax = _of_two(np.fmax, "the larger of two, not nan where one is a number", "[np.nan]).fmax(0.5) -> [0.5]")
    fmin = _of_two(np.fmin, "the smaller of two, not nan where one is a number", "[np.nan]).fmin(2.0) -> [2.0]")
    fmod = _of_two(np.fmod, "remainders with the sign of the dividend", "[7.0, -7.0]).fmod(4) -> [3.0, -3.0]")
    heaviside = _of_two(np.heaviside, "0 below 0, 1 above, and at 0 another", "[0.0]).heaviside(0.5) -> [0.5]")
    hypot = _of_two(np.hypot, "the hypotenuse", "[3.0]).hypot(4.0) -> [5.0]")
    logaddexp = _of_two(np.logaddexp, "the logarithm of a sum of exponentials", "[0.0]).logaddexp(-np.inf) -> [0.0]")
    logical_xor = _of_two(np.logical_xor, "where one of both holds", "[1.0, 0.0]).logical_xor(1.0) -> [False, True]")

    # ----- of three -----

    @own
    def addcmul(self: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Tensor:
        """Return ``t + value * tensor1 * tensor2``.

        >>> ag.Tensor([1.0]).addcmul(2.0, 3.0, value=2).tolist()
        [13.0]
        """
        return self + np.multiply(np.multiply(tensor1, tensor2), value)

    @own
    def addcdiv(self: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Tensor:
        """Return ``t + value * tensor1 / tensor2``.

        >>> ag.Tensor([1.0]).addcdiv(6.0, 3.0).tolist()
        [3.0]
        """
        return self + np.multiply(np.divide(tensor1, tensor2), value)

    @own
    def dist(self: Any, other: Any, p: float = 2) -> Tensor:
        """Return the norm of the difference from another Tensor.

        >>> ag.Tensor([3.0, 4.0]).dist([0.0, 0.0]).item()
        5.0
        """
        return (self - other).norm(p)
