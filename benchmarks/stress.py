"""Ctrl-C, forks and threads, for an hour: no wrong number, no hang, nothing left behind.

    python benchmarks/stress.py                                        10,000 interrupts, 200 forks, an hour of threads
    python benchmarks/stress.py --interrupts 500 --forks 20 --minutes 1

A hang is a place where nothing happens for two minutes: then the tracebacks of all threads are shown, and it ends.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import signal
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count, cycle
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.base import unfinished
from autograd_lite.compiler.native import numba_compiler
from autograd_lite.compiler.recording import interception, lock
from autograd_lite.engine.observers import observers
from autograd_lite.engine.record import Handle
from autograd_lite.engine.watchpoints import watching

HANG = 120
SLOTS = {name: Handle.__dict__[name] for name in ("_data", "_grad")}
BACKENDS = ["numpy", "cc", *(["numba"] if numba_compiler.is_installed() else [])]


def alive() -> None:
    """Put off the end for which a hang is taken."""
    faulthandler.dump_traceback_later(HANG, exit=True)


def clean() -> bool:
    """Whether nothing of a recording is left in this thread."""
    watched = any(Handle.__dict__[name] is not slot for name, slot in SLOTS.items())
    traced = bool(interception._readers) or interception.tracing() is not None or watching.get() is not None
    begun = any(unfinished._begun.values()) or lock._lock.is_mine()
    return not (watched or traced or begun or observers or sys.getprofile() is not None)


class Step:
    """A training step, of which all changes are known; it reads an array and a generator."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.parameters = [ag.Tensor(np.ones(3), requires_grad=True) for _ in range(2)]
        self.table, self.rng = np.arange(3.0), np.random.default_rng(0)
        (w, v), table, rng = self.parameters, self.table, self.rng

        def step(x: Any) -> Any:
            w.grad = v.grad = None
            loss = np.sum((w + v * x) * table * rng.random(3))
            loss.backward()
            w.assign(w.detach() - w.grad)
            v.assign(v.detach() - v.grad)
            return loss

        self.cells = [cell for cell in step.__closure__ or () if type(cell.cell_contents) is not ag.Tensor]
        self.step = ag.compile(step, backend=self.backend)

    def __call__(self) -> None:
        self.step(np.ones(3))

    def check(self) -> bool:
        """Whether all of its values belong to one number of steps, which nobody has counted.

        A step that is cut off when it has drawn its numbers has drawn them, compiled or not.
        """
        w, v = (t.numpy() for t in self.parameters)
        known, rng = self.rng.bit_generator.state, np.random.default_rng(0)
        if {type(cell.cell_contents) for cell in self.cells} != KINDS or not np.array_equal(w, v):
            return False
        before = after = np.ones(3)
        while rng.bit_generator.state != known:
            before, after = after, after - self.table * rng.random(3)
        return any(np.allclose(w, expected, rtol=1e-9) for expected in (before, after))


KINDS = {np.ndarray, np.random.Generator}


class Wide:
    """A kernel that several threads do, with a work space."""

    def __init__(self, backend: str) -> None:
        def both(x: Any) -> Any:
            e = np.exp(x)
            return e.sum(axis=1), np.max(e, axis=1), e.sum()

        rng = np.random.default_rng(1)
        self.given = [rng.standard_normal((1500, 1000)) for _ in range(2)]
        self.call = ag.compile(both, backend=backend)
        self.call(self.given[1])
        self.expected = [y.tobytes() for y in self.call(self.given[1])]

    def __call__(self) -> None:
        self.call(self.given[0])

    def check(self) -> bool:
        return [y.tobytes() for y in self.call(self.given[1])] == self.expected


# ----- interrupts -----


def interrupted(work: Callable[[], Any], delay: float) -> None:
    """Do something again and again, until an alarm raises what Ctrl-C raises.

    NOTE: one that comes while Python finalises an object, or forgets a weak reference, is lost. Then another one comes.
    """
    with suppress(KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, delay, 5.0)
        while True:
            work()
    signal.setitimer(signal.ITIMER_REAL, 0)


def interrupts(number: int, seed: int) -> Counter[str]:
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    rng, found = random.Random(seed), Counter[str]()
    subjects: list[Any] = [Step(backend) for backend in BACKENDS] + [Wide(b) for b in BACKENDS if b != "numpy"]
    for n in range(number):
        alive()
        k = n % len(subjects)
        subject = subjects[k]
        if isinstance(subject, Step):
            subject = subjects[k] = Step(subject.backend)
            for _ in range(3 * (n % 3 == 0)):  # into replays; else into the recording, or the making of native code
                subject()
        interrupted(subject, (0.006 if isinstance(subject, Step) else 0.03) * rng.random() + 1e-5)
        found["interrupts"] += 1
        found["left behind"] += not clean()
        found["wrong"] += not subject.check()
    return found


