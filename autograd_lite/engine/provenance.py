"""Where in the user's own code an operation was called: a code object and the place of an instruction in it.

Both are at hand in a frame and cost two references. File and line are worked out when somebody asks. Places of recorded
results are kept by their nodes, those of others by `Origins`; both are written only inside of `debug`.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping
from itertools import islice
from types import CodeType, FrameType
from typing import Any
from weakref import ref

_PYTHON = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120 - pathlib would be imported for this alone


class _Known(dict[str, bool]):
    """Whether a module is one of some packages, by its name, remembered."""

    def __init__(self, *packages: str) -> None:
        super().__init__()
        self._packages = frozenset(packages)

    def __missing__(self, name: str) -> bool:
        self[name] = name.partition(".")[0] in self._packages
        return self[name]


_ours = _Known("autograd_lite", "numpy", "functools")
"""What is no user's: ours, NumPy's, and what only hands on calls."""
_between = _Known("autograd_lite", "numpy", "functools", "scipy")
"""And what stands between a user's line and his function, as SciPy's minimisers do."""


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


def user_frame(depth: int = 1, known: Mapping[str, bool] = _ours) -> FrameType | None:
    """Return the frame of the code that is neither ours nor NumPy's, nearest first; None if there is none.

    The first `depth` frames are ours for certain.
    """
    frame: FrameType | None = sys._getframe(depth)
    try:
        while frame is not None and known[frame.f_globals["__name__"]]:
            frame = frame.f_back
    except KeyError:  # code without a name is nobody's but the user's
        pass
    return frame


def caller(depth: int = 1) -> Place | None:
    """Return where the code has called that is neither ours nor NumPy's or SciPy's; None if there is none."""
    frame = user_frame(depth + 1, _between)
    return None if frame is None else Place((frame.f_code, frame.f_lasti))


def warn(text: str, category: type[Warning]) -> None:
    """Warn at the line of the user's that has called us, however deep in here it is noticed."""
    frame = user_frame(2, _between)
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
        if not _between[at.tb_frame.f_globals.get("__name__", "")]:
            place = Place((at.tb_frame.f_code, at.tb_lasti))
        at = at.tb_next
    return place


def is_librarys(frame: FrameType) -> bool:
    """Tell whether a frame is that of a package that was installed, or of Python's own library."""
    file = frame.f_code.co_filename
    return "site-packages" in file or "dist-packages" in file or file.startswith(_PYTHON)


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
