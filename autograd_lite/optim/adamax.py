"""Adamax: Adam with the largest gradient in the place of the mean of squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import number
from autograd_lite.optim.checks import check_betas, check_settings, nothing_more
from autograd_lite.optim.complexes import by_parts
from autograd_lite.optim.formulas import decayed, mixed, weak
from autograd_lite.optim.groups import Group
from autograd_lite.optim.joined import Rule, State
from autograd_lite.optim.optimizer import Average, Optimizer


class Adamax(Optimizer):
    """Adamax: `Adam` with a fading maximum of the gradients in the place of the root of their mean square.

    In step t, with ``b1, b2 = betas``::

        m := b1 m + (1 - b1) g
        u := max(b2 u, |g| + eps)
        p := p - lr / (1 - b1^t) m / u

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Real leaves of any shape that require a gradient, or groups of them: see `SGD`.
    lr : float
        The learning rate, at least 0. May be changed between steps.
    betas : (float, float)
        How much of the mean of gradients and of the maximum is kept, from 0 to below 1.
    eps : float
        Added to the size of the gradient.
    weight_decay : float
        The factor of an additional gradient that draws every parameter towards 0.
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
    From D. P. Kingma and J. Ba, *Adam: a method for stochastic optimization*, ICLR 2015, section 7.1. Settings and
    names of the state (``exp_avg``, ``exp_inf``, ``step``) are PyTorch's.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, -200.0], requires_grad=True)
    >>> opt = Adamax([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([   0.9, -199.9], dtype=float64, requires_grad=True)
    """

    _complex = True

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("Adamax", how)
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize, average=average
        )

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr eps weight_decay")
        check_betas(settings)

    def rule(self, group: Group) -> Rule:
        lr, eps = number(group, "lr"), number(group, "eps")
        beta1, beta2 = number(group, "betas", 0), number(group, "betas", 1)

        def update(p: Array, g: Array, state: State) -> Array:
            n = state.count()
            p, g = decayed(p, g, group)
            state["exp_avg"] = mean = mixed(state["exp_avg"], g, 1 - beta1)
            state["exp_inf"] = largest = np.maximum(beta2 * state["exp_inf"], np.abs(g) + eps)
            step = mean / largest
            step *= weak(-lr / (1 - beta1**n), p)
            step += p
            return step

        return by_parts(update)
