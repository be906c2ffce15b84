"""Sums, products, extrema, moments, and what else turns many elements into one.

Where several elements are the maximum they share its gradient equally: of all choices the one that does not depend on
the order of the elements; so do infinities in an exponential sum. The gradient of a norm, and of a standard deviation,
is 0 where its value is 0: the element of the subdifferential that is smallest. (What is smooth there in spite of it, as
the square of a norm, keeps its second derivative: see `sweep.at_apex`.) Where squares have overflowed or lost their
digits, the value is NumPy's and the gradient the right one.

Half precision is summed in single, as NumPy does for means: it holds no count beyond 65,504.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import (  # fmt: skip
    A,
    Array,
    Axis,
    Shape,
    everywhere,
    keepdims_shape,
    narrowed,
    normalize_axes,
    reduced_size,
    wide,
)
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import custom, linear, operation
from autograd_lite.engine.op import Op
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules.common import as_tuple, divided


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
    return np.sum(wide(g), normalize_axes(axis, len(shape)), keepdims=keepdims)


spread = linear(_spread, _gather, settings="shape axis keepdims")


def _sum(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return a.sum(axis=axis, keepdims=keepdims)  # the method takes half the time of the function


linear(
    np.sum, lambda g, a_shape, axis, keepdims: spread(g, a_shape, axis, keepdims),
    settings="axis keepdims", axes="axis", call=_sum,
)
linear(
    np.mean,
    lambda g, a_shape, axis, keepdims: spread(divided(g, reduced_size(a_shape, axis)), a_shape, axis, keepdims),
    settings="axis keepdims",
    axes="axis",
)


def _cumsum(a: Array, axis: int) -> Array:
    return np.cumsum(a, axis)


cumulative_sum: Op = linear(
    _cumsum, lambda g, axis: np.flip(cumulative_sum(np.flip(g, axis), axis=axis), axis), settings="axis", axes="axis",
)


@composite(np.cumsum, complex=True)
def cumsum(a: Array, axis: int | None = None) -> Array:
    return cumulative_sum(np.ravel(a), axis=0) if axis is None else cumulative_sum(a, axis=axis)


@composite(np.cumulative_sum, complex=True)
def cumulative_sum_(x: Array, *, axis: int | None = None, include_initial: bool = False) -> Array:
    return _with_initial(np.cumsum, np.zeros_like, x, axis, include_initial)


def _with_initial(cumulate: Any, initial: Any, x: Array, axis: int | None, include_initial: bool) -> Array:
    if axis is None and x.ndim > 1:
        raise errors.ShapeError(
            f"axis= is needed for an array of shape {x.shape}. Write np.{cumulate.__name__}(t, axis=-1)"
        )
    axis = axis or 0
    total = cumulate(x, axis)
    first = initial(total, shape=keepdims_shape(total.shape, axis)) if include_initial else None
    return total if first is None else np.concatenate([first, total], axis)


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
    """The product of the other elements: ``y / a``, and without division where that has lost its digits."""
    if everywhere(np.isfinite(y) & (np.abs(y) >= np.finfo(y.dtype).tiny)):
        return spread(g * y, a.shape, axis, keepdims) / a
    axes = normalize_axes(axis, a.ndim)
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    order = rest + axes
    moved = np.transpose(a, order)
    flat = moved.reshape((*moved.shape[: len(rest)], reduced_size(a.shape, axis)))
    others = (_shifted_product(flat, 1) * _shifted_product(flat, -1)).reshape(moved.shape)
    return spread(g, a.shape, axis, keepdims) * np.transpose(others, np.argsort(order).tolist())


custom(np.prod, _prod_rule, settings="axis keepdims", axes="axis", complex=True)


@composite(np.cumprod, complex=True)
def cumprod(a: Array, axis: int | None = None) -> Array:
    if axis is None or not a.ndim:
        a, axis = np.ravel(a), 0
    a = np.moveaxis(a, axis, -1)
    return np.moveaxis(_shifted_product(a, 1) * a, -1, axis)


@composite(np.cumulative_prod, complex=True)
def cumulative_prod(x: Array, *, axis: int | None = None, include_initial: bool = False) -> Array:
    return _with_initial(np.cumprod, np.ones_like, x, axis, include_initial)


# ----- extrema -----


def _extremum_rule(g: Array, y: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
    kept = keepdims_shape(a.shape, axis)
    winners = a == y.reshape(kept)
    share = divided(g.reshape(kept), np.sum(winners, normalize_axes(axis, a.ndim), keepdims=True))
    return np.where(winners, share, 0)


for _extremum in (np.max, np.min, np.amax, np.amin):
    custom(_extremum, _extremum_rule, settings="axis keepdims", axes="axis", selects=True)


@composite(np.ptp)
def ptp(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.max(a, axis, keepdims=keepdims) - np.min(a, axis, keepdims=keepdims)


# ----- moments -----


def squared(x: Array) -> Array:
    """Return the square of the absolute value, which is real."""
    return np.square(x.real) + np.square(x.imag) if x.dtype.kind == "c" else x * x


@composite(np.var, complex=True)
def var(
    a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, correction: float | None = None
) -> Array:
    x = wide(a)
    centred = x - np.mean(x, axis, keepdims=True)
    total = np.sum(squared(centred), axis, keepdims=keepdims)
    return narrowed(divided(total, _degrees_of_freedom(a, axis, ddof, correction)), a.dtype)


@composite(np.std, complex=True)
def std(
    a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, correction: float | None = None
) -> Array:
    """The norm of the centred values, not the root of the variance, whose derivative at 0 is infinite."""
    x = wide(a)
    centred = x - np.mean(x, axis, keepdims=True)
    count = _degrees_of_freedom(a, axis, ddof, correction)
    size = euclidean_norm(centred, axis=axis, keepdims=keepdims)
    return narrowed(size / np.sqrt(size.dtype.type(count)), a.dtype)


def _degrees_of_freedom(a: Array, axis: Axis, ddof: float, correction: float | None) -> float:
    return max(reduced_size(a.shape, axis) - (ddof if correction is None else correction), 0)


@composite(np.average, complex=True)
def average(a: Array, axis: Axis = None, weights: Array = None, *, keepdims: bool = False) -> Array:
    if weights is None:
        return np.mean(a, axis, keepdims=keepdims)
    a, weights = with_shape(a), with_shape(weights)
    if np.shape(weights) != np.shape(a):
        weights = np.reshape(weights, [n if i in normalize_axes(axis, a.ndim) else 1 for i, n in enumerate(a.shape)])
        weights = np.broadcast_to(weights, a.shape)
    dtype = np.result_type(a.dtype, weights.dtype)
    x, weights = wide(a), wide(np.astype(weights, dtype))
    total = np.sum(weights, axis, keepdims=keepdims)
    verify(value_of(total != 0), "Weights sum to zero, can't be normalized", ZeroDivisionError)
    return narrowed(np.sum(x * weights, axis, keepdims=keepdims) / total, dtype)


# ----- norms and exponential sums -----


def _euclidean_norm(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.sqrt(np.sum(squared(x), axis if axis is None else normalize_axes(axis, x.ndim), keepdims=keepdims))


def _is_exact(squares: Array) -> bool:
    """Tell whether none of the sums has overflowed, or lost digits below the smallest normal number."""
    limits = np.finfo(squares.dtype)
    return everywhere((squares < np.inf) & (squares > limits.tiny / limits.eps))


def _near_one(x: Array, axis: Axis) -> Array:
    """Return `x` with the largest element of all that make one norm between 1 and 2, by a power of two."""
    top = np.max(np.abs(x), normalize_axes(axis, x.ndim), keepdims=True)
    limits = np.finfo(x.dtype)
    size = np.floor(np.log2(np.clip(top, limits.tiny, limits.max)))  # a step: the derivative by the scale is 0
    return x / np.where(top == 0, 1, np.exp2(size))


def _norm_rule(g: Array, y: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """``x / y``, and 0 where the norm is 0; also where `y`, which is NumPy's, has overflowed or lost its digits."""
    kept = keepdims_shape(x.shape, axis)
    if _is_exact(y * y):
        return (g / y).reshape(kept) * x.conj()
    x = _near_one(wide(x), axis)
    y = euclidean_norm(x, axis=axis, keepdims=True)
    return np.where(y == 0, 0, g.reshape(kept) / y) * x.conj()


