"""Pointwise functions of one, two and three inputs.

Each rule is `g` times the derivative at the same place: the reverse rule and the forward rule in one. At kinks and
poles:

====================  ======================================================================
``abs`` at 0          0
``maximum`` on ties   each input gets half, so that the parts sum to 1; likewise ``minimum``
``clip`` at a bound   the value counts as inside: 1 for the value, 0 for the bound
``relu`` at 0         0
``sqrt`` at 0         infinity, its one-sided limit
``x**0`` at 0         0 for `x`; ``0**y`` has derivative 0 for `y`
``arctan2(0, 0)``     0 for both; ``hypot(0, 0)`` likewise
====================  ======================================================================

Derivatives are written in the output where it is at hand, and so that no digits are lost far out: the derivative of
`tanh` is ``sech(x)^2``, not ``1 - y^2``, which is 0 from 19 on.
"""

import numpy as np

from autograd_lite.op import composite, elementwise, linear
from autograd_lite.shapes import Array

LN2 = float(np.log(2))
LN10 = float(np.log(10))

# ----- arithmetic -----

elementwise(np.add, lambda g: g, lambda g: g)
elementwise(np.subtract, lambda g: g, lambda g: -g)
elementwise(np.multiply, lambda g, x2: g * x2, lambda g, x1: g * x1)
elementwise(np.divide, lambda g, x2: g / x2, lambda g, y, x2: -g * y / x2)
elementwise(np.negative, lambda g: -g)
elementwise(np.positive, lambda g: g)
elementwise(np.reciprocal, lambda g, y: -g * y * y)
elementwise(np.square, lambda g, x: g * (x + x))
elementwise(np.remainder, lambda g: g, lambda g, x1, x2: -g * np.floor_divide(x1, x2))
elementwise(np.fmod, lambda g: g, lambda g, x1, x2: -g * np.trunc(x1 / x2))

# ----- powers and roots -----


def _power_base(g: Array, x1: Array, x2: Array) -> Array:
    """``x2 x1^(x2-1)``, and 0 for ``x2 = 0`` also where the second factor is infinite."""
    if isinstance(x2, (int, float)):
        return g * (x2 * x1 ** (x2 - 1)) if x2 else 0 * g
    return g * np.where(x2 == 0, 0, x2 * x1 ** np.where(x2 == 0, 1, x2 - 1))


def _power_exponent(g: Array, y: Array, x1: Array) -> Array:
    """``y log(x1)``, and 0 at ``x1 = 0``, its limit for positive exponents."""
    return g * y * np.log(np.where(x1 == 0, 1, x1))


elementwise(np.power, _power_base, _power_exponent)
elementwise(np.float_power, _power_base, _power_exponent)
elementwise(np.sqrt, lambda g, y: g / (y + y))
elementwise(np.cbrt, lambda g, y: g / (3 * y * y))

# ----- exponentials and logarithms -----

elementwise(np.exp, lambda g, y: g * y)
elementwise(np.exp2, lambda g, y: g * y * LN2)
elementwise(np.expm1, lambda g, x: g * np.exp(x))
elementwise(np.log, lambda g, x: g / x)
elementwise(np.log2, lambda g, x: g / (x * LN2))
elementwise(np.log10, lambda g, x: g / (x * LN10))
elementwise(np.log1p, lambda g, x: g / (1 + x))


def _sech_squared(x: Array) -> Array:
    """``1 / cosh(x)^2``, to full relative precision until it is smaller than any float."""
    c = np.cosh(x)
    return np.reciprocal(c * c)


sech_squared = elementwise(_sech_squared, lambda g, y, x: -2 * g * y * np.tanh(x))


