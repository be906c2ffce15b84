"""What a loop that was recorded leaves for its derivatives, and one step of it carried out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.generators import replayed
from autograd_lite.engine.graph import Node, Recomputed
from autograd_lite.engine.record import Handle, array_of, as_array
from autograd_lite.transforms.loops.laps import Body, Lap, Leaves, lap
from autograd_lite.transforms.recomputed import are_same, follow


class Places(NamedTuple):
    """Which leaves have a derivative: of the carry, of the elements, and of what steps leave."""

    carry: list[int]
    xs: list[int]
    ys: list[int]


class History(Recomputed):
    """What the derivatives of a loop need besides its results.

    The results of its node are, of what has a derivative, the last carry, what steps left, and the carry before each
    step. The last are never handed out: by them what a recorded derivative reads has its history.

    Attributes
    ----------
    closures : tuple of Node
        What its steps reach without being given it.
    entered : list of int
        The places in the carry that begin with something that has a derivative.
    before, start, given : list of arrays
        The carry before each step, if it is kept, and before the first; the elements.
    values : list of arrays
        The results, to be compared with those of a step that is carried out again.
    kept : bool
        Whether the carry before each step is kept.
    kinds : list of dtype
        Of the carry.
    random : list or None
        Where the default generator stood before each step, if steps draw from it.
    """

    __slots__ = (
        "before", "body", "closures", "entered", "given", "kept", "kinds", "length", "places", "random", "reverse",
        "routes", "start", "values",
    )  # fmt: skip
    before: list[Array]
    start: list[Array]
    given: list[Array]
    values: list[Array]
    entered: list[int]
    kept: bool
    kinds: list[Any]
    random: list[Any] | None

    def __init__(self, body: Body, length: int, reverse: bool, places: Places, closures: tuple[Node, ...]) -> None:
        self.body, self.length, self.reverse = body, length, reverse
        self.places, self.closures = places, closures
        self.routes: dict[Node, Node] = {}

    def reroute(self, steps: Mapping[Node, Node]) -> None:
        """Reach sources by another way when computed again: a `vmap` around it has ended."""
        follow(self.routes, self.closures, steps)

    def again(self, carry: Leaves, xs: Leaves, index: int | None) -> Lap:
        """Record a step again, and refuse what is not as it was; what has no number is not compared."""
        moving = [*self.places.carry, *[len(carry) + k for k in self.places.xs]]
        drawing = self.random is not None and index is not None
        with replayed(self.random[self._count(index)]) if drawing else nullcontext():  # type: ignore[index,arg-type]
            done = lap(self.body, carry, xs, moving)
        compared = self.kept and index is not None
        if not done.outside <= set(self.closures) or (compared and not self._is_same(done, index)):  # type: ignore[arg-type]
            raise errors.CheckpointError(errors.LOOP_AGAIN.format(step=index))
        return done

    def _count(self, index: int) -> int:
        """Return how many steps come before one."""
        return self.length - 1 - index if self.reverse else index

    def _is_same(self, done: Lap, index: int) -> bool:
        """Tell whether the results of a step are those of the first time."""
        places, values, n = self.places, self.values, len(self.places.carry)
        last = self._count(index) == self.length - 1
        following = index + (-1 if self.reverse else 1)
        then = [values[j] if last else self.before[k][following] for j, k in enumerate(places.carry)]
        then += [column[index] for column in values[n:]]
        now = [done.carry[k] for k in places.carry] + [done.ys[k] for k in places.ys]
        return are_same([array_of(y) if isinstance(y, Handle) else as_array(y) for y in now], list(map(as_array, then)))

    def elements(self, y: Sequence[Any], arrays: Sequence[Any]) -> tuple[Leaves, Leaves]:
        """Return the carry before each step, and the elements, with their history where the derivative is recorded."""
        before, given = list(self.before), list(self.given)
        for k, t in zip(self.places.carry, y[len(self.values) :], strict=False):
            before[k] = t
        for k, t in zip(self.places.xs, arrays[len(self.entered) :], strict=False):
            given[k] = t
        return before, given

    def begun(self, arrays: Sequence[Any]) -> tuple[Leaves, Leaves]:
        """Return the first carry, and the elements, with their history where the derivative is recorded."""
        start = list(self.start)
        for k, t in zip(self.entered, arrays, strict=False):
            start[k] = t
        return start, self.elements((), arrays)[1]
