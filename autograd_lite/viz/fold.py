"""Equal blocks that follow each other, found and drawn once.

A block is a scope, or a stretch of operations outside of deeper scopes. Blocks are equal when they have the same
operations with the same settings and shapes, and the same connections inside; what comes in from outside of the first
block may be something else than in the others, which is how a chain begins.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.engine.graph import ConstantInput, Node
from autograd_lite.engine.scope import Scope
from autograd_lite.viz.items import IndexArray, Items, is_leaf
from autograd_lite.viz.words import number_text, settings_text

_FEWEST = 3  # repetitions that are worth a fold
_LONGEST_PERIOD = 256
_DIGITS = re.compile(r"\d+")


class Repeat(NamedTuple):
    """Parts of one scope, from `start`, of which `period` are repeated `times`."""

    start: int
    period: int
    times: int


class Folds:
    """Which things are drawn in the place of others.

    Attributes
    ----------
    stands_for : list of int
        For each thing the one that is drawn: itself, or its counterpart in the first block.
    times : dict of int to int
        How often a thing that is drawn stands for itself and others, where it is folded alone.
    scope_times : dict of Scope to int
        The same of a scope.
    blocks : list of int
        How often each stretch of several parts is there that is drawn once.
    block_of : dict
        The block that a part, a scope or the number of a thing, belongs to.
    """

    def __init__(self, items: Items) -> None:
        self.items = items
        self.stands_for = list(range(len(items.things)))
        self.times: dict[int, int] = {}
        self.scope_times: dict[Scope, int] = {}
        self.blocks: list[int] = []
        self.block_of: dict[Any, int] = {}

    def find(self) -> Folds:
        """Fold what is equal, from the outermost scope inwards."""
        level = _FoldLevel(self.items)
        pending: list[Scope | None] = [None]
        for scope in pending:  # the list grows on the way
            parts = level.parts[scope]
            repeats = _repeats(*level.signatures(scope))
            hidden: set[int] = set()
            for repeat in repeats:
                self._fold(parts, repeat, level)
                hidden.update(range(repeat.start + repeat.period, repeat.start + repeat.period * repeat.times))
            pending += [part for i, part in enumerate(parts) if isinstance(part, Scope) and i not in hidden]
        for i, j in enumerate(self.stands_for):  # a block that stands for others may be folded itself
            self.stands_for[i] = self.stands_for[j]
        self._fold_leaves()
        return self

    def _fold(self, parts: list[Any], repeat: Repeat, level: _FoldLevel) -> None:
        first = parts[repeat.start : repeat.start + repeat.period]
        for k in range(1, repeat.times):
            at = repeat.start + k * repeat.period
            for part, counterpart in zip(first, parts[at : at + repeat.period], strict=True):
                for i, j in zip(level.operations(part), level.operations(counterpart), strict=True):
                    self.stands_for[j] = i
        if repeat.period == 1 and isinstance(first[0], Scope):
            self.scope_times[first[0]] = repeat.times
        elif repeat.period == 1:
            self.times[first[0]] = repeat.times
        else:
            self.block_of |= dict.fromkeys(first, len(self.blocks))
            self.blocks.append(repeat.times)

    def _fold_leaves(self) -> None:
        """Have what feeds folded operations alone stand behind what feeds those in their place."""
        shown: set[int] = set()
        counterpart: dict[int, tuple[int, int]] = {}
        for i, inputs in enumerate(self.items.inputs):
            if self.stands_for[i] == i:
                shown.update(j for j, _ in inputs)
            else:
                here = self.stands_for[i]
                for (j, _), (k, _) in zip(inputs, self.items.inputs[here], strict=True):
                    counterpart.setdefault(j, (k, here))
        for j, (k, here) in counterpart.items():
            are_leaves = not self.items.inputs[j] and not self.items.inputs[k]
            if j not in shown and are_leaves and isinstance(self.items.things[j], type(self.items.things[k])):
                self.stands_for[j] = k
                self.times[k] = self.times.get(k, 1) + 1
                if here in self.block_of and self.items.scopes[k] is self.items.scopes[here]:
                    self.block_of[k] = self.block_of[here]


class _FoldLevel:
    """The parts of every scope, operations and scopes, in order, and what is compared of them."""

    def __init__(self, items: Items) -> None:
        self.items = items
        self.parts: dict[Scope | None, list[Any]] = {None: []}
        self.inside: dict[Scope, list[int]] = defaultdict(list)
        self._ranks: dict[int, int] = {}
        self._ids: dict[Any, int] = {}
        self._texts: dict[int, tuple[Any, ...]] = {}
        for i, thing in enumerate(items.things):
            if isinstance(thing, Node) and not is_leaf(thing):
                self._ranks[i] = len(self._ranks)
                self._enter(i, items.scopes[i])

    def _enter(self, i: int, scope: Scope | None) -> None:
        child: Any = i
        while True:
            new = scope not in self.parts
            self.parts.setdefault(scope, []).append(child)
            if scope is None or not new:
                break
            child, scope = scope, scope.parent
        scope = self.items.scopes[i]
        while scope is not None:
            self.inside[scope].append(i)
            scope = scope.parent

    def operations(self, part: Any) -> Sequence[int]:
        """Return the numbers of the operations of a part."""
        return self.inside[part] if isinstance(part, Scope) else (part,)

    def signatures(self, scope: Scope | None) -> tuple[list[int], list[int], list[tuple[int, ...]]]:
        """Return for each part of a scope what has to be equal; the same without connections; the connections."""
        strict: list[int] = []
        loose: list[int] = []
        links: list[tuple[int, ...]] = []
        for part in self.parts[scope]:
            if isinstance(part, Scope):
                content = self._id(self._content(part))
                strict.append(content)
                loose.append(content)
                links.append(())
            else:
                text, away = self._text(part), self._away(part)
                strict.append(self._id((text, away)))
                loose.append(self._id(text))
                links.append(away)
        return strict, loose, links

    def _id(self, key: Any) -> int:
        return self._ids.setdefault(key, len(self._ids))

    def _text(self, i: int) -> tuple[Any, ...]:
        """Return what an operation is, and what kind of things it is computed from."""
        node = self.items.things[i]
        settings = settings_text(node.settings, node.op) if node.settings else ""
        return (node.op.name, settings, node.shape, *[self._kind(j, shape) for j, shape in self.items.inputs[i]])

    def _kind(self, j: int, shape: Any) -> Any:
        thing = self.items.things[j]
        if isinstance(thing, (Node, ConstantInput, IndexArray)):
            return shape
        return number_text(thing)

    def _away(self, i: int) -> tuple[int, ...]:
        """Return how many operations ago each input was made; 0 for what was not."""
        here, ranks = self._ranks[i], self._ranks
        return tuple([here - ranks[j] if j in ranks else 0 for j, _ in self.items.inputs[i]])

    def _content(self, scope: Scope) -> tuple[Any, ...]:
        """Return all of a scope that has to be equal in another: its name but for digits, and what is inside."""
        start = self._ranks[self.inside[scope][0]]
        content: list[Any] = [_DIGITS.sub("#", scope.name)]
        for i in self.inside[scope]:
            here = self._ranks[i] - start
            place = self.items.scopes[i]
            depth = (place.depth - scope.depth, _DIGITS.sub("#", place.name)) if place is not None else ()
            away = tuple(d if 0 < d <= here else 0 for d in self._away(i))
            content.append((self._id(self._text(i)), away, depth))
        return tuple(content)


def _repeats(strict: list[int], loose: list[int], links: list[tuple[int, ...]]) -> list[Repeat]:
    """Return the repetitions in a sequence that do not overlap, those that cover most first."""
    signs, free = np.array(strict), np.array(loose)
    found = []
    for period in range(1, min(_LONGEST_PERIOD, len(strict) // _FEWEST) + 1):
        for start, end in _runs(signs[period:] == signs[:-period], period * (_FEWEST - 2)):
            begin = _extended(start, period, free, links)
            times = (end + period - begin) // period
            if times >= _FEWEST:
                found.append(Repeat(begin, period, times))
    taken = np.zeros(len(strict), bool)
    chosen = []
    for repeat in sorted(found, key=lambda r: (-r.period * r.times, r.period, r.start)):
        stretch = slice(repeat.start, repeat.start + repeat.period * repeat.times)
        if not taken[stretch].any():
            taken[stretch] = True
            chosen.append(repeat)
    return sorted(chosen)


def _runs(equal: Any, shortest: int) -> list[tuple[int, int]]:
    """Return the stretches of True that are at least so long, as pairs of start and end."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], equal.astype(np.int8), [0]))))
    starts, ends = edges[::2], edges[1::2]
    long = ends - starts >= shortest
    return list(zip(starts[long].tolist(), ends[long].tolist(), strict=True))


def _extended(start: int, period: int, free: Any, links: list[tuple[int, ...]]) -> int:
    """Return where the first block begins, which may be fed from elsewhere than the others: up to a block earlier."""
    begin = start
    while begin > 0 and start - begin < period and free[begin - 1] == free[begin - 1 + period]:
        begin -= 1
    for i in range(start - 1, begin - 1, -1):
        own, other = links[i], links[i + period]
        if any(a != b and 0 < b <= i - begin for a, b in zip(own, other, strict=True)):
            return i + 1
    return begin
