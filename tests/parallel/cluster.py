"""What the tests of dask run: ``python cluster.py NAME``, on a LocalCluster of two processes."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import tasks
from distributed import Client, LocalCluster

import autograd_lite as ag
from autograd_lite import nn

X, W = np.random.default_rng(0).normal(size=(6, 3)), {"a": np.ones(3), "b": 2.0}


def slopes(executor: Any) -> Any:
    return ag.grad(lambda x: np.sum(ag.parallel.map(tasks.energy, x, W, in_axes=(0, None), executor=executor)))(X)


def is_an_executor(client: Client) -> None:
    pool = client.get_executor()
    assert np.array_equal(slopes(pool), slopes(None))
    factor = 3.0
    assert np.array_equal(ag.parallel.map(lambda x: x * factor, X, executor=pool), X * 3.0)
    assert np.array_equal(*[ag.parallel.map(tasks.dropped, X, executor=e, rng=1) for e in (None, pool)])
    with pytest.raises(ZeroDivisionError) as failed:
        ag.parallel.map(tasks.failing, np.array([1.0, 2.0, 3.0]), executor=pool)
    assert failed.value.__notes__ == ["in item 1 of 3 of failing"]
    here, there = (str(ag.gradcheck(tasks.valley, X[0], executor=e)) for e in (None, pool))
    assert here == there


def computes_anew(client: Client) -> None:
    """Equal calls are computed again, as the world may be another one; and errors come at once, each time."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "number")
        for k in range(5):
            path.write_text(str(k), encoding="utf-8")
            found = ag.parallel.map(
                tasks.read_from, np.ones(3), str(path), in_axes=(0, None), executor=client.get_executor()
            )
            assert found.tolist() == [k] * 3
    for f, kind, text in [
        (tasks.failing, ZeroDivisionError, "at 3"),
        (tasks.raising_locked, ag.errors.ParallelError, "a call has raised LockedError: it is locked"),
    ]:
        for _ in range(10):
            with pytest.raises(kind, match=text):
                ag.parallel.map(f, np.array([1.0, 3.0, 4.0, 1.0]), executor=client.get_executor())
    with pytest.raises(ag.errors.ArgumentError, match=r"client.get_executor\(\)"):
        ag.parallel.map(tasks.valley, np.ones(3), executor=client)


def says_what_cannot_be_sent(client: Client) -> None:
    pool, lock = client.get_executor(), threading.Lock()
    for f in (lambda x: lock.locked() or x, lambda x: ag.parallel.map(np.square, x, executor=pool)):
        with pytest.raises(ag.errors.ParallelError, match=r"cannot be sent to another process: .* Write it as a"):
            ag.parallel.map(f, X, executor=pool)


def computes_what_is_lazy(client: Client) -> None:
    """The gradients of a network whose examples are on the workers; parameters are here, and compared with NumPy's."""
    rows, labels = np.random.default_rng(1).normal(size=(60, 3)), np.arange(60) % 2.0
    found = []
    for x, y in ((rows, labels), (da.from_array(rows, chunks=(20, 3)), da.from_array(labels, chunks=20))):
        net = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 1, rng=0))
        z = net(ag.Tensor(x))[:, 0]
        np.mean(ag.softplus(z) - y * z).backward()
        found.append(dask.compute(*[p.grad.data for p in net.parameters()]))
    for a, b in zip(*found, strict=True):
        assert np.allclose(a, b, rtol=1e-12, atol=1e-15)


def outlives_a_worker(client: Client) -> None:
    """A worker is killed: its task is computed by another one, in a map and in a lazy gradient."""
    with TemporaryDirectory() as folder:
        mark = str(Path(folder, "mark"))
        found = ag.parallel.map(
            tasks.killed_once, np.arange(4.0), mark, in_axes=(0, None), executor=client.get_executor()
        )
        assert found.tolist() == [0, 1, 4, 9]
        assert Path(mark).exists()
        other = str(Path(folder, "other"))
        x = da.map_blocks(
            lambda block, block_info=None: tasks.killed_once(float(block_info[0]["chunk-location"][0]), other) + block,
            da.zeros((40, 2), chunks=(10, 2)), dtype=float, meta=np.zeros((0, 2)),
        )  # fmt: skip
        slope = ag.grad(lambda w: np.sum(ag.Tensor(x) @ w))(np.ones(2))
        assert dask.compute(slope)[0].tolist() == [140.0, 140.0]
        assert Path(other).exists()


def says_which_is_lost(client: Client) -> None:
    """Where every worker that takes it is killed, there is an error, and the cluster goes on."""
    pool = client.get_executor()
    client.cluster.scheduler.allowed_failures = 0
    with pytest.raises(ag.errors.ParallelError, match="a process of the executor has ended while it was computing"):
        ag.parallel.map(tasks.killed, np.arange(3.0), executor=pool)
    assert np.array_equal(slopes(pool), slopes(None))


if __name__ == "__main__":
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as machines,
        Client(machines) as client,
    ):
        client.wait_for_workers(2)
        for name in sys.argv[1:]:
            globals()[name](client)
            print(f"{name}: done", flush=True)
