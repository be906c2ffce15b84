"""Schedules that go up and down, with the momentum against the rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from autograd_lite import errors
from autograd_lite.optim.checks import check_range, check_setting, check_whole, choice
from autograd_lite.optim.groups import Group
from autograd_lite.optim.lr_scheduler.base import LRScheduler, for_each
from autograd_lite.optim.optimizer import Optimizer

SCALES: dict[str, tuple[str, Callable[[float, float], float]]] = {
    "triangular": ("cycle", lambda gamma, x: 1.0),
    "triangular2": ("cycle", lambda gamma, x: 1 / 2.0 ** (x - 1)),
    "exp_range": ("iterations", lambda gamma, x: gamma**x),
}
"""By mode: what is counted, and the height of a cycle by the count."""


class _Cycling(LRScheduler):
    """Schedules that change the momentum, or the first of Adam's betas, as well."""

    cycle_momentum: bool
    use_beta1: bool
    _momenta: tuple[list[float], list[float]]

    def _prepare(self, base: Any, largest: Any) -> None:
        """Note the momenta of all groups, least and largest."""
        if not self.cycle_momentum:
            return
        known = self.optimizer.defaults
        if "momentum" not in known and "betas" not in known:
            said = {"schedule": type(self).__name__, "optimizer": type(self.optimizer).__name__}
            raise errors.ArgumentError(errors.SCHEDULE_MOMENTUM.format(**said))
        self.use_beta1 = "betas" in known
        names = ("base_momentum", "max_momentum")
        found = [for_each(name, self.optimizer, value) for name, value in zip(names, (base, largest), strict=True)]
        self._momenta = found[0], found[1]
        for name, values in zip(names, found, strict=True):
            for value in values:
                check_setting(name, value)

    def _start(self) -> None:
        if self.cycle_momentum and self.last_epoch == -1:
            for group, low, high in zip(self._groups, *self._momenta, strict=True):
                self._set_momentum(group, high)
                group |= {"max_momentum": high, "base_momentum": low}
        super()._start()

    def _set_momentum(self, group: Group, value: float) -> None:
        if self.use_beta1:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group["momentum"] = value


