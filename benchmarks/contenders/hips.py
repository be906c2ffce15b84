"""HIPS autograd, the NumPy-wrapping predecessor of JAX."""

from __future__ import annotations

from functools import partial
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import grad, hessian, value_and_grad
from harness import Step, main
from inputs import (
    CYCLES,
    GRADIENT_SIZE,
    HESSIAN_SIZE,
    INPUT,
    MLPS,
    RATE,
    TARGET,
    chain_input,
    logistic_input,
    million_input,
    mlp_batch,
    mlp_parameters,
    parameters,
    rosenbrock_input,
)
from matrices import WORKLOADS, kind_of, matrix_input, weights
from matrices import loss_of as matrix_loss


def sigmoid(z: Any) -> Any:
    return 1.0 / (1.0 + anp.exp(-z))


def softmax(z: Any) -> Any:
    e = anp.exp(z - anp.max(z, axis=-1, keepdims=True))
    return e / anp.sum(e, axis=-1, keepdims=True)


def loss_of(weights: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> Any:
    w1, b1, w2, b2 = weights
    h = sigmoid(x @ w1.T + b1)
    p = softmax(sigmoid(h @ w2.T + b2))
    return anp.sum((p - y) ** 2) / 2


def perceptron() -> Step:
    return trained(parameters(), loss_of, np.array(INPUT), np.array(TARGET))


def trained(weights: list[np.ndarray], loss_of: Any, x: np.ndarray, target: np.ndarray) -> Step:
    loss_and_gradients = value_and_grad(loss_of)

    def step() -> float:
        loss, gradients = loss_and_gradients(weights, x, target)
        for w, g in zip(weights, gradients, strict=True):
            np.subtract(w, RATE * g, out=w)
        return loss

    return step


def mlp_loss(weights: list[np.ndarray], x: np.ndarray, one_hot: np.ndarray) -> Any:
    *inner, (weight, bias) = zip(weights[::2], weights[1::2], strict=True)
    for w, b in inner:
        x = anp.maximum(x @ w.T + b, 0)
    s = x @ weight.T + bias
    s = s - anp.max(s, axis=1, keepdims=True)
    return anp.mean(anp.log(anp.sum(anp.exp(s), axis=1)) - anp.sum(s * one_hot, axis=1))


def mlp(name: str) -> Step:
    x, classes = mlp_batch(name)
    one_hot = np.eye(MLPS[name][0][-1], dtype=np.float32)[classes]
    return trained(mlp_parameters(name), mlp_loss, x, one_hot)


def chain_sum(x: Any) -> Any:
    y = x
    for _ in range(CYCLES):
        y = anp.sin(y)
        y = y * 1.01
        y = y + 0.1
        y = anp.tanh(y)
    return anp.sum(y)


def chain() -> Step:
    x = chain_input()
    gradient = grad(chain_sum)
    return lambda: gradient(x)


def summed_expression(x: Any) -> Any:
    # Its boxes have no method sum.
    y = anp.sin(x) * 1.5 + 0.3
    z = anp.exp(-(y * y))
    w = anp.tanh(z * x)
    u = anp.sqrt(w * w + y * y + 1.0)
    return anp.sum((u - z) / (z + 2.0))


def elementwise() -> Step:
    return partial(value_and_grad(summed_expression), million_input())


def logistic() -> Step:
    features, classes, w = logistic_input()

    def loss(w: Any) -> Any:
        z = anp.dot(features, w)
        return anp.mean(anp.logaddexp(z, 0.0) - classes * z)

    return partial(value_and_grad(loss), w)


def rosenbrock_gradient() -> Step:
    x, both = rosenbrock_input(GRADIENT_SIZE), value_and_grad(summed_rosenbrock)
    return lambda: both(x)[1]


def rosenbrock_hessian() -> Step:
    x, second = rosenbrock_input(HESSIAN_SIZE), hessian(summed_rosenbrock)
    return lambda: second(x)


def summed_rosenbrock(x: Any) -> Any:
    # Its boxes have no method sum.
    return anp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def matrix(name: str) -> Step:
    kind, c = kind_of(name), weights(name)
    return partial(value_and_grad(lambda a: matrix_loss(anp, kind, a, c, anp.sum)), matrix_input(name))


if __name__ == "__main__":
    main(
        {
            "perceptron": (perceptron, float),
            **{name: (partial(mlp, name), float) for name in MLPS},
            "chain1000": (chain, lambda g: float(g.sum())),
            "gradient1000": (rosenbrock_gradient, lambda g: float(g.sum())),
            "elementwise": (elementwise, lambda both: float(both[1].sum())),
            "logistic": (logistic, lambda both: float(both[1].sum())),
            "hessian50": (rosenbrock_hessian, lambda h: float(h.sum())),
            **{name: (partial(matrix, name), lambda both: float(both[1].sum())) for name in WORKLOADS},
        }
    )
