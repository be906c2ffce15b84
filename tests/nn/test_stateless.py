"""functional_call: a module as a function of its parameters, left as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn


def model() -> nn.Sequential:
    ag.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))


X = np.array([[1.0, 2.0], [3.0, 4.0]])


def test_given_values_stand_in_for_the_parameters() -> None:
    m = model()
    before = m.state_dict()
    doubled = {name: 2 * value for name, value in before.items()}
    twin = model()
    twin.load_state_dict(doubled)
    found = nn.functional_call(m, doubled, X)
    np.testing.assert_array_equal(found.numpy(), twin(ag.Tensor(X)).numpy())
    assert not found.requires_grad
    assert all((m.state_dict()[name] == value).all() for name, value in before.items())
    assert all(p.requires_grad and p.is_leaf for p in m.parameters())


def test_the_gradient_is_that_of_backward() -> None:
    m = model()
    np.sum(m(ag.Tensor(X)) ** 2).backward()
    found = ag.grad(lambda p: np.sum(nn.functional_call(m, p, X) ** 2))(m.state_dict())
    for name, p in m.named_parameters():
        np.testing.assert_allclose(found[name], p.grad.numpy(), rtol=1e-14)


def test_parameters_themselves_may_be_given_and_others_keep_their_value() -> None:
    m = model()
    g = ag.grad(lambda p: np.sum(nn.functional_call(m, p, X)))(dict(m.named_parameters()))
    assert all(isinstance(value, ag.Tensor) for value in g.values())
    some = {"2.bias": np.array([10.0])}
    difference = nn.functional_call(m, some, X) - m(ag.Tensor(X))
    np.testing.assert_allclose(difference.detach().numpy(), 10 - m.state_dict()["2.bias"][0])


def test_it_is_as_before_after_an_error() -> None:
    m = model()
    weight = m.state_dict()["0.weight"]
    with pytest.raises(errors.AutogradError):
        nn.functional_call(m, {"0.weight": np.zeros((3, 2))}, np.ones((1, 5)))
    np.testing.assert_array_equal(m.state_dict()["0.weight"], weight)


class Tied(nn.Module):
    def __init__(self) -> None:
        self.first = self.second = nn.Parameter(2.0)

    def forward(self, x: Any) -> Any:
        return self.first * self.second * x


@pytest.mark.parametrize(
    ("m", "parameters", "words"),
    [
        (model(), {"3.weight": np.ones(2)}, "3.weight is not known"),
        (model(), {"0.weight": np.ones(2)}, r"0.weight has shape \(2,\) instead of \(3, 2\)"),
        (Tied(), {"first": 1.0, "second": 2.0}, "first and second are one parameter"),
    ],
    ids=["name", "shape", "twice"],
)
def test_what_does_not_fit_is_refused(m: Any, parameters: Any, words: str) -> None:
    with pytest.raises(errors.StateDictError, match=words + ".*Write functional_call"):
        nn.functional_call(m, parameters, 1.0)


def test_a_parameter_in_two_places_is_one_variable() -> None:
    m = Tied()
    assert ag.grad(lambda p: nn.functional_call(m, p, 3.0))(dict(m.named_parameters()))["first"].item() == 12.0
