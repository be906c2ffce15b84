"""Refusals that NumPy covers with an error of its own, and their uncovering where a call of the user's function ends.

``out[0] = t`` asks a Tensor for a float. It refuses, and says what to write; but NumPy says "setting an array element
with a sequence" instead, and our error is at best the cause of that. NumPy lets no exception through there, so where
we have called the code in which it happens, the error is changed back on its way out.
"""

from __future__ import annotations

import sys
from _thread import _local
from collections.abc import Callable, Mapping, Sequence
from types import CodeType
from typing import Any

from autograd_lite import errors
from autograd_lite.base.libraries import NUMPY, OUR, of_frame


class _Latest(_local):
    """The latest refusal in a thread: the instruction that asked, and what it was told."""

    code: CodeType | None = None
    instruction: int = -1
    kind: Callable[[str], errors.AutogradError] = errors.AutogradError
    text: str = ""


_latest = _Latest()


def refusal(kind: type[errors.AutogradError], text: str) -> errors.AutogradError:
    """Return the error with which code is refused what it has asked one of our methods for: a number, an array."""
    frame = sys._getframe(1)
    while frame.f_back is not None and of_frame(frame) in OUR:
        frame = frame.f_back
    _latest.code, _latest.instruction, _latest.kind, _latest.text = frame.f_code, frame.f_lasti, kind, text
    return kind(text)


def uncovered(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return ``function(*args, **kwargs)`` of a function of the user's; refusals in it reach the caller as they are."""
    try:
        return function(*args, **kwargs)
    except (TypeError, ValueError) as error:
        uncover(error)
        raise


def uncover(error: BaseException) -> None:
    """Raise our refusal in the place of the error that NumPy has made of it; return where that is none."""
    if isinstance(error, errors.AutogradError):
        return
    trace = last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if isinstance(error.__cause__, errors.AutogradError) and last is not None and of_frame(last.tb_frame) == NUMPY:
        raise error.__cause__
    if last is None or last.tb_frame.f_code is not _latest.code or last.tb_lasti != _latest.instruction:
        return
    _latest.code = None
    ours = _latest.kind(_latest.text)
    for note in getattr(error, "__notes__", ()):
        ours.add_note(note)
    raise ours.with_traceback(trace) from None
