"""Grad-CAM: its formula, its size, and which layers it looks at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from explained import CLASSES, images, network

import autograd_lite as ag
from autograd_lite import attribution as attr
from autograd_lite import nn


def by_hand(model: nn.Sequential, x: np.ndarray, layer: int, target: Any) -> np.ndarray:
    maps = model[: layer + 1](x).detach().numpy()
    rest = model[layer + 1 :]
    with ag.no_grad():
        gradient = ag.grad(lambda a: rest(a)[np.arange(len(a)), target].sum())(maps)
    weights = gradient.mean(axis=(2, 3), keepdims=True)
    return (weights * maps).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("layer", [0, 2, 3, 4])
def test_it_is_the_sum_of_maps_by_their_mean_gradients(layer: int) -> None:
    model, x = network(), images()
    want = by_hand(model, x, layer, CLASSES)
    found = attr.grad_cam(model, x, str(layer), CLASSES, relu=False, upsample=False)
    np.testing.assert_allclose(found, want, atol=1e-15)
    np.testing.assert_allclose(attr.grad_cam(model, x, model[layer], CLASSES, upsample=False), np.maximum(want, 0))
    grown = nn.functional.interpolate(np.maximum(want, 0), size=(6, 6), mode="bilinear", align_corners=False)
    np.testing.assert_allclose(attr.grad_cam(model, x, model[layer], CLASSES), np.asarray(grown), atol=1e-15)


@pytest.mark.parametrize(("conv", "size"), [(nn.Conv1d, (9,)), (nn.Conv3d, (4, 5, 6))])
def test_sequences_and_volumes(conv: Any, size: Any) -> None:
    model = nn.Sequential(conv(2, 3, 2, rng=0), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2)).eval()
    x = np.random.default_rng(0).random((3, 2, *size))
    model(x)
    assert attr.grad_cam(model, x, "0", 1).shape == (3, 1, *size)


def test_hooks_of_the_layer_are_called_and_left() -> None:
    model, calls = network(), []
    handle = model[3].register_forward_hook(lambda module, args, output: calls.append(output.shape))
    attr.grad_cam(model, images(), "3", 1)
    assert calls
    calls.clear()
    model(images())
    assert len(calls) == 1
    handle.remove()


class Residual(nn.Module):
    """Images through two convolutions and a connection around the second, in place or not."""

    def __init__(self, inplace: bool, returned: bool = True) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 2, 3, rng=0), nn.Conv2d(2, 2, 3, padding=1, rng=1)
        self.act, self.last = nn.ReLU(inplace=inplace), nn.Linear(32, 2, rng=2)
        self.inplace, self.returned = inplace, returned

    def forward(self, x: Any) -> Any:
        before = self.first(x)
        y = self.act(before)
        identity = y if self.returned else before  # the same, if in place
        y = self.second(y)
        if self.inplace:
            y += identity
            y[:, :1] *= 0.5
            return self.last(np.tanh(y).reshape(len(x), -1))
        y = (y + identity) * np.array([0.5, 1.0])[:, None, None]
        return self.last(np.tanh(y).reshape(len(x), -1))


@pytest.mark.parametrize("layer", ["first", "act", "second"])
@pytest.mark.parametrize("kind", [np.asarray, ag.tensor])
@pytest.mark.parametrize("returned", [True, False])
def test_the_layer_gives_what_it_gave_before_the_model_wrote_to_it(layer: str, kind: Any, returned: bool) -> None:
    """Also where the model goes on with what the layer was given, and wrote to."""
    x = kind(np.random.default_rng(0).standard_normal((2, 1, 6, 6)))
    found = attr.grad_cam(Residual(True, returned), x, layer, 1, relu=False, upsample=False)
    want = attr.grad_cam(Residual(False), x, layer, 1, relu=False, upsample=False)
    assert np.abs(want).max() > 1e-4
    np.testing.assert_allclose(found, want, atol=1e-15)


def test_sequential_models_with_layers_in_place() -> None:
    def model(inplace: bool) -> nn.Module:
        return nn.Sequential(nn.Conv2d(1, 2, 3, rng=0), nn.ReLU(inplace=inplace), nn.Flatten(), nn.Linear(32, 2, rng=2))

    x = np.random.default_rng(0).standard_normal((2, 1, 6, 6))
    for layer in ("0", "1"):
        found = attr.grad_cam(model(True), x, layer, 1, upsample=False)
        np.testing.assert_allclose(found, attr.grad_cam(model(False), x, layer, 1, upsample=False), atol=1e-15)
