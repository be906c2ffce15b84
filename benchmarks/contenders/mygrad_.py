"""MyGrad: tensors over NumPy, the closest relative of autograd_lite."""

from __future__ import annotations

import mygrad as mg
import numpy as np
from harness import CYCLES, INPUT, RATE, TARGET, Step, chain_input, main, parameters, timed
from mygrad.nnet.activations import sigmoid, softmax


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
            "perceptron": lambda: timed(perceptron(), lambda loss: loss.item()),
            "chain1000": lambda: timed(chain(), lambda g: float(g.sum())),
        }
    )
