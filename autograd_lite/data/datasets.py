"""What can be asked for an example: by its number, or for the next one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from inspect import isfunction, ismethoddescriptor
from itertools import accumulate, chain
from typing import Any, Generic, TypeVar

from autograd_lite import errors
from autograd_lite.data.numbers import as_places, check_numbers
from autograd_lite.functions.made import as_tensor
from autograd_lite.tensor.tensor import Tensor

T = TypeVar("T")


class Dataset(Generic[T]):
    """Examples that are asked for by number. A class of one's own has ``__getitem__`` and ``__len__``.

    One that can take out many at once has ``batch(indices)``, too: it returns what `default_collate` would make of
    these examples, and is asked where nothing else is said about putting them together. With PyTorch's name
    ``__getitems__`` it returns a list of examples. Either is asked only beside the ``__getitem__`` that it is written
    with: a class that is derived, and has another ``__getitem__`` alone, is asked for examples one by one.

    Examples
    --------
    >>> class Squares(Dataset):
    ...     def __getitem__(self, i):
    ...         return float(i), float(i**2)
    ...     def __len__(self):
    ...         return 10
    >>> from autograd_lite.data import DataLoader
    >>> x, y = next(iter(DataLoader(Squares(), batch_size=3)))
    >>> y.tolist()
    [0.0, 1.0, 4.0]
    """

    def __getitem__(self, index: Any) -> T:
        raise NotImplementedError(errors.DATASET_ITEM.format(name=type(self).__name__))

    def __len__(self) -> int:
        raise NotImplementedError(errors.DATASET_LENGTH.format(name=type(self).__name__))

    def __add__(self, other: Dataset[T]) -> ConcatDataset[T]:
        return ConcatDataset([self, other])


class IterableDataset(Generic[T]):
    """Examples that come one after the other. A class of one's own has ``__iter__``; a length is not needed.

    Examples
    --------
    >>> class Halves(IterableDataset):
    ...     def __iter__(self):
    ...         x = 1.0
    ...         while x > 0.1:
    ...             yield x
    ...             x /= 2
    >>> from autograd_lite.data import DataLoader
    >>> [batch.tolist() for batch in DataLoader(Halves(), batch_size=3)]
    [[1.0, 0.5, 0.25], [0.125]]
    """

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(errors.DATASET_ITERATOR.format(name=type(self).__name__))

    def __add__(self, other: IterableDataset[T]) -> ChainDataset[T]:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Examples that are the rows of Tensors: example i is ``(x[i], y[i], ...)``.

    Parameters
    ----------
    *tensors : Tensor or array_like
        Of the same length along the first axis.

    Raises
    ------
    ShapeError
        Lengths that differ.

    Examples
    --------
    >>> data = TensorDataset(np.arange(6.0).reshape(3, 2), [0, 1, 0])
    >>> len(data), data[2]
    (3, (Tensor([4., 5.], dtype=float64, op=getitem), Tensor(0, dtype=int64, op=getitem)))
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors = tuple(map(as_tensor, tensors))
        shapes = [t.shape for t in self.tensors]
        if not shapes or not all(shapes) or len({shape[0] for shape in shapes}) > 1:
            raise errors.ShapeError(errors.DATASET_SHAPES.format(shapes=", ".join(map(str, shapes)) or "none"))

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([t[index] for t in self.tensors])

    def batch(self, indices: Sequence[int]) -> list[Tensor]:
        """Return the rows of some numbers, all at once.

        Examples
        --------
        >>> TensorDataset([1.0, 2.0, 3.0]).batch([2, 0])[0].tolist()
        [3.0, 1.0]
        """
        places = as_places(indices)
        return [t[places] for t in self.tensors]

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset[T]):
    """Some examples of a dataset.

    Parameters
    ----------
    dataset : Dataset
        All of them.
    indices : sequence of int
        The numbers of those that are in it.

    Raises
    ------
    ArgumentError
        A mask, or floats, in the place of numbers.

    Examples
    --------
    >>> Subset("abcd", [3, 1])[0]
    'd'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        check_numbers(indices, "indices")
        self.dataset, self.indices = dataset, indices

    @property
    def batch(self) -> Callable[[Sequence[int]], Any]:
        """What takes out many examples at once, where the dataset has it.

        Examples
        --------
        >>> Subset(TensorDataset([1.0, 2.0, 3.0]), [2, 1]).batch([0])[0].tolist()
        [3.0]
        """
        take = self._asked("batch")
        if take is None:
            raise AttributeError(errors.DATASET_BATCH.format(name=type(self.dataset).__name__))
        return take

    def _asked(self, name: str) -> Callable[[Sequence[int]], Any] | None:
        take = in_force(self.dataset, name)
        return None if take is None else lambda places: take([self.indices[i] for i in places])

    def __getitem__(self, index: Any) -> T:
        found: T = self.dataset[self.indices[index]]
        return found

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset[T]):
    """The examples of several datasets, one after the other: what ``a + b`` is.

    Parameters
    ----------
    datasets : iterable of Dataset
        One or more.

    Examples
    --------
    >>> both = TensorDataset([1.0, 2.0]) + TensorDataset([3.0])
    >>> len(both), both[2][0].item(), both[-1][0].item()
    (3, 3.0, 3.0)
    """

    def __init__(self, datasets: Iterable[Dataset[T]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise errors.ArgumentError(errors.DATASETS_NONE)
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __getitem__(self, index: int) -> T:
        which, place = place_of(self.cumulative_sizes, index)
        return self.datasets[which][place]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


def in_force(dataset: Any, name: str) -> Callable[[Sequence[int]], Any] | None:
    """Return a dataset's method for many examples, if its class has one that belongs to its ``__getitem__``.

    Parameters
    ----------
    dataset : Dataset or sequence
        What is asked.
    name : str
        ``"batch"`` or ``"__getitems__"``.

    Returns
    -------
    callable or None
        None also where a class that comes before has a ``__getitem__`` without it, which would be passed over.

    Examples
    --------
    >>> class Tenfold(TensorDataset):
    ...     def __getitem__(self, i):
    ...         return 10 * super().__getitem__(i)[0]
    >>> in_force(Tenfold([1.0]), "batch") is None, in_force(TensorDataset([1.0]), "batch") is None
    (True, False)
    """
    for owner in type(dataset).__mro__:
        if owner is Subset:
            return dataset._asked(name)  # type: ignore[no-any-return]
        if name in vars(owner):
            method: Any = vars(owner)[name]
            is_method = isfunction(method) or ismethoddescriptor(method)  # and no number of that name, nor a property
            return method.__get__(dataset, type(dataset)) if is_method else None
        if "__getitem__" in vars(owner):
            return None
    return None


class ChainDataset(IterableDataset[T]):
    """The examples of several streams, one after the other: what ``a + b`` is of them.

    Parameters
    ----------
    datasets : iterable of IterableDataset
        Any number of them.

    Examples
    --------
    >>> from autograd_lite.data import IterableWrapper
    >>> list(ChainDataset([IterableWrapper("ab"), IterableWrapper("c")]))
    ['a', 'b', 'c']
    """

    def __init__(self, datasets: Iterable[IterableDataset[T]]) -> None:
        self.datasets = list(datasets)
        for part in self.datasets:
            if not isinstance(part, IterableDataset):
                raise errors.ArgumentError(errors.CHAIN_KIND.format(given=type(part).__name__))

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(map(len, self.datasets))  # type: ignore[arg-type]


class StackDataset(Dataset[Any]):
    """Examples that are put together of those of several datasets, which have the same number of them.

    Parameters
    ----------
    *args : Dataset
        Example i is ``(a[i], b[i], ...)``.
    **kwargs : Dataset
        Example i is ``{"x": a[i], "y": b[i], ...}``.

    Raises
    ------
    ArgumentError
        Datasets of both kinds, or of neither.
    ShapeError
        Lengths that differ.

    Examples
    --------
    >>> StackDataset("abc", [1, 2, 3])[2], StackDataset(letter="abc", number=[1, 2, 3])[0]
    (('c', 3), {'letter': 'a', 'number': 1})
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise errors.ArgumentError(errors.STACK_NONE.format(given="datasets of both kinds" if args else "none"))
        self.datasets: Any = args or kwargs
        lengths = list(map(len, args or kwargs.values()))
        if len(set(lengths)) > 1:
            raise errors.ShapeError(errors.STACK_LENGTHS.format(given=", ".join(map(str, lengths))))
        self._length = lengths[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: part[index] for name, part in self.datasets.items()}
        return tuple([part[index] for part in self.datasets])

    def __len__(self) -> int:
        return self._length


def place_of(ends: Sequence[int], index: int) -> tuple[int, int]:
    """Return in which of several parts an example is, and its number there.

    Parameters
    ----------
    ends : sequence of int
        How many examples there are up to the end of each part.
    index : int
        Its number in all of them; counted from the end where it is negative.

    Examples
    --------
    >>> place_of([3, 5], 3), place_of([3, 5], -3)
    ((1, 0), (0, 2))
    """
    count = ends[-1]
    place = index + count if index < 0 else index
    if not 0 <= place < count:
        raise IndexError(errors.DATASET_INDEX.format(index=index, length=count))
    which = bisect_right(ends, place)
    return which, place - (ends[which - 1] if which else 0)
