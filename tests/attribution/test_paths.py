"""Integrated gradients: axioms, closed forms, the check of completeness, and its refinement."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from explained import CLASSES, ROWS, WEIGHT, images, linear, network, per_example, scores

import autograd_lite as ag
from autograd_lite import attribution as attr
from autograd_lite import errors, nn
from autograd_lite.attribution.paths import METHODS

every = pytest.mark.parametrize("method", METHODS)


@every
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_of_a_linear_model_it_is_the_weight_times_the_difference(method: str, steps: int) -> None:
    baseline = np.array([1.0, 0.0, -1.0])
    found, error = attr.integrated_gradients(linear(), ROWS, baseline, CLASSES, steps, method, return_error=True)
    np.testing.assert_allclose(found, WEIGHT[CLASSES] * (ROWS - baseline), rtol=1e-13)
    np.testing.assert_allclose(error, 0, atol=1e-13)


@every
def test_of_a_quadratic_form_it_is_known(method: str) -> None:
    """Of x A x from 0, for a symmetric A, it is x * (A x)."""
    a = np.array([[2.0, 1.0, 0.0], [1.0, -1.0, 0.5], [0.0, 0.5, 3.0]])
    found = attr.integrated_gradients(lambda x: np.sum((x @ a) * x, axis=1), ROWS, steps=500, method=method)
    one_sided = method in ("riemann_left", "riemann_right")
    np.testing.assert_allclose(found, ROWS * (ROWS @ a), atol=0.1 if one_sided else 1e-12)


def test_it_is_complete_for_smooth_networks() -> None:
    model, x = network(smooth=True), images()
    found, error = attr.integrated_gradients(model, x, None, CLASSES, return_error=True)
    np.testing.assert_allclose(error, 0, atol=1e-12)
    change = scores(model, x, CLASSES) - scores(model, 0 * x, CLASSES)
    np.testing.assert_allclose(per_example(found), change, atol=1e-12)


def test_the_error_is_the_difference_less_the_sum() -> None:
    model, x = network(), images()
    found, error = attr.integrated_gradients(model, x, 0.2, 1, 4, tolerance=10, return_error=True)
    want = scores(model, x, 1) - scores(model, 0 * x + 0.2, 1) - per_example(found)
    np.testing.assert_allclose(error, want, atol=1e-14)
    assert np.abs(error).max() > 1e-6


def test_sensitivity() -> None:
    """What changes the score alone has an attribution, also where the gradient is 0; what does not change it, none."""
    x = np.array([[2.0, 5.0]])
    found = attr.integrated_gradients(lambda x: 1 - ag.relu(1 - x[:, 0]) + 0 * x[:, 1], x, steps=200)
    np.testing.assert_allclose(found, [[1.0, 0.0]], atol=1e-2)
    assert attr.saliency(lambda x: 1 - ag.relu(1 - x[:, 0]), x)[0, 0] == 0


def test_implementation_invariance_and_symmetry() -> None:
    def one(x: Any) -> Any:
        return np.tanh(x[:, 0] + x[:, 1]) * x[:, 2]

    def other(x: Any) -> Any:
        y = np.exp(2 * (x[:, 0] + x[:, 1]))
        return x[:, 2] - 2 * x[:, 2] / (y + 1)

    x = np.array([[0.7, 0.7, 2.0]])
    found = attr.integrated_gradients(one, x)
    np.testing.assert_allclose(attr.integrated_gradients(other, x), found, rtol=1e-12)
    assert found[0, 0] == pytest.approx(found[0, 1], rel=1e-14)


def test_linearity() -> None:
    x = images()
    first, second = network(smooth=True), network()
    both = attr.integrated_gradients(lambda x: 2 * first(x) - 3 * second(x), x, None, 1, tolerance=1)
    parts = [attr.integrated_gradients(m, x, None, 1, tolerance=1) for m in (first, second)]
    np.testing.assert_allclose(both, 2 * parts[0] - 3 * parts[1], atol=1e-12)


def test_several_inputs_have_several_baselines() -> None:
    x = ROWS, ROWS[:, :1]
    found = attr.integrated_gradients(lambda a, b: (a * b).sum(axis=1), x, (1.0, np.zeros(1)))
    total = per_example(found[0]) + per_example(found[1])
    np.testing.assert_allclose(total, (ROWS * ROWS[:, :1]).sum(axis=1), atol=1e-13)


def kinks(seed: int) -> tuple[Callable[..., Any], np.ndarray]:
    """Return a network with many kinks, and an input."""
    model = nn.Sequential(nn.Linear(5, 30, rng=seed), nn.ReLU(), nn.Linear(30, 30, rng=seed + 1), nn.ReLU())
    weight = np.random.default_rng(seed).standard_normal(30)
    return (lambda x: model(x) @ weight), 3 * np.random.default_rng(seed + 2).standard_normal((3, 5))


@every
@pytest.mark.parametrize("seed", range(2))
def test_the_steps_that_a_warning_asks_for_are_enough(method: str, seed: int) -> None:
    model, x = kinks(10 * seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        attr.integrated_gradients(model, x, None, None, 3, method, tolerance=0.003)
    assert caught
    assert caught[0].filename == __file__
    assert caught[0].category is errors.IncompleteWarning
    for _ in range(2):  # an error falls in jumps, so that once may not be enough
        (wanted,) = re.findall(r"Write steps=(\d+)", str(caught[-1].message))
        caught.clear()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            attr.integrated_gradients(model, x, None, None, int(wanted), method, tolerance=0.003)
        if not caught:
            return
    raise AssertionError("not enough")


@pytest.mark.parametrize("seed", range(3))
def test_refined_it_is_complete_in_fewer_steps(seed: int) -> None:
    model, x = kinks(10 * seed)
    calls = []

    def counted(x: Any) -> Any:
        calls.append(1)
        return model(x)

    found, error = attr.integrated_gradients(counted, x, refine=True, tolerance=1e-3, return_error=True)
    exact = attr.integrated_gradients(model, x, steps=1000, method="riemann_middle", tolerance=1)
    sizes = np.abs(found).sum(axis=1)
    assert (np.abs(error) <= 1e-3 * sizes * (1 + 1e-9)).all()
    assert (np.abs(found - exact).sum(axis=1) <= 2e-2 * sizes).all()
    few = {"steps": len(calls), "method": "riemann_middle", "tolerance": 1}
    _, plain = attr.integrated_gradients(model, x, **few, return_error=True)
    assert np.abs(error).max() < np.abs(plain).max()


def test_a_jump_is_never_complete_and_says_so() -> None:
    def jump(x: Any) -> Any:
        return x[:, 0] + np.where(x[:, 0] > 0.7, 5.0, 0.0)

    with pytest.warns(errors.IncompleteWarning, match="or a model without jumps"):
        attr.integrated_gradients(jump, np.ones((1, 1)), refine=True, max_steps=200)


def test_a_score_that_does_not_change_is_no_reason_to_warn() -> None:
    found = attr.integrated_gradients(lambda x: np.sum(x - x, axis=1) + 1e6, ROWS.astype(np.float32))
    assert not found.any()
    found = attr.integrated_gradients(lambda x: nn.LayerNorm(3)(x).sum(axis=1), ROWS)
    np.testing.assert_allclose(found, 0, atol=1e-13)
