"""The one random generator that is used where no ``rng=`` is given. NumPy's global state is left alone."""

from __future__ import annotations

import numpy as np

_generator = np.random.default_rng()


def manual_seed(seed: int) -> np.random.Generator:
    """Start the default generator anew from `seed`, and return it.

    Examples
    --------
    >>> manual_seed(0).integers(10)
    np.int64(8)
    """
    global _generator  # noqa: PLW0603 - the one default generator
    _generator = np.random.default_rng(seed)
    return _generator


def generator(rng: np.random.Generator | None = None) -> np.random.Generator:
    """Return `rng`, or the default generator where none is given."""
    return _generator if rng is None else rng
