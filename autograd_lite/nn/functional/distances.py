"""Distances and angles of vectors."""

from __future__ import annotations

import math

import numpy as np

from autograd_lite.base.shapes import A, Array
from autograd_lite.engine.operands import with_shape


def pairwise_distance(x1: A, x2: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> A:
    """Return the norms of the differences of vectors, along the last axis.

    Parameters
    ----------
    x1, x2 : Tensor or array, shape (..., length)
        Vectors; they are broadcast.
    p : float
        The order of the norm.
    eps : float
        What is added to the differences, so that equal vectors have a derivative.
    keepdim : bool
        Whether the last axis stays, with length 1.

    Examples
    --------
    >>> pairwise_distance(np.array([[3.0, 0.0]]), np.array([[0.0, 4.0]])).round(4)
    array([5.])
    """
    return np.linalg.norm(with_shape(x1) - with_shape(x2) + eps, ord=p, axis=-1, keepdims=keepdim)


def cosine_similarity(x1: A, x2: Array, dim: int = 1, eps: float = 1e-8) -> A:
    """Return the cosines of the angles between vectors along an axis.

    Parameters
    ----------
    x1, x2 : Tensor or array
        Vectors; they are broadcast.
    dim : int
        The axis.
    eps : float
        The least length that a vector is divided by.

    Examples
    --------
    >>> cosine_similarity(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])).round(4)
    array([0.7071])
    """
    a, b = np.broadcast_arrays(with_shape(x1), with_shape(x2))
    if not a.shape:  # numbers, which reductions along axis 0 take for vectors
        a, b = a.reshape((1,)), b.reshape((1,))
    lengths = [np.maximum(np.linalg.norm(v, axis=dim, keepdims=True), eps) for v in (a, b)]
    return ((a / lengths[0]) * (b / lengths[1])).sum(dim)


def pdist(input: A, p: float = 2.0) -> A:  # noqa: A002 - PyTorch's name
    """Return the distances of all pairs of rows, in the order (0, 1), (0, 2), ..., (1, 2), ...

    Parameters
    ----------
    input : Tensor or array, shape (n, length)
        Vectors.
    p : float
        The order of the norm. Equal vectors have the derivative 0.

    Returns
    -------
    Tensor or array, shape (n (n - 1) / 2,)
        The distances.

    Examples
    --------
    >>> pdist(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])).round(4)
    array([5.    , 1.    , 4.2426])
    """
    x = with_shape(input)
    first, second = np.triu_indices(np.shape(x)[0], 1)
    return np.linalg.norm(x[first] - x[second], ord=math.inf if p == math.inf else p, axis=-1)
