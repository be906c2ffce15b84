"""How each form of operation is carried out for all examples of a batch at once.

==============  ============================================================================
elementwise     axes are aligned, so that broadcasting does what it does for one example
linear          the operation itself, one axis further: every setting that counts axes moves by one
products        the batch is one more axis that both have, as `matmul` and `einsum` know it
indexing        the index, behind a full slice; with index arrays one gather of flat places
definitions     our own functions that are written with NumPy's: they run on the batch as they are
stacks          a function that takes a stack of matrices, as its `signature` says, takes the batch as one
all else        `batched.each`: one example after the other
==============  ============================================================================
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Axis, Shape
from autograd_lite.engine.definitions import Composite
from autograd_lite.engine.op import REGISTRY, Op, Settings
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules import (
    constant,
    elementwise,
    indexing,
    neural,
    products,
    recurrent,
    reductions,
    shaping,
    sparse,
)  # fmt: skip
from autograd_lite.transforms.batches.array import FORMS, MOVING, RULES, Batched, Level, each, holds
from autograd_lite.tree import alike


def rule(*ops: Any) -> Callable[[Any], Any]:
    """Enter a rule for each of `ops`; a decorator."""

    def enter(fn: Any) -> Any:
        RULES.update(dict.fromkeys(ops, fn))
        return fn

    return enter


def _of_one(*ops: Any) -> Callable[[Any], Any]:
    """Enter ``rule(op, array, shape, settings)`` for operations of one operand, whose example has `shape`."""

    def enter(fn: Any) -> Any:
        def batched(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
            (x,) = operands
            if not x.ndim and settings.get("axis") is not None:  # a number takes some axes, as a row of one would
                return each(op, operands, settings, level)
            return fn(op, x._array, x.shape, settings)

        RULES.update(dict.fromkeys(ops, batched))
        return fn

    return enter


# ----- elementwise -----


def aligned(x: Any, ndim: int, level: Level) -> Any:
    """Return an operand so that the batch comes first and broadcasting pairs the axes of examples of `ndim` axes."""
    if not (isinstance(x, Batched) and x._level is level):
        return x
    missing = ndim - x.ndim
    return x._array.reshape((level.size, *(1,) * missing, *x.shape)) if missing else x._array


def _elementwise(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    if holds(tuple(settings.values()), level):
        return each(op, operands, settings, level)
    ndim = max([np.ndim(x) for x in operands if x is not None])
    return op(*[aligned(x, ndim, level) for x in operands], **settings)


_POINTWISE = {*constant.COMPARISONS, *constant.STEPS, *constant.INTEGERS} - {np.all, np.any}
FORMS["elementwise"] = _elementwise
rule(
    *[REGISTRY[fn] for fn in _POINTWISE],
    elementwise.relu, elementwise.select, shaping.copy, shaping.astype,
)(_elementwise)  # fmt: skip

# ----- reductions -----


def _axes(axis: Axis, ndim: int) -> Axis:
    """Return the axes of an example as axes of the batch; all of them for None."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    return tuple([_axis(i, ndim) for i in axis]) if isinstance(axis, (tuple, list)) else _axis(axis, ndim)


def _axis(axis: Any, ndim: int) -> int:
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return int(axis) % ndim + 1


