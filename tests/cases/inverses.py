"""Rows of inverses, determinants and solutions of equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.rules import inverses
from cases.inputs import Array, numbers
from cases.table import case

SQUARE = numbers(3, 3) + 2 * np.eye(3)
STACK = numbers(2, 3, 3, start=1) + np.array([2.0, -3.0])[:, None, None] * np.eye(3)
TALL = numbers(4, 3) + np.eye(4, 3)
SINGULAR = np.array([[1.0, 2.0, -1.0], [0.5, 1.0, -0.5], [3.0, -1.0, 0.2]])
for _square in (SQUARE, STACK, numbers(1, 1, low=0.5, high=1.5), np.zeros((0, 2, 2)), np.zeros((0, 0))):
    for _fn in (np.linalg.inv, np.linalg.det, np.linalg.slogdet):
        case(_fn, _square)
for _singular in (SINGULAR, np.stack([SINGULAR, SQUARE]), np.diag([1.0, 0.5, 0.0]), np.zeros((1, 1))):
    case(np.linalg.det, _singular)
for _square in (SQUARE, SINGULAR, STACK, np.ones((1, 1))):
    case(inverses.adjugate, _square)
for _a, _b in (
    (SQUARE, numbers(3)), (SQUARE, numbers(3, 2)), (STACK, numbers(3, start=1)), (STACK, numbers(2, 3, 2)),
    (SQUARE, numbers(2, 3, 1)), (STACK, numbers(1, 3, 2)), (np.zeros((0, 0)), np.zeros((0, 2))),
):  # fmt: skip
    case(np.linalg.solve, _a, _b)
case(inverses.solved, STACK, numbers(3, 2))
case(np.linalg.solve, numbers(3), call=lambda b: np.linalg.solve(SQUARE, b))
case(np.linalg.solve, SQUARE, call=lambda a: np.linalg.solve(a, np.arange(3.0)))

# ----- of any shape -----

LOW = np.outer(numbers(4), numbers(3, start=1)) + np.outer(numbers(4, start=2), numbers(3, start=3))


def of_low_rank(a: Array) -> Array:
    """Return matrices of rank 2, whatever `a` is: a derivative is one as long as the rank stays what it is."""
    return a[..., :2] @ a[..., :2, :]


def moving(results: Any) -> list[Any]:
    """Return solution, sums of squares and singular values, and leave out the rank."""
    x, squares, _, s = results
    return [x, squares, s]


for _any in (TALL, TALL.T, SQUARE, np.stack([TALL, -2 * TALL])):
    case(np.linalg.pinv, _any)
case(np.linalg.pinv, SQUARE, call=lambda a: np.linalg.pinv(of_low_rank(a), rtol=1e-6))
case(np.linalg.pinv, TALL, rcond=1e-10)
case(np.linalg.pinv, SQUARE, call=lambda a: np.linalg.pinv(a + np.swapaxes(a, -1, -2).conj(), hermitian=True))
for _any in (TALL, TALL.T, SQUARE):
    case(np.linalg.lstsq, _any, numbers(_any.shape[0], 2), call=lambda a, b: moving(np.linalg.lstsq(a, b)))
case(np.linalg.lstsq, TALL, numbers(4), call=lambda a, b: moving(np.linalg.lstsq(a, b, rcond=1e-8)))
case(np.linalg.lstsq, TALL, call=lambda a: np.linalg.lstsq(of_low_rank(a), np.arange(4.0), rcond=1e-6)[0])
case(np.linalg.lstsq, numbers(4, 2), call=lambda b: np.linalg.lstsq(TALL, b)[0])
case(inverses.least_squares, TALL, numbers(4, 2), call=lambda a, b: moving(inverses.least_squares(a, b)))


case(np.linalg.tensorinv, (numbers(6, 6) + 2 * np.eye(6)).reshape(2, 3, 6))
case(np.linalg.tensorinv, (numbers(6, 6) + 2 * np.eye(6)).reshape(6, 3, 2), ind=1)
case(np.linalg.tensorsolve, (numbers(6, 6) + 2 * np.eye(6)).reshape(2, 3, 6), numbers(2, 3, start=1))
case(np.linalg.tensorsolve, (numbers(6, 6) + 2 * np.eye(6)).reshape(6, 2, 3), numbers(2, 3, start=1), axes=(0,))
for _p in (None, 2, -2, "fro", "nuc", 1, -1, np.inf, -np.inf):
    case(np.linalg.cond, STACK[0], p=_p)
case(np.linalg.cond, STACK, p=1)
case(np.linalg.cond, TALL)
for _order in ("nuc", 2, -2):
    case(np.linalg.norm, TALL, ord=_order)
    case(np.linalg.norm, numbers(4, 2, 3), ord=_order, axis=(2, 0), keepdims=True)
    case(np.linalg.matrix_norm, STACK, ord=_order)
for _power in (-1, -3):
    case(np.linalg.matrix_power, SQUARE, n=_power)
