"""Schedules that multiply the learning rate by a factor at some steps, or at all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from autograd_lite import errors
from autograd_lite.optim.checks import as_whole, check_range, check_setting, check_whole
from autograd_lite.optim.lr_scheduler.base import LRScheduler, for_each
from autograd_lite.optim.optimizer import Optimizer

Lambda = Callable[[int], float]


class _Factor(LRScheduler):
    """Schedules of which each step multiplies all rates by one number."""

    def get_lr(self) -> list[float]:
        factor = self._factor()
        return self._lrs() if factor is None else [lr * factor for lr in self._lrs()]

    def _factor(self) -> float | None:
        """Return the factor of this step; None where rates stay."""
        raise NotImplementedError


class StepLR(_Factor):
    """Multiply the rates by `gamma` every `step_size` steps.

    Parameters
    ----------
    optimizer : Optimizer
    step_size : int
        At least 1.
    gamma : float
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = StepLR(opt, step_size=2, gamma=0.5)
    >>> [(schedule.step(), opt.lr)[1] for _ in range(4)]
    [0.8, 0.4, 0.4, 0.2]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        step_size = as_whole(step_size)
        check_whole("step_size", step_size, 1)
        check_setting("gamma", gamma)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        return None if self.last_epoch == 0 or self.last_epoch % self.step_size else self.gamma

    def _closed(self) -> list[float]:
        return [lr * self.gamma ** (self.last_epoch // self.step_size) for lr in self.base_lrs]


class MultiStepLR(_Factor):
    """Multiply the rates by `gamma` at some steps.

    Parameters
    ----------
    optimizer : Optimizer
    milestones : iterable of int
        The steps; twice the same for the square of the factor.
    gamma : float
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = MultiStepLR(opt, [1, 3], gamma=0.5)
    >>> [(schedule.step(), opt.lr)[1] for _ in range(4)]
    [0.4, 0.4, 0.2, 0.2]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        check_setting("gamma", gamma)
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        times = self.milestones.get(self.last_epoch)
        return None if times is None else float(self.gamma**times)

    def _closed(self) -> list[float]:
        times = sum(count for step, count in self.milestones.items() if step <= self.last_epoch)
        return [lr * self.gamma**times for lr in self.base_lrs]


class ConstantLR(_Factor):
    """Multiply the rates by `factor` up to a step.

    Parameters
    ----------
    optimizer : Optimizer
    factor : float
        From 0 to 1; not 0 where there is an end.
    total_iters : int
        The step at which the rates are again what they were.
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = ConstantLR(opt, factor=0.5, total_iters=2)
    >>> [opt.lr, *[(schedule.step(), opt.lr)[1] for _ in range(3)]]
    [0.4, 0.4, 0.8, 0.8]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        check_range("factor", factor, 0, 1, 0.5)
        check_whole("total_iters", total_iters, 0)
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        if self.last_epoch == 0:
            return self.factor
        if self.last_epoch != self.total_iters:
            return None
        if not self.factor:
            raise errors.ArgumentError(errors.SCHEDULE_ZERO)
        return 1 / self.factor

    def _closed(self) -> list[float]:
        return [lr * (1 if self.last_epoch >= self.total_iters else self.factor) for lr in self.base_lrs]


class LinearLR(_Factor):
    """Go from one factor of the rates to another one in equal steps.

    Parameters
    ----------
    optimizer : Optimizer
    start_factor : float
        Above 0, at most 1.
    end_factor : float
        From 0 to 1.
    total_iters : int
        In how many steps.
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = LinearLR(opt, start_factor=0.5, total_iters=2)
    >>> [round(lr, 6) for lr in [opt.lr, *[(schedule.step(), opt.lr)[1] for _ in range(3)]]]
    [0.4, 0.6, 0.8, 0.8]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        check_range("start_factor", start_factor, 5e-324, 1, 0.5)
        check_range("end_factor", end_factor, 0, 1, 1.0)
        check_whole("total_iters", total_iters, 1)
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return None
        rise = self.end_factor - self.start_factor
        return 1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)

    def _closed(self) -> list[float]:
        part = min(self.total_iters, self.last_epoch) / self.total_iters
        return [lr * (self.start_factor + (self.end_factor - self.start_factor) * part) for lr in self.base_lrs]


class ExponentialLR(_Factor):
    """Multiply the rates by `gamma` at each step.

    Parameters
    ----------
    optimizer : Optimizer
    gamma : float
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = ExponentialLR(opt, gamma=0.5)
    >>> [(schedule.step(), opt.lr)[1] for _ in range(3)]
    [0.4, 0.2, 0.1]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        check_setting("gamma", gamma)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        return None if self._is_initial else self.gamma

    def _closed(self) -> list[float]:
        return [lr * self.gamma**self.last_epoch for lr in self.base_lrs]


class PolynomialLR(_Factor):
    """Go down to 0 as a power of what is left of the steps.

    Parameters
    ----------
    optimizer : Optimizer
    total_iters : int
        In how many steps, at least 1.
    power : float
        1 for equal steps.
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = PolynomialLR(opt, total_iters=4, power=2)
    >>> [round((schedule.step(), opt.lr)[1], 6) for _ in range(5)]
    [0.45, 0.2, 0.05, 0.0, 0.0]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        check_whole("total_iters", total_iters, 1)
        check_setting("power", power)
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        if self._is_initial or self.last_epoch > self.total_iters:
            return None
        left, before = (1 - step / self.total_iters for step in (self.last_epoch, self.last_epoch - 1))
        return float((left / before) ** self.power)

    def _closed(self) -> list[float]:
        left = 1 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [lr * left**self.power for lr in self.base_lrs]


class _ByFunctions(LRScheduler):
    """Schedules with a function for each group; objects that are called have their attributes saved, as in PyTorch."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Lambda | Sequence[Lambda], last_epoch: int = -1) -> None:
        self.lr_lambdas: list[Lambda] = _functions(optimizer, lr_lambda)
        super().__init__(optimizer, last_epoch)

    def _loading(self, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return [*super()._loading({**given, "lr_lambdas": self.lr_lambdas}), *_attributes(self.lr_lambdas, given)]


class LambdaLR(_ByFunctions):
    """Multiply the rates that were there at the beginning by what a function of the step says.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or a list of them
        ``lr_lambda(step)``; or one for each group.
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = LambdaLR(opt, lambda step: 1 / (1 + step))
    >>> [round((schedule.step(), opt.lr)[1], 6) for _ in range(3)]
    [0.4, 0.266667, 0.2]
    """

    def get_lr(self) -> list[float]:
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [lr * function(self.last_epoch) for lr, function in pairs]


class MultiplicativeLR(_ByFunctions):
    """Multiply the rates at each step by what a function of the step says.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or a list of them
        ``lr_lambda(step)``; or one for each group.
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = MultiplicativeLR(opt, lambda step: 0.5 if step < 3 else 1.0)
    >>> [(schedule.step(), opt.lr)[1] for _ in range(3)]
    [0.4, 0.2, 0.2]
    """

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self._lrs()
        return [lr * function(self.last_epoch) for lr, function in zip(self._lrs(), self.lr_lambdas, strict=True)]


def _functions(optimizer: Optimizer, given: Any) -> list[Lambda]:
    functions = for_each("lr_lambda", optimizer, given)
    for function in functions:
        if not callable(function):
            raise errors.ArgumentError(errors.SCHEDULE_FUNCTION.format(given=function))
    return functions


def _attributes(functions: list[Any], given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return what brings back the attributes of objects that are called as functions."""
    saved = given.get("lr_lambdas") or [None] * len(functions)
    return [(vars(function).update, state) for function, state in zip(functions, saved, strict=True) if state]
