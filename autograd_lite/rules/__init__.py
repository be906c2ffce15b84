"""The formulary: importing it fills the registry."""

from autograd_lite.rules import (
    constant,
    decompositions,
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
    "constant", "decompositions", "elementwise", "exponentials", "indexing", "neural", "norms", "products",
    "recurrent", "reductions", "samples", "shaping", "sparse",
]  # fmt: skip
