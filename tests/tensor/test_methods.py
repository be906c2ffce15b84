"""The methods of a Tensor: each is a function of NumPy, in value and in both derivatives."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from written import assert_compiled, assert_derived

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.binding import PYTORCH_NAMES
from autograd_lite.tensor import operators
from autograd_lite.tensor.members import (
    arrays,
    conversions,
    elementwise,
    in_place,
    pairs,
    parts,
    placed,
    reductions,
    shaping,
)

X = np.array([[0.3, 0.7, -0.4], [0.9, -0.2, 0.5]])
POSITIVE = np.abs(X) + 1.1
SQUARE = np.array([[0.3, 0.7], [-0.2, 0.9]])
CUBE = np.linspace(-1, 1, 24).reshape(2, 3, 4)
OTHER = np.array([[0.8, 0.2, 0.1], [-0.5, 0.6, 1.5]])
INDEX = np.array([[2, 0], [1, 1]])
MASK = np.array([[True, False, True], [False, False, True]])

ZEROS, ADDED, ROW = np.zeros((2, 2), int), np.array([1.0, 0, 0]), np.array([[0.0], [1.0]])
Form = Callable[[Any], Any]


def _scattered(a: Any) -> Any:
    """`a` with some elements of `OTHER` at the columns of `INDEX`."""
    chosen = np.zeros((2, 3))
    np.put_along_axis(chosen, INDEX, 1.0, 1)
    put = np.zeros((2, 3))
    np.put_along_axis(put, INDEX, OTHER[:, :2], 1)
    return a * (1 - chosen) + put


DERIVED: dict[str, tuple[Any, Form, Form]] = {
    # element by element
    **{
        name: (POSITIVE, lambda t, n=name: getattr(t, n)(), lambda a, f=fn: f(a))
        for name, fn in {
            "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "log2": np.log2, "log10": np.log10,
            "log1p": np.log1p, "sqrt": np.sqrt, "square": np.square, "reciprocal": np.reciprocal, "sin": np.sin,
            "cos": np.cos, "tan": np.tan, "arctan": np.arctan, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh,
            "tanh": np.tanh, "arcsinh": np.arcsinh, "asinh": np.arcsinh, "arccosh": np.arccosh, "acosh": np.arccosh,
            "abs": np.abs, "absolute": np.abs, "neg": np.negative, "negative": np.negative,
        }.items()
    },
    **{
        name: (X, lambda t, n=name: getattr(t, n)(), lambda a, f=fn: f(a))
        for name, fn in {
            "arcsin": np.arcsin, "asin": np.arcsin, "arccos": np.arccos, "acos": np.arccos, "arctanh": np.arctanh,
            "atanh": np.arctanh, "nan_to_num": np.nan_to_num,
        }.items()
    },
    "conj": (X, lambda t: (t * 1j).conj().imag, lambda a: -a),
    "conjugate": (X, lambda t: (t * 1j).conjugate().imag, lambda a: -a),
    "real": (X, lambda t: (t * (2 - 1j)).real, lambda a: 2 * a),
    "imag": (X, lambda t: (t * (2 - 1j)).imag, lambda a: -a),
    "rsqrt": (POSITIVE, lambda t: t.rsqrt(), lambda a: 1 / np.sqrt(a)),
    "pow": (POSITIVE, lambda t: t.pow(1.5), lambda a: a**1.5),
    "arctan2": (X, lambda t: t.arctan2(OTHER), lambda a: np.arctan2(a, OTHER)),
    "atan2": (X, lambda t: t.atan2(2.0), lambda a: np.arctan2(a, 2.0)),
    "relu": (X, lambda t: t.relu(), lambda a: np.maximum(a, 0)),
    "sigmoid": (X, lambda t: t.sigmoid(), lambda a: 1 / (1 + np.exp(-a))),
    "clip": (X, lambda t: t.clip(0.0, 0.6), lambda a: np.clip(a, 0.0, 0.6)),
    "clamp": (X, lambda t: t.clamp(min=0.0, max=0.6), lambda a: np.clip(a, 0.0, 0.6)),
    "clamp from below": (X, lambda t: t.clamp(0.0), lambda a: np.maximum(a, 0.0)),
    # of two
    "add": (X, lambda t: t.add(OTHER, alpha=2), lambda a: a + 2 * OTHER),
    "lerp": (X, lambda t: t.lerp(OTHER, 0.3), lambda a: 0.7 * a + 0.3 * OTHER),
    "scatter": (X, lambda t: t.scatter(1, INDEX, OTHER), lambda a: _scattered(a).astype(a.dtype)),
    "scatter_add": (
        X, lambda t: t.scatter_add(1, ZEROS, OTHER),
        lambda a: (a + ADDED * OTHER[:, :2].sum(1)[:, None]).astype(a.dtype),
    ),
    "index_add": (
        X, lambda t: t.index_add(0, [1, 1], OTHER), lambda a: (a + ROW * OTHER.sum(0)).astype(a.dtype),
    ),
    "add a list": (X, lambda t: t.add([1.0, 2.0, 3.0], alpha=2), lambda a: a + np.array([2.0, 4.0, 6.0])),
    "sub": (X, lambda t: t.sub(OTHER, alpha=2), lambda a: a - 2 * OTHER),
    "subtract": (X, lambda t: t.subtract(1.0), lambda a: a - 1),
    "mul": (X, lambda t: t.mul(OTHER), lambda a: a * OTHER),
    "multiply": (X, lambda t: t.multiply(2.0), lambda a: a * 2),
    "div": (X, lambda t: t.div(OTHER), lambda a: a / OTHER),
    "divide": (X, lambda t: t.divide(2.0), lambda a: a / 2),
    "true_divide": (X, lambda t: t.true_divide(2.0), lambda a: a / 2),
    "remainder": (X, lambda t: t.remainder(0.25), lambda a: a % 0.25),
    "maximum": (X, lambda t: t.maximum(OTHER), lambda a: np.maximum(a, OTHER)),
    "minimum": (X, lambda t: t.minimum(OTHER), lambda a: np.minimum(a, OTHER)),
    "dot": (X, lambda t: t.dot(OTHER.T), lambda a: a @ OTHER.T),
    "matmul": (X, lambda t: t.matmul(OTHER.T), lambda a: a @ OTHER.T),
    "mm": (X, lambda t: t.mm(OTHER.T), lambda a: a @ OTHER.T),
    "mv": (X, lambda t: t.mv(OTHER[0]), lambda a: a @ OTHER[0]),
    "bmm": (CUBE, lambda t: t.bmm(t.mT), lambda a: a @ a.mT),
    "outer": (X[0], lambda t: t.outer(OTHER[1]), lambda a: np.outer(a, OTHER[1])),
    # reductions
    "sum": (X, lambda t: t.sum(1, keepdims=True), lambda a: a.sum(1, keepdims=True)),
    "prod": (X, lambda t: t.prod(axis=0), lambda a: a.prod(0)),
    "mean": (CUBE, lambda t: t.mean((0, 2)), lambda a: a.mean((0, 2))),
    "var": (X, lambda t: t.var(1, ddof=1), lambda a: a.var(1, ddof=1)),
    "std": (X, lambda t: t.std(1), lambda a: a.std(1)),
    "cumsum": (X, lambda t: t.cumsum(1), lambda a: a.cumsum(1)),
    "cumprod": (X, lambda t: t.cumprod(1), lambda a: a.cumprod(1)),
    "trace": (SQUARE, lambda t: t.trace(), lambda a: a.trace()),
    "max": (X, lambda t: t.max(1), lambda a: a.max(1)),
    "min": (X, lambda t: t.min(1), lambda a: a.min(1)),
    "amax": (X, lambda t: t.amax(1), lambda a: a.max(1)),
    "amin": (X, lambda t: t.amin(), lambda a: a.min()),
    "ptp": (X, lambda t: t.ptp(1), lambda a: np.ptp(a, 1)),
    "norm": (X, lambda t: t.norm(), lambda a: np.sqrt(np.sum(a * a))),
    "norm of rows": (X, lambda t: t.norm(3, axis=1), lambda a: np.sum(np.abs(a) ** 3, 1) ** (1 / 3)),
    "norm, largest": (X, lambda t: t.norm(np.inf), lambda a: np.max(np.abs(a))),
    "norm, Frobenius": (CUBE, lambda t: t.norm("fro", (1, 2), keepdims=True),
        lambda a: np.sqrt(np.sum(a * a, (1, 2), keepdims=True))),
    "logsumexp": (X, lambda t: t.logsumexp(1), lambda a: np.log(np.sum(np.exp(a), 1))),
    "softmax": (X, lambda t: t.softmax(0), lambda a: np.exp(a) / np.sum(np.exp(a), 0)),
    "log_softmax": (X, lambda t: t.log_softmax(), lambda a: a - np.log(np.sum(np.exp(a), 1, keepdims=True))),
    "topk": (X, lambda t: t.topk(2).values, lambda a: np.flip(np.sort(a, 1), 1)[:, :2]),
    "topk, smallest": (X, lambda t: t.topk(1, 0, largest=False)[0], lambda a: np.sort(a, 0)[:1]),
    # shapes
    "reshape": (X, lambda t: t.reshape(3, -1), lambda a: a.reshape(3, -1)),
    "reshape, by columns": (X, lambda t: t.reshape(-1, order="F"), lambda a: a.reshape(-1, order="F")),
    "reshape of a tuple": (X, lambda t: t.reshape((3, 2), order="F"), lambda a: a.reshape((3, 2), order="F")),
    "view": (X, lambda t: t.view(-1), lambda a: a.reshape(-1)),
    "view of a tuple": (X, lambda t: t.view((3, 2)), lambda a: a.reshape(3, 2)),
    "view_as": (X, lambda t: t.view_as(OTHER.T), lambda a: a.reshape(3, 2)),
    "reshape_as": (X, lambda t: t.reshape_as(t.T), lambda a: a.reshape(3, 2)),
    "ravel": (X, lambda t: t.ravel("F"), lambda a: a.ravel("F")),
    "flatten": (CUBE, lambda t: t.flatten(), lambda a: a.ravel()),
    "flatten, by columns": (X, lambda t: t.flatten("F"), lambda a: a.ravel("F")),
    "flatten from an axis": (CUBE, lambda t: t.flatten(1), lambda a: a.reshape(2, 12)),
    "flatten some axes": (CUBE, lambda t: t.flatten(start_dim=0, end_dim=1), lambda a: a.reshape(6, 4)),
    "flatten to an axis": (CUBE, lambda t: t.flatten(-3, -2), lambda a: a.reshape(6, 4)),
    "squeeze": (X[None], lambda t: t.squeeze(0), lambda a: a[0]),
    "unsqueeze": (X, lambda t: t.unsqueeze(1), lambda a: a[:, None]),
    "transpose": (CUBE, lambda t: t.transpose(1, 2, 0), lambda a: a.transpose(1, 2, 0)),
    "permute": (CUBE, lambda t: t.permute(1, 2, 0), lambda a: a.transpose(1, 2, 0)),
    "permute of a tuple": (CUBE, lambda t: t.permute((1, 2, 0)), lambda a: a.transpose(1, 2, 0)),
    "t": (X, lambda t: t.t(), lambda a: a.T),
    "T": (X, lambda t: t.T, lambda a: a.T),
    "mT": (CUBE, lambda t: t.mT, lambda a: a.mT),
    "swapaxes": (CUBE, lambda t: t.swapaxes(0, 2), lambda a: a.swapaxes(0, 2)),
    "swapdims": (CUBE, lambda t: t.swapdims(0, 2), lambda a: a.swapaxes(0, 2)),
    "moveaxis": (CUBE, lambda t: t.moveaxis(0, -1), lambda a: np.moveaxis(a, 0, -1)),
    "movedim": (CUBE, lambda t: t.movedim((0, 1), (1, 2)), lambda a: np.moveaxis(a, (0, 1), (1, 2))),
    "flip": (X, lambda t: t.flip(1), lambda a: np.flip(a, 1)),
    "flip all": (X, lambda t: t.flip(), np.flip),
    "flip two": (X, lambda t: t.flip(0, 1), np.flip),
    "roll": (X, lambda t: t.roll(1, 0), lambda a: np.roll(a, 1, 0)),
    "expand": (X[:1], lambda t: t.expand(4, 2, -1), lambda a: np.broadcast_to(a, (4, 2, 3))),
    "expand_as": (X[:1], lambda t: t.expand_as(OTHER), lambda a: np.broadcast_to(a, (2, 3))),
    "broadcast_to": (X, lambda t: t.broadcast_to(4, 2, 3), lambda a: np.broadcast_to(a, (4, 2, 3))),
    "tile": (X, lambda t: t.tile(2, 1), lambda a: np.tile(a, (2, 1))),
    "repeat": (X, lambda t: t.repeat(2, 1), lambda a: a.repeat(2, 1)),
    "repeat_interleave": (X, lambda t: t.repeat_interleave(2), lambda a: a.repeat(2)),
    "copy": (X, lambda t: t.copy(), lambda a: a.copy()),
    "contiguous": (X, lambda t: t.T.contiguous(), lambda a: a.T),
    "cpu": (X, lambda t: t.cpu() * 2, lambda a: a * 2),
    # parts
    "take": (X, lambda t: t.take([2, 0], axis=1), lambda a: a[:, [2, 0]]),
    "index_select": (X, lambda t: t.index_select(1, ag.Tensor([2, 0])), lambda a: a[:, [2, 0]]),
    "select": (X, lambda t: t.select(-1, 2), lambda a: a[:, 2]),
    "gather": (X, lambda t: t.gather(1, INDEX), lambda a: np.take_along_axis(a, INDEX, 1)),
    "gather of less": (X, lambda t: t.gather(-1, ag.Tensor([[2]])), lambda a: a[:1, 2:]),
    "masked_fill": (X, lambda t: t.masked_fill(MASK, -np.inf)[~MASK], lambda a: a[~MASK]),
    "masked_select": (X, lambda t: t.masked_select(MASK), lambda a: a[MASK]),
    "where": (X, lambda t: t.where(MASK, OTHER), lambda a: np.where(MASK, a, OTHER)),
    "diagonal": (X, lambda t: t.diagonal(1), lambda a: a.diagonal(1)),
    "diag": (SQUARE, lambda t: t.diag(), lambda a: np.diag(a)),
    "tril": (X, lambda t: t.tril(-1), lambda a: np.tril(a, -1)),
    "triu": (X, lambda t: t.triu(1), lambda a: np.triu(a, 1)),
    "split": (X, lambda t: t.split(2, axis=1)[1], lambda a: a[:, 2:]),
    "split by sizes": (X, lambda t: t.split([1, 2], 1)[1], lambda a: a[:, 1:]),
    "chunk": (CUBE, lambda t: t.chunk(3, -1)[1], lambda a: a[..., 2:]),
    "unbind": (X, lambda t: t.unbind(1)[2], lambda a: a[:, 2]),
    "astype": (X, lambda t: t.astype(np.float64), lambda a: a * 1),
    "double": (X, lambda t: t.double() * 2, lambda a: a * 2),
    "to": (X, lambda t: t.to("cpu", np.float64) * 2, lambda a: a * 2),
    "type_as": (X, lambda t: t.type_as(OTHER) * 2, lambda a: a * 2),
}  # fmt: skip


@pytest.mark.parametrize("name", DERIVED)
def test_a_method_is_the_function_in_value_and_derivatives(name: str) -> None:
    x, method, function = DERIVED[name]
    assert_derived(method, function, x)
    assert method(ag.Tensor(x, requires_grad=True)).requires_grad
    if name not in ("astype", "double", "to", "type_as"):
        single = x.astype(np.float32)
        assert method(ag.Tensor(single)).dtype == function(single).dtype


@pytest.mark.parametrize("name", DERIVED)
def test_a_method_is_compiled(name: str) -> None:
    x, method, _ = DERIVED[name]
    assert_compiled(method, x)


CONSTANTS: dict[str, tuple[Any, Form, Any]] = {
    "new_zeros": (X, lambda t: t.new_zeros(2), np.zeros(2)),
    "new_ones": (X, lambda t: t.new_ones((2, 1)), np.ones((2, 1))),
    "new_full": (X, lambda t: t.new_full((2,), 3), np.full(2, 3.0)),
    "new_tensor": (X, lambda t: t.new_tensor([1]), np.ones(1)),
    "sign": (X, lambda t: t.sign(), np.sign(X)), "round": (X, lambda t: t.round(1), X.round(1)),
    "floor": (X, lambda t: t.floor(), np.floor(X)), "ceil": (X, lambda t: t.ceil(), np.ceil(X)),
    "trunc": (X, lambda t: t.trunc(), np.trunc(X)), "isnan": (X, lambda t: t.isnan(), np.isnan(X)),
    "isinf": (X, lambda t: t.isinf(), np.isinf(X)), "isfinite": (X, lambda t: t.isfinite(), np.isfinite(X)),
    "eq": (X, lambda t: t.eq(X), X > -9), "ne": (X, lambda t: t.ne(0.3), X != 0.3),
    "lt": (X, lambda t: t.lt(0.5), X < 0.5),
    "le": (X, lambda t: t.le(0.5), X <= 0.5), "gt": (X, lambda t: t.gt(0.5), X > 0.5),
    "ge": (X, lambda t: t.ge(0.5), X >= 0.5),
    "logical_and": (X, lambda t: t.logical_and(MASK), MASK), "logical_or": (X, lambda t: t.logical_or(MASK), X != 0),
    "logical_not": (X, lambda t: t.logical_not(), X == 0), "isclose": (X, lambda t: t.isclose(X + 1e-12), X > -9),
    "allclose": (X, lambda t: t.allclose(X + 1e-12), True), "equal": (X, lambda t: t.equal(ag.Tensor(X)), True),
    "equal to another": (X, lambda t: t.equal(X + 1), False), "argmax": (X, lambda t: t.argmax(1), X.argmax(1)),
    "argmin": (X, lambda t: t.argmin(), X.argmin()), "argsort": (X, lambda t: t.argsort(0), X.argsort(0)),
    "all": (X, lambda t: t.all(), True), "any": (X, lambda t: t.any(1), X.any(1)),
    "nonzero": (X, lambda t: t.nonzero()[1], X.nonzero()[1]),
    "count_nonzero": (X, lambda t: t.count_nonzero(1), [3, 3]),
    "topk": (X, lambda t: t.topk(2).indices, np.argsort(-X, 1)[:, :2]), "numel": (X, lambda t: t.numel(), 6),
    "dim": (X, lambda t: t.dim(), 2), "type": (X, lambda t: t.type(), "float64"),
    "is_floating_point": (X, lambda t: t.is_floating_point(), True),
    "float": (X, lambda t: t.detach().float(), X.astype(np.float32)),
    "half": (X, lambda t: t.detach().half(), X.astype(np.float16)),
    "long": (X, lambda t: t.detach().long(), X.astype(np.int64)),
    "short": (X, lambda t: t.detach().short(), X.astype(np.int16)),
    "byte": (X, lambda t: t.detach().abs().byte(), np.abs(X).astype(np.uint8)),
    "is_complex": (X, lambda t: t.is_complex(), False),
    "int": (X, lambda t: t.detach().int(), X.astype(np.int32)),
    "bool": (X, lambda t: t.detach().bool(), X.astype(bool)),
    "to a name": (X, lambda t: t.to("float32"), X.astype(np.float32)),
    "to the dtype of another": (X, lambda t: t.to(ag.Tensor([1.0], dtype=np.float32)), X.astype(np.float32)),
    "to(dtype=)": (X, lambda t: t.to(dtype=np.float32, device="cpu"), X.astype(np.float32)),
    "type(dtype)": (X, lambda t: t.type(np.float32), X.astype(np.float32)),
}  # fmt: skip


@pytest.mark.parametrize("name", CONSTANTS)
def test_what_has_no_derivative_has_the_value(name: str) -> None:
    x, method, expected = CONSTANTS[name]
    found = method(ag.Tensor(x, requires_grad=True))
    np.testing.assert_array_equal(found.detach() if isinstance(found, ag.Tensor) else found, expected)
    if isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype


IN_PLACE: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "add_": (lambda t: t.add_(OTHER, alpha=3), lambda a: a + 3 * OTHER),
    "sub_": (lambda t: t.sub_(OTHER), lambda a: a - OTHER),
    "mul_": (lambda t: t.mul_(OTHER), lambda a: a * OTHER), "div_": (lambda t: t.div_(2), lambda a: a / 2),
    "pow_": (lambda t: t.pow_(2), lambda a: a**2),
    "clamp_": (lambda t: t.clamp_(0.0, 0.6), lambda a: np.clip(a, 0.0, 0.6)),
    "clip_": (lambda t: t.clip_(max=0.6), lambda a: np.minimum(a, 0.6)),
    "masked_fill_": (lambda t: t.masked_fill_(MASK, 2.0), lambda a: np.where(MASK, 2.0, a)),
    "copy_": (lambda t: t.copy_(OTHER), lambda a: OTHER + 0 * a),
    "fill_": (lambda t: t.fill_(2.0), lambda a: 0 * a + 2),
    "lerp_": (lambda t: t.lerp_(OTHER, 0.25), lambda a: a + 0.25 * (OTHER - a)),
    "scatter_": (lambda t: t.scatter_(1, INDEX, OTHER), lambda a: _scattered(a)),
    "scatter_add_": (lambda t: t.scatter_add_(1, ZEROS, OTHER), lambda a: a + ADDED * OTHER[:, :2].sum(1)[:, None]),
    "index_add_": (lambda t: t.index_add_(0, [1, 1], OTHER, alpha=2), lambda a: a + 2 * ROW * OTHER.sum(0)),
    "uniform_": (lambda t: t.uniform_(2, 2), lambda a: 0 * a + 2),
    "normal_": (lambda t: t.normal_(3, 0), lambda a: 0 * a + 3),
    "zero_": (lambda t: t.zero_(), lambda a: 0 * a),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_an_in_place_method_changes_the_tensor_and_is_recorded(name: str) -> None:
    change, function = IN_PLACE[name]
    t = ag.Tensor(X)
    assert change(t) is t
    np.testing.assert_allclose(t.numpy(), function(X))
    assert t.dtype == np.float64

    def changed(x: Any) -> Any:
        y = x * 1.0
        change(y)
        return np.sum(np.sin(y)) + np.sum(x)

    assert ag.gradcheck(changed, X + 0.05).ok
    w = ag.Tensor(X, requires_grad=True)
    with pytest.raises(errors.LeafMutationError, match="Write "):
        change(w)
    np.testing.assert_array_equal(w.numpy(), X)
    with ag.no_grad():
        change(w)
    np.testing.assert_allclose(w.numpy(), function(X))
    assert w.is_leaf
    assert w.requires_grad


def test_sort_and_fill_are_those_of_numpy() -> None:
    t, a = ag.Tensor(X), X.copy()
    assert t.sort(0) is a.sort(0) is None
    np.testing.assert_array_equal(t, a)
    assert t.fill(3.0) is None
    assert t.tolist() == [[3.0] * 3] * 2
    y = ag.Tensor(X, requires_grad=True) * 1.0
    y.sort()
    assert y.requires_grad


def test_requires_grad_returns_the_tensor() -> None:
    t = ag.Tensor(X)
    assert t.requires_grad_() is t
    assert t.requires_grad
    assert not t.requires_grad_(False).requires_grad


class Aloof:
    """What wants to do operators itself, and says so as NumPy asks it to."""

    __array_ufunc__ = None


REFUSED: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "t of a cube": (lambda t: t[None].t(), errors.ShapeError, r"Write t\.swapaxes\(-1, -2\)"),
    "split of another sum": (lambda t: t.split([1, 1], 1), errors.ShapeError, r"sum to 3"),
    "split of size 0": (lambda t: t.split(0), errors.ShapeError, "positive"),
    "another device": (lambda t: t.to("cuda"), errors.UnsupportedError, r"Write \.to\('cpu'\)"),
    "another device by name": (lambda t: t.to(device="cuda:0"), errors.UnsupportedError, "cuda:0"),
    "view of bytes": (lambda t: t.view(np.float32), errors.UnsupportedError, r"Write t\.astype\('float32'\)"),
    "view of bytes, a name": (lambda t: t.view("float32"), errors.UnsupportedError, r"Write t\.astype\('float32'\)"),
    "mT of a vector": (lambda t: t[0].mT, ValueError, r"Write t\[:, None\]"),
    "an axis too many": (lambda t: t.select(2, 0), np.exceptions.AxisError, "axis 2"),
    "flatten from an axis too many": (lambda t: t.flatten(3), np.exceptions.AxisError, "axis 3"),
    "an operand that declines": (lambda t: (t * 1).add_(Aloof()), TypeError, "Aloof"),
    "an operand that declines, not in place": (lambda t: t.mul(Aloof()), errors.DataError, "object"),
    "another name": (lambda t: t.softmax(foo=1), errors.UnsupportedError, r"foo.*Write t\.softmax\(axis="),
    "long of a recorded one": (lambda t: t.long(), errors.GradientDtypeError, r"Write t\.detach\(\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    call, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        call(ag.Tensor(X, requires_grad=True))


WITH_AXIS = sorted(
    name
    for name in dir(ag.Tensor)
    if not name.startswith("_") and callable(getattr(ag.Tensor, name, None))
    and "axis" in inspect.signature(getattr(ag.Tensor, name)).parameters
)  # fmt: skip


GIVEN = {
    "gather": (INDEX,), "index_select": ([1],), "select": (0,), "take": ([0],), "split": (1,), "chunk": (1,),
    "repeat": (2,), "roll": (1,), "topk": (1,), "repeat_interleave": (2,),
}  # fmt: skip
"""What methods are given besides an axis."""


def _result(call: Callable[[], Any]) -> Any:
    """Return what a call gives, or the message of its error."""
    try:
        found = call()
    except Exception as error:  # noqa: BLE001 - compared
        return str(error)
    return [getattr(t, "tolist", lambda t=t: t)() for t in (found if isinstance(found, tuple) else (found,))]


@pytest.mark.parametrize("name", WITH_AXIS)
def test_dim_is_axis(name: str) -> None:
    """The arguments have PyTorch's names too, where they mean the same."""
    method, t = getattr(ag.Tensor, name), ag.Tensor(np.round(X, 1)[:, :2])
    given = GIVEN.get(name, ())
    pairs = [({"dim": 1}, {"axis": 1})]
    if "keepdims" in inspect.signature(method).parameters:
        pairs.append(({"dim": 0, "keepdim": True}, {"axis": 0, "keepdims": True}))
    for pytorchs, numpys in pairs:
        if name in ("max", "min"):
            values, places = method(t, **pytorchs)
            assert values.tolist() == method(t, **numpys).tolist()
            assert places.tolist() == getattr(t, f"arg{name}")(**numpys).tolist()
        elif name in ("std", "var"):
            assert method(t, **pytorchs).tolist() == method(t, ddof=1, **numpys).tolist()
        elif name == "sort":
            values, places = method(t, **pytorchs)
            assert values.tolist() == np.sort(t, **numpys).tolist()
            assert places.tolist() == np.argsort(t, **numpys).tolist()
        else:
            found, expected = (_result(lambda k=k: _called(method, t, given, k)) for k in (pytorchs, numpys))
            assert found == expected
            assert "no argument" not in found


