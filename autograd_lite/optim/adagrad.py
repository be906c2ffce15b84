"""Adagrad: steps that get shorter by all squares of gradients so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import number, value_at
from autograd_lite.optim.checks import check_settings, nothing_more
from autograd_lite.optim.formulas import decayed, weak
from autograd_lite.optim.groups import Group
from autograd_lite.optim.joined import Rule, State
from autograd_lite.optim.optimizer import Average, Optimizer


class Adagrad(Optimizer):
    """Adagrad: steps divided by the root of the sum of all squares so far.

    In step t::

        g := g + weight_decay p
        s := s + g^2
        p := p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Real leaves of any shape that require a gradient, or groups of them: see `SGD`.
    lr : float
        The learning rate, at least 0. May be changed between steps.
    lr_decay : float
        How fast the learning rate gets smaller, at least 0.
    weight_decay : float
        The factor of an additional gradient that draws every parameter towards 0.
    initial_accumulator_value : float
        What the sum begins with, at least 0.
    eps : float
        Added to the root.
    maximize : bool
        Whether the loss is to get larger.
    average : callable, optional
        What makes of the gradients those of all processes that train together: ``ag.parallel.mean(comm)``.
    **how
        PyTorch's `foreach`, `fused` and `capturable` mean nothing here.

    Raises
    ------
    ArgumentError
        A setting out of range; parameters as in `SGD`, or complex ones.

    Notes
    -----
    From J. Duchi, E. Hazan and Y. Singer, *Adaptive subgradient methods for online learning and stochastic
    optimization*, JMLR 12, 2011. Settings and names of the state (``sum``, ``step``) are PyTorch's.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, -200.0], requires_grad=True)
    >>> opt = Adagrad([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([   0.9, -199.9], dtype=float64, requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("Adagrad", how)
        super().__init__(
            params, lr=lr, lr_decay=lr_decay, eps=eps, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, maximize=maximize, average=average,
        )  # fmt: skip

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr lr_decay weight_decay initial_accumulator_value eps")

    def rule(self, group: Group) -> Rule:
        lr, eps, decay = number(group, "lr"), number(group, "eps"), number(group, "lr_decay")
        first = value_at(group, "initial_accumulator_value")

        def update(p: Array, g: Array, state: State) -> Array:
            n = state.count()
            p, g = decayed(p, g, group)
            state["sum"] = total = state.begun("sum", lambda t: np.full_like(t._data, first)) + g * g
            below = np.sqrt(total)
            below += eps
            step = g / below
            step *= weak(-lr / (1 + (n - 1) * decay), p)
            step += p
            return step

        return update
