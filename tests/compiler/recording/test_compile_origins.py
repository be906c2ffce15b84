"""What a program says its calls come from: told by sweeps and optimisers themselves, not by local variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine import watchpoints
from autograd_lite.optim.optimizer import Optimizer

X = np.array([0.3, 0.7, 1.1])


def source_of(f: Any, *args: Any, times: int = 1) -> str:
    compiled = ag.compile(f)
    for _ in range(times):
        compiled(*args)
    return str(compiled.source)


def test_a_function_of_the_users_that_is_called_as_a_method_of_optimisers_is_none() -> None:
    class Walk:
        def advance(self, group: Any) -> Any:
            return np.sin(group) * 2

    text = source_of(Walk().advance, X)
    assert "Walk" not in text.partition("def advance")[2]


def test_the_variables_of_a_function_of_the_users_are_no_nodes() -> None:
    def reverse(x: Any) -> Any:
        node = parent = op = np.exp(x)
        return node * parent + op

    assert "derivative" not in source_of(reverse, X)


class SignDescent(Optimizer):
    """Steps of the same length."""

    def check(self, settings: Any) -> None:
        """Take all."""

    def advance(self, group: Any, tensors: Any, arrays: Any) -> None:
        for weights in group["params"]:
            tensors.append(weights)
            arrays.append(weights.numpy() - 0.5 * np.sign(weights.grad.numpy()))


def test_what_an_optimiser_of_the_users_computes_has_its_name() -> None:
    w = ag.Tensor(X, requires_grad=True, name="w")
    opt = SignDescent([w])

    def step(a: Any) -> Any:
        opt.zero_grad()
        loss = np.sum(w * a)
        loss.backward()
        opt.step()
        return loss + 1.0

    lines = source_of(step, X, times=2).splitlines()
    assert any("np.sign(" in line and line.endswith(": SignDescent") for line in lines)
    assert any("+" in line and line.endswith(": add") for line in lines)  # after the step, no more


def lines_of(f: Any, word: str) -> list[str]:
    return [line for line in source_of(f, X).splitlines() if word in line.partition("#")[2]]


def test_each_derivative_says_of_which_operation_it_is_and_for_which_value() -> None:
    def loss(x: Any) -> Any:
        u = np.tanh(x)
        return np.sum(u * np.exp(u))

    assert any("d_u = " in line for line in lines_of(ag.grad(loss), "derivative of"))
    assert any("np.exp" in line for line in lines_of(ag.grad(loss), ": exp"))
    forward = lines_of(lambda x: ag.jvp(loss, (x,), (x,)), "derivative of")
    assert len(forward) > 1


def test_what_a_hook_makes_of_a_derivative_has_its_name() -> None:
    def hooked(x: Any) -> Any:
        t = ag.Tensor(x, requires_grad=True)
        u = np.exp(t)
        u.register_hook(lambda g: g * 3)
        np.sum(u * x).backward()
        return t.grad

    assert any("d_u = " in line or "d_u_2 = " in line for line in source_of(hooked, X).splitlines())


def test_a_loop_within_a_loop_gives_the_word_back() -> None:
    def nested(x: Any) -> Any:
        for _ in watchpoints.doing([1], lambda _: ("outer", None)):
            y = np.sin(x)
            for _ in watchpoints.doing([1], lambda _: ("inner", None)):
                y = np.sinh(y)
            y = np.cosh(y)
        return np.tanh(y)

    said = {line.split("(")[0].split(".")[-1]: line for line in source_of(nested, X).splitlines() if "np." in line}
    words = {name: line.rpartition("float64")[2] for name, line in said.items()}
    assert words["sin"] == words["cosh"] == ": outer"
    assert words["sinh"] == ": inner"
    assert "er" not in words["tanh"]


def test_a_loop_that_has_failed_says_nothing_of_what_follows() -> None:
    def items() -> Any:
        yield 1
        raise ZeroDivisionError

    def caught(x: Any) -> Any:
        try:
            for item in watchpoints.doing(items(), lambda item: (f"item {item}", None)):
                y = np.sin(x) * item
        except ZeroDivisionError:
            return np.cosh(y)

    lines = source_of(caught, X).splitlines()
    assert any("np.sin" in line and "item 1" in line for line in lines)
    assert any("np.cosh" in line and "item" not in line for line in lines)


def test_nobody_is_told_where_nobody_watches() -> None:
    items = [1, 2]
    assert watchpoints.doing(items, pytest.fail) is items
