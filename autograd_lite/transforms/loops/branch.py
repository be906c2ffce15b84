"""`cond`: one of two functions; both, and a choice between their results, where the condition is not one value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import ArrayLike, dtype_of, is_batch, is_numbers
from autograd_lite.engine.covered import uncovered
from autograd_lite.engine.record import Handle, array_of
from autograd_lite.engine.watchpoints import traced
from autograd_lite.tree import flatten, unflatten


def cond(pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], *operands: Any) -> Any:
    """Return ``true_fun(*operands)`` if a condition holds, and ``false_fun(*operands)`` if it does not.

    Parameters
    ----------
    pred : bool, or array of one truth value
        The condition; no derivative flows through it.
    true_fun, false_fun : callable
        Written with NumPy. They return the same structure, shapes and dtypes where both are evaluated.
    *operands
        What they take.

    Returns
    -------
    tree of arrays
        What the chosen one returned.

    Raises
    ------
    LoopError
        The condition is not one truth value, or both were evaluated and return what cannot be chosen between.

    Notes
    -----
    Where each example has a condition of its own, inside of `vmap`, and in a compiled function, both are evaluated and
    `np.where` chooses, silently; what would be infinite or undefined in the other one does not reach the derivative.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> def root(x):
    ...     return cond(x > 0, np.sqrt, lambda x: 0 * x, x)
    >>> ag.grad(root)(4.0), ag.grad(root)(-4.0)
    (np.float64(0.25), np.float64(0.0))
    """
    condition = truth(pred, "cond")
    if not isinstance(condition, ArrayLike):
        return uncovered(true_fun if condition else false_fun, operands, {})
    with np.errstate(all="ignore"):
        yes, structure = flatten(uncovered(true_fun, operands, {}))
        no, other = flatten(uncovered(false_fun, operands, {}))
    if structure != other:
        raise errors.LoopError(errors.BRANCHES.format(what="trees that are built differently"))
    return unflatten(structure, [_chosen(condition, a, b) for a, b in zip(yes, no, strict=True)])


def truth(pred: Any, transform: str) -> Any:
    """Return a condition as a truth value; an array that stands for one where it differs or is not known."""
    array = array_of(pred) if isinstance(pred, Handle) else pred
    if not is_numbers(array) or np.shape(array) != ():
        given = f"an array of shape {np.shape(array)}" if is_numbers(array) else f"a {type(array).__name__}"
        raise errors.LoopError(errors.LOOP_CONDITION.format(transform=transform, given=given))
    open_ = is_batch(array) or (traced() and isinstance(array, ArrayLike))
    return array if open_ else bool(array)


def _chosen(condition: Any, a: Any, b: Any) -> Any:
    if not (is_numbers(a) and is_numbers(b)):
        raise errors.LoopError(errors.BRANCHES.format(what=f"a {type(a).__name__} and a {type(b).__name__}"))
    if np.shape(a) != np.shape(b) or np.result_type(a, b) not in (dtype_of(a), dtype_of(b)):
        what = f"{dtype_of(a)} of shape {np.shape(a)} and {dtype_of(b)} of shape {np.shape(b)}"
        raise errors.LoopError(errors.BRANCHES.format(what=what))
    return np.where(condition, a, b)


