"""backward(): seeds, accumulation, retained and recorded graphs, hooks, and what a failure leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from helpers import Failure, leaf

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.forms import custom
from autograd_lite.engine.registry import REGISTRY

# ----- seeds -----


@pytest.mark.parametrize("shape", [(), (1,), (1, 1, 1)])
def test_one_number_needs_no_seed(shape: tuple[int, ...]) -> None:
    x = leaf(np.full(shape, 3.0))
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, np.full(shape, 6.0), strict=True)


@pytest.mark.parametrize(
    "seed", [[1, 10, 100], (1.0, 10.0, 100.0), np.array([1, 10, 100], np.uint8), ag.Tensor([1.0, 10, 100])]
)
def test_a_seed_weighs_the_elements(seed: Any) -> None:
    x = leaf()
    (x * 2).backward(seed)
    np.testing.assert_array_equal(x.grad, [2.0, 20.0, 200.0], strict=True)


def test_the_seed_by_its_name_and_place() -> None:
    x = leaf(2.0)
    (x * x).backward(gradient=0.5)
    (x * x).backward(0.5, True, False)
    assert x.grad is not None
    assert x.grad.item() == 4.0


def test_a_seed_of_another_dtype_is_cast() -> None:
    x = leaf(np.array([1, 2], np.float32))
    (x * x).backward(np.array([1.0, 2.0], np.float64))
    np.testing.assert_array_equal(x.grad, np.array([2.0, 8.0], np.float32), strict=True)


def test_a_seed_of_zeros_gives_zeros() -> None:
    x = leaf()
    np.log(x).backward(np.zeros(3))
    np.testing.assert_array_equal(x.grad, [0.0, 0.0, 0.0])


def test_an_empty_tensor() -> None:
    x = leaf(np.ones((0, 3)))
    (x * 2).backward(np.ones((0, 3)))
    np.testing.assert_array_equal(x.grad, np.ones((0, 3)), strict=True)
    x.zero_grad()
    (x * 2).sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones((0, 3)), strict=True)


@pytest.mark.parametrize("gradient", [np.ones((2, 3)), np.ones(4), np.ones((3, 1)), 1.0, np.ones(())])
def test_a_seed_of_another_shape_is_refused_before_any_rule_runs(gradient: Any) -> None:
    x = leaf()
    y = x * x
    with pytest.raises(errors.SeedError):
        y.backward(gradient)
    assert x.grad is None
    y.backward(np.ones(3))  # nothing was released
    np.testing.assert_array_equal(x.grad, [2.0, 4.0, 6.0])


# ----- accumulation -----


def test_two_graphs_accumulate_in_one_leaf() -> None:
    x = leaf(2.0)
    (x * 3).backward()
    (x * 5).backward()
    assert x.grad is not None
    assert x.grad.item() == 8.0
    x.zero_grad()
    assert x.grad is None


def test_what_is_not_used_gets_none() -> None:
    x, unused = leaf(), leaf()
    y = x * 2
    unused * 3
    y.sum().backward()
    assert unused.grad is None
    with pytest.warns(errors.AutogradWarning, match=r"made by multiply, is None.*Write with ag.no_grad\(\): w -= "):
        assert y.grad is None


def test_a_step_that_makes_another_tensor_of_a_parameter_says_so() -> None:
    w = leaf()
    for _ in range(2):
        (w * w).sum().backward()
        if w.is_leaf:
            w = w - 0.1 * w.grad  # type: ignore[operator]
    with pytest.warns(errors.AutogradWarning, match="made by subtract") as caught, pytest.raises(TypeError):
        w - 0.1 * w.grad  # type: ignore[operator]
    assert caught[0].filename == __file__
    kept = leaf() * 2
    kept.retain_grad()
    assert kept.grad is None


def test_grad_can_be_set_scaled_and_removed() -> None:
    x = leaf()
    x.grad = [1, 2, 3]
    assert x.grad is not None
    assert x.grad.dtype == np.float64
    x.grad *= 2
    np.testing.assert_array_equal(x.grad, [2.0, 4.0, 6.0])
    (x * 1).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 5.0, 7.0])
    x.grad = None
    assert x.grad is None


def test_the_gradient_is_the_same_object_until_it_changes() -> None:
    x = leaf()
    (x * 2).sum().backward()
    assert x.grad is x.grad
    assert isinstance(x.grad, ag.Tensor)
    assert not x.grad.requires_grad


@pytest.mark.parametrize(
    "f",
    [
        pytest.param(lambda x, y: (x + y).sum(), id="the cotangent itself"),
        pytest.param(lambda x, y: (x - y).sum(), id="its negative"),
        pytest.param(lambda x, y: np.concatenate([x, y]).sum(), id="parts of it"),
        pytest.param(lambda x, y: np.stack([x, y, x]).sum(), id="rows of it"),
        pytest.param(lambda x, y: (np.broadcast_to(x, (4, 3)) + y).mean(), id="broadcast"),
        pytest.param(lambda x, y: (x.reshape(3, 1) + y.T).T.sum(), id="transposed"),
        pytest.param(lambda x, y: x[::-1].sum() + y[:].sum(), id="read"),
    ],
)
def test_gradients_are_writable_and_share_no_memory(f: Callable[..., ag.Tensor]) -> None:
    x, y = leaf(), leaf()
    f(x, y).backward()
    assert x.grad is not None
    assert y.grad is not None
    before = y.grad.numpy().copy()
    a, b = x.grad.numpy(), y.grad.numpy()
    assert a.flags.writeable
    assert all(a.strides)
    assert not np.shares_memory(a, b)
    a[:] = 99.0
    np.testing.assert_array_equal(y.grad, before)
    np.testing.assert_array_equal(x.grad, [99.0, 99.0, 99.0])


@pytest.mark.parametrize("make", [np.array, ag.Tensor, lambda v: np.asarray(ag.Tensor(v))])
def test_a_seed_changed_after_backward_changes_no_gradient(make: Callable[[Any], Any]) -> None:
    x = leaf()
    seed = make([1.0, 2.0, 3.0])
    view = np.asarray(seed)
    (x + 0).backward(seed)
    view[:] = 99.0
    np.testing.assert_array_equal(x.grad, [1.0, 2.0, 3.0])


def test_a_result_used_twice_gets_the_sum() -> None:
    x = leaf(2.0)
    y = x * x
    (y * y + 3 * y).backward()
    assert x.grad is not None
    assert x.grad.item() == 4 * 8 + 12


# ----- the graph -----


def test_a_second_backward_is_refused() -> None:
    x = leaf()
    y = (x * x).sum()
    y.backward()
    with pytest.raises(errors.FreedGraphError, match="sum"):
        y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0, 6.0])


def test_a_second_loss_through_a_freed_part_is_refused() -> None:
    x = leaf()
    shared = np.exp(x)
    first, second = shared.sum(), (shared * 2).sum()
    first.backward()
    before = x.grad.numpy().copy()  # type: ignore[union-attr]
    with pytest.raises(errors.FreedGraphError, match="exp"):
        second.backward()
    np.testing.assert_array_equal(x.grad, before)


def test_a_graph_can_grow_on_a_freed_part_that_needs_no_gradient() -> None:
    x = leaf()
    y = np.exp(x)
    y.sum().backward()
    z = leaf(2.0)
    (y.detach() * z).sum().backward()
    assert z.grad is not None


@pytest.mark.parametrize("options", [{"retain_graph": True}, {"create_graph": True}])
def test_a_retained_graph_is_swept_again(options: dict[str, bool]) -> None:
    x = leaf()
    y = (x * x * x).sum()
    y.backward(**options)
    y.backward(**options)
    y.backward()
    np.testing.assert_allclose(x.grad.detach(), 3 * 3 * np.array([1.0, 4.0, 9.0]))  # type: ignore[union-attr]
    with pytest.raises(errors.FreedGraphError):
        y.backward()


def test_derivatives_of_derivatives() -> None:
    x = leaf(2.0)
    y = x**4
    values = []
    for _ in range(4):
        y.backward(create_graph=True)
        y, x.grad = x.grad, None  # type: ignore[assignment]
        values.append(y.item())
    assert values == [32.0, 48.0, 48.0, 24.0]


@pytest.mark.parametrize("recording", [True, False])
def test_recorded_gradients_accumulate_recorded(recording: bool) -> None:
    x = leaf(3.0)
    y, z = x**3, x**2
    with ag.enable_grad() if recording else ag.no_grad():
        y.backward(create_graph=True)
        z.backward(create_graph=True)
    first, x.grad = x.grad, None
    assert first is not None
    first.backward()
    assert x.grad is not None
    assert x.grad.item() == 6 * 3 + 2


def test_a_graph_made_outside_is_swept_inside_no_grad() -> None:
    x = leaf()
    y = (x * x).sum()
    with ag.no_grad():
        y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0, 6.0])


def test_backward_of_a_leaf_is_its_seed() -> None:
    x = leaf(3.0)
    x.backward()
    x.backward(2.0)
    assert x.grad is not None
    assert x.grad.item() == 3.0


def test_retain_grad_keeps_and_accumulates_the_gradient_of_a_result() -> None:
    x = leaf()
    y = x * 2
    y.retain_grad()
    z = (y * y).sum()
    z.backward(retain_graph=True)
    np.testing.assert_array_equal(y.grad, [4.0, 8.0, 12.0])
    z.backward()
    np.testing.assert_array_equal(y.grad, [8.0, 16.0, 24.0])
    x.retain_grad()  # a leaf keeps its gradient anyway
    np.testing.assert_array_equal(x.grad, [16.0, 32.0, 48.0])


def test_retain_grad_and_name_survive_a_change_in_place() -> None:
    x = leaf()
    y = x * 2
    y.retain_grad()
    y.name = "y"
    y *= 3
    (y * y).sum().backward()
    assert y.name == "y"
    np.testing.assert_array_equal(y.grad, [12.0, 24.0, 36.0])


# ----- hooks -----


def test_hooks_see_the_complete_gradient_once_and_may_replace_it() -> None:
    x = leaf()
    y = x * 2
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(g.tolist()))
    (y + y).sum().backward()
    assert seen == [[2.0, 2.0, 2.0], [20.0, 20.0, 20.0]]
    np.testing.assert_array_equal(x.grad, [40.0, 40.0, 40.0])


def test_hooks_of_a_leaf_run_before_it_accumulates() -> None:
    x = leaf()
    handle = x.register_hook(lambda g: np.minimum(g, 1.0))
    (x * 5).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0, 1.0])
    handle.remove()
    handle.remove()
    (x * 5).sum().backward()
    np.testing.assert_array_equal(x.grad, [6.0, 6.0, 6.0])


def test_many_hooks_whose_handles_nobody_keeps() -> None:
    x = leaf(1.0)
    seen: list[int] = []
    for i in range(20):
        x.register_hook(lambda g, i=i: seen.append(i))
    (x * 1).backward()
    assert seen == list(range(20))


def test_a_hook_s_result_takes_the_dtype_of_the_gradient() -> None:
    x = leaf(np.ones(2, np.float32))
    x.register_hook(lambda g: [1, 2])
    (x * 1).sum().backward()
    np.testing.assert_array_equal(x.grad, np.array([1.0, 2.0], np.float32), strict=True)


def test_hooks_take_part_in_recorded_sweeps() -> None:
    x = leaf(2.0)
    y = x * 1
    handle = y.register_hook(lambda g: g * x)
    (y * y).backward(create_graph=True)
    handle.remove()
    first, x.grad = x.grad, None
    assert first is not None
    assert first.item() == 8.0
    first.backward()
    assert x.grad is not None
    assert x.grad.item() == 8.0


@pytest.mark.parametrize("result", [np.ones(2), 1.0, np.ones((3, 1))])
def test_a_hook_s_result_of_another_shape_is_refused(result: Any) -> None:
    x = leaf()
    y = x * 2
    y.register_hook(lambda g: result)
    with pytest.raises(errors.RuleError, match="multiply"):
        y.sum().backward()
    assert x.grad is None


def test_a_hook_may_run_a_sweep_of_its_own() -> None:
    x, w = leaf(2.0), leaf(3.0)
    x.register_hook(lambda g: (w * g).backward())
    (x * x).backward()
    assert w.grad is not None
    assert w.grad.item() == 4.0


# ----- failures -----


@pytest.fixture
def faulty() -> Iterator[dict[str, Any]]:
    """An operation that doubles, and whose rule does what a test tells it to."""
    behaviour: dict[str, Any] = {"rule": lambda g: 2 * g}

    def double(x: Any) -> Any:
        return 2 * x

    behaviour["double"] = custom(double, lambda g: behaviour["rule"](g))
    yield behaviour
    del REGISTRY[double]


@pytest.mark.parametrize("kind", [Failure, KeyboardInterrupt, MemoryError, FloatingPointError])
@pytest.mark.parametrize("options", [{}, {"retain_graph": True}, {"create_graph": True}])
def test_a_rule_that_raises_leaves_no_partial_gradient(
    faulty: dict[str, Any], kind: type[BaseException], options: dict[str, bool]
) -> None:
    x, w = leaf(), leaf()

    def rule(g: Any) -> Any:
        raise kind

    faulty["rule"] = rule
    y = (faulty["double"](x) + w * w).sum()
    with pytest.raises(kind):
        y.backward(**options)
    assert x.grad is None
    assert w.grad is None
    faulty["rule"] = lambda g: 2 * g
    if options:
        y.backward()
        np.testing.assert_array_equal(w.grad, [2.0, 4.0, 6.0])
    else:
        with pytest.raises(errors.FreedGraphError):
            y.backward()
    fresh = faulty["double"](x).sum()
    x.zero_grad()
    fresh.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0, 2.0])


@pytest.mark.parametrize("shape", [(2,), (3, 2), (1, 4), (3, 1)])
@pytest.mark.parametrize("options", [{}, {"create_graph": True}])
def test_a_rule_that_returns_another_shape_is_named(
    faulty: dict[str, Any], shape: tuple[int, ...], options: dict[str, bool]
) -> None:
    faulty["rule"] = lambda g: g.sum() * np.ones(shape)
    x = leaf()
    with pytest.raises(errors.RuleError, match="double") as caught:
        faulty["double"](x).sum().backward(**options)
    assert str(shape) in str(caught.value)
    assert "(3,)" in str(caught.value)
    assert x.grad is None


def test_a_gradient_of_a_broadcast_shape_is_summed(faulty: dict[str, Any]) -> None:
    faulty["rule"] = lambda g: np.ones((4, 3))
    x = leaf()
    faulty["double"](x).sum().backward()
    np.testing.assert_array_equal(x.grad, [4.0, 4.0, 4.0])


@pytest.mark.parametrize("returned", [None, "text", object(), [1.0, 2.0, 3.0]])
@pytest.mark.parametrize("options", [{}, {"create_graph": True}])
def test_a_rule_that_returns_no_array_is_named(faulty: dict[str, Any], returned: Any, options: dict[str, bool]) -> None:
    faulty["rule"] = lambda g: returned
    with pytest.raises(errors.RuleError, match="double"):
        faulty["double"](leaf()).sum().backward(**options)


def test_a_failed_hook_leaves_no_partial_gradient() -> None:
    x, w = leaf(), leaf()
    y = x * 2

    def hook(g: ag.Tensor) -> None:
        raise Failure

    y.register_hook(hook)
    with pytest.raises(Failure):
        (y + w).sum().backward()
    assert x.grad is None
    assert w.grad is None


def test_numpy_s_error_state_is_left_as_it_was() -> None:
    x = leaf([0.0, 1.0])
    with np.errstate(all="raise"):
        (x * 2).sum().backward()
        assert np.geterr()["divide"] == "raise"
    with np.errstate(divide="ignore"):
        y = np.log(x)
    with np.errstate(all="raise"):
        y.sum().backward()
    assert np.isinf(x.grad.numpy()).any()  # type: ignore[union-attr]


# ----- determinism -----


def test_bits_are_equal_over_repeats() -> None:
    data = np.random.default_rng(0).standard_normal((4, 5))

    def gradients() -> list[bytes]:
        x, w = leaf(data), leaf(data.T.copy())
        h = np.tanh(x @ w)
        (h * h + np.exp(-h) + x.sum() * w.mean() + np.sum(x[::2] * 3)).sum().backward()
        return [t.grad.numpy().tobytes() for t in (x, w)]  # type: ignore[union-attr]

    assert all(gradients() == gradients() for _ in range(5))
