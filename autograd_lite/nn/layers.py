"""Layers: a thin skin of attributes over the functions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.nn import functional, init
from autograd_lite.nn.module import Module, Parameter, check_size
from autograd_lite.rules.products import affine


class Linear(Module):
    """``x W^T + b``, with `weight` of shape (out, in) and `bias` of shape (out,).

    Both start uniform between ``-1/sqrt(in)`` and ``1/sqrt(in)``.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: np.random.Generator | None = None,
        dtype: Any = None,
    ) -> None:
        n, m = check_size("in_features", in_features), check_size("out_features", out_features)
        bound = 1 / math.sqrt(n)
        self.weight = Parameter(np.zeros((m, n)), dtype=dtype, name="weight")
        init.uniform_(self.weight, -bound, bound, rng=rng)
        self.bias = Parameter(np.zeros(m), dtype=dtype, name="bias") if bias else None
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound, rng=rng)

    def forward(self, x: Any) -> Any:
        return affine(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        m, n = self.weight.shape
        return f"in_features={n}, out_features={m}, bias={self.bias is not None}"


class Sigmoid(Module):
    def forward(self, x: Any) -> Any:
        return functional.sigmoid(x)


class ReLU(Module):
    def forward(self, x: Any) -> Any:
        return functional.relu(x)


class Tanh(Module):
    def forward(self, x: Any) -> Any:
        return functional.tanh(x)


class Softmax(Module):
    """Positive numbers that sum to 1 along `dim`."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        return functional.softmax(x, axis=self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Sequential(Module):
    """Layers one after the other."""

    def __init__(self, *layers: Module) -> None:
        vars(self).update({str(i): layer for i, layer in enumerate(layers)})
        self.layers = layers

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def __getitem__(self, index: int) -> Module:
        return self.layers[index]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)


class MSELoss(Module):
    """The squared error, as `functional.mse_loss`."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, prediction: Any, target: Any) -> Any:
        return functional.mse_loss(prediction, target, self.reduction)


class CrossEntropyLoss(Module):
    """The mean of ``-log softmax(logits)`` at the target classes."""

    def forward(self, logits: Any, target: Any) -> Any:
        return functional.cross_entropy(logits, target)
