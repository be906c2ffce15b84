"""Rules that take differences, for an operation of the user's of which nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.differences import combined, quick_steps
from autograd_lite.base.shapes import Array
from autograd_lite.engine.record import Handle, array_of
from autograd_lite.engine.several import listed, parts_of
from autograd_lite.engine.tasks import in_order
from autograd_lite.extend.foreign import Code, Named, as_they_are, black_box
from autograd_lite.tensor.state import once

Function = Callable[..., Any]


def rules(
    f: Code, name: str, operands: tuple[str, ...], defaults: Mapping[str, Any], executor: Any
) -> tuple[Named, Named]:
    """Return the reverse and the forward rule, for which an executor, if there is one, computes the values.

    They are operations themselves, without a derivative, so that a batch is taken example by example.
    """
    names = [*(operands or ["arrays"]), *defaults]

    def inputs(values: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        n = len(operands)
        arrays, settings = (values[:n], values[n:]) if n else (values[0], values[1:])
        return [_unwatched(x, name) for x in arrays], dict(zip(defaults, settings, strict=True))

    def back(g: Any, needs: Sequence[bool], *values: Any) -> list[Any]:
        arrays, settings = inputs(values)
        weights = [_unwatched(x, name) for x in parts_of(g)]
        as_it_is = as_they_are(parts_of(g))
        return [
            as_it_is(pull(*weights, *arrays, index=i, results=len(weights), **settings)) if needed else None
            for i, needed in enumerate(needs)
        ]

    def ahead(tangents: Sequence[Any], **values: Any) -> Any:
        arrays, settings = inputs([values[x] for x in names])
        moves = [_unwatched(t, name) for t in tangents]
        return list(map(as_they_are(tangents), listed(push(*moves, *arrays, **settings))))

    values = _Values(f, executor)
    pull = black_box(f"{name}_by_differences", partial(_pulled, values))
    push = black_box(f"{name}_by_differences", partial(_pushed, values))
    return Named(back, ["g", "needs", *names]), Named(ahead, ["tangents", *names])


def _unwatched(x: Any, name: str) -> Any:
    """Return a value as an array; of a Tensor that a derivative is asked of, refuse: there is no second order."""
    if not isinstance(x, Handle):
        return x
    if x._node is not None:
        raise errors.UnsupportedError(errors.NUMERICAL_SECOND.format(op=name))
    return array_of(x)


def _vector(y: Any, asked: Sequence[bool]) -> Array:
    """Return the numbers of those results that are asked for."""
    return np.concatenate([np.ravel(part) for part, is_asked in zip(listed(y), asked, strict=True) if is_asked])


class _Values:
    """The function at several places, whose values its executor computes, or here one after the other."""

    def __init__(self, f: Code, executor: Any) -> None:
        self.f, self.executor = f, executor

    def at(self, call: Function, items: Sequence[Sequence[Any]]) -> list[Any]:
        """Return ``call(f, *item)`` for each item."""
        f = once(self.f)
        if self.executor is None:
            return [call(f, *item) for item in items]
        return in_order(partial(call, f), items, self.executor, self.f.fn)


def _pulled(values: _Values, *given: Any, index: int, results: int, **settings: Any) -> Array:
    """Return the derivative of ``sum(g * f)`` by every number of one input, by differences in each."""
    g, arrays = given[:results], given[results:]
    asked = [part is not None for part in g]
    x, weights = np.asarray(arrays[index]), _vector(g, asked)
    found = np.zeros(x.shape)
    places = list(np.ndindex(x.shape))
    # All at once for an executor; else the values for one number are there at a time.
    for some in [places] if values.executor is not None else [[place] for place in places]:
        steps = [(place, step) for place in some for step in quick_steps(float(x[place]))]
        ends = values.at(_moved, [(arrays, settings, asked, index, place, step) for place, step in steps])
        for i, place in enumerate(some):
            found[place] = combined(ends[_ENDS * i : _ENDS * (i + 1)]) @ weights
    return found


_ENDS = 4  # of `quick_steps`


def _moved(
    f: Function, arrays: Sequence[Any], settings: dict[str, Any], asked: list[bool], index: int, place: Any, step: float
) -> tuple[Array, float]:
    """Return the values after a step in one number, and how long it was."""
    x = np.asarray(arrays[index])
    moved = x.copy()
    moved[place] += step
    with np.errstate(all="ignore"):
        y = f(*arrays[:index], moved, *arrays[index + 1 :], **settings)
    return _vector(y, asked).astype(float), float(moved[place]) - float(x[place])


def _pushed(values: _Values, *given: Any, **settings: Any) -> Any:
    """Return how `f` moves, by differences along the direction in which its inputs do."""
    n = len(given) // 2
    moves, arrays = given[:n], given[n:]
    largest = max(_size(t) for t in moves if t is not None) or 1.0
    steps = quick_steps(max(_size(x) for x, t in zip(arrays, moves, strict=True) if t is not None))
    found = values.at(_along, [(arrays, settings, moves, step / largest) for step in steps])
    shapes = [np.shape(part) for part in found[0]]
    values_there = [_vector(tuple(parts), [True] * len(parts)).astype(float) for parts in found]
    slope = combined([(y, step / largest) for y, step in zip(values_there, steps, strict=True)])
    cuts = list(accumulate([int(np.prod(shape)) for shape in shapes]))
    parts = [part.reshape(shape) for part, shape in zip(np.split(slope, cuts[:-1]), shapes, strict=True)]
    return parts[0] if len(parts) == 1 else tuple(parts)


def _along(
    f: Function, arrays: Sequence[Any], settings: dict[str, Any], moves: Sequence[Any], step: float
) -> Sequence[Any]:
    """Return the results after a step along a direction."""
    with np.errstate(all="ignore"):
        found: Sequence[Any] = listed(
            f(*[x if t is None else x + step * t for x, t in zip(arrays, moves, strict=True)], **settings)
        )
    return found


def _size(x: Array) -> float:
    return float(np.max(np.abs(x), initial=0))
