"""A training of several processes: gradients are averaged before they are clipped, and samplers know the epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from stopped import At, Stop

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.data import DataLoader, TensorDataset
from autograd_lite.tensor.commits import grad_array, replace_gradients
from autograd_lite.train import Checkpoints, Trainer

X = np.random.default_rng(0).standard_normal((16, 3))
Y = X.sum(1, keepdims=True)
BATCHES = [(X[i : i + 4], Y[i : i + 4]) for i in range(0, 16, 4)]


class Mean:
    """The mean with a second process, which has batches of its own: a stand-in for `ag.parallel.mean`."""

    def __call__(self, parameters: Any, *numbers: float) -> list[float]:
        tensors = list(parameters)
        replace_gradients(tensors, [(grad_array(p) + np.ones(p.shape)) / 2 for p in tensors])
        return list(numbers)


def by_hand(clip: float | None, clip_value: float | None, accumulate: int) -> Any:
    model = nn.Linear(3, 1, rng=0)
    optimizer, average, gathered = ag.optim.AdamW(model.parameters(), lr=0.05), Mean(), []
    for x, y in BATCHES:
        gathered.append((x, y))
        if len(gathered) == accumulate:
            xs, ys = (np.concatenate(part) for part in zip(*gathered, strict=True))
            optimizer.zero_grad()
            nn.functional.mse_loss(model(xs), ys).backward()
            average(model.parameters())
            if clip_value is not None:
                nn.utils.clip_grad_value_(model.parameters(), clip_value)
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            gathered = []
    return model.weight.numpy()


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("clips", [{}, {"clip": 0.1}, {"clip_value": 0.2}, {"clip": 0.1, "clip_value": 0.2}])
def test_the_mean_is_clipped_and_taken_once(clips: dict[str, float], accumulate: int, compile: bool) -> None:
    model, average = nn.Linear(3, 1, rng=0), Mean()
    optimizer = ag.optim.AdamW(model.parameters(), lr=0.05, average=average)
    made = Trainer(model, nn.MSELoss(), optimizer, accumulate=accumulate, compile=compile, progress=False, **clips)
    made.fit(BATCHES, 1)
    expected = by_hand(clips.get("clip"), clips.get("clip_value"), accumulate)
    np.testing.assert_allclose(model.weight.numpy(), expected, rtol=1e-12)
    assert optimizer.average is average


def test_a_step_that_fails_leaves_the_mean_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    model, average = nn.Linear(3, 1, rng=0), Mean()
    optimizer = ag.optim.SGD(model.parameters(), lr=0.05, average=average)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(optimizer, "advance", broken)
    with pytest.raises(ZeroDivisionError):
        Trainer(model, nn.MSELoss(), optimizer, clip=1.0, progress=False).fit(BATCHES, 1)
    assert optimizer.average is average


def test_a_search_cannot_clip_the_mean() -> None:
    model = nn.Linear(3, 1)
    with pytest.raises(errors.ArgumentError, match="without clip="):
        Trainer(model, nn.MSELoss(), ag.optim.LBFGS(model.parameters(), average=Mean()), clip=1.0)


# ----- samplers -----


class Shuffled:
    """An order that depends on nothing but the epoch, as that of `DistributedSampler`."""

    def __init__(self) -> None:
        self.epoch, self.told = 0, []

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch
        self.told.append(epoch)

    def __iter__(self) -> Iterator[int]:
        return iter(np.random.default_rng(self.epoch).permutation(16).tolist())

    def __len__(self) -> int:
        return 16


class InBatches(Shuffled):
    def __iter__(self) -> Iterator[Any]:
        return iter(np.random.default_rng(self.epoch).permutation(16).reshape(4, 4).tolist())

    def __len__(self) -> int:
        return 4


class Own(Shuffled):
    """A loader that wants to know."""

    def __iter__(self) -> Iterator[Any]:
        return (BATCHES[i] for i in np.random.default_rng(self.epoch).permutation(4))


KINDS = {
    "sampler": lambda: DataLoader(TensorDataset(X, Y), 4, sampler=Shuffled()),
    "batch_sampler": lambda: DataLoader(TensorDataset(X, Y), batch_sampler=InBatches()),
    "within": lambda: DataLoader(TensorDataset(X, Y), batch_sampler=ag.data.BatchSampler(Shuffled(), 4, False)),
    "a loader": Own,
}


def told(loader: Any) -> list[int]:
    inner = getattr(loader, "batch_sampler", loader)
    return getattr(inner, "told", None) or getattr(inner, "sampler", inner).told


@pytest.mark.parametrize("kind", KINDS)
def test_samplers_are_told_the_epoch(kind: str, tmp_path: Any) -> None:
    def made(name: str, *callbacks: Any) -> Trainer:
        model = nn.Linear(3, 1, rng=0)
        every = None if kind == "a loader" else 1
        written = Checkpoints(tmp_path / name, every=every)
        optimizer = ag.optim.Adam(model.parameters(), lr=0.1)
        return Trainer(model, nn.MSELoss(), optimizer, checkpoint=written, callbacks=callbacks, progress=False)

    loader, expected = KINDS[kind](), made("whole")
    expected.fit(loader, 3)
    assert told(loader) == [0, 1, 2]
    with pytest.raises(Stop):
        made("here", At(7)).fit(KINDS[kind](), 3)
    again = made("here")
    again.fit(KINDS[kind](), 3, resume=True)
    np.testing.assert_array_equal(again.model.weight.numpy(), expected.model.weight.numpy())
    assert again.history.rows == expected.history.rows
