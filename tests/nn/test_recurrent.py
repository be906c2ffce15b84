"""Embeddings, recurrent networks and attention: what PyTorch's numbers do not tell, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from backends import ABSENT
from helpers import leaf
from sequences import ROWS

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.nn import functional as F
from autograd_lite.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence, pad_sequence

KINDS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def operations(y: Any) -> list[str]:
    """Return the names of all operations that a result was computed by."""
    found, pending = {}, [y._node]
    while pending:
        node = pending.pop()
        if node is not None and node not in found and node.op is not None:
            found[node] = node.op.name
            pending += [x for x in node.inputs if hasattr(x, "op")]
    return sorted(found.values())


# ----- recurrent networks -----


@every_kind
def test_a_sequence_is_one_operation_for_each_layer_and_direction(kind: Any) -> None:
    y, _ = kind(2, 3, num_layers=2, bidirectional=True, rng=0)(np.ones((5, 4, 2)))
    layer = [name for name in operations(y) if name in ("rnn", "lstm", "gru")]
    assert len(layer) >= 4
    assert len(operations(y)) < 20


@every_kind
def test_saturated_gates_are_finite_without_a_warning(kind: Any) -> None:
    layer = kind(1, 2, rng=0, dtype=np.float32)
    x = leaf(np.array([-1e6, 1e6, 0.0, 3e37], np.float32).reshape(4, 1, 1))
    y, _ = layer(x)
    with np.errstate(all="raise", under="ignore"):
        y.sum().backward()
    assert np.isfinite(y.numpy()).all()
    assert all(np.isfinite(p.grad.numpy()).all() for p in layer.parameters())
    assert y.dtype == np.float32


@every_kind
def test_steps_one_by_one_are_the_sequence(kind: Any) -> None:
    layer, rng = kind(2, 3, rng=0), np.random.default_rng(1)
    x = rng.standard_normal((5, 4, 2))
    y, last = layer(x)
    state: Any = None
    for i in range(5):
        left, state = layer(x[i : i + 1], state)
        np.testing.assert_allclose(left.numpy()[0], y.numpy()[i], rtol=1e-12)
    pairs = zip(last, state, strict=True) if isinstance(last, tuple) else [(last, state)]
    for a, b in pairs:
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)


def test_numbers_between_layers_are_left_out_in_training_alone() -> None:
    layer, x = nn.LSTM(2, 30, num_layers=2, dropout=0.5, rng=0), np.ones((3, 1, 2))
    first, second = layer(x)[0].numpy(), layer(x)[0].numpy()
    assert not np.array_equal(first, second)
    layer.eval()
    np.testing.assert_array_equal(layer(x)[0].numpy(), layer(x)[0].numpy())


def test_what_some_step_leaves_may_be_used_alone() -> None:
    layer, x = nn.LSTM(2, 3, rng=0), np.random.default_rng(0).standard_normal((4, 2, 2))
    for pick in (lambda r: r[0], lambda r: r[1][0], lambda r: r[1][1]):
        ag.gradcheck(lambda x, pick=pick: pick(layer(x)), (leaf(x),))


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cc", marks=ABSENT["cc"])])
def test_a_compiled_training_step_is_the_same(backend: str) -> None:
    models = [nn.LSTM(2, 3, rng=0) for _ in range(2)]
    x = np.random.default_rng(0).standard_normal((6, 4, 2))

    def step_of(model: Any) -> Any:
        optimizer = ag.optim.SGD(model.parameters(), lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = np.sum(model(x)[0] ** 2)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step

    plain, compiled = step_of(models[0]), ag.compile(step_of(models[1]), backend=backend)
    for _ in range(3):
        np.testing.assert_allclose(compiled(x), plain(x), rtol=1e-12)
    for a, b in zip(*[m.parameters() for m in models], strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)
    assert compiled.programs.recordings == 1


@every_kind
def test_compiled_derivatives_by_the_input_draw_anew(kind: Any) -> None:
    layer, x = kind(2, 3, num_layers=2, dropout=0.5, rng=0), np.random.default_rng(0).standard_normal((4, 2, 2))
    layer.rng = None  # so that numbers come from the default generator
    step = ag.value_and_grad(lambda x: np.sum(layer(x)[0] ** 2))
    compiled = ag.compile(step)
    ag.manual_seed(0)
    found = [compiled(x) for _ in range(3)]
    ag.manual_seed(0)
    for (value, gradient), (other, expected) in zip(found, [step(x) for _ in range(3)], strict=True):
        np.testing.assert_allclose(value.item(), other.item(), rtol=1e-12)
        np.testing.assert_allclose(gradient.numpy(), expected.numpy(), rtol=1e-12, atol=1e-14)
    assert compiled.programs.recordings == 1


def test_packed_sequences_come_back_as_they_were() -> None:
    rng = np.random.default_rng(0)
    given = [rng.standard_normal((n, 2)) for n in (2, 5, 1, 5)]
    packed = pack_sequence(given, enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [4, 3, 2, 2, 2]
    for a, b in zip(nn.utils.rnn.unpack_sequence(packed), given, strict=True):
        np.testing.assert_array_equal(a, b)
    layer = nn.GRU(2, 3, rng=0)
    y, h = layer(packed)
    assert isinstance(y, PackedSequence)
    for i, sequence in enumerate(given):
        np.testing.assert_allclose(h.numpy()[0, i], layer(sequence)[1].numpy()[0], rtol=1e-12)


# ----- initial values, names -----


def test_initial_values_and_names() -> None:
    layer = nn.LSTM(3, 100, rng=0)
    bound = 0.1
    assert all(0.9 * bound < abs(p.numpy()).max() <= bound for p in layer.parameters())
    attention = nn.MultiheadAttention(30, 3, add_bias_kv=True, rng=0)
    assert 0.21 < abs(attention.in_proj_weight.numpy()).max() <= (6 / 120) ** 0.5
    assert not attention.in_proj_bias.numpy().any()
    assert not attention.out_proj.bias.numpy().any()
    table = nn.Embedding(100, 30, padding_idx=3, rng=0).weight.numpy()
    assert abs(table.std() - 1) < 0.05
    assert not table[3].any()
    model = nn.Transformer(8, 2, 1, 1, 16, rng=0)
    assert abs(model.encoder.layers[0].linear1.weight.numpy()).max() <= (6 / 24) ** 0.5
    assert repr(nn.LSTM(2, 3, 2, bidirectional=True)) == "LSTM(2, 3, num_layers=2, bidirectional=True)"


LAYERS = sorted({r.text for r in ROWS if r.text.startswith("nn.") and "silu" not in r.text})


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("text", LAYERS)
def test_names_and_shapes_in_state_dict_are_pytorchs(text: str) -> None:
    torch = pytest.importorskip("torch")
    theirs, ours = eval(text, {"nn": torch.nn}).state_dict(), eval(text, {"nn": nn}).state_dict()
    assert {k: tuple(v.shape) for k, v in theirs.items()} == {k: v.shape for k, v in ours.items()}


# ----- embeddings -----


def test_a_row_for_padding_has_no_gradient_and_long_rows_are_shortened() -> None:
    layer = nn.Embedding(5, 3, padding_idx=1, rng=0)
    layer(np.array([1, 1, 2])).sum().backward()
    assert layer.weight.grad is not None
    np.testing.assert_array_equal(layer.weight.grad.numpy().sum(axis=1), [0, 0, 3, 0, 0])
    short = nn.Embedding(5, 3, max_norm=0.5, rng=0)
    before = short.weight.numpy().copy()
    rows = short(np.array([1, 3, 1]))
    assert np.linalg.norm(rows.numpy(), axis=1).max() <= 0.5
    np.testing.assert_array_equal(short.weight.numpy()[[0, 2, 4]], before[[0, 2, 4]])
    table = np.full((2, 3), 5.0)
    F.embedding(np.array([0]), table, max_norm=1.0)
    np.testing.assert_allclose(np.linalg.norm(table, axis=1), [1.0, 75**0.5], rtol=1e-6)


def test_a_table_that_is_given_is_frozen_and_indices_may_change_afterwards() -> None:
    layer = nn.Embedding.from_pretrained(np.eye(3))
    assert not layer.weight.requires_grad
    assert nn.EmbeddingBag.from_pretrained(np.eye(3), freeze=False).weight.requires_grad
    key, weight = np.array([0, 1]), leaf(np.eye(3))
    y = F.embedding(key, weight)
    key[:] = 2
    y.sum().backward()
    assert weight.grad is not None
    np.testing.assert_array_equal(weight.grad.numpy().sum(1), [3, 3, 0])


def test_indices_may_be_arguments_of_a_compiled_function() -> None:
    table = np.random.default_rng(0).standard_normal((5, 3))
    step = ag.value_and_grad(lambda w, i, o: np.sum(np.sin(F.embedding_bag(i, w, o, mode="mean"))))
    compiled = ag.compile(step)
    for i, o in (([0, 1, 4, 4], [0, 2]), ([3, 1, 0, 2], [0, 1])):
        (value, gradient), (other, expected) = compiled(table, np.array(i), np.array(o)), step(table, i, o)
        np.testing.assert_allclose(value, other)
        np.testing.assert_allclose(gradient, expected)
    with pytest.raises(ValueError, match="no row of a weight of 5 rows"):  # a program stands alone
        compiled(table, np.array([0, 1, 5, 4]), np.array([0, 2]))


# ----- attention -----


def test_where_a_mask_leaves_nothing_the_result_is_0_and_has_derivatives() -> None:
    rng = np.random.default_rng(0)
    q, k, v = (leaf(rng.standard_normal((2, 3))) for _ in range(3))
    mask = np.array([[True, False], [False, False]])
    y = F.scaled_dot_product_attention(q, k, v, mask)
    assert not y.numpy()[1].any()
    y.sum().backward()
    assert all(np.isfinite(x.grad.numpy()).all() for x in (q, k, v))


def test_layers_of_a_stack_leave_out_different_numbers() -> None:
    stack = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 8, 0.5, rng=0), 2)
    first, second = stack.layers
    assert first.linear1.weight is not second.linear1.weight
    assert first.dropout1.rng is second.dropout1.rng
    x = np.ones((40, 1))
    assert not np.array_equal(first.dropout1(x), second.dropout1(x))
    attention, y = nn.MultiheadAttention(8, 2, dropout=0.5, rng=0), np.ones((4, 1, 8))
    assert not np.array_equal(attention(y, y, y)[1].numpy(), attention(y, y, y)[1].numpy())
    attention.eval()
    np.testing.assert_array_equal(attention(y, y, y)[1].numpy(), np.full((1, 4, 4), 0.25))


def test_layers_are_drawn() -> None:
    model = nn.TransformerEncoderLayer(4, 2, 4, rng=0)
    picture = str(ag.visualize(model(np.ones((2, 1, 4))).sum()).source)
    assert "softmax" in picture
    assert "lstm" in str(ag.visualize(nn.LSTM(2, 2)(np.ones((3, 1, 2)))[0].sum()).source)


# ----- what is refused -----

X = np.ones((5, 3, 4))
FAULTS: dict[str, tuple[Any, str]] = {
    "sizes": (lambda: nn.LSTM(4, 0), r"LSTM\(\) is given hidden_size=0\. Write hidden_size=10"),
    "nonlinearity": (lambda: nn.RNN(4, 3, nonlinearity="elu"), "Write nonlinearity='tanh' or 'relu'"),
    "projection": (lambda: nn.LSTM(4, 3, proj_size=3), "below hidden_size"),
    "input": (lambda: nn.GRU(5, 3)(X), r"but is given one of shape \(5, 3, 4\)\. Write x\[\.\.\., None\].*GRU\(4"),
    "no steps": (lambda: nn.GRU(4, 3)(X[:0]), "at least one"),
    "state": (lambda: nn.GRU(4, 3)(X, np.zeros((1, 5, 3))), r"Write h_0 = np\.zeros\(\(1, 3, 3\)\)"),
    "pair": (lambda: nn.LSTM(4, 3)(X, np.zeros((1, 3, 3))), r"Write lstm\(x, \(h, c\)\)"),
    "cell input": (lambda: nn.RNNCell(4, 3)(X), r"Write x\.reshape\(-1, 4\)"),
    "cell state": (lambda: nn.LSTMCell(4, 3)(X[0], np.zeros((3, 3))), r"Write lstm\(x, \(h, c\)\)"),
    "lengths": (lambda: pack_padded_sequence(X, [5, 4]), r"Write lengths=\[5\] \* 3"),
    "packed": (lambda: nn.GRU(4, 3)(PackedSequence(X[0], np.array([1, 2]))), r"Write pack_sequence\(sequences\)"),
    "order": (lambda: pack_padded_sequence(X, [4, 5, 1]), "Write enforce_sorted=False"),
    "sequences": (lambda: pad_sequence([np.ones(3), np.ones((3, 2))]), r"Write x\[:, None\]"),
    "index kind": (lambda: F.embedding(X[0, 0], X[0]), r"Write input\.astype\(int\)"),
    "index": (lambda: F.embedding(np.array([-1]), X[0]), "Write indices from 0 to 2"),
    "table": (lambda: F.embedding(np.array([0]), X), r"Write weight\.reshape"),
    "padding": (lambda: nn.Embedding(3, 2, padding_idx=3), "Write a number from -3 to 2"),
    "sparse": (lambda: nn.Embedding(3, 2, sparse=True)(np.array([0])), "Write sparse=False"),
    "mode": (lambda: nn.EmbeddingBag(3, 2, mode="min"), "Write mode='sum'"),
    "no offsets": (lambda: nn.EmbeddingBag(3, 2)(np.array([0, 1])), "offsets=np.array"),
    "offsets": (lambda: nn.EmbeddingBag(3, 2)(np.array([0, 1]), np.array([1, 0])), r"Write np\.sort\(offsets\)"),
    "weights": (
        lambda: F.embedding_bag(np.array([[0]]), X[0], per_sample_weights=np.ones((1, 1))), "with mode='sum'",
    ),
    "classes": (lambda: F.one_hot(np.array([3]), 3), "Write num_classes="),
    "heads": (lambda: nn.MultiheadAttention(6, 4), "Write num_heads=2"),
    "attention input": (lambda: nn.MultiheadAttention(4, 2)(X, X[:, :2], X[:, :2]), "Write key and value"),
    "mask": (lambda: nn.MultiheadAttention(4, 2)(X, X, X, attn_mask=np.zeros((5, 4))), r"Write np\.zeros\(\(5, 5\)"),
    "hint": (lambda: nn.MultiheadAttention(4, 2)(X, X, X, is_causal=True), "generate_square_subsequent_mask"),
    "two masks": (
        lambda: F.scaled_dot_product_attention(X, X, X, np.ones((3, 3), bool), is_causal=True), "Write one of them",
    ),
    "attention shapes": (lambda: F.scaled_dot_product_attention(X, X[..., :2], X), r"Write \(\.\.\., queries, size\)"),
    "groups": (lambda: F.scaled_dot_product_attention(X, X[:2], X[:2], enable_gqa=True), "have to divide"),
    "activation": (lambda: nn.TransformerEncoderLayer(4, 2, activation="elu"), "Write activation='relu'"),
    "model": (lambda: nn.Transformer(8, 2, 1, 1, 8)(X, X), "Write vectors of length 8"),
    "layers": (lambda: nn.TransformerEncoder(nn.Tanh(), -1), "from 0 on"),
    "bilinear": (lambda: nn.Bilinear(2, 3, 4)(np.ones(2), np.ones(2)), r"Write inputs \(\.\.\., in1\)"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_refused(name: str) -> None:
    call, said = FAULTS[name]
    with pytest.raises((errors.AutogradError, IndexError), match=said):
        call()
