"""Sets of values: these have the derivatives of the elements that stand for them; counts and indices are constant.

Of equal elements the first stands for the set, as NumPy's ``return_index`` has it; of two arrays, that in the first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import constant
from autograd_lite.engine.operands import with_shape
from autograd_lite.rules.common import beside, present, settled
from autograd_lite.rules.indexing import take

for _fn in present("in1d"):
    constant(_fn)


def _places(values: Array, **options: Any) -> Any:
    """Return the first place of each value, and whatever else is asked for."""
    return np.unique(values, return_index=True, **options)


@composite(np.unique, complex=True)
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
    axis: int | None = None, *, equal_nan: bool = True, sorted: bool = True,  # noqa: A002 - NumPy's name
) -> Any:  # fmt: skip
    t = _joined(ar)
    options = {"return_inverse": return_inverse, "return_counts": return_counts, "axis": axis, "equal_nan": equal_nan}
    _, places, *others = _places(settled(t, "unique"), **options)
    values = take(np.ravel(t), places) if axis is None else take(t, places, axis)
    more = beside([places, *others] if return_index else others, t)
    return (values, *more) if more else values


def _joined(x: Any) -> Array:
    """Return one Tensor of several in a list."""
    return np.stack(x) if isinstance(x, (list, tuple)) else with_shape(x)


def _named(fn: Any) -> None:
    """Declare a function whose results have names, of which the values have a derivative."""

    def found(x: Array) -> Any:
        values = settled(x, fn.__name__)
        result = fn(values)
        _, places = _places(values, equal_nan=False)
        return type(result)(take(np.ravel(x), places), *beside(result[1:], x))

    composite(fn, complex=True)(found)


for _fn in (np.unique_all, np.unique_counts, np.unique_inverse):
    _named(_fn)


@composite(np.unique_values, complex=True)
def unique_values(x: Array) -> Array:
    """NOTE: in which order they are is not specified, and NumPy's."""
    values = settled(x, "unique_values")
    ordered, places = _places(values, equal_nan=False)
    return take(np.ravel(x), places[np.searchsorted(ordered, np.unique_values(values))])


@composite(np.intersect1d, complex=True)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    first, second = (np.ravel(_joined(x)) for x in (ar1, ar2))
    one, two = (settled(x, "intersect1d") for x in (first, second))
    _, places, others = np.intersect1d(one, two, assume_unique, return_indices=True)
    dtype = np.result_type(first.dtype, second.dtype)
    values = np.astype(take(first, places), dtype)
    return (values, *beside((places, others), first, second)) if return_indices else values


@composite(np.union1d, complex=True)
def union1d(ar1: Any, ar2: Any) -> Array:
    return unique(np.concatenate([np.ravel(_joined(x)) for x in (ar1, ar2)]))


@composite(np.setdiff1d, complex=True)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Array:
    first = np.ravel(_joined(ar1)) if assume_unique else unique(ar1)
    values, others = (settled(x, "setdiff1d") for x in (first, _joined(ar2)))
    return take(first, np.flatnonzero(np.isin(values, others, invert=True)))


@composite(np.setxor1d, complex=True)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Array:
    parts = [np.ravel(_joined(x)) if assume_unique else unique(x) for x in (ar1, ar2)]
    ordered = np.sort(np.concatenate(parts))
    values = settled(ordered, "setxor1d")
    differs = np.concatenate([[True], values[1:] != values[:-1], [True]])
    return take(ordered, np.flatnonzero(differs[1:] & differs[:-1])) if values.size else ordered


_COMPLEX = {"g": np.clongdouble}


@composite(np.sort_complex, complex=True)
def sort_complex(a: Array) -> Array:
    ordered = np.sort(with_shape(a))
    return ordered if ordered.dtype.kind == "c" else np.astype(ordered, _COMPLEX.get(ordered.dtype.char, complex))
