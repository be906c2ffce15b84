"""The arguments of a call: which are operands, which are settings, and which are refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd_lite import errors
from autograd_lite.base.signatures import NO_VALUE, says_nothing
from autograd_lite.engine.registry import standing_for

Bound = tuple[Sequence[Any], Mapping[str, Any]]
"""Operands in order, and settings by name."""

PYTORCH_NAMES = {"dim": "axis", "dims": "axis", "keepdim": "keepdims"}
"""Arguments that PyTorch calls otherwise than NumPy."""


def as_given(op: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Bound:
    """Take every positional argument as an operand: for operations of any number of them."""
    return args, kwargs


def by_name(op: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Bound:
    """Split the arguments of a call of an operation into operands, in order, and settings."""
    if len(args) == len(op.operands) and kwargs.keys() <= op.defaults.keys():
        return args, {name: value for name, value in kwargs.items() if value is not NO_VALUE}
    for name, value in kwargs.items():
        if name not in op.known and name not in op.operands and name not in op.defaults:
            raise unknown(op, name, value)
    return _split(op, named(op, args, kwargs))


def named(handler: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Name the positional arguments as NumPy does, whose function may have more of them."""
    if len(args) > len(handler.order):
        raise refusal(handler, f"number {len(args)}", " by position")
    given = dict(zip(handler.order, args, strict=False))
    for name in kwargs.keys() & given.keys():
        raise unknown(handler, name, kwargs[name])
    return {**given, **kwargs}


def _split(op: Any, given: Mapping[str, Any]) -> Bound:
    operands, settings = dict.fromkeys(op.operands, NO_VALUE), {}
    for name, value in given.items():
        if name in operands:
            operands[name] = value
        elif value is not NO_VALUE and name in op.defaults:
            settings[name] = value
        elif not says_nothing(value, op.known.get(name)):
            raise refusal(op, name)
    for name, value in operands.items():
        if value is NO_VALUE:
            raise errors.UnsupportedError(errors.MISSING_ARGUMENT.format(op=op.name, argument=name, call=_call(op)))
    return list(operands.values()), settings


def refusal(handler: Any, argument: str, extra: str = "") -> errors.UnsupportedError:
    """Return the error for an argument of NumPy's function that is not supported."""
    names = {"argument": argument, "op": handler.__name__, "extra": extra, "call": _call(handler)}
    return errors.UnsupportedError(errors.UNSUPPORTED_ARGUMENT.format(**names))


def unknown(handler: Any, name: str, value: Any) -> errors.UnsupportedError:
    """Return the error for an argument that NumPy's function does not have, or has been given already."""
    if PYTORCH_NAMES.get(name) in {*handler.known, *handler.defaults}:
        return numpys_name(handler.__name__, name, value, call_of(handler, handler.operands, ()))
    names = {"argument": name, "op": handler.__name__, "call": _call(handler)}
    return errors.UnsupportedError(errors.UNKNOWN_ARGUMENT.format(**names))


def _call(handler: Any) -> str:
    return call_of(handler, handler.operands, handler.defaults)


def call_of(handler: Any, operands: Iterable[str], settings: Iterable[str]) -> str:
    """Return the call of a function as its user may write it, for a message."""
    fn = standing_for(handler) or handler
    module = getattr(fn, "__module__", None) or "numpy"
    path = f"np{module.removeprefix('numpy')}.{fn.__name__}" if module.startswith("numpy") else handler.__name__
    return f"{path}({', '.join([*operands, *(f'{name}={name}' for name in settings)])})"


def numpys_name(op: str, name: str, value: Any, call: str) -> errors.UnsupportedError:
    """Return the error for an argument with PyTorch's name; `call` is the call without it, for the line to write."""
    argument = PYTORCH_NAMES[name]
    line = f"{call.removesuffix(')')}{', ' if call[-2] != '(' else ''}{argument}={value!r})"
    return errors.UnsupportedError(errors.PYTORCH_ARGUMENT.format(op=op, given=name, argument=argument, call=line))
