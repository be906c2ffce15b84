"""Examples and random numbers of each rank: nothing twice, nothing left out, as many on each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.data import DataLoader, TensorDataset
from autograd_lite.parallel import DistributedSampler, seed, shard


def ranks(size: int) -> list[Any]:
    return [SimpleNamespace(rank=i, size=size) for i in range(size)]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_batches_of_all_ranks_are_those_of_one_process(size: int) -> None:
    x = np.arange(24)
    loaders = [DataLoader(shard(TensorDataset(x), comm), batch_size=12 // size) for comm in ranks(size)]
    for k, parts in enumerate(zip(*loaders, strict=True)):
        assert sorted(np.concatenate([part[0].numpy() for part in parts])) == list(range(12 * k, 12 * k + 12))


@pytest.mark.parametrize("make", [np.asarray, ag.Tensor, list, lambda x: TensorDataset(x)])
def test_each_kind_of_data(make: Any) -> None:
    found = [shard(make(np.arange(6)), comm) for comm in ranks(2)]
    numbers = [[int(x[0] if isinstance(x, tuple) else x) for x in part] for part in found]
    assert numbers == [[0, 2, 4], [1, 3, 5]]


def test_several_arrays_stay_together() -> None:
    x, y = shard((np.arange(6), np.arange(6) * 10), ranks(3)[2])
    assert (x * 10 == y).all()
    assert x.base is not None


def test_tables_are_taken_by_rows_and_their_places() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": range(5), "b": range(5)}, index=[4, 3, 2, 1, 0])
    for uneven, expected in (("drop", [[0, 2], [1, 3]]), ("pad", [[0, 2, 4], [1, 3, 0]])):
        for comm in ranks(2):
            assert shard(table, comm, uneven=uneven)["b"].tolist() == expected[comm.rank]
            x, y = shard((table, table["a"]), comm, uneven=uneven)
            assert x["a"].tolist() == y.tolist() == expected[comm.rank]


@pytest.mark.parametrize("second", [[10, 11, 12, 13], np.arange(10, 14), ag.Tensor(np.arange(10, 14))], ids=repr)
@pytest.mark.parametrize("first", [[0, 1, 2, 3], np.arange(4)], ids=repr)
def test_lists_beside_arrays_are_several_of_as_many_examples(first: Any, second: Any) -> None:
    for comm, expected in zip(ranks(2), ([0, 2], [1, 3]), strict=True):
        x, y = shard((first, second), comm)
        assert [int(i) for i in x] == expected
        assert [int(i) - 10 for i in y] == expected
    x, y = shard((first[:3], second[:3]), ranks(2)[1], uneven="pad")
    assert [int(i) for i in (*x, *y)] == [1, 0, 11, 10]


@pytest.mark.parametrize("data", [("a", "b", "c", "d"), ((0, 1), (2, 3)), [np.zeros(2), np.ones(2)], "abcd"], ids=repr)
def test_other_sequences_are_data_sets_of_examples(data: Any) -> None:
    found = shard(data, ranks(2)[1])
    assert isinstance(found, ag.data.Subset)
    assert [found[i] is data[1 + 2 * i] for i in range(len(found))] == [True] * (len(data) // 2)


def test_a_shard_of_a_tensor_has_its_derivative() -> None:
    t = ag.Tensor(np.arange(4.0), requires_grad=True)
    shard(t, ranks(2)[1]).sum().backward()
    assert t.grad.tolist() == [0, 1, 0, 1]


def test_what_does_not_divide_is_refused_or_dropped_or_padded() -> None:
    with pytest.raises(errors.ArgumentError, match=r"7 examples do not make 2 shards.*last 1.*first 1"):
        shard(np.arange(7), ranks(2)[0])
    dropped = [shard(np.arange(7), comm, uneven="drop").tolist() for comm in ranks(2)]
    assert dropped == [[0, 2, 4], [1, 3, 5]]
    for make in (np.asarray, list):
        padded = [list(map(int, shard(make(np.arange(7)), comm, uneven="pad"))) for comm in ranks(2)]
        assert padded == [[0, 2, 4, 6], [1, 3, 5, 0]]
    assert [list(map(int, shard(np.arange(2), comm, uneven="pad"))) for comm in ranks(5)] == [[0], [1], [0], [1], [0]]


FAULTS = [
    (lambda comm: shard(np.arange(1), comm), errors.ArgumentError, "1 examples are not enough for 2 ranks"),
    (lambda comm: shard(np.arange(4), comm, uneven="x"), errors.ArgumentError, "uneven='x' is unknown"),
    (lambda comm: shard((np.ones(4), np.ones(6)), comm), errors.ArgumentError, "4 and 6 rows"),
    (lambda comm: shard(([1, 2], [3, 4, 5]), comm), errors.ArgumentError, "Write shard((x, y), comm) of as many rows"),
    (lambda comm: shard((np.ones(4), "abcd"), comm), errors.DataError, "a tuple of ndarray and str, and does not"),
    (lambda comm: shard((np.ones(4), TensorDataset(np.ones(4))), comm), errors.DataError, "or a list of the examples"),
    (lambda comm: shard({"x": np.ones(4)}, comm), errors.DataError, "given a dict, and does not know"),
    (lambda comm: shard(np.array(1.0), comm), errors.DataError, "which has no length"),
    (lambda comm: shard([], comm), errors.ArgumentError, "shard() is given no example. Write"),
    (lambda comm: shard(np.ones((0, 2)), comm, uneven="pad"), errors.ArgumentError, "shard() is given no example"),
    (lambda comm: DistributedSampler("", comm), errors.ArgumentError, "DistributedSampler() is given no example"),
    (lambda comm: shard(iter("ab"), comm), errors.DataError, "which has no length"),
    (lambda comm: DistributedSampler("abc", comm), errors.ArgumentError, "DistributedSampler(..., uneven='drop')"),
    (lambda comm: DistributedSampler("abc", 2), errors.ArgumentError, "DistributedSampler(dataset, comm)"),
]


@pytest.mark.parametrize(("do", "kind", "message"), FAULTS)
def test_what_is_refused(do: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as found:
        do(ranks(2)[0])
    assert message in str(found.value)


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_sampler_goes_through_all_examples_in_each_epoch(shuffle: bool) -> None:
    orders = []
    for epoch in range(3):
        samplers = [DistributedSampler(range(20), comm, shuffle=shuffle, seed=3) for comm in ranks(4)]
        for sampler in samplers:
            sampler.set_epoch(epoch)
        parts = [list(sampler) for sampler in samplers]
        assert [len(part) for part in parts] == [len(sampler) for sampler in samplers] == [5] * 4
        assert sorted(np.concatenate(parts)) == list(range(20))
        orders.append(parts)
    assert (orders[0] == orders[1]) is not shuffle


def test_streams_are_the_children_of_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    for comm in ranks(3):
        seed(comm, 5)
        child = np.random.SeedSequence(5).spawn(3)[comm.rank]
        assert ag.rand(2).tolist() == np.random.default_rng(child).random(2).tolist()
    ag.manual_seed(0)
