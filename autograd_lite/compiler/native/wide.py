"""Loops over many elements in parts that may be done at the same time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from autograd_lite.compiler.native.loops import (
    Buffer,
    Compute,
    Demand,
    Load,
    Nest,
    Node,
    Operand,
    Reduce,
    Statement,
    View,
)

WORTH = 4_000_000
"""So many statements of a nest, each counted for every element: fewer are done before other threads have begun."""
PARTS = 64
"""Into which the outermost axis is divided, however many threads there are: sums are the same on every machine."""


def widened(nodes: Iterable[Node], new: Callable[[], int]) -> Iterator[Node]:
    """Yield nodes, where a large nest is one over parts, one over the rest, and one that combines what each reduced."""
    for node in nodes:
        if isinstance(node, Nest) and is_wide(node):
            yield from _Partition(node, new).nests()
        else:
            yield node


def is_wide(nest: Nest) -> bool:
    """Tell whether a nest is so large that threads are worth it."""
    return bool(nest.shape) and len(nest.body) * math.prod(nest.shape) >= WORTH


class _Partition:
    def __init__(self, nest: Nest, new: Callable[[], int]) -> None:
        self.nest, self.new = nest, new
        self.parts = min(PARTS, nest.shape[0])
        self.length, self.rest = divmod(nest.shape[0], self.parts)
        self.combining: list[Nest] = []
        self.places = {k: self._partial(s) for k, s in enumerate(nest.body) if isinstance(s, Reduce) and 0 in s.axes}

    def nests(self) -> Iterator[Nest]:
        inner = self.nest.shape[1:]
        body = [self._in_parts(k, s) for k, s in enumerate(self.nest.body)]
        yield Nest((self.parts, self.length, *inner), body, wide=True)
        if self.rest:
            yield Nest((self.rest, *inner), [self._in_rest(k, s) for k, s in enumerate(self.nest.body)])
        yield from self.combining

    def _partial(self, s: Reduce) -> tuple[Buffer, int]:
        """Return memory for what each part reduces to, and the size of that; and have it combined."""
        kept = [k for k in range(len(self.nest.shape)) if k not in s.axes]
        shape = tuple([self.nest.shape[k] for k in kept])
        size, entries = math.prod(shape), self.parts + bool(self.rest)
        buffer = Buffer(self.new(), s.view.buffer.dtype, entries * size)
        strides = tuple([s.view.strides[k] for k in kept])
        variable, dtype = self.new(), buffer.dtype
        load = Load(variable, dtype, View(buffer, 0, (size, *strides), (entries, *shape)))
        to = View(s.view.buffer, s.view.offset, (0, *strides), (entries, *shape))
        self.combining.append(Nest((entries, *shape), [load, Reduce(to, s.how, Operand(variable, dtype, dtype), (0,))]))
        return buffer, size

    def _in_parts(self, k: int, s: Statement) -> Statement:
        if isinstance(s, (Compute, Demand)):
            return s
        outer, *inner = s.view.strides
        shape = (self.parts, self.length, *self.nest.shape[1:])
        if k not in self.places:
            view = View(s.view.buffer, s.view.offset, (outer * self.length, outer, *inner), shape)
            return replace(s, view=view, axes=_shifted(s)) if isinstance(s, Reduce) else replace(s, view=view)
        assert isinstance(s, Reduce)
        buffer, size = self.places[k]
        return replace(s, view=View(buffer, 0, (size, 0, *inner), shape), axes=_shifted(s))

    def _in_rest(self, k: int, s: Statement) -> Statement:
        if isinstance(s, (Compute, Demand)):
            return s
        shape = (self.rest, *self.nest.shape[1:])
        if k in self.places:
            buffer, size = self.places[k]
            return replace(s, view=View(buffer, self.parts * size, s.view.strides, shape))
        offset = s.view.offset + s.view.strides[0] * self.parts * self.length
        return replace(s, view=View(s.view.buffer, offset, s.view.strides, shape))


def _shifted(s: Reduce) -> tuple[int, ...]:
    """Return the axes of a reduction where there is one more in front, which is not reduced over."""
    return tuple([axis + 1 for axis in s.axes])
