"""What a trainer is given is looked at before it begins, and each fault has the line to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.optim import lr_scheduler
from autograd_lite.train import Callback, EarlyStopping, Trainer, accuracy

BATCHES = [(np.ones((4, 3)), np.array([0, 1, 0, 1]))] * 3


def trainer(schedule: Callable[[Any], Any] | None = None, **settings: Any) -> Trainer:
    model = nn.Linear(3, 2, rng=0)
    optimizer = ag.optim.SGD(model.parameters(), lr=0.1)
    given = {"loss": nn.CrossEntropyLoss(), "progress": False, "optimizer": optimizer, "model": model, **settings}
    return Trainer(schedule=None if schedule is None else schedule(optimizer), **given)


def other() -> Any:
    return ag.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)


class Misspelt(Callback):
    pass


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a model's class": ({"model": nn.Linear}, r"the class Linear.*Write Trainer\("),
    "no model": ({"model": lambda x: x}, r"no ag.nn.Module. Write Trainer\("),
    "a loss's class": ({"loss": nn.MSELoss}, r"the class MSELoss.*Write Trainer\(model, ag.nn.MSELoss\(\)"),
    "a loss's name": ({"loss": "mse"}, r"'mse'.*Write Trainer\(model, ag.nn.MSELoss\(\)"),
    "an optimiser's class": ({"optimizer": ag.optim.SGD}, r"the class SGD.*ag.optim.SGD\(model.parameters\(\)"),
    "an optimiser's name": ({"optimizer": "sgd"}, r"ag.optim.SGD\(model.parameters\(\)"),
    "forward": ({"forward": 3}, r"Write def f\(model, batch\)"),
    "a metric's name": ({"metrics": ["accuracy"]}, r"Write metrics=\[ag.train.accuracy\]"),
    "one metric's name": ({"metrics": "accuracy"}, r"Write metrics=\[ag.train.accuracy\]"),
    "a metric's class": ({"train_metrics": [Misspelt]}, r"Write train_metrics=\[ag.train.accuracy\]"),
    "a metric that is none": ({"metrics": {"a": 3}}, r"metrics=\{'name': f\}"),
    "a callback's name": ({"callbacks": ["x"]}, r"Write callbacks=\[ag.train.EarlyStopping\(\)\]"),
    "a callback's class": ({"callbacks": [EarlyStopping]}, r"the class EarlyStopping.*Write callbacks="),
    "a callback that is never called": ({"callbacks": [object()]}, "has no method that is called"),
    "a schedule's class": ({"schedule": lambda o: lr_scheduler.StepLR}, r"Write ag.optim.lr_scheduler.StepLR\(opt"),
    "another's schedule": ({"schedule": lambda o: lr_scheduler.StepLR(other(), 2)}, "a StepLR of another optimiser"),
    "another's plateau": (
        {"schedule": lambda o: [lr_scheduler.ReduceLROnPlateau(other())]}, "a ReduceLROnPlateau of another",
    ),
    "no generator": ({"generators": [3]}, "generators"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_at_once(name: str) -> None:
    settings, said = REFUSED[name]
    with pytest.raises(errors.ArgumentError, match=said):
        trainer(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"metrics": accuracy}, {"train_metrics": accuracy}, {"callbacks": EarlyStopping("loss")},
        {"generators": np.random.default_rng(0)},
        {"schedule": lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.ConstantLR(o), lr_scheduler.StepLR(o, 2)], [1])},
        {"schedule": lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(o, 2)])},
    ],
)  # fmt: skip
def test_a_single_one_is_one(settings: Any) -> None:
    assert len(trainer(**settings).fit(BATCHES, 1)) == 1


# ----- numbers that nobody has -----


def plateau(optimizer: Any) -> Any:
    return lr_scheduler.ReduceLROnPlateau(optimizer)


class Adds:
    """Put a number of its own into the history."""

    def on_epoch_end(self, trainer: Trainer) -> None:
        trainer.history.rows[-1]["mine"] = 1.0


UNKNOWN: dict[str, tuple[dict[str, Any], Any]] = {
    "of a callback": ({"callbacks": [EarlyStopping("val_loss")]}, None),
    "of the trainer": ({"callbacks": [EarlyStopping()], "monitor": "val_acuracy", "metrics": [accuracy]}, BATCHES),
    "of a schedule": ({"schedule": plateau, "monitor": "acuracy", "train_metrics": [accuracy]}, None),
    "of a schedule, before callbacks": ({"schedule": plateau, "monitor": "mine", "callbacks": [Adds()]}, None),
    "of a callback that comes later": ({"callbacks": [EarlyStopping("mine"), Adds()]}, None),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_number_that_there_will_not_be_is_noticed_before_the_first_step(name: str) -> None:
    settings, validation = UNKNOWN[name]
    made = trainer(**settings)
    for _ in range(2):
        with pytest.raises(errors.ArgumentError, match=r"goes by .*, and an epoch has epoch, step, lr, loss"):
            made.fit(BATCHES, 2, validation)
    assert (made.step, len(made.history)) == (0, 0)


def test_numbers_that_callbacks_add_may_be_gone_by() -> None:
    assert len(trainer(callbacks=[Adds(), EarlyStopping("mine", patience=0)]).fit(BATCHES, 9)) == 2
    with pytest.raises(errors.ArgumentError, match="goes by 'yours'"):
        trainer(callbacks=[Adds(), EarlyStopping("yours")]).fit(BATCHES, 9)


def test_an_epoch_is_written_down_once_whatever_a_schedule_does() -> None:
    class Fails:
        def step(self) -> None:
            raise ZeroDivisionError

    made = trainer(schedule=lambda o: Fails())
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            made.fit(BATCHES, 1)
    assert len(made.history) == 0


# ----- metrics -----


NO_NUMBERS = {"None": lambda o, t: None, "an array": lambda o, t: np.ones(3), "a text": lambda o, t: "good"}


@pytest.mark.parametrize("name", NO_NUMBERS)
@pytest.mark.parametrize("setting", ["metrics", "train_metrics"])
def test_a_metric_that_gives_no_number_is_named(setting: str, name: str) -> None:
    made = trainer(**{setting: {"mine": NO_NUMBERS[name]}})
    with pytest.raises(errors.DataError, match=r"'mine' has given something of (type|shape).*Write a function"):
        made.fit(BATCHES, 1, BATCHES)


def test_a_loss_that_is_none_is_named() -> None:
    with pytest.raises(errors.DataError, match="'loss' has given something of shape"):
        trainer(loss=nn.CrossEntropyLoss(reduction="none")).evaluate(BATCHES)


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("loss", [lambda o, t: None, lambda o, t: 0.5, lambda o, t: [o]])
def test_a_loss_that_is_no_tensor_is_refused(loss: Any, compile: bool) -> None:
    with pytest.raises(errors.DataError, match=r"no Tensor that is computed.*Write def loss\(output, target\)"):
        trainer(loss=loss, compile=compile).fit(BATCHES, 1)


def test_a_metric_that_fails_leaves_the_means_whole() -> None:
    calls: list[int] = []

    def often(output: Any, target: Any) -> float:
        calls.append(1)
        if len(calls) == 2:
            raise ZeroDivisionError
        return 1.0

    made = trainer(train_metrics={"one": lambda o, t: 1.0, "often": often})
    with pytest.raises(ZeroDivisionError):
        made.fit(BATCHES, 1)
    row = made.fit(BATCHES, 1).rows[-1]
    assert (row["one"], row["often"]) == (1.0, 1.0)


@pytest.mark.parametrize("classes", [[0, 0, 1], [0, 1, 1], [-1, 0, 1]])
def test_scores_that_are_nan_are_of_no_class(classes: list[int]) -> None:
    scores = np.array([[np.nan, np.nan], [1.0, 0.0], [0.0, 1.0]])
    assert accuracy(scores, np.array(classes)) == np.mean(np.array([2, 0, 1]) == np.array(classes))


# ----- predictions -----


@pytest.mark.parametrize("kind", [np.asarray, ag.Tensor])
def test_an_array_is_one_batch_for_a_prediction(kind: Any) -> None:
    x, made = np.random.default_rng(0).standard_normal((20, 3)), trainer()
    np.testing.assert_array_equal(made.predict(kind(x)), made.model(x).detach().numpy())
