"""Compiled functions, other threads and forks: nobody waits for ever, and nothing that is only read changes."""

from __future__ import annotations

import _thread
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
from backends import ABSENT, NATIVE
from helpers import printed
from test_compile_steps import tracing_elsewhere

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.compiler.recording import lock

BACKENDS = ["numpy", *NATIVE]


# ----- a look changes nothing -----

LOOKS: dict[str, Callable[[ag.Tensor], Any]] = {
    "data": lambda t: t.data, "numpy": lambda t: t.numpy(), "grad": lambda t: t.grad,
    "asarray": lambda t: np.asarray(t.detach().numpy()),
}  # fmt: skip


@pytest.mark.parametrize("elsewhere", [False, True], ids=["", "while a third thread records"])
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("backend", ["plain", "numpy", pytest.param("cc", marks=ABSENT["cc"])])
def test_a_look_in_another_thread_undoes_no_step(backend: str, look: str, elsewhere: bool) -> None:
    w = ag.Tensor(np.zeros(10_000), requires_grad=True)
    opt = ag.optim.SGD([w], lr=1.0)

    def step() -> None:
        opt.zero_grad()
        (-w.sum()).backward()
        opt.step()

    compiled = step if backend == "plain" else ag.compile(step, backend=backend)
    compiled()
    done = threading.Event()

    def looks() -> None:
        while not done.is_set():
            LOOKS[look](w)

    thread = threading.Thread(target=looks)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        if elsewhere:
            with tracing_elsewhere():
                steps(compiled, 100)
        else:
            steps(compiled, 200)
    finally:
        sys.setswitchinterval(interval)
        done.set()
        thread.join()
    assert set(w.numpy()) == {101.0 if elsewhere else 201.0}
    assert w.grad is not None
    assert set(w.grad.numpy()) == {-1.0}


def steps(step: Callable[[], Any], number: int) -> None:
    for _ in range(number):
        step()


def test_what_a_look_has_handed_out_stays_the_tensor_s_own() -> None:
    t = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = (t * t).sum()
    t.data[0] = 5.0
    assert t.data is t.data
    assert t.tolist() == [5.0, 2.0]
    y.backward()
    assert t.grad is t.grad
    assert t.grad.tolist() == [2.0, 4.0]  # type: ignore[union-attr]


# ----- nobody waits for ever -----


def asked_of(answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function that has another thread answer, which has been there before."""
    questions: SimpleQueue[Any] = SimpleQueue()
    answers: SimpleQueue[Any] = SimpleQueue()

    def answering() -> None:
        while (question := questions.get()) is not None:
            answers.put(answer(question))

    threading.Thread(target=answering, daemon=True).start()

    def ask(question: Any) -> Any:
        questions.put(question)
        return None if question is None else answers.get()

    return ask


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cc", marks=ABSENT["cc"])])
@pytest.mark.parametrize("same", [False, True], ids=["another function", "the same one"])
def test_a_compiled_function_may_wait_for_a_thread_that_calls_compiled_ones(
    backend: str, same: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be refused, for it does not repeat what the other thread did. But nobody waits for ever."""
    monkeypatch.setattr(lock, "PATIENCE", 0.01)
    inner = ag.compile(lambda x: np.sum(x * x), backend=backend)
    ask = asked_of(lambda x: compiled(x) if same else inner(x))
    weights = np.arange(4.0)

    def outer(x: Any) -> Any:
        if x.shape == (3,):
            for k in range(3):
                assert ask(k * weights) == (0.0 if same else k * k * 14.0) + same * k * 12.0
        return np.sum(x * 2)

    compiled = ag.compile(outer, backend=backend)
    for _ in range(3):
        with suppress(errors.CompileError):
            assert compiled(np.ones(3)) == 6.0
    ask(None)
    assert lock._lock.held.acquire(blocking=False)
    lock._lock.held.release()


def test_who_has_waited_in_vain_runs_the_plain_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.01)
    begun, done = _thread.allocate_lock(), _thread.allocate_lock()

    def slow(x: Any) -> Any:
        if begun.locked():
            begun.release()
        done.acquire(timeout=60)
        return x * 2

    compiled = ag.compile(slow)
    begun.acquire()
    done.acquire()
    thread = threading.Thread(target=compiled, args=(np.ones(2),))
    thread.start()
    begun.acquire(timeout=60)
    quick = ag.compile(lambda x: x * 3)
    try:
        assert [quick(np.ones(2)).tolist() for _ in range(3)] == [[3.0, 3.0]] * 3
        assert quick.programs.recordings == 0
    finally:
        done.release()
        thread.join()
    assert quick(np.ones(2)).tolist() == [3.0, 3.0]
    assert quick.programs.recordings == 1


