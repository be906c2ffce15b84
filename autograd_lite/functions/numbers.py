"""Constants, and what is known of dtypes, by PyTorch's names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.engine.record import Handle

__all__ = ["Size", "e", "finfo", "get_default_dtype", "iinfo", "inf", "is_tensor", "nan", "pi"]

e, inf, nan, pi = math.e, math.inf, math.nan, math.pi
finfo, iinfo, Size = np.finfo, np.iinfo, tuple


def is_tensor(obj: Any) -> bool:
    """Tell whether something is a Tensor.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.is_tensor(ag.ones(2)), ag.is_tensor(np.ones(2))
    (True, False)
    """
    return isinstance(obj, Handle)


def get_default_dtype() -> np.dtype[Any]:
    """Return the dtype of floats where nothing else is said: float64.

    Examples
    --------
    >>> get_default_dtype()
    dtype('float64')
    """
    return np.dtype(float)
