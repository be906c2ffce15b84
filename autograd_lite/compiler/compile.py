"""`compile`: a function that is recorded at its first call, and from then on runs as straight-line NumPy."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from autograd_lite import errors
from autograd_lite.compiler.calling import MISS, Caller
from autograd_lite.compiler.numpy_backend import Module
from autograd_lite.compiler.passes import improved
from autograd_lite.compiler.recording import Recorded, record
from autograd_lite.seams import watching

LIMIT = 64
"""How many programs a compiled function keeps; the oldest is dropped for a new one."""


class Compiled:
    """A compiled function."""

    def __init__(self, function: Callable[..., Any], passes: Any = None) -> None:
        self.function = function
        self.programs: list[CompiledProgram] = []
        self.recordings = 0
        self._passes = passes
        self._kept_before = False
        update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if watching.get() is not None:  # inside of another one, whose program it becomes a part of
            return self.function(*args, **kwargs)
        for program in self.programs:
            result = program.enter(args, kwargs)
            if result is not MISS:
                return result
        return self._record(args, kwargs)

    def _record(self, args: Any, kwargs: Any) -> Any:
        recorded, result = record(self.function, args, kwargs, may_keep=not self._kept_before)
        self.recordings += 1
        self._kept_before = not recorded.complete
        if recorded.complete:
            self.programs.insert(0, CompiledProgram(recorded, self._passes))
            del self.programs[LIMIT:]
        return result


class CompiledProgram:
    def __init__(self, recorded: Recorded, passes: Any) -> None:
        self.recorded = recorded
        self.program = improved(recorded.program, passes)
        self.module = Module(self.program)
        self.enter = Caller(recorded, self.program, self.module.load()).made()

    @property
    def source(self) -> str:
        return self.module.text()


def compile(function: Any = None, *, backend: str = "numpy", passes: Any = None) -> Any:  # noqa: A001
    if not callable(function):
        raise errors.CompileError(errors.COMPILE_FUNCTION.format(given=type(function).__name__))
    return Compiled(function, passes)
