"""In which order the axes of arrays lie in memory: images have the batch innermost, and what is made of them keeps it.

So NumPy does it: convolutions give such arrays, and elementwise functions keep the order of their operands ("K"). It is
a guess by which loops are chosen; a kernel copies an array that lies otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from autograd_lite.base.shapes import Shape
from autograd_lite.compiler.native.calls import elementwise
from autograd_lite.compiler.native.loops import Buffer, Compute, Demand, Nest, Reduce, Statement, View
from autograd_lite.compiler.native.values import contiguous, seen, size
from autograd_lite.compiler.program import helpers
from autograd_lite.compiler.program.memory import is_array, is_view
from autograd_lite.compiler.program.program import Instruction, Program, Ref, Type
from autograd_lite.rules import windows

Order = tuple[int, ...]
"""The axes of an array from the outermost to the innermost."""
Orders = Mapping[int, Order]
"""By value; those in C order are not in it."""
_FAR = 8
_GIVES_IMAGES = (windows.convolved, windows.convolved_input)
_LIKE: Mapping[Any, int] = MappingProxyType(
    {
        windows.largest: 0, windows.sums: 0, windows.spread_sums: 0, windows.put_at_largest: 1,
        windows.taken_at_largest: 2, helpers.placed: 0, helpers.assigned: 0, helpers.added_at: 0,
        helpers.subtracted_at: 0,
    }
)  # fmt: skip
"""The operand whose order a function keeps."""


def batch_last(ndim: int) -> Order:
    """Return the order of images."""
    return (*range(1, ndim), 0)


def back(order: Order) -> Order:
    """Return the axes by which what was transposed by an order is as before."""
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def strides(shape: Shape, order: Order | None) -> tuple[int, ...]:
    """Return the strides of a new array, in elements."""
    if order is None:
        return contiguous(shape)
    found = contiguous(tuple([shape[k] for k in order]))
    return tuple([found[k] for k in back(order)])


def orders_of(program: Program) -> Orders:
    """Return the order of each array of a program that is not in C order, views too."""
    if not any(x.fn in _GIVES_IMAGES for x in program.instructions):
        return {}
    found: dict[int, Order] = {}
    for x in program.instructions:
        if is_array(program.types[x.id]):
            order = _order(x, program.types, found)
            if order is not None and order != tuple(range(len(order))):
                found[x.id] = order
    return found


def _order(x: Instruction, types: Mapping[int, Type], known: Orders) -> Order | None:
    shape = types[x.id].shape
    if x.fn in _GIVES_IMAGES:
        return batch_last(len(shape))
    if x.fn in _LIKE:
        like = x.args[_LIKE[x.fn]]
        order = known.get(like.id) if isinstance(like, Ref) else None
        return order if order is not None and len(order) == len(shape) else None
    if not any(i in known for i in x.operands()):
        return None
    if is_view(x, types):
        return _of_view(x, types, known)
    if elementwise(x, types) is None:
        return None
    return next((known[i] for i in x.operands() if i in known and types[i].shape == shape), None)


def _of_view(x: Instruction, types: Mapping[int, Type], known: Orders) -> Order | None:
    i = x.args[0].id
    shape = types[i].shape
    view = seen(View(Buffer(i, types[i].dtype, size(shape)), 0, strides(shape, known[i]), shape), x)
    return None if view is None else _sorted(view.strides)


def _sorted(steps: tuple[int, ...]) -> Order:
    return tuple(sorted(range(len(steps)), key=lambda k: -abs(steps[k])))


def ordered(nest: Nest) -> Nest:
    """Return a nest with its loops in the order that most of what it reads and writes lies in."""
    votes: dict[Order, int] = {tuple(range(len(nest.shape))): 0}
    for s in nest.body:
        view = getattr(s, "view", None)
        if view is not None and not isinstance(s, Reduce) and all(view.strides):
            order = _sorted(view.strides)
            votes[order] = votes.get(order, 0) + 1
    order = max(votes, key=votes.__getitem__)
    if len(votes) > 1:
        order = _with_shortest_steps(order, nest)
    if order == tuple(range(len(order))):
        return nest
    places = back(order)
    body = [_permuted(s, order, places) for s in nest.body]
    return Nest(tuple([nest.shape[k] for k in order]), body, nest.wide, nest.moves)


def _with_shortest_steps(order: Order, nest: Nest) -> Order:
    """Return an order with the axis innermost along which elements lie closer together, if that is by far: each step
    along the other one is to another line of the cache, and often to one that takes the place of the last.
    """
    steps = [[abs(s.view.strides[k]) for s in nest.body if not isinstance(s, (Compute, Demand))] for k in order]
    cost = dict(zip(order, (sum(step for step in found if step > 1) for found in steps), strict=True))
    best = min(order, key=cost.__getitem__)
    if _FAR * cost[best] >= cost[order[-1]]:
        return order
    return (*[k for k in order if k != best], best)


def _permuted(s: Statement, order: Order, places: Order) -> Statement:
    if isinstance(s, (Compute, Demand)):
        return s
    shape, steps = (tuple([values[k] for k in order]) for values in (s.view.shape, s.view.strides))
    view = View(s.view.buffer, s.view.offset, steps, shape)
    if isinstance(s, Reduce):
        return replace(s, view=view, axes=tuple([places[k] for k in s.axes]))
    return replace(s, view=view)
