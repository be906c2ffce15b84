"""Gradient descent, with momentum and weight decay where wanted."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import is_set, number, setting
from autograd_lite.optim.checks import check_settings, nothing_more
from autograd_lite.optim.formulas import decayed
from autograd_lite.optim.groups import Group
from autograd_lite.optim.joined import Rule, State
from autograd_lite.optim.optimizer import Average, Optimizer


class SGD(Optimizer):
    """Gradient descent: ``p := p - lr g``.

    With the other settings, in this order::

        g := g + weight_decay p
        v := momentum v + (1 - dampening) g         (v := g in the first step)
        g := g + momentum v  if nesterov,  else  v
        p := p - lr g

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves of any shape that require a gradient, such as ``model.parameters()``; or groups of them with settings of
        their own: ``[{"params": weights, "weight_decay": 0.01}, {"params": biases}]``.
    lr : float
        The learning rate, at least 0. May be changed between steps: ``opt.lr``, or ``opt.param_groups[i]["lr"]``.
    momentum : float
        How much of the last direction is kept, at least 0.
    dampening : float
        How much of the gradient is left out of the direction.
    weight_decay : float
        The factor of an additional gradient that draws every parameter towards 0.
    nesterov : bool
        Whether the gradient is added to the direction once more. Needs `momentum`, and no `dampening`.
    maximize : bool
        Whether the loss is to get larger.
    average : callable, optional
        What makes of the gradients those of all processes that train together: ``ag.parallel.mean(comm)``.
    **how
        PyTorch's `foreach` and `fused` mean nothing here.

    Raises
    ------
    ArgumentError
        A setting out of range; no parameters, the same twice, or what is not a leaf that requires a gradient.

    Notes
    -----
    The formulas are PyTorch's. Momentum is from B. T. Polyak, *Some methods of speeding up the convergence of iteration
    methods*, 1964; the variant of Nesterov in the form of I. Sutskever et al., *On the importance of initialization
    and momentum in deep learning*, ICML 2013. With momentum, ``state[p]["momentum_buffer"]`` is `v`.

    A step happens as a whole or not at all, also when it is interrupted.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> opt = SGD([w], lr=0.1)
    >>> opt.zero_grad()
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([0.8, 1.6], dtype=float64, requires_grad=True)
    """

    _complex = True
    _fewest = 8  # for its formulas are short

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("SGD", how)
        super().__init__(
            params, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov,
            maximize=maximize, average=average,
        )  # fmt: skip

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr momentum dampening weight_decay")
        if settings["nesterov"] and (not settings["momentum"] or settings["dampening"]):
            given = f"momentum={settings['momentum']}, dampening={settings['dampening']}"
            raise errors.ArgumentError(errors.NESTEROV.format(given=given))

    def rule(self, group: Group) -> Rule:
        down, momentum = -number(group, "lr"), is_set(group, "momentum")

        def update(p: Array, g: Array, state: State) -> Array:
            p, g = decayed(p, g, group)
            if momentum:
                g = _direction(g, group, state)
            new = g * down
            new += p
            return new

        return update

    def adopted(self, remembered: dict[str, Any]) -> dict[str, Any]:
        return {**remembered, "started": True} if "momentum_buffer" in remembered else remembered


def _direction(g: Array, group: Group, state: State) -> Array:
    """Return the direction of the step, and have the new momentum remembered."""
    momentum = number(group, "momentum")
    share = 1 - setting(group, "dampening")
    part = g if share == 1 else _whole_at_first(share, g.dtype, state) * g
    state["momentum_buffer"] = v = momentum * state["momentum_buffer"] + part
    return g + momentum * v if is_set(group, "nesterov") else v


def _whole_at_first(share: float, dtype: Any, state: State) -> Array:
    """Return the share of the gradient in the direction: all of it in the first step of a parameter."""
    started = state.number("started", start=False)
    state.set_number("started", value=True)
    return np.where(started, share, 1.0).astype(dtype)
