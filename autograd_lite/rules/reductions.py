"""Sums, products, extrema, moments, and what else turns many elements into one.

Where several elements are the maximum they share its gradient equally: of all choices the one that does not depend on
the order of the elements. The gradient of a norm, and of a standard deviation, is 0 where its value is 0: the element
of the subdifferential that is smallest.
"""

from __future__ import annotations

import numpy as np

from autograd_lite import errors
from autograd_lite.op import Op, composite, custom, linear
from autograd_lite.shapes import Array, Axis, Shape, keepdims_shape, normalize_axes, reduced_size


def _spread(g: Array, shape: Shape, axis: Axis = None, keepdims: bool = False) -> Array:
    """Repeat `g` along the axes over which an array of `shape` was reduced: the adjoint of `sum`."""
    if g.ndim and not keepdims:
        g = g.reshape(keepdims_shape(shape, axis))
    if isinstance(g, (np.ndarray, np.generic)):
        spread_out = np.empty(shape, g.dtype)
        spread_out[...] = g
        return spread_out
    return np.broadcast_to(g, shape)


def _gather(g: Array, shape: Shape, axis: Axis, keepdims: bool) -> Array:
    """Undo `_spread`: the sum over the axes it had repeated."""
    return np.sum(g, normalize_axes(axis, len(shape)), keepdims=keepdims)


spread = linear(
    _spread, lambda g, shape, axis, keepdims: _gather(g, shape, axis, keepdims), settings="shape axis keepdims"
)
linear(np.sum, lambda g, a_shape, axis, keepdims: spread(g, a_shape, axis, keepdims), settings="axis keepdims")
linear(
    np.mean,
    lambda g, a_shape, axis, keepdims: spread(g / reduced_size(a_shape, axis), a_shape, axis, keepdims),
    settings="axis keepdims",
)


