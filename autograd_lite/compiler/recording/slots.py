"""The two attributes of a Tensor that a trace has to see: its array and its gradient.

While a trace is on, reading or setting ``_data`` and ``_grad`` in the thread that traces leads to the trace. While none
is on they are the plain slots they always were, and cost nothing more.
"""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from autograd_lite.base.unfinished import Lock, begun
from autograd_lite.engine.graph import Observer, observers
from autograd_lite.engine.record import Handle
from autograd_lite.engine.watchpoints import READERS, watching

_DATA, _GRAD = Handle.__dict__["_data"], Handle.__dict__["_grad"]
_current: ContextVar[Any] = ContextVar("autograd_lite_trace", default=None)
tracing = _current.get
set_data, set_grad = _DATA.__set__, _GRAD.__set__
raw_data, raw_grad = _DATA.__get__, _GRAD.__get__
told: list[Observer] = []
"""The observers that are traces: each of its own thread only."""
_lock = Lock()


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


def _data(t: Any) -> Any:
    trace = tracing()
    return _DATA.__get__(t) if trace is None else trace.read_data(t)


def _put_data(t: Any, value: Any) -> None:
    trace = tracing()
    if trace is None:
        set_data(t, value)
    else:
        trace.write_data(t, value)


def _grad(t: Any) -> Any:
    trace = tracing()
    return _GRAD.__get__(t) if trace is None else trace.read_grad(t)


def _put_grad(t: Any, value: Any) -> None:
    trace = tracing()
    if trace is None:
        set_grad(t, value)
    else:
        trace.write_grad(t, value)


_TRACED_DATA = property(_data, _put_data, _DATA.__delete__)
_TRACED_GRAD = property(_grad, _put_grad, _GRAD.__delete__)


def _look() -> None:
    """Have the attributes lead to the traces while there is one in any thread."""
    on = bool(READERS)
    setattr(Handle, "_data", _TRACED_DATA if on else _DATA)  # noqa: B010 - a slot, to a type checker
    setattr(Handle, "_grad", _TRACED_GRAD if on else _GRAD)  # noqa: B010


@contextmanager
def reading(reader: Any) -> Iterator[None]:
    """Have this thread read and write Tensors through something that does what a trace does there."""
    end = partial(_read, reader, get_ident(), tracing())
    begun(end)
    try:
        with _lock.held:
            READERS.append(reader)
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
        READERS[:] = [other for other in READERS if other is not reader]
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
