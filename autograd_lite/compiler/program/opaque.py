"""A call of the user's own code in a program: no trace sees into it, so it is made anew at every call.

What such code reads is read at every call as well, so nothing of it has to be compared; and what it changes it changes
as in the plain function. Programs keep these calls in their order, each made once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors

_PASSED = (str, bytes, bool, int, float, complex, type(None), np.dtype, np.ndarray, np.generic)


class Opaque:
    """A function that stands in an instruction.

    Parameters
    ----------
    fn : callable
        What computes the values, from arrays.
    name : str
        What the text of the program calls it.
    held : dict
        Settings that no program can hold, by name or place: they are what they were in the first call.
    kinds : tuple or list of tuple
        Of what it returned in the first call, see `kinds_of`.
    """

    def __init__(self, fn: Callable[..., Any], name: str, held: dict[Any, Any], kinds: Any) -> None:
        self.__name__ = name
        self.held, self.kinds = held, kinds
        self._fn = fn

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        value = carried_out(self._fn, args, kwargs, self.held)
        kinds = kinds_of(value)
        if kinds != self.kinds:
            names = {"given": said(kinds), "known": said(self.kinds)}
            raise errors.CompileError(errors.COMPILE_OPAQUE_KIND.format(op=self.__name__, **names))
        return value

    def __repr__(self) -> str:
        return f"<opaque call of {self.__name__}>"


class Opaques:
    """The opaque calls of one run: what is the same function with the same settings and results has one name."""

    def __init__(self) -> None:
        self._known: dict[Any, Opaque] = {}
        self._names: dict[str, int] = {}

    def of(self, fn: Callable[..., Any], name: str, held: dict[Any, Any], value: Any) -> Opaque:
        """Return what stands for a function that has just returned `value`."""
        kinds = kinds_of(value)
        key = (id(fn), tuple([(where, id(x)) for where, x in held.items()]), str(kinds))
        if key not in self._known:
            self._known[key] = Opaque(fn, self._named(name), held, kinds)
        return self._known[key]

    def _named(self, name: str) -> str:
        name = f"call_{name}" if f"call_{name}".isidentifier() and name.isascii() else "call_opaque"
        count = self._names[name] = self._names.get(name, 0) + 1
        return name if count == 1 else f"{name}_{count}"


def carried_out(fn: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], held: dict[Any, Any]) -> Any:
    """Call a function with its own copies of arrays, and with what is held in its place."""
    rest = iter(map(_own, args))
    places = [k for k in held if isinstance(k, int)]
    count = len(args) + len(places)
    given = [held[k] if k in held else next(rest) for k in range(count)]
    named = {k: x for k, x in held.items() if isinstance(k, str)}
    return fn(*given, **{name: _own(x) for name, x in kwargs.items()}, **named)


def _own(x: Any) -> Any:
    """Return a value as a function may keep it, or write to it: memory of a program is used again."""
    if isinstance(x, np.ndarray):
        return x.copy()
    return type(x)([_own(part) for part in x]) if x.__class__ in (tuple, list) else x


def is_passed(x: Any, traced: Callable[[Any], bool]) -> bool:
    """Tell whether an operand stands in the text of a call; what does not is held by the function."""
    if x.__class__ in (tuple, list):
        return all(is_passed(part, traced) for part in x)
    return isinstance(x, _PASSED) or traced(x)


def kinds_of(value: Any) -> Any:
    """Return what has to be the same at every call of a value: shape, dtype and class; a list of these for several."""
    if isinstance(value, tuple):
        return list(map(kinds_of, value))
    return np.shape(value), getattr(value, "dtype", None), type(value)


def said(kinds: Any) -> str:
    """Return kinds as a message says them."""
    if isinstance(kinds, list):
        return " and ".join(map(said, kinds)) or "nothing"
    shape, dtype, cls = kinds
    return f"{dtype} of shape {shape}" if dtype is not None else f"a {cls.__name__}"


def is_opaque(fn: Any) -> bool:
    """Tell whether what an instruction calls is code that no trace has seen into."""
    return fn.__class__ is Opaque
