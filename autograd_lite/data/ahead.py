"""Batches that one thread makes before they are asked for; in their order, and each with its own exception."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from autograd_lite import errors
from autograd_lite.data.making import Making, OfStream
from autograd_lite.engine.watchpoints import watching

_NOT_MADE = object()
_GRACE = 5.0  # seconds that the end of a program waits for batches that are being made
_WATCHES = 4  # batches of an epoch of which it is seen what they draw from, which takes 50 us
_ending: list[bool] = []  # whether the program is about to end; an Event has a lock, which a fork may find taken
_threads: weakref.WeakSet[_Thread] = weakref.WeakSet()


def _end() -> None:
    """Have the threads end before the program: what runs while Python is taken down may find no module any more."""
    _ending.append(True)
    until = time.monotonic() + _GRACE
    for thread in list(_threads):
        thread.close()
        thread.join(0 if thread.is_late else max(0, until - time.monotonic()))


getattr(threading, "_register_atexit", atexit.register)(_end)


class _Thread(threading.Thread):
    """A thread that carries out what it is given, in order. One that is stuck in a dataset holds no program."""

    def __init__(self) -> None:
        super().__init__(name="autograd_lite.data", daemon=True)
        self.is_late = self._closed = False
        self._process = os.getpid()
        self._tasks: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self.start()
        _threads.add(self)  # as what has begun, and so can be waited for

    def run(self) -> None:
        """Carry out tasks until there is none."""
        while (task := self._tasks.get()) is not None:
            _carry_out(*task)
            del task  # NOTE: it holds its batch, or its exception, which holds frames

    def submit(self, call: Callable[[], Any]) -> Future[Any]:
        """Have something be called, and return what knows its result."""
        future: Future[Any] = Future()
        self._tasks.put((future, call))
        if self._closed:  # meanwhile, by the end of the program: nobody would ever take it
            self.close()
        return future

    def close(self) -> None:
        """Have the thread end after what it is at; in the child of a fork it is not there."""
        if os.getpid() != self._process:
            return
        self._closed = True
        with suppress(Empty):
            while True:
                task = self._tasks.get_nowait()
                if task is not None:
                    task[0].cancel()
        self._tasks.put(None)


def _carry_out(future: Any, call: Callable[[], Any]) -> None:
    try:
        if future.set_running_or_notify_cancel():
            future.set_result(call())
    except BaseException as error:  # noqa: BLE001 - raised where its batch is asked for
        future.set_exception(error)
    finally:
        future = None  # which holds the exception, which holds this frame


class Made(NamedTuple):
    """A batch, and where the dataset stood after it; None where that is as it stands now."""

    batch: Any
    after: dict[str, Any] | None


class Here:
    """What makes a batch when it is asked for."""

    depth = 0

    def __init__(self, making: Making) -> None:
        self.making = making

    def begun(self, number: int, numbers: Any) -> Any:
        """Return what knows a batch that is being made: here, nothing is begun before."""
        return None

    def made(self, number: int, numbers: Any, begun: Any) -> Made:
        """Return a batch."""
        self.making.take_up()
        return Made(self.making(number, numbers), None)

    def close(self) -> None:
        """Do nothing: nothing is left behind."""


class Ahead(Here):
    """A thread that makes batches. It ends with `close`, with this object, and with the program.

    Parameters
    ----------
    making : Making
        What makes them.
    depth : int
        How many are begun before they are asked for.
    timeout : float
        For how many seconds a batch is waited for; 0 for ever.
    initial : callable, optional
        What is called first in the thread, with 0.
    """

    def __init__(self, making: Making, depth: int, timeout: float, initial: Callable[[int], None] | None) -> None:
        super().__init__(making)
        self.depth, self.timeout = depth, timeout
        self._task = _Task(making, initial)
        self._context = copy_context()
        self._context.run(watching.set, None)  # what a trace sees is what its own thread does
        self._process = os.getpid()
        self._thread: _Thread | None = None
        self._closed = False

    def begun(self, number: int, numbers: Any) -> Any:
        """Have a batch be made, and return what knows it."""
        if os.getpid() != self._process or self._closed or _ending:
            return None
        if self._thread is None:
            self._thread = _Thread()
            weakref.finalize(self, self._thread.close).atexit = False
        return self._thread.submit(partial(self._context.run, self._task, number, numbers))

    def made(self, number: int, numbers: Any, begun: Future[Any] | None) -> Made:
        """Return a batch when it is made: by the thread, or here if that is not there any more."""
        self._task.awaited = number
        try:
            found: Any = _NOT_MADE if begun is None else self._waited(begun)
        finally:
            begun = None  # it holds its exception, which holds this frame: nobody would be freed
        return self._here(number, numbers) if found is _NOT_MADE else found

    def _waited(self, begun: Future[Any] | None) -> Any:
        assert begun is not None
        assert self._thread is not None
        if os.getpid() != self._process and not begun.done():
            return _NOT_MADE  # a fork has no threads
        try:
            found = begun.result(self.timeout or None)
            self._thread.is_late = False
            return found
        except CancelledError:
            return _NOT_MADE
        except TimeoutError:
            if begun.done():
                raise  # the dataset's own
            self._thread.is_late = True
            raise errors.TimedOutError(errors.LOADER_TIMEOUT.format(seconds=self.timeout)) from None
        finally:
            begun = None

    def _here(self, number: int, numbers: Any) -> Made:
        if self._task.running and isinstance(self.making.make, OfStream):
            raise errors.StateError(errors.LOADER_FORKED)
        return Made(self.making(number, numbers), self._task.kept())

    def close(self) -> None:
        """Have the thread end after the batch that it is making."""
        self._closed = True
        if self._thread is not None:
            self._thread.close()


class _Task:
    """What the thread does, which does not hold what the thread is ended with."""

    def __init__(self, making: Making, initial: Callable[[int], None] | None) -> None:
        self.making, self.initial = making, initial
        self.running = self.begun = False
        self.watches = _WATCHES
        self.awaited = -1  # the number of the batch that the program waits for

    def __call__(self, number: int, numbers: Any) -> Any:
        if _ending:
            return _NOT_MADE
        self.running = True
        try:
            return Made(self._made(number, numbers), self.kept())
        finally:
            self.running = False

    def _made(self, number: int, numbers: Any) -> Any:
        if not self.begun:
            if self.initial is not None:
                self.initial(0)
            self.begun = True
            self.making.take_up()
        elif self.awaited != number or not self.watches:
            return self.making(number, numbers)
        self.watches -= 1
        return self.making.watched(number, numbers)

    def kept(self) -> dict[str, Any]:
        """Return where the dataset stands."""
        return self.making.before if self.making.keeps_nothing else self.making.after()
