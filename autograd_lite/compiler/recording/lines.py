"""The user's line while a function is recorded: whose a frame is, and refusals at that line."""

from __future__ import annotations

import functools
import numbers
import os
import sys
from types import CodeType, FrameType
from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.engine.record import LANE
from autograd_lite.engine.watchpoints import watching
from autograd_lite.errors.covered import refusal

# NOTE: not by `pathlib`, which takes some milliseconds to import.
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(errors.__file__))) + os.sep  # noqa: PTH100, PTH120
NUMPY = os.path.dirname(os.path.abspath(np.__file__)) + os.sep  # noqa: PTH100, PTH120
PYTHON = os.path.dirname(os.path.abspath(numbers.__file__)) + os.sep  # noqa: PTH100, PTH120
_LOGGING = f"{PYTHON}logging{os.sep}"


def user_frame(until: CodeType | None = None) -> FrameType | None:
    """Return the innermost frame that is neither NumPy's nor ours; None if there is none within the code `until`."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_library(frame.f_code.co_filename):
        frame = None if frame.f_code is until else frame.f_back
    return frame


@functools.cache
def is_library(file: str) -> bool:
    """Tell whether a file is NumPy's or ours."""
    return file.startswith((PACKAGE, NUMPY, LANE, "<frozen"))


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
