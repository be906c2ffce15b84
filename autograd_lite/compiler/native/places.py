"""Where the values of a kernel are, and the nests that compute them: each joins the earliest one that has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Shape
from autograd_lite.compiler.native.loops import (
    Buffer,
    Compute,
    Literal,
    Load,
    Nest,
    Node,
    Operand,
    Statement,
    Store,
    View,
)
from autograd_lite.compiler.native.orders import Orders, strides
from autograd_lite.compiler.native.values import Memory, Point, Splat, Value, aligned, reshaped, seen, size, squeezed
from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.memory import is_view
from autograd_lite.compiler.program.program import Instruction, Program, Ref

LONGEST = 200
"""Statements of a nest at most, for compilers take more than linear time."""


class Places:
    """The nodes of one kernel and the values in them, while it is made.

    Parameters
    ----------
    program : Program
    splats : mapping
        The constants that are one number everywhere.
    leaving : sequence of int
        The values that are needed outside of the kernel.
    numbers : list of int
        The last number that was given to anything.
    later : mapping
        For arrays that are written to once more, and read by nobody else, what that gives: it lies where they do.
    orders : mapping
        The order of axes of arrays that do not lie in C order.
    """

    def __init__(
        self,
        program: Program,
        splats: Mapping[int, Any],
        leaving: tuple[int, ...],
        numbers: list[int],
        later: Mapping[int | None, int],
        orders: Orders,
    ) -> None:
        self.types = program.types
        self.made = {x.id: x for x in program.instructions}
        self.splats = splats
        self.nodes: list[Node] = []
        self.values: dict[int, Value] = {}
        self.inputs: list[Buffer] = []
        self._loads: dict[Any, int] = {}
        self._stored: dict[int, Memory] = {}
        self._numbers, self._later, self._orders = numbers, later, orders
        self.outputs = {i: Buffer(i, self._dtype(i), size(self.types[i].shape), "array") for i in leaving}

    # ----- values -----

    def _dtype(self, i: int) -> Any:
        kind = self.types[i]
        return np.dtype(float) if kind.kind == "float" else kind.dtype

    def value(self, operand: Any) -> Value:
        """Return where an operand is; one from outside becomes an input, and a view is followed to what it shows."""
        if not isinstance(operand, Ref):
            return Splat(operand, (), np.asarray(operand).dtype)
        found = self.values.get(operand.id)
        if found is None:
            found = self.values[operand.id] = self._from_outside(operand.id)
        return found

    def _from_outside(self, i: int) -> Value:
        if i in self.splats:
            return Splat(self.splats[i], self.types[i].shape, self._dtype(i))
        x = self.made.get(i)
        if x is not None and is_view(x, self.types):
            return self._shown(x)
        kind = self.types[i]
        buffer = Buffer(i, self._dtype(i), size(kind.shape), "array" if kind.kind == "array" else "number")
        self.inputs.append(buffer)
        return Memory(self._whole(buffer, kind.shape), -1)

    def new(self) -> int:
        """Return the number of a value that the program has not."""
        self._numbers[0] += 1
        return self._numbers[0]

    def _room(self, i: int | None, shape: Shape, dtype: Any) -> View:
        """Return memory for a value: an array that leaves, or a temporary one."""
        while i in self._later:
            i = self._later[i]
        buffer = self.outputs.get(i) if i is not None else None
        if buffer is None:
            buffer = Buffer(self.new(), dtype, size(shape))
        return self._whole(buffer, shape, i)

    def _whole(self, buffer: Buffer, shape: Shape, i: int | None = None) -> View:
        """Return all of the memory of a value, which is that of the buffer unless it is said."""
        i = buffer.id if i is None else i
        order = self._orders.get(i)
        own = shape if order is None else self.types[i].shape
        return reshaped(View(buffer, 0, strides(own, order), own), shape)

    def _in_memory(self, value: Value) -> Memory:
        """Return a value as memory: a variable is stored by its nest."""
        if isinstance(value, Memory):
            return value
        if isinstance(value, Splat):
            return self._filled(None, value)
        stored = self._stored.get(value.variable)
        if stored is None:
            room = self._room(value.variable, value.shape, value.dtype)
            self._store(value, room)
            stored = self._stored[value.variable] = Memory(room, value.nest)
        return Memory(reshaped(stored.view, value.shape), stored.node)

    def _store(self, value: Point, room: View) -> None:
        nest = self.nodes[value.nest]
        assert isinstance(nest, Nest)
        view = aligned(room, value.shape)
        nest.body.append(Store(view, Operand(value.variable, value.dtype, room.buffer.dtype)))

    def _filled(self, i: int | None, value: Splat) -> Memory:
        """Return an array of one number."""
        nest = self._nest(0, value.shape)
        room = self._room(i, value.shape, value.dtype)
        self._body(nest).append(Store(aligned(room, value.shape), _literal(value, value.dtype)))
        return Memory(room, nest)

    def _shown(self, x: Instruction) -> Value:
        """A view: the same memory, seen otherwise."""
        value, shape = self.value(x.args[0]), self.types[x.id].shape
        if isinstance(value, Splat):
            return replace(value, shape=shape)
        if isinstance(value, Point) and facts.of(x.fn).shape and squeezed(value.shape) == squeezed(shape):
            return replace(value, shape=shape)
        memory = self._in_memory(value)
        view = seen(memory.view, x)
        if view is None:  # of elements in an order that no strides describe
            memory = self._copied(None, memory)
            view = seen(memory.view, x)
            assert view is not None
        return Memory(view, memory.node)

    # ----- nests -----

    def _nest(self, first: int, shape: Shape) -> int:
        """Return the earliest nest over a shape, from `first` on."""
        wanted = squeezed(shape)
        for k in range(first, len(self.nodes)):
            node = self.nodes[k]
            if isinstance(node, Nest) and node.shape == wanted and len(node.body) < LONGEST:
                return k
        self.nodes.append(Nest(wanted))
        return len(self.nodes) - 1

    def _body(self, nest: int) -> list[Statement]:
        node = self.nodes[nest]
        assert isinstance(node, Nest)
        return node.body

    def _after(self, value: Value, shape: Shape) -> int:
        """Return the first node that can read a value at the elements of a shape."""
        if isinstance(value, Splat):
            return 0
        if isinstance(value, Memory):
            return value.node + 1
        return value.nest if squeezed(value.shape) == squeezed(shape) else value.nest + 1

    def _ready(self, values: Iterable[Value], shape: Shape, first: int = 0) -> int:
        return self._nest(max([first, *[self._after(value, shape) for value in values]]), shape)

    def _operand(self, nest: int, shape: Shape, value: Value, to: Any) -> Operand:
        """Return a value as an operand of a statement in a nest over a shape."""
        if isinstance(value, Splat):
            return _literal(value, to)
        if isinstance(value, Point) and value.nest == nest and squeezed(value.shape) == squeezed(shape):
            return Operand(value.variable, value.dtype, to)
        view = aligned(self._in_memory(value).view, shape)
        key = (nest, view.buffer.id, view.offset, view.strides)
        if key not in self._loads:
            self._loads[key] = self.new()
            self._body(nest).append(Load(self._loads[key], view.buffer.dtype, view))
        return Operand(self._loads[key], view.buffer.dtype, to)

    def _computed(self, i: int, scalar: Any, values: Iterable[Value], dtypes: Iterable[Any], shape: Shape) -> Point:
        values = tuple(values)
        nest = self._ready(values, shape)
        operands = tuple([self._operand(nest, shape, v, to) for v, to in zip(values, dtypes, strict=True)])
        self._body(nest).append(Compute(i, self._dtype(i), scalar, operands))
        return Point(nest, i, shape, self._dtype(i))

    def _copied(self, i: int | None, value: Value) -> Memory:
        nest = self._ready([value], value.shape)
        room = self._room(i, value.shape, value.dtype)
        operand = self._operand(nest, value.shape, value, value.dtype)
        self._body(nest).append(Store(aligned(room, value.shape), operand))
        return Memory(room, nest)

    def _put(self, value: Value, room: View, first: int = 0) -> int:
        """Write a value to memory, by a node from `first` on, and return which."""
        nest = self._ready([value], value.shape, first)
        operand = self._operand(nest, value.shape, value, room.buffer.dtype)
        self._body(nest).append(Store(aligned(room, value.shape), operand))
        return nest

    # ----- what leaves -----

    def _deliver(self, i: int) -> None:
        """Have a value in the array that leaves the kernel."""
        value, buffer = self.value(Ref(i)), self.outputs[i]
        if isinstance(value, Memory) and value.view.buffer is buffer:
            return
        if isinstance(value, Splat):
            self._filled(i, value)
        elif isinstance(value, Point) and not (value.variable == i and i in self._stored):
            self._store(value, self._whole(buffer, value.shape))
        elif isinstance(value, Memory):
            self._copied(i, value)


def _literal(value: Splat, to: Any) -> Operand:
    return Operand(Literal(value.value), value.dtype, to)
