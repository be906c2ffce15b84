"""Attention with several heads, as a layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.generators import generator
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.nn import functional, init
from autograd_lite.nn.functional.attention import attention_weights
from autograd_lite.nn.functional.dropouts import probability
from autograd_lite.nn.layers.linear import Linear, is_size
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter

_BATCHED = 3  # axes of a batch of sequences


class MultiheadAttention(Module):
    """Attention of several heads, each to a part of projected queries, keys and values.

    Parameters
    ----------
    embed_dim : int
        The length of queries, and of results.
    num_heads : int
        How many heads there are; divides `embed_dim`.
    dropout : float
        The probability with which a weight is left out in training.
    bias : bool
        Whether projections have a bias.
    add_bias_kv : bool
        Whether a learned key and value is added to each sequence.
    add_zero_attn : bool
        Whether a key and value of zeros is added.
    kdim, vdim : int, optional
        The lengths of keys and values; by default that of queries.
    batch_first : bool
        Whether shapes are (batch, steps, ...) and not (steps, batch, ...).
    rng : numpy.random.Generator or int, optional
        Where initial values and dropout come from, or its seed; by default the generator of
        `autograd_lite.manual_seed`.
    dtype : dtype, optional
        Of the parameters: float64 by default.

    Attributes
    ----------
    in_proj_weight : Parameter or None, shape (3 * embed_dim, embed_dim)
        The three projections, one above the other, drawn by `init.xavier_uniform_`; with `kdim` or `vdim` they are
        ``q_proj_weight``, ``k_proj_weight`` and ``v_proj_weight``.
    in_proj_bias : Parameter or None, shape (3 * embed_dim,)
    bias_k, bias_v : Parameter or None, shape (1, 1, embed_dim)
    out_proj : Linear

    Notes
    -----
    Called as ``y, weights = layer(query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights,
    is_causal)``. In masks of truth values, True leaves out, as in PyTorch; numbers are added to the scores.
    `key_padding_mask` has shape (batch, keys), `attn_mask` (queries, keys) or (batch * heads, queries, keys).
    ``is_causal=True`` says that `attn_mask` is. The weights are None with ``need_weights=False``, else of shape
    (batch, queries, keys), a mean over heads, or with ``average_attn_weights=False`` (batch, heads, queries, keys).
    Where a mask leaves nothing, weights are 0; PyTorch's are nan.

    Examples
    --------
    >>> layer = MultiheadAttention(6, 2, batch_first=True)
    >>> x = np.ones((4, 5, 6))
    >>> y, weights = layer(x, x, x)
    >>> y.shape, weights.shape
    ((4, 5, 6), (4, 5, 5))
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, add_bias_kv: bool = False,
        add_zero_attn: bool = False, kdim: int | None = None, vdim: int | None = None, batch_first: bool = False, *,
        rng: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        what = f"{type(self).__name__}()"
        if not (is_size(embed_dim) and is_size(num_heads)):
            raise errors.ArgumentError(errors.HEADS_SIZES.format(what=what, size=embed_dim, heads=num_heads))
        if embed_dim % num_heads:
            said = {"what": what, "size": embed_dim, "heads": num_heads, "instead": math.gcd(embed_dim, num_heads)}
            raise errors.ArgumentError(errors.HEADS.format(**said))
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        self.dropout, self.batch_first, self.add_zero_attn = probability(dropout, what), batch_first, add_zero_attn
        self.rng = None if rng is None else generator(rng)
        self._make(bias, add_bias_kv, dtype)
        self.reset_parameters(self.rng)

    def _make(self, bias: bool, added: bool, dtype: Any) -> None:
        n = self.embed_dim
        one = self.kdim == n == self.vdim
        self.in_proj_weight = Parameter(np.zeros((3 * n, n), dtype)) if one else None
        self.q_proj_weight = None if one else Parameter(np.zeros((n, n), dtype))
        self.k_proj_weight = None if one else Parameter(np.zeros((n, self.kdim), dtype))
        self.v_proj_weight = None if one else Parameter(np.zeros((n, self.vdim), dtype))
        self.in_proj_bias = Parameter(np.zeros(3 * n, dtype)) if bias else None
        self.bias_k = Parameter(np.zeros((1, 1, n), dtype)) if added else None
        self.bias_v = Parameter(np.zeros((1, 1, n), dtype)) if added else None
        self.out_proj = Linear(n, n, bias=bias, rng=self.rng, dtype=dtype)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew, but for the weight of `out_proj`; its bias is 0."""
        rng = generator(rng)
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight, rng=rng)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for added in (self.bias_k, self.bias_v):
            if added is not None:
                init.xavier_normal_(added, rng=rng)

    def forward(
        self, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
        attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Any, Any]:  # fmt: skip
        if is_causal and attn_mask is None:
            raise errors.ArgumentError(errors.CAUSAL_HINT.format(what=repr(self)))
        single = self._check(query, key, value)
        q, k, v = self._projected(query, key, value, single)
        mask = self._mask(key_padding_mask, attn_mask, (*q.shape[:3], k.shape[2]), single, q.dtype)
        k, v, mask = self._lengthened(k, v, mask)
        p = self.dropout if self.training else 0.0
        if need_weights:
            weights = functional.dropout(attention_weights(q, k, mask), p, p > 0, rng=self.rng)
            y = weights @ v
        else:
            weights, y = None, functional.scaled_dot_product_attention(q, k, v, mask, p, rng=self.rng)
        if weights is not None:
            weights = np.mean(weights, axis=1) if average_attn_weights else weights
            weights = weights[0] if single else weights
        return self._out(y, single), weights

    def _check(self, *given: Any) -> bool:
        """Refuse inputs that do not fit each other, and tell whether there is no batch."""
        shapes = [tuple(with_shape(x).shape) for x in given]
        sizes = (self.embed_dim, self.kdim, self.vdim)
        fits = len({len(s) for s in shapes}) == 1 and len(shapes[0]) in (2, _BATCHED)
        fits = fits and all(s[-1] == n for s, n in zip(shapes, sizes, strict=True)) and shapes[1][:-1] == shapes[2][:-1]
        if fits and len(shapes[0]) == _BATCHED:
            fits = shapes[0][1 - self.batch_first] == shapes[1][1 - self.batch_first]
        if not fits:
            wanted = "(batch, steps, size)" if self.batch_first else "(steps, batch, size)"
            said = {"what": repr(self), "wanted": wanted, "sizes": sizes, "given": ", ".join(map(str, shapes))}
            raise errors.ShapeError(errors.ATTENTION_INPUT.format(**said))
        return len(shapes[0]) < _BATCHED

    def _projected(self, query: Any, key: Any, value: Any, single: bool) -> list[Array]:
        """Return queries, keys and values of all heads, (batch, heads, steps, size)."""
        n = self.embed_dim
        if query is key is value and self.in_proj_weight is not None:
            y = functional.linear(query, self.in_proj_weight, self.in_proj_bias)
            return [self._heads(y[..., i * n : (i + 1) * n], single) for i in range(3)]
        weights: list[Any] = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        biases: list[Any] = [None] * 3
        if self.in_proj_weight is not None:
            weights = [self.in_proj_weight[i * n : (i + 1) * n] for i in range(3)]
        if self.in_proj_bias is not None:
            biases = [self.in_proj_bias[i * n : (i + 1) * n] for i in range(3)]
        pairs = zip((query, key, value), weights, biases, strict=True)
        return [self._heads(functional.linear(x, w, b), single) for x, w, b in pairs]

    def _heads(self, y: Array, single: bool) -> Array:
        shape = (*y.shape[:-1], self.num_heads, self.head_dim)
        apart = y.reshape(shape)
        if single:
            return np.transpose(apart, (1, 0, 2))[None]
        return np.transpose(apart, (0, 2, 1, 3) if self.batch_first else (1, 2, 0, 3))

    def _out(self, y: Array, single: bool) -> Array:
        """Put heads side by side again, and project them."""
        axes = (0, 2, 1, 3) if self.batch_first or single else (2, 0, 1, 3)
        joined = np.transpose(y, axes)
        joined = joined.reshape((*joined.shape[:2], self.embed_dim))
        return self.out_proj(joined[0] if single else joined)

    def _mask(self, padding: Any, mask: Any, sizes: tuple[int, ...], single: bool, kind: Any) -> Array | None:
        """Return both masks as what is added to scores of shape (batch, heads, queries, keys)."""
        batch, heads, queries, keys = sizes
        total = None
        if mask is not None:
            shapes = (queries, keys), (batch * heads, queries, keys)
            total = self._of_shape(_added(mask, kind), "attn_mask", *shapes)
            if len(total.shape) == _BATCHED:
                total = total.reshape((batch, heads, queries, keys))
        if padding is None:
            return total
        wanted: tuple[int, ...] = (keys,) if single else (batch, keys)
        short = self._of_shape(_added(padding, kind), "key_padding_mask", wanted).reshape((batch, 1, 1, keys))
        return short if total is None else total + short

    def _of_shape(self, mask: Array, name: str, *shapes: tuple[int, ...]) -> Array:
        if tuple(mask.shape) not in shapes:
            said = {"name": name, "what": repr(self), "given": tuple(mask.shape)}
            wanted, instead = " or ".join(map(str, shapes)), f"np.zeros({shapes[0]}, bool) for none"
            raise errors.ShapeError(errors.ATTENTION_MASK.format(**said, wanted=wanted, instead=instead))
        return mask

    def _lengthened(self, k: Array, v: Array, mask: Array | None) -> tuple[Array, Array, Array | None]:
        """Return keys and values with those that are added to all, which no mask leaves out."""
        more: list[tuple[Array, Array]] = []
        shape = (*k.shape[:2], 1, self.head_dim)
        if self.bias_k is not None and self.bias_v is not None:
            split = (1, self.num_heads, 1, self.head_dim)
            more.append(tuple([np.broadcast_to(b.reshape(split), shape) for b in (self.bias_k, self.bias_v)]))  # type: ignore[arg-type]
        if self.add_zero_attn:
            more.append((np.zeros(shape, k.dtype), np.zeros(shape, v.dtype)))
        if not more:
            return k, v, mask
        k, v = [np.concatenate([a, *[pair[i] for pair in more]], 2) for i, a in enumerate((k, v))]
        if mask is not None:
            open_ = np.zeros((*mask.shape[:-1], len(more)), mask.dtype)
            mask = np.concatenate([mask, open_], -1)
        return k, v, mask

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}"


def _added(mask: Any, kind: Any) -> Array:
    """Return a mask as what is added to scores: minus infinity where truth values leave out."""
    given = with_shape(mask)
    if given.dtype.kind == "b":
        return np.where(value_of(given), kind.type(-np.inf), kind.type(0))
    return np.astype(given, kind)
