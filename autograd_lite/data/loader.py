"""The loader: batches of a dataset, in an order, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from autograd_lite import errors
from autograd_lite.data.collate import default_collate
from autograd_lite.data.datasets import IterableDataset
from autograd_lite.data.samplers import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    batched,
    check_batch_size,
    count_of_batches,
)


class DataLoader:
    """Batches of a dataset: what a ``for`` goes over, once for each epoch.

    Parameters
    ----------
    dataset : Dataset, IterableDataset or sequence
        Where the examples come from.
    batch_size : int, optional
        How many are in a batch. None for single examples, which are not put together.
    shuffle : bool, optional
        Whether each epoch has an order of its own.
    sampler : iterable of int, optional
        The order, in the place of `shuffle`.
    batch_sampler : iterable of list of int, optional
        The batches, in the place of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    num_workers, pin_memory, timeout, worker_init_fn, multiprocessing_context
        Without effect, as `prefetch_factor`, `persistent_workers`, `pin_memory_device` and `in_order`: what is asked
        for is made here and now. PyTorch's other processes, and the memory of its graphics cards, are not needed.
    collate_fn : callable, optional
        What makes a batch of a list of examples: `default_collate`.
    drop_last : bool
        Whether a last batch that is smaller is left out.
    generator : numpy.random.Generator or int, optional
        Where the order comes from, or a seed for it. By default the generator that `manual_seed` restarts.

    Raises
    ------
    ArgumentError
        Arguments that contradict each other.

    Examples
    --------
    >>> from autograd_lite.data import TensorDataset
    >>> data = TensorDataset(np.arange(10.0).reshape(5, 2), np.arange(5))
    >>> loader = DataLoader(data, batch_size=2, shuffle=True, generator=0)
    >>> len(loader), [x.shape for x, y in loader]
    (3, [(2, 2), (2, 2), (1, 2)])
    """

    def __init__(
        self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None,
        sampler: Iterable[int] | None = None, batch_sampler: Iterable[Sequence[int]] | None = None,
        num_workers: int = 0, collate_fn: Callable[[list[Any]], Any] | None = None, pin_memory: bool = False,
        drop_last: bool = False, timeout: float = 0, worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None, generator: Any = None, *, prefetch_factor: int | None = None,
        persistent_workers: bool = False, pin_memory_device: str = "", in_order: bool = True,
    ) -> None:  # fmt: skip
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.num_workers, self.pin_memory = num_workers, pin_memory
        self.collate_fn = collate_fn
        self.sampler: Any = sampler
        self.batch_sampler: Any = batch_sampler
        self._refuse_contradictions(bool(shuffle))
        if isinstance(dataset, IterableDataset):
            return
        if sampler is None:
            self.sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None:
            self.batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)

    def _refuse_contradictions(self, shuffle: bool) -> None:
        if isinstance(self.dataset, IterableDataset) and (shuffle or self.sampler or self.batch_sampler):
            raise errors.ArgumentError(errors.LOADER_ITERABLE)
        if self.sampler is not None and shuffle:
            raise errors.ArgumentError(errors.LOADER_ORDER)
        if self.batch_sampler is not None and (self.batch_size != 1 or shuffle or self.sampler or self.drop_last):
            raise errors.ArgumentError(errors.LOADER_BATCHES)
        if self.batch_size is None and self.drop_last:
            raise errors.ArgumentError(errors.LOADER_SINGLE)
        if self.batch_size is not None:
            check_batch_size(self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self.dataset, IterableDataset):
            return self._of_iterable(self.dataset)
        if self.batch_sampler is None:
            return (self._single(self._example(i)) for i in self.sampler)
        take = getattr(self.dataset, "batch", None) if self.collate_fn is None else None
        if take is not None:
            return map(take, self.batch_sampler)
        return (self._together([self._example(i) for i in indices]) for indices in self.batch_sampler)

    def _of_iterable(self, dataset: IterableDataset[Any]) -> Iterator[Any]:
        if self.batch_size is None:
            return map(self._single, dataset)
        return map(self._together, batched(dataset, self.batch_size, self.drop_last))

    def _example(self, i: int) -> Any:
        try:
            return self.dataset[i]
        except Exception as error:
            error.add_note(f"in example {i} of the dataset")
            raise

    def _single(self, example: Any) -> Any:
        return example if self.collate_fn is None else self.collate_fn(example)

    def _together(self, examples: list[Any]) -> Any:
        return default_collate(examples) if self.collate_fn is None else self.collate_fn(examples)

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            n = len(self.dataset)  # type: ignore[arg-type]
            return n if self.batch_size is None else count_of_batches(n, self.batch_size, self.drop_last)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
