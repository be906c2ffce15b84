"""Lion: steps of the same length for every number, by a sign."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import is_set, number
from autograd_lite.optim.checks import check_betas, check_settings, nothing_more
from autograd_lite.optim.formulas import mixed
from autograd_lite.optim.groups import Group
from autograd_lite.optim.joined import Rule, State
from autograd_lite.optim.optimizer import Average, Optimizer


class Lion(Optimizer):
    """Lion: ``p := p - lr sign(b1 m + (1 - b1) g)``, with a mean `m` of gradients.

    With ``b1, b2 = betas``, in this order::

        p := (1 - lr weight_decay) p
        p := p - lr sign(b1 m + (1 - b1) g)
        m := b2 m + (1 - b2) g

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Real leaves of any shape that require a gradient, or groups of them: see `SGD`.
    lr : float
        The length of a step for each number, at least 0: a third to a tenth of Adam's. May be changed between steps.
    betas : (float, float)
        How much of the mean is kept for the step, and for the next one, from 0 to below 1.
    weight_decay : float
        How much of a parameter is taken away in each step, for each unit of the learning rate: three to ten times that
        of `AdamW`.
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
    From X. Chen et al., *Symbolic discovery of optimization algorithms*, NeurIPS 2023, algorithm 2. The state is
    ``exp_avg``. PyTorch has no such optimiser.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, -200.0], requires_grad=True)
    >>> opt = Lion([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([   0.9, -199.9], dtype=float64, requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("Lion", how)
        super().__init__(params, lr=lr, betas=betas, weight_decay=weight_decay, maximize=maximize, average=average)

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr weight_decay")
        check_betas(settings)

    def rule(self, group: Group) -> Rule:
        lr, beta1, beta2 = number(group, "lr"), number(group, "betas", 0), number(group, "betas", 1)
        decay = is_set(group, "weight_decay")

        def update(p: Array, g: Array, state: State) -> Array:
            mean = state["exp_avg"]
            state["exp_avg"] = mixed(mean, g, 1 - beta2)
            if decay:
                p = p * (1 - lr * number(group, "weight_decay"))
            return p - lr * np.sign(mixed(mean, g, 1 - beta1))

        return update
