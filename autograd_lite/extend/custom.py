"""Operations of your own: a function and its derivative, as one operation that is recorded like any other."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, ParamSpec, Protocol, Self, TypedDict, TypeVar, Unpack, overload

import numpy as np

from autograd_lite import errors
from autograd_lite.base.functions import Derived, named
from autograd_lite.base.later import Later
from autograd_lite.base.signatures import Cores, core_dimensions
from autograd_lite.engine.several import listed, parts_of
from autograd_lite.engine.switch import enable_grad
from autograd_lite.engine.tasks import Here, refuse_no_executor
from autograd_lite.engine.watchpoints import aside
from autograd_lite.extend import numerical
from autograd_lite.extend.foreign import Black, Code, Named, UserRule, as_they_are, seen_by_batches, value_of

Function = Callable[..., Any]
P = ParamSpec("P")
R = TypeVar("R")
Result_co = TypeVar("Result_co", covariant=True)

checking: Any = Later("autograd_lite.check.gradcheck")  # a check is made of derivatives, and comes after them


class _Options(TypedDict, total=False):
    vjp: Function | None
    jvp: Function | None
    name: str | None
    check: Sequence[Any] | None
    numerical: bool
    signature: str | None
    executor: Any


@overload
def custom_op(f: Callable[P, R], **options: Unpack[_Options]) -> BoundOperation[P, R]: ...
@overload
def custom_op(f: None = None, **options: Unpack[_Options]) -> Callable[[Callable[P, R]], BoundOperation[P, R]]: ...
def custom_op(
    f: Function | None = None,
    *,
    vjp: Function | None = None,
    jvp: Function | None = None,
    name: str | None = None,
    check: Sequence[Any] | None = None,
    numerical: bool = False,
    signature: str | None = None,
    executor: Any = None,
) -> Any:
    """Make a function, however it computes, an operation with a derivative of your own.

    Parameters
    ----------
    f : callable
        Takes arrays and returns one, or several in a tuple, which may have names. Its parameters without a default are
        the inputs, with ``*arrays`` any number of them; the others are settings, which have no derivative. It sees
        plain arrays, so it may call anything, but cannot write to them. Inputs that are no arrays (functions, tuples,
        texts) are handed through. Left out, the call is a decorator.
    vjp : callable, optional
        The reverse rule. Its first parameter is `g`, the derivative of the final result by that of `f`, of the same
        shape (of complex numbers see `base.conventions`): of several results a tuple, with None for one that nobody
        used. The names of the others say what else it needs: ``y`` the result, the inputs and settings of `f` by their
        names (``arrays`` for ``*arrays``), ``<name>_shape`` the shape of an input, without keeping the input alive, and
        ``needs`` for each input whether its share is asked for. It returns one result of the shape of the input; for
        several inputs a tuple of them, with None where the derivative is 0. Left out, it may be bound later: see
        `defvjp` of what is returned.
    jvp : callable, optional
        The forward rule. Its first parameter is `tangents`, a list with how each input moves, None for one that does
        not; the others as those of `vjp`. It returns how the result moves, of several a tuple. By default it is
        derived, by transposing `vjp`, if that is NumPy.
    name : str, optional
        What errors and pictures call the operation; by default the name of `f`.
    check : sequence of arrays, optional
        Inputs for which the rules are compared with finite differences, and with each other: at once, or, where a rule
        calls the operation itself, which has no name yet, at the first call.
    numerical : bool
        Without `vjp`: take the derivative by finite differences, for a function of which nothing is known. It costs
        four calls of `f` for each number of an input, has about nine correct digits in float64, and is there to first
        order only. A warning says so.
    signature : str, optional
        The axes that `f` and its rules are about, in the notation of `numpy.vectorize`, as ``(n,n),(n)->(n)``: a
        promise that they take any number of axes in front, for stacks that broadcast. A batch is then one call of `f`.
    executor : concurrent.futures.Executor, optional
        With `numerical`: what calls `f` for the differences, see `ag.parallel.map`; the derivative is the same.

    Returns
    -------
    callable
        Called like `f`. ``defvjp(rule)`` and ``defjvp(rule)`` bind rules later, and ``defvjp(rule0, rule1,
        argnums=(0, 1))`` one for each input.

    Raises
    ------
    DeclarationError
        A rule asks for a name that `f` does not have; or, when differentiated, there is no rule.
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
    `vmap`, `f` is called once for each example, if it has no `signature`.

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

    Several results, of which one was not used:

    >>> @custom_op(vjp=lambda g, y, x: g[0] * np.cos(x) - (0 if g[1] is None else g[1] * np.sin(x)))
    ... def sine_and_cosine(x):
    ...     return np.sin(x), np.cos(x)
    >>> ag.grad(lambda x: sine_and_cosine(x)[0])(0.0)
    np.float64(1.0)
    """
    if f is None:
        return partial(
            custom_op, vjp=vjp, jvp=jvp, name=name, check=check, numerical=numerical, signature=signature,
            executor=executor,
        )  # fmt: skip
    called = name or _name_of(f)
    if numerical:
        if vjp is not None or jvp is not None:
            raise errors.DeclarationError(errors.CUSTOM_BOTH.format(op=called))
        warnings.warn(errors.NUMERICAL.format(op=called), errors.NumericalDerivativeWarning, stacklevel=2)
    refuse_no_executor(executor)
    if executor is not None and not numerical:
        raise errors.DeclarationError(errors.CUSTOM_EXECUTOR.format(op=called))
    written = Written(vjp, jvp, numerical, signature, Here(executor))
    operation = _declared(f, called, written)
    if check is not None:
        operation.checked = tuple(check)
        if _is_complete(operation.func, written):
            _check_when_defined(operation, operation.checked)
    return operation


class BoundOperation(Protocol[P, Result_co]):
    """What type checkers know of a `CustomOp`."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Result_co: ...
    def defvjp(self, *rules: Function | None, argnums: int | Sequence[int] | None = ...) -> Self: ...
    def defjvp(self, rule: Function) -> Self: ...


