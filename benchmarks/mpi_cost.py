"""What it costs to train with several processes: measured on those there are, and computed for more.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 mpiexec -n 2 python -m mpi4py benchmarks/mpi_cost.py

A step is the forward and backward pass of a network 784-512-10 over a batch, and Adam's update. One process has the
whole batch; several have a share each, and add up their gradients. The model: to send n bytes takes alpha + n beta. A
sum over p ranks takes ``log2(p) (alpha + n beta)`` by recursive doubling, and along a ring
``2 (p - 1) alpha + 2 n beta (p - 1) / p`` (R. Thakur, R. Rabenseifner and W. Gropp, 2005); the shorter one is taken.
What each rank does besides its share of the batch, the update and the copies into the buffer, is measured with a batch
of one. The last column is of ranks that have a whole batch each.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from mpi4py import MPI

from autograd_lite import nn, optim, parallel

COMM = MPI.COMM_WORLD
RANKS = (8, 64, 1024)
ETHERNET = (2e-5, 1 / 3e9)
"""Seconds for a message, and for a byte, of a common cluster; of shared memory they are measured."""


def quickest(do: Callable[[], Any], rounds: int) -> float:
    """Return the shortest of some times, in seconds; all ranks begin together."""
    found = []
    for _ in range(rounds):
        COMM.Barrier()
        start = time.perf_counter()
        do()
        found.append(time.perf_counter() - start)
    return float(COMM.allreduce(min(found), MPI.MAX))


def alone(do: Callable[[], float]) -> float:
    """Return what rank 0 measures while the others sleep."""
    found = do() if COMM.rank == 0 else 0.0
    request = COMM.Ibarrier()
    while not request.Test():
        time.sleep(0.01)
    return float(COMM.bcast(found))


def seconds(do: Callable[[], Any], rounds: int) -> float:
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        do()
        found.append(time.perf_counter() - start)
    return min(found)


def step_of(batch: int, average: Any) -> Callable[[], Any]:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(batch, 784)), rng.integers(0, 10, batch)
    net = nn.Sequential(nn.Linear(784, 512, rng=0), nn.ReLU(), nn.Linear(512, 10, rng=0))
    opt = optim.Adam(net.parameters(), average=average)

    def step() -> None:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()

    step()
    return step


def line(rounds: int) -> tuple[float, float]:
    """Return alpha and beta of the ranks there are, from sums of few and of many numbers."""
    times = {}
    for n in (1, 1_000_000):
        numbers = np.ones(n)

        def add(numbers: np.ndarray = numbers) -> None:
            COMM.Allreduce(MPI.IN_PLACE, numbers)

        times[n] = quickest(add, 20 * rounds)
    rises = max(math.log2(COMM.size), 1)
    return times[1] / rises, (times[1_000_000] - times[1]) / 8e6 / rises


def sum_over(ranks: int, size: int, alpha: float, beta: float) -> float:
    """Return how long the sum of so many bytes takes by the shorter of two ways."""
    doubling = math.log2(ranks) * (alpha + size * beta)
    ring = 2 * (ranks - 1) * alpha + 2 * size * beta * (ranks - 1) / ranks
    return min(doubling, ring)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    size = 8 * (784 * 512 + 512 + 512 * 10 + 10)
    whole = alone(lambda: seconds(step_of(given.batch, None), given.rounds))
    rest = alone(lambda: seconds(step_of(1, parallel.mean(MPI.COMM_SELF)), given.rounds))
    measured = quickest(step_of(given.batch // COMM.size, parallel.mean(COMM)), given.rounds)
    alpha, beta = line(given.rounds)
    if COMM.rank:
        return
    work = whole - rest
    print(f"batch {given.batch}, {size / 1e6:.1f} MB of gradients, {rest * 1e3:.1f} ms that every rank takes")
    print(f"alpha {alpha * 1e6:.1f} µs, beta {beta * 1e9:.3f} ns for a byte, of shared memory\n")
    print("| ranks | | ms for a step | of this the sum | efficiency | of larger batches |")
    print("|---:|---|---:|---:|---:|---:|")
    print(f"| 1 | measured | {whole * 1e3:.1f} | | 1 | 1 |")
    rows = [(COMM.size, "computed", alpha, beta)]
    rows += [(p, "computed", alpha, beta) for p in RANKS]
    rows += [(p, "over a network", *ETHERNET) for p in RANKS]
    print(f"| {COMM.size} | measured | {measured * 1e3:.1f} | | {whole / measured / COMM.size:.2f} | |")
    for p, what, a, b in rows:
        both = sum_over(p, size, a, b)
        total = work / p + rest + both
        larger = whole / (whole + both)
        print(f"| {p} | {what} | {total * 1e3:.1f} | {both * 1e3:.2f} | {whole / total / p:.2f} | {larger:.2f} |")


if __name__ == "__main__":
    main()
