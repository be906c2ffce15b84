"""The network of an estimator that is given none."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lite import errors, nn


def perceptron(
    n_features_in: int,
    n_outputs: int,
    hidden: int | Sequence[int] = (100,),
    activation: Callable[[], Any] | None = None,
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
    if not isinstance(hidden, (numbers.Integral, list, tuple, np.ndarray)):
        raise errors.ArgumentError(errors.SKLEARN_HIDDEN.format(given=hidden))
    widths = [n_features_in, *np.atleast_1d(hidden).tolist()]
    made = activation or nn.ReLU
    layers = [layer for n, m in pairwise(widths) for layer in (nn.Linear(n, m), made())]
    return nn.Sequential(*layers, nn.Linear(widths[-1], n_outputs))
