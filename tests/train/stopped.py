"""A training that is stopped in the middle."""

from __future__ import annotations

from autograd_lite.train import Trainer


class Stop(Exception):
    """What ends a training in the middle."""


class At:
    """Raise an error after a number of batches, or whatever else is given."""

    def __init__(self, step: int, error: type[BaseException] = Stop) -> None:
        self.step, self.error = step, error

    def on_step_end(self, trainer: Trainer) -> None:
        if trainer.step == self.step:
            raise self.error
