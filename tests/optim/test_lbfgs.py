"""L-BFGS: minima, line searches that meet their conditions, and functions that are not finite everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors, nn, optim
from autograd_lite.optim.line_search import FLATTER, LESS, Point, Search


def minimised(f: Any, x: Any, calls: int = 1, **settings: Any) -> Any:
    opt = optim.LBFGS([x], **{"line_search_fn": "strong_wolfe", "max_iter": 100, **settings})
    for _ in range(calls):

        def closure() -> Any:
            opt.zero_grad()
            loss = f(x)
            loss.backward()
            return loss

        opt.step(closure)
    return opt


def rosenbrock(x: Any) -> Any:
    return ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum()


@pytest.mark.parametrize("start", [[-1.5, 2.0], [3.0, -2.0, 0.5], [0.0] * 6])
def test_the_valley_of_rosenbrock_is_gone_down(start: list[float]) -> None:
    x = leaf(start)
    minimised(rosenbrock, x, calls=3)
    np.testing.assert_allclose(x.numpy(), 1.0, atol=1e-5)


def test_a_quadratic_function_takes_few_evaluations() -> None:
    a = np.diag([1.0, 10.0, 100.0])
    x = leaf(np.ones(3))
    opt = minimised(lambda x: x @ a @ x / 2, x, tolerance_change=1e-14)
    np.testing.assert_allclose(x.numpy(), 0.0, atol=1e-6)
    assert opt.state[x]["func_evals"] < 30


def test_several_parameters_of_other_dtypes_keep_them() -> None:
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    scale = leaf(np.float32(1.0))
    opt = optim.LBFGS([*model.parameters(), scale], line_search_fn="strong_wolfe")
    x = np.random.default_rng(0).standard_normal((20, 2))

    def closure() -> Any:
        opt.zero_grad()
        loss = ((model(x) * scale - x[:, :1] * x[:, 1:]) ** 2).mean()
        loss.backward()
        return loss

    first = opt.step(closure).item()
    assert opt.step(closure).item() < 0.9 * first
    assert scale.dtype == np.float32


def test_what_is_infinite_beyond_a_border_is_kept_out_of() -> None:
    x = leaf([1e-3, 5.0])
    with np.errstate(all="ignore"):
        minimised(lambda x: (x - np.log(x)).sum(), x, calls=3)
    np.testing.assert_allclose(x.numpy(), 1.0, atol=1e-4)


def test_a_minimum_is_not_left() -> None:
    x = leaf([0.0, 0.0])
    opt = minimised(lambda x: (x * x).sum(), x)
    assert x.tolist() == [0.0, 0.0]
    assert opt.state[x]["func_evals"] == 1


def test_parameters_without_a_gradient_stay() -> None:
    x, y = leaf([3.0]), leaf([5.0])
    opt = optim.LBFGS([x, y])

    def closure() -> Any:
        opt.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    opt.step(closure)
    assert y.tolist() == [5.0]


def test_an_error_leaves_everything_as_it_was() -> None:
    x = leaf([3.0])
    opt = optim.LBFGS([x], max_iter=5)
    calls = []

    def closure() -> Any:
        opt.zero_grad()
        loss = (x * x * x * x).sum()
        loss.backward()
        calls.append(1)
        if len(calls) == 3:
            raise ZeroDivisionError
        return loss

    with pytest.raises(ZeroDivisionError):
        opt.step(closure)
    assert x.tolist() == [3.0]
    assert opt.state[x] == {}


def test_it_takes_a_closure_and_one_group() -> None:
    x, y = leaf([1.0]), leaf([1.0])
    with pytest.raises(errors.ArgumentError, match=r"closure.*Write opt\.step\(closure\)"):
        optim.LBFGS([x]).step()
    with pytest.raises(errors.ArgumentError, match="one group"):
        optim.LBFGS([{"params": [x]}, {"params": [y]}])


FUNCTIONS: dict[str, Any] = {
    "quartic": lambda t: (t - 3) ** 4 - t,
    "wave": lambda t: np.cos(t + 0.5) + 0.02 * t * t,
    "steep": lambda t: np.exp(t) - 30 * t,
    "long": lambda t: -t / (t * t + 200),
    "kink": lambda t: abs(t - 2) + 0.1 * t * t - 0.5 * t,
}


@pytest.mark.parametrize("first", [1e-3, 0.3, 1.0, 30.0])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_step_that_is_found_meets_the_conditions(function: str, first: float) -> None:
    f = FUNCTIONS[function]

    def evaluate(t: float) -> tuple[float, Any]:
        return float(f(t)), np.array([(f(t + 1e-7) - f(t - 1e-7)) / 2e-7])

    loss, gradient = evaluate(0.0)
    start = Point(0.0, loss, gradient, float(gradient[0]))
    assert start.slope < 0
    search = Search(evaluate, start, np.array([1.0]), 60, 1e-9)
    found = search.find(first)
    assert found.loss <= start.loss + LESS * found.t * start.slope
    if function != "kink":
        assert abs(found.slope) <= -FLATTER * start.slope
    assert search.evaluations <= 61


def clamped(x: Any) -> None:
    with ag.no_grad():
        x.clamp_(0, 1)


def clipped(x: Any) -> None:
    x.data[...] = np.clip(x.data, 0, 1)


def shortened(x: Any) -> None:
    with ag.no_grad():
        x.mul_(0.9)


def untouched(x: Any) -> None:
    pass


# what the closure does before and after; PyTorch's loss, parameters, and numbers of evaluations and iterations
BY_PYTORCH: list[tuple[str | None, Any, Any, list[float]]] = [
    (None, untouched, untouched, [0.3852377, 1.88806217, 1.61220339, -1.7141481, 0.00038853, 24, 24]),
    (None, clamped, untouched, [9.70625, 0.0, 0.0, 0.0, 1211.01858816, 20, 18]),
    (None, clipped, untouched, [9.70625, 0.0, 0.0, 0.0, 1211.01858816, 20, 18]),
    (None, untouched, shortened, [1.68643748, 1.04745903, 0.64516436, -0.68982605, -0.01627076, 24, 24]),
    ("strong_wolfe", untouched, untouched, [0.38198356, 1.88763151, 1.6123523, -1.99097551, 1.8e-06, 30, 23]),
    ("strong_wolfe", clamped, untouched, [3.22134068, 1.0, 1.0, 0.0, -0.12284413, 36, 8]),
    ("strong_wolfe", clipped, untouched, [3.22134068, 1.0, 1.0, 0.0, -0.12284413, 36, 8]),
    ("strong_wolfe", untouched, shortened, [0.45848104, 1.89548148, 1.62905973, -1.61919267, -0.00023507, 33, 14]),
]


@pytest.mark.parametrize(("search", "before", "after", "expected"), BY_PYTORCH)
def test_what_the_closure_does_to_parameters_holds_as_in_pytorch(
    search: str | None, before: Any, after: Any, expected: list[float]
) -> None:
    x, y, goal = leaf([0.5, -0.3, 0.9]), leaf([0.2]), np.array([3.0, 0.5, -2.0])
    opt = optim.LBFGS([x, y], lr=1.0 if search else 0.3, max_iter=4, line_search_fn=search)

    def closure() -> Any:
        before(x)
        opt.zero_grad()
        loss = ((x - goal) ** 4).sum() / 10 + ((y * x[0]) ** 2).sum() + (x[0] - x[1]) ** 2
        loss.backward()
        after(x)
        return loss

    for _ in range(6):
        loss = opt.step(closure)
    found = [loss.item(), *x.tolist(), *y.tolist(), opt.state[x]["func_evals"], opt.state[x]["n_iter"]]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("change", [clamped, clipped, shortened])
def test_an_error_undoes_what_the_closure_did_to_parameters(change: Any) -> None:
    x = leaf([3.0, -1.0])

    def closure() -> Any:
        change(x)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        optim.LBFGS([x]).step(closure)
    assert x.tolist() == [3.0, -1.0]
