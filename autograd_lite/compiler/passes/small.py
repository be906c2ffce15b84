"""For small arrays, where a call costs more than its arithmetic: cheaper calls of the same value.

NumPy takes half as long again to multiply ten numbers by a number of Python as by an array of no dimension, and
``a @ b`` twice as long as ``a.dot(b)``. The products may differ in the last bit, as those of two versions of BLAS do.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.compiler.passes.common import Rewriting
from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.program import Constant, Instruction, Program, Ref, Type

LARGEST = 65536
"""In elements: for a larger array the text is left as it is."""
_NARROW = 256
"""In elements: NumPy copies signs one by one."""
_MANY, _SHORT = 16, 64
"""So many rows at least, of so many numbers at most."""
_SEVERAL = 2


def small_arrays(program: Program) -> Program:
    """Return the program with numbers as arrays of no dimension, and products of small matrices by ``dot``."""
    work = _Shortening(program)
    result = work.walk.run(work.cheaper)
    return result.having(constants=(*program.constants, *work.constants.values())) if work.constants else result


class _Shortening:
    def __init__(self, program: Program) -> None:
        self.walk = Rewriting(program)
        self.constants: dict[Any, Constant] = {}
        self.arrays: dict[Any, Ref] = {}
        self.uses = program.uses()

    def cheaper(self, walk: Rewriting, x: Instruction) -> Instruction | Ref:
        kind = walk.types[x.id]
        if x.fn is np.max:
            return self._maximum(x, kind)
        if kind.kind != "array" or math.prod(kind.shape) > LARGEST or not isinstance(x.fn, np.ufunc) or x.kwargs:
            return x
        if x.fn is np.negative and math.prod(kind.shape) <= _NARROW:
            return self._negative(x, kind)
        if x.fn is np.bitwise_and:
            return self._between(x)
        if x.fn is np.matmul:
            return replace(x, fn=np.dot) if all(map(self._matrix, x.args)) else x
        if not facts.of(x.fn).beside or not kind.shape:
            return x
        dtype = self._dtype(x, kind)
        args = x.args if dtype is None else tuple([self._array(value, dtype, x) for value in x.args])
        if math.prod(kind.shape) <= _NARROW and any(self._shape(a) == kind.shape for a in args):
            args = tuple([self._fitted(value, kind, x) for value in args])
        return x if args == x.args else replace(x, args=args)

    def _shape(self, value: Any) -> Any:
        kind = self.walk.types[value.id] if isinstance(value, Ref) else Type(kind="number")
        return kind.shape if kind.kind == "array" else None

    def _fitted(self, value: Any, kind: Type, x: Instruction) -> Any:
        """Return an operand in the result's shape, or in none: where nothing is repeated, it takes half the time."""
        shape = self._shape(value)
        size = None if shape is None else math.prod(shape)
        if not shape or shape == kind.shape or size not in {1, math.prod(kind.shape)}:
            return value
        wanted: tuple[int, ...] = () if size == 1 else kind.shape
        key = (value.id, wanted)
        if key not in self.arrays:
            self.arrays[key] = self._added(x, np.reshape, wanted, value, wanted, dtype=self.walk.types[value.id].dtype)
        return self.arrays[key]

    def _maximum(self, x: Instruction, kind: Type) -> Instruction:
        """The maxima of many short rows are found side by side, for which the rows are made columns."""
        value = self.walk.types[x.args[0].id] if isinstance(x.args[0], Ref) else Type()
        settings = {**dict(x.kwargs), **dict(zip(("axis",), x.args[1:], strict=False))}
        if len(value.shape) != 2 or settings not in ({"axis": i, "keepdims": True} for i in (1, -1)):  # noqa: PLR2004
            return x
        rows, columns = value.shape
        if not (rows >= _MANY and 1 < columns <= min(rows, _SHORT)) or rows * columns > LARGEST:
            return x
        turned = self._added(x, np.transpose, (columns, rows), x.args[0])
        copied = self._added(x, np.copy, (columns, rows), turned)
        return replace(x, fn=np.reshape, args=(self._added(x, np.max, (rows,), copied, 0), kind.shape), kwargs=())

    def _added(self, x: Instruction, fn: Any, shape: tuple[int, ...], *args: Any, dtype: Any = None) -> Ref:
        number = self.walk.new(Type(shape, dtype or self.walk.types[x.id].dtype))
        self.walk.add(replace(x, id=number, fn=fn, args=args, kwargs=()))
        return Ref(number)

    def _between(self, x: Instruction) -> Instruction:
        """``(k >= 0) & (k < n)``, for whole numbers, is one comparison of such without a sign."""
        above, below = (self.walk.source(x.args[i], fn) for i, fn in enumerate((np.greater_equal, np.less)))
        if above is None or below is None or above.args[0] != below.args[0] or above.args[1] != 0:
            return x
        value, limit = below.args
        once = self.uses.get(above.id) == self.uses.get(below.id) == 1
        if not once or not isinstance(value, Ref) or type(limit) is not int or limit < 0:
            return x
        kind = self.walk.types[value.id]
        if kind.kind != "array" or kind.dtype != np.int64:
            return x
        whole = self._added(x, np.astype, kind.shape, value, np.dtype(np.uint64), dtype=np.dtype(np.uint64))
        return replace(x, fn=np.less, args=(whole, self._constant(limit, np.dtype(np.uint64))))

    def _negative(self, x: Instruction, kind: Type) -> Instruction:
        """``-abs(a)`` is `a` with a minus."""
        size = self.walk.source(x.args[0], np.absolute)
        if size is None or size.kwargs or self.uses.get(size.id) != 1 or not self.walk.same_type(size.args[0], x):
            return x
        if kind.dtype.kind != "f":
            return x
        return replace(x, fn=np.copysign, args=(size.args[0], self._constant(-1.0, kind.dtype)))

    def _matrix(self, value: Any) -> bool:
        kind = self.walk.types[value.id] if isinstance(value, Ref) else Type()
        # NOTE: with a single number NumPy's dot scales, and leaves out to do so by zero: no NaN comes of 0 * NaN.
        return len(kind.shape) == 2 and kind.dtype.kind == "f" and 1 < math.prod(kind.shape) <= LARGEST  # noqa: PLR2004

    def _dtype(self, x: Instruction, kind: Type) -> Any:
        """Return the dtype that a number has to have beside the array in the call; None where that is not plain."""
        kinds = [self.walk.types[value.id] for value in x.args if isinstance(value, Ref)]
        arrays = [k for k in kinds if k.kind == "array"]
        if len(arrays) != 1 or arrays[0].dtype.kind != "f" or kind.dtype not in (arrays[0].dtype, np.dtype(bool)):
            return None
        return arrays[0].dtype

    def _array(self, value: Any, dtype: Any, x: Instruction) -> Any:
        """Return an operand, a number among them as an array."""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._constant(value, dtype)
        known = self.walk.constants.get(value.id) if isinstance(value, Ref) else None
        if isinstance(known, np.generic) and known.dtype == dtype:
            return self._constant(known.item(), dtype)
        if isinstance(value, Ref) and self.walk.types[value.id].kind == "float" and self.uses[value.id] >= _SEVERAL:
            return self._converted(value, dtype, x)
        return value

    def _constant(self, value: float, dtype: Any) -> Ref:
        key = (repr(value), dtype)
        if key not in self.constants:
            with np.errstate(all="ignore"):
                array = np.array(value).astype(dtype)
            self.constants[key] = Constant(self.walk.new(Type((), dtype)), array, private=True)
        return Ref(self.constants[key].id)

    def _converted(self, value: Ref, dtype: Any, x: Instruction) -> Ref:
        key = (value.id, dtype)
        if key not in self.arrays:
            number = self.walk.new(Type((), dtype))
            self.walk.add(Instruction(number, np.array, (value, dtype), (), x.origin, x.quiet))
            self.arrays[key] = Ref(number)
        return self.arrays[key]
