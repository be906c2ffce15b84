"""A function as it is now: with the values that its variables have, and not those that they will be given later.

A function finds a variable from outside when it is called, not when it is made. ``h, ys = scan(lambda d, x: d * h, h,
xs)`` gives `h` another value before its derivative calls the function again.
"""

from __future__ import annotations

from functools import partial
from types import BuiltinFunctionType, CellType, FunctionType, ModuleType
from typing import Any

from autograd_lite.engine.record import Handle, array_of, make_tensor
from autograd_lite.engine.watchpoints import traced
from autograd_lite.tree import flatten, unflatten

_CONTAINERS = (list, tuple, dict)
_LASTING = (FunctionType, BuiltinFunctionType, ModuleType, type)


def frozen(f: Any, made: dict[int, Any] | None = None) -> Any:
    """Return a function that computes what `f` would now, also when variables it reads have other values.

    So are the functions that it finds in variables of functions around it, and Tensors, also in lists, tuples and
    dicts, which others may give another value; a trace gives them theirs at its end. What is neither a function of
    Python nor a partial call of one is returned as it is.
    """
    made = {} if made is None else made
    if id(f) in made:
        return made[id(f)]
    if type(f) is partial:
        return partial(frozen(f.func, made), *[frozen(x, made) for x in f.args], **f.keywords)
    if type(f) is not FunctionType:
        return _value(f)
    cells = [CellType() for _ in f.__closure__ or ()]
    copy = made[id(f)] = FunctionType(f.__code__, _globals(f), f.__name__, f.__defaults__, tuple(cells) or None)
    copy.__kwdefaults__, copy.__qualname__ = f.__kwdefaults__, f.__qualname__
    for cell, now in zip(cells, f.__closure__ or (), strict=True):
        if _is_filled(now):
            cell.cell_contents = frozen(now.cell_contents, made)
    return copy


def _value(x: Any) -> Any:
    """Return a Tensor, or a container of some, as it is now."""
    if traced():
        return x
    if isinstance(x, Handle):
        twin = make_tensor(array_of(x), x._node, x._op)
        twin._name = x._name
        return twin
    if type(x) in _CONTAINERS:
        leaves, structure = flatten(x)
        if any(isinstance(leaf, Handle) for leaf in leaves):
            return unflatten(structure, list(map(_value, leaves)))
    return x


def _globals(f: FunctionType) -> dict[str, Any]:
    """Return the variables of the module of `f`; a copy, if it reads one that may be given another value."""
    found = f.__globals__
    read = [name for name in f.__code__.co_names if name in found and not isinstance(found[name], _LASTING)]
    return {**found, **{name: _value(found[name]) for name in read}} if read else found


def _is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises where there is nothing
    except ValueError:
        return False
    return True
