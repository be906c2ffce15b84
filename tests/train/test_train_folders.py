"""What a training writes is its own: no folder, no log and no memory of another one, nothing that is no number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stopped import At, Stop

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.train import Callback, Checkpoints, CSVLog, EarlyStopping, Trainer

X = np.random.default_rng(0).standard_normal((12, 3))
BATCHES = [(X[i : i + 4], X[i : i + 4].sum(1, keepdims=True)) for i in (0, 4, 8)]


def trainer(seed: int = 0, lr: float = 0.1, **settings: Any) -> Trainer:
    model = nn.Linear(3, 1, rng=seed)
    optimizer = ag.optim.SGD(model.parameters(), lr=lr)
    return Trainer(model, nn.MSELoss(), optimizer, **{"progress": False, **settings})


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


# ----- folders -----


def in_its_first_epoch(folder: Path) -> Trainer:
    with pytest.raises(Stop):
        trainer(checkpoint=folder, callbacks=[At(2)]).fit(BATCHES, 2)
    return trainer(1, checkpoint=folder)


def with_an_older_state(folder: Path) -> Trainer:
    trainer(checkpoint=Checkpoints(folder, every=5, keep=None)).fit(BATCHES, 4)
    other = trainer(1)
    with pytest.raises(Stop):
        trainer(1, callbacks=[At(6)], checkpoint=Checkpoints(folder.parent / "b", every=5)).fit(BATCHES, 3)
    other.load_state_dict(ag.load(folder.parent / "b" / "step-000000005.npz"))
    other.callbacks.all.append(Checkpoints(folder, every=1))
    return other


def further_on(folder: Path) -> Trainer:
    trainer(checkpoint=folder).fit(BATCHES, 1)
    other = trainer(1)
    other.fit(BATCHES, 2)
    other.callbacks.all.append(Checkpoints(folder))
    return other


def handed_on(folder: Path) -> Trainer:
    written = Checkpoints(folder)
    trainer(checkpoint=written).fit(BATCHES, 1)
    return trainer(1, checkpoint=written)


@pytest.mark.parametrize("begin", [in_its_first_epoch, with_an_older_state, further_on, handed_on])
def test_a_training_that_is_refused_writes_nothing(begin: Callable[[Path], Trainer], tmp_path: Path) -> None:
    folder = tmp_path / "a"
    other = begin(folder)
    before = contents(folder)
    with pytest.raises(errors.ArgumentError, match="checkpoints of another training"):
        other.fit(BATCHES, 9)
    assert contents(folder) == before
    assert before


def test_what_is_refused_by_another_callback_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text("epoch\n1\n")
    made = trainer(callbacks=[CSVLog(tmp_path / "run.csv")], checkpoint=tmp_path / "a")
    with pytest.raises(errors.ArgumentError, match="log of another training"):
        made.fit(BATCHES, 1)
    assert contents(tmp_path / "a") == {}


NAMES = ["step-000000001-best.npz", "step-best.npz", "step-000000001.npz.bak", "step-1.npz", "step-0000000001.npz",
         "xstep-000000001.npz"]  # fmt: skip


def test_files_of_other_names_are_left_alone(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / "step-000000099.npz").mkdir()
    for epochs in (2, 4):
        trainer(checkpoint=Checkpoints(tmp_path, every=1)).fit(BATCHES, epochs, resume=True)
    assert all((tmp_path / name).read_bytes() == b"mine" for name in NAMES)
    assert [path.name for path in Checkpoints(tmp_path).files()] == ["step-000000011.npz", "step-000000012.npz"]


def test_the_newest_is_the_one_of_the_largest_step(tmp_path: Path) -> None:
    for step in (999_999_999, 1_000_000_000, 20_000_000_000):
        ag.save({"step": step}, tmp_path / f"step-{step:09d}.npz")
    assert Checkpoints(tmp_path).newest()["step"] == 20_000_000_000


# ----- what goes into them -----


@pytest.mark.parametrize("every", [1, None])
def test_no_checkpoint_has_parameters_that_are_no_numbers(every: int | None, tmp_path: Path) -> None:
    """The loss is finite, and the gradient of its root at 0 is not."""
    bad = (np.zeros((4, 3)), np.zeros((4, 1)))

    def root(output: Any, target: Any) -> Any:
        return np.sqrt(np.mean((output - target) ** 2))

    def made(**settings: Any) -> Trainer:
        model = nn.Linear(3, 1, bias=False, rng=0)
        optimizer = ag.optim.SGD(model.parameters(), lr=0.1)
        given = {"checkpoint": Checkpoints(tmp_path, every=every), "progress": False, **settings}
        return Trainer(model, root, optimizer, **given)

    with np.errstate(all="ignore"), pytest.raises(errors.NonFiniteError, match=r"parameter weight.*ag\.debug"):
        made().fit([BATCHES[0], BATCHES[1], bad], 1)
    assert np.isfinite(Checkpoints(tmp_path).newest()["model"]["weight"]).all()
    with np.errstate(all="ignore"):
        made(check_finite=False).fit([BATCHES[0], BATCHES[1], bad], 1, resume=True)
    assert np.isnan(Checkpoints(tmp_path).newest()["model"]["weight"]).all()


class Halving(Callback):
    """Change the model at the end."""

    def on_fit_end(self, trainer: Any) -> None:
        with ag.no_grad():
            trainer.model.weight.assign(trainer.model.weight / 2)


@pytest.mark.parametrize("changing", [lambda: EarlyStopping("loss", mode="max"), Halving])
@pytest.mark.parametrize("every", [1, None])
def test_the_last_checkpoint_has_the_model_as_it_ends(every: int | None, changing: Any, tmp_path: Path) -> None:
    made = trainer(callbacks=[changing()], checkpoint=Checkpoints(tmp_path, every=every))
    made.fit(BATCHES, 3)
    for name, value in Checkpoints(tmp_path).newest()["model"].items():
        np.testing.assert_array_equal(value, made.model.state_dict()[name])


class Gives:
    """Put numbers into the history."""

    def __init__(self, numbers: list[float]) -> None:
        self.numbers = numbers

    def on_epoch_end(self, trainer: Trainer) -> None:
        trainer.history.rows[-1]["given"] = self.numbers[trainer.epoch - 1]


BEST = {
    "less": ("min", [3.0, 2.0, 2.5, 2.0, 4.0], 2),
    "more": ("max", [3.0, 2.0, 5.0, 5.0, 4.0], 3),
    "nan": ("min", [np.nan, 2.0, np.nan, 3.0, np.nan], 2),
    "none": ("min", [np.nan] * 5, None),
}


@pytest.mark.parametrize("name", BEST)
@pytest.mark.parametrize("every", [1, None])
def test_the_best_stays(every: int | None, name: str, tmp_path: Path) -> None:
    """Also where the training stops and goes on after it."""
    mode, numbers, epoch = BEST[name]

    def made(*more: Any) -> Trainer:
        written = Checkpoints(tmp_path, every=every, best="given", mode=mode)
        return trainer(callbacks=[*more, Gives(numbers)], checkpoint=written)

    with pytest.raises(Stop):
        made(At(11)).fit(BATCHES, 5)
    made().fit(BATCHES, 5, resume=True)
    if epoch is None:
        assert not (tmp_path / "best.npz").exists()
        return
    plain = trainer()
    plain.fit(BATCHES, epoch)
    found = ag.load(tmp_path / "best.npz")
    assert found["epoch"] == epoch
    np.testing.assert_array_equal(found["model"]["weight"], plain.model.weight.numpy())
    assert len(Checkpoints(tmp_path).files()) == 2


def test_what_the_best_goes_by_has_to_be_there(tmp_path: Path) -> None:
    made = trainer(checkpoint=Checkpoints(tmp_path, best="val_loss"))
    with pytest.raises(errors.ArgumentError, match="Checkpoints goes by 'val_loss'"):
        made.fit(BATCHES, 2)
    assert contents(tmp_path) == {}
    with pytest.raises(errors.ArgumentError, match="'min' or 'max'"):
        Checkpoints(tmp_path, best="loss", mode="least")


# ----- callbacks of another trainer -----


def test_early_stopping_begins_anew_with_another_trainer() -> None:
    stopping = EarlyStopping("loss", patience=1)
    first = trainer(lr=0.1, callbacks=[stopping])
    first.fit(BATCHES, 5)
    second, alone = (trainer(1, lr=0.0, callbacks=[s]) for s in (stopping, EarlyStopping("loss", patience=1)))
    for one in (second, alone):
        one.fit(BATCHES, 5)
    assert stopping.best == alone.callbacks.all[0].best
    assert second.epoch == alone.epoch == 3
    np.testing.assert_array_equal(second.model.weight.numpy(), alone.model.weight.numpy())


def test_it_keeps_what_it_knows_of_a_training_that_goes_on(tmp_path: Path) -> None:
    def made(stopping: EarlyStopping) -> Trainer:
        return trainer(callbacks=[stopping], checkpoint=tmp_path)

    stopping = EarlyStopping("loss", min_delta=1e9)
    first = made(stopping)
    first.fit(BATCHES, 2)
    assert (stopping.best_epoch, stopping.waited) == (1, 1)
    first.fit(BATCHES, 3)
    assert (stopping.best_epoch, stopping.waited) == (1, 2)
    for one in (stopping, EarlyStopping("loss", min_delta=1e9)):  # the same object, and another one, in this process
        made(one).fit(BATCHES, 4, resume=True)
        assert (one.best_epoch, one.waited) == (1, 3)


SHARED = [
    lambda folder: EarlyStopping("loss"),
    lambda folder: CSVLog(folder / "run.csv"),
    lambda folder: Checkpoints(folder),
]


@pytest.mark.parametrize("make", SHARED)
def test_two_trainers_in_turn_are_refused_one_callback(make: Any, tmp_path: Path) -> None:
    shared, other = make(tmp_path), trainer(1)
    other.fit(BATCHES, 1)
    other.callbacks.all.append(shared)
    trainer(callbacks=[shared]).fit(BATCHES, 1)
    before = contents(tmp_path)
    with pytest.raises(errors.ArgumentError, match=r"Write callbacks=\[ag.train\.\w+\(...\)\], a new one for each"):
        other.fit(BATCHES, 2)
    assert contents(tmp_path) == before


def test_a_log_of_another_trainer_is_not_overwritten(tmp_path: Path) -> None:
    log = CSVLog(tmp_path / "run.csv")
    trainer(callbacks=[log]).fit(BATCHES, 2)
    before = contents(tmp_path)
    with pytest.raises(errors.ArgumentError, match="log of another training"):
        trainer(1, callbacks=[log]).fit(BATCHES, 2)
    assert contents(tmp_path) == before


def test_a_log_has_the_columns_that_later_callbacks_add(tmp_path: Path) -> None:
    class Adds:
        def on_epoch_end(self, trainer: Trainer) -> None:
            trainer.history.rows[-1]["added"] = trainer.epoch

    trainer(callbacks=[CSVLog(tmp_path / "run.csv"), Adds()]).fit(BATCHES, 3)
    assert [line.split(",")[-1] for line in (tmp_path / "run.csv").read_text().split()] == ["added", "1", "2", "3"]
