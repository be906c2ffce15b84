"""Modules in other dtypes, states that are assigned, what is not there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import network

import autograd_lite as ag
from autograd_lite import errors, nn


def kinds(model: nn.Module) -> set[str]:
    return {str(t.dtype) for t in (*model.parameters(), *model.buffers())}


@pytest.mark.parametrize(
    ("convert", "dtype"),
    [
        (lambda m: m.float(), "float32"), (lambda m: m.half(), "float16"), (lambda m: m.to(np.float32), "float32"),
        (lambda m: m.to("cpu", np.float32), "float32"), (lambda m: m.to(dtype="float32", device="cpu"), "float32"),
        (lambda m: m.to(ag.Tensor([1.0], dtype=np.float32)), "float32"), (lambda m: m.float().double(), "float64"),
        (lambda m: m.to("cpu").cpu(), "float64"), (lambda m: m.to("float32"), "float32"),
    ],
)  # fmt: skip
def test_numbers_become_those_of_another_dtype_in_the_same_objects(convert: Any, dtype: str) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    before, values = list(model.parameters()), model.state_dict()
    assert convert(model) is model
    assert all(a is b for a, b in zip(model.parameters(), before, strict=True))
    assert kinds(model) == {dtype, "int64"}
    y = model(np.ones((4, 2), dtype))
    assert y.dtype == dtype
    y.sum().backward()
    assert {p.grad.dtype for p in before} == {np.dtype(dtype)}
    for name in ("0.weight", "0.bias"):
        np.testing.assert_allclose(model.state_dict()[name], values[name], rtol=1e-2)


def test_type_takes_integers_too() -> None:
    assert kinds(nn.BatchNorm1d(2).type(np.float32)) == {"float32"}


def test_gradients_and_hooks_go_along() -> None:
    w = nn.Parameter([1.0, 2.0])
    model = nn.ParameterList([w])
    handle = w.register_hook(lambda g: 3 * g)
    w.sum().backward()
    model.float()
    assert (w.grad.dtype, w.grad.tolist()) == (np.float32, [3.0, 3.0])
    w.sum().backward()
    assert w.grad.tolist() == [6.0, 6.0]
    handle.remove()
    w.sum().backward()
    assert w.grad.tolist() == [7.0, 7.0]


def test_the_gradient_of_what_was_recorded_before_has_the_new_dtype() -> None:
    layer = nn.Linear(1, 1)
    y = layer(np.ones((1, 1)))
    layer.float()
    y.sum().backward()
    assert layer.weight.grad.dtype == np.float32
    layer(np.ones((1, 1), np.float32)).sum().backward()
    assert (layer.weight.grad.dtype, layer.weight.grad.tolist()) == (np.float32, [[2.0]])


@pytest.mark.parametrize("count", [1, 6])
def test_an_optimiser_goes_on_in_the_new_dtype(count: int) -> None:
    model = nn.Sequential(*[nn.Linear(2, 2, rng=i) for i in range(count)])
    optimizer = ag.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)

    def step() -> None:
        for p in model.parameters():
            p.grad = np.ones(p.shape)
        optimizer.step()

    step()
    bias = model[0].bias.tolist()
    model.float()
    step()
    assert kinds(model) == {"float32"}
    np.testing.assert_allclose(model[0].bias.detach(), np.subtract(bias, 0.15), rtol=1e-6)
    model[0].double()
    step()
    assert {p.dtype for p in model[0].parameters()} == {np.dtype(float)}
    assert all(p.dtype == p._node.dtype for p in model.parameters())


def test_nothing_changes_where_a_number_would_become_infinite() -> None:
    model = network()
    model[2].bias.assign([1e300, 1.0])
    with pytest.raises(errors.InPlaceError, match="too large"):
        model.float()
    assert kinds(model) == {"float64"}


def test_complex_numbers_are_not_cut_off() -> None:
    model = nn.ParameterList([nn.Parameter([1 + 2j])])
    model.to(np.complex64)
    assert kinds(model) == {"complex64"}
    with pytest.raises(errors.ArgumentError, match="imaginary"):
        model.float()


@pytest.mark.parametrize("asked", ["cuda", "cuda:0", "mps"])
def test_other_devices_are_refused(asked: str) -> None:
    with pytest.raises(errors.ArgumentError, match=r"one device.*Write model without it"):
        network().to(asked)


@pytest.mark.parametrize("name", ["cuda", "share_memory", "bfloat16", "compile", "to_empty", "register_backward_hook"])
def test_what_a_module_has_not_is_told(name: str) -> None:
    model = network()
    assert not hasattr(model, name)
    with pytest.raises(errors.NoAttributeError, match=rf"no {name}\(\). Write"):
        getattr(model, name)()


def test_a_compiled_function_does_not_convert() -> None:
    model = network()
    with pytest.raises(errors.CompileError, match=r"Write model.to\(dtype\) before"):
        ag.compile(lambda x: model.float()(x))(np.ones((1, 1), np.float32))
    assert kinds(model) == {"float64"}


def test_gradients_become_zeros_where_that_is_asked() -> None:
    layer = nn.Linear(2, 1)
    layer(np.ones((1, 2))).sum().backward()
    layer.zero_grad(set_to_none=False)
    assert layer.bias.grad.tolist() == [0.0]
    layer.zero_grad()
    assert layer.bias.grad is None


# ----- states that are assigned -----


def test_a_state_is_assigned_with_its_dtypes() -> None:
    model, given = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)), nn.Parameter(np.ones(3, np.float32))
    model[0].weight.requires_grad = False
    old = model[0].weight
    state = {name: v.astype(np.float32) if v.dtype == float else v for name, v in model.state_dict().items()}
    state["0.bias"] = given
    assert model.load_state_dict(state, assign=True) == ([], [])
    assert model[0].bias is given
    assert model[0].weight is not old
    assert not model[0].weight.requires_grad
    assert kinds(model) == {"float32", "int64"}
    state["0.weight"][:] = 100
    assert model[0].weight.numpy().max() < 100


def test_what_is_shared_is_shared_after_it_is_assigned() -> None:
    model = nn.Module()
    model.a = model.b = nn.Parameter([1.0])
    model.parts = [model.a, {"c": nn.Parameter([2.0])}]
    model.load_state_dict({"a": [3.0], "b": [3.0], "parts.0": [3.0], "parts.1.c": [4.0]}, assign=True)
    assert model.a is model.b is model.parts[0]
    assert model.parts[1]["c"].tolist() == [4.0]


def test_a_state_that_cannot_be_assigned_changes_nothing() -> None:
    model = network()
    before = model.state_dict()
    for bad in ({"2.bias": np.ones(3)}, {"2.bias": np.ones(2, complex)}, {"2.bias": ["a", "b"]}):
        with pytest.raises(errors.StateDictError, match=r"2\.bias"):
            model.load_state_dict({**before, **bad}, assign=True)
    np.testing.assert_equal(model.state_dict(), before)


def test_variables_are_kept_where_they_are_asked_for() -> None:
    model = network()
    kept = model.state_dict(prefix="net.", keep_vars=True)
    assert kept["net.0.weight"] is model[0].weight
