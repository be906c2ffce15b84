"""What a function asks of what stands for a value: answered as of the value itself, or refused."""

from __future__ import annotations

import inspect
import sys
from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import ABSENT, defines
from autograd_lite.base.libraries import WITHIN, of_frame
from autograd_lite.compiler.recording.lines import refuse


def by_user() -> bool:
    """Tell whether what has called the caller is neither NumPy's nor ours."""
    return of_frame(sys._getframe(2)) not in WITHIN


def class_of(x: Any) -> type:
    """Return what the function is told by ``isinstance``: the class that the value has without a trace."""
    return type(x._value) if by_user() else type(x)


class Questions:
    """A value of a trace, as far as it answers; ``_value`` is what it is in this call.

    NOTE: who asks is told by the frame: NumPy and this library know what it is.
    """

    __slots__ = ()
    __class__ = property(class_of)

    # ----- what it is -----

    def _sample(self) -> Any:
        """Return what it is in this call: for NumPy, which is asked what it takes."""
        return self._value

    def __repr__(self) -> str:
        if by_user():
            return repr(self._trace.shown(self))
        return f"<value {self.id} of a compiled function, of shape {self.shape}, dtype={self.dtype}>"

    def __str__(self) -> str:
        return str(self._trace.shown(self)) if by_user() else repr(self)

    def __format__(self, spec: str) -> str:
        return format(self._trace.shown(self), spec) if by_user() else repr(self)

    def __hash__(self) -> int:
        if by_user():
            self._refused("hash()", "a key that is no computed value")
        return object.__hash__(self)

    def __getattr__(self, name: str) -> Any:
        """NOTE: what the value has and a trace does not know is refused, and not said to be absent."""
        kind = type(self._value)
        if name.startswith("_") or not defines(kind, name):
            raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
        self._refused(f".{name}", ABSENT.get(name, "a function of NumPy, whose result is an array"))

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        self._refused("a pickle", "x itself, and return it")

    def _refused(self, call: str, instead: str) -> NoReturn:
        if self._sources:
            self._trace.fixed(self._sources)
        refuse(errors.COMPILE_VALUE, call=call, instead=instead)


class _OfATensor:
    """An attribute that Tensors have and arrays have not: the function does not see it on what stands for an array."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __get__(self, x: Any, cls: Any = None) -> Any:
        if x is not None and by_user():
            raise AttributeError(f"{type(x._value).__name__!r} object has no attribute")
        return self.inner.__get__(x, cls) if defines(type(self.inner), "__get__") else self.inner


def hide_from_users(cls: Any) -> None:
    """Have a class hide what Tensors have and arrays have not."""
    for name in dir(cls):
        if name[:1] != "_" and not defines(np.ndarray, name) and name not in cls.__slots__:
            setattr(cls, name, _OfATensor(inspect.getattr_static(cls, name)))
