"""What stands in the place of something else while a function is recorded, and is taken away again.

The two attributes of a Tensor that a trace has to see, its array and its gradient: while a trace is on, reading or
setting ``_data`` and ``_grad`` in the thread that traces leads to the trace. While none is on they are the plain slots
they always were, and cost nothing more.

And the arrays and random generators that a function reads: it runs with other things in their places. Nothing of the
user's is touched, for other threads may be reading it: what leads to such a thing, functions with their variables,
containers, objects, has a double for the run, in which the way leads to what stands in for it. All else is shared.
Where a way leads through something that can have no double, as a class, everybody goes on to see the thing itself, by
whichever way.
"""

from __future__ import annotations

import operator
import types
from _thread import get_ident
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.base.arraylike import defines
from autograd_lite.base.libraries import WITHIN, of_module
from autograd_lite.base.unfinished import Lock, begun
from autograd_lite.compiler.recording import kinds
from autograd_lite.compiler.recording.kinds import SIMPLE
from autograd_lite.compiler.recording.places import UNSET, Location, in_cell
from autograd_lite.compiler.recording.survey import Survey
from autograd_lite.engine.generators import is_generator
from autograd_lite.engine.observers import Observer, observers
from autograd_lite.engine.record import Handle
from autograd_lite.engine.watchpoints import watching

# ----- the slots of Tensors -----

_DATA, _GRAD = Handle.__dict__["_data"], Handle.__dict__["_grad"]
_current: ContextVar[Any] = ContextVar("autograd_lite_trace", default=None)
tracing = _current.get
set_data, set_grad = _DATA.__set__, _GRAD.__set__
raw_data, raw_grad = _DATA.__get__, _GRAD.__get__
told: list[Observer] = []
"""The observers that are traces: each of its own thread only."""
_lock = Lock()
_readers: list[Any] = []


def slot_data(t: Any) -> Any:
    """Return the array that a Tensor really holds, None where it has none yet."""
    return _slot(_DATA, t)


def slot_grad(t: Any) -> Any:
    """Return the gradient that a Tensor really holds, None where there is none."""
    return _slot(_GRAD, t)


def _slot(slot: Any, t: Any) -> Any:
    try:
        return slot.__get__(t)
    except AttributeError:
        return None


def _through(slot: Any, name: str) -> property:
    """Return what reads and writes a slot through the trace of this thread, where there is one."""
    read, write = f"read_{name}", f"write_{name}"

    def put(t: Any, value: Any) -> None:
        trace = tracing()
        if trace is None:
            slot.__set__(t, value)
        else:
            getattr(trace, write)(t, value)

    def get(t: Any) -> Any:
        trace = tracing()
        return slot.__get__(t) if trace is None else getattr(trace, read)(t)

    return property(get, put, slot.__delete__)


_TRACED_DATA, _TRACED_GRAD = _through(_DATA, "data"), _through(_GRAD, "grad")


def _look() -> None:
    """Have the attributes lead to the traces while there is one in any thread."""
    on = bool(_readers)
    setattr(Handle, "_data", _TRACED_DATA if on else _DATA)  # noqa: B010 - a slot, to a type checker
    setattr(Handle, "_grad", _TRACED_GRAD if on else _GRAD)  # noqa: B010


@contextmanager
def reading(reader: Any) -> Iterator[None]:
    """Have this thread read and write Tensors through something that does what a trace does there."""
    end = partial(_read, reader, get_ident(), tracing())
    begun(end)
    try:
        with _lock.held:
            _readers.append(reader)
            _look()
        _current.set(reader)
        yield
    finally:
        end()


def _read(reader: Any, thread: int, before: Any) -> None:
    """Have Tensors be read as before, wherever a reader stands; what has ended is left alone."""
    if thread == get_ident():
        _current.set(before)
    with _lock.held:
        _readers[:] = [other for other in _readers if other is not reader]
        _look()


@contextmanager
def paused() -> Iterator[None]:
    """Have this thread's trace see nothing for the time of a block."""
    token, watch = _current.set(None), watching.set(None)
    try:
        yield
    finally:
        watching.reset(watch)
        _current.reset(token)


@contextmanager
def recording(trace: Any) -> Iterator[None]:
    """Have a trace see what this thread does."""
    end = partial(_recorded, trace, get_ident(), watching.get())
    begun(end)
    try:
        with reading(trace):
            watching.set(trace)
            told.append(trace.observed)
            observers.append(trace.observed)
            yield
    finally:
        end()


