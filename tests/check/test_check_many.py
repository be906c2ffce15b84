"""The gradient check of many elements: random directions, and the search for the few that are wrong, by calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import numbers, only, sine

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.forms import elementwise

N = 100_000


def wrong_at(place: int, factor: float, size: int) -> Any:
    factors = np.ones(size)
    factors[place] = factor
    return sine(lambda g, x: g * np.cos(x) * factors)


@pytest.mark.parametrize("factor", [1.001, 0.0, -1.0, 1.01])
def test_one_wrong_element_of_many_is_found_and_named(factor: float) -> None:
    op = wrong_at(54_321, factor, N)
    report = ag.gradcheck(lambda x: op(x).sum(), numbers(N), raise_exception=False)
    fault = only(report.faults)
    assert (fault.verdict, fault.index, fault.count) == ("wrong", (54_321,), 1)
    assert fault.analytic == pytest.approx(factor * fault.numeric)
    assert fault.taylor == pytest.approx(1, abs=0.1)
    assert report.evaluations < 100


def test_one_wrong_element_of_many_outputs_is_found_and_named() -> None:
    op = wrong_at(543, 1.01, 1000)
    report = ag.gradcheck(op, numbers(1000), raise_exception=False)
    fault = only(report.faults)
    assert (fault.index, fault.output) == ((543,), "output element [543]")
    assert report.evaluations < 150


def test_some_wrong_elements_of_many_are_all_found() -> None:
    factors = np.ones(N)
    factors[[3, 500, 90_000]] = 1.01, 0.9, 1.2
    op = sine(lambda g, x: g * np.cos(x) * factors)
    report = ag.gradcheck(lambda x: op(x).sum(), numbers(N), raise_exception=False)
    fault = only(report.faults)
    assert (fault.count, fault.index) == (3, (90_000,))
    assert report.evaluations < 350


def test_many_right_elements_cost_a_handful_of_calls() -> None:
    report = ag.gradcheck(lambda x: np.sin(x).sum(), numbers(N))
    assert report.ok
    assert report.evaluations < 25
    assert ag.gradcheck(lambda x: ag.relu(x).sum(), numbers(N)).evaluations < 100
    assert report.inputs[0].checked == "3 directions"


def test_one_wrong_element_of_a_million(slow: bool) -> None:
    size = 1_000_000 if slow else 200_000
    op = wrong_at(size // 3, 1.001, size)
    fault = only(ag.gradcheck(lambda x: op(x).sum(), numbers(size), raise_exception=False).faults)
    assert fault.index == (size // 3,)


@pytest.mark.parametrize(("size", "zeros"), [(1000, True), (N, False)])
def test_a_wrong_element_among_many_kinks_is_named(size: int, zeros: bool) -> None:
    """Some elements are so near to a kink that most steps cross it; and some at it."""
    factors = np.ones(size)
    factors[7] = 1.001
    op = elementwise(lambda x: np.maximum(x, 0), lambda g, x: g * (x > 0) * factors)
    x = numbers(size)
    x[::3] *= not zeros
    x[7] = 1.0
    assert ag.gradcheck(lambda x: ag.relu(x).sum(), x).ok
    report = ag.gradcheck(lambda x: op(x).sum(), x, raise_exception=False)
    assert only(report.faults).index == (7,)
    assert report.evaluations < (450 if zeros else 260)
    assert [r.verdict for r in report.remarks] == ["kink"] * zeros


def test_what_was_not_counted_is_said_so() -> None:
    wrong = sine(lambda g, x: 1.5 * g * np.cos(x))
    with pytest.raises(errors.GradcheckError, match=r"3 of 1000 elements or more.*Everywhere .* 1\.5 times"):
        ag.gradcheck(wrong, numbers(1000))


@pytest.mark.parametrize("excess", [1e-3, 1e-6, 1e-8])
def test_a_complex_step_sees_what_differences_do_not(excess: float) -> None:
    """An offset of 1e8 takes half of the digits from every difference."""
    op = sine(lambda g, x: (1 + excess) * g * np.cos(x))
    report = ag.gradcheck(lambda x: (op(x) + 1e8) - 1e8, numbers(4), raise_exception=False)
    assert only(report.faults).error < 1e-12
    df = (lambda x: (np.sin(x) + 1e8) - 1e8, lambda x: (1 + excess) * np.diag(np.cos(x)))
    assert not ag.gradcheck(df, numbers(4), raise_exception=False).ok


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (np.abs(x) + 1e8) - 1e8,
        lambda x: (np.maximum(x, 0.1) + 1e8) - 1e8,
        lambda x: (np.conjugate(x) * np.real(x) + 1e8) - 1e8,
        lambda x: (x * np.abs(x.detach().numpy()) + 1e8) - 1e8 if np.iscomplexobj(x) else (x * np.abs(x) + 1e8) - 1e8,
        lambda x: (np.vdot(x, x) + 1e8) - 1e8,
        lambda x: (x.astype("f4") + 1e4) - 1e4,
    ],
)
def test_a_complex_step_is_not_believed_where_it_is_wrong(f: Callable[..., Any]) -> None:
    assert ag.gradcheck(f, numbers(4)).ok


def test_seeds_and_directions() -> None:
    first, second = (ag.gradcheck(np.sin, numbers(100), rng=seed).inputs[0] for seed in (0, 0))
    assert first == second
    assert ag.gradcheck(np.sin, numbers(100), rng=1).inputs[0] != first
    assert ag.gradcheck(np.sin, numbers(100), directions=None).inputs[0].checked == "elements"
    assert ag.gradcheck(np.sin, numbers(100), directions=5).inputs[0].checked == "5 directions"
