"""Rows of decompositions of matrices. The first row of each is one for complex matrices too: it knows no phases."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.rules import decompositions
from cases.inputs import Array, numbers
from cases.inverses import SQUARE, STACK, TALL
from cases.table import case


def hermitian(a: Array) -> Array:
    return a + np.swapaxes(a, -1, -2).conj()


def positive(a: Array) -> Array:
    return a @ np.swapaxes(a, -1, -2).conj() + np.eye(a.shape[-1], dtype=a.dtype)


def squares(a: Array) -> Array:
    return np.square(np.abs(a))


# ----- eigenvalues -----

SPREAD = numbers(3, 3, start=1) + np.diag([0.0, 2.0, 5.0])
STACKED = (SPREAD, np.stack([SPREAD, -2 * SPREAD]), np.ones((1, 1)), np.zeros((0, 2, 2)))


def _values_and_lengths(found: Any) -> list[Any]:
    return [found[0], squares(found[1])]


case(np.linalg.eigh, SPREAD, call=lambda a: _values_and_lengths(np.linalg.eigh(hermitian(a))))
for _spread in STACKED:
    case(np.linalg.eigvalsh, _spread, call=lambda a: np.linalg.eigvalsh(hermitian(a)))
    case(np.linalg.eigh, _spread, call=lambda a: np.linalg.eigh(hermitian(a)))
case(np.linalg.eigh, SPREAD, call=lambda a: np.linalg.eigh(hermitian(a)).eigenvectors ** 2)
case(np.linalg.eigh, SPREAD, call=lambda a: np.linalg.eigh(hermitian(a), "U")[0])
case(np.linalg.eigvalsh, SPREAD, call=lambda a: np.linalg.eigvalsh(hermitian(a), UPLO="U"))
TURNING = np.array([[1.0, -2.0, 0.3], [2.0, 1.2, 0.1], [0.2, -0.4, 3.0]])  # of which two eigenvalues are complex


def _parts(found: Any) -> list[Any]:
    return [np.real(found[0]), np.imag(found[0]), squares(found[1])]


for _matrix in (TURNING, np.stack([TURNING, -TURNING])):
    case(np.linalg.eig, _matrix, call=lambda a: _parts(np.linalg.eig(a)))
    case(np.linalg.eigvals, _matrix, call=lambda a: _parts([np.linalg.eigvals(a), a])[:2])
case(np.linalg.eig, SPREAD, call=lambda a: _values_and_lengths(np.linalg.eig(a)))
case(np.linalg.eigvals, SPREAD)

# ----- singular values -----


def _without_phases(found: Any) -> list[Any]:
    u, s, vh = found
    count = s.shape[-1]
    both = u[..., :count] @ vh[..., :count, :]
    return [squares(u[..., :count]), s, np.real(both), np.imag(both) if np.iscomplexobj(both) else both]


for _any in (TALL, TALL.T, SQUARE, STACK, np.ones((1, 1))):
    case(np.linalg.svd, _any, call=lambda a: _without_phases(np.linalg.svd(a, full_matrices=False)))
    case(np.linalg.svdvals, _any)
for _any in (TALL, TALL.T):
    case(np.linalg.svd, _any, call=lambda a: _without_phases(np.linalg.svd(a)))
    case(np.linalg.svd, _any, call=lambda a: list(np.linalg.svd(a, full_matrices=False)))
    case(np.linalg.svd, _any, compute_uv=False)
    case(decompositions.decomposed, _any, call=lambda a: _without_phases(decompositions.decomposed(a)))
case(np.linalg.svd, SPREAD, call=lambda a: _without_phases(np.linalg.svd(hermitian(a), hermitian=True)))
case(np.linalg.svd, SPREAD, call=lambda a: np.linalg.svd(hermitian(a), compute_uv=False, hermitian=True))
case(np.linalg.svd, np.zeros((0, 3, 2)), full_matrices=False)

# ----- orthogonal and triangular factors -----

for _any in (TALL, TALL.T, SQUARE, STACK, np.ones((1, 1))):
    case(np.linalg.qr, _any)
    case(np.linalg.qr, _any, mode="r")
    case(decompositions.factored, _any)
case(np.linalg.qr, TALL.T, mode="complete")
case(np.linalg.qr, TALL, call=lambda a: [x[:, :3] for x in np.linalg.qr(a, mode="complete")])
for _upper in (False, True):
    for _any in (SQUARE, STACK, np.ones((1, 1)), np.zeros((0, 2, 2))):
        case(np.linalg.cholesky, _any, call=lambda a, upper=_upper: np.linalg.cholesky(positive(a), upper=upper))
