"""python examples/distributed/executor.py --workers 2

Evaluations beside each other, by the processes of `concurrent.futures`: a search from many starts, chains of
Hamiltonian Monte Carlo, the gradients of single examples, and of a function of which nothing is known. Takes seconds,
and gives the same numbers with any number of workers, with ``--workers 0`` in this process. Needs
``pip install 'autograd-lite[scipy]'``. Other executors do as well: ``mpi4py.futures.MPIPoolExecutor()``, dask's
``client.get_executor()``, ``loky.get_reusable_executor()``.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import multiprocessing
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import parallel

WARMING, LEAPS, STEP, R_HAT = 50, 10, 0.2, 1.1


def bumpy(x: Any) -> Any:
    """Many valleys, of which the lowest is at 0 (L. A. Rastrigin, 1974)."""
    return 10 * x.size + np.sum(x**2 - 10 * np.cos(2 * np.pi * x))


def energy(x: Any) -> Any:
    """Of a ring, on which the chains walk."""
    return 4 * (np.sqrt(np.sum(x**2)) - 2) ** 2


def chain(start: np.ndarray, steps: int, rng: np.random.Generator) -> np.ndarray:
    """Return where a chain of Hamiltonian Monte Carlo is after each of its trajectories."""
    potential = ag.value_and_grad(energy)
    x, (value, slope), places = start, potential(start), []
    for _ in range(WARMING + steps):
        speed, step = rng.standard_normal(x.shape), STEP * rng.uniform(0.5, 1.5)
        new, moving = x, speed - step / 2 * slope
        for _ in range(LEAPS):
            new = new + step * moving
            new_value, new_slope = potential(new)
            moving = moving - step * new_slope
        moving = moving + step / 2 * new_slope
        if math.log(rng.random()) < value - new_value + np.sum(speed**2 - moving**2) / 2:
            x, value, slope = new, new_value, new_slope
        places.append(x)
    return np.array(places[WARMING:])


def agreement(chains: np.ndarray) -> float:
    """Return R-hat, by halves of chains: 1 where all have seen the same."""
    halves = np.concatenate(np.split(chains[:, : chains.shape[1] // 2 * 2], 2, axis=1))
    within, between = halves.var(1, ddof=1).mean(0), halves.mean(1).var(0, ddof=1)
    return float(np.sqrt(1 + between / within).max())


def orbit(x: Any, pull: Any) -> np.ndarray:
    """Of which nothing is known but what it returns: where a body of one place and speed is after a while."""
    place, speed = float(x[0]), float(x[1])
    for _ in range(2000):
        speed -= 0.001 * float(pull) * math.sin(place)
        place += 0.001 * speed
    return np.array([place, speed])


@contextlib.contextmanager
def executor(workers: int) -> Iterator[Any]:
    if not workers:
        yield None
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[2].partition("\n")[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--steps", type=int, default=200)
    given = parser.parse_args(arguments)
    starts = np.random.default_rng(0).uniform(-2, 2, (30, 2))
    with executor(given.workers) as pool:
        found = ag.optimize.multistart(bumpy, starts, executor=pool)
        chains = parallel.map(chain, starts[:4], given.steps, in_axes=(0, None), executor=pool, rng=1)
        slopes = ag.grad(lambda x: np.sum(parallel.map(energy, x, executor=pool)))(starts)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ag.errors.NumericalDerivativeWarning)
            box = ag.custom_op(orbit, numerical=True, executor=pool)
        matrix = ag.jacobian(box)(np.array([0.5, 0.0]), 9.81)
        ag.gradcheck(energy, starts[0], executor=pool)
    print(f"lowest of {len(found)} valleys: {found[0].fun:.6f}, from start {found[0].start}; 0 is to reach")
    print(f"R-hat of {len(chains)} chains: {agreement(chains):.4f}, to reach {R_HAT}")
    print(f"mean distance from the middle: {np.linalg.norm(chains, axis=2).mean():.4f}")
    print(f"largest slope: {np.abs(slopes).max():.6f}")
    print(f"determinant of the orbit, 1 where areas stay: {np.linalg.det(matrix):.8f}")
    return {"best": found[0].fun, "agreement": agreement(chains), "chains": chains, "matrix": matrix}


if __name__ == "__main__":
    result = main()
    sys.exit(result["agreement"] >= R_HAT)
