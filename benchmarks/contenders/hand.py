"""Plain NumPy: the forward pass and the derived backward pass, written by hand."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from harness import Step, main
from inputs import (
    CYCLES,
    FUNCTIONS,
    GRADIENT_SIZE,
    HESSIAN_SIZE,
    INPUT,
    RATE,
    TARGET,
    chain_input,
    function_input,
    logistic_input,
    long_expression,
    million_input,
    mlp_batch,
    mlp_parameters,
    parameters,
    rosenbrock_input,
)
from matrices import WORKLOADS, by_hand, kind_of, matrix_input, weights


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-z))


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def through_softmax(p: np.ndarray, g: np.ndarray) -> np.ndarray:
    # The product with the whole Jacobian diag(p) - p p^T, for each row, without
    # building it: faster than building it, so the harder figure to come near.
    return p * (g - (p * g).sum(axis=-1, keepdims=True))


def perceptron() -> Step:
    x, y = np.array(INPUT), np.array(TARGET)
    w1, b1, w2, b2 = parameters()

    def step() -> float:
        h = sigmoid(x @ w1.T + b1)
        s = sigmoid(h @ w2.T + b2)
        p = softmax(s)
        e = p - y
        loss = (e * e).sum() / 2

        d2 = through_softmax(p, e) * s * (1.0 - s)
        d1 = (d2 @ w2) * h * (1.0 - h)
        update(w2, d2.T @ h)
        update(b2, d2.sum(axis=0))
        update(w1, d1.T @ x)
        update(b1, d1.sum(axis=0))
        return loss

    return step


def update(parameter: np.ndarray, gradient: np.ndarray, rate: Any = RATE) -> None:
    parameter -= rate * gradient


def through_cross_entropy(s: np.ndarray, rows: np.ndarray, classes: np.ndarray) -> tuple[Any, np.ndarray]:
    """The mean loss of a batch, and its gradient at the scores; overwrites them."""
    s -= s.max(axis=1, keepdims=True)
    e = np.exp(s)
    total = e.sum(axis=1, keepdims=True)
    loss = (np.log(total)[:, 0] - s[rows, classes]).mean()
    e /= total
    e[rows, classes] -= 1
    e *= np.float32(1 / len(s))
    return loss, e


def two_layers(name: str) -> Step:
    x, classes = mlp_batch(name)
    w1, b1, w2, b2 = mlp_parameters(name)
    rows, rate = np.arange(len(x)), np.float32(RATE)

    def step() -> float:
        z = x @ w1.T + b1
        h = np.maximum(z, 0)
        loss, d2 = through_cross_entropy(h @ w2.T + b2, rows, classes)

        d1 = (d2 @ w2) * (z > 0)
        g2, g1 = d2.T @ h, d1.T @ x
        for parameter, gradient in ((w2, g2), (b2, d2.sum(axis=0)), (w1, g1), (b1, d1.sum(axis=0))):
            update(parameter, gradient, rate)
        return loss

    return step


def three_layers(name: str) -> Step:
    x, classes = mlp_batch(name)
    w1, b1, w2, b2, w3, b3 = parameters = mlp_parameters(name)
    rows, rate = np.arange(len(x)), np.float32(RATE)

    def step() -> float:
        z1 = x @ w1.T + b1
        h1 = np.maximum(z1, 0)
        z2 = h1 @ w2.T + b2
        h2 = np.maximum(z2, 0)
        loss, d3 = through_cross_entropy(h2 @ w3.T + b3, rows, classes)

        d2 = (d3 @ w3) * (z2 > 0)
        d1 = (d2 @ w2) * (z1 > 0)
        of_weights = d1.T @ x, d2.T @ h1, d3.T @ h2
        of_biases = d1.sum(axis=0), d2.sum(axis=0), d3.sum(axis=0)
        for parameter, gradient in zip(parameters[::2], of_weights, strict=True):
            update(parameter, gradient, rate)
        for parameter, gradient in zip(parameters[1::2], of_biases, strict=True):
            update(parameter, gradient, rate)
        return loss

    return step


def forward(x: np.ndarray) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    y, tape = x, []
    for _ in range(CYCLES):
        before = y
        y = np.tanh(np.sin(y) * 1.01 + 0.1)
        tape.append((before, y))
    return y, tape


def chain() -> Step:
    x = chain_input()

    def step() -> np.ndarray:
        y, tape = forward(x)
        y.sum()
        g = np.ones_like(y)
        for before, after in reversed(tape):
            g = g * (1.0 - after * after) * 1.01 * np.cos(before)
        return g

    return step


def million() -> Step:
    return partial(long_expression, np, million_input())


def elementwise() -> Step:
    x = million_input()

    def step() -> tuple[Any, np.ndarray]:
        y = np.sin(x) * 1.5 + 0.3
        z = np.exp(-(y * y))
        w = np.tanh(z * x)
        u = np.sqrt(w * w + y * y + 1.0)
        below = z + 2.0
        ratio = (u - z) / below

        du = 1.0 / below
        dw = du * w / u
        through = dw * (1.0 - w * w)
        dz = through * x - du - ratio * du
        dy = du * y / u - 2.0 * dz * z * y
        return ratio.sum(), dy * 1.5 * np.cos(x) + through * z

    return step


def logistic() -> Step:
    features, classes, w = logistic_input()

    def step() -> tuple[Any, np.ndarray]:
        z = features @ w
        e = np.exp(-np.abs(z))
        loss = (np.maximum(z, 0.0) + np.log1p(e) - classes * z).mean()
        p = np.where(z >= 0, 1.0, e) / (1.0 + e)
        return loss, features.T @ (p - classes) / len(classes)

    return step


def function(name: str) -> Step:
    return partial(getattr(np, FUNCTIONS[name]), function_input())


def rosenbrock_gradient() -> Step:
    x = rosenbrock_input(GRADIENT_SIZE)

    def step() -> np.ndarray:
        a, b = x[1:] - x[:-1] ** 2, 1.0 - x[:-1]
        (100.0 * a**2 + b**2).sum()
        g = np.zeros_like(x)
        g[:-1] = -400.0 * a * x[:-1] - 2.0 * b
        g[1:] += 200.0 * a
        return g

    return step


def rosenbrock_hessian() -> Step:
    x = rosenbrock_input(HESSIAN_SIZE)
    i = np.arange(HESSIAN_SIZE - 1)

    def step() -> np.ndarray:
        h = np.zeros((HESSIAN_SIZE, HESSIAN_SIZE))
        h[i, i] = 1200.0 * x[:-1] ** 2 - 400.0 * x[1:] + 2.0
        h[i + 1, i + 1] += 200.0
        h[i, i + 1] = h[i + 1, i] = -400.0 * x[:-1]
        return h

    return step


def matrix(name: str) -> Step:
    return partial(by_hand, kind_of(name), matrix_input(name), weights(name))


if __name__ == "__main__":
    main(
        {
            "perceptron": (perceptron, float),
            "mlp": (partial(two_layers, "mlp"), float),
            "mlp784": (partial(two_layers, "mlp784"), float),
            "mlp1024": (partial(three_layers, "mlp1024"), float),
            "chain1000": (chain, lambda g: float(g.sum())),
            "gradient1000": (rosenbrock_gradient, lambda g: float(g.sum())),
            "million": (million, float),
            "elementwise": (elementwise, lambda both: float(both[1].sum())),
            "logistic": (logistic, lambda both: float(both[1].sum())),
            "hessian50": (rosenbrock_hessian, lambda h: float(h.sum())),
            **{name: (partial(matrix, name), lambda both: float(both[1].sum())) for name in WORKLOADS},
            **{name: (partial(function, name), lambda y: float(y.sum())) for name in FUNCTIONS},
        }
    )
