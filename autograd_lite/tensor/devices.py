"""The place where Tensors are: the memory of the processor, by PyTorch's name for it."""

from __future__ import annotations

from typing import Any, Self

from autograd_lite.engine import refusals


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


CPU = device()
