"""What every contender shares: the inputs, the clock and the printed line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import repeat
from time import perf_counter
from typing import Any

import numpy as np

INPUT = [[1.0, 2.0]]
TARGET = [[0.0, 1.0]]
RATE = 0.01
GRADIENT_SIZE, HESSIAN_SIZE = 1000, 50
CYCLES = 250  # of four operations each: the 1000 of chain1000
LENGTHS = (250_000, 1_000_000)

MLP_SIZES, MLP_BATCH = (64, 128, 10), 32  # in float32
BATCH_SECONDS = 0.05
REPEATS = 5
CHECK_STEPS = 10

Step = Callable[[], Any]
Figures = dict[str, Any]
Workload = Callable[[], Figures]


def parameters() -> list[np.ndarray]:
    """The same W1, b1, W2, b2 for every contender; a weight is (out, in)."""
    shapes = ((3, 2), (3,), (2, 3), (2,))
    return [np.cos(np.arange(np.prod(shape)) + len(shape)).reshape(shape) for shape in shapes]


def mlp_parameters() -> list[np.ndarray]:
    """W1, b1, W2, b2 of the larger network; a weight is (out, in)."""
    inner, hidden, classes = MLP_SIZES
    shapes = ((hidden, inner), (hidden,), (classes, hidden), (classes,))
    return [(0.1 * np.cos(np.arange(np.prod(s)) + len(s))).reshape(s).astype(np.float32) for s in shapes]


def mlp_batch() -> tuple[np.ndarray, np.ndarray]:
    """A batch for it, and the classes."""
    x = np.sin(np.arange(MLP_BATCH * MLP_SIZES[0])).reshape(MLP_BATCH, -1).astype(np.float32)
    return x, np.arange(MLP_BATCH) % MLP_SIZES[-1]


def chain_input() -> np.ndarray:
    return np.linspace(-1.0, 1.0, 10)


def rosenbrock_input(size: int) -> np.ndarray:
    return np.linspace(-1.0, 1.0, size)


def rosenbrock(x: Any) -> Any:
    """The function of several contenders, by methods and operators that all of them have."""
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def seconds(step: Step, batch: int) -> float:
    # The collector stays on, unlike in timeit: a contender whose graph has
    # reference cycles pays for them in real use too.
    start = perf_counter()
    for _ in repeat(None, batch):
        step()
    return perf_counter() - start


def batch_size(step: Step) -> int:
    batch = 1
    while seconds(step, batch) < BATCH_SECONDS:
        batch *= 2
    return batch


def best_seconds(step: Step) -> float:
    batch = batch_size(step)
    return min(seconds(step, batch) for _ in range(REPEATS)) / batch


def timed(step: Step, read: Callable[[Any], float]) -> Figures:
    """The best time of a step, and a value that all contenders must agree on."""
    for _ in range(CHECK_STEPS):
        result = step()
    return {"check": read(result), "seconds": best_seconds(step)}


def grow(leaf: Any, length: int) -> Any:
    y = leaf
    for _ in range(length // 2):
        y = y * 0.999
        y = y + 0.1
    return y


def phases(leaf: Any, length: int) -> list[float]:
    """Seconds to build a chain, to sweep it, and to drop one never swept."""
    marks = [perf_counter()]
    y = grow(leaf, length)
    marks.append(perf_counter())
    y.sum().backward()
    marks.append(perf_counter())
    del y
    unswept = [grow(leaf, length)]
    start = perf_counter()
    unswept.clear()
    return [marks[1] - marks[0], marks[2] - marks[1], perf_counter() - start]


def long_chain(leaf: Any) -> Figures:
    return {str(length): phases(leaf, length) for length in LENGTHS}


def attempt(workload: Workload | None) -> Figures:
    if workload is None:
        return {"error": "unsupported"}
    try:
        return workload()
    except Exception as error:  # noqa: BLE001 - shown in the table as the contender's result
        return {"error": f"{type(error).__name__}: {error}"}


def main(workloads: dict[str, Workload]) -> None:
    """Run the workloads named on the command line, or all; print one JSON line."""
    names = sys.argv[1:] or list(workloads)
    print(json.dumps({name: attempt(workloads.get(name)) for name in names}))
