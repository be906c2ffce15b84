"""The table of embeddings, recurrent networks and attention: what is called, how, and with arrays of which shapes.

A row is text that means the same with PyTorch's names and ours: a layer, or a function of some arrays, and how it is
called. There ``I`` makes an array of whole numbers, and ``B`` one of truth values.

``python tests/nn/sequences.py`` writes down what PyTorch computes for each of them, in ``sequences.json``, as `images`
does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from images import summed


@dataclass(frozen=True)
class Row:
    """A layer or a function, how it is called, and the shapes of what it is given."""

    text: str
    shapes: tuple[tuple[int, ...], ...]
    call: str = ""
    tier: int = 2  # 1: tried with all derivatives, in batches and compiled

    @property
    def name(self) -> str:
        shapes = "x".join(str(shape).replace(" ", "") for shape in self.shapes)
        called = self.call and "." + self.call.partition(": ")[2]
        return f"{self.text.partition(': ')[2] or self.text}{called}-{shapes}"

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(crc32(self.name.encode()))

    def inputs(self) -> list[Any]:
        rng = self.rng()
        return [rng.permutation(np.linspace(-1.5, 1.7, int(np.prod(shape)))).reshape(shape) for shape in self.shapes]

    def state(self, shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
        """Return values for the parameters of a layer."""
        rng = self.rng()
        return {name: rng.uniform(0.1, 0.6, shape) * rng.choice([-1, 1], shape) for name, shape in shapes.items()}

    def weights(self, i: int, shape: tuple[int, ...]) -> Any:
        """Return by what the numbers of a result are multiplied for one number."""
        return np.random.default_rng(i).uniform(-1, 1, shape)

    def made(self, namespace: dict[str, Any]) -> tuple[Any, Any]:
        """Return what is called, with PyTorch's ``nn`` and ``F`` or ours, and how."""
        call = eval(self.call or "lambda called, *arrays: called(*arrays)", namespace)
        return eval(self.text, namespace), call


ROWS: list[Row] = []


def row(text: str, *shapes: tuple[int, ...], call: str = "", tier: int = 2) -> None:
    ROWS.append(Row(text, shapes, call, tier))


# ----- embeddings -----

TABLE = (6, 3)
_PAIRS, _LINE = "I([[1, 2, 2], [5, 0, 1]])", "I([1, 2, 4, 5, 4, 3, 0, 2])"
row(f"lambda w: F.embedding({_PAIRS}, w)", TABLE, tier=1)
row(f"lambda w: F.embedding({_PAIRS}, w, padding_idx=2)", TABLE)
row(f"lambda w: F.embedding({_PAIRS}, w, padding_idx=-1, scale_grad_by_freq=True)", TABLE)
row("nn.Embedding(6, 3, padding_idx=1)", call=f"lambda m: m({_PAIRS})")
row("nn.Embedding(6, 3, max_norm=0.7)", call=f"lambda m: m({_PAIRS})")
row("nn.Embedding(6, 3, max_norm=0.7, norm_type=1.0, scale_grad_by_freq=True)", call=f"lambda m: m({_PAIRS})")
for _mode in ("sum", "mean", "max"):
    row(f"lambda w: F.embedding_bag({_PAIRS}, w, mode={_mode!r})", TABLE, tier=1)
    row(f"lambda w: F.embedding_bag({_PAIRS}, w, mode={_mode!r}, padding_idx=2)", TABLE)
    row(f"lambda w: F.embedding_bag({_LINE}, w, I([0, 3, 3, 7]), mode={_mode!r}, padding_idx=4)", TABLE)
    row(
        f"nn.EmbeddingBag(6, 3, mode={_mode!r}, include_last_offset=True)",
        call=f"lambda m: m({_LINE}, I([0, 3, 3, 8]))",
    )
row("nn.EmbeddingBag(6, 3, max_norm=0.5)", call=f"lambda m: m({_PAIRS})")
row(f"lambda w, s: F.embedding_bag({_PAIRS}, w, mode='sum', per_sample_weights=s)", TABLE, (2, 3), tier=1)
row(f"lambda w, s: F.embedding_bag({_LINE}, w, I([0, 3]), mode='sum', per_sample_weights=s)", TABLE, (8,))

