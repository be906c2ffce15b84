"""One step of a loop, recorded by itself: from variables of its own to its results.

A step may reach Tensors from outside, as the parameters of a module: those are sources of the whole loop. What a step
is given has a node of its own, where the derivative of the step ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from autograd_lite import errors
from autograd_lite.base.conventions import cast
from autograd_lite.base.shapes import Array
from autograd_lite.engine.graph import Linked, Node, leaf, new_order
from autograd_lite.engine.op import NO_SETTINGS, Op
from autograd_lite.engine.record import Handle, array_of, as_array, make_tensor
from autograd_lite.engine.switch import enable_grad
from autograd_lite.engine.tangents import forward
from autograd_lite.transforms.recomputed import Stretch
from autograd_lite.transforms.watched import ARGUMENT, leading_to, node_of, walk

Leaves = list[Any]
Body = Callable[[Leaves, Leaves], tuple[Leaves, Leaves]]
"""What a step does: of the carry and the elements of this step it makes the next carry, and what it leaves."""

_GIVEN = Op("given", lambda x: x, "elementwise", ("x",), {}, (lambda g: g,), complex=True)
_ELSEWHERE = leaf((), float)


class _Ended(Node):
    """The node of what a step was given, when the step is over."""

    __slots__ = ()

    def freed(self) -> Exception:
        return errors.LoopError(errors.LOOP_LEFT)


class Lap(NamedTuple):
    """One step that was recorded.

    Attributes
    ----------
    carry, ys : list
        Its results.
    ends : dict of int to Node
        The nodes of what it was given, by place among carry and elements.
    outside : set of Node
        What it reached besides.
    between : set of Node
        All from which a derivative flows to one of these, these included.
    """

    carry: Leaves
    ys: Leaves
    ends: dict[int, Node]
    outside: set[Node]
    between: set[Node]

    def moves(self, y: Any) -> bool:
        """Tell whether a result has a derivative."""
        return node_of(y) in self.between

    def stretch(self, closures: Sequence[Node], routes: dict[Node, Node]) -> Stretch:
        """Return the step as a stretch of a graph, whose sources are its ends and then the closures of the loop."""
        found = Stretch((*self.ends.values(), *closures), self.between)
        return found.routed(routes)

    def close(self) -> None:
        """Have a sweep complain that comes here later, by a value that was kept elsewhere."""
        for node in self.ends.values():
            if node.op is _GIVEN:
                node.release()
                node.__class__ = _Ended


def lap(body: Body, carry: Leaves, xs: Leaves, moving: Iterable[int]) -> Lap:
    """Carry out a step, recording; `moving` has the places of what has a derivative, among carry and elements."""
    start = new_order()
    given = [*carry, *xs]
    ends = {}
    for k in sorted(moving):
        given[k] = _variable(given[k])
        ends[k] = given[k]._node
    with enable_grad():
        after, ys = body(given[: len(carry)], given[len(carry) :])
    seen, outside, _ = walk([*after, *ys], start, ())
    outside.discard(_ELSEWHERE)
    inner = {outer for node in ends.values() for outer, *_ in node.edges or ()} - {_ELSEWHERE}
    reached = outside - inner
    if inner:
        reached |= inner & _met(after, ys, seen - set(ends.values()))
    return Lap(after, ys, ends, reached, leading_to([*ends.values(), *reached], seen - outside))


def _met(after: Leaves, ys: Leaves, nodes: set[Node]) -> set[Node]:
    """Return what a step reaches besides its variables, as it may the node that one of these is an identity over."""
    met = {edge[0] for node in nodes for edge in node.edges or ()}
    return met | {y._node for y in (*after, *ys) if isinstance(y, Handle) and y._node is not None}


def _variable(x: Any) -> Any:
    """Return what a step is given as a Tensor with a node of its own; over the one it has, as an identity."""
    array = as_array(array_of(x) if isinstance(x, Handle) else x)
    outer = node_of(x)
    op, target = (_GIVEN, _ELSEWHERE) if outer is None else (ARGUMENT, outer)
    edges = ((target, op.rules[0], (), 0),)
    return make_tensor(array, Linked(op, (target,), edges, NO_SETTINGS, array.shape, array.dtype))


def pushed(stretch: Stretch, tangents: Sequence[Any], recorded: bool) -> Mapping[Any, Array]:
    """Return how the nodes of a step move when its ends and closures do; None for a tangent of 0."""
    pairs = zip(stretch.sources, tangents, strict=True)
    start: dict[Node, Any] = {}
    for node, t in pairs:
        if t is not None:
            start[node] = cast(t, node.dtype)
    return forward((), start, recorded, stretch.inner())
