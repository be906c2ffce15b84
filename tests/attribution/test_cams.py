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
