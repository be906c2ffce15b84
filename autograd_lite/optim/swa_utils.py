"""Means of the parameters of a model over training: exponential ones (EMA), and equal ones (SWA)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.later import listing
from autograd_lite.base.shapes import Array
from autograd_lite.engine.record import as_array
from autograd_lite.engine.switch import no_grad
from autograd_lite.engine.watchpoints import traced
from autograd_lite.nn.modes import modes_kept
from autograd_lite.nn.module import Module
from autograd_lite.optim.checks import check_range, check_whole, choice
from autograd_lite.optim.lr_scheduler.base import LRScheduler, for_each
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.tensor.commits import commit
from autograd_lite.tensor.tensor import Tensor

__all__ = [
    "SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn",
    "update_bn",
]  # fmt: skip
__dir__ = listing(__name__)

Average = Callable[[Any, Any, Any], Any]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Return the exponential mean for `AveragedModel`: ``decay mean + (1 - decay) value``.

    Parameters
    ----------
    decay : float
        From 0 to 1.

    Raises
    ------
    ArgumentError
        Another decay.

    Examples
    --------
    >>> get_ema_avg_fn(0.75)(1.0, 2.0, 5)
    1.25
    """
    check_range("decay", decay, 0, 1, 0.999)

    def ema(mean: Any, value: Any, number: Any) -> Any:
        return decay * mean + (1 - decay) * value

    return ema


def get_swa_avg_fn() -> Average:
    """Return the mean of all so far for `AveragedModel`: ``mean + (value - mean) / (number + 1)``.

    Examples
    --------
    >>> get_swa_avg_fn()(1.0, 2.0, 3)
    1.25
    """

    def swa(mean: Any, value: Any, number: Any) -> Any:
        return mean + (value - mean) / (number + 1)

    return swa


class _OfSeveral:
    """A mean of one array, of those in two lists: the first ones are written to."""

    def __init__(self, avg_fn: Average) -> None:
        self.avg_fn = avg_fn

    def __call__(self, means: Iterable[Tensor], values: Iterable[Tensor], number: Any) -> None:
        with no_grad():
            for mean, value in zip(means, values, strict=True):
                mean.copy_(self.avg_fn(mean, value, number))


def get_ema_multi_avg_fn(decay: float = 0.999) -> _OfSeveral:
    """Return the exponential mean for `AveragedModel` as ``multi_avg_fn``: what `get_ema_avg_fn` is, of lists.

    Parameters
    ----------
    decay : float
        From 0 to 1.

    Raises
    ------
    ArgumentError
        Another decay.

    Examples
    --------
    >>> means = [Tensor([1.0])]
    >>> get_ema_multi_avg_fn(0.75)(means, [Tensor([2.0])], 5)
    >>> means
    [Tensor([1.25], dtype=float64)]
    """
    return _OfSeveral(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> _OfSeveral:
    """Return the mean of all so far for `AveragedModel` as ``multi_avg_fn``: what `get_swa_avg_fn` is, of lists.

    Examples
    --------
    >>> means = [Tensor([1.0])]
    >>> get_swa_multi_avg_fn()(means, [Tensor([2.0])], 3)
    >>> means
    [Tensor([1.25], dtype=float64)]
    """
    return _OfSeveral(get_swa_avg_fn())


class AveragedModel(Module):
    """A copy of a model that has means of its parameters.

    Parameters
    ----------
    model : Module
        Which is copied.
    device : optional
        Nothing but "cpu", for PyTorch's sake.
    avg_fn : callable, optional
        ``avg_fn(mean, value, number)`` of arrays, where `number` is how many the mean is of; the mean of all so far if
        left out. See `get_ema_avg_fn`.
    multi_avg_fn : optional
        What `get_ema_multi_avg_fn` or `get_swa_multi_avg_fn` returns; another one is refused: give `avg_fn`.
    use_buffers : bool
        Whether there are means of buffers as well; else they are copied.

    Attributes
    ----------
    module : Module
        The copy.
    n_averaged : Tensor
        How often `update_parameters` was called.

    Notes
    -----
    From P. Izmailov et al., *Averaging weights leads to wider optima and better generalization*, UAI 2018.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> model = ag.nn.Linear(2, 1)
    >>> averaged = AveragedModel(model, avg_fn=get_ema_avg_fn(0.5))
    >>> for value in (1.0, 3.0):
    ...     _ = model.bias.assign([value])
    ...     averaged.update_parameters(model)
    >>> averaged.module.bias.tolist(), averaged(np.zeros((1, 2))).tolist()
    ([2.0], [[2.0]])
    """

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Any = None,
        use_buffers: bool = False,
    ) -> None:
        if isinstance(multi_avg_fn, _OfSeveral) and avg_fn is None:
            avg_fn, multi_avg_fn = multi_avg_fn.avg_fn, None
        if device not in (None, "cpu") or multi_avg_fn is not None:
            raise errors.ArgumentError(errors.AVERAGED_MODEL)
        self.module = deepcopy(model)
        self.n_averaged = Tensor(0)
        self.avg_fn = get_swa_avg_fn() if avg_fn is None else avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the parameters of a model into the means: all of them, or none.

        Parameters
        ----------
        model : Module
            Of the same parameters.

        Raises
        ------
        ArgumentError
            The parameters are others.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> model = ag.nn.Linear(2, 1)
        >>> averaged = AveragedModel(model)
        >>> averaged.update_parameters(model)
        >>> averaged.n_averaged.item()
        1
        """
        averaged, copied = (_pairs(self.module, model, names) for names in ("parameters", "buffers"))
        if self.use_buffers:
            averaged, copied = averaged + copied, []
        arrays = [self._next(mean._data, value._data) for mean, value in averaged]
        arrays += [value._data.astype(mean.dtype) for mean, value in copied]
        count = self.n_averaged
        commit([*[mean for mean, _ in averaged + copied], count], [*arrays, as_array(count._data + 1)])

    def _next(self, mean: Array, value: Array) -> Array:
        """Return the next mean of one array; whole numbers are rounded towards 0."""
        count = self.n_averaged._data
        if not traced():
            return np.array(self.avg_fn(mean, value, int(count)) if count else value).astype(mean.dtype)
        new: Any = np.where(count == 0, value, self.avg_fn(mean, value, count))
        return new.astype(mean.dtype)


_STATISTICS = {"reset_running_stats", "running_mean"}
"""What tells a layer that keeps statistics of batches."""


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of layers that normalise batches anew, over all of the data.

    Parameters
    ----------
    loader : iterable
        Of inputs of the model, or tuples that begin with one.
    model : Module
        Of whose layers those with `running_mean` and `reset_running_stats` are meant.
    device : optional
        Nothing but "cpu", for PyTorch's sake.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> update_bn([np.zeros((4, 2))], ag.nn.Linear(2, 1))  # has none
    """
    if device not in (None, "cpu"):
        raise errors.ArgumentError(errors.AVERAGED_MODEL)
    layers: list[Any] = [m for m in model.modules() if {*dir(m)} >= _STATISTICS]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    with modes_kept(model), no_grad():
        try:
            model.train()
            for layer in layers:
                layer.reset_running_stats()
                layer.momentum = None
            for batch in loader:
                model(batch[0] if isinstance(batch, (list, tuple)) else batch)
        finally:
            for layer, momentum in zip(layers, momenta, strict=True):
                layer.momentum = momentum


