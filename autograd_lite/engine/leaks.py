"""Losses that are kept with their history, as by ``total = total + loss``: noticed at calls of `backward`.

Nothing tells a sum of losses from any other computation when it is made. It shows later: what `backward` has released
is still held by something computed from it many calls afterwards, and again. So one loss at a time is watched, and only
every few calls somebody looks.
"""

from __future__ import annotations

import gc
import math
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

from autograd_lite import errors
from autograd_lite.engine.graph import Node
from autograd_lite.engine.watchpoints import traced

_CALLS = 8
_NEAREST = 100
_OFTEN = 2


class _LossWatch:
    """One loss that was swept, in how many calls of `backward` to look at it, and how often one was held in a row."""

    __slots__ = ("calls", "held", "node", "tensor")

    def __init__(self) -> None:
        self.node: Node | None = None
        self.tensor: Callable[[], Any] | None = None
        self.calls = self.held = 0


_watch = _LossWatch()


def watch(t: Any) -> None:
    """Count a call of ``t.backward()``; now and then look what has become of an earlier loss, and take this one."""
    if _watch.calls > 0:
        _watch.calls -= 1
        return
    _watch.held = _watch.held + 1 if _is_held() else 0
    node = _watch.node
    if _watch.held == _OFTEN:
        _watch.held = 0
        if node is not None and _has_results(node):
            message = errors.KEPT_HISTORY.format(what=node.describe(), number=_OFTEN * _CALLS)
            warnings.warn(message, errors.AutogradWarning, stacklevel=3)
    _take(t)


def _is_held() -> bool:
    """Tell whether the loss is released, and held by others than its own Tensor.

    NOTE: one reference is that of the watch, one that of the argument of `getrefcount`. A Tensor may be held as long as
    one likes: a released node weighs nothing. It is what was computed from it that grows.
    """
    if _watch.node is None or _watch.node.edges is not None:
        return False
    t = _watch.tensor() if _watch.tensor is not None else None
    own = t is not None and t._node is _watch.node
    return sys.getrefcount(_watch.node) > 2 + own


def _has_results(node: Node) -> bool:
    """Tell whether nodes that have not been released were computed from this one.

    A count of references tells less: the thread that has just swept the node may hold it for a while. All objects are
    looked at here, which is why the count is asked first.
    """
    edges = [edge for edge in gc.get_referrers(node) if isinstance(edge, tuple)]
    lists = [edge_list for edge_list in gc.get_referrers(*edges) if isinstance(edge_list, tuple)]
    return any(isinstance(result, Node) for result in gc.get_referrers(*lists))


def _take(t: Any) -> None:
    """Watch a loss: one number that was computed.

    Not one with hooks, whose functions would be kept alive; nor one that is traced: a trace holds what it has seen.
    """
    node = t._node
    loss = node.op is not None and math.prod(node.shape) == 1
    hooks = node.notes is not None and node.notes.hooks
    _watch.calls, _watch.node, _watch.tensor = _CALLS - 1, node if loss and not hooks and not traced() else None, ref(t)


def watch_buffer(old: Any, new: Any, **names: str) -> None:
    """Warn of a value that a module keeps with all earlier ones, though `backward` has been there: it only grows.

    That is so where it was computed from the one before, or changed in place, and from what is released by now. The
    nearest of its nodes tell: a statistic is not far from what it is one of.
    """
    node = new._node
    if node is None or node.op is None or traced():
        return
    near = list(_nearest(node))
    if (old is new or old._node in near) and any(n.op is not None and n.edges is None for n in near[1:]):
        warnings.warn(errors.KEPT_BUFFER.format(**names), errors.AutogradWarning, stacklevel=3)


def _nearest(node: Node) -> Iterator[Node]:
    """Yield a node and those it was computed from, nearest first, up to a number of them."""
    pending, seen = deque([node]), {node}
    while pending and len(seen) < _NEAREST:
        yield (first := pending.popleft())
        new = [parent for parent, *_ in first.edges or () if parent not in seen]
        seen.update(new)
        pending += new
