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
    if len(args) > len(op.order):
        raise _refusal(op, f"number {len(args)}", " by position")
    named = dict(zip(op.order, args, strict=False))
    for name, value in kwargs.items():
        if name in named or (name not in op.known and name not in op.operands and name not in op.defaults):
            raise _unknown(op, name, value)
        named[name] = value
    return _split(op, named)


def _split(op: Any, named: Mapping[str, Any]) -> Bound:
    operands, settings = dict.fromkeys(op.operands, NO_VALUE), {}
    for name, value in named.items():
        if name in operands:
            operands[name] = value
        elif value is not NO_VALUE and name in op.defaults:
            settings[name] = value
        elif not says_nothing(value, op.known.get(name)):
            raise _refusal(op, name)
    for name, value in operands.items():
        if value is NO_VALUE:
            raise errors.UnsupportedError(errors.MISSING_ARGUMENT.format(op=op.name, argument=name, call=_call(op)))
    return list(operands.values()), settings


def _refusal(op: Any, argument: str, extra: str = "") -> errors.UnsupportedError:
    text = errors.UNSUPPORTED_ARGUMENT.format(argument=argument, op=op.name, extra=extra, call=_call(op))
    return errors.UnsupportedError(text)


def _unknown(op: Any, name: str, value: Any) -> errors.UnsupportedError:
    if PYTORCH_NAMES.get(name) in op.defaults:
        return numpys_name(op.name, name, value, call_of(op, op.operands, ()))
    return errors.UnsupportedError(errors.UNKNOWN_ARGUMENT.format(op=op.name, argument=name, call=_call(op)))


def _call(op: Any) -> str:
    return call_of(op, op.operands, op.defaults)


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
