"""From a call to a Program: the run, what it returned, what it changed."""

from __future__ import annotations

import operator
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from typing import Any

import numpy as np

from autograd_lite import errors, refusals
from autograd_lite.compiler.environment import Environment, observed_run
from autograd_lite.compiler.program import Assignment, Constant, Program, Ref
from autograd_lite.compiler.slots import recording, set_data, set_grad, slot_data
from autograd_lite.compiler.trace import Restart, Trace
from autograd_lite.compiler.traced import Generator, Traced, plain
from autograd_lite.random import is_generator
from autograd_lite.record import Handle
from autograd_lite.shapes import Array
from autograd_lite.tensor import Tensor
from autograd_lite.tracing import name_of
from autograd_lite.tree import Structure, flatten, paths, unflatten
from autograd_lite.unfinished import begun

_SAMPLE = 1000


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
    """

    value: Any
    traced: bool
    tensor: type | None = None
    tracked: bool = False


def _leaf(x: Any) -> Leaf:
    if not is_traced(x):
        return Leaf(x, traced=False)
    array = slot_data(x) if isinstance(x, Handle) else x
    if isinstance(array, np.ndarray):
        array = array.copy() if array.size <= _SAMPLE else np.broadcast_to(np.zeros((), array.dtype), array.shape)
    return Leaf(array, True, type(x), x._node is not None) if isinstance(x, Handle) else Leaf(array, traced=True)


@dataclass(frozen=True, eq=False)
class Recorded:
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
    kinds : list
        What each output is: ``tensor``, ``array``, or ``static``.
    result : Structure
        How they make up the result.
    environment : Environment
        What else the program is for, compared at every call.
    numbers : list of (mapping, str, float)
        Settings that decide what is computed, compared as well.
    arrays : list of (array, its copy)
        Variables of the function whose values decide what is computed: a mask, say.
    grads : list of (str, owner, bool)
        For each gradient that is read, whether there was none.
    complete : bool
        Whether the program may be used again. Not so if the run has made Tensors that are kept, as an optimiser does in
        its first step.
    """

    program: Program
    structure: Structure
    leaves: list[Leaf]
    fixed: frozenset[int]
    kinds: list[str]
    result: Structure
    environment: Environment
    numbers: list[tuple[Any, str, float]]
    arrays: list[tuple[Array, Array]]
    grads: list[tuple[str, Any, bool]]
    complete: bool


def record(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], may_keep: bool
) -> tuple[Recorded, Any]:
    """Call a function once and return its program, and what it returned.

    Tensors are changed as by the plain call; and not at all if it raises.
    """
    leaves, structure = flatten((tuple(args), dict(kwargs)))
    known = [_leaf(x) for x in leaves]
    settings = [x for x in leaves if not is_traced(x)]
    fixed: frozenset[Any] = frozenset()
    while True:
        trace = Trace(fixed)
        begun(trace.forget)
        begun(trace.undo)
        try:
            with recording(trace), observed_run(function, settings, trace.outside) as environment:
                trace.observer = sys.getprofile()
                given = _arguments(trace, structure, leaves, function)
                called, named = unflatten(structure, given)
                result = function(*called, **named)
            return _finished(trace, function, structure, known, result, environment, may_keep)
        except Restart as restart:
            trace.undo()
            fixed |= restart.sources
        except BaseException:
            trace.undo()
            raise


def _arguments(trace: Trace, structure: Structure, leaves: Sequence[Any], function: Any) -> list[Any]:
    names = _argument_names(structure, function)
    return [
        trace.argument(x, i, name) if is_traced(x) else x for i, (x, name) in enumerate(zip(leaves, names, strict=True))
    ]


def is_traced(x: Any) -> bool:
    """Tell whether a leaf of the arguments is an input of the program, and not a fixed setting."""
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind in "fiubc"
    return isinstance(x, Handle) or is_generator(x) or x.__class__ in (int, float, complex)


def _argument_names(structure: Structure, function: Any) -> list[str]:
    """Return what the parameters of the function, and parts of them, are called."""
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    positional = code.co_varnames[: code.co_argcount] if code is not None else ()
    positional = positional[1:] if hasattr(function, "__self__") else positional
    found = []
    for path in paths(structure):  # "[0][1]['w']", "[1]['x']"
        first, _, rest = path[1:].partition("]")
        place, _, deeper = rest[1:].partition("]")
        known = first == "0" and int(place) < len(positional)
        base = positional[int(place)] if known else (place.strip("'") if first == "1" else f"argument_{place}")
        found.append(base + "".join(c if c.isalnum() else "_" for c in deeper).rstrip("_"))
    return found


