"""Covariances and correlations, of samples that may have weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules.common import detached


@composite(np.cov, complex=True)
def cov(
    m: Array, y: Array = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
    fweights: Array = None, aweights: Array = None, *, dtype: Any = None,
) -> Array:  # fmt: skip
    """The mean product of what is centred; a sample counts as often as `fweights` says, and `aweights` as much."""
    parts = [np.atleast_2d(with_shape(part)) for part in (m, y) if part is not None]
    parts = [part if rowvar or part.shape[0] == 1 else part.T for part in parts]
    if not parts[0].shape[0]:  # no variables have no covariance
        return np.astype(np.matmul(parts[0], parts[0].T), float)
    x = np.concatenate(parts)
    x = np.astype(x, np.result_type(x.dtype, np.float64) if dtype is None else dtype)
    ddof = ddof if ddof is not None else 0 if bias else 1
    if fweights is None and aweights is None:
        centred = x - np.mean(x, 1, keepdims=True)
        return np.squeeze(np.matmul(centred, centred.T.conj()) / max(x.shape[1] - ddof, 0))
    often, much = (None if w is None else np.astype(with_shape(w), float) for w in (fweights, aweights))
    _refuse_weights(often, much)
    w: Array = much if often is None else often if much is None else often * much
    total = np.sum(w)
    lost = ddof if much is None else ddof * np.sum(w * much) / total
    centred = x - np.sum(x * w, 1, keepdims=True) / total
    return np.squeeze(np.matmul(centred, (centred * w).T.conj()) / np.maximum(total - lost, 0))


def _refuse_weights(often: Array | None, much: Array | None) -> None:
    if often is not None:
        count = value_of(often)
        verify(count == np.around(count), "fweights must be integer", TypeError)
        verify(count >= 0, "fweights cannot be negative", ValueError)
    if much is not None:
        verify(detached(much) >= 0, "aweights cannot be negative", ValueError)


@composite(np.corrcoef, complex=True)
def corrcoef(x: Array, y: Array = None, rowvar: bool = True, *, dtype: Any = None) -> Array:
    """The covariance divided by both standard deviations, between -1 and 1 also where it is rounded."""
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    spread = np.sqrt(np.diagonal(c).real)
    c = c / spread[:, None] / spread
    if c.dtype.kind == "c":
        return np.clip(c.real, -1, 1) + 1j * np.clip(c.imag, -1, 1)
    return np.clip(c, -1, 1)
