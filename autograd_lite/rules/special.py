"""Special functions: ufuncs of `scipy.special`. See `registry.LATER`: imported when one of them meets a Tensor.

``xlogy(0, x)`` and its kin are 0 whatever `x` is, and so is the derivative by `x`.
"""

import numpy as np
from scipy import special

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.forms import elementwise
from autograd_lite.rules.elementwise import LN2, LN10, sigmoid, sigmoid_slope

_SLOPE = float(2 / np.sqrt(np.pi))  # of the error function at 0
_DENSITY = float(1 / np.sqrt(2 * np.pi))  # of the normal distribution at 0

# ----- error functions, and the normal distribution -----

elementwise(special.erf, lambda g, x: g * _SLOPE * np.exp(-x * x), range=(-1, 1), native="erf")
elementwise(special.erfc, lambda g, x: g * -_SLOPE * np.exp(-x * x), range=(0, 2), native="erfc")
elementwise(special.erfinv, lambda g, y: g / _SLOPE * np.exp(y * y))
elementwise(special.erfcinv, lambda g, y: g / -_SLOPE * np.exp(y * y))
elementwise(special.ndtr, lambda g, x: g * _DENSITY * np.exp(-0.5 * x * x), range=(0, 1))
elementwise(special.log_ndtr, lambda g, y, x: g * _DENSITY * np.exp(-0.5 * x * x - y))
elementwise(special.ndtri, lambda g, y: g / _DENSITY * np.exp(0.5 * y * y))

# ----- the logistic function -----

elementwise(special.expit, lambda g, x: g * sigmoid_slope(x), range=(0, 1))
elementwise(special.logit, lambda g, x: g / (x * (1 - x)))
elementwise(special.log_expit, lambda g, x: g * sigmoid(-x))

# ----- the gamma function; its derivatives are Hurwitz's zeta function -----


def _order(g: Array) -> Array:
    raise errors.UnsupportedError(errors.UNSUPPORTED_ELSEWHERE.format(name="scipy.special.zeta", why=_ORDER))


_ORDER = "its order has no derivative here. Write a number for it, as in scipy.special.zeta(2.0, t)"
elementwise(special._ufuncs._zeta, _order, lambda g, x1, x2: -g * x1 * special.zeta(x1 + 1, x2))
elementwise(special.digamma, lambda g, x: g * special.zeta(2.0, x))
elementwise(special.gammaln, lambda g, x: g * special.digamma(x), native="lgamma")
elementwise(special.gamma, lambda g, y, x: g * y * special.digamma(x))


def _log_beta(g: Array, mine: Array, other: Array) -> Array:
    return g * (special.digamma(mine) - special.digamma(mine + other))


elementwise(special.betaln, lambda g, x1, x2: _log_beta(g, x1, x2), lambda g, x1, x2: _log_beta(g, x2, x1))

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
elementwise(special.rel_entr, lambda g, x1, x2: g * (np.log(x1 / x2) + 1), lambda g, x1, x2: -g * x1 / x2)
elementwise(special.kl_div, lambda g, x1, x2: g * np.log(x1 / x2), lambda g, x1, x2: g * (1 - x1 / x2))
