"""Code of the user's own, called so that nothing is lost or spoiled: the functions and rules of custom operations.

It is given arrays that it cannot write to. A rule may be anything that works on plain arrays, so it is called with
those where that will do: of a batch that it cannot take, row by row. Where its own derivative is asked for, it is
called with Tensors, and has to be NumPy; one that is not, because it fails or because its result has lost its history,
is `foreign` and refused by name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Container, Iterator, Sequence
from functools import partial
from itertools import islice
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array
from autograd_lite.base.conventions import complex_dtype
from autograd_lite.base.functions import looked_up
from autograd_lite.base.shapes import Array, whole
from autograd_lite.engine.graph import new_order
from autograd_lite.engine.op import RECORDERS, Op, recorder_of
from autograd_lite.engine.record import NUMERIC, Handle, array_of, as_array, make_tensor, plain_of
from autograd_lite.engine.several import Several
from autograd_lite.engine.switch import within_rule
from autograd_lite.engine.watchpoints import opaque, traced
from autograd_lite.transforms.batches.array import (
    Batched,
    Level,
    example,
    holds_any,
    put_together,
    spread,
    taken_apart,
    youngest,
)
from autograd_lite.transforms.watched import as_tensor, called, walk
from autograd_lite.tree import is_named, sequence_like

Function = Callable[..., Any]

_ABOUT_WRITING = re.compile(r"read.?only|writ(e)?able", re.IGNORECASE)
_LONGEST = 160  # letters of another error that stand in a message
_REAL = frozenset("fiub")


class Code:
    """A function of the user's, called with plain arrays that it cannot write to.

    Parameters
    ----------
    fn : callable
        The function.
    called : str
        What a message calls it.
    names : sequence of str
        What a message calls its arguments.

    Notes
    -----
    Some code, of Cython or with a signature for numba, takes no array that is read-only although it writes to none. It
    is given copies, from then on, and these are looked at afterwards.
    """

    __slots__ = ("_on_copies", "called", "first", "fn", "names")
    _surveyed = ("fn",)  # what a compiled function reads of it

    def __init__(self, fn: Function, called: str, names: Sequence[str]) -> None:
        self.fn, self.called, self.names = fn, called, tuple(names)
        self._on_copies = False
        self.first: Callable[[], None] | None = None  # what is to be done before the first call

    def __call__(self, *args: Any, **settings: Any) -> Any:
        if self.first is not None:
            self._begin(self.first)
        return _within(None, self._called, args, settings)  # graphs of its own are nobody's business

    def __reduce__(self) -> Any:
        """NOTE: a decorated function is found by its name no more, but the operation that stands there is."""
        standing = looked_up(sys.modules.get(getattr(self.fn, "__module__", None) or ""), self.fn)
        if getattr(getattr(standing, "func", None), "code", None) is self:
            return _code_of, (standing,)
        return Code, (self.fn, self.called, self.names)

    def _called(self, args: Sequence[Any], settings: dict[str, Any]) -> Any:
        if not self._on_copies:
            try:
                return self.fn(*map(locked, args), **{k: locked(x) for k, x in settings.items()})
            except Exception as error:
                if not _ABOUT_WRITING.search(str(error)):
                    raise
        return self._with_copies(args, settings)

    def _begin(self, first: Callable[[], None]) -> None:
        self.first = None
        try:
            first()
        except BaseException:
            self.first = first
            raise

    def _with_copies(self, args: Sequence[Any], settings: dict[str, Any]) -> Any:
        copies, named = [_copy(x) for x in args], {k: _copy(x) for k, x in settings.items()}
        found = self.fn(*copies, **named)
        before, after = [*args, *settings.values()], [*copies, *named.values()]
        names = [*self.names[: len(args)], *[None] * (len(args) - len(self.names)), *settings]  # none of those of *args
        for i, (name, x, copy) in enumerate(zip(names, before, after, strict=True)):
            if isinstance(x, np.ndarray) and x.tobytes() != copy.tobytes():
                raise _writes(self.called, name or f"number {i}", name or "x")
        self._on_copies = True
        return found


def _writes(what: str, place: str, name: str) -> errors.RuleError:
    return errors.RuleError(errors.CUSTOM_WRITES.format(what=what, place=place, name=name))


def _code_of(operation: Any) -> Any:
    return operation.func.code


def _within(rule: str | None, call: Function, *args: Any) -> Any:
    """Call something that is refused, in the name of a rule, what loses a derivative; with None, that is not."""
    before = within_rule.get()
    if before is rule:
        return call(*args)
    try:
        within_rule.set(rule)
        return call(*args)
    finally:
        within_rule.set(before)


def locked(x: Any) -> Any:
    """Return an array that is the same memory and cannot be written to; of what has a history its own handle."""
    if isinstance(x, np.ndarray):
        if x.flags.writeable:
            x = x.view()
            x.flags.writeable = False
        return x
    if isinstance(x, Handle):
        return make_tensor(locked(array_of(x)), x._node, x._op)
    return Batched(locked(x._array), x._level) if isinstance(x, Batched) else x


def _holding(x: Any) -> Any:
    """Return what a handle holds, of which an operation in place makes something else."""
    return x._array if isinstance(x, Batched) else x._node if isinstance(x, Handle) else None


def _copy(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


def unseen(*values: Any) -> bool:
    """Tell whether a trace has to leave a rule of the user's alone, which may be anything as long as it has arrays.

    With Tensors it is recorded, as its own derivative is asked for, and with batches it is carried out for all.
    """
    return traced() and not any(isinstance(v, Handle) or holds_any(v) for v in values)


def as_they_are(values: Sequence[Any]) -> Callable[[Any], Any]:
    """Return what makes of an array what is handed out beside some values: a Tensor, if any of them is one."""
    return as_tensor if any(isinstance(v, Handle) for v in values) else as_array


# ----- what it returns -----


def value_of(y: Any, name: str) -> Any:
    """Return what the function of an operation returned, as arrays of numbers that nobody else writes to."""
    if isinstance(y, tuple) and y and not any(isinstance(part, tuple) for part in y):
        return sequence_like(y, [value_of(part, name) for part in y])
    if is_array(y) and not isinstance(y, (np.ndarray, Handle)):
        return y
    if isinstance(y, (tuple, list, Handle, dict)) or y is None or _is_special(y):
        raise errors.RuleError(errors.CUSTOM_VALUE.format(op=name, given=_kind(y)))
    array = np.array(y)
    if array.dtype.kind not in NUMERIC:
        raise errors.RuleError(errors.CUSTOM_VALUE.format(op=name, given=_kind(array)))
    return array if array.ndim else array[()]


def _is_special(y: Any) -> bool:
    """Tell whether an array has more to it than its numbers, or another algebra: a mask, a matrix, units."""
    return isinstance(y, np.ndarray) and type(y) not in (np.ndarray, np.memmap)


def _kind(y: Any) -> str:
    """Return how a message calls what was returned."""
    if y is None:
        return "None"
    if isinstance(y, (np.ndarray, np.generic)) and not _is_special(y):
        return f"an array of dtype {y.dtype}" if y.dtype.kind not in "fiub" else "an array without a history"
    return called(y)


def _is_number(x: Any, kinds: Container[str]) -> bool:
    plain = isinstance(x, (int, float, complex, np.generic, np.ndarray)) and not _is_special(x)
    return plain and np.asarray(x).dtype.kind in kinds


def _checked(x: Any, called: str, kinds: Container[str]) -> Any:
    """Return what a rule returned as an array, or a Tensor or a batch, of numbers of some kinds; refuse all else."""
    if is_array(x) and not isinstance(x, np.ndarray):
        if getattr(x, "dtype", None) is None or x.dtype.kind in kinds:
            return x
    elif _is_number(x, kinds):
        return np.asarray(x)
    given = f"an array of dtype {x.dtype}" if type(x) in RECORDERS else _kind(x)
    raise errors.RuleError(errors.CUSTOM_SHARE.format(what=called, given=given))


# ----- as an operation -----


class Black(Several):
    """An operation that calls code of the user's, which a compiled function calls as well, as it is.

    So what that reads is not to be compared; but derivatives of its rules are what they were. Operands that are no
    arrays (functions, tuples, texts) are handed through.
    """

    _surveyed = ("rules", "jvp")
    _as_it_is = True
    sequences = (list,)
    hands = True
    code: Code | None

    def __init__(self, *args: Any, code: Code | None = None, **facts: Any) -> None:
        """Make it; `code` is what computes the value, where that is a function of the user's."""
        super().__init__(*args, **facts)
        self._fill(code=code)

    def bind(self, rules: Sequence[Any], jvp: Any = None) -> None:
        """Have these rules, from the next call on: those of the user's may be declared after the operation."""
        self._rule(rules, jvp)


