"""Functions of one variable: cardinal sine, Bessel function, parts of numbers; slopes and phases along an axis.

A number next to another moves with it: `nextafter` has the slope 1, and `modf` and `frexp` that of their fraction, with
the whole part and the exponent constant. `unwrap` adds whole periods, which are constant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array, normalize_axes
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import constant, elementwise
from autograd_lite.engine.op import Op
from autograd_lite.engine.operands import with_shape
from autograd_lite.engine.several import several
from autograd_lite.rules.samples import diff

elementwise(np.nextafter, lambda g: g, None)
several(np.modf, lambda g: g[0], constant=(1,), signature="()->(),()")
several(np.frexp, lambda g, y: np.ldexp(g[0], -y[1]), constant=(1,), signature="()->(),()")


def _series(square: Array, factors: Sequence[float]) -> Array:
    """Return the power series of which each term is the one before, times ``square``, times its factor."""
    total = np.ones_like(square)
    for factor in reversed(factors):
        total = 1 + square * factor * total
    return total


# ----- sin(x) / x -----

_SINE_TERMS = 20


def _spherical(x: Array, n: int) -> Array:
    """Return ``j_n(x) / x**n`` of the spherical Bessel function: even, entire, and times ``-x`` the slope of the next.

    By its series up to where the recurrence ``(2n + 1) j_n = x (j_(n-1) + j_(n+1))`` is stable upwards. M. Abramowitz,
    I. Stegun, Handbook of Mathematical Functions (1964), 10.1.2 and 10.1.19.
    """
    near = np.abs(x) < n + 2
    inner, outer = np.where(near, x, 0), np.where(near, 1, x)
    factors = [-0.5 / (k * (2 * n + 2 * k + 1)) for k in range(1, _SINE_TERMS + n)]
    double_factorial = math.prod(range(1, 2 * n + 2, 2))
    before, y = np.cos(outer), np.sin(outer) / outer
    for k in range(n):
        before, y = y, ((2 * k + 1) * y - before) / (outer * outer)
    return np.where(near, _series(inner * inner, factors) / double_factorial, y)


spherical: Op = elementwise(
    _spherical, lambda g, x, n: -g * x * spherical(x, n=n + 1), settings="n", complex=True
)  # fmt: skip
elementwise(np.sinc, lambda g, x: -g * (np.pi**2 * x) * spherical(np.pi * x, n=1), complex=True)

# ----- the modified Bessel function -----

_BESSEL_TERMS, _LARGE = 48, 20.0


def _modified(x: Array, n: int) -> Array:
    """Return ``I_n(x) / x**n`` of the modified Bessel function: even, entire, and times ``x`` the slope of the next.

    By its series, whose terms are positive, and where the argument is large by the asymptotic one. M. Abramowitz,
    I. Stegun, Handbook of Mathematical Functions (1964), 9.6.10 and 9.7.1.
    """
    size = np.abs(x)
    near = size < _LARGE
    inner, outer = np.where(near, size, 0), np.where(near, _LARGE, size)
    rising = _series(inner * inner, [0.25 / (k * (n + k)) for k in range(1, _BESSEL_TERMS)])
    falling = _series(1 / outer, [((2 * k - 1) ** 2 - 4 * n * n) / (8 * k) for k in range(1, int(_LARGE))])
    half = np.exp(outer / 2)  # whose square overflows where the result does
    far = half * (half * (falling / (np.sqrt(2 * np.pi * outer) * outer**n)))
    return np.where(near, rising / (2**n * math.factorial(n)), far)


modified: Op = elementwise(_modified, lambda g, x, n: g * x * modified(x, n=n + 1), settings="n")
elementwise(np.i0, lambda g, x: g * x * modified(x, n=1))

# ----- along an axis -----


def _turns(p: Array, discont: float | None = None, axis: int = -1, period: float = 2 * np.pi) -> Array:
    return np.unwrap(p, discont, axis, period=period) - p


turns = constant(_turns, axes="axis")


@composite(np.unwrap)
def unwrap(p: Array, discont: float | None = None, axis: int = -1, *, period: float = 2 * np.pi) -> Array:
    return p + turns(p, discont=discont, axis=axis, period=period)


@composite(np.gradient, complex=True)
def gradient(f: Array, *varargs: Array, axis: Any = None, edge_order: int = 1) -> Any:
    """The parabola through three neighbours inside; at the ends the chord, or the parabola."""
    f = with_shape(f)
    axes = normalize_axes(None, f.ndim) if axis is None else [i % f.ndim for i in np.ravel(axis).tolist()]
    spacings = varargs or (1.0,)
    spacings = spacings * len(axes) if len(spacings) == 1 else spacings
    slopes = [_slope(f, with_shape(h), i, edge_order) for i, h in zip(axes, spacings, strict=True)]
    return slopes[0] if len(axes) == 1 else tuple(slopes)


def _slope(f: Array, spacing: Array, axis: int, edge_order: int) -> Array:
    """Return the derivative along one axis, of which `spacing` is the distance of points, or where they are."""
    f = np.moveaxis(f, axis, -1)
    steps = diff(spacing) if spacing.ndim else np.broadcast_to(spacing, (f.shape[-1] - 1,))
    chords = (f[..., 1:] - f[..., :-1]) / steps
    before, after = steps[:-1], steps[1:]
    inside = (chords[..., :-1] * after + chords[..., 1:] * before) / (before + after)
    first, last = chords[..., :1], chords[..., -1:]
    if edge_order == 2:  # noqa: PLR2004 - a parabola
        first = _extrapolated(first, chords[..., 1:2], steps[:1], steps[1:2])
        last = _extrapolated(last, chords[..., -2:-1], steps[-1:], steps[-2:-1])
    slope = np.moveaxis(np.concatenate([first, inside, last], -1), -1, axis)
    return np.astype(slope, f.dtype) if f.dtype.kind in "fc" else slope


def _extrapolated(end: Array, inner: Array, step: Array, next_step: Array) -> Array:
    """Return the slope at the end of the outer of two chords of a parabola."""
    return end + (end - inner) * step / (step + next_step)
