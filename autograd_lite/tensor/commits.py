"""Values and gradients of many Tensors, set all or none, and never by somebody who only reads.

One C call sets them. An interrupt (Ctrl-C) is delivered between bytecodes, so it finds either all old ones or all new.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import compress, repeat, starmap
from typing import Any
from weakref import ref

from numpy import dtype, float64, ndarray

from autograd_lite import errors
from autograd_lite.base.conventions import conjugated
from autograd_lite.base.shapes import Array
from autograd_lite.base.unfinished import Lock, at_once
from autograd_lite.engine.graph import Node
from autograd_lite.engine.record import Handle, ShownArray, as_array, make_tensor, plain_of, seen_through
from autograd_lite.engine.watchpoints import traced
from autograd_lite.tensor.state import handing_out, is_leftover, scopes, writing
from autograd_lite.tensor.views import all_views, is_outdated, links_of, outdate

_FLOAT64 = dtype(float64)
_lock = Lock()  # held while gradients are added
_attributes = Handle.__dict__  # the slots, or what stands in their place while a function is compiled
_DATA, _GRAD, _EXPOSED = (_attributes[name] for name in ("_data", "_grad", "_exposed"))


def grad_array(t: Handle) -> Array | None:
    """Return the gradient of a leaf as an array not to be written to, or None."""
    return plain_of(getattr(t, "_grad", None))


def commit(tensors: Sequence[Handle], arrays: Sequence[Array]) -> None:
    """Give Tensors new arrays, of their shape and dtype and their own, in one C call: all or none.

    Their views show them when they are next looked at.
    """
    if scopes():
        for t, array in zip(tensors, arrays, strict=True):
            writing(t, array)
    for t in tensors:
        if t._views:
            outdate(t)
    at_once(zip(repeat(_attributes["_data"].__set__), tensors, arrays, strict=False))


def commit_gradients(found: dict[Node, Array]) -> None:
    """Add gradients to the Tensors that want them and are still there, all or none.

    One thread at a time, since to add is to read and to write. As in `commit`, one C call commits; what it replaces is
    held until then, so that nothing is freed in between.
    """
    with _lock.held:
        tensors, old, new = [], [], []
        for node, cotangent in found.items():
            t = node.notes.owner()  # type: ignore[union-attr]
            if t is not None:
                g = cotangent if cotangent.dtype is _FLOAT64 else conjugated(cotangent)
                if scopes() or g.__class__ is not ndarray:
                    _see_gradient(t, g)
                before = getattr(t, "_grad", None)
                tensors.append(t)
                if before is None:
                    new.append(g)
                else:
                    old.append(before)
                    new.append(_accumulated(node.notes, before, g))
        at_once(zip(repeat(_attributes["_grad"].__set__), tensors, new, strict=False))


def _see_gradient(t: Handle, g: Any) -> None:
    """Tell the scopes of a gradient; refuse that of a batch whose `vmap` has ended."""
    if is_leftover(plain_of(g)):
        raise errors.BatchError(errors.BATCH_LEFTOVER)
    writing(t, g)


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


def exposed(t: Handle) -> Array:
    """Return the array of a Tensor for the user to write to, of which the arrays of its views are views."""
    links = links_of(t)
    if not links and not t._views:
        return _exposed(t)
    root = links[-1][0] if links else t
    pairs = all_views(root)
    _exposed(root)
    for base, view in pairs:
        if not is_outdated(view):
            seen_through(view, base)
    return t._data


def _exposed(t: Handle) -> Array:
    """Return the array of a Tensor for the user to write to: a copy of the one that nodes may have saved, made once.

    NOTE: it takes the place of that one only if that still is the Tensor's, for another thread may have given it a new
    one meanwhile: a look at a parameter would undo the step of an optimiser. No thread comes between a comparison and
    the stores where nothing is called; while another thread records, to read and to store are calls.
    """
    if scopes():
        handing_out(t)
    array, shown = t._data, t._exposed
    while shown is None or shown() is not array:
        copy = array.copy()
        seen = ShownArray(copy)
        if _attributes["_data"] is not _DATA and not traced():
            _exchange(t, [(_DATA, array), (_DATA, copy)], [(_DATA, copy), (_EXPOSED, seen)])
        elif t._data is array:
            t._data, t._exposed = copy, seen
        array, shown = t._data, t._exposed
    return array


def wrapped_grad(t: Handle) -> Any:
    """Return the gradient of a Tensor as a Tensor, or None; the same one at every look. See `_exposed`."""
    grad = getattr(t, "_grad", None)
    while grad is not None and not isinstance(grad, Handle):
        wrapped = make_tensor(as_array(grad))
        if _attributes["_grad"] is not _GRAD and not traced():
            _exchange(t, [(_GRAD, grad)], [(_GRAD, wrapped)])
        elif t._grad is grad:
            t._grad = wrapped
        grad = getattr(t, "_grad", None)
    return grad


def _exchange(t: Handle, known: Sequence[tuple[Any, Any]], new: Sequence[tuple[Any, Any]]) -> None:
    """Set the k-th of some slots if the k-th of the known ones is what it was: one C call, and no thread in between."""
    now = starmap(operator.call, [(slot.__get__, t) for slot, _ in known])
    same = map(operator.is_, now, [x for _, x in known])
    at_once(compress([(slot.__set__, t, x) for slot, x in new], same))
