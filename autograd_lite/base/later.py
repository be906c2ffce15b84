"""Modules that are imported when they are first asked for something: what most programs need not costs them no time.

And what a public module lists: the names of its ``__all__``, imported or not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import FrameType, MappingProxyType, ModuleType
from typing import Any


class Later(ModuleType):
    """What stands for a module until one of its names is read.

    Parameters
    ----------
    name : str
        Of the module, such as ``autograd_lite.compiler.text.report``. A type checker is told of it by an import under
        ``if TYPE_CHECKING``.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # whoever looks whether it is something else does not ask for the module
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


def listing(module: str) -> Callable[[], list[str]]:
    """Return ``__dir__`` of a public module, by its ``__name__``: what is in its ``__all__``, and nothing else."""
    return lambda: sorted(sys.modules[module].__all__)


def arriving(
    module: str, places: Mapping[str, str], absent: Mapping[str, str] = MappingProxyType({})
) -> Callable[[str], Any]:
    """Return ``__getattr__`` of a public module for names that come when they are first asked for.

    Parameters
    ----------
    module : str
        Its ``__name__``.
    places : mapping of str to str
        For each name the module below this one that has it; an empty text where it is one itself.
    absent : mapping of str to str, optional
        For names that somebody may look for here, what an error says besides.
    """

    def attribute(name: str) -> Any:
        if name not in places:
            more = f". {absent[name]}" if name in absent else ""
            text = f"module {module!r} has no attribute {name!r}{more}"
            # Of an AttributeError `from module import name` says nothing but that it cannot.
            raise ImportError(text, name=module) if more and _imports(sys._getframe(1)) else AttributeError(text)
        place = places[name]
        found = getattr(import_module(f"{module}.{place}"), name) if place else import_module(f"{module}.{name}")
        setattr(sys.modules[module], name, found)
        return found

    return attribute


def _imports(frame: FrameType) -> bool:
    """Tell whether a frame is at an import of a name: ``from module import name``."""
    from opcode import opmap  # noqa: PLC0415 - only errors need it

    return frame.f_code.co_code[frame.f_lasti] == opmap["IMPORT_FROM"]


def placed(names: Mapping[str, str]) -> dict[str, str]:
    """Return `places` of `arriving`.

    Parameters
    ----------
    names : mapping of str to str
        For each module below the public one its public names, with spaces between them.

    Examples
    --------
    >>> placed({"layers.linear": "Bilinear Linear"})
    {'Bilinear': 'layers.linear', 'Linear': 'layers.linear'}
    """
    return {name: place for place, of_place in names.items() for name in of_place.split()}
