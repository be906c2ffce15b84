"""SGD: its formulas, its refusals, and a step that happens as a whole or not at all."""

from __future__ import annotations

import _thread
import copy
import pickle
import random
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from helpers import leaf
from interrupts import BeforeBytecode, everywhere

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.optim import SGD, Optimizer

# ----- formulas -----


def reference(gradients: list[float], start: float, *, lr: float, **settings: Any) -> Iterator[float]:
    """PyTorch's formulas on one number, with no v before the first step."""
    momentum, dampening = settings.get("momentum", 0), settings.get("dampening", 0)
    p, v = start, None
    for gradient in gradients:
        g = gradient + settings.get("weight_decay", 0) * p
        if momentum:
            v = g if v is None else momentum * v + (1 - dampening) * g
            g = g + momentum * v if settings.get("nesterov") else v
        p = p - lr * g
        yield p


@pytest.mark.parametrize(
    "settings",
    [
        {"lr": 0.1},
        {"lr": 0.1, "weight_decay": 0.3},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.4},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True},
        {"lr": 0.1, "momentum": 0.5, "dampening": 1, "weight_decay": 0.01},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.2},
        {"lr": 0.1, "dampening": 0.4},
        {"lr": 0},
    ],
    ids=str,
)
def test_the_sequence_is_that_of_the_formulas(settings: dict[str, Any]) -> None:
    gradients = [1.0, -0.5, 2.0, 0.25, 0.0]
    p = leaf([2.0, 2.0])
    opt = SGD([p], **settings)
    for gradient, expected in zip(gradients, reference(gradients, 2.0, **settings), strict=True):
        p.grad = np.full(2, gradient)
        opt.step()
        np.testing.assert_allclose(p.numpy(), [expected] * 2, rtol=1e-14)


def test_two_steps_computed_by_hand() -> None:
    p = leaf([1.0])
    opt = SGD([p], lr=0.1, momentum=0.5)
    for expected in (1 - 0.1 * 2, 0.8 - 0.1 * (0.5 * 2 + 1.6)):
        opt.zero_grad()
        (p * p).sum().backward()
        opt.step()
        assert p.item() == pytest.approx(expected, rel=1e-14)
    assert opt.state[p]["momentum_buffer"].item() == pytest.approx(2.6, rel=1e-14)


