"""Norms of weights: direction and length apart, or divided by the largest singular value."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.generators import generator
from autograd_lite.engine.switch import no_grad
from autograd_lite.nn.functional import normalize
from autograd_lite.nn.layers.convolution import _Convolution
from autograd_lite.tensor.tensor import Tensor


def length(v: Array, dim: int | None) -> Array:
    """Return the norm of each slice along an axis, of length 1 along the others; of all where it is None or -1."""
    if dim is None or dim == -1:
        return np.sqrt(np.sum(v * v))
    axis = dim % v.ndim
    return np.sqrt(np.sum(v * v, axis=tuple(i for i in range(v.ndim) if i != axis), keepdims=True))


def scaled(g: Array, v: Array, dim: int | None) -> Array:
    """Return vectors of the directions of `v` and the lengths `g`."""
    return v * (g / length(v, dim))


def as_matrix(weight: Array, dim: int) -> Array:
    """Return a weight with an axis as rows, and all others as one."""
    moved = weight if dim == 0 else np.moveaxis(weight, dim, 0)
    return moved.reshape(moved.shape[0], -1)


def rows_axis(module: Any, weight: Any, dim: int | None) -> int:
    """Return the axis of the outputs in the weight of a module."""
    if dim is None:
        return int(isinstance(module, _Convolution) and module._turned)
    if not -weight.ndim <= dim < weight.ndim:
        raise errors.ArgumentError(errors.NORM_DIM.format(dim=dim, count=weight.ndim))
    return dim % weight.ndim


def directions(matrix: Array, eps: float, rng: Any = None) -> tuple[Tensor, Tensor]:
    """Return random vectors of length 1, for the rows and the columns of a matrix."""
    drawn = generator(rng)
    made = [Tensor(drawn.normal(size=n).astype(matrix.dtype)) for n in matrix.shape]
    u, v = (normalize(x, dim=0, eps=eps) for x in made)
    return u, v


def iterated(matrix: Array, u: Array, v: Array, times: int, eps: float) -> tuple[Array, Array]:
    """Return estimates of the first singular vectors that are better by some steps of the power method."""
    with no_grad():
        matrix = matrix.detach() if isinstance(matrix, Tensor) else matrix
        for _ in range(times):
            u = normalize(matrix @ v, dim=0, eps=eps)
            v = normalize(matrix.T @ u, dim=0, eps=eps)
    return u, v


def check_power(times: int) -> None:
    if times < 1:
        raise errors.ArgumentError(errors.POWER_ITERATIONS.format(given=times))
