"""Where Tensors are, by PyTorch's names: in the memory of the processor."""

from __future__ import annotations

from typing import Any, Self

from autograd_lite.engine import refusals
from autograd_lite.engine.switch import enable_grad, no_grad

__all__ = [
    "device", "inference_mode",
]  # fmt: skip


class device(str):  # noqa: N801 - PyTorch's name
    """The one device that there is, ``"cpu"``; another one is refused.

    Parameters
    ----------
    type : str
        Its name, or another device.
    index : int, optional
        Which one of its kind: 0.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> here = ag.device("cuda" if ag.cuda.is_available() else "cpu")
    >>> here, here.type, ag.zeros(2).to(here).device == here
    ('cpu', 'cpu', True)
    """

    __slots__ = ()
    type = "cpu"

    def __new__(cls, type: Any = "cpu", index: int | None = None) -> Self:  # noqa: A002 - PyTorch's name
        refusals.device(type if index is None else f"{type}:{index}")
        return super().__new__(cls, "cpu")


def inference_mode(mode: bool = True) -> Any:
    """Return a block, or a decorator, in which nothing is recorded: `no_grad`; with False, one in which it is.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> with ag.inference_mode():
    ...     ag.is_grad_enabled()
    False
    """
    return no_grad() if mode else enable_grad()
