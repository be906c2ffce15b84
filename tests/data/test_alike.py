"""Examples that are not built alike, orders that cannot be begun again, and several datasets as one."""

from __future__ import annotations

import copy
import pickle
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.data import (
    ArrayDataset,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    IterableWrapper,
    RandomSampler,
    Sampler,
    StackDataset,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
)

Pair = namedtuple("Pair", ["x", "mask"])


@dataclass
class Example:
    x: Any


MIXED: dict[str, tuple[list[Any], str]] = {
    "a name more": ([{"x": 1.0}, {"x": 2.0, "mask": 3.0}], "'mask'"),
    "a name less": ([{"x": 1.0, "mask": 3.0}, {"x": 2.0}], "'mask'"),
    "other names": ([{"x": 1.0}, {"y": 2.0}], "'x', 'y'"),
    "names in a dict in a tuple": ([({"x": 1.0}, 0), ({"y": 2.0}, 0)], "'x', 'y'"),
    "a dict and none": ([{"x": 1.0}, None], "dict, and has one of type NoneType"),
    "a text and none": (["a", None], "str, and has one of type NoneType"),
    "a text and a number": (["a", 1.0], "str, and has one of type float"),
    "a number and none": ([1, None], "int, and has one of type NoneType"),
    "a number and a text": ([1.0, "a"], "float, and has one of type str"),
    "a number and a dict": ([1.0, {}], "float, and has one of type dict"),
    "a number and a masked one": ([1.0, np.ma.masked], "MaskedConstant"),
    "a tuple and a text": ([("a", "b"), "cd"], "tuple, and has one of type str"),
    "a tuple and an array": ([(1, 2), np.ones(2)], "tuple, and has one of type ndarray"),
    "a dataclass and a dict": ([Example(1), {"x": 1}], "Example, and has one of type dict"),
}


@pytest.mark.parametrize("name", MIXED)
def test_examples_that_are_not_built_alike_are_refused(name: str) -> None:
    batch, words = MIXED[name]
    with pytest.raises(errors.DataError, match=words + r".*\. Write .*collate_fn=f"):
        default_collate(batch)


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ([1, 2.5], [1.0, 2.5]),
        ([True, 5], [1, 5]),
        ([1.0, np.array(2.0)], [1.0, 2.0]),
        ([np.float32(1), 2], [1, 2]),
        (["a", np.str_("b")], ["a", "b"]),
    ],
)
def test_numbers_of_several_kinds_are_numbers(batch: list[Any], expected: list[Any]) -> None:
    assert np.asarray(default_collate(batch)).tolist() == expected
    assert default_collate([Pair(1, 2), Pair(3, 4)]).mask.tolist() == [2, 4]
    assert default_collate([(1, 2), [3, 4]])[0].tolist() == [1, 3]
    assert default_collate([{"a": 1, "b": 2}, {"b": 3, "a": 4}])["a"].tolist() == [1, 4]


# ----- orders -----


ONCE: dict[str, Callable[[], Any]] = {
    "an iterator": lambda: iter([0, 1, 2]),
    "a generator": lambda: (i for i in range(3)),
    "a map": lambda: map(int, "012"),
    "a file": lambda: zip([0], [1], strict=True),
}


@pytest.mark.parametrize("name", ONCE)
@pytest.mark.parametrize("argument", ["sampler", "batch_sampler"])
def test_an_order_that_comes_once_is_refused(name: str, argument: str) -> None:
    with pytest.raises(errors.ArgumentError, match=rf"Write {argument}=list\("):
        DataLoader(range(3), **{argument: ONCE[name]()})


