"""The complementary error function, which NumPy has not, and what is made of it: the normal distribution, `gelu`.

``erfc(z) = exp(-z^2) r(t) / (1 + z)`` for ``z >= 0``, where `r` is a quotient of polynomials in
``t = (z - k) / (z + k)``, which goes from -1 to 1. Their coefficients are those with which it is
``(1 + z) erfcx(z)`` at the zeros of a Chebyshev polynomial, as many as there are coefficients, computed with 60 digits:
between them the error is 4e-17 of the value for doubles, 3e-9 for singles. ``erfc(-z) = 2 - erfc(z)``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.forms import elementwise, operation
from autograd_lite.rules.common import as_one


def polynomial(coefficients: tuple[float, ...], t: Array) -> Array:
    """Return the value of a polynomial, whose highest coefficient comes last."""
    y = np.full_like(t, coefficients[-1])
    for c in coefficients[-2::-1]:
        y *= t
        y += c
    return y


def erfc_of_block(x: Array) -> Array:
    """Return the complementary error function of so few numbers that they stay in the processor's cache."""
    z = np.minimum(np.abs(x), 32)  # where it is 0
    if x.dtype.itemsize == 4:  # noqa: PLR2004 - bytes
        t = (z - 2.0) / (z + 2.0)
        above: tuple[float, ...] = (
            0.7661870271426655763, -0.13640931777661287487, 0.26005175884948698046, 0.021828380083251384171,
            -0.0029012536608201834451, 0.0081138830993195597062, -0.0011994758766270256871,
        )  # fmt: skip
        below: tuple[float, ...] = (
            1.0, 0.16127331170331282332, 0.3447783946392954142, 0.082000006943055102147, 0.031016459184835273413,
            0.0039164230637159482623,
        )  # fmt: skip
    else:
        t = (z - 2.5) / (z + 2.5)
        above = (
            0.73782227421400251201, -0.46877347143090446598, 0.65049304752002222297, -0.20699232956658904001,
            0.13696153947688269785, 0.0045024973015106451267, -0.0079011243014029246768, 0.011126702396318804634,
            -0.0037600384439731268292, 0.0010398803875997221159, -0.00015231584920084994188, 1.0908352354782464917e-5,
        )  # fmt: skip
        below = (
            1.0, -0.30051508427475941162, 0.67754453032831594982, -0.044676027059379922478, 0.14992495971790448853,
            0.013624294247731222412, 0.015291487910780496193, 0.0023894495197672543537, 0.0006802178834731474911,
            7.517706569838361692e-5, 5.8088346235210893281e-6,
        )  # fmt: skip
    coarse = np.rint(z * 16) / 16  # whose square is exact
    tail = np.exp(-coarse * coarse) * np.exp((coarse - z) * (coarse + z))
    tail *= polynomial(above, t) / (polynomial(below, t) * (1 + z))
    return np.where(x < 0, 2 - tail, tail)


def erfc_of(x: Array) -> Array:
    """Return the complementary error function of an array."""
    x = np.asarray(x)
    x = x if x.dtype.kind == "f" else x.astype(float)
    out = np.empty_like(x)
    given, results = x.ravel(order="K"), out.ravel(order="K")
    for start in range(0, x.size, 8192):
        block = given[start : start + 8192]
        results[start : start + 8192] = erfc_of_block(block.astype(np.float32) if x.dtype.itemsize == 2 else block)  # noqa: PLR2004
    return out[()]


erfc: Any = elementwise(
    as_one(erfc_of, __name__), lambda g, x: g * (-2 / math.sqrt(math.pi)) * np.exp(-x * x), range=(0, 2), name="erfc"
)
KERNELS = (polynomial, erfc_of_block, erfc_of)
"""Functions whose text stands in programs that call them."""


def normal_cdf(x: Array) -> Array:
    """Return the probability that a standard normal number is at most `x`."""
    return 0.5 * erfc(-math.sqrt(0.5) * x)


def _cdf_again(x: Array, y: Array) -> Array:
    """Return ``normal_cdf(x)``, of plain arrays by what `gelu` has made of it, in a tenth of the time."""
    if not x.__class__ is y.__class__ is np.ndarray:
        return normal_cdf(x)
    below = (x == 0).astype(x.dtype)
    above = 0.5 * below
    above += y
    below += x
    above /= below
    return above


@operation(elementwise, lambda g, y, x: g * (_cdf_again(x, y) + x * density(x)), formula="gelu")
def gelu(x: Array) -> Array:
    """``x`` times the probability that a standard normal number is at most `x`."""
    return x * normal_cdf(x)


def density(x: Array) -> Array:
    """Return the density of the standard normal distribution."""
    return (1 / math.sqrt(2 * math.pi)) * np.exp(-0.5 * x * x)