def _finished(
    trace: Trace,
    function: Any,
    structure: Structure,
    leaves: list[Leaf],
    result: Any,
    environment: Environment,
    may_keep: bool,
) -> tuple[Recorded, Any]:
    """Make the program of a run that has ended well, and change what it has changed."""
    results, built = flatten(result)
    kinds, outputs, values = _outputs(trace, results, function)
    assignments = _assignments(trace, function)
    kept = _kept(trace, results)
    if kept and not may_keep:
        text = errors.COMPILE_KEPT.format(function=name_of(function), number=len(kept), shape=kept[0].shape)
        raise errors.CompileError(text)
    environment.finish(trace.watched(), frozenset(trace._generators))
    _name_inputs(trace, environment)
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
    _commit(trace, kept)
    fixed = frozenset(key[1] for key in trace._fixed if key[0] == "argument")
    recorded = Recorded(
        program, structure, leaves, fixed, kinds, built, environment,
        trace.fixed_numbers, list(trace.fixed_arrays.values()), _grads_read(trace), complete=not kept,
    )  # fmt: skip
    return recorded, unflatten(built, values)


def _owned(c: Constant, environment: Environment) -> Constant:
    """Return a constant with the knowledge whether somebody else has its memory."""
    array = c.array
    while isinstance(array, np.ndarray):
        if id(array) in environment.before.names:
            return c
        array = array.base
    return replace(c, private=True)


def _grads_read(trace: Trace) -> list[tuple[str, Any, bool]]:
    empty = [(*seen.owner, True) for seen in trace.empty_grads]
    return empty + [(x.kind, x.owner, False) for x in trace.inputs if x.kind.endswith("grad")]


def _name_inputs(trace: Trace, environment: Environment) -> None:
    """Call Tensors without a telling name as the function reaches them."""
    given = [x.name for x in trace.inputs]
    for k, x in enumerate(trace.inputs):
        name = environment.survey.names.get(id(x.owner)) if x.kind == "tensor" else None
        name = name or (None if x.name else "tensor")  # of a default argument, say, which no name leads to
        if name and (not x.name or given.count(x.name) > 1):
            trace.inputs[k] = replace(x, name=name)
            trace.names[x.id] = name


def _outputs(trace: Trace, results: list[Any], function: Any) -> tuple[list[str], list[Any], list[Any]]:
    kinds: list[str] = []
    outputs: list[Any] = []
    values: list[Any] = []
    for y in results:
        kind, output, value = _output(trace, y, function)
        kinds.append(kind)
        outputs.append(output)
        values.append(value)
    return kinds, outputs, values


def _output(trace: Trace, y: Any, function: Any) -> tuple[str, Any, Any]:
    """Return what kind a leaf of the result is, what stands for it in the program, and what it is in this call."""
    if isinstance(y, Handle):
        if id(y) in trace.seen:  # a Tensor from outside: itself
            return "static", y, y
        data = slot_data(y)
        value = np.asarray(plain(data))
        ref = Ref(data.id) if isinstance(data, Traced) else trace.constant(value)
        fresh = Tensor(value)
        return "tensor", ref, fresh
    if isinstance(y, Traced):
        return "array", Ref(y.id), y.value.copy() if isinstance(y.value, np.ndarray) else y.value
    if isinstance(y, np.ndarray):
        return "array", trace.constant(y), y.copy()
    if isinstance(y, Generator):
        return "static", y.value, y.value
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
            stores.append((set_data, seen.t, _value(seen.data)))
        if seen.grad is not seen.first_grad:
            data = slot_data_of_grad(trace, seen.grad)
            stores.append((set_grad, seen.t, None if data is None else _value(data)))
    stores += [(set_data, t, _value(slot_data(t))) for t in kept]
    deque(starmap(operator.call, [*stores, (setattr, trace, "done", True)]), 0)


def _value(data: Any) -> Array:
    array = np.asarray(plain(data))
    return array if array.base is None and array.flags.owndata else array.copy()
