"""The mode of a model, training or not, for a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from autograd_lite.nn.module import Module


@contextmanager
def modes_kept(model: Module) -> Iterator[None]:
    """Have a model, with all of its parts, be in the mode that it was in after a block.

    NOTE: a part that has no mode of its own has none afterwards, for a compiled step would look for what has changed.
    """
    modes = [(part, vars(part).get("training")) for part in model.modules()]
    try:
        yield
    finally:
        for part, training in modes:
            if training is None:
                vars(part).pop("training", None)
            else:
                part.training = training


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Have a model be in eval mode for a block, and as it was after it."""
    with modes_kept(model):
        model.eval()
        yield
