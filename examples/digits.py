"""A perceptron learns the handwritten digits of scikit-learn.

Needs ``pip install 'autograd-lite[data,progress]'``; takes a few seconds; prints the share of digits it has never seen
that it then reads correctly.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import errors, nn

EPOCHS, BATCH, RATE = 60, 32, 0.05
NOISE = 0.2  # added to the images in training, so that no pixel counts for too much


def needed(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        text = errors.MISSING_EXTRA.format(feature="examples/digits.py", package=package, extra="data,progress")
        raise errors.MissingExtraError(text) from error


def split(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return images and classes for training, then for the test: a fifth of all."""
    images, classes = needed("sklearn.datasets", "scikit-learn").load_digits(return_X_y=True)
    order = rng.permutation(len(classes))
    images, classes = images[order] / 16, classes[order]
    n = len(classes) // 5
    return images[n:], classes[n:], images[:n], classes[:n]


def train(model: nn.Module, images: np.ndarray, classes: np.ndarray, rng: np.random.Generator) -> None:
    loss_of = nn.CrossEntropyLoss()
    opt = ag.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, weight_decay=1e-4)
    with needed("tqdm", "tqdm").trange(EPOCHS, unit="epoch") as epochs:
        for epoch in epochs:
            opt.lr = RATE * (1 - epoch / EPOCHS)
            order = rng.permutation(len(classes))
            for start in range(0, len(order), BATCH):
                batch = order[start : start + BATCH]
                noisy = rng.normal(images[batch], NOISE)
                opt.zero_grad()
                loss = loss_of(model(noisy), classes[batch])
                loss.backward()
                opt.step()
            epochs.set_postfix(loss=f"{loss.item():.4f}")


def accuracy(model: nn.Module, images: np.ndarray, classes: np.ndarray) -> float:
    with ag.no_grad():
        scores = model.eval()(images)
    return float(np.mean(np.argmax(scores.numpy(), axis=1) == classes))


def main(seed: int = 0) -> float:
    rng = ag.manual_seed(seed)
    images, classes, test_images, test_classes = split(rng)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    train(model, images, classes, rng)
    share = accuracy(model, test_images, test_classes)
    print(f"test accuracy: {share:.1%}")
    return share


if __name__ == "__main__":
    main()
