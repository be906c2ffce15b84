"""Functions of NumPy that PyTorch has by the same name and with the same meaning; with its names of arguments as well.

What is given first is made a Tensor, if it is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.engine.binding import in_numpys_names
from autograd_lite.functions.made import as_tensor, finished

__all__ = [
    "argwhere", "bincount", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "copysign", "deg2rad", "diff",
    "fliplr", "flipud", "floor_divide", "fmax", "fmin", "fmod", "hypot", "imag", "inner", "isin", "kron", "logaddexp",
    "logical_xor", "nanmean", "nansum", "quantile", "rad2deg", "real", "sinc", "trapezoid", "trapz", "vdot",
]  # fmt: skip

_KNOWN = frozenset(("axis", "keepdims"))


def _function(fn: Callable[..., Any], text: str, example: str, shown: str) -> Callable[..., Any]:
    """Return a function of NumPy that makes Tensors, with what `help` says of it."""

    def function(input: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: A002 - PyTorch's name
        return finished(fn(as_tensor(input), *args, **in_numpys_names(kwargs, _KNOWN)))

    function.__name__ = function.__qualname__ = fn.__name__
    function.__doc__ = f"""Return {text}: `numpy.{fn.__name__}`; ``dim=`` is ``axis=``, ``keepdim=`` is ``keepdims=``.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> {example}.tolist()
    {shown}
    """
    return function


# ----- element by element -----

bitwise_and = _function(np.bitwise_and, "the bits that both have", "ag.bitwise_and([6, 3], 2)", "[2, 2]")
bitwise_not = _function(np.bitwise_not, "the other bits", "ag.bitwise_not([0, 5])", "[-1, -6]")
bitwise_or = _function(np.bitwise_or, "the bits that either has", "ag.bitwise_or([4, 1], 2)", "[6, 3]")
bitwise_xor = _function(np.bitwise_xor, "the bits that one of both has", "ag.bitwise_xor([6, 3], 2)", "[4, 1]")
copysign = _function(np.copysign, "numbers with the signs of others", "ag.copysign([1.0, 2.0], -1.0)", "[-1.0, -2.0]")
deg2rad = _function(np.deg2rad, "degrees in radians", "ag.deg2rad([0.0])", "[0.0]")
floor_divide = _function(np.floor_divide, "quotients, rounded down", "ag.floor_divide([7.0, -7.0], 2)", "[3.0, -4.0]")
fmax = _function(
    np.fmax, "the larger ones of two, not nan where one is a number", "ag.fmax([1.0, np.nan], 0.5)", "[1.0, 0.5]"
)
fmin = _function(
    np.fmin, "the smaller ones of two, not nan where one is a number", "ag.fmin([1.0, np.nan], 0.5)", "[0.5, 0.5]"
)
fmod = _function(np.fmod, "remainders with the sign of the dividend", "ag.fmod([7.0, -7.0], 4)", "[3.0, -3.0]")
hypot = _function(np.hypot, "the hypotenuse", "ag.hypot([3.0], 4.0)", "[5.0]")
isin = _function(np.isin, "which elements are among others", "ag.isin([1, 2, 3], [2, 5])", "[False, True, False]")
logaddexp = _function(np.logaddexp, "the logarithm of a sum of exponentials", "ag.logaddexp([0.0], -np.inf)", "[0.0]")
logical_xor = _function(
    np.logical_xor, "where one of both holds", "ag.logical_xor([True, True], [True, False])", "[False, True]"
)
imag = _function(np.imag, "the imaginary parts, zeros of real numbers", "ag.imag([1 + 2j])", "[2.0]")
rad2deg = _function(np.rad2deg, "radians in degrees", "ag.rad2deg([0.0])", "[0.0]")
real = _function(np.real, "the real parts", "ag.real([1 + 2j])", "[1.0]")
sinc = _function(np.sinc, "sin(pi x) / (pi x)", "ag.sinc([0.0])", "[1.0]")

# ----- sums and counts -----

argwhere = _function(np.argwhere, "the places of what is not 0", "ag.argwhere([0, 3, 4])", "[[1], [2]]")
bincount = _function(np.bincount, "how often each whole number is there", "ag.bincount([0, 2, 2])", "[1, 0, 2]")
nanmean = _function(
    np.nanmean, "the mean of what is not nan", "ag.nanmean([[1.0, np.nan], [3.0, 5.0]], dim=1)", "[1.0, 4.0]"
)
nansum = _function(
    np.nansum, "the sum of what is not nan", "ag.nansum([[1.0, np.nan], [3.0, 5.0]], dim=0)", "[4.0, 5.0]"
)
quantile = _function(np.quantile, "quantiles", "ag.quantile([0.0, 1.0, 2.0], 0.25, dim=0)", "0.5")
trapezoid = _function(np.trapezoid, "the area below a line through points", "ag.trapezoid([1.0, 3.0])", "2.0")
trapz = trapezoid

# ----- products, and other orders -----

diff = _function(np.diff, "differences of neighbours", "ag.diff([1.0, 4.0, 9.0], dim=0)", "[3.0, 5.0]")
fliplr = _function(np.fliplr, "columns in reverse order", "ag.fliplr([[1, 2]])", "[[2, 1]]")
flipud = _function(np.flipud, "rows in reverse order", "ag.flipud([[1], [2]])", "[[2], [1]]")
inner = _function(np.inner, "the sums of products along the last axes", "ag.inner([1.0, 2.0], [3.0, 4.0])", "11.0")
kron = _function(np.kron, "the product of Kronecker", "ag.kron([1, 2], [1, 10])", "[1, 10, 2, 20]")
vdot = _function(np.vdot, "the product of a conjugate vector with another", "ag.vdot([1j], [1j])", "(1+0j)")
