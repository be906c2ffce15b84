"""Operations of your own: a function and its derivative, as one operation that is recorded like any other."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple, ParamSpec, TypeVar, overload
from weakref import ref

import numpy as np

from autograd_lite import errors
from autograd_lite.base.differences import quick
from autograd_lite.base.functions import Derived, named
from autograd_lite.base.shapes import Array
from autograd_lite.check.gradcheck import gradcheck
from autograd_lite.engine.op import RECORDERS, Op, recorder_of
from autograd_lite.engine.record import Handle, array_of, as_array, make_tensor
from autograd_lite.engine.switch import enable_grad
from autograd_lite.engine.watchpoints import aside, opaque
from autograd_lite.extend.foreign import Code, Rule, value_of
from autograd_lite.tensor.state import once

Function = Callable[..., Any]
P = ParamSpec("P")
R = TypeVar("R")


@overload
def custom_op(
    f: Callable[P, R],
    *,
    vjp: Function | None = ...,
    jvp: Function | None = ...,
    name: str | None = ...,
    check: Sequence[Any] | None = ...,
    numerical: bool = ...,
) -> Callable[P, R]: ...
@overload
def custom_op(
    f: None = None,
    *,
    vjp: Function | None = ...,
    jvp: Function | None = ...,
    name: str | None = ...,
    check: Sequence[Any] | None = ...,
    numerical: bool = ...,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def custom_op(
    f: Function | None = None,
    *,
    vjp: Function | None = None,
    jvp: Function | None = None,
    name: str | None = None,
    check: Sequence[Any] | None = None,
    numerical: bool = False,
) -> Function:
    """Make a function, however it computes, an operation with a derivative of your own.

    Parameters
    ----------
    f : callable
        Takes arrays and returns one. Its parameters without a default are the inputs, the others are settings, which
        have no derivative. It sees plain arrays, so it may call anything, but cannot write to them. Left out, the
        call is a decorator.
    vjp : callable
        The reverse rule. Its first parameter is `g`, the derivative of the final result by that of `f`, of the same
        shape (of complex numbers see `base.conventions`); the names of the others say what else it
        needs: ``y`` the result, the inputs and settings of `f` by their names, and ``<name>_shape`` the shape of an
        input, without keeping the input alive. It returns one result of the shape of the input; for several inputs a
        tuple of them, with None where the derivative is 0.
    jvp : callable, optional
        The forward rule. Its first parameter is `tangents`, a list with how each input moves, None for one that does
        not; the others as those of `vjp`. By default it is derived, by transposing `vjp`, if that is NumPy.
    name : str, optional
        What errors and pictures call the operation; by default the name of `f`.
    check : sequence of arrays, optional
        Inputs for which the rules are compared with finite differences, and with each other: at once, or, where a rule
        calls the operation itself, which has no name yet, at the first call.
    numerical : bool
        Without `vjp`: take the derivative by finite differences, for a function of which nothing is known. It costs
        four calls of `f` for each number of an input, has about nine correct digits in float64, and is there to first
        order only. A warning says so.

    Returns
    -------
    callable
        Called like `f`.

    Raises
    ------
    DeclarationError
        A rule asks for a name that `f` does not have, or there is no rule.
    GradcheckError
        With `check`: a rule is wrong.
    RuleError
        When called: something is written to, or a result is no array of numbers; a reverse rule makes complex numbers
        of real ones.
    ForeignRuleError
        When differentiated: a rule that is no NumPy would have to be differentiated itself, or transposed.

    Warns
    -----
    NumericalDerivativeWarning
        With `numerical`.

    Notes
    -----
    A rule may be anything that works on arrays: to first order it is called with plain ones, that it cannot write to,
    and for each example of a batch alone if it cannot take the batch. Higher derivatives differentiate the rules, which
    are called with Tensors then: write them with NumPy's functions, or with other custom operations. One that fails
    with Tensors or loses a derivative on the way (by ``item()``, ``detach()``, ``no_grad()``) is refused by name, and
    has no forward rule either unless you write it: `jacobian` then takes the reverse mode, and `jvp` is refused. Under
    `vmap`, `f` is called once for each example.

    Examples
    --------
    >>> import math
    >>> import autograd_lite as ag
    >>> @custom_op(vjp=lambda g, x: g * np.cos(x), check=[0.3])
    ... def sine(x):
    ...     return math.sin(x)
    >>> ag.grad(sine)(0.0), ag.grad(ag.grad(sine))(np.pi / 2)
    (np.float64(1.0), np.float64(-1.0))

    Several inputs, and the forward rule derived:

    >>> scaled = custom_op(lambda a, b: a * b, vjp=lambda g, a, b: (g * b, g * a), name="scaled")
    >>> ag.jvp(scaled, (2.0, 3.0), (1.0, 10.0))
    (np.float64(6.0), np.float64(23.0))
    """
    if f is None:
        return partial(custom_op, vjp=vjp, jvp=jvp, name=name, check=check, numerical=numerical)
    called = name or _name_of(f)
    if numerical:
        if vjp is not None or jvp is not None:
            raise errors.DeclarationError(errors.CUSTOM_BOTH.format(op=called))
        warnings.warn(errors.NUMERICAL.format(op=called), errors.NumericalDerivativeWarning, stacklevel=2)
    operation = _declared(f, called, vjp, jvp, numerical)
    if check is not None:
        _check_when_defined(operation, tuple(check))
    return operation


def _declared(f: Function, called: str, vjp: Function | None, jvp: Function | None, numerical: bool) -> Function:
    """Return the operation as a function with the name, the text and the signature of `f`."""
    operands, defaults = _parameters(f, called)
    code = Code(f, f"the function of custom_op {called}", operands)
    rules = _numerical(code, called, operands, defaults) if numerical else _written(vjp, jvp, called, operands)
    compute = _value_of(code, called)
    op = Black(
        called, _seen(compute, called, lambda: op), "custom", operands, defaults, rules.back,
        order=(*operands, *defaults), jvp=rules.ahead, opaque=compute, code=code,
        complex=not numerical, analytic=False,
    )  # fmt: skip
    operation = Derived(op)
    named(operation, f, _declared, (f, called, vjp, jvp, numerical))
    operation.__doc__ = f.__doc__
    operation.__name__ = operation.__qualname__ = called  # type: ignore[attr-defined]
    return operation


# ----- what the declaration says -----


def _name_of(f: Function) -> str:
    name = getattr(f, "__name__", type(f).__name__)
    return name if name.isidentifier() else "custom_op"


def _signature(f: Function) -> inspect.Signature:
    with aside():  # Python's library asks about the interpreter, which is no business of the function's
        return inspect.signature(f)


def _parameters(f: Function, name: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the names of the inputs of a function, and its settings with their defaults."""
    if isinstance(f, np.ufunc):
        return (("x",) if f.nin == 1 else tuple(f"x{i + 1}" for i in range(f.nin))), {}
    try:
        parameters = _signature(f).parameters.values()
    except (TypeError, ValueError) as error:
        raise errors.DeclarationError(errors.CUSTOM_SIGNATURE.format(op=name, what="no signature")) from error
    settings = {p.name: p.default for p in parameters if p.default is not p.empty}
    inputs = tuple(p.name for p in parameters if p.default is p.empty)
    if not inputs or any(p.kind not in _BY_PLACE for p in parameters if p.default is p.empty):
        what = f"the signature ({', '.join(inputs)})"
        raise errors.DeclarationError(errors.CUSTOM_SIGNATURE.format(op=name, what=what))
    return inputs, settings


