"""Memory: no reference cycles, nothing kept that no derivative needs, and everything freed when it is dropped."""

from __future__ import annotations

import contextlib
import gc
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.engine.graph import Node
from autograd_lite.engine.leaks import _watch
from autograd_lite.tensor.tensor import assign

MEGABYTE = 2**20

# ----- reference cycles -----


def plain_step() -> None:
    x = leaf()
    np.sum(np.exp(x) * x).backward()


def never_swept() -> None:
    x = leaf()
    y = x * x
    y.name = "y"
    y.retain_grad()
    y.register_hook(lambda g: g * 2)


def retained() -> None:
    x = leaf()
    y = (x * x).sum()
    y.backward(retain_graph=True)


def differentiated_twice() -> None:
    x = leaf()
    (x**3).sum().backward(create_graph=True)
    assert x.grad is not None
    x.grad.sum().backward()


def recorded_gradients_left_where_they_are() -> None:
    x, w = leaf(), leaf()
    y = x * w
    y.retain_grad()
    (y * y).sum().backward(create_graph=True)
    assert x.grad is not None
    assert y.grad is not None
    assert x.grad.requires_grad


def changed_in_place() -> None:
    x = leaf()
    y = x * 1
    y += x
    y[0] = x[1]
    np.multiply(y, 2, out=y)
    y.sum().backward()


def views_and_parts() -> None:
    x = leaf(np.ones((3, 4)))
    a, *_ = np.split(np.concatenate([x.T, x.T]), 2)
    np.einsum("ij,jk->ik", a, x).sum().backward()


def failed() -> None:
    x = leaf()
    y = x * x
    for wrong in (lambda: y.backward(), lambda: float(y), lambda: x.__iadd__(1), lambda: y + np.ones(7)):
        with contextlib.suppress(ValueError, TypeError, RuntimeError):
            wrong()


def swept_twice() -> None:
    x = leaf()
    y = (x * x).sum()
    y.backward()
    with contextlib.suppress(errors.FreedGraphError):
        y.backward()


def updated() -> None:
    x = leaf()
    for _ in range(3):
        (x * x).sum().backward()
        assert x.grad is not None
        with ag.no_grad():
            x -= 0.1 * x.grad
        x.zero_grad()
    assign([(x, x.detach() * 2)])


