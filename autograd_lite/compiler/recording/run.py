"""From a call to a Program: the run, what it returned, what it changed."""

from __future__ import annotations

import operator
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import starmap
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import is_foreign
from autograd_lite.base.shapes import Array
from autograd_lite.base.unfinished import begun
from autograd_lite.compiler.program.program import Assignment, Constant, Input, Program, Ref
from autograd_lite.compiler.recording.derivative import Derivative
from autograd_lite.compiler.recording.environment import Environment, Nothing
from autograd_lite.compiler.recording.generators import Generator
from autograd_lite.compiler.recording.interception import recording, set_data, set_grad, slot_data
from autograd_lite.compiler.recording.naming import argument_names, reached
from autograd_lite.compiler.recording.restart import Restart
from autograd_lite.compiler.recording.trace import Trace
from autograd_lite.compiler.recording.traced import Traced, plain
from autograd_lite.engine import refusals
from autograd_lite.engine.covered import uncovered
from autograd_lite.engine.generators import is_generator
from autograd_lite.engine.graph import hooks_of
from autograd_lite.engine.record import Handle
from autograd_lite.engine.switch import is_grad_enabled
from autograd_lite.engine.watchpoints import SETTLING, value_at
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.tensor.views import base_of, outdate, taken_again, views_of
from autograd_lite.transforms.watched import name_of
from autograd_lite.tree import Structure, flatten, unflatten

