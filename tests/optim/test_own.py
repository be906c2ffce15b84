"""Optimisers of a user's own, written as for PyTorch: a dict of defaults, a `step`, and a state that holds anything."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors, nn, optim


class Momentum(optim.Optimizer):
    """Momentum, as programs for PyTorch write it."""

    def __init__(self, params: Any, lr: float = 0.1, first: Any = 0) -> None:
        super().__init__(params, {"lr": lr})
        self.first = first

    @ag.no_grad()
    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if len(state) == 0:
                    state["step"] = copy.copy(self.first)
                    state["mean"] = ag.zeros_like(p)
                state["step"] += 1
                state["mean"].mul_(0.9).add_(p.grad, alpha=0.1)
                p.add_(state["mean"], alpha=-group["lr"])
        return None


class SharpnessAware(optim.Optimizer):
    """SAM, whose second step another optimiser makes, with the same groups."""

    def __init__(self, params: Any, base: Any, rho: float = 0.05, **settings: Any) -> None:
        super().__init__(params, {"rho": rho, **settings})
        self.base = base(self.param_groups, **settings)
        self.param_groups = self.base.param_groups
        self.defaults.update(self.base.defaults)

    @ag.no_grad()
    def step(self, closure: Any = None) -> Any:
        params = [p for group in self.param_groups for p in group["params"]]
        norm = ag.norm(ag.stack([p.grad.norm() for p in params]))
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["old"] = p.detach().clone()
                p.add_(p.grad * group["rho"] / (norm + 1e-12))
        self.zero_grad()
        with ag.enable_grad():
            closure()
        for p in params:
            p.copy_(self.state[p]["old"])
        self.base.step()

    def load_state_dict(self, state_dict: Any) -> None:
        super().load_state_dict(state_dict)
        self.base.param_groups = self.param_groups


X = np.array([[1.0, 2.0], [3.0, -1.0]])
W, B = [[0.1, 0.2], [0.3, -0.4]], [0.5, -0.5]


def trained(make: Any, steps: int, model: Any = None, optimizer: Any = None) -> tuple[Any, Any]:
    if model is None:
        model = nn.Linear(2, 2)
        model.load_state_dict({"weight": W, "bias": B})
    optimizer = optimizer or make(model)
    for _ in range(steps):

        def closure() -> Any:
            optimizer.zero_grad()
            loss = ((model(X) - 1) ** 2).mean()
            loss.backward()
            return loss

        closure()
        optimizer.step(closure)
    return model, optimizer


def numbers(model: Any) -> list[float]:
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()]).tolist()


MAKES: dict[str, tuple[Any, list[float]]] = {  # and PyTorch's parameters after five steps
    "momentum": (
        lambda m: Momentum(m.parameters()),
        [0.168527033, 0.175810232, 0.447994017, -0.164422536, 0.522457366, -0.369266146],
    ),
    "groups": (
        lambda m: Momentum([{"params": [m.weight], "lr": 0.3}, {"params": [m.bias]}]),
        [0.257738175, 0.140325325, 0.658237238, 0.235328213, 0.516850723, -0.388315803],
    ),
    "SAM of SGD": (
        lambda m: SharpnessAware(m.parameters(), optim.SGD, lr=0.1, momentum=0.9),
        [0.198773249, 0.093315843, 0.487665941, 0.929612666, 0.511850205, -0.039682406],
    ),
    "SAM of Adam": (
        lambda m: SharpnessAware(m.parameters(), optim.Adam, rho=0.2, lr=0.1),
        [0.147691062, 0.148800041, 0.599588132, 0.092489176, 0.546873374, -0.076717242],
    ),
}


@pytest.mark.parametrize(("make", "expected"), MAKES.values(), ids=MAKES)
def test_its_steps_are_those_it_makes_in_pytorch(make: Any, expected: list[float]) -> None:
    np.testing.assert_allclose(numbers(trained(make, 5)[0]), expected, rtol=1e-6)


@pytest.mark.parametrize("make", [MAKES["momentum"][0], MAKES["groups"][0]], ids=["momentum", "groups"])
@pytest.mark.parametrize("carried", ["state dict", "file", "deepcopy", "pickle"])
def test_it_goes_on_from_its_state(make: Any, carried: str, tmp_path: Any) -> None:
    model, optimizer = trained(make, 2)
    if carried in ("state dict", "file"):
        twin, state = copy.deepcopy(model), optimizer.state_dict()
        if carried == "file":
            ag.save(state, tmp_path / "state.npz")
            state = ag.load(tmp_path / "state.npz")
        other = make(twin)
        other.load_state_dict(state)
    else:
        both = copy.deepcopy if carried == "deepcopy" else lambda x: pickle.loads(pickle.dumps(x))
        twin, other = both((model, optimizer))
    trained(make, 3, twin, other)
    assert numbers(twin) == numbers(trained(make, 5)[0])
    assert other.state[twin.weight]["step"] == 5


def test_a_loaded_state_has_the_kinds_that_it_had() -> None:
    w = leaf([1.0, 2.0], dtype=np.float32)
    optimizer = Momentum([w])
    kept: dict[str, Any] = {
        "step": 3, "best": None, "rate": 0.5, "name": "a", "mean": ag.zeros(3), "nested": {"list": [ag.ones(2), 1]},
        "pair": (1, ag.ones(1)), "count": ag.tensor(3),
    }  # fmt: skip
    optimizer.state[w].update(kept)
    other = Momentum([w])
    other.load_state_dict(optimizer.state_dict())
    found = other.state[w]
    assert {name: type(value) for name, value in found.items()} == {name: type(value) for name, value in kept.items()}
    assert (found["step"], found["best"], found["rate"], found["name"]) == (3, None, 0.5, "a")
    assert (found["mean"].dtype, found["count"].dtype) == (w.dtype, np.int64)
    assert found["nested"]["list"][0].tolist() == [1.0, 1.0]
    found["mean"] += 1
    assert kept["mean"].tolist() == [0.0, 0.0, 0.0]


def test_the_state_of_a_parameter_is_an_empty_dict_at_first() -> None:
    w = leaf([1.0])
    for optimizer in (Momentum([w]), optim.SGD([w], momentum=0.9)):
        assert w not in optimizer.state
        assert optimizer.state[w] == {}
        assert optimizer.state_dict()["state"] == {}
        w.grad = [1.0]
        optimizer.step()
        assert optimizer.state[w]


def test_defaults_are_a_dict_or_stand_by_name_and_hold_for_groups_that_come_later() -> None:
    v, w = leaf([1.0]), leaf([2.0])
    one, two = optim.Optimizer([w], {"lr": 0.1}), optim.Optimizer([w], lr=0.1)
    assert one.defaults == two.defaults == {"lr": 0.1}
    optimizer = Momentum([v])
    optimizer.add_param_group({"params": [w]})
    assert optimizer.param_groups[1] == {"params": [w], "lr": 0.1}
    with pytest.raises(errors.ArgumentError, match="rate"):
        optimizer.add_param_group({"params": [leaf(1.0)], "rate": 1.0})


def test_groups_of_another_optimiser_are_shared_with_their_settings() -> None:
    w = leaf([1.0])
    first = optim.Optimizer([w], {"rho": 0.5})
    second = optim.SGD(first.param_groups, lr=0.1)
    assert first.param_groups[0] is second.param_groups[0]
    second.lr = 0.3
    assert (first.param_groups[0]["lr"], second.param_groups[0]["rho"]) == (0.3, 0.5)
    with pytest.raises(errors.ArgumentError, match="rho"):
        optim.SGD([{"params": [w], "rho": 0.5}])


def test_a_step_with_a_number_of_python_is_refused_by_compile_and_one_with_a_tensor_is_compiled() -> None:
    def losses(first: Any, compiled: bool) -> list[float]:
        w = leaf([3.0, -1.0])
        optimizer = Momentum([w], first=first)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = ((w - x) ** 2).sum()
            loss.backward()
            optimizer.step()
            return loss.detach()

        called = ag.compile(step) if compiled else step
        return [called(ag.Tensor(float(i))).item() for i in range(4)]

    np.testing.assert_allclose(losses(ag.tensor(0.0), True), losses(0, False))
    with pytest.raises(errors.CompileError, match=r"changes 'step'.*Write"):
        losses(0, True)
