"""What the user has written for one step, as what it does to the leaves of its trees; and what it must not change."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import dtype_of, is_numbers, shape_of
from autograd_lite.engine.covered import uncovered
from autograd_lite.engine.generators import default_rng, replayed, state
from autograd_lite.engine.record import Handle, array_of, make_tensor
from autograd_lite.engine.switch import no_grad
from autograd_lite.engine.watchpoints import traced
from autograd_lite.tensor.state import Unwritten
from autograd_lite.transforms.loops.frozen import frozen
from autograd_lite.transforms.loops.laps import Leaves
from autograd_lite.transforms.watched import Function, name_of
from autograd_lite.tree import Structure, flatten, paths, unflatten

_NUMBERS = frozenset((int, float, complex))


class Steps:
    """A function of carry and element as what a step does to their leaves; it knows what the first step has returned.

    Attributes
    ----------
    left : Structure
        How what a step leaves is put together.
    """

    left: Structure

    def __init__(self, f: Function, carried: Structure, structure: Structure) -> None:
        self._f, self._carried, self._structure = f, carried, structure
        self._kinds: list[Any] | None = None
        self._left_kinds: list[Any] = []

    def __call__(self, carry: Leaves, xs: Leaves) -> tuple[Leaves, Leaves]:
        adapting = self._kinds is None and any(map(is_weak, carry)) and not traced()
        drawn: Any = state() if adapting else None
        after, ys = self._called(carry, xs)
        if self._kinds is None:
            first = self._settled(carry, after)
            if first is not carry:
                if adapting:
                    default_rng().bit_generator.state = drawn
                after, ys = self._called(first, xs)
            self._left_kinds = [_kind(y) for y in ys]
        for k, y in enumerate(ys):
            if not is_numbers(y) or _kind(y) != self._left_kinds[k]:
                raise self._differs("y", self.left, k, y, self._left_kinds[k])
        return [self._fitted(y, k) for k, y in enumerate(after)], ys

    def _called(self, carry: Leaves, xs: Leaves) -> tuple[Leaves, Leaves]:
        """Call the function, and take apart what it returned."""
        found = uncovered(self._f, (self.together(carry), unflatten(self._structure, xs)), {})
        if not isinstance(found, (tuple, list)) or len(found) != 2:  # noqa: PLR2004 - a carry, and what is left
            raise self._error(errors.LOOP_PAIR, given=type(found).__name__)
        after, built = flatten(found[0])
        ys, left = flatten(found[1])
        if built != self._carried:
            raise self._error(errors.LOOP_STRUCTURE, what="the carry", before="before")
        if self._kinds is None:
            self.left = left
        if left != self.left:
            raise self._error(errors.LOOP_STRUCTURE, what="what it leaves", before="at the first step")
        return after, ys

    def _settled(self, carry: Leaves, after: Leaves) -> Leaves:
        """Note of which kind the carry is; return the first one so, if a number of Python is of another dtype then."""
        self._kinds = [self._first_kind(c, y, k) for k, (c, y) in enumerate(zip(carry, after, strict=True))]
        if all(_kind(c) == kind for c, kind in zip(carry, self._kinds, strict=True)):
            return carry
        return [np.asarray(c, kind[1])[()] if is_weak(c) else c for c, kind in zip(carry, self._kinds, strict=True)]

    def freeze(self) -> None:
        """Have the function compute from now on what it would compute now."""
        self._f = frozen(self._f)

    def together(self, carry: Leaves) -> Any:
        """Return leaves of the carry put together."""
        return unflatten(self._carried, carry)

    def _first_kind(self, c: Any, y: Any, k: int) -> Any:
        """Return shape and dtype that a part of the carry has from the first step on: a number of Python adapts."""
        if not is_numbers(y):
            raise self._differs("carry", self._carried, k, y, _kind(c))
        kind = _kind(y)
        if is_weak(y):
            return kind if is_weak(c) else _kind(c)
        adapts = is_weak(c) and kind[0] == () and np.result_type(c, kind[1]) == kind[1]
        if not adapts and kind != _kind(c):
            raise self._differs("carry", self._carried, k, y, _kind(c))
        return kind

    def _fitted(self, y: Any, k: int) -> Any:
        """Return a part of the next carry as it is expected."""
        assert self._kinds is not None
        shape, dtype = self._kinds[k]
        if is_weak(y) and shape == () and np.result_type(y, dtype) == dtype:
            return np.asarray(y, dtype)[()]
        if not is_numbers(y) or y.shape != shape or y.dtype != dtype:
            raise self._differs("carry", self._carried, k, y, self._kinds[k])
        return y

    def _differs(self, what: str, structure: Structure, k: int, y: Any, kind: Any) -> Exception:
        path = paths(structure, what)[k]
        return self._error(errors.LOOP_KIND, path=path, given=said(y), expected=_told(*kind), what=what)

    def _error(self, text: str, **fields: Any) -> Exception:
        return errors.LoopError(text.format(function=name_of(self._f), **fields))

    def nothing(self, carry: Leaves, elements: Leaves) -> Any:
        """Return what a loop of no steps leaves: arrays of length 0, of the kind that a step would have left."""
        xs = [np.zeros(x.shape[1:], x.dtype) for x in elements]
        carry = [_plain(c) for c in carry]
        with no_grad(), np.errstate(all="ignore"), nullcontext() if traced() else replayed(state()):
            _, ys = Unwritten(name_of(self._f)).around(lambda: self(carry, xs))
        return unflatten(self.left, [np.zeros((0, *np.shape(y)), _kind(y)[1]) for y in ys])


def is_weak(x: Any) -> bool:
    """Tell whether something is a number of Python, which takes the dtype of what it meets."""
    return type(x) in _NUMBERS


def _plain(c: Any) -> Any:
    """NOTE: a copy, since the step may write to what it is given."""
    return make_tensor(array_of(c)) if isinstance(c, Handle) else c


def _kind(y: Any) -> Any:
    """Return shape and dtype."""
    return shape_of(y), dtype_of(y)


def _told(shape: Any, dtype: Any) -> str:
    return f"{dtype} of shape {shape}"


def said(y: Any) -> str:
    """Return how a message calls a value."""
    return _told(*_kind(y)) if is_numbers(y) else f"a {type(y).__name__}"
