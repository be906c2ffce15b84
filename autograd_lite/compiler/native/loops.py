"""What native code is made of: loops over elements, and products of matrices, between arrays in memory.

A kernel is a list of nests. In a nest, every statement is done for each element of one shape; a value lives in a
variable as long as it is read at the same element, and in memory otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograd_lite.compiler.native.scalars import Scalar
from autograd_lite.shapes import Shape


@dataclass(eq=False, slots=True)
class Buffer:
    """Memory of a kernel.

    Attributes
    ----------
    id : int
        The value of the program that it holds, or a number of its own.
    kind : str
        ``array``, ``number`` (a float of Python or a number of NumPy, which are read from the object itself), or
        ``temporary``.
    place : int
        The place among the arguments, or for a temporary the first element in the work space.
    """

    id: int
    dtype: Any
    size: int
    kind: str = "temporary"
    place: int = -1


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
    shape: Shape
    body: list[Statement] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Product:
    """``c = a @ b`` for matrices."""

    a: View
    b: View
    c: View


@dataclass(eq=False, slots=True)
class Kernel:
    """One function of native code.

    Attributes
    ----------
    inputs : tuple of Buffer
        What is read, in the order of arguments.
    outputs : tuple of Buffer
        What is written, after them.
    temporaries : tuple of Buffer
        What is neither; they lie in one work space of `work` bytes, the last argument.
    """

    name: str
    nodes: list[Nest | Product]
    inputs: tuple[Buffer, ...] = ()
    outputs: tuple[Buffer, ...] = ()
    temporaries: tuple[Buffer, ...] = ()
    work: int = 0

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        return (*self.inputs, *self.outputs, *self.temporaries)


def views_of(node: Nest | Product) -> list[View]:
    """Return what a node reads and writes in memory."""
    if isinstance(node, Product):
        return [node.a, node.b, node.c]
    return [s.view for s in node.body if isinstance(s, (Load, Store, Reduce))]
