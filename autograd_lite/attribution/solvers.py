"""Solutions of linear equations of which only products with the matrix are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array

Product = Callable[[Array], Array]
_POWER_STEPS = 20
_MARGIN = 1.1


class Solution(NamedTuple):
    """What was found, how far its product is from the right side, in parts of that, and after how many steps."""

    x: Array
    residual: float
    steps: int


def conjugate_gradients(product: Product, b: Array, tolerance: float, most: int, damping: float = 0.0) -> Solution:
    """Solve ``A x = b`` for a symmetric positive definite matrix, in at most as many steps as it has rows and a few.

    Raises
    ------
    ConvergenceError
        The matrix is not positive definite; `damping`, which is part of it, is told in the message.

    Examples
    --------
    >>> A = np.array([[2.0, 1.0], [1.0, 3.0]])
    >>> conjugate_gradients(lambda v: A @ v, np.array([3.0, 4.0]), 1e-12, 10).x.round(12)
    array([1., 1.])
    """
    x, r = np.zeros_like(b), b.copy()
    p, rr = r.copy(), float(r @ r)
    goal, steps = tolerance * np.sqrt(rr), 0
    while np.sqrt(rr) > goal and steps < most:
        q = product(p)
        curvature = float(p @ q) / float(p @ p)
        if curvature <= 0:
            said = {"curvature": curvature, "damping": damping, "wanted": 2 * (damping - curvature) + 1e-3}
            raise errors.ConvergenceError(errors.NOT_CONVEX.format(**said))
        step = rr / float(p @ q)
        x, r = x + step * p, r - step * q
        before, rr = rr, float(r @ r)
        p = r + rr / before * p
        steps += 1
    return Solution(x, float(np.sqrt(rr) / (np.linalg.norm(b) or 1.0)), steps)


def largest_eigenvalue(product: Product, like: Array, rng: np.random.Generator) -> float:
    """Return about the largest eigenvalue of a positive definite matrix, by a few products with vectors `like` one."""
    v = rng.standard_normal(like.size).astype(like.dtype)
    found = 0.0
    for _ in range(_POWER_STEPS):
        v = v / np.linalg.norm(v)
        v = product(v)
        found = float(np.linalg.norm(v))
    return found


def stochastic(
    product: Product, sampled: Product | None, b: Array, tolerance: float, most: int, rng: np.random.Generator
) -> Solution:
    """Solve ``A x = b`` by steps ``x + (b - A' x) / scale`` with random samples A' of the matrix: LiSSA.

    The result is the mean of the second half of the steps, or where there are no samples, and A' is A itself, the last
    one, as soon as it is near. (N. Agarwal et al., "Second-order stochastic optimization for machine learning in
    linear time", 2017.)
    """
    scale = _MARGIN * largest_eigenvalue(product, b, rng)
    x, mean, kept = b / scale, np.zeros_like(b), 0
    exact, size = sampled is None, float(np.linalg.norm(b)) or 1.0
    multiplied = product if sampled is None else sampled
    for step in range(1, most + 1):
        left = b - multiplied(x)
        if exact and np.linalg.norm(left) <= tolerance * size:
            return Solution(x, float(np.linalg.norm(left)) / size, step)
        x = x + left / scale
        if 2 * step > most:
            kept += 1
            mean = mean + (x - mean) / kept
    found = x if exact else mean
    return Solution(found, float(np.linalg.norm(b - product(found))) / size, most)
