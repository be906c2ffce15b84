"""The derivative of a recorded run: whether its results have a history, and what a sweep over that does.

The sweep is part of the same run, after the function has returned. So the whole is one Program, which is divided into
one that computes the results, and for each set of results that is differentiated a pullback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.compiler.program.memory import is_view
from autograd_lite.compiler.program.program import Input, Instruction, Program, Ref
from autograd_lite.compiler.recording.trace import Trace
from autograd_lite.compiler.recording.traced import Traced, wrap
from autograd_lite.engine.graph import Node, hooks_of, new_order
from autograd_lite.engine.record import Handle
from autograd_lite.transforms.recomputed import Stretch
from autograd_lite.transforms.watched import leading_to, walk
from autograd_lite.tree import flatten

Places = tuple[int, ...]
Swept = dict[Places, tuple[list[int], list[int]]]
Roll = Callable[[Program, int], tuple[Program, int]]
_CHANGING = ("array", "number")
"""The kinds of inputs that have no values but those of now."""


@dataclass(frozen=True, slots=True)
class Result:
    """A result that has a history: its place, the Tensor, and where those are that it comes from."""

    place: int
    t: Any
    sources: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class PullbackProgram:
    """The derivative for the cotangents of some results.

    `read` says what its first inputs are: a residual by its number, an input of the forward program as ``~number``.
    """

    places: Places
    program: Program
    read: tuple[int, ...]


class Derivative:
    """What is noted of a run for derivatives of its results.

    Parameters
    ----------
    wanted : iterable of tuple of int
        The sets of results that are differentiated, by their places.
    learns : bool
        Whether more such sets may become known, by then or at once.

    Attributes
    ----------
    swept : bool
        Whether a sweep was begun.
    tracked : frozenset of int
        The inputs that are arrays of Tensors which require a gradient.
    """

    def __init__(self, wanted: Iterable[Places], learns: bool) -> None:
        self.wanted, self.learns, self.swept = tuple(wanted), learns, False
        self.results: list[Result] = []
        self.plain = False
        """Whether the plain function has to run: some Tensors that the results come from are not to be told apart."""
        self.tracked: frozenset[int] = frozenset()
        self._start = new_order()
        self._nodes: dict[tuple[str, Any], Node] = {}
        self._mark = 0
        self._swept: Swept = {}

    @property
    def live(self) -> bool:
        """Whether any result has a history."""
        return bool(self.results) or self.plain

    def groups(self) -> dict[tuple[tuple[str, Any], ...], Places]:
        """Return the places of results that come from the same Tensors."""
        found: dict[Any, Places] = {}
        for result in self.results:
            found[result.sources] = (*found.get(result.sources, ()), result.place)
        return found

    # ----- while the run lasts -----

    def look(self, trace: Trace, returned: Any) -> None:
        """Find the results that have a history, and sweep."""
        self.results, self.plain, self._nodes, self._swept = [], False, {}, {}  # of a run that has begun again
        if any(seen.grad is not seen.first_grad and seen.grad is not None for seen in trace.seen.values()):
            return  # a training step, which has had its derivatives
        self._find(trace, flatten(returned)[0])
        self._mark = len(trace.instructions)
        groups = [] if self.plain else list(self.groups().values())
        for places in self._asked(trace, groups):
            if any(set(group).issuperset(places) for group in groups):
                self.swept = True
                self._swept[places] = self._sweep(trace, [r for r in self.results if r.place in places])
        self.tracked = frozenset([seen.first_id for seen in trace.seen.values() if seen.node is not None])

    def _asked(self, trace: Trace, groups: list[Places]) -> Iterable[Places]:
        """Return the sets to sweep from: those known, and where the plain function could not be evaluated again

        after a change of what it reads, those that are likely. None where hooks would be called: they may do anything.
        """
        inner = walk([r.t for r in self.results], self._start, ())[0]
        if any(node.order > self._start and hooks_of(node) for node in inner):
            self.learns = False
            return ()
        if self.wanted or not self.learns or all(x.kind not in _CHANGING for x in trace.inputs):
            return self.wanted
        small = [places for places in groups if len(places) <= 2]  # noqa: PLR2004 - each of two, and both
        return dict.fromkeys([*[(k,) for places in small for k in places], *small])

    def _find(self, trace: Trace, leaves: Sequence[Any]) -> None:
        tracked = [seen for seen in trace.seen.values() if seen.node is not None]
        owners = {seen.node: seen.owner for seen in tracked}
        known = set(trace.seen)
        for k, y in enumerate(leaves):
            if isinstance(y, Handle) and y._node is not None and id(y) not in known:
                known.add(id(y))  # returned once more, it is the same
                outside = walk([y], self._start, ())[1]
                if not outside:
                    continue
                if not outside <= owners.keys() or len(owners) < len(tracked):
                    self.plain = True
                    return
                nodes = sorted(outside, key=lambda node: node.order)
                self._nodes |= {owners[node]: node for node in nodes}
                self.results.append(Result(k, y, tuple([owners[node] for node in nodes])))

    def _sweep(self, trace: Trace, results: Sequence[Result]) -> tuple[list[int], list[int]]:
        """Return the numbers of the cotangents, and of the derivatives."""
        sources = tuple([self._nodes[owner] for owner in results[0].sources])
        seen, outside, _ = walk([r.t for r in results], self._start, ())
        seeds = []
        for r in results:
            g = np.ones(r.t._node.shape, r.t._node.dtype)
            seeds.append((r.t._node, wrap(g, trace._new(g), trace)))
        made = Stretch(sources, leading_to(sources, seen - outside)).pull(seeds, retain=True)
        return [g.id for _, g in seeds], [x.id if isinstance(x, Traced) else trace.constant(x).id for x in made]

    # ----- afterwards -----

    def divided(self, program: Program, roll: Roll | None) -> tuple[Program, list[int], list[PullbackProgram]]:
        """Return the forward program, which hands on what pullbacks read, the numbers of that, and the pullbacks.

        With `roll`, blocks that repeat are made loops before, so that what their steps leave is handed on as one array.
        """
        mark, swept = self._mark, self._swept
        if roll is not None:
            program, mark, swept = _rolled(program, mark, swept, roll)
        first, rest = program.instructions[:mark], program.instructions[mark:]
        views = {x.id: x for x in first if x.fn is np.copy or is_view(x, program.types)}  # made again
        residuals: list[int] = []
        made = []
        given = {x.id: k for k, x in enumerate(program.inputs)}
        for places, (seeds, gradients) in swept.items():
            needed, read = _needed(program, rest, views, seeds, gradients)
            residuals += [i for i in read if i not in given and i not in residuals]
            where = tuple([~given[i] if i in given else residuals.index(i) for i in read])
            made.append(PullbackProgram(places, _pullback(program, needed, read, seeds, gradients, places), where))
        outputs = (*program.outputs, *map(Ref, residuals))
        return program.having(instructions=first, outputs=outputs), residuals, made


def _rolled(program: Program, mark: int, swept: Swept, roll: Roll) -> tuple[Program, int, Swept]:
    """Return the program with loops, where the sweep begins in it, and what that begins and ends with."""
    ends = [Ref(i) for _, gradients in swept.values() for i in gradients]
    whole, mark = roll(program.having(outputs=(*program.outputs, *ends)), mark)
    count = len(program.outputs)
    found = iter(whole.outputs[count:])
    now = {places: (seeds, [next(found).id for _ in gradients]) for places, (seeds, gradients) in swept.items()}
    return whole.having(outputs=whole.outputs[:count]), mark, now


def _needed(
    program: Program, rest: Sequence[Instruction], views: dict[int, Instruction], seeds: list[int], ends: list[int]
) -> tuple[list[Instruction], list[int]]:
    """Return the calls that lead to some values, of those in a sweep, and what these read from before it."""
    constants = {c.id for c in program.constants} | set(seeds)
    read = set(ends)
    calls: list[Instruction] = []
    for x in reversed(rest):
        if x.id in read:
            calls.append(x)
            read.update(x.operands())
    own = {x.id for x in calls}
    before: list[Instruction] = []
    pending = sorted(read - own - constants)
    found: list[int] = []
    while pending:
        i = pending.pop()
        if i in views:
            before.append(views[i])
            pending += [j for j in views[i].operands() if j not in constants]
        elif i not in found:
            found.append(i)
    order = {x.id: k for k, x in enumerate(program.instructions)}
    unique = {x.id: x for x in before}.values()
    return sorted([*unique, *calls], key=lambda x: order[x.id]), sorted(found)


def _pullback(
    program: Program, calls: list[Instruction], read: list[int], seeds: list[int], ends: list[int], places: Places
) -> Program:
    names = dict(program.names)
    inputs = [Input(i, "argument", k, names.get(i, f"saved_{k}")) for k, i in enumerate(read)]
    names |= {x.id: x.name for x in inputs}
    for g, k in zip(seeds, places, strict=True):
        names[g] = "g" if len(seeds) == 1 else f"g_{k}"
        inputs.append(Input(g, "argument", len(inputs), names[g]))
    return program.having(
        inputs=tuple(inputs), instructions=tuple(calls), outputs=tuple(map(Ref, ends)), assignments=(), names=names,
        title=f"pullback_of_{program.title}",
    )  # fmt: skip
