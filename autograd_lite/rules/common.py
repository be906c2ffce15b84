"""What the files of the formulary share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_batch, leaves
from autograd_lite.base.elsewhere import is_foreign
from autograd_lite.base.shapes import Array
from autograd_lite.engine.op import RECORDERS
from autograd_lite.engine.operands import value_of
from autograd_lite.engine.record import Handle, array_of, make_tensor

_COUNTED = {2: 2**11, 4: 2**24}
"""Up to which all whole numbers are floats, by the bytes of the dtype."""


def divided(g: Array, count: Any) -> Array:
    """Return ``g / count`` in the dtype of `g`, which need not hold the count: half precision ends at 65,504."""
    if count.__class__ is int and count <= _COUNTED.get(g.dtype.itemsize, 2**53):
        return g / count
    share = g / (np.float64(count) if isinstance(count, (int, float)) else count)
    return share if share.dtype == g.dtype else share.astype(g.dtype)


def as_tuple(x: Any) -> tuple[int, ...]:
    """Return one whole number or several, of Python's or NumPy's, as a tuple."""
    return tuple(np.ravel(x).tolist())


def detached(x: Any) -> Array:
    """Return the values of a Tensor, or of what stands for an array, without a derivative."""
    if not isinstance(x, Handle):
        return value_of(x)
    values = array_of(x)
    return values if type(values) in RECORDERS or is_foreign(values) else np.asarray(values)


def settled(x: Any, name: str) -> Array:
    """Return values that decide the shape of a result; of a batch, whose results would differ in it, refused."""
    values = detached(x)
    if is_batch(values):
        instead = "np.where(condition, a, 0), or np.sort(a), whose shape does not depend on the values"
        raise errors.BatchError(errors.BATCH_QUESTION.format(op=name, instead=instead))
    return values


def beside(parts: Iterable[Any], *operands: Any) -> list[Any]:
    """Return constant results as what the operands are: Tensors where one of these is a Tensor."""
    if not any(isinstance(x, Handle) for x in leaves(operands)):
        return list(parts)
    return [x if isinstance(x, Handle) else make_tensor(np.copy(x)) for x in parts]


def present(*names: str) -> list[Any]:
    """Return those of NumPy's functions that the running version has."""
    return [getattr(np, name) for name in names if name in vars(np)]


def refuse_write(a: Array, value: Array) -> Array:
    """Refuse to write to a view that shows a number in several places; into no place, one may."""
    if np.size(value):
        raise errors.InPlaceError(errors.VIEW_READ_ONLY.format(shape=np.shape(a), shown=np.shape(value)))
    return a
