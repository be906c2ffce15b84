"""Settings that are numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors


def whole(given: Any, name: str, method: str, example: int) -> None:
    """Refuse what is no whole number of at least 1."""
    if not isinstance(given, (int, np.integer)) or isinstance(given, bool) or given < 1:
        raise errors.ArgumentError(errors.STEPS.format(name=name, given=given, method=method, example=example))


def not_negative(given: Any, name: str, method: str, example: float) -> None:
    """Refuse what is no number of at least 0."""
    if not isinstance(given, (int, float, np.integer, np.floating)) or not 0 <= given < math.inf:
        raise errors.ArgumentError(errors.POSITIVE.format(name=name, given=given, method=method, example=example))
