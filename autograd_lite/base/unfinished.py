"""What is held, or begun and not yet undone: at an interrupt, and in the child of a fork.

An interrupt (Ctrl-C) comes at any call, also at the beginning of a ``finally`` or of an ``__exit__``. And a fork copies
what other threads hold and have begun, but not the threads that would put an end to it.
"""

from __future__ import annotations

import _thread
import operator
import os
from _thread import get_ident
from collections import deque
from collections.abc import Callable, Iterable
from itertools import starmap
from typing import Any, TypeVar

T = TypeVar("T")

unforked = _thread.RLock()
"""Held for moments that a fork waits for, since its child could do nothing with its share: no function of a user's."""
_locks: list[Lock] = []
_begun: dict[int, list[Callable[[], object]]] = {}  # by threads


class Lock:
    """A lock of a module: ``with lock.held:``. In the child of a fork it is free, unless the forking thread has it."""

    def __init__(self) -> None:
        self.held = _thread.RLock()
        _locks.append(self)

    def is_mine(self) -> bool:
        """Tell whether this thread holds it."""
        return bool(self.held._is_owned())  # type: ignore[attr-defined]


def at_once(steps: Iterable[tuple[Any, ...]]) -> None:
    """Carry out steps, each a function of C and its arguments, in one C call: an interrupt finds all of them or none.

    NOTE: `steps` is a list, or an iterator that is C as well; a generator would let an interrupt in between.
    """
    deque(starmap(operator.call, steps), maxlen=0)


def undone(do: Callable[[], T]) -> T:
    """Return ``do()``, and undo what it has `begun`, last first.

    NOTE: twice, one in the other, for what an interrupt cuts off in the inner one the outer one does.
    """
    mine = _begun.setdefault(get_ident(), [])
    before = len(mine)
    try:
        return _undone(do, mine, before)
    finally:
        _undo(mine, before)
        if not before:
            _begun.pop(get_ident(), None)


def _undone(do: Callable[[], T], mine: list[Callable[[], object]], before: int) -> T:
    try:
        return do()
    finally:
        _undo(mine, before)


def _undo(mine: list[Callable[[], object]], before: int) -> None:
    while len(mine) > before:
        mine[-1]()
        mine.pop()


def begun(undo: Callable[[], object]) -> None:
    """Note, inside of `undone` and before something is begun, what undoes it.

    It may be called more than once, also where nothing was begun; and in the child of a fork by another thread.
    """
    mine = _begun.get(get_ident())
    if mine is not None:
        mine.append(undo)


def _in_child() -> None:
    for lock in _locks:
        if not lock.is_mine():
            lock.held = _thread.RLock()
    for thread in [thread for thread in _begun if thread != get_ident()]:
        _undo(_begun.pop(thread), 0)


register_at_fork: Callable[..., None] = getattr(os, "register_at_fork", lambda **_: None)
"""That of `os`; where there are no forks there is nothing to do."""
register_at_fork(after_in_child=_in_child)
register_at_fork(before=unforked.acquire, after_in_parent=unforked.release, after_in_child=unforked.release)
