"""Copies and pickles of Tensors: of leaves, of results, and refused in the middle of a graph."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors

COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle, protocol {p}": lambda x, p=p: pickle.loads(pickle.dumps(x, p))
        for p in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
def test_a_copy_of_a_leaf_has_its_value_flag_and_name_and_no_gradient(copied: Callable[[Any], Any]) -> None:
    x = leaf(np.array([1, 2], np.float32), "w")
    (x * x).sum().backward()
    twin = copied(x)
    assert (twin.requires_grad, twin.name, twin.dtype, twin.is_leaf, twin.grad) == (True, "w", np.float32, True, None)
    np.testing.assert_array_equal(twin.detach(), x.detach())
    (twin * 3).sum().backward()
    np.testing.assert_array_equal(twin.grad, [3.0, 3.0])
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])
    twin.data[:] = 9.0
    np.testing.assert_array_equal(x.detach(), [1.0, 2.0])


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
def test_a_copy_of_an_untracked_result(copied: Callable[[Any], Any]) -> None:
    y = ag.Tensor([1.0, 2.0]) * 2
    np.testing.assert_array_equal(copied(y), [2.0, 4.0], strict=True)
    assert not copied(y).requires_grad


def test_a_shallow_copy_from_the_middle_of_a_graph_is_recorded() -> None:
    x = leaf([1.0, 2.0])
    y = x * 3
    twin = copy.copy(y)
    assert twin is not y
    twin += 1.0
    np.testing.assert_array_equal(y.detach(), [3.0, 6.0])
    (twin * twin).sum().backward()
    np.testing.assert_array_equal(x.grad, [24.0, 42.0])
    with ag.no_grad():
        assert not copy.copy(y).requires_grad


@pytest.mark.parametrize("copied", [f for f in COPIES.values() if f is not copy.copy], ids=list(COPIES)[1:])
@pytest.mark.parametrize("depth", [1, 5000])
def test_a_copy_from_the_middle_of_a_graph_is_refused(copied: Callable[[Any], Any], depth: int) -> None:
    x = leaf()
    y = x
    for _ in range(depth):
        y = y * 1.0
    with pytest.raises(errors.CopyError):
        copied(y)
    with pytest.raises(errors.CopyError):
        copied({"results": [y]})
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0, 1.0])


def test_a_container_keeps_what_it_shares() -> None:
    x = leaf()
    for copied in (copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))):
        a, b, (c,) = copied([x, x, (x,)])
        assert a is b is c
        assert a is not x


def test_a_subclass_survives_copies() -> None:
    for copied in COPIES.values():
        assert type(copied(Weight([1.0], requires_grad=True))) is Weight


class Weight(ag.Tensor):
    pass


def test_numpy_s_files() -> None:
    file = io.BytesIO()
    np.save(file, ag.Tensor([1.0, 2.0]))
    file.seek(0)
    np.testing.assert_array_equal(np.load(file), [1.0, 2.0])
