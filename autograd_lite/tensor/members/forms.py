"""How a method is declared: a function that has its name, signature and text, and the form of what carries it out.

Type checkers and `help` see the function; its body is empty where NumPy's function does all of the work::

    @numpys(np.cumsum)
    def cumsum(self, axis: int | None = None) -> Tensor:
        "Return the sums of the elements up to each, along one axis."

What is written with a body goes through `own`. So every method takes PyTorch's names of arguments beside NumPy's, and
refuses those that it does not have in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import METHODS
from autograd_lite.engine.binding import in_numpys_names
from autograd_lite.engine.registry import handler_of
from autograd_lite.tensor.members.pytorchs import OTHERWISE

F = TypeVar("F", bound=Callable[..., Any])


class _CarriedOut(Protocol):
    """A decorator that leaves the work of a function to another, and its looks as they are."""

    def __call__(self, text: F, /) -> F: ...


def _carried_out(run: Callable[..., Any]) -> _CarriedOut:
    def declared(text: F, /) -> F:
        return cast(F, update_wrapper(run, text))

    return declared


def unary(fn: np.ufunc) -> _CarriedOut:
    """Declare a method without arguments, which is a ufunc."""
    op = handler_of(fn)
    return _carried_out(lambda self: self._unary(op))


def binary(fn: np.ufunc) -> _CarriedOut:
    """Declare a method of one argument, which is a ufunc of two."""
    op = handler_of(fn)
    return _carried_out(lambda self, other: op(self, other))


def numpys(fn: Callable[..., Any]) -> _CarriedOut:
    """Declare a method that takes its arguments as a function of NumPy does."""
    handler = handler_of(fn)
    return _given_in_numpys_names(fn, lambda self, args, kwargs: handler(self, *args, **kwargs))


def method(text: F, /) -> F:
    """Declare a method that an ndarray has as well."""
    return numpys(METHODS[text.__name__])(text)


def one_by_one(fn: Callable[..., Any]) -> _CarriedOut:
    """Declare a method whose numbers may be given one by one, as ``t.reshape(2, 3)`` and ``t.transpose(1, 0)`` do."""
    handler = handler_of(fn)

    def run(self: Any, args: Any, kwargs: Any) -> Any:
        return handler(self, **kwargs) if kwargs and not args else handler(self, together(args), **kwargs)

    return _given_in_numpys_names(fn, run)


_AXIS_AND_MORE = 2  # PyTorch's ``t.sum(1, True)``, where NumPy has dtypes and outputs, which are no truth values


def _given_in_numpys_names(fn: Callable[..., Any], run: Callable[..., Any]) -> _CarriedOut:
    """Declare a method that a function of NumPy carries out, and that takes PyTorch's names of arguments as well."""
    handler = handler_of(fn)
    known = frozenset((*handler.known, *handler.operands, *handler.defaults))
    reduces = "keepdims" in known

    def declared(text: F, /) -> F:
        otherwise = OTHERWISE.get(text.__name__)

        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            if reduces and ((args and args[0].__class__ is list) or (kwargs and list in map(type, kwargs.values()))):
                return method(self, *map(_tupled, args), **{name: _tupled(value) for name, value in kwargs.items()})
            if otherwise is not None and otherwise.is_meant(self, args, kwargs):
                return otherwise.call(self, *args, **kwargs)
            if reduces and len(args) == _AXIS_AND_MORE and isinstance(args[1], bool):
                return method(self, dim=args[0], keepdim=args[1], **kwargs)
            if not kwargs:
                return run(self, args, kwargs)
            return run(self, args, in_numpys_names(kwargs, known))

        return _carried_out(method)(text)

    return declared


def _tupled(x: Any) -> Any:
    """Return axes that are given in a list, as PyTorch takes them, in a tuple."""
    return tuple(x) if x.__class__ is list else x


def together(numbers: tuple[Any, ...]) -> Any:
    """Return as one what was given one by one, or as one already; None where there is nothing."""
    if len(numbers) == 1 and not isinstance(numbers[0], (int, np.integer)):
        return numbers[0]
    return numbers or None


def own(text: F) -> F:
    """Declare a method that is written in terms of others."""
    code = text.__code__
    known = frozenset(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])
    otherwise = OTHERWISE.get(text.__name__)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if otherwise is not None and otherwise.is_meant(self, args, kwargs):
            return otherwise.call(self, *args, **kwargs)
        if kwargs and not kwargs.keys() <= known:
            kwargs = dict(in_numpys_names(kwargs, known))
            _refuse_unknown(text.__name__, kwargs, known)
        return text(self, *args, **kwargs)

    return _carried_out(method)(text)


def _refuse_unknown(method: str, given: dict[str, Any], known: frozenset[str]) -> None:
    """Refuse arguments that a method does not have."""
    for name in given.keys() - known:
        call = f"t.{method}({', '.join(f'{n}=...' for n in sorted(known))})"
        raise errors.UnsupportedError(errors.UNKNOWN_ARGUMENT.format(op=method, argument=name, call=call))
