"""Reading and writing parts of a Tensor with every kind of key."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import check_gradient, leaf

import autograd_lite as ag

GRID = np.arange(24.0).reshape(2, 3, 4)
KEYS: dict[str, Any] = {
    "number": 1,
    "negative number": -1,
    "NumPy integer": np.int64(1),
    "integer Tensor": ag.Tensor(1),
    "slice": slice(1, None),
    "slice backwards": slice(None, None, -1),
    "slice of NumPy integers": slice(np.int64(0), np.array(1)),
    "slice of a Tensor": slice(ag.Tensor(1), None),
    "empty slice": slice(5, 9),
    "ellipsis": ...,
    "new axis": None,
    "tuple": (1, 2, 3),
    "mixed basic": (0, slice(None), None, slice(0, 4, 2)),
    "ellipsis inside": (0, ..., 1),
    "list": [1, 0],
    "list with repeats": [1, 1, 0],
    "nested list": [[0, 1], [1, 1]],
    "array": np.array([0, 1, 1]),
    "Tensor of integers": ag.Tensor([1, 0]),
    "arrays together": (np.array([0, 1, 0]), np.array([2, 2, 2])),
    "arrays apart": (np.array([0, 1]), slice(None), np.array([3, 3])),
    "array and number": (np.array([0, 0]), 1),
    "lists in a tuple": ([0, 1], [2, 0]),
    "empty list": [],
    "mask": GRID > 11,
    "mask of an axis": np.array([True, False]),
    "Tensor mask": ag.Tensor(GRID) > 11,
    "list mask": [True, False],
    "mask and slice": (slice(None), np.array([True, False, True]), 0),
    "mask of nothing": np.zeros((2, 3, 4), bool),
    "True": True,
    "False": False,
    "open mesh": np.ix_([0, 1], [2, 0]),
}


def plain(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(map(plain, key))
    return np.asarray(key) if isinstance(key, ag.Tensor) else key


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
def test_indexing(key: Any) -> None:
    y = ag.Tensor(GRID)[key]
    assert type(y) is ag.Tensor
    np.testing.assert_array_equal(y, GRID[plain(key)], strict=True)
    check_gradient(lambda x: x[key], GRID)


def assigned(x: ag.Tensor, key: Any, value: Any) -> ag.Tensor:
    y = x * 1.0
    y[key] = value
    return y


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
def test_indexed_assignment(key: Any, rng: np.random.Generator) -> None:
    expected = GRID.copy()
    value = rng.standard_normal(GRID[plain(key)].shape)
    expected[plain(key)] = value

    np.testing.assert_array_equal(assigned(ag.Tensor(GRID), key, value), expected, strict=True)
    check_gradient(lambda x, v: assigned(x, key, v), GRID, value)
    check_gradient(lambda x: assigned(x, key, 2.0), GRID)
    check_gradient(lambda x, v: assigned(x, key, v), GRID, 2.0)


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        (0, (4,)),
        (0, (3, 1)),
        (0, (1, 3, 4)),
        (0, (1, 1, 1, 4)),
        (slice(None), (3, 1)),
        ([0, 1], (1, 4)),
        ([0, 0], (3, 4)),
    ],
)
def test_indexed_assignment_broadcasts(key: Any, shape: tuple[int, ...], rng: np.random.Generator) -> None:
    check_gradient(lambda x, v: assigned(x, key, v), GRID, rng.standard_normal(shape))


def test_the_last_of_two_values_assigned_to_one_place_stays() -> None:
    v = leaf([1.0, 2.0, 3.0])
    y = ag.Tensor(np.zeros(3))
    y[np.array([1, 1, 0])] = v
    np.testing.assert_array_equal(y.detach(), [3.0, 2.0, 0.0])
    (y * np.array([10.0, 20.0, 30.0])).sum().backward()
    np.testing.assert_array_equal(v.grad, [0.0, 20.0, 10.0])


def test_indexed_in_place_operators(rng: np.random.Generator) -> None:
    def scaled(x: ag.Tensor, v: ag.Tensor) -> ag.Tensor:
        y = x * 1.0
        y[0] *= v
        y[:, 1] += v
        y[np.array([0, 1]), 2] -= 1.0
        return y

    check_gradient(scaled, GRID, rng.standard_normal(4))


def test_an_index_out_of_range_is_numpy_s_error() -> None:
    with pytest.raises(IndexError):
        leaf()[3]
    with pytest.raises(IndexError):
        leaf()[np.array([True, False])]


def test_an_assignment_of_another_shape_to_all_is_numpys_error() -> None:
    with pytest.raises(ValueError, match="could not broadcast"):
        ag.Tensor([1.0, 2.0])[()] = np.ones(3)
