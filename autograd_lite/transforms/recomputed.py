"""A stretch of a graph that is computed again when a derivative is asked for: of a checkpoint, a compiled function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.base.conventions import cast
from autograd_lite.base.shapes import Array, whole
from autograd_lite.engine.graph import Node
from autograd_lite.engine.record import Handle, make_tensor
from autograd_lite.engine.sweep import reverse
from autograd_lite.engine.tangents import forward
from autograd_lite.tensor.hooks import run_hooks
from autograd_lite.transforms.batches.vmap import reroute

_ROUNDING = 64  # units in the last place of the largest number: what another order of additions may do


class Stretch(NamedTuple):
    """The nodes from outside that a stretch begins at, and all from which a derivative flows there, these included."""

    sources: tuple[Node, ...]
    between: set[Node]

    def pull(self, seeds: Iterable[tuple[Any, Any]], retain: bool = False, masked: bool = False) -> list[Any]:
        """Return the derivative by each source for pairs of a node and its cotangent, None where nothing flows.

        Hooks of the sources are left to the sweep around, which goes on there. With `masked`, zeros of the cotangents
        are kept zeros, as `sweep.reverse` does behind an operation that selects.
        """
        pairs, ends = list(seeds), frozenset(self.sources)
        lift = make_tensor if any(isinstance(g, Handle) for _, g in pairs) else None
        found = reverse(
            pairs,
            wanted=ends,
            within=self.between,
            lift=lift,
            retain=retain or lift is not None,
            hook=lambda node, g: g if node in ends else run_hooks(node, g),
            masked=[node for node, _ in pairs] if masked else (),
        )
        return [found.pop(s, None) for s in self.sources]  # two Tensors may have one node, which is told once

    def push(self, tangents: Sequence[Any], results: Sequence[Handle]) -> Any:
        """Return how a result moves, or a list for several, when the sources move; None for one that does not."""
        start = {s: cast(t, s.dtype) for s, t in zip(self.sources, tangents, strict=True) if t is not None}
        recorded = any(isinstance(t, Handle) for t in tangents)
        moving = forward((), start, recorded, self.inner())
        moves = [moving.get(y._node) for y in results]  # type: ignore[arg-type]
        y = results[0]
        return moves if len(moves) > 1 else np.zeros(y.shape, y.dtype) if moves[0] is None else moves[0]

    def inner(self) -> list[Node]:
        """Return the nodes that are no sources, in order; a source may have been released by the sweep around."""
        return sorted(self.between.difference(self.sources), key=lambda node: node.order)

    def routed(self, routes: dict[Node, Node]) -> Stretch:
        """Return the stretch with its sources reached by other ways."""
        if not routes:
            return self
        sources = tuple([routes.get(s, s) for s in self.sources])
        inner = self.between.difference(self.sources)
        reroute(inner, routes)
        return Stretch(sources, inner.union(sources))


def follow(routes: dict[Node, Node], sources: Iterable[Node], steps: Mapping[Node, Node]) -> None:
    """Note that sources are reached by another way when computed again: a `vmap` around them has ended."""
    for s in sources:
        now = routes.get(s, s)
        if now in steps:
            routes[s] = steps[now]


def are_same(arrays: Sequence[Array], before: Sequence[Array]) -> bool:
    """Tell whether what was computed again is what it was `before`, but for rounding."""
    pairs = list(zip(arrays, before, strict=True))
    if any(a.shape != b.shape or a.dtype != b.dtype for a, b in pairs):
        return False
    pairs = [(whole(a), whole(b)) for a, b in pairs]
    largest = max([_largest(b) for _, b in pairs], default=0.0)
    return all(_same(a, b, largest) for a, b in pairs)


def _largest(a: Array) -> float:
    """Return the largest size of a number that is finite."""
    return float(np.max(np.abs(a), initial=0, where=np.isfinite(a))) if isinstance(a, np.ndarray) else 0.0


def _same(a: Array, b: Array, largest: float) -> bool:
    """Tell whether each number is the same up to rounding: nan, infinities and their signs too."""
    if not isinstance(a, np.ndarray) or (a == b).all():
        return True
    finite = np.isfinite(b)
    tolerance = _ROUNDING * np.finfo(b.dtype).eps * largest
    near = np.abs(np.where(finite, a, 0) - np.where(finite, b, 0)) <= tolerance
    return bool(near.all()) and np.array_equal(a[~finite], b[~finite], equal_nan=True)
