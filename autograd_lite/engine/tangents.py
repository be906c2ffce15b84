"""The forward sweep: how everything in a recorded graph moves when its beginnings do.

It works on arrays, or, where the derivative is itself `recorded`, on Tensors: then the rules record what they do, and
the derivative can be differentiated again.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy import ndarray

from autograd_lite import errors
from autograd_lite.base.arraylike import is_batch
from autograd_lite.base.conventions import cast, complex_dtype
from autograd_lite.base.elsewhere import sent, zeros
from autograd_lite.base.shapes import Array, everywhere, whole
from autograd_lite.engine.graph import Node, leaf, node_of, reachable
from autograd_lite.engine.op import Op
from autograd_lite.engine.record import make_tensor, plain_of
from autograd_lite.engine.several import Bundle, Kinds, bundled, listed, parts_of
from autograd_lite.engine.sweep import derivative_of, lifted, reverse
from autograd_lite.engine.switch import enable_grad
from autograd_lite.engine.watchpoints import doing, traced, verify

Form: TypeAlias = Callable[[Node, Op, Mapping[Node, Array], bool], Array]
"""How tangents go through the operations of a form: ``form(node, op, moving, recorded)``."""


def forward(
    outputs: Iterable[Node],
    tangents: Mapping[Node, Array],
    recorded: bool,
    nodes: Iterable[Node] | None = None,
    forms: Mapping[str, Form] | None = None,
    retain: bool = True,
) -> dict[Node, Array]:
    """Sweep forwards and return the tangents of all nodes of the graph of `outputs` that `tangents` reaches.

    Parameters
    ----------
    outputs : iterable of Node
        Where to go.
    tangents : mapping of Node to Tensor or array
        Where to start from, and in which direction.
    recorded : bool
        Whether the derivative is recorded: tangents are Tensors then, and rules receive Tensors.
    nodes : iterable of Node, optional
        The nodes on the way, in order of creation, where they are known already.
    forms : mapping, optional
        How tangents go through each form of operation, if not as in `FORWARD`.
    retain : bool
        Keep what the nodes have saved, for another sweep.
    """
    moving = dict(tangents)
    forms = FORWARD if forms is None else forms
    with np.errstate(all="ignore"):
        for node in doing(reachable(outputs) if nodes is None else nodes, _said):
            op, edges = node.op, node.edges
            if node in moving or op is None:
                continue
            if edges is None:
                raise node.freed()
            for edge in edges:
                if edge[0] in moving:
                    break
            else:
                continue
            t = forms[op.form](node, op, moving, recorded)
            if t.__class__ is not ndarray or t.shape != node.shape or t.dtype is not node.dtype:
                if t is None:
                    continue
                t = _fitted(t, node, op)
            moving[node] = t
            if not retain:
                node.edges, node._inputs, node.__class__ = None, None, Node  # as `Node.release` does
    return moving


def _said(node: Node) -> tuple[str, None]:
    """Return what a sweep computes at a node."""
    return derivative_of(node.op), None


def _fitted(t: Array, node: Node, op: Op) -> Array:
    """Return what a rule has computed in the shape and the dtype of the result, as an array where it is a number."""
    if isinstance(t, np.generic):
        t = np.asarray(t)
    if t.shape != node.shape:
        try:
            t = np.broadcast_to(t, node.shape)
        except ValueError as error:
            text = errors.RULE_TANGENT_SHAPE.format(op=op.name, given=t.shape, shape=node.shape)
            raise errors.RuleError(text) from error
    if t.dtype.kind == "c" and complex_dtype((node, *node.inputs)) is None:  # no real part of anything, but a mistake
        given = f"an array of dtype {t.dtype}"
        raise errors.RuleError(errors.CUSTOM_SHARE.format(what=f"the forward rule of {op.name}", given=given))
    return cast(t, node.dtype)


def moving_edges(node: Node, moving: Mapping[Node, Array]) -> list[tuple[Array, Any, Any, int]]:
    return [(moving[p], rule, saved, i) for p, rule, saved, i in node.edges or () if p in moving]


def _total(terms: Sequence[Array]) -> Array:
    first, *rest = terms
    return sum(rest, first)


def _elementwise(node: Node, op: Op, moving: Mapping[Node, Array], recorded: bool) -> Array:
    """The reverse rules, with tangents in the place of cotangents: the Jacobian is diagonal."""
    total = None
    for parent, rule, saved, i in node.edges or ():
        if parent in moving:
            term = rule(moving[parent], *(lifted(node, op, i, saved, make_tensor) if recorded else saved))
            total = term if total is None else total + term
    return total


def _linear(node: Node, op: Op, moving: Mapping[Node, Array], recorded: bool) -> Array:
    """The operation itself, with tangents as inputs."""
    return op(*linear_operands(node, op, moving, recorded), **node.settings)


def linear_operands(node: Node, op: Op, moving: Mapping[Node, Array], recorded: bool) -> list[Array]:
    """Return what a linear operation takes tangents on by: zeros where nothing moves, and masks as they are."""
    operands = []
    tangents = [moving[source] for source in node.inputs if source in moving]
    for i, source in enumerate(node.inputs):
        if source in moving:
            operands.append(moving[source])
        elif not op.operands or op.rules[i] is not None:
            operands.append(zeros(getattr(source, "shape", ()), node.dtype, *tangents))
        else:
            operands.append(_saved_by_name(node, op, recorded)[op.operands[i]])
    return operands


def _bilinear(node: Node, op: Op, moving: Mapping[Node, Array], recorded: bool) -> Array:
    """The operation with one input replaced by its tangent, for each input that moves."""
    values = _saved_by_name(node, op, recorded)
    terms = []
    for t, _, _, i in moving_edges(node, moving):
        operands = [t if j == i else values[name] for j, name in enumerate(op.operands)]
        terms.append(op(*operands, **node.settings))
    return _total(terms)


def _custom(node: Node, op: Op, moving: Mapping[Node, Array], recorded: bool) -> Any:
    """The forward rule where one is written; otherwise the reverse rule, transposed."""
    if op.jvp is None:
        try:
            with enable_grad():  # the graph of the reverse rule, from which the forward one is derived
                return _transposed(node, op, moving, recorded)
        except errors.ForeignRuleError as error:
            op.cache.foreign = True
            text = errors.CUSTOM_FORWARD.format(op=op.name, cause=error.cause)
            raise errors.ForeignRuleError(text, error.cause) from error
    values = _saved_by_name(node, op, recorded)
    tangents = [moving.get(p) if isinstance(p, Node) else None for p in node.inputs]
    parts = listed(op.jvp(tangents, **{name: values.get(name) for name in op.jvp_wants}))
    count = len(node.dtype.each) if isinstance(node.dtype, Kinds) else 1
    if len(parts) != count:
        raise errors.RuleError(errors.RULE_TANGENTS.format(op=op.name, given=len(parts), expected=count))
    return bundled(parts)


def _together(node: Node, op: Op, moving: Mapping[Node, Array], recorded: bool) -> Bundle:
    """The tangents of all operands of an operation."""
    return Bundle([moving.get(x) if isinstance(x, Node) else None for x in node.inputs])


def _part(node: Node, op: Op, moving: Mapping[Node, Array], recorded: bool) -> Any:
    """The tangent of one result; None where it does not move."""
    return moving[node.inputs[0]][node.settings["index"]]


def _transposed(node: Node, op: Op, moving: Mapping[Node, Array], recorded: bool) -> Any:
    """Carry tangents on by the reverse rule.

    That rule, ``v -> J^T v``, is linear in `v`, so its own reverse sweep, with the tangent as the cotangent, gives
    ``J t``; `v` itself does not matter. Of several results those are left out that nobody holds.
    """
    lift = make_tensor if recorded else None
    kinds = node.dtype.held() if isinstance(node.dtype, Kinds) else [(node.shape, node.dtype)]
    probes = [None if kind is None else leaf(*kind) for kind in kinds]
    start = _anywhere if op.opaque is not None else _zeros
    moves = moving_edges(node, moving)
    likes = [part for t, _, _, _ in moves for part in parts_of(t)]
    v = [None if probe is None else make_tensor(start(probe, *likes), probe) for probe in probes]
    pairs = []
    for t, rule, saved, i in moves:
        shares = rule(bundled(v), *(lifted(node, op, i, saved, make_tensor) if recorded else saved))
        for share, move in zip(parts_of(shares), parts_of(t), strict=True):
            # There is no node where the rule says that the derivative is 0.
            if move is not None and node_of(share) is not None:
                pairs.append((share, np.broadcast_to(move, share.shape)))
    seeds = [(share._node, t) for share, t in pairs]
    ends = [probe for probe in probes if probe is not None]
    found = reverse(seeds, wanted=frozenset(ends), lift=lift, retain=True)
    if op.opaque is not None:
        back = [(x, found[probe]) for x, probe in zip(v, probes, strict=True) if probe in found]
        _prove_transposed(*[[(plain_of(a), plain_of(b)) for a, b in both] for both in (pairs, back)])
    moved = [None if probe is None else found.get(probe) for probe in probes]
    return Bundle(moved) if len(moved) > 1 else _zeros(node, *likes) if moved[0] is None else moved[0]


def _zeros(node: Node, *likes: Any) -> Array:
    return zeros(node.shape, node.dtype, *likes)


def _anywhere(node: Node, *likes: Any) -> Array:
    """Return numbers that are no solution of anything."""
    numbers = (1.5 + np.cos(np.arange(math.prod(node.shape)))).reshape(node.shape)
    return sent((numbers * (1 + 0.7j) if node.dtype.kind == "c" else numbers).astype(node.dtype), *likes)


_Pairs: TypeAlias = Sequence[tuple[Array, Array]]


def _prove_transposed(pairs: _Pairs, back: _Pairs) -> None:
    """Refuse a rule of the user's that is not linear, or has lost a part of a derivative: ``<J^T v, t> = <v, J t>``."""
    levels = {x._level for x in itertools.chain(*pairs, *back) if is_batch(x)}
    terms, others = ([a * b for a, b in both] for both in (pairs, back))
    if len(levels) == 1:  # the sums over all examples do as well
        (level,) = levels
        terms, others = ([whole(x) if is_batch(x) else x * level.size for x in both] for both in (terms, others))
    sums = np.real(sum(np.sum(a) for a in terms)), np.real(sum(np.sum(a) for a in others))
    gap = np.abs(sums[0] - sums[1])
    tolerance = max([np.finfo(a.dtype).eps for a, _ in (*back, *pairs)], default=1.0) ** 0.25
    if not traced() and everywhere(gap <= tolerance * np.abs(sums[1])):
        return
    size = sum(np.sum(np.abs(term)) for term in (*terms, *others))
    close = (gap <= tolerance * size) | ~np.isfinite(size)
    verify(close, _PARTIAL, partial(errors.ForeignRuleError, cause=_PARTIAL))


_PARTIAL = "it is not linear in g, or a part of its own derivative is lost"


FORWARD: Mapping[str, Form] = {
    "elementwise": _elementwise,
    "linear": _linear,
    "bilinear": _bilinear,
    "custom": _custom,
    "several": _custom,
    "together": _together,
    "part": _part,
}


def _saved_by_name(node: Node, op: Op, recorded: bool) -> dict[str, Any]:
    """Return all that the rules of a node are called with, by name."""
    return {
        name: value
        for _, _, saved, i in node.edges or ()
        for name, value in zip(
            op.wanted(i), lifted(node, op, i, saved, make_tensor) if recorded else saved, strict=True
        )
    }
