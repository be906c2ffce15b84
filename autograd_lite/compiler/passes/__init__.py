"""What is done to a Program before it is written as text: each pass returns another Program of the same values."""

from autograd_lite.compiler.passes.pipeline import PASSES, measured, selected

__all__ = ["PASSES", "measured", "selected"]
