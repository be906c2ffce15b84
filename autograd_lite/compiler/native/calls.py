"""Which calls of a program native code can do, and how each is to be read."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_lite.base import blas
from autograd_lite.compiler.native.c_products import VECTOR
from autograd_lite.compiler.native.pieces import KERNELS
from autograd_lite.compiler.native.scalars import (
    FLOATS_ONLY,
    FOR_TRUTH,
    INVERTED,
    ROOT_OR_POWER,
    SAME,
    WHERE,
    WHOLE_ONLY,
    WITH_SIGN,
    Scalar,
    scalar_of,
)  # fmt: skip
from autograd_lite.compiler.program import facts, helpers
from autograd_lite.compiler.program.memory import NUMBERS, is_array, plain_key
from autograd_lite.compiler.program.program import Instruction, Ref, Type
from autograd_lite.rules import windows

FLOAT = np.dtype(float)
_FLOATS = frozenset((FLOAT, np.dtype("f4")))
JOINED = (np.concatenate, np.stack)
"""What puts arrays one after the other, along one of their axes or along a new one."""
CONVOLUTIONS: Mapping[Any, str] = MappingProxyType(
    {windows.convolved: "y", windows.convolved_input: "x", windows.convolved_weight: "w"}
)
"""Those of images, and which of input, weight and result each gives."""
_MATRIX = 2
_FEWEST_ROWS, _MOST_PACKED, _MOST_TILED = 32, 1 << 17, 64_000_000
"""Of products by loops: so many rows are worth it, so many bytes columns may have that are copied, and so many
multiplications take a millisecond, in which the lock of Python is held. Measured on AVX-512: they take 0.7 to 0.95 of
the time of OpenBLAS 0.3.31, with fewer rows or odd columns up to 1.4 of it."""
_HALF = 0.5
_POWERS = (np.power, np.float_power)
_SHORTER = {2: np.square, 1: np.positive, -1: np.reciprocal, _HALF: np.sqrt}
"""By the exponent: what a power is."""
with np.errstate(invalid="ignore"):
    _TAKES_ROOTS = {fn: bool(np.isnan(fn(np.full(2, -np.inf), _HALF)).all()) for fn in _POWERS}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a backend leaves to NumPy though it could do it.

    Attributes
    ----------
    product : int
        A product of matrices with more multiplications of float64 than so many, or twice as many of float32, of which
        a vector has twice as many: BLAS is faster.
    elements : float
        Functions for which NumPy has vector instructions, and the backend has none, of at least so many elements.
    length : int
        The length of all kernels of a program together: for more, its compiler takes too much time and memory.
    blas : (int, int)
        For a product of more multiplications than the first, counted as for `product`, and of as many as the second at
        most, kernels call BLAS themselves. For larger ones NumPy does, which gives up the lock of Python meanwhile.
    images : float
        Convolutions of so many images at least are done; of none where there are no vectors.
    """

    product: int
    elements: float = math.inf
    length: int = 50_000
    blas: tuple[int, int] = (0, 0)
    images: float = math.inf

    def exclude(self, x: Instruction, types: Mapping[int, Type]) -> bool:
        """Tell whether a call is left to NumPy."""
        if x.fn in CONVOLUTIONS:
            return types[x.args[0].id].shape[0] < self.images
        if facts.of(x.fn).product:
            large = _is_product(x, types) and _work(x, types) > self.product
            return large and not (is_scaling(x, types) or self.calls_blas(x, types) or self._has_tiles(x, types))
        return math.prod(types[x.id].shape) >= self.elements and _has_vectors(x, types)

    def calls_blas(self, x: Instruction, types: Mapping[int, Type]) -> bool:
        """Tell whether a kernel calls BLAS for a product: one of matrices, or of stacks of them."""
        least, most = self.blas
        if blas.products() is None or _work(x, types) <= least or _multiplications(x, types) > most:
            return False
        matrices = [types[i].shape for i in x.operands()]
        plain = all(len(shape) >= _MATRIX and 1 not in shape[-2:] for shape in matrices)
        return plain and not self._has_tiles(x, types)

    def _has_tiles(self, x: Instruction, types: Mapping[int, Type]) -> bool:
        """Tell whether loops over blocks of a matrix are faster than BLAS; BLAS with several threads, of large ones."""
        library = blas.at_first()
        most = _MOST_TILED if library.threads == 1 else self.blas[1]
        if not self.blas[1] or library.kernel not in KERNELS or not _is_product(x, types):
            return False
        a, b = (types[value.id] for value in x.args)
        if min(len(a.shape), len(b.shape)) < _MATRIX or _multiplications(x, types) > most:
            return False
        whole = b.shape[-1] % (2 * VECTOR // b.dtype.itemsize) == 0
        return a.shape[-2] >= _FEWEST_ROWS and a.shape[-1] * 2 * VECTOR <= _MOST_PACKED and whole


def _selects_nothing(key: Any, kind: Type) -> bool:
    return plain_key(key) and not np.broadcast_to(0, kind.shape)[key].size


def is_native(x: Instruction, types: Mapping[int, Type]) -> bool:
    """Tell whether native code can do a call."""
    return types[x.id].kind != "float" and (is_written(x, types) or _is_convolution(x, types))


def is_written(x: Instruction, types: Mapping[int, Type]) -> bool:
    """Tell whether a call can be written as loops: also one of numbers of Python, which a kernel never gives."""
    kinds = [types[i] for i in x.operands()]
    if x.fn is helpers.verify:
        return is_known(kinds[0]) and kinds[0].dtype == bool
    if not is_known(types[x.id]) or not all(map(is_known, kinds)):
        return False
    if facts.of(x.fn).writes and _selects_nothing(x.args[1 if x.fn is helpers.placed else 2], types[x.id]):
        return False
    if facts.of(x.fn).product:
        return _is_product(x, types)
    if facts.reduction(x.fn):
        return _is_reduction(x, types)
    if facts.of(x.fn).writes:
        return _is_write(x, types)
    if x.fn is operator.getitem:
        return isinstance(x.args[0], Ref) and _key(x.args[1], types)
    if x.fn in JOINED:
        return axis_of_joined(x) is not None and all(isinstance(part, Ref) for part in x.args[0])
    return facts.of(x.fn).fills is not None or elementwise(x, types) is not None


def _is_convolution(x: Instruction, types: Mapping[int, Type]) -> bool:
    """Tell whether a call is a convolution of floats, around whose input there are margins, if anything."""
    if x.fn not in CONVOLUTIONS or not all(isinstance(value, Ref) for value in x.args[:2]):
        return False
    kinds = [types[i] for i in (x.id, *x.operands())]
    margins = [n for pair in windows.pairs(x.args[-3]) for n in pair]
    same = {kind.dtype for kind in kinds} <= {kinds[0].dtype} <= _FLOATS
    return same and all(map(is_known, kinds)) and min(margins) >= 0


def _is_write(x: Instruction, types: Mapping[int, Type]) -> bool:
    placed = x.fn is helpers.placed
    if _is_cut(x.args[0 if placed else 1], types[x.id], types):
        return False
    return _key(x.args[1], types) if placed else plain_key(x.args[-1])


def _is_cut(value: Any, result: Type, types: Mapping[int, Type]) -> bool:
    """Tell whether a float becomes a whole number: out of range it is what NumPy's compiler has made of it."""
    return result.dtype.kind in "iu" and np.dtype(_weak(value, types)).kind == "f"


def axis_of_joined(x: Instruction) -> int | None:
    """Return the axis along which arrays are joined; None where that is not told plainly."""
    given = dict(zip(("axis",), x.args[1:], strict=False)) | dict(x.kwargs)
    axis = given.pop("axis", 0)
    return axis if not given and isinstance(axis, int) else None


def is_known(kind: Type) -> bool:
    """Tell whether a value is made of numbers that native code has, and at least of one."""
    return kind.kind == "float" or is_array(kind)


def _key(key: Any, types: Mapping[int, Type]) -> bool:
    """Tell whether an index is plain, or made of arrays of whole numbers for the first axes."""
    return plain_key(key) or all(_is_int(part) or _is_index(part, types) for part in as_tuple(key))


def _is_int(part: Any) -> bool:
    return isinstance(part, (int, np.integer)) and not isinstance(part, bool)


def _is_index(part: Any, types: Mapping[int, Type]) -> bool:
    if not isinstance(part, Ref):
        return False
    kind = types[part.id]
    return kind.kind in ("array", "scalar") and kind.dtype.kind == "i"


def as_tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def is_product(x: Instruction, types: Mapping[int, Type]) -> bool:
    """Tell whether a call is a product of two matrices."""
    return _is_product(x, types) and len(types[x.args[0].id].shape) == len(types[x.args[1].id].shape) == _MATRIX


def _is_product(x: Instruction, types: Mapping[int, Type]) -> bool:
    """Tell whether a call is a product of vectors and matrices, or of stacks of matrices."""
    if not facts.of(x.fn).product or x.kwargs or not all(isinstance(value, Ref) for value in x.args):
        return False
    a, b = (types[value.id] for value in x.args)
    plain = x.fn is not np.dot or {len(a.shape), len(b.shape)} <= {1, _MATRIX}
    return plain and a.dtype == b.dtype == types[x.id].dtype and a.dtype in _FLOATS


def is_scaling(x: Instruction, types: Mapping[int, Type]) -> bool:
    """Tell whether a product is by a single number: NumPy's dot scales then, but not by zero, and loses NaN."""
    return is_product(x, types) and any(math.prod(types[i].shape) == 1 for i in x.operands())


def _work(x: Instruction, types: Mapping[int, Type]) -> float:
    """Return how many multiplications of float64 take as long as those of one product of matrices."""
    return _multiplications(x, types) * int(types[x.args[0].id].dtype.itemsize) / FLOAT.itemsize


def _multiplications(x: Instruction, types: Mapping[int, Type]) -> int:
    a, b = (types[value.id].shape for value in x.args)
    return math.prod(a[-2:]) * (b[-1] if len(b) >= _MATRIX else 1)


def _has_vectors(x: Instruction, types: Mapping[int, Type]) -> bool:
    """Tell whether NumPy has vector instructions for a function, which is not the root or the square of a power."""
    known = facts.of(x.fn)
    if x.fn in _POWERS and not isinstance(x.args[1], Ref) and x.args[1] in _SHORTER:
        return False
    return known.vectors or (known.vectors_of_singles and types[x.id].dtype == np.float32)


def _is_reduction(x: Instruction, types: Mapping[int, Type]) -> bool:
    if len(x.args) > 2 or not {name for name, _ in x.kwargs} <= {"axis", "keepdims"}:  # noqa: PLR2004 - array, axis
        return False
    if not isinstance(x.args[0], Ref) or types[x.args[0].id].kind == "float":
        return False
    given, result = types[x.args[0].id].dtype, types[x.id].dtype
    counts = given.kind in "bi" and result.kind == "i"
    return facts.reduction(x.fn) in ("logical_and", "logical_or") or given == result != np.dtype(bool) or counts


def axes_of(x: Instruction, types: Mapping[int, Type]) -> tuple[int, ...]:
    """Return the axes that a reduction goes over."""
    axis = x.args[1] if len(x.args) > 1 else dict(x.kwargs).get("axis")
    ndim = len(types[x.args[0].id].shape)
    axes = range(ndim) if axis is None else as_tuple(axis)
    return tuple([int(i) % ndim for i in axes]) if ndim else ()  # NOTE: a number has an axis 0 for NumPy's reductions


def elementwise(x: Instruction, types: Mapping[int, Type]) -> tuple[Scalar, tuple[Any, ...], tuple[Any, ...]] | None:
    """Return the expression for one element, the operands, and the dtypes they are converted to.

    None for other calls, and for operands that are neither values nor single numbers.
    """
    of_dtype = x.fn in (np.astype, np.array) and not x.kwargs
    if not all(isinstance(value, (Ref, int, float, np.number)) for value in x.args[: 1 if of_dtype else None]):
        return None
    result = types[x.id]
    if of_dtype or x.fn is np.copy:
        return None if _is_cut(x.args[0], result, types) else (SAME, x.args[:1], (_dtype(result),))
    if x.fn is np.where and len(x.args) == 3 and not x.kwargs:  # noqa: PLR2004 - condition, two choices
        return WHERE, x.args, (np.dtype(bool), _dtype(result), _dtype(result))
    if x.fn is np.invert and result.dtype == bool:
        return INVERTED, x.args, (result.dtype,)
    if scalar_of(x.fn) is None or x.kwargs:
        return None
    dtypes = _computed_with(x, types)
    if dtypes is None:
        return None
    scalar = _scalar(x, dtypes, types)
    return None if scalar is None else (scalar, x.args, dtypes)


def _scalar(x: Instruction, dtypes: Sequence[Any], types: Mapping[int, Type]) -> Scalar | None:
    """Return the expression for operands of these dtypes."""
    if x.fn in _POWERS:
        return _power(x, types)
    kinds = [d.kind for d in dtypes]
    return WITH_SIGN[x.fn, kinds.index("i")] if kinds in (["i", "u"], ["u", "i"]) else scalar_of(x.fn)


def _power(x: Instruction, types: Mapping[int, Type]) -> Scalar | None:
    """Return the expression for a power.

    Some versions of NumPy take the square root where the exponent is one half, the same for all elements: it differs
    from the power at ``-inf`` and ``-0.0``. Of an array that is repeated they do so by how it lies in memory.
    """
    exponent = x.args[1]
    if not isinstance(exponent, Ref):
        return scalar_of(_SHORTER.get(exponent, x.fn) if exponent != _HALF or _TAKES_ROOTS[x.fn] else x.fn)
    if not _TAKES_ROOTS[x.fn]:
        return scalar_of(x.fn)
    shape = types[exponent.id].shape
    if not shape:
        return ROOT_OR_POWER
    return scalar_of(x.fn) if shape == types[x.id].shape and math.prod(shape) > 1 else None


def _dtype(kind: Type) -> Any:
    return np.dtype(float) if kind.kind == "float" else kind.dtype


def _computed_with(x: Instruction, types: Mapping[int, Type]) -> tuple[Any, ...] | None:
    """Return the dtypes that NumPy converts the operands to."""
    if not isinstance(x.fn, np.ufunc):
        made = _dtype(types[x.id])
        return (made if made.kind == "f" else FLOAT,) * len(x.args)
    given = [_weak(value, types) for value in x.args]
    try:
        *dtypes, made = x.fn.resolve_dtypes((*given, None))
    except TypeError:
        return None
    if made != _dtype(types[x.id]) or not all(d in NUMBERS for d in dtypes):
        return None
    if x.fn in (FLOATS_ONLY if any(d.kind != "f" for d in dtypes) else WHOLE_ONLY):
        return None
    if not all(map(_fits, x.args, dtypes)):
        return None
    return None if any(d.kind == "b" for d in dtypes) and x.fn not in FOR_TRUTH else tuple(dtypes)


def _fits(value: Any, dtype: Any) -> bool:
    """Tell whether a number of Python is one of a dtype; if it is not, NumPy compares without converting it."""
    if dtype.kind not in "iu" or isinstance(value, Ref):
        return True
    return bool(np.iinfo(dtype).min <= value <= np.iinfo(dtype).max)


def _weak(value: Any, types: Mapping[int, Type]) -> Any:
    """Return what NumPy is told of an operand: a number of Python has no dtype of its own."""
    if isinstance(value, Ref):
        kind = types[value.id]
        return float if kind.kind == "float" else kind.dtype
    return type(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else np.asarray(value).dtype
