"""Memory, threads, processes, copies: what lives how long, and who disturbs whom (nobody)."""

from __future__ import annotations

import contextlib
import copy
import gc
import io
import os
import pickle
import signal
import subprocess
import sys
import threading
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.graph import Node
from autograd_lite.tensor import assign

ROOT = Path(__file__).parent.parent
MEGABYTE = 2**20


def leaf(data: Any = (1.0, 2.0, 3.0), name: str | None = None) -> ag.Tensor:
    return ag.Tensor(data, requires_grad=True, name=name)


def run(program: str, **environment: str) -> str:
    """Run a program in a process of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


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


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.usefixtures("no_collector")
def test_no_reference_cycles(step: Callable[[], None]) -> None:
    for _ in range(10):
        step()
    assert gc.collect() == 0


@pytest.mark.parametrize("step", STEPS)
def test_numpy_s_check_finds_no_cycles(step: Callable[[], None]) -> None:
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
    tracemalloc.start()
    try:
        for _ in range(20):
            step()
        objects, memory = len(gc.get_objects()), tracemalloc.get_traced_memory()[0]
        for _ in range(500):
            step()
        grown = len(gc.get_objects()) - objects, tracemalloc.get_traced_memory()[0] - memory
    finally:
        tracemalloc.stop()
    assert grown[0] <= 5
    assert grown[1] < 5000


# ----- what is kept -----


def live_nodes() -> int:
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
        (lambda x: np.sum(np.maximum(x, 0.0)), 1),
    ],
    ids=range(14),
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


# ----- threads -----


def in_threads(number: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work` in threads that start together, and return its results."""
    barrier = threading.Barrier(number)

    def started(i: int) -> Any:
        barrier.wait()
        return work(i)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(number) as pool:
            return [future.result() for future in [pool.submit(started, i) for i in range(number)]]
    finally:
        sys.setswitchinterval(interval)


def test_threads_with_graphs_of_their_own() -> None:
    def work(i: int) -> Any:
        x = leaf(np.arange(1.0, 5.0) + i)
        for _ in range(50):
            x.zero_grad()
            np.sum(np.exp(-x) * x * x).backward()
        return x.grad.numpy() - np.exp(-x.detach().numpy()) * (2 * x.detach().numpy() - x.detach().numpy() ** 2)  # type: ignore[union-attr]

    assert max(np.abs(difference).max() for difference in in_threads(8, work)) < 1e-12


def test_no_addition_to_a_shared_leaf_is_lost() -> None:
    x = leaf(1.0)
    seen: list[float] = []

    def work(i: int) -> None:
        for _ in range(500):
            (x * 1.0).backward()
            grad = x.grad  # reading wraps the array, while others add
            assert grad is not None
            seen.append(grad.item())

    in_threads(8, work)
    assert x.grad is not None
    assert x.grad.item() == 4000
    assert max(seen) == 4000


def test_parameters_are_read_while_another_thread_updates_them() -> None:
    """A forward computation sees a parameter of before or of after, never of in between."""
    x = leaf(np.zeros(1000))

    def work(i: int) -> None:
        for k in range(200):
            if i == 0:
                x.assign(np.full(1000, float(k)))
            else:
                y = (x * 1.0).detach().numpy()
                assert y.min() == y.max()

    in_threads(4, work)


def test_one_graph_swept_by_several_threads_is_swept_once() -> None:
    for _ in range(20):
        x = leaf(2.0)
        y = x
        for _ in range(50):
            y = y * 1.0

        def sweep(i: int, y: ag.Tensor = y) -> bool:
            try:
                y.backward()
            except errors.FreedGraphError:
                return False
            return True

        done = sum(in_threads(4, sweep))
        assert x.grad is not None or done == 0
        if done:
            assert x.grad is not None
            assert x.grad.item() == done


def test_recording_is_a_matter_of_each_thread() -> None:
    x = leaf()
    inside, checked = threading.Event(), threading.Event()

    def without() -> bool:
        with ag.no_grad():
            inside.set()
            checked.wait(10)
            return (x * 2).requires_grad

    def recording() -> bool:
        inside.wait(10)
        try:
            return (x * 2).requires_grad and ag.is_grad_enabled()
        finally:
            checked.set()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(without), pool.submit(recording)
        assert (first.result(), second.result()) == (False, True)


# ----- processes -----


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_process_can_sweep_after_a_sweep_of_its_parent() -> None:
    assert (
        run(
            """
import os, threading, warnings
import numpy as np
import autograd_lite as ag
warnings.simplefilter("ignore")  # newer Pythons warn of a fork next to threads, which is what is tried here
x = ag.Tensor([1.0, 2.0], requires_grad=True)
(x * x).sum().backward(retain_graph=True)
stop = threading.Event()
def commit_all_the_time():
    w = ag.Tensor(1.0, requires_grad=True)
    while not stop.is_set():
        (w * 1.0).backward()
thread = threading.Thread(target=commit_all_the_time)
thread.start()
for _ in range(50):
    child = os.fork()
    if not child:
        (x * x).sum().backward()
        os._exit(0 if x.grad.tolist() == [4.0, 8.0] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
stop.set()
thread.join()
print("done")
"""
        )
        == "done\n"
    )


