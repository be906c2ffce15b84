"""A program for one of the native backends: improved, divided, compiled, and put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from autograd_lite.base.display import Report
from autograd_lite.compiler.native import c_compiler, c_text, numba_compiler, numba_text
from autograd_lite.compiler.native.c_convolutions import FEWEST
from autograd_lite.compiler.native.calls import Limits
from autograd_lite.compiler.native.loops import Kernel
from autograd_lite.compiler.native.orders import orders_of
from autograd_lite.compiler.native.program import Driver, numbers_that_leave
from autograd_lite.compiler.native.report import listed
from autograd_lite.compiler.native.segments import divided
from autograd_lite.compiler.native.threads import Call
from autograd_lite.compiler.passes import for_loops
from autograd_lite.compiler.program.program import Program, refs


@dataclass(frozen=True, slots=True)
class Backend:
    """A language of kernels: how they are written, what they need, how they are loaded, and what is left to NumPy."""

    text: Callable[[Sequence[Kernel]], str]
    required: Callable[[], object]
    load: Callable[[Sequence[Kernel], bool], list[Call]]
    limits: Limits


_FOR_NUMBA = Limits(3_000, 1_000, 5_000)
_FOR_C = Limits(50_000, blas=(15_000, 4_000_000), images=FEWEST)
NATIVE: Mapping[str, Backend] = MappingProxyType(
    {
        "cc": Backend(c_text.text, c_compiler.required, c_compiler.load, _FOR_C),
        "numba": Backend(numba_text.text, numba_compiler.required, numba_compiler.load, _FOR_NUMBA),
    }
)
"""By the name that `compile` has for them."""
TooSlowError = c_compiler.TooSlowError


class NativeProgram:
    """What runs in the place of NumPy's program.

    Attributes
    ----------
    program : Program
        The same inputs, outputs and assignments, after the passes that are of use here.
    parts : list
        Kernels, and the calls between them that are left to NumPy.
    source : str
        The kernels, in C or in the Python that numba compiles, and the Python that calls them.
    """

    def __init__(
        self,
        recorded: Program,
        name: str,
        passes: Iterable[str],
        returned: Iterable[bool],
        otherwise: Callable[..., Any],
        patient: bool = True,
    ) -> None:
        backend = NATIVE[name]
        self.name = name
        program = for_loops(recorded, passes)
        orders = orders_of(program)
        self.parts = divided(program, backend.limits, orders)
        kernels = [part for part in self.parts if isinstance(part, Kernel)]
        numbers = {i for i, number in zip(refs(program.outputs), returned, strict=True) if number}
        plain = numbers_that_leave(program, self.parts, numbers)
        self.program = program.having(types=_as_arrays(program, kernels, plain))
        self._driver = Driver(self.program, self.parts, backend.load(kernels, patient), plain, otherwise, orders)
        self.source = backend.text(kernels) + "\n\n" + "\n".join(self._driver.body()) + "\n"

    def load(self) -> Callable[..., Any]:
        """Return the function that runs."""
        return self._driver.load()

    def report(self) -> Report:
        """Return what each part does, and why some are left to NumPy."""
        return Report(listed(self.name, self.parts, self.program.types, NATIVE[self.name].limits))


def available() -> list[str]:
    """Return those of the native backends for which everything is there, the best first."""
    there = {"cc": c_compiler.found() is not None, "numba": numba_compiler.is_installed()}
    return [name for name, known in there.items() if known]


def _as_arrays(program: Program, kernels: Iterable[Kernel], plain: set[int]) -> Mapping[int, Any]:
    """Return the types, where what a kernel gives is an array of no dimension unless it has to be a number."""
    types = dict(program.types)
    for kernel in kernels:
        for buffer in kernel.outputs:
            if buffer.id not in plain:
                types[buffer.id] = replace(types[buffer.id], kind="array")
    return types