def seen_by_batches(compute: Function, name: str, op: Callable[[], Op]) -> Function:
    """Return what computes a value from arrays; of a batch, through the operation, example by example."""

    def seen(*arrays: Any, **settings: Any) -> Array:
        recorder = recorder_of(*arrays)
        if recorder is None:
            return opaque(compute, name, arrays, settings)
        return recorder(op(), arrays, settings)

    return seen


def black_box(name: str, fn: Function) -> Op:
    """Return an operation without a derivative that computes from any number of arrays, and may do anything."""
    op: Op = Black(name, seen_by_batches(fn, name, lambda: op), "constant", (), {}, (), variadic=True, opaque=fn)
    return op


# ----- rules -----


class Named:
    """A rule with the parameter names that `Op` shall read from it."""

    __slots__ = ("__code__", "_call")

    def __init__(self, call: Function, names: Sequence[str]) -> None:
        self._call = call
        self.__code__ = SimpleNamespace(co_varnames=tuple(names), co_argcount=len(names), co_kwonlyargcount=0)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(*args, **kwargs)


class UserRule:
    """A rule of the user's, as a function of its arguments, that returns a list of results.

    Parameters
    ----------
    fn : callable
        Of the arguments by place.
    op, kind : str
        The operation, and ``"reverse"`` or ``"forward"``.
    names : sequence of str
        What a message calls the arguments. In the first one, `g` or `tangents`, the results are linear.
    results : callable
        ``results(found)`` makes a list of what `fn` returned, in which None stands for a derivative of 0.
    """

    __slots__ = ("_known", "_names", "_results", "fn", "kind", "op")
    _surveyed = ("fn",)

    def __init__(
        self, fn: Function, op: str, kind: str, names: Sequence[str], results: Callable[[Any], Sequence[Any]]
    ) -> None:
        self.fn, self.op, self.kind = fn, op, kind
        self._names, self._results = names, results
        self._known: dict[Any, _Leaves] = {}

    def __call__(self, *values: Any) -> list[Any]:
        # Several cotangents, results and inputs are tuples to the rule, and each by itself to whoever hands them over.
        form = tuple([
            (v.__class__, len(v)) if name in _SEVERAL and isinstance(v, tuple) else None
            for name, v in zip(self._names, values, strict=True)
        ])  # fmt: skip
        if form not in self._known:
            self._known[form] = _Leaves(self, form)
        pairs = zip(values, form, strict=True)
        return self._known[form](*[leaf for v, several in pairs for leaf in (v if several else (v,))])


