"""Decompositions of matrices, and of stacks of them.

Where a decomposition is not unique, its derivative is that of the results that do not depend on the choice:

==========================  ================================================================
equal eigenvalues, equal    the values have the derivative of any symmetric function of them;
singular values             vectors between them nan, if the result depends on them, else 0
a singular value of 0       the vectors that belong to it likewise
phases of complex vectors   a result that depends on them is refused; ``qr``: `r` has a real
                            diagonal, as LAPACK's has
columns that fill up        of ``full_matrices``: likewise refused
the other triangle          of ``eigh``, ``eigvalsh``, ``cholesky``: NumPy reads one, and both
                            halves get half of a derivative: what is Hermitian stays it
the rank of ``qr``          full
==========================  ================================================================

Formulas: M. Giles, Collected Matrix Derivative Results for Forward and Reverse Mode Algorithmic Differentiation (2008);
complex ones derived here, as pairs of a cotangent with a step: see `base.conventions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import sent
from autograd_lite.base.shapes import Array
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import custom
from autograd_lite.engine.several import several
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules.inverses import adjoint, diagonal_of, turned, unit


def hermitian(a: Array) -> Array:
    """Return the Hermitian part of matrices, of real ones the symmetric part."""
    return (a + adjoint(a)) / 2


def _between(k: Array, gap: Array) -> Array:
    """``k / gap`` beside the diagonal; for values that are equal 0 where `k` is, and else nan."""
    equal = gap == 0
    unknown = equal & (k != 0) & ~sent(np.eye(k.shape[-1], dtype=bool), k)
    return np.where(equal, np.where(unknown, np.nan, 0), k / np.where(equal, 1, gap))


def _gaps(w: Array) -> Array:
    """Return ``w[j] - w[i]`` from row i to column j."""
    return w[..., None, :] - w[..., :, None]


def _quotient(a: Array, s: Array) -> Array:
    """``a / s`` for each column, and 0 where `a` is 0."""
    s = s[..., None, :]
    return a / np.where((a == 0) & (s == 0), 1, s)


def _free_of_phases(turn: Array, size: Array, name: str) -> None:
    """Refuse a derivative by the phases of vectors, which are the choice of the library that computed them.

    `turn` is what it would be, `size` of the numbers that it is the sum of.
    """
    if turn.dtype.kind == "c":
        slack = np.finfo(turn.dtype).eps ** 0.5 * np.sum(np.abs(size), -2)
        verify(~(np.abs(turn.imag) > slack), errors.PHASES.format(op=name), errors.UnsupportedError)


# ----- eigenvalues of Hermitian matrices -----


def _eigh(a: Array, UPLO: Any = "L") -> Any:  # noqa: N803 - NumPy's name
    return np.linalg.eigh(a, UPLO)


def _eigh_rule(g: Any, y: Any) -> Array:
    """``V* (diag(gw) + F (V^T gV)) V^T``, its Hermitian part, with ``F = 1 / (w_j - w_i)``; here ``*`` conjugates.

    Without a cotangent for the vectors there is no F.
    """
    (gw, gv), (w, v) = g, y
    if gv is None:
        return (v.conj() * gw[..., None, :]) @ turned(v)
    inner = turned(v) @ gv
    _free_of_phases(diagonal_of(inner), inner, "eigh")
    inner = _between(inner, _gaps(w))
    if gw is not None:
        inner = inner + gw[..., None] * unit(w)
    return hermitian(v.conj() @ inner @ turned(v))


def _eigh_tangents(tangents: Sequence[Array], y: Any) -> tuple[Array, Array]:
    w, v = y
    inner = adjoint(v) @ hermitian(tangents[0]) @ v
    return diagonal_of(inner).real, v @ _between(inner, _gaps(w))


several(
    np.linalg.eigh, _eigh_rule, jvp=_eigh_tangents, settings="UPLO", call=_eigh, signature="(n,n)->(n),(n,n)",
    domain=hermitian, complex=True, analytic=False,
)  # fmt: skip


@composite(np.linalg.eigvalsh, complex=True)
def eigvalsh(a: Array, UPLO: Any = "L") -> Array:  # noqa: N803 - NumPy's name
    return np.linalg.eigh(a, UPLO)[0]


# ----- eigenvalues -----


def _eig_rule(g: Any, y: Any) -> Array:
    """``V^-T (diag(gw) + F (V^T gV - V^T V* D)) V^T``, where `D` is the real diagonal of ``V^T gV``.

    The second term keeps the length of the vectors.
    """
    (gw, gv), (w, v) = g, y
    inner: Any = 0 if gw is None else gw[..., None] * unit(w)
    if gv is not None:
        moved = turned(v) @ gv
        along = diagonal_of(moved)
        _free_of_phases(along, moved, "eig")
        inner = inner + _between(moved - (turned(v) @ v.conj()) * along.real[..., None, :], _gaps(w))
    return np.linalg.solve(turned(v), inner) @ turned(v)


def _eig_tangents(tangents: Sequence[Array], y: Any) -> tuple[Array, Array]:
    w, v = y
    inner = np.linalg.solve(v, tangents[0] @ v)
    moved = v @ _between(inner, _gaps(w))
    along = np.sum(v.conj() * moved, -2, keepdims=True).real
    return diagonal_of(inner), moved - v * along


several(
    np.linalg.eig, _eig_rule, jvp=_eig_tangents, signature="(n,n)->(n),(n,n)", complex=True, analytic=False,
)  # fmt: skip


@composite(np.linalg.eigvals, complex=True)
def eigvals(a: Array) -> Array:
    return np.linalg.eig(a)[0]


# ----- singular values -----


def _svd(a: Array, full_matrices: bool = True) -> Any:
    return np.linalg.svd(a, full_matrices)


def _first(y: Any) -> Any:
    """Return the results without the vectors that only fill up bases."""
    u, s, vh = y
    return u[..., : s.shape[-1]], s, vh[..., : s.shape[-1], :]


def _kept(g: Any, count: int, name: str, instead: str) -> Any:
    """Return the cotangent of the first columns; what depends on the others, which only fill up a basis, is refused."""
    if g is None or g.shape[-1] == count:
        return g
    verify(g[..., count:] == 0, errors.FILLED_UP.format(op=name, instead=instead), errors.UnsupportedError)
    return g[..., :count]


def _is_tall(vectors: Array) -> bool:
    """Tell whether vectors leave something out, so that they may also move to where none of them points."""
    return bool(vectors.shape[-2] > vectors.shape[-1])


def _svd_rule(g: Any, y: Any) -> Array:
    """Between the singular vectors, and for those that leave something out from there.

    With ``K = U^T gU``, ``L = V^T gV`` and ``F = 1 / (s_j^2 - s_i^2)``: ``F (K - K*) S + S F (L - L*) + diag(gs)``.
    """
    (u, s, vh), (gu, gs, gvh), names = _first(y), g, ("svd", "full_matrices=False")
    v, gaps, count = adjoint(vh), _gaps(s * s), s.shape[-1]
    gu, gv = _kept(gu, count, *names), None if gvh is None else _kept(adjoint(gvh), count, *names)
    of_u, of_v = (None if gx is None else turned(x) @ gx for x, gx in ((u, gu), (v, gv)))
    inner: Any = 0 if gs is None else gs[..., None] * unit(s)
    if of_u is not None:
        inner = inner + _between(of_u - adjoint(of_u), gaps) * s[..., None, :]
    if of_v is not None:
        inner = inner + s[..., :, None] * _between(of_v - adjoint(of_v), gaps)
    inner = inner + _common_phases(of_u, of_v, s)
    share = u.conj() @ inner @ vh.conj()
    if of_u is not None and _is_tall(u):
        share = share + _quotient(gu - u.conj() @ of_u, s) @ vh.conj()
    if of_v is not None and _is_tall(v):
        share = share + u.conj() @ adjoint(_quotient(gv - v.conj() @ of_v, s))
    return share


def _common_phases(of_u: Any, of_v: Any, s: Array) -> Any:
    """Return the share by a phase that moves one vector of a pair against the other; refuse that of both together."""
    both = of_v if of_u is None else of_u if of_v is None else of_u + of_v
    if both is None or both.dtype.kind != "c":
        return 0
    _free_of_phases(diagonal_of(both), both, "svd")
    return 0 if of_u is None else _quotient(diagonal_of(of_u).imag[..., None, :], s) * unit(s) * 1j


def _svd_tangents(tangents: Sequence[Array], y: Any) -> tuple[Array, Array, Array]:
    """As the rule, transposed; of vectors that only fill up a basis nan."""
    u, s, vh = _first(y)
    v, (t,) = adjoint(vh), tangents
    inner, gaps = adjoint(u) @ t @ v, _gaps(s * s)
    right, left = inner * s[..., None, :], s[..., :, None] * inner
    du, dv = u @ _between(right + adjoint(right), gaps), v @ _between(left + adjoint(left), gaps)
    if _is_tall(u):
        du = du + _quotient(t @ v - u @ inner, s)
    if _is_tall(v):
        dv = dv + _quotient(adjoint(t) @ u - v @ adjoint(inner), s)
    if inner.dtype.kind == "c":
        half = _quotient(diagonal_of(inner).imag[..., None, :], s) * 0.5j
        du, dv = du + u * half, dv - v * half
    return _filled(du, y[0]), diagonal_of(inner).real, adjoint(_filled(dv, turned(y[2])))


def _filled(moved: Array, like: Array) -> Array:
    """Return tangents of vectors with nan for those that only fill up a basis."""
    extra = like.shape[-1] - moved.shape[-1]
    return moved if extra <= 0 else np.concatenate([moved, np.full((*moved.shape[:-1], extra), np.nan)], -1)


decomposed = several(
    _svd, _svd_rule, jvp=_svd_tangents, settings="full_matrices",
    signature="(m,n)->(m,k),(k),(k,n)", complex=True, analytic=False,
)  # fmt: skip


@composite(np.linalg.svd, complex=True)
def svd(a: Array, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    if hermitian:
        return _svd_of_hermitian(a, compute_uv)
    return decomposed(a, full_matrices=full_matrices) if compute_uv else np.linalg.svdvals(a)


def _svd_of_hermitian(a: Array, compute_uv: bool) -> Any:
    """The eigenvalues by their size, and the signs with the vectors on the right."""
    w, v = np.linalg.eigh(a)
    order = np.argsort(np.abs(w), -1)[..., ::-1]
    w = np.take_along_axis(w, order, -1)
    if not compute_uv:
        return np.abs(w)
    v = np.take_along_axis(v, order[..., None, :], -1)
    return _SVD(v, np.abs(w), adjoint(v * np.sign(w)[..., None, :]))


_SVD: Any = type(np.linalg.svd(np.ones((1, 1))))  # a named tuple without a public name


@composite(np.linalg.svdvals, complex=True)
def svdvals(x: Array) -> Array:
    return decomposed(x, full_matrices=False)[1]


# ----- orthogonal and triangular factors -----


def _qr(a: Array, mode: Any = "reduced") -> Any:
    return np.linalg.qr(a, mode)


def _over_triangle(a: Array, r: Array) -> Array:
    """Return ``a @ inv(r)``."""
    return turned(np.linalg.solve(turned(r), turned(a)))


def _completed(m: Array) -> Array:
    """Return the Hermitian matrix that has the upper triangle of another, and the real part of its diagonal."""
    above = np.triu(m, 1)
    return above + adjoint(above) + diagonal_of(m).real[..., None] * unit(m)


def _qr_rule(g: Any, y: Any, a: Array) -> Array:
    """``(gQ + Q H) R^-*`` with ``H`` completing the upper triangle of ``gR R* - Q* gQ``, all cotangents conjugated.

    Of columns further on than there are rows, ``R = Q* A``.
    """
    count = min(a.shape[-2:])
    q, r = y[0][..., :count], y[1][..., :count, :]
    gq, gr = (None if x is None else x.conj() for x in g)
    gq = _kept(gq, count, "qr", "mode='reduced'")
    gr = None if gr is None else gr[..., :count, :]
    further = None if gr is None or a.shape[-1] == count else gr[..., count:]
    if further is not None:
        more = a[..., count:] @ adjoint(further)
        gq = more if gq is None else gq + more
    inner = 0 if gr is None else gr[..., :count] @ adjoint(r[..., :count])
    inner = inner if gq is None else inner - adjoint(q) @ gq
    share = q @ _completed(inner) if gq is None else gq + q @ _completed(inner)
    share = _over_triangle(share, adjoint(r[..., :count]))
    if a.shape[-1] > count:
        rest = np.zeros_like(a[..., count:]) if further is None else q @ further
        share = np.concatenate([share, rest], -1)
    return share.conj()


def _qr_tangents(tangents: Sequence[Array], y: Any, a: Array) -> tuple[Array, Array]:
    """Of ``Q* dA R^-1`` the part below the diagonal turns `Q`, and what is left moves `R`."""
    (t,), count = tangents, min(a.shape[-2:])
    q, r = y[0][..., :count], y[1][..., :count, :count]
    step = _over_triangle(t[..., :count], r)
    inner = adjoint(q) @ step
    below = np.tril(inner, -1)
    turn = below - adjoint(below)
    if inner.dtype.kind == "c":
        turn = turn + 1j * diagonal_of(inner).imag[..., None] * unit(inner)
    dq, dr = step - q @ (inner - turn), (inner - turn) @ r
    if a.shape[-1] > count:
        dr = np.concatenate([dr, adjoint(dq) @ a[..., count:] + adjoint(q) @ t[..., count:]], -1)
    rows = y[1].shape[-2] - count
    dr = dr if not rows else np.concatenate([dr, np.zeros((*dr.shape[:-2], rows, dr.shape[-1]), dr.dtype)], -2)
    return _filled(dq, y[0]), dr


factored = several(
    _qr, _qr_rule, jvp=_qr_tangents, settings="mode", signature="(m,n)->(m,k),(k,n)", complex=True,
    analytic=False,
)  # fmt: skip


@composite(np.linalg.qr, complex=True)
def qr(a: Array, mode: Any = "reduced") -> Any:
    if mode in ("reduced", "complete"):
        return factored(a, mode=mode)
    if mode == "r":
        return factored(a)[1]
    raise errors.UnsupportedError(errors.QR_MODE.format(mode=mode))


def _cholesky(a: Array, upper: Any = False) -> Array:
    return np.linalg.cholesky(a, upper=upper)


def _cholesky_rule(g: Array, y: Array, upper: Any) -> Array:
    """``L^-T P(L^T g) L*^-1``, its Hermitian part, where P keeps the lower triangle and half of the diagonal."""
    factor, g = (adjoint(y), adjoint(g)) if upper else (y, g)
    inner = np.tril(turned(factor) @ g)
    inner = inner - inner * unit(inner) / 2
    left = np.linalg.solve(turned(factor), inner)
    return hermitian(turned(np.linalg.solve(adjoint(factor), turned(left))))


custom(
    np.linalg.cholesky, _cholesky_rule, settings="upper", call=_cholesky, signature="(n,n)->(n,n)", complex=True,
    analytic=False,
)  # fmt: skip
