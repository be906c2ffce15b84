"""Rules by which a layer with a weight hands relevance on to its input.

Of a sum ``z_j = sum_i x_i w_ij + b_j`` each rule says which share of the relevance of `z_j` belongs to `x_i`. What a
bias, or what keeps from dividing by 0, would get, goes to no input: it is absorbed, and each rule says how much.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors


class Weighted(NamedTuple):
    """What a layer computes: ``apply(x, weight) + bias``, linear in `x` and in `weight`.

    Attributes
    ----------
    x, weight
        Its operands.
    bias : array or 0
        What is added, of a shape that broadcasts to that of the result.
    apply : callable
        The bilinear part.
    pull : callable
        ``pull(weight, s)`` is its transpose, times `s`.
    """

    x: Any
    weight: Any
    bias: Any
    apply: Callable[[Any, Any], Any]
    pull: Callable[[Any, Any], Any]


class Rule:
    """How a layer with a weight hands relevance on; see the classes of rules.

    Examples
    --------
    >>> isinstance(Gamma(0.1), Rule)
    True
    """

    def shared(self, layer: Weighted, relevance: Any) -> tuple[Any, Any]:
        """Return the relevance of the input, and what is absorbed at each place of the result."""
        raise NotImplementedError


@dataclass(frozen=True)
class Epsilon(Rule):
    """``x_i w_ij / (z_j + epsilon sign(z_j))`` of the relevance of `z_j`: every summand gets its share.

    The bias absorbs its share, and `epsilon` that of results near 0. (S. Bach et al., "On pixel-wise explanations for
    non-linear classifier decisions by layer-wise relevance propagation", 2015.)

    Parameters
    ----------
    epsilon : float
        Larger ones leave out what is weak and contradicts itself.

    Examples
    --------
    >>> model = ag.nn.Linear(2, 1, bias=False)
    >>> ag.attribution.layer_wise_relevance(model, np.ones((1, 2)), rule=Epsilon(0.0)).shape
    (1, 2)
    """

    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        _refuse_negative(self, "epsilon", 1e-6)

    def shared(self, layer: Weighted, relevance: Any) -> tuple[Any, Any]:
        summands = layer.apply(layer.x, layer.weight)
        z = summands + layer.bias
        s = quotient(relevance, z + self.epsilon * signs(z))
        return layer.x * layer.pull(layer.weight, s), relevance - s * summands


@dataclass(frozen=True)
class Gamma(Rule):
    """As `Epsilon`, but what speaks for a result counts `gamma` times more: with weights ``w + gamma max(w, 0)``.

    Of inputs and results of both signs, what has the sign of the result counts more. (G. Montavon et al., "Layer-wise
    relevance propagation: an overview", 2019.) A bias counts as a summand does, and absorbs its share.

    Parameters
    ----------
    gamma : float
        0 is the rule without it, and for large ones it is `ZPlus`.

    Examples
    --------
    >>> model = ag.nn.Linear(2, 1, bias=False)
    >>> ag.attribution.layer_wise_relevance(model, np.ones((1, 2)), rule=Gamma(0.1)).shape
    (1, 2)
    """

    gamma: float = 0.25

    def __post_init__(self) -> None:
        _refuse_negative(self, "gamma", 0.25)

    def shared(self, layer: Weighted, relevance: Any) -> tuple[Any, Any]:
        x, w, b = layer.x, layer.weight, layer.bias
        (x_up, x_down), (w_up, w_down) = parts(x), parts(w)
        more, less = w + self.gamma * w_up, w + self.gamma * w_down
        up = layer.apply(x_up, more) + layer.apply(x_down, less)
        down = layer.apply(x_up, less) + layer.apply(x_down, more)
        b_up, b_down = (b + self.gamma * part for part in parts(b))
        above = layer.apply(x, w) + b >= 0
        s_up = quotient(np.where(above, relevance, 0), up + b_up)
        s_down = quotient(np.where(above, 0, relevance), down + b_down)
        found = x_up * (layer.pull(more, s_up) + layer.pull(less, s_down))
        found = found + x_down * (layer.pull(less, s_up) + layer.pull(more, s_down))
        return found, relevance - s_up * up - s_down * down


@dataclass(frozen=True)
class AlphaBeta(Rule):
    """`alpha` times the relevance to what raises a result, less `beta` times to what lowers it; ``alpha - beta = 1``.

    Where nothing raises, or nothing lowers, a result, that part of the relevance is absorbed, as is a bias's share.
    (S. Bach et al., 2015.)

    Parameters
    ----------
    alpha, beta : float
        ``AlphaBeta(1, 0)`` is `ZPlus`.

    Examples
    --------
    >>> model = ag.nn.Linear(2, 1, bias=False)
    >>> ag.attribution.layer_wise_relevance(model, np.ones((1, 2)), rule=AlphaBeta(2, 1)).shape
    (1, 2)
    """

    alpha: float = 2.0
    beta: float = 1.0

    def __post_init__(self) -> None:
        _refuse_negative(self, "beta", 1.0)
        if not math.isclose(self.alpha - self.beta, 1.0):
            said = {"rule": "AlphaBeta", "given": f"{self.alpha}, {self.beta}", "instead": "AlphaBeta(2, 1)"}
            raise errors.ArgumentError(errors.RULE_SETTING.format(**said, why="alpha - beta has to be 1"))

    def shared(self, layer: Weighted, relevance: Any) -> tuple[Any, Any]:
        (x_up, x_down), (w_up, w_down) = parts(layer.x), parts(layer.weight)
        b_up, b_down = parts(layer.bias)
        up = layer.apply(x_up, w_up) + layer.apply(x_down, w_down)
        s = quotient(self.alpha * relevance, up + b_up)
        found, kept = x_up * layer.pull(w_up, s) + x_down * layer.pull(w_down, s), s * up
        if self.beta:
            down = layer.apply(x_up, w_down) + layer.apply(x_down, w_up)
            t = quotient(-self.beta * relevance, down + b_down)
            found = found + x_up * layer.pull(w_down, t) + x_down * layer.pull(w_up, t)
            kept = kept + t * down
        return found, relevance - kept


@dataclass(frozen=True)
class ZPlus(AlphaBeta):
    """Relevance to what raises a result alone: no number is negative where the score is not.

    (G. Montavon et al., "Explaining nonlinear classification decisions with deep Taylor decomposition", 2017.)

    Examples
    --------
    >>> model = ag.nn.Linear(2, 1, bias=False)
    >>> ag.attribution.layer_wise_relevance(model, np.ones((1, 2)), rule=ZPlus()).shape
    (1, 2)
    """

    alpha: float = 1.0
    beta: float = 0.0


@dataclass(frozen=True)
class ZBox(Rule):
    """For a first layer whose inputs lie between `low` and `high`, as those of images: a bias absorbs nothing.

    ``x_i w_ij - low max(w_ij, 0) - high min(w_ij, 0)`` is the share. Where all of these are 0, as each input stands at
    the bound that speaks least, the relevance is absorbed. (G. Montavon et al., 2017.)

    Parameters
    ----------
    low, high : float or array
        The bounds, of shapes that broadcast to that of the input.

    Examples
    --------
    >>> model = ag.nn.Linear(2, 1, rng=0)
    >>> relevance, error = ag.attribution.layer_wise_relevance(
    ...     model, np.full((1, 2), 0.5), rule=ZBox(0.0, 1.0), return_error=True
    ... )
    >>> bool(abs(error[0]) < 1e-12)
    True
    """

    low: Any = 0.0
    high: Any = 1.0

    def shared(self, layer: Weighted, relevance: Any) -> tuple[Any, Any]:
        x, w = layer.x, layer.weight
        w_up, w_down = parts(w)
        low, high = (np.zeros_like(x) + np.asarray(bound).astype(x.dtype) for bound in (self.low, self.high))
        z = layer.apply(x, w) - layer.apply(low, w_up) - layer.apply(high, w_down)
        s = quotient(relevance, z)
        found = x * layer.pull(w, s) - low * layer.pull(w_up, s) - high * layer.pull(w_down, s)
        return found, relevance - s * z


NAMED: dict[str, type[Rule]] = {
    "epsilon": Epsilon, "gamma": Gamma, "z-plus": ZPlus, "alpha-beta": AlphaBeta, "z-box": ZBox,
}  # fmt: skip


def rule_of(given: Any) -> Rule:
    """Return a rule by its name, or itself."""
    if isinstance(given, str) and given in NAMED:
        return NAMED[given]()
    if not isinstance(given, Rule):
        raise errors.ArgumentError(errors.RULE_UNKNOWN.format(given=given))
    return given


def parts(a: Any) -> tuple[Any, Any]:
    """Return what is positive of an array, and what is negative."""
    return np.maximum(a, 0), np.minimum(a, 0)


def signs(z: Any) -> Any:
    """Return 1 or -1 for each number, and 1 for 0."""
    return np.where(z >= 0, 1, -1).astype(z.dtype)


def quotient(a: Any, z: Any) -> Any:
    """Return ``a / z``, and 0 where `z` is 0."""
    zero = z == 0
    return np.where(zero, 0, a / np.where(zero, 1, z))


def _refuse_negative(rule: Any, name: str, example: float) -> None:
    given = getattr(rule, name)
    if not isinstance(given, (int, float, np.number)) or not 0 <= given < math.inf:
        kind = type(rule).__name__
        said = {"rule": kind, "given": f"{name}={given!r}", "why": "it has to be a number, and not negative"}
        raise errors.ArgumentError(errors.RULE_SETTING.format(**said, instead=f"{kind}({name}={example})"))
