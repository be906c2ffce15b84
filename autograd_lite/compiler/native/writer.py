"""Kernels as text: the walk over nodes and loops, for which each language has its words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import numpy as np

from autograd_lite.compiler.native.loops import (
    Compute,
    Convolution,
    Demand,
    Index,
    Kernel,
    Literal,
    Load,
    Node,
    Operand,
    Product,
    Reduce,
    Repeat,
    Single,
    Stage,
    Statement,
    Store,
    View,
)  # fmt: skip
from autograd_lite.compiler.native.nests import Loop, Sum, loop, read_once
from autograd_lite.compiler.native.scalars import Scalar

LONGEST = 60
"""Characters of an expression that stands within another one."""
SMALL = 512
"""So many multiplications in a product of matrices are written as three loops."""
FLOAT = np.dtype(float)
_START = {"add": 0, "multiply": 1, "logical_and": 1, "logical_or": 0}


def is_compensated(s: Reduce) -> bool:
    """Tell whether rounding errors are kept: in sums of floating-point numbers."""
    return s.how == "add" and bool(s.view.buffer.dtype.kind == "f")


def start(s: Reduce) -> Any:
    """Return the number that a reduction starts with."""
    dtype = s.view.buffer.dtype
    if s.how in _START:
        return _START[s.how]
    lowest = s.how == "maximum"
    if dtype.kind == "f":
        return -np.inf if lowest else np.inf
    return int(np.iinfo(dtype).min if lowest else np.iinfo(dtype).max)


class Writer(ABC):
    """One kernel, while it is written.

    Sums of floating-point numbers are made of the sums of blocks, to which the errors of their additions are added at
    the end: A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, ZAMM 54 (1974).

    Attributes
    ----------
    block : int
        So many elements are summed up in single steps: fewer where a language has no sums of several at once.
    doubles : bool
        Whether those sums are of double precision, whatever the elements are.
    """

    block = 256
    doubles = False

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._depth = 0
        self._names = 0
        self._nests = 0
        self._texts: dict[int, str] = {}

    def line(self, text: str) -> None:
        self.lines.append("    " * self._depth + text)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self._depth += 1
        yield
        self._depth -= 1

    def name(self, letter: str) -> str:
        self._names += 1
        return f"{letter}{self._names}"

    def sum(self, k: int) -> str:
        """Return the name of the sum of a block, of the reduction at a place in the body of this nest."""
        return f"s{self._nests}_{k}"

    def total(self, k: int) -> str:
        """Return the name of what is reduced so far."""
        return f"a{self._nests}_{k}"

    def error(self, k: int) -> str:
        """Return the name of the rounding errors of a total."""
        return f"c{self._nests}_{k}"

    def write(self, kernel: Kernel) -> str:
        """Return the text of a kernel."""
        for stage in kernel.stages():
            self.begin(kernel, stage)
            with self.deeper():
                for node in stage.nodes:
                    self.write_node(node)
            self.end()
        return "\n".join(self.lines) + "\n"

    def keeps_errors(self, s: Sum, nest: Loop) -> bool:
        """Tell whether the rounding errors of a sum are collected, which is of no use where one block has all of it."""
        last = len(nest.shape) - 1
        return is_compensated(s.reduce) and not (s.whole and s.level == last and nest.shape[last] <= self.block)

    def _summed_in(self, s: Reduce) -> Any:
        """Return the dtype of what a reduction has come to so far."""
        return FLOAT if self.doubles and is_compensated(s) else s.view.buffer.dtype

    # ----- the walk -----

    def write_node(self, node: Node) -> None:
        if isinstance(node, Repeat):
            self._repeat(node)
            return
        with self.node(node):
            if isinstance(node, Convolution):
                self.convolution(node)
            elif isinstance(node, Product):
                self._product(node)
            else:
                self._nest(loop(node))

    def _repeat(self, node: Repeat) -> None:
        """Write a loop over nodes; backwards, the number of the step is counted from the end."""
        variable = self.name("r") if node.reverse else node.variable
        with self.loop(variable, "0", str(node.length)):
            if node.reverse:
                self.declare(node.variable, np.dtype(np.int64), f"{node.length - 1} - {variable}")
            for inner in node.nodes:
                self.write_node(inner)

    def _product(self, node: Product) -> None:
        (rows, inner), columns = node.a.shape[-2:], node.b.shape[-1]
        stack = [f"q{k}" for k in range(len(node.stack))]
        with ExitStack() as loops:
            for variable, length in zip(stack, node.stack, strict=True):
                loops.enter_context(self.loop(variable, "0", str(length)))
            (self.large_product if rows * inner * columns > SMALL else self.small_product)(node, stack)

    def small_product(self, node: Product, stack: Sequence[str]) -> None:
        """Write three loops."""
        (rows, inner), columns = node.a.shape[-2:], node.b.shape[-1]
        with self.loop("m", "0", str(rows)), self.loop("n", "0", str(columns)):
            total = self.name("total")
            self.declare(total, node.c.buffer.dtype, self.literal(0, node.c.buffer.dtype))
            with self.loop("k", "0", str(inner)):
                factors = self.load(node.a, (*stack, "m", "k")), self.load(node.b, (*stack, "k", "n"))
                self.assign(total, f"{total} + {factors[0]} * {factors[1]}")
            self.store(node.c, total, (*stack, "m", "n"))

    def _nest(self, nest: Loop) -> None:
        self._nests += 1
        for s in nest.sums.values():
            if not s.whole:
                kept = [k for k in range(len(nest.shape)) if k not in s.reduce.axes]
                self._over(nest, kept, self._storing(s.reduce))
        self._level(nest, 0)

    def _storing(self, s: Reduce) -> Callable[[Sequence[str]], None]:
        dtype = s.view.buffer.dtype
        return lambda variables: self.store(s.view, self.literal(start(s), dtype), variables)

    def _over(self, nest: Loop, axes: list[int], work: Callable[[Sequence[str]], None]) -> None:
        """Write loops over some axes; the variables of the others are 0."""
        if not axes:
            work(_variables(nest))
            return
        with self.loop(f"i{axes[0]}", *_range(nest, axes[0])):
            self._over(nest, axes[1:], work)

    def _level(self, nest: Loop, level: int) -> None:
        if level == len(nest.shape):
            self._body(nest)
            return
        here = {k: s for k, s in nest.sums.items() if s.level == level}
        for k, s in here.items():
            self._declared(k, s, nest)
        if level == len(nest.shape) - 1:
            self._innermost(nest)
        else:
            with self.loop(f"i{level}", *_range(nest, level)):
                self._level(nest, level + 1)
        for k, s in here.items():
            self._finished(k, s, nest)

    def _innermost(self, nest: Loop) -> None:
        length = nest.shape[-1]
        if length <= self.block or not any(self.keeps_errors(s, nest) for s in inside(nest).values()):
            self._block(nest, "0", str(length))
            return
        with self.loop("block", "0", str(length), self.block):
            self._block(nest, "block", self.smaller(f"block + {self.block}", str(length)))

    def _block(self, nest: Loop, first: str, stop: str) -> None:
        """Write one loop over elements, with a variable of its own for each sum."""
        summed = {k: self._summed_in(s.reduce) for k, s in inside(nest).items() if self.keeps_errors(s, nest)}
        for k, dtype in summed.items():
            self.declare(self.sum(k), dtype, self.literal(0, dtype))
        for _ in self.innermost(nest, f"i{len(nest.shape) - 1}", first, stop):
            self._body(nest)
        for k in summed:
            self.add_with_error(self.total(k), self.error(k), self.sum(k))

    def _declared(self, k: int, s: Sum, nest: Loop) -> None:
        if self.keeps_errors(s, nest):
            self.declare(self.total(k), FLOAT, self.literal(0, FLOAT))
            self.declare(self.error(k), FLOAT, self.literal(0, FLOAT))
        else:
            dtype = self._summed_in(s.reduce)
            self.declare(self.total(k), dtype, self.literal(start(s.reduce), dtype))

    def _finished(self, k: int, s: Sum, nest: Loop) -> None:
        """Write the result of a reduction to memory, or combine it with what is there."""
        view, variables = s.reduce.view, _variables(nest)
        if self.keeps_errors(s, nest):
            value = self.cast(self.with_error(self.total(k), self.error(k)), FLOAT, view.buffer.dtype)
        else:
            value = self.cast(self.total(k), self._summed_in(s.reduce), view.buffer.dtype)
        if not s.whole:
            value = self.combined(s.reduce, self.load(view, variables), value)
        self.store(view, value, variables)

    def _body(self, nest: Loop) -> None:
        variables, nameless = _variables(nest), read_once(nest.body)
        for k, s in enumerate(nest.body):
            if isinstance(s, Reduce):
                self._reduce(k, nest.sums[k], nest)
            elif isinstance(s, Compute):
                self._compute(s, s.target in nameless)
            else:
                self._statement(s, variables)

    def _reduce(self, k: int, s: Sum, nest: Loop) -> None:
        value, view, variables = self.operand(s.reduce.value), s.reduce.view, _variables(nest)
        if s.level < len(nest.shape):
            self.reduced(s.reduce, self.sum(k) if self.keeps_errors(s, nest) else self.total(k), value)
        elif s.whole:
            self.store(view, value, variables)
        else:
            self.store(view, self.combined(s.reduce, self.load(view, variables), value), variables)

    def reduced(self, s: Reduce, name: str, value: str) -> None:
        """Write that a value is one more of what a variable is the reduction of."""
        self.assign(name, self.combined(s, name, value))

    def _compute(self, s: Compute, nameless: bool) -> None:
        """Write a variable, or keep its expression for the only place where it is read."""
        operands = [self.operand(operand) for operand in s.operands]
        text = self.expression(s.scalar, operands, s.operands[0].to)
        if nameless and len(text) < LONGEST:
            self._texts[s.target] = self.typed(text, s.dtype)
        else:
            self.declare(f"v{s.target}", s.dtype, text)

    def _statement(self, s: Statement, variables: Sequence[str]) -> None:
        if isinstance(s, Load):
            self.declare(f"v{s.target}", s.dtype, self.load(s.view, variables, self._found(s.indices)))
        elif isinstance(s, Store):
            self.store(s.view, self.operand(s.value), variables, self._found(s.indices))
        elif isinstance(s, Demand):
            self.demand(self.operand(s.value))

    def _found(self, indices: Sequence[Index]) -> list[str]:
        return [f"{self.index(self.operand(x.value), x.size)} * {x.stride}" for x in indices]

    def operand(self, operand: Operand) -> str:
        if isinstance(operand.value, Literal):
            return self.literal(operand.value.value, operand.to)
        text = self._texts.get(operand.value, f"v{operand.value}")
        return self.cast(text, operand.dtype, operand.to)

    # ----- the words of a language -----

    @abstractmethod
    def begin(self, kernel: Kernel, stage: Stage) -> None:
        """Write the head, the checks of what is given, and, of a wide one, ``first`` and ``stop``."""

    @abstractmethod
    def end(self) -> None:
        """Write the end: whether anything failed."""

    @abstractmethod
    def loop(self, variable: str, first: str, stop: str, step: int = 1) -> AbstractContextManager[None]:
        """Write a loop around what is written within."""

    def innermost(self, nest: Loop, variable: str, first: str, stop: str) -> Iterator[None]:
        """Write the loop over single elements, or several one after the other; yield inside of each."""
        with self.loop(variable, first, stop):
            yield

    @abstractmethod
    def node(self, node: Single) -> AbstractContextManager[None]:
        """Write what stands around a node."""

    @abstractmethod
    def large_product(self, node: Product, stack: Sequence[str]) -> None:
        """Write a product of matrices that are worth some trouble; `stack` are the variables of the loops around it."""

    def convolution(self, node: Convolution) -> None:
        """Write a convolution; a language that has none is given none."""
        raise NotImplementedError

    @abstractmethod
    def typed(self, value: str, dtype: Any) -> str:
        """Return an expression of just this dtype."""

    @abstractmethod
    def declare(self, name: str, dtype: Any, value: str) -> None:
        """Write a new variable."""

    @abstractmethod
    def assign(self, name: str, value: str) -> None:
        """Write a new value of a variable."""

    @abstractmethod
    def load(self, view: View, variables: Sequence[str], more: Sequence[str] = ()) -> str:
        """Return an element of memory as an expression."""

    @abstractmethod
    def store(self, view: View, value: str, variables: Sequence[str], more: Sequence[str] = ()) -> None:
        """Write an element to memory."""

    @abstractmethod
    def literal(self, value: Any, dtype: Any) -> str:
        """Return a number as an expression."""

    @abstractmethod
    def cast(self, text: str, dtype: Any, to: Any) -> str:
        """Return an expression with its value converted."""

    @abstractmethod
    def expression(self, scalar: Scalar, operands: Sequence[str], dtype: Any) -> str:
        """Return a function of operands, all of them expressions."""

    @abstractmethod
    def combined(self, s: Reduce, a: str, b: str) -> str:
        """Return two values, combined as a reduction does."""

    @abstractmethod
    def smaller(self, a: str, b: str) -> str:
        """Return the smaller one of two whole numbers."""

    @abstractmethod
    def demand(self, value: str) -> None:
        """Have the kernel fail unless a value holds."""

    @abstractmethod
    def index(self, value: str, size: int) -> str:
        """Return an index as NumPy understands it, negative ones from the end, checked."""

    def add_with_error(self, total: str, error: str, value: str) -> None:
        """Write an addition whose rounding error is collected.

        NOTE: written so that no compiler that keeps to the order of operations can take it for nothing.
        """
        new = self.name("t")
        self.declare(new, FLOAT, f"{total} + {value}")
        self.assign(error, f"{error} + {self.lost(total, value, new)}")
        self.assign(total, new)

    @abstractmethod
    def lost(self, total: str, value: str, new: str) -> str:
        """Return what is lost in ``new = total + value``."""

    @abstractmethod
    def with_error(self, total: str, error: str) -> str:
        """Return a sum with the errors added, where they are finite."""


def _variables(nest: Loop) -> list[str]:
    return [f"i{k}" for k in range(len(nest.shape))]


def _range(nest: Loop, axis: int) -> tuple[str, str]:
    """Return from where to where a loop goes: in a wide nest, the first one over the thread's part."""
    return ("first", "stop") if nest.wide and axis == 0 else ("0", str(nest.shape[axis]))


def inside(nest: Loop) -> Mapping[int, Sum]:
    """Return the reductions that have a variable in the innermost loop."""
    return {k: s for k, s in nest.sums.items() if s.level < len(nest.shape)}
