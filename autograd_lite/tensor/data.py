"""What is given as data: copied, checked, and in the form of the Tensor that it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import defines, is_adaptable, is_array
from autograd_lite.base.conventions import conjugated
from autograd_lite.base.elsewhere import is_foreign, sent
from autograd_lite.base.later import Later
from autograd_lite.base.shapes import Array
from autograd_lite.engine import refusals
from autograd_lite.engine.operands import converted, known_shape, refuse_masked
from autograd_lite.engine.priority import takes_in
from autograd_lite.engine.record import NUMERIC, Handle, array_of, is_private, make_tensor

if TYPE_CHECKING:
    from autograd_lite.base import adapter
else:
    adapter = Later("autograd_lite.base.adapter")  # which most programs need not


def own_array(data: Any, dtype: Any, adapt: bool = False) -> Array:
    """Return a copy of the data as an array of numbers; to `adapt`, one that holds an array of the array API."""
    if isinstance(data, Handle):
        refusals.conversion(data, "ag.Tensor()", "t.clone() for a recorded copy")
        data = data._data
    if adapt:
        array = _adapted(data, dtype)
    elif data.__class__ is np.ndarray:
        array = converted(data, dtype, copy=True)
    elif is_adaptable(data):
        raise errors.DataError(errors.UNADAPTED.format(given=type(data).__name__))
    elif is_array(data) and not isinstance(data, np.ndarray):
        refuse_masked(data)
        _refuse_outer(data)
        array = known_shape(data).astype(data.dtype if dtype is None else dtype)
    else:
        _refuse_labelled(data)
        array = converted(data, dtype, copy=True)
    if array.dtype.kind not in NUMERIC:
        refusals.no_number(data, array.dtype)
    return array


def _refuse_outer(data: Any) -> None:
    """Refuse an array that takes others into itself, with units say, of which no rule knows what becomes of them."""
    if is_foreign(data) and takes_in(data, make_tensor(np.zeros(()))):
        has_units = defines(type(data), "magnitude")
        instead = "ag.Tensor(q.magnitude), and q.units * t around it" if has_units else "ag.Tensor(np.asarray(x))"
        raise errors.DataError(errors.OUTER_DATA.format(given=type(data).__name__, instead=instead))


def _refuse_labelled(data: Any) -> None:
    """Refuse labels around an array of another library, of which NumPy would make a copy."""
    inner = getattr(data, "data", None)
    if is_foreign(inner):
        raise errors.DataError(errors.LABELLED_DATA.format(given=type(data).__name__, inner=type(inner).__name__))


def _adapted(data: Any, dtype: Any) -> Array:
    array = adapter.adapted(data)
    return array if dtype is None or array.dtype == dtype else array.astype(dtype)


def fitting(t: Any, value: Any, what: str, instead: str) -> Array:
    """Return `value` as an array of the shape and dtype of `t` that nobody else writes to."""
    is_private(t, t._data)
    array = array_of(value) if isinstance(value, Handle) else own_array(value, None)
    refusals.in_place(t, array, what, instead)
    return array if array.dtype == t.dtype else refusals.cast(t, array, what)


def seed_of(t: Any, gradient: Any) -> Any:
    """Return the cotangent to start from."""
    if gradient is None:
        if t._data.size != 1:
            refusals.non_scalar(t)
        refusals.complex_scalar(t)
        plain = t._data.__class__ is np.ndarray
        return make_tensor(np.array(1, t.dtype).reshape(t.shape) if plain else np.ones_like(t._data))
    if isinstance(gradient, bool):
        refusals.seed_bool(t, gradient)
    seed = gradient if isinstance(gradient, Handle) else make_tensor(sent(own_array(gradient, None), t))
    refusals.seed(t, seed)
    return conjugated(seed)
