"""Datasets whose examples are changed when they are loaded, and examples of any iterable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from autograd_lite import errors
from autograd_lite.data.datasets import Dataset, IterableDataset


class TransformDataset(Dataset[Any]):
    """The examples of a dataset, changed by a function each time that they are loaded.

    Parameters
    ----------
    dataset : Dataset or sequence
        Where they come from.
    transform : callable
        What is called with an example, and returns what stands in its place. Random numbers it draws from the default
        generator, as ``ag.rand`` does, or from ``rng=None``: in a `DataLoader` those are repeatable, in a thread too.

    Notes
    -----
    A function of a whole batch is given to the loader, as ``DataLoader(dataset, batch_transform=f)``, and is faster.

    Examples
    --------
    >>> data = TransformDataset([1.0, 2.0], lambda x: 10 * x)
    >>> len(data), data[1]
    (2, 20.0)
    """

    def __init__(self, dataset: Any, transform: Callable[[Any], Any]) -> None:
        if isinstance(dataset, IterableDataset):
            raise errors.ArgumentError(errors.TRANSFORM_STREAM)
        self.dataset, self.transform = dataset, transform

    def __getitem__(self, index: Any) -> Any:
        return self.transform(self.dataset[index])

    def __len__(self) -> int:
        return len(self.dataset)


class TransformIterableDataset(IterableDataset[Any]):
    """The examples of an `IterableDataset`, changed by a function.

    Parameters
    ----------
    dataset : IterableDataset
        Where they come from. If it has ``state_dict`` and ``load_state_dict``, a loader goes on by them.
    transform
        See `TransformDataset`.

    Examples
    --------
    >>> list(TransformIterableDataset(IterableWrapper([1.0, 2.0]), lambda x: 10 * x))
    [10.0, 20.0]
    """

    def __init__(self, dataset: Iterable[Any], transform: Callable[[Any], Any]) -> None:
        self.dataset, self.transform = dataset, transform

    def __iter__(self) -> Iterator[Any]:
        return _Transformed(iter(self.dataset), self.transform)

    def __len__(self) -> int:
        return len(self.dataset)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return _forwarded(self, "dataset", name)


class _Transformed(Iterator[Any]):
    """An iterator over changed examples, which knows where it is if that over the others does."""

    def __init__(self, examples: Iterator[Any], transform: Callable[[Any], Any]) -> None:
        self.examples, self.transform = examples, transform

    def __next__(self) -> Any:
        example = next(self.examples)
        try:
            return self.transform(example)
        except StopIteration as error:
            raise RuntimeError(errors.LOADER_STOPPED) from error

    def __getattr__(self, name: str) -> Any:
        return _forwarded(self, "examples", name)


def _forwarded(x: Any, part: str, name: str) -> Any:
    """Return how a part goes on, as its owner's."""
    if name not in ("state_dict", "load_state_dict") or part not in vars(x):
        raise AttributeError(f"{type(x).__name__!r} object has no attribute {name!r}")
    return getattr(vars(x)[part], name)


class IterableWrapper(IterableDataset[Any]):
    """The examples of any iterable, one after the other: of a generator, a file, a database, a stream.

    Parameters
    ----------
    source : iterable or callable
        What can be gone over again in each epoch; or a function that returns an iterator for one.

    Raises
    ------
    ArgumentError
        An iterator, which would be empty in the second epoch.

    Examples
    --------
    >>> from autograd_lite.data import DataLoader
    >>> def squares():
    ...     for i in range(5):
    ...         yield i**2
    >>> [batch.tolist() for batch in DataLoader(IterableWrapper(squares), batch_size=2)]
    [[0, 1], [4, 9], [16]]
    """

    def __init__(self, source: Iterable[Any] | Callable[[], Iterator[Any]]) -> None:
        if not callable(source) and iter(source) is source:
            raise errors.ArgumentError(errors.ITERABLE_ONCE)
        self.source = source

    def __iter__(self) -> Iterator[Any]:
        return iter(self.source() if callable(self.source) else self.source)

    def __len__(self) -> int:
        return len(self.source)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return _forwarded(self, "source", name)
