"""Roots and fixed points: the derivative of the solution, at every order, whatever solver found it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from trees import close

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, ConvergenceError, ShapeError, SingularError, UnsupportedError

A = np.array([[3.0, 1.0, 0.2], [0.5, 4.0, -1.0], [0.1, 0.3, 2.0]])
B = np.array([0.3, -0.7, 1.1])


def cube(x: Any, a: Any, b: Any) -> Any:
    return x**3 + a @ x - b


def newton(a: Any, b: Any) -> Any:
    assert type(a) is np.ndarray
    x = np.zeros(3)
    for _ in range(60):
        x -= np.linalg.solve(np.diag(3 * x * x) + a, x**3 + a @ x - b)
    return x


cube_root = ag.implicit.root(cube, newton)


def test_the_value_is_what_the_solver_found() -> None:
    np.testing.assert_array_equal(cube_root(A, B), newton(A, B))


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_the_derivative_of_a_root(mode: str) -> None:
    x = newton(A, B)
    inverse = np.linalg.inv(np.diag(3 * x * x) + A)
    by_a, by_b = ag.jacobian(cube_root, (0, 1), mode=mode)(A, B)
    np.testing.assert_allclose(by_b, inverse, atol=1e-12)
    np.testing.assert_allclose(by_a, -np.einsum("ij,k->ijk", inverse, x), atol=1e-12)


def test_a_root_against_differences() -> None:
    assert ag.gradcheck(cube_root, (A, B))


@pytest.mark.parametrize("order", ["hessian", "forward over forward", "reverse over reverse"])
def test_the_second_derivative(order: str) -> None:
    def implicit(b: Any) -> Any:
        return np.sum(np.sin(cube_root(A, b)))

    transforms: dict[str, Callable[..., Any]] = {
        "hessian": ag.hessian,
        "forward over forward": lambda f: ag.jacobian(ag.jacobian(f, mode="forward"), mode="forward"),
        "reverse over reverse": lambda f: ag.jacobian(ag.jacobian(f, mode="reverse"), mode="reverse"),
    }
    h = 1e-4
    expected = [(ag.grad(implicit)(B + h * e) - ag.grad(implicit)(B - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(transforms[order](implicit)(B), expected, rtol=1e-6, atol=1e-8)


def test_the_third_derivative_of_a_square_root() -> None:
    square_root = ag.implicit.root(lambda x, a: x * x - a, lambda a: a**0.5)
    third = ag.grad(ag.grad(ag.grad(square_root)))(4.0)
    assert third == pytest.approx(3 / 8 * 4.0**-2.5)


def test_trees_of_unknowns_and_parameters() -> None:
    def f(x: Any, p: Any) -> Any:
        return {"u": x["u"] * p["s"] - x["v"], "v": x["v"] - np.sin(p["t"])}

    def solve(p: Any) -> Any:
        return {"u": np.sin(p["t"]) / p["s"], "v": np.sin(p["t"])}

    p = {"s": np.array([2.0, 3.0]), "t": np.array([0.3, 0.4])}
    found = ag.grad(lambda p: np.sum(ag.implicit.root(f, solve)(p)["u"] ** 2))(p)
    expected = ag.grad(lambda p: np.sum((np.sin(p["t"]) / p["s"]) ** 2))(p)
    for name in p:
        np.testing.assert_allclose(found[name], expected[name])


def test_tensors_and_backward() -> None:
    b = ag.Tensor(B, requires_grad=True)
    np.sum(cube_root(A, b)).backward()
    np.testing.assert_allclose(b.grad.numpy(), ag.grad(lambda b: np.sum(cube_root(A, b)))(B))


def test_a_batch_is_solved_example_by_example() -> None:
    bs = np.stack([B, 2 * B, -B])
    np.testing.assert_allclose(ag.vmap(cube_root, (None, 0))(A, bs), [cube_root(A, b) for b in bs])
    derivative = ag.jacobian(cube_root, 1)
    np.testing.assert_allclose(ag.vmap(derivative, (None, 0))(A, bs), [derivative(A, b) for b in bs], atol=1e-13)


def step(x: Any, a: Any) -> Any:
    return np.cos(a * x)


def test_a_fixed_point_and_its_derivatives() -> None:
    solution = ag.implicit.fixed_point(step)
    a = np.array([0.3, 0.7, 1.1])
    x = solution(np.ones(3), a)
    np.testing.assert_allclose(x, np.cos(a * x), rtol=1e-11)
    slope = -np.sin(a * x)
    expected = slope * x / (1 - slope * a)
    np.testing.assert_allclose(ag.elementwise_grad(solution, 1)(np.ones(3), a), expected, rtol=1e-10)
    h = 1e-5
    second = ag.elementwise_grad(ag.elementwise_grad(solution, 1), 1)(np.ones(3), a)
    derivative = ag.elementwise_grad(solution, 1)
    differences = (derivative(np.ones(3), a + h) - derivative(np.ones(3), a - h)) / (2 * h)
    np.testing.assert_allclose(second, differences, rtol=1e-6)


def test_a_fixed_point_of_float32_stays_float32() -> None:
    a = ag.Tensor(np.float32([0.3, 0.7]), requires_grad=True)
    x = ag.implicit.fixed_point(step)(np.ones(2, np.float32), a)
    np.sum(x).backward()
    assert (x.dtype, a.grad.dtype) == (np.float32, np.float32)


def test_the_graph_does_not_grow_with_the_iterations() -> None:
    a = ag.Tensor(np.array([0.9, 0.99]), requires_grad=True)
    sizes, calls = [], []

    def counted(x: Any, a: Any) -> Any:
        calls.append(1)
        return np.cos(a * x)

    for tol in (0.1, 1e-12):
        calls.append(0)
        x = ag.implicit.fixed_point(counted, tol=tol)(np.ones(2), a)
        sizes.append(ag.visualize(np.sum(x)).source.count("label"))
    assert sum(calls) > 40
    assert sizes[0] == sizes[1]


# ----- parameters without a part, and batches of starts -----

ROOTS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "one of two": (ag.implicit.root(lambda x, a, b: x * x - a, lambda a, b: np.sqrt(a)), lambda a, b: a**0.5 + 0 * b),
    "all": (ag.implicit.root(lambda x, a, b: x * x - 4.0, lambda a, b: 2.0), lambda a, b: 2.0 + 0 * (a + b)),
    "a fixed point": (
        partial(ag.implicit.fixed_point(lambda x, a, b: (x + a / x) / 2), 1.0), lambda a, b: a**0.5 + 0 * b,
    ),
}  # fmt: skip
TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: ag.grad(f, (0, 1))(4.0, 1.0),
    "forward": lambda f: ag.jacobian(f, (0, 1), mode="forward")(4.0, 1.0),
    "jvp": lambda f: ag.jvp(f, (4.0, 1.0), (1.0, 1.0)),
    "hessian": lambda f: ag.hessian(f, (0, 1))(4.0, 1.0),
    "grad of grad": lambda f: ag.grad(lambda a, b: ag.grad(f, 1)(a, b), (0, 1))(4.0, 1.0),
    "vmap": lambda f: ag.vmap(ag.grad(f, (0, 1)))(np.array([4.0, 9.0]), np.ones(2)),
    "compile": lambda f: ag.compile(ag.grad(f, (0, 1)))(4.0, 1.0),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", ROOTS)
def test_a_parameter_without_a_part_has_a_derivative_of_0(name: str, transform: str) -> None:
    f, known = ROOTS[name]
    close(TRANSFORMS[transform](f), TRANSFORMS[transform](known), 1e-10)


def test_each_start_of_a_batch_is_followed() -> None:
    solution = ag.implicit.fixed_point(lambda x, a: {"u": (x["u"] + a / x["u"]) / 2})
    starts, a = np.array([[1.0, 2.0], [-1.0, 3.0]]), np.array([4.0, 9.0])
    roots = np.sqrt(a) * np.sign(starts)
    close(ag.vmap(lambda start: solution({"u": start}, a)["u"])(starts), roots, 1e-12)
    close(ag.vmap(ag.vmap(lambda start, a: solution({"u": start}, a)["u"]), (0, None))(starts, a), roots, 1e-12)


def test_each_start_has_its_derivative() -> None:
    solution = ag.implicit.fixed_point(lambda x, a: (x + a / x) / 2)
    starts = np.array([1.0, -1.0, 3.0])
    signs = np.sign(starts)
    close(ag.jacobian(lambda a: ag.vmap(solution, (0, None))(starts, a))(4.0), signs / 4, 1e-10)
    close(ag.vmap(lambda start: ag.hessian(solution, 1)(start, 4.0))(starts), -signs / 32, 1e-10)


# ----- what is refused -----

w = ag.Tensor(2.0, requires_grad=True)
WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "another size": (lambda: ag.implicit.root(lambda x, a: x[:1], lambda a: np.ones(2))(1.0), ShapeError, "1 numbers"),
    "whole numbers": (lambda: ag.implicit.root(lambda x, a: x - a, lambda a: 3)(3.0), ArgumentError, "dtype int64"),
    "a Tensor from outside": (
        lambda: ag.implicit.root(lambda x, a: x * w - a, lambda a: a / 2)(1.0),
        UnsupportedError,
        "give w as an argument",
    ),
    "no root": (
        lambda: ag.grad(ag.implicit.root(lambda x, a: x * x - a, lambda a: a))(9.0), ConvergenceError, "Newton",
    ),
    "a double root": (
        lambda: ag.grad(ag.implicit.root(lambda x, a: (x - a) ** 2, lambda a: a))(9.0), SingularError, "no smooth",
    ),
    "no convergence": (
        lambda: ag.implicit.fixed_point(lambda x, a: a - x)(0.0, 3.0), ConvergenceError, "max_iterations=",
    ),
    "another size on the way": (
        lambda: ag.implicit.fixed_point(lambda x, a: np.append(x, a))(np.ones(2), 3.0), ShapeError, "unknowns",
    ),
}  # fmt: skip
for tol in (0.0, -1.0, np.inf, np.nan, "1e-9", None, True, 1j):
    WRONG[f"tol={tol!r}"] = (partial(ag.implicit.fixed_point, step, tol=tol), ArgumentError, "Write tol=1e-12")
for count in (0, -3, 1.5, np.nan, np.inf, None):
    call = partial(ag.implicit.fixed_point, step, max_iterations=count)
    WRONG[f"max_iterations={count}"] = (call, ArgumentError, "max_iterations=1000")


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_says_what_to_write(name: str) -> None:
    call, error, text = WRONG[name]
    with pytest.raises(error, match=text):
        call()
