"""The binary cross entropy of probabilities, with PyTorch's bounds where a logarithm would be infinite."""

from __future__ import annotations

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.forms import elementwise, operation

_LOWEST = -100.0
_TINY = 1e-12


@operation(
    elementwise,
    lambda g, p, target: g * (p - target) / np.maximum(p * (1 - p), _TINY),
    lambda g, p: g * (np.log1p(-p) - np.log(p)),
)
def binary_cross_entropy(p: Array, target: Array) -> Array:
    """``-(t log p + (1 - t) log(1 - p))``, with logarithms of -100 at least, and a slope that is finite at 0 and 1."""
    with np.errstate(divide="ignore"):
        logs = np.log(p), np.log1p(-p)
    return -(target * np.maximum(logs[0], _LOWEST) + (1 - target) * np.maximum(logs[1], _LOWEST))