# ----- forks -----

CHILDREN = """
import os, signal, sys, threading, time, warnings
import numpy as np
import autograd_lite as ag
warnings.simplefilter("ignore")  # newer Pythons warn of a fork next to threads, which is what is tried here
backend, busy = BACKEND, BUSY
table = np.ones(400)
wide = ag.compile(lambda x: (np.exp(x).sum(axis=1), np.exp(x).max(axis=1)), backend=backend)
x = np.zeros((400, 1000))
wide(x), wide(x)
w = ag.Tensor(np.ones(3), requires_grad=True)
stop, begun = threading.Event(), threading.Event()

def kernels():
    while not stop.is_set():
        begun.set()
        wide(x)

def recordings():
    while not stop.is_set():
        begun.set()
        ag.compile(lambda x: ag.grad(lambda x: np.sum(np.tanh(x) * table))(x))(table)

def inside():
    def waits(x):
        begun.set()
        stop.wait(60)
        return x * table
    ag.compile(waits)(table)

def looks():
    while not stop.is_set():
        begun.set()
        picture = ag.visualize(w * 2)
        picture.source, ag.compile(lambda x: x * 2)(table)

def builds():
    k = 0
    while not stop.is_set():
        begun.set()
        k += 1
        g = ag.compile(lambda x: x * table + k, backend=backend)
        g(table), g(table), g.program.report()

busy_with = dict(kernels=kernels, recordings=recordings, inside=inside, looks=looks, builds=builds)[busy]
thread = threading.Thread(target=busy_with)
thread.start()
begun.wait(60)
for n in range(NUMBER):
    time.sleep(0.002 * (n % 5))
    child = os.fork()
    if not child:
        signal.alarm(60)  # a child that hangs dies of it
        assert type(table) is np.ndarray
        new = ag.compile(lambda x: x * table * 2, backend="numpy" if busy == "builds" else backend)
        good = all(np.array_equal(new(table), 2 * table) for _ in range(3))
        good = good and all(np.array_equal(y[0], np.full(400, 1000.0)) for y in (wide(x), wide(x)))
        (w * w).sum().backward()
        good = good and w.grad.tolist() == [2.0, 2.0, 2.0] and ag.engine.generators.default_rng() is not None
        os._exit(0 if good else 1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == 0, (n, status)
stop.set()
thread.join()
print("done")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("busy", ["kernels", "recordings", "inside", "looks", "builds"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_child_of_a_fork_goes_on_whatever_another_thread_was_at(backend: str, busy: str, slow: bool) -> None:
    if backend == "numba" and (busy == "builds" or (busy != "kernels" and not slow)):
        pytest.skip("takes numba seconds for each")
    program = CHILDREN.replace("BACKEND", repr(backend)).replace("BUSY", repr(busy))
    assert printed(program.replace("NUMBER", "40" if slow else "8"), OMP_NUM_THREADS="2") == "done\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_default_generator_of_a_child_is_not_locked() -> None:
    program = """
import os, signal, threading, warnings
import autograd_lite as ag
warnings.simplefilter("ignore")
rng = ag.manual_seed(0)
state, held, stop = rng.bit_generator.state, threading.Event(), threading.Event()
def draws():
    with rng.bit_generator.lock:
        held.set()
        stop.wait(60)
thread = threading.Thread(target=draws)
thread.start()
held.wait()
child = os.fork()
if not child:
    signal.alarm(60)
    same = ag.engine.generators.default_rng().bit_generator.state == state
    ag.engine.generators.default_rng().random()
    os._exit(not same)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
stop.set()
thread.join()
assert ag.engine.generators.default_rng() is rng
print("done")
"""
    assert printed(program) == "done\n"


def test_no_lock_of_the_package_is_made_but_those_that_a_fork_renews() -> None:
    package = Path(ag.__file__).parent
    made = ("allocate_lock", "Lock()", "RLock(", "Condition(", "Event(", "Semaphore(", "Barrier(", "@cached_property")
    found = [
        f"{path.relative_to(package)}: {line.strip()}"
        for path in sorted(package.rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if any(word in line for word in made) and not line.lstrip().startswith(('"', "#", "NOTE"))
    ]
    known = {
        "base/unfinished.py", "tensor/commits.py", "engine/generators.py", "engine/record.py",
        "compiler/recording/lock.py", "compiler/recording/interception.py",
    }  # fmt: skip
    assert {line.split(":")[0] for line in found} == known, found
