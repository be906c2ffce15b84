"""Layers that take their size from the first call."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn

X = np.random.default_rng(0).random((2, 3, 8, 8))


def lazy() -> nn.Sequential:
    layers = nn.LazyConv2d(4, 3, groups=1, rng=0), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2, rng=1)
    return nn.Sequential(*layers)


def eager() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3, rng=0), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 2, rng=1))


def test_they_become_the_layers_they_stand_for() -> None:
    model, other = lazy(), eager()
    parameters = list(model.parameters())
    np.testing.assert_array_equal(model(X).detach(), other(X).detach())
    assert repr(model) == repr(other)
    assert [type(m) for m in model] == [type(m) for m in other]
    assert all(a is b for a, b in zip(model.parameters(), parameters, strict=True))
    assert {type(p) for p in parameters} == {nn.Parameter}
    assert list(vars(model[0])) == list(vars(other[0]))
    model(X).sum().backward()
    assert all(p.grad is not None for p in parameters)


def test_an_optimiser_before_the_first_call_is_refused() -> None:
    model = lazy()
    with pytest.raises(errors.ArgumentError, match=r"no size before the first call.*Write model\(x\)"):
        ag.optim.SGD(model.parameters())
    model(X)
    ag.optim.SGD(model.parameters())


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_they_are_copied_before_and_after(clone: Any) -> None:
    model = lazy()
    twin = clone(model)
    assert isinstance(twin[0].weight, nn.UninitializedParameter)
    np.testing.assert_array_equal(twin(X).detach(), model(X).detach())
    np.testing.assert_array_equal(clone(twin).eval()(X).detach(), twin.eval()(X).detach())


def test_a_state_decides_too() -> None:
    model, other = lazy(), eager()
    nn.init.ones_(other[3].bias)
    other(X)
    assert model.load_state_dict(other.state_dict()) == ([], [])
    np.testing.assert_array_equal(model.eval()(X).detach(), other.eval()(X).detach())
    assert repr(model) == repr(other)
    empty = lazy()
    assert empty.load_state_dict(lazy().state_dict()) == ([], [])
    assert isinstance(empty[0].weight, nn.UninitializedParameter)


def test_a_dtype_and_a_switch_from_before_the_first_call_stay() -> None:
    model = lazy().float().requires_grad_(False)
    assert model(X.astype(np.float32)).dtype == np.float32
    assert not any(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize(
    "evaluate",
    [
        lambda f: ag.vmap(f)(X[:, None]), lambda f: ag.checkpoint(f)(X), lambda f: f.summary(X),
        lambda f: ag.grad(lambda x: np.sum(f(x)))(X), lambda f: ag.visualize(f, X),
    ],
)  # fmt: skip
def test_the_first_call_may_be_made_by_a_transform(evaluate: Any) -> None:
    model = nn.Sequential(nn.LazyConv2d(4, 3, rng=0), nn.Flatten(), nn.LazyLinear(2, rng=1))
    evaluate(model)
    assert type(model[2]) is nn.Linear
    assert model[2].weight.detach().any()
    assert model(X).shape == (2, 2)


def test_the_first_call_is_not_compiled() -> None:
    model = lazy()
    with pytest.raises(errors.CompileError, match=r"Write model\(x\) once"):
        ag.compile(model)(X)
    model(X)
    model.eval()
    np.testing.assert_allclose(ag.compile(model)(X).detach(), model(X).detach())


@pytest.mark.parametrize(
    ("layer", "x"),
    [(nn.LazyConv2d(4, 3), np.ones((3, 3))), (nn.LazyLinear(3), 1.0), (nn.LazyBatchNorm2d(), np.ones((2, 3)))],
)
def test_an_input_without_such_an_axis_is_refused_and_decides_nothing(layer: Any, x: Any) -> None:
    with pytest.raises(errors.ShapeError, match="Write an input of"):
        layer(x)
    assert isinstance(layer.weight, nn.UninitializedParameter)


def test_groups_have_to_divide_the_channels_of_the_first_input() -> None:
    with pytest.raises(errors.ArgumentError, match="Write"):
        nn.LazyConv2d(4, 3, groups=2)(X)


def test_values_for_what_has_no_size_are_refused() -> None:
    with pytest.raises(errors.StateDictError, match=r"3\.weight has no size before model\(x\) was called once"):
        nn.functional_call(lazy(), {"3.weight": np.ones((2, 144))}, X)
