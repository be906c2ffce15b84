"""Layer-wise relevance propagation: a score is shared out among what it was computed from, backwards to the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.attribution.rules import Rule, Weighted, quotient, rule_of, signs
from autograd_lite.attribution.scores import Model, Subject, per_example, plain
from autograd_lite.attribution.tape import Step, Tape, applied, recorded
from autograd_lite.base.elsewhere import zeros
from autograd_lite.base.shapes import unbroadcast
from autograd_lite.engine.graph import Node
from autograd_lite.engine.provenance import warn
from autograd_lite.rules.convolution import conv, conv_transpose
from autograd_lite.rules.normalization import normalized, spaced
from autograd_lite.rules.products import affine
from autograd_lite.rules.products import product as einsum
from autograd_lite.transforms.derivatives import vjp

_EPSILON = 1e-9
"""What keeps from dividing by 0 where sums without a weight are shared out: residual connections, norms."""
_LOST = 1e-3
"""Of the sizes of relevances: what may be lost to rounding."""


def layer_wise_relevance(
    model: Model, x: Any, target: Any = None, rule: str | Rule = "epsilon", *,
    rules: Mapping[Any, str | Rule] | None = None, return_error: bool = False, create_graph: bool = False,
) -> Any:  # fmt: skip
    """Return the relevance of each number of the input: the score, shared out backwards from operation to operation.

    Parameters
    ----------
    model, x, target, create_graph
        As of `saliency`.
    rule : {"epsilon", "gamma", "z-plus", "alpha-beta", "z-box"} or Rule
        How layers with a weight share out the relevance of their results: `Epsilon`, `Gamma`, `ZPlus`, `AlphaBeta`,
        `ZBox`, each of which says what it loses.
    rules : mapping, optional
        Other rules for some layers, by name, module or class; inner modules come before outer ones. As
        ``{"0": ZBox(0, 1), nn.Conv2d: "gamma"}``.
    return_error : bool
        Whether the score less the sum of the relevances is returned too, for each example: what biases and rules have
        absorbed.

    Returns
    -------
    array or Tensor
        Of the shape and dtype of `x`; with `return_error` a pair ``(relevance, error)``.

    Raises
    ------
    UnsupportedError
        An operation for which there is no rule: a softmax, a product of two things that both have the input in them.

    Warns
    -----
    IncompleteWarning
        Relevance was lost that neither a bias nor a rule has absorbed, and by more than rounding.

    Notes
    -----
    Any code of NumPy's functions is gone back along, not only modules. Linear maps and convolutions, also products with
    constant matrices, have the rule that was chosen. Activations hand relevance on as it is, as do reshaping, indexing
    and factors. Sums, as of a residual connection, are shared out by their summands, of which a constant absorbs its
    share; means and sums of windows by what went into them. Pools and maxima hand on to the largest, which absorbs it
    if it is a constant, as it is absorbed where `np.where` takes one; ``np.clip`` is an activation. Of norms by the
    batch's or the layer's own numbers the standard deviation is held constant (A. Ali et al., "XAI for transformers",
    2022). A batch norm is better fused into the layer before, `nn.utils.fuse_conv_bn_eval`, than shared out by itself.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Linear(3, 2, rng=1))
    >>> relevance, error = layer_wise_relevance(model, np.ones((4, 2)), target=1, return_error=True)
    >>> relevance.shape, bool(np.allclose(relevance.sum(axis=1) + error, model(np.ones((4, 2)))[:, 1].detach()))
    ((4, 2), True)
    """
    subject = Subject("layer_wise_relevance", model, x, target)
    chosen = _Chosen(rule_of(rule), {key: rule_of(r) for key, r in (rules or {}).items()})

    def attribute() -> tuple[list[Any], Any]:
        tape = recorded(subject)
        found = _back(tape.steps, {tape.score: tape.scores}, chosen)
        chosen.check()
        _refuse_rest(found, tape)
        pairs = zip(tape.inputs, subject.inputs, strict=True)
        return [found.get(node, np.zeros_like(x)) for node, x in pairs], tape.scores

    relevances, scores = subject.quietly(attribute, create_graph)
    relevances = [subject.given_as(r, x) for r, x in zip(relevances, subject.inputs, strict=True)]
    found = subject.put_together(relevances)
    if not return_error:
        return found
    return found, scores - sum(per_example(r, scores) for r in relevances)


class _Chosen:
    """Which rule a layer has."""

    def __init__(self, default: Rule, others: Mapping[Any, Rule]) -> None:
        self.default, self.others = default, others
        self.met: set[Any] = set()
        self.example = "0"

    def of(self, step: Step) -> Rule:
        for name, module in reversed(step.layers):
            self.example = name or self.example
            for key, rule in self.others.items():
                if key == name or key is module or (isinstance(key, type) and isinstance(module, key)):
                    self.met.add(key)
                    return rule
        return self.default

    def check(self) -> None:
        """Refuse rules that no layer has taken."""
        for key in self.others.keys() - self.met:
            given = repr(key) if isinstance(key, str) else getattr(key, "__name__", type(key).__name__)
            raise errors.ArgumentError(errors.RULE_LAYER.format(given=given, example=self.example))


def _back(steps: list[Step], relevances: dict[Node, Any], chosen: _Chosen) -> dict[Node, Any]:
    """Return the relevance of the inputs, by their nodes."""
    for step in reversed(steps):
        relevance = relevances.pop(step.node, None)
        if relevance is not None:
            shares, absorbed = _shared(step, relevance, chosen)
            _check(step, relevance, shares, absorbed)
            for place, share in shares.items():
                node = step.nodes[place]
                assert node is not None
                relevances[node] = relevances[node] + share if node in relevances else share
    return relevances


def _refuse_rest(found: Mapping[Node, Any], tape: Tape) -> None:
    """Refuse relevance that has come to something that was not seen to happen, and so not to the input."""
    for node in found.keys() - set(tape.inputs):
        said = {"op": node.op.name if node.op else "a leaf", "place": "", "why": "it was made out of sight"}
        raise errors.UnsupportedError(errors.NO_RELEVANCE_RULE.format(**said))


def _check(step: Step, relevance: Any, shares: Mapping[int, Any], absorbed: Any) -> None:
    """Warn where relevance is lost."""
    values = [plain(a) for a in (relevance, absorbed, *shares.values())]
    numbers = [v for v in values if v is not None]
    if len(numbers) < len(values):
        return
    whole, gone, *got = numbers
    left = float(np.sum(whole, dtype=float) - np.sum(gone, dtype=float) - sum(np.sum(g, dtype=float) for g in got))
    size = float(sum(np.sum(np.abs(a), dtype=float) for a in numbers))
    if abs(left) > _LOST * size:
        said = {"op": step.op.name, "place": step.place(), "share": abs(left) / size}
        warn(errors.NOT_CONSERVED.format(**said), errors.IncompleteWarning)


# ----- one operation -----


def _shared(step: Step, relevance: Any, chosen: _Chosen) -> tuple[dict[int, Any], Any]:
    """Return the relevance of each operand that has the input in it, and what is absorbed."""
    op, moving = step.op, step.moving
    if op in _WITH_BIAS or op.form == "bilinear" or (op is einsum and len(step.operands) == _PAIR):
        return _weighted(step, relevance, chosen.of(step))
    if op is normalized:
        return _normed(step, relevance)
    if op.form == "linear" or (op is einsum and len(step.operands) == 1):
        return _linear(step, relevance)
    if op.name in _SUMS:
        return _summed(step, relevance)
    if op.name in _EXTREMA:
        return _won(step, relevance)
    if op.signature == "()->()" and len({step.nodes[i] for i in moving}) == 1:
        return _passed(step, relevance)
    if op.selects:
        return _handed_on(step, relevance)
    several = "the input is in several of its operands, and which of them has a share is not decided"
    return _refuse(step, several if len(moving) > 1 else "it is no sum, and works on several numbers at once")


_WITH_BIAS = (affine, conv, conv_transpose)
_SUMS = ("add", "subtract")
_EXTREMA = ("maximum", "minimum", "fmax", "fmin")
_PAIR = 2


def _refuse(step: Step, why: str) -> NoReturn:
    raise errors.UnsupportedError(errors.NO_RELEVANCE_RULE.format(op=step.op.name, place=step.place(), why=why))


def _weighted(step: Step, relevance: Any, rule: Rule) -> tuple[dict[int, Any], Any]:
    if len(step.moving) > 1:
        _refuse(step, "the input is in both factors of a product, and which of them has a share is not decided")
    (place,) = step.moving
    other = 1 - place
    if step.op in _WITH_BIAS and place:
        _refuse(step, "its weight or bias is computed from the input")
    compute, x = applied(step, (place, other)), step.operands[place]

    def pull(w: Any, s: Any) -> Any:
        return vjp(lambda v: compute(v, w), x)[1](s)

    found, absorbed = rule.shared(Weighted(x, step.operands[other], _bias(step), compute, pull), relevance)
    return {place: found}, absorbed


def _bias(step: Step) -> Any:
    """Return the bias of a layer as it is added to the result, and take it out of the step."""
    if step.op not in _WITH_BIAS:
        return zeros((), step.result.dtype, step.result)
    bias = step.operands[2]
    none = zeros((step.result.shape[-1 if step.op is affine else 1],), step.result.dtype, step.result)
    step.operands[2] = none
    bias = none if bias is None else bias
    return bias if step.op is affine else bias.reshape(-1, *(1,) * (np.ndim(step.result) - 2))


def _linear(step: Step, relevance: Any) -> tuple[dict[int, Any], Any]:
    """Share out by what went into each result; equally among the inputs of a result that is 0."""
    moving = step.moving
    compute, given = applied(step, moving), [step.operands[i] for i in moving]
    z, pull = vjp(compute, *given)
    ones = [np.ones_like(x) for x in given]
    weights, bare = compute(*ones), compute(*[0 * x for x in given])
    zero = z == 0
    s, even = quotient(relevance, z), quotient(np.where(zero, relevance, 0), weights - bare)
    pulled, evenly = ([p] if len(moving) == 1 else list(p) for p in (pull(s), pull(even)))
    shares = [x * p + e for x, p, e in zip(given, pulled, evenly, strict=True)]
    kept = s * (z - bare) + even * (weights - bare)
    return dict(zip(moving, shares, strict=True)), relevance - kept


def _summed(step: Step, relevance: Any) -> tuple[dict[int, Any], Any]:
    """Share out a sum of two by its summands, of which a constant absorbs its share."""
    a, b = step.operands
    summands = (a, b if step.op.name == "add" else -b)
    z = step.result
    s = quotient(relevance, z + _EPSILON * signs(z))
    shares = {i: unbroadcast(summands[i] * s, np.shape(step.operands[i])) for i in step.moving}
    kept = sum(summands[i] * s for i in step.moving)
    return shares, relevance - kept


def _handed_on(step: Step, relevance: Any) -> tuple[dict[int, Any], Any]:
    """Hand relevance on to the largest, as a gradient goes."""
    moving = step.moving
    _, pull = vjp(applied(step, moving), *[step.operands[i] for i in moving])
    pulled = pull(relevance)
    shares = dict(zip(moving, [pulled] if len(moving) == 1 else pulled, strict=True))
    return shares, relevance * 0


def _won(step: Step, relevance: Any) -> tuple[dict[int, Any], Any]:
    """Hand relevance on to the larger of two, of which a constant absorbs it."""
    none = zeros((), step.result.dtype, step.result)
    places = range(_PAIR)
    _, pull = vjp(applied(step, places), *[none + x for x in step.operands])
    shares = dict(zip(places, pull(relevance), strict=True))
    absorbed = sum(np.sum(shares.pop(i)) for i in places if i not in step.moving)
    return shares, none + absorbed


def _passed(step: Step, relevance: Any) -> tuple[dict[int, Any], Any]:
    """Hand relevance on as it is, as an activation and a constant factor do."""
    place = step.moving[0]
    return {place: unbroadcast(relevance, np.shape(step.operands[place]))}, relevance * 0


def _normed(step: Step, relevance: Any) -> tuple[dict[int, Any], Any]:
    """Share out what a norm makes of its input, by a standard deviation that is held constant."""
    x, weight, bias = step.operands
    settings = step.settings
    if step.moving != [0] or np.shape(step.result) != np.shape(x):
        _refuse(step, "its mean or variance is used by itself")
    scale = _scale(x, settings)
    factor = scale if weight is None else scale * spaced(weight, settings["along"], np.ndim(x))
    shift = 0 if bias is None else spaced(bias, settings["along"], np.ndim(x))
    s = quotient(relevance, step.result + _EPSILON * signs(step.result))
    g = factor * s
    pulled = g - np.mean(g, axis=settings["axis"], keepdims=True) if settings["centred"] else g
    return {0: x * pulled}, relevance - s * (step.result - shift)


def _scale(x: Any, settings: Mapping[str, Any]) -> Any:
    axis = settings["axis"]
    centred = x - np.mean(x, axis=axis, keepdims=True) if settings["centred"] else x
    return 1 / np.sqrt(np.mean(centred**2, axis=axis, keepdims=True) + settings["eps"])
