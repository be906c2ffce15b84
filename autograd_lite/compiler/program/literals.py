"""Plain values, arrays and functions as Python writes them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

_LONGEST_LITERAL = 64


def literal(value: Any) -> str:
    """Return a plain value as Python writes it."""
    if isinstance(value, float):
        text = repr(float(value))
        named = {"inf": "np.inf", "-inf": "(-np.inf)", "nan": "np.nan"}.get(text, text)
        return f"({named})" if named.startswith("-") else named
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return "..." if value is Ellipsis else repr(value)
    if isinstance(value, int):
        text = int.__repr__(value)  # NOTE: of a subclass too, an enumeration, say, which may write anything else
        return f"({text})" if text.startswith("-") else text
    if isinstance(value, complex):
        return _complex(complex(value))
    if isinstance(value, (str, bytes)):
        return (str if isinstance(value, str) else bytes).__repr__(value)
    if isinstance(value, np.dtype):
        return _dtype(value)
    if isinstance(value, type):
        return _type(value)
    return repr(value)


def _complex(value: complex) -> str:
    """Write a complex number: as a sum only where that gives it back, with NaN and the signs of zeros."""
    text = complex.__repr__(value)
    plain = np.isfinite(value) and complex(text) == value and 0.0 not in (value.real, value.imag)
    return text if plain else f"complex({literal(value.real)}, {literal(value.imag)})"


def _dtype(value: np.dtype[Any]) -> str:
    if value.names:
        return f"np.dtype({value.descr!r})"
    named = getattr(np, value.name, None)
    known = isinstance(named, type) and issubclass(named, np.generic) and np.dtype(named) == value
    return f"np.{value.name}" if known else f"np.dtype({value.str!r})"


def _type(value: type) -> str:
    """Write a class of numbers; a class of the user's, derived from NumPy's, is the dtype that it stands for."""
    name = value.__name__
    if value in (bool, int, float, complex, str, bytes, object):
        return name
    return f"np.{name}" if name.isidentifier() and getattr(np, name, None) is value else _dtype(np.dtype(value))


dtype_text = functools.cache(str)


def is_uniform(array: Any) -> bool:
    """Tell whether an array has elements, and all of them are the same, bit by bit."""
    return bool(array.size) and bool(array.tobytes() == array.flat[:1].tobytes() * array.size)


def array_text(array: Any) -> str:
    """Return a constant as Python writes it: short ones as numbers, long ones as bytes."""
    dtype = literal(array.dtype)
    if isinstance(array, np.generic) or not array.ndim:
        made = f"np.array({_numbers(array.tolist())}, dtype={dtype})"
        return f"{made}[()]" if isinstance(array, np.generic) else made
    if array.size <= _LONGEST_LITERAL:
        return f"np.array({_numbers(array.tolist())}, dtype={dtype}).reshape({array.shape})"
    if is_uniform(array):
        return f"np.full({array.shape}, {literal(array.flat[0].item())}, {dtype})"
    data = np.ascontiguousarray(array).tobytes().hex()
    return f"np.frombuffer(bytes.fromhex({data!r}), dtype={dtype}).reshape({array.shape})"


def example_text(value: Any) -> str:
    if value is None:
        return "np.random.default_rng(0)"
    if not isinstance(value, (np.ndarray, np.generic)):
        return literal(value)
    if isinstance(value, np.ndarray) and value.size > _LONGEST_LITERAL and not value.any():
        return f"np.zeros({value.shape}, {literal(value.dtype)})"
    return array_text(value)


def _numbers(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_numbers, value))}]"
    text = literal(value)
    return text[1:-1] if text.startswith("(") else text
