"""What a run does, seen from outside: which code is executed, and what it asks of the world or says to it."""

from __future__ import annotations

import _queue
import _random
import gc
import io
import os
import sys
import types
from _thread import get_ident
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.libraries import OUR, OURS, PYTHON, UNWATCHED, WITHIN, of_code, of_frame, python_file
from autograd_lite.base.unfinished import begun
from autograd_lite.compiler.recording.lines import is_log, line_of, refuse
from autograd_lite.compiler.recording.reading import names_in
from autograd_lite.compiler.recording.traced import Traced
from autograd_lite.engine.generators import adopt, default_rng
from autograd_lite.transforms.watched import name_of

_monitor: Any = getattr(sys, "monitoring", None)  # from Python 3.12 on
_MONITOR = "autograd_lite"

_WORLD: dict[str, frozenset[str]] = {
    "time": frozenset(("sleep", "strptime", "mktime", "asctime")),
    "posix": frozenset(("fspath", "_path_normpath", "_path_splitroot", "_path_splitroot_ex", "register_at_fork")),
    "nt": frozenset(("fspath", "_path_normpath", "_path_splitroot", "_path_splitroot_ex")),
    **dict.fromkeys(("_io", "io", "_socket", "select", "_posixsubprocess", "_ssl", "_sqlite3", "_uuid"), frozenset()),
}
"""Modules whose functions ask or change the world, with those that don't."""
_FILES = frozenset(("fromfile", "tofile"))
"""Functions of NumPy that are written in C, of which nothing is told."""
_OF_THE_INTERPRETER = frozenset(
    ("getrecursionlimit", "getswitchinterval", "getrefcount", "getallocatedblocks", "gettrace", "getprofile")
)
_BUILTINS = frozenset(("input", "breakpoint", "print"))
_TAKEN = frozenset((*WITHIN, PYTHON))
_THREADS = frozenset(("start_new_thread", "start_joinable_thread", "start_new"))
_RANDOM = python_file("random.py")
_SEEDING, _ENTROPY = "Random.seed", "SystemRandom.getrandbits"
_DRAWN = frozenset(("random", "getrandbits", "seed", "setstate"))
_NUMBERS_OF_PYTHON = "random"
_CLOCKS = frozenset(("now", "utcnow", "today"))
_OUTPUT = frozenset(("write", "writelines", "flush"))
_ENVIRONMENT = frozenset(
    f.__code__ for name, f in vars(type(os.environ)).items() if isinstance(f, types.FunctionType) and name != "__init__"
)
_SETTINGS = frozenset((np.geterr.__code__, np.get_printoptions.__code__, np.geterrcall.__code__))
_COPYING = tuple(
    map(python_file, ("copy.py", "dataclasses.py", "inspect.py", "copyreg.py", "pprint.py", "operator.py"))
)


