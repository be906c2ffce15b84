"""What the files of the formulary share."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.op import RECORDERS
from autograd_lite.shapes import Array


def value_of(x: Any) -> Array:
    """Return indices or conditions as an array, or as the batch they are; recorded ones are refused."""
    if type(x) in RECORDERS and not x.requires_grad:
        x = x.detach().numpy()
        return x if type(x) in RECORDERS else np.asarray(x)
    return np.asarray(x)


def with_shape(x: Any) -> Array:
    """Return lists and numbers as arrays, and what has a shape as it is."""
    return x if hasattr(x, "shape") else np.asarray(x)


def as_tuple(x: Any) -> tuple[int, ...]:
    """Return one whole number or several, of Python's or NumPy's, as a tuple."""
    return tuple(np.ravel(x).tolist())


def present(*names: str) -> list[Any]:
    """Return those of NumPy's functions that the running version has."""
    return [getattr(np, name) for name in names if hasattr(np, name)]


def refuse_write(a: Array, value: Array) -> Array:
    """Refuse to write to a view that shows a number in several places; into no place, one may."""
    if np.size(value):
        raise errors.InPlaceError(errors.VIEW_READ_ONLY.format(shape=np.shape(a), shown=np.shape(value)))
    return a
