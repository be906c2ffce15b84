"""Which backend a compiled function has: the one that was asked for, or the best that works."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from autograd_lite import errors
from autograd_lite.base.later import Later
from autograd_lite.compiler.program.program import Program

if TYPE_CHECKING:
    from autograd_lite.compiler.native import backend as machine
else:
    machine = Later("autograd_lite.compiler.native.backend")


class Options(TypedDict, total=False):
    """The keywords of `compile`, for type checkers."""

    backend: str
    passes: Iterable[str] | None
    static: Sequence[Any]
    pure: bool
    verify: int | None
    replay: bool


class Choice:
    """The backends that are tried for a compiled function, the best first, and what became of those that failed.

    NOTE: compiling fails at any time: no room, no right to execute, another compiler. One that has failed is not tried
    again for this function.
    """

    def __init__(self, backend: str) -> None:
        self.given = backend
        self.names: Sequence[str] = _available() if backend == "auto" else [backend]
        self._failed: list[str] = []

    def required(self) -> None:
        """Raise an error where the one backend that may be taken needs what is not there."""
        if self.given not in ("numpy", "auto"):
            machine.NATIVE[self.given].required()

    def made(
        self, recorded: Program, passes: Iterable[str], returned: Sequence[bool], otherwise: Callable[..., Any]
    ) -> machine.NativeProgram | None:
        """Return the program of the first backend that makes one; None where that is NumPy."""
        while (name := self.names[0]) != "numpy":
            try:
                return machine.NativeProgram(recorded, name, passes, returned, otherwise, patient=self.given != "auto")
            except (errors.CompileError, errors.MissingExtraError) as error:
                if self.given != "auto":
                    raise
                self._failed.append(str(error))
                self.names = [other for other in self.names if other != name]
                if isinstance(error, machine.TooSlowError):
                    self.names = ["numpy"]  # for numba takes ten times as long as a C compiler
                    warnings.warn(str(error), errors.AutogradWarning, 2)
        return None

    def report(self) -> str:
        """Return what was tried in vain."""
        return "".join([f"\n\nbackend {self.names[0]}, since another one failed. {said}" for said in self._failed])


def _available() -> Sequence[str]:
    """Return the backends that are there: ``cc``, ``numba``, ``numpy``."""
    return [*machine.available(), "numpy"]
