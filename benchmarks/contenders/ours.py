"""autograd_lite, written as its documentation shows; under ag.compile when AUTOGRAD_LITE_COMPILE is 1."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
from harness import (
    CYCLES,
    GRADIENT_SIZE,
    HESSIAN_SIZE,
    INPUT,
    MLP_SIZES,
    RATE,
    TARGET,
    Figures,
    Step,
    chain_input,
    long_chain,
    main,
    mlp_batch,
    mlp_parameters,
    parameters,
    rosenbrock,
    rosenbrock_input,
    timed,
)

import autograd_lite as ag
from autograd_lite import nn

TRAINING_STEPS = 100_000
DEPTHS = (4, 16, 64)
COMPILE = os.environ.get("AUTOGRAD_LITE_COMPILE") == "1"
NAMES = ("0.weight", "0.bias", "2.weight", "2.bias")


def compiled(function: Any) -> Any:
    return ag.compile(function) if COMPILE else function


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

    return compiled(step)


def mlp() -> Step:
    inner, hidden, classes = MLP_SIZES
    layers = nn.Linear(inner, hidden, dtype=np.float32), nn.ReLU(), nn.Linear(hidden, classes, dtype=np.float32)
    model = nn.Sequential(*layers)
    model.load_state_dict(dict(zip(NAMES, mlp_parameters(), strict=True)))
    opt = ag.optim.SGD(model.parameters(), lr=RATE)
    x, y = (ag.Tensor(array) for array in mlp_batch())

    def step() -> Any:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
        return loss

    return compiled(step)


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

    return compiled(step)


def rosenbrock_gradient() -> Step:
    x, both = rosenbrock_input(GRADIENT_SIZE), compiled(ag.value_and_grad(rosenbrock))
    return lambda: both(x)[1]


def rosenbrock_hessian() -> Step:
    x, second = rosenbrock_input(HESSIAN_SIZE), compiled(ag.hessian(rosenbrock))
    return lambda: second(x)


def deep(parts: int, wrap: Any) -> float:
    """The peak of memory, in MB, of a gradient through so many parts of ten operations on 10,000 numbers."""

    def part(x: Any) -> Any:
        for _ in range(5):
            x = np.sin(x) * 1.01
        return x

    def loss(x: Any) -> Any:
        for _ in range(parts):
            x = wrap(part)(x)
        return np.sum(x)

    x = np.ones(10_000)
    tracemalloc.start()
    ag.grad(loss)(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def depth() -> Figures:
    return {str(n): [deep(n, lambda f: f), deep(n, ag.checkpoint)] for n in DEPTHS}


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
            "mlp": lambda: timed(mlp(), lambda loss: loss.item()),
            "chain1000": lambda: timed(chain(), lambda x: x.grad.sum().item()),
            "gradient1000": lambda: timed(rosenbrock_gradient(), lambda g: float(g.sum())),
            "hessian50": lambda: timed(rosenbrock_hessian(), lambda h: float(h.sum())),
            "depth": depth,
            "chain1e6": lambda: long_chain(ag.Tensor([0.5], requires_grad=True)),
            "memory": memory,
        }
    )
