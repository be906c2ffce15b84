"""Where a trace looks in: numbers of Python that may change between calls, random generators, checks of values.

A trace (see `compiler`) sees every call of NumPy. It would not see a number that is read from an optimiser, or numbers
drawn at random, and cannot answer a question about values that will be others next time. Who reads, draws or asks goes
through here; while nobody watches, that costs reading one variable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any, Protocol

from autograd_lite.base.shapes import everywhere


class Watcher(Protocol):
    """What a trace does at these places."""

    def number(self, owner: MutableMapping[str, Any], key: str) -> Any:
        """Return what stands for the number ``owner[key]``, which is read anew at every call."""

    def setting(self, owner: MutableMapping[str, Any], key: str) -> float:
        """Return the number ``owner[key]``, and have it compared at every call."""

    def generator(self, rng: Any) -> Any:
        """Return what draws from `rng` at every call."""

    def verify(self, condition: Any, text: str, error: Callable[[str], Exception]) -> None:
        """Have the condition checked at every call."""

    def opaque(self, fn: Any, name: str, args: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        """Call a function that nobody can see into, at every call."""

    def aside(self) -> AbstractContextManager[Any]:
        """Return a block in which nothing is watched."""

    def is_outside(self, t: Any) -> bool:
        """Tell whether a Tensor was there before, and is not to be changed before the call has ended."""

    def shown(self, value: Any) -> Any:
        """Return what an array is in this call, for who prints it; refused elsewhere."""


READERS: list[Any] = []
"""Who sees, in any thread, every array that Tensors are read for and are given (see `compiler.slots`)."""
watching: ContextVar[Watcher | None] = ContextVar("autograd_lite_watching", default=None)
_watcher = watching.get


def traced() -> bool:
    """Tell whether a trace is watching: what is done once, and not at every call, is not to be done then."""
    return _watcher() is not None


def number(owner: MutableMapping[str, Any], key: str) -> Any:
    """Return ``float(owner[key])``, or what stands for it in a trace.

    NOTE: a float of Python, because a NumPy number would make float64 of a float32 parameter.
    """
    watcher = _watcher()
    return float(owner[key]) if watcher is None else watcher.number(owner, key)


def setting(owner: MutableMapping[str, Any], key: str) -> float:
    """Return ``float(owner[key])`` of what decides how something is computed, and not only with which numbers."""
    watcher = _watcher()
    return float(owner[key]) if watcher is None else watcher.setting(owner, key)


def drawing(rng: Any) -> Any:
    """Return a generator, or what draws from it at every call of a compiled function."""
    watcher = _watcher()
    return rng if watcher is None else watcher.generator(rng)


def opaque(fn: Callable[..., Any], name: str, args: Sequence[Any], settings: Mapping[str, Any]) -> Any:
    """Call code of the user's that may do anything with arrays; a trace has it called at every call, as it is."""
    watcher = _watcher()
    return fn(*args, **settings) if watcher is None else watcher.opaque(fn, name, args, settings)


def aside() -> AbstractContextManager[Any]:
    """Return a block in which nothing is watched: of what depends on nothing that a compiled function does."""
    watcher = _watcher()
    return nullcontext() if watcher is None else watcher.aside()


def verify(condition: Any, text: str, error: Callable[[str], Exception]) -> None:
    """Raise ``error(text)`` unless a condition on values holds at every element."""
    watcher = _watcher()
    if watcher is not None and hasattr(condition, "everywhere"):
        watcher.verify(condition, text, error)
    elif not everywhere(condition):
        raise error(text)


def changeable(t: Any) -> bool:
    """Tell whether a Tensor may be changed now, and not only when a trace has ended."""
    watcher = _watcher()
    return watcher is None or not watcher.is_outside(t)


def shown(array: Any) -> Any:
    """Return an array as it is to be printed."""
    watcher = _watcher()
    return array if watcher is None else watcher.shown(array)
