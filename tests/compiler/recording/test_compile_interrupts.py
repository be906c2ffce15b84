"""Ctrl-C at any place of a first call, or of a kernel in several threads: all or nothing, and nothing left behind."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from backends import NATIVE
from helpers import printed
from interrupts import BeforeBytecode

import autograd_lite as ag
from autograd_lite.base import unfinished
from autograd_lite.compiler.native import threads
from autograd_lite.compiler.recording import interception, lock
from autograd_lite.engine.observers import observers
from autograd_lite.engine.record import Handle
from autograd_lite.engine.watchpoints import watching

SLOTS = {name: Handle.__dict__[name] for name in ("_data", "_grad")}


def left_behind() -> list[str]:
    """What a recording that was cut off must not leave."""
    found = {
        "a slot is watched": any(Handle.__dict__[name] is not slot for name, slot in SLOTS.items()),
        "a trace is on": bool(interception._readers) or (interception.tracing() or watching.get()) is not None,
        "an observer": bool(observers),
        "a profile": sys.getprofile() is not None,
        "a tool that monitors": any(map(sys.monitoring.get_tool, (3, 4))) if hasattr(sys, "monitoring") else False,
        "the turn is taken": lock._lock.is_mine(),
        "something begun": any(unfinished._begun.values()),
    }
    return [what for what, is_so in found.items() if is_so]


class Subject:
    """A training step that reads whatever has a stand-in during the recording."""

    def __init__(self) -> None:
        self.w, self.v = (ag.Tensor(np.ones(3), requires_grad=True) for _ in range(2))
        self.table, self.rng = np.arange(3.0), np.random.default_rng(0)
        table, rng = self.table, self.rng

        def step(x: Any) -> Any:
            self.w.grad = self.v.grad = None
            loss = np.sum((self.w + self.v * x) * table * rng.random(3))
            loss.backward()
            self.w.assign(self.w.detach() - 0.1 * self.w.grad)
            self.v.assign(self.v.detach() - 0.1 * self.v.grad)
            return loss

        self.cells = dict(zip(step.__code__.co_freevars, step.__closure__ or (), strict=True))
        self.step = ag.compile(step)

    def state(self) -> list[bool]:
        """What of it has changed."""
        changed = [not np.array_equal(t.numpy(), np.ones(3)) for t in (self.w, self.v)]
        changed += [t.grad is not None for t in (self.w, self.v)]
        return [*changed, self.rng.bit_generator.state != np.random.default_rng(0).bit_generator.state]

    def stand_ins(self) -> bool:
        return self.cells["table"].cell_contents is not self.table or self.cells["rng"].cell_contents is not self.rng


def places(block: Callable[[int], Any], call: Callable[[], Any]) -> int:
    """How many places there are."""
    counter = block(-1)
    with counter:
        call()
    return -1 - counter.left


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Ctrl-C in a finaliser goes no further
def test_a_recording_that_is_interrupted_anywhere_leaves_nothing_behind(slow: bool) -> None:
    Subject().step(np.ones(3))
    total = places(BeforeBytecode, lambda: Subject().step(np.ones(3)))
    found = set()
    for n in range(1, total, 11 if slow else 263):
        subject = Subject()
        # NOTE: CPython 3.11 loses the function that traces (a TypeError of its own) where that raises in a finaliser.
        with np.errstate(), suppress(TypeError), BeforeBytecode(n):
            subject.step(np.ones(3))
        changed = subject.state()
        assert all(changed) or not any(changed), (n, changed)
        assert not left_behind(), (n, left_behind())
        assert not subject.stand_ins(), n
        found.add(any(changed))
        if n % 10 == 0:
            subject.step(np.ones(3))
            subject.step(np.ones(3))
    assert found == {False, True}


INTERRUPTED = """
import random, signal, sys
import numpy as np
import autograd_lite as ag
signal.signal(signal.SIGALRM, signal.default_int_handler)
g = ag.compile(lambda x: (np.exp(x).sum(axis=1), np.exp(x).max(axis=1), np.exp(x).sum()), backend=sys.argv[1])
first, second = (np.random.default_rng(seed).standard_normal((1500, 1000)) for seed in (0, 1))
g(first)
assert "work_" in g.program.native.source
expected = [y.tobytes() for y in g(second)]
rng, done = random.Random(0), 0
while done < 60:
    try:
        signal.setitimer(signal.ITIMER_REAL, 1e-4 + 0.05 * rng.random())
        while True:
            g(first)
    except KeyboardInterrupt:
        done += 1
    assert [y.tobytes() for y in g(second)] == expected
print("done")
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer")
@pytest.mark.parametrize("backend", NATIVE)
def test_a_kernel_that_is_interrupted_in_its_threads_spoils_no_later_call(backend: str) -> None:
    assert printed(INTERRUPTED.replace("sys.argv[1]", repr(backend)), OMP_NUM_THREADS="8") == "done\n"


def test_threads_that_can_t_be_started_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    pool = threads._Pool()
    monkeypatch.setattr(threads, "_pool", pool)
    monkeypatch.setattr(threads._thread, "start_new_thread", none_left)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    parts: list[tuple[int, int]] = []
    call = threads._wide(lambda _, part, parts_: parts.append((part, parts_)) or 0, 4)  # type: ignore[func-returns-value]
    assert call(()) == 0
    assert parts == [(0, 1)]
