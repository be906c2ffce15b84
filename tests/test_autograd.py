"""`ag.autograd.grad` and `backward`: derivatives of what is computed already, as PyTorch has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors

X = np.array([0.5, -1.0, 2.0])


def leaf(x: Any = X) -> Any:
    return ag.Tensor(x, requires_grad=True)


def test_the_derivative_by_leaves_and_no_grad_is_changed() -> None:
    x, w = leaf(), leaf(2 * X)
    found = ag.autograd.grad((x * x * w).sum(), [x, w])
    assert [g.tolist() for g in found] == [(2 * X * 2 * X).tolist(), (X * X).tolist()]
    assert x.grad is None
    assert w.grad is None
    assert not found[0].requires_grad


def test_the_derivative_by_what_was_computed() -> None:
    x = leaf()
    y = x * 3
    z = (y * y).sum()
    (g,) = ag.autograd.grad(z, y, retain_graph=True)
    assert g.tolist() == (6 * X).tolist()
    by_y, by_x = ag.autograd.grad(z, [y, x])
    assert by_y.tolist() == g.tolist()
    assert by_x.tolist() == (18 * X).tolist()


def test_the_derivative_by_the_parameters_of_a_model() -> None:
    """Which come one by one, and once."""
    model = ag.nn.Linear(3, 2)
    by_weight, by_bias = ag.autograd.grad(model(X).sum(), model.parameters())
    assert by_weight.tolist() == [X.tolist()] * 2
    assert by_bias.tolist() == [1.0, 1.0]


def test_each_output_has_its_cotangent() -> None:
    x = leaf()
    y, z = x * 2, (x**3).sum()
    v = np.array([1.0, 0.0, -1.0])
    expected = 2 * v + 3 * X**2
    for given in ([v, None], (ag.tensor(v), None), [v, 1.0]):
        (g,) = ag.autograd.grad([y, z], x, given, retain_graph=True)
        assert g.tolist() == expected.tolist()
    (g,) = ag.autograd.grad(y, x, v)
    assert g.tolist() == (2 * v).tolist()


def test_higher_orders() -> None:
    x = leaf()
    (first,) = ag.autograd.grad((x**4).sum(), x, create_graph=True)
    (second,) = ag.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = ag.autograd.grad(second.sum(), x)
    np.testing.assert_allclose(third.numpy(), 24 * X)


def test_the_penalty_of_a_gradient() -> None:
    """The norm of a derivative by the input is trained by `backward`, as in Wasserstein GANs with a penalty."""
    ag.manual_seed(0)
    net = ag.nn.Sequential(ag.nn.Linear(3, 4), ag.nn.Tanh(), ag.nn.Linear(4, 1))
    x = leaf(np.stack([X, -X]))
    y = net(x)
    (g,) = ag.autograd.grad(outputs=y, inputs=x, grad_outputs=ag.ones_like(y), create_graph=True, retain_graph=True)
    ((g.norm(2, dim=1) - 1) ** 2).mean().backward()

    def penalty(params: Any) -> Any:
        slope = ag.grad(lambda x: ag.nn.functional_call(net, params, x).sum())(x.detach())
        return ((slope.norm(2, axis=1) - 1) ** 2).mean()

    expected = ag.grad(penalty)({name: p.detach() for name, p in net.named_parameters() if name != "2.bias"})
    for name, d in expected.items():
        np.testing.assert_allclose(dict(net.named_parameters())[name].grad.numpy(), d.numpy(), rtol=1e-10, atol=1e-14)


def test_nothing_beside_the_way_is_computed() -> None:
    calls = []
    watched = ag.custom_op(lambda x: x * 2.0, vjp=lambda g, x: calls.append(1) or 2 * g)
    x, w = leaf(), leaf()
    y = (x * watched(w)).sum()
    ag.autograd.grad(y, x, retain_graph=True)
    assert calls == []
    ag.autograd.grad(y, w)
    assert calls == [1]


def test_what_was_not_used() -> None:
    x, w = leaf(), leaf()
    y = x.sum()
    with pytest.raises(errors.NoPathError, match=r"input 1 .*allow_unused=True"):
        ag.autograd.grad(y, [x, w], retain_graph=True)
    assert ag.autograd.grad(y, [x, w], retain_graph=True, allow_unused=True)[1] is None
    assert ag.autograd.grad(y, [x, w], materialize_grads=True)[1].tolist() == [0.0, 0.0, 0.0]


def test_hooks_are_called_and_graphs_given_back() -> None:
    x = leaf()
    x.register_hook(lambda g: 10 * g)
    y = (x * x).sum()
    (g,) = ag.autograd.grad(y, x)
    assert g.tolist() == (20 * X).tolist()
    with pytest.raises(errors.FreedGraphError):
        ag.autograd.grad(y, x)


def test_the_gradients_are_arrays_of_their_own() -> None:
    x, w = leaf(), leaf()
    seed = ag.ones(3)
    by_x, by_w = ag.autograd.grad(x + w, [x, w], seed)
    by_x += 1
    assert by_w.tolist() == seed.tolist() == [1.0, 1.0, 1.0]


def test_complex_gradients_are_those_of_backward() -> None:
    z = leaf(X + 1j)
    (np.abs(z) ** 2).sum().backward()
    (g,) = ag.autograd.grad((np.abs(z) ** 2).sum(), z)
    np.testing.assert_allclose(g.numpy(), z.grad.numpy())


def test_the_same_in_a_compiled_function() -> None:
    def f(x: Any) -> Any:
        t = x * 1.0
        (g,) = ag.autograd.grad((t**3).sum(), t, create_graph=True)
        return (g * g).sum()

    step = ag.compile(ag.grad(f))
    for x in (X, 2 * X):
        np.testing.assert_allclose(step(x), 36 * x**3, rtol=1e-12)
        np.testing.assert_allclose(ag.grad(f)(x), 36 * x**3, rtol=1e-12)


def test_backward_of_several_in_one_sweep() -> None:
    x = leaf()
    shared = np.exp(x)
    ag.autograd.backward([shared.sum(), shared * x], [None, np.ones(3)])
    np.testing.assert_allclose(x.grad.numpy(), np.exp(X) * (2 + X))


def test_backward_adds_to_the_inputs_alone() -> None:
    x, w = leaf(), leaf(2 * X)
    y = x * w
    y.sum().backward(inputs=[w], retain_graph=True)
    assert w.grad.tolist() == X.tolist()
    assert x.grad is None
    ag.autograd.backward((y * y).sum(), inputs=y, retain_graph=True)
    assert y.grad.tolist() == (4 * X * X).tolist()
    (y * 3).sum().backward(inputs=(x, y), create_graph=True)
    assert x.grad.tolist() == (6 * X).tolist()
    assert y.grad.tolist() == (4 * X * X + 3).tolist()
    assert w.grad.tolist() == X.tolist()
    x.grad.sum().backward()
    assert w.grad.tolist() == (X + 3).tolist()


def test_arguments_of_pytorch() -> None:
    x = leaf()
    assert ag.autograd.grad(x.sum(), x, None, None, False, True, True)[0].tolist() == [1.0] * 3
    assert ag.autograd.grad(x.sum(), [x], only_inputs=True)[0].tolist() == [1.0] * 3
    x.sum().backward(None, None)
    assert x.grad.tolist() == [1.0] * 3


@pytest.mark.parametrize("name", errors.NOT_IN_AUTOGRAD)
def test_an_import_of_what_has_another_name_says_which(name: str) -> None:
    with pytest.raises(ImportError, match="Write"):
        exec(f"from autograd_lite.autograd import {name}")


@pytest.mark.parametrize("name", errors.NOT_TAKEN_OVER)
def test_an_import_of_what_is_not_here_says_what_to_write(name: str) -> None:
    with pytest.raises(ImportError, match=r"[Ww]rite"):
        exec(f"from autograd_lite import {name}")
    with pytest.raises(ImportError, match="cannot import name"):
        exec("from autograd_lite import what_is_nowhere")


def test_recording_is_set_from_a_call_on_and_for_a_block() -> None:
    for mode in (False, True):
        with ag.set_grad_enabled(mode):
            assert (leaf() * 2).requires_grad is mode
            with ag.set_grad_enabled(not mode), ag.enable_grad():
                assert ag.is_grad_enabled()
            assert ag.is_grad_enabled() is mode
        assert ag.is_grad_enabled()
    try:
        ag.set_grad_enabled(False)
        assert not (leaf() * 2).requires_grad
    finally:
        ag.set_grad_enabled(True)
    assert (leaf() * 2).requires_grad


def test_recording_is_set_for_a_function() -> None:
    @ag.autograd.set_grad_enabled(mode=False)
    def f(x: Any) -> Any:
        return x * 2

    assert ag.is_grad_enabled()
    assert not f(leaf()).requires_grad
    assert ag.is_grad_enabled()


REFUSED = {
    "an input of backward() without a gradient": (lambda x: x.sum().backward(inputs=[ag.ones(3)]), errors.NoPathError),
    "no cotangent": (lambda x: ag.autograd.grad(x * 2, x), errors.NonScalarError),
    "another shape": (lambda x: ag.autograd.grad(x * 2, x, np.ones(2)), errors.SeedError),
    "too many cotangents": (lambda x: ag.autograd.grad(x.sum(), x, [None, None]), errors.ArgumentError),
    "an input without a gradient": (lambda x: ag.autograd.grad(x.sum(), ag.ones(3)), errors.NoPathError),
    "an array as an input": (lambda x: ag.autograd.grad(x.sum(), X), errors.NoPathError),
    "an output without a history": (lambda x: ag.autograd.grad(ag.ones(3).sum(), x), errors.NoPathError),
    "a number as an output": (lambda x: ag.autograd.backward([1.0]), errors.NoPathError),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    call, kind = REFUSED[name]
    with pytest.raises(kind):
        call(leaf())