# ----- recurrent networks -----

BATCH, ONE = (5, 3, 4), (5, 4)
for _kind in ("RNN", "LSTM", "GRU"):
    _called = "lambda m, x, h, c: m(x, (h, c))" if _kind == "LSTM" else "lambda m, x, h: m(x, h)"
    _states = 2 if _kind == "LSTM" else 1
    row(f"nn.{_kind}(4, 6)", BATCH)
    row(f"nn.{_kind}(4, 6)", BATCH, *[(1, 3, 6)] * _states, call=_called)
    row(f"nn.{_kind}(4, 3, num_layers=2, bidirectional=True, batch_first=True)", BATCH)
    row(f"nn.{_kind}(4, 3, num_layers=2, bidirectional=True, bias=False)", BATCH, *[(4, 3, 3)] * _states, call=_called)
    row(f"nn.{_kind}(4, 3, bidirectional=True)", ONE, *[(2, 3)] * _states, call=_called)
    row(f"nn.{_kind}(4, 3)", ONE)
    row(f"nn.{_kind}(4, 3, bidirectional=True)", BATCH, call="lambda m, x: m(rnn.pack_padded_sequence(x, [5, 4, 1]))")
    row(
        f"nn.{_kind}(4, 3, 2, bidirectional=True)", BATCH, *[(4, 3, 3)] * _states,
        call="lambda m, x, *h: m(rnn.pack_padded_sequence(x, [2, 5, 4], enforce_sorted=False), "
        + ("h)" if _states > 1 else "*h)"),
    )  # fmt: skip
    row(f"nn.{_kind}Cell(4, 3)", ONE)
    row(f"nn.{_kind}Cell(2, 2)", (2, 2), *[(2, 2)] * _states, call=_called, tier=1)
    row(f"nn.{_kind}(2, 2)", (3, 2, 2), *[(1, 2, 2)] * _states, call=_called, tier=1)
    row(f"nn.{_kind}Cell(4, 3, bias=False)", ONE, *[(5, 3)] * _states, call=_called)
row("nn.RNN(4, 6, nonlinearity='relu')", BATCH)
row("nn.RNN(4, 3, 2, 'relu', bidirectional=True)", BATCH, call="lambda m, x: m(rnn.pack_padded_sequence(x, [5, 4, 1]))")
row("nn.RNNCell(4, 3, nonlinearity='relu')", ONE[1:])
row("nn.LSTM(4, 6, num_layers=2, proj_size=3, bidirectional=True)", BATCH)
row("nn.LSTM(4, 6, proj_size=3)", BATCH, (1, 3, 3), (1, 3, 6), call="lambda m, x, h, c: m(x, (h, c))")
row("nn.LSTM(4, 6, proj_size=3)", BATCH, call="lambda m, x: m(rnn.pack_padded_sequence(x, [5, 4, 1]))")
row("nn.LSTM(1, 1)", (1, 1, 1))
row("nn.GRU(1, 2, bidirectional=True)", (3, 2, 1), call="lambda m, x: m(rnn.pack_padded_sequence(x, [3, 1]))", tier=1)
row("nn.LSTM(1, 2, proj_size=1)", (3, 2, 1), call="lambda m, x: m(rnn.pack_padded_sequence(x, [3, 1]))", tier=1)
row("nn.RNN(1, 2, 1, 'relu')", (3, 1), tier=1)
row("lambda x: rnn.pad_packed_sequence(rnn.pack_padded_sequence(x, [2, 5, 4], enforce_sorted=False))[0]", BATCH)
row(
    "lambda x: rnn.pad_packed_sequence(rnn.pack_padded_sequence(x, [5, 2, 1], True), True, 2.0, 7)[0]", (3, 5, 4)
)
row("lambda x, y: rnn.pad_sequence([x, y], True, -1.0, 'left')", (2, 3), (4, 3))
row("lambda x, y: rnn.unpad_sequence(rnn.pad_sequence([x, y]), I([2, 4]))", (2, 3), (4, 3))
row("lambda x, y: rnn.pack_sequence([x, y], enforce_sorted=False)", (2, 3), (4, 3))
row("lambda x, y: rnn.unpack_sequence(rnn.pack_sequence([y, x]))", (2, 3), (4, 3))

