"""Products of vectors, matrices and stacks of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.onnx.graph import Graph, broadcast
from autograd_lite.onnx.sizes import Size
from autograd_lite.onnx.values import Value

_COMPUTED = frozenset(map(np.dtype, ("f2", "f4", "f8", "i4", "i8")))


def _operands(graph: Graph, *given: Any) -> tuple[list[Value], Any]:
    """Return operands of one dtype that products are computed in, and that of the result."""
    values = [graph.lifted(x) for x in given]
    result = np.result_type(*[x.dtype for x in values])
    return [graph.cast(x, result if result in _COMPUTED else np.int64) for x in values], result


def matmul(graph: Graph, x1: Any, x2: Any, **settings: Any) -> Value:
    if any(name not in ("out", "dtype") for name in settings):
        raise errors.ExportError(errors.ONNX_SETTING.format(op="np.matmul", given=", ".join(settings)))
    (a, b), result = _operands(graph, x1, x2)
    rows = a.shape[-2:-1]
    columns = b.shape[-1:] if b.ndim > 1 else ()
    shape = (*broadcast(a.shape[:-2], b.shape[:-2]), *rows, *columns)
    return graph.cast(graph.node("MatMul", [a, b], a.dtype, shape), result)


def _dot(graph: Graph, a: Any, b: Any, out: Any = None) -> Any:
    x, y = graph.lifted(a), graph.lifted(b)
    if x.ndim == 0 or y.ndim == 0:
        return np.multiply(x, y)
    if y.ndim == 1 or (x.ndim <= 2 and y.ndim <= 2):  # noqa: PLR2004 - matrices
        return np.matmul(x, y)
    return np.tensordot(x, y, (-1, -2))  # type: ignore[call-overload]


def _einsum(graph: Graph, subscripts: Any, *operands: Any, **settings: Any) -> Value:
    if not isinstance(subscripts, str):
        raise errors.ExportError(errors.ONNX_SETTING.format(op="np.einsum", given="lists of axes"))
    values, result = _operands(graph, *operands)
    shape = _einsum_shape(subscripts, [x.shape for x in values])
    made = graph.node("Einsum", values, values[0].dtype, shape, equation=subscripts.replace(" ", ""))
    return graph.cast(made, settings.get("dtype") or result)


def _einsum_shape(subscripts: str, shapes: list[Any]) -> tuple[Any, ...]:
    """Return the shape of the result, by the lengths that stand for letters."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    lengths: dict[str, Any] = {}
    lead: tuple[Any, ...] = ()
    for term, shape in zip(left.split(","), shapes, strict=True):
        before, dots, after = term.partition("...")
        rest = len(shape) - len(before) - len(after)
        if dots:
            lead = broadcast(lead, shape[len(before) : len(before) + rest])
        sizes = [*shape[: len(before)], *shape[len(shape) - len(after) :]] if dots else shape
        for letter, n in zip(before + after, sizes, strict=True):
            if isinstance(n, Size) or n != 1 or letter not in lengths:
                lengths[letter] = n
    if not arrow:
        letters = left.replace(",", "").replace(".", "")
        right = "..." * ("..." in left) + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    before, dots, after = right.partition("...")
    return (*[lengths[c] for c in before], *(lead if dots else ()), *[lengths[c] for c in after])


ROWS: dict[Any, Any] = {np.matmul: matmul, np.dot: _dot, np.einsum: _einsum}
