"""Where a loader stands in an epoch, and how many examples are in a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograd_lite import errors, tree


class Batches:
    """A list of batches as a loader that can be asked where it stands, and sent there."""

    def __init__(self, batches: Sequence[Any]) -> None:
        self._batches, self._taken, self._start = batches, 0, 0

    def __iter__(self) -> Iterator[Any]:
        """NOTE: who goes over it while somebody else does leaves it where that one is."""
        first, self._start = self._start, 0
        around = 0 if first else self._taken
        try:
            for i in range(first, len(self._batches)):
                self._taken = i + 1
                yield self._batches[i]
        except GeneratorExit:
            self._taken = around or self._taken
            raise
        self._taken = around

    def __len__(self) -> int:
        return len(self._batches)

    def state_dict(self) -> dict[str, Any]:
        return {"taken": self._taken, "batches": len(self)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        before = state.get("batches", len(self))
        if "taken" not in state or before != len(self):
            found = f"is of {before} batches" if "taken" in state else "is of another kind of loader"
            raise errors.StateDictError(errors.TRAIN_LIST.format(found=found, batches=len(self)))
        self._taken = self._start = state["taken"]


def feeding(loader: Any) -> Any:
    """Return a loader, or a list of batches as one."""
    return Batches(loader) if isinstance(loader, (list, tuple)) else loader


def set_epoch(loader: Any, epoch: int) -> None:
    """Tell a loader, and its samplers, which epoch comes, where they want to know: for an order of its own."""
    batches = getattr(loader, "batch_sampler", None)
    told = [loader, getattr(loader, "sampler", None), batches, getattr(batches, "sampler", None)]
    for i, one in enumerate(told):
        if callable(getattr(one, "set_epoch", None)) and all(one is not other for other in told[:i]):
            one.set_epoch(epoch)


def length(loader: Any) -> int | None:
    """Return how many batches an epoch has, where that is known."""
    try:
        return len(loader)
    except TypeError:
        return None


def size_of(batch: Any, output: Any, target: Any) -> int:
    """Return the number of examples in a batch: how long the arrays are that its targets consist of.

    Where there are none, or some of another length, it is that of the outputs, then of the batch. A target that is one
    number is one example.

    Raises
    ------
    DataError
        Lengths that differ, everywhere.
    """
    odd: set[int] = set()
    for x in (target, output, batch):
        lengths = _lengths(x)
        if len(lengths) == 1:
            return min(lengths)
        if x is target and not lengths and _is_number(target):
            return 1
        odd = odd or lengths
    if odd:
        raise errors.DataError(errors.TRAIN_LENGTHS.format(lengths=sorted(odd)))
    return 1


def _lengths(x: Any) -> set[int]:
    """Return how long the arrays of a tree are, or where it has none its lists of numbers."""
    leaves, _ = tree.flatten(x)
    return {leaf.shape[0] for leaf in leaves if getattr(leaf, "ndim", 0)} or _of_lists(x)


def _of_lists(x: Any) -> set[int]:
    if isinstance(x, (tuple, Mapping)):
        found = set().union(*map(_of_lists, x.values() if isinstance(x, Mapping) else x))
        return found or ({len(x)} if isinstance(x, tuple) and x and all(map(_is_number, x)) else set())
    return {len(x)} if isinstance(x, list) and x else set()


def _is_number(x: Any) -> bool:
    return isinstance(x, (int, float, complex)) or getattr(x, "ndim", None) == 0
