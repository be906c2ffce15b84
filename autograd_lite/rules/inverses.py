"""Inverses, determinants and solutions of equations, of one matrix or of stacks.

=====================  =====================================================================
``det``, singular      its derivative is the adjugate, which is finite
``slogdet``, singular  nan, since the logarithm of 0 has no derivative
``pinv``, ``lstsq``    as long as the rank stays what it is, which a derivative cannot tell
=====================  =====================================================================
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.base.elsewhere import sent
from autograd_lite.base.shapes import Array, everywhere
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import constant, custom
from autograd_lite.engine.several import several


def turned(a: Array) -> Array:
    """Return the transposed matrices."""
    return np.swapaxes(a, -1, -2)


def adjoint(a: Array) -> Array:
    """Return the conjugated transposed matrices."""
    return turned(a).conj()


def unit(a: Array) -> Array:
    """Return the unit matrix of the size of square matrices, or of diagonals."""
    return sent(np.eye(a.shape[-1], dtype=a.dtype), a)


def diagonal_of(a: Array) -> Array:
    return np.diagonal(a, axis1=-2, axis2=-1)


several(np.linalg.inv, lambda g, y: -(turned(y) @ g @ turned(y)), signature="(n,n)->(n,n)", complex=True)

# ----- determinants -----


def _without_one(s: Array) -> Array:
    """Return for each number the product of the others."""
    same = sent(np.eye(s.shape[-1], dtype=bool), s)
    return np.prod(np.where(same, 1, s[..., None, :]), -1)


def _without_two(s: Array) -> Array:
    """Return for each pair of numbers the product of the others, and 0 for a number and itself."""
    same = sent(np.eye(s.shape[-1], dtype=bool), s)
    others = np.where(same[:, None] | same, 1, s[..., None, None, :])
    return np.where(same, 0, np.prod(others, -1))


def _adjugate(a: Array) -> Array:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.linalg.det(u @ vh)[..., None, None] * (adjoint(vh) * _without_one(s)[..., None, :]) @ adjoint(u)


def _adjugate_rule(g: Array, a: Array) -> Array:
    """The transpose of the derivative, taken between the singular vectors, where the matrix is diagonal.

    There that of ``adj(S)`` by M is ``-M[i, j]`` times the product of all singular values but s[i] and s[j]; on the
    diagonal the sum over k of ``M[k, k]`` times the product of all but s[i] and s[k].
    """
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    inner = np.linalg.det(u @ vh)[..., None, None] * (vh.conj() @ g @ u.conj())
    products = _without_two(s)
    summed = (products @ diagonal_of(inner)[..., None]) * unit(s)
    return u.conj() @ (summed - products * inner) @ vh.conj()


adjugate = custom(_adjugate, _adjugate_rule, signature="(n,n)->(n,n)", complex=True)


def _det_rule(g: Array, y: Array, a: Array) -> Array:
    """``det(a) inv(a)`` is the adjugate, transposed as all derivatives are."""
    if everywhere(y != 0):
        return (g * y)[..., None, None] * turned(np.linalg.inv(a))
    return g[..., None, None] * turned(adjugate(a))


several(np.linalg.det, _det_rule, signature="(n,n)->()", complex=True)


def _inverse_or_nan(sign: Array, a: Array) -> Array:
    """Return inverses, of a singular matrix nan; by the sign of the determinant."""
    if everywhere(sign != 0):
        return np.linalg.inv(a)
    singular = (sign == 0)[..., None, None]
    return np.where(singular, np.nan, np.linalg.inv(np.where(singular, unit(a), a)))


def _slogdet_rule(g: Any, y: Any, a: Array) -> Array:
    """``inv(a)`` turned, times the slope of the logarithm of ``det``: the sign is ``exp`` of its imaginary part."""
    to_sign, slope = g
    if to_sign is not None:
        turn = (to_sign * y[0]).imag * 1j
        slope = turn if slope is None else slope + turn
    return slope[..., None, None] * turned(_inverse_or_nan(y[0], a))


def _slogdet_tangents(tangents: Sequence[Array], y: Any, a: Array) -> tuple[Any, Array]:
    slope = np.sum(turned(_inverse_or_nan(y[0], a)) * tangents[0], (-2, -1))
    return (slope.imag * 1j * y[0] if slope.dtype.kind == "c" else None), slope.real


several(
    np.linalg.slogdet, _slogdet_rule, jvp=_slogdet_tangents, signature="(n,n)->(),()", constant=(0,), complex=True,
    analytic=False,
)  # fmt: skip

# ----- equations -----


def _solve_rule(g: Array, y: Array, a: Array) -> tuple[Array, Array]:
    """One solution with the transposed matrix serves both."""
    share = np.linalg.solve(turned(a), g)
    return -(share @ turned(y)), share


def _solve(a: Array, b: Array) -> Array:
    return np.linalg.solve(a, b)


solved = several(_solve, _solve_rule, signature="(n,n),(n,k)->(n,k)", complex=True)


@composite(np.linalg.solve, complex=True)
def solve(a: Array, b: Array) -> Array:
    """A vector is a matrix of one column for the time of the call."""
    return solved(a, b) if np.ndim(b) != 1 else solved(a, np.expand_dims(b, -1))[..., 0]


def _pinv(a: Array, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Array:
    cut = {} if rtol is None else {"rtol": rtol}
    return np.linalg.pinv(a, hermitian=hermitian, **(cut if rcond is None else {"rcond": rcond}))


def _pinv_rule(g: Array, y: Array, a: Array) -> Array:
    """Of ``dY = -Y dA Y + Y Y* dA* (1 - A Y) + (1 - Y A) dA* Y* Y``, ``*`` for adjoint (Golub and Pereyra, 1973)."""
    back = adjoint(g)
    rows, columns = (sent(np.eye(n, dtype=a.dtype), a) for n in a.shape[-2:])
    share = -(turned(y) @ g @ turned(y))
    share = share + (rows - a @ y).conj() @ back @ (y @ adjoint(y)).conj()
    return share + (adjoint(y) @ y).conj() @ back @ (columns - y @ a).conj()


several(
    np.linalg.pinv, _pinv_rule, settings="rcond hermitian rtol", call=_pinv, signature="(m,n)->(n,m)", complex=True,
    analytic=False,
)  # fmt: skip


def _lstsq(a: Array, b: Array, rcond: Any = None) -> Any:
    return np.linalg.lstsq(a, b, rcond)


def _lstsq_rule(g: Any, y: Any, a: Array, b: Array, rcond: Any) -> tuple[Array, Array]:
    """The solution is ``pinv(a) @ b``. What is left is orthogonal to the columns: of that only `a` and `b` move."""
    of_solution, of_squares, _, of_values = g
    to_a, to_b = np.zeros_like(a), np.zeros_like(b)
    if of_solution is not None:
        inverse = np.linalg.pinv(a, np.finfo(a.dtype).eps * max(a.shape) if rcond is None else rcond)
        to_a = to_a + _pinv_rule(of_solution @ turned(b), inverse, a)
        to_b = to_b + turned(inverse) @ of_solution
    if of_squares is not None and of_squares.shape[0]:  # there are some for more rows than columns, of full rank
        left = 2 * of_squares * (b - a @ y[0]).conj()
        to_a, to_b = to_a - left @ turned(y[0]), to_b + left
    if of_values is not None:
        u, _, vh = np.linalg.svd(a, full_matrices=False)
        to_a = to_a + (u.conj() * of_values) @ vh.conj()
    return to_a, to_b


least_squares = several(
    _lstsq, _lstsq_rule, settings="rcond", constant=(2,), complex=True, analytic=False
)


@composite(np.linalg.lstsq, complex=True)
def lstsq(a: Array, b: Array, rcond: Any = None) -> Any:
    """A vector is a matrix of one column for the time of the call."""
    if np.ndim(b) != 1:
        return least_squares(a, b, rcond=rcond)
    x, *others = least_squares(a, np.expand_dims(b, -1), rcond=rcond)
    return x[..., 0], *others


@composite(np.linalg.tensorinv, complex=True)
def tensorinv(a: Array, ind: int = 2) -> Array:
    """The inverse of the matrix whose rows are the first `ind` axes."""
    rows, columns = a.shape[:ind], a.shape[ind:]
    return np.reshape(np.linalg.inv(np.reshape(a, (math.prod(rows), -1))), columns + rows)


@composite(np.linalg.tensorsolve, complex=True)
def tensorsolve(a: Array, b: Array, axes: Any = None) -> Array:
    """The solution with the matrix whose rows are the axes of `b`, those in `axes` put last."""
    if axes is not None:
        a = np.transpose(a, [*(i for i in range(a.ndim) if i not in axes), *axes])
    columns = a.shape[np.ndim(b) - a.ndim :]
    size = math.prod(columns)
    return np.reshape(np.linalg.solve(np.reshape(a, (size, size)), np.ravel(b)), columns)


# ----- how well they can be solved -----


@composite(np.linalg.cond, complex=True)
def cond(x: Array, p: Any = None) -> Array:
    """Of a singular matrix infinity, which has no derivative."""
    if p in (None, 2, -2):
        s = np.linalg.svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]  # noqa: PLR2004 - the norm's name
    inverse = _inverse_or_nan(np.linalg.slogdet(x).sign, x)
    ratio = np.linalg.norm(x, p, (-2, -1)) * np.linalg.norm(inverse, p, (-2, -1))
    return np.where(np.isnan(ratio) & ~np.isnan(x).any((-2, -1)), np.inf, ratio)


constant(np.linalg.matrix_rank, signature="(m,n)->()")
