"""Attention: means of values, weighted by how well their keys fit a query."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.nn.functional.dropouts import dropout
from autograd_lite.rules.exponentials import softmax
from autograd_lite.tensor.tensor import Tensor

_MATRIX = 2


def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    *,
    rng: Any = None,
) -> Tensor:
    """Return ``softmax(query @ key.T * scale + mask) @ value``.

    Parameters
    ----------
    query : Tensor or array, shape (..., heads, queries, size)
        What is asked; any number of axes in front, also none.
    key, value : Tensor or array, shape (..., heads, keys, size) and (..., heads, keys, out)
        What is compared with it, and what is returned.
    attn_mask : array, broadcast to (..., heads, queries, keys), optional
        Truth values, where True takes part; or numbers that are added to the scores, as minus infinity.
    dropout_p : float
        The probability with which a weight is left out: 0 where no training is meant.
    is_causal : bool
        Whether a query sees the keys up to its own place alone; without `attn_mask`.
    scale : float, optional
        By default ``1 / sqrt(size)``.
    enable_gqa : bool
        Whether several heads of queries may have the same keys and values, whose number of heads divides theirs.
    rng : numpy.random.Generator or int, optional
        Where random numbers come from, or a seed; by default the generator of `autograd_lite.manual_seed`.

    Returns
    -------
    Tensor or array, shape (..., heads, queries, out)
        Weighted means; 0 where a mask leaves nothing.

    Raises
    ------
    ShapeError, ArgumentError
        Shapes that do not fit each other, or a mask besides ``is_causal=True``.

    Notes
    -----
    From Vaswani and others, "Attention is all you need", 2017.

    Examples
    --------
    >>> q, k, v = np.zeros((1, 2)), np.ones((2, 2)), np.array([[1.0], [3.0]])
    >>> scaled_dot_product_attention(q, k, v)
    array([[2.]])
    """
    q, k, v = with_shape(query), with_shape(key), with_shape(value)
    if enable_gqa:
        k, v = _repeated(k, q), _repeated(v, q)
    _check(q.shape, k.shape, v.shape)
    weights = attention_weights(q, k, mask_of(attn_mask, is_causal, q.shape[-2], k.shape[-2]), scale)
    if dropout_p:
        weights = dropout(weights, dropout_p, rng=rng)
    return weights @ v


def attention_weights(q: Array, k: Array, mask: Array | None, scale: float | None = None) -> Array:
    """Return how much each query takes of each key; `mask` is added to the scores, or tells where False leaves out."""
    kind = np.result_type(q, k)
    factor = 1 / math.sqrt(q.shape[-1]) if scale is None else float(scale)
    scores = (q * kind.type(factor)) @ np.swapaxes(k, -1, -2)
    if mask is not None:
        boolean = mask.dtype.kind == "b"
        scores = np.where(mask, scores, kind.type(-np.inf)) if boolean else scores + np.astype(mask, kind)
    return softmax(scores)


def mask_of(mask: Any, causal: bool, queries: int, keys: int) -> Array | None:
    """Return a mask, or that of what comes before."""
    if causal:
        if mask is not None:
            raise errors.ArgumentError(errors.CAUSAL_MASK)
        return np.tri(queries, keys, dtype=bool)
    if mask is None:
        return None
    mask = with_shape(mask)
    return value_of(mask) if mask.dtype.kind == "b" else mask


def _repeated(a: Array, q: Array) -> Array:
    """Return keys or values with as many heads as there are of queries."""
    heads = q.shape[-3] if len(q.shape) > _MATRIX else 0
    own = a.shape[-3] if len(a.shape) > _MATRIX else 0
    if not own or heads % own:
        raise errors.ShapeError(errors.ATTENTION_HEADS.format(query=tuple(q.shape), key=tuple(a.shape)))
    return np.repeat(a, heads // own, axis=len(a.shape) - 3) if heads != own else a


def _check(q: Shape, k: Shape, v: Shape) -> None:
    fits = min(len(q), len(k), len(v)) >= _MATRIX and q[-1] == k[-1] and k[-2] == v[-2]
    try:
        np.broadcast_shapes(q[:-2], k[:-2], v[:-2])
    except ValueError:
        fits = False
    if not fits:
        raise errors.ShapeError(errors.ATTENTION_SHAPES.format(query=tuple(q), key=tuple(k), value=tuple(v)))
