"""The complementary error function, which NumPy has not, and `gelu`, which is made of it.

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
from autograd_lite.engine.forms import elementwise
from autograd_lite.rules.common import as_one, detached


def polynomial(coefficients: tuple[float, ...], t: Array) -> Array:
    """Return the value of a polynomial, whose highest coefficient comes last."""
    y = t * coefficients[-1]
    y += coefficients[-2]
    for c in coefficients[-3::-1]:
        y *= t
        y += c
    return y


def erfc_coefficients(single: bool) -> tuple[float, tuple[float, ...], tuple[float, ...]]:
    """Return where `t` is 0, and the coefficients of the polynomials above and below."""
    if single:
        return 2.0, (
            0.7661870271426655763, -0.13640931777661287487, 0.26005175884948698046, 0.021828380083251384171,
            -0.0029012536608201834451, 0.0081138830993195597062, -0.0011994758766270256871,
        ), (
            1.0, 0.16127331170331282332, 0.3447783946392954142, 0.082000006943055102147, 0.031016459184835273413,
            0.0039164230637159482623,
        )  # fmt: skip
    return 2.5, (
        0.73782227421400251201, -0.46877347143090446598, 0.65049304752002222297, -0.20699232956658904001,
        0.13696153947688269785, 0.0045024973015106451267, -0.0079011243014029246768, 0.011126702396318804634,
        -0.0037600384439731268292, 0.0010398803875997221159, -0.00015231584920084994188, 1.0908352354782464917e-5,
    ), (
        1.0, -0.30051508427475941162, 0.67754453032831594982, -0.044676027059379922478, 0.14992495971790448853,
        0.013624294247731222412, 0.015291487910780496193, 0.0023894495197672543537, 0.0006802178834731474911,
        7.517706569838361692e-5, 5.8088346235210893281e-6,
    )  # fmt: skip


def scaled_erfc(z: Array) -> Array:
    """Return ``exp(z^2) erfc(z)`` of numbers that are not negative, which are written over."""
    middle, above, below = erfc_coefficients(z.dtype.itemsize == 4)  # noqa: PLR2004 - bytes
    t = z - middle
    t /= z + middle
    z += 1
    z *= polynomial(below, t)
    return np.divide(polynomial(above, t), z, out=z)


def gauss(a: Array, factor: float) -> Array:
    """Return ``exp(factor a^2)``, with a `factor` of -1 or -1/2, by the first half of `a`, whose square is exact."""
    bits, mask = (np.uint32, 0xFFFFF000) if a.dtype.itemsize == 4 else (np.uint64, 0xFFFFFFFFF8000000)  # noqa: PLR2004
    half = (a.view(bits) & bits(mask)).view(a.dtype)
    rest = a - half
    rest *= a + half
    half *= half
    half *= factor
    rest *= factor
    return np.exp(half, out=half) * np.exp(rest, out=rest)


def erfc_of_block(x: Array, out: Array) -> None:
    """Write the complementary error function of so few numbers that they stay in the processor's cache."""
    z = np.abs(x)
    np.minimum(z, np.full_like(z, 32), out=z)  # where it is 0
    tail = gauss(z, -1.0)
    tail *= scaled_erfc(z)
    out[...] = np.where(x < 0, 2 - tail, tail)


def gelu_of_block(x: Array, out: Array) -> None:
    """Write what is below 0, which is even, and take it from the positive part."""
    a = np.abs(x)
    np.minimum(a, np.full_like(a, 45), out=a)  # where it is 0
    tail = gauss(a, -0.5)
    tail *= scaled_erfc(a * 0.7071067811865476)
    tail *= a
    tail *= 0.5
    np.maximum(x, np.zeros_like(x), out=out)
    out -= tail


def gelu_slope_of_block(x: Array, y: Array, out: Array) -> None:
    """Write the distribution, which is ``y / x``, and `x` times the density."""
    x, most = np.clip(x, -45, 45), np.full_like(y, 45)
    np.multiply(x, x, out=out)
    out *= -0.5
    np.exp(out, out=out)
    out *= 0.3989422804014327
    out *= x
    zero = (x == 0).astype(x.dtype)
    x += zero
    zero *= 0.5
    zero += np.minimum(y, most)
    zero /= x
    out += zero


def in_blocks(compute: Any, *given: Any) -> Array:
    """Return what is computed of arrays of one shape, as many elements at a time as stay in the cache."""
    arrays = [np.asarray(x) for x in given]
    x = arrays[0] if arrays[0].dtype.kind == "f" else arrays[0].astype(float)
    dtype = np.dtype(np.float32 if x.dtype.itemsize <= 4 else np.float64)  # noqa: PLR2004 - bytes
    order: Any = "K" if all(a.strides == x.strides for a in arrays) else "C"
    out = np.empty_like(x, order=order)
    flat, results = [a.ravel(order=order) for a in arrays], out.ravel(order=order)
    for start in range(0, x.size, 16384):
        of_block = [a[start : start + 16384].astype(dtype, copy=False) for a in flat]
        part = results[start : start + 16384]
        target = part if x.dtype == dtype else np.empty(part.shape, dtype)
        compute(*of_block, target)
        part[...] = target
    return out[()]


def erfc_of(x: Array) -> Array:
    """Return the complementary error function of an array."""
    return in_blocks(erfc_of_block, x)


def gelu_of(x: Array) -> Array:
    """Return `x` times the probability that a standard normal number is at most `x`."""
    return in_blocks(gelu_of_block, x)


def gelu_slope_of(x: Array, y: Array) -> Array:
    """Return the derivative of ``y = gelu_of(x)``."""
    return in_blocks(gelu_slope_of_block, x, y)


KERNELS = (
    polynomial, erfc_coefficients, scaled_erfc, gauss, erfc_of_block, gelu_of_block, gelu_slope_of_block, in_blocks,
    erfc_of, gelu_of, gelu_slope_of,
)  # fmt: skip
"""Functions whose text stands in programs that call them."""


def density(x: Array) -> Array:
    """Return the density of the standard normal distribution."""
    return (1 / math.sqrt(2 * math.pi)) * np.exp(-0.5 * x * x)


erfc: Any = elementwise(
    as_one(erfc_of, __name__), lambda g, x: g * (-2 / math.sqrt(math.pi)) * np.exp(-x * x), range=(0, 2), name="erfc"
)
gelu_slope: Any = elementwise(  # of both, since `y` saves the polynomials; it moves with `x`, and so with it alone
    as_one(gelu_slope_of, __name__), lambda g, x: g * (2 - x * x) * density(x), None, name="gelu_slope"
)
gelu: Any = elementwise(
    as_one(gelu_of, __name__), lambda g, y, x: g * gelu_slope(x, detached(y)), name="gelu", formula="gelu"
)
PRIMITIVES = (erfc, gelu, gelu_slope)
"""Operations that a trace writes down as one call."""
