"""Examples and batches that are changed when they are loaded, examples of any iterable, and splits by label."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.data import (
    ArrayDataset,
    DataLoader,
    IterableDataset,
    IterableWrapper,
    TensorDataset,
    TransformDataset,
    TransformIterableDataset,
    random_split,
)

X = np.arange(10.0)


def tenfold(x: Any) -> Any:
    return 10 * x


@pytest.mark.parametrize("workers", [0, 1])
def test_examples_are_changed(workers: int) -> None:
    data = TransformDataset(X, tenfold)
    assert (len(data), data[3]) == (10, 30.0)
    assert [b.tolist() for b in DataLoader(data, 5, num_workers=workers)] == [[0, 10, 20, 30, 40], [50, 60, 70, 80, 90]]
    first, _ = random_split(pickle.loads(pickle.dumps(data)), [5, 5], generator=0)
    assert all(x % 10 == 0 for x in first)


@pytest.mark.parametrize("workers", [0, 1])
def test_batches_are_changed(workers: int) -> None:
    """Of a dataset that takes batches, of examples that are put together, of a stream, and of what a function makes."""
    for data in (ArrayDataset(X), list(X), IterableWrapper(X)):
        batches = list(DataLoader(data, 5, num_workers=workers, batch_transform=tenfold))
        assert [b.tolist() for b in batches] == [[0, 10, 20, 30, 40], [50, 60, 70, 80, 90]]
    loader = DataLoader(list(X), 5, collate_fn=sum, batch_transform=tenfold, num_workers=workers)
    assert list(loader) == [100, 350]
    assert [b.tolist() for b in DataLoader(X, batch_sampler=[[1], [2]], batch_transform=tenfold)] == [[10], [20]]


def test_random_changes_are_others_in_each_epoch_and_repeatable() -> None:
    def noisy(x: Any) -> Any:
        return x + ag.rand(())

    def epochs(workers: int) -> list[list[float]]:
        loader = DataLoader(TransformDataset(X, noisy), 4, num_workers=workers, generator=0, batch_transform=noisy)
        return [[x for b in loader for x in b.tolist()] for _ in range(2)]

    first, second = epochs(0)
    assert not set(first) & set(second)
    assert len(set(first) | set(second)) == 20
    assert epochs(1) == [first, second]


class Counted(IterableDataset):
    """A stream that knows where it is."""

    def __init__(self) -> None:
        self.place = 0

    def __iter__(self) -> Iterator[int]:
        while self.place < 6:
            self.place += 1
            yield self.place - 1
        self.place = 0

    def __len__(self) -> int:
        return 6

    def state_dict(self) -> dict[str, int]:
        return {"place": self.place}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.place = state["place"]


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("wrapped", [lambda x: x, IterableWrapper])
def test_streams_are_changed_and_go_on(wrapped: Any, workers: int) -> None:
    data = TransformIterableDataset(wrapped(Counted()), tenfold)
    assert len(DataLoader(data, 2)) == 3
    loader = DataLoader(data, 2, num_workers=workers)
    batches = iter(loader)
    assert next(batches).tolist() == [0, 10]
    state = loader.state_dict()
    assert state["after"]["dataset"] == {"place": 2}
    again = DataLoader(TransformIterableDataset(wrapped(Counted()), tenfold), 2, num_workers=workers)
    again.load_state_dict(state)
    assert [b.tolist() for b in again] == [[20, 30], [40, 50]]
    with pytest.raises(AttributeError, match="'other'"):
        data.other  # noqa: B018
    assert pickle.loads(pickle.dumps(data)).transform is tenfold


def test_a_function_that_stops_ends_no_stream() -> None:
    def stop(x: Any) -> Any:
        raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        list(TransformIterableDataset(IterableWrapper([1]), stop))


def test_any_iterable() -> None:
    def numbers() -> Iterator[int]:
        yield from range(3)

    for source in (range(3), numbers, [0, 1, 2], {0: "a", 1: "b", 2: "c"}):
        loader = DataLoader(IterableWrapper(source), 2)
        for _ in range(2):
            assert [b.tolist() for b in loader] == [[0, 1], [2]]
    assert len(IterableWrapper(range(3))) == 3


# ----- splits -----


@pytest.mark.parametrize("lengths", [[0.8, 0.2], [0.5, 0.25, 0.25], [90, 7, 3], [100, 0], [0.34, 0.33, 0.33]])
@pytest.mark.parametrize("counts", [[50, 50], [90, 9, 1], [33, 33, 34], [100], [1] * 100, [97, 1, 1, 1]])
def test_each_part_has_its_share_of_each_label(counts: list[int], lengths: list[float]) -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    parts = random_split(TensorDataset(labels), lengths, generator=1, stratify=labels)
    plain = random_split(TensorDataset(labels), lengths, generator=1)
    assert list(map(len, parts)) == list(map(len, plain))
    assert sorted(i for part in parts for i in part.indices) == list(range(100))
    for part in parts:
        found = np.bincount(labels[part.indices].astype(int), minlength=len(counts))
        assert (np.abs(found - np.array(counts) * len(part) / 100) <= 1).all()
    again = random_split(TensorDataset(labels), lengths, generator=1, stratify=labels)
    assert [part.indices for part in again] == [part.indices for part in parts]


@pytest.mark.parametrize("labels", [["a"] * 6 + ["b"] * 4, ag.tensor([0] * 6 + [1] * 4), [(0, 1)] * 6 + [(0, 2)] * 4])
def test_labels_of_any_kind(labels: Any) -> None:
    first, second = random_split(X, [5, 5], generator=0, stratify=labels)
    assert sum(i < 6 for i in first.indices) == sum(i < 6 for i in second.indices) == 3


# ----- what is refused -----

REFUSED = {
    "a stream": (lambda: TransformDataset(Counted(), tenfold), "TransformIterableDataset"),
    "an iterator": (lambda: IterableWrapper(iter(range(3))), "first epoch"),
    "labels of others": (lambda: random_split(X, [5, 5], stratify=[1, 2]), "2 labels for 10"),
    "one label": (lambda: random_split(X, [5, 5], stratify=1), "0 labels for 10"),
    "a dict": (lambda: DataLoader({"x": X}), "ArrayDataset"),
    "a generator": (lambda: DataLoader(x for x in X), "a generator is no dataset"),
    "single ones": (lambda: DataLoader(X, None, batch_transform=tenfold), "TransformDataset"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    call, words = REFUSED[name]
    with pytest.raises(errors.ArgumentError, match=words):
        call()
