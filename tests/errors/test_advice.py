"""What is allowed but hardly meant is warned of, at the user's line: no gradient, two softmaxes, a step for nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite import nn, optim
from autograd_lite.errors import AutogradWarning

SCORES = np.array([[1.0, 2.0], [0.5, 0.0]])


def looks_at_an_intermediate() -> None:
    y = leaf([1.0, 2.0]) * 2
    y.sum().backward()
    assert y.grad is None


def steps_without_backward() -> None:
    w = leaf(1.0)
    opt = optim.SGD([w], lr=0.1)
    (w * w).sum()
    opt.step()
    opt.step()  # is told once
    assert w.item() == 1.0


def has_a_softmax_too_many() -> None:
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Softmax())
    nn.CrossEntropyLoss()(model(ag.Tensor(SCORES)), [0, 1])


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (looks_at_an_intermediate, r"made by multiply.*or t\.retain_grad\(\) before backward\(\)"),
        (steps_without_backward, r"none of its parameters has a gradient\. Write loss\.backward\(\)"),
        (has_a_softmax_too_many, r"the result of softmax\. Write the model without a softmax at its end"),
    ],
)
def test_it_is_warned_of_once_at_the_line(act: Callable[[], Any], words: str) -> None:
    with pytest.warns(AutogradWarning, match=words) as caught:
        act()
    (warning,) = caught
    lines, start = inspect.getsourcelines(act)
    assert warning.filename == __file__
    assert start < warning.lineno < start + len(lines)


def test_what_is_meant_is_not_warned_of() -> None:
    w = leaf([1.0, 2.0])
    y = w * 2
    y.retain_grad()
    y.sum().backward()
    assert y.grad is not None
    z = w * 3
    assert z.grad is None  # backward() has not been there
    z.sum().backward(retain_graph=True)
    assert z.grad is None  # and may come again
    opt = optim.SGD([w, leaf(1.0)], lr=0.1)
    opt.step()
    scores = ag.Tensor(SCORES)
    nn.functional.cross_entropy(scores, np.array([0, 1]))
    nn.functional.cross_entropy(nn.functional.log_softmax(scores), np.array([0, 1]))
    nn.functional.cross_entropy(scores, nn.functional.softmax(scores))


def test_a_step_that_is_compiled_is_not_warned_of() -> None:
    w = leaf([1.0, 2.0])

    @ag.compile
    def step(x: Any) -> Any:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(w * x, np.array(0))
        loss.backward()
        opt.step()
        return loss

    opt = optim.SGD([w], lr=0.1)
    for _ in range(3):
        step(np.array([1.0, 2.0]))
