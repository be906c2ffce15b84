"""Functions that transforms make: called in C, named after the function they are made of, copied and pickled.

A closure can be neither. So what a transform returns is a partial call of a function of its module, which knows how it
was made: a copy, and what a pickle gives back, is made again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from types import MethodType
from typing import Any

Function = Callable[..., Any]
_NAMED = ("__module__", "__name__", "__qualname__")


class Derived(partial[Any]):
    """What a transform made of a function. In a class it is a method, as that would be."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> Any:
        return standing_name(self) or self.__dict__["made_by"]

    def __repr__(self) -> str:
        transform, args = self.__dict__["made_by"]
        return f"<{transform.__name__.strip('_')} of {getattr(args[0], '__qualname__', args[0])}>"


def derived(run: Function, transform: Function, f: Function, *settings: Any) -> Function:
    """Return the function that calls ``run(f, *settings, ...)``, made by ``transform(f, *settings)``."""
    return named(Derived(run, f, *settings), f, transform, (f, *settings))


def named(made: Derived, f: Function, transform: Function, args: tuple[Any, ...]) -> Function:
    """Give what ``transform(*args)`` has made the name and the signature of `f`."""
    own = made.__dict__
    for name in _NAMED:
        value = getattr(f, name, None)
        if value is not None:
            own[name] = value
    own["__doc__"], own["__wrapped__"], own["made_by"] = None, f, (transform, args)
    return made


def standing_name(x: Any) -> str | None:
    """Return the name under which something stands in its module, as a decorated function does; None where it does not.

    The function that was decorated is then not to be found by its own name, and a pickle has to lead to this one.
    """
    module = sys.modules.get(getattr(x, "__module__", None) or "")
    for holder in (x, getattr(x, "__wrapped__", None)):
        name = getattr(holder, "__qualname__", None)
        if name and _looked_up(module, name) is x:
            return str(name)
    return None


def _looked_up(module: Any, name: str) -> Any:
    try:
        return attrgetter(name)(module)
    except AttributeError:
        return None
