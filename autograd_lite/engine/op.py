"""The record of one operation: what computes it, what its derivatives need, and which facts are known of it.

Operations are declared by the forms of `forms`. An `Op` never changes once it is made; what is learnt by carrying it
out, as its fast path, lies in its `Cache`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NoReturn, Self, TypeAlias

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import leaves
from autograd_lite.base.functions import standing_name
from autograd_lite.base.shapes import Array
from autograd_lite.base.signatures import Cores, Described, core_dimensions, parameter_names
from autograd_lite.engine.binding import as_given, by_name
from autograd_lite.engine.registry import home_of, registered, registered_as, standing_for, with_more
from autograd_lite.engine.warned import NO_REGISTRY, again, is_warning, unwarned_function

__warningregistry__ = NO_REGISTRY  # of NumPy's calls in `Op.__call__`, whose warnings name the user's line

Rule: TypeAlias = Callable[..., Array]
Settings: TypeAlias = Mapping[str, Any]
Recorder: TypeAlias = Callable[["Op", Sequence[Any], Settings], Any]

NO_SETTINGS: Settings = MappingProxyType({})

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
    x = _first((*args, *kwargs.values()))
    return NotImplemented if x is None else x._whole(fn, args, kwargs)


def ask(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Have NumPy's own function `fn` refuse arguments that it does not take."""
    x = _first((*args, *kwargs.values()))
    if x is not None:
        x._ask(fn, args, kwargs)


def _first(values: Iterable[Any]) -> Any:
    """Return the first value of a type that records, also inside of lists and tuples."""
    return next((x for x in leaves(values) if x.__class__ in RECORDERS), None)


def _detached(x: Any) -> Any:
    """Return operands without a derivative, also inside of lists and tuples."""
    if isinstance(x, (list, tuple)):
        return (list if isinstance(x, list) else tuple)(map(_detached, x))
    return x.detach() if type(x) in RECORDERS else x


class Facts:
    """What a declaration may say of an operation besides its rules, and what is so where it says nothing. See `Op`."""

    __slots__ = ()
    selects: bool = False
    apex: Rule | None = None
    zeros: Callable[..., Any] | None = None
    accumulate: Callable[..., Any] | None = None
    spends: bool = False
    view: Callable[..., Any] | None = None
    opaque: Callable[..., Any] | None = None
    axes: tuple[str, ...] = ()
    flat: bool = False
    signature: str | None = None
    range: tuple[float, float] | None = None
    increasing: bool = False
    reduces: Any = None
    symbol: str | None = None
    formula: str | None = None
    times: str | None = None
    products: Callable[[Any, int, Any], int] | None = None
    derivative: Any = None
    finite: str | None = None
    native: str | None = None
    complex: bool = False
    analytic: bool = True


FACTS: Mapping[str, Any] = {name: getattr(Facts, name) for name in Facts.__annotations__}


class Cache:
    """What is made, or found out, by carrying out an operation.

    Attributes
    ----------
    quiet : callable or None
        Its function, of whose lines nothing warns, once `quieted` has made it.
    calls : int
        How often it was carried out without a fast path.
    fast_path : callable or None
        What carries it out, once `record.fast_path` has made it.
    observed : callable or None
        The same for while somebody observes, once `record.observed` has made it.
    foreign : bool
        Whether no forward rule could be derived from the reverse ones: they are code of the user's, and no NumPy.
    """

    __slots__ = ("calls", "fast_path", "foreign", "observed", "quiet")

    def __init__(self) -> None:
        self.calls, self.foreign = 0, False
        self.quiet: Callable[..., Any] | None = None
        self.fast_path: Callable[..., Any] | None = None
        self.observed: Callable[..., Any] | None = None


