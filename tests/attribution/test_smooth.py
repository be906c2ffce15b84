"""SmoothGrad: expectations in closed form, its variants, other methods, and where its noise comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from explained import CLASSES, ROWS, WEIGHT, images, linear, network

import autograd_lite as ag
from autograd_lite import attribution as attr


def cube(x: Any) -> Any:
    return np.sum(x**3, axis=1)


def test_of_a_linear_model_noise_changes_nothing() -> None:
    np.testing.assert_allclose(attr.smooth_grad(linear(), ROWS, CLASSES), WEIGHT[CLASSES])
    assert not attr.smooth_grad(linear(), ROWS, CLASSES, variant="vargrad").any()


def test_variants_have_their_expectations() -> None:
    """The gradient of x^3 at x + s e is 3 (x + s e)^2, with mean 3 (x^2 + s^2), and variance 9 (4 x^2 s^2 + 2 s^4)."""
    x, s = np.array([[1.0, -2.0]]), 0.3
    many = np.tile(x, (50, 1))
    given = {"samples": 800, "noise": s, "relative": False}
    mean, variance = 3 * (x**2 + s**2), 9 * (4 * x**2 * s**2 + 2 * s**4)
    want = {"mean": mean, "vargrad": variance, "squared": mean**2 + variance}
    for variant, expected in want.items():
        found = attr.smooth_grad(cube, many, variant=variant, **given).mean(axis=0, keepdims=True)
        np.testing.assert_allclose(found, expected, rtol=0.02)


def test_noise_is_in_parts_of_the_range_of_each_example() -> None:
    def first(x: Any) -> Any:
        return 0.5 * np.sum(x**2, axis=1)

    x = np.array([[0.0, 1.0], [0.0, 100.0], [3.0, 3.0]])
    spread = np.sqrt(attr.smooth_grad(first, x, samples=1000, noise=0.2, variant="vargrad"))
    np.testing.assert_allclose(spread[:2], np.array([[0.2], [20.0]]) * np.ones((2, 2)), rtol=0.1)
    assert not spread[2].any()


@pytest.mark.parametrize("method", [attr.saliency, attr.input_x_gradient, attr.integrated_gradients])
def test_other_methods_are_smoothed(method: Any) -> None:
    model, x = network(smooth=True), images()
    found = attr.smooth_grad(model, x, 1, samples=2, noise=0.0, method=method)
    np.testing.assert_allclose(found, method(model, x, target=1), atol=1e-14)
    steps = attr.smooth_grad(model, x, 1, samples=3, method=attr.integrated_gradients, steps=4, tolerance=1)
    assert steps.shape == x.shape


def test_noise_comes_from_a_generator_or_is_the_same_each_time() -> None:
    model, x = network(smooth=True), images()
    first = attr.smooth_grad(model, x, 1, 2)
    np.testing.assert_array_equal(attr.smooth_grad(model, x, 1, 2), first)
    np.testing.assert_array_equal(attr.smooth_grad(model, x, 1, 2, generator=0), first)
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(attr.smooth_grad(model, x, 1, 2, generator=rng), first)
    assert np.abs(attr.smooth_grad(model, x, 1, 2, generator=rng) - first).max() > 0
    assert ag.manual_seed(0).random() == np.random.default_rng(0).random()
