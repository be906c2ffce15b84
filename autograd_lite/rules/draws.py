"""Random numbers as functions of the parameters of their distribution, which may be Tensors.

The numbers are those of NumPy's generators. Where they are a function of the parameters and of numbers that do not
depend on these (a location and a scale, a quantile) they are computed as such. Gamma and beta samples, and what is made
of them, are drawn by NumPy with the values of their parameters, and have the derivative that their distribution
implies: see `incomplete`. That of a sample that has become 0 or 1, for want of floats between, is 0.

Each function is given the generator first, which has ``by_numpy(name)``: NumPy's own method.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array
from autograd_lite.base.shapes import Array
from autograd_lite.engine.forms import constant
from autograd_lite.engine.op import Op, Rule
from autograd_lite.engine.operands import with_shape
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules.common import detached
from autograd_lite.rules.incomplete import beta_share, gamma_share

# ----- what is drawn -----


def _standard(like: Array, rng: Any, method: str) -> Array:
    """Return numbers of a distribution without parameters, of the shape and dtype of another array."""
    drawn: Array = rng.by_numpy(method)(size=like.shape).astype(like.dtype)
    return drawn


def _drawn(parameter: Array, rng: Any, method: str) -> Array:
    drawn: Array = rng.by_numpy(method)(parameter, size=parameter.shape).astype(parameter.dtype)
    return drawn


def _drawn_by_two(first: Array, second: Array, rng: Any, method: str) -> Array:
    drawn: Array = rng.by_numpy(method)(first, second, size=first.shape).astype(first.dtype)
    return drawn


standard = constant(_standard, signature="()->()")
drawn = constant(_drawn, signature="()->()")
drawn_by_two = constant(_drawn_by_two, signature="(),()->()")


def _noise(rng: Any, method: str, *parameters: Array) -> Array:
    """Return numbers for parameters of one shape, other ones for each example of a batch of these."""
    like = functools.reduce(np.add, map(detached, parameters))
    return standard(like, rng=rng, method=method)


def _together(size: Any, *parameters: Any) -> list[Array]:
    """Return parameters in one dtype, and in the shape of the result."""
    dtype = np.result_type(*[x.dtype for x in parameters if is_array(x)], 1.0)
    arrays = [x if is_array(x) else np.asarray(x, dtype) for x in parameters]
    shape = np.broadcast_shapes(*map(np.shape, arrays))
    if size is not None:
        size = tuple(np.ravel(size).tolist())
        if np.broadcast_shapes(size, shape) != size:
            raise errors.ShapeError(errors.SAMPLE_SIZE.format(size=size, shape=shape))
        shape = size
    arrays = [x if x.dtype == dtype else np.astype(x, dtype) for x in arrays]
    return [x if x.shape == shape else np.broadcast_to(x, shape) for x in arrays]


def _demand(wrong: Array, text: str) -> None:
    """Refuse parameters as NumPy does; nan is none that it refuses."""
    verify(np.logical_not(detached(wrong)), text, ValueError)


# ----- a location and a scale -----


def _located(rng: Any, method: str, loc: Any, scale: Any, size: Any, called: str = "scale") -> Array:
    loc, scale = _together(size, loc, scale)
    _demand(scale < 0, f"{called} < 0")
    return loc + scale * _noise(rng, method, loc, scale)


def _scaled(rng: Any, method: str, scale: Any, size: Any) -> Array:
    (scale,) = _together(size, scale)
    _demand(scale < 0, "scale < 0")
    return scale * _noise(rng, method, scale)


def normal(rng: Any, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Array:
    """Draw ``loc + scale * standard_normal()``."""
    return _located(rng, "standard_normal", loc, scale, size)


def gumbel(rng: Any, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Array:
    """Draw ``loc - scale * log(-log(1 - random()))``."""
    return _located(rng, "gumbel", loc, scale, size)


def laplace(rng: Any, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Array:
    """Draw from two exponential distributions back to back, of a location and a scale."""
    return _located(rng, "laplace", loc, scale, size)


def logistic(rng: Any, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Array:
    """Draw ``loc + scale * log(u / (1 - u))`` of an even u."""
    return _located(rng, "logistic", loc, scale, size)


def lognormal(rng: Any, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None) -> Array:
    """Draw ``exp(mean + sigma * standard_normal())``."""
    return np.exp(_located(rng, "standard_normal", mean, sigma, size, "sigma"))


def exponential(rng: Any, scale: Any = 1.0, size: Any = None) -> Array:
    """Draw ``scale * standard_exponential()``."""
    return _scaled(rng, "standard_exponential", scale, size)


def rayleigh(rng: Any, scale: Any = 1.0, size: Any = None) -> Array:
    """Draw ``scale * sqrt(2 * standard_exponential())``."""
    return _scaled(rng, "rayleigh", scale, size)


def uniform(rng: Any, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Array:
    """Draw ``low + (high - low) * random()``."""
    low, high = _together(size, low, high)
    _demand(high < low, "high - low < 0")
    return low + (high - low) * _noise(rng, "random", low, high)


# ----- quantiles -----


def weibull(rng: Any, a: Any, size: Any = None) -> Array:
    """Draw ``standard_exponential() ** (1 / a)``, and 0 for an `a` of 0."""
    (a,) = _together(size, a)
    _demand(a < 0, "a < 0")
    return np.where(a == 0, 0, _noise(rng, "standard_exponential", a) ** (1 / np.where(a == 0, 1, a)))


def pareto(rng: Any, a: Any, size: Any = None) -> Array:
    """Draw ``expm1(standard_exponential() / a)``."""
    (a,) = _together(size, a)
    _demand(a <= 0, "a <= 0")
    return np.expm1(_noise(rng, "standard_exponential", a) / a)


def power(rng: Any, a: Any, size: Any = None) -> Array:
    """Draw ``(1 - exp(-standard_exponential())) ** (1 / a)``."""
    (a,) = _together(size, a)
    _demand(a <= 0, "a <= 0")
    return (-np.expm1(-_noise(rng, "standard_exponential", a))) ** (1 / a)


def triangular(rng: Any, left: Any, mode: Any, right: Any, size: Any = None) -> Array:
    """Draw a quantile of the triangle between `left` and `right` with its top at `mode`."""
    left, mode, right = _together(size, left, mode, right)
    for wrong, text in ((left > mode, "left > mode"), (mode > right, "mode > right"), (left == right, "left == right")):
        _demand(wrong, text)
    u, base = _noise(rng, "random", left, mode, right), right - left
    low = u <= detached((mode - left) / base)
    part, side = np.where(low, u, 1 - u), np.where(low, mode - left, right - mode)
    reach = np.sqrt(part * side * base)
    return np.where(low, left + reach, right - reach)


# ----- what the distribution implies -----


def _implied(name: str, *rules: Rule, signature: str = "") -> Op:
    """Return the operation that gives a sample the derivatives by its parameters.

    NOTE: it is in no table of operations, whose derivatives are those of what they compute; it returns the sample.
    """
    operands = ("sample", "parameter") if len(rules) == 1 else ("sample", "first", "second")
    signature = signature or ",".join(["()"] * len(operands)) + "->()"
    form = "custom" if "n" in signature else "elementwise"
    return Op(name, _sample, form, operands, {}, (None, *rules), signature=signature)


def _sample(sample: Array, *parameters: Array) -> Array:
    return sample.copy()


def _of_gamma(g: Array, y: Array, parameter: Array) -> Array:
    return -g * gamma_share(y, parameter, order=1)


def _of_beta(orders: tuple[int, int]) -> Callable[..., Array]:
    def rule(g: Array, y: Array, first: Array, second: Array) -> Array:
        inside = (y > 0) & (y < 1)
        x = np.where(inside, y, 0.5)
        share = beta_share(np.log(x / (1 - x)), first, second, orders=orders)
        return -g * np.where(inside, x * (1 - x) * share, 0)

    return rule


_gamma = _implied("standard_gamma", _of_gamma)
_beta = _implied("beta", _of_beta((1, 0)), _of_beta((0, 1)))


def standard_gamma(rng: Any, shape: Any, size: Any = None) -> Array:
    """Draw from a gamma distribution of the scale 1."""
    (shape,) = _together(size, shape)
    return _gamma(drawn(detached(shape), rng=rng, method="standard_gamma"), shape)


def gamma(rng: Any, shape: Any, scale: Any = 1.0, size: Any = None) -> Array:
    """Draw ``scale * standard_gamma(shape)``."""
    shape, scale = _together(size, shape, scale)
    _demand(scale < 0, "scale < 0")
    return scale * standard_gamma(rng, shape)


def chisquare(rng: Any, df: Any, size: Any = None) -> Array:
    """Draw ``2 * standard_gamma(df / 2)``."""
    (df,) = _together(size, df)
    _demand(df <= 0, "df <= 0")
    return 2 * standard_gamma(rng, df / 2)


def beta(rng: Any, a: Any, b: Any, size: Any = None) -> Array:
    """Draw from a beta distribution."""
    a, b = _together(size, a, b)
    return _beta(drawn_by_two(detached(a), detached(b), rng=rng, method="beta"), a, b)


def _of_t(g: Array, y: Array, parameter: Array) -> Array:
    """Of ``t**2 / (df + t**2)``, a beta sample with the shapes 1/2 and ``df / 2``, and from it of t."""
    away = y != 0
    odds = 2 * np.log(np.abs(np.where(away, y, 1))) - np.log(parameter)
    share = beta_share(odds, np.full_like(parameter, 0.5), parameter / 2, orders=(0, 1))
    return g * np.where(away, y / (2 * parameter) - y * share / 4, 0)


_t = _implied("standard_t", _of_t)


def standard_t(rng: Any, df: Any, size: Any = None) -> Array:
    """Draw ``standard_normal() / sqrt(chisquare(df) / df)``."""
    (df,) = _together(size, df)
    return _t(drawn(detached(df), rng=rng, method="standard_t"), df)


def _of_f(which: int) -> Callable[..., Array]:
    """Of ``n y / (d + n y)``, a beta sample with half the degrees of freedom as shapes, and from it of y."""

    def rule(g: Array, y: Array, first: Array, second: Array) -> Array:
        away = y != 0
        odds = np.log(first) - np.log(second) + np.log(np.where(away, y, 1))
        share = beta_share(odds, first / 2, second / 2, orders=(0, 1) if which else (1, 0))
        own = 1 / second if which else -1 / first
        return g * np.where(away, y * (own - share / 2), 0)

    return rule


_f = _implied("f", _of_f(0), _of_f(1))


def f(rng: Any, dfnum: Any, dfden: Any, size: Any = None) -> Array:
    """Draw ``(chisquare(dfnum) / dfnum) / (chisquare(dfden) / dfden)``."""
    dfnum, dfden = _together(size, dfnum, dfden)
    return _f(drawn_by_two(detached(dfnum), detached(dfden), rng=rng, method="f"), dfnum, dfden)


# ----- vectors -----


def _drawn_vectors(alpha: Array, rng: Any, size: Any) -> Array:
    drawn: Array = rng.by_numpy("dirichlet")(alpha, size).astype(alpha.dtype)
    return drawn


drawn_vectors = constant(_drawn_vectors)


def _others(a: Array) -> Array:
    """Return, for each element along the last axis, the sum of the others, to its own precision."""
    before, after = np.cumsum(a, -1), np.flip(np.cumsum(np.flip(a, -1), -1), -1)
    ends = np.zeros_like(a[..., :1])
    return np.concatenate([ends, before[..., :-1]], -1) + np.concatenate([after[..., 1:], ends], -1)


def _of_dirichlet(g: Array, y: Array, parameter: Array) -> Array:
    """By an element of the shapes that of the sample moves as a beta sample does, and the others make room together.

    NOTE: of the ways in which vectors may move this is one that gives expectations their derivative, to every order; it
    is that of no one map, so that a second derivative of one sample is not symmetric.
    """
    rest = _others(y)
    inside = (y > 0) & (rest > 0)
    odds = np.log(np.where(inside, y, 1)) - np.log(np.where(inside, rest, 1))
    share = beta_share(odds, parameter, _others(parameter), orders=(1, 0))
    return np.where(inside, -y * share * (g - np.sum(g * y, -1, keepdims=True)), 0)


_dirichlet = _implied("dirichlet", _of_dirichlet, signature="(n),(n)->(n)")


def dirichlet(rng: Any, alpha: Any, size: Any = None) -> Array:
    """Draw shares of 1: gamma samples of the shapes `alpha`, over their sum."""
    (alpha,) = _together(None, alpha)
    if alpha.ndim != 1:
        raise errors.ShapeError(errors.SAMPLE_VECTOR.format(what="alpha", shape=alpha.shape))
    sample = drawn_vectors(detached(alpha), rng=rng, size=size)
    return _dirichlet(sample, np.broadcast_to(alpha, sample.shape))


def multivariate_normal(
    rng: Any, mean: Any, cov: Any, size: Any = None, check_valid: str = "warn", tol: float = 1e-8, *,
    method: str | None = None,
) -> Array:  # fmt: skip
    """Draw ``mean + cholesky(cov) @ standard_normal(n)``."""
    if method not in (None, "cholesky"):
        raise errors.UnsupportedError(errors.SAMPLE_FACTOR.format(method=method))
    mean, cov = map(with_shape, (mean, cov))
    if mean.ndim != 1 or cov.shape != 2 * mean.shape:
        raise errors.ShapeError(errors.SAMPLE_COVARIANCE.format(mean=mean.shape, cov=cov.shape))
    shape = () if size is None else tuple(np.ravel(size).tolist())
    factor = np.linalg.cholesky(cov)
    (mean,) = _together((*shape, *mean.shape), mean)
    return mean + np.matvec(factor, _noise(rng, "standard_normal", mean, factor[..., 0]))
