"""A compiled module stands for the module: its parameters, mode, state dict and attributes are the module's."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn, optim

X, Y = np.random.default_rng(0).normal(size=(8, 2)), np.ones((8, 1))


def network() -> Any:
    ag.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))


def trained(model: Any) -> list[Any]:
    optimizer, loss_of = optim.SGD(model.parameters(), lr=0.1), nn.MSELoss()
    seen = []
    for _ in range(4):
        model.train()
        optimizer.zero_grad()
        loss = loss_of(model(X), Y)
        loss.backward()
        optimizer.step()
        model.eval()
        seen += [loss.item(), loss_of(model(X), Y).item(), model.training]
    return [*seen, *[p.detach().tolist() for p in model.parameters()]]


def test_it_is_trained_as_the_module_is() -> None:
    compiled: Any = ag.compile(network())
    for found, expected in zip(trained(compiled), trained(network()), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert len(compiled.programs) == 2


def test_its_attributes_are_those_of_the_module() -> None:
    net = network()
    compiled: Any = ag.compile(net)
    assert compiled._orig_mod is net
    assert list(compiled.named_parameters()) == list(net.named_parameters())
    assert list(compiled.state_dict()) == list(net.state_dict())
    compiled.load_state_dict({name: value + 1 for name, value in net.state_dict().items()})
    np.testing.assert_array_equal(net[1].running_var, 2.0)
    compiled.note = "new"
    compiled.training = False
    assert (net.note, net.training) == ("new", False)
    assert not hasattr(compiled, "absent")
    with pytest.raises(AttributeError, match="Sequential"):
        compiled.absent  # noqa: B018 - that is the test


@pytest.mark.parametrize("call", [
    lambda m: m.train(), lambda m: m.eval(), lambda m: m.to(np.float32), lambda m: m.requires_grad_(False),
    lambda m: m.apply(lambda part: None),
])  # fmt: skip
def test_what_returns_the_module_returns_what_is_compiled(call: Callable[[Any], Any]) -> None:
    compiled: Any = ag.compile(network())
    assert call(compiled) is compiled


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_a_copy_has_them_too(copied: Any) -> None:
    compiled: Any = ag.compile(network())
    compiled.eval()
    twin = copied(compiled)
    assert (twin.training, list(twin.state_dict())) == (False, list(compiled.state_dict()))
    np.testing.assert_array_equal(twin(X).detach(), compiled(X).detach())


def test_a_compiled_function_has_no_more_than_it_had() -> None:
    compiled: Any = ag.compile(np.sin)
    with pytest.raises(AttributeError, match="'Compiled' object has no attribute 'parameters'"):
        compiled.parameters  # noqa: B018 - that is the test
    compiled.note = 1
    assert compiled.note == 1
    assert not hasattr(ag.compile(network()), "__array__")


def adversarial(compiled: bool) -> list[Any]:
    """Train two networks against each other; one is frozen while the other learns."""
    ag.manual_seed(0)
    judge, maker = nn.Linear(2, 1), nn.Linear(2, 2)
    judged, made = optim.Adam(judge.parameters(), lr=0.1), optim.SGD(maker.parameters(), lr=0.1)

    def step(x: Any) -> Any:
        judged.zero_grad()
        ((judge(maker(x).detach()) - 1) ** 2).mean().backward()
        judged.step()
        judge.requires_grad_(False)
        made.zero_grad()
        loss = (judge(maker(x)) ** 2).mean()
        loss.backward()
        made.step()
        judge.requires_grad_(True)
        return loss.detach()

    called = ag.compile(step) if compiled else step
    losses = [called(X + k).item() for k in range(4)]
    params = [*judge.parameters(), *maker.parameters()]
    return [losses, *[p.detach().tolist() for p in params], *[p.grad.tolist() for p in params]]


def test_what_is_frozen_for_a_part_of_a_step_is_compiled() -> None:
    for found, expected in zip(adversarial(True), adversarial(False), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_another_mode_and_what_stays_frozen_are_refused_with_the_line_to_write() -> None:
    net, layer = network(), nn.Linear(2, 1)
    with pytest.raises(ag.errors.CompileError, match=r"Write .*model\.eval\(\) or t.*before the call"):
        ag.compile(lambda x: net.train(False)(x).detach())(X)
    with pytest.raises(ag.errors.CompileError, match=r"Write .*requires_grad_\(\) before the call"):
        ag.compile(lambda x: layer.requires_grad_(False)(x))(X)