_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class _Named:
    """A rule with the parameter names that `Op` shall read from it."""

    __slots__ = ("__code__", "_call")

    def __init__(self, call: Function, names: Sequence[str]) -> None:
        self._call = call
        self.__code__ = SimpleNamespace(co_varnames=tuple(names), co_argcount=len(names), co_kwonlyargcount=0)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(*args, **kwargs)


class _Rules(NamedTuple):
    """The reverse rules of an operation, one for each input, and its forward rule; None where that is derived."""

    back: list[_Named]
    ahead: _Named | None


def _names(rule: Function, first: str, name: str) -> list[str]:
    """Return the parameter names of a user's rule after the first, which is `g` or `tangents`."""
    names = list(_signature(rule).parameters)
    if not names or names[0] != first:
        raise errors.DeclarationError(errors.CUSTOM_FIRST.format(op=name, first=first, given=", ".join(names)))
    return names[1:]


def _written(vjp: Function | None, jvp: Function | None, name: str, operands: Sequence[str]) -> _Rules:
    """Return the rules of an operation: one for each input, and the forward rule.

    NOTE: a forward rule is given what the reverse rules have saved. So those ask for what either of them needs.
    """
    if vjp is None:
        raise errors.DeclarationError(errors.CUSTOM_NO_RULE.format(op=name))
    asked = _names(vjp, "g", name)
    ahead = _names(jvp, "tangents", name) if jvp is not None else []
    saved = list(dict.fromkeys([*asked, *ahead, *(f"{x}_shape" for x in operands)]))
    rule = Rule(vjp, name, "reverse", ["g", *asked], 1, partial(_shares, name, len(operands)))
    shared = _Shared(rule, asked, saved, len(operands))
    rules = [_Named(partial(shared, i, f"{x}_shape"), ["g", *saved]) for i, x in enumerate(operands)]
    return _Rules(rules, None if jvp is None else _forward(jvp, name, ahead, len(operands)))


