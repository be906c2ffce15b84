"""The derivatives of functions: `grad`, `value_and_grad`, `elementwise_grad`, `vjp`, `jvp`, `linearize`, `hvp`.

The functions are plain NumPy. Arguments and results are arrays, numbers, or trees of them (see `tree`). A derivative
has the form of what it is taken by: an array for an array, a number for a number, and a Tensor for a Tensor; so every
transform may stand inside of every other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, ParamSpec, Self, TypeVar, overload

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import dtype_of
from autograd_lite.base.conventions import complex_dtype
from autograd_lite.base.elsewhere import ones
from autograd_lite.base.functions import derived
from autograd_lite.base.shapes import Array
from autograd_lite.engine.loans import lending
from autograd_lite.engine.record import Handle, array_of
from autograd_lite.tensor.state import once
from autograd_lite.transforms import holomorphic
from autograd_lite.transforms.dependence import depends
from autograd_lite.transforms.watched import (
    Function,
    WatchedCall,
    call,
    is_vector,
    name_of,
    node_of,
    one,
    places,
    vectors,
)
from autograd_lite.tree import LEAF, described, unflatten

P = ParamSpec("P")
X = TypeVar("X")
Y = TypeVar("Y")
Aux = TypeVar("Aux")


@overload
def grad(
    f: np.ufunc, argnums: int | Sequence[int] = 0, has_aux: Literal[False] = False, holomorphic: bool = False
) -> Function: ...
@overload
def grad(
    f: Callable[P, Any], argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[P, Any]: ...
def grad(
    f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """Return the function that computes the gradient of `f`, which returns one number.

    Parameters
    ----------
    f : callable
        Written with NumPy; takes arrays or trees of them, and returns one number.
    argnums : int or sequence of int
        By which arguments to differentiate; those have to be floats. All other arguments, and those given by name,
        are passed on as they are.
    has_aux : bool
        Whether `f` returns a pair, of which only the first is differentiated. The gradient then comes with the second:
        ``(gradient, aux)``.
    holomorphic : bool
        Whether `f` is a holomorphic function of complex numbers with a complex result. The gradient is then ``df/dz``.

    Returns
    -------
    callable
        Takes the arguments of `f` and returns the gradient, built like the argument; for several `argnums` a tuple.

    Raises
    ------
    NonScalarError
        `f` returned more than one number.
    NoPathError
        The dependence of the result on the arguments was lost: by ``item()``, ``detach()``, ``no_grad()``.
    GradientDtypeError
        An argument is made of integers. A result is complex, without `holomorphic`; with it, `f` turns out not to be
        so, or not to be one of complex numbers.

    Warns
    -----
    IndependentWarning
        The result does not depend on any of the arguments: the gradient is 0. In all transforms, and at your line.

    Notes
    -----
    Where `f` reaches a Tensor that requires a gradient without being given it, such as a parameter of a network, the
    result is a recorded Tensor, whose derivative by that one is not lost. ``with ag.no_grad():`` around the call makes
    it a constant, and the result an array. No ``grad`` of any Tensor is written to.

    `f` may change its argument in place; nobody outside sees that.

    The gradient by complex numbers ``z = x + iy`` of a real result is ``df/dx - i df/dy``, as in JAX: the conjugate of
    `Tensor.grad`. See `autograd_lite.base.conventions`.

    Examples
    --------
    >>> def f(x):
    ...     return np.sum(np.sin(x) * x)
    >>> grad(f)(np.array([0.0, 1.0]))
    array([0.        , 1.38177329])
    >>> grad(grad(lambda x: x**3))(2.0)
    np.float64(12.0)
    >>> grad(lambda z: z**3, holomorphic=True)(1j)
    np.complex128(-3+0j)
    """
    return derived(_grad, grad, f, argnums, has_aux, holomorphic)


@lending
def _grad(f: Function, argnums: Any, has_aux: bool, holomorphic: bool, /, *args: Any, **kwargs: Any) -> Any:
    done = _scalar_call(f, args, kwargs, argnums, has_aux, "grad", holomorphic)
    found = _gradient(done, argnums)
    return (found, done.auxiliary()) if has_aux else found


@overload
def value_and_grad(
    f: Callable[P, tuple[Y, Aux]],
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: Literal[True],
    holomorphic: bool = False,
) -> Callable[P, tuple[tuple[Y, Aux], Any]]: ...
@overload
def value_and_grad(
    f: Callable[P, Y], argnums: int | Sequence[int] = 0, has_aux: Literal[False] = False, holomorphic: bool = False
) -> Callable[P, tuple[Y, Any]]: ...
@overload
def value_and_grad(
    f: Callable[P, Any], argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[P, tuple[Any, Any]]: ...
def value_and_grad(
    f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """Return the function that computes the value of `f` and its gradient, in one pass. See `grad`.

    Returns
    -------
    callable
        Returns ``(value, gradient)``, or with `has_aux` ``((value, aux), gradient)``.

    Examples
    --------
    >>> value_and_grad(lambda p: p["a"] * p["b"] ** 2)({"a": 2.0, "b": 3.0})
    (np.float64(18.0), {'a': np.float64(9.0), 'b': np.float64(12.0)})
    """
    return derived(_value_and_grad, value_and_grad, f, argnums, has_aux, holomorphic)


@lending
def _value_and_grad(f: Function, argnums: Any, has_aux: bool, holomorphic: bool, /, *args: Any, **kwargs: Any) -> Any:
    done = _scalar_call(f, args, kwargs, argnums, has_aux, "value_and_grad", holomorphic)
    value = done.value()
    found = _gradient(done, argnums)
    return ((value, done.auxiliary()), found) if has_aux else (value, found)


@overload
def elementwise_grad(f: np.ufunc, argnums: int | Sequence[int] = 0, holomorphic: bool = False) -> Function: ...
@overload
def elementwise_grad(
    f: Callable[P, Any], argnums: int | Sequence[int] = 0, holomorphic: bool = False
) -> Callable[P, Any]: ...
def elementwise_grad(f: Function, argnums: int | Sequence[int] = 0, holomorphic: bool = False) -> Function:
    """Return the function that computes the derivative of each element of ``f(x)`` by the element of `x` in its place.

    Meant for functions that work element by element. In general it is the gradient of the sum of all results. For
    `holomorphic` see `grad`.

    Examples
    --------
    >>> elementwise_grad(np.square)(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """
    return derived(_elementwise_grad, elementwise_grad, f, argnums, holomorphic)


@lending
def _elementwise_grad(f: Function, argnums: Any, is_holomorphic: bool, /, *args: Any, **kwargs: Any) -> Any:
    done = call(f, args, kwargs, places(argnums, args, f))
    depends(done, "elementwise_grad")
    holomorphic.check(done, "elementwise_grad", is_holomorphic)
    seeds = [(node, ones(node.shape, node.dtype, y)) for y in done.results if (node := node_of(y)) is not None]
    return done.gradients(done.pull(seeds, retain=False), one(argnums))


def _scalar_call(
    f: Function, args: Sequence[Any], kwargs: dict[str, Any], argnums: Any, has_aux: bool, transform: str,
    is_holomorphic: bool,
) -> WatchedCall:  # fmt: skip
    """Call a function that has to return one number, and one that depends on its argument."""
    done = call(f, args, kwargs, places(argnums, args, f), has_aux)
    y = done.results[0] if done.structure is LEAF else ()
    value: Any = y._data if isinstance(y, Handle) else y
    if (value.size if value is not y else np.size(y)) != 1 or done.structure is not LEAF:
        given = f"an array of shape {np.shape(y)}" if done.structure is LEAF else described(done.structure)
        text = errors.NON_SCALAR_OUTPUT.format(transform=transform, function=name_of(f), given=given)
        raise errors.NonScalarError(text)
    depends(done, transform)
    if is_holomorphic or complex_dtype((value,)) is not None:
        holomorphic.check(done, transform, is_holomorphic)
    return done


def _gradient(done: WatchedCall, argnums: Any) -> Any:
    """Return the gradient of a function that returned one number."""
    node = node_of(done.results[0])
    if node is None or (not node.shape and not done.foreign):
        seed = None if node is None else np.array(1, node.dtype)
    else:
        seed = ones(node.shape, node.dtype, done.results[0])
    return done.gradients(done.pull([(node, seed)], retain=False), one(argnums))


@overload
def vjp(f: Callable[..., Y], *primals: Any, has_aux: Literal[False] = False) -> tuple[Y, Pullback]: ...
@overload
def vjp(f: Callable[..., tuple[Y, Aux]], *primals: Any, has_aux: Literal[True]) -> tuple[Y, Pullback, Aux]: ...
@overload
def vjp(f: Function, *primals: Any, has_aux: bool) -> tuple[Any, ...]: ...
def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Return the value of `f` and its pullback: the derivative, to be multiplied with cotangents from the left.

    Parameters
    ----------
    f : callable
        Written with NumPy.
    *primals
        Its arguments, floats or trees of them.
    has_aux : bool
        Whether `f` returns a pair, of which only the first is differentiated.

    Returns
    -------
    value
        ``f(*primals)``.
    pullback : callable
        ``pullback(g)``, with `g` built like the value, is the derivative of ``sum(g * f(x))`` by the argument; a tuple
        for several. It can be called any number of times. (Complex numbers: `autograd_lite.base.conventions`.)
    aux
        Only with `has_aux`.

    Examples
    --------
    >>> y, pullback = vjp(lambda a, b: a * b, np.array([1.0, 2.0]), 3.0)
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 3., 30.]), np.float64(21.0))
    """
    done = call(f, primals, {}, range(len(primals)), has_aux)
    depends(done, "vjp")
    pullback = Pullback(done, has_aux)
    return (done.value(), pullback, done.auxiliary()) if has_aux else (done.value(), pullback)


@overload
def jvp(
    f: Callable[..., Y], primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[False] = False
) -> tuple[Y, Y]: ...
@overload
def jvp(
    f: Callable[..., tuple[Y, Aux]], primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[True]
) -> tuple[Y, Y, Aux]: ...
@overload
def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool) -> tuple[Any, ...]: ...
@lending
def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> tuple[Any, ...]:
    """Return the value of `f` and its derivative in the direction of `tangents`, by a forward sweep.

    Parameters
    ----------
    f : callable
        Written with NumPy.
    primals, tangents : tuple
        The arguments, and how they move: as many, each built like its argument.
    has_aux : bool
        Whether `f` returns a pair, of which only the first is differentiated.

    Returns
    -------
    tuple
        ``(value, tangent)``, or with `has_aux` ``(value, tangent, aux)``.

    Examples
    --------
    >>> jvp(lambda x: np.sum(x**2), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    (np.float64(5.0), np.float64(2.0))
    """
    _check_pairs("jvp", primals, tangents)
    done = call(f, primals, {}, range(len(primals)), has_aux)
    depends(done, "jvp")
    value = done.value()
    moved = _pushed(done, tangents, [_like(y) for y in done.results], retain=False)
    tangent = moved[0] if done.structure is LEAF else unflatten(done.structure, moved)
    return (value, tangent, done.auxiliary()) if has_aux else (value, tangent)


