"""Losses kept with their history: what `backward` has released shall not be held by what was computed from it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine import leaks

Step = Callable[[Any, Any], Any]
CALLS = 40


@pytest.fixture(autouse=True)
def _from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "_watch", leaks._LossWatch())


def train(keep: Step, kept: Any, swept: Step | None = None, calls: int = CALLS) -> Any:
    """Take steps, after each of which ``keep(kept, loss)`` makes what is kept."""
    w = leaf([1.0, 2.0])
    for _ in range(calls):
        loss = (w * w).sum()
        if swept is None:
            loss.backward()
        else:
            swept(kept, loss)
        kept = keep(kept, loss)
    return kept




GROWING: dict[str, tuple[Step, Any]] = {
    "total = total + loss": (lambda total, loss: total + loss, 0.0),
    "total of a mean": (lambda total, loss: total + loss / 10, ag.Tensor(0.0)),
    "total = loss + total": (lambda total, loss: loss + total, 0.0),
    "a list": (lambda losses, loss: [*losses, loss * 10], []),
    "moving average": (lambda mean, loss: 0.9 * mean + 0.1 * loss, 0.0),
}


@pytest.mark.parametrize("name", GROWING)
def test_losses_that_are_kept_with_their_history_are_warned_of(name: str) -> None:
    with pytest.warns(errors.AutogradWarning, match="released by backward") as caught:
        train(*GROWING[name])
    assert caught[0].filename == __file__
    line = inspect.getsource(train).splitlines()[caught[0].lineno - train.__code__.co_firstlineno]
    assert line.strip() == "loss.backward()"
    message = str(caught[0].message)
    assert "the operation sum (result of shape ())" in message
    assert len(caught) == 2  # in 40 steps, 16 being needed for each


def test_a_total_made_before_backward_is_warned_of() -> None:
    def swept_later(total: Any, loss: Any) -> Any:
        total = total + loss
        loss.backward()
        return total

    with pytest.warns(errors.AutogradWarning, match=r"Write total = total \+ loss\.item\(\)"):
        train(swept_later, 0.0, lambda kept, loss: None)


def test_inside_of_debug_the_line_of_the_loss_is_named() -> None:
    with ag.debug(), pytest.warns(errors.AutogradWarning, match=re.escape(f"made at {__file__}")):
        train(*GROWING["a list"])


FINE: dict[str, tuple[Step, Any]] = {
    "nothing": (lambda kept, loss: None, None),
    "numbers": (lambda total, loss: total + loss.item(), 0.0),
    "detached": (lambda total, loss: total + loss.detach(), 0.0),
    "as the message says": (lambda total, loss: total + loss.item(), ag.Tensor(0.0)),
    "the nodes": (lambda nodes, loss: [*nodes, loss._node], []),  # as a thread has them that is about to leave a sweep
    "the losses": (lambda losses, loss: [*losses, loss], []),
    "the last two": (lambda losses, loss: [*losses, loss / 10][-2:], []),
    "the first": (lambda first, loss: loss / 10 if first is None else first, None),
    "without recording": (ag.no_grad()(lambda total, loss: total + loss), 0.0),
}


@pytest.mark.parametrize("name", FINE)
def test_what_does_not_grow_is_not_warned_of(name: str) -> None:
    train(*FINE[name])


@pytest.mark.parametrize(
    "swept",
    [
        lambda kept, loss: loss.backward(retain_graph=True),
        lambda kept, loss: loss.backward(create_graph=True),
        lambda kept, loss: ag.value_and_grad(np.sum)(loss),
    ],
    ids=["retain_graph", "create_graph", "grad"],
)
def test_losses_that_are_not_released_are_not_warned_of(swept: Step) -> None:
    total = train(lambda total, loss: total + loss, 0.0, swept)
    total.backward()


def test_leaves_and_losses_with_hooks_are_not_watched() -> None:
    w, total = leaf(2.0), 0.0
    for _ in range(CALLS):
        w.backward()
        total = total + w
        loss = w * w
        loss.register_hook(lambda g: None)
        loss.backward()
        assert leaks._watch.node is None


def test_losses_of_compiled_functions_are_not_watched() -> None:
    """A trace holds the nodes that it has seen."""
    def compiled(w: Any) -> Callable[[], Any]:
        @ag.compile
        def step() -> Any:
            loss = (w * w).sum()
            loss.backward()
            return loss

        return step

    steps = [compiled(leaf([1.0, 2.0])) for _ in range(CALLS)]
    for step in steps:
        assert step().item() == step().item() == 5.0
