"""Trees: taken apart, put together, matched, laid into a vector."""

from __future__ import annotations

import re
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, tree

Point = namedtuple("Point", "x y")


@dataclass(frozen=True)
class Layer:
    weight: Any
    bias: Any
    name: str = field(default="layer", metadata={"static": True})


@dataclass
class Careful:
    value: Any

    def __post_init__(self) -> None:
        if not isinstance(self.value, float):
            raise TypeError("only floats")


TREES = {
    "leaf": 1.0,
    "dict": {"b": 1.0, "a": 2.0},
    "list": [1.0, [2.0, (3.0,)]],
    "empty": ({}, [], (), None),
    "named tuple": Point(1.0, {"z": 2.0}),
    "dataclass": Layer([1.0], Layer(2.0, None, "inner")),
    "dataclass that checks": Careful(1.0),
    "ordered": OrderedDict(b=1.0, a=2.0),
    "array": np.arange(3.0),
    "tensor": ag.Tensor([1.0]),
    "text": "no container",
}


@pytest.mark.parametrize("name", TREES)
def test_flatten_and_unflatten_are_inverse(name: str) -> None:
    given = TREES[name]
    leaves, structure = tree.flatten(given)
    again = tree.unflatten(structure, leaves)
    assert type(again) is type(given)
    assert tree.flatten(again) == (leaves, structure) or name in ("array", "tensor")
    assert structure.size == len(leaves) == len(tree.paths(structure))


def test_the_order_of_a_dict_is_kept() -> None:
    assert tree.leaves({"b": 1, "a": {"d": 2, "c": 3}}) == [1, 2, 3]
    assert list(tree.map(lambda x: x, {"b": 1, "a": 2})) == ["b", "a"]


def test_none_is_a_tree_without_leaves() -> None:
    assert tree.leaves([None, 1.0, {"a": None}]) == [1.0]
    assert tree.map(lambda x: x + 1, [None, 1.0]) == [None, 2.0]


def test_a_default_dict_keeps_its_factory() -> None:
    made = tree.map(lambda x: x, defaultdict(list, a=1.0))
    assert made == {"a": 1.0}
    assert made["new"] == []


def test_a_static_field_is_no_leaf_and_belongs_to_the_structure() -> None:
    assert tree.leaves(Layer(1.0, 2.0, "name")) == [1.0, 2.0]
    assert tree.map(lambda x: 2 * x, Layer(1.0, 2.0, "name")) == Layer(2.0, 4.0, "name")
    with pytest.raises(errors.StructureError):
        tree.map(max, Layer(1.0, 2.0, "one"), Layer(1.0, 2.0, "other"))


def test_a_dataclass_is_rebuilt_without_its_checks() -> None:
    assert tree.map(str, Careful(1.0)).value == "1.0"


def test_map_matches_dicts_by_key() -> None:
    assert tree.map(lambda a, b: a - b, {"a": 1, "b": 2}, {"b": 20, "a": 10}) == {"a": -9, "b": -18}


@pytest.mark.parametrize(
    ("first", "other", "words"),
    [
        ({"a": 1.0}, {"b": 1.0}, r"dict\(b\), where dict\(a\)"),
        ([1.0, 2.0], [1.0], "a list of 1, where a list of 2"),
        ([1.0, 2.0], (1.0, 2.0), "a tuple of 2, where a list of 2"),
        ({"w": [1.0, Point(1, (2,))]}, {"w": [1.0, Point(1, 3)]}, r"at \['w'\]\[1\]\.y: one int, where a tuple of 1"),
        ([1.0], [None], r"at \[0\]: None, where one array"),
        ([None], [1.0], r"at \[0\]: one float, where None"),
        (Layer(1.0, 2.0), Point(1.0, 2.0), r"Point\(x, y\), where Layer\(weight, bias\)"),
    ],
)  # fmt: skip
def test_trees_built_differently_are_refused_with_the_place(first: Any, other: Any, words: str) -> None:
    with pytest.raises(errors.StructureError, match=words):
        tree.map(lambda a, b: a, first, other)


