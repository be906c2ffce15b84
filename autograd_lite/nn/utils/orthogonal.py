"""Orthogonal matrices as functions of free ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.generators import generator
from autograd_lite.engine.record import plain_of
from autograd_lite.nn.module import Module
from autograd_lite.tensor.tensor import Tensor

_MAPS = ("matrix_exp", "cayley", "householder")


class Orthogonal(Module):
    """Makes a matrix orthogonal: of a tall one the columns, of a wide one the rows. See `parametrizations.orthogonal`.

    Of a free matrix what is below the diagonal counts. `base`, if it is there, is the orthogonal matrix that is made of
    the identity.
    """

    base: Tensor | None

    def __init__(self, weight: Any, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        if orthogonal_map not in _MAPS:
            raise errors.ArgumentError(errors.ORTHOGONAL_MAP.format(given=orthogonal_map))
        if weight.dtype.kind == "c" and orthogonal_map == "householder":
            raise errors.ArgumentError(errors.ORTHOGONAL_COMPLEX)
        if not use_trivialization and orthogonal_map != "householder":
            raise errors.ArgumentError(errors.ORTHOGONAL_INVERSE.format(given=orthogonal_map))
        self.orthogonal_map, self.use_trivialization = orthogonal_map, use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        wide = x.shape[-2] < x.shape[-1]
        x = np.swapaxes(x, -1, -2) if wide else x
        q = reflected(x) if self.orthogonal_map == "householder" else self._by_skew_matrix(x)
        q = self.base @ q if self.use_trivialization else q
        return np.swapaxes(q, -1, -2) if wide else q

    def _by_skew_matrix(self, x: Any) -> Any:
        n, k = x.shape[-2:]
        lower = np.tril(x)
        if n != k:
            lower = np.concatenate([lower, np.zeros((*x.shape[:-1], n - k), x.dtype)], axis=-1)
        skew = lower - adjoint(lower)
        return (cayley if self.orthogonal_map == "cayley" else matrix_exp)(skew)[..., :k]

    def right_inverse(self, value: Any) -> Any:
        """Return a free matrix of which this makes `value`; that becomes what the identity stands for."""
        q = value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)
        wide = q.shape[-2] < q.shape[-1]
        tall = np.swapaxes(q, -1, -2) if wide else q
        if not self.use_trivialization:
            found = _reflections(tall)
            return np.swapaxes(found, -1, -2) if wide else found
        self.base = Tensor(_completed(tall))
        return np.broadcast_to(-np.eye(*q.shape[-2:], dtype=q.dtype), q.shape).copy()


def adjoint(a: Array) -> Array:
    turned = np.swapaxes(a, -1, -2)
    return np.conj(turned) if a.dtype.kind == "c" else turned


def cayley(skew: Array) -> Array:
    """Return ``(1 - A / 2)^-1 (1 + A / 2)``, which is orthogonal for a skew-symmetric `A`."""
    one = np.eye(skew.shape[-1], dtype=skew.dtype)
    return np.linalg.solve(one - skew / 2, one + skew / 2)


def reflected(x: Array) -> Array:
    """Return the first columns of a product of reflections, at the vectors below the diagonal of `x`, with a 1 above.

    The product is ``1 - V T V^T``, where the inverse of T is the upper triangle of ``V^T V`` with half of its diagonal:
    T. Joffrain et al., *Accumulating Householder transformations, revisited*, ACM TOMS 32 (2006). The signs of the
    diagonal of `x` are those of the columns; no derivative goes there.
    """
    n, k = x.shape[-2:]
    one = np.eye(n, k, dtype=x.dtype)
    v = np.tril(x, -1) + one
    products = np.swapaxes(v, -1, -2) @ v
    inner = np.triu(products, 1) + products * (np.eye(k, dtype=x.dtype) / 2)
    q = one - v @ np.linalg.solve(inner, np.swapaxes(v[..., :k, :], -1, -2))
    diagonal = np.diagonal(x.detach() if isinstance(x, Tensor) else x, axis1=-2, axis2=-1)
    return q * np.where(diagonal < 0, -1, 1).astype(x.dtype)[..., None, :]


def matrix_exp(a: Array) -> Array:
    """Return the exponential of square matrices.

    By halving until the norm is at most 5.37, a rational approximation of order 13, and as many squares: N. J. Higham,
    *The scaling and squaring method for the matrix exponential revisited*, SIAM J. Matrix Anal. Appl. 26 (2005).
    """
    plain = a.detach() if isinstance(a, Tensor) else a
    norm = np.max(np.sum(np.abs(plain), axis=-2), axis=-1)
    halved = np.clip(np.ceil(np.log2(np.maximum(norm, _LARGEST) / _LARGEST)), 0, None)[..., None, None]
    result = _approximated(a / (2.0**halved).astype(norm.dtype))
    for k in range(_squares(halved)):
        result = np.where(k < halved, result @ result, result)
    return np.where(halved > _MOST, np.nan, result) if _is_unknown(halved) else result


def _squares(halved: Any) -> int:
    """Return how many squares are needed at most: known where the numbers are, and not in a trace or a batch."""
    return _MOST if _is_unknown(halved) else int(np.max(plain_of(halved), initial=0))


def _is_unknown(x: Any) -> bool:
    return plain_of(x).__class__ is not np.ndarray


def _approximated(a: Array) -> Array:
    one = np.eye(a.shape[-1], dtype=a.dtype)
    b = [a.dtype.type(c) for c in _PADE]
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a2 @ a4
    high = a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2)
    odd = a @ (high + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * one)
    even = a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2) + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * one
    return np.linalg.solve(even - odd, even + odd)


_LARGEST = 5.371920351148152
_MOST = 10
"""How many squares there are where nobody knows how many are needed: enough for matrices of a norm up to 5500."""
_PADE = [
    math.factorial(26 - j) * math.factorial(13) / (math.factorial(26) * math.factorial(j) * math.factorial(13 - j))
    for j in range(14)
]


def _completed(tall: Array) -> Array:
    """Return square orthogonal matrices that begin with given columns, made orthogonal where they are not."""
    n, k = tall.shape[-2:]
    if n == k and _is_orthogonal(tall):
        return tall.copy()
    drawn = generator().normal(size=(*tall.shape[:-1], n - k)).astype(tall.dtype)
    q, r = np.linalg.qr(np.concatenate([tall, drawn], axis=-1))
    diagonal = np.diagonal(r, axis1=-2, axis2=-1)
    return q * _signs(diagonal)[..., None, :]


def _signs(x: Array) -> Array:
    return np.where(x == 0, 1, x / np.where(x == 0, 1, np.abs(x))).astype(x.dtype)


def _is_orthogonal(q: Array) -> bool:
    k = q.shape[-1]
    return bool(np.allclose(adjoint(q) @ q, np.eye(k), atol=10 * k * np.finfo(q.dtype).eps, rtol=0))


def _reflections(tall: Array) -> Array:
    """Return the matrix of which `reflected` makes the orthogonal factor of `tall`."""
    found = np.empty_like(tall)
    for index in np.ndindex(tall.shape[:-2]):
        h, tau = np.linalg.qr(tall[index], mode="raw")
        made = h.T.copy()
        diagonal = np.where(np.diagonal(made) < 0, -1.0, 1.0)
        np.fill_diagonal(made, np.where(tau == 0, -diagonal, diagonal))
        found[index] = made
    return found
