"""What is saved as arrays with names, and a text in JSON that says how they are put together."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from math import isnan
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_masked
from autograd_lite.engine.generators import is_generator
from autograd_lite.engine.record import Handle, make_tensor, plain_of

Arrays = dict[str, np.ndarray[Any, Any]]
VERSION = 1
_LONG, _BITS = 1000, 1 << 12  # of a name, in letters; of a number that JSON is given
_DEPTH = 200  # of what is in each other: it takes more of the stack to be read than to be written


def taken_apart(obj: Any) -> tuple[Arrays, str]:
    """Return the arrays in something, by names that say where they are, and how it is built."""
    arrays: Arrays = {}
    tree = _described(obj, "", arrays, _DEPTH)
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
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error) as error:
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason=error)) from error


# ----- from values to JSON: a list of a kind, and what is in it; plain values stand for themselves -----


def _described(x: Any, place: str, arrays: Arrays, depth: int) -> Any:
    if x is None or type(x) in (bool, str):
        return x
    if type(x) is float:
        return ["nan", struct.pack(">d", x).hex()] if isnan(x) else x  # of which JSON has one
    if type(x) is int:
        return x if x.bit_length() < _BITS else ["int", hex(x)]
    if isinstance(x, (Handle, np.ndarray, np.generic)):
        return [_kind(x), _stored(x, place, arrays)]
    if not depth:
        raise errors.DataError(errors.SAVE_DEPTH)
    if isinstance(x, Mapping):
        values = [_described(value, _within(place, key), arrays, depth - 1) for key, value in x.items()]
        keys = [_described(key, place, arrays, depth - 1) for key in x]
        return ["dict", list(map(list, zip(keys, values, strict=True)))]
    if isinstance(x, (list, tuple)):
        parts = [_described(part, _within(place, i), arrays, depth - 1) for i, part in enumerate(x)]
        return ["list" if isinstance(x, list) else "tuple", parts]
    if type(x) is complex:
        return ["complex", [_described(part, place, arrays, 1) for part in (x.real, x.imag)]]
    if is_generator(x):
        raise errors.DataError(errors.SAVE_GENERATOR.format(place=place or "what is given"))
    raise errors.DataError(errors.SAVE_KIND.format(place=place or "what is given", given=type(x).__name__))


def _kind(x: Any) -> str:
    return "tensor" if isinstance(x, Handle) else "array" if isinstance(x, np.ndarray) else "number"


def _within(place: str, key: Any) -> str:
    return f"{place}.{key}" if place else str(key)


def _stored(x: Any, place: str, arrays: Arrays) -> str:
    """Put an array among the others, and return the name that it has there."""
    if is_masked(x):
        raise errors.DataError(errors.SAVE_MASKED.format(place=place or "the array"))
    array = np.asarray(plain_of(x))
    if array.dtype.kind not in "biufcSU":
        raise errors.DataError(errors.SAVE_DTYPE.format(place=place or "the array", given=array.dtype))
    name = unused(place if _is_plain(place) else "array", arrays)
    arrays[name] = array
    return name


def _is_plain(place: str) -> bool:
    """Tell whether a file of any kind can have an array of this name."""
    return 0 < len(place) <= _LONG and place.isprintable() and "\\" not in place and place != "__metadata__"


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


def _numbers(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.dtype.kind not in "biufc":
        raise ValueError(f"a Tensor of {array.dtype}")
    return array


_MAKERS: Mapping[str, Callable[[Any, Arrays], Any]] = {
    "array": lambda name, arrays: arrays[name],
    "complex": lambda parts, arrays: complex(*[_made(part, arrays) for part in parts]),
    "dict": lambda pairs, arrays: {_made(key, arrays): _made(value, arrays) for key, value in pairs},
    "int": lambda text, arrays: int(text, 16),
    "list": lambda parts, arrays: [_made(part, arrays) for part in parts],
    "nan": lambda text, arrays: struct.unpack(">d", bytes.fromhex(text))[0],
    "number": lambda name, arrays: arrays[name][()],
    "tensor": lambda name, arrays: make_tensor(_numbers(arrays[name])),
    "tuple": lambda parts, arrays: tuple([_made(part, arrays) for part in parts]),
}
