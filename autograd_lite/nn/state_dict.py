"""What a state that is loaded has to be, and what a message says of one that is not."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_masked
from autograd_lite.base.elsewhere import foreign, is_foreign, sent
from autograd_lite.engine import refusals
from autograd_lite.engine.record import array_of
from autograd_lite.tensor.tensor import Tensor


class IncompatibleKeys(NamedTuple):
    """What `Module.load_state_dict` found no partner for."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def other_shape(p: Tensor, given: Any) -> str:
    shape = getattr(given, "shape", None)
    if shape is None:
        try:
            shape = np.shape(given)
        except ValueError:  # a list of lists of several lengths
            return ""
    return "" if shape == p.shape else f"has shape {shape} instead of {p.shape}"


def misfit(p: Tensor, given: Any) -> str:
    """Return what a message says of a value that is nothing for a Tensor; nothing if it is."""
    if is_masked(given):
        return "is a masked array"
    try:
        array = array_of(given) if isinstance(given, Tensor) else given if is_foreign(given) else np.asarray(given)
    except ValueError:
        return "is no array"
    if not np.can_cast(array.dtype, p.dtype, "same_kind"):
        return f"has dtype {array.dtype}"
    with np.errstate(over="ignore"):
        return f"has numbers too large for {p.dtype}" if refusals.overflows(array, array.astype(p.dtype)) else ""


def where_it_is(p: Tensor, given: Any) -> Any:
    """Return a value for a Tensor in the library of the array that this has; as it is where that is NumPy's."""
    if foreign(p) is None or foreign(given) is not None:
        return given
    return sent(array_of(given) if isinstance(given, Tensor) else np.asarray(given), p)


def complaint(model: str, odd: IncompatibleKeys | None, shapes: list[str], values: list[str]) -> str:
    missing, unexpected = (", ".join(map(str, names)) for names in odd or ((), ()))
    found = [f"{missing} missing"] if missing else []
    found += [f"{unexpected} not known to the model"] if unexpected else []
    remedy = errors.STATE_DICT_VALUES if values else errors.STATE_DICT_SHAPES if shapes else errors.STATE_DICT_NAMES
    return errors.STATE_DICT.format(model=model, found="; ".join(found + shapes + values)) + remedy
