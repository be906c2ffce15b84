"""What callbacks do between two batches, draws and passes over the loader, comes again in a training that goes on."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stopped import At, Stop

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.data import DataLoader, Dataset, Subset, TensorDataset
from autograd_lite.train import Checkpoints, EarlyStopping, Trainer

X = np.random.default_rng(0).standard_normal((18, 3))
Y = X.sum(1, keepdims=True)
KEPT = np.random.default_rng(0)  # named by functions below


def loader() -> DataLoader:
    return DataLoader(TensorDataset(X, Y), 4, shuffle=True)


def batches() -> list[Any]:
    return [(X[i : i + 4], Y[i : i + 4]) for i in range(0, 18, 4)]


def trainer(folder: Path, model: nn.Module | None = None, loss: Any = None, **settings: Any) -> Trainer:
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Dropout(0.2), nn.Linear(4, 1, rng=1)) if model is None else model
    given = {"checkpoint": Checkpoints(folder, every=1), "progress": False, **settings}
    return Trainer(model, loss or nn.MSELoss(), ag.optim.Adam(model.parameters(), lr=0.1), **given)


def restart(seed: int) -> None:
    ag.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    KEPT.bit_generator.state = np.random.default_rng(seed).bit_generator.state


def goes_on(folder: Path, make: Callable[..., Trainer], loader: Callable[[], Any], kill: int = 8) -> None:
    """Have a training stop after a batch, and go on in what stands for another process."""
    restart(0)
    expected = make(folder / "whole", [])
    expected.fit(loader(), 3)
    restart(0)
    with pytest.raises(Stop):
        make(folder / "here", [At(kill)]).fit(loader(), 3)
    restart(1)
    again = make(folder / "here", [])
    again.fit(loader(), 3, resume=True)
    assert again.history.rows == expected.history.rows
    for found, wanted in zip(again.model.parameters(), expected.model.parameters(), strict=True):
        np.testing.assert_array_equal(found.numpy(), wanted.numpy())


# ----- passes over the loader -----


class Passes:
    """Go over the loader at each call of one kind: to its end, or to its second batch."""

    def __init__(self, when: str, whole: bool) -> None:
        self.whole = whole
        setattr(self, when, self.go)

    def go(self, trainer: Trainer) -> None:
        if self.whole:
            trainer.evaluate(trainer.loader)
            return
        for i, _ in enumerate(trainer.loader):
            if i:
                break


@pytest.mark.parametrize("feed", [loader, batches])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("when", ["on_fit_begin", "on_epoch_begin", "on_step_end", "on_epoch_end"])
@pytest.mark.parametrize("kill", [3, 5])
def test_others_may_go_over_the_loader(kill: int, when: str, whole: bool, feed: Any, tmp_path: Path) -> None:
    def make(folder: Path, more: list[Any]) -> Trainer:
        return trainer(folder, callbacks=[*more, Passes(when, whole)])

    goes_on(tmp_path, make, feed, kill + 5)


# ----- draws -----


class Seeds:
    def on_epoch_end(self, trainer: Trainer) -> None:
        ag.manual_seed(trainer.epoch)


class Draws:
    """Draw at each call."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("on_"):
            raise AttributeError(name)
        return lambda *_: ag.rand(3)


class Noisy:
    """Add noise from a generator of its own."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(4)

    def on_step_end(self, trainer: Trainer) -> None:
        with ag.no_grad():
            first = next(iter(trainer.model.parameters()))
            first.assign(first + 0.01 * self.rng.normal())


@pytest.mark.parametrize("callback", [Seeds, Draws, Noisy])
@pytest.mark.parametrize("kill", [6, 7, 11])
def test_callbacks_may_draw_and_seed(callback: Any, kill: int, tmp_path: Path) -> None:
    goes_on(tmp_path, lambda folder, more: trainer(folder, callbacks=[*more, callback()]), loader, kill)


# ----- generators that are found -----


def noise() -> float:
    return deeper()


def deeper() -> float:
    return float(KEPT.normal()) * 0.01


class Named(nn.Module):
    """Noise from a generator that its code names."""

    def __init__(self) -> None:
        self.layer = nn.Linear(3, 1, rng=0)

    def forward(self, x: Any) -> Any:
        return self.layer(x) + KEPT.normal() * 0.01


class Listed(nn.Module):
    """Noise from one of its generators."""

    def __init__(self) -> None:
        self.layer = nn.Linear(3, 1, rng=0)
        self.generators = {"two": [np.random.default_rng(5), random.Random(6)]}

    def forward(self, x: Any) -> Any:
        first, second = self.generators["two"]
        return self.layer(x) + first.normal() * 0.01 + second.gauss(0, 0.01)


class Calling(nn.Module):
    def __init__(self) -> None:
        self.layer = nn.Linear(3, 1, rng=0)

    def forward(self, x: Any) -> Any:
        return self.jittered(self.layer(x))

    def jittered(self, y: Any) -> Any:
        return y + noise()


class Slots(Dataset):
    __slots__ = ("rng",)

    def __init__(self) -> None:
        self.rng = np.random.default_rng(7)

    def __getitem__(self, i: int) -> Any:
        return X[i] + self.rng.normal() * 0.01, Y[i]

    def __len__(self) -> int:
        return 18


class Holding(Dataset):
    """A dataset with a function that has a generator."""

    def __init__(self) -> None:
        self.change = functools.partial(added, rng=np.random.default_rng(8))

    def __getitem__(self, i: int) -> Any:
        return self.change(X[i]), Y[i]

    def __len__(self) -> int:
        return 18


def added(x: Any, rng: Any) -> Any:
    return x + rng.normal() * 0.01


def nested() -> Any:
    data: Any = Holding()
    for _ in range(5):
        data = Subset(data, range(18))
    return data


FOUND: dict[str, tuple[dict[str, Any], Callable[[], Any]]] = {
    "named by a model": ({"model": Named}, loader),
    "in a list of a model": ({"model": Listed}, loader),
    "named by what a method calls": ({"model": Calling}, loader),
    "named by what a loss calls": (
        {"loss": lambda: lambda output, target: np.mean((output - target + noise()) ** 2)},
        loader,
    ),
    "named by what forward calls": (
        {"forward": lambda: lambda model, batch: (model(batch[0]) + noise(), batch[1])},
        loader,
    ),
    "named by what a transform calls": (
        {},
        lambda: DataLoader(TensorDataset(X, Y), 4, batch_transform=lambda b: (b[0] + noise(), b[1])),
    ),
    "in a slot": ({}, lambda: DataLoader(Slots(), 4)),
    "deep below": ({}, lambda: DataLoader(nested(), 4)),
}


@pytest.mark.parametrize("name", FOUND)
def test_generators_are_found(name: str, tmp_path: Path) -> None:
    settings, feed = FOUND[name]
    goes_on(tmp_path, lambda folder, more: trainer(folder, callbacks=more, **_made(settings)), feed)


def _made(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: make() for name, make in settings.items()}


def test_a_state_from_before_the_first_fit_has_them(tmp_path: Path) -> None:
    restart(0)
    made, data = trainer(tmp_path, Listed(), checkpoint=None), batches()
    state = made.state_dict()
    first = made.fit(data, 2).rows
    made.load_state_dict(state)
    restart(5)
    assert made.fit(data, 2).rows == first


# ----- callbacks that were not told -----


class Flaky:
    """Fail at the end of an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_epoch_end(self, trainer: Trainer) -> None:
        if trainer.epoch == self.epoch:
            raise Stop


