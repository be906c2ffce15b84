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

from autograd_lite.graph import observers
from autograd_lite.record import Handle
from autograd_lite.rules import indexing
from autograd_lite.seams import watching
from autograd_lite.unfinished import Lock, begun

_DATA, _GRAD = Handle.__dict__["_data"], Handle.__dict__["_grad"]
_ACCUMULATE = indexing.getitem.accumulate
_current: ContextVar[Any] = ContextVar("autograd_lite_trace", default=None)
tracing = _current.get
set_data, set_grad = _DATA.__set__, _GRAD.__set__
_lock = Lock()
_traces: list[Any] = []


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


_TRACED_DATA, _TRACED_GRAD = property(_data, _put_data), property(_grad, _put_grad)


def _look() -> None:
    """Have the attributes lead to the traces while there is one in any thread."""
    on = bool(_traces)
    # An array that a sweep adds to in place cannot be seen: it adds as it does when it is recorded.
    indexing.getitem.accumulate = None if on else _ACCUMULATE
    setattr(Handle, "_data", _TRACED_DATA if on else _DATA)  # noqa: B010 - a slot, to a type checker
    setattr(Handle, "_grad", _TRACED_GRAD if on else _GRAD)  # noqa: B010


@contextmanager
def recording(trace: Any) -> Iterator[None]:
    """Have a trace see what this thread does."""
    end = partial(_end, trace, get_ident(), _current.get(), watching.get())
    begun(end)
    try:
        with _lock.held:
            _traces.append(trace)
            _look()
        _current.set(trace)
        watching.set(trace)
        observers.append(trace.observed)
        yield
    finally:
        end()


def _end(trace: Any, thread: int, before: Any, watcher: Any) -> None:
    """Put an end to a trace, wherever it stands; what has ended is left alone."""
    if thread == get_ident():
        watching.set(watcher)
        _current.set(before)
    while trace.observed in observers:
        observers.remove(trace.observed)
    with _lock.held:
        _traces[:] = [other for other in _traces if other is not trace]
        _look()
