"""The linear map with its parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine import refusals
from autograd_lite.engine.generators import generator
from autograd_lite.nn import functional, init
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.tensor import Tensor


class Linear(Module):
    """``y = x W^T + b``: every output is a weighted sum of all inputs, plus a bias.

    Parameters
    ----------
    in_features, out_features : int
        The length of `x` and of `y` along their last axis.
    bias : bool
        Whether `b` is there.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from, or its seed; by default the generator of `autograd_lite.manual_seed`.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of weight and bias: float64 by default.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in_features)
        One row for each output.
    bias : Parameter or None, shape (out_features,)
        What is added.

    Notes
    -----
    Weight and bias start as uniform random numbers between plus and minus ``1 / sqrt(in_features)``, as PyTorch's do.
    Other choices are in `autograd_lite.nn.init`.

    Examples
    --------
    >>> layer = Linear(2, 3, rng=0)
    >>> layer
    Linear(in_features=2, out_features=3, bias=True)
    >>> layer(np.ones((4, 2))).shape
    (4, 3)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True,
        *, rng: Any = None, device: Any = None, dtype: Any = None
    ) -> None:
        refusals.device(device)
        sizes = in_features, out_features
        if not all(map(is_size, sizes)):
            raise errors.ArgumentError(errors.FEATURES.format(given=sizes))
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(np.zeros((out_features, in_features), dtype), name="weight")
        self.bias = Parameter(np.zeros(out_features, dtype), name="bias") if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew."""
        draw(self, self.in_features, rng)

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


def is_size(n: Any) -> bool:
    """Tell whether something is a whole number of at least 1."""
    return isinstance(n, (int, np.integer)) and int(n) > 0


def draw(layer: Module, inputs: int, rng: Any) -> None:
    """Fill all parameters with uniform random numbers between plus and minus ``1 / sqrt(inputs)``."""
    rng, bound = generator(rng), 1 / math.sqrt(inputs)
    for parameter in layer.parameters():
        init.uniform_(parameter, -bound, bound, rng=rng)
