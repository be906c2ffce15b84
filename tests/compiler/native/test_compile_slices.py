"""Loops over slices: nodes that share their first axes are done slice by slice, with the numbers of before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from backends import ABSENT

import autograd_lite as ag
from autograd_lite.compiler.native import slices
from autograd_lite.nn import functional as F

pytestmark = ABSENT["cc"]


@pytest.fixture(autouse=True)
def small_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have them be worth it, and slices be small enough only along all axes."""
    monkeypatch.setattr(slices, "WORTH", 1)
    monkeypatch.setattr(slices, "_SLICE", 1)


def attention(q: Any, k: Any, v: Any) -> Any:
    scores = q @ np.swapaxes(k, -1, -2) / 3.0
    scores = np.where(np.tril(np.ones((8, 8), bool)), scores, -np.inf)
    return F.softmax(scores, -1) @ v


def normed(x: Any, y: Any, z: Any) -> Any:
    centred = x - x.mean(axis=(2, 3), keepdims=True)
    return centred / np.sqrt((centred * centred).mean(axis=(2, 3), keepdims=True) + 1e-5) * y + z


RUNS: dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...], bool]] = {
    "attention": (attention, ((3, 2, 8, 4),) * 3, True),
    "a softmax": (lambda x, y, z: F.softmax(x * y, -1) + z, ((20, 12),) * 3, True),
    "an entropy": (lambda x, y, z: F.log_softmax(x, -1) * y + z, ((5, 4, 12),) * 3, True),
    "a norm of channels": (normed, ((3, 4, 5, 6),) * 3, True),
    "sums along all but the first": (lambda x, y, z: np.sum(x * y, axis=(1, 2)) * z[:, 0, 0], ((6, 5, 4),) * 3, False),
    "sums along the first": (lambda x, y, z: np.exp(x - np.sum(x, axis=0)) * y - z, ((6, 5),) * 3, False),
    "a transpose between": (lambda x, y, z: np.exp(x @ y).T @ z, ((6, 6),) * 3, False),
    "neighbours": (lambda x, y, z: (np.exp(x)[1:] - np.exp(x)[:-1]) * y[1:] + z[1:], ((7, 9),) * 3, False),
    "turned round": (lambda x, y, z: np.exp(x)[::-1] * np.max(y, axis=1, keepdims=True) - z, ((7, 9),) * 3, False),
    "parts of one array": (
        lambda x, y, z: np.concatenate([np.sin(x), np.cos(y)], axis=1) * np.concatenate([z, z], axis=1), ((7, 9),) * 3,
        False,
    ),
    "stacks of one": (lambda x, y, z: np.tanh(x @ y) @ z, ((1, 4, 5, 5),) * 3, True),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_slice_by_slice_it_is_the_same(name: str, rng: Any) -> None:
    f, shapes, is_sliced = RUNS[name]
    args = [rng.standard_normal(shape) for shape in shapes]
    both = ag.value_and_grad(lambda *xs: np.sum(np.sin(f(*xs))), (0, 1, 2))
    for function in (f, both):
        step = ag.compile(function, backend="cc")
        for scale in (1.0, 0.5, 1.0):
            given = [scale * a for a in args]
            found, wanted = step(*given), function(*given)
            for a, b in zip(ag.tree.leaves(found), ag.tree.leaves(wanted), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
        if is_sliced and function is f:
            assert "for (int64_t r" in step.program.native.source


def test_what_is_small_is_left_as_it_is(rng: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "WORTH", 1 << 18)
    step = ag.compile(attention, backend="cc")
    args = rng.standard_normal((3, 3, 2, 8, 4))
    for _ in range(2):
        np.testing.assert_allclose(step(*args), attention(*args), rtol=1e-10)
    assert "for (int64_t r" not in step.program.native.source


def test_memory_between_has_room_for_a_slice(rng: Any) -> None:
    args = rng.standard_normal((3, 30, 20, 8, 4))
    step = ag.compile(attention, backend="cc")
    step(*args)
    (kernel,) = step.program.native.parts
    assert kernel.work < 30 * 20 * 8 * 8 * 8


def test_an_index_out_of_range_is_found_in_a_slice(rng: Any) -> None:
    def f(x: Any, i: Any) -> Any:
        y = np.exp(x[i])
        return y / np.max(y, axis=-1, keepdims=True)

    step, x = ag.compile(f, backend="cc"), rng.standard_normal((9, 5))
    for i in ([0, 8, 3], [1, 1, 2]):
        np.testing.assert_allclose(step(x, np.array(i)), f(x, np.array(i)))
    with pytest.raises(IndexError):
        step(x, np.array([0, 9, 1]))
