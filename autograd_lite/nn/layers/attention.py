"""Attention with several heads, as a layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine import refusals
from autograd_lite.engine.generators import generator, kept
from autograd_lite.nn import init
from autograd_lite.nn.functional.dropouts import probability
from autograd_lite.nn.functional.heads import attended, check_heads
from autograd_lite.nn.layers.linear import Linear, is_size
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter


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
    device : {"cpu"}, optional
        The one device that there is.
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
        rng: Any = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        what = f"{type(self).__name__}()"
        if not (is_size(embed_dim) and is_size(num_heads)):
            raise errors.ArgumentError(errors.HEADS_SIZES.format(what=what, size=embed_dim, heads=num_heads))
        check_heads(what, embed_dim, num_heads)
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        self.dropout, self.batch_first, self.add_zero_attn = probability(dropout, what), batch_first, add_zero_attn
        self.rng = kept(rng)
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
        p = self.dropout if self.training else 0.0
        y, weights = attended(
            self, (query, key, value), key_padding_mask, attn_mask, p, is_causal, need_weights, average_attn_weights,
            self.rng,
        )  # fmt: skip
        return self.out_proj(y), weights

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}"