def test_a_leaf_may_be_matched_by_any_tree() -> None:
    assert tree.flatten_like(tree.flatten([1.0])[1], [{"a": 1}], "it") == [{"a": 1}]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_unflatten_refuses_another_number_of_leaves(number: int) -> None:
    with pytest.raises(errors.StructureError, match=f"{number} leaves for a structure of 2"):
        tree.unflatten(tree.flatten([1.0, 2.0])[1], [0.0] * number)


def test_ravel_lays_leaves_into_a_vector_and_back() -> None:
    given = {"w": np.arange(6.0).reshape(2, 3), "none": None, "b": [1.5, np.float64(2.5), np.array(3.5)]}
    vector, unravel = tree.ravel(given)
    assert vector.tolist() == [0, 1, 2, 3, 4, 5, 1.5, 2.5, 3.5]
    again = unravel(vector)
    assert again["w"].shape == (2, 3)
    assert [type(x) for x in again["b"]] == [np.float64, np.float64, np.ndarray]
    assert again["none"] is None


def test_unravel_keeps_each_dtype() -> None:
    vector, unravel = tree.ravel([np.ones(2, np.float32), np.ones(1)])
    assert vector.dtype == np.float64
    assert [x.dtype for x in unravel(vector)] == [np.float32, np.float64]


def test_ravel_of_tensors_is_recorded() -> None:
    x = ag.Tensor([[1.0, 2.0]], requires_grad=True)
    vector, unravel = tree.ravel([x, 3.0])
    np.sum(unravel(vector * vector)[0]).backward()
    assert x.grad.tolist() == [[2.0, 4.0]]


def test_ravel_of_nothing() -> None:
    vector, unravel = tree.ravel([None, {}])
    assert vector.shape == (0,)
    assert unravel(vector) == [None, {}]


def test_unravel_refuses_another_length() -> None:
    with pytest.raises(errors.ShapeError, match="unravel"):
        tree.ravel([np.ones(3)])[1](np.ones(4))


@dataclass
class Net:
    w: Any
    setting: Any = field(default=None, metadata={"static": True})


SETTINGS: dict[str, tuple[Any, str]] = {
    "int": (2, "int"), "str": ("tanh", "str"), "bool": (True, "bool"), "function": (np.tanh, "Any"),
    "object": (object(), "object"),
}  # fmt: skip
OVER: dict[str, Any] = {
    "grad": lambda m: ag.grad(loss)(m),
    "jacobian": lambda m: ag.jacobian(loss)(m),
    "jvp": lambda m: ag.jvp(loss, (m,), (m,))[1],
    "vjp": lambda m: ag.vjp(loss, m)[1](1.0),
    "hessian": lambda m: ag.hessian(loss)(m),
    "hvp": lambda m: ag.hvp(loss, (m,), (m,)),
    "minimize": lambda m: ag.optimize.minimize(loss, m).x,
}


def loss(m: Any) -> Any:
    return np.sum((m.w - 1) ** 2)


@dataclass
class Loose:
    w: Any
    setting: Any


@pytest.mark.parametrize("transform", OVER)
@pytest.mark.parametrize("kind", SETTINGS)
def test_a_setting_in_a_dataclass_is_refused_with_the_line_that_makes_it_one(kind: str, transform: str) -> None:
    value, annotation = SETTINGS[kind]
    line = f"setting: {annotation} = dataclasses.field(metadata={{'static': True}})"
    with pytest.raises(errors.GradientDtypeError, match=f"setting of .* is an? .*Write {re.escape(line)}"):
        OVER[transform](Loose(np.zeros(2), value))
    found = OVER[transform](Net(np.zeros(2), value))
    assert not isinstance(found, Net) or found.setting is value