@overload
def linearize(f: Callable[..., Y], *primals: Any, has_aux: Literal[False] = False) -> tuple[Y, Pushforward]: ...
@overload
def linearize(f: Callable[..., tuple[Y, Aux]], *primals: Any, has_aux: Literal[True]) -> tuple[Y, Pushforward, Aux]: ...
@overload
def linearize(f: Function, *primals: Any, has_aux: bool) -> tuple[Any, ...]: ...
def linearize(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Return the value of `f` and its derivative as a linear function of tangents, to be called any number of times.

    Examples
    --------
    >>> y, f_jvp = linearize(np.sin, 0.0)
    >>> f_jvp(1.0), f_jvp(2.0)
    (np.float64(1.0), np.float64(2.0))
    """
    done = call(f, primals, {}, range(len(primals)), has_aux)
    depends(done, "linearize")
    move = Pushforward(done, has_aux)
    return (done.value(), move, done.auxiliary()) if has_aux else (done.value(), move)


@overload
def hvp(f: Function, primals: tuple[X], tangents: Sequence[Any]) -> X: ...
@overload
def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any: ...
@lending
def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the Hessian of `f`, which returns one number, times a vector: a forward sweep over the gradient.

    Costs a few times what the gradient does, whatever the size of the Hessian (Pearlmutter, "Fast exact multiplication
    by the Hessian", 1994).

    Parameters
    ----------
    f : callable
        Written with NumPy; returns one number.
    primals, tangents : tuple
        The arguments, and the vector: as many, each built like its argument.

    Returns
    -------
    array or tree
        Built like the argument; for several a tuple, the product with the Hessian by all of them together.

    Examples
    --------
    >>> hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    array([ 6., 12.])
    """
    _check_pairs("hvp", primals, tangents)
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]


