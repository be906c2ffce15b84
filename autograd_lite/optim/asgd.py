"""ASGD: gradient descent that also keeps the mean of where it was."""

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


class ASGD(Optimizer):
    """ASGD: gradient descent with a fading rate, and the mean `a` of its parameters, ``opt.state[p]["ax"]``.

    In step t, with ``eta = lr`` and ``mu = 1`` in the first one::

        g := g + weight_decay p
        p := (1 - lambd eta) p - eta g
        a := a + mu (p - a)
        eta := lr / (1 + lambd lr t)^alpha
        mu := 1 / max(1, t - t0)

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Real leaves of any shape that require a gradient, or groups of them: see `SGD`.
    lr : float
        The learning rate, at least 0. May be changed between steps.
    lambd : float
        How fast parameters and rate fade.
    alpha : float
        The power by which the rate fades.
    t0 : float
        The step at which the mean begins; before it, `a` is `p`.
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
    From B. T. Polyak and A. B. Juditsky, *Acceleration of stochastic approximation by averaging*, SIAM Journal on
    Control and Optimization 30, 1992. Settings and names of the state (``ax``, ``eta``, ``mu``, ``step``) are
    PyTorch's.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, -200.0], requires_grad=True)
    >>> opt = ASGD([w], lr=0.1, lambd=0, t0=0)
    >>> for _ in range(2):
    ...     opt.zero_grad()
    ...     (w * w).sum().backward()
    ...     opt.step()
    >>> w.numpy(), opt.state[w]["ax"].numpy()
    (array([   0.64, -128.  ]), array([   0.64, -128.  ]))
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("ASGD", how)
        super().__init__(
            params, lr=lr, lambd=lambd, alpha=alpha, t0=t0, weight_decay=weight_decay, maximize=maximize,
            average=average,
        )

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr lambd alpha t0 weight_decay")

    def rule(self, group: Group) -> Rule:
        lr, lambd, alpha, t0 = (number(group, name) for name in ("lr", "lambd", "alpha", "t0"))
        first = value_at(group, "lr")

        def update(p: Array, g: Array, state: State) -> Array:
            n = state.count()
            eta, mu, mean = state.value("eta", first), state.value("mu", 1.0), state["ax"]
            p, g = decayed(p, g, group)
            new = p * weak(1 - lambd * eta, p)
            new -= g * weak(eta, p)
            state["ax"] = np.where(mu == 1, new, mean + (new - mean) * weak(mu, p))
            state.set_number("eta", lr / (1 + lambd * lr * n) ** alpha)
            state.set_number("mu", 1 / np.maximum(n - t0, 1.0))
            return new

        return update
