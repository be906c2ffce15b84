"""Who carries out an operation between objects of several classes: a Tensor, or what stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import ArrayLike, defines
from autograd_lite.engine.op import RECORDERS, Recorder
from autograd_lite.engine.watchpoints import traced

CARRIERS: list[tuple[Callable[[Any], bool], Recorder]] = []
"""Kinds of operands that are no arrays, and what carries out an operation with one (filled by `rules`)."""


def carrier_of(operands: Sequence[Any]) -> Recorder | None:
    """Return what carries out an operation in the place of NumPy's function; None where all operands are arrays."""
    for is_kind, carry in CARRIERS:
        if any(map(is_kind, operands)):
            return carry
    return None


_NOTHING, _NDARRAYS = object(), np.ndarray.__array_ufunc__
_OUTER: WeakKeyDictionary[type, bool] = WeakKeyDictionary()
"""Whether an array of a class takes a Tensor into itself, as far as that was tried."""


def declines(x: Any, beside: Sequence[Any]) -> bool:
    """Tell whether an operand wants to carry out the operation itself.

    It says so by ``__array_ufunc__ = None``; or it is an array that takes others into itself, labels and units with
    them, and so belongs around a Tensor and not into it. Those of pandas look at our priority, which is above theirs.
    """
    cls = type(x)
    protocol = getattr(cls, "__array_ufunc__", _NOTHING)
    if protocol is _NOTHING or protocol is _NDARRAYS or cls in RECORDERS:
        return False
    tensor = next((t for t in beside if isinstance(t, ArrayLike) and t._has_node), None)
    return protocol is None or (not defines(cls, "__pandas_priority__") and takes_in(x, tensor))


def takes_in(x: Any, tensor: Any) -> bool:
    """Tell whether an array takes a Tensor into itself: try, once for a class, what it makes of a recorded one."""
    cls = type(x)
    known = _OUTER.get(cls)
    if known is not None or tensor is None or traced():
        return bool(known)
    try:
        made = cls.__array_ufunc__(x, np.multiply, "__call__", type(tensor)(1.0, True), x)
    except errors.ConversionError:
        made = NotImplemented
    except Exception:  # noqa: BLE001 - these values cannot be multiplied, others of the class may be
        return False
    _OUTER[cls] = found = made is not NotImplemented and not isinstance(made, (np.ndarray, *RECORDERS))
    return found
