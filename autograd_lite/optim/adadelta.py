"""Adadelta: steps of the size of the steps before."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import number
from autograd_lite.optim.checks import check_range, check_settings, nothing_more
from autograd_lite.optim.complexes import by_parts
from autograd_lite.optim.formulas import decayed, mixed_square
from autograd_lite.optim.groups import Group
from autograd_lite.optim.joined import Rule, State
from autograd_lite.optim.optimizer import Average, Optimizer


class Adadelta(Optimizer):
    """Adadelta: the ratio of two roots, of the mean square of steps and of that of gradients, times the gradient.

    In each step::

        g := g + weight_decay p
        v := rho v + (1 - rho) g^2
        d := g sqrt(a + eps) / sqrt(v + eps)
        a := rho a + (1 - rho) d^2
        p := p - lr d

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Real leaves of any shape that require a gradient, or groups of them: see `SGD`.
    lr : float
        The learning rate, at least 0. May be changed between steps.
    rho : float
        How much of both means of squares is kept, from 0 to 1.
    eps : float
        Added below both roots; with it the first steps are taken.
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
    From M. D. Zeiler, *ADADELTA: an adaptive learning rate method*, arXiv:1212.5701, 2012. Settings and names of the
    state (``square_avg``, ``acc_delta``, ``step``) are PyTorch's.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, -200.0], requires_grad=True)
    >>> opt = Adadelta([w])
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w.numpy().round(4)
    array([   0.9968, -199.9968])
    """

    _complex = True

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("Adadelta", how)
        super().__init__(params, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize, average=average)

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr eps weight_decay")
        check_range("rho", settings["rho"], 0, 1, 0.9)

    def rule(self, group: Group) -> Rule:
        lr, rho, eps = number(group, "lr"), number(group, "rho"), number(group, "eps")

        def update(p: Array, g: Array, state: State) -> Array:
            state.count()
            p, g = decayed(p, g, group)
            state["square_avg"] = square = mixed_square(state["square_avg"], g, rho)
            before = state["acc_delta"]
            step = np.sqrt(before + eps)
            step /= np.sqrt(square + eps)
            step *= g
            state["acc_delta"] = mixed_square(before, step, rho)
            return p - lr * step

        return by_parts(update)
