"""Time what is done once: imports, a first step, a first call. Each in fresh processes on one processor, the best."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

TOP = Path(__file__).resolve().parent.parent
NOT_INHERITED = ("PYTHONDONTWRITEBYTECODE", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
BATCH = 200
Figures = dict[str, float]


def elapsed(step: Callable[[], Any]) -> float:
    start = perf_counter_ns()
    step()
    return (perf_counter_ns() - start) / 1e3


def perceptron(momentum: float = 0.0) -> Callable[[], Any]:
    import numpy as np  # noqa: PLC0415 - these processes time imports

    import autograd_lite as ag  # noqa: PLC0415
    from autograd_lite import nn  # noqa: PLC0415

    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Softmax(-1))
    optimizer = ag.optim.SGD(model.parameters(), lr=0.5, momentum=momentum)
    x, y = ag.Tensor(np.array([[1.0, 2.0]])), ag.Tensor(np.array([[1.0, 0.0]]))

    def step() -> Any:
        optimizer.zero_grad()
        loss = ag.half_squared_error(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def imports() -> Figures:
    import numpy  # noqa: F401, PLC0415

    def package() -> None:
        import autograd_lite  # noqa: F401, PLC0415

    def compiler() -> Any:
        import autograd_lite as ag  # noqa: PLC0415

        return ag.compile

    return {"import autograd_lite, after NumPy": elapsed(package), "ag.compile, first touched": elapsed(compiler)}


def eager() -> Figures:
    step = perceptron()
    calls = [elapsed(step) for _ in range(4)]
    return {
        "eager: first step": calls[0],
        "eager: second": calls[1],
        "eager: third": calls[2],
        "eager: step": best_of(step),
    }


def best_of(step: Callable[[], Any]) -> float:
    for _ in range(BATCH):
        step()
    return min(elapsed(lambda: [step() for _ in range(BATCH)]) for _ in range(10)) / BATCH


def compiled(backend: str, eager_before: bool = False, momentum: float = 0.0) -> Figures:
    import autograd_lite as ag  # noqa: PLC0415

    plain = perceptron(momentum)
    step = ag.compile(plain, backend=backend)
    if eager_before:
        plain()
    shown = f"{backend}{', momentum' if momentum else ''}{', after an eager step' if eager_before else ''}"
    found = {f"{shown}: first call": elapsed(step), f"{shown}: second": elapsed(step), f"{shown}: third": elapsed(step)}
    return {**found, f"{shown}: call": best_of(step)}


def again() -> Figures:
    """The same in a process that has compiled one before."""
    import autograd_lite as ag  # noqa: PLC0415

    found: Figures = {}
    for _ in range(3):
        step = ag.compile(perceptron())
        found = {"numpy, in the same process again: first call": elapsed(step), "...: second": elapsed(step)}
    return found


PROBES: dict[str, Callable[[], Figures]] = {
    "imports": imports,
    "eager": eager,
    "numpy": lambda: compiled("numpy"),
    "numpy after eager": lambda: compiled("numpy", eager_before=True),
    "numpy momentum": lambda: compiled("numpy", momentum=0.9),
    "again": again,
    "cc": lambda: compiled("cc"),
    "numba": lambda: compiled("numba"),
}


def measured(name: str, cache: str) -> Figures:
    """Run a probe in a process of its own, on one processor."""
    inherited = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED}
    environment = {**inherited, "PYTHONPATH": str(TOP), "OMP_NUM_THREADS": "1", "AUTOGRAD_LITE_CACHE": cache}
    command = [sys.executable, __file__, "--probe", name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def best(names: Iterable[str], rounds: int) -> Figures:
    found: Figures = {}
    with tempfile.TemporaryDirectory() as cache:  # native code of the first round is there in the others
        for _ in range(rounds + 1):
            for name in names:
                for row, value in measured(name, cache).items():
                    found[row] = min(value, found.get(row, value))
    return found


def pin() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PROBES)}; by default all but numba")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--probe", help=argparse.SUPPRESS)
    given = parser.parse_args()
    pin()
    if given.probe:
        print(json.dumps(PROBES[given.probe]()))
        return
    for row, value in best(given.names or [name for name in PROBES if name != "numba"], given.rounds).items():
        print(f"{row:48} {value:12,.1f} us")


if __name__ == "__main__":
    main()
