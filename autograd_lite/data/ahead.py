"""Batches that one thread makes before they are asked for; in their order, and each with its own exception."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, NamedTuple

from autograd_lite import errors
from autograd_lite.data.making import Making, OfStream
from autograd_lite.engine.watchpoints import watching

_NOT_MADE = object()
_ending: list[bool] = []  # whether the program is about to end; an Event has a lock, which a fork may find taken
# NOTE: `atexit` comes too late: before, Python waits for the threads of executors, and for all that they have to do.
getattr(threading, "_register_atexit", atexit.register)(_ending.append, True)


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
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="autograd_lite.data")

    def begun(self, number: int, numbers: Any) -> Any:
        """Have a batch be made, and return what knows it."""
        if os.getpid() != self._process:
            return None
        try:
            return self._executor.submit(self._context.run, self._task, number, numbers)
        except RuntimeError:  # closed, or the program is about to end
            return None

    def made(self, number: int, numbers: Any, begun: Future[Any] | None) -> Made:
        """Return a batch when it is made: by the thread, or here if that is not there any more."""
        try:
            found: Any = _NOT_MADE if begun is None else self._waited(begun)
        finally:
            begun = None  # it holds its exception, which holds this frame: nobody would be freed
        return self._here(number, numbers) if found is _NOT_MADE else found

    def _waited(self, begun: Future[Any] | None) -> Any:
        assert begun is not None
        if os.getpid() != self._process and not begun.done():
            return _NOT_MADE  # a fork has no threads
        try:
            return begun.result(self.timeout or None)
        except CancelledError:
            return _NOT_MADE
        except TimeoutError:
            if begun.done():
                raise  # the dataset's own
            raise errors.TimedOutError(errors.LOADER_TIMEOUT.format(seconds=self.timeout)) from None
        finally:
            begun = None

    def _here(self, number: int, numbers: Any) -> Made:
        if self._task.running and isinstance(self.making.make, OfStream):
            raise errors.StateError(errors.LOADER_FORKED)
        return Made(self.making(number, numbers), self._task.kept())

    def close(self) -> None:
        """Have the thread end after the batch that it is making."""
        if os.getpid() == self._process:
            self._executor.shutdown(wait=False, cancel_futures=True)


class _Task:
    """What the thread does, which does not hold what the thread is ended with."""

    def __init__(self, making: Making, initial: Callable[[int], None] | None) -> None:
        self.making, self.initial = making, initial
        self.running = False

    def __call__(self, number: int, numbers: Any) -> Any:
        if _ending:
            return _NOT_MADE
        self.running = True
        try:
            if self.initial is not None:
                self.initial(0)
                self.initial = None
            return Made(self.making(number, numbers), self.kept())
        finally:
            self.running = False

    def kept(self) -> dict[str, Any]:
        """Return where the dataset stands."""
        return self.making.before if self.making.keeps_nothing else self.making.after()
