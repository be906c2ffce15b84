"""The order of one epoch: numbers of examples in batches, written down such that it can be gone through again.

What a state keeps of an order is not the order, which may be long, but where the generators stood when numbers were
drawn, how many batches came, and a checksum of them: the same sampler, asked again, gives the same ones, or an error.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator, Mapping
from typing import Any

from autograd_lite import errors
from autograd_lite.data import finding, sources
from autograd_lite.data.making import OVER, is_stateful
from autograd_lite.data.samplers import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
    batched,
)
from autograd_lite.engine.generators import default_rng

_DRAWING = (RandomSampler, SubsetRandomSampler, WeightedRandomSampler)
_FIXED = (SequentialSampler, list, tuple, range)
_QUIET: tuple[type, ...] = (type(iter([])), type(iter(())), type(iter(range(0))))
"""What runs no code when it is asked for a number: all have been drawn."""


class Drawn:
    """The generators that a sampler may draw from.

    Attributes
    ----------
    sampler : object
        What numbers come from, single ones.
    used : set of str
        The names of those that an order has come from.
    """

    def __init__(self, sampler: Any) -> None:
        while type(sampler) is BatchSampler:
            sampler = sampler.sampler
        self.sampler = sampler
        self.used = set(self.found()) if type(sampler) in _DRAWING else set()

    def found(self) -> dict[str, Any]:
        """Return the generators by name: one for a sampler of ours, and every one in sight for one of a user's."""
        if type(self.sampler) in _DRAWING:
            rng = self.sampler.generator
            return {sources.DEFAULT: default_rng()} if rng is None else {"sampler.generator": rng}
        return {} if type(self.sampler) in _FIXED else {**sources.everywhere(), **finding.held(self.sampler, "sampler")}


class Order:
    """The batches of an epoch, one after the other.

    Parameters
    ----------
    batches : iterable
        The sampler: of lists of numbers, or of single ones.
    drawn : Drawn
        Where its numbers come from.
    """

    def __init__(self, batches: Any, drawn: Drawn) -> None:
        self.batches, self.drawn = batches, drawn
        self.rest: Iterator[Any] | None = None
        self.found = drawn.found()
        self.count = self.checksum = 0
        self.ended = self._quiet = False
        self.log: list[list[Any]] = []  # after so many batches, generators stood where no batch had left them
        self._left: dict[str, Any] = {}

    def pull(self) -> Any:
        """Return the next batch of numbers; StopIteration at the end."""
        batch = self._next() if self._quiet else self._watched()
        if batch is OVER:
            raise StopIteration
        self._counted(batch)
        return batch

    def _watched(self) -> Any:
        if sources.DEFAULT in self.found:
            self.found[sources.DEFAULT] = default_rng()  # another one after `manual_seed`
        before = sources.states(self.found)
        batch = self._next()
        self._write_down(before, sources.states(self.found))
        return batch

    def _next(self) -> Any:
        if self.ended:
            return OVER
        if self.rest is None:
            self.rest = self._begun()
        batch = next(self.rest, OVER)
        self.ended = batch is OVER
        return batch

    def _begun(self) -> Iterator[Any]:
        lists = self.batches if type(self.batches) is BatchSampler else None
        numbers = iter(self.batches if lists is None else lists.sampler)
        self._quiet = type(numbers) in _QUIET
        return numbers if lists is None else batched(numbers, lists.batch_size, lists.drop_last)

    def _write_down(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        moved = [name for name in before if not sources.same(before[name], after[name])]
        odd = {name: before[name] for name in moved if not sources.same(before[name], self._left.get(name))}
        if odd:
            self.log.append([self.count, odd])
        self._left.update({name: after[name] for name in moved})
        self.drawn.used.update(moved)

    def _counted(self, batch: Any) -> None:
        self.count += 1
        if type(self.batches) is BatchSampler and len(batch) < self.batches.batch_size:
            self.ended = True  # which a sampler that keeps its place may have forgotten when it is asked
        try:
            content: Any = array("q", batch if isinstance(batch, list) else [batch])
        except (TypeError, OverflowError):  # names in the place of numbers, arrays
            content = repr(batch).encode()
        self.checksum = zlib.crc32(content, self.checksum)

    # ----- kept, and gone through again -----

    def state_dict(self, ahead: list[Any]) -> dict[str, Any]:
        """Return what is kept of it, where some batches have been pulled that are still to come."""
        kept = {"count": self.count, "checksum": self.checksum, "ended": self.ended, "log": list(self.log)}
        return {**kept, "ahead": ahead} if is_stateful(self.drawn.sampler) else kept

    def repeated(self, state: Mapping[str, Any], keep: int) -> list[Any]:
        """Go through the batches that had come, and return those from the number `keep` on.

        Raises
        ------
        StateDictError
            Other batches come this time.
        """
        if is_stateful(self.drawn.sampler):  # which has been told where it is
            self.count, self.checksum = state["count"], state["checksum"]
            kept = list(state["ahead"])
        else:
            with sources.put_back(self.found):
                kept = self._gone_through(state, keep)
        if self.count != state["count"] or self.checksum != state["checksum"]:
            raise errors.StateDictError(errors.LOADER_REPEATED)
        self.ended, self.log = bool(state["ended"]), [list(entry) for entry in state["log"]]
        return kept

    def _gone_through(self, state: Mapping[str, Any], keep: int) -> list[Any]:
        log = dict(state["log"])
        kept = []
        for place in range(state["count"]):
            for name, stood in log.get(place, {}).items():
                sources.set_state(self.found[name], stood)
            if (batch := self._next()) is OVER:
                break
            self._counted(batch)
            if place >= keep:
                kept.append(batch)
        self._left = sources.states(self.found)
        return kept


class Endless(Order):
    """That of a stream: nothing, for every batch, until the stream is over."""

    def __init__(self) -> None:
        super().__init__((), Drawn(()))

    def pull(self) -> None:
        """Return what stands for the numbers of a batch."""

    def repeated(self, state: Mapping[str, Any], keep: int) -> list[Any]:
        """Return nothing: there is no order to go through."""
        return []
