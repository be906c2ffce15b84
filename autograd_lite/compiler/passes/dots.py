"""Sums of small arrays as products with ones, or of what was multiplied: BLAS takes a third of the time.

Only the order of additions is another one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.passes.views import turned
from autograd_lite.compiler.program.program import Constant, Instruction, Program, Ref, Type

LONGEST = 4096
"""So many numbers are added up at most: over more of them, the order of NumPy's own sum is the more accurate one."""
LARGEST = 65536
_EXACT = (np.dtype(np.float32), np.dtype(np.float64))  # half precision is added up in single
_MATRIX = 2


def dots(program: Program) -> Program:
    """Return the program with sums of small matrices, rows and columns by ``dot`` and ``vdot``."""
    if not any(x.fn is np.sum for x in program.instructions):
        return program
    work = _Dotting(program)
    result = work.walk.run(work.shorter)
    return result.having(constants=(*program.constants, *work.ones.values()))


class _Dotting:
    def __init__(self, program: Program) -> None:
        self.walk = Rewriting(program)
        self.ones: dict[Any, Constant] = {}
        self.uses = program.uses()

    def shorter(self, walk: Rewriting, x: Instruction) -> Instruction | Ref:
        if x.fn is not np.sum or len(x.args) > 2 or not {name for name, _ in x.kwargs} <= {"axis", "keepdims"}:  # noqa: PLR2004
            return x
        kind, result = self._kind(x.args[0]), walk.types[x.id]
        size, left = math.prod(kind.shape), math.prod(result.shape)
        if kind.kind != "array" or kind.dtype not in _EXACT or result.dtype != kind.dtype or not size or not left:
            return x
        if size == 1 or size > LARGEST or size // left > LONGEST:  # NOTE: a product of one number may be -0.0
            return x
        settings = dict(x.kwargs)
        axis = x.args[1] if len(x.args) > 1 else settings.get("axis")
        if result.kind == "scalar" and kind.shape:
            return self._whole(x, kind)
        return self._line(x, kind, axis, bool(settings.get("keepdims")))

    def _kind(self, value: Any) -> Type:
        return self.walk.types[value.id] if value.__class__ is Ref else Type(kind="number")

    def _whole(self, x: Instruction, kind: Type) -> Instruction:
        """A sum over everything is the product with ones, or that of two factors."""
        factors = self._factors(x.args[0])
        if factors is not None:
            return replace(x, fn=np.vdot, args=factors, kwargs=())
        negated = self.walk.source(x.args[0], np.negative)
        value, one = (x.args[0], 1.0) if negated is None else (negated.args[0], -1.0)
        ones = self._ones(kind.shape, kind.dtype, one)
        return replace(x, fn=np.dot if len(kind.shape) == 1 else np.vdot, args=(value, ones), kwargs=())

    def _factors(self, value: Any) -> tuple[Any, ...] | None:
        """Return what was multiplied only to be added up."""
        product, square = self.walk.source(value, np.multiply), self.walk.source(value, np.square)
        found = product or square
        if found is None or self.uses.get(found.id) != 1 or found.kwargs:
            return None
        factors = found.args if square is None else found.args * 2
        return factors if all(self.walk.same_type(f, found) and self._is_array(f) for f in factors) else None

    def _is_array(self, value: Ref) -> bool:
        return self.walk.types[value.id].kind == "array"

    def _line(self, x: Instruction, kind: Type, axis: Any, keepdims: bool) -> Instruction:
        """A sum along an axis of a matrix is the product with a row or a column of ones."""
        if len(kind.shape) != _MATRIX or not isinstance(axis, (int, tuple)) or isinstance(axis, bool):
            return x
        axes = {i % _MATRIX for i in (axis if isinstance(axis, tuple) else (axis,))}
        if len(axes) != 1:
            return x
        rows, columns = kind.shape
        if axes == {0}:
            return self._dot(x, self._ones((1, rows) if keepdims else (rows,), kind.dtype), x.args[0])
        factors = self._factors(x.args[0]) if rows == 1 < columns and keepdims else None
        if factors is not None:
            return self._dot(x, factors[0], turned(self.walk, x, factors[1]))
        return self._dot(x, x.args[0], self._ones((columns, 1) if keepdims else (columns,), kind.dtype))

    def _dot(self, x: Instruction, a: Any, b: Any) -> Instruction:
        return replace(x, fn=np.dot, args=(a, b), kwargs=())

    def _ones(self, shape: tuple[int, ...], dtype: Any, one: float = 1.0) -> Ref:
        key = (shape, dtype, one)
        if key not in self.ones:
            self.ones[key] = Constant(self.walk.new(Type(shape, dtype)), np.full(shape, one, dtype), private=True)
        return Ref(self.ones[key].id)
