"""What can be learned from 100 labels: a plain network, then with images moved, with weight decay, and as an ensemble.

Needs ``pip install 'autograd-lite[data]'``, and Matplotlib for the picture; takes a minute. Of the digits of
scikit-learn ten of each kind have a label in training; prints the share of the 1,697 others that is read correctly,
the mean over some choices of the hundred, which is to reach 0.96 in the end.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.data import DataLoader, TensorDataset
from autograd_lite.train import Trainer

TO_REACH = 0.96
EACH, BATCH, RATE, DECAY, MEMBERS = 10, 25, 0.003, 1.0, 5
# Whether images are moved in training, the weight decay, and how many networks there are.
PLAIN, MOVED, DECAYED, ENSEMBLE = (False, 0.0, 1), (True, 0.0, 1), (True, DECAY, 1), (True, DECAY, MEMBERS)
WAYS = {"plain": PLAIN, "+ moved": MOVED, "+ weight decay": DECAYED, "+ ensemble": ENSEMBLE}


def moved(images: Any, rng: np.random.Generator) -> Any:
    """Return each image moved by up to one place along both axes."""
    wide = np.pad(images, [(0, 0), (0, 0), (1, 1), (1, 1)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, (8, 8), axis=(2, 3))
    rows, columns = rng.integers(0, 3, size=(2, len(images)))
    return windows[np.arange(len(images)), :, rows, columns]


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 10),
    ).float()  # fmt: skip


def scores(x: Any, y: Any, unseen: Any, epochs: int, move: bool, decay: float) -> Any:
    """Return the probabilities that a network, trained on `x` and `y`, gives to each class of other images."""
    rng, model = np.random.default_rng(0), network()
    optimizer = ag.optim.AdamW(model.parameters(), RATE, weight_decay=decay)

    def seen(model: Any, batch: Any) -> tuple[Any, Any]:
        return model(moved(batch[0], rng) if move and model.training else batch[0]), batch[1]

    schedule = ag.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)  # once an epoch
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, schedule=schedule, forward=seen, progress=False)
    trainer.fit(DataLoader(TensorDataset(x, y), BATCH, shuffle=True), epochs)
    return ag.softmax(trainer.predict([(unseen, None)]), -1)


def accuracy(way: tuple[bool, float, int], seed: int, epochs: int) -> float:
    rng = ag.manual_seed(seed)
    images, classes = load_digits(return_X_y=True)
    images = images.reshape(-1, 1, 8, 8).astype(np.float32) / 16
    learned = np.concatenate([rng.permutation(np.flatnonzero(classes == c))[:EACH] for c in range(10)])
    unseen = np.setdiff1d(np.arange(len(classes)), learned)
    given = images[learned], classes[learned], images[unseen], epochs, *way[:2]
    mean = np.mean([scores(*given) for _ in range(way[2])], axis=0)
    return float(np.mean(mean.argmax(1) == classes[unseen]))


def picture(found: dict[str, list[float]], path: str) -> None:
    """Write a picture of the shares of all choices, and their means."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra

    axes = (figure := Figure(figsize=(7, 2.8), layout="constrained")).add_subplot()
    for place, shares in enumerate(found.values()):
        axes.plot(shares, [place] * len(shares), "o", color="#56B4E9", label="" if place else "a hundred labels")
        axes.plot(np.mean(shares), place, "D", color="#D55E00", label="" if place else "mean")
        axes.annotate(f"{np.mean(shares):.3f}", (np.mean(shares), place - 0.2), ha="center")
    axes.set(yticks=range(len(found)), yticklabels=found, ylim=(3.5, -0.7), xlabel="share of digits read correctly")
    axes.legend()
    figure.savefig(path, dpi=150)


def main(arguments: list[str] | None = None) -> float:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--picture", help="where to write it")
    given, found = parser.parse_args(arguments), {}
    for name, way in WAYS.items():
        shares = found[name] = [accuracy(way, seed, given.epochs) for seed in range(given.seeds)]
        print(f"{name}: accuracy {np.mean(shares):.3f}, from {min(shares):.3f} to {max(shares):.3f}")
    if given.picture:
        picture(found, given.picture)
    print(f"accuracy {np.mean(shares):.3f}, to reach {TO_REACH}")
    return float(np.mean(shares))


if __name__ == "__main__":
    sys.exit(main() < TO_REACH)
