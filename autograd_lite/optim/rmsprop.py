"""RMSprop: steps divided by the root of the mean square of gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import is_set, number
from autograd_lite.optim.checks import check_range, check_settings, nothing_more
from autograd_lite.optim.complexes import by_parts
from autograd_lite.optim.formulas import decayed, mixed, mixed_square
from autograd_lite.optim.groups import Group
from autograd_lite.optim.joined import Rule, State
from autograd_lite.optim.optimizer import Average, Optimizer


class RMSprop(Optimizer):
    """RMSprop: ``p := p - lr g / (sqrt(v) + eps)``, with a mean `v` of the squares of gradients.

    With the other settings, in this order::

        g := g + weight_decay p
        v := alpha v + (1 - alpha) g^2
        a := alpha a + (1 - alpha) g,  s := v - a^2  if centered,  else  s := v
        d := g / (sqrt(s) + eps)
        b := momentum b + d,  d := b  if momentum
        p := p - lr d

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Real leaves of any shape that require a gradient, or groups of them: see `SGD`.
    lr : float
        The learning rate, at least 0. May be changed between steps.
    alpha : float
        How much of the means is kept, from 0 to 1.
    eps : float
        Added to the root.
    weight_decay : float
        The factor of an additional gradient that draws every parameter towards 0.
    momentum : float
        How much of the last direction is kept, at least 0.
    centered : bool
        Whether the square of the mean gradient is taken away: the variance in the place of the mean square.
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
    From T. Tieleman and G. Hinton, *Neural networks for machine learning*, lecture 6.5, 2012; `centered` from A.
    Graves, *Generating sequences with recurrent neural networks*, arXiv:1308.0850, 2013. Settings and names of the
    state (``square_avg``, ``grad_avg``, ``momentum_buffer``, ``step``) are PyTorch's.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, -200.0], requires_grad=True)
    >>> opt = RMSprop([w], lr=0.01)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([   0.9, -199.9], dtype=float64, requires_grad=True)
    """

    _complex = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("RMSprop", how)
        super().__init__(
            params, lr=lr, momentum=momentum, alpha=alpha, eps=eps, centered=centered, weight_decay=weight_decay,
            maximize=maximize, average=average,
        )  # fmt: skip

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr eps weight_decay momentum")
        check_range("alpha", settings["alpha"], 0, 1, 0.99)

    def rule(self, group: Group) -> Rule:
        lr, alpha, eps = number(group, "lr"), number(group, "alpha"), number(group, "eps")
        centered, momentum = is_set(group, "centered"), is_set(group, "momentum")

        def update(p: Array, g: Array, state: State) -> Array:
            state.count()
            p, g = decayed(p, g, group)
            state["square_avg"] = square = mixed_square(state["square_avg"], g, alpha)
            if centered:
                state["grad_avg"] = mean = mixed(state["grad_avg"], g, 1 - alpha)
                square = np.maximum(square - mean * mean, 0)  # a variance, but for its rounding
            below = np.sqrt(square)
            below += eps
            step = g / below
            if momentum:
                state["momentum_buffer"] = step = number(group, "momentum") * state["momentum_buffer"] + step
            return p - lr * step

        return by_parts(update)