class Seen:
    """Remember the steps that it was told of."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def on_step_end(self, trainer: Trainer) -> None:
        self.steps.append(trainer.step)

    def state_dict(self) -> dict[str, Any]:
        return {"steps": list(self.steps)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.steps = list(state["steps"])


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
@pytest.mark.parametrize("every", [1, 2, None])
def test_all_callbacks_see_all_steps(every: int | None, error: type[BaseException], tmp_path: Path) -> None:
    def made(*more: Any) -> Trainer:
        return trainer(tmp_path, callbacks=[*more, Seen()], checkpoint=Checkpoints(tmp_path, every=every))

    with pytest.raises(error):
        made(At(4, error)).fit(batches(), 2)
    again = made()
    again.fit(batches(), 2, resume=True)
    assert again.callbacks.all[0].steps == list(range(1, 11))


@pytest.mark.parametrize("every", [1, None])
def test_all_callbacks_see_all_epochs(every: int | None, tmp_path: Path) -> None:
    def made(*more: Any) -> Trainer:
        stopping = EarlyStopping("loss", mode="max", min_delta=-1e9)  # each epoch is the best
        return trainer(tmp_path, callbacks=[*more, stopping], checkpoint=Checkpoints(tmp_path, every=every))

    with pytest.raises(Stop):
        made(Flaky(3)).fit(batches(), 3)
    again = made()
    again.fit(batches(), 3, resume=True)
    assert len(again.history) == 3
    assert again.callbacks.all[0].best == again.history["loss"][again.callbacks.all[0].best_epoch - 1]


def test_a_callback_that_fails_on_the_way_out_keeps_nobody_from_being_told(tmp_path: Path) -> None:
    class Bad(At):
        def on_exception(self, trainer: Trainer, error: BaseException) -> None:
            raise ValueError("and that")

    class Last:
        told = 0

        def on_exception(self, trainer: Trainer, error: BaseException) -> None:
            self.told += 1

    last = Last()
    with pytest.raises(Stop) as caught:
        trainer(tmp_path, callbacks=[Bad(2), last]).fit(batches(), 1)
    assert last.told == 1
    assert caught.value.__notes__ == ["Bad.on_exception: ValueError: and that"]


# ----- a forward pass that fails -----


class Counting(nn.Module):
    """A layer with a list and a number, which are written to."""

    def __init__(self) -> None:
        self.calls = 0
        self.log: list[float] = []

    def forward(self, x: Any) -> Any:
        self.calls += 1
        self.log += [0.0]
        return x


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("compile", [False, True])
def test_a_loss_that_is_no_number_changes_no_buffer(compile: bool, accumulate: int) -> None:
    norm = nn.BatchNorm1d(3)
    model = nn.Sequential(norm, nn.Linear(3, 1), *([] if compile else [Counting()]))
    optimizer = ag.optim.SGD(model.parameters(), lr=0.1)
    made = Trainer(model, nn.MSELoss(), optimizer, compile=compile, accumulate=accumulate, progress=False)
    made.fit(batches(), 1)
    before = model.state_dict()
    bad = (np.full((4, 3), np.nan), Y[:4])
    with np.errstate(all="ignore"), pytest.raises(errors.NonFiniteError, match="Nothing was changed"):
        made.fit([bad], 2)
    after = model.state_dict()
    assert norm.num_batches_tracked.item() == 5
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value)
    if not compile:
        assert model[2].calls == 5
    made.fit(batches(), 2)
    assert np.isfinite(norm.running_mean.numpy()).all()
