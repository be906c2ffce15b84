"""Functions of sampled data: moments that skip nan, quantiles, differences and integrals, interpolation, convolution.

All are definitions in terms of other operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import ArrayLike
from autograd_lite.base.shapes import Array, Axis, keepdims_shape, narrowed, normalize_axes, reduced_size, wide
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.operands import with_shape
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules.common import detached, divided
from autograd_lite.rules.indexing import sliding_window_view, take
from autograd_lite.rules.norms import euclidean_norm, squared

# ----- over numbers only -----


def _filled(a: Array, value: float) -> Array:
    return np.where(np.isnan(a), value, a)


@composite(np.nansum, complex=True)
def nansum(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.sum(_filled(a, 0), axis, keepdims=keepdims)


@composite(np.nanprod, complex=True)
def nanprod(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.prod(_filled(a, 1), axis, keepdims=keepdims)


@composite(np.nancumsum, complex=True)
def nancumsum(a: Array, axis: int | None = None) -> Array:
    return np.cumsum(_filled(a, 0), axis)


@composite(np.nancumprod, complex=True)
def nancumprod(a: Array, axis: int | None = None) -> Array:
    return np.cumprod(_filled(a, 1), axis)


@composite(np.nanmax)
def nanmax(a: Array, axis: Any = None, keepdims: bool = False) -> Array:
    top = np.max(_filled(a, -np.inf), axis, keepdims=keepdims)
    return np.where(np.all(np.isnan(a), axis, keepdims=keepdims), np.nan, top)


@composite(np.nanmin)
def nanmin(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return -nanmax(-a, axis, keepdims)


def _count(a: Array, axis: Axis, keepdims: bool) -> Array:
    return np.sum(~np.isnan(a), axis, keepdims=keepdims)


def _degrees_of_freedom(a: Array, axis: Axis, ddof: float, keepdims: bool) -> Array:
    """Return how many numbers there are beyond `ddof`; nan where that is none."""
    count = _count(a, axis, keepdims) - ddof
    return np.where(count > 0, count, np.nan)


@composite(np.nanmean, complex=True)
def nanmean(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return narrowed(divided(nansum(wide(a), axis, keepdims), _count(a, axis, keepdims)), a.dtype)


@composite(np.nanvar, complex=True)
def nanvar(a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    centred = _centred(a, axis)
    total = np.sum(squared(centred), axis, keepdims=keepdims)
    return narrowed(divided(total, _degrees_of_freedom(a, axis, ddof, keepdims)), a.dtype)


@composite(np.nanstd, complex=True)
def nanstd(a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    size = euclidean_norm(_centred(a, axis), axis=axis, keepdims=keepdims)
    return narrowed(divided(size, np.sqrt(_degrees_of_freedom(a, axis, ddof, keepdims))), a.dtype)


def _centred(a: Array, axis: Axis) -> Array:
    x = wide(a)
    return _filled(x - nanmean(x, axis, keepdims=True), 0)


# ----- order statistics -----


@composite(np.quantile)
def quantile(a: Array, q: Any, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """The elements in order, and between two of them the chord, as NumPy's default method has it.

    At an element the slope by `q` is that of the chord to the right, at the last one that to the left.
    """
    a = with_shape(a)
    axes = normalize_axes(axis, a.ndim)
    kept = keepdims_shape(a.shape, axis)
    rest = [i for i in range(a.ndim) if i not in axes]
    flat = np.transpose(a, [*rest, *axes]).reshape([*(a.shape[i] for i in rest), reduced_size(a.shape, axis)])
    ordered = np.sort(flat, -1)
    place = _place(q, flat.shape[-1])
    below, at, above = _neighbours(place, flat.shape[-1])
    between = float(place - at) if isinstance(q, (int, float)) else place - at  # a number leaves the dtype of `a`
    bottom = take(ordered, below, -1)
    value = bottom + (take(ordered, above, -1) - bottom) * between
    last = ordered[(..., -1, *(None,) * place.ndim)]  # a nan is sorted last, and makes everything nan
    value = np.where(np.isnan(last), last, value)
    value = np.moveaxis(value, range(len(rest), value.ndim), range(place.ndim))
    return value.reshape((*place.shape, *kept)) if keepdims else value


def _place(q: Any, n: int) -> Array:
    """Return where quantiles lie among `n` elements in order."""
    shares = with_shape(q)
    plain = detached(shares)
    given = "a Tensor" if isinstance(q, ArrayLike) else q
    verify((plain >= 0) & (plain <= 1), errors.QUANTILE.format(given=given), errors.ArgumentError)
    return shares * (n - 1)


def _neighbours(place: Array, n: int) -> tuple[Array, Array, Array]:
    """Return the elements before and after places, and where the first is; one with a derivative is between two."""
    plain = detached(place)
    below, above = np.floor(plain), np.ceil(plain)
    if getattr(place, "requires_grad", False):
        below = np.minimum(below, max(n - 2, 0))
        above = np.minimum(below + 1, n - 1)
    return below.astype(int), below, above.astype(int)


@composite(np.percentile)
def percentile(a: Array, q: Any, axis: Axis = None, *, keepdims: bool = False) -> Array:
    return quantile(a, np.true_divide(q, 100), axis, keepdims=keepdims)


@composite(np.median)
def median(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    if not reduced_size(a.shape, axis):  # nan, with NumPy's warning
        return np.mean(a, axis, keepdims=keepdims)
    return quantile(a, 0.5, axis, keepdims=keepdims)


# ----- differences -----


@composite(np.diff, complex=True)
def diff(a: Array, n: int = 1, axis: int = -1, prepend: Array = None, append: Array = None) -> Array:
    if n == 0:
        return a
    ends = [None if end is None else _as_end(end, a, axis) for end in (prepend, append)]
    a = np.concatenate([part for part in (ends[0], a, ends[1]) if part is not None], axis)
    before = (slice(None),) * (axis % a.ndim)
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


def _as_end(end: Array, a: Array, axis: int) -> Array:
    """A number stands for a whole slice."""
    return end if np.ndim(end) else np.broadcast_to(end, keepdims_shape(a.shape, axis))


@composite(np.ediff1d, complex=True)
def ediff1d(ary: Array, to_end: Array = None, to_begin: Array = None) -> Array:
    ends = [None if end is None else np.astype(np.ravel(with_shape(end)), ary.dtype) for end in (to_begin, to_end)]
    return np.concatenate([part for part in (ends[0], diff(np.ravel(ary)), ends[1]) if part is not None])


@composite(np.trapezoid, complex=True)
def trapezoid(y: Array, x: Array = None, dx: float = 1.0, axis: int = -1) -> Array:
    y = np.moveaxis(with_shape(y), axis, -1)
    if x is not None:
        x = with_shape(x)
        dx = diff(x if x.ndim == 1 else np.moveaxis(x, axis, -1))
    return np.sum(dx * (y[..., 1:] + y[..., :-1]) / 2, -1)


# ----- interpolation -----


@composite(np.interp, complex=True)
def interp(x: Array, xp: Array, fp: Array, left: Array = None, right: Array = None) -> Array:
    """The chord between the two points around `x`; the end values outside."""
    low = np.clip(np.searchsorted(xp, x, "right") - 1, 0, np.size(xp) - 2)
    x0, x1, y0, y1 = (take(np.ravel(a), i) for a in (xp, fp) for i in (low, low + 1))
    inside = y0 + (y1 - y0) / (x1 - x0) * (x - x0)
    ends = [take(np.ravel(fp), i) if given is None else given for given, i in ((left, 0), (right, -1))]
    first, last = (take(np.ravel(xp), i) for i in (0, -1))
    y = np.where(x < first, ends[0], np.where(x > last, ends[1], inside))
    return np.astype(y, np.result_type(y.dtype, np.float64))


# ----- convolution -----


@composite(np.convolve, complex=True)
def convolve(a: Array, v: Array, mode: str = "full") -> Array:
    """The windows of the longer sequence, between zeros, times the shorter one backwards."""
    a, v = np.atleast_1d(a), np.atleast_1d(v)
    longer, shorter = (v, a) if v.size > a.size else (a, v)
    margin = shorter.size - 1
    around = {"full": (margin, margin), "same": (margin - margin // 2, margin // 2), "valid": (0, 0)}.get(mode)
    if around is None:
        raise errors.ShapeError(f"convolve has no mode {mode!r}. Write mode='full', 'same' or 'valid'")
    return np.matmul(sliding_window_view(np.pad(longer, around), shorter.size), np.flip(shorter))


@composite(np.correlate, complex=True)
def correlate(a: Array, v: Array, mode: str = "valid") -> Array:
    return convolve(a, np.flip(np.atleast_1d(v)).conj(), mode)

