"""How an operation is carried out for all examples of a batch at once: mostly by what its declaration says.

==============  ============================================================================
``signature``   the batch stands before the axes that the operation is about: element by element, products, matrices
``axes``        the operation itself, one axis further: every setting that counts axes moves by one
a rule here     what has a shape for a setting; indices; products of any axes; our own functions, made of NumPy's
all else        `batched.each`: one example after the other
==============  ============================================================================
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import sent, zeros
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.base.signatures import Cores
from autograd_lite.engine.definitions import Composite
from autograd_lite.engine.op import Op, Settings
from autograd_lite.engine.registry import entered, handler_of
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules import (
    constant,
    convolution,
    indexing,
    neural,
    normalization,
    passing,
    pooling,
    products,
    recurrent,
    reductions,
    shaping,
    sparse,
)  # fmt: skip
from autograd_lite.transforms.batches.array import BY_FACT, MOVING, RULES, Batched, Level, each, holds
from autograd_lite.tree import sequence_like


def rule(*ops: Any) -> Callable[[Any], Any]:
    """Enter a rule for each of `ops`; a decorator."""

    def enter(fn: Any) -> Any:
        RULES.update(dict.fromkeys(ops, fn))
        return fn

    return enter


def _of_one(*ops: Any) -> Callable[[Any], Any]:
    """Enter ``rule(op, array, shape, settings)`` for operations of one operand, whose example has `shape`."""

    def enter(fn: Any) -> Any:
        RULES.update(dict.fromkeys(ops, lambda op, xs, settings, _: fn(op, xs[0]._array, xs[0].shape, settings)))
        return fn

    return enter


# ----- the axes that an operation is about: its signature -----


def aligned(x: Any, ndim: int, level: Level) -> Any:
    """Return an operand so that the batch comes first and broadcasting pairs the axes of examples of `ndim` axes."""
    if not (isinstance(x, Batched) and x._level is level):
        return x
    missing = ndim - x.ndim
    return x._array.reshape((level.size, *(1,) * missing, *x.shape)) if missing else x._array


def _stacked(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """Hand the stack of all examples over, of which each may be a stack itself."""
    if holds(tuple(settings.values()), level):
        return each(op, operands, settings, level)
    assert op.cores is not None
    if not any(op.cores):
        ndim = max([_ndim(x) for x in operands if x is not None])
        return op(*[aligned(x, ndim, level) for x in operands], **settings)
    absent = _absent(operands, op.cores)
    if absent is None:
        return each(op, operands, settings, level)  # which refuses in NumPy's words
    spaced = [_spaced(x, core, absent) for x, core in zip(operands, op.cores, strict=True)]
    ndim = max(_ndim(x) - len(core) for x, core in zip(spaced, op.cores, strict=True))
    y = op(*[aligned(x, ndim + len(c), level) for x, c in zip(spaced, op.cores, strict=True)], **settings)
    return _without(y, op.result, absent)


def _ndim(x: Any) -> int:
    ndim: int | None = getattr(x, "ndim", None)
    return np.ndim(x) if ndim is None else ndim


def _absent(operands: Sequence[Any], cores: Cores) -> set[str] | None:
    """Return which axes that need not be there, as of a vector in the place of a matrix, are not; None if others."""
    sizes: dict[str, int] = {}
    absent: set[str] = set()
    for x, core in zip(operands, cores, strict=True):
        optional = {name for name in core if name[-1] == "?"}
        own = [name for name in core if _ndim(x) >= len(core) or name not in optional]
        absent |= optional.difference(own)
        lengths = np.shape(x)[_ndim(x) - len(own) :] if _ndim(x) >= len(own) else ()
        if len(lengths) != len(own) or any(sizes.setdefault(c, n) != n for c, n in zip(own, lengths, strict=True)):
            return None
    return absent


def _spaced(x: Any, core: Sequence[str], absent: set[str]) -> Any:
    """Return an operand with an axis of length 1 for each one that is absent."""
    places = (..., *(None if name in absent else slice(None) for name in core))
    return x[places] if absent.intersection(core) else x


def _without(y: Array, core: Sequence[str], absent: set[str]) -> Array:
    places = (..., *(0 if name in absent else slice(None) for name in core))
    return y[places] if absent.intersection(core) else y


BY_FACT["signature"] = _stacked

# ----- settings that count axes -----


def _moved(axis: Any, ndim: int) -> Any:
    """Return axes of an example as axes of the batch; all of them for None."""
    if axis is None or not ndim:  # of a number, NumPy reduces the axes 0 and -1 that it has not
        return tuple(range(1, ndim + 1))
    return tuple([_axis(i, ndim) for i in axis]) if isinstance(axis, (tuple, list)) else _axis(axis, ndim)


def _axis(axis: Any, ndim: int) -> int:
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return int(axis) % ndim + 1


def _along(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """Carry it out one axis further."""
    axes = {name: settings.get(name, op.defaults[name]) for name in op.axes}
    row = not _ndim(operands[0]) and any(axis not in (None, ()) for axis in axes.values())  # a number, as a row of one
    if row or holds(tuple(settings.values()), level) or not holds(operands, level):
        return each(op, operands, settings, level)
    arrays = [_full(x, np.shape(x), level) for x in operands]
    if op.flat and axes == {"axis": None}:
        if settings.get("keepdims"):
            return each(op, operands, settings, level)
        return op(arrays[0].reshape((level.size, math.prod(arrays[0].shape[1:]))), **{**settings, "axis": 1})
    return op(*arrays, **{**settings, **{name: _moved(axis, arrays[0].ndim - 1) for name, axis in axes.items()}})


def _full(x: Any, shape: Shape, level: Level) -> Array:
    """Return an operand for all examples, each of `shape`."""
    array = aligned(x, len(shape), level)
    return np.broadcast_to(array, (level.size, *shape))


BY_FACT["axes"] = _along
_LOOKED_UP = {handler_of(np.searchsorted): 1, handler_of(np.digitize): 0, handler_of(np.isin): 0}


@rule(*_LOOKED_UP)
def _looked_up(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """Each number by itself in a table, if it is the same for all examples."""
    at = _LOOKED_UP[op]
    others = (*operands[:at], *operands[at + 1 :], *settings.values())
    if holds(others, level) or len(operands) <= at:
        return each(op, operands, settings, level)
    return op(*operands[:at], operands[at]._array, *operands[at + 1 :], **settings)


# ----- shapes -----


@_of_one(reductions.spread)
def _spread(op: Op, g: Array, shape: Shape, settings: Settings) -> Array:
    full, axis = settings["shape"], settings.get("axis")
    if not shape and full:  # one number for all, whatever the axes
        g = g.reshape((g.shape[0], *(1,) * len(full)))
        return np.broadcast_to(g, (g.shape[0], *full))
    return op(g, **{**settings, "shape": (g.shape[0], *full), "axis": _moved(axis, len(full))})


@rule(*[handler_of(fn) for fn in constant.FRESH])
def _fresh(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """NOTE: the same for every example, and so in truth no batch; but a batch it was asked to be like."""
    (x, *rest) = operands
    shape = settings.get("shape")
    shape = x.shape if shape is None else tuple(np.ravel(shape).tolist())
    like = np.broadcast_to(zeros((), x.dtype, x), shape)
    made = op(like, *rest, **{name: value for name, value in settings.items() if name != "shape"})
    return np.broadcast_to(made, (level.size, *shape))


@_of_one(shaping.reshaped, shaping.raveled)
def _reshaped(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    return a.reshape((a.shape[0], *_resolved(settings.get("shape", -1), shape)))


def _resolved(wanted: Any, shape: Shape) -> Shape:
    """Return the new shape of an example, with its -1 worked out: for no examples NumPy could not tell."""
    sizes = tuple(np.ravel(wanted).tolist())
    known, size = math.prod(n for n in sizes if n != -1), math.prod(shape)
    rest = size // known if known else 0
    full = tuple(rest if n == -1 else n for n in sizes)
    if sizes.count(-1) > 1 or math.prod(full) != size:
        raise errors.ShapeError(errors.BATCH_RESHAPE.format(given=shape, shape=sizes))
    return full


@_of_one(handler_of(np.transpose))
def _transposed(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    axes = settings.get("axes")
    axes = range(len(shape))[::-1] if axes is None else axes
    return op(a, axes=(0, *[_axis(i, len(shape)) for i in axes]))


@_of_one(handler_of(np.broadcast_to))
def _broadcast(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    wanted = tuple(np.ravel(settings["shape"]).tolist())
    spaced = a.reshape((a.shape[0], *(1,) * (len(wanted) - len(shape)), *shape))
    return op(spaced, shape=(a.shape[0], *wanted))


@_of_one(shaping.padded)
def _padded(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    return op(a, widths=((0, 0), *settings["widths"]))


# ----- products -----


@rule(products.product)
def _einsum(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """One more letter: for the axis of the batch, first in every operand that has it, and in the result."""
    inputs, output = settings["spec"].split("->")
    free = next(c for c in string.ascii_letters if c not in settings["spec"])
    terms = [
        free + letters if holds(x, level) else letters for x, letters in zip(operands, inputs.split(","), strict=True)
    ]
    arrays = [x._array if holds(x, level) else x for x in operands]
    return op(*arrays, spec=f"{','.join(terms)}->{free}{output}")


# ----- indexing -----


def _is_number(k: Any) -> bool:
    return isinstance(k, (int, np.integer)) and not isinstance(k, (bool, np.bool_))


def _kind(k: Any) -> str | None:
    """Return the kind of number in a part of an index that is an array."""
    return getattr(getattr(k, "dtype", None), "kind", None)


def _behind(key: Any) -> tuple[Any, ...]:
    return (slice(None), *(key if isinstance(key, tuple) else (key,)))


def _flat_places(key: Any, shape: Shape) -> Array:
    """Return where the elements that an index reads stand in the flat array; a batch for that of an outer batch."""
    numbers = np.arange(math.prod(shape)).reshape(shape)
    return indexing.getitem(sent(numbers, *indexing.as_keys(key)), key=key)


def _in_each(places: Array, level: Level) -> tuple[Any, Array]:
    """Return the index of `places` in the flat array of each example.

    NOTE: of whole numbers throughout where the places are a batch themselves, which then need no loop.
    """
    if isinstance(places, np.ndarray):
        return slice(None), places
    return np.arange(level.size).reshape((level.size, *(1,) * places.ndim)), places


def _picked_places(key: Any, shape: Shape, level: Level) -> Array | None:
    """Return the same for an index that differs between the examples: whole numbers for the first axes.

    None where the index has other parts.
    """
    parts = key if isinstance(key, tuple) else (key,)
    if not all(_is_number(k) or _kind(k) in ("i", "u") for k in parts):
        return None
    ndim = max(np.ndim(k) for k in parts)
    places: Any = 0
    for part, n in zip(parts, shape, strict=False):
        index = np.intp(part) if _is_number(part) else aligned(part, ndim, level)
        verify((index >= -n) & (index < n), errors.BATCH_INDEX.format(n=n), errors.BatchError)
        places = places * n + index % n
    rest = shape[len(parts) :]
    inner = np.arange(math.prod(rest)).reshape(rest)
    return places.reshape(places.shape + (1,) * len(rest)) * math.prod(rest) + inner


@rule(indexing.getitem)
def _getitem(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    (a,), key = operands, settings["key"]
    if holds(key, level):
        _no_mask(key, op)
        places = _picked_places(key, np.shape(a), level)
        if places is None:
            return each(op, operands, settings, level)
        if not holds(a, level):
            return op(np.reshape(a, (-1,)), key=places)
        flat = a._array.reshape((level.size, a.size))
        examples = np.arange(level.size).reshape((level.size, *(1,) * (places.ndim - 1)))
        return op(flat, key=(examples, places))
    if indexing.is_basic(key):
        return op(a._array, key=_behind(key))
    return op(a._array.reshape((level.size, a.size)), key=_in_each(_flat_places(key, a.shape), level))


def _no_mask(key: Any, op: Op) -> None:
    """Refuse a mask that differs between examples: how many elements it picks would differ too."""
    if any(_kind(k) == "b" for k in (key if isinstance(key, tuple) else (key,))):
        raise errors.BatchError(errors.BATCH_MASK.format(op=op.name))


@rule(indexing.scatter)
def _scatter(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """Into flat arrays, since index arrays behind a slice would put their axes elsewhere."""
    (g,), key, shape = operands, settings["key"], tuple(settings["shape"])
    size, all_shapes = math.prod(shape), (level.size, *shape)
    if holds(key, level):
        _no_mask(key, op)
        places = _picked_places(key, shape, level)
        if places is None:
            return each(op, operands, settings, level)
        examples = np.arange(level.size).reshape((level.size, *(1,) * (places.ndim - 1)))
        full = _full(g, places.shape[1:], level)
        return op(full, key=(examples, places), shape=(level.size, size)).reshape(all_shapes)
    if indexing.is_basic(key):
        target = np.broadcast_to(0, shape)[key].shape
        return op(_full(g, target, level), key=_behind(key), shape=all_shapes)
    places = _flat_places(key, shape)
    full = _full(g, places.shape, level)
    return op(full, key=_in_each(places, level), shape=(level.size, size)).reshape(all_shapes)


@rule(indexing.setitem)
def _setitem(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    (a, value), key = operands, settings["key"]
    if holds(key, level):
        raise errors.BatchError(errors.BATCH_ASSIGN)
    shape = np.shape(a)
    places = _flat_places(key, shape)
    array, new = _full(a, shape, level), _value(value, np.ndim(places), level)
    if indexing.is_basic(key):
        return op(array, new, key=_behind(key))
    flat = array.reshape((level.size, math.prod(shape)))
    return op(flat, new, key=(slice(None), places)).reshape((level.size, *shape))


def _value(value: Any, ndim: int, level: Level) -> Any:
    """Return what is assigned to `ndim` axes; axes of length 1 in front of those an assignment does not see."""
    shape = np.shape(value)
    extra = len(shape) - ndim
    return aligned(value if extra <= 0 else value.reshape(shape[extra:]), ndim, level)


@_of_one(sparse.product)
def _sparse_product(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    return np.moveaxis(op(np.moveaxis(a, 0, -1), **settings), -1, 0)


# ----- windows -----


@rule(*pooling.PRIMITIVES)
def _windows(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """Over the last axes of whatever is in front."""
    return op(*[_full(x, np.shape(x), level) for x in operands], **settings)


@rule(*convolution.PRIMITIVES)
def _convolution(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """More images where all examples have the same weight; else more groups, so that each has its own."""
    of_weight = op is convolution.convolution_weight
    if not (of_weight or holds(operands[1], level)):
        images = _full(operands[0], np.shape(operands[0]), level)
        count = images.shape[1]
        y = op(images.reshape((level.size * count, *images.shape[2:])), operands[1], **settings)
        return y.reshape((level.size, count, *y.shape[1:]))
    first, second = [_full(x, np.shape(x), level) for x in operands]
    second = _joined(np.moveaxis(second, 0, 1), 1) if of_weight else _joined(second, 0)
    first = _joined(np.moveaxis(first, 0, 1), 1)
    y = op(first, second, **{**settings, "groups": settings["groups"] * level.size})
    axis = 0 if of_weight else 1
    apart = y.reshape((*y.shape[:axis], level.size, y.shape[axis] // level.size, *y.shape[axis + 1 :]))
    return np.moveaxis(apart, axis, 0)


def _joined(x: Array, axis: int) -> Array:
    """Return two neighbouring axes as one."""
    return x.reshape((*x.shape[:axis], x.shape[axis] * x.shape[axis + 1], *x.shape[axis + 2 :]))


# ----- our own definitions -----


@rule(
    products.affine, neural.half_squared_error, neural.mean_squared_error, neural.nll_loss, recurrent.lstm,
    convolution.conv, convolution.conv_transpose, normalization.normalized, passing.passed,
)  # fmt: skip
def by_definition(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Any:
    """Carry out our own definition as it is."""
    result = op.fn(*operands, **settings)
    if isinstance(result, tuple):
        return sequence_like(result, [_full(part, np.shape(part), level) for part in result])
    return _full(result, np.shape(result), level)


_MOVERS = (indexing.__name__, shaping.__name__)
MOVING.update(fn for fn, handler in entered() if isinstance(handler, Composite) and handler.fn.__module__ in _MOVERS)
MOVING.update((np.clip, np.sign))
