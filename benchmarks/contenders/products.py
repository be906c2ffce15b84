"""The matrix products of a network's training step in NumPy, into arrays that are there, and nothing else."""

from __future__ import annotations

from functools import partial

import numpy as np
from harness import Step, main
from inputs import MLPS, mlp_batch, mlp_parameters


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

    def step() -> None:
        for a, b, out in pairs:
            np.matmul(a, b, out=out)

    return step


if __name__ == "__main__":
    main({name: (partial(products, name), lambda _: None) for name in MLPS})
