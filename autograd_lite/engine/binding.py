"""The arguments of a call: which are operands, which are settings, and which are refused."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from autograd_lite import errors
from autograd_lite.base.signatures import NO_VALUE, says_nothing
from autograd_lite.engine.registry import standing_for

Bound = tuple[Sequence[Any], Mapping[str, Any]]
"""Operands in order, and settings by name."""

PYTORCH_NAMES = {
    "dim": "axis", "dims": "axis", "dim1": "axis1", "dim2": "axis2", "keepdim": "keepdims", "shifts": "shift",
    "diagonal": "k", "split_size": "split_size_or_sections",
}  # fmt: skip
"""Arguments that PyTorch calls otherwise than NumPy. Methods, and functions that NumPy has not, take both names."""


def in_numpys_names(given: Mapping[str, Any], known: Container[str]) -> Mapping[str, Any]:
    """Return arguments under NumPy's names, where they have PyTorch's and NumPy's are known."""
    if PYTORCH_NAMES.keys().isdisjoint(given):
        return given
    return {PYTORCH_NAMES[n] if _is_pytorchs(n, given, known) else n: value for n, value in given.items()}


def _is_pytorchs(name: str, given: Mapping[str, Any], known: Container[str]) -> bool:
    meant = PYTORCH_NAMES.get(name)
    return meant is not None and name not in known and meant in known and meant not in given


def as_given(op: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Bound:
    """Take every positional argument as an operand: for operations of any number of them."""
    return args, kwargs


def by_name(op: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Bound:
    """Split the arguments of a call of an operation into operands, in order, and settings."""
    if len(args) == len(op.operands) and kwargs.keys() <= op.defaults.keys():
        return args, {name: value for name, value in kwargs.items() if value is not NO_VALUE}
    names = {*op.known, *op.operands, *op.defaults}
    kwargs = in_numpys_names(kwargs, names)
    for name in kwargs:
        if name not in names:
            raise unknown(op, name)
    return _split(op, named(op, args, kwargs))


def named(handler: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Name the positional arguments as NumPy does, whose function may have more of them."""
    if len(args) > len(handler.order):
        raise refusal(handler, f"number {len(args)}", " by position")
    given = dict(zip(handler.order, args, strict=False))
    for name in kwargs.keys() & given.keys():
        raise unknown(handler, name)
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


def unknown(handler: Any, name: str) -> errors.UnsupportedError:
    """Return the error for an argument that NumPy's function does not have, or has been given already."""
    names = {"argument": name, "op": handler.__name__, "call": _call(handler)}
    return errors.UnsupportedError(errors.UNKNOWN_ARGUMENT.format(**names))


def _call(handler: Any) -> str:
    """Return the call of a function as its user may write it, for a message."""
    fn = standing_for(handler) or handler
    module = getattr(fn, "__module__", None) or "numpy"
    path = f"np{module.removeprefix('numpy')}.{fn.__name__}" if module.startswith("numpy") else handler.__name__
    return f"{path}({', '.join([*handler.operands, *(f'{name}={name}' for name in handler.defaults)])})"
