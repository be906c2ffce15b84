"""Assignment to a part of an array in the array itself, where nobody else could see that.

A Tensor whose array nobody else holds (no node has saved it, no view shows it, the user does not have it) is written to
as an ndarray is, at the cost of the part. Who holds it is told by its count of references, which is CPython's.
"""

from __future__ import annotations

import operator
import sys
from sys import getrefcount
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.base.unfinished import at_once
from autograd_lite.engine import refusals
from autograd_lite.engine.observers import observers
from autograd_lite.engine.record import Handle, apply
from autograd_lite.engine.switch import is_grad_enabled
from autograd_lite.rules import indexing
from autograd_lite.tensor.state import scopes
from autograd_lite.tensor.views import outdate

_SLOTS = {name: Handle.__dict__[name].__set__ for name in ("_node", "_op")}


def assigned(t: Any, key: Any, value: Any) -> bool:
    """Assign to ``t[key]`` in place and record it; return False, and do nothing, where others would see that.

    NOTE: node and numbers change in one C call, so that an interrupt finds all as it was, or done.
    """
    array = t._data
    own = array.__class__ is np.ndarray and t._exposed is None and array.base is None and array.flags.writeable
    if observers or scopes() or not own or (not t._views and getrefcount(array) > _LOCAL + 1):
        return False
    given: list[Any] = []

    def unwritten(a: Array, value: Any, key: Any) -> Array:
        given.append(value)
        return a

    result = apply(indexing.setitem, (t, value), {"key": key}, unwritten)
    outdate(t)
    if getrefcount(array) > _LOCAL + 2:  # its own, and that of the result
        return False
    before = t._node
    steps: list[tuple[Any, ...]] = [(operator.setitem, array, key, given[0])]
    if is_grad_enabled():
        steps += [(_SLOTS["_node"], t, result._node), (_SLOTS["_op"], t, result._op)]
    try:
        at_once(steps)
    except Exception as error:
        error.add_note(refusals.circumstances(indexing.setitem, (t, value)))
        raise
    if t._node is result._node:
        t._inherits(result, before)
    return True


def _local() -> int:
    """Return the count of references of an array that only a variable holds."""
    array = np.zeros(1)
    return getrefcount(array)


_LOCAL = _local() if sys.implementation.name == "cpython" else 0
