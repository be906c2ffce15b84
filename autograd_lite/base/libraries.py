"""Whose a frame, a file, a class is: the user's, ours, NumPy's, SciPy's, Python's own, or another installed package's.

The folder of a file says it, so that neither a new folder of ours nor a module of the user's that is called as one of
Python's has to be known here. Code that was made of a text, as the methods of a dataclass, lies in no folder: there it
is the name of its module.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from types import CodeType, FrameType
from typing import Any, Final, TypeAlias

Owner: TypeAlias = str
USER: Final = "the user"
OURS: Final = "autograd_lite"
ENGINE: Final = "our engine"
NUMPY: Final = "numpy"
SCIPY: Final = "scipy"
PYTHON: Final = "Python"
INSTALLED: Final = "an installed package"

OUR: Final = frozenset((OURS, ENGINE))
WITHIN: Final = frozenset((OURS, ENGINE, NUMPY))
"""What an operation consists of: nobody is asked to change anything there."""
BETWEEN: Final = frozenset((OURS, ENGINE, NUMPY, SCIPY, PYTHON))
"""What may stand between a line of the user's and what happens, or another function of his: no line to name."""
UNWATCHED: Final = frozenset((ENGINE, NUMPY))
"""Whose code reads nothing that the user could set between two calls of a compiled function."""
LIBRARIES: Final = frozenset((SCIPY, PYTHON, INSTALLED))
"""What neither computes for us nor was written by the user: it gets arrays."""
FAST_PATH: Final = "<the fast path of "
"""So begin the names of the files that functions of ours are compiled as: see `fastpath`."""

_ENGINE = frozenset(("compiler", "engine", "errors", "rules", "tensor"))
"""The rooms whose code reads attributes of arrays, nodes, operations and Tensors alone, for which no guards are paid.

Whatever else there is of ours may read what the user sets, and is watched by `compile` without being named.
"""
_NAMED = frozenset((OURS, NUMPY, SCIPY))
_NAMED_TUPLE = "namedtuple_"
"""So begins what `collections.namedtuple` calls the module, which is none, of the constructors that it makes."""
_PYTHON = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120 - pathlib would be imported for this alone
_SITES = tuple([f"{os.sep}{folder}{os.sep}" for folder in ("site-packages", "dist-packages")])


@cache
def _of_file(file: str) -> Owner:
    """Return whose a file is; nothing for a text, of which the file does not tell."""
    if file[:1] == "<":
        return ENGINE if file.startswith(FAST_PATH) else PYTHON if file.startswith("<frozen ") else ""
    for package in _NAMED:
        for folder in getattr(sys.modules.get(package), "__path__", ()):
            if file.startswith(folder + os.sep):
                return _in_package(package, file[len(folder) + 1 :].partition(os.sep)[0].removesuffix(".py"))
    if any(site in file for site in _SITES):
        return INSTALLED
    return PYTHON if file.startswith(_PYTHON) else USER


def _in_package(package: str, room: str) -> Owner:
    """Return whose a room of a package is; nothing where the package is none of those that are known by name."""
    return ENGINE if package == OURS and room in _ENGINE else package if package in _NAMED else ""


@cache
def _of_name(module: str) -> Owner:
    top = module.partition(".")[0]
    if known := USER if top == "__main__" else _in_package(top, module[len(top) + 1 :].partition(".")[0]):
        return known
    if module.startswith(_NAMED_TUPLE) and module not in sys.modules:
        return PYTHON
    file = getattr(sys.modules.get(module), "__file__", None)
    return (_of_file(file) if file else "") or (PYTHON if top in sys.stdlib_module_names else USER)


def of_module(name: object) -> Owner:
    """Return whose a module of a name is; the user's for what is no name."""
    return _of_name(name) if isinstance(name, str) else USER


def of_frame(frame: FrameType) -> Owner:
    """Return whose code a frame carries out."""
    return _of_file(frame.f_code.co_filename) or of_module(frame.f_globals.get("__name__"))


def of_code(code: CodeType) -> Owner:
    """Return the same of a code by itself; a text is the user's."""
    return _of_file(code.co_filename) or USER


def of(x: Any) -> Owner:
    """Return whose a class or a function is, by the module that it says it is of."""
    return of_module(getattr(x, "__module__", None))


def python_file(name: str) -> str:
    """Return the file of a module of Python's own library: ``"random.py"``."""
    return _PYTHON + name
