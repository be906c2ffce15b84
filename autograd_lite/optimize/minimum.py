"""`minimize`: SciPy's optimisers with exact derivatives, over arrays and trees of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar, Unpack, overload

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array
from autograd_lite.base.elsewhere import foreign
from autograd_lite.base.shapes import Array
from autograd_lite.engine import refusals
from autograd_lite.engine.operands import refuse_masked
from autograd_lite.engine.record import Handle, plain_of
from autograd_lite.engine.switch import no_grad
from autograd_lite.transforms.derivatives import grad, linearize, value_and_grad
from autograd_lite.transforms.jacobians import hessian, jacobian
from autograd_lite.transforms.watched import Function, as_tensor, named_after, settled
from autograd_lite.tree import flatten, is_named, leaves, ravel, unflatten
from autograd_lite.tree import map as tree_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WITHOUT_GRADIENT = frozenset(("nelder-mead", "powell", "cobyla", "cobyqa"))
_WITHOUT_HESSIAN = frozenset(("cg", "bfgs", "l-bfgs-b", "tnc", "slsqp"))
_WITH_HESSIAN = frozenset(("dogleg", "trust-exact"))
_WITH_PRODUCT = frozenset(("newton-cg", "trust-ncg", "trust-krylov", "trust-constr"))
_BOTH = 2  # bounds of a number, lower and upper
_METHODS = _WITHOUT_GRADIENT | _WITHOUT_HESSIAN | _WITH_HESSIAN | _WITH_PRODUCT

X = TypeVar("X")
X_co = TypeVar("X_co", covariant=True)


class Minimum(Protocol[X_co]):
    """What type checkers know of `scipy.optimize.OptimizeResult`; some methods add more, such as ``hess_inv``.

    Examples
    --------
    >>> result = minimize(lambda x: np.sum((x - 1.0) ** 2), np.zeros(2))
    >>> result.success, result.x.round(6)
    (True, array([1., 1.]))
    """

    @property
    def x(self) -> X_co:
        """Where the minimum is, built like the start."""

    fun: float
    success: bool
    message: str
    status: int
    nit: int
    nfev: int
    jac: NDArray[Any]

    def __getitem__(self, name: str) -> Any: ...


class _Settings(TypedDict, total=False):
    bounds: Any
    constraints: Any
    tol: float | None
    callback: Callable[..., Any] | None
    options: Mapping[str, Any] | None


@overload
def minimize(
    f: Function, x0: list[float], args: tuple[Any, ...] = ..., method: str | None = ..., **settings: Unpack[_Settings]
) -> Minimum[NDArray[Any]]: ...
@overload
def minimize(
    f: Function, x0: X, args: tuple[Any, ...] = ..., method: str | None = ..., **settings: Unpack[_Settings]
) -> Minimum[X]: ...
def minimize(
    f: Function,
    x0: Any,
    args: Any = (),
    method: str | None = None,
    *,
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Callable[..., Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Any:
    """Find a minimum of a function with `scipy.optimize.minimize`, which gets exact derivatives.

    Parameters
    ----------
    f : callable
        ``f(x, *args)``, written with NumPy, returns one number.
    x0 : array_like or tree
        Where to start: an array, or a tree of arrays and numbers; a list of numbers is an array. `f` is called with `x`
        built like this, SciPy with one vector of float64.
    args : tuple
        Further arguments of `f`, held fixed; one that is no tuple may stand alone.
    method : str or callable, optional
        Any of SciPy's. Those that take a gradient get it, ``"dogleg"`` and ``"trust-exact"`` also the Hessian, and
        ``"Newton-CG"``, ``"trust-ncg"``, ``"trust-krylov"`` and ``"trust-constr"`` its products with vectors.
    bounds : optional
        For one array or number as SciPy takes them, a pair ``(lower, upper)`` for each number, None where there is
        none; or two arrays of its shape, ``(lower, upper)``. For a tree ``(lower, upper)``: numbers, None, or trees
        like `x0`. Of two numbers, two lists are pairs, as SciPy's; such bounds that leave nothing free are refused.
    constraints : optional
        As SciPy takes them, but their functions get `x` built like `x0`, and exact derivatives where none are given.
    tol, options
        Passed on to SciPy.
    callback : callable, optional
        As SciPy takes it, but with `x` built like `x0`.

    Returns
    -------
    scipy.optimize.OptimizeResult
        SciPy's own, with ``x`` built like `x0`. All else in it (``jac``, ``hess_inv``) is for the vector that
        ``ag.tree.ravel(x)`` makes.

    Raises
    ------
    MissingExtraError
        SciPy is not installed.
    ArgumentError
        `x0` holds no numbers, `method` is unknown, or `bounds` do not belong to `x0`.
    DataError
        `x0` is made of anything but numbers, or a masked array.

    Examples
    --------
    >>> def misfit(p):
    ...     return (p["a"] - 1.0) ** 2 + np.sum((p["b"] - p["a"]) ** 2)
    >>> result = minimize(misfit, {"a": 0.0, "b": np.zeros(2)}, method="Newton-CG")
    >>> result.success, result.x["b"].round(6)
    (True, array([1., 1.]))
    """
    scipy = scipy_optimize()
    start = _floats(x0)
    vector, unravel = ravel(start)
    vector = np.asarray(vector, np.float64)
    if not vector.size:
        raise errors.ArgumentError(errors.MINIMIZE_EMPTY)
    named = _method(method)
    objective = _Objective(f, unravel, args if isinstance(args, tuple) else (args,))
    with no_grad():  # Tensors that f reaches besides are constants here
        result = scipy.minimize(
            objective.value if named in _WITHOUT_GRADIENT else objective.value_and_gradient,
            vector,
            method=method,
            bounds=_bounds(bounds, start, scipy),
            constraints=_constraints(constraints, unravel, named, scipy),
            tol=tol,
            callback=_callback(callback, unravel),
            options=options,
            **objective.derivatives(named),
        )
    result.x = tree_map(_like, _array_of(x0), unravel(result.x))
    return result


class _Objective:
    """A function of a tree as SciPy wants it: of a vector of float64, with its derivatives."""

    def __init__(self, f: Function, unravel: Callable[[Array], Any], args: tuple[Any, ...]) -> None:
        flat = _flat(f, unravel, args)
        self._flat, self._value_and_grad = flat, value_and_grad(flat)
        self._grad, self._hessian = grad(flat), hessian(flat)
        self._at: Array | None = None
        self._move: Callable[[Array], Array] | None = None

    def value(self, x: Array) -> float:
        return _number(self._flat(x))

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        y, g = self._value_and_grad(x)
        return _number(y), g

    def hessian(self, x: Array) -> Array:
        n = len(x)
        return np.asarray(self._hessian(x)).reshape(n, n)

    def hessian_product(self, x: Array, v: Array) -> Array:
        """Return the Hessian at `x` times `v`; the graph is kept for the next product at the same `x`."""
        if self._move is None or not np.array_equal(x, self._at):  # type: ignore[arg-type]
            self._at, (_, self._move) = x.copy(), linearize(self._grad, x)
        return self._move(v)

    def derivatives(self, method: str) -> dict[str, Any]:
        """Return the arguments by which SciPy takes what `method` can use."""
        if method in _WITHOUT_GRADIENT:
            return {}
        if method in _WITH_HESSIAN:
            return {"jac": True, "hess": self.hessian}
        return {"jac": True, "hessp": self.hessian_product} if method in _WITH_PRODUCT else {"jac": True}


def _number(y: Any) -> float:
    """Return the value of an objective as a float: of one number, also where that is an array, or a constant."""
    _refuse_foreign(y, "what the function returns")
    return float(y.item() if is_array(y) else y)


def _refuse_foreign(x: Any, what: str) -> None:
    """Refuse arrays of another library, whose numbers only their user may ask for."""
    if (other := foreign(x)) is not None:
        raise errors.DataError(errors.MINIMIZE_FOREIGN.format(what=what, given=type(other).__name__))


def scipy_optimize() -> Any:
    try:
        import scipy.optimize  # noqa: PLC0415 - an optional package, and slow to import
    except ImportError as error:
        text = errors.MISSING_EXTRA.format(feature="ag.optimize.minimize", package="scipy", extra="scipy")
        raise errors.MissingExtraError(text) from error
    return scipy.optimize


def _array_of(x0: Any) -> Any:
    """Return a list of numbers as an array, as SciPy would; all else as it is."""
    numbers = isinstance(x0, (list, tuple)) and not is_named(type(x0)) and leaves(x0)
    return np.array(x0) if numbers and all(isinstance(x, (int, float, np.number)) for x in numbers) else x0


def _floats(x0: Any) -> Any:
    """Return the start with floats for integers, and arrays for Tensors."""
    found, structure = flatten(_array_of(x0))
    for place, x in enumerate(found):
        settled(minimize, x, structure, place, "x0")
    return unflatten(structure, list(map(_float, found)))


def _float(x: Any) -> Any:
    x = plain_of(x)
    refuse_masked(x)
    _refuse_foreign(x, "x0")
    dtype = np.asarray(x).dtype
    if dtype.kind not in "fiub":
        refusals.no_number(x, dtype)
    return x if dtype.kind == "f" else np.asarray(x, np.float64)[()]


def _method(method: Any) -> str:
    """Return the name of a method in small letters; refuse what SciPy would not know, before it is asked."""
    name = str(method).lower()
    if method is not None and not callable(method) and not (isinstance(method, str) and name in _METHODS):
        raise errors.ArgumentError(errors.MINIMIZE_METHOD.format(given=method, known=", ".join(sorted(_METHODS))))
    return name


def _like(given: Any, x: Any) -> Any:
    return as_tensor(x) if isinstance(given, Handle) else x


def _bounds(bounds: Any, start: Any, scipy: Any) -> Any:
    """Return bounds as SciPy takes them for the vector."""
    if bounds is None or isinstance(bounds, scipy.Bounds):
        return bounds
    n = ravel(start)[0].size
    try:
        both = bounds if is_array(bounds) else list(bounds)
        if not isinstance(start, (dict, list, tuple)) and _are_pairs(both, n):
            lower, upper = (np.array([_limit(pair[i], i) for pair in both], float) for i in (0, 1))
        else:
            lower, upper = (_bound(b, start, i) for i, b in zip((0, 1), both, strict=True))
    except (TypeError, ValueError) as error:
        raise errors.ArgumentError(errors.MINIMIZE_BOUNDS.format(n=n)) from error
    if n == len(both) == _BOTH and not np.any(lower < upper):  # which is meant the other way
        raise errors.ArgumentError(errors.MINIMIZE_BOUNDS.format(n=n))
    return scipy.Bounds(lower, upper)


def _are_pairs(bounds: Any, n: int) -> bool:
    """Tell whether bounds are a pair for each of `n` numbers; two arrays are the lower and the upper ones of all."""
    if len(bounds) != n or any(np.shape(b) != (_BOTH,) for b in bounds):
        return False
    return is_array(bounds) or n != _BOTH or not all(map(is_array, bounds))


def _limit(bound: Any, which: int) -> Any:
    return (-np.inf, np.inf)[which] if bound is None else bound


def _bound(bound: Any, start: Any, which: int) -> Array:
    bound = _limit(bound, which)
    if isinstance(bound, (int, float)):
        return np.full(ravel(start)[0].shape, float(bound))
    like = tree_map(lambda x, b: np.broadcast_to(np.asarray(b, float), np.shape(x)), start, bound)
    return np.asarray(ravel(like)[0], float)


def _constraints(constraints: Any, unravel: Callable[[Array], Any], method: str, scipy: Any) -> Any:
    """Return constraints whose functions take a vector, and have exact derivatives."""
    several = isinstance(constraints, Sequence)
    found = [_constraint(c, unravel, method, scipy) for c in (constraints if several else [constraints])]
    return found if several else found[0]


def _constraint(constraint: Any, unravel: Callable[[Array], Any], method: str, scipy: Any) -> Any:
    if isinstance(constraint, Mapping):
        if not constraint.keys() >= {"type", "fun"}:
            raise errors.ArgumentError(errors.MINIMIZE_CONSTRAINT.format(given=", ".join(map(repr, constraint))))
        function, further = constraint["fun"], constraint.get("args", ())
        flat = _flat(function, unravel, further)
        jac = constraint.get("jac")
        found = jacobian(flat) if jac is None else _flat(jac, unravel, further) if callable(jac) else jac
        return {"type": constraint["type"], "fun": flat, "jac": found}
    if not isinstance(constraint, scipy.NonlinearConstraint):
        return constraint
    made, flat = copy(constraint), _flat(constraint.fun, unravel, ())
    made.fun = flat
    if callable(made.jac):
        made.jac = _flat(made.jac, unravel, ())
    else:
        made.jac = lambda x: np.atleast_2d(jacobian(flat)(x))
    if callable(made.hess):
        made.hess = _flat(made.hess, unravel, ())
    elif method == "trust-constr":
        made.hess = _curvature(flat)
    return made


def _flat(function: Function, unravel: Callable[[Array], Any], further: tuple[Any, ...]) -> Function:
    """Return a function of the user's as one of the vector; the multipliers of a Hessian come after that."""

    @named_after(function)
    def flat(x: Array, *multipliers: Any) -> Any:
        return function(unravel(x), *multipliers, *further)

    return flat


def _curvature(flat: Function) -> Function:
    return lambda x, v: hessian(lambda x: np.sum(v * np.atleast_1d(flat(x))))(x)


def _callback(callback: Callable[..., Any] | None, unravel: Callable[[Array], Any]) -> Callable[..., Any] | None:
    """Return a callback that hands `x` on as the user's tree; SciPy goes by the names of its parameters."""
    if callback is None:
        return None
    if not callable(callback):
        raise errors.ArgumentError(errors.MINIMIZE_CALLBACK.format(given=type(callback).__name__))
    if "intermediate_result" in inspect.signature(callback).parameters:

        def with_result(*, intermediate_result: Any) -> Any:
            seen = type(intermediate_result)(intermediate_result)
            seen.x = unravel(intermediate_result.x)
            return callback(intermediate_result=seen)

        return with_result
    return lambda x, *rest: callback(unravel(x), *rest)
