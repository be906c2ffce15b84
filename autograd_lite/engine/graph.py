"""The recorded graph: nodes, and their order.

A `Node` is what one operation leaves behind for the walks: which operation, from which nodes, and what its
derivative needs. It holds no Tensor, so there is no reference cycle, and a graph that nobody holds is freed at once,
without the garbage collector.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from operator import attrgetter
from typing import Any

from autograd_lite import errors
from autograd_lite.base.shapes import Shape
from autograd_lite.engine.op import NO_SETTINGS, Op, Settings

new_order = count().__next__


class ConstantInput:
    """An input of a node through which no gradient flows: its shape and name, for pictures and forward sweeps.

    `source` is a weak reference to the Tensor that it was, the same object for every use of it; None for an array.
    """

    __slots__ = ("dtype", "name", "shape", "source")

    def __init__(self, shape: Shape, dtype: Any, name: str | None = None, source: Any = None) -> None:
        self.shape, self.dtype, self.name, self.source = shape, dtype, name, source


class Node:
    """A leaf, which is a Tensor of the user's that requires a gradient, or one recorded operation.

    Attributes
    ----------
    op : Op or None
        The operation; None for a leaf.
    inputs : tuple
        For each operand a `Node` (a gradient may flow), a `ConstantInput`, or the Python number itself. Not there any
        more once a sweep has released the node.
    edges : tuple or None
        For each operand through which a gradient flows ``(node, rule, saved, index)``: where it goes, the rule, what
        the rule is called with after `g`, and which operand it is. None once a sweep has released the node.
    settings : mapping
        The settings of the call.
    shape, dtype
        Of the result; of several their number, and `several.Kinds`.
    order : int or float
        Grows with creation, so that every node comes after its inputs.
    notes : Notes or None
        Name, hooks and the Tensor that wants the gradient, for the few nodes that have them; always there on a leaf.
    """

    __slots__ = ("__weakref__", "_inputs", "dtype", "edges", "notes", "op", "order", "settings", "shape")

    def __init__(
        self,
        op: Op | None,
        inputs: tuple[Any, ...] | None,
        edges: tuple[Any, ...] | None,
        settings: Settings,
        shape: Shape,
        dtype: Any,
    ) -> None:
        self.op, self._inputs, self.edges, self.settings = op, inputs, edges, settings
        self.shape, self.dtype = shape, dtype
        self.order: float = new_order()
        self.notes: Notes | None = None

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What the edges lead to, where that is all: then the node does not keep them a second time."""
        return tuple([edge[0] for edge in self.edges or ()]) if self._inputs is None else self._inputs

    @inputs.setter
    def inputs(self, value: tuple[Any, ...] | None) -> None:
        self._inputs = value

    def note(self) -> Notes:
        """Return the notes of this node, made at the first call."""
        if self.notes is None:
            self.notes = Notes()
        return self.notes

    def release(self) -> None:
        """Let go of saved values and inputs; a later sweep through here is an error that says so."""
        self.edges = self._inputs = None
        self.__class__ = Node

    def freed(self) -> Exception:
        """Return what a sweep raises that comes here when the node is released."""
        return errors.FreedGraphError(errors.FREED.format(what=self.describe()))

    def describe(self) -> str:
        """Return how a message calls the node."""
        name = f" {self.notes.name!r}" if self.notes is not None and self.notes.name else ""
        kind = "the leaf" if self.op is None else f"the operation {self.op.name}"
        place = f", made at {self.notes.place}" if self.notes is not None and self.notes.place else ""
        return f"{kind}{name} (result of shape {self.shape}{place})"

    def __repr__(self) -> str:
        kind = "leaf" if self.op is None else self.op.name
        return f"<node {self.order}: {kind} {self.shape}>"


