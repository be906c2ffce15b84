"""The parameters of functions: what a declaration takes its names and defaults from."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from autograd_lite.base.libraries import NUMPY, of_module

NO_VALUE = getattr(np, "_NoValue")  # noqa: B009 - a private name, absent from NumPy's stubs


def is_numpys(fn: Any) -> bool:
    """Tell whether a function is one of NumPy's, of which a few have no module."""
    return of_module(getattr(fn, "__module__", None) or NUMPY) == NUMPY


def parameter_names(fn: Callable[..., Any]) -> tuple[str, ...]:
    code = fn.__code__
    names: tuple[str, ...] = code.co_varnames
    return names[: code.co_argcount + code.co_kwonlyargcount]


def signature(fn: Callable[..., Any]) -> dict[str, Any]:
    """Return the parameters of a Python function (or of what it wraps) with their defaults, None where none.

    `inspect.signature` would say the same and cost as much as the rest of the import.
    """
    inner = getattr(fn, "__wrapped__", fn)
    names = parameter_names(inner)
    found = dict.fromkeys(names)
    positional = names[: inner.__code__.co_argcount]
    defaults = inner.__defaults__ or ()
    found |= dict(zip(positional[len(positional) - len(defaults) :], defaults, strict=True))
    found |= inner.__kwdefaults__ or {}
    absent = {"keepdims": False, "where": True, "initial": NO_VALUE}  # what no value given means; None for the others
    return {name: absent.get(name) if value is NO_VALUE else value for name, value in found.items()}


def known_parameters(fn: Any, otherwise: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a function of NumPy with their defaults; `otherwise` where it is written in C."""
    return signature(fn) if is_in_python(fn) else otherwise


def is_in_python(fn: Any) -> bool:
    """Tell whether a function, or what NumPy has wrapped in it, is written in Python."""
    return isinstance(getattr(fn, "__wrapped__", fn), (FunctionType, MethodType))


def says_nothing(value: Any, default: Any) -> bool:
    """Tell whether an argument that is not supported asks for no more than its absence would."""
    if value is None:
        return default is not NO_VALUE
    return value is NO_VALUE or (isinstance(value, (bool, str, int)) and value == default)
