"""No copies, and one view in the place of several.

In a program no value is ever changed, so a copy is as good as what it was made of.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program.program import Instruction, Program, Ref, Type

TURNED = (1, 0)  # the axes of a transpose of a matrix


def views(program: Program) -> Program:
    """Return the program without copies, casts to the same dtype, and views that show what they are taken of."""
    return Rewriting(program).run(_plainer)


def _plainer(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    rule = _RULES.get(x.fn)
    if rule is not None and not x.kwargs and isinstance(x.args[0], Ref):
        return rule(walk, x)  # type: ignore[no-any-return]
    return _without_broadcast(walk, x) if isinstance(x.fn, np.ufunc) and x.fn.signature is None else x


def _same(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    source = walk.types[x.args[0].id]
    kept = walk.same_type(x.args[0], x) and source.kind == walk.types[x.id].kind
    return x.args[0] if kept else x


def _reshape(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    inner = walk.source(x.args[0], np.reshape)
    if inner is not None and not inner.kwargs:
        x = replace(x, args=(inner.args[0], walk.types[x.id].shape))
    return _same(walk, x)


def _shaped(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    """What only changes the shape is a reshape."""
    return _reshape(walk, replace(x, fn=np.reshape, args=(x.args[0], walk.types[x.id].shape)))


def _swapaxes(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    """The axes of a matrix exchanged are its transpose."""
    ndim = len(walk.types[x.args[0].id].shape)
    axes = list(range(ndim))
    first, second = x.args[1:]
    axes[first], axes[second] = axes[second], axes[first]
    return _transpose(walk, replace(x, fn=np.transpose, args=(x.args[0], tuple(axes))))


def _transpose(walk: Rewriting, x: Instruction) -> Instruction | Ref:
    axes = axes_of_transpose(walk, x)
    inner = walk.source(x.args[0], np.transpose)
    if inner is not None and not inner.kwargs:
        before = axes_of_transpose(walk, inner)
        axes = tuple([before[i] for i in axes])
        x = replace(x, args=(inner.args[0], axes))
    return _same(walk, x) if axes == tuple(range(len(axes))) else x


def axes_of_transpose(walk: Rewriting, x: Instruction) -> tuple[int, ...]:
    """Return which axis of the operand each axis of the result is."""
    ndim = len(walk.types[x.args[0].id].shape)
    given = x.args[1] if len(x.args) > 1 else None
    return tuple(range(ndim))[::-1] if given is None else tuple([i % ndim for i in given])


def turned(walk: Rewriting, x: Instruction, value: Ref) -> Ref:
    """Return the transpose of a matrix, for `x`: what that is the transpose of, or a new view."""
    known = walk.source(value, np.transpose)
    plain = known.args[0] if known is not None and not known.kwargs else None
    if known is not None and isinstance(plain, Ref) and axes_of_transpose(walk, known) == TURNED:
        return plain
    kind = walk.types[value.id]
    number = walk.new(Type(kind.shape[::-1], kind.dtype))
    walk.add(replace(x, id=number, fn=np.transpose, args=(value,), kwargs=()))
    return Ref(number)


def _without_broadcast(walk: Rewriting, x: Instruction) -> Instruction:
    """Repeat an operand along an axis only where no other operand is as long."""
    for i, value in enumerate(x.args):
        wide = walk.source(value, np.broadcast_to)
        if wide is None or wide.kwargs or not isinstance(wide.args[0], Ref):
            continue
        args = (*x.args[:i], wide.args[0], *x.args[i + 1 :])
        if _shape(walk, args) == walk.types[x.id].shape:
            return replace(x, args=args)
    return x


def _shape(walk: Rewriting, args: tuple[Any, ...]) -> tuple[int, ...]:
    return np.broadcast_shapes(*(walk.types[a.id].shape for a in args if isinstance(a, Ref)))


_RULES: dict[Any, Any] = {
    np.copy: _same, np.astype: _same, np.positive: _same, np.broadcast_to: _same, np.reshape: _reshape,
    np.transpose: _transpose, np.swapaxes: _swapaxes, np.expand_dims: _shaped, np.squeeze: _shaped, np.ravel: _shaped,
}  # fmt: skip
