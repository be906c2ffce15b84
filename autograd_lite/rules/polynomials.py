"""Polynomials as vectors of coefficients, the highest power first: sums, products, quotients, roots, fits.

What is 0 at the front is left out where NumPy leaves it out, by its value. Roots move as eigenvalues of the companion
matrix do; where several are equal their derivative is not finite.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, everywhere, whole
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.engine.watchpoints import traced
from autograd_lite.rules.common import detached, settled


def _coefficients(p: Any) -> Array:
    return np.atleast_1d(with_shape(np.stack(p) if isinstance(p, (list, tuple)) else p))


def _in_line(p: Array, n: int) -> Array:
    """Return coefficients with zeros in front, so that there are `n`."""
    return np.concatenate([np.zeros(n - len(p), p.dtype), p])


@composite(np.polyadd, complex=True)
def polyadd(a1: Array, a2: Array) -> Array:
    p, q = _coefficients(a1), _coefficients(a2)
    n = max(len(p), len(q))
    if len(p) == len(q):
        return p + q
    return _in_line(p, n) + _in_line(q, n)


@composite(np.polysub, complex=True)
def polysub(a1: Array, a2: Array) -> Array:
    return polyadd(a1, -_coefficients(a2))


@composite(np.polymul, complex=True)
def polymul(a1: Array, a2: Array) -> Array:
    return np.convolve(_coefficients(a1), _coefficients(a2))




@composite(np.polydiv, complex=True)
def polydiv(u: Array, v: Array) -> tuple[Array, Array]:
    """Long division: what is left becomes shorter by one coefficient at a time."""
    u, v = _coefficients(u) + 0.0, _coefficients(v) + 0.0
    dtype = np.result_type(u.dtype, v.dtype)
    steps, rest, quotient = len(u) - len(v) + 1, np.astype(u, dtype), []
    for k in range(steps):
        factor = rest[k] / v[0]
        quotient.append(factor)
        rest = rest - np.concatenate([np.zeros(k, dtype), factor * v, np.zeros(steps - 1 - k, dtype)])
    rest = rest[_leading_zeros(settled(rest, "polydiv")) :]
    return np.stack(quotient) if quotient else np.zeros(1, dtype), rest


def _leading_zeros(rest: Array) -> int:
    """Return how many coefficients in front NumPy takes for zeros: of several, by `allclose`."""
    close: Array = np.isclose(rest, 0, rtol=1e-14)
    return int(np.argmin(np.append(close[:-1], False)))


@composite(np.polyder, complex=True)
def polyder(p: Array, m: int = 1) -> Array:
    p, m = _coefficients(p), int(m)
    for _ in range(m):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


@composite(np.polyint, complex=True)
def polyint(p: Array, m: int = 1, k: Any = None) -> Array:
    if int(m) == 0:
        return with_shape(p)
    p, m = _coefficients(p), int(m)
    constants = _coefficients(0.0 if k is None else k)
    for i in range(m):
        constant = constants[i if len(constants) > 1 else 0]
        p = np.concatenate([p / np.arange(len(p), 0, -1), constant[None]])
    return p


@composite(np.vander, complex=True)
def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:  # noqa: N803 - NumPy's name
    x = with_shape(x)
    powers = np.arange(len(x) if N is None else N)
    return np.power(x[:, None], powers if increasing else powers[::-1])


@composite(np.poly, complex=True)
def poly(seq_of_zeros: Array) -> Array:
    """The product of ``x - z`` over the zeros, those of a matrix being its eigenvalues."""
    zeros = _coefficients(seq_of_zeros)
    if zeros.ndim == 2:  # noqa: PLR2004 - a matrix
        zeros = np.linalg.eigvals(zeros)
    one = np.ones(1, zeros.dtype)
    p = one
    for z in zeros:
        p = np.convolve(p, np.concatenate([one, -z[None]]))
    return p.real if p.dtype.kind == "c" and _in_pairs(whole(detached(zeros))) else p


def _in_pairs(zeros: Array) -> bool:
    """Tell whether with each complex zero there is its conjugate, so that the coefficients are real."""
    return bool(np.array_equal(np.sort(zeros), np.sort(zeros.conj())))


@composite(np.roots, complex=True)
def roots(p: Array) -> Array:
    """The eigenvalues of the companion matrix; and as many zeros as there are coefficients of 0 at the end."""
    p = _coefficients(p)
    zeros = 0
    if not everywhere(detached(p)[np.array([0, -1])] != 0):
        places = np.flatnonzero(settled(p, "roots"))
        if not places.size:
            return p[:0]
        first, last = int(places[0]), int(places[-1])
        zeros, p = len(p) - 1 - last, p[first : last + 1]
    dtype = np.result_type(p.dtype, np.float16) if p.dtype.kind in "fc" else np.dtype(float)
    found = p[:0]
    if len(p) > 1:
        companion = np.concatenate([(-p[1:] / p[0])[None], np.eye(len(p) - 2, len(p) - 1, dtype=dtype)])
        found = np.linalg.eigvals(companion)
    return np.concatenate([found, np.zeros(zeros, found.dtype)]) if zeros else found


@composite(np.polyfit, complex=True)
def polyfit(
    x: Array, y: Array, deg: int, rcond: float | None = None, full: bool = False, w: Array = None, cov: Any = False
) -> Any:
    """Least squares in powers of `x`, each divided by its norm."""
    x, y, order = with_shape(x) + 0.0, with_shape(y) + 0.0, int(deg) + 1
    rcond = len(x) * np.finfo(x.dtype).eps if rcond is None else rcond
    weights = None if w is None else with_shape(w) + 0.0
    design = vander(x, order)
    target = y
    if weights is not None:
        design = design * weights[:, None]
        target = y * (weights if y.ndim == 1 else weights[:, None])
    scale = np.sqrt(np.sum(design * design, 0))
    scaled, residuals, rank, s = np.linalg.lstsq(design / scale, target, rcond)
    c = (scaled.T / scale).T
    if full:
        return c, residuals, rank, s, rcond
    if not traced() and not everywhere(value_of(rank) == order):
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=2)
    return (c, _covariance(design / scale, scale, residuals, len(x) - order, cov)) if cov else c


def _covariance(design: Array, scale: Array, residuals: Array, free: int, cov: Any) -> Array:
    """Return the covariance of coefficients, by the residuals unless it is to be ``unscaled``."""
    base = np.linalg.inv(np.matmul(design.T, design)) / np.outer(scale, scale)
    if cov == "unscaled":
        return base
    if free <= 0:
        raise errors.ShapeError(
            "polyfit cannot scale a covariance by residuals of no more points than coefficients. Write cov='unscaled'"
        )
    factor = residuals / free
    return base * factor if len(factor) == 1 else base[:, :, None] * factor