def _called(method: Any, t: Any, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
    names = [n for n in inspect.signature(method).parameters if n not in ("self", "axis", "keepdims")]
    return method(t, **dict(zip(names, given, strict=False)), **named)


@pytest.mark.parametrize("fn", [ag.softmax, ag.log_softmax, ag.logsumexp])
def test_dim_of_a_function_that_numpy_has_not_is_axis(fn: Any) -> None:
    t = ag.Tensor(X)
    assert fn(t, dim=0).tolist() == fn(t, axis=0).tolist()


@pytest.mark.parametrize(
    "found",
    [
        lambda t: (t.flip(dims=(0,)), t.flip(axis=0)), lambda t: (t.roll(shifts=1, dims=0), t.roll(1, 0)),
        lambda t: (t.tril(diagonal=-1), t.tril(-1)), lambda t: (t.diagonal(0, dim1=1, dim2=0), t.diagonal(0, 1, 0)),
        lambda t: (t.transpose(axes=(1, 0)), t.T), lambda t: (t.reshape(shape=(3, 2)), t.reshape(3, 2)),
    ],
)  # fmt: skip
def test_other_names_of_pytorch(found: Callable[[Any], Any]) -> None:
    pytorchs, numpys = found(ag.Tensor(X))
    assert pytorchs.tolist() == numpys.tolist()


def test_an_axis_under_both_names() -> None:
    with pytest.raises(TypeError, match="dim"):
        ag.Tensor(X).sum(dim=1, axis=1)


def test_dim_where_there_is_no_axis() -> None:
    with pytest.raises(errors.UnsupportedError, match="has no argument dim"):
        ag.relu(ag.Tensor(X), dim=1)


def test_the_names_are_numpys_in_each_signature() -> None:
    for name in dir(ag.Tensor):
        member = getattr(ag.Tensor, name, None)
        if not name.startswith("_") and callable(member):
            assert PYTORCH_NAMES.keys().isdisjoint(inspect.signature(member).parameters), name


def test_every_method_is_in_a_table() -> None:
    groups = (arrays.ArrayMethods, elementwise.Elementwise, pairs.Pairs, reductions.Reductions, shaping.Shaping,
              parts.PartMethods, in_place.InPlace, conversions.Conversions, placed.Placing)  # fmt: skip
    names = {name for group in groups for name in vars(group) if not name.startswith("_")}
    tried = {name.partition(" ")[0].partition(",")[0] for table in (DERIVED, CONSTANTS, IN_PLACE) for name in table}
    assert names <= tried | {"sort", "fill", "requires_grad_", "device", "to_device"}


def test_arguments_by_name() -> None:
    """Each method of a function of NumPy takes the names that its signature has."""
    t = ag.Tensor(SQUARE)
    for name in ("sum", "mean", "max", "all", "cumsum", "argmax", "repeat", "take", "swapaxes", "roll", "clip",
        "round"):
        given = {"repeats": 2, "indices": [0], "axis1": 0, "axis2": 1, "shift": 1, "axis": 0, "a_min": 0, "a_max": 1,
                 "keepdims": True, "decimals": 1}  # fmt: skip
        names = inspect.signature(getattr(t, name)).parameters
        assert isinstance(getattr(t, name)(**{n: given[n] for n in names}), ag.Tensor)


def test_probes_of_protocols() -> None:
    t, vector, number = ag.Tensor(X), ag.Tensor(X[0]), ag.Tensor(1.0)
    for name in ("__array_interface__", "_repr_html_", "__cuda_array_interface__", "_ipython_display_", "foo",
        "__fspath__"):
        assert not hasattr(t, name)
    assert hasattr(t, "mT")
    assert not hasattr(vector, "mT")
    assert not hasattr(number, "mT")
    with pytest.raises(TypeError):
        len(number)
    assert math.isclose(number, 1.0)


@pytest.mark.parametrize("name", operators._PYTORCHS)
def test_what_pytorchs_tensor_has_besides_says_what_to_write(name: str) -> None:
    t = ag.Tensor(X)
    with pytest.raises(errors.NoAttributeError, match=rf"a Tensor of PyTorch has {name}.*Write "):
        getattr(t, name)
    assert not hasattr(t, name)
    assert name not in dir(t)
