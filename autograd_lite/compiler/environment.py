"""What a function reads besides arguments and Tensors: found around a recording run, and compared at every call.

What it can have read are the variables that its closures and modules have, and the attributes of the objects reached
from there, under names that stand in code that was executed. Numbers, texts and switches found so are compared at each
call, and so are the identities of Tensors, arrays and functions: a program is for these, and others have one of their
own. What the run itself has changed, a program would not change, so it is refused.
"""

from __future__ import annotations

import gc
import os
import random
import sys
import time
import types
from _thread import get_ident
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from functools import partial
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.traced import NUMPY, PACKAGE, Traced
from autograd_lite.random import is_generator
from autograd_lite.record import Handle
from autograd_lite.tracing import name_of
from autograd_lite.unfinished import begun

_SIMPLE = (bool, int, float, complex, str, bytes, type(None), np.generic, np.dtype)
_DEPTH = 8
_MOST = 20_000
_READERS = tuple([f"{PACKAGE}{os.sep}{room}" for room in ("nn", "optim", "checkpoint")])
_OWN = ("numpy", "autograd_lite")

_monitor: Any = getattr(sys, "monitoring", None)  # from Python 3.12 on
_MONITOR = "autograd_lite"
_ASKING = frozenset((time.time, time.time_ns, time.perf_counter, time.perf_counter_ns, time.monotonic, input))

Reading = tuple[str, Any, Any]
"""How something is read: ``item``, ``attribute``, ``cell`` or ``all``; of what; under which key."""


class Survey:
    """What can be reached from a function.

    Parameters
    ----------
    roots : sequence
        Where to begin: a function, and settings it is called with.
    words : frozenset of str, optional
        Which attributes to look at; all by default.
    skipped : frozenset
        Items of containers, ``(id, key)``, that are looked after in another way.
    """

    def __init__(
        self,
        roots: Sequence[Any],
        words: frozenset[str] | None = None,
        skipped: frozenset[tuple[int, str]] = frozenset(),
    ) -> None:
        self.values: list[tuple[Reading, Any]] = []
        self.identities: list[tuple[Reading, Any]] = []
        self.names: dict[int, str] = {}
        self.generators: dict[int, tuple[Any, Any]] = {}
        self.arrays: list[tuple[Reading, Any, str]] = []
        self.leaked: list[str] = []
        self._words, self._skipped = words, skipped
        self._visited: set[int] = set()
        self._count = 0
        for x in roots:
            self._into(x, 0, "")

    def _found(self, reading: Reading, x: Any, depth: int, name: str) -> None:
        """Note a value, and look into an object."""
        self._count += 1
        if isinstance(x, _SIMPLE):
            self.values.append((reading, x))
            return
        if isinstance(x, Traced):
            self.leaked.append(name)
            return
        if not isinstance(x, (types.ModuleType, type)) and not _is_own(x):
            self.identities.append((reading, x))
        self.names.setdefault(id(x), name)
        if isinstance(x, np.ndarray) or is_generator(x):
            self.arrays.append((reading, x, name))
        self._into(x, depth + 1, name)

    def _into(self, x: Any, depth: int, name: str) -> None:
        if depth > _DEPTH or self._count > _MOST or id(x) in self._visited:
            return
        self._visited.add(id(x))
        if is_generator(x):
            self.generators[id(x)] = x, x.bit_generator.state
        elif isinstance(x, (*_SIMPLE, Handle, np.ndarray, type)):
            return
        elif isinstance(x, types.ModuleType):
            if x.__name__.partition(".")[0] not in {*_OWN, *sys.stdlib_module_names}:
                self._attributes(x, depth, name)
        elif isinstance(x, types.FunctionType):
            self._function(x, depth)
        elif isinstance(x, types.MethodType):
            self._into(x.__self__, depth, name)
            self._into(x.__func__, depth, name)
        elif isinstance(x, (dict, list, tuple)):
            self._container(x, depth, name)
        elif hasattr(x, "__dict__"):
            self._attributes(x, depth, name)
            for cls in type(x).__mro__:
                if cls.__module__.partition(".")[0] not in _OWN and cls is not object:
                    self._methods(cls, depth)

    def _container(self, x: Any, depth: int, name: str) -> None:
        pairs = list(x.items() if isinstance(x, dict) else enumerate(x))
        if not isinstance(x, tuple) and all(isinstance(value, _SIMPLE) for _, value in pairs):
            keys = [key for key, _ in pairs if (id(x), key) not in self._skipped]
            if len(keys) == len(pairs):
                self.values.append((("all", x, None), x.copy()))
                return
        if not isinstance(x, tuple):
            self.values.append((("length", x, None), len(x)))
        for key, value in pairs:
            if (id(x), key) not in self._skipped:
                self._found(("item", x, key), value, depth, f"{name}_{key}" if isinstance(key, (int, str)) else name)

    def _attributes(self, x: Any, depth: int, name: str) -> None:
        everything = self._words is None or is_dataclass(x)  # whose fields are read by no name
        for key, value in {**_defaults(x), **vars(x)}.items():
            if isinstance(key, str) and key.isidentifier() and (everything or key in (self._words or ())):
                inner = key if not name or key == "_layers" else f"{name}_{key}"
                self._found(("attribute", x, key), value, depth, inner)

    def _methods(self, cls: type, depth: int) -> None:
        for value in vars(cls).values():
            if isinstance(value, types.FunctionType):
                self._into(value, depth, "")

    def _function(self, f: types.FunctionType, depth: int) -> None:
        if not f.__module__ or f.__module__.partition(".")[0] not in _OWN:
            for word in _words_of(f.__code__) & f.__globals__.keys():
                self._found(("item", f.__globals__, word), f.__globals__[word], depth, word)
        for word, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            try:
                self._found(("cell", cell, word), cell.cell_contents, depth, word)
            except ValueError:  # not filled yet
                continue
        defaults = (*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values())
        for i, value in enumerate(defaults):
            self._found(("item", defaults, i), value, depth, "")


