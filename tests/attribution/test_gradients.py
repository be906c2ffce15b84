"""Gradients of scores: closed forms, targets, dtypes, several inputs, and that the model stays as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from explained import BIAS, CLASSES, ROWS, WEIGHT, images, linear, network

import autograd_lite as ag
from autograd_lite import attribution as attr
from autograd_lite import errors, nn
from autograd_lite.engine.generators import default_rng

METHODS = {
    "saliency": attr.saliency,
    "input_x_gradient": attr.input_x_gradient,
    "integrated_gradients": lambda m, x, target: attr.integrated_gradients(m, x, None, target, 3, tolerance=10),
    "smooth_grad": lambda m, x, target: attr.smooth_grad(m, x, target, 2),
    "occlusion": lambda m, x, target: attr.occlusion(m, x, 3, 3, target=target),
    "layer_wise_relevance": attr.layer_wise_relevance,
    "grad_cam": lambda m, x, target: attr.grad_cam(m, x, "3", target),
    "deletion": lambda m, x, target: attr.deletion(m, x, x, target, steps=2),
}
every = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def test_of_a_linear_model_they_are_its_weights() -> None:
    signed = attr.saliency(linear(), ROWS, CLASSES, absolute=False)
    np.testing.assert_array_equal(signed, WEIGHT[CLASSES])
    np.testing.assert_array_equal(attr.saliency(linear(), ROWS, CLASSES), np.abs(WEIGHT[CLASSES]))
    np.testing.assert_array_equal(attr.input_x_gradient(linear(), ROWS, CLASSES), ROWS * WEIGHT[CLASSES])


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        (1, [1, 1, 1, 1]), (np.int64(0), [0, 0, 0, 0]), ([0, 1, 1, 0], CLASSES), (CLASSES, CLASSES),
        (ag.Tensor(CLASSES), CLASSES), (CLASSES[:, None], CLASSES), ((1,), [1, 1, 1, 1]),
        (lambda y: y[:, 1], [1, 1, 1, 1]), (lambda y: y[:, 1].sum(), [1, 1, 1, 1]), (lambda y: y[:, :1], [0, 0, 0, 0]),
    ],
)  # fmt: skip
def test_a_target_is_a_class_a_class_for_each_or_a_function(target: Any, classes: Any) -> None:
    np.testing.assert_array_equal(attr.saliency(linear(), ROWS, target, absolute=False), WEIGHT[classes])


def test_a_model_of_one_number_needs_no_target() -> None:
    for model in (lambda x: x @ WEIGHT[0], lambda x: x @ WEIGHT[:1].T, lambda x: (x @ WEIGHT[0]).sum()):
        np.testing.assert_array_equal(attr.saliency(model, ROWS, absolute=False), np.tile(WEIGHT[0], (4, 1)))
    np.testing.assert_array_equal(attr.saliency(linear(), ROWS[0], 1, absolute=False), WEIGHT[1])


def test_a_place_in_an_output_of_more_axes() -> None:
    def model(x: Any) -> Any:
        return np.stack([x[:, :2], 3 * x[:, 1:]], axis=1)  # (examples, 2, 2)

    found = attr.saliency(model, ROWS, (1, 0))
    np.testing.assert_array_equal(found, np.tile([0, 3, 0], (4, 1)))
    found = attr.saliency(model, ROWS, [(0, 0), (0, 1), (1, 0), (1, 1)])
    np.testing.assert_array_equal(found, [[1, 0, 0], [0, 1, 0], [0, 3, 0], [0, 0, 3]])


def test_a_batch_is_explained_example_by_example() -> None:
    model, x = network(), images()
    together = attr.saliency(model, x, CLASSES)
    alone = [attr.saliency(model, x[i : i + 1], int(CLASSES[i]))[0] for i in range(4)]
    np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-15)


def test_several_inputs_have_several_attributions() -> None:
    first, second = attr.input_x_gradient(lambda a, b: (2 * a * b).sum(axis=1), (ROWS, ROWS + 1))
    np.testing.assert_allclose(first, 2 * ROWS * (ROWS + 1))
    np.testing.assert_allclose(second, first)
    noisy = attr.smooth_grad(lambda a, b: (a + 3 * b).sum(axis=1), (ROWS, ROWS[:, :1]), samples=2)
    np.testing.assert_allclose(noisy[1], 9)


@every
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(method: Any, dtype: Any) -> None:
    found = method(network(dtype=dtype), images(dtype=dtype), 1)
    assert type(found) is np.ndarray
    assert found.dtype == dtype


@every
def test_of_a_tensor_they_are_tensors(method: Any) -> None:
    found = method(network(), ag.Tensor(images()), 1)
    np.testing.assert_allclose(found, method(network(), images(), 1), rtol=1e-12)
    assert method is METHODS["deletion"] or type(found) is ag.Tensor


@every
def test_the_model_stays_as_it_was(method: Any) -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            self.inner, self.calls = network(), ag.Tensor(0.0)
            self.noise = ag.Tensor(1.0)

        def forward(self, x: Any) -> Any:
            self.calls = self.calls + 1
            return self.inner(x) * (1 + 1e-3 * default_rng().random()) * self.noise

    model = Counting().eval()
    model.inner[3].weight.grad = np.ones(model.inner[3].weight.shape)
    handle = model.inner[0].register_forward_hook(lambda module, args, output: None)
    before = [vars(module).copy() for module in model.modules()]
    values = {name: t.numpy().copy() for name, t in [*model.named_parameters(), *model.named_buffers()]}
    state = ag.manual_seed(3).bit_generator.state
    x = images()
    if method is METHODS["layer_wise_relevance"]:
        method(model, x, 1)
    elif method is METHODS["grad_cam"]:
        attr.grad_cam(model, x, "inner.3", 1)
    else:
        method(model, x, 1)
    assert default_rng().bit_generator.state == state
    assert [vars(module) for module in model.modules()] == before
    for name, t in [*model.named_parameters(), *model.named_buffers()]:
        np.testing.assert_array_equal(t.numpy(), values[name])
        assert (t.grad is None) == (name != "inner.3.weight")
    np.testing.assert_array_equal(x, images())
    assert ag.is_grad_enabled()
    handle.remove()


@every
def test_it_is_left_as_it_was_where_it_fails_too(method: Any) -> None:
    class Failing(nn.Module):
        def __init__(self) -> None:
            self.layers = network()

        def forward(self, x: Any) -> Any:
            self.layers(x)
            raise ZeroDivisionError

    model = Failing().eval()
    before = [vars(module).copy() for module in model.modules()]
    with pytest.raises(ZeroDivisionError):
        attr.grad_cam(model, images(), "layers.3", 1) if method is METHODS["grad_cam"] else method(model, images(), 1)
    assert [vars(module) for module in model.modules()] == before
    assert ag.is_grad_enabled()


@pytest.mark.parametrize("layer", [nn.Dropout(0.1), nn.BatchNorm2d(1), nn.RReLU(), nn.Sequential(nn.Dropout2d(0.5))])
def test_a_model_in_training_is_refused_by_its_layer(layer: nn.Module) -> None:
    model = nn.Sequential(layer, nn.Flatten(), nn.Linear(36, 2))
    with pytest.raises(errors.ArgumentError, match=r"layer '0.*model\.eval\(\)"):
        attr.saliency(model, images(), 1)
    attr.saliency(model.eval(), images(), 1)


def test_a_model_in_training_that_does_nothing_else_then_is_explained() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 2), nn.Dropout(0.0), nn.LayerNorm(2)).train()
    assert attr.saliency(model, images(), 1).shape == images().shape
    assert model.training


def test_they_are_differentiated_where_that_is_asked() -> None:
    """By parameters, for a penalty on explanations; and by the input."""
    model, x = network(smooth=True), images()
    penalty = (attr.saliency(model, x, 1, absolute=False, create_graph=True) ** 2).sum()
    penalty.backward()
    weight = model[9].weight
    step = np.zeros(weight.shape)
    step[1, 2] = 1e-6
    old, sides = weight.numpy().copy(), []
    for sign in (1, -1):
        weight.assign(old + sign * step)
        sides.append((attr.saliency(model, x, 1) ** 2).sum())
    assert weight.grad[1, 2].item() == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-5)
    assert type(attr.saliency(model, x, 1)) is np.ndarray
    watched = ag.Tensor(x, requires_grad=True)
    assert attr.saliency(model, watched, 1).requires_grad
    np.testing.assert_array_equal(BIAS, linear().bias.numpy())
