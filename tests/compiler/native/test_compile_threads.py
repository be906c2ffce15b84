"""A recording is seen by nobody else: other threads read and write what they always did, and what they write stays."""

from __future__ import annotations

import threading
import time
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

W = np.zeros(4)


class Held:
    def __init__(self) -> None:
        self.w = np.zeros(4)


def _global() -> tuple[Callable[[Any], Any], Callable[[], Any], Callable[[Any], None]]:
    global W
    W = np.zeros(4)
    return lambda x: np.sum(x * W), lambda: W, lambda v: globals().__setitem__("W", v)


def _closure() -> tuple[Callable[[Any], Any], Callable[[], Any], Callable[[Any], None]]:
    w = np.zeros(4)

    def put(v: Any) -> None:
        nonlocal w
        w = v

    return lambda x: np.sum(x * w), lambda: w, put


def _attribute() -> tuple[Callable[[Any], Any], Callable[[], Any], Callable[[Any], None]]:
    held = Held()
    return lambda x: np.sum(x * held.w), lambda: held.w, lambda v: setattr(held, "w", v)


def _item() -> tuple[Callable[[Any], Any], Callable[[], Any], Callable[[Any], None]]:
    held = {"w": np.zeros(4)}
    return lambda x: np.sum(x * held["w"]), lambda: held["w"], lambda v: held.__setitem__("w", v)


def _method() -> tuple[Callable[[Any], Any], Callable[[], Any], Callable[[Any], None]]:
    class Model(Held):
        def __call__(self, x: Any) -> Any:
            return np.sum(x * self.w)

    model = Model()
    return model, lambda: model.w, lambda v: setattr(model, "w", v)


def _tensor() -> tuple[Callable[[Any], Any], Callable[[], Any], Callable[[Any], None]]:
    w = ag.Tensor(np.zeros(4))
    return lambda x: np.sum(x * w), lambda: w.data, w.assign


WHERE = {"global": _global, "closure": _closure, "attribute": _attribute, "item": _item, "method": _method,
         "tensor": _tensor}  # fmt: skip


@pytest.mark.parametrize("where", WHERE)
def test_another_thread_reads_and_writes_as_ever(where: str) -> None:
    function, read, put = WHERE[where]()
    recording, go_on = threading.Event(), threading.Event()
    failures: list[str] = []

    def slow(x: Any) -> Any:
        y = function(x)
        recording.set()
        go_on.wait(10)
        return y + function(x)

    def other() -> None:
        recording.wait(10)
        try:
            w = read()
            if type(w) is not np.ndarray:
                failures.append(f"sees a {type(w).__name__}")
            w[0] = 1.0
            np.add(w, 1.0, out=w)
            w.fill(3.0)
            w.tobytes()
            (w * 2).sum()
            put(np.full(4, 7.0))
        except Exception as error:  # noqa: BLE001 - told by the test
            failures.append(repr(error))
        finally:
            go_on.set()

    thread = threading.Thread(target=other)
    thread.start()
    compiled = ag.compile(slow, static=[recording, go_on])
    compiled(np.ones(4))
    thread.join()
    assert not failures
    assert read().tolist() == [7.0] * 4
    assert compiled(np.ones(4)) == 56.0


def test_nothing_of_a_recording_is_left_in_variables() -> None:
    held = types.SimpleNamespace(w=np.ones(4), rng=np.random.default_rng(0))
    table = np.ones(4)

    def f(x: Any) -> Any:
        assert type(held.w) is not np.ndarray  # what stands in for it, for the function alone
        return x * held.w * table + held.rng.random() + float(x[0])

    with pytest.raises(ag.errors.CompileError):
        ag.compile(f)(np.ones(4))
    assert type(held.w) is type(table) is np.ndarray
    assert type(held.rng) is np.random.Generator


def test_many_threads_record_and_replay_while_a_buffer_is_filled() -> None:
    buffer, stop = np.zeros(64), threading.Event()
    failures: list[Any] = []

    def fill() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            buffer[:] = n
            if type(buffer) is not np.ndarray:
                failures.append(type(buffer))
            time.sleep(0)

    def work(n: int) -> None:
        f = ag.compile(lambda x: np.sum(x * buffer) * 0.0 + n, verify=0)
        failures.extend(k for k in range(30) if f(np.ones(64) * k) != n)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    filling = threading.Thread(target=fill)
    filling.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    filling.join()
    assert not failures