def _is_engine(code: types.CodeType) -> bool:
    """Tell whether a code is part of the engine, which reads no attributes of models, optimisers and settings."""
    path = code.co_filename
    return path.startswith(PACKAGE) and not path.startswith(_READERS)


def _defaults(x: Any) -> dict[str, Any]:
    """Return the plain values that an object has from its class, as long as it has none of its own."""
    if isinstance(x, types.ModuleType):
        return {}
    spaces = [vars(cls) for cls in reversed(type(x).__mro__)]
    found = {key: value for space in spaces for key, value in space.items()}
    return {key: value for key, value in found.items() if isinstance(value, _SIMPLE) and key[:2] != "__"}


def _is_own(x: Any) -> bool:
    """Tell whether something is a function of a library, which stays as it is."""
    return callable(x) and str(getattr(x, "__module__", "")).partition(".")[0] in _OWN and not hasattr(x, "__dict__")


def _words_of(code: types.CodeType) -> set[str]:
    """Return the names in a code and in the functions that it defines."""
    inner = [_words_of(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*inner)


class Environment:
    """What a program is for besides its arguments."""

    def __init__(self, function: Any, settings: Sequence[Any]) -> None:
        self.function, self._roots = function, (function, *settings)
        self.before = Survey(self._roots)
        self.survey = self.before
        self._codes: set[types.CodeType] = set()
        self._numpy = _global_states()
        self._asked = ""
        self._watchers = {getattr(callback, "__code__", None) for callback in gc.callbacks}
        self._compared: list[tuple[Any, Any]] = []

    def note(self, frame: types.FrameType, event: str, arg: Any) -> None:
        """Note the code of a call, and what the function asks of the world; what `sys.setprofile` is given."""
        if event == "call":
            self.note_code(frame.f_code)
        elif event == "c_call" and arg in _ASKING and not self._is_strange(frame):
            self._asked = f"{arg.__module__}.{arg.__name__}"

    def note_code(self, code: types.CodeType) -> None:
        """Note the code of a call."""
        self._codes.add(code)

    def _is_strange(self, frame: types.FrameType) -> bool:
        """Tell whether a call is not the function's: ours, NumPy's, or of a watcher of the garbage collector."""
        module = str(frame.f_globals.get("__name__", ""))
        return module.partition(".")[0] in _OWN or frame.f_code in self._watchers

    def finish(self, skipped: frozenset[tuple[int, str]], drawn: frozenset[int]) -> None:
        """Find what the run can have read, and refuse what it has changed.

        `drawn` are the generators that the program draws from.
        """
        words: set[str] = set()
        for code in self._codes:
            if not _is_engine(code):
                words.update(code.co_names)
        self.survey = Survey(self._roots, frozenset(words), skipped)
        if self.survey.leaked:
            text = errors.COMPILE_STORED.format(function=name_of(self.function), name=self.survey.leaked[0])
            raise errors.CompileError(text)
        before = {(how, id(x), _hashed(key)): value for (how, x, key), value in self.before.values}
        for (how, x, key), value in self.survey.values:
            old = before.get((how, id(x), _hashed(key)), value)
            if how != "length" and not _same(old, value):
                text = errors.COMPILE_STATE.format(function=name_of(self.function), what=_called(how, x, key))
                raise errors.CompileError(text)
        changed = [g for g, state in self.before.generators.values() if g.bit_generator.state != state]
        if self._asked:
            raise errors.CompileError(errors.COMPILE_ASKED.format(function=name_of(self.function), what=self._asked))
        entropy = random.SystemRandom.getrandbits.__code__ in self._codes  # of a generator without a seed
        if entropy or any(id(g) not in drawn for g in changed) or _global_states() != self._numpy:
            raise errors.CompileError(errors.COMPILE_RANDOM.format(function=name_of(self.function)))

    def compare(self, x: Any) -> None:
        """Have an array that nothing can stand in for compared by its values: one in a tuple."""
        if isinstance(x, np.ndarray):
            self._compared.append((x, x.copy()))

    def conditions(self, bind: Callable[[Any], str]) -> list[str]:
        """Return, as expressions of Python, the conditions under which something is not as it was."""
        found = [_changed(_text(reading, bind), reading[0], x, bind) for reading, x in self.survey.values]
        changing = [(reading, x) for reading, x in self.survey.identities if not isinstance(reading[1], tuple)]
        found += [f"{_text(reading, bind)} is not {bind(x)}" for reading, x in changing]
        found += [f"altered({bind(x)}, {bind(copy)})" for x, copy in self._compared]
        return list(dict.fromkeys(found))


def _changed(text: str, how: str, value: Any, bind: Callable[[Any], str]) -> str:
    """Write the condition that a value is another one. One of another class may compare as an array does."""
    if value is None or isinstance(value, bool):
        return f"{text} is not {value}"
    if how == "length":
        return f"{text} != {value}"
    if how == "all":
        values = value.values() if isinstance(value, dict) else value
        return f"differs({text}, {bind(value)}, {bind(list(map(type, values)))})"
    known, cls = bind(value), bind(value.__class__)
    return f"(v := {text}) is not {known} and (v.__class__ is not {cls} or v != {known})"


def altered(now: Any, before: Any) -> bool:
    """Tell whether an array has other values, bit by bit: NaN is the same as NaN."""
    return bool(now.shape != before.shape or now.tobytes() != before.tobytes())


def differs(now: Any, before: Any, classes: list[type]) -> bool:
    """Tell whether a dict or list of plain values has other ones, or values of other classes."""
    values = now.values() if isinstance(now, dict) else now
    return list(map(type, values)) != classes or bool(now != before)


def _hashed(key: Any) -> Any:
    return key if isinstance(key, (str, int)) else id(key)


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and a == b) or (a != a and b != b)  # noqa: PLR0124 - NaN


