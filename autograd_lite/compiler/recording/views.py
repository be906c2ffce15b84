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
from autograd_lite.rules import indexing, shaping


class Viewing:
    """A call of NumPy of which the result, or one of its results, is a view of an argument: in an operation's place."""

    def __init__(self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any], place: int, part: int | None) -> None:
        self._fn, self._args, self._kwargs, self._place, self._part = fn, args, kwargs, place, part

    def __call__(self, base: Any) -> Any:
        return self._picked(base._trace.call(self._fn, self._with(base), self._kwargs))

    def _with(self, base: Any) -> list[Any]:
        return [base if i == self._place else x for i, x in enumerate(self._args)]

    def _picked(self, results: Any) -> Any:
        return results if self._part is None else results[self._part]

    def view(self, base: Any, value: Any) -> Any:
        """Return what the argument is once `value` was written into the result."""
        given = self._with(np.arange(base.size).reshape(base.shape))
        if traced_in((*given, *self._kwargs.values())):
            what = "an array that others are views of"
            refuse(errors.COMPILE_WRITE, op=f"a view by {self._fn.__name__}", what=what)
        places = self._picked(self._fn(*given, **self._kwargs))
        return indexing.setitem(base.reshape(-1), value.reshape(-1), key=places.ravel()).reshape(base.shape)


_TRANSPOSE: Any = handler_of(np.transpose)
_KNOWN: dict[Any, Callable[[Any, Any], tuple[Op, Settings]]] = {
    operator.getitem: lambda base, key: (indexing.getitem, {"key": key}),
    np.reshape: lambda base, shape: (shaping.reshaped, {"shape": shape}),
    np.ravel: lambda base, _: (shaping.raveled, NO_SETTINGS),
    np.transpose: lambda base, axes: (_TRANSPOSE, {"axes": axes}),
}


def link_views(result: Any, value: Any, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Note of which of the arguments a result of a call is a view."""
    if isinstance(value, np.ndarray):
        _link_one(result, value, fn, args, kwargs, None)
    elif isinstance(value, (tuple, list)):
        for part, (traced, array) in enumerate(zip(result, value, strict=True)):
            if isinstance(array, np.ndarray):
                _link_one(traced, array, fn, args, kwargs, part)


def _link_one(
    result: Any, value: Array, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any], part: int | None
) -> None:
    for place, x in enumerate(args if value.base is not None else ()):
        if isinstance(x, Traced) and isinstance(x._value, np.ndarray) and shares(value, x._value):
            if fn in _KNOWN and not place and not kwargs and not traced_in(args[1:]):
                op, settings = _KNOWN[fn](x, args[1] if len(args) > 1 else None)
                return link(result, x, op, settings)
            return link(result, x, Viewing(fn, args, kwargs, place, part), NO_SETTINGS)  # type: ignore[arg-type]
    return None
