"""Values and gradients of many Tensors, set all or none.

One C call sets them. An interrupt (Ctrl-C) is delivered between bytecodes, so it finds either all old ones or all new.
"""

from __future__ import annotations

import _thread
import os
from collections import deque
from collections.abc import Sequence
from typing import Any
from weakref import ref

from autograd_lite.graph import Node
from autograd_lite.record import Handle, plain_of
from autograd_lite.shapes import Array

_lock = _thread.RLock()
_attributes = Handle.__dict__  # the slots, or what stands in their place while a function is compiled


def commit_lock() -> Any:
    """Return the lock that is held while gradients are added."""
    return _lock


def _renew_lock() -> None:
    global _lock  # noqa: PLW0603 - there is one
    _lock = _thread.RLock()


# NOTE: a fork copies the lock, held if another thread held it, but not the thread that would release it.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def grad_array(t: Handle) -> Array | None:
    """Return the gradient of a leaf as an array not to be written to, or None."""
    return plain_of(getattr(t, "_grad", None))


def commit(tensors: Sequence[Handle], arrays: Sequence[Array]) -> None:
    """Give Tensors new arrays, of their shape and dtype and their own, in one C call: all or none."""
    deque(map(_attributes["_data"].__set__, tensors, arrays), maxlen=0)


def commit_gradients(found: dict[Node, Array]) -> None:
    """Add gradients to the Tensors that want them and are still there, all or none.

    One thread at a time, since to add is to read and to write. As in `commit`, one C call commits; what it replaces is
    held until then, so that nothing is freed in between.
    """
    with _lock:
        tensors, old, new = [], [], []
        for node, g in found.items():
            t = node.notes.owner()  # type: ignore[union-attr]
            if t is not None:
                before = getattr(t, "_grad", None)
                tensors.append(t)
                if before is None:
                    new.append(g)
                else:
                    old.append(before)
                    new.append(_accumulated(node.notes, before, g))
        deque(map(_attributes["_grad"].__set__, tensors, new), maxlen=0)


def _accumulated(notes: Any, before: Any, g: Any) -> Any:
    """Return the sum of two gradients, and note it if an optimiser has stepped on the first: see `Optimizer.step`."""
    total = before + g
    if notes.used is not None and notes.used() is raw(before):
        notes.used = Grown(raw(total))
    return total


class Grown(ref[Any]):
    """A reference to the array of a gradient that contains one which an optimiser has stepped on."""

    __slots__ = ()


def raw(grad: Any) -> Any:
    """Return the array of a gradient, which may be a Tensor by now."""
    return grad._data if isinstance(grad, Handle) else grad
