"""A table of the layers of a module: what they return, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array
from autograd_lite.base.display import Report, table_html
from autograd_lite.engine.observers import dissected, observe
from autograd_lite.engine.op import Op
from autograd_lite.engine.switch import no_grad
from autograd_lite.nn.forwards import wrapped
from autograd_lite.nn.walk import Walked, first_names, places
from autograd_lite.tensor.state import discarded
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.tree import leaves

_HEAD = ("layer", "result", "parameters", "multiplications", "memory of parameters", "of results")


class SummaryRow(NamedTuple):
    """One layer: its dotted name, class and level, and what it costs with all that is within it.

    `shape` is that of its last result, a tuple or a tree of them, None where it was not called. `parameters` counts
    numbers, `bytes` those of parameters and buffers, `activations` the bytes of the results of all calls.
    """

    name: str
    kind: str
    level: int
    shape: Any
    parameters: int
    multiplications: int
    bytes: int
    activations: int


class Summary(Report):
    """What `Module.summary` returns: a text, a table in notebooks, and the numbers.

    Attributes
    ----------
    rows : list of SummaryRow
        The module, and all within it.
    parameters, trained : int
        How many numbers there are in parameters, and in those that require a gradient.
    multiplications : int
        Those of products of matrices and of convolutions, which is where the time goes.
    bytes, activations : int
        The bytes of parameters and buffers, and of the results of the layers that have none within.
    """

    rows: list[SummaryRow]
    parameters: int
    trained: int
    multiplications: int
    bytes: int
    activations: int


class _Cost:
    """What one module has been seen to do."""

    def __init__(self) -> None:
        self.shape: Any = None
        self.products = self.activations = 0


def summarize(module: Any, inputs: Sequence[Any], kwargs: Mapping[str, Any], depth: int | None) -> Summary:
    """Return the summary of a module that is called with `inputs`, or arrays of these shapes."""
    listed = list(first_names(places(module, once=True), Walked))
    costs = {id(m): _Cost() for _, m in listed}
    running: list[int] = []
    given = [_example(module, x) for x in inputs]

    def wrap(title: str, forward: Callable[..., Any]) -> Callable[..., Any]:
        key = id(dict(listed)[title])
        return lambda *args, **more: _timed(costs[key], key, running, forward, args, more)

    def told(op: Op, operands: Any, settings: Any, result: Any) -> None:
        count = _products(op, operands, settings, result)
        for key in set(running):
            costs[key].products += count

    with wrapped(listed, wrap), observe(told), dissected(), no_grad():
        discarded(lambda _: module(*given, **kwargs))
    return _told(module, [_row(name, m, costs[id(m)]) for name, m in listed], depth)


def _timed(cost: _Cost, key: int, running: list[int], forward: Any, args: Any, kwargs: Any) -> Any:
    running.append(key)
    try:
        result = forward(*args, **kwargs)
    finally:
        running.pop()
    found = [x for x in leaves(result) if isinstance(x, np.generic) or is_array(x)]
    cost.shape = tuple(found[0].shape) if len(found) == 1 else [tuple(x.shape) for x in found]
    cost.activations += sum(x.size * x.dtype.itemsize for x in found)
    return result


def _example(module: Any, given: Any) -> Any:
    """Return an input, or zeros of the shape that is given in its place."""
    if not (isinstance(given, tuple) and all(isinstance(n, (int, np.integer)) for n in given)):
        return given
    if any(n < 0 for n in given):
        raise errors.ArgumentError(errors.SUMMARY_SHAPE.format(given=given))
    dtype = next((p.dtype for p in module.parameters()), np.dtype(float))
    return Tensor(np.zeros(given, dtype))


def _products(op: Op, operands: Sequence[Any], settings: Mapping[str, Any], result: Any) -> int:
    """Return how many multiplications of two numbers an operation is, by its own account."""
    if op.products is None:
        return 0
    return op.products([np.shape(x) for x in operands], math.prod(getattr(result, "shape", (0,))), settings)


def _row(name: str, module: Any, cost: _Cost) -> SummaryRow:
    params, buffers = list(module.parameters()), list(module.buffers())
    size = sum(t.size * t.dtype.itemsize for t in (*params, *buffers))
    level = name.count(".") + 1 if name else 0
    counts = sum(p.size for p in params), cost.products, size, cost.activations
    return SummaryRow(name, type(module).__name__, level, cost.shape, *counts)


def _told(module: Any, rows: list[SummaryRow], depth: int | None) -> Summary:
    names = [row.name for row in rows]
    inner = [not any(other.startswith(f"{name}.") for other in names) if name else len(rows) == 1 for name in names]
    trained = sum(p.size for p in module.parameters() if p.requires_grad)
    activations = sum(row.activations for row, last in zip(rows, inner, strict=True) if last)
    total = rows[0]
    note = (
        f"{total.parameters:,} parameters ({trained:,} trained), {total.multiplications:,} multiplications, "
        f"{_bytes(total.bytes)} of parameters and buffers, {_bytes(activations)} of results"
    )
    cells = [_HEAD, *[_cells(row) for row in rows if depth is None or row.level <= depth]]
    summary = Summary(f"{_aligned(cells)}\n{note}", table_html("", cells, [note]))
    summary.rows, summary.parameters, summary.trained = rows, total.parameters, trained
    summary.multiplications, summary.bytes, summary.activations = total.multiplications, total.bytes, activations
    return summary


def _cells(row: SummaryRow) -> tuple[str, ...]:
    called = f"{'  ' * row.level}{row.name}: {row.kind}" if row.name else row.kind
    numbers = f"{row.parameters:,}", f"{row.multiplications:,}", _bytes(row.bytes), _bytes(row.activations)
    return (called, "-" if row.shape is None else str(row.shape), *numbers)


def _aligned(cells: Iterable[Sequence[str]]) -> str:
    """Return rows as text: names and shapes to the left, numbers to the right."""
    cells = list(cells)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))  # noqa: PLR2004
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


def _bytes(count: int) -> str:
    size, units = float(count), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while size >= 1000 and unit != "TB":  # noqa: PLR2004 - of the next unit
        size, unit = size / 1000, next(units)
    return f"{size:.3g} {unit}" if unit != "B" else f"{count} B"