class CyclicLR(_Cycling):
    """Go up from `base_lr` to `max_lr` and down again, over and over; the momentum goes the other way.

    Parameters
    ----------
    optimizer : Optimizer
    base_lr, max_lr : float, or list of float
        The least rate and the largest one, for all groups or for each.
    step_size_up, step_size_down : int
        Of how many steps each way is; down as up if left out.
    mode : {"triangular", "triangular2", "exp_range"}
        Whether cycles stay as high, get half as high each time, or multiplied by `gamma` at each step.
    gamma : float
    scale_fn : callable, optional
        The height of a cycle by its number, or by the step, in the place of `mode`.
    scale_mode : {"cycle", "iterations"}
        Which of both.
    cycle_momentum : bool
        Whether the momentum, or the first of ``betas``, is changed.
    base_momentum, max_momentum : float, or list of float
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Notes
    -----
    From L. N. Smith, *Cyclical learning rates for training neural networks*, WACV 2017.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], momentum=0.9)
    >>> schedule = CyclicLR(opt, base_lr=0.1, max_lr=0.5, step_size_up=2)
    >>> [(schedule.step(), round(opt.lr, 4), round(opt.param_groups[0]["momentum"], 4))[1:] for _ in range(4)]
    [(0.3, 0.85), (0.5, 0.8), (0.3, 0.85), (0.1, 0.9)]
    """

    _held = ("optimizer", "_momenta", "_lowest")
    _foreign = ("base_momentums", "max_momentums")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        down = step_size_up if step_size_down is None else step_size_down
        check_whole("step_size_up", step_size_up, 1)
        check_whole("step_size_down", down, 1)
        if scale_fn is None and mode not in SCALES:
            raise errors.ArgumentError(choice("mode", mode, "'triangular', 'triangular2' or 'exp_range'"))
        if scale_mode not in ("cycle", "iterations"):
            raise errors.ArgumentError(choice("scale_mode", scale_mode, "'cycle' or 'iterations'"))
        self.optimizer = optimizer
        self._lowest, self.max_lrs = for_each("base_lr", optimizer, base_lr), for_each("max_lr", optimizer, max_lr)
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else SCALES[mode][0]
        self.cycle_momentum = cycle_momentum
        self._prepare(base_momentum, max_momentum)
        super().__init__(optimizer, last_epoch)

    def _start(self) -> None:
        if self.last_epoch == -1:
            for group, lr in zip(self._groups, self._lowest, strict=True):
                group["lr"] = lr
        super()._start()

    def _begin(self) -> None:
        self.base_lrs = list(self._lowest)
        super()._begin()

    def get_lr(self) -> list[float]:
        height = self._height()
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def _go_to(self, epoch: int, closed: bool = False) -> None:
        super()._go_to(epoch, closed)
        if self.cycle_momentum:
            height = self._height()
            for group, low, high in zip(self._groups, *self._momenta, strict=True):
                self._set_momentum(group, high - (high - low) * height)

    def _height(self) -> float:
        """Return how high it is, from 0 to the height of the cycle."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        count = cycle if self.scale_mode == "cycle" else self.last_epoch
        custom = self._scale_fn_custom
        return height * (SCALES[self.mode][1](self.gamma, count) if custom is None else custom(count))

    def _loading(self, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return super()._loading({**given, "_scale_fn_custom": self._scale_fn_custom})


class Phase(NamedTuple):
    """One way of `OneCycleLR`: its last step, and by name in the groups, where rate and momentum begin and end."""

    end: float
    lr: tuple[str, str]
    momentum: tuple[str, str]


class OneCycleLR(_Cycling):
    """Go up from a small rate to `max_lr`, and then down to nearly nothing; the momentum goes the other way.

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float, or list of float
        The largest rate, for all groups or for each.
    total_steps : int, optional
        How many steps there are; or `epochs` and `steps_per_epoch`.
    epochs, steps_per_epoch : int, optional
    pct_start : float
        Which part of them goes up, from 0 to 1.
    anneal_strategy : {"cos", "linear"}
        Whether along half a wave, or in equal steps.
    cycle_momentum : bool
        Whether the momentum, or the first of ``betas``, is changed.
    base_momentum, max_momentum : float, or list of float
    div_factor : float
        `max_lr` divided by the first rate.
    final_div_factor : float
        The first rate divided by the last one.
    three_phase : bool
        Whether it first goes down as it went up, and then to the last rate.
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Raises
    ------
    ArgumentError
        A setting out of range; or a step more than there are.

    Notes
    -----
    From L. N. Smith and N. Topin, *Super-convergence: very fast training of neural networks using large learning
    rates*, arXiv:1708.07120, 2017, with PyTorch's defaults.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.Adam([ag.Tensor(1.0, requires_grad=True)])
    >>> schedule = OneCycleLR(opt, max_lr=0.1, total_steps=6, pct_start=0.5)
    >>> [round(opt.lr, 4), *[(schedule.step(), round(opt.lr, 4))[1] for _ in range(5)]]
    [0.004, 0.052, 0.1, 0.075, 0.025, 0.0]
    """

    _held = ("optimizer", "_momenta", "_phases", "_largest", "_divisors")

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_range("pct_start", pct_start, 0, 1, 0.3)
        if anneal_strategy not in ("cos", "linear"):
            raise errors.ArgumentError(choice("anneal_strategy", anneal_strategy, "'cos' or 'linear'"))
        self.optimizer, self._anneal_func_type = optimizer, anneal_strategy
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        self._phases = _phases(self.total_steps, pct_start, three_phase)
        self._largest, self._divisors = for_each("max_lr", optimizer, max_lr), (div_factor, final_div_factor)
        self.cycle_momentum = cycle_momentum
        self._prepare(base_momentum, max_momentum)
        super().__init__(optimizer, last_epoch)

    def _start(self) -> None:
        if self.last_epoch == -1:
            first, last = self._divisors
            for group, high in zip(self._groups, self._largest, strict=True):
                group |= {"initial_lr": high / first, "max_lr": high, "min_lr": high / first / last}
        super()._start()

    def get_lr(self) -> list[float]:
        phase, part = self._place()
        return [self._between(group, phase.lr, part) for group in self._groups]

    def _go_to(self, epoch: int, closed: bool = False) -> None:
        super()._go_to(epoch, closed)
        if self.cycle_momentum:
            phase, part = self._place()
            for group in self._groups:
                self._set_momentum(group, self._between(group, phase.momentum, part))

    def _place(self) -> tuple[Phase, float]:
        """Return in which phase it is, and where in it."""
        step, start = self.last_epoch, 0.0
        if step > self.total_steps:
            raise errors.ArgumentError(errors.SCHEDULE_OVER.format(step=step, total=self.total_steps))
        for phase in self._phases:
            if step <= phase.end or phase is self._phases[-1]:
                break
            start = phase.end
        length = phase.end - start
        return phase, (step - start) / length if length else 1.0

    def _between(self, group: Group, names: tuple[str, str], part: float) -> float:
        first, last = group[names[0]], group[names[1]]
        if self._anneal_func_type == "linear":
            return float((last - first) * part + first)
        return float(last + (first - last) / 2.0 * (math.cos(math.pi * part) + 1))


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is not None:
        check_whole("total_steps", total_steps, 1)
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise errors.ArgumentError(errors.SCHEDULE_STEPS)
    check_whole("epochs", epochs, 1)
    check_whole("steps_per_epoch", steps_per_epoch, 1)
    return epochs * steps_per_epoch


def _phases(total: int, part: float, three: bool) -> tuple[Phase, ...]:
    up = Phase(part * total - 1, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum"))
    if not three:
        return up, Phase(total - 1, ("max_lr", "min_lr"), ("base_momentum", "max_momentum"))
    down = Phase(2 * part * total - 2, ("max_lr", "initial_lr"), ("base_momentum", "max_momentum"))
    return up, down, Phase(total - 1, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum"))
