"""Schedules of schedules: one after the other, and several at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_lite import errors
from autograd_lite.optim.checks import check_whole
from autograd_lite.optim.lr_scheduler.base import LRScheduler
from autograd_lite.optim.lr_scheduler.plateau import ReduceLROnPlateau
from autograd_lite.optim.optimizer import Optimizer


class _Composed(LRScheduler):
    """A schedule that is made of others."""

    _held = ("optimizer", "_schedulers")
    _schedulers: list[LRScheduler]

    def _parts(self) -> Sequence[LRScheduler]:
        return self._schedulers

    def _go_to(self, epoch: int, closed: bool = False) -> None:
        """Begin again, with the rates that were there first: what was begun when the parts were made is left out."""
        for group in self._groups:
            group["lr"] = group["initial_lr"]
        self._unbegin()
        self._begin()

    def _unbegin(self) -> None:
        for part in self._schedulers:
            part.last_epoch = -1
            if isinstance(part, _Composed):
                part._unbegin()

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "_schedulers": [part.state_dict() for part in self._schedulers]}

    def _loading(self, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        states = given.get("_schedulers", ())
        if len(states) != len(self._schedulers):
            text = errors.SCHEDULE_STATE.format(schedule=type(self).__name__, odd="some schedules")
            raise errors.StateDictError(text)
        inner = [step for part, state in zip(self._schedulers, states, strict=True) for step in part._loading(state)]
        own = {name: vars(self)[name] for name in ("base_lrs", "last_epoch")}  # PyTorch has none here
        return [*super()._loading({**own, **given}), *inner]


class SequentialLR(_Composed):
    """Several schedules one after the other, of which each begins at a milestone.

    Parameters
    ----------
    optimizer : Optimizer
    schedulers : list of LRScheduler
        Of this optimiser.
    milestones : list of int
        The steps at which the second one begins, the third one, and so on.
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> from autograd_lite.optim.lr_scheduler import ConstantLR, ExponentialLR
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> parts = [ConstantLR(opt, factor=0.5, total_iters=9), ExponentialLR(opt, gamma=0.5)]
    >>> schedule = SequentialLR(opt, parts, milestones=[2])
    >>> [opt.lr, *[(schedule.step(), opt.lr)[1] for _ in range(4)]]
    [0.4, 0.4, 0.8, 0.4, 0.2]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        _check("SequentialLR", optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            given, instead = f"{len(schedulers)} with {len(milestones)} milestones", "one milestone less than schedules"
            raise errors.ArgumentError(
                errors.SCHEDULE_PARTS.format(schedule="SequentialLR", given=given, instead=instead)
            )
        for milestone in milestones:
            check_whole("milestones", milestone, 0)
        self._schedulers, self._milestones = list(schedulers), list(milestones)
        super().__init__(optimizer, last_epoch)

    def _start(self) -> None:
        first = self.last_epoch + 1
        self._go_to(0)
        self.last_epoch = first

    def _begin(self) -> None:
        self.last_epoch = 0
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._begin()
        self._last_lr = first.get_last_lr()

    def _advance(self) -> None:
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        part = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            part._go_to(0, closed=True)
        else:
            part._advance()
        self._last_lr = part.get_last_lr()


class ChainedScheduler(_Composed):
    """Several schedules at once, of which each changes what the others have set.

    Parameters
    ----------
    schedulers : sequence of LRScheduler
        Of one optimiser.
    optimizer : Optimizer, optional
        That one.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> from autograd_lite.optim.lr_scheduler import ConstantLR, ExponentialLR
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = ChainedScheduler([ConstantLR(opt, factor=0.5, total_iters=2), ExponentialLR(opt, gamma=0.5)])
    >>> [opt.lr, *[(schedule.step(), opt.lr)[1] for _ in range(3)]]
    [0.4, 0.2, 0.2, 0.1]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        first = optimizer or getattr(schedulers[0] if schedulers else None, "optimizer", None)
        _check("ChainedScheduler", first, schedulers)
        self._schedulers = list(schedulers)
        super().__init__(first)  # type: ignore[arg-type]

    def _start(self) -> None:
        self._last_lr = self._lrs()

    def _begin(self) -> None:
        for part in self._schedulers:
            part._begin()
        self._last_lr = self._lrs()

    def _advance(self) -> None:
        for part in self._schedulers:
            part._advance()
        self._last_lr = self._lrs()


def _check(name: str, optimizer: Any, schedulers: Sequence[Any]) -> None:
    """Refuse what cannot be composed."""
    given = "none" if not schedulers else ""
    for part in schedulers:
        if not isinstance(part, LRScheduler):
            given = f"a {type(part).__name__}"
        elif isinstance(part, ReduceLROnPlateau):
            given = "ReduceLROnPlateau, whose step is given a loss"
        elif part.optimizer is not optimizer:
            given = f"{type(part).__name__} of another optimiser"
    if given:
        instead = f"{name}([StepLR(optimizer, 10), ...])" if name[0] == "C" else f"{name}(optimizer, [...], milestones)"
        raise errors.ArgumentError(errors.SCHEDULE_PARTS.format(schedule=name, given=given, instead=instead))
