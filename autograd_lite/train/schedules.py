"""When learning rates go on: after each step of the optimiser, or after each epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite import errors
from autograd_lite.optim.checks import choice
from autograd_lite.optim.lr_scheduler import CyclicLR, LRScheduler, OneCycleLR, ReduceLROnPlateau
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.train.checks import check_schedule


class Schedules:
    """The schedules of a training.

    Parameters
    ----------
    given : LRScheduler, list of LRScheduler or None
    when : {"step", "epoch"} or None
        None for "step" where a schedule consists of one that is made for it.
    optimizer : Optimizer
        Whose rates they are to set.
    """

    def __init__(self, given: Any, when: str | None, optimizer: Optimizer) -> None:
        if when not in (None, "step", "epoch"):
            raise errors.ArgumentError(choice("schedule_on", when, "'step' or 'epoch'"))
        self.all: list[Any] = [] if given is None else [*given] if isinstance(given, (list, tuple)) else [given]
        for schedule in self.all:
            if not isinstance(schedule, LRScheduler) and not callable(getattr(schedule, "step", None)):
                raise errors.ArgumentError(choice("schedule", schedule, "an LRScheduler, or a list of them"))
            check_schedule(schedule, optimizer)
        if when == "step" and any(map(_by_value, self.all)):
            raise errors.ArgumentError(errors.TRAIN_PLATEAU)
        self.by_step = [s for s in self.all if (when == "step" if when else _for_steps(s))]
        self.by_epoch = [s for s in self.all if all(s is not other for other in self.by_step)]

    @property
    def by_value(self) -> list[str]:
        """The names of those that go by a number of an epoch."""
        return [type(schedule).__name__ for schedule in self.by_epoch if _by_value(schedule)]

    def after_step(self) -> None:
        for schedule in self.by_step:
            schedule.step()

    def after_epoch(self, value: Callable[[], float]) -> None:
        """Go on after an epoch; `value` is asked for by those that go by one."""
        for schedule in self.by_epoch:
            if _by_value(schedule):
                schedule.step(value())
            else:
                schedule.step()


def _by_value(schedule: Any) -> bool:
    return isinstance(schedule, ReduceLROnPlateau)


def _for_steps(schedule: Any) -> bool:
    parts = schedule._parts() if isinstance(schedule, LRScheduler) else ()
    return isinstance(schedule, (OneCycleLR, CyclicLR)) or any(map(_for_steps, parts))
