"""The distributions of gamma and beta samples by their shapes, and polygamma functions.

Of a sample x with the distribution F and the density f the derivative by a parameter a is ``-(dF/da) / f`` (M.
Figurnov, S. Mohamed, A. Mnih, Implicit Reparameterization Gradients, 2018). `gamma_share` and `beta_share` are the
derivatives of F by the shapes, to any order, over f. Each is an integral of the density times a polynomial of ``log t``
and polygamma functions::

    dF/da(x) = integral of f(t) (log t - psi(a)) dt from 0 to x = -integral of the same from x on

Of the two tails the one is taken in which the integrand falls from x on, in the variable ``log t`` (of beta
``log t / (1 - t)``), by Gauss and Legendre's formula. A shape below 1 is lifted by the recurrence of F before. All of
it is computed in double precision.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.rules.common import in_double
from autograd_lite.rules.elementwise import sigmoid, softplus

Slopes = dict[tuple[int, int], Array]


# ----- polygamma functions -----

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
_STEP = 12


def _by_polygamma(g: Array, x: Array, n: int) -> Array:
    return g * polygamma(x, n=n + 1)


@in_double(_by_polygamma, settings="n")
def polygamma(x: Array, n: int) -> Array:
    """Return the derivative number `n` of digamma: by Stirling's series, after a step of `_STEP` upwards.

    M. Abramowitz, I. Stegun, Handbook of Mathematical Functions (1964), 6.4.6 and 6.4.11.
    """
    z = x + _STEP
    y = math.factorial(n) / (2 * z ** (n + 1)) + (math.factorial(n - 1) / z**n if n else -np.log(z))
    for k, b in enumerate(_BERNOULLI, 1):
        y = y + b * (math.factorial(2 * k + n - 1) / math.factorial(2 * k)) / z ** (2 * k + n)
    for k in reversed(range(_STEP)):
        y = y + math.factorial(n) / (x + k) ** (n + 1)
    return y if n % 2 else -y


def _bell(slopes: Slopes, i: int, j: int) -> Array:
    """Return a derivative of ``exp(s)`` by two variables, over ``exp(s)``: a complete Bell polynomial of those of s."""
    if not i:
        i, j, slopes = j, i, {(q, p): slope for (p, q), slope in slopes.items()}
    total: Any = 0.0 if i else 1.0
    for p in range(i):
        for q in range(j + 1):
            ways = math.comb(i - 1, p) * math.comb(j, q)
            total = total + ways * slopes[p + 1, q] * _bell(slopes, i - 1 - p, j - q)
    return total


# ----- tails -----


def _formula(points: int, ends: tuple[float, ...]) -> tuple[Array, Array]:
    """Return the places and weights of a formula on (0, 1), with more of them near 0."""
    x, w = np.polynomial.legendre.leggauss(points)
    panels = list(itertools.pairwise(ends))
    at = [low + (high - low) * (x + 1) / 2 for low, high in panels]
    return np.concatenate(at), np.concatenate([(high - low) * w / 2 for low, high in panels])


_AT, _WEIGHTS = _formula(14, (0.0, 0.03, 0.1, 0.25, 0.55, 1.0))
_DEPTH = 40.0  # a tail ends before it is exp(-40) of what it was


def _integral(reach: Array, integrand: Callable[[Array], Array]) -> Array:
    return reach * np.sum(integrand(reach[..., None] * _AT) * _WEIGHTS, -1)


def _reach(slope: Array, bend: Array) -> Array:
    """Return where both ``slope s`` and ``bend (s - 1 + exp(-s))``, each on its own, are beyond the depth."""
    q = _DEPTH / bend
    return np.minimum(q / 3 + np.sqrt(q * q / 9 + 2 * q), _DEPTH / np.maximum(slope, 1e-300))


# ----- gamma -----


def _gamma_slopes(log_t: Array, a: Array, order: int) -> Slopes:
    """Return the derivatives of the density's logarithm by the shape."""
    slopes = {(k + 1, 0): -polygamma(a, n=k) for k in range(order)}
    return {**slopes, (1, 0): log_t + slopes[1, 0]}


def _by_gamma(g: Array, y: Array, x: Array, a: Array, order: int) -> Array:
    own = _bell(_gamma_slopes(np.log(x), a, order), order, 0)
    return g * np.where(x == 0, 0, own - y * ((a - 1) / x - 1))


def _by_gamma_shape(g: Array, y: Array, x: Array, a: Array, order: int) -> Array:
    return g * np.where(x == 0, 0, gamma_share(x, a, order=order + 1) - y * (np.log(x) - polygamma(a, n=0)))


@in_double(_by_gamma, _by_gamma_shape, settings="order")
def gamma_share(x: Array, a: Array, order: int) -> Array:
    """Return the derivative number `order`, by the shape, of the distribution of gamma samples, over their density."""
    lifted = np.where(a < 1, a + 1, a)
    y = _gamma_tail(x, lifted, order)
    step = x / a * _bell(_gamma_slopes(np.log(x), a + 1, order), order, 0)
    y = np.where(a < 1, x / a * y + step, y)
    return np.where((x == 0) & (a >= 0), 0.0, y)


