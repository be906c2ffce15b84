"""What native code is made of: loops over elements, and products of matrices, between arrays in memory.

A kernel is a list of nests. In a nest, every statement is done for each element of one shape; a value lives in a
variable as long as it is read at the same element, and in memory otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from autograd_lite.base.shapes import Shape
from autograd_lite.compiler.native.scalars import Scalar

LONGEST = 1000
"""Statements of a function: the time that compilers take grows with more than their number."""
_LOOPS = 10
"""So many statements take a compiler as long as loops around them,"""
_BLOCKS = 100
"""and so many as a convolution."""


@dataclass(eq=False, slots=True)
class Buffer:
    """Memory of a kernel.

    Attributes
    ----------
    id : int
        The value of the program that it holds, or a number of its own.
    kind : str
        ``array``, ``number`` (a float of Python or a number of NumPy, which are read from the object itself),
        ``temporary``, or ``part``; where the text stands alone, also ``local``.
    place : int
        The place among the arguments, or for a temporary the first element in the work space.
    whole : Buffer, int, str
        Of a part, which a loop goes through: of which buffer, how many elements it goes on at each step, and the
        variable that has the number of the step.
    """

    id: int
    dtype: Any
    size: int
    kind: str = "temporary"
    place: int = -1
    whole: tuple[Buffer, int, str] | None = None

    def held(self) -> Buffer:
        """Return the buffer that has the memory."""
        return self if self.whole is None else self.whole[0].held()

    def steps(self) -> str:
        """Return what is added to the place of an element of a part, as text; nothing for what is whole."""
        if self.whole is None:
            return ""
        inner, step, variable = self.whole
        return " + ".join([text for text in (inner.steps(), f"{variable} * {step}") if text])


@dataclass(frozen=True, slots=True)
class View:
    """Elements of a buffer: from `offset` on, `strides` apart, both counted in elements."""

    buffer: Buffer
    offset: int
    strides: tuple[int, ...]
    shape: Shape


@dataclass(frozen=True, slots=True)
class Literal:
    """A number that is the same at every element."""

    value: Any


@dataclass(frozen=True, slots=True)
class Operand:
    """A variable, by its number, or a literal; and the dtype it is converted to."""

    value: int | Literal
    dtype: Any
    to: Any


@dataclass(frozen=True, slots=True)
class Index:
    """An index that is itself computed: it adds ``value * stride`` to the place, and is checked against `size`."""

    value: Operand
    stride: int
    size: int


@dataclass(frozen=True, slots=True)
class Load:
    target: int
    dtype: Any
    view: View
    indices: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Compute:
    target: int
    dtype: Any
    scalar: Scalar
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Store:
    view: View
    value: Operand
    indices: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Reduce:
    """Combine a value over some axes of the nest into `view`, whose strides are 0 along those."""

    view: View
    how: str
    value: Operand
    axes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """What must hold at every element; where it does not, the kernel gives up."""

    value: Operand


Statement = Load | Compute | Store | Reduce | Demand


@dataclass(eq=False, slots=True)
class Nest:
    """Statements for each element of a shape without axes of length one.

    `wide` says that the elements of the first axis may be done by several threads; `moves`, that it has the carry of a
    step become that of the next, after all else.
    """

    shape: Shape
    body: list[Statement] = field(default_factory=list)
    wide: bool = False
    moves: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """``c = a @ b`` for matrices, or for stacks of them, whose leading axes are the same.

    `blas` is None where loops compute it; where BLAS does, the number of columns that are done at a time, 0 for all.
    """

    a: View
    b: View
    c: View
    blas: int | None = None

    @property
    def stack(self) -> Shape:
        """The leading axes."""
        return self.c.shape[:-2]

    def matrices(self) -> Product:
        """Return the product of the first ones."""
        a, b, c = (View(v.buffer, v.offset, v.strides[-2:], v.shape[-2:]) for v in (self.a, self.b, self.c))
        return Product(a, b, c, self.blas)


@dataclass(frozen=True, slots=True)
class Convolution:
    """One of three arrays from the other two: of what a convolution is given, its weight, and its result.

    Each position of an axis of `x` is ``i * stride + p * dilation - low``, with `i` that of the result and `p` that of
    the weight; where there is none, nothing is added.

    Attributes
    ----------
    x, w, y : View
        Of the shapes (groups, in, ..., batch), (groups, out, in, ...) and (groups, out, ..., batch), where the batch
        lies innermost.
    stride, dilation, low : tuple of int
        For each axis of windows.
    wanted : {"x", "w", "y"}
        Which one is computed: the share of the input, the share of the weight, or the result. For the latter two, all
        positions are there.
    """

    x: View
    w: View
    y: View
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    low: tuple[int, ...]
    wanted: str

    @property
    def to(self) -> View:
        """What is written to."""
        return {"x": self.x, "w": self.w, "y": self.y}[self.wanted]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Nodes that are done again and again, with the number of the step in `variable`."""

    variable: str
    length: int
    reverse: bool
    nodes: Sequence[Node]


