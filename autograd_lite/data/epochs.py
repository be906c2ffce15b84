"""One pass over a dataset: which batch is next, and how far it has come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

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
        self._pulled: deque[Any] = deque()  # numbers of batches that have not been begun
        self._ahead: deque[tuple[int, Any, Any]] = deque()  # those that have been, and have not been received
        self._failed = False
        self._fault: Exception | None = None  # of the sampler, which has gone ahead
        self.closed = False  # nobody asks for more
        self.around: Epoch | None = None  # in which it was begun, where somebody goes over all within another pass

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
            late = isinstance(error, errors.TimedOutError)  # it may be waited for again
            self.after, self._failed = before, isinstance(error, Exception) and not late
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
        self._pull()
        while self._pulled:
            number, numbers = self.received + len(self._ahead), self._pulled[0]
            begun = (number, numbers, self.worker.begun(number, numbers))
            at_once([(self._ahead.append, begun), (self._pulled.popleft,)])

    def _pull(self) -> None:
        """Have the sampler say what is to be begun; before, for it may draw from generators that the thread shares."""
        while len(self._ahead) + len(self._pulled) <= self.worker.depth and self._fault is None:
            try:
                self._pulled.append(self.order.pull())
            except StopIteration:
                return
            except Exception as error:  # noqa: BLE001 - raised when its batch is asked for
                self._fault = error
                return

    def _end(self) -> NoReturn:
        self.close()
        fault, self._fault = self._fault, None
        raise StopIteration if fault is None else fault

    def close(self) -> None:
        """Have nothing more be made ahead, and keep nothing that was."""
        self.closed = True
        self.worker.close()
        self._ahead = deque([(number, numbers, None) for number, numbers, _ in self._ahead])

    def state_dict(self) -> dict[str, Any]:
        """Return how far it has come."""
        ahead = [*[numbers for _, numbers, _ in self._ahead], *self._pulled]
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
        self.making.go_on(state["before"], after)
        self.after = dict(after) if self.worker.depth else None
        self._pulled.extend(self.order.repeated(state["order"], self.received))


class Stream(Epoch):
    """The batches of an epoch of an `IterableDataset`, which has no order of numbers."""

    def load_state_dict(self, state: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Go to where another one has been: by its own means, or past the examples that have come."""
        make: Any = self.making.make
        if after["iterator"] is not None:
            make.iterator().load_state_dict(after["iterator"])
        elif after["dataset"] is None and not after["ended"]:
            found = {**sources.shared(), **self.making.found}
            with sources.put_back(found):
                self._pass_over(state, found)
        make.ended = after["ended"]
        make.count = state["received"] * (make.size or 1)
        super().load_state_dict({**state, "order": self.order.state_dict([])}, after)

    def _pass_over(self, state: Mapping[str, Any], found: Mapping[str, Any]) -> None:
        self.making.seed = state["seed"]
        for name, stood in state["before"]["generators"].items():
            sources.set_state(found[name], stood)
        for number in range(state["received"]):
            self.making.skip(number)
        if self.making.make.ended:
            raise errors.StateDictError(errors.LOADER_REPEATED)