@pytest.mark.parametrize("settings", [{}, {"momentum": 0.9, "weight_decay": 0.1}, {"momentum": 0.9, "dampening": 0.1}])
@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (2, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_and_dtype_stay(settings: dict[str, Any], shape: tuple[int, ...], dtype: Any) -> None:
    p = leaf(np.ones(shape), dtype=dtype)
    opt = SGD([p], lr=np.float64(0.1), **settings)
    for _ in range(2):
        opt.zero_grad()
        np.sum(p * p).backward()
        opt.step()
    assert (p.shape, p.dtype) == (shape, dtype)
    assert type(p.numpy()) is np.ndarray
    assert all(t.dtype in (dtype, bool) for t in opt.state.get(p, {}).values())


def test_a_gradient_that_was_itself_recorded_is_used_as_it_is() -> None:
    p = leaf([3.0])
    opt = SGD([p], lr=0.1)
    (p * p).sum().backward(create_graph=True)
    opt.step()
    assert p.item() == pytest.approx(3 - 0.1 * 6)
    assert p.is_leaf


def test_parameters_without_a_gradient_stay_and_remember_nothing() -> None:
    p, q = leaf([1.0]), leaf([2.0])
    opt = SGD([p, q], lr=0.1, momentum=0.9, weight_decay=0.1)
    (p * 2).sum().backward()
    opt.step()
    assert q.item() == 2.0
    assert q not in opt.state


def test_a_parameter_frozen_later_stays() -> None:
    p, q = leaf([1.0]), leaf([1.0])
    opt = SGD([p, q], lr=0.1)
    (p * q).sum().backward()
    q.requires_grad = False
    opt.zero_grad()
    (p * q).sum().backward()
    opt.step()
    assert (p.item(), q.item()) == (0.9, 1.0)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_gradient_outlives_that_its_parameter_is_frozen(compiled: bool) -> None:
    p, q = [leaf([float(i), 1.0]) for i in range(2)]
    opt = SGD([p, q], lr=0.1)

    def step() -> Any:
        p.zero_grad()
        p.sum().backward()
        opt.step()

    called = ag.compile(step) if compiled else step
    q.grad = [1.0, 2.0]
    for frozen in (False, True, True, False):
        q.requires_grad_(not frozen)
        called()
    np.testing.assert_allclose(q.detach(), [1 - 0.4, 1 - 0.8])
    np.testing.assert_allclose(p.detach(), [0 - 0.4, 1 - 0.4])


def test_what_was_recorded_before_a_step_keeps_its_derivative() -> None:
    p = leaf([3.0])
    y = (p * p).sum()
    p.grad = [1.0]
    SGD([p], lr=1.0).step()
    p.zero_grad()
    y.backward()
    assert p.grad.item() == 6.0


def test_an_array_handed_out_is_not_changed_by_a_step() -> None:
    p = leaf([3.0])
    opt = SGD([p], lr=1.0, momentum=0.5)
    p.grad = [1.0]
    before = p.numpy()
    opt.step()
    assert (before.item(), p.item()) == (3.0, 2.0)
    buffer = opt.state[p]["momentum_buffer"].numpy()
    p.grad.numpy()[0] = 100
    assert buffer.item() == 1.0
    opt.step()
    assert opt.state[p]["momentum_buffer"].item() == 100.5


# ----- settings and groups -----


def test_the_learning_rate_may_change_between_steps() -> None:
    p = leaf([1.0])
    opt = SGD([p], lr=0.1)
    p.grad = [1.0]
    opt.lr = 0.5
    opt.step()
    opt.param_groups[0]["lr"] = 0.25
    opt.step()
    assert opt.lr == 0.25
    assert p.item() == 1 - 0.5 - 0.25


def test_groups_have_settings_of_their_own() -> None:
    p, q, r = leaf([1.0]), leaf([1.0]), leaf([1.0])
    opt = SGD([{"params": [p], "lr": 0.5}, {"params": iter([("q", q)])}], lr=0.1)
    opt.add_param_group({"params": [r], "lr": 0.25, "momentum": 0.9})
    for t in (p, q, r):
        t.grad = [1.0]
    opt.step()
    assert (p.item(), q.item(), r.item()) == (0.5, 0.9, 0.75)
    assert list(opt.state) == [r]
    opt.lr = 1.0
    assert [group["lr"] for group in opt.param_groups] == [1.0, 1.0, 1.0]


def test_names_may_stand_beside_the_parameters() -> None:
    model = nn.Linear(2, 1)
    assert SGD(model.named_parameters()).param_groups[0]["params"] == [model.weight, model.bias]


def test_zero_grad_forgets_or_zeroes() -> None:
    p, q = leaf([1.0]), leaf([1.0])
    opt = SGD([p, q])
    p.grad = [1.0]
    opt.zero_grad(set_to_none=False)
    assert p.grad.item() == 0.0
    assert q.grad is None
    opt.zero_grad()
    assert p.grad is None


def test_repr_names_the_settings_and_no_data() -> None:
    assert repr(SGD(nn.Linear(2, 3).parameters(), lr=0.1)) == (
        "SGD(\n  (0): 9 numbers in 2 parameters, lr=0.1, momentum=0, dampening=0, weight_decay=0, nesterov=False, "
        "maximize=False\n)"
    )


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copy_of_model_and_optimiser_goes_on_by_itself(clone: Any) -> None:
    p = leaf([1.0])
    opt = SGD([p], lr=0.1, momentum=0.5)
    p.grad = [1.0]
    opt.step()
    twin, twin_opt = clone((p, opt))
    twin.grad = p.grad = [1.0]
    twin_opt.step()
    assert (p.item(), twin.item()) == (0.9, pytest.approx(0.9 - 0.15))
    assert twin_opt.state[twin]["momentum_buffer"].item() == 1.5


# ----- refusals -----


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"lr": -0.1}, "lr=-0.1"),
        ({"lr": np.nan}, "lr=nan"),
        ({"lr": np.inf}, "lr=inf"),
        ({"lr": "0.1"}, "lr='0.1'"),
        ({"momentum": -1}, "momentum=-1"),
        ({"dampening": -2}, "dampening=-2"),
        ({"weight_decay": -3}, "weight_decay=-3"),
        ({"nesterov": True}, "momentum=0, dampening=0"),
        ({"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "momentum=0.9, dampening=0.1"),
    ],
)
def test_settings_out_of_range_are_refused_by_value(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(errors.ArgumentError, match="Write") as caught:
        SGD([leaf(1.0)], **settings)
    assert named in str(caught.value)
    with pytest.raises(ValueError, match="Write"):
        SGD([{"params": [leaf(1.0)], **settings}])


def test_a_learning_rate_out_of_range_is_refused_later_too() -> None:
    opt = SGD([leaf(1.0)], lr=0.1)
    with pytest.raises(errors.ArgumentError, match="lr=-1"):
        opt.lr = -1
    assert opt.lr == 0.1


def doubled() -> list[ag.Tensor]:
    p = leaf(1.0, "w")
    return [p, p]


REFUSED = {
    "an empty list": (list, "no parameters"),
    "an empty group": (lambda: [{"params": []}], "no parameters"),
    "a group without parameters": (lambda: [{"lr": 0.1}], "no parameters"),
    "a Tensor with a history": (lambda: [leaf(1.0, "w") * 2], "made by multiply"),
    "a constant": (lambda: [ag.Tensor([1.0], name="w")], "'w' of shape (1,)"),
    "the same twice": (doubled, "'w' of shape ()"),
    "the same in two groups": (lambda: [{"params": [p]} for p in doubled()], "'w' of shape ()"),
    "a Tensor alone": (lambda: leaf([1.0, 2.0]), "a Tensor"),
    "a module": (lambda: nn.Linear(2, 2), "a Linear"),
    "a dict": (lambda: {"w": leaf(1.0)}, "a dict"),
    "arrays": (lambda: [np.ones(2)], "a ndarray"),
    "modules": (lambda: [nn.Linear(2, 2)], "a Linear"),
    "names": (lambda: ["w"], "a str"),
    "a number": (lambda: 3, "a int"),
    "parameters beside groups": (lambda: [leaf(1.0), {"params": [leaf(1.0)]}], "side by side"),
    "a misspelt setting": (lambda: [{"params": [leaf(1.0)], "momentun": 0.9}], "'momentun'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_optimised_is_refused(case: str) -> None:
    params, named = REFUSED[case]
    with pytest.raises(errors.ArgumentError, match="Write") as caught:
        SGD(params())
    assert named in str(caught.value)


def test_a_group_that_is_refused_is_not_added() -> None:
    p = leaf(1.0)
    opt = SGD([p])
    with pytest.raises(errors.ArgumentError):
        opt.add_param_group({"params": [leaf(1.0), p]})
    assert [group["params"] for group in opt.param_groups] == [[p]]


def test_a_subclass_without_its_formula_says_what_to_write() -> None:
    p = leaf(1.0)
    p.grad = 1.0
    with pytest.raises(NotImplementedError, match="def rule"):
        Optimizer([p]).step()


# ----- all or nothing -----


def stepping(joined: int = 0, **settings: Any) -> tuple[list[ag.Tensor], Optimizer]:
    parameters = [leaf([0.0]), leaf(0.0), leaf([[0.0, 0.0]]), *[leaf([0.0]) for _ in range(joined)]]
    for p in parameters:
        p.grad = np.ones(p.shape)
    return parameters, SGD(parameters, lr=1.0, **settings)


def snapshot(parameters: list[ag.Tensor], opt: Optimizer) -> list[Any]:
    """All values, and what is remembered; what is remembered as zero has not begun yet."""
    state = [sorted((k, t.tolist()) for k, t in opt.state[p].items() if t.numpy().any()) for p in opt.state]
    return [[p.tolist() for p in parameters], [s for s in state if s]]


ALL = {"momentum": 0.5, "dampening": 0.25, "weight_decay": 0.1}


@pytest.mark.parametrize(
    ("settings", "done", "joined"),
    [({}, 0, 0), ({}, 1, 6), ({"momentum": 0.5}, 1, 0), (ALL, 0, 0), (ALL, 0, 6), (ALL, 1, 6)],
)
def test_a_step_interrupted_before_any_bytecode_happens_wholly_or_not(
    settings: dict[str, Any], done: int, joined: int
) -> None:
    parameters, opt = stepping(joined, **settings)
    for _ in range(done):
        opt.step()
    states = [snapshot(parameters, opt)]
    for _ in range(2):
        opt.step()
        states.append(snapshot(parameters, opt))
    seen = []
    for block in everywhere(BeforeBytecode):
        parameters, opt = stepping(joined, **settings)
        for _ in range(done):
            opt.step()
        with block:
            opt.step()
        seen.append(states.index(snapshot(parameters, opt)))
        opt.step()
        assert snapshot(parameters, opt) == states[seen[-1] + 1]
    assert seen == sorted(seen)
    assert set(seen) == {0, 1}
    assert len(seen) > 100


@pytest.mark.parametrize("momentum", [0, 0.5])
def test_interrupts_at_random_moments_leave_400_parameters_at_one_step(momentum: float) -> None:
    parameters = [leaf([0.0]) for _ in range(400)]
    opt = SGD(parameters, lr=1.0, momentum=momentum)
    for p in parameters:
        p.grad = [1.0]
    delays = random.Random(0)
    for _ in range(30):
        timer = threading.Timer(delays.uniform(0, 0.004), _thread.interrupt_main)
        try:
            timer.start()
            while True:
                opt.step()
        except KeyboardInterrupt:
            timer.join()
        assert len({p.item() for p in parameters}) == 1
        buffers = [state["momentum_buffer"].item() for state in opt.state.values() if state]  # none in the first step
        assert len(set(buffers)) <= 1
    assert parameters[0].item() < 0


def test_an_optimiser_that_was_refused_is_in_nobodys_way() -> None:
    """As long as its error is kept, with the frames that hold it."""
    with pytest.raises(ag.errors.ArgumentError) as kept:
        SGD([leaf([1.0])], lr=-1.0)
    assert ag.compile(lambda x: x * 2.0)(np.ones(2)).tolist() == [2.0, 2.0]
    assert "lr" in str(kept.value)


def test_a_step_that_fails_changes_nothing() -> None:
    p, q = leaf([1.0]), leaf([1.0])
    opt = SGD([{"params": [p]}, {"params": [q], "lr": 0.1}], momentum=0.5)
    p.grad = q.grad = [1.0]
    opt.param_groups[1]["lr"] = "fast"
    with pytest.raises(ValueError, match="fast"):
        opt.step()
    assert (p.item(), q.item()) == (1.0, 1.0)


# ----- warnings -----


def train(opt: SGD, p: ag.Tensor, steps: int, zero: Any) -> None:
    for _ in range(steps):
        zero()
        (p * p).sum().backward()
        opt.step()


def test_gradients_that_are_never_zeroed_are_warned_of_once() -> None:
    p = leaf([1.0])
    opt = SGD([p], lr=0.1)
    with pytest.warns(errors.AutogradWarning, match=r"step\(\) of SGD.*Write optimizer\.zero_grad\(\)") as caught:
        train(opt, p, 5, lambda: None)
    assert len(caught) == 1
    assert caught[0].filename == __file__


ZEROING = {
    "optimiser": lambda opt, p: opt.zero_grad(),
    "to zeros": lambda opt, p: opt.zero_grad(set_to_none=False),
    "parameter": lambda opt, p: p.zero_grad(),
    "by hand": lambda opt, p: setattr(p, "grad", None),
    "read": lambda opt, p: (p.grad, opt.zero_grad()),
}


@pytest.mark.parametrize("way", ZEROING)
def test_no_warning_where_gradients_are_zeroed(way: str) -> None:
    p = leaf([1.0])
    opt = SGD([p], lr=0.1)
    train(opt, p, 4, lambda: ZEROING[way](opt, p))


def test_no_warning_of_gradients_added_up_on_purpose() -> None:
    """Several sweeps to one step; and a step repeated on the same gradient."""
    p = leaf([1.0])
    opt = SGD([p], lr=0.1)
    for _ in range(4):
        for _ in range(3):
            (p * p).sum().backward()
        opt.step()
        opt.zero_grad()
    (p * p).sum().backward()
    opt.step()
    opt.step()
    (p * p).sum().backward()  # of another loss, whose gradient is forgotten before the next step
    opt.zero_grad()
    (p * p).sum().backward()
    opt.step()


def test_a_loss_added_up_with_its_history_is_warned_of() -> None:
    p = leaf([1.0])
    total = ag.Tensor(0.0)
    loss = (p * p).sum()
    loss.backward()
    with pytest.warns(errors.AutogradWarning, match=r"in-place add.*Write total \+= loss\.item\(\)") as caught:
        total += loss
    assert caught[0].filename == __file__
    total = ag.Tensor(0.0)
    total += loss.item()
    total += (p * p).sum()  # not swept yet: a sum of losses is a loss
    with ag.no_grad():
        total += loss
