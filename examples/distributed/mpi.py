"""mpiexec -n 2 python -m mpi4py examples/distributed/mpi.py

One network, trained by several processes: each has its share of the examples, and all step along the mean of their
gradients. Needs ``pip install 'autograd-lite[mpi]'``; takes seconds. A rank that fails ends all of them, with its
message; rank 0 writes checkpoints, and ``--resume`` goes on from the last one. What is learned is the distance of a
place from a ring; prints how far off it is, of places that were not among the examples.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from mpi4py import MPI

import autograd_lite as ag
from autograd_lite import data, nn, optim, parallel

COMM = MPI.COMM_WORLD
TO_REACH, BATCH = 0.05, 64


def rings(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    x = rng.uniform(-2, 2, (count, 2))
    return x, np.abs(np.linalg.norm(x, axis=1, keepdims=True) - 1)


def main(arguments: list[str] | None = None) -> float:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[2].partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--resume", action="store_true")
    given = parser.parse_args(arguments)
    if given.resume and not given.checkpoint:
        parser.error("--resume goes on from a --checkpoint: write --checkpoint PATH beside it")
    rng = np.random.default_rng(0)
    examples, (x, y) = data.TensorDataset(*rings(rng, 4096)), rings(rng, 1000)
    ag.manual_seed(COMM.rank)
    net = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
    parallel.broadcast(net, COMM)
    opt = optim.Adam(net.parameters(), lr=0.003, average=parallel.mean(COMM))
    sampler = parallel.DistributedSampler(examples, COMM, uneven="drop")
    loader = data.DataLoader(examples, batch_size=BATCH // COMM.size, sampler=sampler, drop_last=True)
    first = 0
    if given.resume:
        saved = ag.load(given.checkpoint)
        net.load_state_dict(saved["net"])
        opt.load_state_dict(saved["opt"])
        first = int(saved["epoch"]) + 1

    @ag.compile
    def step(inputs: Any, targets: Any) -> Any:
        opt.zero_grad()
        loss = ag.mean_squared_error(net(inputs), targets)
        loss.backward()
        opt.step()
        return loss

    for epoch in range(first, given.epochs):
        sampler.set_epoch(epoch)
        losses = [step(*batch).item() for batch in loader]
        if COMM.rank == 0:
            print(f"epoch {epoch}: loss {np.mean(losses):.5f}")
            if given.checkpoint:
                ag.save({"net": net.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, given.checkpoint)
    with ag.no_grad():
        off = float(np.abs(net(x).numpy() - y).mean())
    if COMM.rank == 0:
        print(f"{COMM.size} ranks: off by {off:.4f}, to reach {TO_REACH}")
    return off


if __name__ == "__main__":
    sys.exit(main() >= TO_REACH)
