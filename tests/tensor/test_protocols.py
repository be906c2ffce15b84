"""NumPy's functions and ufuncs called with Tensors, and Tensors among other classes."""

from __future__ import annotations

import decimal
import fractions
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import check_gradient, leaf, registered
from told import path_of

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.op import Op

X = np.array([[0.3, 0.7, 0.2], [0.9, 0.4, 0.6]])


CALLS: dict[str, Callable[[Any], Any]] = {
    "ufunc": np.exp,
    "ufunc with a number": lambda x: np.multiply(2, x),
    "ufunc with a list": lambda x: np.add(x, [1.0, 2.0, 3.0]),
    "ufunc with a scalar of NumPy": lambda x: np.float64(2) * x,
    "function": lambda x: np.sum(x, axis=0),
    "function, axis by position": lambda x: np.sum(x, 1),
    "function, all by position": lambda x: np.sum(x, 1, None, None, True),
    "function by keyword only": lambda x: np.sum(a=x, axis=-1),
    "mean by position": lambda x: np.mean(x, 0, None, None, True),
    "var by position": lambda x: np.var(x, 0, None, None, 1),
    "std by position": lambda x: np.std(x, (0, 1), None, None, 0, True),
    "max by position": lambda x: np.max(x, 1, None, True),
    "ptp by position": lambda x: np.ptp(x, 1, None, True),
    "prod by position": lambda x: np.prod(x, 0, None, None, True),
    "cumsum by position": lambda x: np.cumsum(x, 1, None),
    "take by position": lambda x: np.take(x, [0, 1, 1], 1, None, "clip"),
    "clip by position": lambda x: np.clip(x, 0.25, 0.65, None),
    "trace by position": lambda x: np.trace(x, 0, 0, 1, None),
    "list of Tensors": lambda x: np.concatenate([x, x * x]),
    "list of both": lambda x: np.concatenate([x, X, x]),
    "tuple": lambda x: np.stack((x, X), 1),
    "where": lambda x: np.where(X > 0.5, x * x, 0.0),
    "where, both constant": lambda x: np.where(x > 0.5, 1.0, 0.0) * x,
    "einsum": lambda x: np.einsum("ij,kj->ik", x, X),
    "array from the left": lambda x: np.ones((4, 2)) @ x,
    "array plus": lambda x: np.ones(3) + x,
    "array to the power": lambda x: np.full(3, 2.0) ** x,
    "linalg": lambda x: np.linalg.norm(x, axis=1),
    "add.reduce": np.add.reduce,
    "add.reduce, axis": lambda x: np.add.reduce(x, 1),
    "add.reduce, all axes": lambda x: np.add.reduce(x, axis=None, keepdims=True),
    "add.reduce, several axes": lambda x: np.add.reduce(x, axis=(0, 1)),
    "multiply.reduce": lambda x: np.multiply.reduce(x, axis=1),
    "maximum.reduce": lambda x: np.maximum.reduce(x, axis=1),
    "minimum.reduce": lambda x: np.minimum.reduce(x, axis=-1),
    "add.accumulate": np.add.accumulate,
    "add.accumulate, axis": lambda x: np.add.accumulate(x, 1),
    "multiply.outer": lambda x: np.multiply.outer(x, X),
    "subtract.outer, from the right": lambda x: np.subtract.outer(X, x),
    "dtype that is none": lambda x: np.sum(x, dtype=None),
    "out that is none": lambda x: np.add(x, 1, out=None),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_calls_of_numpy_are_recorded(call: Callable[[Any], Any]) -> None:
    y = call(leaf(X))
    assert (type(y), y.requires_grad) == (ag.Tensor, True)
    np.testing.assert_allclose(y.detach(), call(X), strict=True)
    check_gradient(call, X)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_calls_of_numpy_with_an_untracked_tensor(call: Callable[[Any], Any]) -> None:
    y = call(ag.Tensor(X))
    assert (type(y), y.requires_grad) == (ag.Tensor, False)
    np.testing.assert_allclose(y, call(X))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.logical_and.reduce(x > 0.1), lambda x: np.logical_or.reduce(x > 0.8, axis=1), np.argmax, np.isnan,
        lambda x: np.argsort(x, axis=0), np.sign, np.floor, lambda x: np.zeros_like(x), lambda x: np.full_like(x, 2.0),
        lambda x: np.isclose(x, 0.3), lambda x: np.count_nonzero(x > 0.5), lambda x: np.equal(x, x), np.round,
        lambda x: np.searchsorted(x[0], 0.5), np.any, np.all,
    ],
)  # fmt: skip
def test_what_has_no_derivative_by_nature_is_untracked(call: Callable[[Any], Any]) -> None:
    y = call(leaf(X))
    assert not y.requires_grad
    np.testing.assert_array_equal(y, call(X))


