"""Transformers: layers of attention and two linear maps, stacks of these, and an encoder with a decoder."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine import refusals
from autograd_lite.engine.generators import generator, kept
from autograd_lite.engine.operands import with_shape
from autograd_lite.functions.made import finished
from autograd_lite.nn import functional, init
from autograd_lite.nn.layers.attention import MultiheadAttention
from autograd_lite.nn.layers.dropout import Dropout
from autograd_lite.nn.layers.linear import Linear, is_size
from autograd_lite.nn.layers.normalization import LayerNorm
from autograd_lite.nn.module import Module
from autograd_lite.tensor.tensor import Tensor

_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"relu": functional.relu, "gelu": functional.gelu}


def _activation(given: Any, what: str) -> Callable[[Any], Any]:
    if isinstance(given, str) and given in _ACTIVATIONS:
        return _ACTIVATIONS[given]
    if not callable(given):
        raise errors.ArgumentError(errors.ACTIVATION.format(given=given, what=what))
    return given


class _Layer(Module):
    """What layers of encoders and decoders share: two linear maps, norms, and sums with what goes in."""

    norm_first: bool
    self_attn: MultiheadAttention

    def _make(
        self, size: int, heads: int, width: int, dropout: float, activation: Any, eps: float, batch_first: bool,
        norm_first: bool, bias: bool, rng: Any, dtype: Any, count: int,
    ) -> None:  # fmt: skip
        self.norm_first, self.activation = norm_first, _activation(activation, f"{type(self).__name__}()")
        rng = kept(rng)
        made: dict[str, Any] = {"rng": rng, "dtype": dtype}
        for name in ("self_attn", "multihead_attn")[: count - 1]:
            setattr(self, name, MultiheadAttention(size, heads, dropout, bias, batch_first=batch_first, **made))
        self.linear1 = Linear(size, width, bias=bias, **made)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(width, size, bias=bias, **made)
        for i in range(1, count + 1):
            setattr(self, f"norm{i}", LayerNorm(size, eps, bias=bias, dtype=dtype))
        for i in range(1, count + 1):
            setattr(self, f"dropout{i}", Dropout(dropout, rng=rng))

    def _forward(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def _attended(self, attention: Any, x: Any, memory: Any, mask: Any, padding: Any, causal: bool) -> Any:
        return attention(x, memory, memory, padding, need_weights=False, attn_mask=mask, is_causal=causal)[0]

    def _step(self, x: Any, i: int, f: Callable[[Any], Any]) -> Any:
        """Return ``x + f(x)`` with the dropout and the norm of a number, that before `f` or behind the sum."""
        norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        return x + dropout(f(norm(x))) if self.norm_first else norm(x + dropout(f(x)))


class TransformerEncoderLayer(_Layer):
    """Attention to itself, and two linear maps with an activation between; each is added to what went in, and normed.

    Parameters
    ----------
    d_model, nhead : int
        The length of vectors, and the number of heads of attention.
    dim_feedforward : int
        The length between the two linear maps.
    dropout : float
        The probability with which numbers, and weights of attention, are left out in training.
    activation : {'relu', 'gelu'} or callable
        Between the linear maps.
    layer_norm_eps : float
        As of `LayerNorm`.
    batch_first : bool
        Whether shapes are (batch, steps, ...) and not (steps, batch, ...).
    norm_first : bool
        Whether norms stand before attention and linear maps, and not behind the sums.
    bias : bool
        Whether linear maps and norms have a bias.
    rng, dtype
        As of `MultiheadAttention`.

    Notes
    -----
    Called as ``layer(src, src_mask, src_key_padding_mask, is_causal)``, with masks as of `MultiheadAttention`.

    Examples
    --------
    >>> TransformerEncoderLayer(6, 2, 12)(np.ones((5, 4, 6))).shape
    (5, 4, 6)
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Any = functional.relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, *, rng: Any = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        settings = dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, rng, dtype
        self._make(d_model, nhead, *settings, 2)

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Any:
        masks = src_mask, src_key_padding_mask, is_causal
        x = self._step(src, 1, lambda x: self._attended(self.self_attn, x, x, *masks))
        return self._step(x, 2, self._forward)


class TransformerDecoderLayer(_Layer):
    """As `TransformerEncoderLayer`, with attention to what an encoder has made in the middle.

    Parameters
    ----------
    d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, rng, dtype
        As of `TransformerEncoderLayer`.

    Notes
    -----
    Called as ``layer(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask, tgt_is_causal,
    memory_is_causal)``.

    Examples
    --------
    >>> TransformerDecoderLayer(6, 2, 12)(np.ones((5, 4, 6)), np.ones((7, 4, 6))).shape
    (5, 4, 6)
    """

    multihead_attn: MultiheadAttention

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Any = functional.relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, *, rng: Any = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        settings = dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, rng, dtype
        self._make(d_model, nhead, *settings, 3)

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None, tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None, tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        own = tgt_mask, tgt_key_padding_mask, tgt_is_causal
        other = memory_mask, memory_key_padding_mask, memory_is_causal
        x = self._step(tgt, 1, lambda x: self._attended(self.self_attn, x, x, *own))
        x = self._step(x, 2, lambda x: self._attended(self.multihead_attn, x, memory, *other))
        return self._step(x, 3, self._forward)


