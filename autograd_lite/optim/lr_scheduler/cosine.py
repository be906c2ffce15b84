"""Schedules along half a wave of a cosine."""

from __future__ import annotations

import math

from autograd_lite.optim.checks import as_whole, check_setting, check_whole
from autograd_lite.optim.lr_scheduler.base import LRScheduler, settled
from autograd_lite.optim.optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    """Go from the rates at the beginning to `eta_min` along half a wave, and back again.

    Parameters
    ----------
    optimizer : Optimizer
    T_max : int
        The number of steps of half a wave, at least 1.
    eta_min : float
        The least rate.
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Notes
    -----
    From I. Loshchilov and F. Hutter, *SGDR: stochastic gradient descent with warm restarts*, ICLR 2017, equation 5,
    without restarts.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = CosineAnnealingLR(opt, T_max=4)
    >>> [round((schedule.step(), opt.lr)[1], 4) for _ in range(5)]
    [0.6828, 0.4, 0.1172, 0.0, 0.1172]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:  # noqa: N803 - PyTorch's name
        T_max = as_whole(T_max)  # noqa: N806 - PyTorch's name
        check_whole("T_max", T_max, 1)
        check_setting("eta_min", eta_min)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        t, least = self.last_epoch, self.eta_min
        if self._is_initial:
            return self._lrs()
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [lr + (base - least) * rise for base, lr in zip(self.base_lrs, self._lrs(), strict=True)]
        now, before = (1 + math.cos(math.pi * step / self.T_max) for step in (t, t - 1))
        return [now / before * (lr - least) + least for lr in self._lrs()]

    def _closed(self) -> list[float]:
        return [_between(base, self.eta_min, self.last_epoch / self.T_max) for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Go from the rates at the beginning to `eta_min` along half a wave, and begin again.

    Parameters
    ----------
    optimizer : Optimizer
    T_0 : int
        The number of steps before the first restart, at least 1.
    T_mult : int
        How many times as many are before each next one.
    eta_min : float
        The least rate.
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Notes
    -----
    From I. Loshchilov and F. Hutter, *SGDR: stochastic gradient descent with warm restarts*, ICLR 2017.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = CosineAnnealingWarmRestarts(opt, T_0=2)
    >>> [round((schedule.step(), opt.lr)[1], 4) for _ in range(4)]
    [0.4, 0.8, 0.4, 0.8]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,  # noqa: N803 - PyTorch's name
        T_mult: int = 1,  # noqa: N803
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        check_whole("T_0", T_0, 1)
        check_whole("T_mult", T_mult, 1)
        check_setting("eta_min", eta_min)
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [_between(base, self.eta_min, self.T_cur / self.T_i) for base in self.base_lrs]

    def _advance(self) -> None:
        if self.last_epoch < 0:
            self._enter(0)
        else:
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur, self.T_i = self.T_cur % self.T_i, self.T_i * self.T_mult
        super()._advance()

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next step, or to any time, between steps too.

        Parameters
        ----------
        epoch : float, optional
            Such as ``epoch + i / batches``.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
        >>> schedule = CosineAnnealingWarmRestarts(opt, T_0=2)
        >>> schedule.step(1.0)
        >>> round(opt.lr, 4)
        0.4
        """
        if epoch is None:
            settled(self, self._advance)
            return
        check_setting("epoch", epoch)
        settled(self, lambda: self._jump(epoch))

    def _jump(self, epoch: float) -> None:
        self._enter(epoch)
        self._go_to(math.floor(epoch))

    def _enter(self, epoch: float) -> None:
        """Note in which wave a time is, and where in it."""
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**n


def _between(first: float, last: float, part: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * part)) / 2
