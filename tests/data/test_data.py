"""Data in batches: datasets, splits, samplers, and the loader, as PyTorch has them."""

from __future__ import annotations

import functools
import operator
import pickle
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10)


class Squares(Dataset):
    """A dataset of a user's, without `batch`."""

    def __init__(self, n: int = 10) -> None:
        self.n = n

    def __getitem__(self, i: int) -> Any:
        if i == 13:
            raise KeyError("no such picture")
        return {"x": np.full(2, float(i)), "y": i**2}

    def __len__(self) -> int:
        return self.n


class Stream(IterableDataset):
    def __iter__(self) -> Any:
        return iter(range(5))


def numbers(loader: Any) -> list[list[int]]:
    """Return the second part of each batch."""
    return [y.tolist() for _, y in loader]


# ----- datasets -----


def test_rows_of_tensors() -> None:
    data = TensorDataset(X, ag.tensor(Y))
    assert len(data) == 10
    x, y = data[3]
    assert (x.tolist(), y.item()) == ([6.0, 7.0], 3)
    assert [part.tolist() for part in data[[0, 2]]] == [[[0.0, 1.0], [4.0, 5.0]], [0, 2]]
    assert data[-1][1].item() == 9
    assert data.tensors[0].shape == (10, 2)


def test_some_of_them_and_several() -> None:
    data = TensorDataset(X, Y)
    part = Subset(data, [5, 1])
    assert [part[i][1].item() for i in range(len(part))] == [5, 1]
    both = part + data
    assert isinstance(both, ConcatDataset)
    assert [both[i][1].item() for i in (0, 1, 2, -1)] == [5, 1, 0, 9]
    with pytest.raises(IndexError, match="12"):
        both[12]
    assert numbers(DataLoader(pickle.loads(pickle.dumps(part)), 2)) == [[5, 1]]


def test_a_split_has_everything_once() -> None:
    data = TensorDataset(X, Y)
    parts = random_split(data, [7, 3], generator=ag.Generator().manual_seed(0))
    found = [[x[1].item() for x in part] for part in parts]
    assert list(map(len, found)) == [7, 3]
    assert sorted(functools.reduce(operator.iadd, found, [])) == list(range(10))
    again = random_split(data, [0.7, 0.3], generator=0)
    assert [[x[1].item() for x in part] for part in again] == found
    assert list(map(len, random_split(data, [0.35, 0.35, 0.3]))) == [4, 3, 3]


# ----- the loader -----