class _Stack(Module):
    layers: list[Any]

    def __init__(self, layer: Module, num_layers: int, norm: Module | None = None) -> None:
        if not is_size(num_layers + 1):
            raise errors.ArgumentError(errors.LAYER_COUNT.format(what=f"{type(self).__name__}()", given=num_layers))
        self.layers = [_copied(layer) for _ in range(num_layers)]
        self.num_layers, self.norm = num_layers, norm

    def _through(self, x: Any, *args: Any) -> Any:
        for layer in self.layers:
            x = layer(x, *args)
        return x if self.norm is None else self.norm(x)


def _copied(layer: Module) -> Module:
    """Return a copy that draws from the same generators, so that no two layers leave out the same."""
    shared = [rng for module in layer.modules() if (rng := getattr(module, "rng", None)) is not None]
    return copy.deepcopy(layer, {id(rng): rng for rng in shared})


class TransformerEncoder(_Stack):
    """Copies of a `TransformerEncoderLayer`, one after the other.

    Parameters
    ----------
    encoder_layer : TransformerEncoderLayer
        What is copied, with its values.
    num_layers : int
        How often.
    norm : Module, optional
        What is done at the end.
    enable_nested_tensor, mask_check : bool
        Without influence: for PyTorch's fast path, which there is not.

    Notes
    -----
    Called as ``encoder(src, mask, src_key_padding_mask, is_causal)``.

    Examples
    --------
    >>> TransformerEncoder(TransformerEncoderLayer(6, 2, 12), 2)(np.ones((5, 4, 6))).shape
    (5, 4, 6)
    """

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None, enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(encoder_layer, num_layers, norm)
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Any:
        return self._through(src, mask, src_key_padding_mask, bool(is_causal))


class TransformerDecoder(_Stack):
    """Copies of a `TransformerDecoderLayer`, one after the other.

    Parameters
    ----------
    decoder_layer : TransformerDecoderLayer
        What is copied, with its values.
    num_layers, norm
        As of `TransformerEncoder`.

    Notes
    -----
    Called as `TransformerDecoderLayer`.

    Examples
    --------
    >>> TransformerDecoder(TransformerDecoderLayer(6, 2, 12), 2)(np.ones((5, 4, 6)), np.ones((7, 4, 6))).shape
    (5, 4, 6)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None, tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None, tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        padding = tgt_key_padding_mask, memory_key_padding_mask
        return self._through(tgt, memory, tgt_mask, memory_mask, *padding, bool(tgt_is_causal), memory_is_causal)


class Transformer(Module):
    """An encoder, and a decoder that attends to what it makes.

    Parameters
    ----------
    d_model, nhead : int
        The length of vectors, and the number of heads of attention.
    num_encoder_layers, num_decoder_layers : int
        How many layers both have.
    dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, rng, dtype
        As of `TransformerEncoderLayer`.
    custom_encoder, custom_decoder : Module, optional
        What is used in their place.

    Notes
    -----
    All matrices are drawn by `init.xavier_uniform_`. Called as ``model(src, tgt, src_mask, tgt_mask, memory_mask,
    src_key_padding_mask, tgt_key_padding_mask, memory_key_padding_mask, src_is_causal, tgt_is_causal,
    memory_is_causal)``. From Vaswani and others, "Attention is all you need", 2017.

    Examples
    --------
    >>> model = Transformer(6, 2, 1, 1, 12)
    >>> model(np.ones((5, 4, 6)), np.ones((7, 4, 6))).shape
    (7, 4, 6)
    """

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
        dim_feedforward: int = 2048, dropout: float = 0.1, activation: Any = functional.relu,
        custom_encoder: Module | None = None, custom_decoder: Module | None = None, layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True,
        *, rng: Any = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        rng = kept(rng)
        settings = dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias
        made: dict[str, Any] = {"rng": rng, "dtype": dtype}

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        encoder, decoder = custom_encoder, custom_decoder
        if encoder is None:
            layer: Module = TransformerEncoderLayer(d_model, nhead, *settings, **made)
            encoder = TransformerEncoder(layer, num_encoder_layers, norm())
        if decoder is None:
            layer = TransformerDecoderLayer(d_model, nhead, *settings, **made)
            decoder = TransformerDecoder(layer, num_decoder_layers, norm())
        self.encoder, self.decoder = encoder, decoder
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw all matrices anew."""
        rng = generator(rng)
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter, rng=rng)

    def forward(
        self, src: Any, tgt: Any, src_mask: Any = None, tgt_mask: Any = None, memory_mask: Any = None,
        src_key_padding_mask: Any = None, tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None, tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        for given in (src, tgt):
            shape = tuple(with_shape(given).shape)
            if shape[-1:] != (self.d_model,):
                said = {"what": "Transformer", "size": self.d_model, "given": shape}
                raise errors.ShapeError(errors.TRANSFORMER_SIZE.format(**said))
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        padding = tgt_key_padding_mask, memory_key_padding_mask
        return self.decoder(tgt, memory, tgt_mask, memory_mask, *padding, tgt_is_causal, memory_is_causal)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """Return a mask by which each place sees itself and those before: minus infinity above the diagonal, else 0.

        Examples
        --------
        >>> Transformer.generate_square_subsequent_mask(2).tolist()
        [[0.0, -inf], [0.0, 0.0]]
        """
        return finished(np.triu(np.full((sz, sz), -np.inf, dtype), 1), device)
