"""Models that write to what they are given, and to what they have given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from explained import ROWS

import autograd_lite as ag
from autograd_lite import attribution as attr


def doubling(x: Any) -> Any:
    x *= 2.0
    return (x**2) @ np.array([1.0, -2.0, 0.5])


def overwriting(x: Any) -> Any:
    """Return a column that is written to afterwards."""
    y = x**2
    column = y[:, 0]
    y += x
    return column * 1.0 + 4.0 * x[:, 1]


KEPT = np.zeros(2)


def into_one_array(x: Any) -> Any:
    """Return the same array each time, as far as arrays are given."""
    KEPT[...] = x.detach().numpy() @ np.array([1.0, -2.0, 0.5])
    return KEPT


SETTINGS = {
    "saliency": {}, "input_x_gradient": {}, "integrated_gradients": {}, "smooth_grad": {"samples": 3},
    "occlusion": {"window": 1}, "layer_wise_relevance": {}, "deletion": {"attributions": ROWS[:2]},
}  # fmt: skip


@pytest.mark.parametrize("method", SETTINGS)
@pytest.mark.parametrize("kind", [np.asarray, ag.tensor])
@pytest.mark.parametrize("model", [doubling, overwriting])
def test_a_model_may_write_to_its_input(method: str, kind: Any, model: Any) -> None:
    x = kind(ROWS[:2].copy())
    whole = {doubling: lambda x: ((2 * x) ** 2) @ np.array([1.0, -2.0, 0.5])}
    whole[overwriting] = lambda x: x[:, 0] ** 2 + x[:, 0] + 4.0 * x[:, 1]
    explain = getattr(attr, method)
    found = explain(model, x, **SETTINGS[method])
    np.testing.assert_array_equal(x, ROWS[:2])
    np.testing.assert_allclose(found, explain(whole[model], ROWS[:2], **SETTINGS[method]), atol=1e-12)


@pytest.mark.parametrize("method", ["occlusion", "deletion"])
def test_scores_are_kept_while_the_model_writes_them_anew(method: str) -> None:
    explain, settings = getattr(attr, method), SETTINGS[method]
    want = explain(lambda x: x @ np.array([1.0, -2.0, 0.5]), ROWS[:2], **settings)
    np.testing.assert_allclose(explain(into_one_array, ROWS[:2], **settings), want)
