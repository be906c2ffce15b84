"""Many sweeps at once: the cotangents, or the tangents, of all rows or columns of a Jacobian as one batch.

What `vmap` makes of one sweep is right for every operation. The forward sweep that nobody records, on which a Hessian
spends its time, goes straight to the arrays behind the batch where the operation is elementwise or has a rule for
batches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.base.elsewhere import sent
from autograd_lite.base.shapes import Array
from autograd_lite.engine.graph import Node
from autograd_lite.engine.op import Op
from autograd_lite.engine.switch import is_grad_enabled
from autograd_lite.engine.tangents import FORWARD, linear_operands, moving_edges
from autograd_lite.transforms.batches.array import Batched, Level, each, rule_of
from autograd_lite.transforms.batches.rules import aligned
from autograd_lite.transforms.batches.vmap import vmap
from autograd_lite.transforms.watched import WatchedCall

LIMIT = 1 << 25
"""So many numbers all arrays of a batch may hold together (256 MB of float64); a larger one is swept in several."""


def pulled(done: WatchedCall, node: Node) -> list[Array | None]:
    """Return the derivative of every number of a result by each input: rows along the first axis."""
    if math.prod(node.shape) == 1:  # the gradient of one number, which need not pay for a batch
        found = done.pull([(node, np.ones(node.shape, node.dtype))])
        return [None if d is None else d.reshape((1, *d.shape)) for d in found]
    return _in_chunks(done, node, vmap(lambda g: done.pull([(node, g)])), len(done.inputs), done.results)


def pushed(done: WatchedCall, k: int) -> list[Array | None]:
    """Return the derivative of every result by each number of input `k`: columns along the first axis."""
    before, after = [None] * k, [None] * (len(done.inputs) - k - 1)
    watched = done.outside and is_grad_enabled()

    def at_once(tangents: Array) -> list[Array | None]:
        level = Level(len(tangents))
        return [_array(t, level) for t in done.push([*before, Batched(tangents, level), *after], _AT_ONCE)]

    recorded = vmap(lambda t: done.push([*before, t, *after]))
    return _in_chunks(done, done.inputs[k], recorded if watched else at_once, len(done.results), done.arrays)


def _in_chunks(
    done: WatchedCall, node: Node, sweep: Callable[[Array], Any], places: int, likes: Sequence[Any]
) -> list[Array | None]:
    """Return what `sweep` makes of the unit vectors at a node, in batches that memory holds."""
    n = math.prod(node.shape)
    size = max(LIMIT // max(sum(math.prod(x.shape) for x in done.reached), 1), 1)
    parts = [sweep(sent(_units(node, start, min(start + size, n)), *likes)) for start in range(0, n, size)]
    if len(parts) == 1:
        return parts[0]  # type: ignore[no-any-return]
    joined = [None if found[0] is None else np.concatenate(found) for found in zip(*parts, strict=True)]
    return joined or [None] * places


def _units(node: Node, start: int, stop: int) -> Array:
    """Return the arrays of the shape of a node that have one 1, from place `start` to `stop`."""
    flat = np.eye(stop - start, math.prod(node.shape), start, node.dtype)
    return flat.reshape(stop - start, *node.shape)


def _array(t: Any, level: Level) -> Array | None:
    """Return what a sweep found as the array of all examples."""
    if isinstance(t, Batched):
        return t._array
    return None if t is None else np.broadcast_to(t, (level.size, *t.shape))


# ----- forwards on the arrays behind a batch -----


def _level(node: Node, moving: Mapping[Node, Array]) -> Level | None:
    """Return the batch that all tangents of the inputs of a node belong to; None if one is no batch."""
    tangents = [moving[p] for p in node.inputs if p in moving]
    return tangents[0]._level if all(isinstance(t, Batched) for t in tangents) else None


def _elementwise(node: Node, op: Op, moving: Mapping[Node, Array], recorded: bool) -> Array:
    """The rule, on the arrays: broadcasting does for all examples what it does for one."""
    level = _level(node, moving)
    if level is None:
        return FORWARD["elementwise"](node, op, moving, recorded)
    ndim = len(node.shape)
    terms = [rule(aligned(t, ndim, level), *saved) for t, rule, saved, _ in moving_edges(node, moving)]
    return Batched(terms[0] if len(terms) == 1 else sum(terms[1:], terms[0]), level)


def _linear(node: Node, op: Op, moving: Mapping[Node, Array], recorded: bool) -> Array:
    """The rule for batches, without the way through the protocols."""
    level, rule = _level(node, moving), rule_of(op)
    if level is None or rule is each:
        return FORWARD["linear"](node, op, moving, recorded)
    return Batched(rule(op, linear_operands(node, op, moving, recorded), node.settings, level), level)


_AT_ONCE = {**FORWARD, "elementwise": _elementwise, "linear": _linear}
