"""Parts of a kernel done by several threads at once, without the lock of Python.

An interrupt (Ctrl-C) may end a call while other threads are still at its parts. So no call shares anything with the
next one but the queue of what there is to do: what a part writes to, and where it says that it is done, belong to its
call, and stay alive as long as a thread has them.
"""

from __future__ import annotations

import _thread
import ctypes
import os
import sys
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any

from autograd_lite.base.unfinished import register_at_fork
from autograd_lite.compiler.native.loops import Kernel

VARIABLE = "OMP_NUM_THREADS"
"""The variable of the environment that says how many threads there shall be, as for most libraries."""

Call = Callable[[tuple[Any, ...]], int]
"""A kernel: 0 when done, 1 where an array is not in C order, 2 where a demand was not met."""

_GIVEN_UP = 2
_Job = tuple[Callable[..., int], tuple[Any, ...], int, int, "SimpleQueue[int]"]


def count() -> int:
    """Return how many threads there shall be: as many as processors, unless the environment says otherwise."""
    said = os.environ.get(VARIABLE, "")
    if said.isdecimal() and int(said):
        return int(said)
    return usable()


def usable() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


class _Pool:
    """Threads that wait for something to do.

    NOTE: what `threading` and `concurrent.futures` make of locks in Python stays locked for good where an interrupt
    comes at the wrong place. The queue and the start of a thread are one call of C each.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._threads = 0

    def has(self, threads: int) -> bool:
        """Tell whether there are so many threads; start those that are missing."""
        try:
            while self._threads < threads:
                _thread.start_new_thread(_work, (self._jobs,))
                self._threads += 1
        except RuntimeError:  # the system gives no more
            return self._threads > 0
        return True

    def put(self, job: _Job) -> None:
        self._jobs.put(job)


def _work(jobs: SimpleQueue[_Job]) -> None:
    while True:
        job = jobs.get()
        function, given, part, parts, done = job
        status = _GIVEN_UP
        try:
            status = function(given, part, parts)
        finally:
            del job, given  # NOTE: before it says so, for the caller writes to arrays again that nobody holds
            done.put(status)
            del done


_pool = _Pool()


def _renew() -> None:
    global _pool  # noqa: PLW0603 - there is one
    _pool = _Pool()


register_at_fork(after_in_child=_renew)  # a child has none of its parent's threads


_PLAIN = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object)
"""A function that keeps the lock of Python, so that one work space is enough for all calls."""
_WIDE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_int64, ctypes.c_int64)


def call_of(kernel: Kernel, address: Callable[[str], int]) -> Call:
    """Return a kernel as a function, from the addresses of its stages."""
    stages = [(stage, address(stage.name)) for stage in kernel.stages()]
    if not kernel.is_wide():
        return _PLAIN(stages[0][1])
    return _staged([_wide(_WIDE(place), stage.parts) if stage.parts > 1 else _PLAIN(place) for stage, place in stages])


def _wide(function: Callable[..., int], most: int) -> Call:
    """Return a function that has threads do its parts."""

    def call(given: tuple[Any, ...]) -> int:
        parts = min(count(), most)
        pool = _pool
        if parts == 1 or not pool.has(parts - 1):
            return function(given, 0, 1)
        done: SimpleQueue[int] = SimpleQueue()
        for part in range(1, parts):
            pool.put((function, given, part, parts, done))
        own = function(given, 0, parts)
        return max(own, *[done.get() for _ in range(1, parts)])

    return call


def _staged(stages: Sequence[Call]) -> Call:
    """Return a kernel of several functions, one after the other."""

    def call(given: tuple[Any, ...]) -> int:
        return next((status for stage in stages if (status := stage(given))), 0)

    return call
