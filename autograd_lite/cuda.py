"""What PyTorch's programs ask of graphics cards: there is none that a Tensor could be sent to.

A Tensor may hold arrays of CuPy: README tells how.
"""

from __future__ import annotations

from autograd_lite.base.later import listing

__all__ = ["device_count", "is_available", "manual_seed", "manual_seed_all"]


def is_available() -> bool:
    """Tell whether a Tensor can be sent to a graphics card by ``to("cuda")``: no.

    Examples
    --------
    >>> is_available()
    False
    """
    return False


def device_count() -> int:
    """Return to how many graphics cards a Tensor can be sent: none.

    Examples
    --------
    >>> device_count()
    0
    """
    return 0


def manual_seed(seed: int) -> None:
    """Do nothing: random numbers are those of `autograd_lite.manual_seed`. Also ``manual_seed_all``.

    Examples
    --------
    >>> manual_seed(0)
    """


manual_seed_all = manual_seed


__dir__ = listing(__name__)
