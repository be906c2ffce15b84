"""A variational auto-encoder learns what handwritten digits look like, and draws new ones.

Needs ``pip install 'autograd-lite[data]'``; takes five seconds. A digit of scikit-learn is 64 whole numbers from 0 to
16, here logistic ones that are rounded, so that the bound (Kingma and Welling, "Auto-encoding variational Bayes", 2014)
is one on a digit's probability. Prints its mean on 360 digits, never seen: -90 nats are to reach, where the frequencies
of each number by itself give -107. Draws new digits to ``vae.png``, or as text where Matplotlib is not installed.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

import autograd_lite as ag
from autograd_lite import nn

TO_REACH = -90.0
UNSEEN, BATCH, RATE, HIDDEN, LATENT = 360, 64, 0.002, 256, 10


def log_probability(x: Any, centre: Any, slope: Any) -> Any:
    """Return that of numbers which are logistic, then rounded to sixteenths, and cut off at 0 and 1."""
    above = np.where(x == 1, 1.0, ag.sigmoid((x + 1 / 32 - centre) * slope))
    below = np.where(x == 0, 0.0, ag.sigmoid((x - 1 / 32 - centre) * slope))
    return np.log(above - below + 1e-6)


class AutoEncoder(nn.Module):
    def __init__(self) -> None:
        self.encoder = nn.Sequential(nn.Linear(64, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2 * LATENT))
        self.decoder = nn.Sequential(nn.Linear(LATENT, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2 * 64))

    def forward(self, x: Any, noise: Any) -> Any:
        """Return the bound of each digit: what its code tells of it, less what the code costs."""
        mean, log_variance = np.split(self.encoder(x), 2, axis=1)
        centre, log_slope = np.split(self.decoder(mean + np.exp(log_variance / 2) * noise), 2, axis=1)
        cost = (mean**2 + np.exp(log_variance) - log_variance - 1) / 2
        return log_probability(x, centre, np.exp(log_slope)).sum(1) - cost.sum(1)


def train(model: nn.Module, images: np.ndarray, epochs: int, rng: np.random.Generator) -> None:
    steps = len(images) // BATCH
    optimizer = ag.optim.Adam(model.parameters())
    schedule = ag.optim.lr_scheduler.OneCycleLR(optimizer, RATE, epochs=epochs, steps_per_epoch=steps)

    @ag.compile(backend="auto")
    def step(x: Any, noise: Any) -> Any:
        optimizer.zero_grad()
        loss = -model(x, noise).mean()
        loss.backward()
        optimizer.step()
        return loss

    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch in rng.permutation(len(images))[: steps * BATCH].reshape(steps, BATCH):
            total += step(images[batch], rng.standard_normal((BATCH, LATENT), dtype=np.float32)).item()
            schedule.step()
        if epoch % 20 == 0 or epoch <= 2:
            print(f"epoch {epoch}: loss {total / steps:.2f}")


def draw(model: Any, path: Path, rng: np.random.Generator) -> None:
    with ag.no_grad():
        centres = model.decoder(rng.standard_normal((40, LATENT), dtype=np.float32))[:, :64].numpy()
    spaced = np.pad(np.clip(centres, 0, 1).reshape(40, 8, 8), [(0, 0), (1, 1), (0, 0)])
    sheet = spaced.reshape(4, 10, 10, 8).swapaxes(1, 2).reshape(40, 80)
    try:
        importlib.import_module("matplotlib.image").imsave(path, sheet.repeat(8, 0).repeat(8, 1), cmap="gray_r")
    except ImportError:
        print("\n".join("".join(" .:-=+*#%@"[int(9 * value)] for value in row) for row in sheet))


def main(arguments: list[str] | None = None) -> float:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--picture", type=Path, default=Path("vae.png"))
    given = parser.parse_args(arguments)
    rng = ag.manual_seed(given.seed)
    images = rng.permutation(load_digits().data.astype(np.float32)) / 16
    model = AutoEncoder().float()
    train(model, images[UNSEEN:], given.epochs, rng)
    draw(model, given.picture, rng)
    noises = rng.standard_normal((100, UNSEEN, LATENT), dtype=np.float32)
    with ag.no_grad():
        bound = float(np.mean([model(images[:UNSEEN], noise).mean().item() for noise in noises]))
    print(f"bound {bound:.2f} nats, to reach {TO_REACH}")
    return bound


if __name__ == "__main__":
    sys.exit(main() < TO_REACH)
