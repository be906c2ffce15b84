"""Special functions: ufuncs of `scipy.special`. See `registry.LATER`: imported when one of them meets a Tensor.

``xlogy(0, x)`` and its kin are 0 whatever `x` is, and so is the derivative by `x`. Where a derivative is a difference
of numbers far out that are nearly equal, it is computed by the expansion there.
"""

import math
from typing import Any

import numpy as np
from scipy import special

from autograd_lite.base.shapes import Array
from autograd_lite.engine.forms import constant, elementwise
from autograd_lite.rules import bessel, densities
from autograd_lite.rules.bessel import no_order
from autograd_lite.rules.common import in_double
from autograd_lite.rules.elementwise import LN2, LN10, sigmoid, sigmoid_slope

_ = bessel, densities  # which are declared with these

_SLOPE = float(2 / np.sqrt(np.pi))  # of the error function at 0
_DENSITY = float(1 / np.sqrt(2 * np.pi))  # of the normal distribution at 0

# ----- error functions, and the normal distribution -----

elementwise(special.erf, lambda g, x: g * _SLOPE * np.exp(-x * x), range=(-1, 1), native="erf")
elementwise(special.erfc, lambda g, x: g * -_SLOPE * np.exp(-x * x), range=(0, 2), native="erfc")
elementwise(special.erfinv, lambda g, y: g / _SLOPE * np.exp(y * y))
elementwise(special.erfcinv, lambda g, y: g / -_SLOPE * np.exp(y * y))
elementwise(special.ndtr, lambda g, x: g * _DENSITY * np.exp(-0.5 * x * x), range=(0, 1))
elementwise(special.log_ndtr, lambda g, x: g * (2 * _DENSITY) / special.erfcx(-np.sqrt(0.5) * x))
elementwise(special.ndtri, lambda g, y: g / _DENSITY * np.exp(0.5 * y * y))
elementwise(special.ndtri_exp, lambda g, y: g / (2 * _DENSITY) * special.erfcx(-np.sqrt(0.5) * y))
elementwise(special.erfi, lambda g, x: g * _SLOPE * np.exp(x * x))

_FAR, _TERMS = 12.0, 14


def _scaled(fn: Any, x: Array, n: int, sign: int) -> Array:
    """Return the derivative number `n` of a function whose own is ``sign (2 x y - 1)``: by that, and far out in powers.

    M. Abramowitz, I. Stegun, Handbook of Mathematical Functions (1964), 7.1.23.
    """
    far = x > _FAR if sign > 0 else np.abs(x) > _FAR
    out, near = np.where(far, x, _FAR), np.where(far, 0, x)
    before, y = np.ones_like(x), fn(near)
    for k in range(n):
        before, y = y, sign * (2 * near * y + (2 * k * before if k else -1))
    factor = (-1) ** n * math.factorial(n) / (2 * out ** (n + 1))
    total = factor
    for k in range(1, _TERMS):
        factor = factor * (-sign * (2 * k + n - 1) * (2 * k + n) / (4 * k * out * out))
        total = total + factor
    return np.where(far, total, y)


def _by_erfcx(g: Array, x: Array, n: int) -> Array:
    return g * erfcx_slope(x, n=n + 1)


@in_double(_by_erfcx, settings="n")
def erfcx_slope(x: Array, n: int) -> Array:
    return 2 / math.sqrt(math.pi) * _scaled(lambda x: math.sqrt(math.pi) / 2 * special.erfcx(x), x, n, 1)


def _by_dawsn(g: Array, x: Array, n: int) -> Array:
    return g * dawsn_slope(x, n=n + 1)


@in_double(_by_dawsn, settings="n")
def dawsn_slope(x: Array, n: int) -> Array:
    return _scaled(special.dawsn, x, n, -1)


elementwise(special.erfcx, lambda g, x: g * erfcx_slope(x, n=1))
elementwise(special.dawsn, lambda g, x: g * dawsn_slope(x, n=1))

# ----- the logistic function -----

elementwise(special.expit, lambda g, x: g * sigmoid_slope(x), range=(0, 1))
elementwise(special.logit, lambda g, x: g / (x * (1 - x)))
elementwise(special.log_expit, lambda g, x: g * sigmoid(-x))

# ----- the gamma function; its derivatives are Hurwitz's zeta function -----


elementwise(special._ufuncs._zeta, no_order("zeta"), lambda g, x1, x2: -g * x1 * special.zeta(x1 + 1, x2))
elementwise(special.digamma, lambda g, x: g * special.zeta(2.0, x))
elementwise(special.gammaln, lambda g, x: g * special.digamma(x), native="lgamma")
elementwise(special.gamma, lambda g, y, x: g * y * special.digamma(x))
constant(special.gammasgn, signature="()->()")