class CustomOp(Derived):
    """An operation of the user's: called like the function it is made of. Its rules may be bound later."""

    func: Any
    checked: tuple[Any, ...] | None = None  # the inputs that rules are to be checked at

    def defvjp(self, *rules: Function | None, argnums: int | Sequence[int] | None = None) -> Self:
        """Bind the reverse rule, or one for each argument, and return the operation.

        Parameters
        ----------
        *rules : callable or None
            One alone is that of all inputs, as `vjp` of `custom_op`. Several, or with `argnums`, are of one input each:
            ``rule(g, ...)`` returns the share of that one. None says that an input is a constant.
        argnums : int or sequence of int, optional
            Which inputs the rules are for; by default the first ones. Other calls may bind rules for others.

        Raises
        ------
        DeclarationError
            There are not as many rules as numbers, or one asks for a name that the function does not have.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> product = custom_op(lambda a, b: a * b, name="product")
        >>> product = product.defvjp(lambda g, b: g * b, lambda g, a: g * a, argnums=(0, 1))
        >>> ag.grad(product, argnums=(0, 1))(2.0, 3.0)
        (np.float64(3.0), np.float64(2.0))
        """
        if argnums is None and len(rules) == 1:
            return self._bind(vjp=rules[0])
        numbers = range(len(rules)) if argnums is None else (argnums,) if isinstance(argnums, int) else tuple(argnums)
        if len(numbers) != len(rules) or len(set(numbers)) != len(rules) or min(numbers, default=-1) < 0:
            text = errors.CUSTOM_ARGNUMS.format(op=self.func.name, rules=len(rules), argnums=list(numbers))
            raise errors.DeclarationError(text)
        before = self._written.vjp
        known = before.rules if isinstance(before, ByArgument) else {}
        return self._bind(vjp=ByArgument({**known, **dict(zip(numbers, rules, strict=True))}))

    def defjvp(self, rule: Function) -> Self:
        """Bind the forward rule, as `jvp` of `custom_op`, and return the operation.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> twice = custom_op(lambda x: 2 * x, name="twice").defjvp(lambda tangents: 2 * tangents[0])
        >>> ag.jvp(twice, (1.0,), (3.0,))
        (np.float64(2.0), np.float64(6.0))
        """
        return self._bind(jvp=rule)

    @property
    def _written(self) -> Written:
        return self.__dict__["made_by"][1][2]  # type: ignore[no-any-return]

    def _bind(self, **rules: Any) -> Self:
        """Have other rules, here and in copies and pickles, and check them if that was asked for."""
        declare, (f, called, written) = self.__dict__["made_by"]
        written = written._replace(**rules)
        _ruled(self.func, written)
        self.__dict__["made_by"] = declare, (f, called, written)
        if self.checked is not None and _is_complete(self.func, written):
            _check_when_defined(self, self.checked)
        return self


class ByArgument(NamedTuple):
    """Reverse rules of one input each, by its number; None for a constant."""

    rules: Mapping[int, Function | None]


class Written(NamedTuple):
    """The rules as the user has written them, or whether they are to be differences; and what stacks they take."""

    vjp: Any = None
    jvp: Function | None = None
    numerical: bool = False
    signature: str | None = None
    executor: Here = Here(None)


