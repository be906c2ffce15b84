"""Numbers of examples: masks, floats and masked arrays are none; and what a loader was made with stays."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.data import (
    ArrayDataset,
    BatchSampler,
    DataLoader,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    TransformDataset,
    random_split,
)

X = np.arange(5.0)
MASK = X > 2

GIVEN: dict[str, tuple[Any, str]] = {
    "a mask": (MASK, r"np\.flatnonzero\(mask\)"),
    "a mask in a Tensor": (ag.tensor(MASK), r"np\.flatnonzero\(mask\)"),
    "a mask in a list": (MASK.tolist(), r"np\.flatnonzero\(mask\)"),
    "a mask in a tuple of NumPy's": (tuple(MASK), r"np\.flatnonzero\(mask\)"),
    "floats": (np.array([0.7, 1.9]), r"np\.asarray\(x, int\)"),
    "floats in a list": ([0.0, 1.0], r"np\.asarray\(x, int\)"),
    "halves": (np.array([0.7], np.float16), r"np\.asarray\(x, int\)"),
    "complex numbers": (np.array([1j]), r"real, int"),
    "several axes": (np.argwhere(MASK), r"x\.ravel\(\)"),
    "a masked array": (np.ma.array([0, 1], mask=[0, 1]), r"data\.filled"),
}
TAKING: dict[str, Callable[[Any], Any]] = {
    "some": lambda given: Subset(TensorDataset(X), given),
    "some at random": SubsetRandomSampler,
    "a sampler": lambda given: DataLoader(TensorDataset(X), 2, sampler=given),
}


@pytest.mark.parametrize("taking", TAKING)
@pytest.mark.parametrize("name", GIVEN)
def test_what_is_no_number_is_refused_when_it_is_given(name: str, taking: str) -> None:
    given, words = GIVEN[name]
    with pytest.raises((errors.ArgumentError, errors.DataError), match=words):
        TAKING[taking](given)


@pytest.mark.parametrize("kind", ["bool", "boolean", "Float64", "float32"])
def test_columns_of_pandas_are_refused_as_arrays_are(kind: str) -> None:
    column = pytest.importorskip("pandas").Series([0, 1, 1, 0, 1]).astype(kind)
    for taking in TAKING.values():
        with pytest.raises(errors.ArgumentError, match="Write np"):
            taking(column)


class Yielding(Sampler):
    def __init__(self, given: Any) -> None:
        self.given = given

    def __iter__(self) -> Iterator[Any]:
        return iter(self.given)


@pytest.mark.parametrize("data", [TensorDataset(X), ArrayDataset(X), list(X), TransformDataset(X, float)])
@pytest.mark.parametrize("given", [MASK, MASK.tolist(), [np.False_, np.True_], [False]])
def test_a_sampler_of_masks_is_refused_when_it_is_asked(data: Any, given: Any) -> None:
    for order in ({"sampler": Yielding(given)}, {"batch_sampler": [list(given)]}):
        loader = DataLoader(data, batch_size=1, **order)
        with pytest.raises(errors.ArgumentError, match="flatnonzero"):
            list(loader)


@pytest.mark.parametrize("data", [TensorDataset(X), ArrayDataset(X), Subset(TensorDataset(X), range(5))])
def test_many_at_once_are_asked_for_by_whole_numbers(data: Any) -> None:
    with pytest.raises(errors.ArgumentError, match=r"np\.asarray\(x, int\)"):
        list(DataLoader(TensorDataset(X), 2, sampler=Yielding([0.7, 1.9])))
    if not isinstance(data, Subset):
        with pytest.raises(errors.ArgumentError, match="flatnonzero"):
            data.batch(MASK)


@pytest.mark.parametrize("kind", [list, tuple, np.array, ag.tensor, lambda x: np.array(x, np.uint8), iter])
def test_whole_numbers_of_any_kind_are_taken(kind: Callable[[Any], Any]) -> None:
    loader = DataLoader(ArrayDataset(X), 2, sampler=Yielding(list(kind([3, 1, 4]))))
    assert [b.tolist() for b in loader] == [[3.0, 1.0], [4.0]]
    if kind is not iter:
        assert [b.tolist() for b in DataLoader(Subset(ArrayDataset(X), kind([3, 1, 4])), 3)] == [[3.0, 1.0, 4.0]]
        assert sorted(SubsetRandomSampler(kind([3, 1]))) == [1, 3]
    assert len(Subset(X, [])) == len(Subset(X, np.array([]))) == len(TensorDataset(X).batch([])[0]) == 0


MASKED = np.ma.array([1.0, -999.0, 3.0], mask=[0, 1, 0])


@pytest.mark.parametrize(
    "call",
    [
        lambda: ArrayDataset(MASKED),
        lambda: ArrayDataset(np.ones(3), MASKED),
        lambda: ArrayDataset({"x": (MASKED, np.ones(3))}),
        lambda: ArrayDataset([MASKED, MASKED]),
        lambda: ArrayDataset(np.ma.masked_invalid([1.0, np.nan])),
        lambda: ArrayDataset(np.ma.array([1.0, 2.0])),
        lambda: TensorDataset(MASKED),
        lambda: random_split(range(3), [2, 1], stratify=MASKED),
        lambda: list(DataLoader(ArrayDataset(MASKED), 3)),
        lambda: list(DataLoader(np.ma.array(np.eye(3), mask=np.eye(3)), 3)),
    ],
)
def test_masked_arrays_are_refused(call: Callable[[], Any]) -> None:
    with pytest.raises(errors.DataError, match=r"masked array.*\. Write"):
        call()


# ----- what a loader was made with -----


@pytest.mark.parametrize("name", ["dataset", "batch_size", "sampler", "batch_sampler", "drop_last"])
def test_what_a_loader_was_made_with_stays(name: str) -> None:
    loader = DataLoader(range(7), 2)
    for made in (loader, copy.copy(loader), copy.deepcopy(loader), pickle.loads(pickle.dumps(loader))):
        with pytest.raises(ValueError, match=rf"Write DataLoader\(dataset, {name}="):
            setattr(made, name, 3)
        assert [len(b) for b in made] == [2, 2, 2, 1]


def test_how_batches_are_made_can_be_set_later_as_in_pytorch() -> None:
    loader = DataLoader(range(4), 2)
    loader.num_workers, loader.prefetch_factor, loader.collate_fn = 1, 3, sum
    assert list(loader) == [1, 5]
    batches = iter(loader)
    next(batches)
    assert loader._running is not None
    assert loader._running.worker.depth == 3


# ----- an epoch that is left -----


class Drawing(IterableDataset):
    def __iter__(self) -> Iterator[Any]:
        while True:
            yield float(ag.rand(()))


def _noisy(workers: int) -> DataLoader:
    return DataLoader(TransformDataset(np.zeros(8), lambda x: x + float(ag.rand(()))), 2, num_workers=workers)


LEFT: dict[str, Callable[[int], DataLoader]] = {
    "a stream": lambda workers: DataLoader(Drawing(), 2, num_workers=workers),
    "a stream of single ones": lambda workers: DataLoader(Drawing(), None, num_workers=workers),
    "in order": _noisy,
    "in an order that is given": lambda workers: DataLoader(
        TransformDataset(np.zeros(8), lambda x: x + float(ag.rand(()))), 2, sampler=range(8), num_workers=workers
    ),
    "with a generator": lambda workers: DataLoader(Drawing(), 2, generator=0, num_workers=workers),
}


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("name", LEFT)
def test_an_epoch_that_is_left_early_has_random_numbers_of_its_own(name: str, workers: int) -> None:
    def found() -> list[Any]:
        ag.manual_seed(0)
        loader = LEFT[name](workers)
        return [np.asarray(b).tolist() for _ in range(4) for b in islice(loader, 2)]

    first = found()
    assert len(set(map(str, first))) == 8
    assert found() == first


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("name", LEFT)
def test_epochs_after_some_that_were_left_go_on_as_they_would_have(name: str, workers: int) -> None:
    def went(loader: DataLoader, counts: list[int]) -> list[Any]:
        return [np.asarray(b).tolist() for count in counts for b in islice(loader, count)]

    ag.manual_seed(0)
    loader = LEFT[name](workers)
    went(loader, [2, 1, 2])
    state = loader.state_dict()
    expected = went(loader, [3])
    assert went(loader, [3, 1]) != went(loader, [3, 1])
    again = LEFT[name](workers)
    again.load_state_dict(state)
    rest = went(again, [1, 3])
    assert rest[1:] == expected


def test_epochs_to_the_end_have_the_numbers_that_they_had() -> None:
    """Those of a state that was saved before passes were counted, too."""
    ag.manual_seed(0)
    loader, again = _noisy(0), _noisy(0)
    list(loader)
    state = loader.state_dict()
    assert state.pop("passes") == state["epoch"] == 1
    again.load_state_dict(state)
    assert [b.tolist() for b in again] == [b.tolist() for b in loader]


def test_samplers_of_every_kind_are_still_orders() -> None:
    for sampler in (RandomSampler(X), SequentialSampler(X), range(5), [4, 3, 2, 1, 0], np.arange(5)):
        assert sorted(float(x) for b in DataLoader(ArrayDataset(X), 2, sampler=sampler) for x in b) == X.tolist()
    batches = DataLoader(TensorDataset(X), None, sampler=BatchSampler(range(5), 2, False))
    assert [x.tolist() for (x,) in batches] == [[0.0, 1.0], [2.0, 3.0], [4.0]]


# ----- labels -----


@pytest.mark.parametrize("kind", [list, lambda x: np.array(x, object), "series", "categories", "gaps"])
def test_labels_may_be_texts_of_any_kind(kind: Any) -> None:
    labels = list("abbbabba" * 2)
    if isinstance(kind, str):
        pandas = pytest.importorskip("pandas")
        given = pandas.Series(labels, dtype="category" if kind == "categories" else object)
        given = given.where(given == "b") if kind == "gaps" else given
    else:
        given = kind(labels)
    parts = random_split(range(16), [8, 8], 0, stratify=given)
    assert [sorted(labels[i] for i in part.indices) for part in parts] == [list("aaabbbbb")] * 2
    if kind != "gaps":
        assert [p.indices for p in parts] == [p.indices for p in random_split(range(16), [8, 8], 0, stratify=labels)]
