"""Incomplete gamma and beta functions, Student's t, and the inverses: of `scipy.special`, declared with `special`.

They have derivatives by their shapes too: see `incomplete`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from autograd_lite.base.shapes import Array
from autograd_lite.engine.forms import elementwise
from autograd_lite.rules.common import in_double
from autograd_lite.rules.incomplete import beta_share, gamma_share, polygamma

# ----- densities, whose logarithm is small where theirs is: by deviances -----

_LARGE, _NEAR = 10.0, 0.5


def _stirling(z: Array) -> Array:
    """Return by how much ``log(gamma(z))`` exceeds Stirling's formula. Handbook of Mathematical Functions, 6.1.41."""
    large = z >= _LARGE
    far, near = np.where(large, z, _LARGE), np.where(large, 1, z)
    series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * far**2)) / far**2) / far**2) / far**2) / far
    exact = special.gammaln(near) - (near - 0.5) * np.log(near) + near - math.log(2 * math.pi) / 2
    return np.where(large, series, exact)


def _gap(a: Array, x: Array) -> Array:
    """Return ``x - a - a log(x / a)``."""
    r = (x - a) / a
    return np.where(np.abs(r) < _NEAR, a * (r - np.log1p(r)), x - a - a * np.log(x / a))


def _by_gamma(g: Array, y: Array, x: Array, a: Array) -> Array:
    """The difference of two densities, of which one has a shape that is lower by 1."""
    above = a > 1
    lower = np.where(above, gamma_density(x, np.where(above, a - 1, 1)), _over((a - 1) * y, np.where(above, 1, x)))
    return g * (lower - y)


def _over(x: Array, y: Array) -> Array:
    """Return ``x / y``, and 0 for an `x` of 0."""
    return np.where(x == 0, 0, x / np.where(x == 0, 1, y))


def _by_gamma_shape(g: Array, y: Array, x: Array, a: Array) -> Array:
    return g * _over(y * (np.log(np.where(x == 0, 1, x)) - polygamma(a, n=0)), 1)


@in_double(_by_gamma, _by_gamma_shape)
def gamma_density(x: Array, a: Array) -> Array:
    """Return ``x**(a - 1) exp(-x) / gamma(a)``."""
    y = np.sqrt(a / (2 * math.pi)) * np.exp(-_gap(a, x) - _stirling(a)) / x
    at_zero = np.where(a == 1, 1.0, np.where(a < 1, np.inf, 0.0))
    return np.where(x == 0, at_zero, np.where(x == np.inf, 0.0, y))


def _by_beta(g: Array, y: Array, x: Array, a: Array, b: Array) -> Array:
    return g * (_over((a - 1) * y, x) - _over((b - 1) * y, 1 - x))


def _by_beta_shape(which: int) -> Callable[..., Array]:
    def rule(g: Array, y: Array, x: Array, a: Array, b: Array) -> Array:
        own, t = (b, 1 - x) if which else (a, x)
        return g * y * (np.log(np.where(t == 0, 1, t)) - polygamma(own, n=0) + polygamma(a + b, n=0))

    return rule


@in_double(_by_beta, _by_beta_shape(0), _by_beta_shape(1))
def beta_density(x: Array, a: Array, b: Array) -> Array:
    """Return ``x**(a - 1) (1 - x)**(b - 1) / beta(a, b)``."""
    n, u = a + b, 1 - x
    front = np.sqrt(a * (b / n) / (2 * math.pi)) * np.exp(_stirling(n) - _stirling(a) - _stirling(b))
    y = front * np.exp(-_gap(a, n * x) - _gap(b, n * u)) / (x * u)
    own: Array = np.where(x == 0, a, b)
    other: Array = np.where(x == 0, b, a)
    at_end = np.where(own == 1, other, np.where(own < 1, np.inf, 0.0))
    return np.where((x == 0) | (u == 0), at_end, y)


# ----- distributions -----


def _gamma_shape(x: Array, a: Array) -> Array:
    inside = (x > 0) & (x < np.inf)
    x = np.where(inside, x, 1)
    return np.where(inside, gamma_share(x, a, order=1) * gamma_density(x, a), 0)


def _beta_shape(x: Array, a: Array, b: Array, orders: tuple[int, int]) -> Array:
    return _beta_step(x, a, b, orders) * np.where(x * (1 - x) == 0, 0, beta_density(x, a, b))


def _beta_step(x: Array, a: Array, b: Array, orders: tuple[int, int]) -> Array:
    """Return by how much the distribution moves over the density: 0 at the ends."""
    inside = (x > 0) & (x < 1)
    x = np.where(inside, x, 0.5)
    return np.where(inside, x * (1 - x) * beta_share(np.log(x) - np.log1p(-x), a, b, orders=orders), 0)


def _distributions(of_gamma: np.ufunc, of_beta: np.ufunc, sign: int) -> None:
    elementwise(
        of_gamma, lambda g, x1, x2: sign * g * _gamma_shape(x2, x1),
        lambda g, x1, x2: sign * g * gamma_density(x2, x1),
    )  # fmt: skip
    elementwise(
        of_beta, lambda g, x1, x2, x3: sign * g * _beta_shape(x3, x1, x2, (1, 0)),
        lambda g, x1, x2, x3: sign * g * _beta_shape(x3, x1, x2, (0, 1)),
        lambda g, x1, x2, x3: sign * g * beta_density(x3, x1, x2),
    )  # fmt: skip


_distributions(special.gammainc, special.betainc, 1)
_distributions(special.gammaincc, special.betaincc, -1)

# ----- quantiles, which move as samples do -----


def _quantiles(of_gamma: np.ufunc, of_beta: np.ufunc, sign: int) -> None:
    elementwise(
        of_gamma, lambda g, y, x1: -g * gamma_share(y, x1, order=1), lambda g, y, x1: sign * g / gamma_density(y, x1)
    )
    elementwise(
        of_beta, lambda g, y, x1, x2: -g * _beta_step(y, x1, x2, (1, 0)),
        lambda g, y, x1, x2: -g * _beta_step(y, x1, x2, (0, 1)),
        lambda g, y, x1, x2: sign * g / beta_density(y, x1, x2),
    )  # fmt: skip


_quantiles(special.gammaincinv, special.betaincinv, 1)
_quantiles(special.gammainccinv, special.betainccinv, -1)

# ----- Student's t -----


def _student_density(t: Array, df: Array) -> Array:
    log = (df + 1) / 2 * np.log1p(t * (t / df)) + np.log(df) / 2 + special.betaln(0.5, df / 2)
    return np.exp(-log)


def _student_step(t: Array, df: Array) -> Array:
    """Return how a quantile moves by `df`: ``t**2 / (df + t**2)`` as a beta sample of shapes 1/2 and ``df / 2``."""
    away = t != 0
    odds = 2 * np.log(np.abs(np.where(away, t, 1))) - np.log(df)
    share = beta_share(odds, np.full_like(df, 0.5), df / 2, orders=(0, 1))
    return np.where(away, t / (2 * df) - t * share / 4, 0)


elementwise(
    special.stdtr, lambda g, x1, x2: -g * _student_density(x2, x1) * _student_step(x2, x1),
    lambda g, x1, x2: g * _student_density(x2, x1),
)  # fmt: skip
elementwise(
    special.stdtrit, lambda g, y, x1: g * _student_step(y, x1), lambda g, y, x1: g / _student_density(y, x1)
)
