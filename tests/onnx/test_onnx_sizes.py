"""Open axes: one model for any length; what depends on a length in another way is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx.checker")
pytest.importorskip("onnxruntime")

from exported import plain, ran, same

import autograd_lite as ag
from autograd_lite import nn

CAUSAL = "x @ x.T under a mask"
FUNCTIONS: dict[str, Any] = {
    CAUSAL: lambda x: np.where(np.tril(np.ones((len(x), len(x)), bool)), x @ x.T, -1.0),
    "unit": lambda x: np.eye(len(x)) + x @ x.T,
    "counted": lambda x: x + 2.5 * np.arange(len(x))[:, None],
    "zeros": lambda x: np.concatenate([x, np.zeros((2, x.shape[1]))]) * np.ones((len(x) + 2, 1)),
    "statistics": lambda x: np.sum(x, 0) / len(x) + np.mean(x) + np.var(x, 0) + np.max(x),
    "flat": lambda x: x.reshape(-1)[::-1],
    "pairs": lambda x: np.reshape(x, (1, len(x) * 2, -1)) if x.shape[1] % 2 == 0 else x,
    "differences": lambda x: x[1:] - x[:-1],
    "order": lambda x: np.roll(x, 1, 0) + np.cumsum(x, 0) + np.sort(x, 0) + np.flip(x, 0),
    "margins": lambda x: np.pad(x, ((1, 2), (0, 1))),
    "repeated": lambda x: np.repeat(np.tile(x, (2, 1)), 2, 0),
    "a tree": lambda x: {"sum": x.sum(), "shape": x.shape[0]},
    "products": lambda x: np.einsum("ij,kj->ik", x, x) + np.tensordot(x, x, (1, 1)),
    "distances": lambda x: np.sqrt(np.sum((x[:, None] - x[None]) ** 2, -1)),
    "one place": lambda x: np.where(np.arange(x.shape[1]) == 1, 0.0, x),
    "the last": lambda x: x[-1],
    "what is no number": lambda x: np.where(x > 0, x, float("nan")),
    "a part": lambda x: np.full_like(x[:5], 2.0) * np.mean(x[:3], 0) + np.std(x[-6:], 0),
    "halves": lambda x: np.split(np.concatenate([x, x]), 2)[1],
    "a scan": lambda x: ag.scan(lambda c, row: (c + row, c * row), np.zeros(x.shape[1]), x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_model_for_any_length(name: str) -> None:
    rng, f = np.random.default_rng(0), FUNCTIONS[name]
    model = ag.onnx.export(f, rng.standard_normal((4, 2)), dynamic_axes={"x": {0: "rows"}})
    for n in (1, 2, 3, 9):
        x = rng.standard_normal((n, 2))
        same(ran(model, x), plain(f, x))


def test_several_lengths() -> None:
    rng = np.random.default_rng(0)
    net = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    open_axes = {"src": {0: "batch", 1: "time"}}
    model = ag.onnx.export(net, rng.standard_normal((1, 3, 4)), dynamic_shapes=open_axes)
    for shape in ((1, 3, 4), (3, 7, 4), (2, 1, 4)):
        x = rng.standard_normal(shape)
        same(ran(model, x), plain(net.eval(), x))
    shape = model.graph.output[0].type.tensor_type.shape
    assert [d.dim_param or d.dim_value for d in shape.dim] == ["batch", "time", 4]


def test_images_of_any_size() -> None:
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        layers = nn.Conv2d(1, 2, 3, 2, 1), nn.MaxPool2d(3, 2, 1), nn.Conv2d(2, 2, 3, padding="same")
        net = nn.Sequential(*layers).to(dtype)
        x = rng.standard_normal((1, 1, 9, 8)).astype(dtype)
        model = ag.onnx.export(net, x, dynamic_axes={"input": {0: "batch", 2: "height", 3: "width"}})
        for shape in ((1, 1, 9, 8), (2, 1, 13, 20)):
            x = rng.standard_normal(shape).astype(dtype)
            same(ran(model, x), plain(net, x))


def test_two_inputs_of_one_length_and_of_two() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((4, 3)), rng.standard_normal((2, 3))
    model = ag.onnx.export(lambda x, y: np.concatenate([x, y]), (x, y), dynamic_axes={"x": {0: "n"}, "y": [0]})
    same(ran(model, x[:1], y), [np.concatenate([x[:1], y])])
    model = ag.onnx.export(lambda x, y: x * y, (x, x), dynamic_axes={"x": {0: "n"}, "y": {0: "n"}})
    same(ran(model, x[:1], x[1:2]), [x[:1] * x[1:2]])
    with pytest.raises(ag.errors.ExportError, match="Write another name"):
        ag.onnx.export(lambda x, y: (x, y), (x, y), dynamic_axes={"x": {0: "n"}, "y": {0: "n"}})


REFUSED = {
    "half of it": (lambda x: x[: len(x) // 2], "the number"),
    "a loop of Python": (lambda x: sum(x[i] for i in range(len(x))), "the calls"),
    "a branch": (lambda x: x if len(x) < 6 else np.sin(x), "the calls"),
    "a root": (lambda x: x / np.sqrt(len(x)), "the number"),
    "a table": (lambda x: x + np.random.default_rng(0).random(len(x))[:, None], "an array"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_depends_otherwise_is_refused_with_its_line(name: str) -> None:
    function, what = REFUSED[name]
    with pytest.raises(ag.errors.ExportError, match=what) as caught:
        ag.onnx.export(function, np.ones((4, 3)), dynamic_axes={"x": {0: "rows"}})
    assert "Write" in str(caught.value)
    assert ag.onnx.export(function, np.ones((4, 3))).graph.output


PARTS: dict[str, Any] = {
    "a number": lambda x: np.sum(x[:5], 0) / len(x[:5]),
    "an array": lambda x: np.zeros(len(x[:5])) + x[0, 0],
    "a size": lambda x: np.zeros(min(len(x), 5)) + x[0, 0],
    "two": lambda x: np.zeros(len(x[:2])) + x[0, 0],
    "far": lambda x: np.sum(x[:40], 0) / len(x[:40]),
    "a branch far away": lambda x: x if len(x) < 40 else np.sin(x),
}


@pytest.mark.parametrize("rows", [1, 2, 3, 8, 50, 100])
@pytest.mark.parametrize("name", PARTS)
def test_what_is_other_for_shorter_or_much_longer_examples_is_refused(name: str, rows: int) -> None:
    try:
        model = ag.onnx.export(PARTS[name], np.ones((rows, 3)), dynamic_axes={"x": {0: "rows"}})
    except ag.errors.ExportError as error:
        assert "length" in str(error)  # noqa: PT017
        return
    for n in range(1, 70):
        x = np.random.default_rng(n).standard_normal((n, 3))
        same(ran(model, x), plain(PARTS[name], x))


def test_a_model_need_not_take_examples_of_any_length() -> None:
    """Windows longer than one example and a table of positions shorter than another."""
    rng = np.random.default_rng(0)
    table = nn.Parameter(rng.standard_normal((12, 3)))
    functions = [lambda x: table[: len(x)] + x, lambda x: x[4:] + x[:-4], lambda x: x[1:-1].reshape(-1, 3)]
    for function in functions:
        model = ag.onnx.export(function, np.ones((8, 3)), dynamic_axes={"x": {0: "rows"}})
        for n in (5, 7, 12):
            x = rng.standard_normal((n, 3))
            same(ran(model, x), plain(function, x))
    net = nn.Sequential(nn.Conv1d(3, 2, 5), nn.ReLU())
    model = ag.onnx.export(net, np.ones((1, 3, 8), np.float32), dynamic_axes={"input": {2: "time"}})
    x = rng.standard_normal((1, 3, 40)).astype(np.float32)
    same(ran(model, x), plain(net, x))


LONGER = (1, 2, 3, 4, 5, 8, 31)
ROLLED: dict[str, Any] = {
    "more than it is long": lambda x: np.roll(x, 3, 0),
    "back": lambda x: np.roll(x, -5, 0),
    "not": lambda x: np.roll(x, 0, 0),
    "two axes": lambda x: np.roll(x, (3, -2), (0, 1)),
    "all in a row": lambda x: np.roll(x, 7),
    "by its length": lambda x: np.roll(x, len(x) - 1, 0),
}


@pytest.mark.parametrize("name", ROLLED)
def test_rows_are_rolled_by_more_than_they_are(name: str) -> None:
    model = ag.onnx.export(ROLLED[name], np.ones((4, 3)), dynamic_axes={"x": {0: "rows"}})
    for n in LONGER:
        x = np.random.default_rng(n).standard_normal((n, 3))
        same(ran(model, x), plain(ROLLED[name], x))


@pytest.mark.parametrize("mode", ["edge", "wrap", "reflect", "symmetric", "constant"])
@pytest.mark.parametrize("dtype", ["float32", "int16", "bool"])
def test_margins_of_an_open_axis_and_of_another_one_before_it(mode: Any, dtype: str) -> None:
    def function(x: Any) -> Any:
        return np.pad(x, 3, mode), np.pad(x, ((1, 1), (7, 0)), mode), np.pad(x, ((2, 1), (0, 0)), mode)

    rng = np.random.default_rng(0)
    model = ag.onnx.export(function, np.ones((3, 4), dtype), dynamic_axes={"x": {1: "n"}})
    for n in LONGER:
        x = (rng.standard_normal((3, n)) * 3).astype(dtype)
        same(ran(model, x), plain(function, x))


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_convolutions_with_margins_of_open_images(mode: Any, axes: int) -> None:
    rng, layer = np.random.default_rng(0), getattr(nn, f"Conv{axes}d")(1, 2, 3, padding=1, padding_mode=mode)
    model = ag.onnx.export(layer, np.ones((1, 1, *[4] * axes)), dynamic_axes={"input": {0: "batch", 1 + axes: "width"}})
    for batch, n in ((1, 2), (2, 7)):
        x = rng.standard_normal((batch, 1, *[4] * (axes - 1), n))
        same(ran(model, x), plain(layer, x))


RUNNING: dict[str, Any] = {
    "products": lambda x: np.cumprod(x, 0),
    "products of columns": lambda x: np.multiply.accumulate(x, 1),
    "sums": lambda x: (np.cumsum(x, 0), np.add.accumulate(x, 1), np.cumsum(x, 0, "int16")),
    "extremes": lambda x: (np.maximum.accumulate(x, 0), np.minimum.accumulate(x, 1)),
    "order": lambda x: (np.sort(x, 0), np.argsort(x, 0, kind="stable"), np.max(x, 1)),
    "places": lambda x: (np.argmax(x, 0), np.argmin(x, 1)),
}


@pytest.mark.parametrize("name", RUNNING)
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint16", "uint32", "int64", "float32"])
def test_numbers_of_any_dtype_at_any_length(name: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    model = ag.onnx.export(RUNNING[name], np.ones((4, 3), dtype), dynamic_axes={"x": {0: "rows"}})
    for n in LONGER:
        x = rng.integers(0, 3, (n, 3)).astype(dtype)
        same(ran(model, x), plain(RUNNING[name], x))
