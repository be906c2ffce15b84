"""The table of ONNX's operators that models are written with: what each is as a function of NumPy, or of ours.

A row is given the attributes of a node and its inputs, and returns the function and the arrays that it is called with;
or a text that says why a case is none of ours.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_lite.nn import functional as F
from autograd_lite.rules import convolution, normal, windows

Row = Callable[..., Any]
ROWS: dict[str, Row] = {}


def plain(function: Any) -> Row:
    """A function of the inputs alone."""
    return lambda attributes, *inputs: (function, inputs)


def row(op: str) -> Callable[[Row], Row]:
    def register(function: Row) -> Row:
        ROWS[op] = function
        return function

    return register


_SAME = {
    "Abs": np.abs, "Neg": np.negative, "Sign": np.sign, "Exp": np.exp, "Log": np.log, "Sqrt": np.sqrt,
    "Floor": np.floor, "Ceil": np.ceil, "Round": np.round, "Sin": np.sin, "Cos": np.cos, "Tan": np.tan,
    "Asin": np.arcsin, "Acos": np.arccos, "Atan": np.arctan, "Sinh": np.sinh, "Cosh": np.cosh, "Tanh": np.tanh,
    "Asinh": np.arcsinh, "Acosh": np.arccosh, "Atanh": np.arctanh, "IsNaN": np.isnan, "Not": np.logical_not,
    "Identity": np.copy, "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Less": np.less,
    "Greater": np.greater, "Equal": np.equal, "LessOrEqual": np.less_equal, "GreaterOrEqual": np.greater_equal,
    "And": np.logical_and, "Or": np.logical_or, "Xor": np.logical_xor, "BitwiseAnd": np.bitwise_and,
    "BitwiseOr": np.bitwise_or, "BitwiseXor": np.bitwise_xor, "BitwiseNot": np.invert, "Where": np.where,
    "MatMul": np.matmul, "Reciprocal": np.reciprocal, "Erf": lambda x: 1 - normal.erfc(x), "Sigmoid": F.sigmoid,
    "Relu": F.relu, "Softplus": F.softplus, "Softsign": F.softsign, "Mish": F.mish,
}  # fmt: skip
ROWS |= {op: plain(function) for op, function in _SAME.items()}


@row("Pow")
def power(attributes: Any, x: Any, y: Any) -> Any:
    return (lambda x, y: np.power(x, y).astype(x.dtype)), (x, y)


@row("Div")
def quotient(attributes: Any, x: Any, y: Any) -> Any:
    if x.dtype.kind in "iu":
        if (x < 0).any() or (y < 0).any():
            return "a quotient of integers is cut off there, and rounded down by np.floor_divide"
        return np.floor_divide, (x, y)
    return np.divide, (x, y)


@row("Mod")
def remainder(attributes: Any, x: Any, y: Any) -> Any:
    return (np.fmod if attributes.get("fmod") else np.remainder), (x, y)


@row("Max")
def largest(attributes: Any, *xs: Any) -> Any:
    return (lambda *xs: functools.reduce(np.maximum, xs)), xs


@row("Min")
def smallest(attributes: Any, *xs: Any) -> Any:
    return (lambda *xs: functools.reduce(np.minimum, xs)), xs


@row("Clip")
def clip(attributes: Any, x: Any, low: Any = None, high: Any = None) -> Any:
    return (lambda x: np.clip(x, low, high)), (x,)


# ----- reductions -----


def reduction(function: Any) -> Row:
    def reduced(attributes: Any, x: Any, axes: Any = None) -> Any:
        keepdims = bool(attributes.get("keepdims", 1))
        if axes is not None and not len(axes):
            axes = None
        if axes is None and attributes.get("noop_with_empty_axes"):
            return (lambda x: function(x, axis=(), keepdims=True)), (x,)
        over = None if axes is None else tuple(int(a) for a in axes)
        return (lambda x: function(x, axis=over, keepdims=keepdims).astype(x.dtype)), (x,)

    return reduced


def _square(x: Any, **settings: Any) -> Any:
    return np.sum(np.square(x), **settings)


ROWS |= {
    "ReduceSum": reduction(np.sum), "ReduceProd": reduction(np.prod), "ReduceMax": reduction(np.max),
    "ReduceMin": reduction(np.min), "ReduceMean": reduction(np.mean), "ReduceSumSquare": reduction(_square),
    "ReduceL1": reduction(lambda x, **settings: np.sum(np.abs(x), **settings)),
    "ReduceL2": reduction(lambda x, **settings: np.sqrt(_square(x, **settings))),
    "ReduceLogSum": reduction(lambda x, **settings: np.log(np.sum(x, **settings))),
    "ReduceLogSumExp": reduction(lambda x, **settings: np.log(np.sum(np.exp(x), **settings))),
}  # fmt: skip


def place(function: Any) -> Row:
    def placed(attributes: Any, x: Any) -> Any:
        axis, keepdims = attributes.get("axis", 0), bool(attributes.get("keepdims", 1))
        if attributes.get("select_last_index"):
            return "NumPy has the first of equal places"
        return (lambda x: function(x, axis=axis, keepdims=keepdims)), (x,)

    return placed


ROWS |= {"ArgMax": place(np.argmax), "ArgMin": place(np.argmin)}


@row("CumSum")
def running(attributes: Any, x: Any, axis: Any) -> Any:
    if attributes.get("exclusive"):
        return "np.cumsum counts the element itself"
    if attributes.get("reverse"):
        return (lambda x: np.flip(np.cumsum(np.flip(x, int(axis)), int(axis)), int(axis))), (x,)
    return (lambda x: np.cumsum(x, int(axis))), (x,)


@row("TopK")
def ordered(attributes: Any, x: Any, k: Any) -> Any:
    axis, n = attributes.get("axis", -1), int(k[0])
    if not attributes.get("sorted", 1):
        return "NumPy returns them in order"

    def top(x: Any) -> Any:
        order = np.argsort(x if not attributes.get("largest", 1) else -x, axis, kind="stable")
        places = np.take(order, np.arange(n), axis)
        return np.take_along_axis(x, places, axis), places

    if x.dtype.kind == "u" and attributes.get("largest", 1):
        return "-x of numbers without a sign is another order"
    return top, (x,)


# ----- shapes -----


@row("Reshape")
def reshaped(attributes: Any, x: Any, shape: Any) -> Any:
    if not attributes.get("allowzero"):
        shape = [x.shape[k] if n == 0 else n for k, n in enumerate(shape)]
    return (lambda x: np.reshape(x, tuple(int(n) for n in shape))), (x,)


@row("Transpose")
def transposed(attributes: Any, x: Any) -> Any:
    return (lambda x: np.transpose(x, attributes.get("perm"))), (x,)


@row("Squeeze")
def squeezed(attributes: Any, x: Any, axes: Any = None) -> Any:
    return (lambda x: np.squeeze(x, None if axes is None else tuple(map(int, axes)))), (x,)


@row("Unsqueeze")
def unsqueezed(attributes: Any, x: Any, axes: Any) -> Any:
    return (lambda x: np.expand_dims(x, tuple(map(int, axes)))), (x,)


@row("Expand")
def expanded(attributes: Any, x: Any, shape: Any) -> Any:
    wide = np.broadcast_shapes(x.shape, tuple(map(int, shape)))
    return (lambda x: np.broadcast_to(x, wide)), (x,)


@row("Concat")
def joined(attributes: Any, *xs: Any) -> Any:
    return (lambda *xs: np.concatenate(xs, attributes["axis"])), xs


@row("Tile")
def tiled(attributes: Any, x: Any, repeats: Any) -> Any:
    return (lambda x: np.tile(x, tuple(map(int, repeats)))), (x,)


@row("Flatten")
def flattened(attributes: Any, x: Any) -> Any:
    axis = attributes.get("axis", 1)
    rows = int(np.prod(x.shape[:axis]))
    return (lambda x: np.reshape(x, (rows, -1))), (x,)


@row("Split")
def divided(attributes: Any, x: Any, sizes: Any = None) -> Any:
    axis = attributes.get("axis", 0)
    if sizes is None:
        n, parts = x.shape[axis], attributes["outputs"]
        each = -(-n // parts)
        sizes = [min(each, n - k * each) for k in range(parts)]
    if x.dtype.kind not in "fiu" or not x.size:
        return "an axis without elements has no parts here"
    return (lambda x: np.split(x, np.cumsum(sizes)[:-1].tolist(), axis)), (x,)


@row("Pad")
def padded(attributes: Any, x: Any, pads: Any, value: Any = None, axes: Any = None) -> Any:
    widths = np.zeros((x.ndim, 2), int)
    chosen = range(x.ndim) if axes is None else [int(a) for a in axes]
    for k, axis in enumerate(chosen):
        widths[axis] = pads[k], pads[k + len(pads) // 2]
    mode = attributes.get("mode", b"constant").decode()
    if (widths < 0).any():
        return "np.pad takes nothing away"
    settings = {"constant_values": 0 if value is None else value.item()} if mode == "constant" else {}
    return (lambda x: np.pad(x, widths.tolist(), mode, **settings)), (x,)


@row("Trilu")
def triangle(attributes: Any, x: Any, k: Any = 0) -> Any:
    function = np.triu if attributes.get("upper", 1) else np.tril
    return (lambda x: function(x, int(k))), (x,)


# ----- parts -----


@row("Slice")
def sliced(attributes: Any, x: Any, starts: Any, ends: Any, axes: Any = None, steps: Any = None) -> Any:
    key = [slice(None)] * x.ndim
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis, step = (k if axes is None else int(axes[k])), (1 if steps is None else int(steps[k]))
        stop = None if step < 0 and int(end) < -x.shape[axis] else int(end)
        key[axis] = slice(int(start), stop, step)
    return (lambda x: x[tuple(key)]), (x,)


@row("Gather")
def taken(attributes: Any, x: Any, places: Any) -> Any:
    return (lambda x, places: np.take(x, places, attributes.get("axis", 0))), (x, places)


@row("GatherElements")
def taken_along(attributes: Any, x: Any, places: Any) -> Any:
    axis = attributes.get("axis", 0)
    if any(n != m for k, (n, m) in enumerate(zip(x.shape, places.shape, strict=True)) if k != axis % x.ndim):
        return "np.take_along_axis has axes of equal lengths"
    return (lambda x, places: np.take_along_axis(x, places, axis)), (x, places)


@row("GatherND")
def taken_at(attributes: Any, x: Any, places: Any) -> Any:
    if attributes.get("batch_dims"):
        return "an index of NumPy has no axes of a batch"
    return (lambda x, *at: x[at]), (x, *np.moveaxis(places, -1, 0))


@row("ScatterND")
def written(attributes: Any, x: Any, places: Any, updates: Any) -> Any:
    if attributes.get("reduction", b"none") != b"none":
        return "x[i] = v replaces"

    def put(x: Any, updates: Any) -> Any:
        from autograd_lite.rules import indexing

        return indexing.setitem(x, updates, key=tuple(np.moveaxis(places, -1, 0)))

    return put, (x, updates)


@row("OneHot")
def one_hot(attributes: Any, places: Any, depth: Any, values: Any) -> Any:
    axis, n = attributes.get("axis", -1), int(np.ravel(depth)[0])

    def hot(places: Any) -> Any:
        at = np.expand_dims(np.remainder(places, n), axis)
        line = [1] * at.ndim
        line[axis] = n
        return np.where(at == np.arange(n).reshape(line), values[1], values[0])

    return hot, (places,)


# ----- products -----


@row("Einsum")
def einsum(attributes: Any, *xs: Any) -> Any:
    return (lambda *xs: np.einsum(attributes["equation"].decode(), *xs)), xs


@row("Gemm")
def product(attributes: Any, a: Any, b: Any, c: Any = 0.0) -> Any:
    alpha, beta = attributes.get("alpha", 1.0), attributes.get("beta", 1.0)

    def gemm(a: Any, b: Any, *c: Any) -> Any:
        a, b = a.T if attributes.get("transA") else a, b.T if attributes.get("transB") else b
        y = alpha * np.matmul(a, b)
        return y + beta * c[0] if c else y

    return gemm, (a, b, c) if isinstance(c, np.ndarray) else (a, b)


# ----- windows -----


def _window(attributes: Mapping[str, Any], x: Any, kernel: Any) -> Any:
    n = len(kernel)
    stride = tuple(attributes.get("strides", [1] * n))
    dilation = tuple(attributes.get("dilations", [1] * n))
    pads = attributes.get("pads", [0] * 2 * n)
    auto = attributes.get("auto_pad", b"NOTSET").decode()
    padding = [(pads[k], pads[k + n]) for k in range(n)]
    if auto.startswith("SAME"):
        padding = []
        for size, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True):
            total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
            padding.append((total // 2, total - total // 2)[:: 1 if auto == "SAME_UPPER" else -1])
    return tuple(kernel), stride, tuple(padding), dilation


@row("Conv")
def convolved(attributes: Any, x: Any, w: Any, b: Any = None) -> Any:
    _, stride, padding, dilation = _window(attributes, x, w.shape[2:])
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": attributes.get("group", 1)}

    def conv(x: Any, w: Any, *b: Any) -> Any:
        y = convolution.convolution(x, w, **settings)
        return y + b[0].reshape([-1] + [1] * (x.ndim - 2)) if b else y

    return conv, (x, w) if b is None else (x, w, b)


@row("MaxPool")
def pooled(attributes: Any, x: Any) -> Any:
    if attributes.get("ceil_mode") or attributes.get("storage_order"):
        return "a window that goes beyond the end, or places counted by columns"
    kernel, stride, padding, dilation = _window(attributes, x, attributes["kernel_shape"])
    return (lambda x: windows.largest(x, kernel, stride, padding, dilation)), (x,)


@row("AveragePool")
def averaged(attributes: Any, x: Any) -> Any:
    if attributes.get("ceil_mode") or any(d != 1 for d in attributes.get("dilations", [1])):
        return "a window that goes beyond the end, or with gaps"
    kernel, stride, padding, _ = _window(attributes, x, attributes["kernel_shape"])
    if any(map(any, padding)) and not attributes.get("count_include_pad"):
        ones = windows.sums(np.ones_like(x), kernel, stride, padding)
        return (lambda x: windows.sums(x, kernel, stride, padding) / ones), (x,)
    return (lambda x: windows.sums(x, kernel, stride, padding) / np.prod(kernel).astype(x.dtype)), (x,)


# ----- layers -----

def layer(function: Any, **known: Any) -> Row:
    """A function with attributes of other names."""

    def called(attributes: Any, x: Any, *more: Any) -> Any:
        settings = {ours: attributes.get(theirs, default) for ours, (theirs, default) in known.items()}
        return (lambda x, *more: function(x, *more, **settings)), (x, *more)

    return called


ROWS |= {
    "Softmax": layer(F.softmax, dim=("axis", -1)), "LogSoftmax": layer(F.log_softmax, dim=("axis", -1)),
    "Elu": layer(F.elu, alpha=("alpha", 1.0)), "Celu": layer(F.celu, alpha=("alpha", 1.0)),
    "LeakyRelu": layer(F.leaky_relu, negative_slope=("alpha", 0.01)),
    "ThresholdedRelu": layer(lambda x, alpha: F.threshold(x, alpha, 0.0), alpha=("alpha", 1.0)),
    "HardSwish": plain(F.hardswish),
}  # fmt: skip


@row("Gelu")
def gelu(attributes: Any, x: Any) -> Any:
    kind = attributes.get("approximate", b"none").decode()
    return (lambda x: F.gelu(x, approximate=kind)), (x,)


@row("BatchNormalization")
def batch_norm(attributes: Any, x: Any, scale: Any, bias: Any, mean: Any, var: Any) -> Any:
    if attributes.get("training_mode"):
        return "a model is exported as it is after training"
    eps = attributes.get("epsilon", 1e-5)
    return (lambda x, m, v, w, b: F.batch_norm(x, m, v, w, b, eps=eps)), (x, mean, var, scale, bias)


@row("LayerNormalization")
def layer_norm(attributes: Any, x: Any, scale: Any, bias: Any = None) -> Any:
    axis, eps = attributes.get("axis", -1) % x.ndim, attributes.get("epsilon", 1e-5)
    given = (x, scale) if bias is None else (x, scale, bias)
    return (lambda x, *more: F.layer_norm(x, x.shape[axis:], *more, eps=eps)), given


@row("InstanceNormalization")
def instance_norm(attributes: Any, x: Any, scale: Any, bias: Any) -> Any:
    eps = attributes.get("epsilon", 1e-5)
    return (lambda x, w, b: F.instance_norm(x, weight=w, bias=b, eps=eps)), (x, scale, bias)
