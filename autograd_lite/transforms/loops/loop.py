"""A loop as one operation, whose derivatives are loops themselves.

A loop over leaves: `body` takes the carry, and the elements of `xs` for this step, and returns the next carry and what
the step leaves. Where a derivative may flow, each step is recorded by itself: so it is known which Tensors from outside
it reaches, and which of its results have a derivative. Then it is forgotten; what stays is the carry before each step.

The pullback goes through the steps the other way round. What it carries is the cotangent of the carry, and the sums of
what came for Tensors from outside; a step of it records the step of the loop again, from the carry that was kept, and
sweeps over that. Tangents are carried along in the same way. Both are loops over Tensors where the derivative is itself
recorded, and so have a node, and derivatives, of their own: that is all there is to higher orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.generators import state
from autograd_lite.engine.graph import Node
from autograd_lite.engine.record import Handle, array_of, as_array, make_tensor, recorded
from autograd_lite.engine.several import Several, parts_of
from autograd_lite.engine.switch import is_grad_enabled
from autograd_lite.engine.watchpoints import traced
from autograd_lite.transforms.loops.columns import Column, columns_of, put_all
from autograd_lite.transforms.loops.history import History, Places
from autograd_lite.transforms.loops.laps import Body, Leaves, lap
from autograd_lite.transforms.loops.steps import Pullback, Pushforward
from autograd_lite.transforms.watched import node_of


def looped(
    body: Body, carry: Leaves, xs: Leaves, length: int, reverse: bool = False, kept: bool = True
) -> tuple[Leaves, Leaves]:
    """Carry out a loop, as one operation where a derivative may flow; return the last carry, and what all steps left.

    Without `kept` no carry is kept, and there is no reverse mode.
    """
    if traced():
        return unrolled(body, carry, xs, length, reverse)
    if not length or not is_grad_enabled():
        return iterated(body, carry, xs, length, reverse)
    return _Recording(body, carry, xs, length, reverse, kept).results()


def iterated(body: Body, carry: Leaves, xs: Leaves, length: int, reverse: bool = False) -> tuple[Leaves, Leaves]:
    """Carry out a loop, step by step: what all is about."""
    columns: list[Column] = []
    for i in order_of(length, reverse):
        carry, ys = body(carry, [x[i] for x in xs])
        columns = columns or columns_of(len(ys), length)
        put_all(columns, i, ys)
    return carry, [column.result() for column in columns]


def unrolled(body: Body, carry: Leaves, xs: Leaves, length: int, reverse: bool = False) -> tuple[Leaves, Leaves]:
    """Carry out a loop of which every step is recorded as it is, and stays in the graph."""
    left: list[Leaves] = []
    for i in order_of(length, reverse):
        carry, ys = body(carry, [x[i] for x in xs])
        left.append(ys)
    return carry, [np.stack(ys) for ys in zip(*(left[::-1] if reverse else left), strict=True)]


def order_of(length: int, reverse: bool) -> range:
    """Return the numbers of the steps, in the order in which they are carried out."""
    return range(length - 1, -1, -1) if reverse else range(length)


class _Recording:
    """A loop that is carried out step by step, each step recorded by itself."""

    def __init__(self, body: Body, carry: Leaves, xs: Leaves, length: int, reverse: bool, kept: bool) -> None:
        self.body, self.begin, self.given = body, carry, xs
        self.length, self.reverse, self.kept = length, reverse, kept
        self.arrays = [array_of(x) if isinstance(x, Handle) else x for x in xs]
        self.moving = {k for k, c in enumerate(carry) if node_of(c) is not None}
        self.watched = [k for k, x in enumerate(xs) if node_of(x) is not None]
        self.left: set[int] = set()
        self.closures: set[Node] = set()

    def _carried_out(self) -> tuple[Leaves, list[Column], list[Column], list[Any]]:
        """Return the last carry, what steps left, the carry before each, and where the generator stood."""
        xs = [make_tensor(a) if isinstance(x, Handle) else a for x, a in zip(self.given, self.arrays, strict=True)]
        carry, columns, states = [_bare(c) for c in self.begin], list[Column](), [state()]
        before = columns_of(len(carry) if self.kept else 0, self.length)
        for i in order_of(self.length, self.reverse):
            after, ys = self._step(carry, [x[i] for x in xs])
            if self.kept:
                put_all(before, i, [_of_kind(c, then) for c, then in zip(carry, after, strict=True)])
            columns = columns or columns_of(len(ys), self.length)
            put_all(columns, i, ys)
            carry, now = after, state()
            states.append(states[-1] if now == states[-1] else now)
        return carry, columns, before, states

    def _step(self, carry: Leaves, xs: Leaves) -> tuple[Leaves, Leaves]:
        """Carry out one step, and note what it reaches, and which of its results have a derivative."""
        done = lap(self.body, carry, xs, [*self.moving, *[len(carry) + k for k in self.watched]])
        self.moving |= {k for k, c in enumerate(done.carry) if done.moves(c)}
        self.left |= {k for k, y in enumerate(done.ys) if done.moves(y)}
        self.closures |= done.outside
        done.close()
        return [_bare(c) for c in done.carry], done.ys

    def results(self) -> tuple[Leaves, Leaves]:
        """Return the last carry, and what steps left; what has a derivative as results of one operation."""
        carry, columns, before, states = self._carried_out()
        ys = [column.result() for column in columns]
        if not self.moving and not self.left:
            return carry, ys
        places = Places(sorted(self.moving), sorted(self.watched), sorted(self.left))
        history = History(self.body, self.length, self.reverse, places, tuple(sorted(self.closures, key=_order)))
        history.random = None if states[-1] is states[0] else states
        history.kept, history.before = self.kept, [column.whole() for column in before] if self.kept else []
        history.kinds = [getattr(c, "dtype", None) for c in carry]
        history.start = [_own(c, _array(_of_kind(c, after))) for c, after in zip(self.begin, carry, strict=True)]
        history.given = [_own(x, a) for x, a in zip(self.given, self.arrays, strict=True)]
        history.entered = [k for k in places.carry if node_of(self.begin[k]) is not None]
        history.values = [_array(carry[k]) for k in places.carry] + [columns[k].whole() for k in places.ys]
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
        made = recorded(SCAN, y, nodes, SCAN.leading(nodes, (y, saved, history)), {"length": self.length})
        return iter(made if isinstance(made, tuple) else (made,))


def _order(node: Node) -> float:
    return node.order


def _bare(x: Any) -> Any:
    """Return a value without its history."""
    return make_tensor(array_of(x)) if isinstance(x, Handle) else x


def _array(x: Any) -> Array:
    return as_array(array_of(x) if isinstance(x, Handle) else x)


def _of_kind(c: Any, after: Any) -> Any:
    """Return a carry as it is kept: a number of Python is of the dtype that it has from the first step on."""
    return np.asarray(c, after.dtype) if isinstance(c, (int, float, complex)) and hasattr(after, "dtype") else c


def _own(x: Any, array: Array) -> Array:
    """Return elements as nobody changes them any more."""
    return array.copy() if array.__class__ is np.ndarray and not isinstance(x, Handle) else array


# ----- derivatives -----


def _pull(history: History, g: Any, y: Any, arrays: Sequence[Any], masked: bool = False) -> list[Any]:
    """Return the derivative by the sources for the cotangents of the results; None where there is none.

    With `masked`, zeros of the cotangent are kept zeros, as `sweep.reverse` does behind an operation that selects.
    """
    if not history.kept:
        raise errors.LoopError(errors.LOOP_UNBOUNDED)
    parts, n, m = parts_of(g), len(history.places.carry), len(history.values)
    before, given = history.elements(y if isinstance(y, tuple) else (y,), arrays)
    step = Pullback(history, parts[n:m], parts[m:], any(isinstance(x, Handle) for x in parts), masked)
    carry = [*parts[:n], *[None] * len(history.closures)]
    xs = [*before, *given, *step.cotangents, np.arange(history.length)]
    last, shares = _pulled(step, carry, xs, any(x is None for x in parts[:n]))
    at = dict(zip(history.places.carry, last, strict=False))
    return [*[at[k] for k in history.entered], *shares, *last[n:]]


def _pulled(step: Pullback, carry: Leaves, xs: Leaves, bare: bool) -> tuple[Leaves, Leaves]:
    """Carry out the loop of a pullback.

    Where nothing has come to the last carry, the last step is taken by itself: zeros in the place of nothing would make
    0 times infinity of an infinite derivative.
    """
    length, reverse = step.history.length, not step.history.reverse
    if not step.recorded:
        return iterated(step, carry, xs, length, reverse)
    if not bare:
        return looped(step.whole, step.filled(carry), xs, length, reverse)
    index, rest = (-1, slice(None, -1)) if reverse else (0, slice(1, None))
    carry, first = step(carry, [x[index] for x in xs])
    step.masked = step.masked or any(g is None for g in carry[: len(step.history.places.carry)])
    last, shares = looped(step.whole, step.filled(carry), [x[rest] for x in xs], length - 1, reverse)
    if length == 1:
        return carry, [x[None] for x in first]
    pairs = zip(shares, first, strict=True)
    return last, [np.concatenate([a, b[None]] if reverse else [b[None], a]) for a, b in pairs]


def _push(history: History, tangents: Sequence[Any], y: Any, arrays: Sequence[Any]) -> list[Any]:
    """Return the tangents of the results for those of the sources."""
    places, n, m = history.places, len(history.entered), len(history.entered) + len(history.places.xs)
    recorded = any(isinstance(t, Handle) for t in tangents)
    start, given = history.begun(arrays)
    step = Pushforward(history, tangents[n:m], tangents[m:], recorded)
    own = dict(zip(history.entered, tangents, strict=False))
    moves = [np.zeros(np.shape(start[k]), history.kinds[k]) if own.get(k) is None else own[k] for k in places.carry]
    xs = [*given, *[t for t in tangents[n:m] if t is not None], np.arange(history.length)]
    carried_out = looped if recorded else iterated
    last, left = carried_out(step, [*start, *moves], xs, history.length, history.reverse)
    count = len(places.ys) + (len(places.carry) if history.kept else 0)
    return [*last[len(start) :], *left[:count]]


SCAN = Several(
    "scan", lambda *sources: sources, "several", (), {"loop": None, "length": 0},
    (lambda g, y, arrays, loop: _pull(loop, g, y, arrays),), variadic=True,
    jvp=lambda tangents, y, arrays, loop: _push(loop, tangents, y, arrays),
    zeros=lambda g, y, arrays, loop: _pull(loop, g, y, arrays, masked=True), complex=True, analytic=False,
)  # fmt: skip
