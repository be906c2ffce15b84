"""Occlusion and deletion: what is covered, how often, and with what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from explained import CLASSES, ROWS, WEIGHT, images, linear, network, scores

from autograd_lite import attribution as attr
from autograd_lite import errors


def test_of_a_linear_model_single_numbers_have_their_summands() -> None:
    found = attr.occlusion(linear(), ROWS, 1, baseline=0.5, target=CLASSES)
    np.testing.assert_allclose(found, WEIGHT[CLASSES] * (ROWS - 0.5))


@pytest.mark.parametrize(("window", "stride"), [(2, 1), (3, 2), ((1, 4, 2), (1, 3, 1)), (6, 6), ((1, 9, 9), 1)])
def test_it_is_the_mean_over_the_windows_around_a_number(window: Any, stride: Any) -> None:
    model, x = network(), images(2)
    rows, columns = window[1:] if isinstance(window, tuple) else (window, window)
    down, right = stride[1:] if isinstance(stride, tuple) else (stride, stride)
    total, count = np.zeros_like(x), np.zeros_like(x)
    for i in range(0, max(6 - rows, 0) + down, down):
        for j in range(0, max(6 - columns, 0) + right, right):
            covered = x.copy()
            covered[..., i : i + rows, j : j + columns] = 0.1
            fall = scores(model, x, 1) - scores(model, covered, 1)
            total[..., i : i + rows, j : j + columns] += fall[:, None, None, None]
            count[..., i : i + rows, j : j + columns] += 1
    assert count.min() > 0
    np.testing.assert_allclose(attr.occlusion(model, x, window, stride, 0.1, 1), total / count, atol=1e-14)


def test_of_sequences_channels_are_covered_together() -> None:
    x = np.ones((2, 3, 5))
    np.testing.assert_array_equal(attr.occlusion(lambda x: x.sum(axis=(1, 2)), x, 1), np.full(x.shape, 3.0))


def test_deletion_takes_the_largest_first() -> None:
    x = np.array([[3.0, 1.0, 2.0], [1.0, 2.0, 3.0]])
    curve = attr.deletion(lambda x: x.sum(axis=1), x, x, steps=3)
    np.testing.assert_array_equal(curve, [[6, 6], [3, 3], [1, 1], [0, 0]])
    curve = attr.deletion(lambda x: x.sum(axis=1), x, -x, baseline=1.0, steps=50)
    np.testing.assert_array_equal(curve, [[6, 6], [6, 6], [5, 5], [3, 3]])


def test_all_is_one_example_where_the_model_gives_one_number() -> None:
    """As for gradients."""
    w, x = np.array([1.0, -2.0, 0.5]), np.array([1.0, 7.0, 3.0])
    np.testing.assert_array_equal(attr.occlusion(lambda x: x @ w, x, 1), attr.input_x_gradient(lambda x: x @ w, x))
    np.testing.assert_array_equal(attr.deletion(lambda x: x @ w, x, x), [-11.5, 2.5, 1.0, 0.0])
    image = np.ones((3, 4, 4))
    found = attr.occlusion(lambda x: x.sum(), image, 2, 2)
    np.testing.assert_array_equal(found, np.full(image.shape, 12.0))  # of the channels together
    with pytest.raises(errors.ArgumentError, match=r"examples of shape \(3,\)"):
        attr.occlusion(lambda x: x @ w, x, (1, 1))


def test_deletion_takes_one_array() -> None:
    with pytest.raises(errors.ArgumentError, match=r"is given 2. Write deletion\(lambda a: "):
        attr.deletion(lambda x, y: x[:, 0] + y[:, 0], (ROWS, ROWS[:, :2]), (ROWS, ROWS[:, :2]))


@pytest.mark.parametrize(
    "explain", [attr.saliency, attr.smooth_grad, attr.integrated_gradients, lambda m, x: attr.occlusion(m, x, 1)]
)
def test_a_list_of_several_shapes_is_refused(explain: Any) -> None:
    with pytest.raises(errors.ArgumentError, match=r"list of arrays of several shapes. Write \w+\(model, \(a, b\)"):
        explain(lambda x, y: x[:, 0] + y[:, 0], [ROWS, ROWS[:, :2]])


def test_deletion_of_no_examples() -> None:
    assert attr.deletion(lambda x: x.sum(axis=1), ROWS[:0], ROWS[:0]).shape == (4, 0)


def test_what_explains_makes_the_score_fall_faster_than_chance(rng: np.random.Generator) -> None:
    model, x = network(), images(20)
    areas = [
        attr.deletion(model, x, order, 1).mean()
        for order in (attr.integrated_gradients(model, x, target=1, tolerance=1), rng.random(x.shape))
    ]
    assert areas[0] < areas[1]
