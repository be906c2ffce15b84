"""One pass over a dataset: which batch is next, and how far it has come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from autograd_lite import errors
from autograd_lite.base.unfinished import at_once
from autograd_lite.data import sources
from autograd_lite.data.ahead import Here
from autograd_lite.data.making import OVER, Making
from autograd_lite.data.orders import Order


class Epoch(Iterator[Any]):
    """The batches of an epoch.

    Parameters
    ----------
    making : Making
        What makes them.
    worker : Here
        Where they are made: here, or in a thread.
    order : Order
        The numbers of the examples.
    """

    def __init__(self, making: Making, worker: Here, order: Order) -> None:
        self.making, self.worker, self.order = making, worker, order
        self.received = 0
        self.after: dict[str, Any] | None = making.before if worker.depth else None
        self._ahead: deque[tuple[int, Any, Any]] = deque()  # what has been pulled, and not been received as a batch
        self._failed = False
        self._fault: Exception | None = None  # of the sampler, which has gone ahead

    def __next__(self) -> Any:
        if self._failed:  # whoever asks for one more passes over the batch that could not be made
            self._received(self.after if self.worker.depth else None)
        self._fill()
        if not self._ahead:
            self._end()
        before = self.after if self.worker.depth or self.making.keeps_nothing else self.making.after()
        try:
            batch, after = self.worker.made(*self._ahead[0])
        except BaseException as error:
            self.after, self._failed = before, isinstance(error, Exception)
            if self._failed:  # NOTE: what has failed holds its exception, and that the frames here, and so this loop
                self._ahead[0] = (*self._ahead[0][:2], None)
            raise
        if batch is OVER:
            self._end()
        self._received(after)
        return batch

    def _received(self, after: dict[str, Any] | None) -> None:
        at_once([
            (self._ahead.popleft,), (setattr, self, "received", self.received + 1), (setattr, self, "after", after),
            (setattr, self, "_failed", False),
        ])  # fmt: skip

    def _fill(self) -> None:
        while len(self._ahead) <= self.worker.depth and self._fault is None:
            try:
                numbers = self.order.pull()
            except StopIteration:
                return
            except Exception as error:  # noqa: BLE001 - raised when its batch is asked for
                self._fault = error
                return
            self._begin(numbers)

    def _begin(self, numbers: Any) -> None:
        number = self.received + len(self._ahead)
        self._ahead.append((number, numbers, self.worker.begun(number, numbers)))

    def _end(self) -> None:
        self.close()
        fault, self._fault = self._fault, None
        raise StopIteration if fault is None else fault

    def close(self) -> None:
        """Have nothing more be made ahead, and keep nothing that was."""
        self.worker.close()
        self._ahead = deque([(number, numbers, None) for number, numbers, _ in self._ahead])

    def state_dict(self) -> dict[str, Any]:
        """Return how far it has come."""
        ahead = [numbers for _, numbers, _ in self._ahead]
        return {
            "received": self.received, "seed": self.making.seed, "before": self.making.before,
            "order": self.order.state_dict(ahead),
        }  # fmt: skip

    def left(self) -> dict[str, Any]:
        """Return where the dataset stood after the last batch that has been received."""
        return self.making.after() if self.after is None else self.after

    def load_state_dict(self, state: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Go to where another one has been."""
        self.received, self.making.seed = state["received"], state["seed"]
        self.making.before = dict(state["before"])
        self.after = dict(after) if self.worker.depth else None
        for numbers in self.order.repeated(state["order"], self.received):
            self._begin(numbers)


class Stream(Epoch):
    """The batches of an epoch of an `IterableDataset`, whose order is one of nothing."""

    def load_state_dict(self, state: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Go to where another one has been: by its own means, or past the examples that have come."""
        make: Any = self.making.make
        if after["iterator"] is not None:
            make.iterator().load_state_dict(after["iterator"])
        elif after["dataset"] is None and not after["ended"]:
            with sources.put_back(self.making.found):
                self._pass_over(state)
        make.ended = after["ended"]
        make.count = state["received"] * (make.size or 1)
        super().load_state_dict({**state, "order": self.order.state_dict([])}, after)

    def _pass_over(self, state: Mapping[str, Any]) -> None:
        self.making.seed = state["seed"]
        for name, stood in state["before"]["generators"].items():
            sources.set_state(self.making.found[name], stood)
        for number in range(state["received"]):
            self.making.skip(number)
        if self.making.make.ended:
            raise errors.StateDictError(errors.LOADER_REPEATED)
