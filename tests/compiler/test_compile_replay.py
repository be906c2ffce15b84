"""`compile(replay=True)`: the call that is recorded is done by the program too, so that all calls round alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn

X = np.random.default_rng(0).standard_normal((7, 5)).astype(np.float32)


def training(rng: Any = None) -> tuple[nn.Module, Any]:
    """Return a network, and one step of its training, in which a program adds up in another order."""
    ag.manual_seed(0)
    layers = [nn.Linear(5, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2, rng=rng), nn.Linear(16, 3)]
    model = nn.Sequential(*layers).float()
    optimizer = ag.optim.Adam(model.parameters())

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), np.arange(7) % 3)
        loss.backward()
        optimizer.step()
        return loss

    return model, step


def bits(model: nn.Module) -> list[bytes]:
    return [value.tobytes() for value in model.state_dict().values()]


@pytest.mark.parametrize("backend", ["numpy", "auto"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_program_that_is_recorded_later_goes_on_with_the_same_bits(backend: str, after: int) -> None:
    first, step = training()
    whole = ag.compile(step, backend=backend, replay=True)
    losses = [whole(X).item() for _ in range(5)]
    second, step = training()
    parts = [ag.compile(step, backend=backend, replay=True) for _ in range(2)]
    again = [parts[n > after](X).item() for n in range(5)]
    assert losses == again
    assert bits(first) == bits(second)
    assert whole.programs.recordings == 1


@pytest.mark.parametrize("rng", [None, 5])
def test_nothing_is_drawn_or_counted_twice(rng: Any) -> None:
    (first, plain), (second, step) = training(rng), training(rng)
    ag.manual_seed(1)
    expected = [plain(X).item() for _ in range(4)]
    number = ag.rand(1).item()
    ag.manual_seed(1)
    replayed = ag.compile(step, replay=True)
    np.testing.assert_allclose([replayed(X).item() for _ in range(4)], expected, rtol=1e-5)
    assert ag.rand(1).item() == number
    assert second[1].num_batches_tracked.item() == first[1].num_batches_tracked.item() == 4


def test_a_history_is_recorded_as_ever() -> None:
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    f = ag.compile(lambda x: (w * x).sum(), replay=True)
    for _ in range(3):
        f(np.array([3.0, 4.0])).backward()
    assert w.grad.tolist() == [9.0, 12.0]


def test_what_keeps_a_tensor_at_each_call_is_refused_at_once() -> None:
    kept: list[Any] = []
    f = ag.compile(lambda x: kept.append(x * 2), replay=True)
    with pytest.raises(errors.CompileError):
        f(ag.Tensor([1.0]))


@pytest.mark.parametrize("replay", [False, True])
def test_an_error_changes_nothing(replay: bool) -> None:
    model, step = training()
    broken = ag.compile(lambda x: (step(x), 1 / 0), replay=replay)
    before = bits(model)
    with pytest.raises(ZeroDivisionError):
        broken(X)
    assert bits(model) == before
