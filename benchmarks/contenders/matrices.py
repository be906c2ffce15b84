"""Value and gradient of linear algebra and Fourier transforms: one function for all libraries with NumPy's names."""

from __future__ import annotations

from typing import Any

import numpy as np

KINDS = ("solve", "eigh", "svd", "fft")
SIZES = (4, 64, 512)
STACK = 1000
WORKLOADS = (*(f"{kind}{size}" for kind in KINDS for size in SIZES), *(f"{kind}{STACK}x4" for kind in KINDS))


def kind_of(workload: str) -> str:
    return next(kind for kind in KINDS if workload.startswith(kind))


def matrix_input(workload: str) -> np.ndarray:
    """A symmetric matrix whose eigenvalues are apart, or a stack of them."""
    size = workload.removeprefix(kind_of(workload))
    shape = (STACK, 4, 4) if size.startswith(str(STACK)) else (int(size), int(size))
    a = np.random.default_rng(len(workload)).standard_normal(shape) / shape[-1]
    return a + np.swapaxes(a, -1, -2) + np.diag(np.arange(1.0, shape[-1] + 1))


def weights(workload: str) -> np.ndarray:
    return np.linspace(0.5, 1.5, matrix_input(workload).shape[-1])


def loss_of(xp: Any, kind: str, a: Any, c: Any, total: Any) -> Any:
    """A number of one matrix or of a stack; signs of vectors and phases make no difference."""
    if kind == "solve":
        return total(xp.linalg.solve(a, c[:, None] + a) ** 2)
    if kind == "eigh":
        values, vectors = xp.linalg.eigh(a)
        return total(c * values) + total(c * vectors**4)
    if kind == "svd":
        left, values, _ = xp.linalg.svd(a, full_matrices=False)
        return total(c * values) + total(c * left**4)
    y = xp.fft.fft(a)
    return total(c * (xp.real(y) ** 2 + xp.imag(y) ** 2))


def by_hand(kind: str, a: np.ndarray, c: np.ndarray) -> tuple[float, np.ndarray]:
    """The same, and its gradient, as a person would write them."""
    if kind == "solve":
        x = np.linalg.solve(a, c[:, None] + a)
        g = np.linalg.solve(np.swapaxes(a, -1, -2), 2 * x)
        return (x * x).sum(), g - g @ np.swapaxes(x, -1, -2)
    if kind == "fft":
        y = np.fft.fft(a)
        return (c * (y.real**2 + y.imag**2)).sum(), np.fft.fft(2 * c * y.conj()).real
    if kind == "eigh":
        w, v = np.linalg.eigh(a)
        return (c * w).sum() + (c * v**4).sum(), _of_vectors(w, v, c + 0 * w, 4 * c * v**3)
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    return (c * s).sum() + (c * u**4).sum(), _of_svd(u, s, vt, c + 0 * s, 4 * c * u**3)


def _of_vectors(w: np.ndarray, v: np.ndarray, gw: np.ndarray, gv: np.ndarray) -> np.ndarray:
    vt = np.swapaxes(v, -1, -2)
    apart = w[..., None, :] - w[..., None]
    np.einsum("...ii->...i", apart)[...] = np.inf
    inner = (vt @ gv) / apart
    np.einsum("...ii->...i", inner)[...] = gw
    g = v @ inner @ vt
    return (g + np.swapaxes(g, -1, -2)) / 2


def _of_svd(u: np.ndarray, s: np.ndarray, vt: np.ndarray, gs: np.ndarray, gu: np.ndarray) -> np.ndarray:
    squares = s * s
    apart = squares[..., None, :] - squares[..., None]
    np.einsum("...ii->...i", apart)[...] = np.inf
    f = (np.swapaxes(u, -1, -2) @ gu) / apart
    inner = (f + np.swapaxes(f, -1, -2)) * s[..., None, :]
    np.einsum("...ii->...i", inner)[...] = gs
    return u @ inner @ vt
