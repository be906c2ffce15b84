"""Threads: each with its own graphs and switch, and several at one leaf, one parameter, one graph."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors


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


def test_several_threads_that_sweep_one_graph_add_the_whole_gradient_each_or_nothing() -> None:
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
        assert (0 if x.grad is None else x.grad.item()) == done


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
