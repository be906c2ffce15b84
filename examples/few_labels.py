"""What can be learned from 100 labels: a plain network, then with images moved, with weight decay, and as an ensemble.

Needs ``pip install 'autograd-lite[data]'``, and Matplotlib for the picture; takes a minute and a half. Of the digits of
scikit-learn ten of each kind have a label in training; prints the share of the 1,697 others that is read correctly,
the mean over some choices of the hundred, which is to reach 0.97 in the end.
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

TO_REACH = 0.97
EACH, BATCH, RATE, DECAY, MEMBERS = 10, 25, 0.003, 1.0, 5
WAYS = {
    "plain": (False, 0.0, 1), "+ moved": (True, 0.0, 1), "+ weight decay": (True, DECAY, 1),
    "+ ensemble": (True, DECAY, MEMBERS),
}  # fmt: skip
"""Whether images are moved in training, the weight decay, and how many networks there are."""


def moved(images: Any, rng: np.random.Generator) -> Any:
    """Return each image moved by up to one place along both axes."""
    wide = np.pad(images, [(0, 0), (0, 0), (1, 1), (1, 1)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, (8, 8), axis=(2, 3))
    rows, columns = rng.integers(0, 3, size=(2, len(images)))
    return windows[np.arange(len(images)), :, rows, columns]


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(512, 10),
    ).float()  # fmt: skip


def scores(x: Any, y: Any, unseen: Any, epochs: int, move: bool, decay: float) -> Any:
    """Return the probabilities that a network, trained on `x` and `y`, gives to each class of other images."""
    rng, model = np.random.default_rng(0), network()
    optimizer = ag.optim.AdamW(model.parameters(), RATE, weight_decay=decay)

    def seen(model: Any, batch: Any) -> tuple[Any, Any]:
        images, classes = batch
        return model(moved(images, rng) if move and model.training else images), classes

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
    move, decay, members = way
    given = images[learned], classes[learned], images[unseen], epochs, move, decay
    mean = np.mean([scores(*given) for _ in range(members)], axis=0)
    return float(np.mean(mean.argmax(1) == classes[unseen]))


def picture(found: dict[str, list[float]], path: str) -> None:
    """Write a picture of the shares of all choices, and their means."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra

    axes = (figure := Figure(figsize=(7, 3), layout="constrained")).add_subplot()
    for place, shares in enumerate(found.values()):
        axes.barh(place, np.mean(shares), color="#56B4E9", height=0.6)
        axes.plot(shares, np.full(len(shares), place), "o", color="#0072B2", markersize=4)
        axes.annotate(f"{np.mean(shares):.3f}", (0.881, place), va="center")
    axes.set(yticks=range(len(found)), yticklabels=found, xlim=(0.88, 1), xlabel="share of 1,697 digits read correctly")
    axes.invert_yaxis()
    figure.savefig(path, dpi=150)


def main(arguments: list[str] | None = None) -> float:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--picture", help="where to write it")
    given = parser.parse_args(arguments)
    found = {}
    for name, way in WAYS.items():
        shares = found[name] = [accuracy(way, seed, given.epochs) for seed in range(given.seeds)]
        print(f"{name}: accuracy {np.mean(shares):.3f}, from {min(shares):.3f} to {max(shares):.3f}")
    if given.picture:
        picture(found, given.picture)
    share = float(np.mean(shares))
    print(f"accuracy {share:.3f}, to reach {TO_REACH}")
    return share


if __name__ == "__main__":
    sys.exit(main() < TO_REACH)
