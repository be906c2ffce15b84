"""A graph while it is written: its nodes, its constants, and the call of a function of NumPy in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.program.identifiers import Taken
from autograd_lite.engine.registry import handler_of, library_of, method_of, with_more
from autograd_lite.onnx.package import onnx
from autograd_lite.onnx.sizes import Size, is_open, is_unknown
from autograd_lite.onnx.values import Value

_DEEPEST = 3
"""So often at most the definition of a function comes to the function itself."""
_FOLDED = 100_000
"""So many numbers at most a constant has that is computed of constants."""


class Graph:
    """A graph, or the body of a loop in one, which reads what stands around it by its names.

    Parameters
    ----------
    table : mapping
        The rows: for each function, ``row(graph, *args, **kwargs)``.
    opset : int
    around : Graph, optional
    """

    def __init__(self, table: Mapping[Any, Any], opset: int, around: Graph | None = None) -> None:
        self.table, self.opset = table, opset
        self.nodes: list[Any] = []
        self.root: Graph = self if around is None else around.root
        if around is None:
            self.taken = Taken()
            self.initializers: dict[str, Any] = {}
            self.inputs: dict[str, Value] = {}
            self.lengths: dict[str, tuple[Any, int]] = {}
            self.within: list[Any] = []
            self._known: dict[Any, str] = {}
        self._sizes: dict[Any, Value] = {} if around is None else dict(around._sizes)

    # ----- values -----

    def node(self, op: str, inputs: Sequence[Any], dtype: Any, shape: Any, **attributes: Any) -> Any:
        """Add a node with one result."""
        return self.nodes_of(op, inputs, [(dtype, shape)], **attributes)[0]

    def nodes_of(self, op: str, inputs: Sequence[Any], kinds: Sequence[Any], **attributes: Any) -> list[Value]:
        """Add a node with several results, of which the dtypes and shapes are given."""
        results = [Value(self, self.root.taken.free(op.lower()), shape, dtype) for dtype, shape in kinds]
        given = ["" if x is None else self.named(x) for x in inputs]
        self.nodes.append(
            onnx().helper.make_node(op, given, [y.name for y in results], name=results[0].name, **attributes)
        )
        return results

    def constant(self, array: Any, dtype: Any = None) -> Any:
        """Return a constant, which is a part of the graph when it is first read."""
        array = np.asarray(array, dtype)
        return Value(self, "", array.shape, array.dtype, array)

    def lifted(self, x: Any, dtype: Any = None) -> Any:
        """Return an operand as a value of this graph."""
        if isinstance(x, Value):
            if x.graph is not self:
                x = Value(self, x.name or (self.root.named(x) if x.array is None else ""), x.shape, x.dtype, x.array)
            return x if dtype is None else self.cast(x, dtype)
        if isinstance(x, Size):
            return self.cast(np.reshape(self.size(x), ()), dtype or np.dtype(x.kind))
        if isinstance(x, (list, tuple)) and any(isinstance(part, (Value, Size, list, tuple)) for part in x):
            return self.lifted(np.stack([self.lifted(part) for part in x]), dtype)
        return self.constant(x, dtype)

    def named(self, x: Any) -> str:
        """Return the name of a value; a constant becomes an initializer, equal ones the same."""
        if not x.name:
            key = (x.array.dtype.str, x.array.shape, x.array.tobytes())
            root = self.root
            x.name = root._known.get(key, "")
            if not x.name:
                x.name = root._known[key] = root.taken.free("constant")
                root.initializers[x.name] = x.array
        return x.name

    def cast(self, x: Any, dtype: Any) -> Any:
        """Return a value in another dtype."""
        dtype = np.dtype(dtype)
        if x.dtype == dtype:
            return x
        if x.array is not None:
            with np.errstate(all="ignore"):
                return self.constant(x.array.astype(dtype))
        return self.node("Cast", [x], dtype, x.shape, to=element_type(dtype))

    # ----- sizes -----

    def size(self, n: Any) -> Any:
        """Return a size as a vector of one whole number."""
        if not isinstance(n, Size):
            return self.constant([n], np.int64)
        if n not in self._sizes:
            total: Any = None
            for powers, c in n.terms.items():
                term: Any = None if c == 1 and powers else self.constant([c], np.int64)
                for name in powers:
                    length = self._length(name)
                    term = length if term is None else self.node("Mul", [term, length], np.int64, (1,))
                total = term if total is None else self.node("Add", [total, term], np.int64, (1,))
            self._sizes[n] = total
        return self._sizes[n]

    def _length(self, name: str) -> Any:
        """Return the length of an axis of an input."""
        key = Size({(name,): 1})
        if key not in self._sizes:
            x, axis = self.root.lengths[name]
            if isinstance(x, Size):
                by = self.constant([axis], np.int64)
                self._sizes[key] = self.node("Div", [self.size(x), by], np.int64, (1,))
                return self._sizes[key]
            shape = self.node("Shape", [x], np.int64, (x.ndim,))
            self._sizes[key] = self.node("Gather", [shape, self.constant([axis], np.int64)], np.int64, (1,), axis=0)
        return self._sizes[key]

    def asked(self, x: Any, axis: int) -> Size:
        """Return the length of an axis that nobody has an expression for: it is asked of the value."""
        name = f"?{self.root.taken.free('length')}"
        self.root.lengths[name] = x, axis
        return Size({(name,): 1})

    def quotient(self, n: Any, by: int) -> Any:
        """Return a size divided by a number, and rounded down."""
        if not isinstance(n, Size):
            return n // by
        if all(c % by == 0 for powers, c in n.terms.items() if powers):
            rest = n.terms.get((), 0)
            return (n - rest) // by + rest // by
        name = f"({n})//{by}"
        self.root.lengths[name] = n, by
        return Size({(name,): 1})

    def shape(self, shape: Sequence[Any]) -> Any:
        """Return a shape as a vector of whole numbers."""
        if not is_open(shape):
            return self.constant(list(shape), np.int64)
        parts = [self.size(n) for n in shape]
        return parts[0] if len(parts) == 1 else self.node("Concat", parts, np.int64, (len(shape),), axis=0)

    # ----- calls -----

    def call(self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Write a call of a function down: as the row of the table says, or as its definition does."""
        args = tuple(_here(self, args))
        kwargs = {name: _here(self, [x])[0] for name, x in kwargs.items()}
        folded = _folded(self, fn, args, kwargs)
        if folded is not None:
            return folded
        row = self.table.get(fn) or self.table.get((library_of(fn), getattr(fn, "__name__", "")))
        if row is not None:
            return row(self, *args, **kwargs)
        ufunc = getattr(fn, "__self__", None)
        if isinstance(ufunc, np.ufunc):
            return method_of(ufunc, fn.__name__)(*args, **kwargs)
        handler = handler_of(fn)
        if getattr(handler, "form", "") != "composite":
            raise NoRowError(fn)
        if self.root.within.count(fn) > _DEEPEST:
            raise NoRowError(fn)
        self.root.within.append(fn)
        try:
            places, given = handler._given(args, kwargs)
        except errors.UnsupportedError:
            return self.more(fn)(*args, **kwargs)
        else:
            return handler.fn(*places, **given)
        finally:
            self.root.within.pop()

    def more(self, fn: Any) -> Any:
        """Return what takes the arguments of a function that its definition does not know."""
        found = with_more(fn)
        if found is None:
            raise NoRowError(fn)
        return found

    def as_body(self, inputs: Sequence[Value], outputs: Sequence[Value]) -> Any:
        """Return the body of a loop."""
        infos = [[information(x) for x in values] for values in (inputs, outputs)]
        return onnx().helper.make_graph(self.nodes, self.root.taken.free("body"), *infos)