def _recorded(trace: Any, thread: int, watcher: Any) -> None:
    """Put an end to a trace, wherever it stands; what has ended is left alone."""
    if thread == get_ident():
        watching.set(watcher)
    for listening in (observers, told):
        while trace.observed in listening:
            listening.remove(trace.observed)


# ----- doubles of what a function reads -----

_BUILT = (dict, list, tuple, types.FunctionType, types.MethodType, types.CellType)


class Doubles:
    """The doubles for one run.

    Parameters
    ----------
    survey : Survey
        What can be reached.
    stand_in : callable
        ``stand_in(x, name)`` returns what stands for an array or a generator.

    Attributes
    ----------
    replaced : set
        The arrays and generators, by identity, that something stands in for.
    owners : set
        What has a double, by identity: what changes there meanwhile, others have changed.
    """

    def __init__(self, survey: Survey, stand_in: Callable[[Any, str], Any]) -> None:
        wanted = [x for x in survey.objects.values() if can_be_replaced(x)]
        leading = _leading(survey, wanted)
        pinned = _pinned(survey, leading)
        self.replaced = {id(x) for x in wanted if id(x) not in pinned and id(x) in survey.parents}
        self._double = {id(x): stand_in(x, survey.names[id(x)]) for x in wanted if id(x) in self.replaced}
        copied = [x for i, (x, _) in leading.items() if i not in pinned and i not in self.replaced]
        self._spaces: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._filled: list[tuple[Any, Callable[[], dict[Any, Any]], dict[Any, Any]]] = []
        self._wanted = {id(x): x for x in copied}
        for x in copied:
            self.of(x)
        for x in copied:
            self._fill(x)
        self.owners = {*self._wanted, *self._spaces}

    def of(self, x: Any) -> Any:
        """Return the double of something, itself where it has none."""
        if isinstance(x, SIMPLE):
            return x
        if id(x) not in self._double and id(x) in self._wanted:
            self._double[id(x)] = self._empty(x)
        return self._double.get(id(x), x)

    def _empty(self, x: Any) -> Any:
        """Return a double, which is filled later where it can be: for things may contain each other."""
        if isinstance(x, types.FunctionType):
            return self._function(x)
        if isinstance(x, types.MethodType):
            return types.MethodType(self.of(x.__func__), self.of(x.__self__))
        if isinstance(x, types.CellType):
            return types.CellType()
        if isinstance(x, types.ModuleType):
            return types.ModuleType(x.__name__)
        if type(x) is tuple:
            return tuple(map(self.of, x))
        if isinstance(x, partial):
            args, keywords = map(self.of, x.args), self._of_values(x.keywords)
            made = partial.__new__(type(x), self.of(x.func), *args, **keywords)
            made.__dict__.update(x.__dict__)
            return made
        base: Any = kinds.base_of(type(x))
        return type(x)() if type(x) in (dict, list) else base.__new__(type(x))

    def _of_values(self, x: dict[str, Any]) -> dict[str, Any]:
        return {key: self.of(value) for key, value in x.items()}

    def _function(self, x: types.FunctionType) -> types.FunctionType:
        closure = None if x.__closure__ is None else tuple(map(self.of, x.__closure__))
        made = types.FunctionType(x.__code__, self._space(x.__globals__), x.__name__, None, closure)
        made.__qualname__, made.__module__ = x.__qualname__, x.__module__
        return made

    def _space(self, space: dict[str, Any]) -> dict[str, Any]:
        """Return the variables of a module for functions that have doubles."""
        if of_module(space.get("__name__")) in WITHIN:
            return space
        if id(space) not in self._spaces:
            self._spaces[id(space)] = (space, {})
        return self._spaces[id(space)][1]

    # ----- what is in them -----

    def _fill(self, x: Any) -> None:
        double = self._double[id(x)]
        if isinstance(x, types.FunctionType):
            double.__defaults__ = None if x.__defaults__ is None else tuple(map(self.of, x.__defaults__))
            double.__kwdefaults__ = None if x.__kwdefaults__ is None else self._of_values(x.__kwdefaults__)
            double.__dict__.update(self._of_values(x.__dict__))
            self._fill_space(x.__globals__)
        elif isinstance(x, types.CellType):
            if double.__class__ is types.CellType:
                double.cell_contents = self.of(x.cell_contents)
                self._watch(x, lambda: {"": in_cell(double)})
        elif type(x) is dict:
            double.update(self._of_values(x))
            self._watch(x, lambda: dict(double))
        elif type(x) is list:
            double.extend(map(self.of, x))
            self._watch(x, lambda: dict(enumerate(double)))
        elif type(x) not in _BUILT and not isinstance(x, partial):
            self._fill_instance(x, double)

    def _fill_space(self, space: dict[str, Any]) -> None:
        known = self._spaces.get(id(space))
        if known is not None and not known[1]:
            known[1].update(self._of_values(space))
            self._watch(space, lambda: dict(known[1]))

    def _fill_instance(self, x: Any, double: Any) -> None:
        if type(x).__dictoffset__:
            double.__dict__.update(self._of_values(vars(x)))
            self._watch(x, lambda: dict(double.__dict__))
        names = list(kinds.slots_of(type(x)))
        for name in names:
            value = getattr(x, name, UNSET)
            if value is not UNSET:
                object.__setattr__(double, name, self.of(value))
        if names:
            self._watch(x, lambda: {name: getattr(double, name, UNSET) for name in names})

    # ----- what the run has done to them -----

    def _watch(self, x: Any, content: Callable[[], dict[Any, Any]]) -> None:
        self._filled.append((x, content, content()))

    def changes(self) -> Iterable[tuple[Any, Any]]:
        """Yield ``(owner, key)`` of what the run has changed in a double, and the plain run would have in the thing."""
        for x, content, before in self._filled:
            now = content()
            if now.keys() != before.keys():
                yield x, next(iter(now.keys() ^ before.keys()))
            for key in now.keys() & before.keys():
                if not same(before[key], now[key]):
                    yield x, key