@_of_one(
    *[REGISTRY[fn] for fn in (np.sum, np.mean, np.prod, np.max, np.min, np.amax, np.amin)],
    reductions.euclidean_norm, reductions.power_norm, reductions.logsumexp,
)  # fmt: skip
def _reduction(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    return op(a, **{**settings, "axis": _axes(settings.get("axis"), len(shape))})


@_of_one(reductions.softmax, reductions.log_softmax, reductions.cumulative_sum)
def _along_axis(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    return op(a, **{**settings, "axis": _axes(settings.get("axis", -1), len(shape))})


@_of_one(reductions.spread)
def _spread(op: Op, g: Array, shape: Shape, settings: Settings) -> Array:
    full, axis = settings["shape"], settings.get("axis")
    if not shape and full:  # one number for all, whatever the axes
        g = g.reshape((g.shape[0], *(1,) * len(full)))
        return np.broadcast_to(g, (g.shape[0], *full))
    return op(g, **{**settings, "shape": (g.shape[0], *full), "axis": _axes(axis, len(full))})


def _reduced_constant(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """Questions about an axis, which may be given by place: whether all, where the largest, in which order."""
    x, *rest = operands
    given = dict(zip(("axis",), rest, strict=False)) | dict(settings)
    if len(rest) > 1 or not (isinstance(x, Batched) and x._level is level) or holds(tuple(given.values()), level):
        return each(op, operands, settings, level)
    axis = given.get("axis", -1 if op is REGISTRY[np.argsort] else None)
    array, ndim = x._array, x.ndim
    if axis is not None and not ndim:
        return each(op, operands, settings, level)
    if axis is None and op in _FLATTENED:
        if given.get("keepdims"):
            return each(op, operands, settings, level)
        array, axis, ndim = array.reshape((level.size, x.size)), 0, 1
    elif axis is None:
        return op(array, **{**given, "axis": _axes(None, ndim)})
    return op(array, **{**given, "axis": _axes(axis, ndim)})


_FLATTENED = frozenset(REGISTRY[fn] for fn in (np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort))
rule(*_FLATTENED, *[REGISTRY[fn] for fn in (np.all, np.any, np.count_nonzero)])(_reduced_constant)


@rule(*[REGISTRY[fn] for fn in constant.FRESH])
def _fresh(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """NOTE: the same for every example, and so in truth no batch; but a batch it was asked to be like."""
    (x, *rest) = operands
    shape = settings.get("shape")
    shape = x.shape if shape is None else tuple(np.ravel(shape).tolist())
    like = np.broadcast_to(np.zeros((), x.dtype), shape)
    made = op(like, *rest, **{name: value for name, value in settings.items() if name != "shape"})
    return np.broadcast_to(made, (level.size, *shape))


# ----- shapes -----


@_of_one(shaping.reshaped)
def _reshaped(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    return op(a, shape=(a.shape[0], *_resolved(settings["shape"], shape)))


@_of_one(shaping.raveled)
def _raveled(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    return a.reshape((a.shape[0], math.prod(shape)))


def _resolved(wanted: Any, shape: Shape) -> Shape:
    """Return the new shape of an example, with its -1 worked out: for no examples NumPy could not tell."""
    sizes = tuple(np.ravel(wanted).tolist())
    known, size = math.prod(n for n in sizes if n != -1), math.prod(shape)
    rest = size // known if known else 0
    full = tuple(rest if n == -1 else n for n in sizes)
    if sizes.count(-1) > 1 or math.prod(full) != size:
        raise errors.ShapeError(errors.BATCH_RESHAPE.format(given=shape, shape=sizes))
    return full


@_of_one(REGISTRY[np.transpose])
def _transposed(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    axes = settings.get("axes")
    axes = range(len(shape))[::-1] if axes is None else axes
    return op(a, axes=(0, *[_axis(i, len(shape)) for i in axes]))


@_of_one(REGISTRY[np.broadcast_to])
def _broadcast(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    wanted = tuple(np.ravel(settings["shape"]).tolist())
    spaced = a.reshape((a.shape[0], *(1,) * (len(wanted) - len(shape)), *shape))
    return op(spaced, shape=(a.shape[0], *wanted))


@_of_one(indexing.diagonals)
def _diagonals(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    return op(a, **settings)


@_of_one(indexing.windows)
def _windows(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    return op(a, lengths=settings["lengths"], axes=tuple([i + 1 for i in settings["axes"]]))


@_of_one(REGISTRY[np.roll])
def _rolled(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    axis = settings.get("axis")
    if axis is not None:
        return op(a, **{**settings, "axis": _axes(axis, len(shape))})
    flat = a.reshape((a.shape[0], math.prod(shape)))
    return op(flat, **{**settings, "axis": 1}).reshape(a.shape)


@_of_one(shaping.padded)
def _padded(op: Op, a: Array, shape: Shape, settings: Settings) -> Array:
    return op(a, widths=((0, 0), *settings["widths"]))


@rule(REGISTRY[np.tril], REGISTRY[np.triu])
def _triangle(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """The last two axes, wherever the first is; a vector makes a matrix."""
    (m,) = operands
    return op(m._array, **settings) if m.ndim > 1 else each(op, operands, settings, level)


@rule(shaping.joined)
def _joined(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    arrays = [_full(x, np.shape(x), level) for x in operands]
    axis = _axis(settings.get("axis", 0), arrays[0].ndim - 1)
    return op(*arrays, **{**settings, "axis": axis})


def _full(x: Any, shape: Shape, level: Level) -> Array:
    """Return an operand for all examples, each of `shape`."""
    array = aligned(x, len(shape), level)
    return np.broadcast_to(array, (level.size, *shape))


# ----- products -----


@rule(REGISTRY[np.matmul])
def _matmul(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """A vector is a matrix of one row, or one column, for the time of the product."""
    x1, x2 = operands
    n1, n2 = np.ndim(x1), np.ndim(x2)
    if not (n1 and n2):
        return each(op, operands, settings, level)  # which refuses in NumPy's words
    ndim = max(n1, n2, 2)
    left = x1[None, :] if n1 == 1 else x1
    right = x2[:, None] if n2 == 1 else x2
    y = op(aligned(left, ndim, level), aligned(right, ndim, level))
    y = y[..., 0, :] if n1 == 1 else y
    return y[..., 0] if n2 == 1 else y


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


def _basic(key: Any) -> bool:
    """Tell whether an index has no arrays, so that it can stand behind a full slice as it is."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(k is None or k is Ellipsis or isinstance(k, slice) or _is_number(k) for k in parts)


def _is_number(k: Any) -> bool:
    return isinstance(k, (int, np.integer)) and not isinstance(k, (bool, np.bool_))


def _kind(k: Any) -> str | None:
    """Return the kind of number in a part of an index that is an array."""
    return getattr(getattr(k, "dtype", None), "kind", None)


def _behind(key: Any) -> tuple[Any, ...]:
    return (slice(None), *(key if isinstance(key, tuple) else (key,)))


def _flat_places(key: Any, shape: Shape) -> Array:
    """Return where the elements that an index reads stand in the flat array; a batch for that of an outer batch."""
    return indexing.getitem(np.arange(math.prod(shape)).reshape(shape), key=key)


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
    if _basic(key):
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
    if _basic(key):
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
    if _basic(key):
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


# ----- our own definitions -----


@rule(products.affine, neural.half_squared_error, neural.mean_squared_error, recurrent.lstm)
def _by_definition(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Any:
    result = op.fn(*operands, **settings)
    if isinstance(result, tuple):
        return alike(result, [_full(part, np.shape(part), level) for part in result])
    return _full(result, np.shape(result), level)


# ----- stacks -----


@cache
def _core(signature: str) -> tuple[int, ...]:
    """Return how many axes of each operand one call is about, as ``(n,n),(n,k)->(n,k)`` says it."""
    return tuple([len(re.findall(r"\w+", axes)) for axes in re.findall(r"\((.*?)\)", signature.partition("->")[0])])


def _on_stacks(op: Any, operands: Sequence[Any], settings: Settings, level: Level) -> Any:
    """What a function does for each of a stack it does for each example; others are called one by one."""
    if not op.core or holds(tuple(settings.values()), level):
        return each(op, operands, settings, level)
    core = _core(op.core)
    around = max([np.ndim(x) - n for x, n in zip(operands, core, strict=True)])
    if around < 0:  # which NumPy refuses in its words
        return each(op, operands, settings, level)
    return op(*[aligned(x, around + n, level) for x, n in zip(operands, core, strict=True)], **settings)


FORMS["several"] = _on_stacks


MOVING.update(
    fn for fn, handler in REGISTRY.items()
    if isinstance(handler, Composite) and handler.fn.__module__ in (indexing.__name__, shaping.__name__)
)  # fmt: skip
