"""Where a value is while a kernel is made: in a variable, in memory, or nowhere, being one number; and views of it."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd_lite.base.shapes import Shape
from autograd_lite.compiler.native.calls import as_tuple
from autograd_lite.compiler.native.loops import Product, View
from autograd_lite.compiler.program.program import Instruction


@dataclass(frozen=True, slots=True)
class Point:
    """A value that is a variable of a nest."""

    nest: int
    variable: int
    shape: Shape
    dtype: Any


@dataclass(frozen=True, slots=True)
class Memory:
    """A value in memory, complete after a node."""

    view: View
    node: int

    @property
    def shape(self) -> Shape:
        return self.view.shape

    @property
    def dtype(self) -> Any:
        return self.view.buffer.dtype


@dataclass(frozen=True, slots=True)
class Splat:
    """A value that is the same number everywhere."""

    value: Any
    shape: Shape
    dtype: Any


Value = Point | Memory | Splat


def squeezed(shape: Iterable[int]) -> Shape:
    return tuple([n for n in shape if n != 1])


def contiguous(shape: Shape) -> tuple[int, ...]:
    """Return the strides of an array in C order, in elements."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


def size(shape: Shape) -> int:
    return int(np.prod(shape, dtype=np.int64))


def broadcast(strides: tuple[int, ...], shape: Shape, to: Shape) -> tuple[int, ...]:
    """Return the strides by which an array is repeated over a larger shape."""
    missing = (0,) * (len(to) - len(shape))
    return (*missing, *[0 if n == 1 != m else s for s, n, m in zip(strides, shape, to[len(missing) :], strict=True)])


def narrow(view: View) -> View:
    """Return a view without the axes of length one, as nests have them."""
    kept = [k for k, n in enumerate(view.shape) if n != 1]
    return View(view.buffer, view.offset, tuple([view.strides[k] for k in kept]), squeezed(view.shape))


def aligned(view: View, shape: Shape) -> View:
    """Return a view for a nest over a shape: repeated, and without axes of length one."""
    if squeezed(view.shape) == squeezed(shape):
        return narrow(view)
    return narrow(View(view.buffer, view.offset, broadcast(view.strides, view.shape, shape), shape))


def as_row(view: View) -> View:
    """Return a vector as a matrix of one row, as the first operand of a product is; a matrix as it is."""
    return view if len(view.shape) > 1 else View(view.buffer, view.offset, (0, *view.strides), (1, *view.shape))


def as_column(view: View) -> View:
    """Return a vector as a matrix of one column, as the second operand of a product is; a matrix as it is."""
    return view if len(view.shape) > 1 else View(view.buffer, view.offset, (*view.strides, 1), (*view.shape, 1))


def stacked(a: View, b: View, room: View) -> Product:
    """Return the product of matrices, or of stacks of them: one that is missing, or the only one, is repeated."""
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    shape = (*stack, a.shape[-2], b.shape[-1])

    def along(view: View) -> View:
        strides = broadcast(view.strides[:-2], view.shape[:-2], stack)
        return View(view.buffer, view.offset, (*strides, *view.strides[-2:]), (*stack, *view.shape[-2:]))

    return Product(along(a), along(b), View(room.buffer, room.offset, contiguous(shape), shape))


def lengthened(value: Value, more: int) -> Value:
    """Return a value with more axes of length one at the end."""
    if isinstance(value, Memory):
        view = value.view
        longer = View(view.buffer, view.offset, (*view.strides, *[0] * more), (*view.shape, *[1] * more))
        return Memory(longer, value.node)
    return replace(value, shape=(*value.shape, *[1] * more))


def shortened(value: Value, ndim: int) -> Value:
    """Return a value without those axes of length one by which it has more than `ndim`."""
    more = len(value.shape) - ndim
    if more <= 0:
        return value
    if isinstance(value, Memory):
        view = value.view
        return Memory(View(view.buffer, view.offset, view.strides[more:], view.shape[more:]), value.node)
    return replace(value, shape=value.shape[more:])


def reshaped(view: View, shape: Shape) -> View:
    """Return a view in another shape, which differs in axes of length one."""
    if view.shape == shape:
        return view
    kept = iter([step for step, n in zip(view.strides, view.shape, strict=True) if n != 1])
    strides = tuple([0 if n == 1 else next(kept) for n in shape])
    return View(view.buffer, view.offset, strides, shape)


def seen(view: View, x: Instruction) -> View | None:
    """Return what a call that gives a view gives of one: NumPy is asked, with an array of the same strides.

    None if NumPy would copy.
    """
    whole = np.empty(view.buffer.size, np.int8)
    part = as_strided(whole[view.offset :], view.shape, view.strides)
    if x.fn is operator.getitem:  # NOTE: numbers alone give an element, and with "..." an array that shows it
        key = as_tuple(x.args[1])
        result = part[key if any(k is Ellipsis for k in key) else (*key, ...)]
    else:
        result = x.fn(part, *x.args[1:], **dict(x.kwargs))
    if not part.ndim and not np.ndim(result):  # of which NumPy may give the number
        return view
    if not np.may_share_memory(result, whole):
        return None
    offset = np.asarray(result).__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    return View(view.buffer, offset, result.strides, result.shape)