class Linked(Node):
    """A node that no sweep has released yet: dropping it takes its graph apart.

    NOTE: `release` makes it a plain `Node`, because a finaliser in Python is a place where an interrupt (Ctrl-C) can be
    delivered, and one delivered there is lost. Leaves, which have nothing to take apart, are of this class because
    CPython reads attributes faster where all objects are of one class: a sweep takes a tenth less time.
    """

    __slots__ = ()

    def __del__(self) -> None:
        if getattr(self, "edges", None):  # an interrupt may leave a node without any
            _unlink(self)


class Notes:
    """What only some nodes have: a name, hooks, a Tensor that wants the gradient, the scope and the line they are from.

    `used` is a weak reference to the gradient that an optimiser has stepped on, or to one in which that is contained.

    NOTE: the gradient is kept by the Tensor, which the node knows by a weak reference. A recorded gradient leads back
    to the node, and would otherwise be in a cycle with it.
    """

    __slots__ = ("hooks", "name", "owner", "place", "retain", "scope", "used")

    def __init__(self) -> None:
        self.name: str | None = None
        self.scope: Any = None
        self.hooks: dict[object, Callable[[Any], Any]] = {}
        self.retain = False
        self.place: Any = None
        self.used: Any = None
        self.owner: Callable[[], Any] = _nobody


class Recomputed:
    """What an edge saves in the place of values: it computes them again, from nodes that it leads to."""

    __slots__ = ()

    def reroute(self, steps: Mapping[Node, Node]) -> None:
        """Lead to the values of `steps` in the place of its keys."""


def hooks_of(node: Node | None) -> tuple[Callable[[Any], Any], ...]:
    """Return what is called with the gradient of a node; nothing where there is none."""
    return () if node is None or node.notes is None else tuple(node.notes.hooks.values())


def _nobody() -> None:
    """Stand for a weak reference to a Tensor that is gone."""


def node_of(x: Any) -> Node | None:
    """Return the node of a Tensor; None where there is none, and of what is no Tensor."""
    node: Node | None = getattr(x, "_node", None)
    return node


def leaf(shape: Shape, dtype: Any, name: str | None = None, owner: Callable[[], Any] = _nobody) -> Node:
    """Return the node of a Tensor that the user made and that requires a gradient.

    `owner` is a weak reference to that Tensor, where the gradient shall be kept.
    """
    node = Linked(None, (), (), NO_SETTINGS, shape, dtype)
    notes = node.note()
    notes.name, notes.owner = name, owner
    return node


class _Unlinking(_thread._local):
    """What a thread has still to take apart; None while it takes nothing apart."""

    pending: list[Any] | None = None


_unlinking = _Unlinking()


def _unlink(node: Node) -> None:
    """Take a graph that nobody holds any more apart in a loop.

    To drop the links of a node drops those parents that nobody else holds; their finalisers come here, find the loop at
    work, and leave it their own links.

    NOTE: leaving this to the interpreter is recursion in C, one level for each node: CPython 3.13 overflows the stack
    of a thread with a chain of some 10,000 nodes.
    """
    links = [(node.edges, node._inputs)]
    node.release()
    if _unlinking.pending is not None:
        _unlinking.pending += links
        return
    _unlinking.pending = links
    try:
        while links:
            links.pop()
    finally:
        _unlinking.pending = None


def reachable(roots: Iterable[Node]) -> list[Node]:
    """Return all nodes from which `roots` were computed, and the roots, in order of creation."""
    pending = list(roots)
    found = set(pending)
    nodes = []
    while pending:
        node = pending.pop()
        nodes.append(node)
        for edge in node.edges or ():
            parent = edge[0]
            if parent not in found:
                found.add(parent)
                pending.append(parent)
    nodes.reverse()  # a chain is then sorted already, and the sort linear
    nodes.sort(key=attrgetter("order"))
    return nodes


def later(root: Node, start: Node) -> set[Node]:
    """Return the nodes from which `root` was computed since `start` was made, and both if they are among them."""
    found, pending = {root}, [root]
    while pending:
        for parent, *_ in pending.pop().edges or ():
            if parent.order >= start.order and parent not in found:
                found.add(parent)
                pending.append(parent)
    return found