def test_an_order_that_begins_anew_is_taken() -> None:
    class Own(Sampler):
        def __iter__(self) -> Iterator[int]:
            yield from (2, 0)

    for order in (Own(), [2, 0], (2, 0), np.array([2, 0]), {2: "a", 0: "b"}.keys()):
        loader = DataLoader(range(3), 2, sampler=order)
        assert [[b.tolist() for b in loader] for _ in range(2)] == [[[2, 0]]] * 2


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "weights of two axes": (lambda: WeightedRandomSampler(np.ones((2, 2)), 3), errors.ArgumentError, r"weights\.ravel"),
    "a single weight": (lambda: WeightedRandomSampler(1.0, 3), errors.ArgumentError, r"shape \(\)"),
    "some of none": (lambda: list(RandomSampler([], True, 2)), errors.ArgumentError, "of one that has some"),
    "some of none, once": (lambda: list(RandomSampler([], num_samples=2)), errors.ArgumentError, "num_samples=2"),
    "half a sample": (lambda: RandomSampler("abc", num_samples=2.5), errors.ArgumentError, r"num_samples=2\.5"),
    "a sample that is true": (lambda: RandomSampler("abc", num_samples=True), errors.ArgumentError, "num_samples=True"),
    "numbers in a list": (lambda: ArrayDataset([1, 2, 3]), errors.ShapeError, r"Write ArrayDataset\(np\.as"),
    "a number": (lambda: ArrayDataset(np.ones(3), 1.0), errors.ShapeError, r"float, of shape \(\)"),
    "a stack of nothing": (lambda: StackDataset(), errors.ArgumentError, "none"),
    "a stack of both kinds": (lambda: StackDataset("a", x="b"), errors.ArgumentError, "both kinds"),
    "a stack of several lengths": (lambda: StackDataset("ab", "a"), errors.ShapeError, "lengths 2, 1"),
    "a chain of no streams": (lambda: ChainDataset([IterableWrapper("a"), "b"]), errors.ArgumentError, "ConcatDataset"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    call, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        call()


def test_nothing_is_drawn_of_nothing() -> None:
    assert list(RandomSampler([])) == list(RandomSampler([], replacement=True)) == []
    assert list(DataLoader([], 2, shuffle=True)) == []


# ----- copies -----


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_loader_in_an_epoch_is_copied_and_the_copy_begins_with_one(
    copied: Callable[[Any], Any], workers: int
) -> None:
    data = TensorDataset(np.arange(6.0))
    for order in ({}, {"shuffle": True, "generator": 0}):
        loader = DataLoader(data, 2, num_workers=workers, **order)
        batches = iter(loader)
        seen = [next(batches)]
        made = copied(loader)
        assert sorted(float(x) for (b,) in made for x in b) == list(range(6))
        assert loader.state_dict()["batch"] == 1
        assert len([*seen, *batches]) == 3


# ----- several as one -----


class Count(IterableDataset):
    def __init__(self, n: int) -> None:
        self.n = n

    def __iter__(self) -> Iterator[float]:
        for i in range(self.n):
            yield i + float(ag.rand(())) / 2

    def __len__(self) -> int:
        return self.n


def test_streams_come_one_after_the_other() -> None:
    both = Count(3) + Count(2)
    assert isinstance(both, ChainDataset)
    assert (len(both), len(DataLoader(both, 2))) == (5, 3)
    assert [int(x) for x in both] == [0, 1, 2, 0, 1]
    assert list(both + IterableWrapper(["x"]))[-1] == "x"
    assert list(ChainDataset([])) == []
    with pytest.raises(TypeError):
        len(both + IterableWrapper(lambda: iter("x")))


@pytest.mark.parametrize("workers", [0, 1])
def test_a_chain_goes_on(workers: int) -> None:
    ag.manual_seed(0)
    loader, again = [DataLoader(Count(3) + Count(4), 2, num_workers=workers) for _ in range(2)]
    batches = iter(loader)
    next(batches), next(batches)
    again.load_state_dict(loader.state_dict())
    assert [b.tolist() for b in again] == [b.tolist() for b in batches]


def test_examples_of_several_datasets_are_put_together() -> None:
    x, y = TensorDataset(np.arange(4.0)), ArrayDataset(np.arange(4))
    assert isinstance(StackDataset(x, y), Dataset)
    (a,), b = next(iter(DataLoader(StackDataset(x, y), 3)))
    assert (a.tolist(), b.tolist()) == ([0.0, 1.0, 2.0], [0, 1, 2])
    named = StackDataset(a=x, b=y)
    assert {name: np.ravel(part).tolist() for name, part in named[2].items()} == {"a": [2.0], "b": [2]}
    assert len(named) == len(StackDataset(x, y)) == 4
    batch = list(DataLoader(ConcatDataset([named, named]), 8, batch_transform=lambda b: b["b"].tolist()))
    assert batch == [[0, 1, 2, 3] * 2]
