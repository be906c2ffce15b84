"""The loader: batches of a dataset, in an order, put together."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from autograd_lite import errors
from autograd_lite.data import finding, sources
from autograd_lite.data.ahead import Ahead, Here
from autograd_lite.data.collate import default_collate
from autograd_lite.data.datasets import IterableDataset
from autograd_lite.data.epochs import Epoch, Stream
from autograd_lite.data.making import Making, OfNumbers, OfStream, is_stateful
from autograd_lite.data.numbers import check_numbers, is_spent_once
from autograd_lite.data.orders import Drawn, Endless, Order
from autograd_lite.data.samplers import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    check_batch_size,
    count_of_batches,
)
from autograd_lite.engine.generators import default_rng, kept

_FIXED = {"dataset", "batch_size", "sampler", "batch_sampler", "drop_last"}
"""What batches have been laid out by: as in PyTorch it cannot be set any more."""
_STATE = {"epoch", "batch", "running", "after", "sampler", "generators", "loader"}


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
        The order, in the place of `shuffle`; no iterator, which would be at its end in the second epoch.
    batch_sampler : iterable of list of int, optional
        The batches, in the place of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    num_workers : int
        0: a batch is made when it is asked for. More: a thread makes batches ahead, in their order, while the program
        computes. It is one thread for any number, which says how many batches are made ahead; see `prefetch_factor`.
    collate_fn : callable, optional
        What makes a batch of a list of examples: `default_collate`.
    pin_memory, multiprocessing_context, persistent_workers, pin_memory_device, in_order
        Without effect: other processes, and the memory of graphics cards, are not needed.
    drop_last : bool
        Whether a last batch that is smaller is left out.
    timeout : float
        For how many seconds a batch of the thread is waited for; 0 for as long as it takes.
    worker_init_fn : callable, optional
        What is called with 0 in the thread before it makes batches.
    generator : numpy.random.Generator or int, optional
        Where the order comes from, or a seed for it. By default the generator that `manual_seed` restarts.
    prefetch_factor : int, optional
        How many batches are made ahead for each of `num_workers`: 2 by default.
    batch_transform : callable, optional
        What is called with each batch, and returns what stands in its place.

    Raises
    ------
    ArgumentError
        Arguments that contradict each other.
    TimedOutError
        A batch that has not come within `timeout`.

    Attributes
    ----------
    epoch : int
        How many times it has been gone over to the end.

    Notes
    -----
    While a batch is made, the default generator (of ``ag.rand`` and its kin, and of whoever takes ``rng=None``) is one
    of this batch alone: its numbers follow from where `generator` stood when the epoch began, from how many had begun,
    and from the number of the batch. So a random transform draws the same in the thread as without it, and in a run
    that goes on. So it does with a generator that is an attribute of the dataset. Those of ``random`` and ``np.random``
    all threads share; where the first batch that a thread makes draws from them, or one that is waited for from its
    beginning, a state has where they stood after the last batch that was received.

    An exception of the dataset is raised where its batch is asked for, and notes which example it is of; who asks for
    one more passes over that batch. A thread ends with the loop, also where that is left by ``break``.

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
        batch_transform: Callable[[Any], Any] | None = None,
    ) -> None:  # fmt: skip
        self.dataset: Any = dataset
        self.batch_size, self.drop_last = batch_size, drop_last
        self.collate_fn, self.generator, self.pin_memory = collate_fn, kept(generator), pin_memory
        self.num_workers, self.prefetch_factor = num_workers, prefetch_factor
        self.timeout, self.worker_init_fn = timeout, worker_init_fn
        self.batch_transform = batch_transform
        self.sampler: Any = sampler
        self.batch_sampler: Any = batch_sampler
        self._refuse_contradictions(bool(shuffle))
        self.epoch = self._passes = 0
        self._running: Epoch | None = None
        self._loaded: Mapping[str, Any] | None = None
        self._drawn = Drawn(())
        if not isinstance(dataset, IterableDataset):
            self._order(bool(shuffle))
        self._fixed = True

    def __getstate__(self) -> dict[str, Any]:
        self._note()
        return {**vars(self), "_running": None}  # a copy begins with an epoch, as who goes over this one again

    def _order(self, shuffle: bool) -> None:
        """Make the samplers that are not given."""
        if self.sampler is None:
            made = RandomSampler(self.dataset, generator=self.generator) if shuffle else SequentialSampler(self.dataset)
            self.sampler = made
        if self.batch_sampler is None and self.batch_size is not None:
            self.batch_sampler = BatchSampler(self.sampler, self.batch_size, self.drop_last)
        self._drawn = Drawn(self._batches())

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and "_fixed" in vars(self):
            raise errors.ArgumentError(errors.LOADER_FIXED.format(name=name))
        super().__setattr__(name, value)

    def _refuse_contradictions(self, shuffle: bool) -> None:
        ordered = self.sampler is not None
        self._refuse_dataset(shuffle or ordered or self.batch_sampler is not None)
        for name, order in (("sampler", self.sampler), ("batch_sampler", self.batch_sampler)):
            if is_spent_once(order):
                raise errors.ArgumentError(errors.SAMPLER_ONCE.format(name=name))
        if ordered and shuffle:
            raise errors.ArgumentError(errors.LOADER_ORDER)
        if self.batch_sampler is not None and (self.batch_size != 1 or shuffle or ordered or self.drop_last):
            raise errors.ArgumentError(errors.LOADER_BATCHES)
        if self.batch_size is None and self.drop_last:
            raise errors.ArgumentError(errors.LOADER_SINGLE)
        if self.batch_size is not None:
            check_batch_size(self.batch_size)
            check_numbers(self.sampler, "the numbers of sampler=")
        elif self.batch_transform is not None:
            raise errors.ArgumentError(errors.LOADER_TRANSFORM)
        if self.prefetch_factor is not None and not (self.num_workers and self.prefetch_factor > 0):
            raise errors.ArgumentError(errors.PREFETCH.format(given=self.prefetch_factor))
        if self.num_workers < 0 or self.timeout < 0:
            raise errors.ArgumentError(errors.WORKERS.format(workers=self.num_workers, timeout=self.timeout))

    def _refuse_dataset(self, ordered: bool) -> None:
        """Refuse what is no dataset, or none that has the order that is asked for."""
        if isinstance(self.dataset, IterableDataset):
            if ordered:
                raise errors.ArgumentError(errors.LOADER_ITERABLE)
        elif isinstance(self.dataset, Mapping) and not ordered:
            raise errors.ArgumentError(errors.LOADER_MAPPING)
        elif getattr(type(self.dataset), "__getitem__", None) is None:
            raise errors.ArgumentError(errors.LOADER_DATASET.format(given=type(self.dataset).__name__))

    def __iter__(self) -> Iterator[Any]:
        return Running(self)

    def _begun(self) -> Epoch:
        """Return a new epoch; or the one of the state that was loaded, at its place."""
        self._note()
        making = Making(self._make(), sources.seed_of(self._seeding()[1], self._passes), self._held())
        depth = self.num_workers * (self.prefetch_factor or 2)
        worker = Ahead(making, depth, self.timeout, self.worker_init_fn) if depth else Here(making)
        if isinstance(self.dataset, IterableDataset):
            epoch: Epoch = Stream(making, worker, Endless())
        else:
            epoch = Epoch(making, worker, Order(self._batches(), self._drawn))
        if self._loaded is not None:
            epoch.load_state_dict(self._loaded["running"], self._loaded["after"])
            self._loaded = None
        else:
            self._passes += 1  # also those that are left early have random numbers of their own
        epoch.around = _open(self._now())
        self._running = epoch
        return epoch

    def _now(self) -> Epoch | None:
        """Return the epoch that runs; of one that was begun within another, and left early, that one."""
        running = self._running
        while running is not None and running.closed and running.around is not None:
            running = running.around
        return running

    def _ended(self, epoch: Epoch) -> None:
        if self._running is epoch:
            self._note()
            self._running = _open(epoch.around)
            self.epoch += 1

    def _make(self) -> OfNumbers | OfStream:
        """Return what makes a batch."""
        single = self.batch_size is None and self.batch_sampler is None
        if isinstance(self.dataset, IterableDataset):
            collate = self.collate_fn if single or self.collate_fn is not None else default_collate
            return OfStream(self.dataset, collate, self.batch_transform, self.batch_size, self.drop_last)
        return OfNumbers(self.dataset, self.collate_fn, self.batch_transform, single)

    def _batches(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def _seeding(self) -> tuple[str, Any]:
        """Return the generator whose place the random numbers of batches follow from, and its name."""
        return (sources.DEFAULT, default_rng()) if self.generator is None else ("generator", self.generator)

    def _drawn_from(self) -> dict[str, Any]:
        """Return the generators that are part of a state if they have been used."""
        name, seeding = self._seeding()
        return {**self._drawn.found(), name: seeding}

    def _note(self) -> None:
        """Note whether random numbers have been drawn for a batch."""
        if self._running and self._running.making.drew:
            self._drawn.used.add(self._seeding()[0])

    def _generators(self) -> dict[str, Any]:
        """Return where those stand that have been used."""
        self._note()
        found = self._drawn_from()
        return sources.states({name: found[name] for name in sorted(self._drawn.used)})

    def _held(self) -> dict[str, Any]:
        """Return the generators of the user's that a batch may draw from."""
        names = ("dataset", "collate_fn", "batch_transform")
        return {place: found for name in names for place, found in finding.held(getattr(self, name), name).items()}

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
        if self._loaded is not None:
            return {**self._loaded, "generators": self._generators()}
        running = self._now()
        sampler = self._drawn.sampler
        return {
            "epoch": self.epoch, "passes": self._passes, "batch": running.received if running else 0,
            "running": running.state_dict() if running else None,
            "after": running.left() if running else Making(self._make(), 0, self._held()).before,
            "sampler": deepcopy(sampler.state_dict()) if is_stateful(sampler) else None,
            "generators": self._generators(), "loader": self._described(),
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
        found = self._check(state_dict)
        after, generators = state_dict["after"], state_dict["generators"]
        held = {name: stood for name, stood in after["generators"].items() if name not in sources.shared()}
        for stateful, state in ((self._drawn.sampler, state_dict["sampler"]), (self.dataset, after["dataset"])):
            if state is not None:
                stateful.load_state_dict(state)
        for name, stood in {**held, **generators}.items():
            sources.set_state(found[name], stood)
        self._drawn.used.update(generators)
        self.epoch, self._running = state_dict["epoch"], None
        self._passes = state_dict.get("passes", self.epoch + (state_dict["running"] is not None))
        self._loaded = None if state_dict["running"] is None else state_dict

    def _described(self) -> dict[str, Any]:
        """Return what has to be the same for a state to mean the same."""
        size = self.batch_size if self.batch_sampler is None or type(self.batch_sampler) is BatchSampler else None
        sampler = type(self.sampler if self.sampler is not None else self.batch_sampler).__name__
        return {"examples": self._length(), "batch_size": size, "drop_last": self.drop_last, "sampler": sampler}

    def _length(self) -> int | None:
        """Return how many examples there are; None of a stream, and where that is not known."""
        try:
            return None if isinstance(self.dataset, IterableDataset) else len(self.dataset)
        except (NotImplementedError, TypeError):
            return None

    def _check(self, given: Any) -> dict[str, Any]:
        """Return the generators that a state is to set, and refuse one that is none of this loader."""
        if not isinstance(given, Mapping) or not set(given) >= _STATE:
            raise errors.StateDictError(errors.LOADER_STATE.format(found="it is no state of a loader"))
        for name, value in self._described().items():
            if given["loader"].get(name) != value:
                found = f"it is of {name}={given['loader'].get(name)!r}, and this one of {value!r}"
                raise errors.StateDictError(errors.LOADER_STATE.format(found=found))
        held, drawn = self._held(), self._drawn_from()
        known = {**sources.shared(), **held}
        for here, there in ((known, given["after"]["generators"]), (drawn, given["generators"])):
            for name, stood in there.items():
                if name not in here or sources.kind(here[name]) != stood["bit_generator"]:
                    found = f"it has the state of {name}, a generator of kind {stood['bit_generator']}"
                    raise errors.StateDictError(errors.LOADER_STATE.format(found=found))
        if odd := held.keys() - given["after"]["generators"].keys():
            found = f"it has no state of the generator {min(odd)}"
            raise errors.StateDictError(errors.LOADER_STATE.format(found=found))
        return {**held, **drawn}

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            n = len(self.dataset)  # type: ignore[arg-type]
            return n if self.batch_size is None else count_of_batches(n, self.batch_size, self.drop_last)
        return len(self._batches())


def _open(epoch: Epoch | None) -> Epoch | None:
    """Return an epoch as long as it goes on."""
    return None if epoch is None or epoch.closed else epoch


class Running(Iterator[Any]):
    """What a ``for`` over a loader asks for batches: its epoch begins with the first."""

    def __init__(self, loader: DataLoader) -> None:
        self._loader = loader
        self._epoch: Epoch | None = None
        self._ended = False

    def __next__(self) -> Any:
        if self._ended:
            raise StopIteration
        if self._epoch is None:
            self._epoch = self._loader._begun()
            weakref.finalize(self, self._epoch.close)  # whoever leaves the loop leaves no thread behind
        self._loader._running = self._epoch  # also where somebody else went over it since the last batch
        try:
            return next(self._epoch)
        except StopIteration:
            self._ended = True
            self._loader._ended(self._epoch)
            raise
