"""Sentences about a Tensor: what it is called in a message, and what cannot be done with it.

Nothing here needs the class Tensor: the functions read its attributes.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.graph import is_grad_enabled
from autograd_lite.op import Op


def describe(t: Any) -> str:
    """Return how a message calls a Tensor: its name where it has one, its shape, and what made it."""
    called = f"the Tensor {t.name!r}" if t.name else "a Tensor"
    made = f", made by {t._op.name}" if t._op is not None else ""
    return f"{called} of shape {t.shape}{made}"


def expression(t: Any) -> str:
    """Return what stands for the Tensor in the line a message proposes."""
    return t.name if t.name and t.name.isidentifier() else "t"


def no_path(t: Any) -> NoReturn:
    """Refuse a derivative of what no gradient flows to, naming the cause where it shows."""
    cause = ""
    if t._op is not None and not t._op.rules:
        cause = f" ({t._op.name} has no derivative)"
    elif not is_grad_enabled():
        cause = " (recording is off here)"
    raise errors.NoPathError(errors.NO_PATH.format(what=describe(t), cause=cause))


def differentiable(t: Any) -> None:
    """Refuse to track data that have no gradient."""
    if t.dtype.kind != "f":
        text = errors.COMPLEX_GRAD if t.dtype.kind == "c" else errors.INTEGER_GRAD
        raise errors.GradientDtypeError(text.format(what=describe(t), dtype=t.dtype))


def recorded_leaf(t: Any, what: str, instead: str) -> None:
    """Refuse a recorded change in place of a Tensor whose gradient the user waits for."""
    if t.requires_grad and t.is_leaf and is_grad_enabled():
        raise errors.LeafMutationError(errors.LEAF_MUTATION.format(op=what, what=describe(t), instead=instead))


def conversion(t: Any, call: str, instead: str) -> None:
    """Refuse to hand out the value of a recorded Tensor where its derivative would be lost."""
    if t.requires_grad and is_grad_enabled():
        raise errors.ConversionError(errors.CONVERSION.format(call=call, what=describe(t), instead=instead))


def complex_result(op: Op, dtype: Any) -> NoReturn:
    what = f"the result of {op.name}"
    text = errors.COMPLEX_GRAD if dtype.kind == "c" else errors.INTEGER_GRAD
    raise errors.GradientDtypeError(text.format(what=what, dtype=dtype))


def seed(t: Any, given: Any) -> None:
    """Refuse a seed that does not fit, before any rule runs."""
    names = {"what": describe(t), "expr": expression(t), "shape": t.shape}
    if given.shape != t.shape:
        raise errors.SeedError(errors.SEED_SHAPE.format(given=given.shape, **names))
    if given.dtype.kind == "c" and t.dtype.kind != "c":
        raise errors.SeedError(errors.SEED_COMPLEX.format(given=given.dtype, dtype=t.dtype, **names))


def non_scalar(t: Any) -> NoReturn:
    raise errors.NonScalarError(errors.NON_SCALAR.format(what=describe(t), expr=expression(t), shape=t.shape))


def copy_of_node(t: Any, call: str) -> None:
    if not t.is_leaf:
        raise errors.CopyError(errors.NON_LEAF_COPY.format(call=call, what=describe(t)))


def in_place(t: Any, result: Any, what: str) -> None:
    """Refuse a result that its target cannot hold: another shape, or a dtype of a higher kind."""
    if result.shape != t.shape:
        given, shape, instead = f"shape {result.shape}", f"shape {t.shape}", "t = t + v"
    elif not np.can_cast(result.dtype, t.dtype, "same_kind"):
        given, shape, instead = f"dtype {result.dtype}", f"dtype {t.dtype}", f"t = t.astype({result.dtype})"
    else:
        return
    text = errors.IN_PLACE.format(op=what, given=given, what=describe(t), shape=shape, instead=instead)
    raise errors.InPlaceError(text)


def hook_result(node: Any, changed: Any) -> None:
    if changed.shape != node.shape:
        name = "leaf" if node.op is None else node.op.name
        text = errors.RULE_SHAPE.format(op=f"a hook of {name}", given=changed.shape, shape=node.shape)
        raise errors.RuleError(text)
