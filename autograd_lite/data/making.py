"""What makes a batch: examples are loaded, changed, put together; with random numbers that are those of this batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.data import sources
from autograd_lite.data.collate import default_collate
from autograd_lite.data.datasets import in_force
from autograd_lite.data.numbers import FLAGS, refuse_flag
from autograd_lite.engine.generators import own

OVER = object()
"""What comes in the place of a batch where there is none any more."""


Function = Callable[[Any], Any]


class OfNumbers:
    """Batches of a dataset that is asked for examples by number.

    Parameters
    ----------
    dataset : Dataset
        What is asked.
    collate : callable or None
        What makes a batch of examples; None for a single example as it is, and else for the dataset's own ``batch``,
        or `default_collate`.
    transform : callable or None
        What changes a batch.
    single : bool
        Whether a batch is one example.
    """

    ended = False

    def __init__(self, dataset: Any, collate: Function | None, transform: Function | None, single: bool) -> None:
        self.dataset, self.collate, self.transform, self.single = dataset, collate, transform, single
        self.batch = None
        if collate is None and not single:
            self.batch, self.collate = in_force(dataset, "batch"), default_collate
        self.many = in_force(dataset, "__getitems__")

    def __call__(self, numbers: Any) -> Any:
        if self.batch is not None:
            found = self.batch(numbers)
        else:
            found = self._example(numbers) if self.single else self._listed(numbers)
            found = found if self.collate is None else self.collate(found)
        return found if self.transform is None else self.transform(found)

    def _listed(self, numbers: Any) -> Any:
        return [self._example(i) for i in numbers] if self.many is None else self.many(numbers)

    def _example(self, i: int) -> Any:
        if type(i) in FLAGS:
            refuse_flag(i)
        try:
            return self.dataset[i]
        except Exception as error:
            error.add_note(f"in example {i} of the dataset")
            raise


class OfStream:
    """Batches of a dataset whose examples come one after the other.

    Parameters
    ----------
    dataset : IterableDataset
        What is gone over.
    collate : callable or None
        What makes a batch of examples; None for a single example as it is.
    transform : callable or None
        What changes a batch.
    size : int or None
        How many are in a batch; None for a single example.
    drop_last : bool
        Whether a last batch that is smaller is left out.
    """

    def __init__(
        self, dataset: Any, collate: Function | None, transform: Function | None, size: int | None, drop_last: bool
    ) -> None:
        self.dataset, self.collate, self.transform = dataset, collate, transform
        self.size, self.drop_last = size, drop_last
        self.ended = self.failed = False
        self.examples: Iterator[Any] | None = None
        self.count = 0

    def __call__(self, _: Any) -> Any:
        examples = self.pulled()
        if not examples or (self.ended and self.drop_last):
            return OVER
        found: Any = examples[0] if self.size is None else examples
        for change in (self.collate, self.transform):
            found = found if change is None else change(found)
        return found

    def pulled(self) -> list[Any]:
        """Return the examples of the next batch."""
        if self.ended or self.failed:
            return []
        wanted = 1 if self.size is None else self.size
        self.failed = True  # unless it comes to its end: an iterator is asked no more after an exception
        try:
            found = list(islice(self.iterator(), wanted))
        except Exception as error:
            error.add_note(f"in the batch of the dataset that begins with example {self.count}")
            raise
        self.failed, self.ended = False, len(found) < wanted
        self.count += len(found)
        return found

    def iterator(self) -> Iterator[Any]:
        """Return what examples are asked from, made when it is first asked for."""
        if self.examples is None:
            self.examples = iter(self.dataset)
        return self.examples


class Making:
    """What makes the batches of one epoch.

    Parameters
    ----------
    make : OfNumbers or OfStream
        What makes a batch.
    seed : int
        What the random numbers of each batch come from, with its number: whoever draws from the default generator while
        a batch is made draws the same, in this thread or in another, in this run or in one that goes on with it.
    found : mapping of str to generator
        The generators that the dataset holds.

    Attributes
    ----------
    keeps_nothing : bool
        Whether nothing that a batch leaves behind is to be kept.
    drew : bool
        Whether somebody has drawn such a number.
    """

    def __init__(self, make: OfNumbers | OfStream, seed: int, found: Mapping[str, Any]) -> None:
        self.make, self.seed, self.found = make, seed, dict(found)
        self.before = self.after()
        if isinstance(make, OfStream):  # which may have to be gone through again
            self.before["generators"] |= sources.states(sources.shared())
        self._stood: Mapping[str, Any] = {}
        self.drew = False
        self.keeps_nothing = not found and isinstance(make, OfNumbers) and not is_stateful(make.dataset)

    def __call__(self, number: int, numbers: Any) -> Any:
        with own(_OfBatch(self, number)):
            try:
                return self.make(numbers)
            except StopIteration as error:  # which would end the loop over the batches
                raise RuntimeError(errors.LOADER_STOPPED) from error

    def watched(self, number: int, numbers: Any) -> Any:
        """Return a batch of a thread, and see whether it draws from generators that all threads share.

        Those count as held by the dataset from then on: the thread goes ahead with them. Meanwhile the program has to
        wait for the batch, and so draws nothing itself.
        """
        shared = sources.shared()
        before = sources.states(shared)
        try:
            return self(number, numbers)
        finally:
            moved = [name for name in shared if not sources.same(before[name], sources.state(shared[name]))]
            if moved:
                self.found |= {name: shared[name] for name in moved}
                self.keeps_nothing = False
            if not number:
                self.before["generators"] |= {name: before[name] for name in moved}

    def go_on(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Have the batches come that follow those that have been: from generators of all threads, too."""
        self.before = {**before, "generators": dict(before["generators"])}
        shared = sources.shared()
        self._stood = {name: stood for name, stood in after["generators"].items() if name in shared}
        self.found |= {name: shared[name] for name in self._stood}
        self.keeps_nothing = self.keeps_nothing and not self._stood

    def take_up(self) -> None:
        """Set the generators of all threads where the batches were made ahead that have been; just before the next."""
        for name, stood in self._stood.items():
            sources.set_state(sources.shared()[name], stood)
        self._stood = {}

    def skip(self, number: int) -> None:
        """Pass over a batch of a stream, which is not put together."""
        with own(_OfBatch(self, number)):
            self.make.pulled()  # type: ignore[union-attr]

    def after(self) -> dict[str, Any]:
        """Return where the dataset stands, and the generators that it holds."""
        make = self.make
        iterator: Any = getattr(make, "examples", None)
        return {
            "generators": sources.states(self.found), "ended": make.ended,
            "dataset": deepcopy(make.dataset.state_dict()) if is_stateful(make.dataset) else None,
            "iterator": deepcopy(iterator.state_dict()) if is_stateful(iterator) else None,
        }  # fmt: skip


def is_stateful(x: Any) -> bool:
    """Tell whether something knows itself how to go on."""
    return callable(getattr(x, "state_dict", None)) and callable(getattr(x, "load_state_dict", None))


class _OfBatch:
    """The generator of a batch, which is made when it is first asked for."""

    def __init__(self, making: Making, number: int) -> None:
        self._making, self._number = making, number
        self._made: np.random.Generator | None = None

    def __call__(self) -> np.random.Generator:
        if self._made is None:
            self._made = np.random.default_rng([self._making.seed, self._number])
            self._making.drew = True
        return self._made
