"""Gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.record import array_of, as_array
from autograd_lite.tensor import Tensor, commit, grad_array


class SGD:
    """Gradient descent, with momentum if asked for.

    ``v := momentum v + g``, ``p := p - lr v`` (Polyak, *Some methods of speeding up the convergence of iteration
    methods*, 1964, in the form PyTorch has).

    Parameters
    ----------
    params : iterable of Tensor
        Leaves that require a gradient.
    lr : float
        The learning rate; may be changed between steps.
    momentum : float
        From 0 to 1, exclusive.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, momentum: float = 0) -> None:
        self.params = list(params)
        if not self.params or not all(p.is_leaf and p.requires_grad for p in self.params):
            raise errors.NoPathError("SGD needs leaves that require a gradient. Write SGD(model.parameters(), lr=0.01)")
        if not lr > 0:
            raise errors.ShapeError(f"lr is {lr!r}. Write a positive learning rate, such as lr=0.01")
        if not 0 <= momentum < 1:
            raise errors.ShapeError(f"momentum is {momentum!r}. Write a number from 0 to 1, such as momentum=0.9")
        self.lr, self.momentum = lr, momentum
        self.velocity = [Tensor(np.zeros(p.shape, p.dtype)) for p in self.params] if momentum else []

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.params:
            p.zero_grad()

    def step(self) -> None:
        """Move the parameters: compute all new values, then commit them at once."""
        tensors: list[Tensor] = []
        arrays: list[Any] = []
        for i, p in enumerate(self.params):
            direction = grad_array(p)
            if direction is None:
                continue
            if self.momentum:
                direction = as_array(self.momentum * array_of(self.velocity[i]) + direction)
                tensors.append(self.velocity[i])
                arrays.append(direction)
            tensors.append(p)
            arrays.append(as_array(array_of(p) - self.lr * direction))
        commit(tensors, arrays)
