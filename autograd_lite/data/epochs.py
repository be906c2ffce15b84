"""One pass over a dataset: which batch is next, loading it, and how far it has come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from autograd_lite import errors
from autograd_lite.base.unfinished import at_once
from autograd_lite.data.orders import Order

Load = Callable[[Any], Any]


class Epoch(Iterator[Any]):
    """The batches of an epoch of a map-style dataset.

    Parameters
    ----------
    order : Order
        The numbers of the examples.
    load : callable
        What makes a batch of them.
    depth : int
        How many batches are pulled before they are asked for.
    """

    def __init__(self, order: Order, load: Load, depth: int = 0) -> None:
        self.order, self.load, self.depth = order, load, depth
        self.received = 0
        self.ahead: deque[Any] = deque()  # numbers that have been pulled, and not yet been received as a batch

    def __next__(self) -> Any:
        if not self.ahead:
            self.ahead.append(self.order.pull())
        batch = self.load(self.ahead[0])
        at_once([(self.ahead.popleft,), (setattr, self, "received", self.received + 1)])
        return batch

    def state_dict(self) -> dict[str, Any]:
        """Return how far it has come."""
        return {"received": self.received, "order": self.order.state_dict(list(self.ahead))}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go to where another one has been."""
        self.received = state["received"]
        self.ahead.extend(self.order.repeated(state["order"], self.received))


class Stream(Iterator[Any]):
    """The batches of an epoch of an `IterableDataset`.

    Parameters
    ----------
    dataset : IterableDataset
        What is gone over.
    load : callable
        What makes a batch of a list of examples; of a single one, where `size` is None.
    size, drop_last
        How many examples are in a batch, and whether a last one that is smaller is left out.
    """

    def __init__(self, dataset: Any, load: Load, size: int | None, drop_last: bool) -> None:
        self.dataset, self.load, self.size, self.drop_last = dataset, load, size, drop_last
        self.received = 0
        self.ended = False
        self._examples: Iterator[Any] | None = None

    def _rest(self) -> Iterator[Any]:
        if self._examples is None:
            self._examples = iter(self.dataset)
        return self._examples

    def __next__(self) -> Any:
        wanted = 1 if self.size is None else self.size
        examples = [] if self.ended else list(islice(self._rest(), wanted))
        self.ended = len(examples) < wanted
        if not examples or (self.ended and self.drop_last):
            raise StopIteration
        batch = self.load(examples[0] if self.size is None else examples)
        self.received += 1
        return batch

    def _keeper(self) -> Any:
        """Return what knows itself how to go on: the iterator, the dataset, or nobody."""
        for x in (self._rest(), self.dataset):
            if all(callable(getattr(x, name, None)) for name in ("state_dict", "load_state_dict")):
                return x
        return None

    def state_dict(self) -> dict[str, Any]:
        """Return how far it has come."""
        keeper = self._keeper()
        kept = None if keeper is None else keeper.state_dict()
        return {"received": self.received, "ended": self.ended, "dataset": kept}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go to where another one has been."""
        self.received, self.ended = state["received"], state["ended"]
        if state["dataset"] is not None:
            if callable(getattr(self.dataset, "load_state_dict", None)):
                self.dataset.load_state_dict(state["dataset"])  # before it is asked for an iterator
            else:
                self._keeper().load_state_dict(state["dataset"])
        elif not self.ended:
            count = self.received * (self.size or 1)
            if sum(1 for _ in islice(self._rest(), count)) < count:
                raise errors.StateDictError(errors.LOADER_REPEATED)
