"""Where a trace looks in: numbers of Python that may change between calls, random generators, checks of values.

A trace (see `compiler`) sees every call of NumPy. It would not see a number that is read from an optimiser, or numbers
drawn at random, and cannot answer a question about values that will be others next time. Who reads, draws or asks goes
through here; while nobody watches, that costs reading one variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar
from weakref import WeakSet

from autograd_lite.base.arraylike import ArrayLike
from autograd_lite.base.elsewhere import is_foreign
from autograd_lite.base.shapes import everywhere

T = TypeVar("T")

SETTLING: WeakSet[Any] = WeakSet()
"""Objects that keep something in another form than the one that a trace reads; ``settle()`` takes it apart before."""


class Step(Protocol):
    """One step of a loop, while a trace records it: its calls are repeated in the place of being made."""

    def standing_for(self, value: Any, like: Any = None, at: int | None = None) -> Any:
        """Return what stands for a value that is another one in each step: of this kind; for one of its elements."""

    def kind(self, value: Any) -> Any:
        """Return of which kind a value is; two values of the same may stand for each other."""

    def is_whole(self) -> bool:
        """Tell whether the step may be repeated; not so if it draws numbers, or calls what nobody can see into."""

    def forget(self) -> None:
        """Leave the calls out, as if they had not been made."""

    def repeated(self, length: int, reverse: bool, carry: Any, xs: Any, outputs: Sequence[Any]) -> list[Any]:
        """Leave the calls out, and write a loop over them; return what it gives.

        `carry` and `xs` are what stands for the values, and what the loop begins with, or goes through. The first
        outputs are the next carry, whose last values are given; of the others, those of all steps.
        """


class Watcher(Protocol):
    """What a trace does at these places."""

    def number(self, owner: MutableMapping[str, Any], key: str, part: int | None = None) -> Any:
        """Return what stands for the number ``owner[key]``, which is read anew at every call; for a part of a pair."""

    def setting(self, owner: MutableMapping[str, Any], key: str, part: int | None = None) -> float:
        """Return the number ``owner[key]``, and have it compared at every call."""

    def is_set(self, owner: MutableMapping[str, Any], key: str) -> bool:
        """Tell whether the number ``owner[key]`` is another than 0, and have that compared at every call."""

    def generator(self, rng: Any) -> Any:
        """Return what draws from `rng` at every call."""

    def verify(self, condition: Any, text: str, error: Callable[[str], Exception]) -> None:
        """Have the condition checked at every call."""

    def opaque(self, fn: Any, name: str, args: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        """Call a function that nobody can see into, at every call."""

    def aside(self) -> AbstractContextManager[Any]:
        """Return a block in which nothing is watched."""

    def doing(self, items: Iterable[T], said: Callable[[T], tuple[str, Any]]) -> Iterable[T]:
        """Return the items of a loop, and know of each, while the loop is at it, what is computed: see `doing`."""

    def step(self) -> Step | None:
        """Return what records one step of a loop, from now on; None where loops are carried out."""

    def is_outside(self, t: Any) -> bool:
        """Tell whether a Tensor was there before, and is not to be changed before the call has ended."""

    def shown(self, value: Any) -> Any:
        """Return what an array is in this call, for who prints it; refused elsewhere."""


watching: ContextVar[Watcher | None] = ContextVar("autograd_lite_watching", default=None)
_watcher = watching.get


def traced() -> bool:
    """Tell whether a trace is watching: what is done once, and not at every call, is not to be done then."""
    return _watcher() is not None


def number(owner: MutableMapping[str, Any], key: str, part: int | None = None) -> Any:
    """Return ``float(owner[key])``, or ``float(owner[key][part])``, or what stands for it in a trace.

    NOTE: a float of Python, because a NumPy number would make float64 of a float32 parameter.
    """
    watcher = _watcher()
    return value_at(owner, key, part) if watcher is None else watcher.number(owner, key, part)


def setting(owner: MutableMapping[str, Any], key: str, part: int | None = None) -> float:
    """Return ``float(owner[key])`` of what decides how something is computed, and not only with which numbers."""
    watcher = _watcher()
    return value_at(owner, key, part) if watcher is None else watcher.setting(owner, key, part)


def is_set(owner: MutableMapping[str, Any], key: str) -> bool:
    """Tell whether a number is another than 0: whether something is computed, with whichever `number`."""
    watcher = _watcher()
    return bool(owner[key]) if watcher is None else watcher.is_set(owner, key)


def value_at(owner: MutableMapping[str, Any], key: str, part: int | None = None) -> float:
    """Return the number that stands under a key, or the part of the tuple that does."""
    value = owner[key]
    return float(value if part is None else value[part])


def place_of(key: str, part: int | None = None) -> str:
    """Return how a number is read, as it is written behind its owner."""
    return f"[{key!r}]" if part is None else f"[{key!r}][{part}]"


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


def doing(items: Iterable[T], said: Callable[[T], tuple[str, Any]]) -> Iterable[T]:
    """Return the items of a loop in which something is computed that bears a name in a program.

    ``said(item)`` is what it is for an item, and the node whose derivative it becomes, None where it becomes none.
    """
    watcher = _watcher()
    return items if watcher is None else watcher.doing(items, said)


def verify(condition: Any, text: str, error: Callable[[str], Exception]) -> None:
    """Raise ``error(text)`` unless a condition on values holds at every element."""
    watcher = _watcher()
    if watcher is not None and isinstance(condition, ArrayLike):
        watcher.verify(condition, text, error)
    elif not (bool(condition.all()) if is_foreign(condition) else everywhere(condition)):
        raise error(text)


def changeable(t: Any) -> bool:
    """Tell whether a Tensor may be changed now, and not only when a trace has ended."""
    watcher = _watcher()
    return watcher is None or not watcher.is_outside(t)


def shown(array: Any) -> Any:
    """Return an array as it is to be printed."""
    watcher = _watcher()
    return array if watcher is None else watcher.shown(array)


def step() -> Step | None:
    """Return what records one step of a loop, from now on; None where loops are carried out."""
    watcher = _watcher()
    return None if watcher is None else watcher.step()
