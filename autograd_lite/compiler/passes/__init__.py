"""What is done to a Program before it is written as text: each pass returns another Program of the same values."""

from autograd_lite.compiler.passes.pipeline import PASSES, for_loops, measured, selected
from autograd_lite.compiler.passes.rolling import rolled

__all__ = ["PASSES", "for_loops", "measured", "rolled", "selected"]
