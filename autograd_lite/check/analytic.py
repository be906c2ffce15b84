"""The complex step: the derivative of an analytic function without a difference, and so without its noise.

``f(x + i h) = f(x) + i h f'(x) - ...``, so the imaginary part over h is the derivative to the last digits, for any tiny
h (Squire and Trapp, *SIAM Review* 40, 1998). It is true only where every operation is analytic: that of ours is known,
and a function that branches, casts or takes a modulus elsewhere shows by its real part, or by differing from the finite
differences by more than their noise.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.observers import dissected, observe
from autograd_lite.engine.op import Op
from autograd_lite.engine.registry import declared
from autograd_lite.engine.switch import no_grad
from autograd_lite.errors.classes import AutogradError

STEP = 2.0**-100
"""So small that its square is nothing beside 1, and a power of two."""
UNABLE = (AutogradError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What functions raise that do not know complex numbers, or longdouble; it is no fault of their derivative."""
_OURS = frozenset(op for _, op in declared() if isinstance(op, Op))


def allows(op: Op) -> bool:
    """Tell whether an operation may be part of a complex step; those declared by the user may, until they differ."""
    return op.analytic or op not in _OURS or op.form == "constant"


def evaluated(call: Callable[[], Sequence[Any]]) -> Sequence[Any] | None:
    """Return the outputs of a call with complex arguments; None where it does not allow them."""
    refused: list[Op] = []

    def note(op: Op, *_: Any) -> None:
        if not allows(op):
            refused.append(op)

    try:
        with observe(note), dissected(), no_grad(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error")
            outputs = call()
    except (*UNABLE, Warning):
        return None
    return None if refused else outputs


def derivative(outputs: Sequence[Array] | None, base: Array, rounding: Array) -> Array | None:
    """Return the imaginary part of all elements over the step; None where the real part is not the value itself."""
    if outputs is None:
        return None
    values = np.concatenate([np.ravel(y) for y in outputs])
    if values.shape != base.shape or not np.all(np.abs(values.real - base) <= rounding):
        return None
    return np.asarray(values.imag, np.float64) / STEP
