"""What the files of the formulary share."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array, is_masked
from autograd_lite.base.shapes import Array
from autograd_lite.engine.op import RECORDERS


def value_of(x: Any) -> Array:
    """Return indices or conditions as an array, or as the batch they are; recorded ones are refused."""
    if type(x) in RECORDERS and not x.requires_grad:
        x = x.detach().numpy()
        return x if type(x) in RECORDERS else np.asarray(x)
    refuse_masked(x)
    return np.asarray(x)


def with_shape(x: Any) -> Array:
    """Return lists, numbers and what NumPy alone can make an array of as arrays, and other arrays as they are."""
    return x if is_array(x) else np.asarray(x)


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


def present(*names: str) -> list[Any]:
    """Return those of NumPy's functions that the running version has."""
    return [getattr(np, name) for name in names if name in vars(np)]


def refuse_write(a: Array, value: Array) -> Array:
    """Refuse to write to a view that shows a number in several places; into no place, one may."""
    if np.size(value):
        raise errors.InPlaceError(errors.VIEW_READ_ONLY.format(shape=np.shape(a), shown=np.shape(value)))
    return a


def converted(x: Any, dtype: Any = None, copy: bool | None = None) -> Array:
    """Return numbers, lists, and objects of other libraries, as an array of NumPy's."""
    refuse_masked(x)
    try:
        return np.array(x, dtype, copy=copy)
    except ValueError as error:
        if isinstance(x, (list, tuple)) and "inhomogeneous" in str(error):
            raise errors.DataError(errors.RAGGED) from None
        raise


def refuse_masked(data: Any) -> None:
    """Refuse a masked array, whose mask would be lost, and a list of such."""
    if data.__class__ is np.ndarray or isinstance(data, np.generic):
        return
    if isinstance(data, (list, tuple)):
        if len(data) and isinstance(data[0], (np.ndarray, list, tuple)):
            for part in data:
                refuse_masked(part)
    elif is_masked(data):
        raise errors.DataError(errors.BAD_DATA.format(what="a masked array", instead="data.filled(0.0)"))
