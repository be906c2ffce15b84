"""NAdam: Adam with the momentum of Nesterov."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import number
from autograd_lite.optim.checks import check_betas, check_settings, nothing_more
from autograd_lite.optim.complexes import by_parts
from autograd_lite.optim.formulas import decayed, mixed, mixed_square, weak
from autograd_lite.optim.groups import Group
from autograd_lite.optim.joined import Rule, State
from autograd_lite.optim.optimizer import Average, Optimizer


class NAdam(Optimizer):
    """NAdam: `Adam` in which the mean of gradients is the one of the next step, as in Nesterov's momentum.

    In step t, with ``b1, b2 = betas``::

        mu_t := b1 (1 - 0.96^(t momentum_decay) / 2),    M_t := mu_1 ... mu_t
        m := b1 m + (1 - b1) g
        v := b2 v + (1 - b2) g^2
        p := p - lr (mu_(t+1) m / (1 - M_(t+1)) + (1 - mu_t) g / (1 - M_t)) / (sqrt(v / (1 - b2^t)) + eps)

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Real leaves of any shape that require a gradient, or groups of them: see `SGD`.
    lr : float
        The learning rate, at least 0. May be changed between steps.
    betas : (float, float)
        How much of the means of gradients and of squares is kept, from 0 to below 1.
    eps : float
        Added to the root.
    weight_decay : float
        The factor of an additional gradient that draws every parameter towards 0.
    momentum_decay : float
        How fast the momentum comes to its full size, at least 0.
    decoupled_weight_decay : bool
        Whether parameters are multiplied by ``1 - lr weight_decay`` instead, as in `AdamW`.
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
    From T. Dozat, *Incorporating Nesterov momentum into Adam*, ICLR 2016 workshop. Settings and names of the state
    (``exp_avg``, ``exp_avg_sq``, ``mu_product``, ``step``) are PyTorch's.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, -200.0], requires_grad=True)
    >>> opt = NAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w.numpy().round(4)
    array([   0.8944, -199.8944])
    """

    _complex = True

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("NAdam", how)
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay, maximize=maximize, average=average,
        )  # fmt: skip

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr eps weight_decay momentum_decay")
        check_betas(settings)

    def rule(self, group: Group) -> Rule:
        lr, eps, decay = number(group, "lr"), number(group, "eps"), number(group, "momentum_decay")
        beta1, beta2 = number(group, "betas", 0), number(group, "betas", 1)

        def momentum(n: Any) -> Any:
            return beta1 * (1.0 - 0.5 * 0.96 ** (n * decay))

        def update(p: Array, g: Array, state: State) -> Array:
            n = state.count()
            p, g = decayed(p, g, group)
            mu, mu_next = momentum(n), momentum(n + 1)
            product = state.product("mu_product", mu)
            state["exp_avg"] = mean = mixed(state["exp_avg"], g, 1 - beta1)
            state["exp_avg_sq"] = square = mixed_square(state["exp_avg_sq"], g, beta2)
            below = np.sqrt(square / weak(1 - beta2**n, p))
            below += weak(eps, p)
            step = g * weak(-lr * (1 - mu) / (1 - product), p)
            step += mean * weak(-lr * mu_next / (1 - product * mu_next), p)
            step /= below
            step += p
            return step

        return by_parts(update)
