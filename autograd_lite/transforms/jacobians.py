"""`jacobian` and `hessian`: all derivatives of all results."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

import numpy as np

from autograd_lite import errors
from autograd_lite.base.functions import derived
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine.loans import lending
from autograd_lite.engine.op import Op
from autograd_lite.engine.watchpoints import traced
from autograd_lite.transforms.batches.rows import pulled, pushed
from autograd_lite.transforms.dependence import depends
from autograd_lite.transforms.holomorphic import mode_of
from autograd_lite.transforms.watched import Function, WatchedCall, call, node_of, one, places
from autograd_lite.tree import unflatten

P = ParamSpec("P")
_MODES = ("auto", "reverse", "forward")


def jacobian(
    f: Callable[P, Any], argnums: int | Sequence[int] = 0, has_aux: bool = False, mode: str = "auto",
    holomorphic: bool = False,
) -> Callable[P, Any]:  # fmt: skip
    """Return the function that computes all derivatives of all results of `f`.

    Parameters
    ----------
    f : callable
        Written with NumPy.
    argnums : int or sequence of int
        By which arguments to differentiate.
    has_aux : bool
        Whether `f` returns a pair, of which only the first is differentiated. The Jacobian then comes with the second.
    mode : str
        ``"reverse"`` sweeps for each number of the result, ``"forward"`` for each number of the arguments, all of them
        at once if memory allows; ``"auto"`` takes the smaller number. For real results of complex arguments it is
        always the reverse mode, for complex results of real arguments the forward one.
    holomorphic : bool
        Whether `f` is a holomorphic function of complex numbers with complex results. See `grad`.

    Returns
    -------
    callable
        Takes the arguments of `f`. The derivative of a result of shape ``r`` by an argument of shape ``a`` has shape
        ``r + a``. Where the result is a tree, the Jacobian is one like it, with a tree like the argument in the place
        of each leaf; for several `argnums` a tuple of those.

    Raises
    ------
    NoPathError
        The dependence of the result on the arguments was lost: by ``item()``, ``detach()``, ``no_grad()``.
    GradientDtypeError
        Arguments and results are complex, without `holomorphic`; as of `grad`.

    Warns
    -----
    IndependentWarning
        The result does not depend on any of the arguments: the Jacobian is 0.

    Examples
    --------
    >>> jacobian(lambda x: np.array([1.0, 2.0]) * np.sum(x**2))(np.array([1.0, 10.0]))
    array([[ 2., 20.],
           [ 4., 40.]])
    """
    if mode not in _MODES:
        raise errors.ArgumentError(errors.JACOBIAN_MODE.format(given=mode))

    return derived(_jacobian, jacobian, f, argnums, has_aux, mode, holomorphic)


@lending
def _jacobian(
    f: Function, argnums: Any, has_aux: bool, mode: str, holomorphic: bool, /, *args: Any, **kwargs: Any
) -> Any:
    done = call(f, args, kwargs, places(argnums, args, f), has_aux)
    depends(done, "jacobian")
    found = jacobian_of(done, mode_of(done, mode, holomorphic), one(argnums))
    return (found, done.auxiliary()) if has_aux else found


def jacobian_of(done: WatchedCall, mode: str = "auto", single: bool = True) -> Any:
    """Return all derivatives of all results of a call, by its one argument if it is a `single` one."""
    return _assembled(done, _blocks(mode, done), single)


def hessian(
    f: Callable[P, Any], argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[P, Any]:
    """Return the function that computes all second derivatives of `f`.

    Parameters
    ----------
    f : callable
        Written with NumPy; mostly returns one number.
    argnums, has_aux, holomorphic
        As for `jacobian`. Of a real result by complex numbers there are twice as many second derivatives as a complex
        block could hold: `hvp` gives them by directions.

    Returns
    -------
    callable
        Takes the arguments of `f`. For one array of shape ``a`` the result has shape ``a + a``; for a tree it is the
        tree of trees of such blocks.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    first = jacobian(f, argnums, has_aux, "reverse", holomorphic)
    return jacobian(first, argnums, has_aux, "auto", holomorphic)


def _blocks(mode: str, done: WatchedCall) -> list[Array | None]:
    """Return the block of each result by each input, None for a block of zeros, by the mode that can be had.

    Code of the user's may have a reverse rule only, which cannot be transposed; whether it can shows when it is tried.
    """
    if mode == "auto" and _pick(done) == "forward":
        try:
            return _by_columns(done)
        except errors.ForeignRuleError:
            return _by_rows(done)
    return _by_columns(done) if mode == "forward" else _by_rows(done)


def _pick(done: WatchedCall) -> str:
    """Return the mode with fewer sweeps; where they are even, the forward one, which need not keep anything."""
    if any(node.op is not None and node.op.jvp is None and _is_reverse_only(node.op) for node in done.reached):
        return "reverse"
    rows = sum(math.prod(node.shape) for y in done.results if (node := node_of(y)) is not None)
    columns = sum(math.prod(node.shape) for node in done.inputs)
    return "reverse" if rows < columns else "forward"


def _is_reverse_only(op: Op) -> bool:
    """Tell whether no forward rule can be derived; in a trace, where nothing may be tried, whether it is in doubt."""
    return op.cache.foreign or (op.opaque is not None and traced())


def _by_rows(done: WatchedCall) -> list[Array | None]:
    """Return the blocks by reverse sweeps."""
    blocks: list[Array | None] = []
    for y in done.results:
        node = node_of(y)
        if node is None or node not in done.reached:
            blocks += [None] * len(done.inputs)
        else:
            rows = pulled(done, node)
            blocks += [_shaped(row, node.shape + x.shape) for row, x in zip(rows, done.inputs, strict=True)]
    return blocks


def _by_columns(done: WatchedCall) -> list[Array | None]:
    """Return the same by forward sweeps, column by column."""
    table = []
    for k, x in enumerate(done.inputs):
        columns = pushed(done, k)
        moved = [None if c is None else np.moveaxis(c, 0, -1) for c in columns]
        table.append([_shaped(c, np.shape(y) + x.shape) for c, y in zip(moved, done.results, strict=True)])
    return [block for row in zip(*table, strict=True) for block in row]


def _shaped(block: Array | None, shape: Shape) -> Array | None:
    return None if block is None else block.reshape(shape)


def _assembled(done: WatchedCall, blocks: Sequence[Any], single: bool) -> Any:
    """Return the blocks as a tree like the result, with a tree like the arguments in the place of each leaf."""
    kinds = [(np.shape(y) + x.shape, _dtype(y, x.dtype)) for y in done.results for x in done.inputs]
    made = done.handed_out(blocks, done.given * len(done.results), kinds)
    n = len(done.inputs)
    rows = [done.assembled(made[i * n : (i + 1) * n], single) for i in range(len(done.results))]
    return unflatten(done.structure, rows)


def _dtype(y: Any, dtype: Any) -> Any:
    """Return the dtype of the derivative of a result: that of the argument, or complex where either is."""
    made = getattr(y, "dtype", dtype)
    return np.result_type(made, dtype) if made.kind == "c" else dtype
