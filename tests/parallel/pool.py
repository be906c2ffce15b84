"""What ``mpiexec -n 3 python -m mpi4py.futures pool.py`` runs: rank 0 asks the others."""

from __future__ import annotations

import numpy as np
import pytest
import tasks
from mpi4py.futures import MPIPoolExecutor

import autograd_lite as ag

if __name__ == "__main__":
    X, W = np.random.default_rng(0).normal(size=(6, 3)), {"a": np.ones(3), "b": 2.0}

    def slopes(executor: MPIPoolExecutor | None) -> np.ndarray:
        return ag.grad(lambda x: np.sum(ag.parallel.map(tasks.energy, x, W, in_axes=(0, None), executor=executor)))(X)

    with MPIPoolExecutor() as pool:
        assert np.array_equal(slopes(pool), slopes(None))
        with pytest.raises(ZeroDivisionError) as failed:
            ag.parallel.map(tasks.failing, np.array([1.0, 2.0, 3.0]), executor=pool)
        assert failed.value.__notes__ == ["in item 1 of 3 of failing"]
        with pytest.raises(ag.errors.ParallelError, match="Write it as a function of a module"):
            ag.parallel.map(lambda x: x, X, executor=pool)
    print("equal")