STEPS = [
    plain_step, never_swept, retained, differentiated_twice, recorded_gradients_left_where_they_are, changed_in_place,
    views_and_parts, failed, swept_twice, updated,
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_no_reference_cycles(step: Callable[[], None]) -> None:
    np.testing.assert_no_gc_cycles(step)


@pytest.mark.usefixtures("no_collector")
def test_objects_and_memory_stay_flat_over_many_steps() -> None:
    """Without the garbage collector: what a step makes is gone when the step is."""
    w, b, data = leaf(np.ones((8, 3))), leaf(np.zeros(8)), np.ones((16, 3))

    def step() -> None:
        loss = np.mean(np.tanh(data @ w.T + b) ** 2)
        loss.backward()
        assert w.grad is not None
        assert b.grad is not None
        assign([(w, w - 0.1 * w.grad), (b, b - 0.1 * b.grad)])
        w.zero_grad()
        b.zero_grad()

    for _ in range(20):
        step()
    gc.collect()
    tracemalloc.start()
    try:
        windows = [growth(step, 500) for _ in range(3)]
    finally:
        tracemalloc.stop()
    # What leaks does so in every window; what a first use keeps, in one.
    assert min(objects for objects, _ in windows) <= 5
    assert min(memory for _, memory in windows) < 5000


def growth(step: Callable[[], None], n: int) -> tuple[int, int]:
    """Return how many objects and bytes more there are after `n` steps."""
    for _ in range(20):
        step()
    objects, memory = len(gc.get_objects()), tracemalloc.get_traced_memory()[0]
    for _ in range(n):
        step()
    return len(gc.get_objects()) - objects, tracemalloc.get_traced_memory()[0] - memory


def live_nodes() -> int:
    _watch.node = None  # a loss of an earlier test
    gc.collect()  # what earlier tests have left behind in cycles would go at any moment
    return sum(isinstance(x, Node) for x in gc.get_objects())


def memory_of(make: Callable[[], Any]) -> float:
    """Return how many megabytes are still in use when `make` has returned and its result is held."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = make()
        after = tracemalloc.get_traced_memory()[0]
        assert kept is not None
    finally:
        tracemalloc.stop()
    return (after - before) / MEGABYTE


LARGE = np.full(MEGABYTE // 8, 0.5)


def test_losses_kept_after_backward_hold_no_graph() -> None:
    x = leaf(LARGE)
    before = live_nodes()

    def train() -> list[ag.Tensor]:
        losses = []
        for _ in range(30):
            loss = np.sum(np.exp(x) * np.tanh(x))
            loss.backward()
            losses.append(loss)
        x.zero_grad()
        return losses

    kept: list[ag.Tensor] = []
    assert memory_of(lambda: kept.extend(train()) or kept) < 0.1
    assert len(kept) == 30
    assert live_nodes() - before == 30


def test_results_under_no_grad_hold_nothing_but_themselves() -> None:
    x = leaf(LARGE)
    before = live_nodes()

    def predict() -> list[ag.Tensor]:
        with ag.no_grad():
            return [np.exp(np.tanh(x) * x).sum() for _ in range(30)]

    kept: list[ag.Tensor] = []
    assert memory_of(lambda: kept.extend(predict()) or kept) < 0.1
    assert live_nodes() == before


@pytest.mark.parametrize(
    ("f", "arrays"),
    [
        (lambda x: x + 1.0, 1),
        (lambda x: (x + 1.0) - 3.0, 1),
        (lambda x: np.exp(x), 1),
        (lambda x: np.exp(np.exp(x)), 2),
        (lambda x: np.sin(x + 1.0), 2),
        (lambda x: x * 2.0, 1),
        (lambda x: x * x, 1),
        (lambda x: np.sum(x), 0),
        (lambda x: np.mean(x * 2.0), 0),
        (lambda x: x[:10], 0),
        (lambda x: x.reshape(2, -1).T, 0),
        (lambda x: np.sum(x + LARGE), 0),
        (lambda x: np.sum(x - x), 0),
        (lambda x: np.sum(np.maximum(x, 0.0)), 0),
        (lambda x: np.sum(np.minimum(x + 1.0, 0.0)), 1),
        (lambda x: np.sum(ag.relu(x + 1.0)), 1),
        (lambda x: np.exp(ag.relu(x + 1.0)), 2),
        (lambda x: np.log(ag.softplus(x + 1.0)), 2),
    ],
)
def test_a_node_keeps_what_its_derivative_needs_and_nothing_else(f: Callable[[Any], Any], arrays: int) -> None:
    """The count includes the result itself; what a chain of sums and reshapes passes through is freed at once."""
    x = leaf(LARGE)
    assert memory_of(lambda: f(x)) == pytest.approx(arrays, abs=0.1)


def test_saved_values_are_freed_by_the_sweep_while_the_result_is_held() -> None:
    x = leaf(LARGE)

    def swept() -> ag.Tensor:
        y = np.exp(np.exp(np.exp(x))).sum()
        y.backward()
        x.zero_grad()
        return y

    assert memory_of(swept) < 0.1


def test_the_peak_of_training_a_network_is_its_activations() -> None:
    """What `relu` needs for its derivative is its output, which the next layer keeps; and what is done with is freed.

    Besides, at the busiest moment, there are one product, one sum and one gradient of the size of a layer.
    """
    layers, batch, width = 20, 1024, 32
    parts = [part for _ in range(layers) for part in (nn.Linear(width, width, rng=0), nn.ReLU())]
    model = nn.Sequential(*parts, nn.Linear(width, 4, rng=0))
    x, target = np.random.default_rng(0).standard_normal((batch, width)), np.arange(batch) % 4
    activations = layers * batch * width * 8 / MEGABYTE

    def step() -> None:
        nn.functional.cross_entropy(model(x), target).backward()

    for _ in range(3):  # fast paths are made at the third call
        step()
        model.zero_grad()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        step()
        peak = (tracemalloc.get_traced_memory()[1] - before) / MEGABYTE
    finally:
        tracemalloc.stop()
    assert activations < peak < 1.3 * activations


def test_a_dropped_tensor_is_freed_at_once() -> None:
    x = leaf()
    y = x * 2
    gone = weakref.ref(y)
    z = y * 3
    del y
    assert gone() is None
    leaf_gone = weakref.ref(x)
    del x
    assert leaf_gone() is None
    z.sum().backward()  # nobody is left who wants the gradient


def test_a_gradient_does_not_keep_its_tensor() -> None:
    x = leaf()
    (x * x).sum().backward(create_graph=True)
    g, gone = x.grad, weakref.ref(x)
    del x
    assert gone() is None
    np.testing.assert_array_equal(g.detach(), [2.0, 4.0, 6.0])  # type: ignore[union-attr]