def _text(reading: Reading, bind: Callable[[Any], str]) -> str:
    how, x, key = reading
    if how == "cell":
        return f"{bind(x)}.cell_contents"
    if how == "attribute":
        return f"{bind(x)}.{key}"
    if how == "all":
        return bind(x)
    if how == "length":
        return f"len({bind(x)})"
    shown = repr(key) if isinstance(key, (str, int)) else bind(key)
    return f"{bind(x)}.get({shown})" if isinstance(x, dict) else f"{bind(x)}[{shown}]"


def _called(how: str, x: Any, key: Any) -> str:
    if how == "all":
        return f"a {type(x).__name__}"
    return f"the variable {key!r}" if how == "cell" else f"{key!r} of a {type(x).__name__}"


def _global_states() -> list[Any]:
    """Return where the generators stand that belong to whole modules, if those are loaded."""
    found: list[Any] = []
    found.append(random.getstate())
    if "numpy.random" in sys.modules:
        state: Any = np.random.get_state(legacy=False)  # noqa: NPY002 - not used, but watched
        found.append((state["state"]["key"].tobytes(), state["state"]["pos"], state["has_gauss"]))
    return found


@contextmanager
def observed_run(
    function: Callable[..., Any], settings: Sequence[Any], stand_in: Callable[[Any, str], Any]
) -> Iterator[Environment]:
    """Note what code is executed, with something else in the place of arrays and generators that can be reached.

    NOTE: they are in these variables for the time of the run. Another thread that reads them then computes with the
    arrays that they stand for.
    """
    environment = Environment(function, settings)
    replaced: list[tuple[Reading, Any]] = []
    begun(partial(_put_back, replaced))
    try:
        for reading, x, name in environment.before.arrays:
            if isinstance(reading[1], tuple):
                environment.compare(x)
            elif is_generator(x) or (type(x) is np.ndarray and x.dtype.kind in "fiubc"):
                replaced.append((reading, x))
                _put(reading, stand_in(x, name))
        with _listening(environment):
            yield environment
    finally:
        _put_back(replaced)


