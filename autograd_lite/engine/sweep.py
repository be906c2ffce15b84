"""The reverse sweep over a recorded graph, with cotangents.

It works on arrays, and, given `lift`, on Tensors: then the rules record what they do, and the derivative can be
differentiated again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterable
from heapq import heappop, heappush, heappushpop
from sys import getrefcount
from typing import Any, TypeAlias

import numpy as np
from numpy import ndarray

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array
from autograd_lite.base.conventions import cast
from autograd_lite.base.elsewhere import ones
from autograd_lite.base.shapes import Array, everywhere, unbroadcast
from autograd_lite.engine.covered import uncover
from autograd_lite.engine.graph import Node, later, node_of
from autograd_lite.engine.op import Op
from autograd_lite.engine.operands import refuse_masked
from autograd_lite.engine.several import Bundle
from autograd_lite.engine.watchpoints import Watcher, doing, watching
from autograd_lite.tree import sequence_like

Lift: TypeAlias = Callable[[Array, "Node | None"], Array]
"""Makes a Tensor from an array and the node that made it."""
Queue: TypeAlias = list[tuple[float, Node]]


def reverse(
    seeds: Iterable[tuple[Node, Array]],
    *,
    wanted: frozenset[Node] | None = None,
    within: Container[Node] | None = None,
    lift: Lift | None = None,
    retain: bool = False,
    hook: Callable[[Node, Array], Array] | None = None,
    masked: Iterable[Node] = (),
) -> dict[Node, Array]:
    """Sweep backwards from `seeds`, pairs of node and cotangent, and return the gradients.

    Parameters
    ----------
    wanted : frozenset of Node, optional
        The nodes whose gradients are returned; by default all leaves, and nodes told to retain theirs.
    within : container of Node, optional
        Given, the sweep goes to these nodes only, and ends at those wanted.
    lift : callable, optional
        Given, the derivative is recorded: rules receive Tensors.
    retain : bool
        Keep what the nodes have saved, for another sweep.
    hook : callable, optional
        ``hook(node, g)`` for nodes with hooks; what it returns goes on.
    masked : iterable of Node
        Those at which a cotangent of zero stays zero, as behind an operation that selects.

    Notes
    -----
    A queue holds the operations that have a cotangent, the latest first: each is visited after all that was computed
    from it. Mostly there is one, `following`, and it needs no queue. Leaves keep their cotangents until the end.
    Nothing outside is changed before the sweep has ended, but for the release of nodes it has passed.
    """
    grads: dict[Node, Array] = {}
    queue: Queue = []
    owned: set[Node] = set()
    found: dict[Node, Array] = {}
    for node, seed in seeds:
        _give(node, seed, grads, queue, owned)
    masked, watcher = set(masked), watching.get()
    # Infinite and undefined derivatives (log at 0, the unused branch of `where`) are values here, not warnings.
    with np.errstate(all="ignore"):
        latest = heappop(queue)[1] if queue else None
        while latest is not None:
            node, following = latest, None
            g = grads.pop(node)
            if g.dtype is not node.dtype:
                g = cast(g, node.dtype)
            if node.notes is not None or (wanted is not None and node in wanted):
                g = _arrive(node, g, found, wanted, hook)
            op, edges = node.op, node.edges
            end = within is not None and node in found
            if end:
                edges = ()  # also of one that a sweep around this one has released
            if edges is None or op is None:
                raise node.freed()
            if within is not None:
                edges = tuple([edge for edge in edges if edge[0] in within])
            zeros = op.selects or (node in masked if masked else False)
            try:
                for parent, rule, saved, index in edges if watcher is None else _told(watcher, op, edges):
                    if zeros:
                        masked.add(parent)
                    if lift is not None:
                        given = lifted(node, op, index, saved, lift)
                        share = rule(g, *given) if op.apex is None else at_apex(rule(g, *given), g, node, given, lift)
                    elif (
                        op.accumulate is None or watcher is not None or g.__class__ not in _NUMPYS
                        or grads.get(parent).__class__ not in _NUMPYS  # by another path, of which no array is a buffer
                    ):  # fmt: skip
                        share = rule(g, *saved)
                    elif not op.spends:
                        op.accumulate(_buffer(parent, grads, queue, owned), g, *saved)
                        continue
                    elif index:
                        share = rule(g, *saved)
                    else:
                        share = op.accumulate(g if _is_own(g) else g.copy(), *saved)
                        if parent not in grads:
                            owned.add(parent)
                    if (zeros and op.masks) or share.__class__ is not ndarray or share.shape != parent.shape:
                        share = _fitted(share, g, parent, op, zeros, saved if lift is None else given)
                        if share is None:
                            continue
                    if parent in grads:
                        _give(parent, share, grads, queue, owned)
                    else:
                        grads[parent] = share
                        if parent.op is None:
                            continue
                        if following is None:
                            following = parent
                        else:
                            heappush(queue, (-parent.order, parent))
            except Exception as error:
                error.add_note(f"in the derivative of {node.describe()}")
                uncover(error)
                raise
            if not retain and not end:
                node.edges, node._inputs, node.__class__ = None, None, Node  # as `Node.release` does
            if queue:
                latest = (heappushpop(queue, (-following.order, following)) if following else heappop(queue))[1]
            else:
                latest = following
        for node, g in grads.items():
            _arrive(node, g if g.dtype is node.dtype else cast(g, node.dtype), found, wanted, hook)
    return found


_NUMPYS = frozenset((ndarray, type(None), *[np.dtype(code).type for code in "?bBhHiIlLqQefdgFDG"]))
"""The classes of what may be added to an array of NumPy's in place; None stands for nothing that is there yet."""


