"""Which blocks of a program become the steps of a loop: where what they read goes on alike from each to the next."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.compiler.passes.periods import LEAST, Run, place_of, runs
from autograd_lite.compiler.program import helpers
from autograd_lite.compiler.program.program import Program, Type

_DEEP = 4
"""So many blocks back a value may come from."""
_WASTE, _OFTEN = 1 << 26, 4
"""In bytes: results larger than this together are only kept if a fourth of them is read."""
_UNTOLD = -1
_BAD, SAME, WITHIN, _MOVING = 0, 1, 2, 1000  # a value moves by d steps: _MOVING + d
_AXIS = 500  # of d, at most


@dataclass(frozen=True, slots=True)
class Sum:
    """Elements that the blocks add to an array, each at another place of it: added to it after the loop, all at once.

    `puts` are the calls of a block that put an element into zeros, and `adds` those that add these up, in order.
    """

    puts: tuple[int, ...]
    adds: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Block:
    """Blocks that become a loop.

    Attributes
    ----------
    start, period, length : int
        The place of the first call, how many calls a block has, and how many blocks there are.
    codes : ndarray
        For each operand of a block, and then for each call, how what it reads goes on from one block to the next.
    reads, places : ndarray
        The values read by each block, and the places of elements that its calls take.
    reverse : bool
        Whether elements are read from the last to the first.
    left : tuple of int
        The calls of a block of which all results are read after the loop.
    sums : tuple of Sum
        Sums of elements.
    """

    start: int
    period: int
    length: int
    codes: Array
    reads: Array
    places: Array
    reverse: bool
    left: tuple[int, ...]
    sums: tuple[Sum, ...]

    @property
    def stop(self) -> int:
        """The place after the last call."""
        return self.start + self.period * self.length

    def at(self, step: int) -> int:
        """Return at which place an array has what a block leaves."""
        return self.length - 1 - step if self.reverse else step


class Search:
    """The blocks of a program that become loops: `rolled`, in order."""

    def __init__(self, program: Program, border: int) -> None:
        self.program = program
        calls = program.instructions
        count = max(program.types, default=0) + 1
        self.ids = np.array([x.id for x in calls], np.int64)
        self.place = np.full(count, -1, np.int64)
        self.place[self.ids] = np.arange(len(calls))
        self.first = np.concatenate(([0], np.cumsum([len(x.operands()) for x in calls], dtype=np.int64)))
        self.read = np.fromiter((i for x in calls for i in x.operands()), np.int64, int(self.first[-1]))
        self.last = np.full(count, -1, np.int64)  # where a value is read for the last time
        self.last[self.read] = np.repeat(np.arange(len(calls)), np.diff(self.first))
        self.last[list(program.escaping())] = len(calls)
        self.uses = np.bincount(self.read, minlength=count)
        self.takes = np.array([_UNTOLD if (k := place_of(x, program.types)) is None else k for x in calls], np.int64)
        self.home = np.full(count, -1, np.int64)  # the loop and call that leave a value
        self.step = np.full(count, -1, np.int64)
        self.rolled: list[Block] = []
        self._homes = 0
        self._search(runs(program, border))

    def _search(self, found: list[Run]) -> None:
        """Try stretches in the order of the program, and those within others first."""
        order = sorted(found, key=lambda run: (run.start, -run.period))
        tried: dict[Run, bool] = {}
        for k, run in enumerate(order):
            there = False
            for inner in _within(order, k):
                there = self._tried(inner, tried) or there
            if not there:
                self._tried(run, tried)

    def _tried(self, run: Run, tried: dict[Run, bool]) -> bool:
        if run not in tried:
            tried[run] = self._roll(run)
        return tried[run]

    def _roll(self, run: Run) -> bool:
        """Take the blocks of a stretch that are steps of a loop; tell whether there are any."""
        end = self.rolled[-1].stop if self.rolled else 0
        start, p = max(run.start, end), run.period
        n = (run.stop - start) // p
        if n < LEAST:
            return False
        width = int(self.first[start + p] - self.first[start])
        reads = self.read[self.first[start] : self.first[start] + n * width].reshape(n, width)
        places = self.takes[start : start + n * p].reshape(n, p)
        starts = start + p * np.arange(n)
        codes = np.concatenate((self._codes(reads, starts, p), _codes_of_places(places)), axis=1)
        free, found = 0, False
        for first, last in _intervals(codes):
            low = max(self._begin(reads, codes, starts, first), free)
            if last + 1 - low < LEAST:
                continue
            block = self._block(int(starts[low]), p, codes[last - 1], reads[low : last + 1], places[low : last + 1])
            if block is not None:
                self._take(block)
                free, found = last + 1, True
        return found

    def _codes(self, reads: Array, starts: Array, p: int) -> Array:
        """Return how the operands of each block follow from those of the one before."""
        place = self.place[reads]
        away = place - starts[:, None]
        codes = np.zeros((len(starts) - 1, reads.shape[1]), np.int64)
        d = self.step[reads[1:]] - self.step[reads[:-1]]
        home = self.home[reads]
        moving = (home[1:] == home[:-1]) & (home[1:] >= 0) & (d != 0) & (np.abs(d) < _AXIS)
        codes[moving] = _MOVING + d[moving]
        codes[(away[1:] == away[:-1]) & (place[:-1] >= 0) & (away[1:] >= -_DEEP * p)] = WITHIN
        codes[reads[1:] == reads[:-1]] = SAME
        return codes

    def _begin(self, reads: Array, codes: Array, starts: Array, first: int) -> int:
        """Return the first block of a loop: also one whose carry comes from elsewhere."""
        width = reads.shape[1]
        away = self.place[reads[: first + 2]] - starts[: first + 2, None]
        fixed = codes[first, :width] == SAME
        if first and bool((codes[first] == codes[first - 1])[~_carried(codes[first], away[first + 1])].all()):
            carried = _carried(codes[first], away[first + 1])[:width]
            if (away[first - 1][carried | fixed] < 0).all():
                return first - 1
        return first if (away[first][fixed] < 0).all() else first + 1

    def _block(self, start: int, p: int, codes: Array, reads: Array, places: Array) -> Block | None:
        """Return blocks as those of a loop; None where something that is read cannot be given by one."""
        types, calls, n = self.program.types, self.program.instructions, len(reads)
        stop = start + p * n
        if all(x.fn is operator.getitem for x in calls[start : start + p]):  # a loop would take them apart again
            return None
        width = reads.shape[1]
        ids = self.ids[start:stop].reshape(n, p)
        outside = self.last[ids] >= stop
        carried = self._carries(start, p, codes, reads)
        sums = self._sums(start, p, codes, outside)
        for k in np.flatnonzero(codes[width:] > SAME).tolist():
            base = codes[int(self.first[start + k] - self.first[start])]
            if calls[start + k].fn is operator.getitem and base != SAME:
                return None
        needed = outside[:-1].any(axis=0)
        needed |= outside[-1] & ~np.isin(np.arange(p), sorted(carried))
        left = tuple(np.flatnonzero(needed).tolist())
        kinds = {k: types[calls[start + k].id] for k in (*left, *carried)}
        if not all(map(_is_array, kinds.values())):
            return None
        if any(n * kinds[k].nbytes > max(_WASTE, _OFTEN * int(outside[:, k].sum()) * kinds[k].nbytes) for k in left):
            return None
        signs = np.sign(codes[codes > _AXIS] - _MOVING)
        return Block(start, p, n, codes, reads, places, bool(signs.sum() < 0), left, sums)

    def _carries(self, start: int, p: int, codes: Array, reads: Array) -> set[int]:
        """Return the calls of a block whose results a later one reads."""
        away = self.place[reads[-1]] - (start + p * (len(reads) - 1))
        return set((away[_carried(codes, away)[: len(away)]] % p).tolist())

    def _sums(self, start: int, p: int, codes: Array, outside: Array) -> tuple[Sum, ...]:
        """Return the sums of elements that are put into zeros, and are only added up."""
        second = start + p  # the first block may begin otherwise
        places = codes[len(codes) - p :]
        adds = dict(self._adds(second, p, places, outside))
        given = {int(self.ids[second + k]) for k in adds}
        found = []
        for k, (_, before) in adds.items():
            end = int(self.place[before]) - second + p
            if before in given or end not in adds:
                continue
            chain = [k]
            while chain[-1] != end and (after := self._after(chain[-1], second, adds)) is not None:
                chain.append(after)
            puts = tuple([adds[j][0] for j in chain])
            between = outside[:, chain[:-1]].any() or outside[:-1, end].any()
            if chain[-1] == end and not between and len({int(places[j]) for j in puts}) == 1:
                found.append(Sum(puts, tuple(chain)))
        return tuple(found)

    def _after(self, k: int, second: int, adds: dict[int, tuple[int, int]]) -> int | None:
        """Return the call that adds to the sum that a call of the block gives."""
        after = int(self.last[self.ids[second + k]]) - second
        return after if after in adds and adds[after][1] == self.ids[second + k] else None

    def _adds(self, second: int, p: int, places: Array, outside: Array) -> Iterator[tuple[int, tuple[int, int]]]:
        """Yield the calls that add an element to a sum, with the call that puts it into zeros, and what it adds to."""
        calls, types = self.program.instructions, self.program.types
        for k in np.flatnonzero(places > SAME).tolist():
            x = calls[second + k]
            if x.fn is not helpers.placed or self.uses[x.id] != 1 or outside[:, k].any():
                continue
            add = int(self.last[x.id]) - second
            if add >= p:
                continue
            y = calls[second + add]
            before = [i for i in y.operands() if i != x.id]
            plain = y.fn is np.add and len(y.args) == 2 and not y.kwargs and len(before) == 1  # noqa: PLR2004
            if plain and self.uses[y.id] == 1 and types[y.id] == types[x.id] == types[before[0]]:
                yield add, (k, before[0])

    def _take(self, block: Block) -> None:
        self.rolled.append(block)
        p = block.period
        ids = self.ids[block.start : block.stop].reshape(block.length, p)
        for k in block.left:
            self.home[ids[:, k]] = self._homes + k
            self.step[ids[:, k]] = [block.at(r) for r in range(block.length)]
        self._homes += p


def _within(order: list[Run], k: int) -> Iterator[Run]:
    """Yield the stretches of a shorter period that begin in another one."""
    run, k = order[k], k + 1
    while k < len(order) and order[k].start < run.stop:
        if order[k].period < run.period:
            yield order[k]
        k += 1


def _carried(codes: Array, away: Array) -> Array:
    """Return which operands come from an earlier block."""
    found = np.zeros(len(codes), bool)
    found[: len(away)] = (codes[: len(away)] == WITHIN) & (away < 0)
    return found


def _codes_of_places(places: Array) -> Array:
    d = places[1:] - places[:-1]
    fits = np.abs(d) < _AXIS
    return np.where(d == 0, SAME, np.where(fits, _MOVING + d, _BAD))


def _intervals(codes: Array) -> Iterator[tuple[int, int]]:
    """Yield the first and the last block of stretches in which each block follows from the one before alike."""
    good = (codes != _BAD).all(axis=1)
    alike = (codes[1:] == codes[:-1]).all(axis=1) & good[1:] & good[:-1]
    borders = np.flatnonzero(np.diff(np.concatenate(([False], alike, [False])).astype(np.int8)))
    for first, last in zip(borders[::2].tolist(), borders[1::2].tolist(), strict=True):
        yield first, last + 1


def _is_array(kind: Type) -> bool:
    return kind.kind in ("array", "scalar") and kind.dtype is not None and not kind.dtype.hasobject
