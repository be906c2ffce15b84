"""Rows of inverses, determinants, and decompositions of matrices."""

from __future__ import annotations

import numpy as np

from autograd_lite.rules import decompositions
from cases.inputs import numbers
from cases.table import case

SQUARE = numbers(3, 3) + 2 * np.eye(3)
STACK = numbers(2, 3, 3, start=1) + np.array([2.0, -3.0])[:, None, None] * np.eye(3)
for _square in (SQUARE, STACK, numbers(1, 1, low=0.5, high=1.5), np.zeros((0, 2, 2)), np.zeros((0, 0))):
    for _fn in (np.linalg.inv, np.linalg.det, np.linalg.slogdet):
        case(_fn, _square)
for _a, _b in (
    (SQUARE, numbers(3)), (SQUARE, numbers(3, 2)), (STACK, numbers(3, start=1)), (STACK, numbers(2, 3, 2)),
    (SQUARE, numbers(2, 3, 1)), (STACK, numbers(1, 3, 2)), (np.zeros((0, 0)), np.zeros((0, 2))),
):  # fmt: skip
    case(np.linalg.solve, _a, _b)
case(decompositions.solved, STACK, numbers(3, 2))
case(np.linalg.solve, numbers(3), call=lambda b: np.linalg.solve(SQUARE, b))
case(np.linalg.solve, SQUARE, call=lambda a: np.linalg.solve(a, np.arange(3.0)))
SPREAD = numbers(3, 3, start=1) + np.diag([0.0, 2.0, 5.0])
for _spread in (SPREAD, np.stack([SPREAD, -2 * SPREAD]), np.ones((1, 1)), np.zeros((0, 2, 2))):
    case(np.linalg.eigvalsh, _spread, call=lambda a: np.linalg.eigvalsh(a + np.swapaxes(a, -1, -2)))
    case(np.linalg.eigh, _spread, call=lambda a: np.linalg.eigh(a + np.swapaxes(a, -1, -2)))
case(np.linalg.eigh, SPREAD, call=lambda a: np.linalg.eigh(a + a.T).eigenvectors ** 2)
case(np.linalg.eigh, SPREAD, call=lambda a: np.linalg.eigh(a + a.T, "U")[0])
case(np.linalg.eigvalsh, SPREAD, call=lambda a: np.linalg.eigvalsh(a + a.T, UPLO="U"))
