"""What operations are given: numbers, lists, indices, and objects of other libraries, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array, is_masked
from autograd_lite.base.elsewhere import is_foreign
from autograd_lite.base.shapes import Array
from autograd_lite.engine.op import RECORDERS


def value_of(x: Any) -> Array:
    """Return indices or conditions as an array, or as the batch they are; recorded ones are refused."""
    if type(x) in RECORDERS and not x.requires_grad:
        x = x.detach().numpy()
        return x if type(x) in RECORDERS or is_foreign(x) else np.asarray(x)
    refuse_masked(x)
    return x if is_foreign(x) else np.asarray(x)


def with_shape(x: Any) -> Array:
    """Return lists, numbers and what NumPy alone can make an array of as arrays, and other arrays as they are."""
    return x if is_array(x) else np.asarray(x)


def converted(x: Any, dtype: Any = None, copy: bool | None = None) -> Array:
    """Return numbers, lists, and objects of other libraries, as an array of NumPy's."""
    refuse_masked(x)
    try:
        return np.array(x, dtype, copy=copy)
    except ValueError as error:
        if isinstance(x, (list, tuple)) and "inhomogeneous" in str(error):
            raise errors.DataError(errors.RAGGED) from None
        raise


def known_shape(y: Any) -> Any:
    """Return an array, if its shape is known before it is computed."""
    if is_foreign(y) and any(n != n for n in y.shape):  # noqa: PLR0124 - nan is not itself
        raise errors.UnsupportedError(errors.UNKNOWN_SHAPE.format(given=type(y).__name__, shape=y.shape))
    return y


def refuse_masked(data: Any) -> None:
    """Refuse a masked array, or one with masked pieces, whose mask would be lost, and a list of such."""
    if data.__class__ is np.ndarray or isinstance(data, np.generic):
        return
    if isinstance(data, (list, tuple)):
        if len(data) and isinstance(data[0], (np.ndarray, list, tuple)):
            for part in data:
                refuse_masked(part)
    elif is_masked(data):
        instead = "data.filled(0.0)" if isinstance(data, np.ndarray) else "da.ma.filled(data, 0.0)"
        raise errors.DataError(errors.BAD_DATA.format(what="a masked array", instead=instead))
