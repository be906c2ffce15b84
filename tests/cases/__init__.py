"""The table of rules: for every operation and definition at least one row, with inputs away from its kinks.

`case(fn, *inputs, **settings)` is a row: `fn` is a function of NumPy or one of our own operations, the inputs are what
it is differentiated by, the settings are given by name. The files are those of `autograd_lite/rules/`, and a row stands
in that of its function. A test demands a row for everything in the registry.
"""

from cases import (
    complex,
    decompositions,
    elementwise,
    exponentials,
    fourier,
    indexing,
    inverses,
    neural,
    norms,
    products,
    recurrent,
    reductions,
    samples,
    shaping,
    special,
)
from cases.elementwise import BINARY
from cases.inputs import X, numbers, turned
from cases.table import CASES, Case, case, rows, variants

__all__ = [
    "BINARY", "CASES", "Case", "X", "case", "complex", "decompositions", "elementwise", "exponentials", "fourier",
    "indexing", "inverses", "neural", "norms", "numbers", "products", "recurrent", "reductions", "rows", "samples",
    "shaping", "special", "turned", "variants",
]  # fmt: skip