class _AtAPoint:
    """A derivative at one point, with the graph that it goes over. Nothing changes it, so that a copy is the same."""

    __slots__ = ("_done", "_has_aux", "_likes")

    def __init__(self, done: WatchedCall, has_aux: bool) -> None:
        self._done, self._has_aux = done, has_aux
        self._likes = [_like(y) for y in done.results]

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> Any:
        """Pickle the function and the arguments: whoever loads it calls the function once."""
        done = self._done
        if done.outside:
            raise errors.CopyError(errors.COPY_DERIVATIVE.format(function=name_of(done.function)))
        results = [array_of(y) if isinstance(y, Handle) else y for y in done.results]
        return _at_again, (type(self), done.function, done.primals(), self._has_aux, results)


class Pullback(_AtAPoint):
    """What `vjp` returns besides the value."""

    __slots__ = ()

    def __call__(self, cotangents: Any) -> Any:
        done = self._done
        given = vectors(done.structure, cotangents, self._likes, "the cotangent given to the pullback", "the result")
        seeds = zip(map(node_of, done.results), given, strict=True)
        return done.gradients(done.pull(seeds), len(done.structures) == 1)


class Pushforward(_AtAPoint):
    """What `linearize` returns besides the value."""

    __slots__ = ()

    def __call__(self, *tangents: Any) -> Any:
        return unflatten(self._done.structure, _pushed(self._done, tangents, self._likes))


