"""Where a loader stands in an epoch, and how many examples are in a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograd_lite import tree


class Batches:
    """A list of batches as a loader that can be asked where it stands, and sent there."""

    def __init__(self, batches: Sequence[Any]) -> None:
        self._batches, self._taken, self._start = batches, 0, 0

    def __iter__(self) -> Iterator[Any]:
        first, self._start = self._start, 0
        for i in range(first, len(self._batches)):
            self._taken = i + 1
            yield self._batches[i]
        self._taken = 0

    def __len__(self) -> int:
        return len(self._batches)

    def state_dict(self) -> dict[str, Any]:
        return {"taken": self._taken}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._taken = self._start = state["taken"]


def feeding(loader: Any) -> Any:
    """Return a loader, or a list of batches as one."""
    return Batches(loader) if isinstance(loader, (list, tuple)) else loader


def length(loader: Any) -> int | None:
    """Return how many batches an epoch has, where that is known."""
    try:
        return len(loader)
    except TypeError:
        return None


def size_of(batch: Any) -> int:
    """Return the number of examples in a batch: the length of its first array. 1 where it has none."""
    leaves, _ = tree.flatten(batch)
    return next((x.shape[0] for x in leaves if getattr(x, "ndim", 0)), 1)