class Observer:
    """Told of each call of one run.

    Attributes
    ----------
    codes : set of code
        What was executed.
    users : set of code
        That part of it which is none of Python's library, NumPy's or ours.
    said : str
        The line that prints or logs something; empty if none does.
    """

    def __init__(self, function: Any, trace: Any) -> None:
        self.codes: set[types.CodeType] = set()
        self.users: set[types.CodeType] = set()
        self.said = ""
        self.aloof = False
        self.trace = trace
        self._function = function
        self._asking: set[types.CodeType] = set()
        self._known: set[int] = set()  # codes by identity: their hash takes a microsecond
        self._watchers = {getattr(callback, "__code__", None) for callback in gc.callbacks}

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Have nothing noted of a block."""
        self.aloof = True
        try:
            yield
        finally:
            self.aloof = False

    # ----- what is told -----

    def note(self, frame: types.FrameType, event: str, arg: Any) -> None:
        """Note a call, as `sys.setprofile` tells of it."""
        if event == "call":
            code = frame.f_code
            if id(code) not in self._known:
                self.note_code(code, frame)
            if code.co_filename == _RANDOM and code.co_qualname == _SEEDING:
                self._seeded(frame)
        elif event == "c_call":
            asked = asks(arg)
            if asked:
                self.note_call(frame, asked)
        elif self._asking and event == "return" and frame.f_code in self._asking:
            self._asked_for_a_class(frame)

    def note_code(self, code: types.CodeType, frame: types.FrameType) -> None:
        """Note the code of a call."""
        self._known.add(id(code))
        if code in self._watchers:
            return
        self.codes.add(code)
        if of_frame(frame) not in _TAKEN and not _is_called_by_a_log(frame):
            self.users.add(code)
        if code in _SETTINGS and not (frame.f_back is not None and of_frame(frame.f_back) in WITHIN):
            self._refuse(f"numpy.{code.co_name}")
        elif code in self.users and names_in(code).attributes & _FILES:
            self._refuse("a function that reads or writes a file")
        elif code is adopt.__code__:
            refuse(errors.COMPILE_SEED, function=name_of(self._function))
        elif code in _ENVIRONMENT:
            self._refuse("os.environ")
        elif code.co_filename == _RANDOM and code.co_qualname == _ENTROPY:
            self._refuse_random()
        elif is_log(code):
            self._says(frame)
        elif _monitor is None and code in self.users and names_in(code).classes:
            self._asking.add(code)

    def note_call(self, frame: types.FrameType, asked: str) -> None:
        """Note what a function that is written in C asks."""
        if not self._is_strange(frame):
            if asked in ("builtins.print", "a stream"):
                self._says(frame)
                self.trace.saying = frame.f_code, frame.f_lasti
            else:
                self._refuse(asked)

    # ----- what is to be said of it -----

    def _is_strange(self, frame: types.FrameType) -> bool:
        """Tell whether a call is not the function's: ours, of a log, or of a watcher of the garbage collector."""
        code = frame.f_code
        return of_code(code) in OUR or is_log(code) or code in self._watchers or _is_importing(frame)

    def _says(self, frame: Any) -> None:
        while frame.f_back is not None and (is_log(frame.f_code) or of_frame(frame) in WITHIN):
            frame = frame.f_back
        self.said = self.said or f" (at {line_of(frame)})"

    def _refuse(self, what: str) -> None:
        if what in ("posix.urandom", "nt.urandom", _NUMBERS_OF_PYTHON):
            self._refuse_random()
            return
        refuse(errors.COMPILE_ASKED, function=name_of(self._function), what=what)

    def _refuse_random(self) -> None:
        """Refuse a generator that nobody has given a seed, unless it is the default one, made at its first use."""
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_code is not default_rng.__code__:
            frame = frame.f_back
        if frame is None:
            refuse(errors.COMPILE_RANDOM, function=name_of(self._function))

    def _seeded(self, frame: types.FrameType) -> None:
        if frame.f_locals.get("a") is None:
            self._refuse_random()

    def _asked_for_a_class(self, frame: types.FrameType) -> None:
        """NOTE: before Python 3.12 nothing tells of a call of `type`, but the code says of which variables."""
        if any(isinstance(frame.f_locals.get(name), Traced) for name in names_in(frame.f_code).classes):
            refuse(errors.COMPILE_CLASS)

    # ----- what a survey needs -----

    def words(self) -> frozenset[str] | None:
        """Return the names of attributes that were read; None if any may have been."""
        found: set[str] = set()
        for code in self.codes:
            if of_code(code) not in UNWATCHED:
                names = names_in(code)
                if names.made_up and (code in self.users or code.co_filename.startswith(_COPYING)):
                    return None
                found |= names.attributes
        return frozenset(found)

    def lists_attributes(self) -> bool:
        """Tell whether code of ours went through all attributes of an object, as a list of parameters does."""
        ours = [code for code in self.codes if of_code(code) == OURS]
        return any("vars" in names_in(code).variables for code in ours)

    def imports(self) -> frozenset[str]:
        """Return the modules that were imported."""
        return frozenset[str]().union(*[names_in(code).imports for code in self.users])


class _OfModules(dict[Any, str]):
    """What functions of modules ask the world, or change in it; nothing if they do not. Remembered."""

    def __missing__(self, fn: Any) -> str:
        module, name = fn.__self__.__name__, fn.__name__
        known = _WORLD.get(module)
        if known is not None:
            asked = name not in known
        elif module == "sys":
            asked = name in _OF_THE_INTERPRETER
        else:
            asked = name in _THREADS or (module == "builtins" and name in _BUILTINS)
        self[fn] = f"{module}.{name}" if asked else ""
        return self[fn]


