"""What a trainer calls on its way: the protocol, early stopping, the history and its picture, logs, the bar."""

from __future__ import annotations

import csv
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.train import Callback, CSVLog, EarlyStopping, History, Progress, TensorBoard, Trainer

BATCHES = [(np.ones((4, 1)), np.ones((4, 1)))] * 3


def trainer(*callbacks: Any, **settings: Any) -> Trainer:
    model = nn.Linear(1, 1, rng=0)
    optimizer = ag.optim.SGD(model.parameters(), lr=0.1)
    return Trainer(model, nn.MSELoss(), optimizer, **{"progress": False, "callbacks": callbacks, **settings})


# ----- the protocol -----


def test_what_is_called_when() -> None:
    said: list[str] = []

    class All:
        def __getattr__(self, name: str) -> Any:
            if not name.startswith("on_"):
                raise AttributeError(name)
            return lambda trainer, *error: said.append(f"{name} {trainer.step} {trainer.epoch}")

    class One:
        def on_epoch_end(self, trainer: Trainer) -> None:
            if trainer.epoch == 2:
                raise ZeroDivisionError

    made = trainer(All())
    made.fit(BATCHES, 1)
    assert said == [
        "on_fit_begin 0 0", "on_epoch_begin 0 0", "on_step_end 1 0", "on_step_end 2 0", "on_step_end 3 0",
        "on_epoch_end 3 1", "on_fit_end 3 1",
    ]  # fmt: skip
    made.callbacks.all.append(One())
    with pytest.raises(ZeroDivisionError):
        made.fit(BATCHES, 3)
    assert said[-2:] == ["on_epoch_end 6 2", "on_exception 6 2"]
    assert {name for name in dir(Callback) if name.startswith("on_")} == {line.split()[0] for line in said}


def test_two_of_one_class_have_states_of_their_own(tmp_path: Path) -> None:
    def made() -> Trainer:
        two = [EarlyStopping("loss", patience=1), EarlyStopping("lr", patience=50)]
        return trainer(*two, checkpoint=tmp_path)

    made().fit(BATCHES, 3)
    again = made()
    again.fit(BATCHES, 3, resume=True)
    assert [c.best for c in again.callbacks.all[:2]] == [min(again.history["loss"]), 0.1]
    with pytest.raises(errors.StateDictError, match="EarlyStopping 2"):
        trainer(EarlyStopping(), checkpoint=tmp_path).fit(BATCHES, 4, resume=True)


# ----- early stopping -----


class Given:
    """Puts numbers into the history, and the number of the epoch into the model."""

    def __init__(self, numbers: list[float]) -> None:
        self.numbers = numbers

    def on_epoch_end(self, trainer: Trainer) -> None:
        trainer.history.rows[-1]["given"] = self.numbers[trainer.epoch - 1]
        with ag.no_grad():
            trainer.model.bias.assign([float(trainer.epoch)])


STOPPED = {
    "patience": ({"patience": 1}, [3, 2, 2, 2, 1], 4, 2),
    "none": ({"patience": 0}, [3, 3, 1, 1, 1], 2, 1),
    "delta": ({"patience": 1, "min_delta": 0.5}, [3, 2.6, 2.4, 2.3, 2.2], 5, 3),
    "max": ({"patience": 1, "mode": "max"}, [3, 2, 4, 4, 4], 5, 3),
    "nan": ({"patience": 1}, [np.nan, np.nan, 1, 1, 1], 2, 0),
    "not at all": ({"patience": 4}, [3, 4, 4, 4, 4], 5, 1),
}


@pytest.mark.parametrize("name", STOPPED)
@pytest.mark.parametrize("restore", [True, False])
def test_it_stops_and_restores_the_best(name: str, restore: bool) -> None:
    settings, numbers, epochs, best = STOPPED[name]
    stopping = EarlyStopping("given", restore_best=restore, **settings)
    made = trainer(Given(numbers), stopping)
    made.fit(BATCHES, 5)
    assert (made.epoch, stopping.best_epoch) == (epochs, best)
    assert made.model.bias.item() == (best if restore and best else epochs)


def test_what_it_goes_by_has_to_be_there() -> None:
    with pytest.raises(errors.ArgumentError, match=r"'val_loss', and an epoch has epoch, step, lr, loss.*validation="):
        trainer(EarlyStopping("val_loss")).fit(BATCHES, 2)
    for settings in ({"mode": "least"}, {"patience": -1}):
        with pytest.raises(errors.ArgumentError):
            EarlyStopping(**settings)


def test_a_training_that_has_stopped_stays_so_until_more_is_asked_for(tmp_path: Path) -> None:
    def made() -> Trainer:
        return trainer(Given([1.0] * 9), EarlyStopping("given", patience=0), checkpoint=tmp_path)

    first = made()
    first.fit(BATCHES, 9)
    again = made()
    again.fit(BATCHES, 9, resume=True)
    assert (first.epoch, again.epoch, again.model.bias.item()) == (2, 2, 1.0)
    again.fit(BATCHES, 9)
    assert again.epoch == 3


# ----- the history -----


def test_a_history_is_a_table(tmp_path: Path) -> None:
    history = trainer().fit(BATCHES, 30, validation=BATCHES)
    assert history.columns == ["epoch", "step", "lr", "loss", "val_loss"]
    assert history["epoch"] == list(range(1, 31))
    assert len(repr(history).splitlines()) == 22
    assert "..." in repr(history)
    assert history._repr_html_().count("<tr>") == 22
    history.to_csv(tmp_path / "history.csv")
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_loss"]) for row in rows] == history["val_loss"]
    with pytest.raises(errors.ArgumentError, match=r"'los'.*loss"):
        history["los"]
    assert repr(History()) == "History of no epoch"


