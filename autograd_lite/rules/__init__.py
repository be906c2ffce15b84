"""The formulary: importing it fills the registry, but for what `registry.LATER` names."""

from autograd_lite.rules import (
    constant,
    elementwise,
    exponentials,
    indexing,
    neural,
    norms,
    products,
    recurrent,
    reductions,
    samples,
    shaping,
    sparse,
)

__all__ = [
    "constant", "elementwise", "exponentials", "indexing", "neural", "norms", "products",
    "recurrent", "reductions", "samples", "shaping", "sparse",
]  # fmt: skip
