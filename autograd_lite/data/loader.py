"""The loader: batches of a dataset, in an order, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import length_hint
from typing import Any

from autograd_lite import errors
from autograd_lite.data import sources
from autograd_lite.data.collate import default_collate
from autograd_lite.data.datasets import IterableDataset
from autograd_lite.data.epochs import Epoch, Stream
from autograd_lite.data.orders import Drawn, Order
from autograd_lite.data.samplers import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
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
        self.epoch = 0
        self._running: Epoch | Stream | None = None
        self._loaded: Mapping[str, Any] | None = None
        self._drawn = Drawn(())
        if isinstance(dataset, IterableDataset):
            return
        if sampler is None:
            self.sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None:
            self.batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)
        self._drawn = Drawn(self.sampler if self.batch_sampler is None else self.batch_sampler)

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
        return Running(self)

    def _begun(self) -> Epoch | Stream:
        """Return a new epoch; or the one of the state that was loaded, at its place."""
        epoch = self._new_epoch()
        if self._loaded is not None:
            epoch.load_state_dict(self._loaded)
            self._loaded = None
        self._running = epoch
        return epoch

    def _ended(self, epoch: Epoch | Stream) -> None:
        if self._running is epoch:
            self._running = None
            self.epoch += 1

    def _new_epoch(self) -> Epoch | Stream:
        if isinstance(self.dataset, IterableDataset):
            return Stream(self.dataset, self._loading(), self.batch_size, self.drop_last)
        batches = self.sampler if self.batch_sampler is None else self.batch_sampler
        return Epoch(Order(batches, self._drawn), self._loading())

    def _loading(self) -> Callable[[Any], Any]:
        """Return what makes a batch of numbers, or of examples of an `IterableDataset`."""
        if isinstance(self.dataset, IterableDataset):
            return self._single if self.batch_size is None else self._together
        if self.batch_sampler is None:
            return lambda i: self._single(self._example(i))
        take: Callable[[Any], Any] | None = getattr(self.dataset, "batch", None) if self.collate_fn is None else None
        return take or (lambda indices: self._together([self._example(i) for i in indices]))

    # ----- where it is -----

    def state_dict(self) -> dict[str, Any]:
        """Return where it is: what `save` writes, and `load_state_dict` goes on from.

        It may be asked for at any time, also between two batches. ``"epoch"`` is the number of epochs that have come
        to their end, and ``"batch"`` that of the batches that have been received in the one that runs. While an epoch
        runs, which it does until somebody asks for a batch after its last one, the state goes on within it; after
        that, with a new one.

        Returns
        -------
        dict
            Numbers, texts, arrays, dicts and lists.

        Examples
        --------
        >>> loader = DataLoader(range(6), batch_size=2, shuffle=True, generator=0)
        >>> for batch in loader:
        ...     state = loader.state_dict()
        ...     break
        >>> state["epoch"], state["batch"]
        (0, 1)
        """
        running = self._running.state_dict() if self._running else self._loaded
        return {
            "epoch": self.epoch, "batch": running["received"] if running else 0, "running": running,
            "generators": self._drawn.now(), "loader": self._described(),
        }  # fmt: skip

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from where another loader of the same dataset and arguments has been, or refuse and change nothing.

        The next ``iter(loader)`` yields the batches that were to come. No example is loaded to get there: the sampler
        is asked again for the numbers of those that have been. Generators that the order comes from are set to where
        they stood, also the one of `manual_seed` if it is one of them.

        Parameters
        ----------
        state_dict : mapping
            What `state_dict` has returned.

        Raises
        ------
        StateDictError
            A state of other arguments, or of another dataset. An order that comes from what is not in sight is
            refused when the first batch is asked for.

        Examples
        --------
        >>> first, second = [DataLoader(range(6), 2, shuffle=True, generator=seed) for seed in (0, 1)]
        >>> batches = iter(first)
        >>> seen = next(batches)
        >>> second.load_state_dict(first.state_dict())
        >>> [b.tolist() for b in batches] == [b.tolist() for b in second]
        True
        >>> [b.tolist() for b in first] == [b.tolist() for b in second]
        True
        """
        generators = self._checked(state_dict)
        found = self._drawn.found()
        for name, stood in generators.items():
            sources.set_state(found[name], stood)
        self._drawn.used.update(generators)
        self.epoch, self._loaded, self._running = state_dict["epoch"], state_dict["running"], None

    def _described(self) -> dict[str, Any]:
        """Return what has to be the same for a state to mean the same."""
        size = self.batch_size if self.batch_sampler is None or type(self.batch_sampler) is BatchSampler else None
        length = None if isinstance(self.dataset, IterableDataset) else length_hint(self.dataset, -1)
        sampler = type(self.sampler if self.sampler is not None else self.batch_sampler).__name__
        return {"examples": length, "batch_size": size, "drop_last": self.drop_last, "sampler": sampler}

    def _checked(self, given: Any) -> Mapping[str, Any]:
        """Return the generators of a state, if it is one of this loader."""
        if not isinstance(given, Mapping) or not {"epoch", "running", "generators", "loader"} <= set(given):
            raise errors.StateDictError(errors.LOADER_STATE.format(found="it is no state of a loader"))
        here = self._described()
        for name, value in here.items():
            if given["loader"].get(name) != value:
                found = f"it is of {name}={given['loader'].get(name)!r}, and this one of {value!r}"
                raise errors.StateDictError(errors.LOADER_STATE.format(found=found))
        found_here = self._drawn.found()
        generators: Mapping[str, Any] = given["generators"]
        for name, stood in generators.items():
            if name not in found_here or sources.kind(found_here[name]) != stood["bit_generator"]:
                found = f"its order comes from {name}, a generator of kind {stood['bit_generator']}"
                raise errors.StateDictError(errors.LOADER_STATE.format(found=found))
        return generators

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


class Running(Iterator[Any]):
    """What a ``for`` over a loader asks for batches: its epoch begins with the first."""

    def __init__(self, loader: DataLoader) -> None:
        self._loader = loader
        self._epoch: Epoch | Stream | None = None
        self._ended = False

    def __next__(self) -> Any:
        if self._ended:
            raise StopIteration
        if self._epoch is None:
            self._epoch = self._loader._begun()
        try:
            return next(self._epoch)
        except StopIteration:
            self._ended = True
            self._loader._ended(self._epoch)
            raise
