"""Layers and losses as functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.rules.elementwise import relu, sigmoid, softplus
from autograd_lite.rules.neural import half_squared_error, mean_squared_error
from autograd_lite.rules.products import affine
from autograd_lite.rules.reductions import log_softmax, logsumexp, softmax

__all__ = [
    "cross_entropy", "half_squared_error", "linear", "log_softmax", "logsumexp", "mse_loss", "relu", "sigmoid",
    "softmax", "softplus", "tanh",
]  # fmt: skip


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """Return ``x W^T + b``; `weight` is (out, in)."""
    return affine(x, weight, bias)


def tanh(x: Any) -> Any:
    return np.tanh(x)


def mse_loss(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """Return the squared error: its mean, its sum, or (``"none"``) each element's."""
    if reduction == "mean":
        return mean_squared_error(prediction, target)
    if reduction == "sum":
        return 2 * half_squared_error(prediction, target)
    if reduction == "none":
        return (prediction - target) ** 2
    raise errors.UnsupportedError(f"reduction={reduction!r}. Write 'mean', 'sum' or 'none'")


def cross_entropy(logits: Any, target: Any) -> Any:
    """Return the mean of ``-log softmax(logits)`` at the target classes.

    Parameters
    ----------
    logits : Tensor, (n, classes)
    target : integers, (n,)
    """
    rows = np.arange(logits.shape[0])
    return -np.mean(log_softmax(logits, axis=-1)[rows, np.asarray(target)])