def _told(watcher: Watcher, op: Op, edges: Iterable[Any]) -> Iterable[Any]:
    """Return the edges of a node, and tell a trace what is computed along each, and for which node."""
    return watcher.doing(edges, lambda edge: (derivative_of(op), edge[0]))


def derivative_of(op: Op | None) -> str:
    """Return how a trace calls what a sweep computes for an operation; nothing for a leaf."""
    return "" if op is None else f"derivative of {op.name}"


def _arriving(node: Node) -> tuple[str, Node]:
    """Return what hooks compute of the gradient of a node, and for whom."""
    return derivative_of(node.op), node


def _is_own(g: Array) -> bool:
    """Tell whether nobody but a sweep holds a cotangent, so that it may write there."""
    return g.__class__ is ndarray and g.base is None and g.flags.writeable and getrefcount(g) <= _OWN


def _references(g: Array) -> int:
    """Return the count of references of an array as `_is_own` finds it, if only its caller holds it."""
    return getrefcount(g)


def _alone() -> int:
    g = np.zeros(1)
    return _references(g)


_OWN = _alone() if sys.implementation.name == "cpython" else 0


def _arrive(
    node: Node,
    g: Array,
    found: dict[Node, Array],
    wanted: frozenset[Node] | None,
    hook: Callable[[Node, Array], Array] | None,
) -> Array:
    """Show the complete gradient of a node to its hooks, and keep it if somebody wants it."""
    notes = node.notes
    if notes is not None and notes.hooks and hook is not None:
        for told in doing((node,), _arriving):
            g = hook(told, g)
    if node in wanted if wanted is not None else node.op is None or (notes is not None and notes.retain):
        found[node] = g
    return g


def _give(node: Node, share: Array, grads: dict[Node, Array], queue: Queue, owned: set[Node]) -> None:
    """Add to the cotangent of a node.

    The first share is taken as it is, the second makes a sum that belongs to this sweep, and the following are added to
    it in place.
    """
    if node not in grads:
        grads[node] = share
        if node.op is not None:
            heappush(queue, (-node.order, node))
    elif node in owned and share.__class__ in _NUMPYS and share.dtype is grads[node].dtype:
        grads[node] += share
    else:
        grads[node] = total = grads[node] + share
        if total.__class__ is np.ndarray:
            owned.add(node)


def _buffer(parent: Node, grads: dict[Node, Array], queue: Queue, owned: set[Node]) -> Array:
    """Return the cotangent of `parent` so far as an array that this sweep may write to."""
    if parent not in owned or grads[parent].dtype is not parent.dtype:
        start = grads.get(parent)
        if start is None:
            _give(parent, np.zeros(parent.shape, parent.dtype), grads, queue, owned)
        else:
            grads[parent] = np.array(cast(start, parent.dtype))
        owned.add(parent)
    return grads[parent]


