"""Rprop: steps whose length goes by the signs of the gradients alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import number, value_at
from autograd_lite.optim.checks import check_pair, check_setting, nothing_more
from autograd_lite.optim.groups import Group
from autograd_lite.optim.joined import Rule, State
from autograd_lite.optim.optimizer import Average, Optimizer


class Rprop(Optimizer):
    """Rprop: each number has a length of steps, which grows while its gradient keeps the sign, and shrinks where not.

    In each step, with ``low, high = etas`` and the gradient `b` of the step before::

        s := high s  if g b > 0,    low s  and  g := 0  if g b < 0,    s  else;    between the step_sizes
        p := p - s sign(g)

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Real leaves of any shape that require a gradient, or groups of them: see `SGD`.
    lr : float
        The length of the first steps, at least 0. Later it means nothing.
    etas : (float, float)
        The factors by which steps get shorter, between 0 and 1, and longer, greater than 1.
    step_sizes : (float, float)
        The shortest and the longest step.
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
    From M. Riedmiller and H. Braun, *A direct adaptive method for faster backpropagation learning: the RPROP
    algorithm*, ICNN 1993, in the form that does not go back. It is for gradients of all data, not of samples.
    Settings and names of the state (``prev``, ``step_size``, ``step``) are PyTorch's.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, -200.0], requires_grad=True)
    >>> opt = Rprop([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([   0.9, -199.9], dtype=float64, requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("Rprop", how)
        super().__init__(params, lr=lr, etas=etas, step_sizes=step_sizes, maximize=maximize, average=average)

    def check(self, settings: Group) -> None:
        check_setting("lr", settings["lr"])
        check_pair("step_sizes", settings["step_sizes"], 0, math.inf, "(1e-6, 50)")
        check_pair("etas", settings["etas"], 0, math.inf, "(0.5, 1.2)")
        low, high = settings["etas"]
        if not 0 < low < 1 < high:
            raise errors.ArgumentError(errors.STEP_SIZES.format(given=settings["etas"]))

    def rule(self, group: Group) -> Rule:
        low, high = number(group, "etas", 0), number(group, "etas", 1)
        shortest, longest = number(group, "step_sizes", 0), number(group, "step_sizes", 1)
        number(group, "lr")  # a learning rate that is another one later is no other program
        first = value_at(group, "lr")

        def update(p: Array, g: Array, state: State) -> Array:
            state.count()
            kept = g * state["prev"]
            size = state.begun("step_size", lambda t: np.full_like(t._data, first))
            size = size * np.where(kept > 0, high, np.where(kept < 0, low, 1.0)).astype(p.dtype)
            state["step_size"] = size = np.minimum(np.maximum(size, shortest), longest)
            state["prev"] = g = np.where(kept < 0, g.dtype.type(0), g)
            return p - np.sign(g) * size

        return update