def _declared(f: Function, called: str, written: Written) -> CustomOp:
    """Return the operation as a function with the name, the text and the signature of `f`."""
    operands, defaults = _parameters(f, called)
    code = Code(f, f"the function of custom_op {called}", operands)
    compute = _value_of(code, called)
    if written.signature is not None:
        compute = _of_stacks(compute, called, _cores(written.signature, operands, called))
    op = Black(
        called, seen_by_batches(compute, called, lambda: op), "several", operands, defaults,
        (Named(partial(_refuse, called, operands), ["g"]),), order=(*operands, *defaults), opaque=compute,
        variadic=not operands, code=code, complex=not written.numerical, analytic=False, signature=written.signature,
    )  # fmt: skip
    _ruled(op, written)
    operation = CustomOp(op)
    named(operation, f, _declared, (f, called, written))
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
    """Return the names of the inputs of a function, none for any number of them, and its settings with defaults."""
    if isinstance(f, np.ufunc):
        return (("x",) if f.nin == 1 else tuple(f"x{i + 1}" for i in range(f.nin))), {}
    try:
        parameters = _signature(f).parameters.values()
    except (TypeError, ValueError) as error:
        raise errors.DeclarationError(errors.CUSTOM_SIGNATURE.format(op=name, what="no signature")) from error
    settings = {p.name: p.default for p in parameters if p.default is not p.empty}
    inputs = tuple(p.name for p in parameters if p.default is p.empty)
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return (), settings
    if not inputs or any(p.kind not in _BY_PLACE for p in parameters if p.default is p.empty):
        what = f"the signature ({', '.join(inputs)})"
        raise errors.DeclarationError(errors.CUSTOM_SIGNATURE.format(op=name, what=what))
    return inputs, settings


_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


# ----- rules -----


def _ruled(op: Black, written: Written) -> None:
    """Give an operation its rules.

    NOTE: a forward rule is given what the reverse rule has saved. So that asks for what either of them needs.
    """
    back, ahead = _numerical(op, written.executor.held) if written.numerical else _rules(op, written)
    op.bind((back,), ahead)


def _numerical(op: Black, executor: Any) -> tuple[Named, Named]:
    assert op.code is not None
    if "y" in (*op.operands, *op.defaults):
        raise errors.DeclarationError(errors.CUSTOM_Y.format(op=op.name))
    return numerical.rules(op.code, op.name, op.operands, op.defaults, executor)


def _rules(op: Black, written: Written) -> tuple[Named, Named | None]:
    vjp, jvp = written.vjp, written.jvp
    asked = [] if jvp is None else _names(jvp, "tangents", op.name)
    ahead = None if jvp is None else _forward(jvp, op.name, asked)
    if isinstance(vjp, ByArgument):
        back, saved = _by_argument(vjp, op)
    elif vjp is not None:
        back, saved = _joint(vjp, op.name)
    else:
        back, saved = partial(_refuse, op.name, op.operands), []
    shapes = [f"{x}_shape" for x in op.operands] or ["shapes"]
    names = list(dict.fromkeys(["needs", *shapes, *saved, *asked]))
    return Named(partial(_by_name, back, names, len(op.operands)), ["g", *names]), ahead


def _by_name(back: Function, names: Sequence[str], inputs: int, g: Any, *saved: Any) -> list[Any]:
    """Return the shares of a rule that is given by name what was saved; zeros where it says the derivative is 0."""
    shares = back(g, dict(zip(names, saved, strict=True)))
    needs, shapes = saved[0], saved[1 : inputs + 1] if inputs else saved[1]
    as_it_is = as_they_are(parts_of(g))
    return [
        as_it_is(np.zeros(shape)) if share is None and needed else share
        for share, needed, shape in zip(shares, needs, shapes, strict=True)
    ]


def _refuse(name: str, operands: Sequence[str], g: Any, *_: Any) -> Any:
    raise errors.DeclarationError(errors.CUSTOM_NO_RULE.format(op=name, names=", ".join(operands) or "arrays"))


def _names(rule: Function, first: str, name: str) -> list[str]:
    """Return the parameter names of a user's rule after the first, which is `g` or `tangents`."""
    names = list(_signature(rule).parameters)
    if not names or names[0] != first:
        raise errors.DeclarationError(errors.CUSTOM_FIRST.format(op=name, first=first, given=", ".join(names)))
    return names[1:]


