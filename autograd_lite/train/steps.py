"""What is done with one batch: the loss, its gradients, the step of the optimiser; as they are, or compiled as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.later import Later
from autograd_lite.engine.record import plain_of
from autograd_lite.engine.watchpoints import verify
from autograd_lite.nn.module import Module
from autograd_lite.nn.utils.clipping import clip_grad_norm_, clip_grad_value_
from autograd_lite.optim.lbfgs import LBFGS
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.swa_utils import AveragedModel
from autograd_lite.tensor.commits import grad_array, replace_gradients
from autograd_lite.train.evaluation import number

if TYPE_CHECKING:
    from autograd_lite.compiler import compile as compiler
else:
    compiler = Later("autograd_lite.compiler.compile")

Forward = Callable[[Any, Any], tuple[Any, Any]]


def forward(model: Any, batch: Any) -> tuple[Any, Any]:
    """Return what a model makes of a batch, and the targets: the last part of the batch, which is not given to it."""
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:  # noqa: PLR2004 - inputs and targets
        raise errors.DataError(errors.TRAIN_BATCH.format(given=type(batch).__name__))
    *inputs, target = batch
    return model(*inputs), target


def compiled(function: Callable[..., Any], backend: bool | str) -> Callable[..., Any]:
    """Return a function, compiled if that is asked for: such that its first call rounds as all others do."""
    if backend is False:
        return function
    made: Any = compiler.compile(function, backend="numpy" if backend is True else backend, replay=True)
    return made  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Judgement:
    """What a loss is computed by: nothing in it changes but the values of Tensors, so that a program stays good.

    Attributes
    ----------
    mean : bool
        Whether the loss is a mean over examples, and not a sum.
    """

    model: Module
    loss: Callable[[Any, Any], Any]
    forward: Forward
    check_finite: bool

    @property
    def mean(self) -> bool:
        return getattr(self.loss, "reduction", "mean") != "sum"

    def loss_of(self, batch: Any) -> Any:
        *_, loss = self.judge(batch)
        if self.check_finite:
            verify(np.isfinite(plain_of(loss)), errors.TRAIN_LOSS_FINITE, errors.NonFiniteError)
        return loss

    def judge(self, batch: Any) -> tuple[Any, Any, Any]:
        """Return outputs, targets and the loss."""
        output, target = self.forward(self.model, batch)
        return output, target, self.loss(output, target)

    def gather(self, batch: Any, weight: float) -> Any:
        """Add the gradients of a batch to those of others, as often as it has examples."""
        loss = self.loss_of(batch)
        (loss * weight).backward()
        return loss


@dataclass(frozen=True)
class Task:
    """What is trained, and how."""

    judgement: Judgement
    optimizer: Optimizer
    clip: float | None
    clip_value: float | None
    averaged: AveragedModel | None

    def gradients(self, batch: Any) -> Any:
        """Return the loss, and leave gradients that are no larger than they may be."""
        self.optimizer.zero_grad()
        loss = self.judgement.loss_of(batch)
        loss.backward()
        self.clipped()
        return loss

    def whole(self, batch: Any) -> Any:
        """Take a step by one batch."""
        loss = self.gradients(batch)
        self.advance()
        return loss

    def update(self, total: float) -> None:
        """Take a step by the mean of the gradients that were added."""
        found = [p for p in self.parameters() if grad_array(p) is not None]
        replace_gradients(found, [grad_array(p) / total for p in found])  # type: ignore[operator]
        self.clipped()
        self.advance()
        self.optimizer.zero_grad()

    def parameters(self) -> list[Any]:
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    def clipped(self) -> None:
        if self.clip_value is not None:
            clip_grad_value_(self.parameters(), self.clip_value)
        if self.clip is not None:
            clip_grad_norm_(self.parameters(), self.clip)

    def advance(self) -> None:
        self.optimizer.step()
        self.average()

    def average(self) -> None:
        if self.averaged is not None:
            self.averaged.update_parameters(self.judgement.model)


class Steps:
    """The steps by batches, of which several may be gathered for one.

    Attributes
    ----------
    gathered : int
        How many batches there are gradients of that the optimiser has not yet seen.
    weight : float
        How many examples these have.
    """

    def __init__(self, task: Task, accumulate: int, backend: bool | str) -> None:
        self.task, self.accumulate = task, accumulate
        self.gathered, self.weight = 0, 0.0
        self._whole = compiled(task.whole, backend)
        self._gather, self._update = compiled(task.judgement.gather, backend), compiled(task.update, backend)
        self._gradients = compiled(task.gradients, backend)
        self._by_closure = isinstance(task.optimizer, LBFGS)
        if self._by_closure and accumulate > 1:
            raise errors.ArgumentError(errors.TRAIN_LBFGS)

    def take(self, batch: Any, size: int) -> tuple[float, bool]:
        """Return the loss of a batch, and whether the optimiser has taken a step."""
        if self._by_closure:
            loss = self.task.optimizer.step(lambda: self._gradients(batch))
            self.task.average()
            return number(loss), True
        if self.accumulate == 1:
            return number(self._whole(batch)), True
        weight = float(size) if self.task.judgement.mean else 1.0
        loss = number(self._gather(batch, weight))
        self.gathered, self.weight = self.gathered + 1, self.weight + weight
        return loss, self.gathered == self.accumulate and self.flush()

    def flush(self) -> bool:
        """Take a step by the batches that are gathered; tell whether there were some."""
        if not self.gathered:
            return False
        self._update(self.weight if self.task.judgement.mean else 1.0)
        self.gathered, self.weight = 0, 0.0
        return True

    def forget(self) -> None:
        """Drop the gradients that are gathered."""
        self.gathered, self.weight = 0, 0.0
        self.task.optimizer.zero_grad()
