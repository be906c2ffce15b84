"""Arrays that a model makes of lengths: found to be what makes them, at any length, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx.checker")
pytest.importorskip("onnxruntime")

from exported import plain, ran, same

import autograd_lite as ag


def apart(n: int, m: int | None = None) -> Any:
    return np.arange(m or n) - np.arange(n)[:, None]


SLOPES = np.array([0.5, 0.25])[:, None, None]
SINES = ag.Tensor(np.sin(np.arange(200.0)))
TABLES: dict[str, Any] = {
    "counted down": lambda x: x * np.arange(len(x), 0, -1),
    "turned": lambda x: x * np.arange(len(x))[::-1],
    "what is left": lambda x: x * (len(x) - np.arange(len(x))),
    "from its length on": lambda x: x * np.arange(len(x), 2 * len(x)),
    "steps of a tenth": lambda x: x * (np.arange(len(x)) * 0.1),
    "small whole numbers": lambda x: x * np.arange(len(x)).astype(np.uint8),
    "frequencies": lambda x: x[:, None] * (np.arange(len(x))[:, None] * np.array([1.0, 0.1, 3.3])),
    "its length": lambda x: x[0] * np.array([len(x), 2 * len(x) + 1]),
    "full of it": lambda x: x * np.full(len(x), len(x)),
    "places": lambda x: x[np.arange(len(x) - 1, -1, -1)],
    "differences": lambda x: x * apart(len(x)),
    "distances": lambda x: x - 0.5 * np.abs(apart(len(x))),
    "distances with slopes": lambda x: x - SLOPES * np.abs(apart(len(x))),
    "a window": lambda x: np.where(np.abs(apart(len(x))) <= 1, x, -np.inf),
    "the last": lambda x: np.where(np.arange(len(x)) == len(x) - 1, x, 0.0),
    "all but the first": lambda x: x * (np.arange(len(x)) > 0),
    "both coordinates": lambda x: x * np.stack(np.meshgrid(np.arange(len(x)), np.arange(len(x)))).sum(0),
    "a table of sines": lambda x: x * SINES[: len(x)],
}


@pytest.mark.parametrize("rows", [4, 30])
@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_made_at_any_length(name: str, rows: int) -> None:
    rng, function = np.random.default_rng(0), TABLES[name]
    model = ag.onnx.export(function, rng.standard_normal(rows), dynamic_axes={"x": {0: "n"}})
    for n in (1, 2, 3, 7, 130):
        x = rng.standard_normal(n)
        same(ran(model, x), plain(function, x))


OF_TWO: dict[str, Any] = {
    "a mask of what came before": lambda q, k: np.where(apart(len(q), len(k)) <= len(k) - len(q), q @ k.T, -1e9),
    "as a triangle": lambda q, k: np.where(np.tri(len(q), len(k), len(k) - len(q), bool), q @ k.T, -1e9),
    "from the first on": lambda q, k: np.where(np.tri(len(q), len(k), dtype=bool), q @ k.T, -1e9),
    "relative": lambda q, k: q @ k.T + 0.5 * (apart(len(q), len(k)) - (len(k) - len(q))),
}


@pytest.mark.parametrize("name", OF_TWO)
def test_a_table_of_two_lengths(name: str) -> None:
    rng, function = np.random.default_rng(0), OF_TWO[name]
    examples = (rng.standard_normal((3, 2)), rng.standard_normal((6, 2)))
    model = ag.onnx.export(function, examples, dynamic_axes={"q": {0: "n"}, "k": {0: "m"}})
    for n, m in ((1, 1), (1, 9), (4, 4), (5, 8)):
        x, y = rng.standard_normal((n, 2)), rng.standard_normal((m, 2))
        same(ran(model, x, y), plain(function, x, y))


OTHER: dict[str, Any] = {
    "sines": lambda x: x * np.sin(np.arange(len(x))),
    "parts of one": lambda x: x * np.linspace(0, 1, len(x)),
    "squares": lambda x: x * np.arange(len(x)) ** 2,
    "the first ten": lambda x: x * (np.arange(len(x)) < 10),
    "clipped": lambda x: x * np.clip(apart(len(x)), -2, 2),
    "the other diagonal": lambda x: x * np.eye(len(x))[::-1],
    "a few that grow": lambda x: x * np.array([len(x) ** 2]),
}


@pytest.mark.parametrize("name", OTHER)
def test_another_table_is_refused_with_what_to_write(name: str) -> None:
    with pytest.raises(ag.errors.ExportError, match=r"table\[:n\]"):
        ag.onnx.export(OTHER[name], np.ones(4), dynamic_axes={"x": {0: "n"}})
