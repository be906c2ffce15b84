"""The few functions of a program that are not NumPy's. Their text stands in every program that calls them.

Those of windows, which convolutions and pools are computed by, call each other, see `rules/windows.py`; so do those
that add rows, see `rules/rows.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.rules import normal, rows, windows
from autograd_lite.rules.rows import add_at


def scatter(values: Any, key: Any, shape: Any) -> Any:
    """Return zeros of a shape with `values` added at `key`, also where a place occurs several times."""
    out = np.zeros(shape, values.dtype)
    add_at(out, key, values)
    return out


def placed(values: Any, key: Any, shape: Any) -> Any:
    """Return zeros of a shape with `values` written at `key`, where no place occurs twice."""
    out = np.zeros(shape, values.dtype)
    out[key] = values
    return out


def added_at(array: Any, values: Any, key: Any) -> Any:
    """Return an array with `values` added at `key`, where no place occurs twice."""
    out = array.copy()
    out[key] += values
    return out


def subtracted_at(array: Any, values: Any, key: Any) -> Any:
    """Return an array with `values` subtracted at `key`, where no place occurs twice."""
    out = array.copy()
    out[key] -= values
    return out


def assigned(array: Any, value: Any, key: Any) -> Any:
    """Return an array with other values at `key`."""
    out = np.array(array)
    out[key] = value
    return out


def from_parts(real: Any, imag: Any) -> Any:
    """Return ``real + i imag``, also of infinities."""
    z = np.empty(np.broadcast(real, imag).shape, np.result_type(real, imag, np.complex64))
    z.real, z.imag = np.real(real), np.real(imag)
    return z


def draw(generator: Any, method: str, *args: Any, **kwargs: Any) -> Any:
    """Draw random numbers."""
    return getattr(generator, method)(*args, **kwargs)


def verify(condition: Any, text: str) -> None:
    """Raise an error unless a condition holds everywhere."""
    if np.count_nonzero(condition) != condition.size:
        raise ValueError(text)


def verify_real(values: Any, text: str) -> None:
    """Raise an error if numbers are complex that were real before."""
    if np.iscomplexobj(values):
        raise ValueError(text)


HELPERS = (
    scatter, placed, added_at, subtracted_at, assigned, from_parts, draw, verify, verify_real,
    *windows.KERNELS, *normal.KERNELS, *rows.KERNELS,
)  # fmt: skip
