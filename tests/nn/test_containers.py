"""Containers of modules and parameters: as lists and dicts, in state, copies, transforms and compiled functions."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn

X = np.array([[0.3, -0.8, 1.2], [0.5, 0.1, -0.4]])


class Net(nn.Module):
    def __init__(self) -> None:
        self.layers = nn.ModuleList(nn.Linear(3, 3, rng=i) for i in range(2))
        self.heads = nn.ModuleDict({"a": nn.Linear(3, 1, rng=3)})
        self.scales = nn.ParameterList([nn.Parameter(np.ones(3))])
        self.shifts = nn.ParameterDict({"x": nn.Parameter(0.5)})

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = np.tanh(layer(x))
        return self.heads["a"](x * self.scales[0]) + self.shifts.x


def test_a_list_of_modules_is_one() -> None:
    a, b, c = nn.ReLU(), nn.Tanh(), nn.Sigmoid()
    parts = nn.ModuleList([a, b])
    assert (len(parts), list(parts), parts[-1], b in parts, c in parts) == (2, [a, b], b, True, False)
    parts.append(c).insert(0, c)
    assert list(parts) == [c, a, b, c]
    assert parts.pop(0) is c
    parts[0] = c
    parts[1:] = [a]
    assert list(parts) == [c, a]
    del parts[0]
    assert list(parts.__add__([b])) == [a, b]
    assert list(parts) == [a]
    parts += [b]
    assert [name for name, _ in parts.named_children()] == ["0", "1"]
    assert isinstance(parts[:1], nn.ModuleList)
    with pytest.raises(IndexError):
        parts[2]


def test_a_dict_of_modules_is_one() -> None:
    a, b = nn.ReLU(), nn.Tanh()
    parts = nn.ModuleDict([("a", a)])
    parts["b"] = b
    assert (list(parts), list(parts.values()), list(parts.items())) == (["a", "b"], [a, b], [("a", a), ("b", b)])
    assert ("a" in parts, parts.b is b, parts.get("c"), len(parts)) == (True, True, None, 2)
    assert parts.pop("a") is a
    del parts["b"]
    parts.update({"c": a})
    assert list(parts.keys()) == ["c"]
    parts.clear()
    assert not list(parts)
    with pytest.raises(KeyError):
        parts["a"]


def test_what_is_put_among_parameters_becomes_one() -> None:
    parts = nn.ParameterList([ag.Tensor([1.0]), np.array([2.0])])
    assert [type(p) for p in parts] == [nn.Parameter, nn.Parameter]
    assert [p.name for p in parts] == ["0", "1"]
    with pytest.raises(errors.LayerError, match="Write ParameterList"):
        parts.append(3.0)
    assert len(parts) == 2


def test_a_chain_is_extended_and_its_layers_have_names() -> None:
    chain = nn.Sequential({"first": nn.Linear(3, 2), "act": nn.ReLU()})
    chain.append(nn.Linear(2, 1))
    assert list(chain.state_dict()) == ["first.weight", "first.bias", "2.weight", "2.bias"]
    assert chain.first is chain[0]
    assert "first" in dir(chain)
    chain.act = nn.Tanh()
    assert isinstance(chain[1], nn.Tanh)
    del chain.act
    assert len(chain) == 2
    assert list(chain[1:].state_dict()) == ["2.weight", "2.bias"]
    chain.last = nn.Identity()
    assert len(chain) == 3
    assert chain(X).shape == (2, 1)


def test_a_lookup_that_fails_says_so() -> None:
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'foo'"):
        Net().foo  # noqa: B018
    with pytest.raises(AttributeError, match="'ModuleDict' object has no attribute 'foo'"):
        nn.ModuleDict().foo  # noqa: B018


def test_named_parts_are_found_and_replaced() -> None:
    net = Net()
    assert net.get_submodule("layers.1") is net.layers[1]
    assert net.get_submodule("") is net
    assert net.get_parameter("heads.a.bias") is net.heads["a"].bias
    net.set_submodule("heads.a", nn.Linear(3, 2))
    assert net(X).shape == (2, 2)
    net.set_submodule("extra", nn.ReLU())
    assert isinstance(net.extra, nn.ReLU)
    net.blocks = [nn.ReLU(), {"x": nn.ReLU()}, (nn.ReLU(),)]
    net.set_submodule("blocks.1.x", nn.Tanh())
    assert isinstance(net.blocks[1]["x"], nn.Tanh)
    with pytest.raises(errors.LayerError, match="tuple"):
        net.set_submodule("blocks.2.0", nn.Tanh())
    for lookup in (net.get_submodule, net.get_parameter, net.get_buffer):
        with pytest.raises(AttributeError, match="Write a name"):
            lookup("layers.9")


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_compute_the_same_by_themselves(clone: Any) -> None:
    net = Net()
    twin = clone(net)
    np.testing.assert_array_equal(twin(X).detach(), net(X).detach())
    nn.init.zeros_(twin.heads.a.weight)
    assert (twin(X).detach() != net(X).detach()).any()


def test_transforms_and_compiled_functions_see_what_is_in_containers() -> None:
    net = Net()
    state = net.state_dict()
    gradient = ag.grad(lambda p: np.sum(nn.functional_call(net, p, X)))(state)
    assert list(gradient) == list(state)
    assert all(np.any(g) for g in gradient.values())
    np.testing.assert_allclose(ag.vmap(net)(X).detach(), net(X).detach())
    run = ag.compile(net)
    for change in (
        lambda: None,
        lambda: net.layers.append(nn.Linear(3, 3, rng=7)),
        lambda: net.heads.update({"a": nn.Linear(3, 1, rng=8)}),
        lambda: net.scales[0].assign(np.full(3, 2.0)),
        lambda: net.layers.pop(),
    ):
        change()
        np.testing.assert_allclose(run(X).detach(), net(X).detach(), rtol=1e-12)


def test_modules_are_registered_by_name() -> None:
    m = nn.Module()
    m.add_module("a", nn.ReLU())
    m.register_module("b", None)
    m.register_parameter("w", nn.Parameter(1.0))
    assert [name for name, _ in m.named_children()] == ["a"]
    assert [name for name, _ in m.named_parameters()] == ["w"]
    for call in (
        lambda: m.add_module("a.b", nn.ReLU()), lambda: m.add_module("w", nn.ReLU()), lambda: m.add_module("c", 3),
        lambda: m.register_parameter("a", nn.Parameter(1.0)), lambda: m.register_parameter("v", ag.Tensor(1.0)),
    ):  # fmt: skip
        with pytest.raises(errors.ArgumentError, match="Write"):
            call()


def test_a_module_is_asked_for_its_modules_without_those_known() -> None:
    net = Net()
    memo = {net.heads}
    assert "heads" not in [name for name, _ in net.named_modules(memo, prefix="net")]
    assert net.layers in memo
