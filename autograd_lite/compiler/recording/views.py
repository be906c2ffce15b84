"""Which values of a trace are views of which, so that a write to one of them is written down for all: see `views`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.compiler.recording.lines import refuse
from autograd_lite.compiler.recording.traced import Traced, traced_in
from autograd_lite.engine.op import NO_SETTINGS, Op, Settings
from autograd_lite.engine.record import link, shares
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules import elementwise, indexing, shaping


class Viewing:
    """A call of NumPy of which the result, or one of its results, shows an argument: in an operation's place."""

    def __init__(
        self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any], part: int | None, whole: bool
    ) -> None:  # fmt: skip
        self._fn, self._args, self._kwargs, self._part = fn, args, kwargs, part
        self._whole = whole  # it is the argument itself

    def __call__(self, base: Any) -> Any:
        """Make the call anew: the argument, which is among the others, stands for what it is now."""
        return self._picked(base._trace.call(self._fn, self._args, self._kwargs))

    def _picked(self, results: Any) -> Any:
        return results if self._part is None else results[self._part]

    def view(self, base: Any, value: Any) -> Any:
        """Return what the argument is once `value` was written into the result."""
        if self._whole:
            return value
        numbers = np.arange(base.size).reshape(base.shape)
        args = _with(self._args, base, numbers)
        kwargs = {name: _with(x, base, numbers) for name, x in self._kwargs.items()}
        if traced_in((*args, *kwargs.values())) or value.dtype != base.dtype:
            what = "an array that others are views of"
            refuse(errors.COMPILE_WRITE, op=f"a view by {self._fn.__name__}", what=what)
        places = self._picked(self._fn(*args, **kwargs))
        return indexing.setitem(base.reshape(-1), value.reshape(-1), key=places.ravel()).reshape(base.shape)


def _with(x: Any, base: Any, instead: Any) -> Any:
    """Return an operand with something else in the place of `base`, whatever it is nested in."""
    if isinstance(x, (tuple, list)):
        return [_with(part, base, instead) for part in x]
    return instead if x is base else x


_TRANSPOSE: Any = handler_of(np.transpose)
_KNOWN: dict[Any, Callable[[Any, Any], tuple[Op, Settings]]] = {
    operator.getitem: lambda base, key: (indexing.getitem, {"key": key}),
    np.reshape: lambda base, shape: (shaping.reshaped, {"shape": shape}),
    np.ravel: lambda base, _: (shaping.raveled, NO_SETTINGS),
    np.transpose: lambda base, axes: (_TRANSPOSE, {"axes": axes}),
    np.real: lambda base, _: (elementwise.real_part, NO_SETTINGS),
    np.imag: lambda base, _: (elementwise.imaginary_part, NO_SETTINGS),
}


def link_views(result: Any, value: Any, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Note which of the arguments a result of a call shows: of which it is a view, or which it is itself."""
    if isinstance(value, np.ndarray):
        _link_one(result, value, fn, args, kwargs, None)
    elif isinstance(value, (tuple, list)):
        for part, (traced, array) in enumerate(zip(result, value, strict=True)):
            if isinstance(array, np.ndarray):
                _link_one(traced, array, fn, args, kwargs, part)


def _link_one(
    result: Any, value: Array, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any], part: int | None
) -> None:
    for x in traced_in((*args, *kwargs.values())):
        whole = value is x._value
        if isinstance(x, Traced) and (whole or _is_view(value, x._value)):
            if not whole and fn in _KNOWN and args and x is args[0] and not kwargs and not traced_in(args[1:]):
                op, settings = _KNOWN[fn](x, args[1] if len(args) > 1 else None)
                return link(result, x, op, settings)
            viewing: Any = Viewing(fn, args, kwargs, part, whole)
            return link(result, x, viewing, NO_SETTINGS)
    return None


def _is_view(value: Array, operand: Any) -> bool:
    return value.base is not None and isinstance(operand, np.ndarray) and shares(value, operand)