@pytest.mark.parametrize("data", [TensorDataset(X, Y), [(x, y) for x, y in zip(X, Y, strict=True)]])
def test_batches_in_order(data: Any) -> None:
    loader = DataLoader(data, batch_size=4)
    assert len(loader) == 3
    for _ in range(2):
        assert numbers(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert numbers(DataLoader(data, 4, drop_last=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert len(DataLoader(data, 4, drop_last=True)) == 2
    x, y = next(iter(loader))
    assert (x.dtype, y.dtype, x.shape) == (np.float64, np.int64, (4, 2))


def test_each_epoch_has_an_order_of_its_own_and_a_seed_repeats_them() -> None:
    def epochs(generator: Any) -> list[list[list[int]]]:
        loader = DataLoader(TensorDataset(X, Y), batch_size=3, shuffle=True, generator=generator)
        return [numbers(loader) for _ in range(3)]

    first = epochs(0)
    assert first == epochs(np.random.default_rng(0)) == epochs(ag.Generator().manual_seed(0))
    assert first[0] != first[1] != first[2]
    assert all(sorted(functools.reduce(operator.iadd, epoch, [])) == list(range(10)) for epoch in first)
    ag.manual_seed(0)
    assert epochs(None) == first


def test_datasets_of_ones_own_are_put_together() -> None:
    batch = next(iter(DataLoader(Squares(), batch_size=3)))
    assert batch["x"].tolist() == [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]
    assert batch["y"].tolist() == [0, 1, 4]
    assert [b["y"].tolist() for b in DataLoader(Subset(Squares(), [4, 2]), 2)] == [[16, 4]]
    assert list(DataLoader(Squares(3), batch_size=2, collate_fn=lambda items: [i["y"] for i in items])) == [
        [0, 1],
        [4],
    ]


def test_one_by_one() -> None:
    assert [y.item() for _, y in DataLoader(TensorDataset(X, Y), batch_size=None)] == list(range(10))
    assert list(DataLoader(Stream(), batch_size=None)) == list(range(5))
    assert len(DataLoader(TensorDataset(X, Y), batch_size=None)) == 10


def test_what_comes_one_after_the_other() -> None:
    loader = DataLoader(Stream(), batch_size=2)
    assert [b.tolist() for b in loader] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in DataLoader(Stream(), batch_size=2, drop_last=True)] == [[0, 1], [2, 3]]
    with pytest.raises(TypeError, match="len"):
        len(loader)


def test_orders_of_ones_own() -> None:
    class Backwards(Sampler):
        def __iter__(self) -> Any:
            return iter(range(9, -1, -1))

        def __len__(self) -> int:
            return 10

    data = TensorDataset(X, Y)
    assert numbers(DataLoader(data, 5, sampler=Backwards())) == [[9, 8, 7, 6, 5], [4, 3, 2, 1, 0]]
    assert numbers(DataLoader(data, 5, sampler=[1, 2])) == [[1, 2]]
    assert numbers(DataLoader(data, batch_sampler=[[1], [2, 3]])) == [[1], [2, 3]]
    assert len(DataLoader(data, batch_sampler=BatchSampler(Backwards(), 3, True))) == 3


def test_arguments_of_pytorch_that_change_nothing() -> None:
    loader = DataLoader(
        TensorDataset(X, Y),
        5,
        num_workers=2,
        pin_memory=True,
        persistent_workers=True,
        prefetch_factor=2,
        worker_init_fn=print,
        timeout=1,
    )
    assert numbers(loader) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def test_an_error_of_a_dataset_names_the_example() -> None:
    with pytest.raises(KeyError) as caught:
        list(DataLoader(Squares(20), 8))
    assert caught.value.__notes__ == ["in example 13 of the dataset"]


def test_a_network_is_trained_on_batches() -> None:
    ag.manual_seed(0)
    model, w = ag.nn.Linear(2, 1), np.array([[2.0], [-1.0]])
    x = np.random.default_rng(0).standard_normal((64, 2))
    optimizer = ag.optim.SGD(model.parameters(), lr=0.1)

    @ag.compile
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = ag.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(20):
        for x_batch, y_batch in DataLoader(TensorDataset(x, x @ w), batch_size=16, shuffle=True):
            loss = step(x_batch, y_batch)
    assert loss.item() < 1e-6


# ----- samplers -----


def test_samplers() -> None:
    assert list(SequentialSampler(X)) == list(range(10))
    assert sorted(RandomSampler(X)) == list(range(10))
    assert list(RandomSampler(X, generator=0)) == np.random.default_rng(0).permutation(10).tolist()
    many = list(RandomSampler(X, num_samples=25))
    assert len(many) == len(RandomSampler(X, num_samples=25)) == 25
    assert sorted(many[:10]) == sorted(many[10:20]) == list(range(10))
    assert len(set(RandomSampler(range(10**6), replacement=True, num_samples=3))) == 3
    assert sorted(SubsetRandomSampler([3, 5, 8])) == [3, 5, 8]
    assert set(WeightedRandomSampler([0.0, 1.0, 0.0, 1.0], 50)) == {1, 3}
    assert sorted(WeightedRandomSampler([1.0, 2.0], 2, replacement=False)) == [0, 1]
    assert list(BatchSampler(range(5), 2, True)) == [[0, 1], [2, 3]]


# ----- examples put together -----

Pair = namedtuple("Pair", ["a", "b"])


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ([1, 2], "Tensor([1, 2], dtype=int64)"),
        ([1.0, 2.5], "Tensor([1. , 2.5], dtype=float64)"),
        ([np.float32(1), np.float32(2)], "Tensor([1., 2.], dtype=float32)"),
        ([True, False], "Tensor([ True, False], dtype=bool)"),
        (["a", "b"], "['a', 'b']"),
        ([b"a"], "[b'a']"),
        ([(1, "a"), (2, "b")], "[Tensor([1, 2], dtype=int64), ('a', 'b')]"),
        ([[1, 2], [3, 4]], "[Tensor([1, 3], dtype=int64), Tensor([2, 4], dtype=int64)]"),
        ([Pair(1, "x"), Pair(2, "y")], "Pair(a=Tensor([1, 2], dtype=int64), b=('x', 'y'))"),
        ([{"a": 1}, {"a": 2}], "{'a': Tensor([1, 2], dtype=int64)}"),
        ([np.ones(1), np.zeros(1)], "Tensor([[1.],\n        [0.]], dtype=float64)"),
    ],
)
def test_examples_put_together(batch: Any, expected: str) -> None:
    assert repr(default_collate(batch)) == expected