# ----- attention -----

_ATTENDED = (2, 3, 4, 2), (2, 3, 5, 2), (2, 3, 5, 3)
_FOUR_BY_FIVE = "[[1, 0, 1, 1, 0], [1, 1, 1, 1, 1], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]]"
row("lambda q, k, v: F.scaled_dot_product_attention(q, k, v)", *_ATTENDED)
row("lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.3)", *_ATTENDED)
row(f"lambda q, k, v: F.scaled_dot_product_attention(q, k, v, B({_FOUR_BY_FIVE}))", *_ATTENDED)
row("lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m)", *_ATTENDED, (4, 5))
row("lambda q, k, v: F.scaled_dot_product_attention(q, k, v)", (3, 2), (4, 2), (4, 2), tier=1)
row(
    "lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)",
    (1, 4, 2, 3), (1, 2, 2, 3), (1, 2, 2, 3), tier=1,
)  # fmt: skip
QUERIES, KEYS = (4, 2, 6), (5, 2, 6)
_ITSELF = "lambda m, x: m(x, x, x)"
row("nn.MultiheadAttention(6, 3)", QUERIES, call=_ITSELF)
row("nn.MultiheadAttention(2, 1)", (2, 1, 2), call=_ITSELF, tier=1)
row("nn.MultiheadAttention(6, 2, batch_first=True, bias=False)", QUERIES, call=_ITSELF)
row("nn.MultiheadAttention(6, 2)", QUERIES, KEYS, KEYS)
row("nn.MultiheadAttention(6, 2)", (4, 6), call=_ITSELF)
row("nn.MultiheadAttention(6, 2)", (4, 6), (5, 6), call="lambda m, q, k: m(q, k, k, B([0, 1, 0, 0, 1]))")
row("nn.MultiheadAttention(6, 2, kdim=3, vdim=4)", QUERIES, (5, 2, 3), (5, 2, 4))
row("nn.MultiheadAttention(6, 2, kdim=3)", QUERIES, (5, 2, 3), KEYS, call="lambda m, *x: m(*x, need_weights=False)")
row("nn.MultiheadAttention(6, 2, add_bias_kv=True, add_zero_attn=True)", QUERIES, KEYS, KEYS)
row(
    "nn.MultiheadAttention(6, 2, add_bias_kv=True, add_zero_attn=True)", QUERIES, KEYS,
    call=f"lambda m, q, k: m(q, k, k, B([[0, 0, 0, 1, 1], [0, 1, 1, 0, 0]]), attn_mask=B({_FOUR_BY_FIVE}))",
)  # fmt: skip
row("nn.MultiheadAttention(6, 2)", QUERIES, KEYS, call="lambda m, q, k: m(q, k, k, average_attn_weights=False)")
row("nn.MultiheadAttention(6, 2)", QUERIES, KEYS, (4, 5), call="lambda m, q, k, b: m(q, k, k, attn_mask=b)")
row("nn.MultiheadAttention(6, 2)", QUERIES, KEYS, (4, 4, 5), call="lambda m, q, k, b: m(q, k, k, attn_mask=b)")
row(
    "nn.MultiheadAttention(6, 2)", QUERIES,
    call="lambda m, x: m(x, x, x, B([[0, 0, 0, 1], [0, 0, 1, 1]]), False, "
    "B([[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]]), is_causal=True)",
)  # fmt: skip

# ----- transformers -----

_CAUSAL = "nn.Transformer.generate_square_subsequent_mask(4, dtype=x.dtype)"
for _more in ("", ", norm_first=True, activation='gelu'", ", activation=F.silu, batch_first=True, bias=False"):
    row(f"nn.TransformerEncoderLayer(6, 2, 5, dropout=0.0{_more})", QUERIES)
    row(f"nn.TransformerDecoderLayer(6, 2, 5, dropout=0.0{_more})", QUERIES, QUERIES)
