"""A schedule that goes by the loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograd_lite import errors
from autograd_lite.optim.checks import check_mode, check_setting, check_whole, choice
from autograd_lite.optim.lr_scheduler.base import LRScheduler, for_each, settled
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.tensor.tensor import Tensor


class ReduceLROnPlateau(LRScheduler):
    """Multiply the rates by `factor` when a number has not got better for more than `patience` steps.

    Parameters
    ----------
    optimizer : Optimizer
    mode : {"min", "max"}
        Whether less is better, or more.
    factor : float
        Below 1.
    patience : int
        How many steps without a better number change nothing.
    threshold : float
        By how much a number has to be better.
    threshold_mode : {"rel", "abs"}
        Whether as a part of the best one, or as it is.
    cooldown : int
        For how many steps after a change nothing is counted.
    min_lr : float, or list of float
        The least rate, for all groups or for each.
    eps : float
        A smaller change of a rate is not made.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = ReduceLROnPlateau(opt, factor=0.5, patience=1)
    >>> [(schedule.step(loss), opt.lr)[1] for loss in (1.0, 0.9, 0.95, 0.95, 0.8)]
    [0.8, 0.8, 0.8, 0.4, 0.4]
    """

    _foreign = ("default_min_lr", "mode_worse")

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        check_setting("factor", factor)
        if factor >= 1:
            text = errors.SETTING_RANGE.format(name="factor", given=factor, low=0, high="below 1", example=0.1)
            raise errors.ArgumentError(text)
        check_mode(mode)
        if threshold_mode not in ("rel", "abs"):
            raise errors.ArgumentError(choice("threshold_mode", threshold_mode, "'rel' or 'abs'"))
        check_whole("patience", patience, 0)
        check_whole("cooldown", cooldown, 0)
        self.factor, self.patience, self.threshold, self.cooldown, self.eps = factor, patience, threshold, cooldown, eps
        self.mode, self.threshold_mode = mode, threshold_mode
        self.min_lrs = min_lr
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = 0
        super().__init__(optimizer)

    def _start(self) -> None:
        self.last_epoch = 0
        self.min_lrs = for_each("min_lr", self.optimizer, self.min_lrs)
        self._last_lr = self._lrs()

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Take notice of the loss, or whatever number it goes by.

        Parameters
        ----------
        metrics : float or Tensor
            One number.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
        >>> schedule = ReduceLROnPlateau(opt, mode="max", patience=0)
        >>> schedule.step(0.7)
        >>> schedule.best
        0.7
        """
        value = float(metrics.item() if isinstance(metrics, Tensor) else metrics)
        settled(self, lambda: self._take(value))

    def _take(self, value: float) -> None:
        self.last_epoch += 1
        if self._is_better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._lrs()

    def _is_better(self, value: float) -> bool:
        sign = 1 if self.mode == "min" else -1
        relative = self.threshold_mode == "rel"
        limit = self.best * (1 - sign * self.threshold) if relative else self.best - sign * self.threshold
        return sign * value < sign * limit

    def _reduce(self) -> None:
        for group, least in zip(self._groups, for_each("min_lr", self.optimizer, self.min_lrs), strict=True):
            new = max(group["lr"] * self.factor, least)
            if group["lr"] - new > self.eps:
                group["lr"] = new

    def _loading(self, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return super()._loading({"base_lrs": self.base_lrs, **given})
