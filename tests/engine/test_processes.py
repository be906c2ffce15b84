"""Processes of their own: forks, equal bits over hash seeds, and a training loop that is interrupted."""

from __future__ import annotations

import os
import signal

import pytest
from helpers import printed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_process_can_sweep_after_a_sweep_of_its_parent() -> None:
    assert (
        printed(
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
    assert len({printed(program, PYTHONHASHSEED=str(seed)) for seed in range(4)}) == 1


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer")
def test_an_interrupt_is_delivered_and_leaves_nothing_half_done() -> None:
    """An alarm raises KeyboardInterrupt at a random moment of a training loop, again and again.

    Its update is a decorated function: a ``with`` block may leave recording off, as the class of `no_grad` says.
    """
    assert (
        printed(
            """
import random, signal, sys
import numpy as np
import autograd_lite as ag
from autograd_lite.tensor.tensor import assign
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
