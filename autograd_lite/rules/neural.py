"""Losses as single operations: the expression's value and gradient in fewer steps."""

from __future__ import annotations

import numpy as np

from autograd_lite import errors
from autograd_lite.op import custom
from autograd_lite.shapes import Array, narrowed, wide


def _difference(p: Array, y: Array) -> Array:
    """Return ``p - y`` for equal shapes; silent broadcasting of a loss hides a forgotten axis."""
    if getattr(p, "shape", ()) != getattr(y, "shape", ()):
        raise errors.ShapeError(
            f"the prediction has shape {np.shape(p)} and the target {np.shape(y)}: a loss compares element by element. "
            f"Write target.reshape({np.shape(p)}), or np.broadcast_to(target, {np.shape(p)}) if that is meant"
        )
    return p - y


def _half_squared_error(p: Array, target: Array) -> Array:
    d = _difference(p, target)
    x = wide(d)
    return narrowed(0.5 * (x * x).sum(), d.dtype)


half_squared_error = custom(
    _half_squared_error, lambda g, p, target: g * (p - target), lambda g, p, target: g * (target - p)
)


def _mean_squared_error(p: Array, target: Array) -> Array:
    d = _difference(p, target)
    x = wide(d)
    return narrowed((x * x).mean(), d.dtype)


mean_squared_error = custom(
    _mean_squared_error,
    lambda g, p, target: (2 * wide(g) / np.size(p)) * (p - target),
    lambda g, p, target: (2 * wide(g) / np.size(p)) * (target - p),
)
