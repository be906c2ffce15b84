"""The Tensor as an object: construction, attributes, methods, conversions, Python's protocols, looks."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors

# ----- construction -----


@pytest.mark.parametrize(
    ("data", "shape", "dtype"),
    [
        (1.5, (), np.float64),
        (2, (), np.int64),
        (True, (), np.bool_),
        ([], (0,), np.float64),
        ([1, 2], (2,), np.int64),
        ([1, 2.5], (2,), np.float64),
        (((1.0, 2.0), (3.0, 4.0)), (2, 2), np.float64),
        (range(3), (3,), np.int64),
        (np.float32(1), (), np.float32),
        (np.ones((2, 3), np.float32), (2, 3), np.float32),
        (np.ones((0, 3), np.float16), (0, 3), np.float16),
        (np.ones(2, np.longdouble), (2,), np.longdouble),
        (np.ones(2, ">f8"), (2,), ">f8"),
        (np.array([1, 2], np.uint8), (2,), np.uint8),
        ([1j], (1,), np.complex128),
        (ag.Tensor([1.0]), (1,), np.float64),
        ([ag.Tensor(1.0), ag.Tensor(2.0)], (2,), np.float64),
    ],
)
@pytest.mark.parametrize("make", [ag.Tensor, ag.tensor])
def test_construction(make: Callable[..., ag.Tensor], data: Any, shape: tuple[int, ...], dtype: Any) -> None:
    t = make(data)
    assert (type(t), t.shape, t.dtype) == (ag.Tensor, shape, dtype)
    assert not t.requires_grad
    assert t.is_leaf
    assert t.grad is None
    assert t.name is None


@pytest.mark.parametrize("make", [ag.Tensor, ag.tensor])
def test_arguments_of_construction(make: Callable[..., ag.Tensor]) -> None:
    t = make([1, 2], True, dtype=np.float32, name="w")
    assert (t.requires_grad, t.dtype, t.name, t.is_leaf) == (True, np.float32, "w", True)
    with pytest.raises(TypeError):
        make([1.0], True, np.float32)


def test_attributes_are_those_of_the_array(rng: np.random.Generator) -> None:
    array = rng.standard_normal((2, 3, 4))
    t = ag.Tensor(array)
    assert (t.shape, t.ndim, t.size, t.dtype, len(t)) == (array.shape, 3, 24, array.dtype, 2)
    np.testing.assert_array_equal(t.T, array.T)
    np.testing.assert_array_equal(t.mT, array.mT)
    np.testing.assert_array_equal(t.data, array)


@pytest.mark.parametrize("name", ["shape", "ndim", "size", "dtype", "is_leaf", "T", "requires_gard", "gradient"])
def test_what_cannot_be_set_is_not_set_silently(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(ag.Tensor([1.0]), name, 1)


def test_requires_grad_can_be_switched_on_a_leaf() -> None:
    t = ag.Tensor([1.0])
    t.requires_grad = True
    (t * 2).sum().backward()
    assert t.grad is not None
    t.requires_grad = False
    assert (t.requires_grad, t.is_leaf) == (False, True)
    assert not (t * 2).requires_grad


def test_what_requires_no_gradient_any_more_keeps_its_own_and_its_hooks() -> None:
    t, seen = leaf([1.0, 2.0]), []
    handle = t.register_hook(lambda g: seen.append(g.tolist()))
    t.sum().backward()
    t.requires_grad_(False)
    t.requires_grad_(False)  # once more
    assert t.grad is not None
    assert (t.grad.tolist(), seen) == ([1.0, 1.0], [[1.0, 1.0]])
    t.requires_grad_(True)
    (2 * t).sum().backward()
    assert (t.grad.tolist(), seen) == ([3.0, 3.0], [[1.0, 1.0], [2.0, 2.0]])
    handle.remove()
    t.sum().backward()
    assert len(seen) == 2


def test_what_was_converted_and_renamed_while_it_was_frozen_has_its_hooks() -> None:
    layer, seen = ag.nn.Linear(2, 1), []
    w = layer.weight
    w.register_hook(lambda g: seen.append(g.dtype))
    layer.requires_grad_(False).to(np.float32)
    w.name = "other"
    layer.requires_grad_(True)
    (w * 2).sum().backward()
    assert w.grad is not None
    assert (w.grad.dtype, seen, w.name) == (np.float32, [np.float32], "other")


def test_no_gradient_arrives_at_what_was_frozen_since_the_recording() -> None:
    t = leaf([1.0, 2.0])
    y = (3 * t).sum()
    t.requires_grad_(False)
    y.backward()
    assert t.grad is None


def test_the_gradient_of_what_is_frozen_may_be_set_and_forgotten() -> None:
    t = leaf([1.0, 2.0])
    t.sum().backward()
    t.requires_grad = False
    t.grad = [3.0, 4.0]
    assert t.grad.tolist() == [3.0, 4.0]
    t.grad = None
    assert t.grad is None
    with pytest.raises(errors.NoPathError):
        t.grad = [3.0, 4.0]


def test_leaves_and_results() -> None:
    x = leaf()
    y = x * 2
    assert (x.is_leaf, y.is_leaf, y.requires_grad) == (True, False, True)
    assert (ag.Tensor([1.0]) * 2).is_leaf
    assert (x > 1).is_leaf
    assert not (x > 1).requires_grad


def test_a_name_can_be_given_later() -> None:
    t = leaf()
    assert t.name is None
    t.name = "w"
    assert (t.name, (t * 2).name) == ("w", None)
    t.name = None
    assert t.name is None


# ----- Python's protocols -----


def test_length_iteration_and_membership() -> None:
    t = ag.Tensor([[1.0, 2.0], [3.0, 4.0]])
    first, second = t
    np.testing.assert_array_equal(first, [1.0, 2.0])
    np.testing.assert_array_equal(second, [3.0, 4.0])
    assert len(t) == 2
    assert [row[0].item() for row in reversed(t)] == [3.0, 1.0]
    assert 4.0 in t
    assert 5.0 not in t
    assert sum(ag.Tensor([1.0, 2.0])).item() == 3.0
    assert max(ag.Tensor([1.0, 2.0])).item() == 2.0
    assert [t.item() for t in ag.Tensor([])] == []
    with pytest.raises(TypeError):
        len(ag.Tensor(1.0))


def test_iteration_is_recorded() -> None:
    x = leaf()
    a, b, c = x
    (a * b * c).backward()
    np.testing.assert_array_equal(x.grad, [6.0, 3.0, 2.0])


def test_truth() -> None:
    assert ag.Tensor(1.0)
    assert not ag.Tensor([0.0])
    assert leaf([1.0]) > 0
    with pytest.raises(ValueError, match="ambiguous"):
        bool(ag.Tensor([1.0, 2.0]))


def test_conversions_without_a_derivative() -> None:
    assert float(ag.Tensor(1.5)) == 1.5
    assert int(ag.Tensor(1.5)) == 1
    assert complex(ag.Tensor(1.5)) == 1.5
    assert math.sin(ag.Tensor(0.0)) == 0.0
    assert operator.index(ag.Tensor(2)) == 2
    assert ["a", "b", "c"][ag.Tensor(2)] == "c"
    assert list(range(ag.Tensor(2))) == [0, 1]
    with pytest.raises(TypeError):
        operator.index(ag.Tensor(2.0))
    with ag.no_grad():
        assert float(leaf(1.5)) == 1.5


def test_item_tolist_numpy_detach_clone() -> None:
    x = leaf([[1.0, 2.0]])
    y = x * 2
    assert y.tolist() == [[2.0, 4.0]]
    assert y[0, 0].item() == 2.0
    assert type(y[0, 0].item()) is float
    assert type(ag.Tensor(2).item()) is int
    np.testing.assert_array_equal(y.numpy(), [[2.0, 4.0]], strict=True)
    assert type(y.numpy()) is np.ndarray
    assert (y.detach().requires_grad, y.detach().is_leaf) == (False, True)
    twin = x.clone()
    assert (twin.requires_grad, twin.is_leaf) == (True, False)
    twin.sum().backward()
    np.testing.assert_array_equal(x.grad, [[1.0, 1.0]])
    with pytest.raises(ValueError, match="size 1"):
        y.item()


def test_hash_is_identity() -> None:
    a, b = leaf(), leaf()
    assert {a: 1, b: 2}[a] == 1
    assert len({a, b, a}) == 2


def test_a_result_is_a_tensor_of_its_own() -> None:
    """Functions that have nothing to do hand out a new Tensor: a view where NumPy has one, otherwise a copy."""
    for fn in (
        operator.pos, np.copy, np.atleast_1d, np.atleast_3d, np.real, np.real_if_close, np.nan_to_num, np.ravel,
        lambda t: t[...], lambda t: t.reshape(2, 2), lambda t: np.rot90(t, 4), lambda t: np.pad(t, 0), np.squeeze,
        lambda t: np.pad(t, 0, mode="edge"), lambda t: np.transpose(t, (0, 1)), lambda t: t.astype(float),
        lambda t: np.swapaxes(t, 0, 0), lambda t: np.tile(t, 1), lambda t: np.clip(t, -9, 9), lambda t: np.flip(t, ()),
        lambda t: np.concatenate([t]), lambda t: np.roll(t, 0), lambda t: np.diff(t, 0),
        lambda t: np.linalg.matrix_power(t, 1), lambda t: np.linalg.matrix_power(t, 0),
    ):  # fmt: skip
        x, array = ag.Tensor(np.eye(2)), np.eye(2)
        try:
            y = fn(x)
        except errors.UnsupportedError:
            continue
        assert y is not x
        y += 1.0
        z = fn(array)
        z += 1.0
        np.testing.assert_array_equal(x, array)


@pytest.mark.parametrize("fn", [lambda t: t.clone(), lambda t: t.detach()], ids=["clone", "detach"])
def test_a_copy_is_no_view(fn: Callable[[ag.Tensor], ag.Tensor]) -> None:
    x = ag.Tensor(np.eye(2))
    y = fn(x)
    y += 1.0
    np.testing.assert_array_equal(x, np.eye(2))


def test_results_of_a_subclass_are_tensors() -> None:
    class Weight(ag.Tensor):
        pass

    w = Weight([1.0, 2.0], requires_grad=True)
    y = np.exp(w) + w * w
    assert type(y) is ag.Tensor
    y.sum().backward()
    np.testing.assert_allclose(w.grad, np.exp([1.0, 2.0]) + np.array([2.0, 4.0]))
    assert repr(w).startswith("Weight(")


GRID = np.arange(24.0).reshape(2, 3, 4)
METHODS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("sum", (), {}), ("sum", (0,), {}), ("sum", (), {"axis": (0, 2), "keepdims": True}), ("mean", (-1,), {}),
    ("prod", (1,), {}), ("max", (0,), {}), ("min", (), {"axis": 2}), ("var", (0,), {"ddof": 1}), ("std", (), {}),
    ("cumsum", (1,), {}), ("argmax", (1,), {}), ("argmin", (), {}), ("argsort", (), {}), ("all", (), {}),
    ("any", (0,), {}), ("round", (1,), {}), ("clip", (2.0, 5.0), {}), ("clip", (), {"min": 2.0}), ("ravel", (), {}),
    ("flatten", (), {}), ("reshape", (4, 6), {}), ("reshape", ((4, -1),), {}), ("reshape", (-1,), {}),
    ("transpose", (), {}), ("transpose", (2, 0, 1), {}), ("transpose", ((2, 0, 1),), {}), ("swapaxes", (0, 2), {}),
    ("squeeze", (), {}), ("repeat", (2,), {"axis": 1}), ("take", ([0, 1],), {"axis": 1}), ("diagonal", (), {}),
    ("trace", (), {}), ("nonzero", (), {}), ("copy", (), {}), ("astype", (np.float32,), {}), ("dot", (np.ones(4),), {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "kwargs"), METHODS)
def test_methods_are_those_of_an_array(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    actual = getattr(ag.Tensor(GRID), name)(*args, **kwargs)
    expected = getattr(GRID, name)(*args, **kwargs)
    np.testing.assert_allclose(actual, expected)
    if isinstance(expected, np.ndarray):
        assert (type(actual), actual.dtype) == (ag.Tensor, expected.dtype)


# ----- looks -----


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: ag.Tensor([2.0, 4.0]), "Tensor([2., 4.], dtype=float64)"),
        (lambda: ag.Tensor(1), "Tensor(1, dtype=int64)"),
        (lambda: ag.Tensor([]), "Tensor([], dtype=float64)"),
        (lambda: leaf([1.0], "w"), "Tensor([1.], dtype=float64, requires_grad=True, name='w')"),
        (lambda: leaf([1.0]) * 2, "Tensor([2.], dtype=float64, op=multiply, requires_grad=True)"),
        (lambda: ag.Tensor([1.0]) > 0, "Tensor([ True], dtype=bool, op=greater)"),
        (lambda: ag.Tensor(np.ones(2, np.float32)), "Tensor([1., 1.], dtype=float32)"),
        (lambda: ag.Tensor([[1.0, 2.0], [3.0, 4.0]]), "Tensor([[1., 2.],\n        [3., 4.]], dtype=float64)"),
        (lambda: leaf([1.0]).detach(), "Tensor([1.], dtype=float64)"),
    ],
)
def test_repr_shows_value_dtype_operation_and_requires_grad(make: Callable[[], ag.Tensor], text: str) -> None:
    assert repr(make()) == text
    assert str(make()) == text


def test_repr_of_a_large_tensor_is_short() -> None:
    assert len(repr(ag.Tensor(np.zeros((1000, 1000))))) < 500


def test_format_of_a_number() -> None:
    assert f"{leaf(1.25):.1f}" == "1.2"
    assert f"{ag.Tensor([1.5])}" == "Tensor([1.5], dtype=float64)"
    assert f"{ag.Tensor([1.5]):>8.2f}" == "    1.50"
