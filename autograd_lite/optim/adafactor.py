"""Adafactor: the mean of squares of a matrix by its rows and columns alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import zeros
from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import is_set, number
from autograd_lite.optim.checks import check_range, check_settings, is_number, nothing_more
from autograd_lite.optim.formulas import mixed, weak
from autograd_lite.optim.groups import Group
from autograd_lite.optim.joined import Rule, State
from autograd_lite.optim.optimizer import Average, Optimizer
from autograd_lite.tensor.tensor import Tensor


class Adafactor(Optimizer):
    """Adafactor: steps relative to the size of a parameter, with little to remember.

    In step t, with ``eps1, eps2 = eps`` and ``rms(x) = sqrt(mean(x^2))``::

        b := t^beta2_decay,    a := max(eps2, rms(p)) min(lr, 1 / sqrt(t))
        p := (1 - lr weight_decay) p
        r := (1 - b) r + b mean of g^2 over columns,    c := (1 - b) c + b mean of g^2 over rows
        v := r c / mean(r)    (of a vector or a number: v := (1 - b) v + b g^2)
        u := g / sqrt(max(v, eps1^2))
        p := p - a u / max(1, rms(u) / d)

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Real leaves of any shape that require a gradient, or groups of them: see `SGD`. Rows and columns are those of
        the last two axes.
    lr : float
        The greatest relative step, at least 0. May be changed between steps.
    beta2_decay : float
        How fast the means get longer, at most 0.
    eps : (float or None, float)
        The root of the least mean square, None for the precision of the dtype; and the least size of a parameter.
    d : float
        The greatest root mean square of a step, at least 1.
    weight_decay : float
        How much of a parameter is taken away in each step, for each unit of the learning rate.
    maximize : bool
        Whether the loss is to get larger.
    average : callable, optional
        What makes of the gradients those of all processes that train together: ``ag.parallel.mean(comm)``.
    **how
        PyTorch's `foreach` means nothing here.

    Raises
    ------
    ArgumentError
        A setting out of range; parameters as in `SGD`, or complex ones.

    Notes
    -----
    From N. Shazeer and M. Stern, *Adafactor: adaptive learning rates with sublinear memory cost*, ICML 2018, without
    momentum. Settings and names of the state (``row_var`` and ``col_var`` or ``variance``, ``step``) are PyTorch's.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([[1.0, -2.0], [0.0, 100.0]], requires_grad=True)
    >>> opt = Adafactor([w])
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> {name: t.shape for name, t in opt.state[w].items()}
    {'step': (), 'row_var': (2, 1), 'col_var': (1, 2)}
    """

    _fewest: float = math.inf

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("Adafactor", how)
        super().__init__(
            params, lr=lr, beta2_decay=beta2_decay, eps=eps, d=d, weight_decay=weight_decay, maximize=maximize,
            average=average,
        )

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr weight_decay")
        check_range("beta2_decay", settings["beta2_decay"], -math.inf, 0, -0.8)
        check_range("d", settings["d"], 1, math.inf, 1.0)
        eps = settings["eps"]
        if not (isinstance(eps, (tuple, list)) and len(eps) == 2 and _are_least(*eps)):  # noqa: PLR2004 - a pair
            text = errors.SETTING_PAIR.format(name="eps", given=eps, low=0, high="infinity", example="(None, 1e-3)")
            raise errors.ArgumentError(text)

    def shape_of(self, name: str, p: Tensor) -> tuple[int, ...]:
        return _SHAPES[name](p.shape) if name in _SHAPES else super().shape_of(name, p)

    def rule(self, group: Group) -> Rule:
        lr, decay, (first, least) = number(group, "lr"), is_set(group, "weight_decay"), group["eps"]
        power, longest = number(group, "beta2_decay"), number(group, "d")

        def update(p: Array, g: Array, state: State) -> Array:
            n = state.count()
            eps = float(np.finfo(p.dtype).eps if first is None else first)
            size = np.maximum(_rms(p), least) * weak(np.minimum(lr, 1 / n**0.5), p)
            if decay:
                p = p * (1 - lr * number(group, "weight_decay"))
            share = weak(n**power, p)
            mean = _factored(g, share, eps, state) if g.ndim > 1 else _plain(g, share, state)
            step = g / np.sqrt(np.maximum(mean, eps * eps))
            return p - step * (size / np.maximum(_rms(step) / longest, 1))

        return update


def _are_least(first: Any, second: Any) -> bool:
    return all(is_number(x) and x >= 0 for x in (second, *([] if first is None else [first])))


_SHAPES: dict[str, Callable[[tuple[int, ...]], tuple[int, ...]]] = {
    "row_var": lambda shape: (*shape[:-1], 1),
    "col_var": lambda shape: (*shape[:-2], 1, shape[-1]),
}


def _rms(x: Array) -> Array:
    return np.sqrt(np.mean(x * x)) if x.size else np.zeros((), x.dtype)


def _mean_square(g: Array, axis: int) -> Array:
    return np.sum(g * g, axis=axis, keepdims=True) / max(g.shape[axis], 1)


def _factored(g: Array, share: Any, eps: float, state: State) -> Array:
    """Return the mean of squares that rows and columns tell."""
    means = {}
    for name, axis in (("row_var", -1), ("col_var", -2)):
        square = _mean_square(g, axis)
        old = state.number(name, zeros(square.shape, g.dtype, g))
        state[name] = means[name] = mixed(old, square, share)
    rows = means["row_var"]
    whole = np.sum(rows, axis=-2, keepdims=True) / max(rows.shape[-2], 1)
    return (rows * means["col_var"]) / np.maximum(whole, eps)


def _plain(g: Array, share: Any, state: State) -> Array:
    state["variance"] = mean = mixed(state["variance"], g * g, share)
    return mean