def can_be_replaced(x: Any) -> bool:
    """Tell whether something can stand in for a thing: an array of numbers, or a generator."""
    return (type(x) is np.ndarray and x.dtype.kind in "fiubc") or is_generator(x)


def same(a: Any, b: Any) -> bool:
    """Tell whether nothing has changed: the same object, or an equal plain value."""
    if a is b:
        return True
    return isinstance(a, SIMPLE) and type(a) is type(b) and repr(a) == repr(b)


def _leading(survey: Survey, wanted: Iterable[Any]) -> dict[int, tuple[Any, list[int]]]:
    """Return, by identity, all that leads to the wanted things, and those, each with what it leads to next."""
    found: dict[int, tuple[Any, list[int]]] = {id(x): (x, []) for x in wanted}
    todo = list(wanted)
    while todo:
        x = todo.pop()
        for parent in survey.parents.get(id(x), ()):
            if id(parent) not in found:
                found[id(parent)] = parent, []
                todo.append(parent)
            found[id(parent)][1].append(id(x))
    return found


def _pinned(survey: Survey, leading: dict[int, tuple[Any, list[int]]]) -> set[int]:
    """Return those that can have no double, and what these lead to."""
    todo = [i for i, (x, _) in leading.items() if i in survey.pinned or not (can_be_replaced(x) or _has_double(x))]
    found = set(todo)
    while todo:
        for child in leading[todo.pop()][1]:
            if child not in found:
                found.add(child)
                todo.append(child)
    return found


def _has_double(x: Any) -> bool:
    if isinstance(x, types.MethodType):
        return isinstance(x.__func__, types.FunctionType)
    if type(x) in _BUILT or type(x) is types.ModuleType or isinstance(x, partial):
        return True
    if isinstance(x, type) or defines(type(x), "__del__"):
        return False
    return kinds.base_of(type(x)) in (object, types.SimpleNamespace)


# ----- what a run has put there -----


def put_back(place: Location, before: Location | None) -> None:
    """Have what lay in a place lie there again, or nothing, where nothing did."""
    put, take = _WAYS.get(place.how, (None, None))
    if put is None or take is None or isinstance(place.owner, tuple):
        return
    if before is None or before.found is UNSET:
        take(place.owner, place.key)
    else:
        put(place.owner, place.key, before.found)


_WAYS: dict[str, tuple[Any, Any]] = {
    "item": (operator.setitem, operator.delitem),
    "attribute": (setattr, delattr),
    "entry": (setattr, delattr),
    "cell": (
        lambda cell, _, value: setattr(cell, "cell_contents", value),
        lambda cell, _: delattr(cell, "cell_contents"),
    ),
}
"""How something is put into a place, and how it is taken out."""
