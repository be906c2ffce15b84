"""Initial values of parameters; each function changes its argument and returns it.

`xavier_*` are those of Glorot & Bengio, *Understanding the difficulty of training deep feedforward neural networks*,
AISTATS 2010: the variance ``2 / (fan_in + fan_out)`` keeps signals and gradients at one size from layer to layer.
"""

from __future__ import annotations

import math

import numpy as np

from autograd_lite import errors
from autograd_lite.random import generator
from autograd_lite.tensor import Tensor


def _fans(t: Tensor) -> int:
    if t.ndim < 2:  # noqa: PLR2004 - a matrix of weights
        raise errors.ShapeError(
            f"xavier needs a matrix (out, in), the Tensor has shape {t.shape}. Write nn.init.zeros_(b)"
        )
    return t.shape[0] + t.shape[1]


def uniform_(t: Tensor, a: float = 0.0, b: float = 1.0, *, rng: np.random.Generator | None = None) -> Tensor:
    """Fill with uniform numbers from `a` to `b`."""
    return t.assign(generator(rng).uniform(a, b, t.shape))


def normal_(t: Tensor, mean: float = 0.0, std: float = 1.0, *, rng: np.random.Generator | None = None) -> Tensor:
    """Fill with normal numbers."""
    return t.assign(generator(rng).normal(mean, std, t.shape))


def zeros_(t: Tensor) -> Tensor:
    return t.assign(np.zeros(t.shape))


def xavier_uniform_(t: Tensor, gain: float = 1.0, *, rng: np.random.Generator | None = None) -> Tensor:
    """Fill a matrix (out, in) with uniform numbers of variance ``2 gain^2 / (in + out)``."""
    bound = gain * math.sqrt(6 / _fans(t))
    return uniform_(t, -bound, bound, rng=rng)


def xavier_normal_(t: Tensor, gain: float = 1.0, *, rng: np.random.Generator | None = None) -> Tensor:
    """Fill a matrix (out, in) with normal numbers of variance ``2 gain^2 / (in + out)``."""
    return normal_(t, 0, gain * math.sqrt(2 / _fans(t)), rng=rng)