@pytest.mark.parametrize(
    "batch", [[1, 2], [1.0], [True], ["a"], [(1, "a")], [[1, 2]], [{"a": 1}], [Pair(1, 2.0)], [(), ()]]
)
def test_pytorch_puts_them_together_alike(batch: Any) -> None:
    collate = pytest.importorskip("torch.utils.data").default_collate

    def plain(x: Any) -> Any:
        if hasattr(x, "numpy"):
            return x.tolist(), str(x.dtype).removeprefix("torch.")
        if isinstance(x, dict):
            return {key: plain(value) for key, value in x.items()}
        return (type(x), *map(plain, x)) if isinstance(x, (list, tuple)) else x

    assert plain(default_collate(batch)) == plain(collate(batch))


def test_gradients_go_through_what_is_put_together() -> None:
    x = ag.ones(2, requires_grad=True)
    default_collate([x, 2 * x]).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


# ----- what is refused -----

DATA = TensorDataset(X, Y)
REFUSED = {
    "lengths": (lambda: TensorDataset(X, Y[:5]), errors.ShapeError, r"\(10, 2\), \(5,\)"),
    "a number": (lambda: TensorDataset(1.0), errors.ShapeError, r"\(\)"),
    "nothing": (lambda: TensorDataset(), errors.ShapeError, "none"),
    "no datasets": (lambda: ConcatDataset([]), errors.ArgumentError, "ConcatDataset"),
    "a split of more": (lambda: random_split(DATA, [8, 3]), errors.ArgumentError, "sum to 10"),
    "a split of halves": (lambda: random_split(DATA, [4.5, 5.5]), errors.ArgumentError, "sum to 10"),
    "a negative split": (lambda: random_split(DATA, [11, -1]), errors.ArgumentError, "sum to 10"),
    "negative fractions": (lambda: random_split(DATA, [1.5, -0.5]), errors.ArgumentError, "fractions"),
    "no size": (lambda: DataLoader(DATA, 0), errors.ArgumentError, "batch_size=0"),
    "a size that is true": (lambda: DataLoader(DATA, True), errors.ArgumentError, "batch_size=True"),
    "a size that is no whole number": (lambda: DataLoader(DATA, 2.5), errors.ArgumentError, r"batch_size=2\.5"),
    "two orders": (lambda: DataLoader(DATA, shuffle=True, sampler=[1]), errors.ArgumentError, "sampler="),
    "two kinds of batches": (lambda: DataLoader(DATA, 2, batch_sampler=[[1]]), errors.ArgumentError, "batch_sampler="),
    "no batches, of which the last": (
        lambda: DataLoader(DATA, None, drop_last=True),
        errors.ArgumentError,
        "drop_last=",
    ),
    "an order of a stream": (lambda: DataLoader(Stream(), shuffle=True), errors.ArgumentError, "IterableDataset"),
    "no samples": (lambda: RandomSampler(X, num_samples=0), errors.ArgumentError, "num_samples=0"),
    "no weighted samples": (lambda: WeightedRandomSampler([1.0], -1), errors.ArgumentError, "num_samples=-1"),
    "several shapes": (lambda: default_collate([np.ones(2), np.ones(3)]), errors.ShapeError, r"\(2,\) and \(3,\)"),
    "several lengths": (lambda: default_collate([(1, 2), (1,)]), errors.ShapeError, "collate_fn"),
    "objects": (lambda: default_collate([object()]), errors.DataError, "object"),
    "no item": (lambda: Dataset()[0], NotImplementedError, "__getitem__"),
    "no length": (lambda: len(Dataset()), NotImplementedError, "__len__"),
    "no iterator": (lambda: iter(IterableDataset()), NotImplementedError, "__iter__"),
    "no numbers": (lambda: iter(Sampler()), NotImplementedError, "__iter__"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    call, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        call()
