"""autograd_lite, written as its documentation shows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from harness import (
    CYCLES,
    INPUT,
    RATE,
    TARGET,
    Figures,
    Step,
    chain_input,
    long_chain,
    main,
    parameters,
    timed,
)

import autograd_lite as ag
from autograd_lite import nn

TRAINING_STEPS = 100_000
NAMES = ("0.weight", "0.bias", "2.weight", "2.bias")


def network() -> Any:
    layers = nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Sigmoid(), nn.Softmax(-1)
    model = nn.Sequential(*layers)
    # Not through `.data`: an array handed out may cost a copy at each use after.
    model.load_state_dict(dict(zip(NAMES, parameters(), strict=True)))
    return model


def perceptron() -> Step:
    x, y = ag.Tensor(INPUT), ag.Tensor(TARGET)
    model = network()
    opt = ag.optim.SGD(model.parameters(), lr=RATE)

    def step() -> Any:
        opt.zero_grad()
        loss = ag.half_squared_error(model(x), y)
        loss.backward()
        opt.step()
        return loss

    return step


def chain() -> Step:
    x = ag.Tensor(chain_input(), requires_grad=True)

    def step() -> Any:
        x.grad = None
        y = x
        for _ in range(CYCLES):
            y = np.sin(y)
            y = y * 1.01
            y = y + 0.1
            y = np.tanh(y)
        y.sum().backward()
        return x

    return step


def resident_kb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1000


def run_steps(step: Step, count: int) -> None:
    for _ in range(count):
        step()


def memory() -> Figures:
    step = perceptron()
    run_steps(step, TRAINING_STEPS // 10)
    early = resident_kb()
    run_steps(step, TRAINING_STEPS - TRAINING_STEPS // 10)
    return {"growth_kb": resident_kb() - early}


if __name__ == "__main__":
    main(
        {
            "perceptron": lambda: timed(perceptron(), lambda loss: loss.item()),
            "chain1000": lambda: timed(chain(), lambda x: x.grad.sum().item()),
            "chain1e6": lambda: long_chain(ag.Tensor([0.5], requires_grad=True)),
            "memory": memory,
        }
    )
