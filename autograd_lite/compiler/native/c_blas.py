"""Products of matrices by BLAS, called from C through pointers that are set when a library is loaded.

NumPy's own BLAS does them, so that a kernel goes on where the product of NumPy would have been a call of its own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from autograd_lite.base import blas
from autograd_lite.compiler.native.loops import Kernel, Product, View, simple

_GEMM = {"f8": ("dgemm", "double"), "f4": ("sgemm", "float")}
_ROWS, _PLAIN, _TURNED = 101, 111, 112  # CblasRowMajor, CblasNoTrans, CblasTrans


def declared(kernels: Iterable[Kernel]) -> Iterator[str]:
    """Yield the variables that point to the functions of BLAS that are called."""
    found = blas.products()
    if found is None:
        return
    size = f"int{8 * found.integer}_t"
    for dtype in _dtypes(kernels):
        name, number = _GEMM[dtype]
        matrix = f"const {number} *, {size}"
        given = f"int, int, int, {size}, {size}, {size}, {number}, {matrix}, {matrix}, {number}, {number} *, {size}"
        yield f"void (*{name})({given});\n"


def connect(library: Any, kernels: Iterable[Kernel]) -> None:
    """Set the variables of a library."""
    for dtype in _dtypes(kernels):
        name, _ = _GEMM[dtype]
        ctypes.c_void_p.in_dll(library, name).value = getattr(blas.products(), name)


def call(node: Product, places: Sequence[str], columns: str) -> str:
    """Return a call for so many columns of the second matrix and of the result, which begin at `places`."""
    name, _ = _GEMM[node.c.buffer.dtype.str[1:]]
    (a, b, c), (rows, inner) = places, node.a.shape
    turned = f"{_ROWS}, {_kind(node.a)}, {_kind(node.b)}"
    first, second, third = (max(view.strides) for view in (node.a, node.b, node.c))
    sizes = f"{rows}, {columns}, {inner}"
    return f"{name}({turned}, {sizes}, 1, {a}, {first}, {b}, {second}, 0, {c}, {third});"


def suits(view: View) -> bool:
    """Tell whether BLAS takes a matrix: its rows, or its columns, lie in one piece, and one after the other."""
    (down, right), (rows, columns) = view.strides[-2:], view.shape[-2:]
    return (right == 1 and down >= columns) or (down == 1 and right >= rows)


def _kind(view: View) -> int:
    return _PLAIN if view.strides[1] == 1 else _TURNED


def _dtypes(kernels: Iterable[Kernel]) -> list[str]:
    """Return for which dtypes kernels call BLAS."""
    nodes = [node for kernel in kernels for node in simple(kernel.nodes)]
    return sorted({x.c.buffer.dtype.str[1:] for x in nodes if isinstance(x, Product) and x.blas is not None})
