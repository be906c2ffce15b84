"""Hooks of modules: when they are called, what they change, under transforms and in compiled functions, copied."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import numpy as np
import pytest
from backends import NATIVE
from helpers import leaf, network

import autograd_lite as ag
from autograd_lite import errors, nn

X = np.array([[0.3, -0.8], [0.5, 0.1]])


class Two(nn.Module):
    def forward(self, a: Any, b: Any) -> Any:
        return a * b, a + b


def doubled(module: Any, args: Any, output: Any) -> Any:
    return 2 * output


def tenfold(module: Any, grad_input: Any, grad_output: Any) -> Any:
    return (10 * grad_input[0],)


def test_forward_hooks_change_arguments_and_output_in_order() -> None:
    layer = nn.Identity()
    layer.register_forward_hook(doubled)
    layer.register_forward_hook(lambda m, args, y: y + 1)
    first = layer.register_forward_hook(lambda m, args, y: y - 3, prepend=True)
    pre = layer.register_forward_pre_hook(lambda m, args: (args[0] + 10,))
    assert layer(1.0) == 2 * (11 - 3) + 1
    first.remove()
    assert layer(1.0) == 2 * 11 + 1
    pre.remove()
    pre.remove()
    assert layer(1.0) == 3.0
    assert nn.Sequential(layer, layer)(1.0) == 7.0


def test_a_hook_that_is_called_always_hears_of_an_error() -> None:
    layer, heard = nn.Linear(2, 1), []
    layer.register_forward_hook(lambda m, args, y: heard.append("not"))
    layer.register_forward_hook(lambda m, args, kwargs, y: heard.append(y), always_call=True, with_kwargs=True)
    with pytest.raises(errors.ShapeError):
        layer(np.ones(5))
    assert heard == [None]
    layer.register_forward_hook(lambda m, args, y: 1 / 0, always_call=True)
    with pytest.warns(errors.AutogradWarning, match="always_call"), pytest.raises(errors.ShapeError):
        layer(np.ones(5))


def test_backward_hooks_see_each_call_once_and_change_what_goes_on() -> None:
    two, seen = Two(), []
    two.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    handle = two.register_full_backward_hook(lambda m, gi, go: (gi[0], 0 * gi[1]))
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y, z = two(a, b)
    (y.sum() + z.sum()).backward()
    (gi, go), = seen
    assert [g.tolist() for g in gi] == [[4.0, 5.0], [2.0, 3.0]]
    assert [g.tolist() for g in go] == [[1.0, 1.0], [1.0, 1.0]]
    assert (a.grad.tolist(), b.grad.tolist()) == ([4.0, 5.0], [0.0, 0.0])
    handle.remove()
    two(a, 2.0)[0].sum().backward()
    assert seen[1][0][1] is None
    assert seen[1][1][1] is None
    assert len(seen) == 2


def test_backward_hooks_are_called_where_no_input_requires_a_gradient() -> None:
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].tolist())))
    layer(X).sum().backward()
    assert seen == [((None,), [[1.0], [1.0]])]
    with ag.no_grad():
        layer(X)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("hook", "words"),
    [(lambda m, gi, go: (1.0, 2.0, 3.0), "3 gradients, where"), (lambda m, gi, go: (np.ones(5), None), "fit")],
)
def test_what_a_backward_hook_returns_has_to_fit(hook: Any, words: str) -> None:
    two = Two()
    two.register_full_backward_hook(hook)
    with pytest.raises(errors.AutogradError, match=words):
        two(leaf([1.0, 2.0]), leaf([1.0, 2.0]))[0].sum().backward()


def test_an_output_that_backward_hooks_cannot_look_at_is_refused() -> None:
    class Named(nn.Module):
        def forward(self, x: Any) -> Any:
            return {"y": x}

    layer = Named()
    layer.register_full_backward_hook(tenfold)
    with pytest.raises(errors.LayerError, match=r"returns a dict.*Write return y"):
        layer(leaf([1.0]))


def test_a_changed_result_leaves_what_it_was_computed_from() -> None:
    layer = nn.Identity()
    layer.register_full_backward_hook(lambda m, gi, go: None)
    x = leaf([1.0, 2.0])
    h = 1 * x
    y = layer(h)
    y += 1
    assert h.detach().tolist() == [1.0, 2.0]
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def hooked() -> nn.Module:
    model = network(rng=0)
    model[1].register_full_backward_hook(tenfold)
    model[0].register_forward_hook(doubled)
    return model


def steps(model: Any, wrap: Any) -> list[Any]:
    optimizer = ag.optim.SGD(model.parameters(), lr=0.01)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = np.sum(model(x) ** 2)
        loss.backward()
        optimizer.step()
        return loss.detach()

    run = wrap(step)
    return [float(run(X)) for _ in range(3)]


@pytest.mark.parametrize("backend", ["numpy", *NATIVE])
def test_a_compiled_step_calls_hooks(backend: str) -> None:
    plain = steps(hooked(), lambda f: f)
    np.testing.assert_allclose(steps(hooked(), lambda f: ag.compile(f, backend=backend)), plain, rtol=1e-12)
    assert plain != steps(network(rng=0), lambda f: f)


def test_a_hook_that_comes_later_is_compiled_anew_and_one_that_does_something_else_is_refused() -> None:
    model, seen = network(rng=0), []
    run = ag.compile(model)
    before = run(X).detach()
    model[-1].register_forward_hook(doubled)
    np.testing.assert_allclose(run(X).detach(), 2 * before)
    model[-1].register_forward_hook(lambda m, args, y: seen.append(1))
    with pytest.raises(errors.CompileError, match="'seen'"):
        run(X)


def test_transforms_differentiate_through_hooks_and_those_that_go_backwards_call_them() -> None:
    two, plain, changed = Two(), Two(), Two()
    two.register_full_backward_hook(lambda m, gi, go: None)
    changed.register_full_backward_hook(lambda m, gi, go: (3 * gi[0], 3 * gi[1]))

    def loss(m: Any) -> Any:
        return lambda a: np.sum(np.multiply(*m(a, a * a)))

    a = np.array([0.5, 1.5])
    for transform in (ag.grad, ag.hessian, ag.jacobian):
        np.testing.assert_allclose(transform(loss(two))(a), transform(loss(plain))(a))
    np.testing.assert_allclose(ag.grad(loss(changed))(a), 3 * ag.grad(loss(plain))(a))
    np.testing.assert_allclose(ag.jvp(loss(changed), (a,), (a,))[1], ag.jvp(loss(plain), (a,), (a,))[1])
    np.testing.assert_allclose(ag.jvp(loss(two), (a,), (a,))[1], ag.jvp(loss(plain), (a,), (a,))[1])
    np.testing.assert_allclose(ag.vmap(lambda a: two(a, a)[0])(X), X * X)
    assert ag.gradcheck(loss(two), [a])


def test_a_second_derivative_goes_through_hooks() -> None:
    layer = nn.Identity()
    layer.register_full_backward_hook(tenfold)
    x = leaf(2.0)
    layer(x**3).backward(create_graph=True)
    g = x.grad
    assert g.item() == 120.0
    x.zero_grad()
    g.backward()
    assert x.grad.item() == 120.0


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_hooks_are_copied(clone: Any) -> None:
    model = hooked()
    twin = clone(model)
    np.testing.assert_array_equal(twin(X).detach(), model(X).detach())
    twin[0]._forward_hooks.clear()
    assert (twin(X).detach() != model(X).detach()).any()


def test_a_pre_hook_with_kwargs_returns_a_pair() -> None:
    layer = nn.Identity()
    layer.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(errors.ArgumentError, match=re.escape("Write return args, kwargs")):
        layer(1.0)


def test_pictures_of_hooked_modules_are_drawn() -> None:
    assert "hooked" not in str(ag.explain(network(rng=0)(X)))
    assert ag.visualize(hooked(), X) is not None


def test_a_batch_goes_through_hooks_as_a_whole() -> None:
    two, calls = Two(), [0]

    def look(module: Any, grad_input: Any, grad_output: Any) -> Any:
        calls[0] += 1
        assert grad_input[0].shape == (2,)
        return 2 * grad_input[0], grad_input[1]

    two.register_full_backward_hook(look)
    found = ag.vmap(ag.grad(lambda a: np.sum(np.multiply(*two(a, a)))))(X)
    np.testing.assert_allclose(found, 1.5 * 6 * X**2)
    assert calls[0] == 1
    fixed = ag.vmap(ag.grad(lambda a: np.sum(two(a, X[0])[0])))(X)
    np.testing.assert_allclose(fixed, 2 * np.stack([X[0]] * 2))


@pytest.mark.parametrize("several", [False, True])
def test_a_hook_sees_what_hooks_of_the_result_have_made_of_its_gradient(several: bool) -> None:
    layer: Any = Two() if several else nn.Identity()
    seen: list[Any] = []
    layer.register_full_backward_pre_hook(lambda module, grad_output: seen.append(grad_output[0].tolist()))
    layer.register_full_backward_hook(lambda module, grad_input, grad_output: seen.append(grad_output[0].tolist()))
    x = leaf([1.0, 2.0])
    y = layer(x, x)[0] if several else layer(x)
    y.register_hook(lambda g: g * 3)
    y.sum().backward()
    assert seen == [[3.0, 3.0], [3.0, 3.0]]
