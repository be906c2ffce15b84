"""Ctrl-C that waits for the end of a step."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Deferred:
    """While it is entered, Ctrl-C is noted, and raised by `check`; the second one is raised where it comes.

    Where something else than Python's own handler is installed, and in another thread than the first, all is as ever.
    """

    noted = False

    def __enter__(self) -> Self:
        self._before: Any = None
        if threading.current_thread() is threading.main_thread() and self._is_pythons():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    @staticmethod
    def _is_pythons() -> bool:
        return signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True
        sys.stderr.write("\nCtrl-C: this step is done first. Once more stops at once.\n")

    def check(self) -> None:
        """Raise what was noted."""
        if self.noted:
            raise KeyboardInterrupt
