"""What every contender shares: the clock and the printed line."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
from collections.abc import Callable, Mapping
from itertools import repeat
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

LENGTHS = (250_000, 1_000_000)
BATCH_SECONDS = 0.05
REPEATS = 5
CHECK_STEPS = 10
FIRST = "first:"

CLOCK = process_time if os.environ.get("OMP_NUM_THREADS") == "1" else perf_counter
"""Of one thread the processor's time, which what else the machine does does not lengthen."""

Step = Callable[[], Any]
Figures = dict[str, Any]
Workload = Callable[[], Figures]
Timed = tuple[Callable[[], Step], Callable[[Any], float | None]]
"""What makes the step, and what reads from its result the number that all contenders must agree on."""


def seconds(step: Step, batch: int) -> float:
    # The collector stays on, unlike in timeit: a contender whose graph has
    # reference cycles pays for them in real use too.
    start = CLOCK()
    for _ in repeat(None, batch):
        step()
    return CLOCK() - start


def batch_size(step: Step) -> int:
    batch = 1
    while seconds(step, batch) < BATCH_SECONDS:
        batch *= 2
    return batch


def best_seconds(step: Step) -> float:
    batch = batch_size(step)
    return min(seconds(step, batch) for _ in range(REPEATS)) / batch


def timed(make: Callable[[], Step], read: Callable[[Any], float | None]) -> Figures:
    """The best time of a step, and what is read from the result of the last of the first ten."""
    step = make()
    for _ in range(CHECK_STEPS):
        result = step()
    return {"check": read(result), "seconds": best_seconds(step)}


def first_call(make: Callable[[], Step], read: Callable[[Any], float | None]) -> Figures:
    """The time of the first step of all, and that of the first two: some compile in the first, some in the second."""
    step = make()
    start = perf_counter()
    read(step())
    first = perf_counter() - start
    read(step())
    return {"seconds": first, "two": perf_counter() - start}


def resident_kb() -> dict[str, int]:
    """The process's memory: its peak VmHWM, VmRSS now, and of that RssFile, which are pages of code."""
    lines = Path("/proc/self/status").read_text().splitlines()
    rows = [line.split() for line in lines if line.startswith(("VmHWM", "VmRSS", "RssFile"))]
    return {name.rstrip(":"): int(kb) for name, kb, _ in rows}


def run_steps(step: Step) -> None:
    for _ in range(CHECK_STEPS):
        step()


def peak(make: Callable[..., Step]) -> Figures:
    """How far ten steps bring the memory, without pages of code, beyond what there is before the first, in kB.

    Ten steps with the smallest batch come before, so that it is not modules and tables that are counted.
    """
    run_steps(make(1))
    step = make()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free is not there to be filled unseen
    before = resident_kb()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    run_steps(step)
    after = resident_kb()
    return {"kb": (after["VmHWM"] - after["RssFile"]) - (before["VmRSS"] - before["RssFile"])}


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


def attempt(workload: Workload) -> Figures:
    try:
        return workload()
    except ImportError:
        return {"error": "not installed"}
    except Exception as error:  # noqa: BLE001 - shown in the table as the contender's result
        return {"error": f"{type(error).__name__}: {error}"}


def figures_of(name: str, steps: Mapping[str, Timed], others: Mapping[str, Workload]) -> Figures:
    if name in others:
        return attempt(others[name])
    step = steps.get(name.removeprefix(FIRST))
    if step is None:
        return {"error": "unsupported"}
    measure = first_call if name.startswith(FIRST) else timed
    return attempt(lambda: measure(*step))


def main(steps: Mapping[str, Timed], others: Mapping[str, Workload] | None = None) -> None:
    """Run the workloads named on the command line, or all; print one JSON line.

    With `first:` before its name a step is made and run once.
    """
    others = others or {}
    names = sys.argv[1:] or [*steps, *others]
    print(json.dumps({name: figures_of(name, steps, others) for name in names}))