_SEVERAL = frozenset(("g", "y", "arrays", "shapes", "tangents"))


def _regrouped(fn: Function, form: Sequence[Any], *leaves: Any) -> Any:
    """Call a rule with tuples, where it has such, made of leaves."""
    rest = iter(leaves)
    return fn(*[_tuple(several, rest) if several else next(rest) for several in form])


def _tuple(several: tuple[Any, int], leaves: Iterator[Any]) -> Any:
    cls, count = several
    parts = tuple(islice(leaves, count))
    return cls(*parts) if is_named(cls) else parts


class _Leaves:
    """A rule for arguments of one form, as a function of arrays one by one."""

    def __init__(self, rule: UserRule, form: Sequence[Any]) -> None:
        self.op, self.kind = rule.op, rule.kind
        self.called = f"the {self.kind} rule of custom_op {self.op}"
        names = [
            part for name, several in zip(rule._names, form, strict=True)
            for part in ([f"{name}[{i}]" for i in range(several[1])] if several else [name])
        ]  # fmt: skip
        self.linear = form[0][1] if form[0] else 1
        self._code = Code(partial(_regrouped, rule.fn, form), self.called, names)
        self._results = rule._results
        self._row_by_row = False

    def __call__(self, *values: Any) -> list[Any]:
        recorded = any(isinstance(v, Handle) for v in values)
        return self._recorded(values) if recorded else self._plain(values)

    def _listed(self, found: Any, values: Sequence[Any]) -> list[Any]:
        """NOTE: a reverse rule that makes complex numbers of real ones does so by mistake: half of them is not used."""
        kinds = NUMERIC if self.kind == "forward" or complex_dtype(values) is not None else _REAL
        return [None if x is None else _checked(x, self.called, kinds) for x in self._results(found)]

    def _seen(self, values: Sequence[Any]) -> list[Any]:
        """Call the rule with what looks like arrays: handles of its own, which it may not change either."""
        given = list(map(locked, values))
        before = list(map(_holding, given))
        found = self._listed(self._code.fn(*given), given)
        for name, x, held in zip(self._code.names, given, before, strict=True):
            if _holding(x) is not held:
                raise _writes(self.called, name, name)
        return found

    # ----- of plain arrays -----

    def _plain(self, values: Sequence[Any]) -> list[Any]:
        return self._opaque(values) if traced() else self._of_arrays(values)

    def _of_arrays(self, values: Sequence[Any]) -> list[Any]:
        return self._batch(values) if holds_any(values) else self._listed(self._code(*values), values)

    def _batch(self, values: Sequence[Any]) -> list[Any]:
        """Return the results for all examples at once, or, of a rule that cannot take a batch, for one by one."""
        if not self._row_by_row:
            try:
                found: list[Any] = _within(None, self._seen, values)
                return found
            except (errors.RuleError, errors.ForeignRuleError, errors.NonFiniteError):
                raise
            except Exception:  # noqa: BLE001 - whatever code of the user's makes of a batch
                pass
        level = youngest(values)
        rows = [self._of_arrays([example(v, i, level) for v in values]) for i in range(max(level.size, 1))]
        self._row_by_row = True
        return [_stacked(parts, level) for parts in zip(*rows, strict=True)]

    def _opaque(self, values: Sequence[Any]) -> list[Any]:
        """Return the results of a call that a trace does not see into: it knows arrays, of which batches are made."""
        parts = [taken_apart(v) for v in values]
        places = [at for _, at in parts]
        levels = sorted({level for at in places for level in at}, key=attrgetter("order"), reverse=True)

        def call(*arrays: Any) -> tuple[Any, ...]:
            found = self._of_arrays(list(map(put_together, arrays, places)))
            return tuple([None if x is None else np.array(spread(x, levels)) for x in found])

        name = f"{'vjp' if self.kind == 'reverse' else 'jvp'}_of_{self.op}"
        found = opaque(call, name, [array for array, _ in parts], {})
        return [None if x is None else put_together(x, levels) for x in found]

    # ----- of Tensors -----

    def _recorded(self, values: Sequence[Any]) -> list[Any]:
        """Return the results as Tensors, and refuse a rule that loses a derivative on the way."""
        start = new_order()
        try:
            shares = _within(self.called, self._seen, values)
        except Exception as error:  # noqa: BLE001 - whatever code of the user's makes of a Tensor
            self._explain(error, values)
        return [None if x is None else self._connected(x, values, start) for x in shares]

    def _explain(self, error: Exception, values: Sequence[Any]) -> NoReturn:
        """Raise what a rule has raised: the user's own error if plain arrays raise one too, else a foreign rule's."""
        if isinstance(error, (errors.ForeignRuleError, errors.NonFiniteError)) or traced():
            raise error
        self._plain([plain_of(v) for v in values])
        text = str(error).strip().partition("\n")[0].partition(". ")[0]
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        self._refuse(f"it raised {type(error).__name__}: {text}", error)

    def _refuse(self, cause: str, error: Exception | None = None) -> NoReturn:
        raise errors.ForeignRuleError(errors.CUSTOM_FOREIGN.format(what=self.called, cause=cause), cause) from error

    def _connected(self, share: Any, values: Sequence[Any], start: int) -> Any:
        """Return a result as a Tensor; refuse one that is not 0 and has lost the way to what it is linear in."""
        moving = {v._node for v in values[: self.linear] if isinstance(v, Handle) and v._node is not None}
        if moving:
            lost = moving.isdisjoint(walk([share], start, ())[0])
        else:
            lost = not isinstance(share, Handle) and any(isinstance(v, Handle) and v._node is not None for v in values)
        if lost and not _vanishes(share):
            self._refuse(f"it returned {_kind(share)}, which has lost the connection to {self._code.names[0]}")
        return as_tensor(share)


def _vanishes(x: Any) -> bool:
    array = whole(plain_of(x))
    return isinstance(array, (np.ndarray, np.generic)) and not np.any(array)


def _stacked(parts: Sequence[Any], level: Level) -> Any:
    """Return the results of single examples as a batch; None where all of them are 0."""
    there = [x for x in parts if x is not None]
    if not there:
        return None
    zeros = np.zeros_like(there[0]) if len(there) < len(parts) else None
    array: Array = np.stack([zeros if x is None else x for x in parts])  # type: ignore[misc]
    return Batched(array[: level.size], level)
