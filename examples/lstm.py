"""An LSTM learns to write like Python's documentation, letter by letter.

Needs nothing but Python, whose help texts (`pydoc_data.topics`, half a million letters) are the data. Takes two
minutes. Prints the loss, in nats per letter, on the last tenth of the text, which is not learned from, and what the
network writes: 1.4 is to reach, where equally likely letters would be 4.6.
"""

from __future__ import annotations

import argparse
import sys
from pydoc_data.topics import topics
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import nn

TO_REACH = 1.4
LENGTH, BATCH, RATE, WIDTH = 64, 32, 0.004, 256


class Writer(nn.Module):
    def __init__(self, letters: int) -> None:
        self.letters = nn.Embedding(letters, 64)
        self.memory = nn.LSTM(64, WIDTH)
        self.last = nn.Linear(WIDTH, letters)

    def forward(self, text: Any, state: Any = None) -> Any:
        """Return scores of what comes after each letter, and what is remembered; texts are columns."""
        x, state = self.memory(self.letters(text), state)
        return self.last(x), state


def loss_of(model: nn.Module, text: Any, state: Any = None) -> Any:
    """Return minus the mean logarithm of the probabilities of all letters but the first, and what is remembered."""
    scores, state = model(text[:-1], state)
    return nn.functional.cross_entropy(scores.flatten(0, 1), text[1:].flatten()), state


def train(model: nn.Module, text: np.ndarray, steps: int) -> None:
    """Learn from `BATCH` places of the text at once, and go on with what is remembered from the step before."""
    optimizer = ag.optim.Adam(model.parameters())
    schedule = ag.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)

    state = None
    columns = text[: len(text) // BATCH * BATCH].reshape(BATCH, -1).T
    starts = range(0, len(columns) - LENGTH, LENGTH)
    for i in range(steps):
        start = starts[i % len(starts)]
        optimizer.zero_grad()
        loss, (h, c) = loss_of(model, columns[start : start + LENGTH + 1], state)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        state = h.detach(), c.detach()
        if i % 100 == 0 or i == steps - 1:
            print(f"step {i}: loss {loss.item():.3f}", flush=True)


def validation(model: nn.Module, text: np.ndarray) -> float:
    columns = text[: len(text) // BATCH * BATCH].reshape(BATCH, -1).T
    with ag.no_grad():
        return loss_of(model, columns)[0].item()


def written(model: nn.Module, text: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return a text that begins as given and goes on as the network's probabilities say."""
    with ag.no_grad():
        scores, state = model(text[:, None])
        for _ in range(count):
            shares = ag.softmax(scores[-1, 0]).numpy()
            text = np.append(text, rng.choice(len(shares), p=shares / shares.sum()))
            scores, state = model(text[-1:, None], state)
    return text


def main(arguments: list[str] | None = None) -> float:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    rng = ag.manual_seed(given.seed)
    alphabet, text = np.unique(list("".join(topics.values())), return_inverse=True)
    learned, unseen = np.split(text, [len(text) * 9 // 10])
    model = Writer(len(alphabet)).float()
    train(model, learned, given.steps)
    print("".join(alphabet[written(model, learned[:LENGTH], 200, rng)]))
    loss = validation(model, unseen)
    print(f"loss {loss:.3f} nats per letter, to reach {TO_REACH}")
    return loss


if __name__ == "__main__":
    sys.exit(main() > TO_REACH)