row(
    "nn.TransformerEncoderLayer(6, 2, 5, 0.0, layer_norm_eps=0.1)", QUERIES,
    call=f"lambda m, x: m(x, {_CAUSAL}, is_causal=True)",
)  # fmt: skip
row("nn.TransformerEncoderLayer(2, 1, 2, 0.0)", (2, 1, 2), tier=1)
row(
    "nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 5, 0.0), 2, nn.LayerNorm(6))", QUERIES,
    call="lambda m, x: m(x, src_key_padding_mask=B([[0, 0, 0, 1], [0, 0, 1, 1]]))",
)  # fmt: skip
row(
    "nn.TransformerDecoder(nn.TransformerDecoderLayer(6, 2, 5, 0.0), 2)", QUERIES, KEYS,
    call=f"lambda m, x, y: m(x, y, {_CAUSAL}, tgt_is_causal=True)",
)  # fmt: skip
row(
    "nn.Transformer(6, 2, 1, 2, 5, 0.0)", QUERIES, QUERIES,
    call=f"lambda m, x, y: m(x, y, tgt_mask={_CAUSAL}, memory_key_padding_mask=B([[0, 0, 0, 1], [0, 0, 0, 0]]))",
)  # fmt: skip

# ----- distances, bilinear maps -----

row("nn.Bilinear(2, 3, 4)", (5, 2), (5, 3))
row("nn.Bilinear(2, 2, 2, bias=False)", (2,), (2,), tier=1)
row("lambda a, b, w: F.bilinear(a, b, w)", (2, 3, 2), (2, 3, 4), (5, 2, 4))
row("nn.CosineSimilarity()", (5, 3), (5, 3), tier=1)
row("nn.CosineSimilarity(dim=-1, eps=0.01)", (5, 3), (3,))
row("nn.PairwiseDistance()", (5, 3), (5, 3), tier=1)
row("nn.PairwiseDistance(3.0, 0.1, True)", (2, 5, 3), (5, 3))
row("lambda a, b: F.pairwise_distance(a, b, 1.0)", (3,), (3,))

BY_NAME = {r.name: r for r in ROWS}
assert len(BY_NAME) == len(ROWS)
STORED = Path(__file__).with_suffix(".json")


def listed(result: Any) -> list[Any]:
    """Return the arrays of a result, also of a packed sequence, in which the batch sizes are none."""
    if hasattr(result, "batch_sizes"):
        return [result.data]
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in listed(part)]
    return [] if result is None else [result]


def of_torch(r: Row, dtype: str) -> dict[str, Any]:
    """Return what PyTorch computes: results and gradients by name."""
    import torch

    kinds = {"I": lambda x: torch.tensor(x, dtype=torch.int64), "B": lambda x: torch.tensor(x, dtype=torch.bool)}
    called, call = r.made({"nn": torch.nn, "F": torch.nn.functional, "rnn": torch.nn.utils.rnn, **kinds})
    layer = isinstance(called, torch.nn.Module)
    if layer:
        called = called.to(getattr(torch, dtype))
        state = r.state({name: tuple(value.shape) for name, value in called.state_dict().items()})
        called.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    inputs = [torch.tensor(x.astype(dtype), requires_grad=True) for x in r.inputs()]
    results = listed(call(called, *inputs))
    terms = [(torch.sin(y) * torch.tensor(r.weights(i, tuple(y.shape)))).sum() for i, y in enumerate(results)]
    sum(terms).backward()
    found = {f"result {i}": y for i, y in enumerate(results)}
    found |= {f"gradient {i}": x.grad for i, x in enumerate(inputs)}
    if layer:
        found |= {f"gradient {name}": p.grad for name, p in called.named_parameters()} | called.state_dict()
    return {name: value.detach().numpy() for name, value in found.items() if value is not None}


if __name__ == "__main__":
    stored = {r.name: {name: summed(x) for name, x in of_torch(r, "float64").items()} for r in ROWS}
    lines = [f"{json.dumps(name)}: {json.dumps(sums)}" for name, sums in stored.items()]
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
