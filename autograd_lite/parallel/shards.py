"""What each rank has for its own: a share of the examples, and random numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Sized
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import defines, is_array
from autograd_lite.data.datasets import Subset
from autograd_lite.data.samplers import Sampler
from autograd_lite.engine.generators import adopt
from autograd_lite.parallel.communicators import check_communicator

if TYPE_CHECKING:
    from numpy.random import Generator

_CHOICES = ("refuse", "drop", "pad")


def shard(data: Any, comm: Any, *, uneven: str = "refuse") -> Any:
    """Return the examples of this rank: every ``comm.size``-th, from number ``comm.rank`` on.

    So batch k of all ranks together is batch k of one process, of ``comm.size`` times the size.

    Parameters
    ----------
    data : array_like, tuple of them, or dataset
        An array, Tensor or table of pandas with an example in each row; several of the same length in a tuple, where
        also lists are such; or what has a length and examples by number.
    comm : mpi4py.MPI.Comm
        The ranks; whatever has ``rank`` and ``size``.
    uneven : {"refuse", "drop", "pad"}
        What is done where the examples are no multiple of the ranks: an error, the last ones left out, or the first
        ones given twice.

    Returns
    -------
    array, tuple or Subset
        Of arrays and tables their rows, which are views of arrays; of a dataset a `data.Subset`. As many examples on
        each rank.

    Raises
    ------
    ArgumentError
        No multiple of the ranks, fewer examples than ranks, arrays of different lengths.
    DataError
        What has no length, or of which nobody knows what its examples are.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> second = SimpleNamespace(rank=1, size=2)
    >>> shard(np.arange(6), second)
    array([1, 3, 5])
    >>> x, y = shard((np.eye(4), np.arange(4)), second)
    >>> y
    array([1, 3])
    >>> len(shard(ag.data.TensorDataset(np.arange(7)), second, uneven="drop"))
    3
    """
    check_communicator(comm, "rank size", "shard", "data, ")
    if isinstance(data, tuple) and any(map(_has_rows, data)):
        _check_parts(data)
        places = _places(len(data[0]), comm, uneven)
        return tuple([_rows(x, places) for x in data])
    places = _places(_count(data), comm, uneven)
    return _rows(data, places) if _has_rows(data) and not isinstance(data, list) else Subset(data, list(places))


def _has_rows(x: Any) -> bool:
    """Tell whether something is an array, a table or a list, each of as many examples as it has rows."""
    return isinstance(x, list) or defines(type(x), "iloc") or (is_array(x) and np.ndim(x) > 0)


def _check_parts(parts: tuple[Any, ...]) -> None:
    if not all(map(_has_rows, parts)):
        given = " and ".join(sorted({type(x).__name__ for x in parts}))
        raise errors.DataError(errors.SHARD_PARTS.format(given=f"a tuple of {given}"))
    lengths = [len(x) for x in parts]
    if len(set(lengths)) > 1:
        raise errors.ArgumentError(errors.SHARD_LENGTHS.format(lengths=" and ".join(map(str, lengths))))


def _count(data: Any) -> int:
    """Return how many examples there are; refuse what has none by number."""
    if isinstance(data, Mapping) and 0 not in data:
        raise errors.DataError(errors.SHARD_PARTS.format(given=f"a {type(data).__name__}"))
    if callable(getattr(data, "__getitem__", None)):
        with suppress(TypeError):  # also of what has a method for it: an array without rows, a sparse one
            return len(data)
    raise errors.DataError(errors.SHARD_KIND.format(given=type(data).__name__))


def _places(count: int, comm: Any, uneven: str) -> range | list[int]:
    """Return the numbers of the examples of a rank, some of the first ones again where there are too few."""
    length = _length(count, int(comm.size), uneven, "shard")
    places = range(comm.rank, comm.size * length, comm.size)
    return places if places[-1] < count else [i % count for i in places]


def _rows(data: Any, places: range | list[int]) -> Any:
    rows = data.iloc if defines(type(data), "iloc") else data
    if isinstance(places, range):
        return rows[places.start : places.stop : places.step]
    return [data[i] for i in places] if isinstance(data, list) else rows[np.array(places)]


class DistributedSampler(Sampler[int]):
    """The numbers of the examples of one rank, as many on each, in an order that all ranks draw alike.

    Parameters
    ----------
    dataset : sized
        What has as many examples.
    comm : mpi4py.MPI.Comm
        The ranks; whatever has ``rank`` and ``size``.
    shuffle : bool
        Whether the order is a random one, which `set_epoch` changes.
    seed : int
        The same on all ranks.
    uneven : {"refuse", "drop", "pad"}
        See `shard`.

    Raises
    ------
    ArgumentError
        As of `shard`.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> first, second = [DistributedSampler("abcdef", SimpleNamespace(rank=i, size=2)) for i in (0, 1)]
    >>> sorted([*first, *second])
    [0, 1, 2, 3, 4, 5]
    >>> loader = ag.data.DataLoader(ag.data.TensorDataset(np.arange(6)), batch_size=3, sampler=first)
    >>> for epoch in range(2):
    ...     first.set_epoch(epoch)
    ...     for (batch,) in loader:
    ...         print(len(batch))
    3
    3
    """

    def __init__(
        self, dataset: Sized, comm: Any, *, shuffle: bool = True, seed: int = 0, uneven: str = "refuse"
    ) -> None:
        self.dataset, self.shuffle, self.seed, self.uneven = dataset, shuffle, seed, uneven
        check_communicator(comm, "rank size", "DistributedSampler", "dataset, ")
        self.rank, self.num_replicas, self.epoch = comm.rank, comm.size, 0
        self.num_samples = _length(len(dataset), comm.size, uneven, "DistributedSampler")

    def set_epoch(self, epoch: int) -> None:
        """Have the next pass go in the order of an epoch.

        Examples
        --------
        >>> from types import SimpleNamespace
        >>> sampler = DistributedSampler(range(100), SimpleNamespace(rank=0, size=2))
        >>> before = list(sampler)
        >>> sampler.set_epoch(1)
        >>> list(sampler) == before
        False
        """
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        count = len(self.dataset)
        order = np.random.default_rng((self.seed, self.epoch)).permutation(count) if self.shuffle else np.arange(count)
        mine = range(self.rank, self.num_samples * self.num_replicas, self.num_replicas)
        return iter([int(order[i % count]) for i in mine])

    def __len__(self) -> int:
        return self.num_samples


def seed(comm: Any, seed: int | Sequence[int] = 0) -> Generator:
    """Restart the default generator of each rank with a stream of its own, and return it.

    Parameters
    ----------
    comm : mpi4py.MPI.Comm
        The ranks; whatever has ``rank`` and ``size``.
    seed : int or sequence of int
        The same on all ranks, which get the children that ``np.random.SeedSequence(seed).spawn(comm.size)`` has.

    Notes
    -----
    First values of parameters are to be the same on all ranks: make the model before, after `manual_seed`, or
    `broadcast` it.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> first, second = [seed(SimpleNamespace(rank=i, size=2), 0) for i in (0, 1)]
    >>> bool(first.random() == second.random())
    False
    """
    check_communicator(comm, "rank size", "seed")
    return adopt(np.random.default_rng(np.random.SeedSequence(seed).spawn(comm.size)[comm.rank]))


def _length(count: int, size: int, uneven: str, function: str) -> int:
    """Return how many examples each rank gets."""
    if uneven not in _CHOICES:
        raise errors.ArgumentError(errors.SHARD_CHOICE.format(given=uneven))
    if not count:
        raise errors.ArgumentError(errors.SHARD_NONE.format(function=function))
    rest = count % size
    if count < size and uneven != "pad":
        raise errors.ArgumentError(errors.SHARD_FEW.format(count=count, size=size))
    if rest and uneven == "refuse":
        facts = {"count": count, "size": size, "rest": rest, "missing": size - rest, "function": function}
        raise errors.ArgumentError(errors.SHARD_UNEVEN.format(**facts))
    return -(-count // size) if uneven == "pad" else count // size
