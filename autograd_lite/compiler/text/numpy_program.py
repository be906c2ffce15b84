"""A program as calls of NumPy: improved, written down, run; each of it when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.base.lazy import lazy
from autograd_lite.compiler.passes import measured
from autograd_lite.compiler.program.program import Program
from autograd_lite.compiler.text.numpy_text import NumpyText


class NumpyProgram:
    """The calls of NumPy that a recorded program comes to.

    NOTE: it knows nobody who uses it, so that it dies with them: native code calls it where an error is due.
    """

    def __init__(self, recorded: Program, passes: Sequence[str]) -> None:
        self._recorded, self._passes = recorded, passes

    @lazy
    def stages(self) -> list[tuple[str, Program]]:
        """As recorded, and after each of the passes."""
        return measured(self._recorded, self._passes)

    @property
    def program(self) -> Program:
        return self.stages[-1][1]

    @lazy
    def module(self) -> NumpyText:
        return NumpyText(self.program)

    @lazy
    def function(self) -> Callable[..., Any]:
        return self.module.load()

    def __call__(self, *inputs: Any) -> Any:
        return self.function(*inputs)
