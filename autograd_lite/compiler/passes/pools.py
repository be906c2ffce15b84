"""Pools as elementwise functions of strided views, one for each place in a window: what loops are made of."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Shape
from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program import helpers
from autograd_lite.compiler.program.program import Instruction, Program, Ref, Type
from autograd_lite.rules import windows

_MOST = 16
"""Of larger windows nothing is gained: every place is a line."""


def pools(program: Program) -> Program:
    """Return the program without pools over small windows that need no margins."""
    if not any(x.fn in _WRITTEN for x in program.instructions):
        return program
    return Rewriting(program).run(_elementwise)


def _elementwise(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    written = _WRITTEN.get(x.fn)
    return x if written is None else written(_Pool(walk, x)) or x


class _Pool:
    """The calls that come to stand in the place of one.

    Attributes
    ----------
    keys : list
        For each place in a window, the index of that place of all windows; none where the pool stays as it is.
    apart : bool
        Whether no two windows have an element in common.
    """

    def __init__(self, walk: Rewriting, x: Instruction) -> None:
        self.walk, self.x = walk, x
        operands = [a for a in x.args if isinstance(a, Ref)]
        settings = x.args[len(operands) :]
        if x.fn in (windows.sums, windows.spread_sums):
            settings = (*settings[-3:], (1,) * len(settings[-3]))
        self.operands = operands
        self.kernel, self.stride, padding, self.dilation = settings
        plain = not any(map(any, windows.pairs(padding))) and math.prod(self.kernel) <= _MOST
        n = len(self.kernel)
        out = self._type(operands[0] if x.fn in _FROM_RESULTS else Ref(x.id)).shape
        self.keys: Sequence[Any] = windows.places(self.kernel, out[len(out) - n :], self.stride, self.dilation)
        self.keys = self.keys if plain else ()
        reach = zip(self.kernel, self.stride, self.dilation, strict=True)
        self.apart = all(s >= (k - 1) * d + 1 for k, s, d in reach)

    def _type(self, value: Ref) -> Type:
        return self.walk.types[value.id]

    def call(self, fn: Any, *args: Any, shape: Shape | None = None, dtype: Any = None) -> Ref:
        """Add a call, whose result is as the first operand but for what is said."""
        like = next(self._type(a) for a in args if isinstance(a, Ref))
        number = self.walk.new(replace(like, shape=like.shape if shape is None else shape, dtype=dtype or like.dtype))
        self.walk.add(replace(self.x, id=number, fn=fn, args=args))
        return Ref(number)

    def at_places(self, value: Ref) -> list[Ref]:
        """Return the views of an array, for each place in a window."""
        whole = np.broadcast_to(0, self._type(value).shape)
        return [self.call(operator.getitem, value, key, shape=whole[key].shape) for key in self.keys]

    def folded(self, fn: Any, values: Sequence[Ref]) -> Instruction:
        """Return the last call of those that make one array of several."""
        first, *rest = values
        if not rest:
            return replace(self.x, fn=np.copy, args=(first,))
        for value in rest[:-1]:
            first = self.call(fn, first, value)
        return replace(self.x, fn=fn, args=(first, rest[-1]))

    def hits(self, x: Ref, top: Ref) -> list[Ref | None]:
        """Return for each place where it is the first that is the maximum; None for the last, where no other is."""
        truth = np.dtype(bool)
        undefined = self.call(np.isnan, top, dtype=truth)
        free: Ref | None = None
        found: list[Ref | None] = []
        for value in self.at_places(x)[:-1]:
            same = self.call(np.equal, value, top, dtype=truth)
            both = self.call(np.logical_and, self.call(np.isnan, value, dtype=truth), undefined)
            hit = self.call(np.logical_or, same, both)
            found.append(hit if free is None else self.call(np.logical_and, hit, free))
            missed = self.call(np.logical_not, hit)
            free = missed if free is None else self.call(np.logical_and, free, missed)
        return [*found, free]

    def spread(self, values: Sequence[Ref]) -> Instruction:
        """Return the last call of those that put an array for each place in a window where it belongs."""
        shape = self._type(Ref(self.x.id)).shape
        if len(values) == 1:
            return replace(self.x, fn=helpers.placed, args=(values[0], self.keys[0], shape))
        out = self.call(helpers.placed, values[0], self.keys[0], shape, shape=shape)
        for value, key in zip(values[1:-1], self.keys[1:-1], strict=True):
            out = self.call(helpers.assigned, out, value, key)
        return replace(self.x, fn=helpers.assigned, args=(out, values[-1], self.keys[-1]))


def _largest(pool: _Pool) -> Instruction | None:
    return pool.folded(np.maximum, pool.at_places(pool.operands[0])) if pool.keys else None


def _sums(pool: _Pool) -> Instruction | None:
    return pool.folded(np.add, pool.at_places(pool.operands[0])) if pool.keys else None


def _spread_sums(pool: _Pool) -> Instruction | None:
    return pool.spread([pool.operands[0]] * len(pool.keys)) if pool.keys and pool.apart else None


def _put_at_largest(pool: _Pool) -> Instruction | None:
    g, x, top = pool.operands
    if not pool.keys or not pool.apart or pool.walk.types[x.id].dtype.kind != "f":
        return None
    shares = [g if hit is None else pool.call(np.where, hit, g, 0, dtype=pool.walk.types[g.id].dtype)
              for hit in pool.hits(x, top)]  # fmt: skip
    return pool.spread(shares)


def _taken_at_largest(pool: _Pool) -> Instruction | None:
    v, x, top = pool.operands
    if not pool.keys or pool.walk.types[x.id].dtype.kind != "f":
        return None
    *first, last = pool.at_places(v)
    for hit, value in reversed(list(zip(pool.hits(x, top), first, strict=False))):
        last = pool.call(np.where, hit, value, last, dtype=pool.walk.types[v.id].dtype)
    return replace(pool.x, fn=np.positive, args=(last,))


_WRITTEN: Mapping[Any, Callable[[_Pool], Instruction | None]] = MappingProxyType({
    windows.largest: _largest, windows.sums: _sums, windows.spread_sums: _spread_sums,
    windows.put_at_largest: _put_at_largest, windows.taken_at_largest: _taken_at_largest,
})  # fmt: skip
_FROM_RESULTS = (windows.spread_sums, windows.put_at_largest)
"""What is given one number for each window."""