@composite(np.nansum)
def nansum(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.sum(np.where(np.isnan(a), 0, a), axis, keepdims=keepdims)


def _cumsum(a: Array, axis: int) -> Array:
    return np.cumsum(a, axis)


cumulative_sum: Op = linear(
    _cumsum, lambda g, axis: np.flip(cumulative_sum(np.flip(g, axis), axis=axis), axis), settings="axis"
)


@composite(np.cumsum)
def cumsum(a: Array, axis: int | None = None) -> Array:
    return cumulative_sum(np.ravel(a), axis=0) if axis is None else cumulative_sum(a, axis=axis)


# ----- products -----


def _shifted_product(a: Array, step: int) -> Array:
    """Return, along the last axis, the product of all elements before each (`step` 1) or after it (-1).

    Partial products are combined over distances 1, 2, 4, ...: exact at zeros, and made of differentiable operations.
    """
    n = a.shape[-1]
    one = np.ones_like(a)
    ahead = np.flip(a, -1) if step < 0 else a
    total = np.concatenate([one[..., :1], ahead[..., : n - 1]], axis=-1)
    distance = 1
    while distance < n:
        total = total * np.concatenate([one[..., :distance], total[..., : n - distance]], axis=-1)
        distance *= 2
    return np.flip(total, -1) if step < 0 else total


def _prod_rule(g: Array, y: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
    """The product of the other elements: ``y / a``, and without division where there are zeros."""
    if np.all(a != 0):
        return spread(g * y, a.shape, axis, keepdims) / a
    axes = normalize_axes(axis, a.ndim)
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    order = rest + axes
    moved = np.transpose(a, order)
    flat = moved.reshape((*moved.shape[: len(rest)], -1))
    others = (_shifted_product(flat, 1) * _shifted_product(flat, -1)).reshape(moved.shape)
    return spread(g, a.shape, axis, keepdims) * np.transpose(others, np.argsort(order).tolist())


custom(np.prod, _prod_rule, settings="axis keepdims")

# ----- extrema -----


def _extremum_rule(g: Array, y: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
    kept = keepdims_shape(a.shape, axis)
    winners = (a == y.reshape(kept)).astype(g.dtype)
    return g.reshape(kept) * winners / np.sum(winners, normalize_axes(axis, a.ndim), keepdims=True)


for _extremum in (np.max, np.min):
    custom(_extremum, _extremum_rule, settings="axis keepdims", selects=True)


@composite(np.ptp)
def ptp(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.max(a, axis, keepdims=keepdims) - np.min(a, axis, keepdims=keepdims)


# ----- moments -----


@composite(np.var)
def var(
    a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, correction: float | None = None
) -> Array:
    centred = a - np.mean(a, axis, keepdims=True)
    return np.sum(centred * centred, axis, keepdims=keepdims) / _degrees_of_freedom(a, axis, ddof, correction)


@composite(np.std)
def std(
    a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, correction: float | None = None
) -> Array:
    """The norm of the centred values, not the root of the variance, whose derivative at 0 is infinite."""
    centred = a - np.mean(a, axis, keepdims=True)
    count = _degrees_of_freedom(a, axis, ddof, correction)
    return euclidean_norm(centred, axis=axis, keepdims=keepdims) / count**0.5


def _degrees_of_freedom(a: Array, axis: Axis, ddof: float, correction: float | None) -> float:
    return max(reduced_size(a.shape, axis) - (ddof if correction is None else correction), 0)


@composite(np.average)
def average(a: Array, axis: Axis = None, weights: Array = None, *, keepdims: bool = False) -> Array:
    if weights is None:
        return np.mean(a, axis, keepdims=keepdims)
    if np.shape(weights) != np.shape(a):
        weights = np.reshape(weights, [n if i in normalize_axes(axis, a.ndim) else 1 for i, n in enumerate(a.shape)])
        weights = np.broadcast_to(weights, a.shape)
    return np.sum(a * weights, axis, keepdims=keepdims) / np.sum(weights, axis, keepdims=keepdims)


# ----- norms and exponential sums -----


def _euclidean_norm(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.sqrt(np.sum(x * x, axis if axis is None else normalize_axes(axis, x.ndim), keepdims=keepdims))


def _norm_rule(g: Array, y: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """``x / y``, and 0 where the norm is 0."""
    kept = keepdims_shape(x.shape, axis)
    return (g / np.where(y == 0, 1, y)).reshape(kept) * x


euclidean_norm = custom(_euclidean_norm, _norm_rule, settings="axis keepdims")
_EUCLIDEAN = (None, 2, "fro")


@composite(np.linalg.norm)
def norm(x: Array, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Array:  # noqa: A002 - NumPy's name
    axes = normalize_axes(axis, x.ndim)
    matrix = len(axes) == 2 and not (axis is None and ord is None)  # noqa: PLR2004 - a matrix has two axes
    if ord is None or (ord == "fro" and matrix) or (ord == 2 and not matrix):  # noqa: PLR2004
        return euclidean_norm(x, axis=axis, keepdims=keepdims)
    if matrix or isinstance(ord, str):
        why = "write np.linalg.norm(x) or ord='fro' for the Frobenius norm of a matrix"
        raise errors.UnsupportedError(errors.UNSUPPORTED.format(name=f"linalg.norm with ord={ord!r}", why=why))
    return _vector_norm(np.abs(x), ord, axes, keepdims)


def _vector_norm(size: Array, ord: float, axes: Axis, keepdims: bool) -> Array:  # noqa: A002 - NumPy's name
    if ord == np.inf:
        return np.max(size, axes, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(size, axes, keepdims=keepdims)
    if ord == 0:
        return np.sum(size != 0, axes, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axes, keepdims=keepdims)
    return np.sum(size**ord, axes, keepdims=keepdims) ** (1 / ord)


def _finite_or_zero(x: Array) -> Array:
    return np.where(np.isfinite(x), x, 0)


def _logsumexp(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    axes = normalize_axes(axis, a.ndim)
    top = _finite_or_zero(np.max(a, axes, keepdims=True))
    with np.errstate(divide="ignore"):  # the logarithm of an empty sum is -inf
        total = np.log(np.sum(np.exp(a - top), axes, keepdims=True)) + top
    return total if keepdims else total.reshape([n for i, n in enumerate(a.shape) if i not in axes])


def _logsumexp_rule(g: Array, y: Array, a: Array, axis: Axis) -> Array:
    kept = keepdims_shape(a.shape, axis)
    return g.reshape(kept) * np.exp(a - _finite_or_zero(y).reshape(kept))


logsumexp = custom(_logsumexp, _logsumexp_rule, settings="axis keepdims")


def _softmax(a: Array, axis: int = -1) -> Array:
    e = np.exp(a - a.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


softmax = custom(_softmax, lambda g, y, axis: y * (g - (g * y).sum(axis, keepdims=True)), settings="axis")


def _log_softmax(a: Array, axis: int = -1) -> Array:
    shifted = a - a.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


log_softmax = custom(_log_softmax, lambda g, y, axis: g - np.exp(y) * g.sum(axis, keepdims=True), settings="axis")
