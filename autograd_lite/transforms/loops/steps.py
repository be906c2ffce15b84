"""One step of the derivatives of a loop: as the body of a loop that carries cotangents, or tangents, along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.record import Handle, array_of
from autograd_lite.engine.watchpoints import traced
from autograd_lite.transforms.loops.history import History
from autograd_lite.transforms.loops.laps import Leaves, pushed
from autograd_lite.transforms.watched import as_tensor, node_of


class Pullback:
    """A step of the pullback: of the cotangents of what a step returned those of what it was given.

    The carry is the cotangents of the carry, and the sums for the closures; the elements are the carry before each
    step, those of the loop, the cotangents that there are, and the number of the step. A cotangent of None is 0.

    Parameters
    ----------
    history : History
        Of the loop.
    ys, before : sequence
        The cotangents of what steps left, and of the carry before each step; None where there is none.
    recorded : bool
        Whether the derivative is recorded.
    masked : bool
        Whether zeros of a cotangent are kept zeros.
    """

    def __init__(
        self, history: History, ys: Sequence[Any], before: Sequence[Any], recorded: bool, masked: bool = False
    ) -> None:
        self.history, self.recorded, self.masked = history, recorded, masked
        self._ys = [k for k, g in zip(history.places.ys, ys, strict=True) if g is not None]
        self._before = [k for k, g in zip(history.places.carry, before, strict=False) if g is not None]

    def __call__(self, carry: Leaves, xs: Leaves) -> tuple[Leaves, Leaves]:
        history, places, here = self.history, self.history.places, len(self.history.places.carry)
        n = len(history.before)
        m = n + len(history.given)
        done = history.again(xs[:n], xs[n:m], _number(xs))
        results = [done.carry[k] for k in places.carry] + [done.ys[k] for k in self._ys]
        pairs = zip(results, [*carry[:here], *xs[m : m + len(self._ys)]], strict=True)
        seeds = [(y, as_tensor(g) if self.recorded else g) for y, g in pairs if g is not None and done.moves(y)]
        stretch = done.stretch(history.closures, history.routes)
        shares = stretch.pull([(node_of(y), g) for y, g in seeds], masked=self.masked)
        own = dict(zip(places.carry, shares, strict=False))
        for k, g in zip(self._before, xs[m + len(self._ys) :], strict=False):
            own[k] = _sum(own[k], g)
        there = here + len(places.xs)
        sums = [_sum(a, b) for a, b in zip(carry[here:], shares[there:], strict=True)]
        of_xs = zip(shares[here:there], [xs[n + k] for k in places.xs], strict=True)
        return [*own.values(), *sums], [_zeros_like(x) if g is None else g for g, x in of_xs]

    def filled(self, carry: Leaves) -> Leaves:
        """Return what is carried with zeros in the place of None."""
        history = self.history
        likes = [history.before[k][0] for k in history.places.carry] + list(history.closures)
        return [np.zeros(x.shape, x.dtype) if g is None else g for g, x in zip(carry, likes, strict=True)]

    def whole(self, carry: Leaves, xs: Leaves) -> tuple[Leaves, Leaves]:
        """Return the same, with zeros in the place of None."""
        after, ys = self(carry, xs)
        return self.filled(after), ys


class Pushforward:
    """A step of the tangents: of those of what a step was given those of what it returned.

    The carry is that of the loop, and its tangents; the elements are those of the loop, the tangents that there are,
    and the number of the step.
    """

    def __init__(self, history: History, xs: Sequence[Any], closures: Sequence[Any], recorded: bool) -> None:
        self.history, self.closures, self.recorded = history, closures, recorded
        self._xs = [k for k, t in zip(history.places.xs, xs, strict=True) if t is not None]

    def __call__(self, carry: Leaves, xs: Leaves) -> tuple[Leaves, Leaves]:
        history, places = self.history, self.history.places
        n, m = len(history.start), len(history.given)
        done = history.again(carry[:n], xs[:m], _number(xs))
        given = dict(zip(self._xs, xs[m:], strict=False))
        tangents = [*carry[n:], *[given.get(k) for k in places.xs], *self.closures]
        tangents = [as_tensor(t) if self.recorded and t is not None else t for t in tangents]
        moving = pushed(done.stretch(history.closures, history.routes), tangents, self.recorded)
        moves = [_moved(moving, done.carry[k]) for k in places.carry]
        after = done.carry if self.recorded else [_array(c) for c in done.carry]
        return [*after, *moves], [*[_moved(moving, done.ys[k]) for k in places.ys], *carry[n:]]


def _array(x: Any) -> Any:
    return array_of(x) if isinstance(x, Handle) else x


def _zeros_like(x: Any) -> Any:
    return np.zeros(np.shape(x), x.dtype)


def _moved(moving: Any, y: Any) -> Any:
    """Return the tangent of a result: 0 where it does not move."""
    t = moving.get(node_of(y))
    return _zeros_like(y) if t is None else t


def _number(xs: Leaves) -> int | None:
    """Return the number of a step; None in a program, where it is not known."""
    return None if traced() else int(xs[-1])


def _sum(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b
