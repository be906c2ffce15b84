"""MyGrad: tensors over NumPy, the closest relative of autograd_lite."""

from __future__ import annotations

from functools import partial

import mygrad as mg
import numpy as np
from harness import Step, main
from inputs import (
    CYCLES,
    INPUT,
    MLPS,
    RATE,
    TARGET,
    chain_input,
    mlp_batch,
    mlp_parameters,
    parameters,
)
from mygrad.nnet.activations import relu, sigmoid, softmax
from mygrad.nnet.losses import softmax_crossentropy


def perceptron() -> Step:
    x, y = np.array(INPUT), np.array(TARGET)
    w1, b1, w2, b2 = weights = [mg.tensor(value) for value in parameters()]

    def step() -> mg.Tensor:
        h = sigmoid(x @ w1.T + b1)
        p = softmax(sigmoid(h @ w2.T + b2), axis=-1)
        loss = ((p - y) ** 2).sum() / 2
        loss.backward()
        for w in weights:
            w.data -= RATE * w.grad
        return loss

    return step


def mlp(name: str) -> Step:
    start, classes = mlp_batch(name)
    weights = [mg.tensor(value) for value in mlp_parameters(name)]
    *inner, (weight, bias) = zip(weights[::2], weights[1::2], strict=True)
    rate = np.float32(RATE)

    def step() -> mg.Tensor:
        x = start
        for w, b in inner:
            x = relu(x @ w.T + b)
        loss = softmax_crossentropy(x @ weight.T + bias, classes)
        loss.backward()
        for w in weights:
            w.data -= rate * w.grad
        return loss

    return step


def chain() -> Step:
    x = mg.tensor(chain_input())

    def step() -> np.ndarray:
        y = x
        for _ in range(CYCLES):
            y = mg.sin(y)
            y = y * 1.01
            y = y + 0.1
            y = mg.tanh(y)
        y.sum().backward()
        return x.grad

    return step


if __name__ == "__main__":
    main(
        {
            "perceptron": (perceptron, lambda loss: loss.item()),
            **{name: (partial(mlp, name), lambda loss: loss.item()) for name in MLPS},
            "chain1000": (chain, lambda g: float(g.sum())),
        }
    )