def _put_back(replaced: list[tuple[Reading, Any]]) -> None:
    while replaced:
        _put(*replaced[-1])
        replaced.pop()


@contextmanager
def _listening(environment: Environment) -> Iterator[None]:
    """Have an environment told of the calls in this thread."""
    tool = None if _monitor is None else next((i for i in (4, 3) if _monitor.get_tool(i) is None), None)
    if tool is not None:
        with _monitoring(environment, tool):
            yield
        return
    again = partial(_profiled, sys.getprofile(), get_ident())
    begun(again)
    try:
        sys.setprofile(environment.note)
        yield
    finally:
        again()


def _profiled(before: Any, thread: int) -> None:
    """Have a thread watched again by who has watched it before."""
    if thread != get_ident() or sys.getprofile() is before:
        return
    if before is None or callable(before):
        sys.setprofile(before)
    else:
        before.enable()  # a profiler in C, which is no function that could be set


@contextmanager
def _monitoring(environment: Environment, tool: int) -> Iterator[None]:
    """Do the same by `sys.monitoring`, which asks only once about what does not change."""
    thread, events = get_ident(), _monitor.events

    def started(code: types.CodeType, offset: int) -> Any:
        if get_ident() != thread:
            return None
        environment.note_code(code)
        return _monitor.DISABLE

    def called(code: types.CodeType, offset: int, fn: Any, first: Any) -> Any:
        if code.co_filename.startswith((PACKAGE, NUMPY)):
            return _monitor.DISABLE
        if get_ident() == thread and isinstance(fn, types.BuiltinFunctionType):
            environment.note(sys._getframe(1), "c_call", fn)
        return None

    end = partial(_monitored, tool)
    begun(end)
    try:
        _monitor.use_tool_id(tool, _MONITOR)
        _monitor.register_callback(tool, events.PY_START, started)
        _monitor.register_callback(tool, events.PY_RESUME, started)
        _monitor.register_callback(tool, events.CALL, called)
        _monitor.set_events(tool, events.PY_START | events.PY_RESUME | events.CALL)
        _monitor.restart_events()
        yield
    finally:
        end()


def _monitored(tool: int) -> None:
    """Have a tool monitor no more, and be free again."""
    if _monitor.get_tool(tool) != _MONITOR:
        return
    events = _monitor.events
    _monitor.set_events(tool, events.NO_EVENTS)
    for event in (events.PY_START, events.PY_RESUME, events.CALL):
        _monitor.register_callback(tool, event, None)
    _monitor.free_tool_id(tool)


def _put(reading: Reading, value: Any) -> None:
    """Give a variable another value; one in a tuple stays what it is."""
    how, x, key = reading
    if how == "cell":
        x.cell_contents = value
    elif how == "attribute":
        x.__dict__[key] = value
    elif isinstance(x, (dict, list)):
        x[key] = value
