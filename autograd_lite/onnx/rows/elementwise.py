"""Functions that ONNX has an operator for, element by element; their operands are cast as NumPy casts them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.onnx.graph import Graph, broadcast
from autograd_lite.onnx.sizes import Size
from autograd_lite.onnx.values import Value

_WIDE = (np.dtype(np.int32), np.dtype(np.int64))
_DOUBLE = np.dtype(np.float64)
_LARGE, _HUGE = 20, 1e100
"""Beside the exponential of the one its reciprocal is nothing; beside the square of the other so is 1."""


@dataclass(frozen=True)
class Elementwise:
    """A row of a ufunc.

    Attributes
    ----------
    ufunc : numpy.ufunc
        Which says to which dtypes the operands are cast.
    op : str
        The operator.
    of_bools, of_integers : str
        Another one for those; ``=`` for the operand as it is.
    double : callable, optional
        A formula for double precision, where common runtimes have no code for the operator.
    """

    ufunc: Any
    op: str
    of_bools: str = ""
    of_integers: str = ""
    double: Callable[..., Any] | None = None

    def __call__(self, graph: Graph, *args: Any, **kwargs: Any) -> Any:
        operands, result = operands_of(graph, self.ufunc, args, kwargs)
        kind = operands[0].dtype.kind
        op = self.of_bools or self.op if kind == "b" else self.of_integers or self.op if kind in "iu" else self.op
        if op == "=":
            return graph.cast(operands[0], result)
        if self.double is not None and operands[0].dtype == _DOUBLE:
            return graph.cast(self.double(*operands), result)
        return elementwise(graph, op, operands, result)


def operands_of(graph: Graph, ufunc: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Value], Any]:
    """Return the operands of a ufunc in the dtypes that NumPy computes with, and the dtype of the result."""
    unknown = {name: x for name, x in kwargs.items() if name not in ("out", "dtype", "casting") and x is not True}
    if unknown or len(args) > ufunc.nin:
        raise errors.ExportError(errors.ONNX_SETTING.format(op=ufunc.__name__, given=", ".join(unknown) or "out"))
    wanted = None if kwargs.get("dtype") is None else np.dtype(kwargs["dtype"])
    given = [_kind(x) for x in args]
    asked: dict[str, Any] = {}
    if wanted is not None:
        asked = {"signature": (*[None] * ufunc.nin, *[wanted] * ufunc.nout), "casting": "unsafe"}
    found = ufunc.resolve_dtypes((*given, *[None] * ufunc.nout), **asked)
    return [graph.lifted(x, d) for x, d in zip(args, found[: ufunc.nin], strict=True)], found[ufunc.nin]


def _kind(x: Any) -> Any:
    """Return what decides of an operand to which dtype all are cast: of a number of Python its class alone."""
    x = x.number() if isinstance(x, Size) else x
    return x.dtype if isinstance(x, Value) else type(x) if type(x) in (int, float) else np.asarray(x).dtype


def promoted(*given: Any) -> Any:
    """Return the dtype that NumPy makes of operands together."""
    known = [x.number() if isinstance(x, Size) else x for x in given]
    return np.result_type(*[x.dtype if isinstance(x, Value) else x for x in known])


def common_integers(graph: Graph, x: Any) -> Any:
    """Return an operand; one of integers that few runtimes have code for as int64."""
    return graph.cast(x, np.int64) if x.dtype.kind in "iu" and x.dtype not in _WIDE else x


def elementwise(graph: Graph, op: str, operands: Sequence[Any], result: Any, **attributes: Any) -> Any:
    """Add a node over operands of one dtype; integers that few runtimes compute with are int64 within."""
    operands = [common_integers(graph, x) for x in operands]
    made = np.dtype(result) if np.dtype(result).kind not in "iu" else operands[-1].dtype
    y = graph.node(op, operands, made, broadcast(*[x.shape for x in operands]), **attributes)
    return graph.cast(y, result)


def _logical(op: str) -> Callable[..., Any]:
    def row(graph: Graph, *args: Any, **kwargs: Any) -> Any:
        operands = [truth(graph, x) for x in args[:2]]
        return elementwise(graph, op, operands, np.bool_)

    return row


def floating(graph: Graph, x: Any) -> Any:
    """Return an operand of numbers with a point: whole ones in double precision."""
    x = graph.lifted(x)
    return x if x.dtype.kind == "f" else graph.cast(x, np.float64)


def truth(graph: Graph, x: Any) -> Any:
    """Return where an operand is not zero."""
    return graph.cast(graph.lifted(x), np.bool_)


def where(graph: Graph, condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None:
        raise errors.ExportError(errors.ONNX_RAGGED.format(op="np.where(condition)"))
    dtype = promoted(x, y)
    held = truth(graph, condition)
    if dtype.kind == "b":  # which runtimes choose between by logic only
        return (held & graph.lifted(x, dtype)) | (~held & graph.lifted(y, dtype))
    within = np.dtype(np.int64) if dtype.kind in "iu" else dtype
    parts = [held, graph.lifted(x, within), graph.lifted(y, within)]
    return graph.cast(graph.node("Where", parts, within, broadcast(*[v.shape for v in parts])), dtype)


def clip(graph: Graph, a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **bounds: Any) -> Any:
    low, high = bounds.get("min", a_min), bounds.get("max", a_max)
    y = graph.lifted(a) if low is None else np.maximum(a, low)
    return y if high is None else np.minimum(y, high)


def _same(graph: Graph, x: Any, **_: Any) -> Any:
    return graph.lifted(x)


def astype(graph: Graph, x: Any, dtype: Any, copy: bool = True, **_: Any) -> Any:
    x = graph.lifted(x)
    if np.dtype(dtype).kind in "iu" and x.dtype.kind == "f":
        return graph.cast(np.trunc(x), dtype)
    return graph.cast(x, dtype)


def array(graph: Graph, x: Any, dtype: Any = None, copy: Any = None, **_: Any) -> Any:
    x = graph.lifted(x)
    return x if dtype is None else astype(graph, x, dtype)


def verify(graph: Graph, *_: Any) -> None:
    """Write nothing: what is checked of values here, a runtime checks where it reads them, or nobody does."""


def _arctan(x: Any) -> Any:
    """Return an arctangent in double precision: a single one, and two steps of Newton's method for the tangent."""
    big = np.abs(x) > 1
    r = np.where(big, 1 / np.where(big, x, 1.0), x)
    y = np.arctan(r.astype(np.float32)).astype(np.float64)
    for _ in range(2):
        c = np.cos(y)
        y = y - (np.sin(y) - r * c) * c
    return np.where(big, np.copysign(np.pi / 2, x) - y, y)


