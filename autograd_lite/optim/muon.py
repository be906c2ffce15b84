"""Muon: the momentum of a matrix, made orthogonal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine import refusals
from autograd_lite.engine.watchpoints import is_set, number, setting
from autograd_lite.optim.checks import check_range, check_settings, choice, is_number, nothing_more
from autograd_lite.optim.formulas import mixed
from autograd_lite.optim.groups import Group
from autograd_lite.optim.joined import Rule, State
from autograd_lite.optim.optimizer import Average, Optimizer

_MOST_STEPS = 99


class Muon(Optimizer):
    """Muon: a step of matrices along the orthogonal matrix that is nearest to their momentum, more or less.

    In each step, with ``r`` of `adjust_lr_fn`::

        m := momentum m + (1 - momentum) g
        d := momentum m + (1 - momentum) g  if nesterov,  else  m
        x := d / |d|,    ns_steps times  x := a x + (b (x x^T) + c (x x^T)^2) x
        p := (1 - lr weight_decay) p - lr r x

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Real matrices that require a gradient; other parameters want another optimiser, as `AdamW`.
    lr : float
        The learning rate, at least 0. May be changed between steps.
    weight_decay : float
        How much of a parameter is taken away in each step, for each unit of the learning rate.
    momentum : float
        How much of the mean of gradients is kept, at least 0.
    nesterov : bool
        Whether the gradient goes into the direction once more.
    ns_coefficients : (float, float, float)
        a, b, c.
    eps : float
        The least number that the momentum is divided by.
    ns_steps : int
        How often, 0 to 99.
    adjust_lr_fn : {None, "original", "match_rms_adamw"}
        What r is for n rows and k columns: ``sqrt(max(1, n / k))``, as for None, or ``0.2 sqrt(max(n, k))``, with which
        learning rate and decay are those of AdamW.
    average : callable, optional
        What makes of the gradients those of all processes that train together: ``ag.parallel.mean(comm)``.
    **how
        PyTorch's `foreach`, `fused` and `capturable` mean nothing here.

    Raises
    ------
    ArgumentError
        A setting out of range; parameters as in `SGD`, or such as are no real matrices.

    Notes
    -----
    From K. Jordan et al., *Muon: an optimizer for hidden layers in neural networks*, 2024; "match_rms_adamw" from
    J. Liu et al., *Muon is scalable for LLM training*, arXiv:2502.16982, 2025. Settings and the name of the state,
    ``momentum_buffer``, are PyTorch's, which computes x in bfloat16: here it is in the dtype of the parameter.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([[1.0, 0.0], [0.0, 100.0]], requires_grad=True)
    >>> opt = Muon([w], lr=0.1, weight_decay=0)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> bool(abs(w.numpy() - [[1.0, 0.0], [0.0, 100.0]]).max() < 0.12)
    True
    """

    _fewest: float = math.inf

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
        *,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("Muon", how)
        super().__init__(
            params, lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov,
            ns_coefficients=ns_coefficients, eps=eps, ns_steps=ns_steps, adjust_lr_fn=adjust_lr_fn, average=average,
        )  # fmt: skip

    def add_param_group(self, group: Group) -> None:
        super().add_param_group(group)
        for p in self.param_groups[-1]["params"]:
            if p.ndim != 2:  # noqa: PLR2004 - a matrix
                self.param_groups.pop()
                raise errors.ArgumentError(errors.MATRICES.format(what=refusals.describe(p)))

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr weight_decay momentum eps")
        check_range("ns_steps", settings["ns_steps"], 0, _MOST_STEPS, 5)
        given = settings["ns_coefficients"]
        if not (isinstance(given, (tuple, list)) and len(given) == 3 and all(map(is_number, given))):  # noqa: PLR2004
            raise errors.ArgumentError(choice("ns_coefficients", given, "(3.4445, -4.775, 2.0315)"))
        if settings["adjust_lr_fn"] not in (None, "original", "match_rms_adamw"):
            raise errors.ArgumentError(choice("adjust_lr_fn", settings["adjust_lr_fn"], "'match_rms_adamw' or None"))

    def rule(self, group: Group) -> Rule:
        lr, share = number(group, "lr"), 1 - number(group, "momentum")
        nesterov, decay = is_set(group, "nesterov"), number(group, "weight_decay")

        def update(p: Array, g: Array, state: State) -> Array:
            state["momentum_buffer"] = direction = mixed(state["momentum_buffer"], g, share)
            if nesterov:
                direction = mixed(direction, g, share)
            step = _orthogonal(direction, group)
            return p * (1 - lr * decay) - (lr * _ratio(p.shape, group["adjust_lr_fn"])) * step

        return update


def _ratio(shape: tuple[int, ...], adjustment: str | None) -> float:
    n, k = shape
    return 0.2 * math.sqrt(max(n, k)) if adjustment == "match_rms_adamw" else math.sqrt(max(1, n / max(k, 1)))


def _orthogonal(d: Array, group: Group) -> Array:
    """Return about the orthogonal matrix nearest to `d`, by steps of Newton and Schulz."""
    a, b, c = (number(group, "ns_coefficients", i) for i in range(3))
    x = d.T if d.shape[0] > d.shape[1] else d
    x = x / np.maximum(np.sqrt(np.sum(x * x)), number(group, "eps"))
    for _ in range(int(setting(group, "ns_steps"))):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if d.shape[0] > d.shape[1] else x