def _sigmoid(x: Array) -> Array:
    """``1 / (1 + exp(-x))`` to full relative precision, without overflow."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


sigmoid = elementwise(_sigmoid, lambda g, x: 0.25 * g * sech_squared(0.5 * x))


def _softplus(x: Array) -> Array:
    return np.logaddexp(x, 0)


softplus = elementwise(_softplus, lambda g, x: g * sigmoid(x))
elementwise(np.logaddexp, lambda g, x1, x2: g * sigmoid(x1 - x2), lambda g, x1, x2: g * sigmoid(x2 - x1))
elementwise(
    np.logaddexp2,
    lambda g, x1, x2: g * sigmoid((x1 - x2) * LN2),
    lambda g, x1, x2: g * sigmoid((x2 - x1) * LN2),
)

# ----- trigonometry -----

elementwise(np.sin, lambda g, x: g * np.cos(x))
elementwise(np.cos, lambda g, x: -g * np.sin(x))
elementwise(np.tan, lambda g, y: g * (1 + y * y))
elementwise(np.arcsin, lambda g, x: g / np.sqrt((1 - x) * (1 + x)))
elementwise(np.arccos, lambda g, x: -g / np.sqrt((1 - x) * (1 + x)))
elementwise(np.arctan, lambda g, x: g / (1 + x * x))


def _or_one(x: Array) -> Array:
    """Return a divisor with 1 in place of 0, where the dividend is 0 too and the quotient shall be."""
    return np.where(x == 0, 1, x)


elementwise(np.hypot, lambda g, y, x1: g * x1 / _or_one(y), lambda g, y, x2: g * x2 / _or_one(y))
elementwise(
    np.arctan2,
    lambda g, x1, x2: g * x2 / _or_one(x1 * x1 + x2 * x2),
    lambda g, x1, x2: -g * x1 / _or_one(x1 * x1 + x2 * x2),
)
for _to_degrees in (np.degrees, np.rad2deg):
    elementwise(_to_degrees, lambda g: g * (180 / np.pi))
for _to_radians in (np.radians, np.deg2rad):
    elementwise(_to_radians, lambda g: g * (np.pi / 180))

# ----- hyperbolic functions -----

elementwise(np.sinh, lambda g, x: g * np.cosh(x))
elementwise(np.cosh, lambda g, x: g * np.sinh(x))
elementwise(np.tanh, lambda g, x: g * sech_squared(x))
elementwise(np.arcsinh, lambda g, x: g / np.hypot(x, 1))
elementwise(np.arccosh, lambda g, x: g / np.sqrt((x - 1) * (x + 1)))
elementwise(np.arctanh, lambda g, x: g / ((1 - x) * (1 + x)))

# ----- corners -----

elementwise(np.absolute, lambda g, x: g * np.sign(x))
elementwise(np.fabs, lambda g, x: g * np.sign(x))


def _won(g: Array, y: Array, mine: Array, other: Array) -> Array:
    """Give `g` to the input that `y` was taken from, half of it on ties."""
    return np.where(mine == other, g / 2, np.where(mine == y, g, 0))


for _extremum in (np.maximum, np.minimum, np.fmax, np.fmin):
    elementwise(
        _extremum, lambda g, y, x1, x2: _won(g, y, x1, x2), lambda g, y, x1, x2: _won(g, y, x2, x1), selects=True
    )


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


relu = elementwise(_relu, lambda g, x: g * (x > 0), selects=True)


def _clip(a: Array, a_min: Array, a_max: Array) -> Array:
    return np.clip(a, a_min, a_max)


bounded = elementwise(
    _clip,
    lambda g, y, a: np.where(y == a, g, 0),
    lambda g, a, a_min: np.where(a < a_min, g, 0),
    lambda g, a, a_max: np.where(a > a_max, g, 0),
    selects=True,
)


@composite(np.clip)
def clip(a: Array, a_min: Array = None, a_max: Array = None, *, min: Array = None, max: Array = None) -> Array:  # noqa: A002 - NumPy's names
    return bounded(a, min if a_min is None else a_min, max if a_max is None else a_max)


def _where(condition: Array, x: Array, y: Array) -> Array:
    return np.where(condition, x, y)


select = linear(
    _where,
    None,
    lambda g, condition: np.where(condition, g, 0),
    lambda g, condition: np.where(condition, 0, g),
    selects=True,
)


@composite(np.where)
def where(condition: Array, x: Array = None, y: Array = None) -> Array:
    return np.nonzero(condition) if x is None and y is None else select(condition, x, y)


@composite(np.divmod)
def divmod_(x1: Array, x2: Array) -> tuple[Array, Array]:
    return np.floor_divide(x1, x2), np.remainder(x1, x2)
