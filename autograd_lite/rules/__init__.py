"""The formulary: importing it fills the registry."""

from autograd_lite.rules import (
    constant,
    decompositions,
    elementwise,
    indexing,
    neural,
    products,
    recurrent,
    reductions,
    samples,
    shaping,
    sparse,
)

__all__ = [
    "constant", "decompositions", "elementwise", "indexing", "neural", "products", "recurrent", "reductions", "samples",
    "shaping", "sparse",
]  # fmt: skip
