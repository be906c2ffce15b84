"""Norms of vectors and matrices.

The gradient of a norm, and of a standard deviation, is 0 where its value is 0: the element of the subdifferential that
is smallest. (What is smooth there in spite of it, as the square of a norm, keeps its second derivative: see
`sweep.at_apex`.) Where squares have overflowed or lost their digits, the value is NumPy's and the gradient the right
one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import (
    Array,
    Axis,
    everywhere,
    keepdims_shape,
    normalize_axes,
    reduced_size,
    wide,
)  # fmt: skip
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import custom
from autograd_lite.rules.common import as_tuple


def squared(x: Array) -> Array:
    """Return the square of the absolute value, which is real."""
    return np.square(x.real) + np.square(x.imag) if x.dtype.kind == "c" else x * x


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
    _euclidean_norm, _norm_rule, settings="axis keepdims", axes="axis", apex=_norm_apex, complex=True, analytic=False,
    derivative="{g} * x / {y}",
)  # fmt: skip


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
    if len(axes) == 2 and ord in (2, -2, "nuc"):  # noqa: PLR2004
        return _spectral_norm(x, ord, axes, keepdims)
    raise ValueError(f"Invalid norm order {ord!r} for {len(axes)} axes")  # which NumPy says in its own words


def _spectral_norm(x: Array, ord: float | str, axes: tuple[int, ...], keepdims: bool) -> Array:  # noqa: A002 - NumPy's name
    """The sum of the singular values, the largest or the smallest; of none 0."""
    s = np.linalg.svdvals(np.moveaxis(x, axes, (-2, -1)))
    y = np.sum(s, -1) if ord == "nuc" or not s.shape[-1] else s[..., 0 if ord == 2 else -1]  # noqa: PLR2004
    return np.reshape(y, keepdims_shape(x.shape, axes)) if keepdims else y


def _matrix_norm(size: Array, ord: float, axes: tuple[int, ...], keepdims: bool) -> Array:  # noqa: A002 - NumPy's name
    """The largest (for a negative `ord` the smallest) sum of a column (1) or a row (inf)."""
    inner, outer = axes if abs(ord) == 1 else axes[::-1]
    sums = np.sum(size, inner, keepdims=True)
    extreme = _largest(sums, outer, True) if ord > 0 else np.min(sums, outer, keepdims=True)
    return extreme if keepdims else np.squeeze(extreme, axes)


def _largest(size: Array, axis: Axis, keepdims: bool) -> Array:
    """Return the largest of absolute values; of none 0, as their sum is."""
    if reduced_size(size.shape, axis):
        return np.max(size, axis, keepdims=keepdims)
    return np.sum(size, axis, keepdims=keepdims)
