"""Where in the user's own code an operation was called: a code object and the place of an instruction in it.

Both are at hand in a frame and cost two references. File and line are worked out when somebody asks. Places of recorded
results are kept by their nodes, those of others by `Origins`; both are written only inside of `debug`.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Container
from itertools import islice
from types import CodeType, FrameType
from typing import Any
from weakref import ref

from autograd_lite.base.libraries import BETWEEN, WITHIN, of_frame, python_file

_HANDING_ON = python_file("functools.py")


class Place(tuple[CodeType, int]):
    """An instruction of the user's code: a pair, made without a call of Python's, for each operation has one.

    Attributes
    ----------
    code : code object
        Of the function, or the module.
    instruction : int
        The offset of the instruction in bytes.
    """

    __slots__ = ()

    @property
    def code(self) -> CodeType:
        return self[0]

    @property
    def instruction(self) -> int:
        return self[1]

    @property
    def file(self) -> str:
        """The file, as the interpreter was given it."""
        return self.code.co_filename

    @property
    def line(self) -> int:
        """The line in that file, counted from 1."""
        lines = (line for start, stop, line in self.code.co_lines() if start <= self.instruction < stop)
        return next(lines, None) or self.code.co_firstlineno

    @property
    def short(self) -> str:
        """The name of the file without its folder, and the line."""
        return f"{os.path.basename(self.file)}:{self.line}"  # noqa: PTH119 - pathlib would be imported for this alone

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def user_frame(depth: int = 1, passed: Container[str] = WITHIN) -> FrameType | None:
    """Return the nearest frame whose code belongs to none of some owners; None if there is none.

    By default that is the user's, or of a library that he has called; what only hands on calls is nobody's. The first
    `depth` frames are ours for certain.
    """
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None and (of_frame(frame) in passed or frame.f_code.co_filename == _HANDING_ON):
        frame = frame.f_back
    return frame


def caller(depth: int = 1) -> Place | None:
    """Return where the user's code has called, be it by way of NumPy, SciPy or Python; None if it has not."""
    frame = user_frame(depth + 1, BETWEEN)
    return None if frame is None else Place((frame.f_code, frame.f_lasti))


def warn(text: str, category: type[Warning]) -> None:
    """Warn at the line of the user's that has called us, however deep in here it is noticed."""
    frame = user_frame(2, BETWEEN)
    if frame is None:
        warnings.warn(text, category, stacklevel=2)
        return
    names = frame.f_globals
    registry = names.setdefault("__warningregistry__", {})
    module = names.get("__name__", "<unknown>")
    warnings.warn_explicit(text, category, frame.f_code.co_filename, frame.f_lineno, module, registry)


def raised_at(error: BaseException) -> Place | None:
    """Return the innermost place of the user's code that an exception came through; None if there is none."""
    place, at = None, error.__traceback__
    while at is not None:
        if of_frame(at.tb_frame) not in BETWEEN:
            place = Place((at.tb_frame.f_code, at.tb_lasti))
        at = at.tb_next
    return place


def is_assignment(frame: FrameType) -> bool:
    """Tell whether a frame is at an assignment to a part of something: ``a[i] = v``."""
    from opcode import opmap  # noqa: PLC0415 - only errors need it

    return frame.f_code.co_code[frame.f_lasti] in (opmap["STORE_SUBSCR"], opmap.get("STORE_SLICE"))  # from 3.12 on


def called(frame: FrameType) -> str | None:
    """Return what a frame calls, as it is written there; None where no source is known, or it is no name."""
    import linecache  # noqa: PLC0415 - only errors need it

    places = islice(frame.f_code.co_positions(), frame.f_lasti // 2, None)
    line, end, start, stop = next(places, (None, None, None, None))
    if line is None or line != end:
        return None
    text = linecache.getline(frame.f_code.co_filename, line).encode()[start:stop].decode(errors="replace")
    name, bracket, _ = text.partition("(")
    return name if bracket and name.replace(".", "").isidentifier() else None


class Origin:
    """Where a Tensor without a history comes from: its place, and where and at what a path of gradients ended."""

    __slots__ = ("end", "place")

    def __init__(self, place: Place | None, end: str) -> None:
        self.place, self.end = place, end


class Origins:
    """The origins of Tensors that no node remembers, for as long as these live."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Origin]] = {}

    def __setitem__(self, t: Any, origin: Origin) -> None:
        key, known = id(t), self._known  # Tensors compare by element, so they are told apart by identity
        known[key] = ref(t, lambda _: known.pop(key, None)), origin

    def get(self, t: Any) -> Origin | None:
        """Return the origin of a Tensor, if it is known."""
        found = self._known.get(id(t))
        return found[1] if found is not None else None

    def clear(self) -> None:
        self._known.clear()


origins = Origins()


def place_of(t: Any) -> Place | None:
    """Return where a Tensor was made, as far as `debug` has noted it."""
    node = t._node
    if node is not None:
        place: Place | None = node.notes.place if node.notes is not None else None
        return place
    origin = origins.get(t)
    return origin.place if origin is not None else None
