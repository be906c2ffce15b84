"""RAdam: Adam that begins without the mean of squares, as long as that rests on few of them."""

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


class RAdam(Optimizer):
    """RAdam: `Adam` with a factor for how uncertain the mean of squares is, and without it in the first steps.

    In step t, with ``b1, b2 = betas``, and the length of the mean of squares ``r``, at most ``R``::

        m := b1 m + (1 - b1) g
        v := b2 v + (1 - b2) g^2
        R := 2 / (1 - b2) - 1,    r := R - 2 t b2^t / (1 - b2^t)
        c := sqrt((r - 4) (r - 2) R / ((R - 4) (R - 2) r))
        p := p - lr c (m / (1 - b1^t)) sqrt(1 - b2^t) / (sqrt(v) + eps)  if r > 5,  else  p - lr m / (1 - b1^t)

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
    From L. Liu et al., *On the variance of the adaptive learning rate and beyond*, ICLR 2020. Settings and names of the
    state (``exp_avg``, ``exp_avg_sq``, ``step``) are PyTorch's.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, -200.0], requires_grad=True)
    >>> opt = RAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([   0.8, -160. ], dtype=float64, requires_grad=True)
    """

    _complex = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("RAdam", how)
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay,
            decoupled_weight_decay=decoupled_weight_decay, maximize=maximize, average=average,
        )  # fmt: skip

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
            state["exp_avg_sq"] = square = mixed_square(state["exp_avg_sq"], g, beta2)
            certain, factor = _rectification(n, beta2)
            below = np.sqrt(square)
            below += eps
            scale = np.where(certain, weak(factor * (1 - beta2**n) ** 0.5, p) / below, p.dtype.type(1))
            mean = mean * weak(lr / (1 - beta1**n), p)
            return p - mean * scale

        return by_parts(update)


_ENOUGH = 5.0
"""Of so many squares a mean has a variance."""


def _rectification(n: Any, beta2: Any) -> tuple[Any, Any]:
    """Return whether a mean of squares is long enough after n steps, and the factor for how uncertain it is then."""
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * n * beta2**n / (1 - beta2**n)
    r, most = np.maximum(length, _ENOUGH), np.maximum(longest, _ENOUGH)
    return length > _ENOUGH, ((r - 4) * (r - 2) * most / ((most - 4) * (most - 2) * r)) ** 0.5
