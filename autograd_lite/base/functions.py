"""Functions that transforms make: called in C, named after the function they are made of, copied and pickled.

A closure can be neither. So what a transform returns is a partial call of a function of its module, which knows how it
was made: a copy, and what a pickle gives back, is made again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter
from types import FunctionType, MethodType
from typing import Any

Function = Callable[..., Any]
_NAMED = ("__module__", "__name__", "__qualname__")


class Derived(partial[Any]):
    """What a transform made of a function. In a class it is a method, as that would be."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> Any:
        made_by = self.__dict__["made_by"]
        return standing_name(self, made_by[1]) or made_by

    def __repr__(self) -> str:
        transform, (f, *_) = self.__dict__["made_by"]
        name = getattr(f, "__qualname__", None) or getattr(f, "__name__", type(f).__name__)
        return f"<{transform.__name__.strip('_')} of {name}>"


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


def standing_name(x: Any, parts: Iterable[Any]) -> str | None:
    """Return the name by which a pickle finds something in its module; None where it is made again of its parts.

    A decorated function stands in the place of the one that was decorated, which is not found by its own name any more.
    And what was made of a lambda is found if it was given a name at the top of the module.
    """
    module = sys.modules.get(getattr(x, "__module__", None) or "")
    for holder in (x, getattr(x, "__wrapped__", None)):
        name = getattr(holder, "__qualname__", None)
        if name and _looked_up(module, name) is x:
            return str(name)
    if any(map(_is_nameless, parts)):
        return next((name for name, value in vars(module).items() if value is x), None) if module else None
    return None


def _is_nameless(part: Any) -> bool:
    """Tell whether something is, or is made of, a function that no name leads to."""
    if isinstance(part, Derived):
        return any(map(_is_nameless, part.__dict__["made_by"][1]))
    if not isinstance(part, FunctionType):
        return False
    return _looked_up(sys.modules.get(part.__module__), part.__qualname__) is not part


def looked_up(module: Any, f: Any) -> Any:
    """Return what stands in a module under the name of a function; None if there is no such."""
    return _looked_up(module, getattr(f, "__qualname__", ""))


def _looked_up(module: Any, name: str) -> Any:
    try:
        return attrgetter(name)(module)
    except AttributeError:
        return None


def name_of_call(f: Any) -> str:
    """Return what a message calls a function, which may be a name."""
    if isinstance(f, str):
        return f
    name = getattr(f, "__name__", None)
    if name is None and isinstance(f, partial):
        return name_of_call(f.func)
    return name or type(f).__name__


def called(x: Any) -> str:
    """Return what a message calls something that is none of what was expected: a class, or an object of one."""
    return f"the class {x.__name__}" if isinstance(x, type) else f"a {type(x).__name__}"
