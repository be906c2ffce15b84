"""Operations: the record of one, the registry of all, and the six forms of declaring them.

An operation is a NumPy function and, for each of its array inputs, one line that is its derivative::

    elementwise(np.exp, lambda g, y: g * y)
    elementwise(np.multiply, lambda g, x2: g * x2, lambda g, x1: g * x1)
    linear(np.reshape, lambda g, a_shape: g.reshape(a_shape), settings="shape")

The names of a rule's parameters say what it needs, and a node saves that and nothing else: ``g`` is the cotangent
(or, for an elementwise rule, just as well the tangent), ``y`` the output, and NumPy's own names stand for the inputs
and settings. ``<name>_shape`` asks for the shape of an input without keeping the input alive. In an ordinary sweep a
rule receives arrays; when the derivative is itself recorded it receives Tensors, and the same text records it.

How to choose the form:

===============  ==================================================================================
`elementwise`    each output element depends on the input element in its place; one text serves both modes
`linear`         the function is linear in all its inputs together; the rule is its adjoint
`bilinear`       linear in each of its inputs; the rule is the adjoint in one input with the others fixed
`custom`         anything else; the forward rule is written, or derived from the reverse rule
`several`        several results, or shared work: one rule that returns the shares of all inputs (see `several.py`)
`composite`      a definition in terms of other operations, which needs no rule
===============  ==================================================================================

What NumPy does not have is written as a function of its own, which `operation` makes an operation: it keeps name,
text and signature, for its user and for type checkers::

    @operation(custom, lambda g, y: g * y * (1 - y))
    def sigmoid(x: A) -> A:
        return 1 / (1 + np.exp(-x))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import update_wrapper
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Self, TypeAlias, TypeVar, cast

import numpy as np

from autograd_lite import errors
from autograd_lite.base.functions import standing_name
from autograd_lite.base.shapes import Array
from autograd_lite.base.signatures import (
    NO_VALUE,
    is_numpys,
    known_parameters,
    parameter_names,
    says_nothing,
    signature,
)
from autograd_lite.engine.warned import NO_REGISTRY, again, is_warning, unwarned_function

__warningregistry__ = NO_REGISTRY  # of NumPy's calls in `Op.__call__`, whose warnings name the user's line

Rule: TypeAlias = Callable[..., Array]
Settings: TypeAlias = Mapping[str, Any]
Recorder: TypeAlias = Callable[["Op", Sequence[Any], Settings], Any]
F = TypeVar("F", bound=Callable[..., Any])

NO_SETTINGS: Settings = MappingProxyType({})

REGISTRY: dict[Any, Callable[..., Any]] = {}
"""Every function that knows what to do with a Tensor, by the NumPy function it stands for."""

RECORDERS: dict[type, Recorder] = {}
"""How to carry out an operation when one of its operands is of a type that records (filled by `tensor`)."""


def recorder_of(*values: Any) -> Recorder | None:
    """Return how to carry out an operation on values, or parts of an index, of which one records; None if none does."""
    for x in values:
        for part in x if isinstance(x, tuple) else (x,):
            if type(part) in RECORDERS:
                return RECORDERS[type(part)]
    return None


def whole(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return what NumPy's own function makes of arguments that nobody records, else NotImplemented."""
    x = _first(args)
    x = _first(kwargs.values()) if x is None else x
    return NotImplemented if x is None else x._whole(fn, args, kwargs)


