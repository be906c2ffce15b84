"""Values and gradients of Tensors as they are handed out, so that the user may write to them.

What nodes have saved is nobody's to write to: a Tensor gets a copy of its own at the first look.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import compress, starmap
from typing import Any

from autograd_lite.base.shapes import Array
from autograd_lite.base.unfinished import at_once
from autograd_lite.engine.record import Handle, ShownArray, as_array, make_tensor, seen_through
from autograd_lite.engine.watchpoints import traced
from autograd_lite.tensor.state import handing_out, scopes
from autograd_lite.tensor.views import all_views, is_outdated, links_of

_attributes = Handle.__dict__  # the slots, or what stands in their place while a function is compiled
_DATA, _GRAD, _EXPOSED = (_attributes[name] for name in ("_data", "_grad", "_exposed"))


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
