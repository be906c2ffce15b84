"""Arrays of the user's that are lent, not copied, for the time of one call of a transform.

A node keeps a copy of an array that the user may write to. Where graph and derivative live for one call only, a large
one is lent instead: it cannot be written to until the call ends, so that whoever tries is told at that line, and the
node keeps a view. An array is copied as ever where a lock would not hold or could hit somebody else: while another
thread runs, which may write to it with good reason; where it is not NumPy's own memory; where it lies in pieces.

NOTE: a lock does not reach views that were made before. So some numbers spread over the array are compared at the end,
which tells of every write to a stretch longer than their distance.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from functools import partial, wraps
from itertools import repeat
from operator import methodcaller
from typing import Any, NamedTuple, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.base.unfinished import at_once
from autograd_lite.engine.graph import Node, new_order, node_of
from autograd_lite.engine.provenance import raised_at
from autograd_lite.engine.watchpoints import traced
from autograd_lite.tree import leaves

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)

LARGE = 1 << 18
"""So many bytes take longer to copy than to lend."""
_SAMPLES = 256


class _Lent(NamedTuple):
    """An array, the view of it that nodes keep, and some of its numbers."""

    array: Array
    view: Array
    sample: bytes


class Loan:
    """What has been lent to one call of a transform; begun with the first array."""

    lent: dict[int, _Lent] | None = None
    locked: dict[int, Array]
    order: int

    def _begin(self) -> dict[int, _Lent]:
        self.order = new_order()
        self.locked = {}  # the owners of memory before views of it, as they have to be unlocked
        self.lent = {}
        return self.lent

    def of(self, array: Array) -> Array:
        """Return what a node shall keep of an array: a view of what is locked now, or a copy."""
        if array.nbytes < LARGE or len(sys._current_frames()) > 1:
            return array.copy()
        lent = self._begin() if self.lent is None else self.lent
        known = lent.get(id(array))
        if known is not None:
            return known.view
        if not self._lock(array):
            return array.copy()
        view = array[...]
        lent[id(array)] = _Lent(array, view, _sample(view))
        return view

    def _lock(self, array: Array) -> bool:
        owner = array if array.base is None else array.base
        if owner.__class__ is not np.ndarray or not owner.flags.owndata or not array.flags.forc:
            return False
        if id(owner) not in self.locked and not owner.flags.writeable:
            return False
        for one in (owner, array):
            if one.flags.writeable:
                self.locked[id(one)] = one
                one.flags.writeable = False
        return True

    def changed(self) -> Array | None:
        """Return an array that has been written to all the same."""
        lent = (self.lent or {}).values()
        return next((array for array, view, sample in lent if _sample(view) != sample), None)

    def kept(self) -> dict[int, Array]:
        """Return the views that somebody else keeps, by their identities."""
        views = [one.view for one in (self.lent or {}).values()]
        counts = list(map(sys.getrefcount, views))
        return {id(view): view for view, count in zip(views, counts, strict=True) if count > _ALONE + 1}


_UNLOCK = methodcaller("setflags", write=True)
LOAN: list[Loan | None] = [None]
"""The loan of the transform that is at work. One for all threads, for while there are several nothing is lent."""


def saved(array: Any) -> Any:
    """Return what a node keeps of an array that the user may write to."""
    now = LOAN[0]
    return array.copy() if now is None or array.__class__ is not np.ndarray else now.of(array)


def _sample(array: Array) -> bytes:
    flat = array.ravel("K")
    few: bytes = flat[:: (len(flat) // _SAMPLES) | 1].tobytes()
    return few


_ALONE = max(map(sys.getrefcount, [np.empty(0)]))
"""The references to an array in a list, as `sys.getrefcount` counts them when it is mapped over the list."""


# ----- one call -----


def lending(transform: F) -> F:
    """Have arrays be lent to the calls of a transform that keeps no graph when it returns; a decorator."""

    @wraps(transform)
    def call(f: Any, *args: Any, **kwargs: Any) -> Any:
        if LOAN[0] is not None or traced():
            return transform(f, *args, **kwargs)
        now = Loan()
        try:
            try:
                LOAN[0] = now
                result = transform(f, *args, **kwargs)
            finally:
                _end(now)
        except BaseException as error:
            _failed(now, error)
            raise
        finally:
            _end(now)  # once more: for what an interrupt cuts off above
        if now.lent:
            _settle(now, result)
        return result

    return call  # type: ignore[return-value]


def _end(now: Loan) -> None:
    LOAN[0] = None
    if now.lent is not None:
        at_once(zip(repeat(_UNLOCK), now.locked.values(), strict=False))


def _failed(now: Loan, error: BaseException) -> None:
    """Say what to write in the place of a write, and give those who keep the graph copies."""
    if now.lent:
        _copy_kept(now, None)
        if isinstance(error, ValueError) and "read-only" in str(error):
            raise _refusal(next(iter(now.lent.values())).array, error) from error


def _settle(now: Loan, result: Any) -> None:
    """Refuse what has changed all the same, and give those who keep the graph copies."""
    changed = now.changed()
    if changed is not None:
        raise _refusal(changed)
    _copy_kept(now, result)


def _refusal(array: Array, error: BaseException | None = None) -> errors.InPlaceError:
    place = None if error is None else raised_at(error)
    where = "through another view of it" if place is None else f"at {place.short}"
    return errors.InPlaceError(errors.LENT.format(shape=array.shape, where=where))


def _copy_kept(now: Loan, result: Any) -> None:
    """Have nodes that outlive the call keep copies: those behind its results, and any others that there are."""
    for nodes in (partial(_newer, result, now.order), gc.get_objects):
        kept = now.kept()
        if not kept:
            return
        copies = {i: view.copy() for i, view in kept.items()}
        for node in nodes():
            if isinstance(node, Node) and node.edges:
                node.edges = tuple([(p, rule, _replaced(value, copies), i) for p, rule, value, i in node.edges])


def _replaced(value: Any, copies: Mapping[int, Array]) -> Any:
    return tuple([_replaced(x, copies) for x in value]) if value.__class__ is tuple else copies.get(id(value), value)


def _newer(result: Any, order: int) -> list[Node]:
    """Return the nodes that lead to a result, as far as they were made after `order`."""
    roots = [node for x in leaves(result) if (node := node_of(x)) is not None]
    pending = [node for node in roots if node.order > order]
    found = set(pending)
    while pending:
        new = [edge[0] for edge in pending.pop().edges or () if edge[0].order > order and edge[0] not in found]
        found.update(new)
        pending += new
    return list(found)
