"""What is known of the functions that a program calls; of those that stand in no row, nothing.

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
from autograd_lite.compiler.program.loop import Loop
from autograd_lite.compiler.program.opaque import is_opaque
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules import normal, windows


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The row of a function."""

    new: bool = False  # the result has memory of its own, as that of a ufunc has in any case
    view: bool = False  # it shows the elements of its operand in another order or shape,
    shape: bool = False  # in another shape only
    calm: bool = False  # it makes nothing infinite or undefined of which a derivative would have to be silent
    product: bool = False  # of two matrices
    beside: bool = False  # a number beside an array may as well be an array of no dimension
    vectors: bool = False  # NumPy has vector instructions for it, and is two to ten times as fast as what numba calls,
    vectors_of_singles: bool = False  # for float32 only
    dear: bool = False  # its result is sooner kept than computed again, as of what has vectors, and of products
    effect: bool = False  # it is more than its value: never dropped, never merged, never moved across another such call
    writes: bool = False  # it is one of our own, and puts values into a copy of its operand, or into zeros
    overwrites: bool = False  # it changes its operand
    answers: bool = False  # it asks for shapes and dtypes alone
    ragged: bool = False  # the shape of the result depends on values: on all,
    selects: bool = False  # on those of the first operand
    turns: bool = False  # whether the result is real or complex depends on values
    fills: float | None = None  # what its result consists of
    in_place: str = ""  # the sign by which it changes its first operand where that is needed no more


def _row(words: str, **more: Any) -> CallFacts:
    known: dict[str, Any] = {**dict.fromkeys(words.split(), True), **more}
    return CallFacts(**known)


_ROWS: Mapping[str, tuple[Any, ...]] = {
    # ufuncs
    "calm beside": (
        np.add, np.subtract, np.multiply, np.copysign, np.maximum, np.minimum, np.less, np.less_equal, np.greater,
        np.greater_equal, np.equal, np.not_equal,
    ),
    "beside": (np.divide,),
    "beside dear": (np.hypot, np.logaddexp),
    "beside vectors": (np.power, np.arctan2),
    "calm": (
        np.negative, np.square, np.absolute, np.sign, np.isfinite,
        operator.add, operator.sub, operator.mul, operator.neg, operator.getitem,
    ),
    "calm product": (np.matmul,),
    "vectors": (
        np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.tan, np.tanh, np.sinh, np.cosh, np.arcsin,
        np.arccos, np.arctan, np.arcsinh, np.arccosh, np.arctanh, np.cbrt,
    ),
    "vectors_of_singles": (np.sin, np.cos),
    # views
    "view shape calm": (np.reshape,),
    "view shape": (np.expand_dims, np.squeeze, np.ravel, np.atleast_1d, np.atleast_2d),
    "view calm": (np.transpose, np.broadcast_to),
    "view": (
        np.swapaxes, np.moveaxis, np.rollaxis, np.flip, np.fliplr, np.flipud, np.diagonal, np.matrix_transpose,
    ),
    # new arrays; an einsum of one array that adds nothing up is a view, as `memory` knows
    "new calm product": (np.dot,),
    "new calm": (np.sum, np.vdot, np.where, np.copy, np.array, helpers.scatter, helpers.from_parts),
    "new": (
        np.prod, np.max, np.amax, np.min, np.amin, np.all, np.any, np.mean, np.var, np.std, np.argmax, np.argmin,
        np.tensordot, np.einsum, np.concatenate, np.empty_like, np.cumsum, np.pad, np.tril, np.triu, np.roll,
        np.convolve, np.correlate, np.sort, np.argsort, np.clip, np.round, np.searchsorted, np.interp,
    ),
    "new calm dear": (
        windows.convolved, windows.convolved_input, windows.convolved_weight, windows.windows, windows.folded,
        windows.largest, windows.put_at_largest, windows.taken_at_largest, windows.sums, windows.spread_sums,
        windows.places_of_largest, windows.unpooled, windows.repooled, normal.erfc_of,
        normal.gelu_of, normal.gelu_slope_of,
    ),
    "new calm writes": (helpers.placed, helpers.assigned),
    "new effect": (helpers.draw,),
    "effect": (helpers.verify, helpers.verify_real),
    "turns": (np.linalg.eig, np.linalg.eigvals, np.roots),
    # what a trace answers, or refuses
    "answers": (
        np.shape, np.ndim, np.size, np.can_cast, np.common_type, np.iscomplexobj, np.isrealobj, np.result_type,
    ),
    "overwrites": (np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis),
    "ragged": (
        np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.unique_all, np.unique_counts, np.unique_inverse,
        np.unique_values, np.trim_zeros, np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d,
    ),
    "selects": (np.compress, np.extract, np.bincount),
}  # fmt: skip
"""The functions of which the same is known."""
_TABLE: Mapping[Any, CallFacts] = MappingProxyType({
    **{fn: _row(words) for words, functions in _ROWS.items() for fn in functions},
    np.zeros_like: _row("new", fills=0.0), np.ones_like: _row("new", fills=1.0),
    helpers.added_at: _row("new calm writes", in_place="+="),
    helpers.subtracted_at: _row("new calm writes", in_place="-="),
})  # fmt: skip
_NOTHING, _OPAQUE, _EFFECT = CallFacts(), _row("new effect"), _row("effect")


def of(fn: Any) -> CallFacts:
    """Return what is known of a function; code that nobody has seen into may do anything, and gives its own array."""
    if fn.__class__ is Loop:
        return _EFFECT if any(of(x.fn).effect for x in fn.body.instructions) else _NOTHING
    return _OPAQUE if is_opaque(fn) else _TABLE.get(fn, _NOTHING)


def reduction(fn: Any) -> str:
    """Return the name of the ufunc by which a function makes one of many elements; nothing for any other function."""
    ufunc = getattr(handler_of(fn), "reduces", None)
    return "" if ufunc is None else str(ufunc.__name__)
