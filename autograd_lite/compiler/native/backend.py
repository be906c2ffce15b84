"""A program for one of the native backends: improved, divided, compiled, and put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from autograd_lite.compiler.native import c_compiler, c_text
from autograd_lite.compiler.native.loops import Kernel
from autograd_lite.compiler.native.program import Driver, numbers_that_leave
from autograd_lite.compiler.native.segments import divided
from autograd_lite.compiler.passes import PASSES, measured
from autograd_lite.compiler.program import Program, refs

_NOT_FOR_KERNELS = frozenset(("small_arrays", "buffers"))


class NativeProgram:
    """What runs in the place of NumPy's program.

    Attributes
    ----------
    program : Program
        The same inputs, outputs and assignments, after the passes that are of use here.
    parts : list
        Kernels, and the calls between them that are left to NumPy.
    """

    def __init__(
        self, recorded: Program, passes: Iterable[str] | None, returned: Iterable[bool], otherwise: Callable[..., Any]
    ) -> None:
        chosen = [name for name in PASSES if name not in _NOT_FOR_KERNELS and (passes is None or name in passes)]
        program = measured(recorded, chosen)[-1][1]
        self.parts = divided(program, 300_000)
        kernels = [part for part in self.parts if isinstance(part, Kernel)]
        numbers = {i for i, number in zip(refs(program.outputs), returned, strict=True) if number}
        plain = numbers_that_leave(program, self.parts, numbers)
        self.program = program.having(types=_as_arrays(program, kernels, plain))
        self.text = c_text.text(kernels)
        self.driver = Driver(self.program, self.parts, c_compiler.load(kernels), plain, otherwise)


def _as_arrays(program: Program, kernels: Iterable[Kernel], plain: set[int]) -> Mapping[int, Any]:
    """Return the types, where what a kernel gives is an array of no dimension unless it has to be a number."""
    types = dict(program.types)
    for kernel in kernels:
        for buffer in kernel.outputs:
            if buffer.id not in plain:
                types[buffer.id] = replace(types[buffer.id], kind="array")
    return types
