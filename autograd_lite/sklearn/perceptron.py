"""The network of an estimator that is given none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from autograd_lite import nn


def perceptron(
    n_features_in: int, n_outputs: int, hidden: Sequence[int] = (100,), activation: Callable[[], Any] | None = None
) -> nn.Module:
    """Return layers of these sizes, with an activation between them.

    Examples
    --------
    >>> perceptron(4, 2, (8,))
    Sequential(
      (0): Linear(in_features=4, out_features=8, bias=True)
      (1): ReLU()
      (2): Linear(in_features=8, out_features=2, bias=True)
    )
    """
    widths = [n_features_in, *([hidden] if isinstance(hidden, int) else hidden)]
    made = activation or nn.ReLU
    layers = [layer for n, m in pairwise(widths) for layer in (nn.Linear(n, m), made())]
    return nn.Sequential(*layers, nn.Linear(widths[-1], n_outputs))