class _MayAsk(dict[type, bool]):
    """Whether methods of the objects of a class may ask the world. Remembered."""

    def __missing__(self, cls: type) -> bool:
        self[cls] = issubclass(cls, (type, io.IOBase, _queue.SimpleQueue, _random.Random))
        return self[cls]


_of_modules, _may_ask = _OfModules(), _MayAsk()


def _of_python() -> Any:
    """Return the generator that the functions of Python's `random` draw from."""
    return getattr(sys.modules["random"].random, "__self__", None)


def _asks_as_method(fn: Any, owner: Any) -> str:
    """Return what a method of an object, or of a class, asks the world."""
    name = fn.__name__
    if isinstance(owner, type):
        clock = name in _CLOCKS and any(c.__module__ == "datetime" for c in owner.__mro__)
        return f"{owner.__name__}.{name}" if clock else ""
    if isinstance(owner, _random.Random):
        return _NUMBERS_OF_PYTHON if name in _DRAWN and owner is _of_python() else ""
    if isinstance(owner, _queue.SimpleQueue):
        return f"{name} of a queue"
    if isinstance(owner, (io.StringIO, io.BytesIO)):
        return ""
    return "a stream" if name in _OUTPUT and owner in (sys.stdout, sys.stderr) else f"{name} of a file"


def asks(fn: Any) -> str:
    """Return what a function that is written in C asks the world, or changes in it."""
    owner = fn.__self__
    if owner.__class__ is types.ModuleType:
        return _of_modules[fn]
    return _asks_as_method(fn, owner) if _may_ask[owner.__class__] else ""


def _is_called_by_a_log(frame: Any) -> bool:
    while frame is not None and not is_log(frame.f_code):
        frame = frame.f_back
    return frame is not None


def _is_importing(frame: Any) -> bool:
    """Tell whether a call is part of the import of a module."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


@contextmanager
def listening(observer: Observer) -> Iterator[None]:
    """Have an observer told of the calls in this thread."""
    tool = None if _monitor is None else next((i for i in (4, 3) if _monitor.get_tool(i) is None), None)
    if tool is not None:
        with _monitoring(observer, tool):
            yield
        return
    again = partial(_profiled, sys.getprofile(), get_ident())
    begun(again)
    try:
        sys.setprofile(observer.note)
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
def _monitoring(observer: Observer, tool: int) -> Iterator[None]:
    """Do the same by `sys.monitoring`, which asks only once about what does not change."""
    events, callbacks = _monitor.events, _callbacks(observer)
    end = partial(_monitored, tool)
    begun(end)
    try:
        _monitor.use_tool_id(tool, _MONITOR)
        for event, callback in callbacks.items():
            _monitor.register_callback(tool, event, callback)
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


def _callbacks(observer: Observer) -> dict[int, Callable[..., Any]]:
    thread, events = get_ident(), _monitor.events

    def started(code: types.CodeType, offset: int) -> Any:
        if get_ident() != thread or observer.aloof:
            return None
        observer.note_code(code, sys._getframe(1))
        if code.co_filename == _RANDOM and code.co_qualname == _SEEDING:
            observer._seeded(sys._getframe(1))
            return None
        return _monitor.DISABLE

    def called(code: types.CodeType, offset: int, fn: Any, first: Any) -> Any:
        if of_code(code) in OUR:
            return _monitor.DISABLE
        if get_ident() != thread or observer.aloof:
            return None
        asked = ""
        if isinstance(fn, types.BuiltinFunctionType):
            asked = asks(fn)
        elif isinstance(fn, types.MethodDescriptorType) and _may_ask[type(first)]:
            asked = asks(fn.__get__(first))
        elif fn is type and isinstance(first, Traced) and code in observer.users:
            refuse(errors.COMPILE_CLASS)
        if asked:
            observer.note_call(sys._getframe(1), asked)
        return None

    return {events.PY_START: started, events.PY_RESUME: started, events.CALL: called}


def unobserved(method: Callable[..., Any]) -> Callable[..., Any]:
    """Have a method of the trace run without the observer of calls, for which there is nothing in it to see."""

    @wraps(method)
    def alone(self: Any, *args: Any) -> Any:
        observer = self.observer
        if observer is None or sys.getprofile() is not observer:
            return method(self, *args)
        sys.setprofile(None)
        try:
            return method(self, *args)
        finally:
            sys.setprofile(observer)

    return alone
