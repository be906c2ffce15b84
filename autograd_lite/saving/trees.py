"""What is saved as arrays with names, and a text in JSON that says how they are put together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine.record import Handle, array_of, make_tensor

Arrays = dict[str, np.ndarray[Any, Any]]
VERSION = 1


def taken_apart(obj: Any) -> tuple[Arrays, str]:
    """Return the arrays in something, by names that say where they are, and how it is built."""
    arrays: Arrays = {}
    tree = _described(obj, "", arrays)
    return arrays, json.dumps({"autograd_lite": VERSION, "tree": tree}, allow_nan=True)


def put_together(what: str, arrays: Arrays, text: str) -> Any:
    """Return what was taken apart."""
    try:
        found = json.loads(text)
        version = found["autograd_lite"]
        if version != VERSION:
            raise errors.FileError(errors.LOAD_VERSION.format(file=what, version=version))
        return _made(found["tree"], arrays)
    except errors.FileError:
        raise
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason=error)) from error


# ----- from values to JSON: a list of a kind, and what is in it; plain values stand for themselves -----


def _described(x: Any, place: str, arrays: Arrays) -> Any:
    if x is None or type(x) in (bool, int, float, str):
        return x
    if isinstance(x, (Handle, np.ndarray, np.generic)):
        return [_kind(x), _stored(x, place, arrays)]
    if isinstance(x, Mapping):
        values = [_described(value, _within(place, key), arrays) for key, value in x.items()]
        return ["dict", [[_described(key, place, arrays), value] for key, value in zip(x, values, strict=True)]]
    if isinstance(x, (list, tuple)):
        parts = [_described(part, _within(place, i), arrays) for i, part in enumerate(x)]
        return ["list" if isinstance(x, list) else "tuple", parts]
    if type(x) is complex:
        return ["complex", [x.real, x.imag]]
    raise errors.DataError(errors.SAVE_KIND.format(place=place or "what is given", given=type(x).__name__))


def _kind(x: Any) -> str:
    return "tensor" if isinstance(x, Handle) else "array" if isinstance(x, np.ndarray) else "number"


def _within(place: str, key: Any) -> str:
    return f"{place}.{key}" if place else str(key)


def _stored(x: Any, place: str, arrays: Arrays) -> str:
    """Put an array among the others, and return the name that it has there."""
    array = np.asarray(array_of(x) if isinstance(x, Handle) else x)
    if array.dtype.kind not in "biufcSU":
        raise errors.DataError(errors.SAVE_DTYPE.format(place=place or "the array", given=array.dtype))
    name = unused(place or "array", arrays)
    arrays[name] = array
    return name


def unused(name: str, names: Iterable[str]) -> str:
    """Return a name, or one like it that is not among others: ``{"a": {"b": x}, "a.b": y}`` has two of one name."""
    found, number = name, 1
    while found in names:
        number += 1
        found = f"{name} ({number})"
    return found


# ----- and back -----


def _made(x: Any, arrays: Arrays) -> Any:
    if not isinstance(x, list):
        return x
    kind, content = x
    return _MAKERS[kind](content, arrays)


_MAKERS: Mapping[str, Callable[[Any, Arrays], Any]] = {
    "array": lambda name, arrays: arrays[name],
    "complex": lambda parts, arrays: complex(*parts),
    "dict": lambda pairs, arrays: {_made(key, arrays): _made(value, arrays) for key, value in pairs},
    "list": lambda parts, arrays: [_made(part, arrays) for part in parts],
    "number": lambda name, arrays: arrays[name][()],
    "tensor": lambda name, arrays: make_tensor(arrays[name]),
    "tuple": lambda parts, arrays: tuple([_made(part, arrays) for part in parts]),
}
