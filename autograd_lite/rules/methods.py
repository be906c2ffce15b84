"""The methods of ufuncs with a derivative: `reduce`, `accumulate`, `reduceat` and `at`, of each in the same way.

They consist of calls of the ufunc itself. Where it is associative, neighbours are combined in pairs: for n elements of
a row the calls are as many as n has binary digits, and else as n has elements. Numbers that are equal share a
derivative as the ufunc has it, pair by pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_batch
from autograd_lite.base.shapes import Array, Axis, Shape, keepdims_shape, normalize_axes
from autograd_lite.base.signatures import NO_VALUE
from autograd_lite.engine.forms import linear
from autograd_lite.engine.op import RECORDERS, Op, ask
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules.indexing import freeze, getitem, scatter, take

ASSOCIATIVE = frozenset((
    np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.hypot, np.logaddexp, np.logaddexp2,
))  # fmt: skip


def method_of(ufunc: np.ufunc, name: str) -> Callable[..., Any]:
    """Return what is done in the place of a method of a ufunc; where that has no derivative, NumPy's own."""
    if name != "at" and not getattr(handler_of(ufunc), "rules", None):
        return partial(_constant, getattr(ufunc, name))
    return partial(_METHODS[name], ufunc)


def _constant(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return fn(*[x.detach() if type(x) in RECORDERS else x for x in args], **kwargs)


def _cast(a: Array, dtype: Any) -> Array:
    return a if dtype is None or a.dtype == dtype else np.astype(a, dtype)


# ----- reduce -----


def _reduce(
    ufunc: np.ufunc, array: Array, axis: Axis = 0, dtype: Any = None, keepdims: bool = False,
    initial: Any = NO_VALUE, where: Any = True,
) -> Array:  # fmt: skip
    options = {"axis": axis, "dtype": dtype, "keepdims": keepdims, "where": where}
    ask(ufunc.reduce, (array,), options if initial is NO_VALUE else {**options, "initial": initial})
    a = _cast(with_shape(array), dtype)
    axes = normalize_axes(axis, a.ndim)
    initial = None if initial is NO_VALUE else initial
    if where is not True:
        a = np.where(value_of(where), a, ufunc.identity if ufunc.identity is not None else initial)
    rest = [i for i in range(a.ndim) if i not in axes]
    shape = tuple(a.shape[i] for i in rest)
    rows = np.transpose(a, [*axes, *rest]).reshape((-1, *shape)) if a.size else a.reshape((0, *shape))
    if initial is not None or not len(rows):
        first = np.broadcast_to(np.asarray(ufunc.identity if initial is None else initial, a.dtype), (1, *shape))
        rows = np.concatenate([first, rows])
    y = _combined(ufunc, rows)
    return y.reshape(keepdims_shape(a.shape, axis)) if keepdims else y


def _combined(ufunc: np.ufunc, rows: Array) -> Array:
    """Return all rows as one."""
    if ufunc not in ASSOCIATIVE:
        y = rows[0]
        for row in rows[1:]:
            y = ufunc(y, row)
        return y
    while (n := len(rows)) > 1:
        pairs = ufunc(rows[: n - n % 2 : 2], rows[1::2])
        rows = np.concatenate([pairs, rows[-1:]]) if n % 2 else pairs
    return rows[0]


# ----- accumulate -----


def _accumulate(ufunc: np.ufunc, array: Array, axis: int = 0, dtype: Any = None) -> Array:
    ask(ufunc.accumulate, (array,), {"axis": axis, "dtype": dtype})
    rows = np.moveaxis(_cast(with_shape(array), dtype), axis, 0)
    if len(rows) <= 1:
        return np.moveaxis(np.copy(rows), 0, axis)
    return np.moveaxis((_doubled if ufunc in ASSOCIATIVE else _one_by_one)(ufunc, rows), 0, axis)


def _doubled(ufunc: np.ufunc, rows: Array) -> Array:
    """Return what is combined of each row and those before it, over distances 1, 2, 4, ..."""
    distance = 1
    while distance < len(rows):
        rows = np.concatenate([rows[:distance], ufunc(rows[:-distance], rows[distance:])])
        distance *= 2
    return rows


def _one_by_one(ufunc: np.ufunc, rows: Array) -> Array:
    found = [rows[0]]
    for row in rows[1:]:
        found.append(ufunc(found[-1], row))
    return np.stack(found)


# ----- reduceat -----


def _segments(indices: Array, n: int) -> list[range]:
    """Return the places of which each result is made: from one index to the next, if that is larger, else one."""
    starts = np.asarray(indices).tolist()
    return [range(i, j if i < j else i + 1) for i, j in zip(starts, [*starts[1:], n], strict=True)]


def _sums(a: Array, indices: Array, axis: int = 0) -> Array:
    if is_batch(a):  # by the rule of this operation, not example by example
        return sums(a, indices=indices, axis=axis)
    return np.add.reduceat(a, np.asarray(indices, np.intp), axis)


def _shares(g: Array, indices: Array, axis: int, a_shape: Shape) -> Array:
    parts = _segments(indices, a_shape[axis])
    owners = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    places = np.concatenate([np.asarray(part, int) for part in parts])
    return scatter(take(g, owners, axis), (*(slice(None),) * (axis % len(a_shape)), places), a_shape)


sums: Op = linear(_sums, _shares, settings="indices axis", axes="axis")


def _reduceat(ufunc: np.ufunc, array: Array, indices: Any, axis: int = 0, dtype: Any = None) -> Array:
    ask(ufunc.reduceat, (array, indices), {"axis": axis, "dtype": dtype})
    a, where = _cast(with_shape(array), dtype), value_of(indices)
    if ufunc is np.add and where.size:
        return sums(a, indices=where, axis=axis)
    rows = np.moveaxis(a, axis, 0)
    parts = [_combined(ufunc, rows[part.start : part.stop]) for part in _segments(where, len(rows))]
    return np.moveaxis(np.stack(parts) if parts else rows[:0], 0, axis)


# ----- at -----


def _at(ufunc: np.ufunc, a: Array, indices: Any, *values: Any) -> None:
    """Change elements in place; what an index names twice is changed twice, one time after the other."""
    if type(a) not in RECORDERS:
        _at_in_array(ufunc, a, indices, values)
        return
    key = freeze(indices)
    numbers = getitem(np.arange(a.size).reshape(a.shape), key=key)
    given = [np.broadcast_to(np.astype(with_shape(v), a.dtype), numbers.shape) for v in values]
    if ufunc in (np.add, np.subtract):
        a[...] = ufunc(a, scatter(given[0], key, a.shape))
        return
    flat, given = np.ravel(numbers), [np.ravel(v) for v in given]
    times = _times_before(flat)
    for time in range(int(times.max(initial=-1)) + 1):
        chosen = np.flatnonzero(times == time)
        place = np.unravel_index(flat[chosen], a.shape)
        a[place] = ufunc(a[place], *[take(v, chosen) for v in given])


def _times_before(numbers: Array) -> Array:
    """Return how often each number stands before its place already."""
    order = np.argsort(numbers, stable=True)
    ordered = numbers[order]
    first = np.searchsorted(ordered, ordered, "left")
    times = np.empty(len(numbers), int)
    times[order] = np.arange(len(numbers)) - first
    return times


def _at_in_array(ufunc: np.ufunc, a: Any, indices: Any, values: Sequence[Any]) -> None:
    if any(getattr(x, "requires_grad", False) for x in values):
        raise errors.ConversionError(errors.PLACED_IN_ARRAY.format(op=f"{ufunc.__name__}.at"))
    ufunc.at(a, *[value_of(x) if type(x) in RECORDERS else x for x in (indices, *values)])


_METHODS: dict[str, Callable[..., Any]] = {
    "reduce": _reduce, "accumulate": _accumulate, "reduceat": _reduceat, "at": _at,
}  # fmt: skip
