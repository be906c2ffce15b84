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
from autograd_lite.engine.record import Handle
from autograd_lite.engine.several import Several, bundled, parts_of
from autograd_lite.engine.switch import is_grad_enabled
from autograd_lite.engine.watchpoints import traced
from autograd_lite.transforms.loops.columns import Column, columns_of, put_all
from autograd_lite.transforms.loops.history import History
from autograd_lite.transforms.loops.laps import Body, Leaves
from autograd_lite.transforms.loops.recording import Recording, lent, order_of, own
from autograd_lite.transforms.loops.steps import Pullback, Pushforward
from autograd_lite.transforms.loops.traced import TracedLoop


def looped(
    body: Body, carry: Leaves, xs: Leaves, length: int, reverse: bool = False, kept: bool = True
) -> tuple[Leaves, Leaves]:
    """Carry out a loop, as one operation where a derivative may flow; return the last carry, and what all steps left.

    Without `kept` no carry is kept, and there is no reverse mode.
    """
    if not length or (not traced() and not is_grad_enabled()):
        return iterated(body, carry, xs, length, reverse)
    kind = TracedLoop if traced() else Recording
    return kind(SCAN, body, carry, xs, length, reverse, kept).results()


def iterated(body: Body, carry: Leaves, xs: Leaves, length: int, reverse: bool = False) -> tuple[Leaves, Leaves]:
    """Carry out a loop, step by step: what all is about."""
    columns: list[Column] = []
    for i in order_of(length, reverse):
        carry, ys = body([lent(c) for c in carry], [lent(x[i]) for x in xs])
        columns = columns or columns_of(len(ys), length)
        put_all(columns, i, ys)
    return [own(c) for c in carry], [column.result() for column in columns]


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
    xs = [*before, *given, *[g for g in parts[n:] if g is not None], *_numbers(history)]
    last, shares = _pulled(step, carry, xs, any(x is None for x in parts[:n]))
    at = dict(zip(history.places.carry, last, strict=False))
    return [*[at[k] for k in history.entered], *shares, *last[n:]]


def _pulled(step: Pullback, carry: Leaves, xs: Leaves, bare: bool) -> tuple[Leaves, Leaves]:
    """Carry out the loop of a pullback.

    Where nothing has come to the last carry, the last step is taken by itself: zeros in the place of nothing would make
    0 times infinity of an infinite derivative.
    """
    length, reverse = step.history.length, not step.history.reverse
    if not step.recorded and not traced():
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


def _numbers(history: History) -> Leaves:
    """Return the numbers of the steps, by which a step that is carried out again is compared; a program has none."""
    return [] if traced() else [np.arange(history.length)]


def _push(history: History, tangents: Sequence[Any], y: Any, arrays: Sequence[Any]) -> list[Any]:
    """Return the tangents of the results for those of the sources."""
    places, n, m = history.places, len(history.entered), len(history.entered) + len(history.places.xs)
    recorded = any(isinstance(t, Handle) for t in tangents)
    start, given = history.begun(arrays)
    step = Pushforward(history, tangents[n:m], tangents[m:], recorded)
    own = dict(zip(history.entered, tangents, strict=False))
    moves = [np.zeros(np.shape(start[k]), history.kinds[k]) if own.get(k) is None else own[k] for k in places.carry]
    xs = [*given, *[t for t in tangents[n:m] if t is not None], *_numbers(history)]
    carried_out = looped if recorded or traced() else iterated
    last, left = carried_out(step, [*start, *moves], xs, history.length, history.reverse)
    count = len(places.ys) + (len(places.carry) if history.kept else 0)
    return [*last[len(start) :], *left[:count]]


SCAN = Several(
    "scan", lambda *sources: sources, "several", (), {"loop": None, "length": 0},
    (lambda g, y, arrays, loop: _pull(loop, g, y, arrays),), variadic=True,
    jvp=lambda tangents, y, arrays, loop: _push(loop, tangents, y, arrays),
    zeros=lambda g, y, arrays, loop: bundled(_pull(loop, g, y, arrays, masked=True)), complex=True, analytic=False,
    times="length",
)  # fmt: skip
