"""The matrix products of a network's step in NumPy, into arrays that are there, and the update of its weights."""

from __future__ import annotations

from functools import partial

import numpy as np
from harness import Step, main
from inputs import MLPS, RATE, mlp_batch, mlp_parameters


def factors(name: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """The two factors of every product: the results forward, the gradients of weights and of layers backward."""
    h, _ = mlp_batch(name)
    forward, backward = [], []
    for number, weight in enumerate(mlp_parameters(name)[::2]):
        forward.append((h, weight.T))
        slope = np.ones((len(h), len(weight)), weight.dtype)
        backward.append((slope.T, h))
        if number:
            backward.append((slope, weight))
        h = h @ weight.T
    return forward + backward


def products(name: str) -> Step:
    pairs = [(a, b, a @ b) for a, b in factors(name)]
    weights, rate = mlp_parameters(name), np.float32(RATE)
    scaled = [np.zeros_like(weight) for weight in weights]

    def step() -> None:
        for a, b, out in pairs:
            np.matmul(a, b, out=out)
        for weight, change in zip(weights, scaled, strict=True):
            np.multiply(change, rate, out=change)
            np.subtract(weight, change, out=weight)

    return step


if __name__ == "__main__":
    main({name: (partial(products, name), lambda _: None) for name in MLPS})