def _at_again(
    kind: type[_AtAPoint], f: Function, primals: tuple[Any, ...], has_aux: bool, results: list[Any]
) -> _AtAPoint:
    """Return the derivative of a function where it had these results; refuse it if it has others now."""
    derive = once(vjp if kind is Pullback else linearize)  # without what `f` wrote when the pickle was made
    made = derive(f, *primals, has_aux=has_aux)[1]
    now = [array_of(y) if isinstance(y, Handle) else y for y in made._done.results]
    same = len(now) == len(results) and all(map(_are_near, now, results))
    if not same:
        raise errors.CopyError(errors.COPY_CHANGED.format(function=name_of(f)))
    return made  # type: ignore[no-any-return]


def _are_near(a: Any, b: Any) -> bool:
    """Tell whether two results are the same up to rounding, which another machine may do in another order."""
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=_SAME, atol=_SAME, equal_nan=True)


_SAME = 1e-6


def _pushed(done: WatchedCall, tangents: Sequence[Any], likes: Sequence[Any], retain: bool = True) -> list[Any]:
    """Return the leaves of the derivative of a call in the direction of `tangents`, one for each argument.

    `likes` are the shapes and dtypes of tangents of the results.
    """
    if len(tangents) != len(done.structures):
        names = {"function": name_of(done.function), "expected": len(done.structures), "given": len(tangents)}
        raise errors.ShapeError(errors.TANGENT_NUMBER.format(**names))
    given: list[Array] = []
    for i, (structure, tangent) in enumerate(zip(done.structures, tangents, strict=True)):
        nodes = done.inputs[len(given) : len(given) + structure.size]
        if structure is LEAF and is_vector(tangent, nodes[0].shape, nodes[0].dtype):
            given.append(tangent.copy())  # by far the most frequent: a shorter way
        else:
            kinds = [(node.shape, node.dtype) for node in nodes]
            given += vectors(structure, tangent, kinds, f"tangent {i}", f"argument {i}")
    tensors = done.tensors or any(node_of(t) is not None for t in given)
    results = done.results
    return done.handed_out(done.push(given, retain=retain), results if tensors else [0.0] * len(results), likes)


def _like(y: Any) -> tuple[Any, Any]:
    """Return shape and dtype of the tangent of a result."""
    y = y._data if isinstance(y, Handle) else y
    dtype = dtype_of(y)
    return np.shape(y), dtype if dtype.kind in "fc" else np.dtype(float)


def _check_pairs(transform: str, primals: Any, tangents: Any) -> None:
    ok = isinstance(primals, (tuple, list)) and isinstance(tangents, (tuple, list)) and len(primals) == len(tangents)
    if not ok:
        names = {"primals": _described(primals), "tangents": _described(tangents)}
        raise errors.SeedError(errors.TANGENT_TUPLES.format(transform=transform, **names))


def _described(given: Any) -> str:
    kind = type(given).__name__
    return f"a {kind} of {len(given)}" if isinstance(given, (tuple, list)) else f"one {kind}"