# ----- forks -----


def forks(number: int) -> Counter[str]:
    found = Counter[str]()
    busy = threading.Event()
    wide = {backend: Wide(backend) for backend in BACKENDS}
    table = np.ones(400)

    def kernels() -> None:
        while not busy.is_set():
            wide["cc"]()

    def recordings() -> None:
        while not busy.is_set():
            f = ag.compile(lambda x: ag.grad(lambda x: np.sum(np.tanh(x) * table))(x), backend="cc")
            f(table), f(table)

    threads = [threading.Thread(target=work) for work in (kernels, recordings)]
    for thread in threads:
        thread.start()
    for n in range(number):
        alive()
        time.sleep(0.001 * (n % 7))
        child = os.fork()
        if not child:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(HANG // 2)  # a child that hangs dies of it
            f = ag.compile(lambda x: x * table * 2, backend=BACKENDS[n % len(BACKENDS)])
            good = type(table) is np.ndarray and all(np.array_equal(f(table), 2 * table) for _ in range(3))
            os._exit(0 if good and all(w.check() for w in wide.values()) and clean() else 1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        found["forks"] += 1
        found["hangs"] += status == -signal.SIGALRM
        found["wrong"] += status not in (0, -signal.SIGALRM)
    busy.set()
    for thread in threads:
        thread.join()
    return found


# ----- threads -----


def workers() -> Iterator[Callable[[], bool]]:
    """Yield what threads do, again and again, and whether it was right."""
    table, w = np.linspace(0, 1, 50), ag.Tensor(np.zeros(5000), requires_grad=True)
    functions = {b: ag.compile(ag.grad(lambda x: np.sum(np.tanh(x) ** 2 * table[0])), backend=b) for b in BACKENDS}
    table[0] = 1.0
    opt = ag.optim.SGD([w], lr=1.0)
    done = [0]

    def step() -> None:
        opt.zero_grad()
        (-w.sum()).backward()
        opt.step()

    compiled = ag.compile(step, backend="cc")

    def trains() -> bool:
        compiled()
        done[0] += 1
        return bool(np.all(w.detach().numpy() == done[0]))

    def looks() -> bool:
        values = w.data
        w.grad  # noqa: B018 - a look
        return bool(values.min() == values.max())

    def calls(backend: str) -> Callable[[], bool]:
        sizes = cycle(range(3, 9))

        def call() -> bool:
            x = np.linspace(-1, 1, next(sizes))
            y = np.tanh(x)
            return bool(np.allclose(functions[backend](x), 2 * y * (1 - y * y)))

        return call

    factors = count(1.0, 0.25)

    def records() -> bool:
        factor = next(factors)
        f = ag.compile(lambda x: np.sum(x * factor * table))
        return all(abs(f(table) - np.sum(table * factor * table)) < 1e-9 * factor for _ in range(3))

    wide = Wide("cc")
    yield from (trains, looks, looks, records, *map(calls, BACKENDS), wide.check, wide.check)


def in_threads(minutes: float) -> Counter[str]:
    found, stop = Counter[str](), threading.Event()
    at_it: dict[int, float] = {}

    def again(k: int, work: Callable[[], bool]) -> None:
        while not stop.is_set():
            try:
                good = work()
            except Exception as error:  # noqa: BLE001 - counted
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
                good = False
            found["calls"] += 1
            found["wrong"] += not good
            at_it[k] = time.monotonic()

    started = [threading.Thread(target=again, args=pair) for pair in enumerate(workers())]
    for thread in started:
        thread.start()
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        time.sleep(min(1.0, max(0.0, end - time.monotonic())))
        if min(at_it.values(), default=0) > time.monotonic() - HANG:
            alive()
    stop.set()
    for thread in started:
        thread.join()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interrupts", type=int, default=10_000)
    parser.add_argument("--forks", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "8")
    warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of a fork next to threads
    alive()
    bad = 0
    for name, found in (
        ("interrupts", interrupts(asked.interrupts, asked.seed)),
        ("forks", forks(asked.forks)),
        ("threads", in_threads(asked.minutes)),
    ):
        bad += found["wrong"] + found["left behind"] + found["hangs"]
        print(f"{name:<12}", ", ".join(f"{key}: {value:,}" for key, value in found.items()), flush=True)
    faulthandler.cancel_dump_traceback_later()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
