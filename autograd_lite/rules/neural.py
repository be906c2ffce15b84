"""Losses as single operations: the expression's value and gradient in fewer steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import size_of
from autograd_lite.base.elsewhere import foreign
from autograd_lite.base.shapes import A, Array, Shape, fitting, narrowed, wide
from autograd_lite.engine.forms import custom, linear, operation
from autograd_lite.engine.op import recorder_of
from autograd_lite.rules import parts
from autograd_lite.rules.common import divided
from autograd_lite.rules.indexing import getitem, scatter


def check_pair(p: Array, y: Array) -> None:
    """Refuse a prediction and a truth of different shapes: silent broadcasting of a loss hides a forgotten axis."""
    if getattr(p, "shape", ()) != getattr(y, "shape", ()):
        shapes = {"given": np.shape(y), "wanted": np.shape(p)}
        raise errors.ShapeError(errors.LOSS_SHAPES.format(**shapes, instead=fitting_target(**shapes)))


def fitting_target(given: Shape, wanted: Shape) -> str:
    """Return what makes a target of one shape one of another, or both fit each other."""
    found = fitting("target", given, wanted)
    if found is not None:
        return f"{found} if that is meant"
    rows = min(given[:1] + wanted[:1], default=0)
    if given[1:] == wanted[1:] and rows:
        return f"input[:{rows}], target[:{rows}] if the rows beyond belong to nothing"
    return f"a target like np.zeros({wanted})"


@operation(custom, lambda g, p, target: g * (p - target), lambda g, p, target: g * (target - p))
def half_squared_error(p: A, target: Array) -> A:
    """Return ``sum((p - target)^2) / 2``, whose derivative by `p` is the plain difference ``p - target``.

    Parameters
    ----------
    p, target : Tensor or array, of the same shape
        Prediction and truth.

    Returns
    -------
    Tensor or number, of shape ()
        The loss.

    Raises
    ------
    ShapeError
        Shapes that differ: broadcasting here would hide a forgotten axis.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.half_squared_error(ag.Tensor([1.0, 2.0]), np.array([0.0, 0.0])).item()
    2.5
    """
    check_pair(p, target)
    d = p - target
    x = wide(d)
    return narrowed(0.5 * (x * x).sum(), d.dtype)


@operation(
    custom,
    lambda g, p, target: (2 * wide(g) / size_of(p)) * (p - target),
    lambda g, p, target: (2 * wide(g) / size_of(p)) * (target - p),
)
def mean_squared_error(p: A, target: Array) -> A:
    """Return ``mean((p - target)^2)`` over all elements.

    Parameters
    ----------
    p, target : Tensor or array, of the same shape
        Prediction and truth.

    Returns
    -------
    Tensor or number, of shape ()
        The loss. Its derivative by `p` is ``2 (p - target) / n`` for `n` elements.

    Raises
    ------
    ShapeError
        Shapes that differ: broadcasting here would hide a forgotten axis.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.mean_squared_error(ag.Tensor([1.0, 3.0]), np.array([0.0, 0.0])).item()
    5.0
    """
    check_pair(p, target)
    d = p - target
    x = wide(d)
    return narrowed((x * x).sum() / size_of(d), d.dtype)


def _places(classes: Array) -> tuple[Array, ...]:
    """Return the index of the scores of the classes, which count along axis 1, or along the only one."""
    shape = classes.shape
    grid = [np.arange(n).reshape((n,) + (1,) * (len(shape) - 1 - i)) for i, n in enumerate(shape)]
    return (*grid[:1], classes, *grid[1:])


def _nll_loss(scores: Array, classes: Array, reduction: str) -> Array:
    """Minus the scores of the classes, shape (batch, classes, ...), and what is made of those of a batch."""
    if not scores.__class__ is classes.__class__ is np.ndarray and foreign(scores, classes) is not None:
        axis = min(scores.ndim - 1, 1)
        picked: Array = parts.at_hits(scores, parts.hits(classes, scores.shape[axis], axis, scores), axis)
    else:
        picked = getitem(scores, key=_places(classes))
    if reduction == "none":
        return -picked
    total = -wide(picked).sum()
    return narrowed(total / size_of(picked) if reduction == "mean" else total, picked.dtype)


def _nll_share(g: Array, scores_shape: Shape, classes: Array, reduction: str) -> Array:
    share = divided(-g, size_of(classes)) if reduction == "mean" else -g
    plain = classes.__class__ is np.ndarray and isinstance(g, (np.ndarray, np.generic))
    if not plain and foreign(g, classes) is not None:
        axis = min(len(scores_shape) - 1, 1)
        hit = parts.hits(classes, scores_shape[axis], axis, g)
        return np.where(hit, np.expand_dims(share, axis) if share.ndim else share, 0)
    if recorder_of(g, classes) is not None:
        return scatter(np.broadcast_to(share, np.shape(classes)), key=_places(classes), shape=scores_shape)
    out = np.zeros(scores_shape, g.dtype)
    out[_places(classes)] = share  # no place occurs twice
    return out


def _nll_derivative(shapes: Any, settings: Any) -> tuple[str | None, None]:
    """The derivative as a learner writes it, where classes count along the last axis."""
    scores, classes = shapes
    if len(scores) > 2:  # noqa: PLR2004 - positions behind the axis of classes
        return None, None
    g = "g[:, None]" if classes and settings["reduction"] == "none" else "g"
    count = f" / {classes[0]}" if classes and settings["reduction"] == "mean" else ""
    return f"-{g} * (np.arange({scores[-1]}) == {'classes[:, None]' if classes else 'classes'}){count}", None


nll_loss = linear(
    _nll_loss, _nll_share, None, settings="reduction", selects=True, formula="nll_loss", derivative=_nll_derivative,
)  # fmt: skip
