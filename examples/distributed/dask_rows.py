"""python examples/distributed/dask_rows.py --rows 20_000 --workers 2

More rows than memory holds, on dask.distributed's LocalCluster: a logistic regression, the first principal components
by gradients, and a network. Needs ``pip install 'autograd-lite[distributed,scipy]'``; takes some seconds. The rows are
in pieces, which the workers make, compute with and forget; what comes back are a loss and gradients. ``--workers 0``
takes the threads of this process. With ``--rows 5_000_000 --features 100`` there are 4 GB of them. Prints what each
has found, and the most memory of any process.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np

import autograd_lite as ag
from autograd_lite import nn, optim

PIECE = 500_000
"""So many numbers are in memory for each thread: 4 MB."""
TASKS = ("logistic", "components", "network")


@contextlib.contextmanager
def cluster(workers: int) -> Iterator[Any]:
    """Have dask compute by processes of its own, or with none of them by threads of this one."""
    if not workers:
        with dask.config.set(scheduler="threads", num_workers=2):
            yield None
        return
    from distributed import Client, LocalCluster  # noqa: PLC0415 - an optional package

    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as machines,
        Client(machines) as client,
    ):
        yield client


def rows(count: int, features: int) -> tuple[Any, Any]:
    """Return features, of which the first ones vary most, and the labels that a line through them makes."""
    rng = da.random.default_rng(0)
    x = rng.normal(size=(count, features), chunks=(max(min(PIECE // features, count // 4), 1), features))
    x = x * np.linspace(2.0, 0.5, features)
    y = rng.uniform(size=count, chunks=x.chunks[0]) < 1 / (1 + np.exp(-(x @ np.linspace(-1.0, 1.0, features))))
    return x, y.astype(float)


def logistic(x: Any, y: Any, steps: int) -> float:
    """Return how far the weights are from those that the labels were made with."""

    def loss(w: Any) -> Any:
        z = ag.Tensor(x) @ w
        return np.mean(ag.softplus(z) - y * z)

    step = ag.value_and_grad(loss)
    w, hessian = np.zeros(x.shape[1]), None
    for _ in range(steps):
        if hessian is None:  # of Newton's method, from the first pass on
            (hessian,) = dask.compute((x.T @ x) / (4 * len(x)))
        value, slope = dask.compute(*step(w))
        w = w - np.linalg.solve(hessian, slope)
        print(f"  loss {value:.6f}")
    return float(np.abs(w - np.linspace(-1.0, 1.0, len(w))).max())


def components(x: Any, _: Any, steps: int) -> float:
    """Return by how much the first two axes miss the plane of largest variance, which is that of the first columns."""

    def variance(v: Any) -> Any:
        return np.sum((ag.Tensor(x) @ v) ** 2) / len(x)

    step = ag.value_and_grad(variance)
    v = np.linalg.qr(np.random.default_rng(1).normal(size=(x.shape[1], 2)))[0]
    for _ in range(3 * steps):
        value, slope = dask.compute(*step(v))
        v = np.linalg.qr(slope)[0]  # as far along the gradient as can be: subspace iteration
        print(f"  variance {value:.4f}")
    return float(np.linalg.norm(v[2:]))


def network(x: Any, y: Any, steps: int) -> float:
    """Return the share of rows that a network tells wrongly; parameters are plain arrays, and computed at each step."""
    net = nn.Sequential(nn.Linear(x.shape[1], 16, rng=0), nn.Tanh(), nn.Linear(16, 1, rng=0))
    opt = optim.Adam(net.parameters(), lr=0.1)
    for _ in range(3 * steps):
        opt.zero_grad()
        z = net(ag.Tensor(x))[:, 0]
        loss = np.mean(ag.softplus(z) - y * z)
        loss.backward()
        value, *slopes = dask.compute(loss.data, *[p.grad.data for p in net.parameters()])
        for p, slope in zip(net.parameters(), slopes, strict=True):
            p.grad = slope
        opt.step()
        print(f"  loss {value:.6f}")
    with ag.no_grad():
        wrong = np.mean((net(ag.Tensor(x))[:, 0].data > 0) != (y > 0.5))
    return float(dask.compute(wrong)[0])


def peak(client: Any) -> float:
    """Return the most memory that this process, or any worker, has had, in GB; nan where that is not known."""
    return max([most_here(), *(client.run(most_here).values() if client else ())])


def most_here() -> float:
    if not sys.platform.startswith("linux"):
        return float("nan")
    rows = Path("/proc/self/status").read_text().splitlines()  # what getrusage says begins with what its parent had
    return float(next(row for row in rows if row.startswith("VmHWM")).split()[1]) / 2**20


def main(arguments: list[str] | None = None) -> dict[str, float]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[2].partition("\n")[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--features", type=int, default=10)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--task", choices=TASKS, action="append")
    given = parser.parse_args(arguments)
    x, y = rows(given.rows, given.features)
    print(f"{given.rows} rows of {given.features} numbers, {x.nbytes / 1e9:.2f} GB in {x.npartitions} pieces")
    found: dict[str, float] = {}
    with cluster(given.workers) as client:
        for name in given.task or TASKS:
            print(f"{name}:")
            do: Callable[..., float] = globals()[name]
            found[name] = do(x, y, given.steps)
        found["peak"] = peak(client)
    for name, value in found.items():
        print(f"{name} {value:.4f}")
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
