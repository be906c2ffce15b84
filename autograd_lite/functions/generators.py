"""A random generator by PyTorch's name, which is one of NumPy's."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from autograd_lite.engine import refusals

__all__ = ["Generator"]


class Generator(np.random.Generator):
    """A random generator of NumPy that can be started again from a seed: what ``generator=`` takes.

    Parameters
    ----------
    device : {"cpu"}
        The one device that there is.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> rng = Generator().manual_seed(0)
    >>> first = ag.rand(2, generator=rng).tolist()
    >>> first == ag.rand(2, generator=rng.manual_seed(0)).tolist()
    True
    """

    def __init__(self, device: Any = "cpu") -> None:
        refusals.device(device)
        super().__init__(np.random.PCG64())

    def manual_seed(self, seed: int) -> Self:
        """Have it begin again from a seed, as NumPy's of that seed does, and return it.

        Examples
        --------
        >>> float(Generator().manual_seed(1).random()) == float(np.random.default_rng(1).random())
        True
        """
        self.bit_generator.state = np.random.PCG64(seed).state
        return self

    def __reduce__(self) -> Any:
        return _restored, (self.bit_generator.state,)


def _restored(state: Any) -> Generator:
    made = Generator()
    made.bit_generator.state = state
    return made