def _gamma_tail(x: Array, a: Array, order: int) -> Array:
    """Return the same for shapes from 1 on: the lower tail up to the mode of ``log t``, and else the upper one."""
    side = np.where(x <= a, 1.0, -1.0)
    reach = np.where(side > 0, _reach(a - x, a), np.minimum(_DEPTH / np.maximum(x - a, 1e-300), np.sqrt(80 / x)))
    log_x, slopes = np.log(x)[..., None], {k: p[..., None] for k, p in _gamma_slopes(0 * x, a, order).items()}

    def integrand(s: Array) -> Array:
        s = s * side[..., None]
        weight = _bell({**slopes, (1, 0): slopes[1, 0] + (log_x - s)}, order, 0)
        return np.exp(-a[..., None] * s - x[..., None] * np.expm1(-s)) * weight

    return x * side * _integral(reach, integrand)


# ----- beta -----


def _beta_slopes(z: Array, a: Array, b: Array, both: Array, orders: tuple[int, int]) -> Slopes:
    """Return the derivatives of the density's logarithm by the shapes, `both` of which are added."""
    return _moved(_beta_norms(a, b, both, orders), -softplus(-z), -softplus(z))


def _beta_norms(a: Array, b: Array, both: Array, orders: tuple[int, int]) -> Slopes:
    """Return those of the factor that does not depend on the place."""
    i, j = orders
    of_both = {k: polygamma(both, n=k) for k in range(i + j)}
    slopes = {(p, q): of_both[p + q - 1] for p in range(i + 1) for q in range(j + 1) if p + q}
    for k in range(i):
        slopes[k + 1, 0] = slopes[k + 1, 0] - polygamma(a, n=k)
    for k in range(j):
        slopes[0, k + 1] = slopes[0, k + 1] - polygamma(b, n=k)
    return slopes


def _moved(slopes: Slopes, log_t: Array, log_u: Array) -> Slopes:
    """Return slopes with the logarithms of t and ``1 - t``."""
    own = {(1, 0): log_t, (0, 1): log_u}
    return {at: slope + own[at] if at in own else slope for at, slope in slopes.items()}


def _by_beta(g: Array, y: Array, z: Array, a: Array, b: Array, orders: tuple[int, int]) -> Array:
    return g * (_bell(_beta_slopes(z, a, b, a + b, orders), *orders) - y * (a * sigmoid(-z) - b * sigmoid(z)))


def _by_beta_shape(which: int) -> Callable[..., Array]:
    def rule(g: Array, y: Array, z: Array, a: Array, b: Array, orders: tuple[int, int]) -> Array:
        i, j = orders
        further = beta_share(z, a, b, orders=(i, j + 1) if which else (i + 1, j))
        own = polygamma(b, n=0) + softplus(z) if which else polygamma(a, n=0) + softplus(-z)
        return g * (further - y * (polygamma(a + b, n=0) - own))

    return rule


@in_double(_by_beta, _by_beta_shape(0), _by_beta_shape(1), settings="orders")
def beta_share(z: Array, a: Array, b: Array, orders: tuple[int, int]) -> Array:
    """Return a derivative, by the shapes, of the distribution of beta samples over the density of ``log(x / (1 - x))``.

    The lower tail is taken up to the mode, and there the first shape lifted, else the other tail and the other shape.
    """
    x, u = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(z))
    high_a, high_b = np.where(a < 1, a + 1, a), np.where(b < 1, b + 1, b)
    lower = x * high_b <= u * high_a
    reach = _reach(np.abs(x * high_b - u * high_a), high_a * (high_b / (high_a + high_b)))
    y = _beta_tail(z, np.where(lower, high_a, a), np.where(lower, b, high_b), orders, lower, reach)
    up = _bell(_beta_slopes(z, a + 1, b, a + b, orders), *orders) / a
    y = np.where(lower & (a < 1), x * (a + b) / a * y + up, y)
    up = _bell(_beta_slopes(z, a, b + 1, a + b, orders), *orders) / b
    return np.where(~lower & (b < 1), u * (a + b) / b * y - up, y)


def _beta_tail(z: Array, a: Array, b: Array, orders: tuple[int, int], lower: Array, reach: Array) -> Array:
    """Return the integral over the lower tail, or minus that over the upper one, over the density."""
    side, down = np.where(lower, 1.0, -1.0), lower[..., None]
    p, q, end = np.where(down, a[..., None], b[..., None]), (a + b)[..., None], (z * side)[..., None]
    slopes = {at: s[..., None] for at, s in _beta_norms(a, b, a + b, orders).items()}
    rest = -np.logaddexp(0, end)

    def integrand(s: Array) -> Array:
        log_sum = np.log1p(np.expm1(-s) / (1 + np.exp(-end)))
        near, far = end + rest - s - log_sum, rest - log_sum
        weight = _bell(_moved(slopes, np.where(down, near, far), np.where(down, far, near)), *orders)
        return np.exp(-p * s - q * log_sum) * weight

    return side * _integral(reach, integrand)
