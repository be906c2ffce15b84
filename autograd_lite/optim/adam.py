"""Adam and AdamW: steps of the size of the learning rate, whatever the scale of the gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import is_set, number
from autograd_lite.optim.checks import check_betas, check_settings, nothing_more
from autograd_lite.optim.complexes import by_parts
from autograd_lite.optim.formulas import decayed, mixed, mixed_square, weak
from autograd_lite.optim.groups import Group
from autograd_lite.optim.joined import Rule, State
from autograd_lite.optim.optimizer import Average, Optimizer


class Adam(Optimizer):
    """Adam: ``p := p - lr m / (sqrt(v) + eps)``, with means of the gradient and of its square.

    In step t, with ``b1, b2 = betas``::

        g := g + weight_decay p
        m := b1 m + (1 - b1) g
        v := b2 v + (1 - b2) g^2
        p := p - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Real leaves of any shape that require a gradient, or groups of them: see `SGD`.
    lr : float
        The learning rate, at least 0; a step is about that long. May be changed between steps.
    betas : (float, float)
        How much of the means of gradients and of squares is kept, from 0 to below 1.
    eps : float
        Added to the root.
    weight_decay : float
        The factor of an additional gradient that draws every parameter towards 0.
    amsgrad : bool
        Whether the largest v so far takes the place of v.
    maximize : bool
        Whether the loss is to get larger.
    decoupled_weight_decay : bool
        Whether parameters are multiplied by ``1 - lr weight_decay`` instead, as in `AdamW`.
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
    From D. P. Kingma and J. Ba, *Adam: a method for stochastic optimization*, ICLR 2015, in the order of operations of
    the end of its section 2; `amsgrad` from S. J. Reddi, S. Kale and S. Kumar, *On the convergence of Adam and beyond*,
    ICLR 2018. Settings and names of the state are PyTorch's: ``exp_avg`` and ``exp_avg_sq``, ``step``, and with
    `amsgrad` ``max_exp_avg_sq``.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, -200.0], requires_grad=True)
    >>> opt = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([   0.9, -199.9], dtype=float64, requires_grad=True)
    """

    _complex = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more(type(self).__name__, how)
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize,
            decoupled_weight_decay=decoupled_weight_decay, average=average,
        )  # fmt: skip

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr eps weight_decay")
        check_betas(settings)

    def rule(self, group: Group) -> Rule:
        lr, eps = number(group, "lr"), number(group, "eps")
        beta1, beta2 = number(group, "betas", 0), number(group, "betas", 1)
        amsgrad = is_set(group, "amsgrad")

        def update(p: Array, g: Array, state: State) -> Array:
            n = state.count()
            p, g = decayed(p, g, group)
            state["exp_avg"] = mean = mixed(state["exp_avg"], g, 1 - beta1)
            state["exp_avg_sq"] = square = mixed_square(state["exp_avg_sq"], g, beta2)
            if amsgrad:
                state["max_exp_avg_sq"] = square = np.maximum(state["max_exp_avg_sq"], square)
            root = (1 - beta2**n) ** 0.5
            below = np.sqrt(square)
            below += weak(eps * root, p)
            step = mean / below
            step *= weak(-lr * root / (1 - beta1**n), p)
            step += p
            return step

        return by_parts(update)


class AdamW(Adam):
    """Adam with decoupled weight decay: parameters are multiplied by ``1 - lr weight_decay`` before each step.

    Parameters
    ----------
    params, lr, betas, eps, amsgrad, maximize, **how
        As of `Adam`.
    weight_decay : float
        How much of a parameter is taken away in each step, for each unit of the learning rate.

    Raises
    ------
    ArgumentError
        As of `Adam`.

    Notes
    -----
    From I. Loshchilov and F. Hutter, *Decoupled weight decay regularization*, ICLR 2019, with PyTorch's settings.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, -200.0], requires_grad=True)
    >>> opt = AdamW([w], lr=0.1, weight_decay=0.5)
    >>> w.sum().backward()
    >>> opt.step()
    >>> w
    Tensor([   0.85, -190.1 ], dtype=float64, requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("AdamW", how)
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True,
            average=average,
        )
