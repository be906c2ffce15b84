"""Parts of a kernel done by several threads at once, without the lock of Python."""

from __future__ import annotations

import ctypes
import functools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from autograd_lite.compiler.native.loops import Kernel

VARIABLE = "OMP_NUM_THREADS"
"""The variable of the environment that says how many threads there shall be, as for most libraries."""

Call = Callable[[tuple[Any, ...]], int]
"""A kernel: 0 when done, 1 where an array is not in C order, 2 where a demand was not met."""


def count() -> int:
    """Return how many threads there shall be: as many as processors, unless the environment says otherwise."""
    said = os.environ.get(VARIABLE, "")
    if said.isdecimal() and int(said):
        return int(said)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="autograd_lite")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of its parent's threads


_PLAIN = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object)
"""A function that keeps the lock of Python, so that one work space is enough for all calls."""
_WIDE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_int64, ctypes.c_int64)


def call_of(kernel: Kernel, address: Callable[[str], int]) -> Call:
    """Return a kernel as a function, from the addresses of its stages."""
    stages = [(stage, address(stage.name)) for stage in kernel.stages()]
    if len(stages) == 1 and stages[0][0].parts == 1:
        return _PLAIN(stages[0][1])
    return _Staged([_wide(_WIDE(place), stage.parts) if stage.parts > 1 else _PLAIN(place) for stage, place in stages])


def _wide(function: Callable[..., int], most: int) -> Call:
    """Return a function that has threads do its parts."""

    def call(given: tuple[Any, ...]) -> int:
        parts = min(count(), most)
        if parts == 1:
            return function(given, 0, 1)
        others = [_pool(parts - 1).submit(function, given, part, parts) for part in range(1, parts)]
        try:
            own = function(given, 0, parts)
        finally:
            wait(others)  # NOTE: also when interrupted, for they write to the same arrays
        return max(own, *[other.result() for other in others])

    return call


class _Staged:
    """A kernel of several functions, one after the other."""

    def __init__(self, stages: Sequence[Call]) -> None:
        self.stages = stages
        self._lock = threading.Lock()  # of the work space, for wide stages give up the lock of Python

    def __call__(self, given: tuple[Any, ...]) -> int:
        with self._lock:
            return next((status for stage in self.stages if (status := stage(given))), 0)
