"""The user's line while a function is recorded: whose a frame is, and refusals at that line."""

from __future__ import annotations

import functools
import os
import sys
from types import CodeType, FrameType
from typing import Any, NoReturn

from autograd_lite import errors
from autograd_lite.base.libraries import BETWEEN, of_frame, python_file
from autograd_lite.engine.covered import refusal
from autograd_lite.engine.watchpoints import watching

_LOGGING = python_file(f"logging{os.sep}")


def user_frame(until: CodeType | None = None) -> FrameType | None:
    """Return the innermost frame of the user's; None if there is none within the code `until`."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and of_frame(frame) in BETWEEN:
        frame = None if frame.f_code is until else frame.f_back
    return frame


def is_log(code: CodeType) -> bool:
    """Tell whether a code is that of Python's logging."""
    return code.co_filename.startswith(_LOGGING)


def line_of(frame: FrameType | None) -> str:
    """Return a line of a program as ``file.py:12``."""
    return "" if frame is None else f"{_base(frame.f_code.co_filename)}:{frame.f_lineno}"


@functools.cache
def _base(file: str) -> str:
    return os.path.basename(file)  # noqa: PTH119


def where() -> str:
    """Return how a message says which line of the user's it is about."""
    line = line_of(user_frame())
    return f" (at {line})" if line else ""


def refused(error: BaseException) -> NoReturn:
    """Raise an error, and have the trace know of it, in case that the function catches it."""
    watcher: Any = watching.get()
    if watcher is not None:
        watcher.failures.append(error)
    if isinstance(error, errors.CompileError):
        refusal(errors.CompileError, str(error))
    try:
        raise error
    finally:
        del error  # or error and frame would hold each other, and with them the values of the run


def refuse(text: str, **parts: Any) -> NoReturn:
    """Refuse what the function does, at the line where it does it."""
    refused(errors.CompileError(text.format(where=where(), **parts)))
