"""Dropout: what is left out, how often, whole channels, after `eval`; derivatives, batches, compiled functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from backends import ABSENT
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.nn import functional as F

# The function, its layer, and a shape with the axes along which a channel is left out as a whole.
KINDS: dict[str, tuple[Any, Any, tuple[int, ...], tuple[int, ...]]] = {
    "dropout": (F.dropout, nn.Dropout, (4, 5, 6), ()),
    "dropout1d": (F.dropout1d, nn.Dropout1d, (9, 8, 6), (2,)),
    "dropout1d single": (F.dropout1d, nn.Dropout1d, (90, 6), (1,)),
    "dropout2d": (F.dropout2d, nn.Dropout2d, (9, 8, 3, 2), (2, 3)),
    "dropout3d": (F.dropout3d, nn.Dropout3d, (9, 8, 3, 2, 2), (2, 3, 4)),
    "dropout3d single": (F.dropout3d, nn.Dropout3d, (90, 3, 2, 2), (1, 2, 3)),
    "alpha_dropout": (F.alpha_dropout, nn.AlphaDropout, (9, 8, 6), ()),
    "feature_alpha_dropout": (F.feature_alpha_dropout, nn.FeatureAlphaDropout, (9, 8, 3), (2,)),
}
every_kind = pytest.mark.parametrize("name", KINDS)


@every_kind
def test_whole_channels_are_left_out_and_others_scaled(name: str) -> None:
    f, _, shape, channel = KINDS[name]
    y = f(np.ones(shape), 0.3, training=True, rng=0)
    assert len(np.unique(y)) == 2
    np.testing.assert_array_equal(y, np.broadcast_to(y.mean(channel, keepdims=True), shape) if channel else y)
    if "alpha" not in name:
        np.testing.assert_allclose(np.unique(y), [0, 1 / 0.7])
    left_out = np.mean(y != y.max())
    assert abs(left_out - 0.3) < 0.15


def test_the_moments_stay() -> None:
    x = np.random.default_rng(0).standard_normal(200_000)
    assert abs(F.dropout(np.ones(200_000), 0.3, rng=0).mean() - 1) < 0.01
    y = F.alpha_dropout(x, 0.3, training=True, rng=1)
    assert abs(y.mean()) < 0.01
    assert abs(y.std() - 1) < 0.01


@every_kind
def test_layers_draw_anew_in_training_and_are_the_identity_after_eval(name: str) -> None:
    f, kind, shape, _ = KINDS[name]
    layer, x = kind(0.4, rng=3), np.random.default_rng(0).standard_normal(shape)
    first, second = layer(x), layer(x)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, f(x, 0.4, training=True, rng=3))
    assert layer.eval()(x) is x
    assert repr(layer) == f"{kind.__name__}(p=0.4, inplace=False)"
    ag.manual_seed(5)
    again = kind()(x)
    ag.manual_seed(5)
    np.testing.assert_array_equal(kind()(x), again)


@every_kind
def test_derivatives_and_batches(name: str) -> None:
    f, _, shape, _ = KINDS[name]
    x = np.random.default_rng(0).standard_normal([min(n, 3) for n in shape])
    ag.gradcheck(lambda v: np.sin(f(v, 0.4, training=True, rng=1)), (leaf(x),), order=2)
    batch = np.stack([x, 2 * x])
    alone = [f(v, 0.4, training=True, rng=1) for v in batch]
    np.testing.assert_allclose(ag.vmap(lambda v: f(v, 0.4, training=True, rng=1))(batch), alone)
    single = f(ag.Tensor(x.astype(np.float32)), 0.4, training=True, rng=1)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single.numpy(), alone[0], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cc", marks=ABSENT["cc"])])
@pytest.mark.parametrize("name", ["dropout", "dropout2d", "alpha_dropout"])
def test_a_compiled_step_draws_anew(name: str, backend: str) -> None:
    _, kind, shape, _ = KINDS[name]
    x, layer = np.random.default_rng(0).standard_normal(shape), kind()
    step = ag.value_and_grad(lambda v: np.sum(np.sin(layer(v))))
    compiled = ag.compile(step, backend=backend)
    ag.manual_seed(0)
    found = [compiled(x) for _ in range(3)]
    ag.manual_seed(0)
    wanted = [step(x) for _ in range(3)]
    for (value, gradient), (other, expected) in zip(found, wanted, strict=True):
        np.testing.assert_allclose(value, other)
        np.testing.assert_allclose(gradient, expected)
    assert len({float(value) for value, _ in found}) == 3


def test_extremes_and_in_place() -> None:
    x = leaf(np.arange(4.0))
    assert F.dropout(x, 0.0) is x
    y = F.dropout(x, 1.0)
    np.testing.assert_array_equal(y.numpy(), 0)
    inner = x * 1.0
    assert F.dropout(inner, 0.5, inplace=True, rng=0) is inner
    inner.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), F.dropout(np.ones(4), 0.5, rng=0))


@pytest.mark.parametrize("name", ["dropout", "alpha_dropout", "feature_alpha_dropout"])
def test_values_are_pytorchs(name: str) -> None:
    """Of the same mask, that is: the two values that ones become."""
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn.functional, name)(torch.ones(50, 50, dtype=torch.float64), 0.3, True).unique()
    np.testing.assert_allclose(np.unique(KINDS[name][0](np.ones((50, 50)), 0.3, training=True)), theirs, rtol=1e-12)


def test_what_is_refused() -> None:
    for call, said in (
        (lambda: F.dropout(np.ones(3), 1.5), r"Write a number from 0 to 1: p=0\.5"),
        (lambda: nn.Dropout("half"), r"p='half' of Dropout\(\)"),
        (lambda: F.dropout2d(np.ones((2, 3, 4))), r"Write x\[None\]"),
        (lambda: F.dropout1d(np.ones((2, 3, 4, 5))), r"Write dropout\(x\)"),
        (lambda: F.feature_alpha_dropout(np.ones(3)), r"Write x\[None\]"),
    ):
        with pytest.raises(errors.AutogradError, match=said):
            call()
