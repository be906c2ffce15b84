"""What runs in native code and what is left to NumPy, and why, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from autograd_lite.compiler.native.calls import Limits, is_native, is_product
from autograd_lite.compiler.native.loops import Compute, Convolution, Kernel, Nest, Product, simple
from autograd_lite.compiler.native.segments import Part
from autograd_lite.compiler.program.program import Instruction, Type


def listed(backend: str, parts: Sequence[Part], types: Mapping[int, Type], limits: Limits) -> str:
    """Return a line for each kernel, for each call of NumPy between them, and for all those that are too many."""
    lines = []
    for more, run in groupby(parts, lambda part: _is_too_much(part, types, limits)):
        if more:
            lines.append(_TOO_MANY.format(number=len(list(run)), backend=backend, limit=limits.length))
        else:
            lines += [_kernel(part) if isinstance(part, Kernel) else _call(part, types) for part in run]
    return "\n  ".join([f"backend {backend}:", *lines])


_TOO_MANY = (
    "{number:,} more calls: left to NumPy, for {backend} takes too long to compile more than {limit:,} statements. "
    "Write the loop with ag.scan, or compile one step and write the loop outside"
)


def _is_too_much(part: Part, types: Mapping[int, Type], limits: Limits) -> bool:
    """Tell whether a call could be in a kernel if that were not too long."""
    return not isinstance(part, Kernel) and is_native(part, types) and not limits.exclude(part, types)


def _kernel(kernel: Kernel) -> str:
    nodes = list(simple(kernel.nodes))
    nests = [node for node in nodes if isinstance(node, Nest)]
    operations = sum(isinstance(s, Compute) for nest in nests for s in nest.body)
    products = [node for node in nodes if isinstance(node, Product)]
    by_blas = sum(node.blas is not None for node in products)
    images = sum(isinstance(node, Convolution) for node in nodes)
    functions = len(kernel.stages())
    return (
        f"{kernel.name}: {operations} operations in {len(nests)} loops, {len(products)} products of matrices"
        f"{f', {by_blas} of them by BLAS' if by_blas else ''}"
        f"{f', {images} convolutions' if images else ''}, "
        f"{kernel.work:,} bytes of work space{f', in {functions} functions' if functions > 1 else ''}"
    )


def _call(x: Instruction, types: Mapping[int, Type]) -> str:
    return f"{getattr(x.fn, '__name__', x.fn)} -> {types[x.id]}: {_reason(x, types)}"


def _reason(x: Instruction, types: Mapping[int, Type]) -> str:
    if types[x.id].kind == "float":
        return "a number of Python"
    if not is_native(x, types):
        return "left to NumPy, for kernels can't do it"
    return "left to BLAS" if is_product(x, types) else "left to NumPy's vector instructions"
