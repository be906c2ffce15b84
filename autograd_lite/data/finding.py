"""The generators of random numbers that something of a user's draws from: those it holds, and those its code names."""

from __future__ import annotations

import functools
import random
from collections import deque
from collections.abc import Iterator
from itertools import islice
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd_lite.base.libraries import NUMPY, OUR, USER, of, of_module
from autograd_lite.engine.record import Handle

_MOST, _LONG = 4096, 64
"""How many things are looked at; and of how many in a list, which may be examples, whether they are generators."""
_PLAIN = (str, bytes, int, float, complex, type(None), np.ndarray, np.generic, range, ModuleType, Handle)


def is_source(x: Any) -> bool:
    """Tell whether something is a generator whose state can be read and set."""
    known = (np.random.Generator, np.random.RandomState, random.Random)
    return isinstance(x, known) and not isinstance(x, random.SystemRandom)


def held(owner: Any, name: str) -> dict[str, Any]:
    """Return the generators that something of a user's holds, by where they are, the nearest first.

    They are in attributes, lists and closures, also of what is held; and in the modules of functions and methods, which
    name them, or others that do. What is code of a library is not read; and no loader is looked into, which looks after
    its generators itself. Those that all threads share are nobody's own.

    Parameters
    ----------
    owner : object
        A sampler, a dataset, a function, a module.
    name : str
        What it is called, which their names begin with.
    """
    found: dict[str, Any] = {}
    seen: dict[int, Any] = {id(x): x for x in (random._inst, np.random.mtrand._rand)}
    pending = deque([(name, owner)])
    while pending and len(seen) < _MOST:
        place, x = pending.popleft()
        if isinstance(x, _PLAIN) or id(x) in seen:
            continue
        seen[id(x)] = x
        if is_source(x):
            found[place] = x
        else:
            pending += [(f"{place}.{key}", part) for key, part in _parts(x)]
    return found


def _parts(x: Any) -> Iterator[tuple[str, Any]]:
    """Yield what something holds, by name."""
    if isinstance(x, (dict, list, tuple, set, frozenset, deque)):
        yield from _items(x)
    elif isinstance(x, FunctionType):
        yield from _named(x)
    elif isinstance(x, MethodType):
        yield from (("self", x.__self__), ("function", x.__func__))
    elif isinstance(x, BuiltinFunctionType):
        yield from [("self", x.__self__)] if is_source(x.__self__) else []
    elif isinstance(x, functools.partial):
        yield from (("function", x.func), ("args", x.args), ("keywords", x.keywords))
    elif isinstance(x, (staticmethod, classmethod)):
        yield "function", x.__func__
    elif isinstance(x, property):
        yield from [("get", x.fget)]
    elif isinstance(x, type):
        yield from _of_class(x)
    elif _is_looked_into(type(x)):
        yield from _attributes(x)
    elif callable(inner := getattr(x, "__wrapped__", None)):  # what is compiled
        yield "function", inner


def _items(x: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is in a container; of a long one, the generators that it begins with."""
    first = list(islice(x.items() if isinstance(x, dict) else enumerate(x), _LONG))
    yield from [(str(key), part) for key, part in first if len(x) <= _LONG or is_source(part)]


def _is_looked_into(kind: type) -> bool:
    """Tell whether instances of a class may hold what is a user's; of ours these are modules and datasets."""
    if kind.__module__ == "builtins" or of(kind) == NUMPY:
        return False
    ours = [c.__module__ for c in kind.__mro__ if of(c) in OUR]
    return not ours or (ours[0].startswith(_HOLDING) and ours[0] != "autograd_lite.data.loader")


_HOLDING = ("autograd_lite.nn.", "autograd_lite.data.", "autograd_lite.train.callbacks")


def _attributes(x: Any) -> Iterator[tuple[str, Any]]:
    yield from list(getattr(x, "__dict__", {}).items())
    for owner in type(x).__mro__:
        slots = owner.__dict__.get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            yield name, getattr(x, name, None)
        yield from _of_class(owner)


def _of_class(owner: type) -> Iterator[tuple[str, Any]]:
    """Yield what a class of the user's has: attributes and methods, of which any may be called."""
    if of(owner) == USER:
        yield from [(name, part) for name, part in owner.__dict__.items() if name not in ("__dict__", "__weakref__")]


def _named(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what a function's code names: what is around it, its defaults, and of its module, if that is a user's."""
    if _is_users(function.__globals__.get("__name__", "")):
        yield from _of_module(function)
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    yield from [(name, _content(cell)) for name, cell in cells]
    yield from [(f"defaults.{i}", part) for i, part in enumerate(function.__defaults__ or ())]
    yield from (function.__kwdefaults__ or {}).items()


def _of_module(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what a function's code names of its module, and of other modules of the user's that it names."""
    world, names = function.__globals__, list(dict.fromkeys(_names(function.__code__)))
    for name in [name for name in names if name in world]:
        if not isinstance(world[name], ModuleType):
            yield name, world[name]
        elif _is_users(world[name].__name__):
            theirs = vars(world[name])
            yield from [(f"{name}.{other}", theirs[other]) for other in names if other in theirs]


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names in a piece of code, and in the functions that are defined in it."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not set yet
        return None


def _is_users(module: str) -> bool:
    """Tell whether a module is none of Python's, of ours, and of what is installed."""
    return of_module(module) == USER
