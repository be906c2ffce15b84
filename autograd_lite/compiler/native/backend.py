"""A program for one of the native backends: improved, divided, compiled, and put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from autograd_lite.compiler.native import c_compiler, c_text, numba_compiler, numba_text
from autograd_lite.compiler.native.loops import Kernel
from autograd_lite.compiler.native.program import Call, Driver, numbers_that_leave
from autograd_lite.compiler.native.segments import divided
from autograd_lite.compiler.passes import PASSES, measured
from autograd_lite.compiler.program import Program, refs


@dataclass(frozen=True, slots=True)
class Backend:
    """A language of kernels: how they are written, and how they become functions.

    `largest_product` is up to how many multiplications a product of matrices is part of a kernel; BLAS has the rest.
    """

    text: Callable[[Sequence[Kernel]], str]
    load: Callable[[Sequence[Kernel]], list[Call]]
    largest_product: int


NATIVE: Mapping[str, Backend] = MappingProxyType(
    {
        "cc": Backend(c_text.text, c_compiler.load, 300_000),
        "numba": Backend(numba_text.text, numba_compiler.load, 4_000),
    }
)
"""By the name that `compile` has for them."""
_NOT_FOR_KERNELS = frozenset(("small_arrays", "buffers"))


def best() -> str:
    """Return the best backend that is available: ``cc``, ``numba`` or ``numpy``."""
    if c_compiler.found():
        return "cc"
    return "numba" if numba_compiler.is_installed() else "numpy"


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
        self,
        recorded: Program,
        backend: Backend,
        passes: Iterable[str] | None,
        returned: Iterable[bool],
        otherwise: Callable[..., Any],
    ) -> None:
        chosen = [name for name in PASSES if name not in _NOT_FOR_KERNELS and (passes is None or name in passes)]
        program = measured(recorded, chosen)[-1][1]
        self.parts = divided(program, backend.largest_product)
        kernels = self.kernels = [part for part in self.parts if isinstance(part, Kernel)]
        numbers = {i for i, number in zip(refs(program.outputs), returned, strict=True) if number}
        plain = numbers_that_leave(program, self.parts, numbers)
        self.program = program.having(types=_as_arrays(program, kernels, plain))
        self.text = backend.text(kernels)
        self.driver = Driver(self.program, self.parts, backend.load(kernels), plain, otherwise)


def _as_arrays(program: Program, kernels: Iterable[Kernel], plain: set[int]) -> Mapping[int, Any]:
    """Return the types, where what a kernel gives is an array of no dimension unless it has to be a number."""
    types = dict(program.types)
    for kernel in kernels:
        for buffer in kernel.outputs:
            if buffer.id not in plain:
                types[buffer.id] = replace(types[buffer.id], kind="array")
    return types
