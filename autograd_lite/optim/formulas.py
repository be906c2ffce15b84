"""What the formulas of several optimisers have in common.

Numbers that follow from the count of steps are floats of Python, or in a compiled function float64 without axes.
Their dtype counts, so that `weak` makes it that of the parameters where they meet.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import is_set, number


def weak(x: Any, like: Array) -> Any:
    """Return a number that leaves the dtype of an array as it is."""
    return x if x.__class__ is float else x.astype(like.dtype)


def mixed(old: Array, new: Array, share: Any) -> Array:
    """Return ``(1 - share) old + share new``: the next value of an exponential mean."""
    mean = new - old
    mean *= share
    mean += old
    return mean


def mixed_square(old: Array, g: Array, beta: Any) -> Array:
    """Return ``beta old + (1 - beta) g^2``: the next value of a mean of squares."""
    square = g * g
    square *= 1 - beta
    square += beta * old
    return square


def decayed(p: Array, g: Array, group: dict[str, Any]) -> tuple[Array, Array]:
    """Return parameter and gradient with the weight decay of a group.

    In the gradient, ``g + weight_decay p``; or in the parameter, ``(1 - lr weight_decay) p``, where it is decoupled: I.
    Loshchilov and F. Hutter, *Decoupled weight decay regularization*, ICLR 2019.
    """
    if not is_set(group, "weight_decay"):
        return p, g
    decay = number(group, "weight_decay")
    if "decoupled_weight_decay" in group and is_set(group, "decoupled_weight_decay"):
        return p * (1 - number(group, "lr") * decay), g
    return p, g + decay * p


