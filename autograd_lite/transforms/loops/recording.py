"""The steps of a loop, recorded one by one and forgotten; what stays is the carry before each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.base.arraylike import is_array
from autograd_lite.base.shapes import Array
from autograd_lite.engine.generators import state
from autograd_lite.engine.graph import Node
from autograd_lite.engine.record import Handle, array_of, as_array, make_tensor, recorded
from autograd_lite.engine.several import Several
from autograd_lite.transforms.loops.columns import Column, columns_of, put_all
from autograd_lite.transforms.loops.history import History, Places
from autograd_lite.transforms.loops.laps import Body, Leaves, lap
from autograd_lite.transforms.watched import node_of


def order_of(length: int, reverse: bool) -> range:
    """Return the numbers of the steps, in the order in which they are carried out."""
    return range(length - 1, -1, -1) if reverse else range(length)


class Recording:
    """A loop that is carried out step by step, each step recorded by itself.

    Parameters
    ----------
    op : Several
        The operation of its node.
    body, carry, xs, length, reverse
        The loop.
    kept : bool
        Whether the carry before each step is kept, for the reverse mode.
    """

    def __init__(
        self, op: Several, body: Body, carry: Leaves, xs: Leaves, length: int, reverse: bool, kept: bool
    ) -> None:
        self.op, self.body, self.begin, self.given = op, body, carry, xs
        self.length, self.reverse, self.kept = length, reverse, kept
        self.arrays = [array_of(x) if isinstance(x, Handle) else x for x in xs]
        self.moving = {k for k, c in enumerate(carry) if node_of(c) is not None}
        self.watched = [k for k, x in enumerate(xs) if node_of(x) is not None]
        self.left: set[int] = set()
        self.closures: set[Node] = set()

    def carried_out(self) -> tuple[Leaves, Sequence[Any], Sequence[Any], list[Any]]:
        """Return the last carry, what steps left, the carry before each, and where the generator stood."""
        xs = [make_tensor(a) if isinstance(x, Handle) else a for x, a in zip(self.given, self.arrays, strict=True)]
        carry, columns, states = [bare(c) for c in self.begin], list[Column](), [state()]
        before = columns_of(len(carry) if self.kept else 0, self.length)
        for i in order_of(self.length, self.reverse):
            after, ys = self.noted([lent(c) for c in carry], [lent(x[i]) for x in xs])
            if self.kept:
                put_all(before, i, [_of_kind(c, then) for c, then in zip(carry, after, strict=True)])
            columns = columns or columns_of(len(ys), self.length)
            put_all(columns, i, ys)
            carry, now = after, state()
            states.append(states[-1] if now == states[-1] else now)
        return [own(c) for c in carry], columns, before, states

    def noted(self, carry: Leaves, xs: Leaves) -> tuple[Leaves, Leaves]:
        """Carry out one step, and note what it reaches, and which of its results have a derivative."""
        done = lap(self.body, carry, xs, [*self.moving, *[len(carry) + k for k in self.watched]])
        self.moving |= {k for k, c in enumerate(done.carry) if done.moves(c)}
        self.left |= {k for k, y in enumerate(done.ys) if done.moves(y)}
        self.closures |= done.outside
        done.close()
        return [bare(c) for c in done.carry], done.ys

    def results(self) -> tuple[Leaves, Leaves]:
        """Return the last carry, and what steps left; what has a derivative as results of one operation."""
        carry, columns, before, states = self.carried_out()
        ys = [column.result() for column in columns]
        if not self.moving and not self.left:
            return carry, ys
        places = Places(sorted(self.moving), sorted(self.watched), sorted(self.left))
        history = History(self.body, self.length, self.reverse, places, tuple(sorted(self.closures, key=_order)))
        history.random = None if states[-1] is states[0] else states
        history.kept, history.before = self.kept, [column.whole() for column in before] if self.kept else []
        history.kinds = [getattr(c, "dtype", None) for c in carry]
        history.start = [_kept(c, array_in(_of_kind(c, after))) for c, after in zip(self.begin, carry, strict=True)]
        history.given = [_kept(x, a) for x, a in zip(self.given, self.arrays, strict=True)]
        history.entered = [k for k in places.carry if node_of(self.begin[k]) is not None]
        history.values = [array_in(carry[k]) for k in places.carry] + [columns[k].whole() for k in places.ys]
        parts = self._recorded(history)
        for k in places.carry:
            carry[k] = next(parts)
        for k in places.ys:
            ys[k] = next(parts)
        return carry, ys

    def _recorded(self, history: History) -> Any:
        """Return the results of the one operation, as an iterator."""
        hidden = [history.before[k] for k in history.places.carry] if self.kept else []
        y = (*history.values, *hidden)
        y = y if len(y) > 1 else y[0]
        entered, watched = history.entered, history.places.xs
        sources = [node_of(self.begin[k]) for k in entered] + [node_of(self.given[k]) for k in watched]
        arrays = [history.start[k] for k in entered] + [history.given[k] for k in watched]
        nodes, saved = (*sources, *history.closures), (*arrays, *[None] * len(history.closures))
        made = recorded(self.op, y, nodes, self.op.leading(nodes, (y, saved, history)), {"length": self.length})
        return iter(made if isinstance(made, tuple) else (made,))


def _order(node: Node) -> float:
    return node.order


def lent(x: Any) -> Any:
    """Return what a step is given: an array that it cannot write to, for a step is evaluated more than once."""
    if x.__class__ is np.ndarray:
        x = x.view()
        x.flags.writeable = False
    return x


def own(x: Any) -> Any:
    """Return an array as its user's own; one that steps were lent is copied."""
    return x if x.__class__ is not np.ndarray or x.flags.writeable else x.copy()


def bare(x: Any) -> Any:
    """Return a value without its history."""
    return make_tensor(array_of(x)) if isinstance(x, Handle) else x


def array_in(x: Any) -> Array:
    """Return the array of a Tensor, or a value as an array."""
    return as_array(array_of(x) if isinstance(x, Handle) else x)


def _of_kind(c: Any, after: Any) -> Any:
    """Return a carry as it is kept: a number of Python is of the dtype that it has from the first step on."""
    return np.asarray(c, after.dtype) if isinstance(c, (int, float, complex)) and _is_of_numpy(after) else c


def _kept(x: Any, array: Array) -> Array:
    """Return elements as nobody changes them any more."""
    return array.copy() if array.__class__ is np.ndarray and not isinstance(x, Handle) else array


def _is_of_numpy(x: Any) -> bool:
    return isinstance(x, np.generic) or is_array(x)
