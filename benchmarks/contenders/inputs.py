"""What every contender computes with: the numbers, and the functions that all of them can write alike."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np

INPUT = [[1.0, 2.0]]
TARGET = [[0.0, 1.0]]
RATE = 0.01
GRADIENT_SIZE, HESSIAN_SIZE = 1000, 50
PENDULUM_STEPS, PENDULUM_STEP = 1000, 0.01
LSTM = 64, 16, 64  # steps, examples, size of the input and of the state
LOGISTIC = 2000, 50  # examples, and features of each
CYCLES = 250  # of four operations each: the 1000 of chain1000
FUNCTIONS = {f"{name}32": name for name in ("exp", "log", "sin", "cos", "tanh", "arctan", "expm1", "log1p")}
ELEMENTS = 10_000
MLPS = {  # the sizes of the layers and the batch; float32
    "mlp": ((64, 128, 10), 32),
    "mlp784": ((784, 256, 10), 64),
    "mlp1024": ((1024, 1024, 1024, 10), 256),
}
ADAM_RATE = 1e-3
LENET = 32, 28  # pictures, and their sides
GPT = 100, 64, 4, 64, 2  # letters known, width, heads, letters read, layers
GPT_BATCH = 16
CONV = 32, 32, 64, 16  # pictures, channels, filters, sides
BATCH_NORM = 32, 64, 16, 16
EMBEDDING = 50_000, 64, 1024  # rows, their width, and how many are looked up
ADAMS = {"adam10": 10, "adam100": 100}  # tensors of a thousand numbers


def parameters() -> list[np.ndarray]:
    """The same W1, b1, W2, b2 for every contender; a weight is (out, in)."""
    shapes = ((3, 2), (3,), (2, 3), (2,))
    return [np.cos(np.arange(np.prod(shape)) + len(shape)).reshape(shape) for shape in shapes]


def uniform(number: int, shape: tuple[int, ...], largest: float) -> np.ndarray:
    return np.random.default_rng(number).uniform(-largest, largest, shape).astype(np.float32)


def mlp_parameters(name: str) -> list[np.ndarray]:
    """W1, b1, W2, b2, ... of a larger network, of the size that PyTorch gives them at first; a weight is (out, in)."""
    layers = list(enumerate(pairwise(MLPS[name][0])))
    return [uniform(n, shape, inner**-0.5) for n, (inner, outer) in layers for shape in ((outer, inner), (outer,))]


def mlp_batch(name: str) -> tuple[np.ndarray, np.ndarray]:
    """A batch for it, and the classes."""
    sizes, batch = MLPS[name]
    return uniform(len(sizes), (batch, sizes[0]), 1.0), np.arange(batch) % sizes[-1]


def network_weight(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The values of the parameter of this name; a weight of one axis scales, and is 1 at first."""
    if len(shape) == 1 and name.endswith("weight"):
        return np.ones(shape, np.float32)
    return uniform(crc32(name.encode()), shape, math.prod(shape[1:]) ** -0.5 if len(shape) > 1 else 0.1)


def pictures(count: int) -> tuple[np.ndarray, np.ndarray]:
    """A batch for LeNet, and the classes."""
    return uniform(5, (count, 1, LENET[1], LENET[1]), 1.0), np.arange(count) % 10


def letters(count: int = GPT_BATCH) -> tuple[np.ndarray, np.ndarray]:
    """A batch of texts, and for each letter the next."""
    text = np.random.default_rng(6).integers(GPT[0], size=(count, GPT[3] + 1))
    return text[:, :-1].copy(), text[:, 1:].copy()


def embedding_input() -> np.ndarray:
    return np.random.default_rng(7).integers(EMBEDDING[0], size=EMBEDDING[2])


def adam_input(count: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Parameters and their gradients."""
    return [uniform(n, (1000,), 1.0) for n in range(count)], [uniform(count + n, (1000,), 1.0) for n in range(count)]


def chain_input() -> np.ndarray:
    return np.linspace(-1.0, 1.0, 10)


def rosenbrock_input(size: int) -> np.ndarray:
    return np.linspace(-1.0, 1.0, size)


def rosenbrock(x: Any) -> Any:
    """The function of several contenders, by methods and operators that all of them have."""
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def logistic_input() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, classes 0 and 1, and weights."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal(LOGISTIC)
    classes = (features @ np.linspace(-1.0, 1.0, LOGISTIC[1]) > rng.standard_normal(LOGISTIC[0])).astype(float)
    return features, classes, np.linspace(-0.1, 0.1, LOGISTIC[1])


def pendulum_input() -> np.ndarray:
    """The squared frequency and the damping."""
    return np.array([2.0, 0.1])


def pendulum_step(xp: Any, state: Any, p: Any) -> Any:
    """One step of the classical Runge-Kutta method for a damped pendulum."""

    def slope(angle: Any, speed: Any) -> Any:
        return speed, -p[0] * xp.sin(angle) - p[1] * speed

    def moved(by: Any, h: float) -> Any:
        return angle + h * by[0], speed + h * by[1]

    angle, speed = state
    a = slope(angle, speed)
    b = slope(*moved(a, 0.5 * PENDULUM_STEP))
    c = slope(*moved(b, 0.5 * PENDULUM_STEP))
    d = slope(*moved(c, PENDULUM_STEP))
    mean = [(k + 2 * m + 2 * n + o) / 6 for k, m, n, o in zip(a, b, c, d, strict=True)]
    return angle + PENDULUM_STEP * mean[0], speed + PENDULUM_STEP * mean[1]


def lstm_input() -> tuple[list[np.ndarray], np.ndarray]:
    """The weights by the input and by the state, the bias, and a batch of sequences, (steps, batch, size); float32."""
    steps, batch, size = LSTM
    largest = size**-0.5
    weights = [uniform(n, shape, largest) for n, shape in enumerate(((4 * size, size), (4 * size, size), (4 * size,)))]
    return weights, uniform(3, (steps, batch, size), 1.0)


def million_input() -> np.ndarray:
    return np.linspace(-3.0, 3.0, 1_000_000)


def function_input() -> np.ndarray:
    """What the elementwise functions are computed of: all of them are defined there, and none is 0."""
    return np.linspace(0.01, 0.99, ELEMENTS, dtype=np.float32)


def long_expression(xp: Any, x: Any) -> Any:
    """Sixteen operations on each element, and their sum; `xp` is the contender's module."""
    y = xp.sin(x) * 1.5 + 0.3
    z = xp.exp(-(y * y))
    w = xp.tanh(z * x)
    u = xp.sqrt(w * w + y * y + 1.0)
    return ((u - z) / (z + 2.0)).sum()