def test_questions_are_answered_by_numpy() -> None:
    x = leaf(X)
    assert np.shape(x) == (2, 3)
    assert np.ndim(x) == 2
    assert np.size(x) == 6
    assert np.size(x, 1) == 3
    assert np.allclose(x, X)
    assert np.array_equal(x, X)
    assert np.result_type(x, np.float32) == np.float64
    assert np.iscomplexobj(x) is False
    assert [part.tolist() for part in np.nonzero(x > 0.5)] == [part.tolist() for part in np.nonzero(X > 0.5)]
    assert np.array2string(x) == np.array2string(X)


def test_several_results() -> None:
    x = leaf(X)
    for parts in (
        np.split(x, 3, axis=1),
        np.array_split(x, 2, axis=1),
        np.broadcast_arrays(x, x[0]),
        np.divmod(x, 0.5),
    ):
        assert all(type(part) is ag.Tensor for part in parts)
    np.sum(np.split(x, 3, axis=1)[1]).backward()
    np.testing.assert_array_equal(x.grad, [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])


def test_numpy_s_assertions_take_untracked_tensors() -> None:
    x = leaf(X)
    (x * x).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * X)
    np.testing.assert_allclose(2 * X, x.grad)
    np.testing.assert_array_equal(x.grad, x.grad)
    np.testing.assert_array_almost_equal(x.grad, 2 * X)
    np.testing.assert_array_less(x.grad, 2)
    np.testing.assert_array_max_ulp(x.grad, 2 * X, 1)
    np.testing.assert_equal(x.grad, 2 * X)
    with pytest.raises(AssertionError, match="Mismatched elements: 6 / 6"):
        np.testing.assert_allclose(x.grad, X)


def test_untracked_tensors_become_arrays_where_numpy_asks_for_one() -> None:
    t = ag.Tensor(X)
    in_list = lambda v: np.array([v, v])[0]  # noqa: E731 - as the others here
    for convert in (np.array, np.asarray, np.ascontiguousarray, lambda v: np.array(v, np.float32), in_list):
        array = convert(t)
        assert type(array) is np.ndarray
        np.testing.assert_allclose(array, X)
    copied = np.array(t)
    copied[:] = 9.0
    np.testing.assert_array_equal(t, X)
    with pytest.raises(ValueError, match="copy"):
        np.array(t, np.float32, copy=False)
    a = np.zeros(3)
    a[1] = ag.Tensor(2.0)
    a[:2] = ag.Tensor([5.0, 6.0])
    np.testing.assert_array_equal(a, [5.0, 6.0, 0.0])


# ----- out= -----


@pytest.mark.parametrize(
    "call",
    [
        lambda x, out: np.exp(x, out=out), lambda x, out: np.multiply(x, x, out),
        lambda x, out: np.add(x, 1, out=(out,)), lambda x, out: np.cumsum(x, axis=1, out=out),
        lambda x, out: np.matmul(x, np.eye(3), out=out), lambda x, out: np.add.accumulate(x, out=out),
        lambda x, out: np.clip(x, 0.25, 0.65, out=out),
    ],
)  # fmt: skip
def test_out_takes_the_value_and_the_history(call: Callable[[Any, Any], Any]) -> None:
    x, out = leaf(X), ag.Tensor(np.zeros(X.shape))
    y = call(x, out)
    assert y is out
    np.testing.assert_allclose(out.detach(), call(X, np.empty(X.shape)))
    check_gradient(lambda x: call(x, ag.Tensor(np.zeros(X.shape))), X)