def _shares(name: str, count: int, found: Any) -> Sequence[Any]:
    """Return what a reverse rule has returned as one share for each input."""
    results = found if isinstance(found, (tuple, list)) else (found,)
    if len(results) != count:
        raise errors.RuleError(errors.CUSTOM_RESULTS.format(op=name, given=len(results), expected=count))
    return results


def _forward(jvp: Function, name: str, asked: Sequence[str], count: int) -> _Named:
    """Return the user's forward rule, which is given a list of tangents, and what it asks for by name."""

    def one_by_one(*values: Any) -> Any:
        return jvp(list(values[:count]), *values[count:])

    def tangent(found: Any) -> Sequence[Any]:
        if found is None:
            raise errors.RuleError(errors.CUSTOM_NO_TANGENT.format(op=name))
        return (found,)

    names = [*(f"tangents[{i}]" for i in range(count)), *asked]
    rule = Rule(one_by_one, name, "forward", names, count, tangent)

    def ahead(tangents: Sequence[Any], **values: Any) -> Any:
        return rule(*tangents, *[values[x] for x in asked])[0]

    return _Named(ahead, ["tangents", *asked])


class _Shared:
    """The user's reverse rule, called once for all inputs of a node although the sweep asks for each input alone.

    What it returned is kept as long as the cotangent lives that it was called with, and no longer.
    """

    __slots__ = ("_asked", "_count", "_last", "_rule", "_saved")

    def __init__(self, rule: Rule, asked: list[str], saved: list[str], count: int) -> None:
        self._rule, self._asked, self._saved, self._count = rule, asked, saved, count
        self._last: tuple[Any, tuple[Any, ...], Sequence[Any]] | None = None

    def __call__(self, index: int, shape: str, g: Array, *saved: Any) -> Array:
        values = dict(zip(self._saved, saved, strict=True))
        share = self._results(g, saved, [values[n] for n in self._asked])[index]
        if share is None:
            zeros = np.zeros(values[shape])
            return make_tensor(zeros) if isinstance(g, Handle) else zeros
        return share

    def _results(self, g: Array, saved: tuple[Any, ...], given: list[Any]) -> Sequence[Any]:
        last = self._last
        if last is not None and last[0]() is g and all(map(_same, last[1], saved)):
            return last[2]
        results = self._rule(g, *given)
        if self._count > 1 and (isinstance(g, (np.ndarray, Handle)) or type(g) in RECORDERS):
            self._last = (ref(g, self._forget), saved, results)
        return results

    def _forget(self, gone: Any) -> None:
        last = self._last
        if last is not None and last[0] is gone:
            self._last = None


def _same(a: Any, b: Any) -> bool:
    """Tell whether two saved values are the same object, or Tensors made anew around it."""
    if isinstance(a, Handle) and isinstance(b, Handle):
        return a._data is b._data and a._node is b._node
    return a is b or (isinstance(a, tuple) and a == b)


def _value_of(f: Function, name: str) -> Function:
    def compute(*arrays: Any, **settings: Any) -> Array:
        return value_of(f(*arrays, **settings), name)

    return compute


class Black(Op):
    """An operation that calls code of the user's, which a compiled function calls as well, as it is.

    So what that reads is not to be compared; but derivatives of its rules are what they were.
    """

    __slots__ = ("code",)
    _surveyed = ("rules", "jvp")
    _as_it_is = True
    code: Code | None

    def __init__(self, *args: Any, code: Code | None = None, **facts: Any) -> None:
        """Make it; `code` is what computes the value, where that is a function of the user's."""
        super().__init__(*args, **facts)
        self._fill(code=code)


