"""Where Tensors are, by PyTorch's names: in the memory of the processor."""

from __future__ import annotations

from typing import Any

from autograd_lite.engine.switch import enable_grad, no_grad
from autograd_lite.tensor.devices import device

__all__ = [
    "device", "inference_mode",
]  # fmt: skip


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
