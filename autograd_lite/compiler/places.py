"""The user's line, while a function is recorded."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from types import FrameType

import numpy as np

from autograd_lite.record import LANE

PACKAGE = str(Path(__file__).parent.parent)
NUMPY = str(Path(np.__file__).parent)


def user_frame() -> FrameType | None:
    """Return the innermost frame that is neither NumPy's nor ours."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_library(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


@functools.cache
def _is_library(file: str) -> bool:
    return file.startswith((PACKAGE, NUMPY, LANE, "<frozen"))


def line_of(frame: FrameType | None) -> str:
    """Return a line of a program as ``file.py:12``."""
    return "" if frame is None else f"{_base(frame.f_code.co_filename)}:{frame.f_lineno}"


@functools.cache
def _base(file: str) -> str:
    return Path(file).name


def where() -> str:
    """Return how a message says which line of the user's it is about."""
    line = line_of(user_frame())
    return f" (at {line})" if line else ""