def _sinh(x: Any) -> Any:
    """Return a hyperbolic sine, where neither small numbers lose digits nor large ones overflow too early."""
    e = np.expm1(np.minimum(np.abs(x), 700.0))
    large = np.exp(np.abs(x) / 2)
    y = np.where(np.abs(x) > _LARGE, large / 2 * large, (e + e / (e + 1)) / 2)
    return np.copysign(y, x)


def _cosh(x: Any) -> Any:
    half = np.exp(np.abs(x) / 2)
    return np.where(np.abs(x) > _LARGE, half / 2 * half, (half * half + 1 / (half * half)) / 2)


def _arcsinh(x: Any) -> Any:
    a = np.abs(x)
    small = np.minimum(a, _HUGE)
    y = np.log1p(small + small * small / (1 + np.sqrt(small * small + 1)))
    return np.copysign(np.where(a > _HUGE, np.log(a) + np.log(2.0), y), x)


def _arccosh(x: Any) -> Any:
    d = np.minimum(x, _HUGE) - 1
    y = np.log1p(d + np.sqrt(d * (d + 2)))
    return np.where(x < 1, np.nan, np.where(x > _HUGE, np.log(x) + np.log(2.0), y))


def _arctanh(x: Any) -> Any:
    a = np.abs(x)
    return np.copysign(np.log1p(2 * a / (1 - a)) / 2, x)


def _isnan(graph: Graph, x: Any, **_: Any) -> Any:
    x = graph.lifted(x)
    if x.dtype.kind == "f":
        return elementwise(graph, "IsNaN", [x], np.bool_)
    return np.not_equal(x, x)  # nowhere


def _sign(graph: Graph, x: Any, **_: Any) -> Any:
    x = graph.lifted(x)
    y = elementwise(graph, "Sign", [x], x.dtype)
    return np.where(np.isnan(x), x, y) if x.dtype.kind == "f" else y


