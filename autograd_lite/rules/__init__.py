"""The formulary: importing it fills the registry."""

from autograd_lite.rules import constant, elementwise, indexing, neural, products, reductions, samples, shaping, sparse

__all__ = ["constant", "elementwise", "indexing", "neural", "products", "reductions", "samples", "shaping", "sparse"]