def test_bits_are_equal_over_hash_seeds_and_threads() -> None:
    program = """
import numpy as np
import autograd_lite as ag
from concurrent.futures import ThreadPoolExecutor
data = np.random.default_rng(0).standard_normal((5, 5))
def bits(_):
    x, w = (ag.Tensor(d, requires_grad=True, name=n) for d, n in ((data, "x"), (data.T, "w")))
    parts = [np.tanh(x @ w), np.exp(-x), w * 0.3, np.sum(x * w), x[::2].sum(), np.concatenate([x, w])[1:6]]
    sum(parts).sum().backward()
    return x.grad.numpy().tobytes().hex() + w.grad.numpy().tobytes().hex()
first = bits(0)
with ThreadPoolExecutor(4) as pool:
    assert all(b == first for b in pool.map(bits, range(20)))
print(first)
"""
    assert len({run(program, PYTHONHASHSEED=str(seed)) for seed in range(4)}) == 1


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer")
def test_an_interrupt_is_delivered_and_leaves_nothing_half_done() -> None:
    """An alarm raises KeyboardInterrupt at a random moment of a training loop, again and again."""
    assert (
        run(
            """
import random, signal, sys
import numpy as np
import autograd_lite as ag
from autograd_lite.tensor import assign
lost = []
sys.unraisablehook = lambda event: lost.append(event.exc_type)
signal.signal(signal.SIGALRM, signal.default_int_handler)
rng = random.Random(0)
w = ag.Tensor(np.ones((8, 8)), requires_grad=True)
v = ag.Tensor(np.ones((8, 8)), requires_grad=True)

@ag.no_grad()
def update():
    assign([(w, w * 0.5 + 0.25), (v, v * 0.5 + 0.25)])

def train(delay):
    signal.setitimer(signal.ITIMER_REAL, delay)
    while True:
        np.sum(np.tanh(w + v)).backward()
        update()

def interrupted():
    try:
        train(0.0002 + 0.0006 * rng.random())
    except KeyboardInterrupt:
        return True

for _ in range(300):
    assert interrupted()
    assert ag.is_grad_enabled()
    assert np.array_equal(w.detach(), v.detach())
    assert w.grad is None and v.grad is None or np.array_equal(w.grad, v.grad)
assert not lost, lost
w.zero_grad()
np.sum(w * 3).backward()
assert w.grad.tolist() == [[3.0] * 8] * 8
print("done")
"""
        )
        == "done\n"
    )


# ----- copies -----

COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle, protocol {p}": lambda x, p=p: pickle.loads(pickle.dumps(x, p))
        for p in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
def test_a_copy_of_a_leaf_has_its_value_flag_and_name_and_no_gradient(copied: Callable[[Any], Any]) -> None:
    x = leaf(np.array([1, 2], np.float32), "w")
    (x * x).sum().backward()
    twin = copied(x)
    assert (twin.requires_grad, twin.name, twin.dtype, twin.is_leaf, twin.grad) == (True, "w", np.float32, True, None)
    np.testing.assert_array_equal(twin.detach(), x.detach())
    (twin * 3).sum().backward()
    np.testing.assert_array_equal(twin.grad, [3.0, 3.0])
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])
    twin.data[:] = 9.0
    np.testing.assert_array_equal(x.detach(), [1.0, 2.0])


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
def test_a_copy_of_an_untracked_result(copied: Callable[[Any], Any]) -> None:
    y = ag.Tensor([1.0, 2.0]) * 2
    np.testing.assert_array_equal(copied(y), [2.0, 4.0], strict=True)
    assert not copied(y).requires_grad


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
@pytest.mark.parametrize("depth", [1, 5000])
def test_a_copy_from_the_middle_of_a_graph_is_refused(copied: Callable[[Any], Any], depth: int) -> None:
    x = leaf()
    y = x
    for _ in range(depth):
        y = y * 1.0
    with pytest.raises(errors.CopyError):
        copied(y)
    with pytest.raises(errors.CopyError):
        copied({"results": [y]}) if copied is not copy.copy else copied(y)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0, 1.0])


def test_a_container_keeps_what_it_shares() -> None:
    x = leaf()
    for copied in (copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))):
        a, b, (c,) = copied([x, x, (x,)])
        assert a is b is c
        assert a is not x


def test_a_subclass_survives_copies() -> None:
    for copied in COPIES.values():
        assert type(copied(Weight([1.0], requires_grad=True))) is Weight


class Weight(ag.Tensor):
    pass


def test_numpy_s_files() -> None:
    file = io.BytesIO()
    np.save(file, ag.Tensor([1.0, 2.0]))
    file.seek(0)
    np.testing.assert_array_equal(np.load(file), [1.0, 2.0])
