"""The numbers of an epoch that runs: means over its batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd_lite import errors
from autograd_lite.engine.switch import no_grad
from autograd_lite.train.metrics import Metric, number, takes_all


class Sums:
    """The sums of the loss and of metrics over the batches of an epoch, each as often as it has examples.

    Parameters
    ----------
    metrics : dict of str to callable
        Functions of outputs and targets.
    """

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        for name, f in metrics.items():
            if takes_all(f):
                raise errors.ArgumentError(errors.TRAIN_WHOLE.format(name=name))
        self.metrics = metrics
        self.clear()

    def clear(self) -> None:
        """Begin an epoch."""
        self.count, self.sums = 0, dict.fromkeys(("loss", *self.metrics), 0.0)

    def add(self, size: int, loss: float, output: Any, target: Any) -> None:
        """Take the numbers of a batch, all or none: the sum of its losses, its outputs and targets."""
        with no_grad():
            found = {name: number(f(output, target), name) * size for name, f in self.metrics.items()}
        self.count += size
        for name, value in {"loss": loss, **found}.items():
            self.sums[name] += value

    def means(self) -> dict[str, float]:
        """Return the numbers of the epoch."""
        return {name: total / self.count for name, total in self.sums.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return what is summed up."""
        return {"count": self.count, "sums": dict(self.sums)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what was summed up: of the same metrics, unless it is nothing yet."""
        if not state["count"]:
            return self.clear()
        if state["sums"].keys() != self.sums.keys():
            before, now = ([name for name in sums if name != "loss"] for sums in (state["sums"], self.sums))
            raise errors.StateDictError(errors.TRAIN_SUMS.format(before=before, now=now))
        self.count, self.sums = state["count"], {name: state["sums"][name] for name in self.sums}
        return None
