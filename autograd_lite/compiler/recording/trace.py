"""One recording run: a function called with traced values, and everything that happens to the Tensors it touches.

Tensors from outside are never touched: they have their new values in the trace, and get them, all or none, when the run
has ended well.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NoReturn, TypeVar
from weakref import ref

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import is_foreign
from autograd_lite.base.libraries import WITHIN, of_frame
from autograd_lite.base.shapes import Array, whole
from autograd_lite.compiler.program import facts, helpers
from autograd_lite.compiler.program.identifiers import identifier
from autograd_lite.compiler.program.paths import path_of
from autograd_lite.compiler.program.program import Constant, Input, Instruction, Ref, Type
from autograd_lite.compiler.recording.aside import Aside
from autograd_lite.compiler.recording.buffers import Replaced
from autograd_lite.compiler.recording.generators import Generator
from autograd_lite.compiler.recording.interception import set_data, set_grad, slot_data, slot_grad, tracing
from autograd_lite.compiler.recording.lines import is_log, line_of, refuse, refused, user_frame, where
from autograd_lite.compiler.recording.numbers import NUMBERS, OPERATORS
from autograd_lite.compiler.recording.observation import unobserved
from autograd_lite.compiler.recording.outside import UNREAD, Seen
from autograd_lite.compiler.recording.regions import Region, Steps
from autograd_lite.compiler.recording.restart import Restart
from autograd_lite.compiler.recording.traced import Number, Traced, plain, sources_of, traced_in, wrap
from autograd_lite.compiler.recording.views import link_views
from autograd_lite.engine import generators
from autograd_lite.engine.generators import is_generator
from autograd_lite.engine.graph import Node
from autograd_lite.engine.op import NO_SETTINGS, Op, Settings
from autograd_lite.engine.operands import refuse_masked
from autograd_lite.engine.record import Handle
from autograd_lite.engine.warned import carried
from autograd_lite.engine.watchpoints import place_of, value_at, watching
from autograd_lite.tensor.views import is_outdated
from autograd_lite.tree import sequence_like

T = TypeVar("T")
_PLAIN = (str, bytes, type(None), type(Ellipsis), type, np.dtype, *NUMBERS)


class Trace:
    """What one run has done so far.

    Parameters
    ----------
    fixed : set
        Numbers that are not to be traced: their value decides what is done.

    Attributes
    ----------
    observer : callable or None
        Who is told of every call while the run lasts, by `sys.setprofile`.
    beside : Aside
        For calls of code that is called as it is.
    failures : list
        Errors that were raised in calls, and refusals, whether or not the function has caught them.
    done : bool
        Whether what it has changed is committed, or undone.
    """

    def __init__(self, fixed: frozenset[Any] = frozenset()) -> None:
        self.inputs: list[Input] = []
        self.constants: dict[int, Constant] = {}
        self.instructions: list[Instruction] = []
        self.types: dict[int, Type] = {}
        self.names: dict[int, str] = {}
        self.operations: dict[int, tuple[str, tuple[Any, ...]]] = {}
        self.seen: dict[int, Seen] = {}
        self.empty_grads: list[Seen] = []
        self.fixed_arrays: dict[int, tuple[Array, Array]] = {}
        self.fixed_numbers: dict[tuple[int, str], tuple[Any, str, str, Any]] = {}
        self.held: set[int] = set()  # numbers of NumPy that a Tensor has, plainly as arrays of no dimension
        self.closed = self.done = False
        self.failures: list[BaseException] = []
        self.saying: tuple[Any, int] | None = None
        self._doing: tuple[str, Any] = ("", None)
        self._calm: dict[str, Any] = {**np.geterr()}
        self._fixed = fixed
        self._fresh: dict[int, tuple[ref[Any], Any]] = {}
        self._numbers: dict[Any, Number] = {}
        self._generators: dict[int, tuple[Generator, Any]] = {}
        self._values: dict[float, int] = {}  # nodes of the graph, by their order: the value they stand for
        self._named: set[int] = set()
        self._derivatives: dict[int, int] = {}
        self._outside: dict[int, Any] = {}
        self.observer: Any = None
        self.beside, self.replaced = Aside(self), Replaced()
        self.steps = Steps(self)
        self._begun_by = sys._getframe(1).f_code

    def begin(self, observer: Any) -> None:
        """Note who is told of calls, and how floating-point errors are treated."""
        self.observer, self._calm = observer, {**np.geterr()}

    # ----- values -----

    def _new(self, value: Any) -> int:
        number = len(self.types)
        self.types[number] = Type.of(value)
        return number

    def outside(self, value: Any, name: str) -> Any:
        """Return what stands for an array, or a generator, of a variable that the function reads."""
        if is_generator(value):
            return self.generator(value, name=name)
        source = ("array", id(value))
        if source in self._fixed:
            self.fixed_arrays.setdefault(id(value), (value, value.copy()))
            return value
        found = self._outside.get(id(value))
        if found is None:
            found = self._outside[id(value)] = self._input(value, "array", value, name)
            found._sources = frozenset((source,))
        return found

    def argument(self, value: Any, place: int, name: str) -> Any:
        """Return what stands for a leaf of the arguments."""
        if isinstance(value, Handle):
            seen = self._see(value, ("argument", place), name)
            return seen.t
        if is_generator(value):
            return self.generator(value, ("argument", place), name)
        if (isinstance(value, np.ndarray) and value.__class__ is not np.ndarray) or is_foreign(value):
            refuse_masked(value)
            refuse(errors.COMPILE_ARRAY, what=name, given=type(value).__name__)
        key = ("argument", place)
        if value.__class__ in NUMBERS:
            return value if key in self._fixed else self._number(key, value, "argument", place, name)
        return self._input(value, "argument", place, name)

    def _input(self, value: Any, kind: str, owner: Any, name: str) -> Any:
        number = self._new(value)
        name = identifier(name) if name else ""
        self.inputs.append(Input(number, kind, owner, name))
        self.names[number] = name
        self._named.add(number)
        return wrap(value, number, self, given=True)

    def _number(self, key: Any, value: Any, kind: str, owner: Any, name: str) -> Any:
        if key not in self._numbers:
            number = self._numbers[key] = self._input(value, kind, owner, name)
            number._sources = frozenset((key,))
        return self._numbers[key]

    def constant(self, array: Any) -> Ref:
        """Return what stands for an array, or a NumPy number, that is no value of the trace."""
        known = self.constants.get(id(array))
        if known is None:
            known = self.constants[id(array)] = Constant(self._new(array), array, private=False)
        self.steps.read(known.id, array)
        return Ref(known.id)

    # ----- calls -----

    @unobserved
    def call(self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any] = NO_SETTINGS) -> Any:
        """Carry out a call and write it down."""
        if self.closed:
            refuse(errors.COMPILE_LEAK)
        if tracing() is not self:
            self._refuse_thread()
        values = [x._value if isinstance(x, Traced) else plain(x) for x in args]
        if fn not in _WRITTEN:
            path_of(fn)  # refused now, and not when everything has happened
        try:
            with np.errstate(all="ignore") if self.steps.hollow else nullcontext():
                value = carried(fn, values, {name: plain(x) for name, x in kwargs.items()})
        except BaseException as error:
            self.steps.with_values()
            self.failures.append(error)
            raise
        frame = user_frame(self._begun_by)  # NOTE: a frame that is asked for its variables keeps them
        operands = tuple([self._encoded(x, fn) for x in args])
        settings = tuple([(name, self._encoded(x, fn)) for name, x in kwargs.items()]) if kwargs else ()
        result = self._write(fn, operands, settings, value, frame)
        if facts.of(fn).turns:
            for part in traced_in((result,)):
                if part.dtype.kind == "f":  # and is taken for real by all that follows
                    self.call(helpers.verify_real, (part, errors.COMPILE_REAL.format(op=path_of(fn))))
        if isinstance(result, Traced):
            result._sources = sources_of(args)
        if fn is not helpers.draw:
            link_views(result, value, fn, args, kwargs)
        return result

    def _write(self, fn: Any, args: Any, kwargs: Any, value: Any, frame: Any) -> Any:
        number = self._new(value)
        quiet = self._is_quiet()
        origin = self._origin(number)
        self.instructions.append(Instruction(number, fn, args, kwargs, origin, quiet, None, line_of(frame)))
        self._name_locals(frame)
        if isinstance(value, (tuple, list)):
            parts = [self._write(_ITEM, (Ref(number), i), (), part, None) for i, part in enumerate(value)]
            for part, name in zip(parts, getattr(value, "_fields", ()), strict=False):
                if isinstance(part, Traced):
                    self.names[part.id] = identifier(name)
            return sequence_like(value, parts)
        return None if value is None else wrap(value, number, self)

    def _is_quiet(self) -> bool:
        """Tell whether warnings were switched off, as sweeps do; what else is set, nobody would repeat."""
        now: dict[str, Any] = {**np.geterr()}
        if now == self._calm:
            return False
        if any(way != "ignore" and way != self._calm[kind] for kind, way in now.items()):
            refuse(errors.COMPILE_ERRSTATE)
        return True

    def _refuse_thread(self) -> NoReturn:
        """Refuse a call in another thread, or of code that is called as it is: the program would not do it."""
        text = errors.COMPILE_OPAQUE_READS if self.beside.aloof else errors.COMPILE_THREAD
        error = errors.CompileError(text.format(where=where()))
        self.failures.append(error)
        try:
            raise error
        finally:
            del error

    def shown(self, value: Any) -> Any:
        """Return what a value is in this call, where it is printed or logged; elsewhere a text of it is refused."""
        if not isinstance(value, Traced):
            return value
        if self.closed or tracing() is not self:
            return f"<a value of a compiled function, of shape {np.shape(plain(value))}>"
        frame: Any = sys._getframe(1)
        while frame is not None and of_frame(frame) in WITHIN:
            frame = frame.f_back
        if frame is None or is_log(frame.f_code) or self.saying == (frame.f_code, frame.f_lasti):
            self.steps.with_values()
            return plain(value)
        if value._sources:
            self.fixed(value._sources)
        return refuse(errors.COMPILE_VALUE, call="a text made", instead="print(x), or x itself, and return it")

    def step(self) -> Region:
        """Return what records one step of a loop, from now on."""
        return self.steps.begin()

    def opaque(self, fn: Any, name: str, args: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        """Call what cannot be seen into, and write the call down as it is."""
        self.steps.with_values()
        return self.beside.call(fn, name, args, settings)

    def aside(self) -> AbstractContextManager[Any]:
        """Return a block that runs as outside of the trace."""
        self.steps.with_values()
        return self.beside.alone()

    def _encoded(self, x: Any, fn: Any) -> Any:
        """Return an operand as an instruction holds it."""
        if isinstance(x, (Traced, Generator)):
            if x._trace is not self:
                refuse(errors.COMPILE_LEAK)
            self.steps.read(x.id, x._value)
            return Ref(x.id)
        if isinstance(x, (tuple, list)):
            return (list if isinstance(x, list) else tuple)([self._encoded(part, fn) for part in x])
        if isinstance(x, slice):
            return slice(*[self._encoded(part, fn) for part in (x.start, x.stop, x.step)])
        if isinstance(x, (np.ndarray, np.generic)):
            return self.constant(x)
        if isinstance(x, _PLAIN):
            return x
        name = getattr(fn, "__name__", str(fn))
        text = errors.COMPILE_OPERAND.format(op=name, where=where(), given=type(x).__name__)
        return refused(errors.CompileError(text))

    # ----- what it comes from, and what it is called -----

    def _origin(self, number: int) -> str:
        """Return which operation a call is part of, as far as it can be told while it happens; see `observed`."""
        what, node = self._doing
        if node is not None:
            self._name_derivative(number, node)
        return what

    def _name_derivative(self, number: int, node: Node) -> None:
        """The last value computed for a node in a sweep is its derivative; earlier ones have led to it."""
        value = self._values.get(node.order)
        if value is None and node.notes is not None:
            owner = node.notes.owner()
            seen = self.seen.get(id(owner))
            value = seen.first.id if seen is not None and seen.first is not None else None
        if value is None:
            return
        before = self._derivatives.get(value)
        if before is not None and self.names.get(before) == f"d_%{value}":
            del self.names[before]
        self.names[number] = f"d_%{value}"
        self._derivatives[value] = number

    def _name_locals(self, frame: Any) -> None:
        """Call values as the variables of the user's function are called."""
        if frame is None:
            return
        for name, x in frame.f_locals.items():
            value = slot_data(x) if isinstance(x, Handle) else x
            if not isinstance(value, Traced) or is_outdated(value):
                continue
            if value._trace is self and value.id not in self._named:
                self._named.add(value.id)
                self.names[value.id] = identifier(name)

    @unobserved
    def observed(self, op: Op, operands: Any, settings: Settings, result: Any) -> None:
        """Note for the calls since the last operation that they are parts of this one."""
        if watching.get() is not self:
            return
        written = self.instructions
        for i in range(len(written) - 1, -1, -1):
            if written[i].origin:
                break
            written[i].origin = op.name
        value = slot_data(result)
        if isinstance(value, Traced) and value.id not in self.names:
            self.names[value.id] = identifier(op.name)
        self.operation(op, [x._data if isinstance(x, Handle) else x for x in operands], value)
        if isinstance(value, Traced) and result._node is not None:
            self._values[result._node.order] = value.id  # not the node, which holds what it has saved

    def operation(self, op: Op, operands: Sequence[Any], result: Any) -> None:
        """Note that a value is the result of one of our operations."""
        if isinstance(result, Traced) and result.id not in self.operations:
            refs = [Ref(x.id) if isinstance(x, Traced) else x for x in operands]
            self.operations[result.id] = op.name, tuple(refs)

    # ----- Tensors -----

    def _see(self, t: Any, owner: tuple[str, Any] | None = None, name: str = "") -> Seen:
        seen = self.seen.get(id(t))
        if seen is None:
            array = slot_data(t)
            if array.__class__ is not np.ndarray:
                called = f"the Tensor {t._name!r}" if t._name else "a Tensor"
                refuse(errors.COMPILE_ARRAY, what=called, given=type(array).__name__)
            seen = self.seen[id(t)] = Seen(t, owner or ("tensor", t), name or str(t._name or ""))
        return seen

    def is_made(self, t: Any) -> bool:
        made = self._fresh.get(id(t))
        return made is not None and made[0]() is t

    def is_outside(self, t: Any) -> bool:
        return isinstance(t, Handle) and not self.is_made(t)

    def read_data(self, t: Any) -> Any:
        if self.is_made(t):
            return slot_data(t)
        seen = self._see(t)
        if seen.data is None:
            kind, owner = seen.owner
            seen.start(self._input(slot_data(t), kind, owner, seen.name))
        return seen.data

    def write_data(self, t: Any, value: Any) -> None:
        if isinstance(value, Traced) and value._value.__class__ is not np.ndarray:
            self.held.add(value.id)
        if self.is_made(t):
            set_data(t, value)
        elif slot_data(t) is None:
            dropped = functools.partial(self._fresh.pop, id(t))  # with the Tensor, or its value would outlive it
            self._fresh[id(t)] = ref(t, dropped), value
            set_data(t, value)
        else:
            self.read_data(t)  # what is written without being read still belongs to somebody outside
            self.seen[id(t)].data = value

    def read_grad(self, t: Any) -> Any:
        if self.is_made(t):
            return slot_grad(t)
        seen = self._see(t)
        if seen.grad is UNREAD:
            grad = slot_grad(t)
            if grad is None:
                self.empty_grads.append(seen)
            else:
                kind, owner = seen.owner
                array = slot_data(grad) if isinstance(grad, Handle) else grad
                traced = self._input(array, f"{kind} grad", owner, f"grad_{seen.name}")
                if isinstance(grad, Handle):
                    held = self._see(grad)
                    held.start(traced)
                else:
                    grad = traced
            seen.grad = seen.first_grad = grad
        return seen.grad

    def write_grad(self, t: Any, value: Any) -> None:
        if self.is_made(t):
            set_grad(t, value)
        else:
            self._see(t).grad = value

    def fresh(self) -> Iterator[tuple[Any, Any]]:
        """Yield the Tensors made in this run that are still there, with their first values."""
        for made, first in list(self._fresh.values()):
            t = made()
            if t is not None:
                yield t, first

    # ----- what the seams ask for -----

    def number(self, owner: MutableMapping[str, Any], key: str, part: int | None = None) -> Any:
        source, name = ("number", id(owner), key, part), key if part is None else f"{key}_{part}"
        if source in self._fixed:
            return self.setting(owner, key, part)
        return self._number(source, value_at(owner, key, part), "number", (owner, key, part), name)

    def setting(self, owner: MutableMapping[str, Any], key: str, part: int | None = None) -> float:
        return self._fix(owner, key, "{}" + place_of(key, part), value_at(owner, key, part))

    def is_set(self, owner: MutableMapping[str, Any], key: str) -> bool:
        return self._fix(owner, key, f"bool({{}}{place_of(key)})", bool(owner[key]))

    def _fix(self, owner: MutableMapping[str, Any], key: str, text: str, value: T) -> T:
        """Have what is read from a mapping, by this text, be compared at every call."""
        self.fixed_numbers.setdefault((id(owner), text), (owner, key, text, value))
        return value

    def generator(self, rng: Any, owner: tuple[str, Any] | None = None, name: str = "rng") -> Any:
        if isinstance(rng, Generator):
            return rng
        if id(rng) not in self._generators:
            default = rng is generators.current()
            kind, where_from = owner or ("default generator" if default else "generator", rng)
            number = self._new(rng)
            self.inputs.append(Input(number, kind, where_from, identifier(name, "rng")))
            self.names[number] = identifier(name, "rng")
            self._generators[id(rng)] = Generator(rng, number, self), rng.bit_generator.state
        return self._generators[id(rng)][0]

    def verify(self, condition: Any, text: str, error: Callable[[str], Exception]) -> None:
        condition = whole(condition)
        if not self.steps.hollow and not np.all(plain(condition)):
            raise error(text)
        if isinstance(condition, Traced):
            self.call(helpers.verify, (condition, text))

    def doing(self, items: Iterable[Any], said: Callable[[Any], tuple[str, Any]]) -> Iterator[Any]:
        before = self._doing
        try:
            for item in items:
                self._doing = said(item)
                yield item
        finally:
            self._doing = before

    def watched(self) -> frozenset[tuple[int, str]]:
        """Return the numbers that were asked for here: items of mappings."""
        read = {(source[1], source[2]) for source in self._numbers if source[0] == "number"}
        return frozenset(read | {(id(owner), key) for owner, key, _, _ in self.fixed_numbers.values()})

    def fixed(self, sources: frozenset[Any]) -> NoReturn:
        if not sources:  # a number that is drawn at random, or computed from arrays
            text = errors.COMPILE_VALUE.format(call="a branch, float() or an index", where=where(), instead=_INSTEAD)
            refused(errors.CompileError(text))
        refused(Restart(sources))

    def undo(self) -> None:
        """Put generators, buffers, and what Tensors know of arrays handed out, back as they were, unless it is done."""
        if self.done:
            return
        self.closed = True
        self.replaced.put_back()
        for generator, state in self._generators.values():
            generator._value.bit_generator.state = state
        for seen in self.seen.values():
            seen.t._exposed = seen.exposed
        for t, first in self.fresh():
            if isinstance(first, (Traced, np.ndarray)):  # and no batch, which is of no use to anybody any more
                set_data(t, np.asarray(plain(first)))
        self.done = True

    def forget(self) -> None:
        """Let go of the values of the run, which hold the trace as it holds them: nothing waits for the collector."""
        for held in (
            self.seen, self.empty_grads, self._fresh, self._numbers, self._outside, self._generators, self.failures
        ):  # fmt: skip
            held.clear()
        self.observer = None
        self.beside.forget()
        self.steps.forget()


_ITEM = operator.getitem
_WRITTEN = frozenset((*OPERATORS.values(), _ITEM))  # by signs
_INSTEAD = "np.where(condition, a, b) for both branches, and the number itself for float()"
