"""A nest as the loops that are written: axes that lie in one line become one, and reductions find their level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from autograd_lite.base.shapes import Shape
from autograd_lite.compiler.native.loops import (
    Compute,
    Demand,
    Literal,
    Load,
    Nest,
    Node,
    Reduce,
    Repeat,
    Statement,
    Store,
    View,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sum:
    """A reduction in the loops.

    Attributes
    ----------
    level : int
        The loop before which its variable is made: that one and all within are reduced over. As many as there are
        loops, if the innermost is not: then each element is combined in memory.
    whole : bool
        Whether the variable is the result at that level, or is still to be combined with what is in memory.
    """

    reduce: Reduce
    level: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Loop:
    shape: Shape
    body: tuple[Statement, ...]
    sums: dict[int, Sum]
    """By the place in the body."""
    wide: bool


def loop(nest: Nest) -> Loop:
    """Return the loops of a nest."""
    shape, body = nest.shape, list(nest.body)
    axis = 1 if nest.wide else 0
    while axis < len(shape) - 1:
        if all(_joins(s, axis, shape) for s in body):
            body = [_joined(s, axis) for s in body]
            shape = (*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :])
        else:
            axis += 1
    sums = {k: _sum(s, len(shape)) for k, s in enumerate(body) if isinstance(s, Reduce)}
    return Loop(shape, tuple(body), sums, nest.wide)


def _joins(s: Statement, axis: int, shape: Shape) -> bool:
    if isinstance(s, (Compute, Demand)):
        return True
    strides = s.view.strides
    if isinstance(s, Reduce) and (axis in s.axes) != (axis + 1 in s.axes):
        return False
    return strides[axis] == strides[axis + 1] * shape[axis + 1]


def _joined(s: Statement, axis: int) -> Statement:
    if isinstance(s, (Compute, Demand)):
        return s
    view = replace(s.view, strides=(*s.view.strides[:axis], *s.view.strides[axis + 1 :]))
    if not isinstance(s, Reduce):
        return replace(s, view=view)
    return replace(s, view=view, axes=tuple([k if k <= axis else k - 1 for k in s.axes if k != axis + 1]))


def may_fail(s: Statement) -> bool:
    """Tell whether a statement checks anything: an index, or a demand."""
    return isinstance(s, Demand) or (isinstance(s, (Load, Store)) and bool(s.indices))


def _sum(s: Reduce, loops: int) -> Sum:
    level = loops
    while level and level - 1 in s.axes:
        level -= 1
    return Sum(s, level, len(s.axes) == loops - level)


def is_scattered(body: tuple[Statement, ...]) -> bool:
    """Tell whether a place is written to that is itself computed."""
    return any(isinstance(s, Store) and s.indices for s in body)


def read_only(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield nodes without what is loaded and computed in vain, as for an array of which only the shape is asked for."""
    for node in nodes:
        if isinstance(node, Repeat):
            yield replace(node, nodes=list(read_only(node.nodes)))
            continue
        if isinstance(node, Nest):
            node.body = _wanted(node.body)
        if not isinstance(node, Nest) or node.body:
            yield node


def _wanted(body: list[Statement]) -> list[Statement]:
    read: set[int | Literal] = set()
    kept: list[Statement] = []
    for s in reversed(body):
        if isinstance(s, Load | Compute) and s.target not in read and not may_fail(s):
            continue
        kept.append(s)
        if isinstance(s, Compute):
            read.update(operand.value for operand in s.operands)
        elif isinstance(s, Store | Reduce | Demand):
            read.add(s.value.value)
        if isinstance(s, Load | Store):
            read.update(x.value.value for x in s.indices)
    return kept[::-1]


def read_once(body: Iterable[Statement]) -> frozenset[int]:
    """Return the computed variables that occur once in the text of what reads them, and so need no name."""
    count: Counter[int | Literal] = Counter()
    for s in body:
        if isinstance(s, Compute):
            for k, operand in enumerate(s.operands):
                count[operand.value] += max(text.count(f"{{{k}}}") for text in (s.scalar.c, s.scalar.numba))
        elif isinstance(s, (Store, Demand)):
            count[s.value.value] += 1
            count.update({x.value.value: 2 for x in (s.indices if isinstance(s, Store) else ())})
        elif isinstance(s, Load):
            count.update({x.value.value: 2 for x in s.indices})
        else:
            count[s.value.value] += 2
    return frozenset([s.target for s in body if isinstance(s, Compute) and count[s.target] == 1])


def place(view: View, variables: Iterable[str], more: Iterable[str] = ()) -> str:
    """Return the index of an element: where the view begins, its strides by the variables, and what else is added."""
    parts = [text for text in (view.buffer.steps(), str(view.offset or "")) if text]
    for stride, variable in zip(view.strides, variables, strict=True):
        if stride and variable != "0":
            parts.append(variable if stride == 1 else f"{variable} * {stride}")
    return " + ".join([*parts, *more]) or "0"
