"""Means of models: equal ones, exponential ones, of buffers, saved, and the statistics of layers afterwards."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.optim import swa_utils
from autograd_lite.optim.swa_utils import AveragedModel, get_ema_avg_fn, get_swa_avg_fn, update_bn


class Normed(nn.Module):
    """A layer with running statistics, as those that normalise batches."""

    def __init__(self) -> None:
        self.weight = nn.Parameter(np.ones(2))
        self.momentum: float | None = 0.1
        self.reset_running_stats()

    def reset_running_stats(self) -> None:
        self.running_mean, self.count = ag.Tensor(np.zeros(2)), ag.Tensor(0)

    def forward(self, x: Any) -> Any:
        if self.training:
            with ag.no_grad():
                self.count = self.count + 1
                share = 1 / self.count.item() if self.momentum is None else self.momentum
                self.running_mean = self.running_mean * (1 - share) + x.mean(axis=0) * share
        return (x - self.running_mean) * self.weight


def given(model: Normed, value: float) -> None:
    model.weight.assign([value, -value])
    model.running_mean.assign([value, 2 * value])


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("decay", [None, 0.9])
def test_means_are_those_of_all_values(decay: float | None, use_buffers: bool) -> None:
    model = Normed()
    averaged = AveragedModel(model, avg_fn=None if decay is None else get_ema_avg_fn(decay), use_buffers=use_buffers)
    values, mean = [1.0, 4.0, -2.0, 3.5], 0.0
    for i, value in enumerate(values):
        given(model, value)
        averaged.update_parameters(model)
        share = 1 / (i + 1) if decay is None or not i else 1 - decay
        mean = mean + (value - mean) * share
    np.testing.assert_allclose(averaged.module.weight.numpy(), [mean, -mean], rtol=1e-14)
    last = mean if use_buffers else values[-1]
    np.testing.assert_allclose(averaged.module.running_mean.numpy(), [last, 2 * last], rtol=1e-14)
    assert averaged.n_averaged.item() == 4
    assert averaged.module.weight.requires_grad
    assert model.weight.tolist() == [3.5, -3.5]


def test_float32_stays() -> None:
    model = nn.Linear(2, 1, dtype=np.float32)
    averaged = AveragedModel(model, avg_fn=get_ema_avg_fn(0.5))
    for _ in range(3):
        averaged.update_parameters(model)
    assert averaged.module.weight.dtype == np.float32
    x = np.ones((1, 2), np.float32)
    np.testing.assert_allclose(averaged(x).numpy(), model(x).numpy())


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x)), None])
def test_it_is_copied_and_saved(copied: Any) -> None:
    model = Normed()
    averaged = AveragedModel(model, avg_fn=mean_of_all if copied else get_swa_avg_fn())
    for value in (1.0, 2.0):
        given(model, value)
        averaged.update_parameters(model)
    if copied is None:
        twin = AveragedModel(model)
        twin.load_state_dict(averaged.state_dict())
    else:
        twin = copied(averaged)
    given(model, 6.0)
    twin.update_parameters(model)
    assert twin.module.weight.tolist() == [3.0, -3.0]
    assert averaged.module.weight.tolist() == [1.5, -1.5]


def mean_of_all(mean: Any, value: Any, number: Any) -> Any:
    return mean + (value - mean) / (number + 1)


def test_statistics_are_computed_anew() -> None:
    model = nn.Sequential(Normed(), nn.ReLU())
    model.eval()
    data = [np.full((4, 2), value) for value in (1.0, 2.0, 6.0)]
    update_bn([(batch, None) for batch in data], model)
    layer: Any = next(iter(model.children()))
    np.testing.assert_allclose(layer.running_mean.numpy(), 3.0)
    assert layer.momentum == 0.1
    assert not any(m.training for m in model.modules())


def test_parts_without_a_mode_of_their_own_have_none_afterwards() -> None:
    model = nn.Sequential(nn.BatchNorm1d(2), nn.ReLU())
    before = [vars(m).keys() for m in model.modules()]
    update_bn([np.ones((4, 2))], model)
    assert [vars(m).keys() for m in model.modules()] == before


def test_what_is_another_model_is_refused() -> None:
    averaged = AveragedModel(nn.Linear(2, 1))
    with pytest.raises(errors.ArgumentError, match=r"parameters of Linear.*Write update_parameters"):
        averaged.update_parameters(nn.Linear(3, 1))
    with pytest.raises(errors.ArgumentError, match=r"decay=1\.5"):
        get_ema_avg_fn(1.5)
    with pytest.raises(errors.ArgumentError, match="Write AveragedModel"):
        AveragedModel(nn.Linear(2, 1), device="cuda")


@pytest.mark.parametrize(
    ("of_one", "of_several"),
    [(swa_utils.get_ema_avg_fn(0.75), swa_utils.get_ema_multi_avg_fn(0.75)),
     (swa_utils.get_swa_avg_fn(), swa_utils.get_swa_multi_avg_fn())],
)  # fmt: skip
def test_means_of_several_arrays_are_those_of_each(of_one: Any, of_several: Any) -> None:
    model = nn.Linear(2, 1)
    one, several = AveragedModel(model, avg_fn=of_one), AveragedModel(model, multi_avg_fn=of_several)
    for value in (1.0, 3.0, -2.0):
        model.weight.assign([[value, -value]])
        one.update_parameters(model)
        several.update_parameters(model)
    assert one.module.weight.tolist() == several.module.weight.tolist()
    means = [ag.Tensor([1.0]), ag.Tensor([[2.0, 3.0]], requires_grad=True)]
    of_several(means, [ag.Tensor([5.0]), ag.Tensor([[6.0, 7.0]])], 3)
    assert [m.tolist() for m in means] == [[2.0], [[3.0, 4.0]]]
    with pytest.raises(errors.ArgumentError, match="Write AveragedModel"):
        AveragedModel(model, multi_avg_fn=lambda means, values, number: None)
