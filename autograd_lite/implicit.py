"""Derivatives of what an equation defines: a root, a fixed point, whatever solver found it.

Where ``f(x, theta) = 0`` holds at ``x = x(theta)`` and ``df/dx`` can be inverted, the implicit function theorem gives
``dx/dtheta = -(df/dx)^-1 df/dtheta``. That needs the solution and nothing of the way to it, so neither memory nor the
derivative depends on the number of iterations. (Griewank and Walther, "Evaluating Derivatives", 2nd ed. 2008, ch. 15;
Blondel et al., "Efficient and modular implicit differentiation", 2022.)

The derivative is one operation, whose rule is written with the transforms; so it can be differentiated again. The
matrix ``df/dx`` is built whole: meant for up to some thousand unknowns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.functions import Derived, named
from autograd_lite.base.later import listing
from autograd_lite.base.shapes import Array
from autograd_lite.engine.op import Op
from autograd_lite.engine.record import Handle, apply, as_array, plain_of
from autograd_lite.engine.several import Several
from autograd_lite.engine.watchpoints import opaque, traced
from autograd_lite.extend.custom import custom_op
from autograd_lite.extend.foreign import black_box, unseen
from autograd_lite.transforms.derivatives import Pullback
from autograd_lite.transforms.jacobians import jacobian_of
from autograd_lite.transforms.watched import Function, WatchedCall, call, name_of
from autograd_lite.tree import Structure, flatten, ravel, unflatten

P = ParamSpec("P")
R = TypeVar("R")
_FAR = 1e-3  # of 1 + |x|: a Newton step that long from what is said to be a root


def root(f: Function, solve: Callable[P, R]) -> Callable[P, R]:
    """Return the function that finds a root of `f`, with the derivative of the root by the parameters.

    Parameters
    ----------
    f : callable
        ``f(x, *theta)``, written with NumPy; its result is built like `x`, and is 0 at the solution.
    solve : callable
        ``solve(*theta)`` returns the `x` at which `f` is 0. It is given plain arrays and may do anything: iterate,
        call SciPy, look up a table. It has to be accurate, since the derivative is that at the point it returns.

    Returns
    -------
    callable
        ``solution(*theta)`` returns what `solve` returns. `theta` and `x` are arrays or trees of them.

    Raises
    ------
    ConvergenceError
        When differentiated: what `solve` returned is far from a root.
    SingularError
        When differentiated: ``df/dx`` cannot be inverted there, so the root is no smooth function of the parameters.
    UnsupportedError
        `f` uses a recorded Tensor that is not among its arguments.
    ShapeError
        The result of `f` is not as large as `x`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> square_root = root(lambda x, a: x * x - a, solve=lambda a: a**0.5)
    >>> square_root(9.0), ag.grad(square_root)(9.0)
    (np.float64(3.0), np.float64(0.16666666666666666))
    >>> ag.grad(ag.grad(square_root))(9.0)  # -a^(-3/2) / 4
    np.float64(-0.009259259259259259)
    """
    return named(Derived(_solved, Given(f, solve)), f, root, (f, solve))


def _solved(given: Given, /, *theta: Any) -> Any:
    return _solution(given, theta)


def fixed_point(f: Function, *, tol: float = 1e-12, max_iterations: int = 1000) -> Function:
    """Return the function that finds a fixed point ``x = f(x, *theta)`` by iteration, with its derivative.

    Parameters
    ----------
    f : callable
        ``f(x, *theta)``, written with NumPy; its result is built like `x`.
    tol : float
        The iteration ends when no number of `x` changes by more than ``tol * (1 + max |x|)``, or by what rounding does.
    max_iterations : int
        How often `f` may be called.

    Returns
    -------
    callable
        ``solution(x0, *theta)`` iterates from `x0`, on which the result does not depend. All are arrays or trees.

    Raises
    ------
    ConvergenceError
        The iteration has not ended after `max_iterations`.
    SingularError, UnsupportedError, ShapeError
        As for `root`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> cosine = fixed_point(lambda x, a: np.cos(a * x))
    >>> round(float(cosine(1.0, 1.0)), 6)
    0.739085
    >>> round(float(ag.grad(lambda a: cosine(1.0, a))(1.0)), 6)
    -0.297474
    """
    if not _are_settings(tol, max_iterations):
        raise errors.ArgumentError(errors.FIXED_POINT_SETTINGS.format(tol=tol, n=max_iterations))

    return _iteration(f, tol, max_iterations)


def _are_settings(tol: Any, n: Any) -> bool:
    """Tell whether an iteration ends by these: at a distance that is a number above 0, or after a whole number."""
    near = isinstance(tol, (int, float, np.number)) and tol is not True and 0 < tol < math.inf
    return bool(near) and isinstance(n, (int, np.integer)) and bool(n >= 1)


def _iteration(f: Function, tol: float, max_iterations: int) -> Function:
    def difference(x: Any, *theta: Any) -> Any:
        return ravel(f(x, *theta))[0] - ravel(x)[0]

    given = Given(difference, partial(_iterated, f, tol, max_iterations))
    return named(Derived(_solved_from, given), f, _iteration, (f, tol, max_iterations))


def _solved_from(given: Given, /, x0: Any, *theta: Any) -> Any:
    return _solution(given, theta, x0)


def _iterated(f: Function, tol: float, max_iterations: int, x: Any, *theta: Any) -> Any:
    for _ in range(max_iterations):
        before, after = ravel(x)[0], ravel(new := f(x, *theta))[0]
        if before.shape != after.shape:
            text = errors.IMPLICIT_SHAPE.format(function=name_of(f), given=after.size, expected=before.size)
            raise errors.ShapeError(text)
        x = new
        if after.dtype.kind != "f":
            continue  # which `_solution` refuses
        rounding = 4 * np.finfo(after.dtype).eps
        largest = np.max(np.abs(after), initial=0)
        if np.max(np.abs(after - before), initial=0) <= max(tol, rounding) * (1 + largest):
            return x
    raise errors.ConvergenceError(errors.FIXED_POINT_LOST.format(function=name_of(f), n=max_iterations, tol=tol))


class Given:
    """An equation and its solver, which a compiled function calls as they are.

    So what the solver reads is not to be compared; but derivatives of the derivative are what they were.
    """

    __slots__ = ("f", "solve")
    _surveyed, _as_it_is = ("f",), True

    def __init__(self, f: Function, solve: Function) -> None:
        self.f, self.solve = f, solve


class _Equation(NamedTuple):
    """An equation ``f(x, *theta) = 0`` over vectors: of all numbers of `x`, and of those of the result."""

    function: Function
    unravel: Callable[[Array], Any]
    structure: Structure

    def residual(self, x: Array, leaves: Sequence[Any]) -> Array:
        return ravel(self.function(self.unravel(x), *unflatten(self.structure, leaves)))[0]


def _solution(given: Given, theta: Sequence[Any], *start: Any) -> Any:
    """Return the solution for the parameters, from where the solver shall `start`, if it is told."""
    f, solve = given.f, given.solve
    leaves, structure = flatten(tuple(theta))
    plain = [plain_of(x) for x in leaves]
    first, beginning = flatten(start)
    begun = len(first)
    found: list[tuple[Any, Callable[[Array], Any]]] = []

    def compute(*given: Any) -> Array:
        values = given[begun:]
        result = solve(*unflatten(beginning, given[:begun]), *unflatten(structure, values))
        (vector, unravel), built = ravel(result), flatten(result)[1]
        if found and found[0][0] != built:
            raise errors.ShapeError(errors.IMPLICIT_BUILT.format(function=name_of(f)))
        found[:] = [(built, unravel)]
        if in_trace:  # where nobody else sees these values
            _check(_Equation(f, unravel, structure), plain_of(vector), values)
        return _checked(f, vector)

    # An operation, so that of a batch each example is solved for itself.
    in_trace = traced()
    x = black_box("solve", compute)(*[plain_of(x) for x in first], *plain)
    equation = _Equation(f, found[0][1], structure)
    if not in_trace:
        _check(equation, x, plain)
    if any(isinstance(leaf, Handle) for leaf in leaves):
        x = apply(_operation(equation, x), leaves)
    return equation.unravel(x)


def _checked(f: Function, vector: Any) -> Array:
    vector = plain_of(vector)
    if vector.dtype.kind != "f":
        raise errors.ArgumentError(errors.IMPLICIT_DTYPE.format(function=name_of(f), dtype=vector.dtype))
    return vector


def _check(equation: _Equation, x: Array, plain: Sequence[Any]) -> None:
    """Refuse an equation of another size than its unknown, and one that moves with what it is not given."""
    value = equation.residual(x, plain)
    name = name_of(equation.function)
    if isinstance(value, Handle) and value._node is not None:
        raise errors.UnsupportedError(errors.IMPLICIT_CLOSURE.format(function=name))
    if value.shape != x.shape:
        raise errors.ShapeError(errors.IMPLICIT_SHAPE.format(function=name, given=value.size, expected=x.size))


def _operation(equation: _Equation, x: Array) -> Op:
    """Return the operation that makes the solution, already known, of the parameters."""

    def rule(g: Array, y: Array, arrays: Sequence[Any], needs: Sequence[bool]) -> Any:
        if unseen(g, y, *arrays):
            name = f"vjp_of_{name_of(equation.function)}"
            return opaque(shares, name, (g, y, tuple(arrays), needs), {})
        return shares(g, y, arrays, needs)

    def shares(g: Array, y: Array, arrays: Sequence[Any], needs: Sequence[bool]) -> tuple[Any, ...]:
        weights = -_divided(_invertible(equation, y, arrays).T, g)
        return tuple([share(weights, y, list(arrays), i) if needed else None for i, needed in enumerate(needs)])

    def share(weights: Array, y: Array, others: list[Any], index: int) -> Array:
        def moved(theta: Any) -> Any:
            return equation.residual(y, [*others[:index], theta, *others[index + 1 :]])

        return as_array(Pullback(_called(moved, others[index]), has_aux=False)(weights))

    return Several("implicit", lambda *arrays: x, "several", (), {}, (rule,), variadic=True)


def _called(f: Function, x: Any) -> WatchedCall:
    """Call an equation as a function of one array, of which it may well be independent."""
    return call(f, (x,), {}, (0,))


def _invertible(equation: _Equation, y: Array, arrays: Sequence[Any]) -> Array:
    """Return ``df/dx`` at the solution; refuse one that is singular, and a point that is no solution."""
    matrix = jacobian_of(_called(lambda x: equation.residual(x, arrays), y))
    if isinstance(matrix, np.ndarray) and isinstance(y, np.ndarray):
        step = _divided(matrix, np.asarray(equation.residual(y, arrays)))
        if not np.all(np.abs(step) <= _FAR * (1 + np.max(np.abs(y), initial=0))):
            far = float(np.max(np.abs(step)))
            raise errors.ConvergenceError(errors.IMPLICIT_FAR.format(function=name_of(equation.function), far=far))
    return matrix


def _divide(matrix: Array, b: Array) -> Array:
    try:
        return np.linalg.solve(matrix, b)
    except np.linalg.LinAlgError as error:
        raise errors.SingularError(errors.SINGULAR.format(n=len(b))) from error


def _divide_rule(g: Array, y: Array, matrix: Array) -> tuple[Array, Array]:
    share = _divided(matrix.T, g)
    return -share[:, None] * y, share


_divided = custom_op(_divide, vjp=_divide_rule, name="linear_solve")


__all__ = ["fixed_point", "root"]
__dir__ = listing(__name__)
