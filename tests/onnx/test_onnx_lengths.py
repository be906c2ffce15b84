"""Lengths that a model is tried with: what begins at a length that nobody knows is refused, or computed right."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx.checker")
pytest.importorskip("onnxruntime")

from exported import plain, ran, same

import autograd_lite as ag
from autograd_lite import nn

ROWS = np.random.default_rng(0).standard_normal((40, 3))
TABLE = nn.Parameter(ROWS)
LENGTHS = (1, 2, 3, 5, 8, 16, 17, 31, 39, 40, 41, 70, 99, 101, 130, 300)


def distances(x: Any) -> Any:
    n = np.arange(len(x))
    return np.abs(n[:, None] - n)


def of_a_table(x: Any) -> Any:
    """It ends at 40, and does something else from 17 on."""
    y = x + TABLE[: len(x)] * 1.0
    return y * 2 if len(x) > 16 else y


def before_its_end(x: Any) -> Any:
    y = x + TABLE[np.arange(len(x))]
    return y if len(x) < 40 else y * 2


BEGIN_LATE: dict[str, Any] = {
    "a branch": lambda x: x * 2 if len(x) > 100 else x,
    "a branch far away": lambda x: x * 2 if len(x) > 900 else x,
    "a part": lambda x: x[-min(len(x), 100) :].sum(0),
    "a window": lambda x: np.where(distances(x) <= 80, x @ x.T, 0.0),
    "a number": lambda x: x * min(len(x), 90),
    "a table": of_a_table,
    "the end of a table": before_its_end,
    "rows": lambda x: x + TABLE[np.arange(len(x))],
}


@pytest.mark.parametrize("rows", [4, 36, 40, 200])
@pytest.mark.parametrize("name", BEGIN_LATE)
def test_what_begins_late_is_refused_or_right(name: str, rows: int) -> None:
    function, rng = BEGIN_LATE[name], np.random.default_rng(0)
    if rows > 40 and ("table" in name or name == "rows"):
        return
    try:
        model = ag.onnx.export(function, rng.standard_normal((rows, 3)), dynamic_axes={"x": {0: "rows"}})
    except ag.errors.ExportError as error:
        assert "Write" in str(error)  # noqa: PT017
        assert name != "rows"
        return
    for n in LENGTHS:
        x = rng.standard_normal((n, 3))
        try:
            expected = plain(function, x)
        except (IndexError, ValueError):
            continue  # beyond the table, which a runtime sees too
        same(ran(model, x), expected)


UNFIT: dict[str, Any] = {
    "halves": lambda x: x.reshape(x.shape[0] // 2, 2, 3),
    "a fixed shape": lambda x: x + np.ones((4, 1)),
    "a gate": nn.functional.glu,
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_model_that_takes_no_other_length_is_refused_with_the_length(name: str) -> None:
    function = UNFIT[name]
    with pytest.raises(ag.errors.ExportError, match=r"with n=5 it raises an error \(") as caught:
        ag.onnx.export(lambda x: function(x.T).T if name == "a gate" else function(x), np.ones((4, 3)),
                       dynamic_axes={"x": {0: "n"}})  # fmt: skip
    assert "without dynamic_axes" in str(caught.value)


def test_two_lengths_that_must_be_one_are_named() -> None:
    with pytest.raises(ag.errors.ExportError, match="one name for axes of the same length"):
        ag.onnx.export(lambda x, y: x + y, (np.ones((4, 3)), np.ones((4, 3))), dynamic_axes={"x": [0], "y": [0]})


def test_what_differs_is_refused_with_its_line() -> None:
    for function in (BEGIN_LATE["a branch"], BEGIN_LATE["a window"], BEGIN_LATE["a number"]):
        with pytest.raises(ag.errors.ExportError, match=r"\(at .*test_onnx_lengths.py:"):
            ag.onnx.export(function, np.ones((4, 3)), dynamic_axes={"x": {0: "rows"}})


@pytest.mark.parametrize("axes", [{0: "rows"}, {0: "rows", 1: "columns"}])
def test_an_error_of_the_examples_themselves_is_their_own(axes: Any) -> None:
    with pytest.raises(ValueError, match="broadcast") as caught:
        ag.onnx.export(lambda x: x + np.ones(5), np.ones((4, 4)), dynamic_axes={"x": axes})
    assert not isinstance(caught.value, ag.errors.ExportError)


def test_a_batch_of_one_that_takes_no_two_is_refused_with_the_length() -> None:
    with pytest.raises(ag.errors.ExportError, match="with n=2 it raises"):
        ag.onnx.export(lambda x: x.reshape(12), np.ones((1, 12)), dynamic_axes={"x": {0: "n"}})


def test_two_lengths_may_be_the_same_in_the_examples() -> None:
    def function(x: Any) -> Any:
        return x * np.arange(len(x))[:, None] + np.arange(x.shape[1])

    model = ag.onnx.export(function, np.ones((4, 4)), dynamic_axes={"x": {0: "n", 1: "m"}})
    for shape in ((1, 1), (4, 4), (3, 9)):
        x = np.random.default_rng(0).standard_normal(shape)
        same(ran(model, x), plain(function, x))


def test_nobody_is_warned_of_lengths_that_are_tried() -> None:
    def function(x: Any) -> Any:
        if len(x) > 50:
            warnings.warn("long", stacklevel=2)
        return x * 2

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ag.onnx.export(function, np.ones((4, 3)), dynamic_axes={"x": {0: "rows"}})


@pytest.mark.parametrize("kind", [int, float, np.float64, np.float32, np.int64])
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "float32", "float64"])
def test_a_length_is_a_number_of_the_kind_that_the_model_makes_of_it(kind: Any, dtype: str) -> None:
    def function(x: Any) -> Any:
        n = kind(len(x))
        return x * n, np.where(x > 1, x, n), n * 2 + x, x / n, x**n

    x = np.array([1, 2, 1, 2], dtype)
    model = ag.onnx.export(function, x, dynamic_axes={"x": {0: "n"}})
    for n in (1, 2, 3, 6):
        x = np.resize(np.array([1, 2], dtype), n)
        same(ran(model, x), plain(function, x))
    if kind is float and dtype == "int32":
        x = np.full(4, 2**29, np.int32)
        same(ran(model, x)[:1], plain(function, x)[:1])


SHORTEST: dict[str, Any] = {
    "a branch for one": lambda x: x if len(x) > 1 else x * 2,
    "a branch for two": lambda x: x if len(x) > 2 else x - 1,
}


@pytest.mark.parametrize("name", SHORTEST)
def test_what_is_other_at_the_shortest_lengths_is_refused(name: str) -> None:
    with pytest.raises(ag.errors.ExportError, match="something else than at longer ones"):
        ag.onnx.export(SHORTEST[name], np.ones((4, 3)), dynamic_axes={"x": {0: "n"}})


def test_other_calls_for_the_same_numbers_are_none_else() -> None:
    def function(x: Any) -> Any:
        return (np.sum(x, 0) if len(x) > 1 else x[0]), np.squeeze(x)

    model = ag.onnx.export(function, np.ones((4, 3)), dynamic_axes={"x": {0: "n"}})
    x = np.random.default_rng(0).standard_normal((1, 3))
    same(ran(model, x)[:1], plain(function, x)[:1])