def _fitted(share: Array, g: Array, parent: Node, op: Op, masked: bool, saved: tuple[Any, ...]) -> Any:
    """Return what a rule has computed in the shape of the input: broadcasting is undone here, once for all rules.

    None where a rule for all inputs gave nothing to this one.
    """
    if share is None and op.joint:
        return None
    if not (is_array(share) or share.__class__ is Bundle or isinstance(share, np.generic)):
        text = errors.RULE_RESULT.format(op=op.name, given=type(share).__name__, shape=parent.shape)
        raise errors.RuleError(text)
    refuse_masked(share)
    if masked and op.form == "elementwise":
        share = _keep_zeros(g, share)
    elif masked and op.zeros is not None and not everywhere(np.isfinite(_plain(share.sum()))):
        share = op.zeros(g, *saved)
    if share.shape == parent.shape:
        return share
    try:
        return unbroadcast(share, parent.shape)
    except ValueError as error:
        text = errors.RULE_SHAPE.format(op=op.name, given=share.shape, shape=parent.shape)
        raise errors.RuleError(text) from error


def _keep_zeros(g: Array, share: Array) -> Array:
    """Return `share` with 0 where `g` is exactly 0 and the derivative was infinite or undefined.

    NOTE: only there. With 0 wherever `g` is 0 a second derivative through a value that happens to be 0 would be lost.
    """
    if everywhere(np.isfinite(_plain(share.sum()))):
        return share
    kept = (_plain(g) != 0) | np.isfinite(_plain(share))
    return share if everywhere(kept) else np.where(kept, share, 0)


def at_apex(share: Array, g: Array, node: Node, given: tuple[Any, ...], lift: Lift) -> Array:
    """Return the recorded share of the input of a cone so that its derivative is right at the apex too.

    At its apex, where a norm is 0, a cone has no derivative, and its rules give 0. What is made of it may have one, as
    the square of a norm has: its first derivative is ``g x / y``, and where `g` vanishes with `y` that is as good as
    ``slope x``, with the derivative of `g` by `y` in the place of their quotient (l'Hôpital). It is 0 as well, but the
    derivative of it is not: the Hessian of ``norm(x)**2`` is 2 everywhere.

    NOTE: a rule that knows `g` and `y` alone can't tell ``y**2`` from ``y**3``. And so it is for reverse sweeps only:
    of two forward ones the first has made the tangent 0 before the square is reached.
    """
    assert node.op is not None
    assert node.op.apex is not None
    start = node_of(g)
    if start is None or everywhere(_plain(given[0]) != 0):
        return share
    seed = (start, lift(ones(g.shape, g.dtype, g), None))
    path = later(start, node)
    slope = reverse([seed], wanted=frozenset((node,)), within=path, lift=lift, retain=True).get(node)
    if slope is None:
        return share
    return share + node.op.apex((given[0] == 0) & np.isfinite(slope), slope, *given)


def _plain(x: Array) -> Array:
    return getattr(x, "_data", x)


def lifted(node: Node, op: Op, index: int, saved: tuple[Any, ...], lift: Lift) -> tuple[Any, ...]:
    """Return the saved values of a rule as Tensors that know the nodes they came from."""
    return tuple(_lift_one(node, op, name, value, lift) for name, value in zip(op.wanted(index), saved, strict=True))


def _lift_one(node: Node, op: Op, name: str, value: Any, lift: Lift) -> Any:
    if name == "y":
        return lift(value, node) if not isinstance(value, tuple) else _lift_results(node, value, lift)
    if name == "arrays":
        return tuple(_lift_input(node, i, array, lift) for i, array in enumerate(value))
    if name in op.operands:
        return _lift_input(node, op.operands.index(name), value, lift)
    return value


def _lift_results(node: Node, y: tuple[Any, ...], lift: Lift) -> Any:
    nodes = [node.dtype.part(node, i) for i in range(len(y))]
    parts = [value if part is None else lift(value, part) for value, part in zip(y, nodes, strict=True)]
    return sequence_like(y, parts)


def _lift_input(node: Node, index: int, value: Any, lift: Lift) -> Any:
    source = node.inputs[index]
    return lift(value, source) if isinstance(source, Node) else value