def _at_pole(x: Array) -> Array:
    return (x <= 0) & (x == np.floor(x))


def _by_pole(g: Array, y: Array, x: Array) -> Array:
    """``1 / gamma`` goes through 0 at the poles of gamma, with the slope ``(-1)**n n!`` at -n."""
    pole = _at_pole(x)
    there = np.where(np.mod(x, 2) == 0, 1, -1) * special.gamma(np.where(pole, 1 - x, 1))
    return g * np.where(pole, there, -y * special.digamma(np.where(pole, 1, x)))


elementwise(special.rgamma, _by_pole)


def _log_beta(g: Array, mine: Array, other: Array) -> Array:
    return g * (special.digamma(mine) - special.digamma(mine + other))


elementwise(special.betaln, lambda g, x1, x2: _log_beta(g, x1, x2), lambda g, x1, x2: _log_beta(g, x2, x1))
elementwise(special.beta, lambda g, y, x1, x2: _log_beta(g * y, x1, x2), lambda g, y, x1, x2: _log_beta(g * y, x2, x1))
elementwise(
    special.poch, lambda g, y, x1, x2: g * y * (special.digamma(x1 + x2) - special.digamma(x1)),
    lambda g, y, x1, x2: g * y * special.digamma(x1 + x2),
)  # fmt: skip
elementwise(
    special.binom, lambda g, y, x1, x2: g * y * (special.digamma(x1 + 1) - special.digamma(x1 - x2 + 1)),
    lambda g, y, x1, x2: g * y * (special.digamma(x1 - x2 + 1) - special.digamma(x2 + 1)),
)  # fmt: skip

# ----- integrals of exponentials -----

elementwise(special.exp1, lambda g, x: -g * np.exp(-x) / x)
elementwise(special.expi, lambda g, x: g * np.exp(x) / x)
elementwise(special.expn, no_order("expn"), lambda g, x1, x2: -g * special.expn(x1 - 1, x2))

# ----- what NumPy has too -----

elementwise(special.cbrt, lambda g, y: g / (3 * y * y), native="cbrt")
elementwise(special.exp2, lambda g, y: g * y * LN2, native="exp2")
elementwise(special.exp10, lambda g, y: g * y * LN10)
elementwise(special.expm1, lambda g, x: g * np.exp(x), native="expm1")
elementwise(special.log1p, lambda g, x: g / (1 + x), native="log1p")

# ----- logarithms times a number, and entropies -----


def _share(g: Array, x: Array, y: Array) -> Array:
    return np.where(x == 0, 0, g * x / y)


elementwise(special.xlogy, lambda g, x2: g * np.log(x2), lambda g, x1, x2: _share(g, x1, x2))
elementwise(special.xlog1py, lambda g, x2: g * np.log1p(x2), lambda g, x1, x2: _share(g, x1, 1 + x2))
elementwise(special.entr, lambda g, x: g * (-np.log(x) - 1))
elementwise(special.rel_entr, lambda g, x1, x2: g * (np.log(x1 / x2) + 1), lambda g, x1, x2: -_share(g, x1, x2))
elementwise(special.kl_div, lambda g, x1, x2: g * np.log(x1 / x2), lambda g, x1, x2: g - _share(g, x1, x2))

# ----- losses, and angles in degrees -----

elementwise(
    special.huber, lambda g, x1, x2: g * np.maximum(np.abs(x2) - x1, 0), lambda g, x1, x2: g * np.clip(x2, -x1, x1)
)


def _pseudo_huber_width(g: Array, y: Array, x1: Array, x2: Array) -> Array:
    """``2 y / x1 - x2**2 / (x1 s)``, of a root s, which is ``x1 (s - 1)**2 / s``."""
    return g * np.square(y / (x1 * x1)) * x1 / np.hypot(1, x2 / x1)


elementwise(special.pseudo_huber, _pseudo_huber_width, lambda g, x1, x2: g * x2 / np.hypot(1, x2 / x1))
elementwise(special.cosm1, lambda g, x: -g * np.sin(x))
elementwise(special.sindg, lambda g, x: g * (math.pi / 180) * special.cosdg(x))
elementwise(special.cosdg, lambda g, x: -g * (math.pi / 180) * special.sindg(x))
elementwise(special.tandg, lambda g, y: g * (math.pi / 180) * (1 + y * y))
