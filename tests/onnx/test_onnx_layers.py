"""Layers and whole networks as models: the tables of `tests/nn`, in both precisions."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx.checker")
pytest.importorskip("onnxruntime")

from exported import check, plain, ran, same

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.nn import functional as F
from autograd_lite.nn.utils import rnn

sys.path.append(str(Path(__file__).parent.parent / "nn"))
import images
import sequences

NAMES = {"nn": nn, "F": F, "np": np, "rnn": rnn, "I": np.array, "B": lambda a: np.array(a, bool)}
ROWS = [*images.ROWS, *sequences.ROWS]
WRITES = [row for row in ROWS if "max_norm" in row.text]
"""Embeddings that shorten their rows when they are read."""


def made(row: Any, dtype: Any) -> tuple[Any, list[Any]]:
    """Return a layer or function of a table after training, and its inputs."""
    called, call = row.made(NAMES), None
    if isinstance(called, tuple):
        called, call = called
    arrays = [x.astype(dtype) for x in row.inputs()]
    if isinstance(called, nn.Module):
        called.eval().to(dtype)
    return (called if call is None else lambda *xs: call(called, *xs)), arrays


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("row", [row for row in ROWS[::6] if row not in WRITES], ids=lambda row: row.name)
def test_a_layer(row: Any, dtype: Any) -> None:
    function, arrays = made(row, dtype)
    check(function, *arrays)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("row", [row for row in ROWS if row not in WRITES], ids=lambda row: row.name)
def test_every_layer(row: Any, dtype: Any) -> None:
    function, arrays = made(row, dtype)
    check(function, *arrays)


@pytest.mark.parametrize("row", WRITES, ids=lambda row: row.name)
def test_a_layer_that_changes_is_refused_and_left_as_it_was(row: Any) -> None:
    called, call = row.made(NAMES)
    before = {name: np.array(p) for name, p in called.state_dict().items()}
    with pytest.raises(ag.errors.ExportError, match="changes"):
        ag.onnx.export(lambda *xs: call(called, *xs), tuple(row.inputs()))
    for name, p in called.state_dict().items():
        np.testing.assert_array_equal(p, before[name])


FILES = ("rectifiers", "smooth", "activations")
CLASSES = [getattr(nn, name) for name in dir(nn) if isinstance(getattr(nn, name), type)]
ACTIVATIONS = [c.__name__ for c in CLASSES if c.__module__.endswith(FILES)]
SETTINGS = {"Threshold": (0.1, 2.0), "LogSoftmax": (-1,), "Softmax": (-1,), "Softmin": (-1,)}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation(name: str, dtype: Any) -> None:
    layer = getattr(nn, name)(*SETTINGS.get(name, ())).eval().to(dtype)
    check(layer, np.linspace(-3, 3, 2 * 4 * 3 * 2).reshape(2, 4, 3, 2).astype(dtype))


# ----- networks -----


class Block(nn.Module):
    """What a residual network consists of."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norms = [nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)]
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.short = nn.Conv2d(inputs, outputs, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: Any) -> Any:
        y = F.relu(self.norms[0](self.first(x)))
        return F.relu(self.norms[1](self.second(y)) + self.short(x))


class Reader(nn.Module):
    """Letters in, scores of letters out."""

    def __init__(self) -> None:
        self.letters, self.memory, self.last = nn.Embedding(7, 4), nn.LSTM(4, 5, 2, batch_first=True), nn.Linear(5, 7)

    def forward(self, text: Any) -> Any:
        y, _ = self.memory(self.letters(text))
        return self.last(y)


class Writer(nn.Module):
    """A transformer that looks at what is before alone."""

    def __init__(self) -> None:
        self.letters, self.places = nn.Embedding(7, 8), nn.Embedding(16, 8)
        self.layers = [nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True) for _ in range(2)]
        self.norm, self.last = nn.LayerNorm(8), nn.Linear(8, 7, bias=False)

    def forward(self, text: Any) -> Any:
        n = text.shape[1]
        x = self.letters(text) + self.places(np.arange(n))
        for layer in self.layers:
            x = layer(x, src_mask=np.triu(np.ones((n, n), bool), 1))
        return self.last(self.norm(x))


IMAGES, TEXT = (2, 1, 12, 12), (2, 6)
NETWORKS: dict[str, Any] = {
    "perceptron": (lambda: nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(), nn.Linear(8, 3)), (2, 4)),
    "lenet": (lambda: nn.Sequential(
        nn.Conv2d(1, 3, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2), nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16, 10), nn.LogSoftmax(-1)), IMAGES),
    "residual": (lambda: nn.Sequential(
        nn.Conv2d(1, 4, 3), Block(4, 4, 1), Block(4, 8, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)),
        IMAGES),
    "decoder": (lambda: nn.Sequential(
        nn.Linear(5, 16), nn.Unflatten(1, (4, 2, 2)), nn.ConvTranspose2d(4, 2, 3, 2, 1, 1), nn.Sigmoid()), (2, 5)),
    "reader": (Reader, TEXT), "writer": (Writer, TEXT),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_for_any_batch(name: str, dtype: Any) -> None:
    ag.manual_seed(0)
    make, shape = NETWORKS[name]
    net, rng = make().to(dtype), np.random.default_rng(0)

    def inputs(n: int) -> Any:
        whole = (n, *shape[1:])
        return rng.integers(0, 7, whole) if shape is TEXT else rng.standard_normal(whole).astype(dtype)

    net.train()
    x = inputs(2)
    (entry,) = [x.name for x in ag.onnx.export(net, x).graph.input]
    model = ag.onnx.export(net, x, dynamic_axes={entry: {0: "batch"}})
    assert net.training
    kept = {x.name for x in model.graph.initializer}
    assert {name for name, _ in net.named_parameters()} <= kept
    net.eval()
    for n in (1, 2, 5):
        x = inputs(n)
        same(ran(model, x), plain(net, x))


def test_the_gpt_of_the_examples_for_any_batch_and_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent.parent / "examples" / "from_pytorch"))
    gpt = importlib.import_module("gpt")
    ag.manual_seed(0)
    net = gpt.make()
    letters = np.random.default_rng(0).integers(0, len(gpt.LETTERS), (3, 20))
    model = ag.onnx.export(net, ag.Tensor(letters[:2, :5]), dynamic_axes={"idx": {0: "batch", 1: "time"}})
    net.eval()
    for shape in ((1, 1), (2, 5), (3, 20)):
        text = letters[: shape[0], : shape[1]]
        same(ran(model, text), plain(net, ag.Tensor(text)), 2e-5)
