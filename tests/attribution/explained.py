"""Models and inputs that the tests of attributions share."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import nn

WEIGHT, BIAS = np.array([[2.0, -1.0, 0.5], [1.0, 3.0, -2.0]]), np.array([0.3, -0.7])
ROWS = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0], [0.0, 1.0, -1.0], [2.0, 2.0, 2.0]])
CLASSES = np.array([0, 1, 1, 0])


def linear() -> nn.Linear:
    model = nn.Linear(3, 2)
    model.weight.assign(WEIGHT)
    model.bias.assign(BIAS)
    return model


def images(count: int = 4, dtype: Any = float) -> np.ndarray:
    return np.random.default_rng(0).random((count, 1, 6, 6)).astype(dtype)


def network(bias: bool = True, smooth: bool = False, dtype: Any = float) -> nn.Sequential:
    """A convolutional network of two classes, with layers of all kinds that are smooth, or have kinks."""
    act, pool = (nn.Tanh, nn.AvgPool2d) if smooth else (nn.ReLU, nn.MaxPool2d)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=bias, rng=0), act(), pool(2), nn.Conv2d(4, 3, 2, bias=bias, rng=1), act(),
        nn.Flatten(), nn.Dropout(0.5), nn.Linear(12, 8, bias=bias, rng=2), act(), nn.Linear(8, 2, bias=bias, rng=3),
    ).eval().to(dtype)  # fmt: skip


def scores(model: Any, x: Any, target: Any) -> np.ndarray:
    y = model(x).detach().numpy()
    return y[np.arange(len(y)), target]


def per_example(a: Any) -> np.ndarray:
    return np.asarray(a).reshape(len(a), -1).sum(axis=1)