def test_out_of_a_reduction() -> None:
    x, out = leaf(X), ag.Tensor(np.zeros(3))
    assert np.sum(x, axis=0, out=out) is out
    assert np.add.reduce(x, out=out) is out
    (out * np.array([1.0, 2.0, 3.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])


def test_out_may_be_the_operand() -> None:
    x = leaf(X)
    y = x * 1
    np.exp(y, out=y)
    np.multiply(y, y, out=y)
    y.sum().backward()
    np.testing.assert_allclose(x.grad, 2 * np.exp(2 * X))


def test_out_keeps_its_dtype() -> None:
    out = ag.Tensor(np.zeros(X.shape, np.float32))
    np.exp(ag.Tensor(X), out=out)
    assert out.dtype == np.float32


def test_an_array_as_out_of_an_untracked_tensor() -> None:
    a = np.empty(X.shape)
    assert np.exp(ag.Tensor(X), out=a) is a
    np.testing.assert_array_equal(a, np.exp(X))
    b = np.ones(X.shape)
    b *= ag.Tensor(X)
    np.testing.assert_array_equal(b, X)
    integers = np.ones(X.shape, int)
    with pytest.raises(TypeError, match="same_kind"):
        integers += ag.Tensor(X)
    np.testing.assert_array_equal(integers, np.ones(X.shape, int))


# ----- other classes -----


class Aloof:
    """A class that wants to do operations with arrays itself."""

    __array_ufunc__ = None

    def __add__(self, other: Any) -> str:
        return f"Aloof + {type(other).__name__}"

    def __radd__(self, other: Any) -> str:
        return f"{type(other).__name__} + Aloof"

    __rmatmul__ = __rlt__ = __radd__
    __lt__ = __gt__ = __add__
    __matmul__ = __add__


@pytest.mark.parametrize("make", [leaf, lambda: ag.Tensor(X)], ids=["tracked", "untracked"])
def test_a_class_that_declines_ufuncs_gets_its_turn(make: Callable[[], ag.Tensor]) -> None:
    t = make()
    assert t + Aloof() == "Tensor + Aloof"
    assert Aloof() + t == "Aloof + Tensor"
    assert t @ Aloof() == "Tensor + Aloof"
    assert (t < Aloof()) == "Aloof + Tensor"
    with pytest.raises(TypeError):
        t * Aloof()  # it has no reflected product
    with pytest.raises(TypeError):
        np.add(t, Aloof())
    u = t * 1
    u += Aloof()  # type: ignore[assignment]
    assert u == "Tensor + Aloof"


class Speaking:
    """An array type of its own, such as those of other libraries, that speaks NumPy's protocols."""

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array)

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)
    ndim = property(lambda self: self.array.ndim)
    size = property(lambda self: self.array.size)

    def copy(self) -> Speaking:
        return Speaking(self.array.copy())

    def astype(self, dtype: Any) -> Speaking:
        return Speaking(self.array.astype(dtype))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        arrays = [x.array if isinstance(x, Speaking) else x for x in inputs]
        return Speaking(getattr(ufunc, method)(*arrays, **kwargs))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        arrays = [x.array if isinstance(x, Speaking) else x for x in args]
        result = func(*arrays, **kwargs)
        return Speaking(result) if isinstance(result, (np.ndarray, np.generic)) else result

    def __add__(self, other: Any) -> Any:
        return np.add(self, other)

    def __mul__(self, other: Any) -> Any:
        return np.multiply(self, other)

    __rmul__ = __mul__


def test_an_array_type_that_speaks_the_protocols_stays_what_it_is() -> None:
    x = ag.Tensor(Speaking(X), requires_grad=True)
    assert type(x.data) is Speaking
    y = np.exp(x) * x
    assert type(y.data) is Speaking
    y.backward(np.ones(X.shape))
    assert x.grad is not None
    grad = x.grad.data
    np.testing.assert_allclose(grad.array if isinstance(grad, Speaking) else grad, np.exp(X) * (1 + X))


@pytest.mark.parametrize("requires_grad", [True, False])
def test_of_another_array_type_a_definition_is_carried_out(requires_grad: bool) -> None:
    y = np.ptp(ag.Tensor(Speaking(X), requires_grad=requires_grad))
    assert type(y.data) is Speaking
    np.testing.assert_array_equal(y.data.array, np.ptp(X))


class Subclass(np.ndarray):
    pass


@pytest.mark.parametrize("fn", [operator.mul, operator.sub, operator.truediv, operator.matmul, np.arctan2])
def test_subclasses_of_arrays_count_as_arrays(fn: Callable[[Any, Any], Any]) -> None:
    a = np.eye(3) + 1.0
    x = leaf(np.eye(3) + 0.5)
    for order in (lambda f, s, t: f(s, t), lambda f, s, t: f(t, s)):
        y = order(fn, x, a.view(Subclass))
        assert type(y) is ag.Tensor
        assert type(y.data) is np.ndarray
        np.testing.assert_allclose(y.detach(), order(fn, x.detach().numpy(), a))
        y.sum().backward()
    assert x.grad is not None
    assert type(x.grad.data) is np.ndarray


