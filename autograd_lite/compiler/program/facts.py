"""What is known of the functions that a program calls: one row for each, and of all others nothing.

What concerns an operation (its range, its text in C, its symbol) is said elsewhere; here stands what a call does with
memory, with infinities, and with the values that it reads. Passes name functions where an identity is about them.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_lite.compiler.program import helpers
from autograd_lite.compiler.program.opaque import is_opaque


@dataclass(frozen=True, slots=True)
class Facts:
    """The row of a function."""

    new: bool = False  # the result has memory of its own, as that of a ufunc has in any case
    view: bool = False  # it shows the elements of its operand in another order or shape,
    shape: bool = False  # in another shape only
    calm: bool = False  # it makes nothing infinite or undefined of which a derivative would have to be silent
    product: bool = False  # of two matrices
    beside: bool = False  # a number beside an array may as well be an array of no dimension
    vectors: bool = False  # NumPy has vector instructions for it, and is two to ten times as fast as what numba calls
    effect: bool = False  # it is more than its value: never dropped, never merged, never moved across another such call
    writes: bool = False  # it is one of our own, and puts values into a copy of its operand, or into zeros
    overwrites: bool = False  # it changes its operand
    answers: bool = False  # it asks for shapes and dtypes alone
    ragged: bool = False  # the shape of the result depends on values: on all,
    selects: bool = False  # on those of the first operand
    reduces: str = ""  # what it does to elements, for a reduction
    fills: float | None = None  # what its result consists of
    in_place: str = ""  # the sign by which it changes its first operand where that is needed no more


def _row(words: str, **more: Any) -> Facts:
    known: dict[str, Any] = {**dict.fromkeys(words.split(), True), **more}
    return Facts(**known)


_TABLE: Mapping[Any, Facts] = MappingProxyType({
    # ufuncs
    np.add: _row("calm beside"), np.subtract: _row("calm beside"), np.multiply: _row("calm beside"),
    np.divide: _row("beside"), np.power: _row("beside"), np.hypot: _row("beside"), np.arctan2: _row("beside"),
    np.logaddexp: _row("beside"), np.copysign: _row("calm beside"), np.maximum: _row("calm beside"),
    np.minimum: _row("calm beside"), np.less: _row("calm beside"), np.less_equal: _row("calm beside"),
    np.greater: _row("calm beside"), np.greater_equal: _row("calm beside"), np.equal: _row("calm beside"),
    np.not_equal: _row("calm beside"), np.negative: _row("calm"), np.square: _row("calm"), np.absolute: _row("calm"),
    np.sign: _row("calm"), np.isfinite: _row("calm"), np.matmul: _row("calm product"), np.exp: _row("vectors"),
    np.exp2: _row("vectors"), np.expm1: _row("vectors"), np.log2: _row("vectors"), np.log10: _row("vectors"),
    np.log1p: _row("vectors"), np.tan: _row("vectors"), np.tanh: _row("vectors"), np.sinh: _row("vectors"),
    np.cosh: _row("vectors"), np.arcsin: _row("vectors"), np.arccos: _row("vectors"), np.arctan: _row("vectors"),
    np.arcsinh: _row("vectors"), np.arccosh: _row("vectors"), np.arctanh: _row("vectors"), np.cbrt: _row("vectors"),
    # reductions
    np.sum: _row("new calm", reduces="add"), np.prod: _row("new", reduces="multiply"),
    np.max: _row("new", reduces="maximum"), np.amax: _row("new", reduces="maximum"),
    np.min: _row("new", reduces="minimum"), np.amin: _row("new", reduces="minimum"),
    np.all: _row("new", reduces="and"), np.any: _row("new", reduces="or"), np.mean: _row("new"), np.var: _row("new"),
    np.std: _row("new"), np.argmax: _row("new"), np.argmin: _row("new"),
    # views
    np.reshape: _row("view shape calm"), np.expand_dims: _row("view shape"), np.squeeze: _row("view shape"),
    np.ravel: _row("view shape"), np.atleast_1d: _row("view shape"), np.atleast_2d: _row("view shape"),
    np.transpose: _row("view calm"), np.broadcast_to: _row("view calm"), np.swapaxes: _row("view"),
    np.moveaxis: _row("view"), np.rollaxis: _row("view"), np.flip: _row("view"), np.fliplr: _row("view"),
    np.flipud: _row("view"), np.diagonal: _row("view"), np.matrix_transpose: _row("view"),
    # other new arrays; an einsum of one array that adds nothing up is a view, as `memory` knows
    np.dot: _row("new calm product"), np.vdot: _row("new calm"), np.tensordot: _row("new"), np.einsum: _row("new"),
    np.where: _row("new calm"), np.copy: _row("new calm"), np.array: _row("new calm"), np.concatenate: _row("new"),
    np.zeros_like: _row("new", fills=0.0), np.ones_like: _row("new", fills=1.0), np.empty_like: _row("new"),
    np.cumsum: _row("new"), np.pad: _row("new"), np.tril: _row("new"), np.triu: _row("new"), np.roll: _row("new"),
    np.convolve: _row("new"), np.correlate: _row("new"), np.sort: _row("new"), np.argsort: _row("new"),
    np.clip: _row("new"), np.round: _row("new"), np.searchsorted: _row("new"), np.interp: _row("new"),
    # signs between numbers of Python, and indices
    operator.add: _row("calm"), operator.sub: _row("calm"), operator.mul: _row("calm"), operator.neg: _row("calm"),
    operator.getitem: _row("calm"),
    # our own
    helpers.scatter: _row("new calm"), helpers.placed: _row("new calm writes"),
    helpers.assigned: _row("new calm writes"), helpers.added_at: _row("new calm writes", in_place="+="),
    helpers.subtracted_at: _row("new calm writes", in_place="-="), helpers.from_parts: _row("new calm"),
    helpers.draw: _row("new effect"),
    helpers.verify: _row("effect"),
    # what a trace answers, or refuses
    np.shape: _row("answers"), np.ndim: _row("answers"), np.size: _row("answers"), np.can_cast: _row("answers"),
    np.common_type: _row("answers"), np.iscomplexobj: _row("answers"), np.isrealobj: _row("answers"),
    np.result_type: _row("answers"), np.copyto: _row("overwrites"), np.put: _row("overwrites"),
    np.place: _row("overwrites"), np.putmask: _row("overwrites"), np.fill_diagonal: _row("overwrites"),
    np.put_along_axis: _row("overwrites"), np.nonzero: _row("ragged"), np.flatnonzero: _row("ragged"),
    np.argwhere: _row("ragged"), np.unique: _row("ragged"), np.unique_all: _row("ragged"),
    np.unique_counts: _row("ragged"), np.unique_inverse: _row("ragged"), np.unique_values: _row("ragged"),
    np.trim_zeros: _row("ragged"), np.union1d: _row("ragged"), np.intersect1d: _row("ragged"),
    np.setdiff1d: _row("ragged"), np.setxor1d: _row("ragged"), np.compress: _row("selects"),
    np.extract: _row("selects"), np.bincount: _row("selects"),
})  # fmt: skip
_NOTHING, _OPAQUE = Facts(), _row("new effect")


def of(fn: Any) -> Facts:
    """Return what is known of a function; code that nobody has seen into may do anything, and gives its own array."""
    return _OPAQUE if is_opaque(fn) else _TABLE.get(fn, _NOTHING)
