"""Convolutions of a kernel: their arrays, with the batch innermost, and with zeros around what is convolved."""

from __future__ import annotations

from typing import Any

from autograd_lite.base.shapes import Shape
from autograd_lite.compiler.native.calls import CONVOLUTIONS
from autograd_lite.compiler.native.loops import Buffer, Convolution, View
from autograd_lite.compiler.native.orders import batch_last, strides
from autograd_lite.compiler.native.places import Places
from autograd_lite.compiler.native.values import Memory, Splat, size
from autograd_lite.compiler.program.program import Instruction, Ref
from autograd_lite.rules import windows

Margins = tuple[tuple[int, ...], ...]
"""What stands before and behind each axis of windows."""


class Convolving(Places):
    """What of a kernel's lowering is about convolutions."""

    def __init__(self, *given: Any) -> None:
        self._reordered: dict[int, View] = {}
        self._surrounded: dict[tuple[int, Margins], View] = {}
        super().__init__(*given)

    def _convolved(self, x: Instruction) -> Memory:
        stride, padding, dilation, groups = x.args[-4:]
        margins: Margins = tuple(map(tuple, windows.pairs(padding)))
        wanted, (first, second) = CONVOLUTIONS[x.fn], x.args[:2]
        to = self._room_for(x, wanted)
        low = tuple([before if wanted == "x" else 0 for before, _ in margins])
        images = _last(to) if wanted == "x" else self._with_margins(first, margins)
        weight = to if wanted == "w" else self._in_memory(self.value(second)).view
        result = _last(to) if wanted == "y" else self._images(first if wanted == "x" else second)
        views = (_grouped(images, groups), _grouped(weight, groups), _grouped(result, groups))
        self.nodes.append(Convolution(*views, stride, dilation, low, wanted))
        return Memory(to, len(self.nodes) - 1)

    def _room_for(self, x: Instruction, wanted: str) -> View:
        """Return memory for the result; for images, with the batch innermost, whatever order it leaves in."""
        shape, dtype = self.types[x.id].shape, self._dtype(x.id)
        if wanted == "w" or self._orders.get(x.id) == batch_last(len(shape)):
            return self._room(x.id, shape, dtype)
        return self._new_images(shape, dtype)

    def _new_images(self, shape: Shape, dtype: Any) -> View:
        return View(Buffer(self.new(), dtype, size(shape)), 0, strides(shape, batch_last(len(shape))), shape)

    def _images(self, operand: Ref) -> View:
        """Return images with the batch as their last axis, which lies innermost."""
        value = self.value(operand)
        view = self._in_memory(value).view
        if view.strides[0] == 1:
            return _last(view)
        if operand.id not in self._reordered:
            self._reordered[operand.id] = self._new_images(value.shape, value.dtype)
            self._put(value, self._reordered[operand.id])
        return _last(self._reordered[operand.id])

    def _with_margins(self, operand: Ref, margins: Margins) -> View:
        """Return images with zeros around them, the same for all convolutions of them."""
        if not any(map(any, margins)):
            return self._images(operand)
        key = (operand.id, margins)
        if key not in self._surrounded:
            self._surrounded[key] = self._in_zeros(operand, margins)
        return self._surrounded[key]

    def _in_zeros(self, operand: Ref, margins: Margins) -> View:
        value = self.value(operand)
        batch, channels, *sizes = value.shape
        full = [low + n + high for n, (low, high) in zip(sizes, margins, strict=True)]
        room = self._new_images((batch, channels, *full), value.dtype)
        filled = self._put(Splat(0, room.shape, value.dtype), room)
        offset = sum(low * step for (low, _), step in zip(margins, room.strides[2:], strict=True))
        self._put(value, View(room.buffer, offset, room.strides, value.shape), filled + 1)
        return _last(room)


def _last(view: View) -> View:
    """Return images with the batch as the last axis."""
    return View(view.buffer, view.offset, (*view.strides[1:], view.strides[0]), (*view.shape[1:], view.shape[0]))


def _grouped(view: View, groups: int) -> View:
    """Return an array with its first axis divided into groups."""
    each = view.shape[0] // groups
    steps = (each * view.strides[0], *view.strides)
    return View(view.buffer, view.offset, steps, (groups, each, *view.shape[1:]))
