"""Schedules: together, in each other, saved and taken over; what is refused. The rates are tried in `test_updates`."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from helpers import leaf
from updates import SCHEDULES, losses

from autograd_lite import errors, optim
from autograd_lite.optim import lr_scheduler as schedules


def optimizer(lr: float = 0.5, **settings: Any) -> optim.SGD:
    groups = [{"params": [leaf(1.0)]}, {"params": [leaf(1.0)], "lr": 0.03}]
    return optim.SGD(groups, lr=lr, **{"momentum": 0.9, **settings})


def rates(opt: optim.Optimizer) -> list[float]:
    return [x for group in opt.param_groups for x in (group["lr"], group["momentum"])]


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("at", [0, 3, 11])
def test_a_saved_schedule_goes_on_where_it_was(name: str, at: int) -> None:
    opt, other = optimizer(), optimizer()
    schedule, twin = SCHEDULES[name](schedules, opt), SCHEDULES[name](schedules, other)
    for _ in range(at):
        schedule.step()
    other.load_state_dict(pickle.loads(pickle.dumps(opt.state_dict())))
    twin.load_state_dict(pickle.loads(pickle.dumps(schedule.state_dict())))
    for _ in range(15):
        assert rates(opt) == rates(other)
        assert schedule.get_last_lr() == twin.get_last_lr()
        schedule.step()
        twin.step()


def test_a_saved_plateau_goes_on_where_it_was() -> None:
    opt, other = optimizer(), optimizer()
    schedule, twin = (schedules.ReduceLROnPlateau(o, factor=0.7, patience=2) for o in (opt, other))
    for i in range(9):
        schedule.step(losses(i))
    other.load_state_dict(opt.state_dict())
    twin.load_state_dict(schedule.state_dict())
    for i in range(9, 30):
        schedule.step(leaf(losses(i)))
        twin.step(np.float32(losses(i)))
        np.testing.assert_allclose(rates(opt), rates(other))


def test_a_copy_goes_on_by_itself() -> None:
    opt = optimizer()
    schedule = schedules.ExponentialLR(opt, 0.5)
    twin, other = copy.deepcopy((schedule, opt))
    twin.step()
    assert (opt.lr, other.lr) == (0.5, 0.25)
    assert pickle.loads(pickle.dumps(schedule)).get_last_lr() == [0.5, 0.03]


def test_schedules_in_schedules() -> None:
    """The outer one begins the inner ones anew, each at its milestone."""
    opt = optimizer(0.8)
    inner = schedules.SequentialLR(opt, [schedules.StepLR(opt, 2, 0.5), schedules.ExponentialLR(opt, 0.5)], [3])
    both = schedules.ChainedScheduler([schedules.ExponentialLR(opt, 0.5), schedules.ConstantLR(opt, 0.5, 2)])
    outer = schedules.SequentialLR(opt, [schedules.ConstantLR(opt, 0.1, 9), inner, both], [2, 7])
    seen = []
    for _ in range(10):
        seen.append(round(opt.lr, 10))
        outer.step()
    assert seen == [0.08, 0.08, 0.8, 0.8, 0.4, 0.8, 0.4, 0.4, 0.2, 0.2]


def test_a_schedule_is_gone_on_with_by_its_last_step() -> None:
    opt = optimizer(0.8)
    first = schedules.StepLR(opt, 3, 0.5)
    for _ in range(4):
        first.step()
    other = optimizer(0.8)
    other.load_state_dict(opt.state_dict())
    second = schedules.StepLR(other, 3, 0.5, last_epoch=first.last_epoch)
    for _ in range(5):
        first.step()
        second.step()
    assert second.last_epoch == first.last_epoch + 1
    with pytest.raises(errors.ArgumentError, match=r"'initial_lr'.*Write optimizer\.load_state_dict"):
        schedules.StepLR(optimizer(), 3, last_epoch=4)


def test_restarts_may_be_between_steps() -> None:
    opt = optimizer(0.8)
    schedule = schedules.CosineAnnealingWarmRestarts(opt, 2, 2)
    for epoch, rate in [(0.5, 0.8 * (1 + np.cos(np.pi / 4)) / 2), (1, 0.4), (2, 0.8), (4, 0.4), (6, 0.8), (1.0, 0.4)]:
        schedule.step(epoch)
        assert opt.lr == pytest.approx(rate)


def test_a_function_with_attributes_keeps_them() -> None:
    class Falling:
        factor = 0.5

        def __call__(self, step: int) -> float:
            return float(self.factor**step)

    function = Falling()
    function.factor = 0.25
    saved = schedules.LambdaLR(optimizer(), function).state_dict()
    assert saved["lr_lambdas"] == [{"factor": 0.25}] * 2
    other = Falling()
    schedule = schedules.LambdaLR(opt := optimizer(), other)
    schedule.load_state_dict(saved)
    schedule.step()
    assert opt.lr == 0.125


def test_a_step_that_fails_changes_nothing() -> None:
    opt = optimizer()
    good, bad = schedules.ExponentialLR(opt, 0.5), schedules.LambdaLR(opt, lambda step: 1 / (2 - step))
    chain = schedules.ChainedScheduler([good, bad])
    chain.step()
    before = rates(opt), good.last_epoch, bad.last_epoch
    with pytest.raises(ZeroDivisionError):
        chain.step()
    assert (rates(opt), good.last_epoch, bad.last_epoch) == before
    one = schedules.OneCycleLR(opt, 0.1, total_steps=3)
    for _ in range(3):
        one.step()
    before = rates(opt), one.last_epoch
    with pytest.raises(errors.ArgumentError, match="was made for 3"):
        one.step()
    assert (rates(opt), one.last_epoch) == before


def test_a_schedule_that_is_refused_leaves_the_optimiser_as_it_was() -> None:
    opt = optim.Rprop([leaf(1.0)], lr=0.5)
    groups = [dict(group) for group in opt.param_groups]
    with pytest.raises(errors.ArgumentError, match=r"momentum of Rprop.*Write cycle_momentum=False"):
        schedules.CyclicLR(opt, 0.1, 0.2)
    assert opt.param_groups == groups


def test_adam_has_its_first_beta_changed() -> None:
    opt = optim.Adam([leaf(1.0)])
    schedule = schedules.OneCycleLR(opt, 0.1, total_steps=5, pct_start=0.6, anneal_strategy="linear")
    schedule.step()
    assert opt.param_groups[0]["betas"] == (pytest.approx(0.9), 0.999)


REFUSED: dict[str, Any] = {
    "no optimiser": (lambda o: schedules.StepLR([1.0], 3), "a list"),
    "a step of 0": (lambda o: schedules.StepLR(o, 0), "step_size=0"),
    "half a step": (lambda o: schedules.StepLR(o, 1.5), "step_size=1.5"),
    "a factor": (lambda o: schedules.ConstantLR(o, 1.5), "factor=1.5"),
    "a start": (lambda o: schedules.LinearLR(o, 0), "start_factor=0"),
    "an end": (lambda o: schedules.LinearLR(o, 0.5, -1), "end_factor=-1"),
    "a wave of 0": (lambda o: schedules.CosineAnnealingLR(o, 0), "T_max=0"),
    "a restart": (lambda o: schedules.CosineAnnealingWarmRestarts(o, 2, 0.5), "T_mult=0.5"),
    "a mode": (lambda o: schedules.CyclicLR(o, 0.1, 0.2, mode="square"), "'square'"),
    "a plateau": (lambda o: schedules.ReduceLROnPlateau(o, mode="least"), "'least'"),
    "a factor of 1": (lambda o: schedules.ReduceLROnPlateau(o, factor=1.0), "factor=1.0"),
    "no length": (lambda o: schedules.OneCycleLR(o, 0.1, epochs=3), "steps_per_epoch=100"),
    "a way": (lambda o: schedules.OneCycleLR(o, 0.1, 9, anneal_strategy="cubic"), "'cubic'"),
    "too many rates": (lambda o: schedules.OneCycleLR(o, [0.1] * 3, 9), "3 values, but the optimiser has 2"),
    "no function": (lambda o: schedules.LambdaLR(o, 0.9), "0.9, no function"),
    "nothing in it": (lambda o: schedules.ChainedScheduler([]), "not of none"),
    "another's": (lambda o: schedules.ChainedScheduler([schedules.StepLR(optimizer(), 2)], o), "another optimiser"),
    "a plateau in it": (
        lambda o: schedules.SequentialLR(o, [schedules.ReduceLROnPlateau(o)], []), "whose step is given a loss"
    ),
    "milestones": (lambda o: schedules.SequentialLR(o, [schedules.StepLR(o, 2)], [3]), "1 with 1 milestones"),
    "a state": (lambda o: schedules.StepLR(o, 2).load_state_dict({"gamma": 0.5}), "step_size on one side only"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_schedule_is_refused(case: str) -> None:
    make, said = REFUSED[case]
    with pytest.raises(errors.AutogradError, match="Write") as caught:
        make(optimizer())
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["StepLR", "CosineAnnealingLR"])
def test_a_whole_number_may_be_a_float(name: str) -> None:
    rates = []
    for whole in (2, 2.0):
        opt = optim.SGD([leaf(1.0)], lr=0.8)
        schedule = getattr(schedules, name)(opt, whole)
        rates.append([(schedule.step(), opt.lr)[1] for _ in range(4)])
    assert rates[0] == rates[1]
    assert issubclass(getattr(schedules, name), schedules._LRScheduler)
