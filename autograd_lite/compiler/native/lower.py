"""From calls of NumPy to loops: each call joins the earliest nest over its shape in which its operands are known."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Shape
from autograd_lite.compiler.native.c_blas import suits
from autograd_lite.compiler.native.calls import (
    CONVOLUTIONS,
    JOINED,
    Limits,
    as_tuple,
    axes_of,
    axis_of_joined,
    elementwise,
)  # fmt: skip
from autograd_lite.compiler.native.convolving import Convolving
from autograd_lite.compiler.native.loops import (
    Buffer,
    Compute,
    Demand,
    Index,
    Kernel,
    Literal,
    Load,
    Nest,
    Operand,
    Product,
    Reduce,
    Repeat,
    Store,
    View,
    buffers_of,
)  # fmt: skip
from autograd_lite.compiler.native.nests import read_only
from autograd_lite.compiler.native.orders import Orders, ordered
from autograd_lite.compiler.native.pieces import pieces_of
from autograd_lite.compiler.native.scalars import SAME, SCALARS, Scalar
from autograd_lite.compiler.native.slices import sliced
from autograd_lite.compiler.native.values import (
    Memory,
    Point,
    Splat,
    Value,
    aligned,
    as_column,
    as_row,
    contiguous,
    lengthened,
    narrow,
    seen,
    shortened,
    size,
    squeezed,
    stacked,
)
from autograd_lite.compiler.native.wide import widened
from autograd_lite.compiler.native.work import placed
from autograd_lite.compiler.program import facts, helpers
from autograd_lite.compiler.program.loop import Loop, is_item, is_loop, renumbered
from autograd_lite.compiler.program.memory import is_view
from autograd_lite.compiler.program.program import Instruction, Program, Ref

_PRODUCT_OF_ONE = Scalar("(0 + {0} * {1})", "(0 + {0} * {1})")
"""A column times a row; a sum begins with 0, so that it is no negative zero."""


class Lowering(Convolving):
    """The nodes of one kernel, while its instructions are put into them.

    Parameters
    ----------
    program : Program
    instructions : sequence of Instruction
        Those of the kernel.
    splats : mapping
        The constants that are one number everywhere.
    leaving : sequence of int
        The values that are needed outside of the kernel.
    limits : Limits, optional
        For which products BLAS is called; for none of them where there are no limits.
    numbers : list of int, optional
        The last number that was given to anything, where another one gives numbers too: for the step of a loop.
    orders : mapping, optional
        The order of axes of arrays that do not lie in C order.
    """

    def __init__(
        self,
        program: Program,
        instructions: Iterable[Instruction],
        splats: Mapping[int, Any],
        leaving: tuple[int, ...],
        limits: Limits | None = None,
        numbers: list[int] | None = None,
        orders: Orders = MappingProxyType({}),
    ) -> None:
        given = (numbers or [max(program.types, default=0)], _written_on(instructions, program.uses()))
        super().__init__(program, splats, leaving, *given, orders)
        self._items: dict[tuple[int, int], int] = {
            (x.args[0].id, x.args[1]): x.id for x in program.instructions if is_item(x, self.types)
        }
        self._limits = limits
        for x in instructions:
            self.values[x.id] = self._lowered(x)
        for i in leaving:
            self._deliver(i)
        self.nodes = list(read_only(self.nodes))

    def kernel(self, name: str) -> Kernel:
        """Return what was made."""
        outputs = tuple(self.outputs.values())
        for place, buffer in enumerate((*self.inputs, *outputs)):
            buffer.place = place
        nodes = [ordered(node) if self._orders and isinstance(node, Nest) else node for node in self.nodes]
        nodes = list(widened(sliced(nodes, self.new), self.new))
        work = placed(nodes)
        return Kernel(name, nodes, tuple(self.inputs), outputs, work)

    # ----- instructions -----

    def _lowered(self, x: Instruction) -> Value:
        if x.fn is helpers.verify:
            return self._demanded(x)
        if is_loop(x.fn):
            return self._looped(x)
        known = facts.of(x.fn)
        if known.fills is not None:
            return Splat(known.fills, self.types[x.id].shape, self._dtype(x.id))
        if known.product:
            return self._product(x)
        if x.fn in CONVOLUTIONS:
            return self._convolved(x)
        if facts.reduction(x.fn):
            return self._reduced(x)
        if known.writes:
            return self._written(x)
        if x.fn in JOINED:
            return self._joined(x)
        if x.fn is operator.getitem:
            return self._gathered(x)
        found = elementwise(x, self.types)
        assert found is not None
        scalar, operands, dtypes = found
        values = [self.value(operand) for operand in operands]
        return self._computed(x.id, scalar, values, dtypes, self.types[x.id].shape)

    def _demanded(self, x: Instruction) -> Value:
        value = self.value(x.args[0])
        nest = self._ready([value], value.shape)
        self._body(nest).append(Demand(self._operand(nest, value.shape, value, value.dtype)))
        return Splat(0, (), np.dtype(bool))

    def _product(self, x: Instruction) -> Value:
        shapes = [self.types[operand.id].shape for operand in x.args]
        if len(shapes[0]) == len(shapes[1]) == 2 and shapes[1][0] == 1:  # noqa: PLR2004 - matrices
            dtype = self._dtype(x.id)
            values = [self.value(operand) for operand in x.args]
            return self._computed(x.id, _PRODUCT_OF_ONE, values, (dtype, dtype), self.types[x.id].shape)
        room = self._room(x.id, self.types[x.id].shape, self._dtype(x.id))
        by_blas = self._limits is not None and self._limits.calls_blas(x, self.types)
        a, b = (self._factor(self.value(operand), by_blas) for operand in x.args)
        product = stacked(as_row(a), as_column(b), room)
        self.nodes.append(replace(product, blas=_piece(product.matrices())) if by_blas else product)
        return Memory(room, len(self.nodes) - 1)

    def _factor(self, value: Value, by_blas: bool) -> View:
        """Return a matrix in memory; for BLAS as one that lies in rows, or whose transpose does."""
        view = self._in_memory(value).view
        return self._copied(None, value).view if by_blas and not suits(view) else view

    def _reduced(self, x: Instruction) -> Memory:
        value, kind, how = self.value(x.args[0]), self.types[x.id], facts.reduction(x.fn)
        shape, axes = self.types[x.args[0].id].shape, axes_of(x, self.types)
        nest = self._ready([value], shape)
        operand = self._operand(nest, shape, value, kind.dtype)
        room = self._room(x.id, kind.shape, kind.dtype)
        kept = iter(contiguous(tuple([n for k, n in enumerate(shape) if k not in axes])))
        strides = tuple([0 if k in axes else next(kept) for k in range(len(shape))])
        view = narrow(View(room.buffer, 0, strides, shape))
        places = [k for k, n in enumerate(shape) if n != 1]
        over = tuple([places.index(k) for k in axes if k in places])
        if not over and how == "add":
            operand = self._from_zero(nest, operand)
        self._body(nest).append(Reduce(view, how, operand, over))
        return Memory(room, nest)

    def _from_zero(self, nest: int, operand: Operand) -> Operand:
        """A sum of one number begins with 0 as any other does, so that it is no negative zero."""
        total, dtype = self.new(), operand.to
        zero = Operand(Literal(0), dtype, dtype)
        self._body(nest).append(Compute(total, dtype, SCALARS[operator.add], (zero, operand)))
        return Operand(total, dtype, dtype)

    def _written(self, x: Instruction) -> Memory:
        """An array of which some elements are written to: it is made first, then changed by a later nest."""
        kind = self.types[x.id]
        if x.fn is helpers.placed:
            start: Value = Splat(0, kind.shape, kind.dtype)
            new, key = self.value(x.args[0]), x.args[1]
        else:
            start, new, key = self.value(x.args[0]), self.value(x.args[1]), x.args[2]
        memory = self._begun(x, start)
        view, indices = self._at(memory.view, key)
        new = shortened(new, len(view.shape))
        nest = self._ready([new, *[value for value, _, _ in indices]], view.shape, memory.node + 1)
        value = self._operand(nest, view.shape, new, kind.dtype)
        where = self._indices(nest, view.shape, indices)
        place = narrow(view)
        if facts.of(x.fn).in_place:
            before, after = self.new(), self.new()
            scalar = SCALARS[operator.add if x.fn is helpers.added_at else operator.sub]
            operands = (Operand(before, kind.dtype, kind.dtype), value)
            self._body(nest).append(Load(before, kind.dtype, place))
            self._body(nest).append(Compute(after, kind.dtype, scalar, operands))
            value = Operand(after, kind.dtype, kind.dtype)
        self._body(nest).append(Store(place, value, where))
        return Memory(memory.view, nest)

    def _begun(self, x: Instruction, start: Value) -> Memory:
        """Return an array to be written to: the very one that was written to before, where nothing else reads that."""
        if isinstance(start, Splat):
            return self._filled(x.id, start)
        given = x.args[0].id if isinstance(x.args[0], Ref) and x.fn is not helpers.placed else None
        if isinstance(start, Memory) and self._later.get(given) == x.id:
            return start
        return self._copied(x.id, start)

    def _gathered(self, x: Instruction) -> Point:
        kind = self.types[x.id]
        memory = self._in_memory(self.value(x.args[0]))
        view, indices = self._at(memory.view, x.args[1])
        nest = self._ready([memory, *[value for value, _, _ in indices]], kind.shape)
        where = self._indices(nest, kind.shape, indices)
        variable = self.new()
        self._body(nest).append(Load(variable, kind.dtype, narrow(view), where))
        self._body(nest).append(Compute(x.id, kind.dtype, SAME, (Operand(variable, kind.dtype, kind.dtype),)))
        return Point(nest, x.id, kind.shape, kind.dtype)

    def _at(self, view: View, key: Any) -> tuple[View, list[tuple[Value, int, int]]]:
        """Return the part of an array at an index, and what is added to the place by computed indices."""
        parts = as_tuple(key)
        if not any(isinstance(part, Ref) for part in parts):
            part = seen(view, Instruction(0, operator.getitem, (Ref(0), key)))
            assert part is not None
            return part, []
        rest = len(view.shape) - len(parts)
        values = [lengthened(self.value(part), rest) for part in parts]
        leading = np.broadcast_shapes(*[value.shape for value in values])
        shape = (*leading[: len(leading) - rest], *view.shape[len(parts) :])
        strides = (*[0] * (len(shape) - rest), *view.strides[len(parts) :])
        indices = list(zip(values, view.strides, view.shape, strict=False))
        return View(view.buffer, view.offset, strides, shape), indices

    def _indices(self, nest: int, shape: Shape, indices: list[tuple[Value, int, int]]) -> tuple[Index, ...]:
        whole = np.dtype(np.int64)
        return tuple([Index(self._operand(nest, shape, v, whole), stride, size) for v, stride, size in indices])

    def _joined(self, x: Instruction) -> Memory:
        """Arrays one after the other: each is written to its part."""
        kind = self.types[x.id]
        axis = (axis_of_joined(x) or 0) % len(kind.shape)
        room = self._room(x.id, kind.shape, kind.dtype)
        new = x.fn is np.stack
        strides = (*room.strides[:axis], *room.strides[axis + new :])
        start, latest = 0, 0
        for part in x.args[0]:
            value = self.value(part)
            nest = self._ready([value], value.shape)
            view = View(room.buffer, start * room.strides[axis], strides, value.shape)
            operand = self._operand(nest, value.shape, value, kind.dtype)
            self._body(nest).append(Store(narrow(view), operand))
            start, latest = start + (1 if new else value.shape[axis]), max(latest, nest)
        return Memory(room, latest)

    # ----- loops -----

    def _looped(self, x: Instruction) -> Value:
        """A loop: its carry is memory, which a step reads, and which what it has made is copied to at its end."""
        loop: Loop = x.fn
        body = renumbered(loop.body, self._numbers[0] + 1)
        self._numbers[0] = max(body.types)
        inner = Lowering(body, (), {}, (), self._limits, self._numbers)
        inner._later = _written_on(body.instructions, body.uses())
        variable = f"r{inner.new()}"
        carry, xs, given = loop.divided(list(zip(body.inputs, x.args, strict=True)))
        rooms = [self._carried(inner, i.id, operand) for i, operand in carry]
        for i, operand in xs:
            view = self._in_memory(self.value(operand)).view
            part = Buffer(inner.new(), view.buffer.dtype, view.buffer.size, "part", -1)
            part.whole = (view.buffer, view.strides[0], variable)
            inner.values[i.id] = Memory(View(part, view.offset, view.strides[1:], view.shape[1:]), -1)
        for i, operand in given:
            value = self.value(operand)
            inner.values[i.id] = value if isinstance(value, Splat) else Memory(self._in_memory(value).view, -1)
        for y in body.instructions:
            if not is_view(y, body.types) and not is_item(y, body.types):
                inner.values[y.id] = inner._lowered(y)
        left = [self._left(inner, x, k, body.outputs[k], variable) for k in range(loop.carried, len(body.outputs))]
        carried = [inner.value(y) for y in body.outputs[: loop.carried]]
        after = [inner._kept(value, room, carried) for value, room in zip(carried, rooms, strict=True)]
        for room, made in zip(rooms, after, strict=True):
            inner._moved(made, room)
        self.nodes.append(Repeat(variable, loop.length, loop.reverse, inner.nodes))
        for k, room in enumerate((*rooms, *left)):
            if (x.id, k) in self._items:
                self.values[self._items[x.id, k]] = Memory(room, len(self.nodes) - 1)
        return Splat(0, (), np.dtype(bool))

    def _carried(self, inner: Lowering, i: int, operand: Any) -> View:
        """Return the memory of a part of the carry, with the first one in it."""
        shape = inner.types[i].shape
        room = View(Buffer(inner.new(), inner._dtype(i), size(shape)), 0, contiguous(shape), shape)
        self._put(self.value(operand), room)
        inner.values[i] = Memory(room, -1)
        return room

    def _left(self, inner: Lowering, x: Instruction, k: int, output: Any, variable: str) -> View:
        """Have a step write what it leaves to its place, and return the memory of all."""
        value = inner.value(output)
        shape = (x.fn.length, *value.shape)
        room = self._room(self._items.get((x.id, k)), shape, value.dtype)
        part = Buffer(inner.new(), room.buffer.dtype, size(value.shape), "part", -1)
        part.whole = (room.buffer, size(value.shape), variable)
        inner._put(value, View(part, 0, contiguous(value.shape), value.shape))
        return room

    def _kept(self, value: Value, like: View, others: Sequence[Value]) -> Memory | None:
        """Have the next carry in memory of its own; None if it is the one there is."""
        if isinstance(value, Memory) and value.view == like:
            return None
        if isinstance(value, Point) and self._is_last_read(value, like, others):
            self._store(value, like)
            return None
        room = View(Buffer(self.new(), like.buffer.dtype, like.buffer.size), 0, like.strides, like.shape)
        self._put(value, room)
        return Memory(room, -1)

    def _is_last_read(self, value: Point, like: View, others: Sequence[Value]) -> bool:
        """Tell whether what a nest computes may take the place of the carry: nobody reads that at another element."""
        if any(isinstance(other, Memory) and other.view.buffer is like.buffer for other in others):
            return False
        nest, later = self.nodes[value.nest], self.nodes[value.nest + 1 :]
        assert isinstance(nest, Nest)
        if any(like.buffer.id in buffers_of(node) for node in later):
            return False
        here = aligned(like, value.shape)
        reads = [s for s in nest.body if not isinstance(s, (Compute, Demand)) and s.view.buffer.held() is like.buffer]
        return all(isinstance(s, Load) and not s.indices and s.view == here for s in reads)

    def _moved(self, made: Memory | None, room: View) -> None:
        """Copy memory after all that is done by then."""
        if made is None:
            return
        shape = squeezed(room.shape)
        last = self.nodes[-1] if self.nodes else None
        if not (isinstance(last, Nest) and last.moves and last.shape == shape):
            self.nodes.append(Nest(shape, moves=True))
        variable, dtype = self.new(), room.buffer.dtype
        body = self._body(len(self.nodes) - 1)
        body.append(Load(variable, dtype, narrow(made.view)))
        body.append(Store(narrow(room), Operand(variable, dtype, dtype)))

def _written_on(instructions: Iterable[Instruction], uses: Mapping[int, int]) -> dict[int | None, int]:
    """Return for arrays that are written to, and then read by one more such call only, what that call gives."""
    made = {x.id: x for x in instructions if facts.of(x.fn).writes}
    found: dict[int | None, int] = {}
    for x in made.values():
        start = x.args[0]
        if x.fn is not helpers.placed and isinstance(start, Ref) and start.id in made and uses[start.id] == 1:
            found[start.id] = x.id
    return found


def _piece(product: Product) -> int:
    """Return how many columns BLAS shall compute at a time, 0 for all."""
    (rows, inner), columns = product.a.shape, product.b.shape[1]
    first, second = (view.strides[1] != 1 for view in (product.a, product.b))
    return pieces_of(rows, inner, columns, first=first, second=second)


