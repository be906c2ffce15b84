"""A Program: what a function does, as a list of calls of NumPy, each value given once.

Immutable, and made of small parts: a pass returns another one. Values are numbered; `Ref` stands for one of them among
the operands of an instruction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array, Shape
from autograd_lite.compiler.program.identifiers import words


@dataclass(frozen=True, slots=True)
class Ref:
    """A value, by its number."""

    id: int

    def __repr__(self) -> str:
        return f"%{self.id}"


@dataclass(frozen=True, slots=True)
class Type:
    """What is known of a value: the shape and dtype of an array, or that it is a number or something else of Python."""

    shape: Shape = ()
    dtype: Any = None
    kind: str = "array"

    @classmethod
    def of(cls, value: Any) -> Type:
        """Return what a program knows of a value."""
        if isinstance(value, (np.ndarray, np.generic)):
            return cls(value.shape, value.dtype, "array" if isinstance(value, np.ndarray) else "scalar")
        return cls(kind=type(value).__name__)

    @property
    def nbytes(self) -> int:
        """The size of an array in bytes."""
        return math.prod(self.shape) * int(self.dtype.itemsize)

    def __str__(self) -> str:
        if self.kind != "array":
            return self.kind
        return f"{self.dtype} {'x'.join(map(str, self.shape)) or 'scalar'}"


@dataclass(frozen=True, eq=False, slots=True)
class Input:
    """A value read at every call: an argument, the array of a Tensor, its gradient, a number, or a generator.

    Attributes
    ----------
    id : int
        The number of the value.
    kind : str
        ``argument``, ``tensor``, ``grad``, ``number`` or ``generator``.
    owner
        Where it is read: the place among the leaves of the arguments, the Tensor, or ``(mapping, key, part)``, see
        `watchpoints.number`.
    name : str
        By which the program calls it.
    """

    id: int
    kind: str
    owner: Any = field(repr=False)
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Constant:
    """An array or NumPy number that is the same in every call.

    `private` says that nobody else holds the array, so that its values may be worked with before the call.
    """

    id: int
    array: Array = field(repr=False)
    private: bool


@dataclass(eq=False, slots=True)
class Instruction:
    """One call. Not to be changed once it is part of a Program.

    NOTE: not a frozen one, which takes three times as long to make, and a first call makes thousands.

    Attributes
    ----------
    id : int
        The value it gives.
    fn : callable
        A function of NumPy, an operator of Python, or one of `helpers`.
    args, kwargs : tuple
        Operands and settings: `Ref`, plain values, and tuples, lists and slices of them; by name as pairs.
    origin : str
        The operation that it is a part of: ``sigmoid``, ``derivative of sigmoid``, ``SGD``.
    quiet : bool
        Whether NumPy was told not to warn of overflow and the like, as sweeps do.
    into : int or None
        The value in whose memory the result is written.
    line : str
        The line of the user's that asked for it.
    """

    id: int
    fn: Any
    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...] = ()
    origin: str = ""
    quiet: bool = False
    into: int | None = None
    line: str = ""
    _reads: tuple[int, ...] | None = field(default=None, init=False, repr=False)

    def __reduce__(self) -> Any:
        values = (self.id, self.fn, self.args, self.kwargs, self.origin, self.quiet, self.into, self.line)
        return type(self), values

    def operands(self) -> tuple[int, ...]:
        """Return the numbers of the values it reads, as often as it does; found once, since every pass asks."""
        if self._reads is None:
            found = refs(self.args)
            self._reads = tuple(found + refs([value for _, value in self.kwargs]) if self.kwargs else found)
        return self._reads


@dataclass(frozen=True, eq=False, slots=True)
class Assignment:
    """What is given a new value after the run: the array of a Tensor, or its gradient.

    `id` is None where a gradient is forgotten.
    """

    kind: str
    owner: Any = field(repr=False)
    id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """Instructions that are carried out together, block by block: from the place `start` to that before `stop`.

    A block has `length` places along the first axis.
    """

    start: int
    stop: int
    length: int


@dataclass(frozen=True, eq=False)
class Program:
    """Inputs, constants, instructions, outputs and assignments.

    `outputs` has a `Ref` for a value, and what else was returned as it is. `operations` has, for values that are the
    result of one of the library's operations, its name and operands: what formulas are made of. `groups` are told
    to whoever writes a text: one call after the other gives the same values.
    """

    inputs: tuple[Input, ...]
    constants: tuple[Constant, ...]
    instructions: tuple[Instruction, ...]
    outputs: tuple[Any, ...]
    assignments: tuple[Assignment, ...]
    types: Mapping[int, Type]
    names: Mapping[int, str] = field(default_factory=dict)
    operations: Mapping[int, tuple[str, tuple[Any, ...]]] = field(default_factory=dict, repr=False)
    title: str = "step"
    groups: tuple[Group, ...] = ()

    def having(self, **changes: Any) -> Program:
        """Return the program with other parts."""
        return replace(self, **changes)

    def given(self) -> tuple[int, ...]:
        """Return the values that are there before the first call: inputs and constants."""
        return (*[x.id for x in self.inputs], *[c.id for c in self.constants])

    def escaping(self) -> tuple[int, ...]:
        """Return the values that leave the program: what it returns and assigns."""
        assigned = [a.id for a in self.assignments if a.id is not None]
        return (*refs(self.outputs), *assigned)

    def grouped(self) -> dict[int, Group]:
        """Return for the places of instructions the groups that they are in."""
        return {k: group for group in self.groups for k in range(group.start, group.stop)}

    def left_by(self, group: Group) -> set[int]:
        """Return the values of a group that are read after it or leave the program; of others there are only blocks."""
        read = set(self.escaping()).union(*[x.operands() for x in self.instructions[group.stop :]])
        return {x.id for x in self.instructions[group.start : group.stop] if x.id in read}

    def uses(self) -> dict[int, int]:
        """Return how often each value is read, by instructions or on its way out."""
        count = dict.fromkeys(self.types, 0)
        for instruction in self.instructions:
            for i in instruction.operands():
                count[i] += 1
        for i in self.escaping():
            count[i] += 1
        return count

    def __str__(self) -> str:
        lines = [f"input %{i.id} {i.name}: {self.types[i.id]}" for i in self.inputs]
        lines += [f"constant %{c.id}: {self.types[c.id]}" for c in self.constants]
        lines += [f"{shown(i)}: {self.types[i.id]}  # {words(i.origin)}" for i in self.instructions]
        lines += [f"return {', '.join(map(str, self.outputs))}"]
        return "\n".join(lines + [f"{a.name} := %{a.id}" for a in self.assignments])


def shown(instruction: Instruction) -> str:
    """Return an instruction as one line for a message."""
    settings = [f"{name}={value}" for name, value in instruction.kwargs]
    into = "" if instruction.into is None else f" into %{instruction.into}"
    name = getattr(instruction.fn, "__name__", str(instruction.fn))
    return f"%{instruction.id} = {name}({', '.join([*map(str, instruction.args), *settings])}){into}"


def refs(value: Any) -> list[int]:
    """Return the numbers of the values in an operand, whatever it is nested in."""
    if value.__class__ is Ref:
        return [value.id]
    found: list[int] = []
    if isinstance(value, (tuple, list)):
        for part in value:
            if part.__class__ is Ref:
                found.append(part.id)
            elif isinstance(part, (tuple, list, slice)):
                found += refs(part)
    elif isinstance(value, slice):
        found += refs((value.start, value.stop, value.step))
    return found


def mapped(value: Any, change: Mapping[int, Any]) -> Any:
    """Return an operand with other values in the place of those that `change` has by number."""
    if value.__class__ is Ref:
        return change.get(value.id, value)
    if isinstance(value, (tuple, list)):
        return type(value)([mapped(part, change) for part in value])
    if isinstance(value, slice):
        return slice(*[mapped(part, change) for part in (value.start, value.stop, value.step)])
    return value


def substituted(instruction: Instruction, change: Mapping[int, Any]) -> Instruction:
    """Return an instruction that reads other values in the place of some."""
    if not change or change.keys().isdisjoint(instruction.operands()):
        return instruction
    kwargs = tuple([(name, mapped(value, change)) for name, value in instruction.kwargs])
    return replace(instruction, args=mapped(instruction.args, change), kwargs=kwargs)
