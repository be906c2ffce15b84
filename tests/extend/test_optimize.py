"""minimize: SciPy with exact derivatives, over trees."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors

pytest.importorskip("scipy")


class Fit(NamedTuple):
    slope: Any
    offset: Any


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


METHODS = (
    None, "CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP", "Newton-CG", "dogleg", "trust-ncg", "trust-krylov", "trust-exact",
    "trust-constr", "Nelder-Mead", "Powell", "COBYLA",
)  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_minimum(method: str | None) -> None:
    near = np.array([1.1, 1.2])  # where the Hessian is positive definite, as dogleg needs it
    f = (lambda x: np.sum((x - 1) ** 2)) if method == "COBYLA" else rosenbrock  # a valley takes it ten thousand steps
    options = {"maxfun": 2000} if method == "TNC" else None
    result = ag.optimize.minimize(f, near, method=method, options=options, tol=1e-8)
    np.testing.assert_allclose(result.x, [1, 1], atol=1e-3)


@pytest.mark.parametrize("method", ["BFGS", "Newton-CG", "trust-exact"])
def test_a_tree_goes_in_and_comes_out(method: str) -> None:
    x = np.linspace(0, 1, 5)

    def misfit(p: Fit, x: Any, y: Any) -> Any:
        return np.sum((p.slope * x + p.offset["b"][0] - y) ** 2)

    seen = []
    start = Fit(np.float32(0), {"b": [np.zeros(1)]})
    result = ag.optimize.minimize(misfit, start, (x, 2 * x + 1), method, callback=seen.append)
    assert isinstance(result.x, Fit)
    assert result.x.slope.dtype == np.float32
    np.testing.assert_allclose([result.x.slope, result.x.offset["b"][0][0]], [2, 1], atol=1e-4)
    assert seen
    assert all(isinstance(p, Fit) for p in seen)
    assert result.jac.dtype == np.float64


def test_scipy_gets_float64_and_exact_derivatives() -> None:
    x0 = np.array([1.5, 2.0], np.float32)
    result = ag.optimize.minimize(rosenbrock, x0, method="trust-exact")
    assert result.x.dtype == np.float32
    assert result.jac.dtype == np.float64
    np.testing.assert_allclose(result.hess, ag.hessian(rosenbrock)(result.x.astype(float)), rtol=1e-4)


@pytest.mark.parametrize("start", [[3, -1], (3.0, -1.0), np.array([3, -1])])
def test_numbers_in_a_list_are_an_array(start: Any) -> None:
    result = ag.optimize.minimize(lambda x: np.sum((x - np.array([1.0, 2.0])) ** 2), start)
    assert result.x.shape == (2,)
    np.testing.assert_allclose(result.x, [1, 2], atol=1e-6)


def test_a_number_and_a_tensor() -> None:
    assert ag.optimize.minimize(lambda x: (x - 3) ** 2, 0).x == pytest.approx(3)
    found = ag.optimize.minimize(lambda x: np.sum((x - 3) ** 2), ag.Tensor([0.0], requires_grad=True)).x
    assert isinstance(found, ag.Tensor)
    assert not found.requires_grad


def test_tensors_reached_besides_are_constants() -> None:
    w = ag.Tensor(2.0, requires_grad=True)
    assert ag.optimize.minimize(lambda x: (x - w) ** 2, 0.0).x == pytest.approx(2)
    assert w.grad is None


def test_bounds_of_an_array_and_of_a_tree() -> None:
    scipy_optimize = pytest.importorskip("scipy.optimize")
    for bounds in ([(0, 0.5), (0, 9)], scipy_optimize.Bounds([0, 0], [0.5, 9])):
        result = ag.optimize.minimize(lambda x: np.sum((x - 2) ** 2), np.ones(2) / 3, method="L-BFGS-B", bounds=bounds)
        np.testing.assert_allclose(result.x, [0.5, 2])
    start = {"a": np.zeros(2), "b": 0.0}
    bounds = (-1, {"a": np.array([0.5, 9.0]), "b": np.inf})
    result = ag.optimize.minimize(lambda p: np.sum((p["a"] - 2) ** 2) + (p["b"] + 3) ** 2, start, bounds=bounds)
    np.testing.assert_allclose(result.x["a"], [0.5, 2])
    assert result.x["b"] == -1


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_constraints_take_the_tree_and_are_differentiated(method: str) -> None:
    scipy_optimize = pytest.importorskip("scipy.optimize")
    start = {"a": 1.0, "b": 2.0}
    kinds = [scipy_optimize.NonlinearConstraint(lambda p: p["a"] * p["b"], 4, 4)]
    if method == "SLSQP":
        kinds.append({"type": "eq", "fun": lambda p, k: p["a"] * p["b"] - k, "args": (4,)})
        kinds.append([{"type": "ineq", "fun": lambda p: p["a"] * p["b"] - 4}])
    for constraints in kinds:
        result = ag.optimize.minimize(
            lambda p: p["a"] ** 2 + p["b"] ** 2, start, method=method, constraints=constraints, tol=1e-8
        )
        np.testing.assert_allclose([result.x["a"], result.x["b"]], [2, 2], atol=1e-3)


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_derivatives_of_constraints_that_are_given_take_the_tree_too(method: str) -> None:
    scipy_optimize = pytest.importorskip("scipy.optimize")
    seen = []

    def slope(p: Any, k: float = 4.0) -> Any:
        seen.append(k)
        return np.array([p["b"], p["a"]])

    def curvature(p: Any, v: Any) -> Any:
        return v[0] * np.array([[0.0, 1.0], [1.0, 0.0]]) + 0 * p["a"]

    further = {"hess": curvature} if method == "trust-constr" else {}  # which no other method asks for
    own: Any = scipy_optimize.NonlinearConstraint(lambda p: p["a"] * p["b"], 4, 4, jac=slope, **further)
    if method == "SLSQP":
        own = [own, {"type": "ineq", "fun": lambda p, k: p["a"] * p["b"] - k, "jac": slope, "args": (3.0,)}]
    found = ag.optimize.minimize(
        lambda p: p["a"] ** 2 + p["b"] ** 2, {"a": 1.0, "b": 2.0}, method=method, constraints=own, tol=1e-8
    )
    np.testing.assert_allclose([found.x["a"], found.x["b"]], [2, 2], atol=1e-3)
    assert set(seen) == ({3.0, 4.0} if method == "SLSQP" else {4.0})


def test_a_callback_may_ask_for_the_intermediate_result() -> None:
    seen = []

    def callback(intermediate_result: Any) -> None:
        seen.append(intermediate_result.x["a"])

    ag.optimize.minimize(lambda p: (p["a"] - 1) ** 2, {"a": 0.0}, callback=callback)
    assert seen[-1] == pytest.approx(1)


def test_a_function_of_several_numbers_is_refused() -> None:
    with pytest.raises(errors.NonScalarError, match="one number"):
        ag.optimize.minimize(lambda x: x, np.ones(2))


def test_without_scipy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(errors.MissingExtraError, match=r"pip install 'autograd-lite\[scipy\]'"):
        ag.optimize.minimize(np.sum, np.ones(2))


def bowl(x: Any) -> Any:
    return sum(np.sum((leaf - 2.0) ** 2) for leaf in ag.tree.leaves(x))


M = np.zeros((2, 2))
BOUNDS: dict[str, tuple[Any, Any, Any]] = {
    "a number, a pair": (0.5, [(0, 1)], 1.0),
    "a number, two numbers": (0.5, (0, 1), 1.0),
    "a number, an array": (0.5, np.array([[0, 1]]), 1.0),
    "no dimension": (np.array(0.5), [(0, 1)], 1.0),
    "a number, None above": (0.5, [(0, None)], 2.0),
    "one number in an array": (np.array([0.5]), [(0, 1)], [1.0]),
    "one, two arrays": (np.array([0.5]), ([0.0], [1.0]), [1.0]),
    "two, pairs": (np.zeros(2), ((0, 1), (0, 3)), [1.0, 2.0]),
    "two, numbers": (np.zeros(2), (-1, 1), [1.0, 1.0]),
    "two, None": (np.zeros(2), (None, 1), [1.0, 1.0]),
    "three, two arrays": (np.zeros(3), (np.full(3, -1.0), np.array([1.0, 2.0, 3.0])), [1.0, 2.0, 2.0]),
    "a list": ([0.0, 0.0], [(0, 1), (None, None)], [1.0, 2.0]),
    "a matrix, pairs": (M, [(0, 1), (0, 2), (0, 3), (None, 0.5)], [[1.0, 2.0], [2.0, 0.5]]),
    "a matrix, two numbers": (M, (0, 1), np.ones((2, 2))),
    "a matrix, two matrices": (M, (M, np.array([[1, 1], [0.5, 0.5]])), [[1.0, 1.0], [0.5, 0.5]]),
    "a row, pairs": (np.zeros((1, 2)), [(0, 1), (0, 3)], [[1.0, 2.0]]),
    "a Tensor": (ag.Tensor([0.0, 0.0]), [(0, 1), (0, 3)], [1.0, 2.0]),
    "a tree, None": ({"a": 0.0, "b": np.zeros(2)}, (None, {"a": 1.0, "b": np.array([1.0, 9.0])}), [1.0, 1.0, 2.0]),
}


@pytest.mark.parametrize(("start", "bounds", "expected"), BOUNDS.values(), ids=BOUNDS)
@pytest.mark.parametrize("method", ["L-BFGS-B", "trust-constr", "Nelder-Mead"])
def test_bounds_of_every_form(start: Any, bounds: Any, expected: Any, method: str) -> None:
    found = ag.optimize.minimize(bowl, start, method=method, bounds=bounds, tol=1e-10).x
    leaves = [np.asarray(getattr(leaf, "_data", leaf)).ravel() for leaf in ag.tree.leaves(found)]
    np.testing.assert_allclose(np.concatenate(leaves), np.ravel(expected), atol=1e-3)
    assert [np.shape(leaf) for leaf in ag.tree.leaves(found)] == [np.shape(x) for x in ag.tree.leaves(found)]


LOWER, UPPER = np.array([-1.0, -1.0]), np.array([1.0, 2.0])


@pytest.mark.parametrize(
    "bounds",
    [
        (LOWER, UPPER),
        [LOWER, UPPER],
        (ag.Tensor(LOWER), ag.Tensor(UPPER)),
        np.stack([LOWER, UPPER], axis=1),
        ag.Tensor(np.stack([LOWER, UPPER], axis=1)),
        [(-1, 1), (-1, 2)],
        [[-1, 1], [-1, 2]],
        (-1, UPPER),
        (None, UPPER),
    ],
    ids=repr,
)
@pytest.mark.parametrize("start", [np.zeros(2), [0.0, 0.0], ag.Tensor([0.0, 0.0]), np.zeros((1, 2))], ids=repr)
def test_of_two_numbers_arrays_are_lower_and_upper_and_lists_are_pairs(start: Any, bounds: Any) -> None:
    def far(x: Any) -> Any:
        return np.sum((x - 5.0) ** 2)

    for found in (
        ag.optimize.minimize(far, start, bounds=bounds),
        *ag.optimize.multistart(far, [start], bounds=bounds),
    ):
        np.testing.assert_allclose(np.ravel(getattr(found.x, "_data", found.x)), [1, 2], atol=1e-6)


@pytest.mark.parametrize("args", [2.0, (2.0,), [2.0], np.array(2.0), np.array([2.0])], ids=repr)
def test_one_argument_may_stand_alone(args: Any) -> None:
    result = ag.optimize.minimize(lambda x, a: np.sum((x - np.asarray(a)) ** 2), np.zeros(1), args)
    np.testing.assert_allclose(result.x, [2.0], atol=1e-6)


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "nothing": ({"x0": []}, errors.ArgumentError, "without a number"),
    "an empty array": ({"x0": np.zeros((0, 3))}, errors.ArgumentError, "without a number"),
    "an empty tree": ({"x0": {"a": np.zeros(0)}}, errors.ArgumentError, "without a number"),
    "text": ({"x0": "abc"}, errors.GradientDtypeError, "is a str"),
    "None": ({"x0": np.array([None])}, errors.DataError, "object"),
    "complex": ({"x0": np.array([1j])}, errors.DataError, "complex128"),
    "a masked array": ({"x0": np.ma.array([1.0, 2.0], mask=[0, 1])}, errors.DataError, "masked array"),
    "a masked array in a tree": ({"x0": {"a": np.ma.ones(2)}}, errors.DataError, "masked array"),
    "a number as method": ({"method": 5}, errors.ArgumentError, "method=5.*l-bfgs-b"),
    "an unknown method": ({"method": "lbfgs"}, errors.ArgumentError, "method='lbfgs'.*l-bfgs-b"),
    "a list of methods": ({"method": ["BFGS"]}, errors.ArgumentError, "unknown"),
    "one pair for two": ({"bounds": [(0, 1)]}, errors.ArgumentError, r"bounds=\[\(0, 1\)\] \* 2"),
    "three pairs for two": ({"bounds": [(0, 1)] * 3}, errors.ArgumentError, "x0 of 2 numbers"),
    "one bound": ({"bounds": 1.0}, errors.ArgumentError, "x0 of 2 numbers"),
    "text as bound": ({"bounds": [("a", 1), (0, 1)]}, errors.ArgumentError, "x0 of 2 numbers"),
    "bounds of another length": ({"bounds": (np.zeros(3), np.ones(3))}, errors.ArgumentError, "x0 of 2 numbers"),
    "lists that are no pairs": ({"bounds": ([0, 0], [1, 1])}, errors.ArgumentError, r"bounds=\[\(0, 1\)\] \* 2"),
    "arrays that are pairs": ({"bounds": [np.array([0, 1])] * 2}, errors.ArgumentError, r"bounds=\[\(0, 1\)\] \* 2"),
    "bounds of another tree": (
        {"x0": {"a": 1.0}, "bounds": ({"b": 0.0}, 1.0)}, errors.AutogradError, "Write",
    ),
    "a callback that is none": ({"callback": 3}, errors.ArgumentError, "callback=lambda"),
    "a constraint without a function": ({"constraints": {"type": "eq"}}, errors.ArgumentError, "'fun': lambda"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "kind", "text"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_says_what_to_write(given: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=rf"(?s){text}") as caught:
        ag.optimize.minimize(bowl, **{"x0": np.zeros(2), "method": "SLSQP", **given})
    assert "Write" in str(caught.value)