class Op(Described, Facts):
    """One operation: what computes it, what its derivatives need, and facts about it.

    Attributes
    ----------
    name : str
        The name under which errors and pictures speak of it.
    fn : callable
        Computes the value from arrays: operands by position, settings by keyword.
    function : callable or None
        The function of a library that it stands for.
    form : str
        ``elementwise``, ``linear``, ``bilinear``, ``custom``, ``several`` or ``constant``.
    operands : tuple of str
        Names of the array inputs, in order. Empty for an operation that takes any number of them.
    defaults : dict
        The settings that a call may give, with their default values.
    rules : tuple
        One rule per operand, None where there is no derivative; one for all where there may be any number, or where it
        is `joint`.
    jvp : callable or None
        The forward rule of a ``custom`` one, if it has any.
    cache : Cache
        What was made by carrying it out.
    joint : bool
        Whether one call of a rule returns the shares of all operands.
    hands : bool
        Whether operands that are no arrays are handed through to `fn` and the rules.
    masks : bool
        Whether zeros that are to be kept zeros have to be looked after in what its rules return.

    selects : bool
        Whether cotangents of exactly zero are part of its meaning (`where`, `max`, indexing): from there on the
        sweep keeps a zero cotangent zero, whatever the derivative it is multiplied with.
    apex : callable or None
        ``apex(at, slope, *saved)`` for what looks like a cone where it is 0, as a norm, see `sweep.at_apex`: of its
        rules the first thing saved is 0 there. It returns ``slope`` times the input where `at` holds, and else 0.
    zeros : callable or None
        A rule in the place of the others, where zeros of the cotangent are to be kept zeros and those gave what is not
        finite: for an operation that is made of others.
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
    opaque : callable or None
        What computes it and may do anything with arrays, so that no trace can see into it: code of the user's, or of a
        library that asks arrays for more than NumPy's protocols. A compiled function makes this one call.
    axes : tuple of str
        The settings that count axes of an operand, from 0 on or backwards from -1; None means all. A batch has one
        more axis in front.
    flat : bool
        Whether None for an axis means that of the array as a vector.
    signature : str or None
        The axes that it is about, in NumPy's notation, as ``(n,n)->(n,n)``: operands may have more in front, for stacks
        that broadcast. ``()->()`` is element by element.
    range : tuple of float, or None
        Between which two numbers all results lie.
    increasing : bool
        Whether of two real numbers the larger one never has the smaller result, where both have one.
    reduces : ufunc or None
        The ufunc whose ``reduce`` it is, over the given axes or all.
    symbol : str or None
        The operator of Python that is another name of it.
    formula : str or None
        What it is called in formulas; None for what is shown by what it consists of.
    times : str or None
        The setting that counts how often its body is carried out, of a loop: pictures say ``× 1000``.
    products : callable or None
        ``products(shapes, size, settings)`` counts the multiplications of two numbers that it consists of, from the
        shapes of its operands and the size of its result: for products of matrices and their kin.
    derivative : str, tuple of str, callable or None
        Its derivatives as a learner writes them, if not as the rules: one text, or one per operand; in braces `shape`,
        the operand's, and for what has lost axes `g` and `y` with them back, `axis` and `count`, how many elements went
        into one. Or ``derivative(shapes, settings)``, which returns the tuple, or None where there is no such text.
    finite : str or None
        What may be written in its place, in the names of the operands, that is finite also out of its domain.
    native : str or None
        The function of C's mathematics that computes one element, as ``tanh``; or an expression of ``{0}`` and ``{1}``.
    complex : bool
        Whether its rules hold for complex numbers; of others it is refused to record complex ones. See `conventions`.
    analytic : bool
        Whether it then is holomorphic: not what knows real and imaginary parts from each other, as `abs` does.
    """

    name: str
    fn: Callable[..., Any]
    function: Any
    form: str
    operands: tuple[str, ...]
    defaults: dict[str, Any]
    rules: tuple[Rule | None, ...]
    jvp: Rule | None
    jvp_wants: tuple[str, ...]
    wants: tuple[tuple[str, ...], ...] = ()
    picks: tuple[Callable[[tuple[Any, ...]], tuple[Any, ...]] | None, ...] = ()
    reads: tuple[frozenset[int], ...] = ()
    shaped: tuple[int, ...] = ()
    order: tuple[str, ...]
    known: Mapping[str, Any]
    binder: Callable[[Op, Sequence[Any], Mapping[str, Any]], tuple[Sequence[Any], Settings]]
    cache: Cache
    cores: Cores | None
    result: tuple[str, ...]
    masks: bool

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
        function: Any = None,
        source: Any = None,
        **facts: Any,
    ) -> None:
        if facts.keys() - FACTS.keys():
            raise errors.DeclarationError(errors.UNKNOWN_FACT.format(op=name, fact=min(facts.keys() - FACTS.keys())))
        cores, results = core_dimensions(facts.get("signature"))
        self._fill(FACTS, facts,
            name=name, fn=fn, function=function, form=form, operands=tuple(operands), defaults=defaults,
            order=tuple(order), known=known, binder=as_given if variadic else by_name, cache=Cache(),
            cores=cores, result=results[0] if results else (),
        )  # fmt: skip
        self._fill(analytic=self.complex and self.analytic, masks=form == "elementwise" or self.zeros is not None)
        self._rule(rules, jvp)
        self.describe(name, source or function or fn)

    def _rule(self, rules: Sequence[Rule | None], jvp: Rule | None) -> None:
        """Take rules, and plan what a node saves for them."""
        self._fill(rules=tuple(rules), jvp=jvp, jvp_wants=parameter_names(jvp)[1:] if jvp else ())
        if rules:
            self._plan_saving()

    def _fill(self, *tables: Mapping[str, Any], **attributes: Any) -> None:
        for table in (*tables, attributes):
            self.__dict__.update(table)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise errors.DeclarationError(errors.OPERATION_FIXED.format(op=self.name, name=name))

    def __delattr__(self, name: str) -> NoReturn:
        self.__setattr__(name, None)

    def _plan_saving(self) -> None:
        """Translate the parameter names of each rule into places of the tuple that `environment` makes."""
        wants = [parameter_names(rule)[1:] if rule else () for rule in self.rules]
        asked = {name for names in wants for name in names}
        self._fill(shaped=tuple(i for i, n in enumerate(self.operands) if f"{n}_shape" in asked))
        names = self._names()
        if unknown := asked - set(names):
            known = ", ".join(names[1:])
            raise errors.DeclarationError(errors.RULE_NAMES.format(op=self.name, name=min(unknown), known=known))
        places = [tuple(names.index(n) for n in want) for want in wants]
        last = len(self.operands)
        self._fill(
            wants=tuple(wants),
            picks=tuple([_picker(p) if r else None for p, r in zip(places, self.rules, strict=True)]),
            reads=tuple([frozenset(i - 1 for i in p if 1 <= i <= last) for p in places]),
        )  # fmt: skip

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
            return (self.cache.quiet or quieted(self))(*args, **kwargs)
        except TypeError as error:
            if not is_warning(error):
                raise
            return again(error, self.fn, args, kwargs)

    def _bound(self, recorder: Recorder, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Carry it out with arguments by name; with those that it does not know, where nobody records, NumPy does."""
        try:
            operands, settings = self.binder(self, args, kwargs)
        except errors.UnsupportedError:
            result = NotImplemented if self.function is None else whole(self.function, args, kwargs)
            if result is not NotImplemented:
                return result
            more = with_more(self.function)
            if more is None:
                raise
            return more(*args, **kwargs)
        return recorder(self, operands, settings)

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

    def argument(self, index: int) -> str:
        """Return what a message calls operand `index`."""
        return self.operands[index] if self.operands else f"number {index + 1}"

    def rule_of(self, index: int) -> Any:
        """Return the rule of operand `index`; None where it has no derivative."""
        return self.rules[index if self.operands and not self.joint else 0] if self.rules else None

    def reads_operand(self, index: int, active: Sequence[Any]) -> bool:
        """Tell whether the derivative of any active operand needs the value of operand `index`."""
        if not self.operands:
            return "arrays" in self.wants[0]
        return any(node is not None and index in reads for reads, node in zip(self.reads, active, strict=True))


def quieted(handler: Any) -> Any:
    """Return, and note, what an operation or a definition is computed by, with lines of which nothing warns.

    NOTE: at its first call and not when it is declared, for then the module it is from is not complete.
    """
    quiet = handler.cache.quiet = unwarned_function(handler.fn)
    return quiet


def pickled(handler: Any) -> Any:
    """Return how an operation is found again, by the function it stands for; a copy is the same one."""
    fn = standing_for(handler)
    if fn is None:
        raise errors.CopyError(errors.COPY_OPERATION.format(op=handler.__name__))
    if not isinstance(fn, np.ufunc):
        return registered, (fn,)
    home, name = home_of(fn), fn.__name__  # NumPy's own pickle takes the first module that has it, a deprecated one too
    return (registered_as, (home, name)) if getattr(sys.modules.get(home), name, None) is fn else (registered, (fn,))


def _picker(places: tuple[int, ...]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Return a C-level function that takes `places` out of a tuple, always as a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    return itemgetter(slice(places[0], places[0] + 1) if places else slice(0, 0))

