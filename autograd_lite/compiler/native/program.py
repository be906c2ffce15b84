"""A program that calls kernels: the Python around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Shape
from autograd_lite.compiler.native.calls import is_product
from autograd_lite.compiler.native.kept import SMALLEST, Kept
from autograd_lite.compiler.native.last import given_back
from autograd_lite.compiler.native.loops import Kernel
from autograd_lite.compiler.native.orders import Orders, back
from autograd_lite.compiler.native.pieces import columns_of, product
from autograd_lite.compiler.native.segments import Part, views_for
from autograd_lite.compiler.native.threads import Call
from autograd_lite.compiler.program.memory import is_view
from autograd_lite.compiler.program.program import Instruction, Program
from autograd_lite.compiler.text.names import Names
from autograd_lite.compiler.text.numpy_text import COLUMN, NumpyText, is_loud


class Driver(NumpyText):
    """The function that calls kernels, and NumPy for the rest.

    Parameters
    ----------
    program : Program
    parts : list
        Kernels and instructions, in order.
    calls : list
        The functions of the kernels, as many.
    plain : set of int
        The values that leave as numbers of NumPy, not as arrays.
    otherwise : callable
        The program without kernels: what is called where one of them gives up, for then an error is due.
    orders : mapping
        The order of axes of arrays that do not lie in C order; kernels are given them transposed.
    """

    def __init__(
        self,
        program: Program,
        parts: Sequence[Part],
        calls: Sequence[Call],
        plain: set[int],
        otherwise: Callable[..., Any],
        orders: Orders,
    ) -> None:
        kernels = [part for part in parts if isinstance(part, Kernel)]
        bound: dict[str, Any] = {kernel.name: call for kernel, call in zip(kernels, calls, strict=True)}
        bound |= {f"work_{k.name}": _work_space(k) for k in kernels if k.work}
        written = [b.id for k in kernels for b in k.outputs]
        products = [x for x in parts if not isinstance(x, Kernel) and is_product(x, program.types)]
        written += [x.id for x in products]
        large = {i: program.types[i] for i in written if program.types[i].nbytes >= SMALLEST}
        self._orders, self.program = orders, program
        lying = {i: (self._lying(i), kind.dtype) for i, kind in large.items()}
        kept = {of: Kept(*of, number) for of, number in Counter(lying.values()).items()}
        bound |= {f"kept_{i}": kept[of].take for i, of in lying.items()}
        self.views = {x.id: x for x in program.instructions if is_view(x, program.types)}
        self._columns = {x.id: n for x in products if (n := columns_of(x, program.types, self.views))}
        bound |= {f"dot_by_{n}": product(n) for n in self._columns.values()}
        bound |= {"otherwise": otherwise, "again": _again}
        # NOTE: no name twice, for the parts are not in the program's order
        super().__init__(program, Names(program, reserved=(*bound, "given")))
        self.bound, self.parts, self.plain = bound, parts, plain
        self._origins = {x.id: self.comment(x) for x in program.instructions}
        self._written: set[int] = set()

    def body(self) -> list[str]:
        program = self.program
        self._written = set(program.given())
        parameters = ", ".join(self.names[x.id] for x in program.inputs)
        lines = [f"def {self.function}({parameters}):"]
        for part, gone in zip(self.parts, given_back(program, self.parts, self.views), strict=True):
            steps = self._kernel(part, parameters) if isinstance(part, Kernel) else self._line(part)
            lines += [f"    {line}" for line in [*steps, *self._given_back(part, gone)]]
        shown = [self.views[i] for i in program.escaping() if i in self.views and i not in self._written]
        lines += [f"    {line}" for x in shown for view in (*views_for(x, self.views), x) for line in self._view(view)]
        return [*lines, f"    return {self._returned()}"]

    def _kernel(self, kernel: Kernel, parameters: str) -> list[str]:
        """Return the lines that call a kernel: arrays for what it gives, the call, numbers out of arrays."""
        lines = [self._empty(buffer.id) for buffer in kernel.outputs]
        given = [self._as_it_lies(b.id) for b in (*kernel.inputs, *kernel.outputs)]
        given += [f"work_{kernel.name}{'()' if kernel.is_wide() else ''}"] if kernel.work else []
        lines.append(f"given = ({', '.join(given)},)")
        lines.append(f"if {kernel.name}(given) and again({kernel.name}, given): return otherwise({parameters})")
        numbers = [self.names[buffer.id] for buffer in kernel.outputs if buffer.id in self.plain]
        return lines + [f"{name} = {name}[()]" for name in numbers]

    def _lying(self, i: int) -> Shape:
        """Return the lengths of the axes of an array as they lie in memory."""
        shape = self.program.types[i].shape
        return tuple([shape[k] for k in self._orders[i]]) if i in self._orders else shape

    def _as_it_lies(self, i: int) -> str:
        """Return an array as a kernel is given it, in C order."""
        return f"{self.names[i]}.transpose{self._orders[i]}" if i in self._orders else self.names[i]

    def _given_back(self, part: Part, gone: Sequence[int]) -> list[str]:
        """Return the line that lets go of arrays, and of the tuple by which a kernel was given any."""
        large = isinstance(part, Kernel) and any(f"kept_{b.id}" in self.bound for b in (*part.inputs, *part.outputs))
        names = [*(["given"] if large else []), *[self.names[i] for i in gone]]
        return [f"del {', '.join(names)}"] if names else []

    def _empty(self, i: int) -> str:
        """Return the line that makes an array to be written to."""
        kind = self.program.types[i]
        self._written.add(i)
        dtype = "" if kind.dtype == np.dtype(float) else f", np.{kind.dtype.name}"
        made = f"kept_{i}()" if f"kept_{i}" in self.bound else f"np.empty({self._lying(i)}{dtype})"
        made += f".transpose{back(self._orders[i])}" if i in self._orders else ""
        text = f"{self.names[i]} = {made}"
        return f"{text:<{COLUMN}}  # {self._origins[i]}"

    def _line(self, x: Instruction) -> list[str]:
        """Return the lines of a call that is left to NumPy, after the views that it reads."""
        lines = [line for view in views_for(x, self.views) for line in self._view(view)]
        if is_product(x, self.program.types):
            dot = f"dot_by_{self._columns[x.id]}" if x.id in self._columns else "np.dot"
            lines += [self._empty(x.id), f"{dot}({', '.join(map(self.operand, x.args))}, out={self.names[x.id]})"]
        else:
            lines += self.commented(x)
        self._written.add(x.id)
        return ['with np.errstate(all="ignore"):', *[f"    {line}" for line in lines]] if is_loud(x) else lines

    def _view(self, x: Instruction) -> list[str]:
        if x.id in self._written:
            return []
        self._written.add(x.id)
        return [f"{self.statement(x):<{COLUMN}}  # {self.comment(x)}"]


def _work_space(kernel: Kernel) -> Any:
    """Return what holds the temporaries of a kernel.

    One array is enough where calls come one after the other. Where they don't (a wide kernel gives up the lock of
    Python), or where an interrupt leaves threads behind that still write to theirs, each call takes one.
    """
    return Kept((kernel.work,), np.uint8).take if kernel.is_wide() else np.empty(kernel.work, np.uint8)


def _again(kernel: Call, given: tuple[Any, ...]) -> int:
    """Call a kernel with all arrays in C order; return what it returns."""
    return kernel(tuple([np.require(x, requirements=["C", "A"]) if isinstance(x, np.ndarray) else x for x in given]))


def numbers_that_leave(program: Program, parts: Iterable[Part], returned: Iterable[int]) -> set[int]:
    """Return the values that have to be numbers of NumPy after a kernel: those read outside of it, and some results."""
    reads = {i for part in parts for i in _read(part)} | set(returned)
    return {i for i in reads if program.types[i].kind == "scalar"}


def _read(part: Part) -> Sequence[int]:
    return [b.id for b in part.inputs] if isinstance(part, Kernel) else part.operands()