def _norm_apex(at: Array, slope: Array, y: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    kept = keepdims_shape(x.shape, axis)
    return np.where(at.reshape(kept), slope.reshape(kept) * x.conj(), 0)


euclidean_norm = custom(
    _euclidean_norm, _norm_rule, settings="axis keepdims", axes="axis", apex=_norm_apex, complex=True, analytic=False
)


def _power_norm(x: Array, p: float, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.sum(np.abs(x) ** p, axis, keepdims=keepdims) ** (1 / p)


def _power_norm_rule(g: Array, y: Array, x: Array, p: float, axis: Axis) -> Array:
    """``sign(x) |x/y|^(p-1)``, and 0 where the norm is 0; see `_norm_rule`."""
    g, y = (a.reshape(keepdims_shape(x.shape, axis)) for a in (g, y))
    if not _is_exact(y**p):
        x = _near_one(wide(x), axis)
        y = power_norm(x, p=p, axis=normalize_axes(axis, x.ndim), keepdims=True)
    return np.where(y == 0, 0, g * np.sign(x).conj() * (np.abs(x) / y) ** (p - 1))


power_norm = custom(
    _power_norm, _power_norm_rule, settings="p axis keepdims", axes="axis", complex=True, analytic=False
)


@composite(np.linalg.vector_norm, complex=True)
def vector_norm(x: Array, *, axis: Axis = None, keepdims: bool = False, ord: float | None = 2) -> Array:  # noqa: A002 - NumPy's name
    axes = normalize_axes(axis, x.ndim)
    if ord is None or ord == 2:  # noqa: PLR2004 - the square root of the sum of squares
        return euclidean_norm(x, axis=axes, keepdims=keepdims)
    size = np.abs(x)
    if ord == np.inf:
        return _largest(size, axes, keepdims)
    if ord == -np.inf:
        return np.min(size, axes, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(size.dtype), axes, keepdims=keepdims)
    return np.sum(size, axes, keepdims=keepdims) if ord == 1 else power_norm(x, ord, axes, keepdims)


@composite(np.linalg.matrix_norm, complex=True)
def matrix_norm(x: Array, *, keepdims: bool = False, ord: float | str | None = "fro") -> Array:  # noqa: A002 - NumPy's name
    return norm(x, ord, (-2, -1), keepdims)


@composite(np.linalg.norm, complex=True)
def norm(x: Array, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Array:  # noqa: A002 - NumPy's name
    if ord is None:
        return vector_norm(x, axis=axis, keepdims=keepdims)
    axes = tuple(range(x.ndim)) if axis is None else as_tuple(axis)
    if len(axes) == 1 and not isinstance(ord, str):
        return vector_norm(x, axis=axes, keepdims=keepdims, ord=ord)
    if len(axes) == 2 and ord == "fro":  # noqa: PLR2004 - a matrix has two axes
        return euclidean_norm(x, axis=axes, keepdims=keepdims)
    if len(axes) == 2 and ord in (1, -1, np.inf, -np.inf):  # noqa: PLR2004
        return _matrix_norm(np.abs(x), ord, axes, keepdims)
    why = "Write np.linalg.norm(t), which is the root of the sum of all squares, or give ord='fro', 1 or np.inf"
    raise errors.UnsupportedError(errors.UNSUPPORTED.format(name=f"linalg.norm with ord={ord!r}", why=why))


def _matrix_norm(size: Array, ord: float, axes: tuple[int, ...], keepdims: bool) -> Array:  # noqa: A002 - NumPy's name
    """The largest (for a negative `ord` the smallest) sum of a column (1) or a row (inf)."""
    inner, outer = axes if abs(ord) == 1 else axes[::-1]
    sums = np.sum(size, inner, keepdims=True)
    extreme = _largest(sums, outer, True) if ord > 0 else np.min(sums, outer, keepdims=True)
    return extreme if keepdims else np.squeeze(extreme, axes)


def _largest(size: Array, axis: Axis, keepdims: bool) -> Array:
    """Return the largest of absolute values; of none 0, as their sum is."""
    return (np.max if reduced_size(size.shape, axis) else np.sum)(size, axis, keepdims=keepdims)


_LOWEST = {np.dtype(t): np.finfo(t).min for t in (np.half, np.single, np.double, np.longdouble)}
_HIGHEST = {dtype: -lowest for dtype, lowest in _LOWEST.items()}


def _top(a: Array, axes: Axis) -> Array:
    """Return the largest elements, which exponents are taken from; the lowest number where there is none but -inf."""
    top = a.max(axes, keepdims=True) if a.size else np.full(keepdims_shape(a.shape, axes), -np.inf, a.dtype)
    return np.maximum(top, _LOWEST.get(a.dtype, -np.inf))


def _below_top(a: Array, axes: Axis) -> Array:
    """Return how far each element is from the largest: 0 also for infinities that are the largest."""
    top = _top(a, axes)
    return a - top if everywhere(top < np.inf) else np.where(a == top, 0, a - top)


@operation(
    custom, lambda g, y, axis: y * (g - (wide(g) * y).sum(axis, keepdims=True)),
    settings="axis", axes="axis", formula="softmax",
)  # fmt: skip
def softmax(a: A, axis: Axis = -1) -> A:
    """Return ``exp(a) / sum(exp(a))``, the sum along one or several axes: positive numbers that sum to 1.

    Parameters
    ----------
    a : Tensor or array, of any shape
        Scores. Where all of them are minus infinity, as in a row that is masked throughout, the result is 0;
        where some are infinite, those share all the weight.
    axis : int, tuple of int or None
        Along which the results sum to 1; None for all.

    Returns
    -------
    Tensor or array, of the shape of `a`
        The weights. No score is too large for them.

    See Also
    --------
    log_softmax : Their logarithm, exact also where a weight underflows to 0.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.softmax(ag.Tensor([[0.0, np.log(3)], [1000.0, 0.0]]), axis=1)
    Tensor([[0.25, 0.75],
            [1.  , 0.  ]], dtype=float64, op=softmax)
    """
    x: Array = wide(a)
    x = np.minimum(x, _HIGHEST.get(x.dtype, np.inf))  # next to it all that is finite weighs nothing
    e = np.exp(x - _top(x, axis))
    return narrowed(e / np.maximum(e.sum(axis, keepdims=True), 1.0), a.dtype)  # the largest alone contributes 1


@operation(
    custom, lambda g, y, axis: g - np.exp(y) * wide(g).sum(axis, keepdims=True),
    settings="axis", axes="axis", formula="log_softmax",
)  # fmt: skip
def log_softmax(a: A, axis: Axis = -1) -> A:
    """Return ``a - log(sum(exp(a)))``, the sum along one or several axes: the logarithm of `softmax`.

    Parameters
    ----------
    a : Tensor or array, of any shape
        Scores.
    axis : int, tuple of int or None
        Along which the exponentials of the results sum to 1; None for all.

    Returns
    -------
    Tensor or array, of the shape of `a`
        Negative numbers, exact where the weight itself would underflow to 0.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.log_softmax(ag.Tensor([0.0, 1000.0]))
    Tensor([-1000.,     0.], dtype=float64, op=log_softmax)
    """
    shifted = _below_top(wide(a), axis)
    return narrowed(shifted - np.log(np.maximum(np.exp(shifted).sum(axis, keepdims=True), 1.0)), a.dtype)


@operation(
    custom,
    lambda g, a, axis: g.reshape(keepdims_shape(a.shape, axis)) * softmax(wide(a), normalize_axes(axis, a.ndim)),
    settings="axis keepdims",
    axes="axis",
    formula="logsumexp",
)
def logsumexp(a: A, axis: Axis = None, keepdims: bool = False) -> A:
    """Return ``log(sum(exp(a)))`` without overflow: a smooth maximum.

    Parameters
    ----------
    a : Tensor or array, of any shape
        Numbers.
    axis : int, tuple of int or None
        Along which is summed; None, the default, for all.
    keepdims : bool
        Whether these axes stay, with length 1.

    Returns
    -------
    Tensor or array, of the shape of `a` without the axes
        At least the largest of the numbers. The derivative is ``softmax(a)``.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.logsumexp(ag.Tensor([[1000.0, 1000.0], [0.0, -1000.0]]), axis=1).round(6).tolist()
    [1000.693147, 0.0]
    """
    array: Array = a
    axes, x = normalize_axes(axis, array.ndim), wide(array)
    top = _top(x, axes)
    top = np.where(top == np.inf, 0, top)
    with np.errstate(divide="ignore", over="ignore"):  # the logarithm of an empty sum is -inf, of an infinite one inf
        total = narrowed(np.log(np.sum(np.exp(x - top), axes, keepdims=True)) + top, array.dtype)
    return total if keepdims else total.reshape([n for i, n in enumerate(array.shape) if i not in axes])
