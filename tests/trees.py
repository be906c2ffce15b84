"""Nested dicts, lists and tuples of arrays, drawn at random and compared; what of a row has a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import Case

import autograd_lite as ag
from autograd_lite import tree


def randoms(rng: np.random.Generator, like: Any) -> Any:
    return tree.map(lambda x: rng.uniform(-1, 1, np.shape(x)) * (np.exp(2j) if np.iscomplexobj(x) else 1), like)


def inner(a: Any, b: Any) -> float:
    """Return what cotangents are paired with tangents to."""
    return float(sum(np.real(x * y).sum() for x, y in zip(tree.leaves(a), tree.leaves(b), strict=True)))


def close(actual: Any, expected: Any, tolerance: float = 1e-12) -> None:
    assert tree.flatten(actual)[1] == tree.flatten(expected)[1]
    for a, e in zip(tree.leaves(actual), tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, e, rtol=tolerance, atol=tolerance)


def differentiable(row: Case) -> Any:
    """Return the results of a row that depend on its inputs, as a function of them."""
    xs = [ag.Tensor(x, requires_grad=True) for x in row.inputs]
    keep = [isinstance(y, ag.Tensor) and y.requires_grad for y in row(*xs)]
    return lambda *inputs: [y for y, k in zip(row(*inputs), keep, strict=True) if k]
