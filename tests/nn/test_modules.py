"""Modules: what they consist of, their state, copies of them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from helpers import network

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.nn import init


def values(model: nn.Module) -> dict[str, list[Any]]:
    return {name: value.tolist() for name, value in model.state_dict().items()}


# ----- what a module consists of -----


class Branches(nn.Module):
    """Parameters and modules in every kind of place, and things that are neither."""

    def __init__(self) -> None:
        self.scale = nn.Parameter(1.0)
        self.constant = ag.Tensor([1.0], requires_grad=True)
        self.numbers = [1, 2, 3]
        self.blocks = [nn.Linear(1, 2), (nn.Tanh(), nn.Linear(2, 2, bias=False))]
        self.heads = {"a": nn.Linear(2, 1), "b": {"c": nn.Parameter([0.0])}}
        self.nothing = None


def test_parameters_are_found_in_attributes_lists_tuples_and_dicts_in_order() -> None:
    assert [name for name, _ in Branches().named_parameters()] == [
        "scale", "blocks.0.weight", "blocks.0.bias", "blocks.1.1.weight", "heads.a.weight", "heads.a.bias", "heads.b.c",
    ]  # fmt: skip


def test_modules_and_children_are_found_with_their_names() -> None:
    model = Branches()
    assert [name for name, _ in model.named_modules()] == ["", "blocks.0", "blocks.1.0", "blocks.1.1", "heads.a"]
    assert [name for name, _ in model.named_children()] == ["blocks.0", "blocks.1.0", "blocks.1.1", "heads.a"]
    outer = nn.Sequential(network(), nn.ReLU())
    assert [name for name, _ in outer.named_children()] == ["0", "1"]
    assert list(outer.children()) == [outer[0], outer[1]]
    assert len(list(outer.modules())) == 7


def test_what_is_shared_is_listed_once_and_saved_under_each_name() -> None:
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, nn.Tanh(), layer)
    other = nn.Linear(2, 2, bias=False)
    other.weight = layer.weight
    model.extra = other
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    assert [name for name, _ in model.named_modules()] == ["", "0", "1", "extra"]
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias", "extra.weight"]
    assert len(ag.optim.SGD(model.parameters()).param_groups[0]["params"]) == 2
    twin = copy.deepcopy(model)
    assert twin[0] is twin[2]
    assert twin.load_state_dict(model.state_dict()) == ([], [])


def test_a_module_that_knows_its_parent_is_walked_once() -> None:
    parent, child = nn.Module(), nn.Linear(1, 1)
    parent.child, child.parent, parent.itself = child, parent, [parent]
    assert list(parent.state_dict()) == ["child.weight", "child.bias"]
    assert [name for name, _ in parent.named_modules()] == ["", "child"]
    assert not parent.eval().child.training


def test_a_list_of_a_million_numbers_is_passed_over() -> None:
    model = nn.Linear(1, 1)
    model.history = [0.5] * 1_000_000
    assert len(list(model.parameters())) == 2


def test_training_is_switched_everywhere() -> None:
    model = nn.Sequential(network(), nn.ReLU())
    assert all(m.training for m in model.modules())
    assert model.eval() is model
    assert not any(m.training for m in model.modules())
    model.train()
    assert all(m.training for m in model.modules())


def test_gradients_are_switched_and_forgotten_everywhere() -> None:
    model = network()
    model(np.ones((1, 2))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())
    assert model.requires_grad_(False) is model
    assert not model(np.ones((1, 2))).requires_grad
    assert all(p.requires_grad for p in model.requires_grad_().parameters())


def test_keyword_arguments_reach_forward() -> None:
    class Scale(nn.Module):
        def forward(self, x: Any, *, by: float) -> Any:
            return x * by

    assert Scale()(2.0, by=3.0) == 6.0


def test_a_module_without_forward_says_what_to_write() -> None:
    with pytest.raises(NotImplementedError, match=r"def forward\(self, x\)"):
        nn.Module()(1)


def test_parameters_keep_their_class_and_require_gradients() -> None:
    p = nn.Parameter([1, 2], dtype=np.float32, name="w")
    assert (p.requires_grad, p.dtype, p.name) == (True, np.float32, "w")
    assert type(p * 2) is ag.Tensor
    assert type(copy.deepcopy(p)) is type(pickle.loads(pickle.dumps(p))) is nn.Parameter
    assert not nn.Parameter([1, 2], requires_grad=False).requires_grad
    with pytest.raises(errors.GradientDtypeError, match="dtype=float"):
        nn.Parameter([1, 2])


# ----- state -----


def test_state_goes_through_a_file_and_back(tmp_path: Any) -> None:
    model, other = network(rng=1), network(rng=2)
    np.savez(tmp_path / "model.npz", **model.state_dict())
    with np.load(tmp_path / "model.npz") as saved:
        assert other.load_state_dict(saved) == ([], [])
    assert values(other) == values(model)


def test_state_is_a_copy() -> None:
    model = network()
    before, state = values(model), model.state_dict()
    state["0.weight"][:] = 100
    assert values(model) == before
    given = {name: np.zeros_like(value) for name, value in state.items()}
    model.load_state_dict(given)
    given["0.weight"][:] = 100
    assert model[0].weight.numpy().sum() == 0


def test_loaded_values_keep_the_dtype_of_the_parameters() -> None:
    model = network(dtype=np.float32)
    model.load_state_dict({name: value.astype(float) for name, value in model.state_dict().items()})
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}
    model.load_state_dict(dict(network().named_parameters()))
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}


def without(name: str) -> Any:
    return lambda state: {k: v for k, v in state.items() if k != name}


STATES = {
    "a name is missing": (without("2.bias"), errors.StateDictError, "2.bias missing"),
    "a name is unknown": (lambda s: {**s, "9.weight": 0}, errors.StateDictError, "9.weight not known"),
    "a shape differs": (lambda s: {**s, "2.bias": np.ones(3)}, errors.StateDictError, r"\(3,\) instead of \(2,\)"),
    "a scalar": (lambda s: {**s, "2.bias": 1.0}, errors.StateDictError, r"shape \(\) instead of \(2,\)"),
    "complex numbers": (lambda s: {**s, "2.bias": np.ones(2, complex)}, errors.StateDictError, "2.bias has dtype comp"),
    "text": (lambda s: {**s, "2.bias": ["a", "b"]}, errors.StateDictError, "2.bias has dtype <U1"),
    "objects": (lambda s: {**s, "2.bias": [None, 1]}, errors.StateDictError, "2.bias has dtype object"),
    "a masked array": (lambda s: {**s, "2.bias": np.ma.ones(2)}, errors.StateDictError, "2.bias is a masked array"),
    "lists of several lengths": (lambda s: {**s, "2.bias": [[1], [1, 2]]}, errors.StateDictError, "2.bias is no array"),
    "a key that is no string": (lambda s: {**s, 3: 1}, errors.StateDictError, "3 not known"),
    "another key that is none": (lambda s: {**s, None: 1, ("a", 1): 2}, errors.StateDictError, "None, .*not known"),
    "no dict": (list, errors.StateDictError, "given a list"),
    "a path": (lambda s: "model.npz", errors.StateDictError, "given a str"),
    "nothing": (lambda s: None, errors.StateDictError, "given a NoneType"),
}


@pytest.mark.parametrize("case", STATES)
def test_a_state_that_does_not_fit_changes_nothing(case: str) -> None:
    spoil, error, text = STATES[case]
    model = network()
    before = values(model)
    state = spoil({name: value + 1 for name, value in model.state_dict().items()})
    with pytest.raises(error, match=text) as caught:
        model.load_state_dict(state)
    assert "Write" in str(caught.value)
    assert values(model) == before


def test_without_strict_the_names_of_one_side_are_passed_over_but_not_shapes() -> None:
    model = network()
    before = values(model)
    found = model.load_state_dict({"0.bias": [1, 2, 3], "unknown": 1}, strict=False)
    assert found.missing_keys == ["0.weight", "2.weight", "2.bias"]
    assert found.unexpected_keys == ["unknown"]
    assert values(model) == {**before, "0.bias": [1, 2, 3]}
    with pytest.raises(errors.StateDictError, match=r"0.bias has shape \(1,\) instead of \(3,\)"):
        model.load_state_dict({"0.bias": [1]}, strict=False)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_of_a_model_is_independent(clone: Any) -> None:
    model = network()
    twin = clone(model)
    before = values(model)
    assert values(twin) == before
    init.zeros_(twin[0].weight)
    assert values(model) == before
    assert [type(p) for p in twin.parameters()] == [nn.Parameter] * 4


def test_parameters_without_a_name_are_called_as_they_are_set() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            self.scale = nn.Parameter(1.0)
            self.own = nn.Parameter(1.0, name="beta")
            self.shifts = [nn.Parameter(1.0), {"last": nn.Parameter(2.0)}]
            self.again = self.scale

    assert [p.name for p in Own().parameters()] == ["scale", "beta", "shifts.0", "shifts.1.last"]


@pytest.mark.parametrize("value", [1e300, -1e300, np.longdouble(1e300), 10**60])
def test_numbers_too_large_for_the_dtype_are_refused(value: Any) -> None:
    model = network(dtype=np.float32)
    before, state = values(model), model.state_dict()
    state["2.bias"] = np.array([value, 1.0], np.longdouble)
    with pytest.raises(errors.StateDictError, match=r"2.bias has numbers too large for float32.*Write"):
        model.load_state_dict(state)
    assert values(model) == before
    state["2.bias"] = np.array([np.inf, np.nan])
    model.load_state_dict(state)
    assert model[2].bias.tolist()[0] == np.inf


def chain(depth: int) -> nn.Module:
    inner: Any = nn.Linear(1, 1)
    for _ in range(depth):
        outer = nn.Module()
        outer.inner = [inner]
        inner = outer
    return inner


def test_modules_may_be_nested_deeply() -> None:
    model = chain(3000)
    assert len(list(model.parameters())) == 2
    assert len(list(model.modules())) == 3001
    state = model.state_dict()
    assert model.load_state_dict({name: value + 1 for name, value in state.items()}) == ([], [])
    assert not model.eval().training
    model.requires_grad_(False).zero_grad()


def test_modules_may_be_shared_at_every_level() -> None:
    inner: Any = nn.Linear(1, 1)
    looks = [0]

    class Twice(nn.Module):
        def _attributes(self) -> Any:
            looks[0] += 1
            return super()._attributes()

    for _ in range(40):
        outer = Twice()
        outer.left = outer.right = inner
        inner = outer
    assert [name.count("left") for name, _ in inner.named_parameters()] == [40, 40]
    assert len(list(inner.modules())) == 41
    assert looks[0] == 80


def test_what_a_module_has_itself_is_listed_under_the_names_of_pytorch() -> None:
    m = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.LSTM(3, 1))
    assert list(m._modules.items()) == list(m.named_children())
    assert (dict(m._parameters), dict(m._buffers)) == ({}, {})
    assert list(m[0]._parameters) == ["weight", "bias"]
    assert list(m[1]._buffers) == [name for name, _ in m[1].named_buffers()]
    assert m[2].flatten_parameters() is None
    with pytest.raises(TypeError):
        m._modules["0"] = nn.ReLU()  # type: ignore[index]
