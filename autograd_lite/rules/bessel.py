"""Bessel functions: ufuncs of `scipy.special`, declared with those of `special`.

The derivative by the argument is that by which neighbouring orders are connected (M. Abramowitz, I. Stegun, Handbook of
Mathematical Functions (1964), 9.1.27 and 9.6.26); there is none by the order. At 0 the kinks of the scaled functions,
whose scale is ``exp(-|x|)``, have the mean of their two slopes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.forms import elementwise
from autograd_lite.rules.common import in_double


def no_order(name: str) -> Any:
    """Return the rule of an order, which has no derivative."""
    why = f"its order has no derivative here. Write a number for it, as in scipy.special.{name}(2, t)"

    def refused(g: Array) -> Array:
        raise errors.UnsupportedError(errors.UNSUPPORTED_ELSEWHERE.format(name=f"scipy.special.{name}", why=why))

    return refused


# ----- J and Y, I and K: the functions of two neighbouring orders -----

elementwise(special.j0, lambda g, x: -g * special.j1(x))
elementwise(special.j1, lambda g, x: g * (special.j0(x) - special.jv(2, x)) / 2)
elementwise(special.y0, lambda g, x: -g * special.y1(x))
elementwise(special.y1, lambda g, x: g * (special.y0(x) - special.yn(2, x)) / 2)
elementwise(special.i0, lambda g, x: g * special.i1(x))
elementwise(special.i1, lambda g, x: g * (special.i0(x) + special.iv(2, x)) / 2)
elementwise(special.k0, lambda g, x: -g * special.k1(x))
elementwise(special.k1, lambda g, x: -g * (special.k0(x) + special.kn(2, x)) / 2)


def _by_orders(fn: Any, sign: int, other: int) -> None:
    """Declare a function that has the slope ``sign (f of the order before - other f of the order after) / 2``."""
    elementwise(
        fn, no_order(fn.__name__), lambda g, x1, x2: g * (sign * (fn(x1 - 1, x2) - other * fn(x1 + 1, x2)) / 2)
    )


for _fn in (special.jv, special.yn, special.yv):
    _by_orders(_fn, 1, 1)
_by_orders(special.iv, 1, -1)
for _fn in (special.kn, special.kv):
    _by_orders(_fn, -1, -1)

# ----- I and K, scaled -----

_FAR, _TERMS = 60.0, 16


def _expansion(v: Array, x: Array, n: int, sign: float) -> Array:
    """Return the derivative number `n` of the expansion far out, without its factor. Handbook, 9.7.1 and 9.7.2."""
    factor = (-1) ** n * np.ones_like(x)
    for j in range(n):
        factor = factor * (0.5 + j)
    total = factor
    for k in range(1, _TERMS):
        factor = factor * (sign * (4 * v * v - (2 * k - 1) ** 2) / (8 * k * x) * (k + n - 0.5) / (k - 0.5))
        total = total + factor
    return total * x ** (-n - 0.5)


def _differences(fn: Any, v: Array, x: Array, n: int) -> Array:
    """Return the derivative number `n` of a scaled function: a difference of its values for neighbouring orders."""
    return sum((-1) ** j * math.comb(2 * n, j) * fn(v - n + j, x) for j in range(2 * n + 1)) / 2**n


def _is_far(v: Array, size: Array) -> Array:
    return size > np.maximum(_FAR, 4 * v * v)


def _by_scaled_i(g: Array, v: Array, x: Array, n: int) -> Array:
    return g * scaled_i(v, x, n=n + 1)


@in_double(no_order("ive"), _by_scaled_i, settings="n")
def scaled_i(v: Array, x: Array, n: int) -> Array:
    """Return the derivative number `n` of ``exp(-|x|) I_v(x)``."""
    size = np.abs(x)
    far = _is_far(v, size)
    out = np.where(far, size, _FAR)
    y = _expansion(v, out, n, -1.0) / math.sqrt(2 * math.pi)
    y = np.where(far, y, _differences(special.ive, v, np.where(far, 0, size), n))
    parity = np.where(np.mod(v + n, 2) == 0, 1.0, np.where(np.mod(v, 1) == 0, -1.0, np.nan))
    return np.where(x > 0, y, np.where(x < 0, parity * y, np.where(parity == -1, 0, y)))


def _by_scaled_k(g: Array, v: Array, x: Array, n: int) -> Array:
    return g * scaled_k(v, x, n=n + 1)


@in_double(no_order("kve"), _by_scaled_k, settings="n")
def scaled_k(v: Array, x: Array, n: int) -> Array:
    """Return the derivative number `n` of ``exp(x) K_v(x)``."""
    far = _is_far(v, x)
    y = _expansion(v, np.where(far, x, _FAR), n, 1.0) * math.sqrt(math.pi / 2)
    near = np.where(far | (x == 0), 1, x)
    y = np.where(far, y, (-1) ** n * _differences(special.kve, v, near, n))
    return np.where(x == 0, (-1) ** n * np.inf, y)


elementwise(special.i0e, lambda g, x: g * scaled_i(0.0, x, n=1))
elementwise(special.i1e, lambda g, x: g * scaled_i(1.0, x, n=1))
elementwise(special.ive, no_order("ive"), lambda g, x1, x2: g * scaled_i(x1, x2, n=1))
elementwise(special.k0e, lambda g, x: g * scaled_k(0.0, x, n=1))
elementwise(special.k1e, lambda g, x: g * scaled_k(1.0, x, n=1))
elementwise(special.kve, no_order("kve"), lambda g, x1, x2: g * scaled_k(x1, x2, n=1))
