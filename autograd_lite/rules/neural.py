"""Losses as single operations: the expression's value and gradient in fewer steps."""

from __future__ import annotations

import numpy as np

from autograd_lite import errors
from autograd_lite.op import custom
from autograd_lite.shapes import Array, Shape, fitting


def _difference(p: Array, y: Array) -> Array:
    """Return ``p - y`` for equal shapes; silent broadcasting of a loss hides a forgotten axis."""
    if getattr(p, "shape", ()) != getattr(y, "shape", ()):
        shapes = {"given": np.shape(y), "wanted": np.shape(p)}
        raise errors.ShapeError(errors.LOSS_SHAPES.format(**shapes, instead=fitting_target(**shapes)))
    return p - y


def fitting_target(given: Shape, wanted: Shape) -> str:
    """Return what makes a target of one shape one of another, or both fit each other."""
    found = fitting("target", given, wanted)
    if found is not None:
        return f"{found} if that is meant"
    rows = min(given[:1] + wanted[:1], default=0)
    if given[1:] == wanted[1:] and rows:
        return f"input[:{rows}], target[:{rows}] if the rows beyond belong to nothing"
    return f"a target like np.zeros({wanted})"


def _half_squared_error(p: Array, target: Array) -> Array:
    d = _difference(p, target)
    return 0.5 * (d * d).sum()


half_squared_error = custom(
    _half_squared_error, lambda g, p, target: g * (p - target), lambda g, p, target: g * (target - p)
)


def _mean_squared_error(p: Array, target: Array) -> Array:
    d = _difference(p, target)
    return (d * d).mean()


mean_squared_error = custom(
    _mean_squared_error,
    lambda g, p, target: (2 * g / np.size(p)) * (p - target),
    lambda g, p, target: (2 * g / np.size(p)) * (target - p),
)
