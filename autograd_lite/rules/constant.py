"""Functions without a derivative by nature: comparisons, indices, step functions, fresh arrays, questions.

The result of a step function such as `floor` is a constant for a derivative: it is 0 wherever it exists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import constant
from autograd_lite.engine.op import RECORDERS

COMPARISONS = (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift,
    np.isnan, np.isinf, np.isfinite, np.signbit, np.isclose, np.isneginf, np.isposinf,
)  # fmt: skip
ROUNDED = {np.floor: "floor", np.ceil: "ceil", np.trunc: "trunc", np.rint: "rint"}
"""With the name of each in C."""
STEPS = (np.sign, np.round, np.around, np.fix)
PLACES = (np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition)
SEARCHES = (np.argwhere, np.flatnonzero, np.lexsort, np.searchsorted, np.digitize, np.isin)
INTEGERS = (np.gcd, np.lcm, np.bitwise_count, np.spacing, np.isreal, np.iscomplex)
FRESH = (np.zeros_like, np.ones_like, np.empty_like)

_DECLARED: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((*COMPARISONS, *STEPS, *INTEGERS), {"signature": "()->()"}),
    (PLACES, {"axes": "axis", "flat": True}),
    ((np.all,), {"axes": "axis", "reduces": np.logical_and}),
    ((np.any,), {"axes": "axis", "reduces": np.logical_or}),
    ((np.count_nonzero,), {"axes": "axis"}),
    ((*SEARCHES, *FRESH), {}),
)
constant(np.floor_divide, signature="()->()", symbol="//")
for _rounding, _native in ROUNDED.items():
    constant(_rounding, signature="()->()", native=_native, increasing=True)
for _functions, _facts in _DECLARED:
    for _fn in _functions:
        constant(_fn, **_facts)


def _plain(x: Any) -> Any:
    """Return the value of a Tensor, also inside of lists and tuples."""
    if isinstance(x, (list, tuple)):
        return type(x)(_plain(i) for i in x)
    return getattr(x, "_data", x) if type(x) in RECORDERS else x


def _question(fn: Callable[..., Any]) -> None:
    """Register a function whose answer is not an array: it is asked of the values."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        return fn(*(_plain(x) for x in args), **{name: _plain(x) for name, x in kwargs.items()})

    composite(fn, exact=True, complex=True)(answer)


QUESTIONS = (
    np.allclose, np.array_equal, np.array_equiv, np.array2string, np.array_repr, np.array_str, np.can_cast,
    np.common_type, np.iscomplexobj, np.isrealobj, np.min_scalar_type, np.may_share_memory, np.nonzero, np.result_type,
    np.savez, np.save, np.savetxt, np.savez_compressed, np.shares_memory, np.einsum_path, np.ix_, np.unravel_index,
    np.ravel_multi_index, np.tril_indices_from, np.triu_indices_from, np.diag_indices_from,
)  # fmt: skip
for _question_fn in QUESTIONS:
    _question(_question_fn)


@composite(np.shape, exact=True, complex=True)
def shape(a: Any) -> tuple[int, ...]:
    return a.shape


@composite(np.ndim, exact=True, complex=True)
def ndim(a: Any) -> int:
    return a.ndim


@composite(np.size, exact=True, complex=True)
def size(a: Any, axis: int | None = None) -> int:
    return a.size if axis is None else a.shape[axis]