_UFUNCS = (
    Elementwise(np.negative, "Neg"),
    Elementwise(np.positive, "Identity"),
    Elementwise(np.absolute, "Abs", of_bools="="),
    Elementwise(np.fabs, "Abs"),
    Elementwise(np.exp, "Exp"),
    Elementwise(np.log, "Log"),
    Elementwise(np.sqrt, "Sqrt"),
    Elementwise(np.floor, "Floor", of_bools="=", of_integers="="),
    Elementwise(np.ceil, "Ceil", of_bools="=", of_integers="="),
    Elementwise(np.rint, "Round", of_bools="=", of_integers="="),
    Elementwise(np.sin, "Sin"),
    Elementwise(np.cos, "Cos"),
    Elementwise(np.tan, "Tan", double=lambda x: np.sin(x) / np.cos(x)),
    Elementwise(np.arcsin, "Asin", double=lambda x: np.arctan(x / np.sqrt((1 - x) * (1 + x)))),
    Elementwise(np.arccos, "Acos", double=lambda x: 2 * np.arctan(np.sqrt((1 - x) / (1 + x)))),
    Elementwise(np.arctan, "Atan", double=_arctan),
    Elementwise(np.sinh, "Sinh", double=_sinh),
    Elementwise(np.cosh, "Cosh", double=_cosh),
    Elementwise(np.tanh, "Tanh"),
    Elementwise(np.arcsinh, "Asinh", double=_arcsinh),
    Elementwise(np.arccosh, "Acosh", double=_arccosh),
    Elementwise(np.arctanh, "Atanh", double=_arctanh),
    Elementwise(np.add, "Add", of_bools="Or"),
    Elementwise(np.subtract, "Sub"),
    Elementwise(np.multiply, "Mul", of_bools="And"),
    Elementwise(np.divide, "Div"),
    Elementwise(np.power, "Pow"),
    Elementwise(np.float_power, "Pow"),
    Elementwise(np.maximum, "Max", of_bools="Or"),
    Elementwise(np.minimum, "Min", of_bools="And"),
    Elementwise(np.equal, "Equal"),
    Elementwise(np.bitwise_and, "BitwiseAnd", of_bools="And"),
    Elementwise(np.bitwise_or, "BitwiseOr", of_bools="Or"),
    Elementwise(np.bitwise_xor, "BitwiseXor", of_bools="Xor"),
    Elementwise(np.invert, "BitwiseNot", of_bools="Not"),
)


@dataclass(frozen=True)
class Comparison:
    """A row of a comparison by size: truth values are compared as numbers."""

    ufunc: Any
    op: str

    def __call__(self, graph: Graph, *args: Any, **kwargs: Any) -> Any:
        operands, result = operands_of(graph, self.ufunc, args, kwargs)
        if operands[0].dtype.kind == "b":
            operands = [graph.cast(x, np.int32) for x in operands]
        return elementwise(graph, self.op, operands, result)


_COMPARED = (
    Comparison(np.less, "Less"), Comparison(np.greater, "Greater"),
    Comparison(np.less_equal, "LessOrEqual"), Comparison(np.greater_equal, "GreaterOrEqual"),
)  # fmt: skip

ROWS: dict[Any, Any] = {
    **{row.ufunc: row for row in (*_UFUNCS, *_COMPARED)},
    np.logical_and: _logical("And"), np.logical_or: _logical("Or"), np.logical_xor: _logical("Xor"),
    np.logical_not: _logical("Not"),
    np.sign: _sign, np.isnan: _isnan,
    np.where: where, np.clip: clip, np.astype: astype, np.array: array, np.asarray: array,
    **dict.fromkeys((np.copy, np.real, np.conjugate, np.ascontiguousarray), _same),
}  # fmt: skip
_PYTHON = {
    operator.add: np.add, operator.sub: np.subtract, operator.mul: np.multiply, operator.truediv: np.divide,
    operator.floordiv: np.floor_divide, operator.mod: np.remainder, operator.pow: np.power, operator.neg: np.negative,
    operator.pos: np.positive, operator.abs: np.absolute, operator.lt: np.less, operator.le: np.less_equal,
    operator.gt: np.greater, operator.ge: np.greater_equal, operator.eq: np.equal, operator.ne: np.not_equal,
    operator.and_: np.bitwise_and, operator.or_: np.bitwise_or, operator.xor: np.bitwise_xor,
    operator.invert: np.invert, operator.matmul: np.matmul,
}  # fmt: skip


def _operator(ufunc: Any) -> Callable[..., Any]:
    return lambda graph, *args: graph.call(ufunc, args, {})


ROWS |= {fn: _operator(ufunc) for fn, ufunc in _PYTHON.items()}
