"""A program that is started again goes on in phases, with other loaders and settings, or is told what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stopped import At, Stop

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.data import DataLoader, TensorDataset
from autograd_lite.optim import lr_scheduler
from autograd_lite.train import Checkpoints, EarlyStopping, Trainer

X = np.random.default_rng(0).standard_normal((24, 3))
Y = X.sum(1, keepdims=True)


def loader(size: int = 4, n: int = 24) -> DataLoader:
    return DataLoader(TensorDataset(X[:n], Y[:n]), size, shuffle=True, generator=3)


def batches(size: int = 4) -> list[Any]:
    return [(X[i : i + size], Y[i : i + size]) for i in range(0, 24, size)]


def trainer(folder: Path, *callbacks: Any, schedule: Any = None, loss: Any = None, **settings: Any) -> Trainer:
    model = nn.Linear(3, 1, rng=0)
    optimizer = ag.optim.Adam(model.parameters(), lr=0.1)
    given = {"checkpoint": Checkpoints(folder, every=1), "callbacks": callbacks, "progress": False, **settings}
    made = None if schedule is None else schedule(optimizer)
    return Trainer(model, loss or nn.MSELoss(), optimizer, schedule=made, **given)


def stopped(folder: Path, step: int, feed: Any, epochs: int = 3, **settings: Any) -> None:
    """Leave checkpoints up to the step before."""
    with pytest.raises(Stop):
        trainer(folder, At(step), **settings).fit(feed, epochs)


# ----- phases -----


def first_and_second(folder: Path, *callbacks: Any) -> Trainer:
    """Train two epochs in small batches, and then two in larger ones, from another loader."""
    made = trainer(folder, *callbacks, EarlyStopping("loss", patience=9))
    made.fit(loader(4), 2, loader(8), resume=True)
    made.fit(loader(8), 4, loader(5), resume=True)
    return made


@pytest.mark.parametrize("kill", range(2, 18, 3))
def test_a_program_in_phases_is_started_again(kill: int, tmp_path: Path) -> None:
    expected = first_and_second(tmp_path / "whole")
    assert expected.step == 2 * 6 + 2 * 3
    with pytest.raises(Stop):
        first_and_second(tmp_path / "here", At(kill))
    again = first_and_second(tmp_path / "here")
    assert again.history.rows == expected.history.rows
    np.testing.assert_array_equal(again.model.weight.numpy(), expected.model.weight.numpy())


def test_a_phase_that_is_behind_changes_nothing(tmp_path: Path) -> None:
    stopped(tmp_path, 9, loader())
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    again = trainer(tmp_path)
    assert len(again.fit(loader(3), 1, resume=True)) == 1
    assert again.step == 8
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


OTHERS: dict[str, Callable[[], Any]] = {
    "other batches": lambda: loader(6),
    "another dataset": lambda: loader(4, 20),
    "a list": batches,
    "a shorter list": lambda: batches(8),
    "a loader that says nothing": lambda: map(tuple, batches()),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("feed", [loader, batches])
def test_another_loader_is_fine_at_the_end_of_an_epoch(feed: Any, name: str, tmp_path: Path) -> None:
    trainer(tmp_path, checkpoint=tmp_path).fit(feed(), 1)
    again = trainer(tmp_path, checkpoint=tmp_path)
    again.fit(OTHERS[name](), 2, resume=True)
    assert again.epoch == 2


@pytest.mark.parametrize("name", ["other batches", "another dataset", "a list", "a shorter list"])
@pytest.mark.parametrize("feed", [loader, batches])
def test_but_not_in_the_middle(feed: Any, name: str, tmp_path: Path) -> None:
    if name == "a list" and feed is batches:
        return
    stopped(tmp_path, 3, feed())
    with pytest.raises(errors.StateDictError, match=r"Write (the|DataLoader)"):
        trainer(tmp_path).fit(OTHERS[name](), 3, resume=True)


def test_another_validation_is_fine_everywhere(tmp_path: Path) -> None:
    with pytest.raises(Stop):
        trainer(tmp_path, At(9)).fit(loader(), 3, loader())
    for i, validation in enumerate([loader(3), batches(), None]):
        again = trainer(tmp_path / str(i))
        again.load_state_dict(Checkpoints(tmp_path).newest())
        again.fit(loader(), 3, validation)
        assert again.epoch == 3


# ----- other settings -----


@pytest.mark.parametrize("accumulate", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("compile", [False, True])
def test_gathered_gradients_go_into_the_next_step(compile: bool, accumulate: int, tmp_path: Path) -> None:
    """Three batches were gathered of four: the fourth makes a step, or the one after, by all of them."""
    stopped(tmp_path, 4, batches(), accumulate=4, compile=compile)
    again = trainer(tmp_path, accumulate=accumulate, compile=compile)
    again.load_state_dict(ag.load(tmp_path / "step-000000003.npz"))
    taken = max(4, accumulate)
    plain = nn.Linear(3, 1, rng=0)
    optimizer = ag.optim.Adam(plain.parameters(), lr=0.1)
    nn.functional.mse_loss(plain(X[: 4 * taken]), Y[: 4 * taken]).backward()
    optimizer.step()
    steps: list[tuple[int, Any]] = []

    class Updates:
        def on_step_end(self, trainer: Trainer) -> None:
            steps.append((trainer.updates, trainer.model.weight.numpy().copy()))

    again.callbacks.all[:] = [Updates()]
    again.fit(batches(), 1)
    first = next(i for i, (updates, _) in enumerate(steps) if updates)
    assert first == taken - 4
    np.testing.assert_allclose(steps[first][1], plain.weight.numpy(), rtol=1e-9)
    assert again.updates == 1 + -(-(6 - taken) // accumulate)


class Scaled(nn.Module):
    """A loss with a parameter."""

    def __init__(self) -> None:
        self.scale = nn.Parameter(1.0)

    def forward(self, output: Any, target: Any) -> Any:
        return np.mean((output - target) ** 2) * self.scale**2


def rates(optimizer: Any) -> Any:
    return lr_scheduler.StepLR(optimizer, 2)


def squares(output: Any, target: Any) -> Any:
    return np.mean((output - target) ** 2)


MISSING = {
    "ema": ({"ema": 0.9}, "means of parameters, of ema="),
    "schedule": ({"schedule": rates}, "schedules"),
    "loss": ({"loss": Scaled()}, "values of its loss"),
}


@pytest.mark.parametrize("name", MISSING)
@pytest.mark.parametrize("before", [True, False])
def test_parts_that_come_or_go_are_named(before: bool, name: str, tmp_path: Path) -> None:
    settings, said = MISSING[name]
    trainer(tmp_path, **(settings if before else {})).fit(batches(), 1)
    again = trainer(tmp_path, **({} if before else settings))
    with pytest.raises(errors.StateDictError, match=f"nothing was changed: it.*{said}.*Write the trainer as it was"):
        again.fit(batches(), 2, resume=True)
    assert again.step == 0


@pytest.mark.parametrize(("first", "second"), [(None, squares), (squares, None)])
def test_a_loss_without_values_may_be_another_one(first: Any, second: Any, tmp_path: Path) -> None:
    trainer(tmp_path, loss=first).fit(batches(), 1)
    assert len(trainer(tmp_path, loss=second).fit(batches(), 2, resume=True)) == 2


def test_what_a_state_has_not_is_named(tmp_path: Path) -> None:
    made = trainer(tmp_path)
    state = {name: part for name, part in made.state_dict().items() if name != "optimizer"}
    with pytest.raises(errors.StateDictError, match="it has no 'optimizer'"):
        made.load_state_dict(state)
