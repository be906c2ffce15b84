"""Operations that plain arrays go through fast, forwards and backwards, and all else as what they are defined by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.op import Op
from autograd_lite.transforms.batches.array import RULES
from autograd_lite.transforms.batches.rules import by_definition
from autograd_lite.transforms.derivatives import vjp


def plain(*values: Any) -> bool:
    """Tell whether all are arrays of NumPy's, or tuples of such, or not there."""
    return all(x is None or x.__class__ is np.ndarray or (isinstance(x, tuple) and plain(*x)) for x in values)


def derived(
    definition: Callable[..., tuple[Array, ...]], g: Sequence[Any], operands: Sequence[Any], needs: Sequence[bool]
) -> tuple[Array | None, ...]:
    """Return the shares of the operands by the definition: for a derivative that is recorded itself, or of a batch.

    `definition` returns the results that have a derivative, the first of the operation.
    """
    moving = [i for i, needed in enumerate(needs) if needed]

    def f(*values: Array) -> tuple[Array, ...]:
        given = list(operands)
        for i, value in zip(moving, values, strict=True):
            given[i] = value
        return definition(*given)

    y, pullback = vjp(f, *[operands[i] for i in moving])
    cotangents = [np.zeros_like(part) if own is None else own for part, own in zip(y, g, strict=False)]
    shares = pullback(tuple(cotangents))
    found = iter(shares if len(moving) > 1 else (shares,))
    return tuple([next(found) if needed else None for needed in needs])


def batched(op: Op) -> Op:
    """Have an operation carried out for a batch by its definition."""
    RULES[op] = by_definition
    return op
