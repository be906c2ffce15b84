"""Functions along open axes, and beside them: one model, at any length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx.checker")
pytest.importorskip("onnxruntime")

from exported import plain, ran, same

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.nn import functional as F

LENGTHS = (1, 2, 3, 5, 8, 31)


def compare(function: Any, made: Callable[[int], tuple[Any, ...]], axes: Any, lengths: Any = LENGTHS) -> None:
    """Export a function with an example of four and compare it at other lengths."""
    model = ag.onnx.export(function, made(4), dynamic_axes=axes)
    for n in lengths:
        arrays = made(n)
        same(ran(model, *arrays), plain(function, *arrays))


def rows(n: int) -> tuple[Any, ...]:
    return (np.random.default_rng(n).standard_normal((n, 3)),)


def two(n: int) -> tuple[Any, ...]:
    return (*rows(n), np.random.default_rng(n + 1).standard_normal((n, 3)))


def square(n: int) -> tuple[Any, ...]:
    return (np.random.default_rng(n).standard_normal((n, n)),)


BINS = np.array([-1.0, 0.0, 0.5, 0.5, 1.0])
FUNCTIONS: dict[str, Any] = {
    "grids": lambda x: np.meshgrid(x[:, 0], x[:, 1] * 2, np.arange(3.0)),
    "thin grids": lambda x: np.meshgrid(x[:, 0], np.arange(2.0), indexing="ij", sparse=True),
    "repeated": lambda x: (np.repeat(x[:1], len(x), 0), np.repeat(x, len(x))),
    "filled up": lambda x: np.pad(x[:1], ((0, len(x) - 1), (0, 0))),
    "searched": lambda x: (np.searchsorted(BINS, x), np.searchsorted(BINS, x, "right")),
    "in bins": lambda x: (np.digitize(x, BINS), np.digitize(x, BINS[::-1], True)),
    "among": lambda x: np.isin(np.round(x), 0) | np.isin(np.round(x), [[1, 2]], invert=True),
    "between points": lambda x: (np.interp(x, [0, 1, 2], [0, 1, 4]), np.interp(x, [0, 1], [0, 4], left=-1, right=9)),
    "quantiles": lambda x: (np.quantile(x, 0.3, axis=0), np.percentile(x, [10, 50], axis=1), np.quantile(x, 0.5)),
    "kept": lambda x: (np.quantile(x, [0.2, 0.7], axis=0, keepdims=True), np.median(x, 0, keepdims=True)),
    "every other": lambda x: x[::2] * 2 + np.sum(x[1::2]),
    "changes of signs": lambda x: (np.diff(x > 0, axis=1), np.diff(x > 0, 2, 1), np.diff(x, axis=0)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_rows(name: str) -> None:
    compare(FUNCTIONS[name], rows, {"x": {0: "rows"}})


def test_nan_is_found_last() -> None:
    x = np.array([np.nan, 0.0, np.inf, -np.inf])
    compare(lambda x: (np.searchsorted(BINS, x), np.searchsorted(BINS, x, "right"), np.median(x)), lambda n: (x,), {})
    compare(np.median, lambda n: (np.array([np.inf, -np.inf, 0.0, 1.0]),), {})


def test_similarity_of_open_batches() -> None:
    compare(lambda a, b: (F.cosine_similarity(a, b), F.cosine_similarity(a, b, 0)), two, {"a": {0: "n"}, "b": {0: "n"}})
    compare(lambda a, b: F.cosine_similarity(a, b), lambda n: (two(n)[0], two(1)[1]), {"a": {0: "n"}})
    compare(lambda a, b: np.broadcast_arrays(a, b[:1])[1] + a, two, {"a": {0: "n"}, "b": {0: "n"}})


def test_diagonals_of_open_matrices() -> None:
    axes = {"x": {0: "n", 1: "n"}}
    compare(lambda x: (np.diagonal(x), np.trace(x), np.diag(x), np.diagonal(x, 0, 1, 0)), square, axes)
    compare(lambda x: (np.diagonal(x, 1), np.diagonal(x, -1), np.trace(x, 1)), square, axes)
    with pytest.raises(ag.errors.ExportError, match=r"Write x\[:n, :n\]"):
        ag.onnx.export(np.diagonal, np.ones((3, 4)), dynamic_axes={"a": [0, 1]})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_means_of_whole_images_of_any_size(axes: int, dtype: str) -> None:
    def made(n: int) -> tuple[Any, ...]:
        return (np.random.default_rng(n).standard_normal((2, 2, *range(n, n + axes))).astype(dtype),)

    layer, names = getattr(nn, f"AdaptiveAvgPool{axes}d"), {"input": {k: f"n{k}" for k in range(2, 2 + axes)}}
    compare(layer(1), made, names, (1, 3, 9))
    compare(layer((None,) * (axes - 1) + (1,)), made, names, (1, 3, 9))


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_bags_of_any_length(mode: Any) -> None:
    layer = nn.EmbeddingBag(10, 4, mode=mode)
    compare(layer, lambda n: (np.arange(2 * n).reshape(2, n) % 10,), {"input": {1: "n"}})


def test_the_sizes_of_pools_that_are_rounded_up_are_refused() -> None:
    for layer in (nn.AvgPool1d(3, 2, 1, ceil_mode=True), nn.MaxPool1d(3, 2, 1, ceil_mode=True)):
        with pytest.raises(ag.errors.ExportError, match="can't be open"):
            ag.onnx.export(layer, np.ones((1, 1, 8)), dynamic_axes={"input": {2: "n"}})


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic"])
@pytest.mark.parametrize("factor", [2, 4])
def test_larger_images_of_any_size(mode: Any, factor: int) -> None:
    """Of two sizes, which are the same in the example."""

    def made(n: int) -> tuple[Any, ...]:
        return (np.random.default_rng(n).standard_normal((1, 2, n, n + 2 * (n != 4))),)

    layer = nn.Upsample(scale_factor=factor, mode=mode)
    compare(layer, made, {"input": {0: "batch", 2: "height", 3: "width"}}, (1, 2, 3, 9))


def test_other_resizing_of_open_images_is_refused() -> None:
    for layer in (nn.Upsample(7), nn.Upsample(scale_factor=2, mode="linear", align_corners=True)):
        with pytest.raises(ag.errors.ExportError, match="can't be open"):
            ag.onnx.export(layer, np.ones((1, 1, 4)), dynamic_axes={"input": {2: "n"}})


# ----- written to -----

WRITTEN: dict[str, Any] = {
    "a column": (np.s_[:, 0], 0.0),
    "the last column": (np.s_[:, -1], lambda x: x[:, 0] * 2),
    "two columns": (np.s_[:, [0, 2]], lambda x: x[:, :2]),
    "by a mask": (np.s_[:, np.array([True, False, True])], lambda x: x[:, :2]),
    "the first row": (np.s_[0], np.arange(3.0)),
    "the last row": (np.s_[-1], 1.0),
    "a place": (np.s_[0, 1], 5.0),
    "one further": (np.s_[1:], lambda x: x[:-1]),
    "back": (np.s_[:-1], lambda x: x[1:]),
    "a part of a column": (np.s_[1:, 1], lambda x: x[:-1, 0]),
    "both": (np.s_[1:, 1:], lambda x: x[:-1, :-1]),
    "every other row": (np.s_[::2], lambda x: x[::2] * 2),
    "turned": (np.s_[::-1], lambda x: x),
    "more than there may be": (np.s_[:2], 7.0),
    "all": (np.s_[...], lambda x: x * 2),
    "one twice": (np.s_[:, [0, 0]], 1.0),
}
IMAGES: dict[str, Any] = {
    "arrays apart": (np.s_[[0, 1], :, [1, 2]], lambda x: np.arange(2)[:, None, None] * np.ones((2, x.shape[1], 4))),
    "a number and an array": (np.s_[0, :, [1, 2]], lambda x: x[1, :, 1:3].swapaxes(0, 1)),
    "numbers apart": (np.s_[0, :, 1], lambda x: x[1, :, 2]),
    "arrays together": (np.s_[:, :, [1, 2], [0, 3]], lambda x: x[:, :, :2, 0]),
    "an array of two axes": (np.s_[..., [[0, 1], [2, 3]]], lambda x: x[..., None, :2]),
    "a row of all": (np.s_[:, 0], lambda x: x[:, 1]),
    "a part of both": (np.s_[1, 1:, 0:2], lambda x: x[0, :-1, 0:2]),
}


def writing(key: Any, value: Any, how: str) -> Any:
    def function(x: Any) -> Any:
        y, new = x * 1, value(x) if callable(value) else value
        if how == "added":
            y[key] += new
        else:
            y[key] = new
        return y

    return function


@pytest.mark.parametrize("how", ["set", "added"])
@pytest.mark.parametrize("name", [*WRITTEN, *IMAGES])
def test_parts_of_open_arrays_are_written_to(name: str, how: str) -> None:
    if name in WRITTEN:
        compare(writing(*WRITTEN[name], how), rows, {"x": {0: "rows"}})
    else:
        made = lambda n: (np.random.default_rng(n).standard_normal((2, n, 3, 4)),)  # noqa: E731
        compare(writing(*IMAGES[name], how), made, {"x": {1: "n"}}, (2, 5))


def test_what_is_written_along_an_open_axis_by_an_array_is_refused() -> None:
    for key in (np.s_[[0, 1]], np.s_[0, [0, 2]]):
        with pytest.raises(ag.errors.ExportError, match=r"Write np.where"):
            ag.onnx.export(writing(key, 1.0, "set"), np.ones((4, 3)), dynamic_axes={"x": {0: "rows"}})


def test_gradients_along_open_batches() -> None:
    compare(lambda x: ag.grad(lambda y: F.log_softmax(y, dim=1)[:, 0].sum())(x), rows, {"x": {0: "rows"}})