def ask(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Have NumPy's own function `fn` refuse arguments that it does not take."""
    x = _first(args)
    x = _first(kwargs.values()) if x is None else x
    if x is not None:
        x._ask(fn, args, kwargs)


def _first(values: Iterable[Any]) -> Any:
    """Return the first value of a type that records, also inside of lists and tuples."""
    for x in values:
        if x.__class__ in RECORDERS:
            return x
        if isinstance(x, (list, tuple)) and (found := _first(x)) is not None:
            return found
    return None


def _detached(x: Any) -> Any:
    """Return operands without a derivative, also inside of lists and tuples."""
    if isinstance(x, (list, tuple)):
        return (list if isinstance(x, list) else tuple)(map(_detached, x))
    return x.detach() if type(x) in RECORDERS else x


_UFUNC_ARGUMENTS = {
    "out": None, "where": True, "casting": "same_kind", "order": "K", "dtype": None, "subok": True, "signature": None,
}  # fmt: skip
_VARARGS, _VARKEYWORDS = 0x04, 0x08  # inspect.CO_VARARGS, CO_VARKEYWORDS


class Op:
    """One operation: what computes it, and what its derivatives need.

    Attributes
    ----------
    name : str
        The name under which errors and pictures speak of it.
    fn : callable
        Computes the value from arrays: operands by position, settings by keyword.
    function : callable or None
        The function of NumPy that it stands for.
    form : str
        ``elementwise``, ``linear``, ``bilinear``, ``custom``, ``several`` or ``constant``.
    operands : tuple of str
        Names of the array inputs, in order. Empty for an operation that takes any number of them.
    defaults : dict
        The settings that a call may give, with their default values.
    rules : tuple
        One rule per operand, None where there is no derivative; one for all where there may be any number, or where it
        is `joint`.
    joint : bool
        Whether one call of a rule returns the shares of all operands.
    hands : bool
        Whether operands that are no arrays are handed through to `fn` and the rules.
    selects : bool
        Whether cotangents of exactly zero are part of its meaning (`where`, `max`, indexing): from there on the
        sweep keeps a zero cotangent zero, whatever the derivative it is multiplied with.
    quiet : callable or None
        `fn`, of whose lines nothing warns, once `quieted` has made it.
    calls : int
        How often it was carried out without a lane.
    lane : callable or None
        What carries it out, once `record.lane` has made it.
    observed : callable or None
        The same for while somebody observes, once `record.observed` has made it.
    opaque : callable or None
        What computes it and may do anything with arrays, so that no trace can see into it: code of the user's.
    foreign : bool
        Whether no forward rule could be derived from the reverse ones: they are code of the user's, and no NumPy.
    zeros : callable or None
        A rule in the place of the others, where zeros of the cotangent are to be kept zeros and those gave what is not
        finite: for an operation that is made of others.
    apex : callable or None
        ``apex(at, slope, *saved)`` for what looks like a cone where it is 0, as a norm, see `sweep.at_apex`: of its
        rules the first thing saved is 0 there. It returns ``slope`` times the input where `at` holds, and else 0.
    accumulate : callable or None
        ``accumulate(buffer, g, *saved)`` adds the gradient into a buffer in place: for an operation that reads
        a small part of a large input.
    spends : bool
        Whether `accumulate` is ``accumulate(g, *saved)`` instead and makes the gradient of the first operand out of the
        cotangent, in its memory: for an operation that changes a small part of a large input. The other operands have
        had their shares before.
    view : callable or None
        ``view(a, value, **settings)`` returns what the first operand is once `value` was written into the result: for
        an operation whose result may be a view of its first operand.
    """

    __slots__ = (
        "__dict__", "__name__", "accumulate", "apex", "binder", "calls", "defaults", "fn", "foreign", "form",
        "function", "jvp", "jvp_wants", "known", "lane", "name", "observed", "opaque", "operands", "order", "picks",
        "quiet", "reads", "rules", "selects", "shaped", "spends", "view", "wants", "zeros",
    )  # fmt: skip

    joint = hands = False
    sequences: tuple[type, ...] = (list, tuple)  # operands of these types are arrays written out
    _surveyed: tuple[str, ...] = ("fn", "rules", "jvp", "apex")  # what a compiled function reads of it

    def __init__(
        self,
        name: str,
        fn: Callable[..., Any],
        form: str,
        operands: Sequence[str],
        defaults: dict[str, Any],
        rules: Sequence[Rule | None],
        *,
        order: Sequence[str] = (),
        known: Mapping[str, Any] = MappingProxyType({}),
        variadic: bool = False,
        jvp: Rule | None = None,
        selects: bool = False,
        accumulate: Callable[..., None] | None = None,
        opaque: Callable[..., Any] | None = None,
        zeros: Callable[..., Any] | None = None,
        spends: bool = False,
        view: Callable[..., Any] | None = None,
        function: Any = None,
        apex: Rule | None = None,
    ) -> None:
        self.name = self.__name__ = name
        self.fn, self.form = fn, form
        self.operands, self.defaults, self.known = tuple(operands), defaults, known
        self.order = tuple(order)
        self.binder = _bind_as_given if variadic else self._bind_by_name
        self.selects, self.accumulate = selects, accumulate
        self.opaque, self.zeros, self.spends, self.view, self.function = opaque, zeros, spends, view, function
        self.foreign = False
        self.apex = apex
        self.calls = 0
        self.quiet: Callable[..., Any] | None = None
        self.lane: Callable[..., Any] | None = None
        self.observed: Callable[..., Any] | None = None
        self.bind(rules, jvp)

    def bind(self, rules: Sequence[Rule | None], jvp: Rule | None = None) -> None:
        """Have these rules, from the next call on."""
        self.rules, self.jvp = tuple(rules), jvp
        self.jvp_wants = parameter_names(jvp)[1:] if jvp else ()
        self._plan_saving()

    def _plan_saving(self) -> None:
        """Translate the parameter names of each rule into places of the tuple that `environment` makes."""
        wants = [parameter_names(rule)[1:] if rule else () for rule in self.rules]
        self.wants = tuple(wants)
        asked = {name for names in wants for name in names}
        self.shaped = tuple(i for i, n in enumerate(self.operands) if f"{n}_shape" in asked)
        names = self._names()
        if unknown := asked - set(names):
            known = ", ".join(names[1:])
            raise errors.DeclarationError(errors.RULE_NAMES.format(op=self.name, name=min(unknown), known=known))
        places = [tuple(names.index(n) for n in want) for want in wants]
        self.picks = tuple(_picker(p) if r else None for p, r in zip(places, self.rules, strict=True))
        last = len(self.operands)
        self.reads = tuple(frozenset(i - 1 for i in p if 1 <= i <= last) for p in places)

    def _names(self) -> list[str]:
        """Return the names of all that a rule may ask for, in the order in which `environment` lays it out."""
        names = ["y", *self.operands, *self.defaults, *(f"{self.operands[i]}_shape" for i in self.shaped)]
        return names if self.operands else [*names, "arrays", "shapes", "index"]

    def __repr__(self) -> str:
        return f"<{self.form} operation {self.name}>"

    def __reduce__(self) -> Any:
        return standing_name(self, ()) or pickled(self)

    def __get__(self, instance: Any, owner: type | None = None) -> Self:
        """In a class it is no method, as a ufunc is none; but for this, `help` shows it as the function that it is."""
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for x in (*args, *kwargs.values()) if kwargs else args:
            if x.__class__ in RECORDERS:
                if kwargs or len(args) != len(self.operands):
                    return self._bound(RECORDERS[x.__class__], args, kwargs)
                return RECORDERS[x.__class__](self, args, NO_SETTINGS)
        if not self.rules and _first(args) is not None:  # in a list, as of `np.lexsort`
            return whole(self.function, _detached(args), kwargs)
        try:
            return (self.quiet or quieted(self))(*args, **kwargs)
        except TypeError as error:
            if not is_warning(error):
                raise
            return again(error, self.fn, args, kwargs)

    def _bound(self, recorder: Recorder, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Carry it out with arguments by name; with those that it does not know, where nobody records, NumPy does."""
        try:
            operands, settings = self.binder(args, kwargs)
        except errors.UnsupportedError:
            result = NotImplemented if self.function is None else whole(self.function, args, kwargs)
            if result is NotImplemented:
                raise
            return result
        return recorder(self, operands, settings)

    def _bind_by_name(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], Settings]:
        """Split the arguments of a call into array operands, in order, and settings, by name."""
        if len(args) == len(self.operands) and kwargs.keys() <= self.defaults.keys():
            return args, {name: value for name, value in kwargs.items() if value is not NO_VALUE}
        if len(args) > len(self.order):
            raise errors.UnsupportedError(self._refusal(f"number {len(args)}", " by position"))
        given = dict(zip(self.order, args, strict=False))
        for name, value in kwargs.items():
            if name in given or (name not in self.known and name not in self.operands and name not in self.defaults):
                if PYTORCH_NAMES.get(name) in self.defaults:
                    raise numpys_name(self.name, name, value, call_of(self, self.operands, ()))
                text = errors.UNKNOWN_ARGUMENT.format(op=self.name, argument=name, call=self._call())
                raise errors.UnsupportedError(text)
            given[name] = value
        return self._split(given)

    def _split(self, given: dict[str, Any]) -> tuple[Sequence[Any], Settings]:
        operands, settings = dict.fromkeys(self.operands, NO_VALUE), {}
        for name, value in given.items():
            if name in operands:
                operands[name] = value
            elif value is not NO_VALUE and name in self.defaults:
                settings[name] = value
            elif not says_nothing(value, self.known.get(name)):
                raise errors.UnsupportedError(self._refusal(name))
        for name, value in operands.items():
            if value is NO_VALUE:
                text = errors.MISSING_ARGUMENT.format(op=self.name, argument=name, call=self._call())
                raise errors.UnsupportedError(text)
        return list(operands.values()), settings

    def _refusal(self, argument: str, extra: str = "") -> str:
        return errors.UNSUPPORTED_ARGUMENT.format(argument=argument, op=self.name, extra=extra, call=self._call())

    def _call(self) -> str:
        return call_of(self, self.operands, self.defaults)

    def environment(self, y: Array, arrays: Sequence[Any], settings: Settings) -> tuple[Any, ...]:
        """Lay out all that rules may ask for, in the order that `picks` was planned for."""
        values = [settings.get(name, default) for name, default in self.defaults.items()]
        if not self.operands:
            return (y, *values, tuple(arrays), tuple([getattr(a, "shape", ()) for a in arrays]))
        env = (y, *arrays, *values)
        if self.shaped:
            env += tuple([getattr(arrays[i], "shape", ()) for i in self.shaped])
        return env

    def edges(self, y: Array, arrays: Sequence[Any], settings: Settings, nodes: Sequence[Any]) -> tuple[Any, ...]:
        """Return, for each operand that has a node, ``(node, rule, what the rule is called with after g, index)``."""
        if not self.operands:
            return self._edges_variadic(y, arrays, settings, nodes)
        env = self.environment(y, arrays, settings)
        edges = []
        for index, node in enumerate(nodes):
            if node is not None:
                pick = self.picks[index]
                if pick is not None:
                    edges.append((node, self.rules[index], pick(env), index))
        return tuple(edges) if not self.spends else tuple(edges[::-1])

    def _edges_variadic(
        self, y: Array, arrays: Sequence[Any], settings: Settings, nodes: Sequence[Any]
    ) -> tuple[Any, ...]:
        (rule,), (pick,) = self.rules, self.picks
        assert pick is not None
        env = self.environment(y, arrays, settings)
        return tuple([(node, rule, pick((*env, i)), i) for i, node in enumerate(nodes) if node is not None])

    def wanted(self, index: int) -> tuple[str, ...]:
        """Return the names of what the rule of operand `index` is called with after `g`."""
        return self.wants[index if self.operands else 0]

    def rule_of(self, index: int) -> Any:
        """Return the rule of operand `index`; None where it has no derivative."""
        return self.rules[index if self.operands and not self.joint else 0] if self.rules else None

    def reads_operand(self, index: int, active: Sequence[Any]) -> bool:
        """Tell whether the derivative of any active operand needs the value of operand `index`."""
        if not self.operands:
            return "arrays" in self.wants[0]
        return any(node is not None and index in reads for reads, node in zip(self.reads, active, strict=True))


PYTORCH_NAMES = {"dim": "axis", "dims": "axis", "keepdim": "keepdims"}
"""Arguments that PyTorch calls otherwise than NumPy."""


def numpys_name(op: str, name: str, value: Any, call: str) -> errors.UnsupportedError:
    """Return the error for an argument with PyTorch's name; `call` is the call without it, for the line to write."""
    argument = PYTORCH_NAMES[name]
    line = f"{call.removesuffix(')')}{', ' if call[-2] != '(' else ''}{argument}={value!r})"
    return errors.UnsupportedError(errors.PYTORCH_ARGUMENT.format(op=op, given=name, argument=argument, call=line))


def quieted(handler: Any) -> Any:
    """Return, and note, what an operation or a definition is computed by, with lines of which nothing warns.

    NOTE: at its first call and not when it is declared, for then the module it is from is not complete.
    """
    handler.quiet = unwarned_function(handler.fn)
    return handler.quiet


def registered(fn: Any) -> Any:
    """Return what is done with a Tensor in the place of a function: of what a pickle of an operation consists."""
    return REGISTRY[fn]


def pickled(handler: Any) -> Any:
    """Return how an operation is found again, by the function it stands for; a copy is the same one."""
    for fn, known in REGISTRY.items():
        if known is handler:
            return registered, (fn,)
    raise errors.CopyError(errors.COPY_OPERATION.format(op=handler.__name__))


def _picker(places: tuple[int, ...]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Return a C-level function that takes `places` out of a tuple, always as a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    return itemgetter(slice(places[0], places[0] + 1) if places else slice(0, 0))


def _bind_as_given(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], Settings]:
    """Take every positional argument as an operand: for operations of any number of them."""
    return args, kwargs


def declare(
    form: str, fn: Any, rules: Sequence[Rule | None], *, settings: str = "", call: Callable[..., Any] | None = None,
    name: str = "", kind: type[Op] = Op, **options: Any,
) -> Op:  # fmt: skip
    """Make the operation, and enter it for `fn` in the registry.

    Operands and settings take their names from the signature of `call` (what computes the value from arrays, if that
    is not `fn` itself); `settings` lists, in order, those that a caller may give.
    """
    compute = call or fn
    if isinstance(fn, np.ufunc):
        operands: Sequence[str] = ("x",) if fn.nin == 1 else tuple(f"x{i + 1}" for i in range(fn.nin))
        defaults: dict[str, Any] = {}
        known = _UFUNC_ARGUMENTS
        order = operands
    else:
        parameters = signature(compute)
        known = {"out": None, "dtype": None, **parameters, **known_parameters(fn, parameters)}
        order = tuple(parameters if call is None else known_parameters(fn, parameters))
        defaults = {key: parameters[key] for key in settings.split()}
        named = [key for key in parameters if key not in defaults]
        operands = () if options.get("variadic") else named if kind.joint else named[: len(rules)]
    expected = 1 if kind.joint else len(operands) or 1
    if len(rules) != expected:
        raise errors.DeclarationError(errors.RULE_NUMBER.format(op=fn.__name__, given=len(rules), expected=expected))
    shown = name or fn.__name__.strip("_")
    options["function"] = fn if is_numpys(fn) else None
    op = kind(shown, compute, form, operands, defaults, rules, order=order, known=known, **options)
    REGISTRY[fn] = op
    return op


def call_of(handler: Any, operands: Iterable[str], settings: Iterable[str]) -> str:
    """Return the call of a function as its user may write it, for a message."""
    fn = next((fn for fn, known in REGISTRY.items() if known is handler), handler)
    module = getattr(fn, "__module__", None) or "numpy"
    path = f"np{module.removeprefix('numpy')}.{fn.__name__}" if module.startswith("numpy") else handler.__name__
    return f"{path}({', '.join([*operands, *(f'{name}={name}' for name in settings)])})"


def elementwise(fn: Any, *rules: Rule | None, **options: Any) -> Op:
    """Declare a function whose Jacobian is diagonal: ``rule(g, ...)`` is `g` times the derivative, in both modes."""
    return declare("elementwise", fn, rules, **options)


def linear(fn: Any, *rules: Rule | None, **options: Any) -> Op:
    """Declare a function linear in its inputs together: the rules are adjoints, the forward rule is `fn` itself."""
    return declare("linear", fn, rules, **options)


def bilinear(fn: Any, *rules: Rule | None, **options: Any) -> Op:
    """Declare a function linear in each input alone: an adjoint per input, the forward rule by substitution."""
    return declare("bilinear", fn, rules, **options)


def custom(fn: Any, *rules: Rule | None, jvp: Rule | None = None, **options: Any) -> Op:
    """Declare a function by its reverse rules, and if it is cheap its forward rule ``jvp(tangents, y, *operands)``."""
    return declare("custom", fn, rules, jvp=jvp, **options)


def constant(fn: Any) -> Op:
    """Declare a function whose result has no derivative by nature: comparisons, indices, step functions."""
    op = Op(fn.__name__, fn, "constant", (), {}, (), variadic=True, function=fn)
    REGISTRY[fn] = op
    return op


def operation(form: Callable[..., Op], *rules: Rule | None, **options: Any) -> Callable[[F], F]:
    """Declare the decorated function, by one of the forms above, as an operation that looks as the function does."""

    def declare(fn: F) -> F:
        return cast(F, update_wrapper(form(fn, *rules, **options), fn))

    return declare
