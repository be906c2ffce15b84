"""A network learns to balance a pole on a cart, from nothing but where they are and when the pole has fallen.

Takes ten seconds. The cart is that of Barto, Sutton and Anderson (1983); it is learned by Q-learning from memory, with
a network of targets (Mnih and others, 2015). Prints for how many of 200 steps a pole is kept up: 195 is to reach.
"""

from __future__ import annotations

import argparse
import copy
import sys
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import nn

TO_REACH = 195.0
CARTS, BATCH, RENEWAL, RATE, GAMMA = 8, 128, 250, 0.001, 0.98
GRAVITY, CART, POLE, HALF_LENGTH, FORCE, SECONDS = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
LIMITS = np.array([2.4, np.inf, np.radians(12), np.inf])  # of place, speed, angle, and the speed of that
WIDE = np.array([2.0, 1.0, 0.15, 1.0])  # where it is begun to learn from


def moved(state: np.ndarray, action: np.ndarray) -> np.ndarray:
    """Return the states of carts after a push to the left (0) or to the right (1)."""
    _, speed, angle, turn = state.T
    mass, sine, cosine = CART + POLE, np.sin(angle), np.cos(angle)
    push = (FORCE * (2 * action - 1) + POLE * HALF_LENGTH * turn**2 * sine) / mass
    turning = (GRAVITY * sine - push * cosine) / (HALF_LENGTH * (4 / 3 - POLE * cosine**2 / mass))
    driving = push - POLE * HALF_LENGTH * turning * cosine / mass
    return state + SECONDS * np.stack([speed, driving, turn, turning], axis=1)


def standing(state: np.ndarray) -> np.ndarray:
    return (np.abs(state) <= LIMITS).all(axis=1, keepdims=True)


def chosen(model: nn.Module, state: np.ndarray) -> np.ndarray:
    with ag.no_grad():
        return model((state / WIDE).astype(np.float32)).numpy().argmax(axis=1)


@ag.compile(backend="auto")
def learn(model: nn.Module, target: nn.Module, optimizer: ag.optim.Optimizer, remembered: Any) -> None:
    """Have a fall be worth -1, and all else what the best action after it is worth, a little less."""
    before, action, after, up = np.split(remembered, [4, 5, 9], axis=1)
    with ag.no_grad():
        worth = up * GAMMA * target(after).max(1, keepdims=True) - (1 - up)
    optimizer.zero_grad()
    expected = np.take_along_axis(model(before), action.astype(np.int64), axis=1)
    nn.functional.huber_loss(expected, worth).backward()
    optimizer.step()


def train(model: nn.Module, steps: int, rng: np.random.Generator) -> None:
    target, optimizer = copy.deepcopy(model), ag.optim.Adam(model.parameters())
    memory = np.zeros((steps, CARTS, 10), dtype=np.float32)
    state = rng.uniform(-WIDE, WIDE, size=(CARTS, 4))
    for i in range(steps):
        curious = rng.random(CARTS) < max(0.05, 1 - 4 * i / steps)
        action = np.where(curious, rng.integers(2, size=CARTS), chosen(model, state))
        after = moved(state, action)
        up = standing(after)
        memory[i] = np.column_stack([state / WIDE, action, after / WIDE, up])
        state = np.where(up & (rng.random((CARTS, 1)) < 0.99), after, rng.uniform(-WIDE, WIDE, size=(CARTS, 4)))
        optimizer.lr = RATE * (1 - i / steps)
        learn(model, target, optimizer, memory[rng.integers(i + 1, size=BATCH), rng.integers(CARTS, size=BATCH)])
        if i % RENEWAL == 0:
            target.load_state_dict(model.state_dict())
        if i % 5000 == 0:
            print(f"step {i}: upright for {trial(model, rng):.1f} steps")


def trial(model: nn.Module, rng: np.random.Generator) -> float:
    state, up, total = rng.uniform(-0.05, 0.05, size=(100, 4)), True, 0.0
    for _ in range(200):
        state = moved(state, chosen(model, state))
        up = up & standing(state)
        total += up.mean()
    return float(total)


def main(arguments: list[str] | None = None) -> float:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    rng = ag.manual_seed(given.seed)
    model = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)).float()
    train(model, given.steps, rng)
    upright = trial(model, rng)
    print(f"upright for {upright:.1f} steps, to reach {TO_REACH}")
    return upright


if __name__ == "__main__":
    sys.exit(main() < TO_REACH)
