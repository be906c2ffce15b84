"""In-place functions of NumPy on Tensors: recorded as assignments, seen by views, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.rules.rows import add_at

MASK = np.array([True, False, True, False])
CHANGES: list[Callable[[Any, Any], Any]] = [
    lambda y, v: np.put(y, [0, 2], v[:2]), lambda y, v: np.place(y, MASK, v[:2]), lambda y, v: np.putmask(y, MASK, v),
    lambda y, v: np.copyto(y, v, where=MASK), lambda y, v: np.put_along_axis(y, np.array([0, 2]), v[:2], 0),
    lambda y, v: np.multiply.at(y, [0, 2, 0], v[:3]), lambda y, v: np.add.at(y, MASK, v[:2]),
]  # fmt: skip


def leaf(*numbers: float) -> Any:
    return ag.Tensor(numbers, requires_grad=True)


@pytest.mark.parametrize("change", CHANGES)
def test_a_view_sees_what_is_put_in_and_has_its_derivative(change: Callable[[Any, Any], Any]) -> None:
    x, v = leaf(1.0, 2.0, 3.0, 4.0), leaf(0.5, -1.0, 2.5, 3.0)
    y = x * 2
    row, plain = y[:3], x.numpy() * 2
    assert change(y, v) is None
    change(plain, v.numpy())
    np.testing.assert_allclose(y.detach(), plain)
    np.testing.assert_allclose(row.detach(), plain[:3])

    def through_the_view(x: Any, v: Any) -> Any:
        y = x * 2
        row = y[:3]
        change(y, v)
        return np.sum(row**2)

    assert ag.gradcheck(through_the_view, (x.numpy(), v.numpy()), order=2).ok


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_put_through_a_view_is_in_the_base(change: Callable[[Any, Any], Any]) -> None:
    x, v = leaf(1.0, 2.0, 3.0, 4.0), leaf(0.5, -1.0, 2.5, 3.0)
    base = np.outer(x, np.ones(2))
    change(base[:, 1], v)
    plain = np.outer(x.numpy(), np.ones(2))
    change(plain[:, 1], v.numpy())
    np.testing.assert_allclose(base.detach(), plain)


@pytest.mark.parametrize("change", CHANGES)
def test_a_parameter_is_not_changed_in_place(change: Callable[[Any, Any], Any]) -> None:
    w = leaf(1.0, 2.0, 3.0, 4.0)
    with pytest.raises(errors.LeafMutationError, match=r"np\.where\(mask, v, w\)"):
        change(w, np.ones(4))
    assert w.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("change", CHANGES)
def test_a_plain_array_takes_values_and_no_derivative(change: Callable[[Any, Any], Any]) -> None:
    a, expected = np.arange(4.0), np.arange(4.0)
    change(a, ag.Tensor([0.5, -1.0, 2.5, 3.0]))
    change(expected, np.array([0.5, -1.0, 2.5, 3.0]))
    np.testing.assert_array_equal(a, expected)
    with pytest.raises(errors.ConversionError, match=r"Write a = ag\.Tensor\(a\)"):
        change(a, leaf(0.5, -1.0, 2.5, 3.0))
    np.testing.assert_array_equal(a, expected)


REFUSED: list[tuple[Callable[[Any], Any], type[Exception]]] = [
    (lambda y: np.put(y, [4], 1.0), IndexError),
    (lambda y: np.put_along_axis(y, np.array([[0]]), 1.0, 0), ValueError),
    (lambda y: np.put_along_axis(y, np.array([[0]]), 1.0, None), ValueError),
    (lambda y: np.place(y, MASK, []), ValueError),
    (lambda y: np.putmask(y, MASK[:2], 1.0), ValueError),
    (lambda y: np.copyto(y, np.ones(4, complex)), TypeError),
    (lambda y: np.copyto(y, np.ones(3)), ValueError),
    (lambda y: np.fill_diagonal(y, 1.0), ValueError),
    (lambda y: np.fill_diagonal(y.reshape(2, 2, 1), 1.0), ValueError),
]


@pytest.mark.parametrize(("change", "kind"), REFUSED)
def test_what_numpy_refuses_is_refused_by_its_kind(change: Callable[[Any], Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        change(np.arange(4.0))
    y = leaf(1.0, 2.0, 3.0, 4.0) * 1
    with pytest.raises(kind):
        change(y)
    assert y.tolist() == [1, 2, 3, 4]


def test_an_index_that_stands_twice_works_twice() -> None:
    x, v = leaf(1.0, 2.0), leaf(3.0, 5.0, 7.0)
    y = x * 1
    np.multiply.at(y, [0, 1, 0], v)
    assert y.tolist() == [21, 10]
    y[0].backward()
    assert (x.grad.tolist(), v.grad.tolist()) == ([21, 0], [7, 0, 3])


def test_examples_are_changed_each_for_itself() -> None:
    def changed(x: Any, v: Any) -> Any:
        y = x * 1
        np.put(y, [0, 2], v)
        np.add.at(y, [1, 1], v)
        return y

    xs, vs = np.arange(6.0).reshape(2, 3), np.array([[10.0, 20.0], [30.0, 40.0]])
    np.testing.assert_array_equal(ag.vmap(changed)(xs, vs), [[10, 31, 20], [30, 74, 40]])


# ----- out=, where= -----


def test_where_with_out_keeps_the_derivative_of_what_stands_there() -> None:
    x, o = leaf(4.0, 0.0, 9.0), leaf(7.0, 8.0, 9.0)
    out = o * 2
    y = np.divide(1.0, x, out=out, where=x.numpy() > 0)
    assert y is out
    np.sum(y).backward()
    np.testing.assert_allclose(x.grad, [-1 / 16, 0, -1 / 81])
    np.testing.assert_allclose(o.grad, [0, 2, 0])


@pytest.mark.parametrize("requires_grad", [False, True])
def test_where_with_out_in_a_compiled_function(requires_grad: bool) -> None:
    def f(x: Any, o: Any) -> Any:
        out = o * 2
        np.divide(1.0, x, out=out, where=x.detach() > 0)
        return out

    compiled = ag.compile(f)
    for numbers in ((4.0, -1.0, 9.0), (-4.0, 1.0, 0.0)):
        x = ag.Tensor(numbers, requires_grad=requires_grad)
        y = compiled(x, leaf(7.0, 8.0, 9.0).detach())
        np.testing.assert_allclose(y.detach(), f(x, ag.Tensor([7.0, 8.0, 9.0])).detach())


def test_where_with_out_of_a_constant_and_of_a_definition() -> None:
    x, mask = leaf(1.0, -2.0, 3.0), np.array([True, True, False])
    holds = ag.Tensor([True, True, True])
    assert np.less(x, 0, out=holds, where=mask) is holds
    assert holds.tolist() == [False, True, True]
    signs = ag.Tensor([7.0, 7.0, 7.0])
    assert np.sign(x, out=signs, where=mask).tolist() == [1, -1, 7]


def test_where_without_out_is_refused() -> None:
    with pytest.raises(errors.UnsupportedError, match="whatever was in memory"):
        np.log(leaf(1.0, 2.0), where=[True, False])


def test_several_results_go_where_they_are_wanted() -> None:
    x = leaf(2.5, -1.25)
    whole, part = ag.Tensor(np.zeros(2)), ag.Tensor(np.zeros(2))
    np.modf(x, out=(part, whole))
    assert (whole.tolist(), part.tolist()) == ([2, -1], [0.5, -0.25])
    np.sum(part * [1.0, 3.0]).backward()
    assert x.grad.tolist() == [1, 3]


@pytest.mark.parametrize("shape", [(300,), (20, 30)])
def test_many_rows_are_added_to_those_of_a_table(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    """Equal rows are brought together first; what is added is the same, and what is no row is told."""
    table, rows = rng.standard_normal((7, 16)), rng.integers(-7, 7, shape)
    weights = rng.standard_normal((*shape, 16))
    expected = np.zeros_like(table)
    np.add.at(expected, rows, weights)
    for key in (rows, (rows,)):
        gradient = ag.grad(lambda t, key=key: np.sum(t[key] * weights))(table)
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-12)
    for wrong in (7, -8):
        with pytest.raises(IndexError, match="out of bounds"):
            add_at(table, np.full(shape, wrong), weights)
