"""Slice by slice: nodes over the same first axes become one loop over these, so that a cache holds what is between.

The scores of attention, for example, are made, masked, normalised and multiplied head by head. Memory that nothing else
reads has room for one slice only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod

from autograd_lite.base.shapes import Shape
from autograd_lite.compiler.native.loops import (
    Buffer,
    Compute,
    Demand,
    Nest,
    Node,
    Product,
    Reduce,
    Repeat,
    Statement,
    Store,
    View,
    buffers_of,
    views_of,
)  # fmt: skip
from autograd_lite.compiler.native.nests import is_scattered
from autograd_lite.compiler.native.wide import is_wide

WORTH = 1 << 18
"""In bytes: a cache holds all of what is smaller."""
_SLICE = 1 << 14
"""In bytes: so many axes are taken that no slice of what is between is larger, if there are as many."""
_LONGEST = 64
"""So many nodes are in a loop at most."""


def sliced(nodes: Sequence[Node], new: Callable[[], int]) -> Iterator[Node]:
    """Yield nodes, with loops in the place of runs of them."""
    nodes = [_plain(node) for node in nodes]
    users = Counter(i for node in nodes for i in buffers_of(node))
    start = 0
    while start < len(nodes):
        run = _Run(nodes[start : start + 1])
        while len(run.nodes) < min(_LONGEST, len(nodes) - start):
            longer = _Run(nodes[start : start + len(run.nodes) + 1])
            if not longer.goes_on(run):
                break
            run = longer
        yield from [_Slices(run, users, new).loops()] if run.is_worth_it() else run.nodes
        start += len(run.nodes)


class _Run:
    """Nodes one after the other.

    Attributes
    ----------
    depth : int
        How many first axes they have in common, along which no slice depends on another one.
    lengths : tuple of int
        Of these axes.
    between : list of Buffer
        What one of them writes and another one reads, or writes to as well.
    written, users, views : dict
        By number the buffers that are written to, how many of the nodes read or write a buffer, and at which places.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.views: dict[int, list[View]] = {}
        for node in nodes:
            for view in views_of(node) if isinstance(node, (Nest, Product)) else ():
                self.views.setdefault(view.buffer.id, []).append(view)
        self.written = {i: buffer for node in nodes for i, buffer in _written(node).items()}
        self.users = Counter(i for node in nodes for i in buffers_of(node))
        self.between = [buffer for i, buffer in self.written.items() if self.users[i] > 1]
        leading = [_leading(node) for node in nodes]
        most = min(*map(len, leading), max(map(_axes, nodes)) - 1)  # a loop over single numbers is nothing new
        self.depth = next((d for d in range(most, 0, -1) if self._are_apart(leading, d)), 0)
        self.lengths = leading[0][: self.depth]

    def _are_apart(self, leading: Sequence[Shape], depth: int) -> bool:
        lengths = leading[0][:depth]
        alike = all(shape[:depth] == lengths for shape in leading)
        return alike and all(_is_in_slices(self.views[i], lengths) for i in self.written)

    def bytes_of(self, depth: int) -> int:
        """Return the size of the largest slice of what is between."""
        each = prod(self.lengths[:depth])
        return max([b.size * b.dtype.itemsize // each for b in self.between], default=0)

    def goes_on(self, run: _Run) -> bool:
        """Tell whether a run with one more node is as good."""
        return self.depth > 0 and (self.depth == run.depth or self.bytes_of(self.depth) <= _SLICE)

    def is_worth_it(self) -> bool:
        return self.depth > 0 and sum(b.size * b.dtype.itemsize for b in self.between) >= WORTH

    def axes(self) -> int:
        """Return how many axes are enough."""
        return next((d for d in range(1, self.depth) if self.bytes_of(d) <= _SLICE), self.depth)


class _Slices:
    """The loops over the slices of a run."""

    def __init__(self, run: _Run, users: Mapping[int, int], new: Callable[[], int]) -> None:
        self.run, self.new = run, new
        self.depth = run.axes()
        self.variables = [f"r{new()}" for _ in range(self.depth)]
        self._parts: dict[tuple[int, tuple[int, ...]], Buffer] = {}
        self._small: dict[int, tuple[Buffer, int]] = {}
        for i, buffer in run.written.items():
            if buffer.kind == "temporary" and users[i] == run.users[i]:
                self._small[i] = self._shrunk(run.views[i])

    def loops(self) -> Repeat:
        nodes: list[Node] = [self._inner(node) for node in self.run.nodes]
        for variable, length in reversed(list(zip(self.variables, self.run.lengths, strict=False))):
            nodes = [Repeat(variable, length, False, nodes)]
        (loop,) = nodes
        assert isinstance(loop, Repeat)
        return loop

    def _shrunk(self, views: Sequence[View]) -> tuple[Buffer, int]:
        """Return memory for a slice of a temporary, and at which element of that it begins."""
        low, high = _span(views, self.depth)
        return Buffer(self.new(), views[0].buffer.dtype, high - low + 1), low

    def _inner(self, node: Node) -> Node:
        if isinstance(node, Product):
            return replace(node, a=self._slice(node.a), b=self._slice(node.b), c=self._slice(node.c))
        assert isinstance(node, Nest)
        return Nest(node.shape[self.depth :], [self._statement(s) for s in node.body])

    def _statement(self, s: Statement) -> Statement:
        if isinstance(s, (Compute, Demand)):
            return s
        view = self._slice(s.view)
        if isinstance(s, Reduce):
            return replace(s, view=view, axes=tuple([k - self.depth for k in s.axes]))
        return replace(s, view=view)

    def _slice(self, view: View) -> View:
        steps, strides, shape = view.strides[: self.depth], view.strides[self.depth :], view.shape[self.depth :]
        if view.buffer.id in self._small:
            buffer, low = self._small[view.buffer.id]
            return View(buffer, view.offset - low, strides, shape)
        return View(self._part(view.buffer, steps), view.offset, strides, shape)

    def _part(self, buffer: Buffer, steps: tuple[int, ...]) -> Buffer:
        """Return a buffer as it is seen from within the loops: each goes on by its stride."""
        if not any(steps):
            return buffer
        key = (buffer.id, steps)
        if key not in self._parts:
            part = buffer
            for step, variable in zip(steps, self.variables, strict=True):
                if step:
                    inner, part = part, Buffer(self.new(), buffer.dtype, buffer.size, "part", -1)
                    part.whole = (inner, step, variable)
            self._parts[key] = part
        return self._parts[key]


def _plain(node: Node) -> Node:
    """Return a product without those axes of its stack that are of length one; nests have none."""
    if not isinstance(node, Product) or 1 not in node.stack:
        return node
    kept = [k for k, n in enumerate(node.stack) if n != 1]
    kept += [len(node.stack), len(node.stack) + 1]
    a, b, c = (
        View(v.buffer, v.offset, tuple([v.strides[k] for k in kept]), tuple([v.shape[k] for k in kept]))
        for v in (node.a, node.b, node.c)
    )
    return replace(node, a=a, b=b, c=c)


def _leading(node: Node) -> Shape:
    """Return the lengths of the axes that a node may be sliced along."""
    if isinstance(node, Product):
        return node.stack
    if not isinstance(node, Nest) or node.moves or is_wide(node) or is_scattered(tuple(node.body)):
        return ()
    reduced = [axis for s in node.body if isinstance(s, Reduce) for axis in s.axes]
    return node.shape[: min(reduced, default=len(node.shape))]


def _axes(node: Node) -> int:
    """Return over how many axes a node goes."""
    return len(node.shape) if isinstance(node, Nest) else len(node.stack) + 2 if isinstance(node, Product) else 0


def _written(node: Node) -> dict[int, Buffer]:
    if isinstance(node, Product):
        return {node.c.buffer.id: node.c.buffer}
    body = node.body if isinstance(node, Nest) else ()
    return {s.view.buffer.id: s.view.buffer for s in body if isinstance(s, (Store, Reduce))}


def _is_in_slices(views: Sequence[View], lengths: Shape) -> bool:
    """Tell whether all views have their slices along the first axes at the same places, and none overlaps another."""
    depth = len(lengths)
    steps = {view.strides[:depth] for view in views}
    if len(steps) > 1:
        return False
    (strides,) = steps
    low, high = _span(views, depth)
    inner = [*[n * step for n, step in zip(lengths[1:], strides[1:], strict=True)], high - low + 1]
    return all(step >= size for step, size in zip(strides, inner, strict=True))


def _span(views: Sequence[View], depth: int) -> tuple[int, int]:
    """Return the first and the last element of the first slice."""
    low = min(v.offset + sum(_ends(v, depth, min)) for v in views)
    return low, max(v.offset + sum(_ends(v, depth, max)) for v in views)


def _ends(view: View, depth: int, which: Callable[[int, int], int]) -> Iterator[int]:
    for n, step in zip(view.shape[depth:], view.strides[depth:], strict=True):
        yield which(0, (n - 1) * step)