Single = Nest | Product | Convolution
Node = Single | Repeat


@dataclass(frozen=True, slots=True)
class Stage:
    """One function: its nodes, and into how many parts it can be divided; 1 where it is done as a whole."""

    name: str
    nodes: Sequence[Node]
    parts: int = 1


@dataclass(eq=False, slots=True)
class Kernel:
    """What is called at once: one function of native code, or, where a nest is wide, several in a row.

    Attributes
    ----------
    inputs : tuple of Buffer
        What is read, in the order of arguments.
    outputs : tuple of Buffer
        What is written, after them.
    work : int
        The bytes of the work space for what is neither: the last argument, unless there is nothing.
    """

    name: str
    nodes: list[Node]
    inputs: tuple[Buffer, ...] = ()
    outputs: tuple[Buffer, ...] = ()
    work: int = 0

    def stages(self) -> list[Stage]:
        """Return the functions: each wide nest is one of its own, and none is so long that compilers take forever."""
        found: list[tuple[list[Node], int]] = []
        for wide, run in groupby(self.nodes, lambda node: node.shape[0] if isinstance(node, Nest) and node.wide else 0):
            nodes = list(run)
            found += [([node], wide) for node in nodes] if wide else [(part, 1) for part in _cut(nodes)]
        names = [self.name] if len(found) == 1 else [f"{self.name}_{k + 1}" for k in range(len(found))]
        return [Stage(name, nodes, parts) for name, (nodes, parts) in zip(names, found, strict=True)]

    def length(self) -> int:
        """Return how many statements a compiler has to read, or what takes it as long."""
        return sum(map(_length, self.nodes))

    def is_wide(self) -> bool:
        """Tell whether several calls of it may be at work at the same time: in stages, or by several threads."""
        stages = self.stages()
        return len(stages) > 1 or stages[0].parts > 1


def _length(node: Node) -> int:
    """Return how many statements a node has; the loops around them count as some more."""
    if isinstance(node, Repeat):
        return _LOOPS + sum(map(_length, node.nodes))
    if isinstance(node, Convolution):
        return _BLOCKS
    return _LOOPS + (len(node.body) if isinstance(node, Nest) else 1)


def _cut(nodes: list[Node]) -> Iterator[list[Node]]:
    """Yield nodes in order, in lists that are not too long together."""
    part: list[Node] = []
    size = 0
    for node in nodes:
        if part and size + _length(node) > LONGEST:
            yield part
            part, size = [], 0
        part.append(node)
        size += _length(node)
    yield part


def simple(nodes: Iterable[Node]) -> Iterator[Single]:
    """Yield nodes, and in the place of what is repeated its nodes."""
    for node in nodes:
        if isinstance(node, Repeat):
            yield from simple(node.nodes)
        else:
            yield node


def buffers_of(node: Node) -> dict[int, Buffer]:
    """Return the buffers that have the memory of what a node reads and writes, by number."""
    held = [v.buffer.held() for inner in simple([node]) for v in views_of(inner)]
    return {buffer.id: buffer for buffer in held}


def views_of(node: Single) -> list[View]:
    """Return what a node reads and writes in memory."""
    if isinstance(node, Product):
        return [node.a, node.b, node.c]
    if isinstance(node, Convolution):
        return [node.x, node.w, node.y]
    return [s.view for s in node.body if isinstance(s, (Load, Store, Reduce))]
