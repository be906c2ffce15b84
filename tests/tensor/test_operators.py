"""Python's operators on Tensors: values, gradients, in place, and the dtype of the result."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import check_gradient, leaf

import autograd_lite as ag
from autograd_lite import errors

FLOATS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]
INTEGERS = ["and_", "or_", "xor", "lshift", "rshift"]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]
P = np.array([[1.0, 2.0, 3.0], [2.5, 0.5, 1.5]])
Q = np.array([2.0, 1.0, 1.5])


@pytest.mark.parametrize("name", [*FLOATS, *COMPARISONS])
def test_binary_operators_on_floats(name: str) -> None:
    fn = getattr(operator, name)
    tensors = [(ag.Tensor(P), ag.Tensor(Q)), (ag.Tensor(P), Q), (P, ag.Tensor(Q)), (ag.Tensor(P), Q.tolist())]
    for a, b in tensors:
        y = fn(a, b)
        assert type(y) is ag.Tensor
        np.testing.assert_array_equal(y, fn(P, Q), strict=True)
    for a, b in [
        (ag.Tensor(P), 2.5),
        (2.5, ag.Tensor(P)),
        (ag.Tensor(P), np.float32(2)),
        (np.float32(2), ag.Tensor(P)),
    ]:
        y = fn(a, b)
        plain = [np.asarray(v) if isinstance(v, ag.Tensor) else v for v in (a, b)]
        np.testing.assert_array_equal(y, fn(*plain), strict=True)


@pytest.mark.parametrize("name", INTEGERS)
def test_binary_operators_on_integers(name: str) -> None:
    fn = getattr(operator, name)
    a, b = np.array([5, 6, 7]), np.array([1, 2, 3])
    for pair in [(ag.Tensor(a), ag.Tensor(b)), (ag.Tensor(a), b), (a, ag.Tensor(b))]:
        np.testing.assert_array_equal(fn(*pair), fn(a, b), strict=True)
    np.testing.assert_array_equal(fn(ag.Tensor(a), 2), fn(a, 2), strict=True)
    np.testing.assert_array_equal(fn(2, ag.Tensor(a)), fn(2, a), strict=True)


def test_matmul_and_divmod(rng: np.random.Generator) -> None:
    a, b = rng.standard_normal((2, 3)), rng.standard_normal((3, 4))
    for pair in [(ag.Tensor(a), ag.Tensor(b)), (ag.Tensor(a), b), (a, ag.Tensor(b))]:
        np.testing.assert_array_equal(operator.matmul(*pair), a @ b, strict=True)
    for part, plain in zip(divmod(ag.Tensor(P), 2), divmod(P, 2), strict=True):
        np.testing.assert_array_equal(part, plain, strict=True)


@pytest.mark.parametrize("fn", [operator.neg, operator.pos, abs, round])
def test_unary_operators(fn: Callable[[Any], Any]) -> None:
    values = np.array([-1.5, 0.0, 2.4])
    np.testing.assert_array_equal(fn(ag.Tensor(values)), np.round(values) if fn is round else fn(values))
    np.testing.assert_array_equal(~ag.Tensor([True, False]), [False, True])


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow"])
def test_gradients_of_operators(name: str) -> None:
    fn = getattr(operator, name)
    check_gradient(fn, P, Q)
    check_gradient(lambda a: fn(a, Q), P)
    check_gradient(lambda b: fn(P, b), Q)
    check_gradient(lambda a: fn(a, 1.5), P)
    check_gradient(lambda b: fn(1.5, b), P)
    check_gradient(lambda a: fn(a, a), P)


@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "imatmul"])
def test_in_place_operators(name: str) -> None:
    fn = getattr(operator, name)
    other = np.array([[2.0, 1.0], [0.5, 3.0]])
    start = np.array([[1.5, 2.0], [3.0, 4.0]])
    for value in (other, ag.Tensor(other)):
        t = same = ag.Tensor(start)
        t = fn(t, value)
        assert t is same
        np.testing.assert_array_equal(t, fn(start.copy(), other))
    if name not in ("ifloordiv", "imod", "imatmul"):
        check_gradient(lambda a, b: fn(a * 1.0, b), start, other)


@pytest.mark.parametrize("name", ["iand", "ior", "ixor", "ilshift", "irshift"])
def test_in_place_operators_on_integers(name: str) -> None:
    fn = getattr(operator, name)
    t = same = ag.Tensor([5, 6, 7])
    t = fn(t, np.array([1, 2, 3]))
    assert t is same
    np.testing.assert_array_equal(t, fn(np.array([5, 6, 7]), np.array([1, 2, 3])))


def test_an_array_changed_in_place_by_a_tensor_stays_an_array() -> None:
    a = same = np.array([1.0, 2.0])
    a += ag.Tensor([1.0, 1.0])
    assert a is same
    np.testing.assert_array_equal(a, [2.0, 3.0], strict=True)


def test_comparison_with_what_is_no_number() -> None:
    t = ag.Tensor([1.0, 2.0])
    assert (t == "text") is False
    assert (t != "text") is True
    np.testing.assert_array_equal(t == None, [False, False])  # noqa: E711 - the comparison is what is tested
    assert t not in ("text", "other")
    with pytest.raises(errors.DataError):
        t + "text"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_dtypes_follow_numpy(dtype: Any) -> None:
    """NEP 50: Python numbers are weak, arrays and NumPy's scalars are not; a gradient has the dtype of its leaf."""
    x = leaf(np.array([1.0, 2.0], dtype))
    plain = np.array([1.0, 2.0], dtype)
    for fn in (
        lambda a: a * 2, lambda a: 1.5 - a, lambda a: a**2, lambda a: a / 3, lambda a: a.mean(), lambda a: np.exp(a),
        lambda a: a * np.float64(2), lambda a: a + np.ones(2), lambda a: a * np.ones(2, np.float32),
    ):  # fmt: skip
        y = fn(x)
        assert y.dtype == fn(plain).dtype
        y.sum().backward()
        assert x.grad is not None
        assert x.grad.dtype == dtype
        x.zero_grad()


def test_an_integer_array_next_to_a_parameter() -> None:
    x = leaf()
    (x * np.array([1, 2, 3])).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 2.0, 3.0])
