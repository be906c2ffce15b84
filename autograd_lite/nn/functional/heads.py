"""Attention of several heads, with the projections before and after it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.nn.functional.affine import linear
from autograd_lite.nn.functional.attention import attention_weights, scaled_dot_product_attention
from autograd_lite.nn.functional.dropouts import dropout

_BATCHED = 3  # axes of a batch of sequences


@dataclass(frozen=True, repr=False)
class _Heads:
    """What `attended` asks a layer for."""

    embed_dim: int
    num_heads: int
    kdim: int
    vdim: int
    in_proj_weight: Any
    in_proj_bias: Any
    bias_k: Any
    bias_v: Any
    add_zero_attn: bool
    q_proj_weight: Any
    k_proj_weight: Any
    v_proj_weight: Any
    batch_first: bool = False

    def __repr__(self) -> str:
        return "multi_head_attention_forward()"


def multi_head_attention_forward(
    query: Array, key: Array, value: Array, embed_dim_to_check: int, num_heads: int, in_proj_weight: Array | None,
    in_proj_bias: Array | None, bias_k: Array | None, bias_v: Array | None, add_zero_attn: bool, dropout_p: float,
    out_proj_weight: Array, out_proj_bias: Array | None, training: bool = True, key_padding_mask: Array | None = None,
    need_weights: bool = True, attn_mask: Array | None = None, use_separate_proj_weight: bool = False,
    q_proj_weight: Array | None = None, k_proj_weight: Array | None = None, v_proj_weight: Array | None = None,
    static_k: Array | None = None, static_v: Array | None = None, average_attn_weights: bool = True,
    is_causal: bool = False, *, rng: Any = None,
) -> tuple[Any, Any]:  # fmt: skip
    """Return what `MultiheadAttention` does, with the parameters of the layer for arguments.

    Parameters
    ----------
    query, key, value : Tensor or array, shape (steps, batch, size) or (steps, size)
        What is asked, what is compared with it, and what is returned.
    embed_dim_to_check, num_heads : int
        The length of queries, and how many heads there are.
    in_proj_weight, in_proj_bias : Tensor or array, shape (3 * size, size) and (3 * size,), or None
        The three projections, one above the other.
    bias_k, bias_v : Tensor or array, of `size` numbers, or None
        A key and a value that are added to each sequence.
    add_zero_attn : bool
        Whether a key and value of zeros is added.
    dropout_p : float
        The probability with which a weight is left out, where `training` is meant.
    out_proj_weight, out_proj_bias : Tensor or array, shape (size, size) and (size,), or None for the bias
        The projection of the result.
    training : bool
        Whether weights are left out.
    key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal
        As of `MultiheadAttention`.
    use_separate_proj_weight : bool
        Whether the projections are `q_proj_weight`, `k_proj_weight` and `v_proj_weight`.
    static_k, static_v : Tensor or array, shape (batch * num_heads, keys, size / num_heads), optional
        Keys and values that are projected already, in the place of `key` and `value`.
    rng : numpy.random.Generator or int, optional
        Where random numbers come from, or a seed; by default the generator of `autograd_lite.manual_seed`.

    Returns
    -------
    (result, weights)
        The weights are None with ``need_weights=False``.

    Raises
    ------
    ShapeError, ArgumentError
        Shapes that do not fit each other, or a number of heads that does not divide the length.

    Examples
    --------
    >>> x = np.ones((4, 1, 2))
    >>> settings = np.ones((6, 2)), None, None, None, False, 0.0, np.eye(2), None
    >>> y, weights = multi_head_attention_forward(x, x, x, 2, 1, *settings)
    >>> y.shape, weights.shape
    ((4, 1, 2), (1, 4, 4))
    """
    check_heads("multi_head_attention_forward()", embed_dim_to_check, num_heads)
    kdim = vdim = embed_dim_to_check
    if use_separate_proj_weight:
        kdim, vdim = [with_shape(w).shape[-1] for w in (k_proj_weight, v_proj_weight)]
        in_proj_weight = None
    heads = _Heads(
        embed_dim_to_check, num_heads, kdim, vdim, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn,
        q_proj_weight, k_proj_weight, v_proj_weight,
    )  # fmt: skip
    y, weights = attended(
        heads, (query, key, value), key_padding_mask, attn_mask, dropout_p if training else 0.0, is_causal,
        need_weights, average_attn_weights, rng, (static_k, static_v),
    )  # fmt: skip
    return linear(y, out_proj_weight, out_proj_bias), weights


def check_heads(what: str, size: int, heads: int) -> None:
    """Refuse a number of heads that does not divide the length of vectors."""
    if size % heads:
        said = {"what": what, "size": size, "heads": heads, "instead": math.gcd(size, heads)}
        raise errors.ArgumentError(errors.HEADS.format(**said))


def attended(
    heads: Any, given: tuple[Any, Any, Any], padding: Any, mask: Any, p: float, causal: bool, needed: bool,
    averaged: bool, rng: Any, static: tuple[Any, Any] = (None, None),
) -> tuple[Array, Any]:  # fmt: skip
    """Return the results of all heads side by side, and the weights; `heads` is a layer, or has what a layer has."""
    if causal and mask is None:
        raise errors.ArgumentError(errors.CAUSAL_HINT.format(what=repr(heads)))
    single = _check(heads, given)
    q, k, v = _projected(heads, given, single)
    k, v = [a if s is None else _static(s, q, heads) for a, s in zip((k, v), static, strict=True)]
    added = _mask(heads, padding, mask, (*q.shape[:3], k.shape[2]), single, q.dtype)
    k, v, added = _lengthened(heads, k, v, added)
    if not needed:
        return _joined(heads, scaled_dot_product_attention(q, k, v, added, p, rng=rng), single), None
    weights = dropout(attention_weights(q, k, added), p, p > 0, rng=rng)
    y = _joined(heads, weights @ v, single)
    weights = np.mean(weights, axis=1) if averaged else weights
    return y, weights[0] if single else weights


def _check(heads: Any, given: tuple[Any, Any, Any]) -> bool:
    """Refuse inputs that do not fit each other, and tell whether there is no batch."""
    shapes = [tuple(with_shape(x).shape) for x in given]
    sizes = (heads.embed_dim, heads.kdim, heads.vdim)
    fits = len({len(s) for s in shapes}) == 1 and len(shapes[0]) in (2, _BATCHED)
    fits = fits and all(s[-1] == n for s, n in zip(shapes, sizes, strict=True)) and shapes[1][:-1] == shapes[2][:-1]
    if fits and len(shapes[0]) == _BATCHED:
        fits = shapes[0][1 - heads.batch_first] == shapes[1][1 - heads.batch_first]
    if not fits:
        wanted = "(batch, steps, size)" if heads.batch_first else "(steps, batch, size)"
        said = {"what": repr(heads), "wanted": wanted, "sizes": sizes, "given": ", ".join(map(str, shapes))}
        raise errors.ShapeError(errors.ATTENTION_INPUT.format(**said))
    return len(shapes[0]) < _BATCHED


def _projected(heads: Any, given: tuple[Any, Any, Any], single: bool) -> list[Array]:
    """Return queries, keys and values of all heads, (batch, heads, steps, size)."""
    n, together, bias = heads.embed_dim, heads.in_proj_weight, heads.in_proj_bias
    if given[0] is given[1] is given[2] and together is not None:
        y = linear(given[0], together, bias)
        return [_apart(heads, y[..., i * n : (i + 1) * n], single) for i in range(3)]
    weights: list[Any] = [heads.q_proj_weight, heads.k_proj_weight, heads.v_proj_weight]
    biases: list[Any] = [None] * 3
    if together is not None:
        weights = [together[i * n : (i + 1) * n] for i in range(3)]
    if bias is not None:
        biases = [bias[i * n : (i + 1) * n] for i in range(3)]
    return [_apart(heads, linear(x, w, b), single) for x, w, b in zip(given, weights, biases, strict=True)]


def _apart(heads: Any, y: Array, single: bool) -> Array:
    parts = y.reshape((*y.shape[:-1], heads.num_heads, heads.embed_dim // heads.num_heads))
    if single:
        return np.transpose(parts, (1, 0, 2))[None]
    return np.transpose(parts, (0, 2, 1, 3) if heads.batch_first else (1, 2, 0, 3))


def _joined(heads: Any, y: Array, single: bool) -> Array:
    """Put heads side by side again."""
    axes = (0, 2, 1, 3) if heads.batch_first or single else (2, 0, 1, 3)
    joined = np.transpose(y, axes)
    joined = joined.reshape((*joined.shape[:2], heads.embed_dim))
    return joined[0] if single else joined


def _static(given: Any, q: Array, heads: Any) -> Array:
    """Return keys or values that are projected already by batch and head."""
    a = with_shape(given)
    batch, count, _, size = q.shape
    if len(a.shape) != _BATCHED or (a.shape[0], a.shape[2]) != (batch * count, size):
        wanted = f"({batch * count}, keys, {size})"
        said = {"name": "static_k or static_v", "what": repr(heads), "given": tuple(a.shape)}
        instead = "None where key and value are meant"
        raise errors.ShapeError(errors.ATTENTION_MASK.format(**said, wanted=wanted, instead=instead))
    return a.reshape((batch, count, *a.shape[1:]))


def _mask(heads: Any, padding: Any, mask: Any, sizes: tuple[int, ...], single: bool, kind: Any) -> Array | None:
    """Return both masks as what is added to scores of shape (batch, heads, queries, keys)."""
    batch, count, queries, keys = sizes
    total = None
    if mask is not None:
        shapes = (queries, keys), (batch * count, queries, keys)
        total = _of_shape(heads, _added(mask, kind), "attn_mask", *shapes)
        if len(total.shape) == _BATCHED:
            total = total.reshape((batch, count, queries, keys))
    if padding is None:
        return total
    wanted: tuple[int, ...] = (keys,) if single else (batch, keys)
    short = _of_shape(heads, _added(padding, kind), "key_padding_mask", wanted).reshape((batch, 1, 1, keys))
    return short if total is None else total + short


def _of_shape(heads: Any, mask: Array, name: str, *shapes: tuple[int, ...]) -> Array:
    if tuple(mask.shape) not in shapes:
        said = {"name": name, "what": repr(heads), "given": tuple(mask.shape)}
        wanted, instead = " or ".join(map(str, shapes)), f"np.zeros({shapes[0]}, bool) for none"
        raise errors.ShapeError(errors.ATTENTION_MASK.format(**said, wanted=wanted, instead=instead))
    return mask


def _lengthened(heads: Any, k: Array, v: Array, mask: Array | None) -> tuple[Array, Array, Array | None]:
    """Return keys and values with those that are added to all, which no mask leaves out."""
    more: list[tuple[Array, Array]] = []
    shape = (*k.shape[:2], 1, k.shape[-1])
    if heads.bias_k is not None and heads.bias_v is not None:
        split = (1, shape[1], 1, shape[-1])
        more.append(tuple([np.broadcast_to(b.reshape(split), shape) for b in (heads.bias_k, heads.bias_v)]))  # type: ignore[arg-type]
    if heads.add_zero_attn:
        more.append((np.zeros(shape, k.dtype), np.zeros(shape, v.dtype)))
    if not more:
        return k, v, mask
    k, v = [np.concatenate([a, *[pair[i] for pair in more]], 2) for i, a in enumerate((k, v))]
    if mask is not None:
        open_ = np.zeros((*mask.shape[:-1], len(more)), mask.dtype)
        mask = np.concatenate([mask, open_], -1)
    return k, v, mask


def _added(mask: Any, kind: Any) -> Array:
    """Return a mask as what is added to scores: minus infinity where truth values leave out."""
    given = with_shape(mask)
    if given.dtype.kind == "b":
        return np.where(value_of(given), kind.type(-np.inf), kind.type(0))
    return np.astype(given, kind)