def _joint(vjp: Function, name: str) -> tuple[Function, list[str]]:
    """Return the user's rule for all inputs, and what it asks for."""
    asked = _names(vjp, "g", name)
    rule = UserRule(vjp, name, "reverse", ["g", *asked], listed)

    def back(g: Any, values: Mapping[str, Any]) -> list[Any]:
        shares, expected = rule(g, *[values[x] for x in asked]), len(values["needs"])
        if len(shares) != expected:
            raise errors.RuleError(errors.CUSTOM_RESULTS.format(op=name, given=len(shares), expected=expected))
        return shares

    return back, asked


def _by_argument(written: ByArgument, op: Black) -> tuple[Function, list[str]]:
    """Return rules of one input each as one for all, of which those are called that are asked for."""
    asked = {i: [] if rule is None else _names(rule, "g", op.name) for i, rule in written.rules.items()}
    rules = {
        i: None if rule is None else UserRule(rule, op.name, "reverse", ["g", *asked[i]], lambda share: (share,))
        for i, rule in written.rules.items()
    }

    def back(g: Any, values: Mapping[str, Any]) -> list[Any]:
        return [share(i, g, values) if needed else None for i, needed in enumerate(values["needs"])]

    def share(i: int, g: Any, values: Mapping[str, Any]) -> Any:
        if i not in rules:
            name, names = op.operands[i] if op.operands else f"number {i}", ", ".join(op.operands) or "arrays"
            text = errors.CUSTOM_NO_ARGUMENT_RULE.format(op=op.name, name=name, asked=names, index=i)
            raise errors.DeclarationError(text)
        rule = rules[i]
        return None if rule is None else rule(g, *[values[x] for x in asked[i]])[0]

    return back, [name for names in asked.values() for name in names]


def _forward(jvp: Function, name: str, asked: Sequence[str]) -> Named:
    """Return the user's forward rule, which is given a list of tangents, and what it asks for by name."""

    def of_list(tangents: Sequence[Any], *values: Any) -> Any:
        return jvp(list(tangents), *values)

    def moved(found: Any) -> Sequence[Any]:
        if found is None:
            raise errors.RuleError(errors.CUSTOM_NO_TANGENT.format(op=name))
        return listed(found)

    rule = UserRule(of_list, name, "forward", ["tangents", *asked], moved)
    return Named(lambda tangents, **values: rule(tuple(tangents), *[values[x] for x in asked]), ["tangents", *asked])


def _is_complete(op: Black, written: Written) -> bool:
    """Tell whether there is a rule for each input."""
    if isinstance(written.vjp, ByArgument):
        return len(written.vjp.rules) >= len(op.operands)
    return written.numerical or written.vjp is not None


def _value_of(f: Function, name: str) -> Function:
    def compute(*arrays: Any, **settings: Any) -> Any:
        return value_of(f(*arrays, **settings), name)

    return compute


# ----- stacks -----


def _cores(signature: str, operands: Sequence[str], name: str) -> tuple[Cores, Cores]:
    """Return the axes of operands and results that a signature of the user's names."""
    if operands and _SIGNATURE.fullmatch(signature.replace(" ", "")):
        cores, results = core_dimensions(signature)
        if cores is not None and len(cores) == len(operands):
            return cores, results
    example = f"{','.join(['(n)'] * max(len(operands), 1))}->()"
    names = ", ".join(operands) or "*arrays"
    text = errors.CUSTOM_STACKS.format(op=name, given=signature, names=names, example=example)
    raise errors.DeclarationError(text)


_CORE = r"\((?:\w+(?:,\w+)*)?\)"
_SIGNATURE = re.compile(f"{_CORE}(?:,{_CORE})*->{_CORE}(?:,{_CORE})*")


def _of_stacks(compute: Function, name: str, cores: tuple[Cores, Cores]) -> Function:
    """Return a function that refuses a result which is not the stack that its signature promises."""

    def stacked(*arrays: Any, **settings: Any) -> Any:
        found = compute(*arrays, **settings)
        in_front = [np.shape(x)[: np.ndim(x) - len(core)] for x, core in zip(arrays, cores[0], strict=True)]
        stack = np.broadcast_shapes(*in_front)
        results = listed(found)
        shapes = [np.shape(y) for y in results]
        if len(results) != len(cores[1]) or any(
            shape[: len(stack)] != stack or len(shape) != len(stack) + len(core)
            for shape, core in zip(shapes, cores[1], strict=True)
        ):
            given = ", ".join(map(str, shapes))
            raise errors.RuleError(errors.CUSTOM_STACK.format(op=name, given=given, stack=stack))
        return found

    return stacked


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
    checking.gradcheck(operation, tuple(x if isinstance(x, np.ndarray) else np.asarray(x) for x in inputs))
