"""The trainer does what a loop written by hand does: steps, clipping, accumulation, schedules, means, validation."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.data import DataLoader, TensorDataset
from autograd_lite.optim import lr_scheduler
from autograd_lite.optim.swa_utils import AveragedModel, get_ema_avg_fn
from autograd_lite.train import Trainer, accuracy, whole

COMPILED = [False, True]


def data(n: int = 22, seed: int = 0) -> TensorDataset:
    x = np.random.default_rng(seed).standard_normal((n, 3))
    return TensorDataset(x, (x.sum(1) > 0).astype(np.int64))


def network(*more: nn.Module) -> nn.Sequential:
    ag.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 6), *more, nn.Tanh(), nn.Linear(6, 2))


def trainer(model: nn.Module | None = None, optimizer: Any = None, loss: Any = None, **settings: Any) -> Trainer:
    model = network() if model is None else model
    optimizer = optimizer or ag.optim.Adam(model.parameters(), lr=0.05)
    return Trainer(model, loss or nn.CrossEntropyLoss(), optimizer, **{"progress": False, **settings})


def same(a: nn.Module, b: nn.Module, rtol: float = 0.0) -> None:
    first, second = a.state_dict(), b.state_dict()
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=rtol, atol=rtol, err_msg=name)


# ----- a loop written by hand -----


def by_hand(model: nn.Module, epochs: int, clip: float, decay: float) -> tuple[AveragedModel, list[float]]:
    optimizer = ag.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    schedule = lr_scheduler.OneCycleLR(optimizer, 0.1, epochs=epochs, steps_per_epoch=6)
    averaged, losses = AveragedModel(model, avg_fn=get_ema_avg_fn(decay)), []
    loader = DataLoader(data(), 4, shuffle=True, generator=1)
    for _ in range(epochs):
        total = 0.0
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            averaged.update_parameters(model)
            schedule.step()
            total += loss.item() * len(x)
        losses.append(total / 22)
    return averaged, losses


@pytest.mark.parametrize("compile", COMPILED)
def test_it_is_the_loop_that_is_written_by_hand(compile: bool) -> None:
    """To the last bit, but for what a program adds up in another order."""
    mine, theirs = [network(nn.BatchNorm1d(6), nn.Dropout(0.1, rng=3)) for _ in range(2)]
    optimizer = ag.optim.SGD(mine.parameters(), lr=0.05, momentum=0.9)
    schedule = lr_scheduler.OneCycleLR(optimizer, 0.1, epochs=3, steps_per_epoch=6)
    made = trainer(mine, optimizer, schedule=schedule, clip=0.5, ema=0.9, compile=compile)
    history = made.fit(DataLoader(data(), 4, shuffle=True, generator=1), epochs=3)
    averaged, losses = by_hand(theirs, 3, 0.5, 0.9)
    tolerance = 1e-12 if compile else 0.0
    same(mine, theirs, tolerance)
    assert made.averaged is not None
    same(made.averaged, averaged, tolerance)
    np.testing.assert_allclose(history["loss"], losses, rtol=tolerance)
    assert history["step"] == [6, 12, 18]
    assert (made.epoch, made.step, made.updates) == (3, 18, 18)


@pytest.mark.parametrize("compile", COMPILED)
def test_a_compiled_step_is_recorded_once_for_each_kind_of_batch(compile: bool) -> None:
    made = trainer(network(nn.Dropout(0.1, rng=2)), compile=compile, clip=1.0, ema=0.9)
    made.fit(DataLoader(data(), 4), epochs=8, validation=DataLoader(data(seed=1), 11))
    if compile:
        assert made._steps._whole.programs.recordings == 2  # the last one is smaller
        assert made._judge.programs.recordings == 1
    else:
        assert not hasattr(made._steps._whole, "programs")


def test_a_model_compiled_by_c() -> None:
    pytest.importorskip("numba")  # either
    made, plain = trainer(compile="auto"), trainer()
    for one in (made, plain):
        one.fit(DataLoader(data(), 4), epochs=2, validation=DataLoader(data(seed=1), 11))
    same(made.model, plain.model, 1e-9)
    np.testing.assert_allclose(made.history["val_loss"], plain.history["val_loss"], rtol=1e-9)


# ----- gradients -----


@pytest.mark.parametrize("compile", COMPILED)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_gathered_batches_are_one_large_batch(reduction: str, compile: bool) -> None:
    """Also where they differ in size, and at the end of an epoch: 22 in batches of 4 are 4 4 4, 4 4 2."""
    made = [trainer(loss=nn.CrossEntropyLoss(reduction=reduction), **more) for more in ({"accumulate": 3}, {})]
    made[0] = trainer(loss=nn.CrossEntropyLoss(reduction=reduction), accumulate=3, compile=compile)
    histories = [one.fit(DataLoader(data(), size), epochs=3) for one, size in zip(made, (4, 12), strict=True)]
    assert [one.updates for one in made] == [6, 6]
    same(made[0].model, made[1].model, 1e-12)
    np.testing.assert_allclose(histories[0]["loss"], histories[1]["loss"], rtol=1e-12)


def test_what_is_left_at_the_end_of_an_epoch_is_a_step() -> None:
    made = trainer(accumulate=4)
    made.fit(DataLoader(data(), 4), epochs=1)
    assert (made.step, made.updates, made._steps.gathered) == (6, 2, 0)


@pytest.mark.parametrize("compile", COMPILED)
def test_gradients_are_clipped(compile: bool) -> None:
    class Sizes:
        def __init__(self) -> None:
            self.largest: list[float] = []
            self.norms: list[float] = []

        def on_step_end(self, trainer: Trainer) -> None:
            gradients = np.concatenate([p.grad.numpy().ravel() for p in trainer.model.parameters()])
            self.largest.append(np.abs(gradients).max())
            self.norms.append(np.sqrt((gradients**2).sum()))

    sizes = Sizes()
    trainer(callbacks=[sizes], compile=compile).fit(DataLoader(data(), 4), epochs=1)
    value, norm = min(sizes.largest) / 2, min(sizes.norms) / 2
    for settings in ({"clip": norm}, {"clip_value": value}):
        sizes = Sizes()
        trainer(callbacks=[sizes], compile=compile, **settings).fit(DataLoader(data(), 4), epochs=1)
        assert max(sizes.norms if "clip" in settings else sizes.largest) <= max(settings.values())


@pytest.mark.parametrize("compile", COMPILED)
def test_an_optimiser_that_evaluates_the_loss_itself(compile: bool) -> None:
    model = network()
    made = trainer(model, ag.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe"), compile=compile)
    history = made.fit(DataLoader(data(), 22), epochs=5)
    assert history["loss"][-1] < 0.1 * history["loss"][0]
    with pytest.raises(errors.ArgumentError, match="accumulate=1"):
        trainer(model, ag.optim.LBFGS(model.parameters()), accumulate=2)


@pytest.mark.parametrize("compile", COMPILED)
@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_loss_that_is_no_number_changes_nothing(compile: bool, accumulate: int) -> None:
    batches = [(np.ones((2, 3)), np.ones((2, 2)))] * 7
    batches[5] = (np.full((2, 3), np.inf), np.ones((2, 2)))

    class Values:
        def on_step_end(self, trainer: Trainer) -> None:
            self.last = trainer.model.state_dict()

    values = Values()
    made = trainer(loss=lambda o, t: np.mean((o - t) ** 2) * o.sum() / o.sum(), compile=compile, accumulate=accumulate,
                   callbacks=[values])  # fmt: skip
    made.model[1] = nn.Identity()
    with np.errstate(all="ignore"), pytest.raises(errors.NonFiniteError, match=r"step 6, batch 6 of epoch 1.*ag.debug"):
        made.fit(batches, epochs=1)
    for name, value in made.model.state_dict().items():
        np.testing.assert_array_equal(value, values.last[name])
    assert np.isfinite(made.model[0].weight.numpy()).all()


def test_it_may_be_passed_over() -> None:
    made = trainer(loss=lambda o, t: o.sum() * np.inf, check_finite=False)
    with np.errstate(all="ignore"):
        made.fit([(np.ones((2, 3)), np.ones(2))], epochs=1)
    assert not np.isfinite(made.loss)


# ----- schedules -----


SCHEDULES = {
    "after an epoch": (lambda o: lr_scheduler.ExponentialLR(o, 0.5), None, [1.0, 0.5, 0.25]),
    "after a step": (lambda o: lr_scheduler.StepLR(o, 2, 0.5), "step", [1.0, 0.5, 0.25]),
    "made for steps": (lambda o: lr_scheduler.CyclicLR(o, 1.0, 3.0, 2, cycle_momentum=False), None, [2.0, 2.0, 2.0]),
    "of one made for steps": (
        lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.CyclicLR(o, 1.0, 3.0, 2, cycle_momentum=False)]),
        None, [2.0, 2.0, 2.0],
    ),
    "two": (lambda o: [lr_scheduler.ExponentialLR(o, 0.5), lr_scheduler.StepLR(o, 1, 0.5)], None, [1.0, 0.25, 0.0625]),
    "by the loss": (lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=0), None, [1.0, 1.0, 0.5]),
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_go_on(name: str) -> None:
    make, when, expected = SCHEDULES[name]
    model = network()
    optimizer = ag.optim.SGD(model.parameters(), lr=1.0)
    made = trainer(model, optimizer, loss=lambda o, t: o.sum() * 0 + 1.0, schedule=make(optimizer), schedule_on=when)
    rates: list[float] = []

    class Rates:
        def on_epoch_begin(self, trainer: Trainer) -> None:
            rates.append(trainer.optimizer.lr)

    made.callbacks.all.append(Rates())
    made.fit([(np.ones((2, 3)), np.ones(2))] * (1 if "made" in name else 2), epochs=3)
    first = 1.0 if "made" in name else None
    assert rates == ([first, 2.0, 3.0] if first else expected)


def test_a_plateau_goes_by_the_number_that_is_named() -> None:
    model = network()
    optimizer = ag.optim.SGD(model.parameters(), lr=1.0)
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", patience=0)
    made = trainer(model, optimizer, schedule=schedule, monitor="val_accuracy", metrics=[accuracy])
    made.fit(DataLoader(data(), 22), epochs=2, validation=DataLoader(data(seed=1), 5))
    assert schedule.best == max(made.history["val_accuracy"])
    made.monitor = "val_acuracy"
    with pytest.raises(errors.ArgumentError, match="val_accuracy"):
        made.fit(DataLoader(data(), 22), epochs=3, validation=DataLoader(data(seed=1), 5))
    with pytest.raises(errors.ArgumentError, match="schedule_on='epoch'"):
        trainer(model, optimizer, schedule=schedule, schedule_on="step")


# ----- numbers of the batches of an epoch -----


@pytest.mark.parametrize("compile", COMPILED)
@pytest.mark.parametrize("accumulate", [1, 2])
def test_train_metrics_are_means_over_the_outputs_of_the_steps(accumulate: int, compile: bool) -> None:
    """Those of the forward pass of each step, in training mode, weighted by the sizes of batches."""
    seen: list[tuple[Any, Any, int]] = []

    def noting(model: Any, batch: Any) -> Any:
        output = model(batch[0])
        seen.append((np.array(output.detach()), np.array(batch[1]), len(batch[0])))
        return output, batch[1]

    def rms(output: Any, target: Any) -> Any:
        return np.sqrt(np.mean(np.square(output)))

    by_hand = {} if compile else {"forward": noting}
    made = trainer(network(nn.Dropout(0.3, rng=3)), train_metrics=[accuracy, rms], accumulate=accumulate,
                   compile=compile, **by_hand)  # fmt: skip
    plain = trainer(network(nn.Dropout(0.3, rng=3)), accumulate=accumulate, forward=noting)
    plain.fit(DataLoader(data(), 4), epochs=2)
    expected, steps = [], seen.copy()
    for epoch in (steps[:6], steps[6:]):
        parts = [(accuracy(y, t) * n, float(rms(y, t)) * n) for y, t, n in epoch]
        expected.append([sum(column) / 22 for column in zip(*parts, strict=True)])
    history = made.fit(DataLoader(data(), 4), epochs=2)
    found = list(zip(history["accuracy"], history["rms"], strict=True))
    np.testing.assert_allclose(found, expected, rtol=1e-12 if compile else 1e-15)
    same(made.model, plain.model, 1e-12 if compile else 0.0)


def test_train_metrics_of_a_search_are_those_before_it() -> None:
    model, before = network(), network()
    optimizer = ag.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")
    made = trainer(model, optimizer, train_metrics={"first": accuracy})
    x, y = data()[:]
    made.fit([(x, y)], 1, [(x, y)])
    assert made.history["first"] == [accuracy(before(x), y)]


def test_outputs_may_be_trees() -> None:
    model = network()
    made = trainer(
        model, forward=lambda model, batch: ({"scores": model(batch[0])}, batch[1]),
        loss=lambda output, target: nn.functional.cross_entropy(output["scores"], target),
        train_metrics={"kept": lambda output, target: output["scores"].requires_grad},
    )  # fmt: skip
    assert made.fit(DataLoader(data(), 4), 1)["kept"] == [0.0]


def test_what_is_no_mean_over_batches_is_refused() -> None:
    with pytest.raises(errors.ArgumentError, match=r"Write it in metrics="):
        trainer(train_metrics={"all": whole(rmse)})
    with pytest.raises(errors.ArgumentError, match=r"train_metrics=\{'first': f"):
        trainer(train_metrics={"lr": accuracy})


# ----- validation -----


def half(output: Any, target: Any, share: float = 0.5) -> float:
    return share * float(accuracy(output, target))


@pytest.mark.parametrize(
    "metrics", [[accuracy, accuracy], [lambda y, t: 0.0, lambda y, t: 1.0], {"loss": accuracy}, [half, partial(half)]]
)
def test_metrics_of_one_name_are_refused(metrics: Any) -> None:
    """A report has one number for each; the name of the loss is taken."""
    model = network()
    with pytest.raises(errors.ArgumentError, match=r"metrics=\{'first': f"):
        trainer(model, ag.optim.SGD(model.parameters(), lr=0.1), metrics=metrics)


def test_a_metric_that_is_made_of_a_function_has_its_name() -> None:
    model = network()
    made = trainer(model, ag.optim.SGD(model.parameters(), lr=0.1), metrics=[partial(half, share=0.25)])
    assert made.evaluate(DataLoader(data(), 5)).keys() == {"loss", "half"}


class Spread(nn.Module):
    """A layer that does something else in training, and counts its calls."""

    def __init__(self) -> None:
        self.inner = nn.Linear(3, 2)
        self.drop = nn.Dropout(0.9)
        self.recorded: list[bool] = []

    def forward(self, x: Any) -> Any:
        if not self.training:
            self.recorded.append(ag.is_grad_enabled())
        return self.drop(self.inner(x))


def test_it_is_judged_in_eval_mode_without_recording_and_weighted_by_size() -> None:
    model = Spread()
    model.inner.eval()  # a part of one's own mode keeps it
    made = trainer(model, ag.optim.SGD(model.parameters(), lr=0.0), metrics={"accuracy": accuracy, "all": whole(rmse)})
    found = made.evaluate(DataLoader(data(), 5))
    assert model.recorded == [False] * 5
    assert (model.training, model.inner.training, model.drop.training) == (True, False, True)
    x, y = data()[:]
    with ag.no_grad():
        scores = model.inner(x)
    expected = nn.functional.cross_entropy(scores, y).item()
    assert found["loss"] == pytest.approx(expected, rel=1e-12)
    assert found["accuracy"] == pytest.approx(accuracy(scores, y), rel=1e-12)
    assert found["all"] == pytest.approx(rmse(scores.numpy(), np.asarray(y)), rel=1e-12)
    history = made.fit(DataLoader(data(), 22), epochs=1, validation=DataLoader(data(), 5))
    assert history.rows[-1]["val_loss"] == found["loss"]
    assert history.columns == ["epoch", "step", "lr", "loss", "val_loss", "val_accuracy", "val_all"]


def rmse(output: Any, target: Any) -> float:
    return float(np.sqrt(np.mean((output[:, 0] - target) ** 2)))


def test_the_mean_is_judged_where_there_is_one() -> None:
    made = trainer(ema=0.5)
    made.fit(DataLoader(data(), 4), epochs=2, validation=DataLoader(data(), 22))
    assert made.averaged is not None
    x, y = data()[:]
    with ag.no_grad():
        assert made.history["val_loss"][-1] == nn.functional.cross_entropy(made.averaged.module(x), y).item()
        np.testing.assert_array_equal(made.predict(DataLoader(data(), 5)), made.averaged.module(x).numpy())


def test_outputs_are_predicted() -> None:
    made, (x, _) = trainer(), data()[:]
    expected = made.model(x).detach().numpy()
    for batches in (DataLoader(data(), 5), DataLoader(TensorDataset(x), 5), [np.asarray(x)[:9], np.asarray(x)[9:]]):
        np.testing.assert_allclose(made.predict(batches), expected, rtol=1e-14)

    class Two(nn.Module):
        def forward(self, x: Any, y: Any) -> Any:
            return {"sum": x + y, "product": x * y}

    two = trainer(Two(), ag.optim.SGD([ag.Parameter(1.0)]))
    found = two.predict([(np.ones(2), np.ones(2), None), (np.zeros(2), np.ones(2), None)])
    assert found["sum"].tolist() == [2, 2, 1, 1]


def test_batches_of_another_kind() -> None:
    def forward(model: Any, batch: Any) -> Any:
        return model(batch["x"]), batch["y"]

    x, y = data()[:]
    batches = [{"x": x[i : i + 4], "y": y[i : i + 4]} for i in range(0, 20, 4)]
    mine, plain = trainer(forward=forward), trainer()
    mine.fit(batches, epochs=2, validation=batches)
    plain.fit([(b["x"], b["y"]) for b in batches], epochs=2)
    same(mine.model, plain.model)
    assert mine.predict(batches).shape == (20, 2)


# ----- what is refused -----


ONE = [(np.ones((2, 3)), np.ones(2, int))]
REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "arrays for batches": (lambda: trainer().fit([np.ones((2, 3))], 1), errors.DataError, "TensorDataset"),
    "an iterator": (lambda: trainer().fit(iter(ONE), 2), errors.DataError, "no iterator"),
    "nothing": (lambda: trainer().fit([], 1), errors.DataError, "no batches in epoch 1"),
    "nothing to judge": (lambda: trainer().evaluate([]), errors.DataError, "at least one"),
    "nothing to predict": (lambda: trainer().predict([]), errors.DataError, "at least one"),
    "epochs": (lambda: trainer().fit(ONE, 0), errors.ArgumentError, "epochs"),
    "a clip": (lambda: trainer(clip=-1.0), errors.ArgumentError, "clip"),
    "a decay": (lambda: trainer(ema=2.0), errors.ArgumentError, "ema"),
    "a number of batches": (lambda: trainer(accumulate=0), errors.ArgumentError, "accumulate"),
    "a backend": (lambda: trainer(compile="fast"), errors.CompileError, "fast"),
    "a time": (lambda: trainer(schedule_on="batch"), errors.ArgumentError, "'step' or 'epoch'"),
    "a schedule": (lambda: trainer(schedule=0.5), errors.ArgumentError, "LRScheduler"),
    "resuming": (lambda: trainer().fit([], 1, resume=True), errors.ArgumentError, "checkpoint="),
    "classes": (lambda: accuracy(np.ones((3, 1)), np.ones(3)), errors.ShapeError, "binary_accuracy"),
    "shapes": (lambda: ag.train.mean_squared_error(np.ones((3, 1)), np.ones(3)), errors.ShapeError, "reshape"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(name: str) -> None:
    do, kind, said = REFUSED[name]
    with pytest.raises(kind, match=said):
        do()


def test_a_second_fit_goes_on() -> None:
    made = trainer()
    made.fit(ONE, 2)
    with pytest.raises(errors.ArgumentError, match="Write epochs=4"):
        made.fit(ONE, 2)
    assert [row["epoch"] for row in made.fit(ONE, 3).rows] == [1, 2, 3]
    assert repr(made) == "Trainer(Sequential, Adam: 3 epochs, 3 batches, 3 steps)"