def test_a_history_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    history = trainer(metrics={"mean_$error": ag.train.mean_absolute_error}).fit(BATCHES, 12, validation=BATCHES)
    figure = history.plot()
    assert [axes.get_title() for axes in figure.axes] == ["loss", r"mean \$error", "learning rate"]
    loss, error, _ = figure.axes
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    assert loss.lines[1].get_ydata().tolist() == history["val_loss"]
    assert loss.lines[0].get_xdata().tolist() == history["epoch"]
    assert loss.get_yscale() == "log"
    assert len(error.lines) == 1
    figure.savefig(tmp_path / "history.png")
    assert History().plot().axes


def test_a_picture_needs_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(errors.MissingExtraError, match=r"autograd-lite\[plot\]"):
        History([{"loss": 1.0}]).plot()


# ----- logs -----


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_a_log_has_each_epoch_once(tmp_path: Path) -> None:
    def made() -> Trainer:
        return trainer(CSVLog(tmp_path / "logs" / "run.csv"), checkpoint=tmp_path / "checkpoints")

    first = made()
    first.fit(BATCHES, 2, validation=BATCHES)
    log = tmp_path / "logs" / "run.csv"
    with log.open("a") as file:
        file.write("3,9,0.1,0.5,0.5\n")  # of an epoch after which the process was killed
    again = made()
    again.fit(BATCHES, 4, validation=BATCHES, resume=True)
    assert [line.split(",")[0] for line in lines(log)] == ["epoch", "1", "2", "3", "4"]
    again.fit(BATCHES, 5)  # without a column
    assert [line.count(",") for line in lines(log)] == [4] * 6
    assert lines(log)[5].endswith(",")
    for more in ({}, {"checkpoint": tmp_path / "empty"}):
        with pytest.raises(errors.ArgumentError, match="log of another training"):
            trainer(CSVLog(log), **more).fit(BATCHES, 1, resume=bool(more))
    assert len(lines(log)) == 6


def test_a_log_of_a_training_that_goes_on_without_checkpoints(tmp_path: Path) -> None:
    made = trainer(CSVLog(tmp_path / "run.csv"))
    made.fit(BATCHES, 1)
    made.fit(BATCHES, 2, validation=BATCHES)
    assert [line.split(",")[0] for line in lines(tmp_path / "run.csv")] == ["epoch", "1", "2"]


def scalars(folder: Path) -> list[tuple[int, str, float]]:
    """Return what TensorBoard would read from the files of a folder: step, name, value."""
    event_pb2 = pytest.importorskip("tensorboardX.proto.event_pb2")
    found = []
    for path in sorted(folder.glob("events.*")):
        content, place = path.read_bytes(), 0
        while place < len(content):
            (length,) = struct.unpack_from("<Q", content, place)
            event = event_pb2.Event.FromString(content[place + 12 : place + 12 + length])
            found += [(event.step, value.tag, value.simple_value) for value in event.summary.value]
            place += 16 + length
    return found


def test_tensorboard_is_told_of_epochs_and_batches(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    made = trainer(TensorBoard(tmp_path, every=2))
    history = made.fit(BATCHES, 2, validation=BATCHES)
    found = scalars(tmp_path)
    assert [step for step, name, _ in found if name == "batch/loss"] == [2, 4, 6]
    assert [value for _, name, value in found if name == "val_loss"] == pytest.approx(history["val_loss"])
    assert [step for step, name, _ in found if name == "loss"] == [3, 6]


def test_tensorboard_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(errors.MissingExtraError, match=r"autograd-lite\[tensorboard\]"):
        TensorBoard("runs")


# ----- what is seen -----


def test_a_bar_shows_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    trainer(progress=True).fit(BATCHES, 2, validation=BATCHES)
    said = capsys.readouterr()
    assert "epoch 2/2: 100%" in said.err
    assert "val_loss=" in said.err
    assert not said.out


def test_lines_do_without_tqdm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    trainer(Progress()).fit(BATCHES, 2)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("epoch 1/2: lr=0.1, loss=")
    assert second.startswith("epoch 2/2")


def test_nothing_is_seen_where_nothing_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    trainer().fit(BATCHES, 2)
    assert capsys.readouterr() == ("", "")


# ----- metrics -----


def test_metrics_are_those_of_their_names() -> None:
    scores, classes = np.array([[0.2, 0.9, 0.1], [0.5, 0.1, 0.2]]), np.array([1, 2])
    assert ag.train.accuracy(ag.Tensor(scores), classes) == 0.5
    assert ag.train.accuracy(scores, np.eye(3)[classes]) == 0.5
    assert ag.train.accuracy(np.ones((2, 3, 4)), np.zeros((2, 4), int)) == 1.0
    assert ag.train.binary_accuracy(np.array([[0.6], [0.4]]), np.array([[1], [1]]), 0.5) == 0.5
    assert ag.train.mean_absolute_error(np.array([1.0, -1.0]), np.array([0.0, 2.0])) == 2.0
    assert ag.train.mean_squared_error(np.array([1.0, -1.0]), np.array([0.0, 2.0])) == 5.0
    assert ag.train.root_mean_squared_error(np.array([3.0, 4.0]), np.zeros(2)) == pytest.approx(np.sqrt(12.5))
