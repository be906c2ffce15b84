"""The table of rules: for every operation and definition at least one row, with inputs away from its kinks.

`case(fn, *inputs, **settings)` is a row: `fn` is a function of NumPy or one of our own operations, the inputs are what
it is differentiated by, the settings are given by name. The files are those of `autograd_lite/rules/`, and a row stands
in that of its function. A test demands a row for everything in the registry.
"""

from cases import (
    activations,
    arguments,
    choices,
    complex,
    convolution,
    curves,
    decompositions,
    domains,
    elementwise,
    entropy,
    exponentials,
    fourier,
    grids,
    histograms,
    incomplete,
    indexing,
    inverses,
    methods,
    neural,
    normalization,
    norms,
    passing,
    placing,
    polynomials,
    pooling,
    products,
    quantiles,
    recurrent,
    reductions,
    samples,
    sets,
    shaping,
    special,
    statistics,
)
from cases.elementwise import BINARY
from cases.inputs import X, numbers, turned
from cases.table import CASES, Case, case, rows, variants

__all__ = [
    "BINARY", "CASES", "Case", "X", "activations", "arguments", "case", "choices", "complex", "convolution",
    "curves", "decompositions", "domains", "elementwise", "entropy", "exponentials", "fourier", "grids",
    "histograms", "incomplete", "indexing", "inverses", "methods", "neural", "normalization", "norms",
    "numbers", "passing", "placing", "polynomials", "pooling", "products", "quantiles", "recurrent",
    "reductions", "rows", "samples", "sets", "shaping", "special", "statistics", "turned", "variants",
]  # fmt: skip
