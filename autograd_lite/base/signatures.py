"""The parameters of functions: what a declaration takes its names and defaults from."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from types import FunctionType, MethodType
from typing import Any

import numpy as np

NO_VALUE = getattr(np, "_NoValue")  # noqa: B009 - a private name, absent from NumPy's stubs


def parameter_names(fn: Callable[..., Any]) -> tuple[str, ...]:
    code = fn.__code__
    names: tuple[str, ...] = code.co_varnames
    return names[: code.co_argcount + code.co_kwonlyargcount]


def signature_of(fn: Callable[..., Any]) -> dict[str, Any]:
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


Cores = tuple[tuple[str, ...], ...]


@cache
def core_dimensions(signature: str | None) -> tuple[Cores | None, Cores]:
    """Return the names of the axes that each operand, and each result, has at least; None where nothing is said.

    Examples
    --------
    >>> core_dimensions("(n?,k),(k)->(n?)")
    ((('n?', 'k'), ('k',)), (('n?',),))
    >>> core_dimensions("(),()->()")
    (((), ()), ((),))
    """
    if signature is None:
        return None, ()
    operands, results = (_axes(side) for side in signature.replace(" ", "").split("->"))
    return operands, results


def _axes(side: str) -> Cores:
    return tuple([tuple(filter(None, group.split(","))) for group in side[1:-1].split("),(")])


class _Signature:
    """What `inspect.signature` reads of an object that stands for a function, and not of its class."""

    def __get__(self, instance: Any, owner: type | None = None) -> inspect.Signature:
        if instance is None:
            raise AttributeError("__signature__")
        try:
            return inspect.signature(instance.__wrapped__)
        except ValueError:  # of a ufunc, in NumPy before 2.4
            kind = inspect.Parameter.POSITIONAL_ONLY
            return inspect.Signature([inspect.Parameter(name, kind) for name in instance.operands])


class Described:
    """What has the name, the text and the signature of a function that it stands for, or is made of."""

    __slots__ = ()
    __name__: str
    __signature__ = _Signature()

    def describe(self, name: str, source: Callable[..., Any]) -> None:
        """Take over what there is to say of `source`, as `functools.update_wrapper` does."""
        own = self.__dict__
        own["__name__"] = name
        own["__module__"] = getattr(source, "__module__", None) or "numpy"
        own["__qualname__"] = getattr(source, "__qualname__", name) if source.__name__ == name else name
        own["__doc__"] = source.__doc__ or f"The operation {name}."
        own["__annotations__"], own["__wrapped__"] = getattr(source, "__annotations__", {}), source


def known_parameters(fn: Any, otherwise: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a function of NumPy with their defaults; `otherwise` where it is written in C."""
    return signature_of(fn) if is_in_python(fn) else otherwise


def is_in_python(fn: Any) -> bool:
    """Tell whether a function, or what NumPy has wrapped in it, is written in Python."""
    return isinstance(getattr(fn, "__wrapped__", fn), (FunctionType, MethodType))


def says_nothing(value: Any, default: Any) -> bool:
    """Tell whether an argument that is not supported asks for no more than its absence would."""
    if value is None:
        return default is not NO_VALUE
    return value is NO_VALUE or (isinstance(value, (bool, str, int)) and value == default)
