"""Products of vectors, matrices and stacks of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.onnx.graph import Graph, broadcast
from autograd_lite.onnx.rows.shaping import reshape
from autograd_lite.onnx.sizes import Size
from autograd_lite.onnx.values import Value
from autograd_lite.rules.products import as_text, explicit

_COMPUTED = frozenset(map(np.dtype, ("f2", "f4", "f8", "i4", "i8")))


def _operands(graph: Graph, *given: Any) -> tuple[list[Value], Any]:
    """Return operands of one dtype that products are computed in, and that of the result."""
    values = [graph.lifted(x) for x in given]
    result = np.result_type(*[x.dtype for x in values])
    return [graph.cast(x, result if result in _COMPUTED else np.int64) for x in values], result


def matmul(graph: Graph, x1: Any, x2: Any, **settings: Any) -> Any:
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
    return np.tensordot(x, y, (-1, -2))


def _einsum(graph: Graph, subscripts: Any, *operands: Any, **settings: Any) -> Any:
    if not isinstance(subscripts, str):
        subscripts, operands = as_text((subscripts, *operands))
    values, result = _operands(graph, *operands)
    letters, output = explicit(subscripts.replace(" ", ""), [x.ndim for x in values])
    equation, values = _without_ones(graph, letters, output, values)
    shape = _einsum_shape(equation, [x.shape for x in values])
    made = graph.node("Einsum", values, values[0].dtype, shape, equation=equation)
    return graph.cast(made, settings.get("dtype") or result)


def _without_ones(graph: Graph, letters: list[str], output: str, values: list[Value]) -> tuple[str, list[Value]]:
    """Leave out axes of length one that stand beside longer ones, which ONNX does not broadcast."""
    terms = list(letters)
    wide = {c for term, x in zip(terms, values, strict=True) for c, n in zip(term, x.shape, strict=True)
            if isinstance(n, Size) or n != 1}  # fmt: skip
    for k, (term, x) in enumerate(zip(terms, values, strict=True)):
        ones = [j for j, (c, n) in enumerate(zip(term, x.shape, strict=True)) if c in wide and n == 1]
        values[k] = reshape(graph, x, [n for j, n in enumerate(x.shape) if j not in ones]) if ones else x
        terms[k] = "".join([c for j, c in enumerate(term) if j not in ones])
    return f"{','.join(terms)}->{output}", values


def _einsum_shape(equation: str, shapes: list[Any]) -> tuple[Any, ...]:
    """Return the shape of the result, by the lengths that stand for letters."""
    left, _, right = equation.partition("->")
    lengths: dict[str, Any] = {}
    for term, shape in zip(left.split(","), shapes, strict=True):
        for letter, n in zip(term, shape, strict=True):
            if isinstance(n, Size) or n != 1 or letter not in lengths:
                lengths[letter] = n
    return tuple([lengths[c] for c in right])


ROWS: dict[Any, Any] = {np.matmul: matmul, np.dot: _dot, np.einsum: _einsum}
