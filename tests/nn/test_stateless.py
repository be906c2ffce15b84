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


class Weighed(nn.Module):
    """Takes arguments of every kind, and says which it got."""

    def __init__(self) -> None:
        self.scale = nn.Parameter(2.0)
        self.shift = nn.Parameter(1.0)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.scale.item(), self.shift.item(), args, kwargs


GIVEN: dict[str, tuple[tuple[Any, ...], dict[str, Any], tuple[Any, ...], dict[str, Any]]] = {
    "one": ((1,), {}, (1,), {}),
    "several": ((1, 2), {"c": 3}, (1, 2), {"c": 3}),
    "a tuple": (((1, 2),), {}, (1, 2), {}),
    "a tuple and a dict": (((1, 2), {"c": 3}), {}, (1, 2), {"c": 3}),
    "one and a dict": ((1, {"c": 3}), {}, (1,), {"c": 3}),
    "a tuple and names": (((1, 2),), {"c": 3}, (1, 2), {"c": 3}),
    "by PyTorch's names": ((), {"args": (1, 2), "kwargs": {"c": 3}}, (1, 2), {"c": 3}),
    "a tuple, kwargs by its name": (((1,),), {"kwargs": {"c": 3}}, (1,), {"c": 3}),
    "one by its name": ((), {"args": 1}, (1,), {}),
    "none": ((), {}, (), {}),
    "none by its name": ((), {"args": None, "kwargs": None}, (), {}),
    "a tuple in a tuple": ((((1, 2),),), {}, ((1, 2),), {}),
    "a dict in a tuple": (((1, {"c": 3}),), {}, (1, {"c": 3}), {}),
    "a tuple beside another": ((1, (2, 3)), {}, (1, (2, 3)), {}),
    "a list": (([1, 2],), {}, ([1, 2],), {}),
}


@pytest.mark.parametrize(("args", "kwargs", "got", "by_name"), GIVEN.values(), ids=GIVEN)
def test_arguments_stand_in_a_call_or_in_a_tuple_and_a_dict(args: Any, kwargs: Any, got: Any, by_name: Any) -> None:
    assert nn.functional_call(Weighed(), {"scale": 5.0}, *args, **kwargs) == (5.0, 1.0, got, by_name)


def test_a_packed_sequence_is_one_argument() -> None:
    packed = nn.utils.rnn.pack_sequence([ag.Tensor([[1.0], [2.0]])])
    (found,) = nn.functional_call(Weighed(), {}, packed)[2]
    assert found is packed


@pytest.mark.parametrize("kind", [tuple, list])
def test_values_may_stand_in_several_mappings(kind: Any) -> None:
    assert nn.functional_call(Weighed(), kind([{"scale": 5.0}, {"shift": 6.0}]))[:2] == (5.0, 6.0)
    with pytest.raises(errors.StateDictError, match=r"'scale' in two.*Write functional_call"):
        nn.functional_call(Weighed(), kind([{"scale": 5.0}, {"scale": 6.0}]))


def test_all_names_are_asked_for_where_it_is_strict() -> None:
    nn.functional_call(Weighed(), {"scale": 5.0, "shift": 1.0}, strict=True)
    nn.functional_call(Tied(), {"first": 5.0}, 1.0, strict=True)
    with pytest.raises(errors.StateDictError, match="shift is missing"):
        nn.functional_call(Weighed(), {"scale": 5.0}, strict=True)


def test_one_value_for_both_names_of_a_parameter_is_taken_and_two_are_not() -> None:
    value = ag.Tensor(3.0)
    assert nn.functional_call(Tied(), {"first": value, "second": value}, 1.0).item() == 9.0
    assert nn.functional_call(Weighed(), {"scale": value}, tie_weights=False)[0] == 3.0
    with pytest.raises(errors.StateDictError, match="first has two names"):
        nn.functional_call(Tied(), {"first": value}, 1.0, tie_weights=False)