class WithArray:
    """An object that NumPy can make an array of, such as a column of a table."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array([1.0, 2.0, 3.0], dtype)


def test_what_numpy_can_make_an_array_of_is_an_operand() -> None:
    for other in (WithArray(), [1.0, 2.0, 3.0], (1.0, 2.0, 3.0), memoryview(np.array([1.0, 2.0, 3.0])), range(1, 4)):
        x = leaf(X)
        y = x * other
        assert type(y.data) is np.ndarray
        y.sum().backward()
        np.testing.assert_array_equal(x.grad, np.broadcast_to([1.0, 2.0, 3.0], X.shape))
        np.testing.assert_array_equal(np.multiply(other, x).detach(), y.detach())


@pytest.mark.parametrize(
    "other", [decimal.Decimal(2), fractions.Fraction(1, 2), object(), "text", {}, np.array(["a"]), np.array([None])]
)
@pytest.mark.parametrize("tracked", [True, False])
def test_what_is_no_number_is_refused(other: Any, tracked: bool) -> None:
    x = leaf(X) if tracked else ag.Tensor(X)
    with pytest.raises(errors.DataError):
        x * other
    with pytest.raises((errors.DataError, TypeError)):
        np.add(x, other)


def test_a_masked_array_is_refused_everywhere() -> None:
    masked = np.ma.array(X, mask=X > 0.5)
    for act in (
        lambda: ag.Tensor(masked),
        lambda: leaf(X) * masked,
        lambda: np.add(leaf(X), masked),
        lambda: leaf(X).assign(masked),
    ):
        with pytest.raises(errors.DataError, match="filled"):
            act()


@pytest.mark.parametrize(
    "number", [True, 2, 2.0, np.bool_(True), np.int8(2), np.float32(2), np.float64(2), np.longdouble(2)], ids=repr
)
def test_numbers_of_all_kinds(number: Any) -> None:
    x = leaf(X.astype(np.float32))
    plain = X.astype(np.float32)
    for fn in (operator.add, operator.mul, operator.truediv):
        assert fn(x, number).dtype == fn(plain, number).dtype
        assert fn(number, x).dtype == fn(number, plain).dtype
    (x * number).sum().backward()
    np.testing.assert_array_equal(x.grad, np.full(X.shape, float(number), np.float32), strict=True)


# ----- arguments by place -----

DIRECT = {fn: op for fn, op in registered().items() if isinstance(op, Op) and op.operands and op.order}


@pytest.mark.parametrize(("fn", "op"), DIRECT.items(), ids=map(path_of, DIRECT))
def test_positional_arguments_stand_where_numpy_has_them(fn: Any, op: Op) -> None:
    """The operands come first, and no setting stands in the place of an argument that NumPy has there."""
    assert op.order[: len(op.operands)] == op.operands
    assert set(op.defaults) <= set(op.order) or not hasattr(fn, "__wrapped__")


AT_THEIR_DEFAULTS: dict[str, Callable[[Any], Any]] = {
    "add(casting=)": lambda t: np.add(t, t, casting="same_kind"),
    "exp(where=, order=, subok=)": lambda t: np.exp(t, where=True, order="K", subok=True),
    "sum(where=, dtype=, out=)": lambda t: np.sum(t, where=True, dtype=None, out=None),
    "average(returned=)": lambda t: np.average(t, returned=False),
    "median(overwrite_input=)": lambda t: np.median(t, overwrite_input=False),
    "quantile(method=)": lambda t: np.quantile(t, 0.5, method="linear"),
    "copy(order=, subok=)": lambda t: np.copy(t, order="K", subok=False),
    "astype(copy=)": lambda t: np.astype(t, float, copy=True),
}
ELSEWHERE: dict[str, Callable[[Any], Any]] = {
    "matmul(axes=, keepdims=)": lambda t: np.vecdot(t, t, axes=[0, 0], keepdims=True),
    "meshgrid(copy=)": lambda t: np.meshgrid(t, t, copy=False),
    "nan_to_num(copy=)": lambda t: np.nan_to_num(t, copy=False),
}


@pytest.mark.parametrize("call", AT_THEIR_DEFAULTS.values(), ids=AT_THEIR_DEFAULTS)
def test_an_argument_that_is_not_supported_may_be_given_as_its_default(call: Callable[[Any], Any]) -> None:
    np.testing.assert_allclose(call(leaf(X)).detach(), call(X))


@pytest.mark.parametrize("call", ELSEWHERE.values(), ids=ELSEWHERE)
def test_an_argument_that_is_not_supported_is_refused(call: Callable[[Any], Any]) -> None:
    with pytest.raises(errors.UnsupportedError, match=r"is not supported on a Tensor\. Write np"):
        call(leaf(X))