def _seen(compute: Function, name: str, op: Callable[[], Op]) -> Function:
    """Return what computes a value from arrays; of a batch, through the operation, example by example."""

    def seen(*arrays: Any, **settings: Any) -> Array:
        recorder = recorder_of(*arrays)
        if recorder is None:
            return opaque(compute, name, arrays, settings)
        return recorder(op(), arrays, settings)

    return seen


def black_box(name: str, fn: Function) -> Op:
    """Return an operation without a derivative that computes from any number of arrays, and may do anything."""
    op = Black(name, _seen(fn, name, lambda: op), "constant", (), {}, (), variadic=True, opaque=fn)
    return op


# ----- numerical derivatives -----


def _numerical(f: Function, name: str, operands: tuple[str, ...], defaults: Mapping[str, Any]) -> _Rules:
    """Return rules that take differences.

    They are operations themselves, without a derivative, so that a batch is taken example by example.
    """
    settings = tuple(defaults)
    n = len(operands)

    def back(index: int, g: Array, *values: Any) -> Array:
        plain = [_unwatched(v, name) for v in (g, *values[:n])]
        found = pull(*plain, index=index, **dict(zip(settings, values[n:], strict=True)))
        return make_tensor(as_array(found)) if isinstance(g, Handle) else found

    def ahead(tangents: Sequence[Any], **values: Any) -> Array:
        moves = [None if t is None else _unwatched(t, name) for t in tangents]
        arrays = [_unwatched(values[x], name) for x in operands]
        found = push(*moves, *arrays, **{s: values[s] for s in settings})
        return make_tensor(as_array(found)) if any(isinstance(t, Handle) for t in tangents) else found

    pull = black_box(f"{name}_by_differences", partial(_pulled, once(f)))
    push = black_box(f"{name}_by_differences", partial(_pushed, once(f)))
    names = [*operands, *settings]
    rules = [_Named(partial(back, i), ["g", *names]) for i in range(n)]
    return _Rules(rules, _Named(ahead, ["tangents", *names]))


def _unwatched(x: Any, name: str) -> Any:
    """Return a value as an array; of a Tensor that a derivative is asked of, refuse: there is no second order."""
    if not isinstance(x, Handle):
        return x
    if x._node is not None:
        raise errors.UnsupportedError(errors.NUMERICAL_SECOND.format(op=name))
    return array_of(x)


def _pulled(f: Function, g: Array, *arrays: Any, index: int, **settings: Any) -> Array:
    """Return the derivative of ``sum(g * f)`` by every number of one input, by differences in each."""
    x, weights = np.asarray(arrays[index]), np.ravel(g)
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):

        def line(step: float, place: Any = place) -> tuple[Array, float]:
            moved = x.copy()
            moved[place] += step
            y = f(*arrays[:index], moved, *arrays[index + 1 :], **settings)
            return np.ravel(y).astype(float), float(moved[place]) - float(x[place])

        found[place] = quick(line, float(x[place])) @ weights
    return found


def _pushed(f: Function, *given: Any, **settings: Any) -> Array:
    """Return how `f` moves, by differences along the direction in which its inputs do."""
    n = len(given) // 2
    moves, arrays = given[:n], given[n:]
    largest = max(float(np.max(np.abs(t), initial=0)) for t in moves if t is not None) or 1.0
    size = max(float(np.max(np.abs(x), initial=0)) for x in arrays)

    def line(step: float) -> tuple[Array, float]:
        at = [x if t is None else x + (step / largest) * t for x, t in zip(arrays, moves, strict=True)]
        return np.asarray(f(*at, **settings), float), step / largest

    slope: Array = quick(line, size)
    return slope


# ----- the check at declaration -----


def _check_when_defined(operation: Any, inputs: tuple[Any, ...]) -> None:
    """Check the rules now; or at the first call, where they use a name not defined before, as the operation's own.

    NOTE: what a name will stand for, nobody knows before the declaration has been carried out.
    """
    try:
        _check(operation, inputs)
    except NameError:
        operation.func.code.first = partial(_check_aside, operation, inputs)


def _check_aside(operation: Function, inputs: tuple[Any, ...]) -> None:
    with aside(), enable_grad():
        _check(operation, inputs)


def _check(operation: Function, inputs: tuple[Any, ...]) -> None:
    """Compare the rules, in both modes, with finite differences."""
    gradcheck(operation, tuple(x if isinstance(x, np.ndarray) else np.asarray(x) for x in inputs))
