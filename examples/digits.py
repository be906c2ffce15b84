"""A perceptron learns the handwritten digits of scikit-learn: needs ``pip install 'autograd-lite[data,progress]'``."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from autograd_lite import nn

try:
    from sklearn.datasets import load_digits
    from tqdm import trange
except ImportError as error:
    raise SystemExit(f"{error}. Write: pip install 'autograd-lite[data,progress]'") from error

EPOCHS, BATCH = 60, 32


def split(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return images and classes for training, then for the test: a fifth of all."""
    data = load_digits()
    order = rng.permutation(len(data.target))
    images, classes = data.data[order] / 16, data.target[order]
    n = len(classes) // 5
    return images[n:], classes[n:], images[:n], classes[:n]


def accuracy(model: nn.Module, images: np.ndarray, classes: np.ndarray) -> float:
    with ag.no_grad():
        return float(np.mean(np.argmax(model(ag.Tensor(images)).numpy(), axis=1) == classes))


def main() -> float:
    rng = ag.manual_seed(0)
    images, classes, test_images, test_classes = split(rng)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = ag.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    progress = trange(EPOCHS)
    for _ in progress:
        order = rng.permutation(len(classes))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(ag.Tensor(images[batch])), classes[batch])
            loss.backward()
            optimizer.step()
        progress.set_description(f"loss {loss.item():.4f}")
    return accuracy(model, test_images, test_classes)


if __name__ == "__main__":
    print(f"test accuracy {main():.3f}")
