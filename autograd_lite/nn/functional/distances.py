"""How near vectors are to each other, and what is bilinear in two of them."""

from __future__ import annotations

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.operands import with_shape
from autograd_lite.tensor.tensor import Tensor

_BILINEAR = 3  # axes of a weight


def cosine_similarity(x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the cosine of the angle between vectors: ``x1 . x2 / (|x1| |x2|)``.

    Parameters
    ----------
    x1, x2 : Tensor or array, of shapes that broadcast
        Vectors along one axis.
    dim : int
        That axis, which the result has no more.
    eps : float
        What a length counts at least.

    Raises
    ------
    ShapeError
        No such axis.

    Notes
    -----
    Of a vector shorter than `eps` the derivative is that of what is computed, ``x / eps``; PyTorch's is another one.

    Examples
    --------
    >>> cosine_similarity(np.array([[3.0, 4.0]]), np.array([[4.0, 3.0]]))
    array([0.96])
    """
    x1, x2 = np.broadcast_arrays(with_shape(x1), with_shape(x2))
    ndim = len(x1.shape)
    if not -ndim <= dim < ndim:
        raise errors.ShapeError(errors.AXIS_RANGE.format(ndim=ndim, given=dim, least=-ndim, most=ndim - 1))
    first, second = [x / np.maximum(np.linalg.norm(x, axis=dim, keepdims=True), eps) for x in (x1, x2)]
    return np.sum(first * second, axis=dim)


def pairwise_distance(x1: Array, x2: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """Return the lengths of differences of vectors: ``|x1 - x2 + eps|`` along the last axis.

    Parameters
    ----------
    x1, x2 : Tensor or array, of shapes that broadcast, (..., size)
        Vectors.
    p : float
        The power of the norm.
    eps : float
        What is added, so that equal vectors have a derivative.
    keepdim : bool
        Whether the last axis stays, with length 1.

    Examples
    --------
    >>> pairwise_distance(np.array([[3.0, 4.0]]), np.zeros((1, 2)), eps=0.0)
    array([5.])
    """
    return np.linalg.norm(with_shape(x1) - with_shape(x2) + eps, p, axis=-1, keepdims=keepdim)


def bilinear(input1: Array, input2: Array, weight: Array, bias: Array | None = None) -> Tensor:
    """Return ``input1 @ weight[k] @ input2 + bias[k]`` for each `k`.

    Parameters
    ----------
    input1, input2 : Tensor or array, shape (..., in1) and (..., in2)
        Vectors.
    weight : Tensor or array, shape (out, in1, in2)
        A matrix for each output.
    bias : Tensor or array, shape (out,), optional
        What is added.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other.

    Examples
    --------
    >>> bilinear(np.array([1.0, 2.0]), np.array([3.0]), np.array([[[1.0], [1.0]]]))
    array([9.])
    """
    x1, x2, w = with_shape(input1), with_shape(input2), with_shape(weight)
    fits = len(w.shape) == _BILINEAR and x1.shape[:-1] == x2.shape[:-1]
    if not fits or (x1.shape[-1:], x2.shape[-1:]) != (w.shape[1:2], w.shape[2:]):
        shapes = {"first": tuple(x1.shape), "second": tuple(x2.shape), "weight": tuple(w.shape)}
        raise errors.ShapeError(errors.BILINEAR_SHAPES.format(**shapes))
    out, in1, in2 = w.shape
    pairs = (x1[..., :, None] * x2[..., None, :]).reshape((*x1.shape[:-1], in1 * in2))
    y = pairs @ w.reshape((out, in1 * in2)).T
    return y if bias is None else y + bias
