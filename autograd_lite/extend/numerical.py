"""Rules that take differences, for an operation of the user's of which nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.differences import quick
from autograd_lite.base.shapes import Array
from autograd_lite.engine.record import Handle, array_of
from autograd_lite.engine.several import listed, parts_of
from autograd_lite.extend.foreign import Named, as_they_are, black_box
from autograd_lite.tensor.state import once

Function = Callable[..., Any]


def rules(f: Function, name: str, operands: tuple[str, ...], defaults: Mapping[str, Any]) -> tuple[Named, Named]:
    """Return the reverse and the forward rule.

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

    pull = black_box(f"{name}_by_differences", partial(_pulled, once(f)))
    push = black_box(f"{name}_by_differences", partial(_pushed, once(f)))
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


def _pulled(f: Function, *given: Any, index: int, results: int, **settings: Any) -> Array:
    """Return the derivative of ``sum(g * f)`` by every number of one input, by differences in each."""
    g, arrays = given[:results], given[results:]
    asked = [part is not None for part in g]
    x, weights = np.asarray(arrays[index]), _vector(g, asked)
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):

        def line(step: float, place: Any = place) -> tuple[Array, float]:
            moved = x.copy()
            moved[place] += step
            y = f(*arrays[:index], moved, *arrays[index + 1 :], **settings)
            return _vector(y, asked).astype(float), float(moved[place]) - float(x[place])

        found[place] = quick(line, float(x[place])) @ weights
    return found


def _pushed(f: Function, *given: Any, **settings: Any) -> Any:
    """Return how `f` moves, by differences along the direction in which its inputs do."""
    n = len(given) // 2
    moves, arrays = given[:n], given[n:]
    largest = max(_size(t) for t in moves if t is not None) or 1.0
    shapes: list[Any] = []

    def line(step: float) -> tuple[Array, float]:
        at = [x if t is None else x + (step / largest) * t for x, t in zip(arrays, moves, strict=True)]
        parts = listed(f(*at, **settings))
        shapes[:] = [np.shape(part) for part in parts]
        return _vector(parts, [True] * len(parts)).astype(float), step / largest

    slope = quick(line, max(_size(x) for x, t in zip(arrays, moves, strict=True) if t is not None))
    ends = list(accumulate([int(np.prod(shape)) for shape in shapes]))
    parts = [part.reshape(shape) for part, shape in zip(np.split(slope, ends[:-1]), shapes, strict=True)]
    return parts[0] if len(parts) == 1 else tuple(parts)


def _size(x: Array) -> float:
    return float(np.max(np.abs(x), initial=0))
