"""What takes out many examples at once is asked only where it belongs to the ``__getitem__`` that is in force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_lite.data import ArrayDataset, DataLoader, Dataset, FileDataset, Subset, TensorDataset, TransformDataset

X, Y = np.arange(4.0), np.arange(4)


class Tenfold:
    """What is put before a dataset's class, and changes its examples."""

    def __getitem__(self, i: Any) -> Any:
        x, y = super().__getitem__(i)  # type: ignore[misc]
        return x * 10, y


class Delegating:
    """A dataset around another one, which hands on all that it does not know."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, i: Any) -> Any:
        x, y = self.data[i]
        return x * 10, y

    def __getattr__(self, name: str) -> Any:
        return getattr(self.data, name)


def _in_files(tmp_path: Any) -> Any:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    return type("A", (Tenfold, FileDataset), {})((tmp_path / "x.npy", tmp_path / "y.npy"))


CHANGED = {
    "Tensors": lambda path: type("A", (Tenfold, TensorDataset), {})(X, Y),
    "arrays": lambda path: type("A", (Tenfold, ArrayDataset), {})(X, Y),
    "files": _in_files,
    "some": lambda path: type("A", (Tenfold, Subset), {})(TensorDataset(X, Y), range(4)),
    "some that hand on": lambda path: type("A", (Delegating, Subset), {})(TensorDataset(X, Y)),
    "of a derived class": lambda path: type("B", (type("A", (Tenfold, TensorDataset), {}),), {})(X, Y),
    "around another": lambda path: Delegating(TensorDataset(X, Y)),
    "around files": lambda path: Delegating(ArrayDataset(X, Y)),
    "some of them": lambda path: Subset(type("A", (Tenfold, TensorDataset), {})(X, Y), [0, 1, 2, 3]),
    "some of some": lambda path: Subset(Subset(Delegating(TensorDataset(X, Y)), [0, 1, 2, 3]), range(4)),
    "changed by a function": lambda path: TransformDataset(TensorDataset(X, Y), lambda xy: (xy[0] * 10, xy[1])),
}


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("name", CHANGED)
def test_a_class_with_another_way_to_an_example_is_asked_for_examples(name: str, workers: int, tmp_path: Any) -> None:
    data = CHANGED[name](tmp_path)
    x, y = next(iter(DataLoader(data, 4, num_workers=workers)))
    assert (x.tolist(), y.tolist()) == ([0.0, 10.0, 20.0, 30.0], [0, 1, 2, 3])


class Whole(Dataset):
    """One that takes out many at once, and no single ones."""

    def __getitem__(self, i: Any) -> Any:
        raise AssertionError

    def __len__(self) -> int:
        return 4

    def batch(self, indices: Any) -> Any:
        return "a batch", list(indices)


class Derived(Whole):
    """One whose examples are those that it is derived from."""


class Both(Derived):
    """One with both of its own again."""

    def __getitem__(self, i: Any) -> Any:
        raise AssertionError

    def batch(self, indices: Any) -> Any:
        return super().batch(indices)


class Static(Whole):
    @staticmethod
    def batch(indices: Any) -> Any:
        return "a batch", list(indices)


@pytest.mark.parametrize("kind", [Whole, Derived, Both, Static])
def test_what_belongs_to_the_examples_is_asked(kind: type) -> None:
    data = kind()
    data.note = 1
    assert list(DataLoader(data, 3)) == [("a batch", [0, 1, 2]), ("a batch", [3])]
    assert list(DataLoader(Subset(Subset(data, [3, 2, 1]), [2, 0]), 2)) == [("a batch", [1, 3])]
    assert Subset(data, [3]).batch([0]) == ("a batch", [3])


class Sized(Dataset):
    """One that calls the size of its batches so."""

    def __init__(self, n: int = 4) -> None:
        self.batch = n

    def __len__(self) -> int:
        return self.batch

    def __getitem__(self, i: int) -> int:
        return i


class Computed(Sized):
    @property
    def batch(self) -> int:
        return 4

    @batch.setter
    def batch(self, n: int) -> None:
        pass

    def __getitem__(self, i: int) -> int:
        return i


@pytest.mark.parametrize("data", [Sized(), Computed(), type("C", (Computed,), {"batch": 4})()])
def test_an_attribute_of_that_name_is_no_method(data: Any) -> None:
    assert [b.tolist() for b in DataLoader(data, 3)] == [[0, 1, 2], [3]]
    assert [b.tolist() for b in DataLoader(Subset(data, [2, 1]), 3)] == [[2, 1]]


def test_some_of_what_has_none_promises_none() -> None:
    for data in ("abcd", Sized(), Delegating(TensorDataset(X, Y))):
        assert not hasattr(Subset(data, [1]), "batch")
        with pytest.raises(AttributeError, match="Write def batch"):
            _ = Subset(data, [1]).batch


class Listed(Dataset):
    """One with PyTorch's name for a list of examples."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, i: int) -> Any:
        return {"x": i, "from": "one"}

    def __getitems__(self, indices: list[int]) -> Any:
        return [{"x": i, "from": "many"} for i in indices]


def test_a_list_of_examples_is_asked_for_by_the_name_of_pytorch() -> None:
    batches = list(DataLoader(Listed(), 3))
    assert [(b["x"].tolist(), b["from"][0]) for b in batches] == [([0, 1, 2], "many"), ([3], "many")]
    assert list(DataLoader(Subset(Listed(), [3, 1]), 2, collate_fn=lambda e: e[1]["x"] + len(e))) == [3]
    assert [x["from"] for x in DataLoader(Listed(), None)] == ["one"] * 4

    class Other(Listed):
        def __getitem__(self, i: int) -> Any:
            return {"x": i, "from": "derived"}

    assert next(iter(DataLoader(Other(), 1)))["from"] == ["derived"]
