"""Early stopping: a training ends when a number has got no better for a while."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograd_lite.optim.checks import check_mode, check_whole
from autograd_lite.train.callbacks import OfOneTraining, Training


class EarlyStopping(OfOneTraining):
    """End the training when a number of `History` has not got better for `patience` epochs.

    Parameters
    ----------
    monitor : str, optional
        A column of the history; by default that of the trainer, which is ``"val_loss"`` where there is a validation.
    patience : int
        How many epochs without a better number are allowed: the one after them ends the training.
    min_delta : float
        By how much a number has to be better to count.
    mode : {"min", "max"}
        Whether less is better, or more.
    restore_best : bool
        Whether the model ends with the values of its best epoch.

    Attributes
    ----------
    best : float
        The best number, of epoch `best_epoch`.

    Examples
    --------
    >>> model = ag.nn.Linear(1, 1)
    >>> trainer = ag.train.Trainer(
    ...     model, ag.nn.MSELoss(), ag.optim.SGD(model.parameters(), lr=0.0), progress=False,
    ...     callbacks=[EarlyStopping(patience=2)],
    ... )
    >>> len(trainer.fit([(np.ones((4, 1)), np.ones((4, 1)))], epochs=100))
    4
    """

    def __init__(
        self, monitor: str | None = None, patience: int = 5, min_delta: float = 0.0, mode: str = "min",
        restore_best: bool = True,
    ) -> None:  # fmt: skip
        check_mode(mode)
        check_whole("patience", patience, 0)
        self.monitor, self.patience, self.min_delta, self.mode = monitor, patience, abs(min_delta), mode
        self.restore_best = restore_best
        self.forget()

    def forget(self) -> None:
        """Be as one that has seen no epoch."""
        self.best, self.best_epoch, self.waited = math.inf if self.mode == "min" else -math.inf, 0, 0
        self._values: dict[str, Any] = {}

    def on_fit_begin(self, trainer: Training) -> None:
        super().on_fit_begin(trainer)
        trainer.foresee(self.monitor, "EarlyStopping", self)

    def on_epoch_end(self, trainer: Training) -> None:
        value = trainer.monitored(self.monitor, "EarlyStopping")
        if self._is_better(value):
            self.best, self.best_epoch, self.waited = value, trainer.epoch, 0
            self._values = trainer.values() if self.restore_best else {}
            return
        self.waited += 1
        if self.waited > self.patience:
            trainer.stop()

    def _is_better(self, value: float) -> bool:
        """NOTE: nan is better than nothing, and nothing is better than nan."""
        if self.mode == "min":
            return value < self.best - self.min_delta
        return value > self.best + self.min_delta

    def on_fit_end(self, trainer: Training) -> None:
        if self._values:
            trainer.load_values(self._values)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "epoch": self.best_epoch, "waited": self.waited, "values": self._values}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best, self.best_epoch, self.waited = state["best"], state["epoch"], state["waited"]
        self._values = state["values"]
