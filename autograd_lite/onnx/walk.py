"""The walk over a Program: each instruction becomes the nodes that its row writes, a loop a Scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.program.identifiers import identifier
from autograd_lite.compiler.program.loop import Loop, is_loop
from autograd_lite.compiler.program.opaque import is_opaque
from autograd_lite.compiler.program.program import Instruction, Program, mapped
from autograd_lite.onnx.graph import Graph, NoRowError
from autograd_lite.onnx.sizes import DependsOnSizeError, Size, is_open, is_unknown
from autograd_lite.onnx.values import Value


def written(graph: Graph, program: Program, given: Mapping[int, Any]) -> dict[int, Any]:
    """Write the instructions of a program, and return its values by their numbers.

    Parameters
    ----------
    graph : Graph
    program : Program
    given : mapping of int to Value
        Inputs and constants.
    """
    values = dict(given)
    for x in program.instructions:
        count = len(graph.nodes)
        try:
            values[x.id] = _result(graph, program, x, values)
        except errors.ExportError as error:
            text = f"{_name(x)}{_where(x)} can't be exported: {error}"  # which says what to write
            raise errors.ExportError(text) from error
        except DependsOnSizeError as error:
            text = errors.ONNX_OPEN.format(op=_name(x), where=_where(x), size=error)
            raise errors.ExportError(text) from error
        except NoRowError as error:
            text = errors.ONNX_CALL.format(op=_name(x), where=_where(x), inner=error.args[0].__name__)
            raise errors.ExportError(text) from error
        except (AttributeError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError) as error:
            text = errors.ONNX_CALL.format(op=_name(x), where=_where(x), inner=f"{type(error).__name__}: {error}")
            raise errors.ExportError(text) from error
        _noted(graph, x, count)
    return values


def _name(x: Instruction) -> str:
    of_numpy = isinstance(x.fn, np.ufunc) or str(x.fn.__module__).startswith("numpy")
    return f"np.{x.fn.__name__}" if of_numpy else str(x.fn.__name__)


def _where(x: Instruction) -> str:
    return f" (at {x.line})" if x.line else ""


def _noted(graph: Graph, x: Instruction, count: int) -> None:
    """Have the nodes of a call say which line of the user's they are from."""
    for node in graph.nodes[count:]:
        if not node.doc_string:
            node.doc_string = " ".join([word for word in (x.origin, _where(x).strip()) if word])


def _result(graph: Graph, program: Program, x: Instruction, values: Mapping[int, Any]) -> Any:
    if is_opaque(x.fn):
        raise errors.ExportError(errors.ONNX_OPAQUE)
    args = [mapped(part, values) for part in x.args]
    if is_loop(x.fn):
        return _repeated(graph, x.fn, args)
    y = graph.call(x.fn, args, {name: mapped(part, values) for name, part in x.kwargs})
    kind = program.types[x.id]
    if isinstance(y, Value) and kind.dtype is not None:
        y = graph.cast(y, kind.dtype)
        _shaped(y, kind.shape)
        return y
    return y


def _shaped(y: Value, shape: Sequence[Any]) -> None:
    """Have a value know the shape that its program has found; where both know a length it is the same.

    A length that nobody has an expression for is asked of the value itself.
    """
    closed = [(a, b) for a, b in zip(y.shape, shape, strict=False) if not is_open((a, b))]
    if len(y.shape) != len(shape) or any(a != b for a, b in closed):
        raise errors.ExportError(errors.ONNX_SHAPE.format(found=y, expected=tuple(shape)))
    found = []
    for axis, (a, b) in enumerate(zip(y.shape, shape, strict=True)):
        if isinstance(b, Size) and is_unknown(b):
            if isinstance(a, Size) and not is_unknown(a):
                b = a  # noqa: PLW2901
            else:
                y.graph.root.lengths.update(dict.fromkeys(b.names(), (y, axis)))
        elif isinstance(b, Size) and not isinstance(a, Size):
            raise DependsOnSizeError(str(b))  # the same in the examples, as a slice that ends before or with its array
        found.append(b)
    y.shape = tuple(found)


# ----- loops -----


def _repeated(graph: Graph, loop: Loop, operands: Sequence[Any]) -> tuple[Any, ...]:
    """Write a loop as a Scan, whose body reads by their names what all steps are given."""
    body, types = loop.body, loop.body.types
    carry, xs, given = loop.divided([graph.lifted(x) for x in operands])
    for x in given:
        graph.named(x)
    inner = Graph(graph.table, graph.opset, graph)
    taken = loop.carried + loop.taken
    free = graph.root.taken.free
    inputs = [Value(inner, free(identifier(x.name)), types[x.id].shape, types[x.id].dtype) for x in body.inputs[:taken]]
    carry = [graph.cast(c, x.dtype) for c, x in zip(carry, inputs, strict=False)]
    known: dict[int, Any] = {x.id: v for x, v in zip(body.inputs, [*inputs, *given], strict=True)}
    known |= {c.id: constant(inner, c.array) for c in body.constants}
    values = written(inner, body, known)
    outputs = [inner.lifted(mapped(y, values)) for y in body.outputs]
    outputs = [inner.node("Identity", [y], y.dtype, y.shape) for y in outputs]
    for c, y in zip(inputs, outputs[: loop.carried], strict=False):
        if (c.dtype, c.shape) != (y.dtype, y.shape):
            raise errors.ExportError(errors.ONNX_SHAPE.format(found=y, expected=c))
    elements = list(xs) or [_counter(graph, loop.length)]
    if not xs:
        inputs.append(Value(inner, free("step"), (), np.int64))
    left = outputs[loop.carried :]
    kinds = [(y.dtype, y.shape) for y in outputs[: loop.carried]]
    kinds += [(y.dtype, (loop.length, *y.shape)) for y in left]
    order = int(loop.reverse)
    settings = {"scan_input_directions": [order] * len(elements), "scan_output_directions": [order] * len(left)}
    made = graph.nodes_of(
        "Scan", [*carry, *elements], kinds, body=inner.as_body(inputs, outputs), num_scan_inputs=len(elements),
        **{name: x for name, x in settings.items() if x},
    )  # fmt: skip
    return tuple(made)


def _counter(graph: Graph, length: Any) -> Any:
    """Return what a loop goes through that takes no elements."""
    zeros: Any = graph.constant(0, np.int64)
    return np.broadcast_to(zeros, (length,))


# ----- constants -----


def constant(graph: Graph, array: Any) -> Any:
    """Return a constant of a program; one that depends on lengths is written as what makes it."""
    made = getattr(array, "made", None)
    return graph.constant(array) if made is None else made(graph)