class NoRowError(Exception):
    """A function that ONNX has no operator for, and of which nothing is known that would make it of others."""


def element_type(dtype: Any) -> int:
    """Return the number by which ONNX knows a dtype."""
    try:
        found: int = onnx().helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    except (KeyError, ValueError):
        found = 0
    if np.dtype(dtype).kind not in "fiub" or not found:
        raise errors.ExportError(errors.ONNX_DTYPE.format(given=np.dtype(dtype)))
    return found


def information(x: Any) -> Any:
    """Return what a graph says of its inputs and outputs: name, dtype and shape."""
    shape = [_told(n) for n in x.shape]
    return onnx().helper.make_tensor_value_info(x.name, element_type(x.dtype), shape)


def _told(n: Any) -> Any:
    """Return a length as a graph says it: a number, the name of a length, or nothing."""
    if not isinstance(n, Size):
        return n
    return None if is_unknown(n) else repr(n)


def broadcast(*shapes: Any) -> tuple[Any, ...]:
    """Return the shape of what is computed of arrays element by element."""
    ndim = max(map(len, shapes), default=0)
    out = []
    for each in zip(*[(1,) * (ndim - len(s)) + tuple(s) for s in shapes], strict=True):
        wide = list(dict.fromkeys([n for n in each if n != 1]))
        if len(wide) > 1 and not any(isinstance(n, Size) for n in wide):
            np.broadcast_shapes(*shapes)  # which says what is wrong
        out.append(next((n for n in wide if not isinstance(n, Size)), wide[0] if wide else 1))
    return tuple(out)


def _here(graph: Graph, x: Any) -> Any:
    """Return operands as values of a graph: those of the one around it become its own."""
    if isinstance(x, Value):
        return graph.lifted(x)
    if isinstance(x, (list, tuple)) and type(x) in (list, tuple):
        return type(x)([_here(graph, part) for part in x])
    return x


def _values(x: Any) -> list[Any]:
    if isinstance(x, (Value, Size)):
        return [x]
    if isinstance(x, slice):
        return _values([x.start, x.stop, x.step])
    return [v for part in x for v in _values(part)] if isinstance(x, (list, tuple)) else []


def _folded(graph: Graph, fn: Any, args: Any, kwargs: Any) -> Any:
    """Return what a call gives where all that it is given is known, and it is not long; else None."""
    values = _values([args, list(kwargs.values())])
    if not values or not all(isinstance(v, Value) and v.array is not None for v in values):
        return None
    if max(v.array.size for v in values) > _FOLDED:
        return None
    with np.errstate(all="ignore"):
        found = fn(*_opened(args), **{name: _opened(x) for name, x in kwargs.items()})
    if not isinstance(found, (np.ndarray, np.generic)):
        return None if isinstance(found, (tuple, list)) else found
    return graph.constant(found) if np.size(found) <= _FOLDED else None


def _opened(x: Any) -> Any:
    if isinstance(x, Value):
        return x.array if x.ndim else x.array[()]
    if isinstance(x, slice):
        return slice(*_opened([x.start, x.stop, x.step]))
    return type(x)([_opened(part) for part in x]) if isinstance(x, (list, tuple)) else x
