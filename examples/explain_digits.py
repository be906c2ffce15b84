"""Why a small convolutional network reads a digit as it does: `ag.attribution` on the digits of scikit-learn.

Needs ``pip install 'autograd-lite[data,plot]'``; takes a quarter of a minute. Draws what all methods say. Prints what
sums of attributions miss; how likely the class stays while pixels are taken away, the most important first, in parts of
what it is in a random order: 0.3 is to reach; and which training examples have made the network misread a digit.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

import autograd_lite as ag
from autograd_lite import attribution as attr
from autograd_lite import nn

TO_REACH = 0.3
UNSEEN, BATCH, RATE = 360, 32, 0.002


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(512, 32), nn.ReLU(), nn.Linear(32, 10),
    ).float()  # fmt: skip


def train(model: nn.Module, images: np.ndarray, classes: np.ndarray, epochs: int, rng: np.random.Generator) -> None:
    optimizer, steps = ag.optim.AdamW(model.parameters(), RATE), len(classes) // BATCH

    @ag.compile(backend="auto")
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    for epoch in range(1, epochs + 1):
        batches = rng.permutation(len(classes))[: steps * BATCH].reshape(steps, BATCH)
        print(f"epoch {epoch}: loss {sum(step(images[b], classes[b]).item() for b in batches) / steps:.4f}")
    model.eval()


def explained(model: nn.Module, x: np.ndarray, target: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "saliency": attr.saliency(model, x, target),
        "gradient × input": attr.input_x_gradient(model, x, target),
        "SmoothGrad": attr.smooth_grad(model, x, target),
        "integrated": attr.integrated_gradients(model, x, None, target, tolerance=0.05),
        "occlusion": attr.occlusion(model, x, window=2, target=target),
        "relevance": attr.layer_wise_relevance(model, x, target, rules={"0": "z-box", nn.Conv2d: "gamma"}),
        "Grad-CAM": attr.grad_cam(model, x, "2", target),
    }


def deletion(model: nn.Module, x: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    def area(order: Any) -> Any:
        return attr.deletion(model, x, order, lambda y: ag.softmax(y, 1)[np.arange(len(x)), target], steps=16).mean()

    by_chance = np.mean([area(rng.random(x.shape)) for _ in range(10)])  # the probability that is left, on the whole
    return {name: float(area(order) / by_chance) for name, order in explained(model, x, target).items()}


def main(arguments: list[str] | None = None) -> float:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--picture", default="explained.png")
    given = parser.parse_args(arguments)
    rng = ag.manual_seed(0)
    images, classes = load_digits(return_X_y=True)
    images, order = images.reshape(-1, 1, 8, 8).astype(np.float32) / 16, rng.permutation(len(classes))
    learned, unseen, model = order[UNSEEN:], order[:UNSEEN], network()
    train(model, images[learned], classes[learned], given.epochs, rng)
    x, y = images[unseen], classes[unseen]
    read = model(x).argmax(1).numpy()
    kinds = [*((y == c) & (read == c) for c in (3, 4, 6)), read != y]
    *_, wrong = shown = [np.flatnonzero(kind)[0] for kind in kinds]
    titles = [f"a {y[i]} read as {read[i]}" for i in shown]
    attr.show(explained(model, x[shown], read[shown]), x[shown], titles=titles).savefig(given.picture, dpi=80)
    missing = attr.integrated_gradients(model, x[shown], None, read[shown], return_error=True)[1]
    print(f"integrated gradients: {np.abs(missing).max():.4f} of f(x) - f(0) is missing at most")
    shares = deletion(model, x[: given.count], read[: given.count], rng)
    print(*(f"deletion by {name}: {share:.2f}" for name, share in shares.items()), sep="\n")
    inner, last = model[:9], model[9]  # of the last layer, the loss is convex
    training, test = (inner(images[learned]).numpy(), classes[learned]), (inner(x[[wrong]]).numpy(), y[[wrong]])
    harm = attr.influence(last, nn.CrossEntropyLoss(), training, test)
    print(f"{titles[-1]}, most of all because of", *classes[learned][np.argsort(harm[0])[:5]])
    print(f"deletion by integrated gradients {shares['integrated']:.2f}, to reach {TO_REACH}")
    return shares["integrated"]


if __name__ == "__main__":
    sys.exit(main() > TO_REACH)
