"""A call that a trace makes beside what it sees: of code that is called as it is, with the real arrays."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from autograd_lite import errors
from autograd_lite.compiler.program.opaque import Opaques, carried_out, is_passed
from autograd_lite.compiler.recording.generators import Generator
from autograd_lite.compiler.recording.interception import paused
from autograd_lite.compiler.recording.lines import refuse, user_frame
from autograd_lite.compiler.recording.traced import Number, Traced, plain

_TRACED = frozenset((Traced, Number, Generator))


class Aside:
    """What a trace needs for such calls.

    Attributes
    ----------
    beside : callable
        Returns a block of which the observer of the run is not told.
    aloof : bool
        Whether such a call is being made.
    """

    def __init__(self, trace: Any) -> None:
        self._trace, self._opaques = trace, Opaques()
        self.beside: Callable[[], AbstractContextManager[Any]] = nullcontext
        self.aloof = False

    def forget(self) -> None:
        """Let go of the trace, and of who observes it."""
        self._trace, self.beside = None, nullcontext

    def call(self, fn: Any, name: str, args: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        """Call what cannot be seen into, with the arrays of this run, and write the call down as it is."""
        trace = self._trace
        if trace.closed:
            refuse(errors.COMPILE_LEAK)
        places: dict[Any, Any] = {**dict(enumerate(args)), **settings}
        held = {k: x for k, x in places.items() if not is_passed(x, _is_traced)}
        given = [x for i, x in enumerate(args) if i not in held]
        named = {k: x for k, x in settings.items() if k not in held}
        frame = user_frame(self._trace._begun_by)
        try:
            with self.alone():
                value = carried_out(fn, plain(given), {k: plain(x) for k, x in named.items()}, held)
        except BaseException as error:
            trace.failures.append(error)
            raise
        made = self._opaques.of(fn, name, held, value)
        operands = tuple([trace._encoded(x, made) for x in given])
        return trace._write(
            made, operands, tuple([(k, trace._encoded(x, made)) for k, x in named.items()]), value, frame
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have a block run as outside of the trace, and without being observed."""
        observer = sys.getprofile()
        watched = observer is not None and observer is self._trace.observer
        if watched:
            sys.setprofile(None)
        with paused(), self.beside():
            try:
                self.aloof = True
                yield
            finally:
                self.aloof = False
                if watched:
                    sys.setprofile(observer)


def _is_traced(x: Any) -> bool:
    return type(x) in _TRACED
