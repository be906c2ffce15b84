"""What rounding may make of a derivative: measured, neither overlooked nor made an excuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import numbers, only, sine

import autograd_lite as ag
from autograd_lite.check.rounding import Chance
from autograd_lite.engine.forms import custom, elementwise

WRONG_AT_3 = elementwise(lambda x: x * x, lambda g, x: np.where(x == 3.0, 7.0, 2 * x) * g)
RELU_5 = elementwise(lambda x: np.maximum(x, 0), lambda g, x: np.where(x == 0, 5 * g, g * (x > 0)))


def test_results_differ_in_their_last_digits_and_only_inside() -> None:
    x = ag.Tensor(numbers(1000), requires_grad=True)
    plain = np.exp(np.sin(x) * 3)
    with Chance(np.random.default_rng(0), np.finfo(float).eps).in_results():
        shaken = np.exp(np.sin(x) * 3)
    off = np.abs(shaken.detach().numpy() / plain.detach().numpy() - 1)
    assert 0 < np.median(off) < np.max(off) < 50 * np.finfo(float).eps
    np.testing.assert_array_equal(np.exp(np.sin(x) * 3).detach(), plain.detach())


def test_what_does_not_round_stays_as_it_is() -> None:
    x = ag.Tensor(numbers(1000))
    with Chance(np.random.default_rng(0), 1e-3).in_results():
        results = [np.floor(x), np.maximum(x, 0.1), x[3:], np.argsort(x)]
    for shaken, exact in zip(results, [np.floor(x), np.maximum(x, 0.1), x[3:], np.argsort(x)], strict=True):
        np.testing.assert_array_equal(shaken, exact)


def test_a_single_number_comes_out_as_an_array() -> None:
    x = ag.Tensor(2.0, requires_grad=True)
    with Chance(np.random.default_rng(0), 1e-3).in_results():
        y = x * 3
    assert y.data.shape == ()


@pytest.mark.parametrize(
    ("f", "x", "index"),
    [
        (WRONG_AT_3, np.array([1.0, 3.0, 2.0]), (1,)),
        (lambda x: np.sin(WRONG_AT_3(x * 2)).sum(), np.array([1.0, 1.5, 2.0]), (1,)),
        (lambda x: np.sin(WRONG_AT_3(x * 2)).sum(), np.append(numbers(400), 1.5), (400,)),
        (lambda x: np.log(WRONG_AT_3(np.sqrt(x))), np.array([9.0, 1.0]), (0,)),
    ],
    ids=["alone", "composed", "one of many", "after a root"],
)
def test_a_rule_that_is_wrong_at_one_number_is_named(f: Any, x: Any, index: tuple[int, ...]) -> None:
    """It is wrong at no point beside it, just as what rounding has made of a right one."""
    fault = only(ag.gradcheck(f, x, raise_exception=False).faults)
    assert (fault.verdict, fault.index, fault.operation) == ("wrong", index, "<lambda>")


@pytest.mark.parametrize("weights", [np.ones(5000), np.linspace(-1, 1, 5000)], ids=["of one sign", "of both signs"])
def test_a_wrong_derivative_at_many_kinks_is_found(weights: Any) -> None:
    """Along a direction through many kinks its sum may well lie between the slopes, and a right one may not."""
    x = numbers(5000)
    x[::3] = 0
    fault = only(ag.gradcheck(lambda x: (RELU_5(x) * weights).sum(), x, raise_exception=False).faults)
    assert (fault.verdict, fault.index[0] % 3, fault.operation) == ("kink", 0, "<lambda>")
    assert ag.gradcheck(lambda x: (ag.relu(x) * weights).sum(), x)


def test_the_slopes_of_a_kink_are_those_of_the_output_that_is_named() -> None:
    x = np.append(numbers(99), 0.0)
    fault = only(ag.gradcheck(RELU_5, x, directions=None, raise_exception=False).faults)
    assert (fault.index, fault.output, fault.slopes) == ((99,), "output element [99]", (0.0, 1.0))


@pytest.mark.parametrize("x", [1e12, 2.1449284132063076e18])
def test_nothing_is_known_where_a_function_varies_within_the_last_digits(x: float) -> None:
    assert ag.gradcheck(lambda x: np.sin(1e6 * x), np.array([x, 1.5 * x]))


def test_what_differences_cannot_tell_is_remarked() -> None:
    """The sine of numbers of 1e18, of which neighbours are many periods apart."""
    report = ag.gradcheck(lambda x: np.sum(np.abs(np.sin(x * x * x))), numbers(3) * 1e7)
    assert [r.verdict for r in report.remarks] == ["unclear"]
    assert "no operation is wrong on its own" in str(report.remarks[0])


def test_a_wrong_rule_in_what_differences_cannot_tell_is_named() -> None:
    wrong = elementwise(lambda x: np.array(x), lambda g: -g)
    report = ag.gradcheck(lambda x: np.sum(np.sin(wrong(x * x * x))), numbers(3) * 1e7, raise_exception=False)
    fault = only(report.faults)
    assert (fault.verdict, fault.operation) == ("wrong", "<lambda>")


def test_a_fault_of_no_single_operation_is_one_nevertheless() -> None:
    """A rule that writes to its cotangent is right on its own, and spoils what others do with it."""

    def spoil(g: Any, x: Any) -> Any:
        g *= 2
        return g * np.cos(x) / 2

    spoiling = elementwise(lambda x: np.sin(x), spoil)
    report = ag.gradcheck(lambda x: np.exp(np.cos(x) + spoiling(x * 1)), numbers(3), raise_exception=False)
    assert {fault.verdict for fault in report.faults} == {"wrong"}


@pytest.mark.parametrize("factor", [1.0, 1.001])
def test_functions_that_do_not_know_longdouble_are_checked_without(factor: float) -> None:
    rules = (lambda g, a, y: -factor * np.outer(np.linalg.solve(a.T, g), y), lambda g, a: np.linalg.solve(a.T, g))
    solve = custom(lambda a, b: np.linalg.solve(a, b), *rules)
    inputs = (numbers(3, 3) + 3 * np.eye(3), numbers(3))
    report = ag.gradcheck(lambda a, b: np.sin(solve(a, b)), inputs, modes=("reverse",), raise_exception=False)
    assert report.ok == (factor == 1.0)


def test_digits_lost_inside_are_no_excuse_where_few_are_lost() -> None:
    """An offset of 1e5 leaves eleven digits: enough to see a factor of 1.001."""
    right = ag.gradcheck(lambda x: ((np.sin(x) + 1e5) - 1e5).sum(), numbers(100))
    wrong = sine(lambda g, x: 1.001 * g * np.cos(x))
    assert right.ok
    assert not ag.gradcheck(lambda x: ((wrong(x) + 1e5) - 1e5).sum(), numbers(100), raise_exception=False).ok