_SAMPLE = 1000
COMPUTED = frozenset(("tensor", "array", "held", "residual"))
"""The kinds of outputs that are values of the program."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """What is known of a leaf of the arguments.

    Attributes
    ----------
    value
        A setting, or a number: itself. Of an array, as an example, a copy, or zeros where it is long.
    traced : bool
        Whether it is an input.
    tensor : type or None
        The class of a Tensor.
    tracked : bool
        Whether that requires a gradient.
    hooks : tuple
        What looks at its gradients.
    """

    value: Any
    traced: bool
    tensor: type | None = None
    tracked: bool = False
    hooks: tuple[Any, ...] = ()


def _leaf(x: Any) -> Leaf:
    if not is_traced(x):
        return Leaf(x, traced=False)
    array = slot_data(x) if isinstance(x, Handle) else x
    if isinstance(array, np.ndarray):
        array = array.copy() if array.size <= _SAMPLE else np.broadcast_to(np.zeros((), array.dtype), array.shape)
    if not isinstance(x, Handle):
        return Leaf(array, traced=True)
    return Leaf(array, True, type(x), x._node is not None, hooks_of(x._node))


@dataclass(frozen=True, eq=False)
class RecordedProgram:
    """A program, how it is called and what it assumes.

    Attributes
    ----------
    program : Program
        Not yet improved by passes.
    structure : Structure
        Of the arguments, a pair of the positional ones and those by name.
    leaves : list of Leaf
        Of the arguments.
    fixed : frozenset
        Places of numbers among them that are fixed.
    twins : list of (int, int)
        Pairs of places of arguments that are the same object.
    held : list of (int, object)
        Places of arguments, and the objects there, that the function also reaches by itself.
    others : frozenset of int, or None
        Where the function asks which things are the same object, by identity the arrays and Tensors that it reaches by
        itself: arguments are none of them then, but for those in `held`, and other ones in all places but for `twins`.
    kinds : list
        What each output is: ``tensor``, ``array``, ``held`` for the array of a Tensor, ``static``; ``given``, the
        argument in a place; ``same``, what another output is; ``residual``, what derivatives need.
    result : Structure
        How they make up the result.
    environment : Environment or None
        What else the program is for, compared at every call; None in what a pickle gives back, which is not called.
    numbers : list of (mapping, str, str, float)
        Settings that decide what is computed, compared as well: whose, their key, how they are read, and what they are.
    arrays : list of (array, its copy)
        Variables of the function whose values decide what is computed: a mask, say.
    grads : list of (str, owner, bool)
        For each gradient that is read, whether there was none.
    recording : bool
        Whether operations are recorded where it is called.
    complete : bool
        Whether the program may be used again. Not so if the run has made Tensors that are kept, as an optimiser does in
        its first step, and if another thread has changed meanwhile what it reads.
    kept : bool
        Whether it has made such Tensors.
    derived : Derived or None
        What is known of the derivatives of the results, where they have a history.
    hollow : bool
        Whether nothing is kept of the values of the run, so that the program has to be called for them.
    """

    program: Program
    structure: Structure
    leaves: list[Leaf]
    fixed: frozenset[int]
    twins: list[tuple[int, int]]
    held: list[tuple[int, Any]]
    others: frozenset[int] | None
    kinds: list[str]
    result: Structure
    environment: Environment | None
    numbers: list[tuple[Any, str, str, Any]]
    arrays: list[tuple[Array, Array]]
    grads: list[tuple[str, Any, bool]]
    recording: bool
    complete: bool
    kept: bool
    derived: Derivative | None = None
    hollow: bool = False


def record(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    may_keep: bool,
    static: Sequence[Any] = (),
    pure: bool = False,
    derived: Derivative | None = None,
    replay: bool = False,
) -> tuple[RecordedProgram, Any]:
    """Call a function once and return its program, and what it returned.

    Tensors are changed as by the plain call; and not at all if it raises, or if `derived` finds that the results have
    a history, which they do not get here. Nor with `replay`, where the program can be called in its place.
    """
    for x in list(SETTLING):
        x.settle()
    run = _Run(function, args, kwargs, may_keep, derived, replay)
    fixed: frozenset[Any] = frozenset()
    seen = None
    while True:
        trace = Trace(fixed)
        begun(trace.forget)
        begun(trace.undo)
        environment = Nothing() if pure else Environment(function, run.settings, static, trace, seen)
        try:
            finished = run.once(trace, environment)
            if finished is not None:
                return finished
            trace.undo()
            seen = environment.observer
        except Restart as restart:
            trace.undo()
            environment.put_back()
            fixed |= restart.sources
        except BaseException:
            trace.undo()
            environment.put_back()
            raise
        finally:
            trace.forget()


class _Run:
    """A call that is recorded, as often as it takes."""

    def __init__(
        self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], may_keep: bool,
        derived: Derivative | None, replay: bool,
    ) -> None:  # fmt: skip
        self.function, self.may_keep, self.derived, self.replay = function, may_keep, derived, replay
        self.leaves, self.structure = flatten((tuple(args), dict(kwargs)))
        self.known = [_leaf(x) for x in self.leaves]
        self.settings = [x for x in self.leaves if not is_traced(x)]
        self.apart = False  # whether it is asked which arguments are the same object

    def once(self, trace: Trace, environment: Environment) -> tuple[RecordedProgram, Any] | None:
        """Return the program and the result; None if the run has to be done again."""
        self.apart = environment.tells_apart()
        with _told_from_silence(), recording(trace), environment.observed_run(trace.outside) as double:
            trace.begin(sys.getprofile())
            called, named = unflatten(self.structure, self._arguments(trace, double))
            result = trace.replaced.around(lambda: uncovered(double(self.function), called, named))
            result = trace.replaced.settle(trace, result, [*self.leaves, *environment.held()])
            _take_again(trace, result)
            if self.derived is not None and is_grad_enabled():
                self.derived.look(trace, result)
        self._refuse_swallowed(trace)
        return self._finished(trace, environment, result)

    def _arguments(self, trace: Trace, double: Callable[[Any], Any]) -> list[Any]:
        names = argument_names(self.structure, self.function)
        given: dict[int, Any] = {}
        found = []
        for i, (x, name) in enumerate(zip(self.leaves, names, strict=True)):
            stand_in = double(x) if self.apart or not is_traced(x) else x
            if is_traced(x) and stand_in is x:
                stand_in = given.get(id(x), x)
                stand_in = trace.argument(x, i, name) if stand_in is x else stand_in
            if self.apart and isinstance(x, np.ndarray):
                given[id(x)] = stand_in
            found.append(stand_in)
        return found

    def _refuse_swallowed(self, trace: Trace) -> None:
        """Raise what the function has caught: a program would not come to it again."""
        for error in trace.failures:
            try:
                if isinstance(error, (errors.CompileError, Restart)):
                    raise error
                names = {"function": name_of(self.function), "error": f"{type(error).__name__}: {error}"}
                raise errors.CompileError(errors.COMPILE_SWALLOWED.format(**names)) from error
            finally:
                del error  # or error and frame would hold each other

    def _finished(self, trace: Trace, environment: Environment, result: Any) -> tuple[RecordedProgram, Any] | None:
        """Make the program of a run that has ended well, and change what it has changed."""
        function = self.function
        results, built = flatten(result)
        for y in results:
            if isinstance(y, Handle) and trace.is_made(y):
                y._viewed = None  # what it shows of values within ends here
        kinds, outputs, values = _outputs(trace, results, function)
        assignments = _assignments(trace, function)
        _refuse_views(trace, function)
        _refuse_rewritten(trace, function)
        kept = _kept(trace, results)
        if kept:
            trace.steps.with_values()
        if kept and not self.may_keep:
            text = errors.COMPILE_KEPT.format(function=name_of(function), number=len(kept), shape=kept[0].shape)
            raise errors.CompileError(text)
        if not environment.finish(trace.watched(), frozenset(trace._generators), made=bool(kept)):
            return None
        environment.refuse_writes(trace.fixed_arrays.values())
        if kept and self.replay:  # what is made now has its first value, and is there when the run is done again
            self.may_keep = False
            return None
        _name_inputs(trace, function, self.settings)
        trace.closed = True
        program = Program(
            inputs=tuple(trace.inputs),
            constants=tuple([_owned(c, environment) for c in trace.constants.values()]),
            instructions=tuple(trace.instructions),
            outputs=tuple(outputs),
            assignments=tuple(assignments),
            types=dict(trace.types),
            names=dict(trace.names),
            operations=dict(trace.operations),
            title=name_of(function),
        )
        if not trace.steps.ended.isdisjoint(program.escaping()):
            raise errors.CompileError(errors.COMPILE_LOOP_LEFT.format(where=f" in {name_of(function)}"))
        if environment.disturbed:
            trace.steps.with_values()
        live = self.derived is not None and self.derived.live
        complete = not kept and not environment.disturbed
        hollow = trace.steps.hollow or (self.replay and complete)
        if live or hollow:
            trace.undo()
        else:
            _commit(trace, kept)
        fixed = frozenset(key[1] for key in trace._fixed if key[0] == "argument")
        recorded = RecordedProgram(
            program, self.structure, self.known, fixed, self._twins(), self._held(environment),
            frozenset(map(id, environment.arrays())) if self.apart else None, kinds, built, environment,
            [*trace.fixed_numbers.values()], list(trace.fixed_arrays.values()), _grads_read(trace), is_grad_enabled(),
            complete, kept=bool(kept), derived=self.derived if live else None, hollow=hollow,
        )  # fmt: skip
        environment.forget()
        return recorded, unflatten(built, values)

    def _objects(self) -> Iterator[tuple[int, Any]]:
        """Yield the arguments, with their places, that a program tells apart by what they are."""
        kinds = (Handle, np.ndarray) if self.apart else Handle
        return ((i, x) for i, x in enumerate(self.leaves) if isinstance(x, kinds) or is_generator(x))

    def _twins(self) -> list[tuple[int, int]]:
        first: dict[int, int] = {}
        return [(first[id(x)], i) for i, x in self._objects() if first.setdefault(id(x), i) != i]

    def _held(self, environment: Environment) -> list[tuple[int, Any]]:
        return [(i, x) for i, x in self._objects() if environment.reaches(x)]


@contextmanager
def _told_from_silence() -> Iterator[None]:
    """Have warnings that are switched off by who calls be told from those that a sweep switches off."""
    if set(np.geterr().values()) != {"ignore"}:
        yield
        return
    with np.errstate(all="call", call=lambda error, flag: None):
        yield


def is_traced(x: Any) -> bool:
    """Tell whether a leaf of the arguments is an input of the program, and not a fixed setting."""
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind in "fiubc"
    return isinstance(x, Handle) or is_generator(x) or x.__class__ in (int, float, complex) or is_foreign(x)


def _owned(c: Constant, environment: Environment) -> Constant:
    """Return a constant with the knowledge whether somebody else has its memory."""
    array = c.array
    while isinstance(array, np.ndarray):
        if environment.is_somebodys(array):
            return c
        array = array.base
    return replace(c, private=True)


def _grads_read(trace: Trace) -> list[tuple[str, Any, bool]]:
    empty = [(*seen.owner, True) for seen in trace.empty_grads]
    return empty + [(x.kind, x.owner, False) for x in trace.inputs if x.kind.endswith("grad")]


def _name_inputs(trace: Trace, function: Any, settings: Sequence[Any]) -> None:
    """Call Tensors without a telling name, and arrays, as the function reaches them."""
    given = [x.name for x in trace.inputs]
    unclear = [k for k, x in enumerate(trace.inputs) if x.kind in _REACHED and _is_unclear(x, given)]
    names = reached((function, *settings)) if unclear else {}
    for k in unclear:
        x = trace.inputs[k]
        owner = names.get(id(x.owner)) or x.name or "tensor"
        name = f"grad_{owner}" if x.kind == "tensor grad" else owner
        trace.inputs[k] = replace(x, name=name)
        trace.names[x.id] = name


def _is_unclear(x: Input, given: list[str]) -> bool:
    """Tell whether there may be a better name: a parameter has that of its module."""
    return x.kind == "array" or isinstance(x.owner, Parameter) or x.name in ("", "grad_") or given.count(x.name) > 1


_REACHED = ("tensor", "tensor grad", "array")


def _take_again(trace: Trace, result: Any) -> None:
    """Bring views up to date that are left when a run ends, which takes calls that have to be written down."""
    held = [value for seen in trace.seen.values() for value in (seen.data, seen.grad)]
    for x in (*flatten(result)[0], *held):
        taken_again(x)
        if isinstance(x, Handle) and not trace.is_outside(x):
            taken_again(slot_data(x))


def _outputs(trace: Trace, results: list[Any], function: Any) -> tuple[list[str], list[Any], list[Any]]:
    kinds: list[str] = []
    outputs: list[Any] = []
    values: list[Any] = []
    first: dict[int, int] = {}
    for k, y in enumerate(results):
        known = first.setdefault(id(y), k) if isinstance(y, Handle) and id(y) not in trace.seen else k
        kind, output, value = _output(trace, y, function) if known == k else ("same", known, values[known])
        kinds.append(kind)
        outputs.append(output)
        values.append(value)
    return kinds, outputs, values


def _output(trace: Trace, y: Any, function: Any) -> tuple[str, Any, Any]:
    """Return what kind a leaf of the result is, what stands for it in the program, and what it is in this call."""
    if isinstance(y, Handle):
        seen = trace.seen.get(id(y))
        if seen is not None:  # a Tensor from outside: itself
            kind, owner = seen.owner
            return ("given", owner, y) if kind == "argument" else ("static", y, y)
        data = slot_data(y)
        value = np.asarray(plain(data))
        ref = Ref(data.id) if isinstance(data, Traced) else trace.constant(value)
        fresh = Tensor(value)
        return "tensor", ref, fresh
    if isinstance(y, Traced):
        if y.id in trace.held:
            return "held", Ref(y.id), np.array(y._value)
        return "array", Ref(y.id), y._value.copy() if isinstance(y._value, np.ndarray) else y._value
    if isinstance(y, np.ndarray):
        return "array", trace.constant(y), y.copy()
    if isinstance(y, Generator):
        return "static", y._value, y._value
    if y is None or isinstance(y, (str, bytes, bool, int, float, complex, np.generic, np.dtype, type)) or callable(y):
        return "static", y, y
    text = errors.COMPILE_RESULT.format(function=name_of(function), given=type(y).__name__)
    raise errors.CompileError(text)


def _assignments(trace: Trace, function: Any) -> list[Assignment]:
    """Return what the run has given new values, of what was there before."""
    made = []
    for seen in trace.seen.values():
        if seen.t._node is not seen.node:
            what = refusals.describe(seen.t)
            raise errors.CompileError(errors.COMPILE_HISTORY.format(what=what, function=name_of(function)))
        kind, owner = seen.owner
        if seen.data is not None and _id(trace, seen.data) != seen.first_id:
            made.append(Assignment(kind, owner, _id(trace, seen.data), seen.name))
        if seen.grad is not seen.first_grad:
            data = slot_data_of_grad(trace, seen.grad)
            made.append(
                Assignment(f"{kind} grad", owner, None if data is None else _id(trace, data), f"{seen.name}.grad")
            )
    return made


def _refuse_rewritten(trace: Trace, function: Any) -> None:
    """Refuse a run that gives another value to a number it reads, as to a learning rate: no program would do so."""
    for x in [x for x in trace.inputs if x.kind == "number"]:
        owner, *place = x.owner
        if value_at(owner, *place) != trace._numbers["number", id(owner), *place]._value:
            raise errors.CompileError(errors.COMPILE_RATE.format(function=name_of(function), name=place[0]))


def _refuse_views(trace: Trace, function: Any) -> None:
    """Refuse to write to what is seen by way of a view from outside as well: a program has its numbers twice."""
    for seen in trace.seen.values():
        if seen.data is not seen.first:
            root = base_of(seen.t)
            others = [seen.t] if root is not None else [view for view in views_of(seen.t) if id(view) in trace.seen]
            if others:
                what, view = refusals.describe(root or seen.t), refusals.describe(others[0])
                raise errors.CompileError(
                    errors.COMPILE_VIEW.format(function=name_of(function), what=what, view=view)
                )


def slot_data_of_grad(trace: Trace, grad: Any) -> Any:
    """Return the array of a gradient, which may be held by a Tensor."""
    if not isinstance(grad, Handle):
        return grad
    seen = trace.seen.get(id(grad))
    return slot_data(grad) if seen is None else seen.data


def _id(trace: Trace, value: Any) -> int:
    return value.id if isinstance(value, Traced) else trace.constant(np.asarray(value)).id


def _kept(trace: Trace, results: list[Any]) -> list[Any]:
    """Return the Tensors that the run has made and somebody keeps, besides what it returned."""
    known = {id(y) for y in results} | {id(seen.grad) for seen in trace.seen.values()}
    return [t for t, _ in trace.fresh() if id(t) not in known]


def _commit(trace: Trace, kept: list[Any]) -> None:
    """Give all Tensors the values of this run: one call in C, within which no interrupt comes."""
    stores: list[tuple[Any, ...]] = []
    for seen in trace.seen.values():
        if seen.data is not None and seen.data is not seen.first:
            outdate(seen.t)
            stores.append((set_data, seen.t, _value(seen.data)))
        if seen.grad is not seen.first_grad:
            data = slot_data_of_grad(trace, seen.grad)
            stores.append((set_grad, seen.t, None if data is None else _value(data)))
    stores += [(set_data, t, _value(slot_data(t))) for t in kept]
    deque(starmap(operator.call, [*stores, (setattr, trace, "done", True)]), 0)


def _value(data: Any) -> Array:
    array = np.asarray(plain(data))
    return array if array.base is None and array.flags.owndata else array.copy()
