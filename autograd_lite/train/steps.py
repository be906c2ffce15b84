"""What is done with one batch: the loss, its gradients, the step of the optimiser; as they are, or compiled as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors, tree
from autograd_lite.base.later import Later
from autograd_lite.engine.record import Handle, plain_of
from autograd_lite.engine.watchpoints import traced, verify
from autograd_lite.nn.module import Module
from autograd_lite.nn.utils.clipping import clip_grad_norm_, clip_grad_value_
from autograd_lite.optim.lbfgs import LBFGS
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.swa_utils import AveragedModel
from autograd_lite.tensor.commits import grad_array, replace_gradients
from autograd_lite.tensor.state import Noting
from autograd_lite.train.feeding import size_of

if TYPE_CHECKING:
    from autograd_lite.compiler import compile as compiler
else:
    compiler = Later("autograd_lite.compiler.compile")

Forward = Callable[[Any, Any], tuple[Any, Any]]
Judged = tuple[Any, Any, Any]
"""Outputs, targets and the loss of a batch."""
Derived = tuple[Any, Any, Any, int]
"""The same, and how many examples there are."""


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
    shows : bool
        Whether outputs and targets of a step are asked for, besides its loss.
    mean : bool
        Whether the loss is a mean over examples, and not a sum.
    """

    model: Module
    loss: Callable[[Any, Any], Any]
    forward: Forward
    check_finite: bool
    shows: bool = False

    @property
    def mean(self) -> bool:
        return getattr(self.loss, "reduction", "mean") != "sum"

    def derive(self, batch: Any, *, weighted: bool = False) -> Derived:
        """Add the gradients of the loss of a batch, or of the sum of its losses, and return what it is judged by.

        NOTE: a program writes nothing where it fails; else what a layer has written, as a running mean, is put back.
        """
        output, target, loss = self._verified(batch) if traced() else _all_or_nothing(lambda: self._verified(batch))
        size = size_of(batch, output, target)
        (loss * float(size) if weighted and self.mean else loss).backward()
        return (_detached(output), target, loss, size) if self.shows else (None, None, loss, size)

    def gather(self, batch: Any) -> Derived:
        """Add the gradients of a batch to those that are there, each example as often as the others."""
        return self.derive(batch, weighted=True)

    def _verified(self, batch: Any) -> Judged:
        output, target, loss = self.judge(batch)
        if not isinstance(loss, Handle):
            raise errors.DataError(errors.TRAIN_LOSS_KIND.format(given=type(loss).__name__))
        if self.check_finite:
            verify(np.isfinite(plain_of(loss)), errors.TRAIN_LOSS_FINITE, errors.NonFiniteError)
        return output, target, loss

    def judge(self, batch: Any) -> Judged:
        """Return outputs, targets and the loss."""
        output, target = self.forward(self.model, batch)
        return output, target, self.loss(output, target)


class _Written(Noting):
    """What a forward pass writes: values of Tensors, and attributes of modules, of which a list may be written into."""

    def see_attribute(self, module: Any, name: str, value: Any) -> None:
        if vars(module).get(name) is not value:
            super().see_attribute(module, name, value)


def _all_or_nothing(do: Callable[[], Judged]) -> Judged:
    written = _Written()
    try:
        return written.around(do)
    except BaseException:
        written.put_back()
        raise


def _detached(output: Any) -> Any:
    return tree.map(lambda x: x.detach() if isinstance(x, Handle) else x, output)


@dataclass(frozen=True)
class Task:
    """What is trained, and how."""

    judgement: Judgement
    optimizer: Optimizer
    clip: float | None
    clip_value: float | None
    averaged: AveragedModel | None

    @property
    def clips(self) -> bool:
        """Whether gradients are made smaller before a step."""
        return self.clip is not None or self.clip_value is not None

    def gradients(self, batch: Any) -> Derived:
        """Leave gradients that are no larger than they may be."""
        self.optimizer.zero_grad()
        judged = self.judgement.derive(batch)
        self.clipped()
        return judged

    def whole(self, batch: Any) -> Derived:
        """Take a step by one batch."""
        self.optimizer.zero_grad()
        judged = self.judgement.derive(batch)
        self.advance()
        return judged

    def update(self, total: float) -> None:
        """Take a step by the mean of the gradients that were added."""
        found = [p for p in self.parameters() if grad_array(p) is not None]
        replace_gradients(found, [grad_array(p) / total for p in found])  # type: ignore[operator]
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
        """Step along the gradients: their mean over all processes, where there are several, which is then clipped."""
        with self._averaged():
            self.clipped()
            self.optimizer.step()
        self.average()

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Have what the optimiser would do first, in its step, be done already, if something comes between."""
        average = self.optimizer.average
        if average is None or not self.clips:
            yield
            return
        average(self.parameters())
        self.optimizer.average = None
        try:
            yield
        finally:
            self.optimizer.average = average

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
        if self._by_closure and task.clips and task.optimizer.average is not None:
            raise errors.ArgumentError(errors.TRAIN_LBFGS_MEAN)

    def take(self, batch: Any) -> tuple[Derived, bool]:
        """Return what a batch is judged by, as it was before the step, and whether the optimiser has taken one.

        NOTE: more may be gathered than make a step, by a training that has gone on with a smaller number.
        """
        if self._by_closure:
            return self._search(batch), True
        if self.accumulate == 1 and not self.gathered:
            return self._whole(batch), True
        judged = self._gather(batch)
        weight = float(judged[-1]) if self.task.judgement.mean else 1.0
        self.gathered, self.weight = self.gathered + 1, self.weight + weight
        return judged, self.gathered >= self.accumulate and self.flush()

    def _search(self, batch: Any) -> Derived:
        """Take a step of an optimiser that evaluates the loss several times."""
        found: list[Derived] = []

        def loss() -> Any:
            found.append(self._gradients(batch))
            return found[-1][2]

        self.task.optimizer.step(loss)
        self.task.average()
        return found[0]

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
