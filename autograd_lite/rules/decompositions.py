"""Inverses, determinants and decompositions of matrices, and of stacks of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.several import several


def _turned(a: Array) -> Array:
    return np.swapaxes(a, -1, -2)


def _symmetric(a: Array) -> Array:
    return (a + _turned(a)) / 2


# ----- inverses and determinants -----


def _of_logarithm(g: Array, a: Array) -> Array:
    """The rule of the logarithm of a determinant."""
    return g[..., None, None] * _turned(np.linalg.inv(a))


def _solve_rule(g: Array, y: Array, a: Array) -> tuple[Array, Array]:
    """One solution with the transposed matrix serves both."""
    share = np.linalg.solve(_turned(a), g)
    return -(share @ _turned(y)), share


def _solve(a: Array, b: Array) -> Array:
    return np.linalg.solve(a, b)


several(np.linalg.inv, lambda g, y: -(_turned(y) @ g @ _turned(y)), signature="(n,n)->(n,n)")
several(np.linalg.det, lambda g, y, a: _of_logarithm(g * y, a), signature="(n,n)->()")
several(np.linalg.slogdet, lambda g, a: _of_logarithm(g[1], a), signature="(n,n)->(),()", constant=(0,))
solved = several(_solve, _solve_rule, signature="(n,n),(n,k)->(n,k)")


@composite(np.linalg.solve)
def solve(a: Array, b: Array) -> Array:
    """A vector is a matrix of one column for the time of the call."""
    return solved(a, b) if np.ndim(b) != 1 else solved(a, np.expand_dims(b, -1))[..., 0]


# ----- eigenvalues of symmetric matrices -----


def _eigh(a: Array, UPLO: Any = "L") -> Any:  # noqa: N803 - NumPy's name
    return np.linalg.eigh(a, UPLO)


def _eigh_rule(g: Any, y: Any) -> Array:
    """``V (diag(gw) + F * (V^T gV)) V^T``, its symmetric part, with ``F = 1 / (w_j - w_i)`` from row i to column j.

    NOTE: NumPy reads one triangle; both halves get half of a derivative, so that what is symmetric stays it. Between
    equal eigenvalues F is 0: their vectors are any basis, and have no derivative; that of the eigenvalues has no F.
    """
    (gw, gv), (w, v) = g, y
    if gv is None:
        return (v * gw[..., None, :]) @ _turned(v)
    gap = w[..., None, :] - w[..., :, None]
    equal = gap == 0
    inner = np.where(equal, 0, 1 / np.where(equal, 1, gap)) * (_turned(v) @ gv)
    if gw is not None:
        inner = inner + gw[..., None] * np.eye(w.shape[-1], dtype=w.dtype)
    return _symmetric(v @ inner @ _turned(v))


several(np.linalg.eigh, _eigh_rule, settings="UPLO", call=_eigh, signature="(n,n)->(n),(n,n)", domain=_symmetric)


@composite(np.linalg.eigvalsh)
def eigvalsh(a: Array, UPLO: Any = "L") -> Array:  # noqa: N803 - NumPy's name
    return np.linalg.eigh(a, UPLO)[0]
