"""autograd_lite, written as its documentation shows; under ag.compile where AUTOGRAD_LITE_COMPILE names a backend.

Where AUTOGRAD_LITE_NETWORK names one, the networks alone are compiled, in an ordinary loop.
"""

from __future__ import annotations

import os
import tracemalloc
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from harness import Figures, Step, Timed, Workload, long_chain, main
from inputs import (
    CYCLES,
    FUNCTIONS,
    GRADIENT_SIZE,
    HESSIAN_SIZE,
    INPUT,
    LSTM,
    MLPS,
    PENDULUM_STEPS,
    RATE,
    TARGET,
    chain_input,
    function_input,
    logistic_input,
    long_expression,
    lstm_input,
    million_input,
    mlp_batch,
    mlp_parameters,
    parameters,
    pendulum_input,
    pendulum_step,
    rosenbrock,
    rosenbrock_input,
)
from matrices import WORKLOADS, kind_of, loss_of, matrix_input, weights

import autograd_lite as ag
from autograd_lite import nn

TRAINING_STEPS = 100_000
DEPTHS = (4, 16, 64)
BACKEND = os.environ.get("AUTOGRAD_LITE_COMPILE")
NETWORK = os.environ.get("AUTOGRAD_LITE_NETWORK")


def compiled(function: Any) -> Any:
    return ag.compile(function, backend=BACKEND) if BACKEND else function


def net(model: Any) -> Any:
    return ag.compile(model, backend=NETWORK) if NETWORK else model


def is_known(backend: str) -> bool:
    try:
        ag.compile(backend=backend)
    except ag.errors.CompileError:
        return False
    return True


def network() -> Any:
    layers = nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Sigmoid(), nn.Softmax(-1)
    return with_values(nn.Sequential(*layers), parameters())


def with_values(model: Any, values: list[np.ndarray]) -> Any:
    # Not through `.data`: an array handed out may cost a copy at each use after.
    model.load_state_dict(dict(zip(model.state_dict(), values, strict=True)))
    return model


def perceptron() -> Step:
    x, y = ag.Tensor(INPUT), ag.Tensor(TARGET)
    model = network()
    opt = ag.optim.SGD(model.parameters(), lr=RATE)
    called = net(model)

    def step() -> Any:
        opt.zero_grad()
        loss = ag.half_squared_error(called(x), y)
        loss.backward()
        opt.step()
        return loss

    return compiled(step)


def mlp(name: str) -> Step:
    linear = [nn.Linear(i, o, dtype=np.float32) for i, o in pairwise(MLPS[name][0])]
    layers = [layer for layer in linear for layer in (layer, nn.ReLU())]
    model = with_values(nn.Sequential(*layers[:-1]), mlp_parameters(name))
    opt = ag.optim.SGD(model.parameters(), lr=RATE)
    x, y = (ag.Tensor(array) for array in mlp_batch(name))
    called = net(model)

    def step() -> Any:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(called(x), y)
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


def million() -> Step:
    return partial(compiled(partial(long_expression, np)), ag.Tensor(million_input()))


def elementwise() -> Step:
    return partial(compiled(ag.value_and_grad(partial(long_expression, np))), million_input())


def logistic() -> Step:
    features, classes, w = logistic_input()

    def loss(w: Any) -> Any:
        z = features @ w
        return (ag.softplus(z) - classes * z).mean()

    return partial(compiled(ag.value_and_grad(loss)), w)


def ode() -> Step:
    def loss(p: Any) -> Any:
        step = lambda state, _: (pendulum_step(np, state, p), None)  # noqa: E731
        (angle, speed), _ = ag.scan(step, (1.0, 0.0), None, length=PENDULUM_STEPS)
        return angle * angle + speed * speed

    return partial(compiled(ag.value_and_grad(loss)), pendulum_input())


def lstm() -> Step:
    (by_input, by_state, bias), xs = lstm_input()

    def loss(by_state: Any) -> Any:
        def cell(state: Any, x: Any) -> Any:
            h, c = state
            i, f, g, o = np.split(x + h @ by_state.T, 4, axis=1)
            c = ag.sigmoid(f) * c + ag.sigmoid(i) * np.tanh(g)
            return (ag.sigmoid(o) * np.tanh(c), c), None

        zero = np.zeros((LSTM[1], LSTM[2]), np.float32)
        (h, _), _ = ag.scan(cell, (zero, zero), xs @ by_input.T + bias)
        return (h * h).sum()

    return partial(compiled(ag.value_and_grad(loss)), by_state)


def function(name: str) -> Step:
    fn = getattr(np, FUNCTIONS[name])
    return partial(compiled(lambda x: fn(x)), ag.Tensor(function_input()))


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


def matrix(name: str) -> Step:
    """Of a stack, by `vmap` of what is written for one matrix."""
    kind, c, a = kind_of(name), weights(name), matrix_input(name)

    def loss(a: Any) -> Any:
        return loss_of(np, kind, a, c, np.sum)

    both = ag.value_and_grad(loss)
    return partial(compiled(both if a.ndim == 2 else ag.vmap(both)), a)


STEPS: dict[str, Timed] = {
    "perceptron": (perceptron, lambda loss: loss.item()),
    **{name: (partial(mlp, name), lambda loss: loss.item()) for name in MLPS},
    "chain1000": (chain, lambda x: x.grad.sum().item()),
    "gradient1000": (rosenbrock_gradient, lambda g: float(g.sum())),
    "million": (million, lambda total: total.item()),
    "elementwise": (elementwise, lambda both: float(both[1].sum())),
    "logistic": (logistic, lambda both: float(both[1].sum())),
    "ode1000": (ode, lambda both: float(both[1].sum())),
    "lstm64": (lstm, lambda both: float(both[1].sum())),
    "hessian50": (rosenbrock_hessian, lambda h: float(h.sum())),
    **{name: (partial(matrix, name), lambda both: float(both[1].sum())) for name in WORKLOADS},
    **{name: (partial(function, name), lambda y: float(y.numpy().sum())) for name in FUNCTIONS},
}
OTHERS: dict[str, Workload] = {
    "depth": depth,
    "chain1e6": lambda: long_chain(ag.Tensor([0.5], requires_grad=True)),
    "memory": memory,
}

if __name__ == "__main__":
    if BACKEND is None or is_known(BACKEND):
        main(STEPS, OTHERS)
    else:
        main({})
