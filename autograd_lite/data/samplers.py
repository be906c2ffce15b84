"""In which order examples are asked for: numbers of examples, one by one or in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.data.numbers import check_numbers
from autograd_lite.engine.generators import generator as generator_of
from autograd_lite.engine.generators import kept
from autograd_lite.functions.drawn import multinomial
from autograd_lite.functions.made import as_tensor

T = TypeVar("T")


def _check_count(num_samples: Any) -> None:
    if isinstance(num_samples, bool) or not isinstance(num_samples, (int, np.integer)) or num_samples < 1:
        raise errors.ArgumentError(errors.SAMPLES.format(given=num_samples))


class Sampler(Generic[T]):
    """Numbers of examples, one after the other. A class of one's own has ``__iter__``, and ``__len__`` if it is known.

    Examples
    --------
    >>> class Backwards(Sampler):
    ...     def __init__(self, data):
    ...         self.data = data
    ...     def __iter__(self):
    ...         return iter(range(len(self.data) - 1, -1, -1))
    >>> list(Backwards("abc"))
    [2, 1, 0]
    """

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(errors.SAMPLER_ITERATOR.format(name=type(self).__name__))


class SequentialSampler(Sampler[int]):
    """All numbers in their order.

    Parameters
    ----------
    data_source : sized
        What has as many examples.

    Examples
    --------
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """All numbers in a random order, another one each time; or numbers of which each is drawn from all.

    Parameters
    ----------
    data_source : sized
        What has as many examples.
    replacement : bool
        Whether a number may come again.
    num_samples : int, optional
        How many are drawn: by default as many as there are examples. Of more, without replacement, all come once before
        one comes again.
    generator : numpy.random.Generator or int, optional
        Where the order comes from, or a seed for it. By default the generator that `manual_seed` restarts.

    Examples
    --------
    >>> sorted(RandomSampler("abc"))
    [0, 1, 2]
    """

    def __init__(
        self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, generator: Any = None
    ) -> None:
        self.data_source, self.replacement, self._wanted = data_source, replacement, num_samples
        self.generator = kept(generator)
        if num_samples is not None:
            _check_count(num_samples)

    @property
    def num_samples(self) -> int:
        """How many numbers come.

        Examples
        --------
        >>> RandomSampler("abc").num_samples
        3
        """
        return len(self.data_source) if self._wanted is None else self._wanted

    def __iter__(self) -> Iterator[int]:
        rng, n = generator_of(self.generator), len(self.data_source)
        if not n and self.num_samples:
            raise errors.ArgumentError(errors.SAMPLES_OF_NONE.format(given=self.num_samples))
        if self.replacement:
            return iter(rng.integers(0, max(n, 1), self.num_samples).tolist())
        rounds = [rng.permutation(n) for _ in range(-(-self.num_samples // n) if n else 0)]
        return iter(np.concatenate([*rounds, np.arange(0)])[: self.num_samples].tolist())

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Some numbers, in a random order.

    Parameters
    ----------
    indices : sequence of int
        The numbers.
    generator
        See `RandomSampler`.

    Examples
    --------
    >>> sorted(SubsetRandomSampler([3, 5]))
    [3, 5]
    """

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        check_numbers(indices, "indices")
        self.indices = indices
        self.generator = kept(generator)

    def __iter__(self) -> Iterator[int]:
        return iter([self.indices[i] for i in generator_of(self.generator).permutation(len(self.indices)).tolist()])

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Numbers that are drawn with given weights.

    Parameters
    ----------
    weights : sequence of float
        One for each example; they need not sum to 1.
    num_samples : int
        How many are drawn.
    replacement : bool
        Whether a number may come again.
    generator
        See `RandomSampler`.

    Examples
    --------
    >>> list(WeightedRandomSampler([0.0, 1.0, 0.0], 3))
    [1, 1, 1]
    """

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Any = None
    ) -> None:
        self.weights, self.num_samples, self.replacement = as_tensor(weights, np.float64), num_samples, replacement
        self.generator = kept(generator)
        if self.weights.ndim != 1:
            raise errors.ArgumentError(errors.SAMPLES_WEIGHTS.format(shape=self.weights.shape))
        _check_count(num_samples)

    def __iter__(self) -> Iterator[int]:
        drawn = multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The numbers of another sampler in lists.

    Parameters
    ----------
    sampler : iterable of int
        Where the numbers come from.
    batch_size : int
        How many are in a list.
    drop_last : bool
        Whether a last list that is shorter is left out.

    Examples
    --------
    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        check_batch_size(batch_size)
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        return batched(self.sampler, self.batch_size, self.drop_last)

    def __len__(self) -> int:
        return count_of_batches(len(self.sampler), self.batch_size, self.drop_last)  # type: ignore[arg-type]


def check_batch_size(size: Any) -> None:
    """Refuse what is no number of examples in a batch."""
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise errors.ArgumentError(errors.BATCH_SIZE.format(given=repr(size)))


def batched(items: Iterable[T], size: int, drop_last: bool) -> Iterator[list[T]]:
    """Yield lists of `size` items, the last of which may be shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        if len(batch) == size or not drop_last:
            yield batch


def count_of_batches(n: int, size: int, drop_last: bool) -> int:
    """Return how many lists `batched` makes of `n` items."""
    return n // size if drop_last else -(-n // size)
