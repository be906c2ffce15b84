"""Complex parameters in updates that square gradients: each part is a number of its own, as in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.optim.joined import Rule


def by_parts(update: Rule) -> Rule:
    """Return an update for real arrays as one for complex ones too, of which it gets both parts in one array."""

    def each(p: Array, g: Array, state: Any) -> Array:
        if p.dtype.kind != "c":
            return update(p, g, state)
        remembered: Any = _Parts(state)
        return _whole(update(_parts(p), _parts(g), remembered))

    return each


class _Parts:
    """What is remembered of complex parameters, as their parts; numbers for each parameter are as they are."""

    def __init__(self, state: Any) -> None:
        self._state = state

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)

    def __getitem__(self, name: str) -> Array:
        return _parts(self._state[name])

    def __setitem__(self, name: str, value: Array) -> None:
        self._state[name] = _whole(value)


def _parts(x: Array) -> Array:
    return np.stack([x.real, x.imag])


def _whole(parts: Array) -> Array:
    whole: Array = parts[0] + 1j * parts[1]
    return whole
