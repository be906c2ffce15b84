"""A function as it is now: with the values that its variables have, and not those that they will be given later.

A function finds a variable from outside when it is called, not when it is made. ``h, ys = scan(lambda d, x: d * h, h,
xs)`` gives `h` another value before its derivative calls the function again.
"""

from __future__ import annotations

from functools import partial
from types import BuiltinFunctionType, CellType, FunctionType, ModuleType
from typing import Any

_LASTING = (FunctionType, BuiltinFunctionType, ModuleType, type)


def frozen(f: Any, made: dict[int, Any] | None = None) -> Any:
    """Return a function that computes what `f` would now, also when variables it reads have other values.

    So are the functions that it finds in variables of functions around it. What is no function of Python, or a partial
    call of one, is returned as it is.
    """
    made = {} if made is None else made
    if id(f) in made:
        return made[id(f)]
    if type(f) is partial:
        return partial(frozen(f.func, made), *[frozen(x, made) for x in f.args], **f.keywords)
    if type(f) is not FunctionType:
        return f
    cells = [CellType() for _ in f.__closure__ or ()]
    copy = made[id(f)] = FunctionType(f.__code__, _globals(f), f.__name__, f.__defaults__, tuple(cells) or None)
    copy.__kwdefaults__, copy.__qualname__ = f.__kwdefaults__, f.__qualname__
    for cell, now in zip(cells, f.__closure__ or (), strict=True):
        if _is_filled(now):
            cell.cell_contents = frozen(now.cell_contents, made)
    return copy


def _globals(f: FunctionType) -> dict[str, Any]:
    """Return the variables of the module of `f`; a copy, if it reads one that may be given another value."""
    found = f.__globals__
    return dict(found) if any(not isinstance(found.get(name), _LASTING) for name in _read(f, found)) else found


def _read(f: FunctionType, variables: dict[str, Any]) -> list[str]:
    return [name for name in f.__code__.co_names if name in variables]


def _is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises where there is nothing
    except ValueError:
        return False
    return True
