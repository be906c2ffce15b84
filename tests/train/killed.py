"""A training that is killed by SIGKILL at random moments, again and again, and what it ends with.

Run as a program, of its own for the forks: ``killed.py folder kills seed compile``. It prints how many trainings came
to their end, and how many of those differ in any bit from one that nobody has disturbed.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import nn

EPOCHS = 4


def trainer(folder: Path, compile: Any = False) -> ag.train.Trainer:
    """Return a small training that has everything in it that there is to save."""
    ag.manual_seed(0)
    layers = [nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2, rng=5), nn.Linear(8, 2)]
    model = nn.Sequential(*layers).float()
    optimizer = ag.optim.AdamW(model.parameters(), lr=0.02)
    return ag.train.Trainer(
        model, nn.CrossEntropyLoss(), optimizer, clip=1.0, accumulate=2, ema=0.9, compile=compile, progress=False,
        schedule=ag.optim.lr_scheduler.OneCycleLR(optimizer, 0.05, epochs=EPOCHS, steps_per_epoch=5),
        metrics=[ag.train.accuracy], train_metrics=[ag.train.accuracy],
        checkpoint=ag.train.Checkpoints(folder / "checkpoints", every=2, keep=3),
        callbacks=[ag.train.EarlyStopping(patience=50), ag.train.CSVLog(folder / "log.csv")],
    )  # fmt: skip


def loaders(workers: int = 0) -> list[Any]:
    """Return batches in a random order, with noise from other generators, the last of them smaller.

    Python's own generator is left out where another thread makes the batches, since all threads share it.
    """
    numbers, noise = np.random.default_rng(1), np.random.default_rng(2)
    x = numbers.standard_normal((70, 3)).astype(np.float32)
    y = (x.sum(1) > 0).astype(np.int64)

    def noisy(examples: Any) -> Any:
        inputs, classes = ag.data.default_collate(examples)
        shared = 0.0 if workers else random.gauss(0, 0.1)
        return inputs + np.float32(noise.normal(0, 0.1) + ag.rand(1).item() + shared), classes

    random.seed(3)
    np.random.seed(4)  # noqa: NPY002 - the older generator is kept as well
    data = ag.data.TensorDataset(x[:50], y[:50])
    held = ag.data.TensorDataset(x[50:], y[50:])
    training = ag.data.DataLoader(data, 6, shuffle=True, collate_fn=noisy, num_workers=workers)
    return [training, ag.data.DataLoader(held, 8, shuffle=True)]


def trained(folder: Path, compile: Any = False, workers: int = 0) -> ag.train.Trainer:
    """Go on with the training in a folder, to its end."""
    made = trainer(folder, compile)
    data, held = loaders(workers)
    made.fit(data, EPOCHS, held, resume=True)
    return made


def digest(done: ag.train.Trainer, folder: Path | None = None) -> str:
    """Return a checksum of all bits: values, optimiser, generators, history, log."""
    found = hashlib.sha256()
    _add(found, {name: part for name, part in done.state_dict().items() if name != "loss_of_batch"})
    found.update((folder / "log.csv").read_bytes() if folder else b"")
    return found.hexdigest()


def _add(found: Any, x: Any) -> None:
    if isinstance(x, dict):
        for key in sorted(x, key=str):
            found.update(str(key).encode())
            _add(found, x[key])
    elif isinstance(x, (list, tuple)):
        for part in x:
            _add(found, part)
    elif isinstance(x, (np.ndarray, ag.Tensor)):
        found.update(np.asarray(x).tobytes())
    else:
        found.update(repr(x).encode())


def forked(folder: Path, compile: Any) -> int:
    """Begin, in a process of its own, to go on with the training."""
    child = os.fork()
    if not child:
        try:
            folder.mkdir(exist_ok=True)
            (folder / "digest").write_text(digest(trained(folder, compile), folder))
            os._exit(0)
        finally:
            os._exit(1)
    return child


def main(folder: Path, kills: int, seed: int, compile: Any) -> dict[str, int]:
    chance = random.Random(seed)
    began = time.monotonic()
    os.waitpid(forked(folder / "whole", compile), 0)
    whole, longest = (folder / "whole" / "digest").read_text(), time.monotonic() - began
    said = {"kills": 0, "trainings": 0, "different": 0}
    while said["kills"] < kills:
        here, ended = folder / str(said["trainings"]), False
        while not ended:
            child = forked(here, compile)
            time.sleep(chance.uniform(0, longest / 2) if said["kills"] < kills else 0)
            ended = os.waitpid(child, 0 if said["kills"] >= kills else os.WNOHANG)[0] == child
            if not ended:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                said["kills"] += 1
        said["trainings"] += 1
        said["different"] += (here / "digest").read_text() != whole
    return said


if __name__ == "__main__":
    place, kills, seed, compile = sys.argv[1:]
    print(json.dumps(main(Path(place), int(kills), int(seed), json.loads(compile))))
