"""Methods that only PyTorch has: each is what NumPy writes for it, with its derivatives, in place too."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from written import assert_compiled, assert_derived

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.tensor.members import changed, pieces, ranks, specials

X = np.array([[0.3, 0.7, -0.4], [0.9, -0.2, 0.5]])
OTHER = np.array([[0.8, 0.2, 0.1], [-0.5, 0.6, 1.5]])
CUBE = np.linspace(-1, 1, 24).reshape(2, 3, 4) ** 3
SQUARE = np.array([[1.3, 0.7], [-0.2, 0.9]])
INDEX = np.array([[2, 0], [1, 1]])
ROWS = np.arange(2)
POSITIVE = np.abs(X) + 0.2
Form = Callable[[Any], Any]


def _cut(a: Any, *pieces: Any) -> Any:
    return np.stack([a[..., piece] for piece in pieces], -2)


def _reduced(a: Any, ufunc: Any, start: Any = None) -> Any:
    """`a` with the columns of `OTHER` combined into the places of `INDEX`, as `scatter_reduce` does."""
    b: Any = [[a[i, j] for j in range(3)] for i in range(2)]
    touched = {(0, 2), (0, 0), (1, 1)}
    for i, j in touched if start is not None else ():
        b[i][j] = start
    for i in range(2):
        for j in range(2):
            b[i][INDEX[i, j]] = ufunc(b[i][INDEX[i, j]], OTHER[i, j])
    return np.stack([np.stack(row) for row in b])


COUNTS = np.array([[1, 0, 1], [0, 2, 0]])
DERIVED: dict[str, tuple[Any, Form, Form]] = {
    # special functions, of which SciPy has the values
    "clamp_min": (X, lambda t: t.clamp_min(0.1), lambda a: np.maximum(a, 0.1)),
    "clamp_max": (X, lambda t: t.clamp_max(0.1), lambda a: np.minimum(a, 0.1)),
    "sinc": (X, lambda t: t.sinc(), np.sinc), "deg2rad": (X, lambda t: t.deg2rad(), np.deg2rad),
    "rad2deg": (X, lambda t: t.rad2deg(), np.rad2deg),
    "copysign": (X, lambda t: t.copysign(OTHER), lambda a: np.copysign(a, OTHER)),
    "fmax": (X, lambda t: t.fmax(OTHER), lambda a: np.fmax(a, OTHER)),
    "fmin": (X, lambda t: t.fmin(OTHER), lambda a: np.fmin(a, OTHER)),
    "fmod": (X, lambda t: t.fmod(0.25), lambda a: np.fmod(a, 0.25)),
    "hypot": (X, lambda t: t.hypot(OTHER), lambda a: np.hypot(a, OTHER)),
    "logaddexp": (X, lambda t: t.logaddexp(OTHER), lambda a: np.logaddexp(a, OTHER)),
    "addcmul": (X, lambda t: t.addcmul(OTHER, t, value=2), lambda a: a + 2 * OTHER * a),
    "addcdiv": (X, lambda t: t.addcdiv(t, OTHER, value=0.5), lambda a: a + 0.5 * a / OTHER),
    "dist": (X, lambda t: t.dist(OTHER), lambda a: np.linalg.norm(a - OTHER)),
    "dist p": (X, lambda t: t.dist(OTHER, 1), lambda a: np.abs(a - OTHER).sum()),
    # orders
    "kthvalue": (X, lambda t: t.kthvalue(2).values, lambda a: np.sort(a)[:, 1]),
    "kthvalue keepdim": (X, lambda t: t.kthvalue(1, dim=0, keepdim=True)[0], lambda a: a.min(0, keepdims=True)),
    "median": (X, lambda t: t.median(), lambda a: np.sort(a.ravel())[2]),
    "median dim": (CUBE, lambda t: t.median(dim=2).values, lambda a: np.sort(a, 2)[..., 1]),
    "cummax": (X, lambda t: t.cummax(1)[0], lambda a: np.maximum.accumulate(a, 1)),
    "cummin": (CUBE, lambda t: (t * t).cummin(dim=-1).values, lambda a: np.minimum.accumulate(a * a, -1)),
    "logcumsumexp": (X, lambda t: t.logcumsumexp(1), lambda a: np.log(np.cumsum(np.exp(a), 1))),
    "diff": (X, lambda t: t.diff(dim=0), lambda a: np.diff(a, axis=0)),
    "quantile": (X, lambda t: t.quantile(0.3, dim=1), lambda a: np.quantile(a, 0.3, axis=1)),
    "nansum": (X, lambda t: t.nansum(1), lambda a: a.sum(1)),
    "nanmean": (X, lambda t: t.nanmean(dim=0, keepdim=True), lambda a: a.mean(0, keepdims=True)),
    # pieces
    "narrow": (CUBE, lambda t: t.narrow(2, 1, 2), lambda a: a[..., 1:3]),
    "narrow from the end": (CUBE, lambda t: t.narrow(dim=1, start=-2, length=1), lambda a: a[:, 1:2]),
    "unfold": (CUBE, lambda t: t.unfold(2, 2, 2), lambda a: _cut(a, slice(0, 2), slice(2, 4))),
    "unfold apart": (CUBE, lambda t: t.unfold(-1, 1, 3), lambda a: _cut(a, slice(0, 1), slice(3, 4))),
    "take_along_dim": (X, lambda t: t.take_along_dim(INDEX, dim=1), lambda a: np.take_along_axis(a, INDEX, 1)),
    "take_along_dim flat": (X, lambda t: t.take_along_dim(INDEX), lambda a: a.ravel()[INDEX.ravel()]),
    "unflatten": (CUBE, lambda t: t.unflatten(2, (2, -1)), lambda a: a.reshape(2, 3, 2, 2)),
    "unflatten dim": (CUBE, lambda t: t.unflatten(dim=0, sizes=(1, 2)), lambda a: a[None]),
    "diag_embed": (X, lambda t: t.diag_embed(), lambda a: np.stack([np.diag(row) for row in a])),
    "diag_embed offset": (X, lambda t: t.diag_embed(-1), lambda a: np.stack([np.diag(row, -1) for row in a])),
    "diag_embed axes": (
        X, lambda t: t.diag_embed(1, dim1=0, dim2=1), lambda a: np.stack([np.diag(row, 1) for row in a], 2),
    ),
    "rot90": (X, lambda t: t.rot90(), np.rot90),
    "rot90 twice": (X, lambda t: t.rot90(2, (1, 0)), lambda a: a[::-1, ::-1]),
    "fliplr": (X, lambda t: t.fliplr(), np.fliplr), "flipud": (X, lambda t: t.flipud(), np.flipud),
    "index_fill": (X, lambda t: t.index_fill(1, [2, 0], 7.0), lambda a: np.where([False, True, False], a, 7.0)),
    "index_copy": (
        X, lambda t: t.index_copy(1, [2, 0], OTHER[:, :2]),
        lambda a: np.stack([OTHER[:, 1] + 0 * a[:, 0], a[:, 1], OTHER[:, 0] + 0 * a[:, 0]], 1),
    ),
    "scatter_reduce": (X, lambda t: t.scatter_reduce(1, INDEX, OTHER, "sum"), lambda a: _reduced(a, np.add)),
    "scatter_reduce prod": (X, lambda t: t.scatter_reduce(1, INDEX, OTHER, "prod"), lambda a: _reduced(a, np.multiply)),
    "scatter_reduce amax": (X, lambda t: t.scatter_reduce(1, INDEX, OTHER, "amax"), lambda a: _reduced(a, np.maximum)),
    "scatter_reduce amin": (
        X, lambda t: t.scatter_reduce(1, INDEX, OTHER, "amin", include_self=False),
        lambda a: _reduced(a, np.minimum, np.inf),
    ),
    "scatter_reduce mean": (
        X, lambda t: t.scatter_reduce(1, INDEX, OTHER, reduce="mean"), lambda a: _reduced(a, np.add) / (COUNTS + 1),
    ),
    "scatter_reduce mean of others": (
        X, lambda t: t.scatter_reduce(1, INDEX, OTHER, "mean", include_self=False),
        lambda a: _reduced(a, np.add, 0.0) / np.maximum(COUNTS, 1),
    ),
    "index_put": (
        X, lambda t: t.index_put((ROWS, INDEX[:, 0]), OTHER[0, :2]),
        lambda a: np.stack([np.stack([a[0, 0], a[0, 1], OTHER[0, 0]]), np.stack([a[1, 0], OTHER[0, 1], a[1, 2]])]),
    ),
    "index_put added": (
        X, lambda t: t.index_put((ROWS * 0, INDEX[1]), OTHER[0, :2], accumulate=True),
        lambda a: a + np.array([[0.0, OTHER[0, 0] + OTHER[0, 1], 0.0], [0.0] * 3]),
    ),
    "masked_scatter": (
        X, lambda t: t.masked_scatter(np.array([True, False, True]), t * 2),
        lambda a: np.stack(
            [np.stack([2 * a[0, 0], a[0, 1], 2 * a[0, 1]]), np.stack([2 * a[0, 2], a[1, 1], 2 * a[1, 0]])]
        ),
    ),
    "tensor_split": (CUBE, lambda t: t.tensor_split(3, dim=2)[0], lambda a: a[..., :2]),
    "tensor_split at places": (CUBE, lambda t: t.tensor_split((1, 3), -1)[1], lambda a: a[..., 1:3]),
    "frac": (3 * X, lambda t: t.frac(), lambda a: a - np.trunc(a)),
    "float_power": (POSITIVE, lambda t: t.float_power(1.5), lambda a: a**1.5),
    "det": (SQUARE, lambda t: t.det(), np.linalg.det), "inverse": (SQUARE, lambda t: t.inverse(), np.linalg.inv),
    "logdet": (SQUARE, lambda t: t.logdet(), lambda a: np.log(np.linalg.det(a))),
}  # fmt: skip
SPECIALS = {"erf": "erf", "erfc": "erfc", "erfinv": "erfinv", "lgamma": "gammaln", "digamma": "digamma"}
CONSTANTS: dict[str, tuple[Any, Form, Any]] = {
    "angle": (X, lambda t: t.angle(), np.angle(X)),
    "bitwise_and": (INDEX, lambda t: t.bitwise_and(1), INDEX & 1),
    "bitwise_or": (INDEX, lambda t: t.bitwise_or(1), INDEX | 1),
    "bitwise_xor": (INDEX, lambda t: t.bitwise_xor(1), INDEX ^ 1),
    "floor_divide": (X, lambda t: t.floor_divide(0.3), X // 0.3),
    "heaviside": (X, lambda t: t.heaviside(1.0), np.heaviside(X, 1.0)),
    "logical_xor": (X, lambda t: t.logical_xor(OTHER > 0.5), (X != 0) ^ (OTHER > 0.5)),
    "kthvalue places": (X, lambda t: t.kthvalue(3).indices, X.argmax(1)),
    "median nan": (np.array([1.0, np.nan, 0.0]), lambda t: t.median(), np.nan),
    "median nan along": (np.array([[1.0, np.nan, 0.0]]), lambda t: t.median(1)[1], np.array([1])),
    "median of a number": (np.array(2.0), lambda t: t.median(), 2.0),
    "cummax places": (np.array([1, 3, 3, 2]), lambda t: t.cummax(0).indices, np.array([0, 1, 2, 2])),
    "cummin nan": (np.array([1.0, np.nan, 0.0]), lambda t: t.cummin(0).indices, np.array([0, 1, 1])),
    "logdet below 0": (SQUARE[::-1], lambda t: t.logdet(), np.nan),
    "nelement": (X, lambda t: t.nelement(), 6), "ndimension": (X, lambda t: t.ndimension(), 2),
    "new_empty": (X, lambda t: t.new_empty(2, 3) * 0, np.zeros((2, 3))),
    "scatter_reduce of whole numbers": (
        np.array([5, 9]), lambda t: t.scatter_reduce(0, [0, 0], ag.tensor([2, 3]), "amax", include_self=False),
        np.array([3, 9]),
    ),
}  # fmt: skip


def _other(name: str) -> Form:
    return lambda a: DERIVED[name][2](a)


IN_PLACE: dict[str, tuple[Any, Form, Form]] = {
    **{
        f"{name}_": (POSITIVE, lambda t, n=name: getattr(t, f"{n}_")(), fn)
        for name, fn in {
            "abs": np.abs, "ceil": np.ceil, "cos": np.cos, "exp": np.exp, "floor": np.floor, "log": np.log,
            "nan_to_num": np.nan_to_num, "neg": np.negative, "reciprocal": np.reciprocal, "round": np.round,
            "rsqrt": lambda a: a**-0.5, "sign": np.sign, "sin": np.sin, "sqrt": np.sqrt, "square": np.square,
            "tanh": np.tanh, "tril": np.tril, "triu": np.triu, "trunc": np.trunc,
        }.items()
    },
    "erf_": (X, lambda t: t.erf_(), lambda a: ag.erf(a)),
    "relu_": (X, lambda t: t.relu_(), lambda a: np.maximum(a, 0)),
    "sigmoid_": (X, lambda t: t.sigmoid_(), lambda a: 1 / (1 + np.exp(-a))),
    "addcmul_": (X, lambda t: t.addcmul_(OTHER, OTHER, value=2), lambda a: a + 2 * OTHER**2),
    "addcdiv_": (X, lambda t: t.addcdiv_(OTHER, OTHER), lambda a: a + 1),
    "clamp_min_": (X, lambda t: t.clamp_min_(0.1), _other("clamp_min")),
    "clamp_max_": (X, lambda t: t.clamp_max_(max=0.1), _other("clamp_max")),
    "cumsum_": (X, lambda t: t.cumsum_(dim=1), lambda a: np.cumsum(a, 1)),
    "fmod_": (X, lambda t: t.fmod_(0.25), _other("fmod")),
    "remainder_": (X, lambda t: t.remainder_(0.27), lambda a: a % 0.27),
    "index_fill_": (X, lambda t: t.index_fill_(1, [2, 0], 7.0), _other("index_fill")),
    "index_copy_": (X, lambda t: t.index_copy_(1, [2, 0], OTHER[:, :2]), _other("index_copy")),
    "scatter_reduce_": (X, lambda t: t.scatter_reduce_(1, INDEX, OTHER, "sum"), _other("scatter_reduce")),
    "index_put_": (X, lambda t: t.index_put_((ROWS, INDEX[:, 0]), OTHER[0, :2]), _other("index_put")),
    "masked_scatter_": (
        X, lambda t: t.masked_scatter_(np.array([True, False, True]), t * 2), _other("masked_scatter"),
    ),
    "fill_diagonal_": (X, lambda t: t.fill_diagonal_(5.0), lambda a: np.where(np.eye(2, 3) > 0, 5.0, a)),
    "bernoulli_": (X, lambda t: t.bernoulli_(1.0), lambda a: 0 * a + 1),
    "random_": (X, lambda t: t.random_(3, 4), lambda a: 0 * a + 3),
    "random_ of one number": (X, lambda t: t.random_(1), lambda a: 0 * a),
}  # fmt: skip


@pytest.mark.parametrize("name", DERIVED)
def test_a_method_is_the_function_in_value_and_derivatives(name: str) -> None:
    x, method, function = DERIVED[name]
    assert_derived(method, function, x)


@pytest.mark.parametrize("name", DERIVED)
def test_a_method_is_compiled(name: str) -> None:
    x, method, _ = DERIVED[name]
    assert_compiled(method, x)


@pytest.mark.parametrize("name", SPECIALS)
def test_special_functions_are_those_of_scipy(name: str) -> None:
    special = pytest.importorskip("scipy.special")
    x = POSITIVE / 2
    np.testing.assert_array_equal(getattr(ag.Tensor(x), name)(), getattr(special, SPECIALS[name])(x))
    assert ag.gradcheck(getattr(ag, name), x).ok


def test_without_scipy_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(errors.MissingExtraError, match=r"autograd-lite\[scipy\]"):
        ag.Tensor(X).erf()


@pytest.mark.parametrize("name", CONSTANTS)
def test_what_has_no_derivative_has_the_value(name: str) -> None:
    x, method, expected = CONSTANTS[name]
    np.testing.assert_array_equal(method(ag.Tensor(x)), expected)


@pytest.mark.parametrize("name", IN_PLACE)
def test_an_in_place_method_changes_the_tensor_and_is_recorded(name: str) -> None:
    x, change, function = IN_PLACE[name]
    t = ag.Tensor(x)
    assert change(t) is t
    np.testing.assert_allclose(t.numpy(), function(x))

    def changed(x: Any) -> Any:
        y = x * 1.0
        change(y)
        return np.sum(np.sin(y)) + np.sum(x)

    assert ag.gradcheck(changed, x + 0.05).ok
    w = ag.Tensor(x, requires_grad=True)
    with pytest.raises(errors.LeafMutationError, match="Write "):
        change(w)
    with ag.no_grad():
        change(w)
    np.testing.assert_allclose(w.numpy(), function(x))
    assert w.is_leaf
    assert w.requires_grad


def test_every_method_is_in_a_table() -> None:
    groups = (changed.Changed, pieces.Pieces, ranks.Ranks, specials.Specials)
    names = {name for group in groups for name in vars(group) if not name.startswith("_")}
    tried = {name.partition(" ")[0] for table in (DERIVED, CONSTANTS, IN_PLACE, SPECIALS) for name in table}
    assert names <= tried | {"detach_", "exponential_"}


def test_gradients_are_detached_and_random_numbers_exponential() -> None:
    w = ag.Tensor(X, requires_grad=True)
    w.sum().backward()
    assert w.grad.detach_().zero_().tolist() == [[0.0] * 3] * 2
    t = ag.empty(1000).exponential_(2.0, generator=0)
    assert abs(t.mean().item() - 0.5) < 0.05


REFUSED: dict[str, tuple[Form, type[Exception], str]] = {
    "narrow too far": (lambda t: t.narrow(1, 2, 2), errors.ArgumentError, "within"),
    "narrow before": (lambda t: t.narrow(1, -4, 1), errors.ArgumentError, "within"),
    "unflatten": (lambda t: t.unflatten(1, (2, -1)), errors.ShapeError, "product is 3"),
    "scatter_reduce": (lambda t: t.scatter_reduce(1, INDEX, OTHER, "max"), errors.ArgumentError, "'amax'"),
    "detach_": (lambda t: t.detach_(), errors.InPlaceError, r"t\.detach\(\)"),
    "random_": (lambda t: t.detach().random_(3, 3), errors.ArgumentError, "Write"),
    "exp_ of whole numbers": (lambda t: ag.tensor([1, 2]).exp_(), errors.InPlaceError, "float64"),
    "a shape in place": (lambda t: t.detach().cumsum_(), errors.InPlaceError, "shape"),
    "kthvalue": (lambda t: t.kthvalue(4), errors.ArgumentError, "counts from 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    call, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        call(ag.Tensor(X, requires_grad=True))
