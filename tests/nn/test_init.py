"""Initial values: bounds, moments, what is orthogonal or zero, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.nn import init


def filled(fill: Any, shape: Any = (200, 100), dtype: Any = float, **settings: Any) -> np.ndarray[Any, Any]:
    t = ag.Tensor(np.full(shape, 7.0, dtype), requires_grad=True)
    assert fill(t, **settings, rng=0) is t
    assert t.dtype == dtype
    return t.detach().numpy()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
@pytest.mark.parametrize(("nonlinearity", "a"), [("relu", 0.0), ("leaky_relu", 2.0), ("tanh", 0.0)])
def test_kaiming_has_the_deviation_of_the_paper(nonlinearity: str, a: float, mode: str, dtype: Any) -> None:
    settings = {"mode": mode, "nonlinearity": nonlinearity, "a": a, "shape": (200, 50, 3), "dtype": dtype}
    fan = 150 if mode == "fan_in" else 600
    deviation = init.calculate_gain(nonlinearity, a) / math.sqrt(fan)
    uniform, normal = filled(init.kaiming_uniform_, **settings), filled(init.kaiming_normal_, **settings)
    for found in (uniform, normal):
        assert found.std() == pytest.approx(deviation, rel=0.02)
        assert abs(found.mean()) < 0.02 * deviation
    assert abs(uniform).max() <= math.sqrt(3) * deviation * (1 + 1e-6)
    assert abs(normal).max() > 3 * deviation


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"),
    [
        (0, 1, -2, 2), (1, 2, -1, 2), (0, 1, 3, 4), (0, 1, -np.inf, -5), (0, 1, 8, 8.001), (5, 0.1, -1, 1),
        (0, 1, -1e-3, 1e-3), (0, 1, 0, np.inf), (0, 1, 40, 41), (0, 10, -1, 30),
    ],
)  # fmt: skip
def test_truncated_normal_numbers_have_their_mean_and_stay_inside(mean: float, std: float, a: float, b: float) -> None:
    found = filled(init.trunc_normal_, mean=mean, std=std, a=a, b=b)
    assert found.min() >= a
    assert found.max() <= b
    low, high = max((a - mean) / std, -50.0), min((b - mean) / std, 50.0)
    near = min(max(low, 0.0), high) if high > 0 else high
    z = np.linspace(max(low, near - 12), min(high, near + 12), 2_000_001)
    weights = np.exp((near**2 - z**2) / 2)
    expected = np.sum(z * weights) / np.sum(weights)
    spread = math.sqrt(np.sum((z - expected) ** 2 * weights) / np.sum(weights))
    assert ((found - mean) / std).mean() == pytest.approx(expected, abs=6 * spread / math.sqrt(found.size) + 1e-6)
    assert ((found - mean) / std).std() == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (3, 2, 4)])
def test_orthogonal_rows_or_columns_have_the_length_of_the_gain(shape: Any) -> None:
    found = filled(init.orthogonal_, shape=shape, gain=2.0).reshape(shape[0], -1)
    small = found @ found.T if found.shape[0] <= found.shape[1] else found.T @ found
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-12)
    signs = [np.sign(filled(lambda t, rng, s=s: init.orthogonal_(t, rng=s), shape=(2, 2))[0, 0]) for s in range(40)]
    assert set(signs) == {-1.0, 1.0}


def test_a_part_of_each_column_is_zero() -> None:
    found = filled(init.sparse_, sparsity=0.33, std=0.5)
    assert set((found == 0).sum(0)) == {66}
    assert len(set((found == 0).sum(1))) > 5
    assert found[found != 0].std() == pytest.approx(0.5, rel=0.05)


def test_identities() -> None:
    np.testing.assert_array_equal(init.eye_(ag.Tensor(np.ones((2, 3)))).numpy(), np.eye(2, 3))
    x = np.random.default_rng(0).random((1, 4, 6, 6))
    weight = init.dirac_(ag.Tensor(np.ones((4, 2, 3, 3))), groups=2)
    np.testing.assert_allclose(ag.nn.functional.conv2d(x, weight, padding=1, groups=2), x)


def test_a_generator_has_two_names_and_a_seed_repeats() -> None:
    for fill in (init.uniform_, init.normal_, init.xavier_uniform_, init.kaiming_normal_, init.orthogonal_):
        by_rng = fill(ag.Tensor(np.zeros((3, 4))), rng=1)
        by_generator = fill(ag.Tensor(np.zeros((3, 4))), generator=np.random.default_rng(1))
        np.testing.assert_array_equal(by_rng.numpy(), by_generator.numpy())
    ag.manual_seed(3)
    first = init.trunc_normal_(ag.Tensor(np.zeros(5))).tolist()
    ag.manual_seed(3)
    assert init.trunc_normal_(ag.Tensor(np.zeros(5))).tolist() == first


T2, T1 = ag.Tensor(np.zeros((2, 2))), ag.Tensor(np.zeros(2))


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: init.kaiming_normal_(T1), errors.ShapeError), (lambda: init.orthogonal_(T1), errors.ShapeError),
        (lambda: init.eye_(T1), errors.ShapeError), (lambda: init.dirac_(T2), errors.ShapeError),
        (lambda: init.sparse_(T1, 0.1), errors.ShapeError), (lambda: init.sparse_(T2, 2.0), errors.ArgumentError),
        (lambda: init.kaiming_normal_(T2, mode="in"), errors.ArgumentError),
        (lambda: init.calculate_gain("gelu"), errors.ArgumentError),
        (lambda: init.trunc_normal_(T2, a=1, b=0), errors.ArgumentError),
        (lambda: init.trunc_normal_(T2, std=0), errors.ArgumentError),
        (lambda: init.dirac_(ag.Tensor(np.zeros((3, 1, 1))), 2), errors.ArgumentError),
        (lambda: init.uniform_(T2, generator=1, rng=2), errors.ArgumentError),
    ],
)
def test_what_cannot_be_filled_is_refused(call: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="Write"):
        call()


def test_the_array_of_a_parameter_is_filled_too() -> None:
    """As PyTorch's programs have it: ``init.normal_(layer.weight.data, 0.0, 0.02)``."""
    layer = nn.Linear(3, 2)
    init.zeros_(layer.weight.data)
    init.constant_(layer.bias.data, 2.0)
    assert layer(np.ones((1, 3))).tolist() == [[2.0, 2.0]]
    init.normal_(layer.weight.data, 5.0, 0.0)
    assert layer.weight.tolist() == [[5.0] * 3] * 2