class SWALR(LRScheduler):
    """Go from the rates as they are to `swa_lr`, and stay there.

    Parameters
    ----------
    optimizer : Optimizer
    swa_lr : float, or list of float
        The last rate, for all groups or for each.
    anneal_epochs : int
        In how many steps.
    anneal_strategy : {"cos", "linear"}
        Whether along half a wave, or in equal steps.
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = SWALR(opt, swa_lr=0.4, anneal_epochs=2, anneal_strategy="linear")
    >>> [round((schedule.step(), opt.lr)[1], 4) for _ in range(3)]
    [0.6, 0.4, 0.4]
    """

    _held = ("optimizer", "_targets")
    _foreign = ("anneal_func",)

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise errors.ArgumentError(choice("anneal_strategy", anneal_strategy, "'cos' or 'linear'"))
        check_whole("anneal_epochs", anneal_epochs, 0)
        self.anneal_epochs, self._anneal_strategy = anneal_epochs, anneal_strategy
        self._targets = for_each("swa_lr", optimizer, swa_lr)
        super().__init__(optimizer, last_epoch)

    def _start(self) -> None:
        for group, rate in zip(self._groups, self._targets, strict=True):
            group["swa_lr"] = rate
        super()._start()

    def get_lr(self) -> list[float]:
        step = self._step_count - 1
        if not self.anneal_epochs:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        return [
            group["swa_lr"] * now + _undone(group["lr"], group["swa_lr"], before) * (1 - now) for group in self._groups
        ]

    def _share(self, step: int) -> float:
        part = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * part)) / 2 if self._anneal_strategy == "cos" else part


def _undone(lr: float, target: float, share: float) -> float:
    """Return the rate from which this one was made."""
    return target if share == 1 else (lr - share * target) / (1 - share)


def _pairs(mine: Module, theirs: Module, names: str) -> list[tuple[Tensor, Tensor]]:
    """Return the parameters of two models, or their buffers, in pairs."""
    first, second = list(getattr(mine, names)()), list(getattr(theirs, names)())
    if [t.shape for t in first] != [t.shape for t in second]:
        raise errors.ArgumentError(errors.AVERAGED_OTHER.format(model=type(theirs).__name__, names=names))
    return list(zip(first, second, strict=True))
