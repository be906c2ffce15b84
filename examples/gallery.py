"""The gallery: writes the pictures in this folder, and others that are not kept here.

Needs ``pip install 'autograd-lite[graph]'``, and ``[plot]`` for the pictures of training; takes a few seconds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import autograd_lite as ag
from autograd_lite import nn, viz
from autograd_lite.apps import perceptron

X, TARGET = np.array([perceptron.X]), np.array([perceptron.TARGET])


def perceptron_numbers() -> ag.Picture:
    """The perceptron with its values and gradients; the darker a box, the larger the gradient that arrives there."""
    model = perceptron.network()

    def loss(x: ag.Tensor, y: ag.Tensor) -> dict[str, ag.Tensor]:
        return {"loss": ag.half_squared_error(model(x), y)}

    names = dict(model.named_parameters())
    return ag.visualize(loss, X, TARGET, params=names, values=True, gradients=True, direction="TB")


def digits(depth: int | None) -> ag.Picture:
    """The network of digits.py, on a batch of 32 images."""
    model, loss = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10)), nn.CrossEntropyLoss()
    return ag.visualize(lambda images, classes: loss(model(images), classes), *batch(), depth=depth)


def batch() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((32, 64)), np.zeros(32, int)


def blocks() -> ag.Picture:
    """Twelve equal blocks with a way past each, drawn once."""
    h = x = ag.Tensor(np.ones((1, 8)), name="x")
    for i in range(12):
        with ag.scope(f"block {i}"):
            W = ag.Tensor(np.eye(8), requires_grad=True, name="W")
            h = h + np.tanh(h @ W)
    return ag.visualize({"loss": np.mean((h - x) ** 2)})


def failed() -> ag.Picture:
    """A network whose second layer does not fit the first."""
    model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(4, 2))
    return ag.visualize(model, X)


def program() -> ag.Picture:
    """A derivative as it was recorded, and what the passes of the compiler have made of it."""
    slope = ag.compile(ag.grad(lambda x: np.sum(np.exp(np.sin(x)) * np.sin(x))))
    slope(np.linspace(0.0, 1.0, 4))
    return ag.visualize(slope, direction="LR")


PICTURES: dict[str, Callable[[], ag.Picture]] = {
    "perceptron_numbers": perceptron_numbers,
    "digits_folded": lambda: digits(depth=0),
    "digits": lambda: digits(depth=None),
    "blocks": blocks,
    "failed": failed,
    "program": program,
}


def train(steps: int = 300) -> tuple[viz.Monitor, nn.Module, np.ndarray, np.ndarray]:
    """Two moons, told apart by a small network."""
    rng = ag.manual_seed(0)
    angle = rng.uniform(0, np.pi, 200)
    classes = np.arange(200) % 2
    points = np.stack([np.cos(angle) + classes, np.sin(angle) * (1 - 2 * classes) + 0.4 * classes], axis=1)
    points += rng.normal(0, 0.12, points.shape)
    model, loss_of = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2)), nn.CrossEntropyLoss()
    optimizer = ag.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
    with viz.Monitor(model) as monitor:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = loss_of(model(points), classes)
            loss.backward()
            monitor.record(loss)
            optimizer.step()
    return monitor, model, points, classes


def main(folder: Path) -> list[Path]:
    """Write everything into `folder`, and return the paths."""
    paths = [picture().save(folder / f"{name}.svg") for name, picture in PICTURES.items()]
    paths.append(perceptron_numbers().save(folder / "perceptron.html"))
    monitor, model, points, classes = train()
    print(monitor)
    figures = {"training": monitor.plot(), "regions": viz.decision_regions(model, points, classes)}
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png")
        paths.append(folder / f"{name}.png")
    return paths


if __name__ == "__main__":
    print(*main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path()), sep="\n")
