"""Batches in loops of a program, which knows arrays only: the examples lie along the first axes of an array."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.transforms.batches.array import Batched, Level

Levels = tuple[Level, ...]


def levels_of(x: Any) -> Levels:
    """Return the batches that a value is one of, the outermost first."""
    return (x._level, *levels_of(x._array)) if isinstance(x, Batched) else ()


def opened(x: Any) -> Any:
    """Return the array of all examples."""
    return opened(x._array) if isinstance(x, Batched) else x


def closed(array: Any, levels: Levels) -> Any:
    """Return the batch whose array of all examples that is."""
    for level in reversed(levels):
        array = Batched(array, level)
    return array


def stepwise(x: Any) -> Any:
    """Return the array of all examples, of which the first axis is that of the steps."""
    count = len(levels_of(x))
    return np.moveaxis(opened(x), count, 0) if count else x


def in_examples(array: Any, levels: Levels) -> Any:
    """Return the batch of an array whose first axis is that of the steps."""
    return closed(np.moveaxis(array, 0, len(levels)) if levels else array, levels)


def spread(x: Any, levels: Levels) -> Any:
    """Return the array of all examples of some batches, repeated for those that a value is none of."""
    own = levels_of(x)
    if own == levels:
        return opened(x)
    array = opened(x)
    missing = tuple([k for k, level in enumerate(levels) if level not in own])
    shape = np.shape(np.expand_dims(array, missing)) if missing else np.shape(array)
    wide = tuple([levels[k].size if k in missing else n for k, n in enumerate(shape)])
    return np.broadcast_to(np.expand_dims(array, missing), wide)
