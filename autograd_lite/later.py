"""Modules that are imported when they are first asked for something: what most programs need not costs them no time."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class Later(ModuleType):
    """What stands for a module until one of its names is read.

    Parameters
    ----------
    name : str
        Of the module, such as ``autograd_lite.compiler.report``. A type checker is told of it by an import under
        ``if TYPE_CHECKING``.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)
