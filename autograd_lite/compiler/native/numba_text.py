"""Kernels as the Python that numba compiles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler.native.layout import CONTIGUOUS, DATA, FLAGS, ITEMS, WORD
from autograd_lite.compiler.native.loops import Buffer, Kernel, Product, Reduce, Single, Stage, View, buffers_of
from autograd_lite.compiler.native.nests import place
from autograd_lite.compiler.native.scalars import SCALARS, Scalar
from autograd_lite.compiler.native.writer import Writer

PREAMBLE = """\
import math

import numpy as np
from numba import cfunc, types

from autograd_lite.compiler.native.numba_pointers import (
    to_f4, to_f8, to_i1, to_i2, to_i4, to_i8, to_u1, to_u2, to_u4, to_u8,
)  # fmt: skip


"""
_COMBINED = {
    "add": "{0} + {1}", "multiply": "{0} * {1}", "logical_and": "{0} & {1}", "logical_or": "{0} | {1}",
    "maximum": SCALARS[np.maximum].numba, "minimum": SCALARS[np.minimum].numba,
}  # fmt: skip
_INT = 4


def text(kernels: Sequence[Kernel]) -> str:
    """Return a module with some kernels."""
    return PREAMBLE + "\n\n".join([NumbaWriter().write(kernel) for kernel in kernels])


def _code(dtype: Any) -> str:
    """Return the letter and the size of elements in memory; truth values are bytes."""
    return "u1" if dtype.kind == "b" else str(dtype.str[1:])


def _temporary(stage: Stage) -> list[str]:
    """Return the kinds of elements that the temporaries of a stage have."""
    buffers = [buffer for node in stage.nodes for buffer in buffers_of(node).values()]
    return sorted({_code(buffer.dtype) for buffer in buffers if buffer.kind == "temporary"})


class NumbaWriter(Writer):
    """Writes Python for numba.

    NOTE: no ``fastmath``, which leaves out what NaN is tested by, and ``error_model="numpy"``, for 1 / 0 is infinite.
    """

    block = 64
    doubles = True

    def begin(self, kernel: Kernel, stage: Stage) -> None:
        given = ["given", "part", "parts"] if stage.parts > 1 else ["given"]
        kinds = ", ".join(["types.int64"] * len(given))
        self.line(f'@cfunc(types.int32({kinds}), cache=True, error_model="numpy")')
        self.line(f"def {stage.name}({', '.join(given)}):")
        with self.deeper():
            self.line("items = to_i8(given)")
            if plain := [self._plain(b) for b in kernel.inputs if b.kind == "array"]:
                self.line(f"if not ({' and '.join(plain)}):")
                self.line("    return 1")
            for buffer in (*kernel.inputs, *kernel.outputs):
                self.line(f"p{buffer.id} = to_{_code(buffer.dtype)}({self._address(buffer)})")
            if kernel.work:
                work = ITEMS + len(kernel.inputs) + len(kernel.outputs)
                self.line(f"work = to_i8(items[{work}])[{DATA}]")
                for name in _temporary(stage):
                    self.line(f"work_{name} = to_{name}(work)")
            self.line("failed = 0")
            if (total := stage.parts) > 1:
                self.line(f"first, stop = {total} * part // parts, {total} * (part + 1) // parts")

    def _plain(self, buffer: Buffer) -> str:
        flags = FLAGS * (WORD // _INT)
        return f"(to_i4(items[{ITEMS + buffer.place}])[{flags}] & {CONTIGUOUS}) == {CONTIGUOUS}"

    def _address(self, buffer: Buffer) -> str:
        item = f"items[{ITEMS + buffer.place}]"
        return f"{item} + {DATA * WORD}" if buffer.kind == "number" else f"to_i8({item})[{DATA}]"

    def end(self) -> None:
        with self.deeper():
            self.line("return 2 if failed else 0")

    @contextmanager
    def node(self, node: Single) -> Iterator[None]:
        yield

    @contextmanager
    def loop(self, variable: str, first: str, stop: str, step: int = 1) -> Iterator[None]:
        self.line(f"for {variable} in range({first}, {stop}, {step}):")
        with self.deeper():
            yield

    def large_product(self, node: Product, stack: Sequence[str]) -> None:
        """The order in which the innermost loop goes along rows."""
        (rows, inner), columns = node.a.shape[-2:], node.b.shape[-1]
        to, first, second = (*stack, "m", "n"), (*stack, "m", "k"), (*stack, "k", "n")
        with self.loop("m", "0", str(rows)):
            with self.loop("n", "0", str(columns)):
                self.store(node.c, self.literal(0, node.c.buffer.dtype), to)
            with self.loop("k", "0", str(inner)):
                factor = self.name("x")
                self.declare(factor, node.a.buffer.dtype, self.load(node.a, first))
                with self.loop("n", "0", str(columns)):
                    self.store(node.c, f"{self.load(node.c, to)} + {factor} * {self.load(node.b, second)}", to)

    def typed(self, value: str, dtype: Any) -> str:
        """For most dtypes it has to be said, and numba takes its time for each such call."""
        name = "bool_" if dtype.kind == "b" else dtype.name
        return value if name == "float64" else f"np.{name}({value})"

    def declare(self, name: str, dtype: Any, value: str) -> None:
        self.line(f"{name} = {self.typed(value, dtype)}")

    def assign(self, name: str, value: str) -> None:
        self.line(f"{name} = {value}")

    def _element(self, view: View, variables: Sequence[str], more: Sequence[str]) -> str:
        buffer = view.buffer.held()
        if buffer.kind != "temporary":
            return f"p{buffer.id}[{place(view, variables, more)}]"
        inside = replace(view, offset=view.offset + buffer.place)
        return f"work_{_code(buffer.dtype)}[{place(inside, variables, more)}]"

    def load(self, view: View, variables: Sequence[str], more: Sequence[str] = ()) -> str:
        element = self._element(view, variables, more)
        return f"({element} != 0)" if view.buffer.dtype.kind == "b" else element

    def store(self, view: View, value: str, variables: Sequence[str], more: Sequence[str] = ()) -> None:
        made = f"np.uint8({value})" if view.buffer.dtype.kind == "b" else self.typed(value, view.buffer.dtype)
        self.line(f"{self._element(view, variables, more)} = {made}")

    def literal(self, value: Any, dtype: Any) -> str:
        if dtype.kind == "b":
            return str(bool(value))
        if dtype.kind in "iu":
            return f"np.{dtype.name}({int(value)})"
        number = float(dtype.type(value))
        return self.typed("np.nan" if math.isnan(number) else repr(number).replace("inf", "np.inf"), dtype)

    def cast(self, text: str, dtype: Any, to: Any) -> str:
        if dtype == to:
            return text
        return f"({text} != 0)" if to.kind == "b" else f"np.{to.name}({text})"

    def expression(self, scalar: Scalar, operands: Sequence[str], dtype: Any) -> str:
        return scalar.numba.format(*operands)

    def combined(self, s: Reduce, a: str, b: str) -> str:
        return _COMBINED[s.how].format(a, b)

    def smaller(self, a: str, b: str) -> str:
        return f"min({a}, {b})"

    def demand(self, value: str) -> None:
        self.line(f"failed |= not {value}")

    def index(self, value: str, size: int) -> str:
        name = self.name("x")
        self.line(f"{name} = {value}")
        self.line(f"{name} += {size} if {name} < 0 else 0")
        self.line(f"if {name} < 0 or {name} >= {size}:")
        self.line("    failed = 1")
        self.line(f"    {name} = 0")
        return name

    def lost(self, total: str, value: str, new: str) -> str:
        return f"(({total} - {new}) + {value} if abs({total}) >= abs({value}) else ({value} - {new}) + {total})"

    def with_error(self, total: str, error: str) -> str:
        return f"({total} + {error} if np.isfinite({error}) else {total})"
