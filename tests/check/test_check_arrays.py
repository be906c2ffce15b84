"""A function on Tensors against the same on plain arrays: in `gradcheck`, and in `debug` as a decorator."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import numbers, only

import autograd_lite as ag
from autograd_lite import errors, nn


def branching(x: Any) -> Any:
    return x * 2 if isinstance(x, ag.Tensor) else x * 3


def branching_on_shape(x: Any) -> Any:
    return x[:1] * 2 if isinstance(x, ag.Tensor) else x * 2


def branching_on_count(x: Any) -> Any:
    return (x, x) if isinstance(x, ag.Tensor) else x


def branching_by_little(x: Any) -> Any:
    return np.sum(x) * (1 if hasattr(x, "requires_grad") else 1 + 1e-6)


def by_class(x: Any) -> Any:
    return np.sum(x) if type(x) is np.ndarray else np.sum(x * x)


@pytest.mark.parametrize(
    ("f", "ours", "theirs"),
    [
        (branching, "4.0", "6.0"),
        (branching_on_shape, "of shape (1,)", "of shape (3,)"),
        (branching_on_count, "2 of floats", "1 of floats"),
        (branching_by_little, "6.0", "6.00000"),
        (by_class, "12.0", "6.0"),
    ],
)
def test_another_function_on_arrays_is_a_fault(f: Callable[[Any], Any], ours: str, theirs: str) -> None:
    x = np.full(3, 2.0)
    report = ag.gradcheck(f, x, raise_exception=False)
    fault = only(report.faults)
    assert fault.verdict == "other on arrays"
    assert f"is {ours}" in str(fault)
    assert f"and {theirs}" in str(fault)
    assert "f on Tensors is not f on arrays" in str(fault)
    assert f"fault: other on arrays  {fault.hint}" in str(report)
    with pytest.raises(errors.OtherOnArraysError, match="on Tensors is not"):
        ag.debug(arrays=True)(f)(ag.Tensor(x))


class Counting:
    """A function with a state that its value does not depend on."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __call__(self, x: Any) -> Any:
        self.calls.append(x)
        return np.sum(x * x)


def drawing(x: Any) -> Any:
    """One draw for Tensors, whatever the state of the generators; arrays get another one at each call."""
    return x * (0.5 if isinstance(x, ag.Tensor) else random.random())


def seeded(x: Any) -> Any:
    return np.sum(x * np.random.default_rng(0).standard_normal(3))


def printing(x: Any) -> Any:
    print("called")  # an effect
    return np.sum(np.exp(x))


LAYER = nn.Linear(3, 2, rng=0)
SAME: dict[str, Any] = {
    "methods of a Tensor": lambda x: x.relu() + x.detach(),
    "a layer": lambda x: LAYER(x),
    "its parameters": lambda x: np.sum(LAYER.weight * x),
    "a state": Counting(),
    "random numbers": drawing,
    "a seed": seeded,
    "a print": printing,
    "definitions of ours": lambda x: np.stack([np.std(x), np.median(x), np.var(x), np.ptp(x)]),
    "cancellation": lambda x: np.std(1e8 + x),
    "single precision": lambda x: np.std(x.astype(np.float32)).astype(float),
    "a float and a tree": lambda x: (np.sum(x), 2.0),
    "a write to its own": lambda x: _written(x),
    "a gradient": lambda x: ag.grad(lambda x: np.sum(x**3))(x),
}


def _written(x: Any) -> Any:
    y = x * 1
    y[0] = 3.0
    return y * x


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("wrap", [np.array, lambda x: ag.Tensor(x, requires_grad=True)], ids=["array", "Tensor"])
def test_the_same_function_on_arrays_is_none(name: str, wrap: Callable[[Any], Any]) -> None:
    x = wrap(numbers(3))
    report = ag.gradcheck(SAME[name], x, raise_exception=False)
    assert all(f.verdict != "other on arrays" for f in report.faults)
    ag.debug(nan=False, arrays=True)(SAME[name])(ag.Tensor(numbers(3)))


def test_arguments_are_given_as_they_are_and_left_alone() -> None:
    seen: list[Any] = []

    def f(x: Any, flag: bool, buffer: Any) -> Any:
        seen.append((type(x), flag, type(buffer)))
        return x * buffer

    buffer = np.ones(3)
    t = ag.Tensor(numbers(3), requires_grad=True)
    y = ag.debug(arrays=True)(f)(t, True, buffer)
    assert seen == [(ag.Tensor, True, np.ndarray), (np.ndarray, True, np.ndarray)]
    y.sum().backward()
    np.testing.assert_array_equal(t.grad, buffer)


def test_a_block_has_no_function_to_call() -> None:
    with pytest.raises(errors.ArgumentError, match="arrays=True"), ag.debug(arrays=True):
        pass


def test_the_lines_of_a_watched_function_are_named() -> None:
    @ag.debug(arrays=True)
    def f(x: Any) -> Any:
        return np.log(x)

    with np.errstate(all="ignore"), pytest.raises(errors.NonFiniteError, match=__file__):
        f(ag.Tensor([0.0]))
    assert f.__name__ == "f"
