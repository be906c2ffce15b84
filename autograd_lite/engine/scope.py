"""Scopes: which part of a computation an operation belongs to, for pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from autograd_lite import errors
from autograd_lite.engine.covered import uncover
from autograd_lite.engine.observers import observers
from autograd_lite.engine.op import Op, Settings
from autograd_lite.engine.several import whole_of


class Scope:
    """One entry into a ``with scope(name)`` block: every entry is another one, also under the same name."""

    __slots__ = ("depth", "name", "parent")

    def __init__(self, name: str, parent: Scope | None) -> None:
        self.name, self.parent = name, parent
        self.depth: int = 1 if parent is None else parent.depth + 1


class _Place(str):
    """A note on an error: in which scope it was raised."""

    scope: Scope

    def __new__(cls, scope: Scope) -> _Place:
        note = super().__new__(cls, f"in the scope {path_of(scope)}")
        note.scope = scope
        return note


def path_of(scope: Scope | None) -> str:
    """Return the names of a scope and of those around it: ``encoder / layer``."""
    names = []
    while scope is not None:
        names.append(scope.name)
        scope = scope.parent
    return " / ".join(reversed(names))


def scope_of(error: BaseException) -> Scope | None:
    """Return the innermost scope that an error has left."""
    places = [note.scope for note in getattr(error, "__notes__", ()) if isinstance(note, _Place)]
    return places[0] if places else None


_current: ContextVar[Scope | None] = ContextVar("autograd_lite_scope", default=None)


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Frame what is recorded inside the block in pictures, under `name`. Blocks nest.

    Parameters
    ----------
    name : str
        What the frame is called: ``"encoder"``. Need not be unique; equal blocks one after the other are drawn once.

    Raises
    ------
    PictureError
        The name is no string.

    Notes
    -----
    Inside the block every operation takes twice its time, since an observer looks at it. Threads and asynchronous
    tasks do not disturb each other.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> with ag.scope("head"):
    ...     y = np.sum(w * w)
    >>> print(ag.visualize(y))
    output
    head / sum  scalar
    head / multiply  2
    ├─ w  2  (parameter)
    └─ w  2  (parameter)
    """
    if not isinstance(name, str):
        raise errors.PictureError(errors.SCOPE_NAME.format(given=type(name).__name__))
    before = _current.get()
    here = Scope(name, before)
    observers.append(_mark)
    try:
        _current.set(here)
        yield
    except Exception as error:
        if scope_of(error) is None:
            error.add_note(_Place(here))
        uncover(error)
        raise
    finally:
        _current.set(before)
        observers.remove(_mark)


def _mark(op: Op, operands: Any, settings: Settings, result: Any) -> None:
    """Note on a new node in which scope it was made: seen by every thread, done by those inside a scope."""
    here, node = _current.get(), result._node
    if here is not None and node is not None:
        whole_of(node).note().scope = here
