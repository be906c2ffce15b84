"""Every method in compiled functions, under vmap, and differentiated forwards: the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from explained import CLASSES, images, network

import autograd_lite as ag
from autograd_lite import attribution as attr

METHODS: dict[str, Callable[..., Any]] = {
    "saliency": lambda m, x: attr.saliency(m, x, CLASSES, absolute=False),
    "input_x_gradient": lambda m, x: attr.input_x_gradient(m, x, 1),
    "integrated_gradients": lambda m, x: attr.integrated_gradients(m, x, 0.5, CLASSES, 3),
    "its error": lambda m, x: attr.integrated_gradients(m, x, None, 0, 2, return_error=True)[1],
    "smooth_grad": lambda m, x: attr.smooth_grad(m, x, 1, 2, variant="vargrad"),
    "occlusion": lambda m, x: attr.occlusion(m, x, 3, 3, target=1),
    "epsilon": lambda m, x: attr.layer_wise_relevance(m, x, 1),
    "gamma": lambda m, x: attr.layer_wise_relevance(m, x, 1, "gamma"),
    "alpha-beta": lambda m, x: attr.layer_wise_relevance(m, x, 1, "alpha-beta"),
    "z-box": lambda m, x: attr.layer_wise_relevance(m, x, CLASSES, rules={"0": "z-box"}),
    "grad_cam": lambda m, x: attr.grad_cam(m, x, "3", 1, relu=False),
}
every = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def near(a: np.ndarray) -> float:
    """Return how far apart numbers of this size may be by other roundings; of scores, differences are taken."""
    return 100 * float(np.finfo(a.dtype).eps) * max(1e-2, float(np.abs(a).max()))


@every
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.filterwarnings("ignore::autograd_lite.errors.IncompleteWarning")
def test_compiled_it_is_the_same(method: Any, dtype: Any) -> None:
    model, x = network(smooth=True, dtype=dtype), images(dtype=dtype)
    compiled = ag.compile(lambda x: method(model, x))
    for given in (x, x[::-1].copy()):
        found, want = compiled(given), method(model, given)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, want, rtol=0, atol=near(want))


@every
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.filterwarnings("ignore::autograd_lite.errors.IncompleteWarning")
def test_under_vmap_it_is_that_of_each(method: Any, dtype: Any) -> None:
    model, x = network(smooth=True, dtype=dtype), images(dtype=dtype)
    batches = np.stack([x, x[::-1], 2 * x])
    found = ag.vmap(lambda x: method(model, x))(batches)
    assert found.dtype == dtype
    for one, given in zip(found, batches, strict=True):
        want = method(model, given)
        np.testing.assert_allclose(one, want, rtol=0, atol=near(want))


@every
@pytest.mark.filterwarnings("ignore::autograd_lite.errors.IncompleteWarning")
def test_its_derivative_is_that_of_differences(method: Any) -> None:
    model, x = network(smooth=True), images()
    direction = np.random.default_rng(1).standard_normal(x.shape)
    with ag.no_grad():  # of the parameters, which are constants here
        value, tangent = ag.jvp(lambda x: method(model, x), (x,), (direction,))
    np.testing.assert_allclose(value, method(model, x), atol=1e-13)
    step = 1e-5
    differences = (method(model, x + step * direction) - method(model, x - step * direction)) / (2 * step)
    np.testing.assert_allclose(tangent, differences, rtol=1e-3, atol=1e-6)


def test_a_class_that_is_an_input_of_a_compiled_function() -> None:
    model, x = network(smooth=True), images()
    compiled = ag.compile(lambda x, classes: attr.saliency(model, x, classes))
    for classes in (CLASSES, 1 - CLASSES):
        np.testing.assert_allclose(compiled(x, classes), attr.saliency(model, x, classes), atol=1e-15)
    found = ag.vmap(lambda x, c: attr.saliency(model, x[None], lambda y: y[0, c])[0])(x, CLASSES)
    np.testing.assert_allclose(found, attr.saliency(model, x, CLASSES), atol=1e-15)


def test_refining_is_refused_where_nobody_knows_the_numbers() -> None:
    model = network()
    with pytest.raises(ag.AutogradError, match="Write steps=200 without refine=True"):
        ag.vmap(lambda x: attr.integrated_gradients(model, x, target=1, refine=True))(images()[None])
