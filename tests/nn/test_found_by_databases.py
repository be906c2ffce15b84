"""What PyTorch's databases of operations and modules found wrong or missing: each once, without PyTorch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.nn import functional as F


def leaf(x: Any) -> Any:
    return ag.Tensor(x, requires_grad=True)


# ----- numbers -----


def test_sigmoids_of_complex_numbers_are_what_they_are_called() -> None:
    z = np.array([1 + 2j, -0.5 - 1j, -3 + 0.5j])
    np.testing.assert_allclose(ag.sigmoid(z), 1 / (1 + np.exp(-z)), rtol=1e-14)
    np.testing.assert_allclose(F.silu(z), z / (1 + np.exp(-z)), rtol=1e-14)
    assert ag.sigmoid(1 + 2j) == pytest.approx(1 / (1 + np.exp(-1 - 2j)))
    np.testing.assert_allclose(ag.sigmoid(np.array([-1000 + 3j, 1000 + 3j])), [0, 1])
    for f in (ag.sigmoid, F.silu):
        assert ag.gradcheck(lambda x, f=f: np.abs(f(x) + 1) ** 2, [leaf(z)], order=2)


def test_softmax_and_its_kin_are_taken_of_another_dtype() -> None:
    x = leaf(np.array([0.0, 1.0], np.float32))
    for f in (F.softmax, F.log_softmax, F.softmin):
        y = f(x, 0, dtype=np.float64)
        assert y.dtype == np.float64
        np.testing.assert_allclose(y.detach(), f(x.detach().numpy().astype(float)), rtol=1e-15)
        y[0].backward()
        assert x.grad.dtype == np.float32


def test_a_threshold_lets_nan_through() -> None:
    np.testing.assert_array_equal(F.threshold(np.array([np.nan, 0.0, 1.0]), 0.5, -9.0), [np.nan, -9.0, 1.0])


def test_padding_may_leave_nothing() -> None:
    assert F.pad(np.ones((5, 3)), (-1, -2, 1, 1)).shape == (7, 0)
    for widths, mode in (((-2, -2), "constant"), ((-1, -2), "replicate")):
        with pytest.raises(errors.ShapeError, match="leaves nothing"):
            F.pad(np.ones((5, 3)), widths, mode)


def test_losses_of_one_class_and_one_example() -> None:
    assert F.multi_margin_loss(leaf(2.0), np.array(0)).item() == 0
    scores = leaf([0.5, 1.0, 0.25])
    assert F.multi_margin_loss(scores, np.array([1]), reduction="none").tolist() == [0.25]
    assert F.multilabel_margin_loss(leaf(2.0), np.array(0)).item() == 0
    assert F.kl_div(leaf(0.5), np.array(1.0), "batchmean").item() == -0.5


def test_a_number_is_a_vector_along_axis_0() -> None:
    assert F.normalize(leaf(-2.0), dim=0).item() == -1
    assert F.cosine_similarity(leaf(-2.0), leaf(3.0), dim=-1).item() == -1
    with pytest.raises(ValueError, match="axis 1"):
        F.normalize(leaf(-2.0))


def test_variances_may_be_those_of_each_column() -> None:
    x, y = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    var = np.array([[1.0, 2.0, 4.0]])
    found = F.gaussian_nll_loss(x, y, var, reduction="none")
    np.testing.assert_allclose(found, F.gaussian_nll_loss(x, y, np.broadcast_to(var, (2, 3)), reduction="none"))
    assert F.gaussian_nll_loss(x.astype(np.float32), y.astype(np.float32), 2.0).dtype == np.float32
    with pytest.raises(errors.ShapeError, match="variances"):
        F.gaussian_nll_loss(x, y, np.ones((1, 1)))


def test_a_batch_in_which_all_is_ignored_changes_nothing() -> None:
    for reduced in (F.cross_entropy, F.nll_loss):
        x = leaf(np.ones((2, 3)))
        loss = reduced(x, np.array([1, 1]), ignore_index=1)
        loss.backward()
        assert np.isnan(loss.item())
        assert not x.grad.numpy().any()


def test_an_empty_batch_leaves_running_statistics() -> None:
    layer = nn.BatchNorm1d(3)
    assert layer(np.ones((0, 3))).shape == (0, 3)
    assert (layer.running_mean.tolist(), layer.running_var.tolist()) == ([0.0] * 3, [1.0] * 3)
    assert layer.num_batches_tracked.item() == 1


# ----- arguments -----

NORMS = [
    *[getattr(nn, f"BatchNorm{n}d")(4, bias=False) for n in (1, 2, 3)],
    *[getattr(nn, f"InstanceNorm{n}d")(4, affine=True, bias=False) for n in (1, 2, 3)],
    nn.GroupNorm(2, 4, bias=False), nn.LazyBatchNorm2d(bias=False),
]  # fmt: skip


@pytest.mark.parametrize("layer", NORMS, ids=lambda layer: type(layer).__name__)
def test_norms_may_have_a_weight_alone(layer: Any) -> None:
    n = int(name[-2]) if (name := type(layer).__name__)[-1] == "d" else 2
    layer(np.random.default_rng(0).normal(size=(3, 4, 5, 6, 7)[: n + 2]))
    layer.reset_parameters()
    assert [name for name, _ in layer.named_parameters()] == ["weight"]


def test_layers_call_their_input_as_pytorch_does() -> None:
    first = {
        name: [*inspect.signature(layer.forward).parameters][1]
        for name in nn.__all__
        if inspect.isclass(layer := getattr(nn, name)) and issubclass(layer, nn.Module) and not name.startswith("Lazy")
        and len(inspect.signature(layer.forward).parameters) > 1
    }  # fmt: skip
    others = {"x1", "input1", "query", "src", "tgt", "anchor", "log_probs", "log_input", "args"}
    assert set(first.values()) <= {"input", *others}
    x = np.ones((1, 2, 4))
    assert nn.Sequential(nn.Conv1d(2, 3, 2), nn.ReLU(), nn.Flatten())(input=x).shape == (1, 9)


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "a margin of 0": (lambda: F.triplet_margin_loss([0.0], [1.0], [2.0], margin=0.0), "margin=0.0 .* Write margin=1.0"),
    "its own distance": (
        lambda: F.triplet_margin_with_distance_loss([0.0], [1.0], [2.0], margin=-1.0), "margin=-1.0 .* Write margin",
    ),
    "triplets": (lambda: F.triplet_margin_loss(np.ones((3, 5)), np.ones((3, 4)), np.ones((3, 4))), "do not broadcast"),
    "other triplets": (
        lambda: F.triplet_margin_with_distance_loss(np.ones((3, 4)), np.ones(3), np.ones((3, 4))), "do not broadcast",
    ),
    "an imaginary delta": (lambda: nn.HuberLoss(delta=1j), "where the parabola ends"),
    "an ignored share": (
        lambda: F.cross_entropy(np.ones((2, 3)), np.ones((2, 3)) / 3, ignore_index=1), "is for a target of classes",
    ),
    "eps below 0": (lambda: nn.BatchNorm1d(2, eps=-1.0)(np.eye(2)), "eps=-1.0, which would be taken"),
    "eps below 0, known": (lambda: nn.BatchNorm1d(2, eps=-1.0).eval()(np.eye(2)), "Write eps=1e-5"),
    "a text for a truth value": (lambda: nn.LSTM(2, 3, bias="False"), "Write bias=True, or False"),
    "a number for one": (lambda: nn.GRUCell(2, 3, 1), "Write bias=True, or False"),
    "groups of channels": (lambda: F.channel_shuffle(np.ones((1, 5, 2)), 2), "cannot divide 5 by 2"),
    "no channels": (lambda: F.channel_shuffle(np.ones((5, 2)), 2), r"Write x\[None\]"),
    "antialias of volumes": (
        lambda: F.interpolate(np.ones((1, 1, 2, 2, 2)), 1, mode="trilinear", antialias=True), "Write mode='area'",
    ),
    "a grid of another batch": (lambda: F.grid_sample(np.ones((2, 1, 3, 3)), np.ones((1, 2, 2, 2))), "a grid of"),
    "cubic volumes": (
        lambda: F.grid_sample(np.ones((1, 1, 2, 2, 2)), np.ones((1, 1, 1, 1, 3)), "bicubic"),
        "mode='bicubic' .* Write mode='bilinear' or 'nearest'",
    ),
    "another margin": (
        lambda: F.grid_sample(np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 2)), padding_mode="edge"), "or 'reflection'",
    ),
    "maps": (lambda: F.affine_grid(np.ones((1, 2, 2)), (1, 1, 2, 2)), "Write the size of the images"),
    "two goals": (lambda: nn.FractionalMaxPool2d(2, 3, 0.5), "one of them"),
    "a ratio above 1": (lambda: nn.FractionalMaxPool2d(2, output_ratio=1.5), "between 0 and 1"),
    "too many windows": (lambda: F.fractional_max_pool2d(np.ones((1, 4, 4)), 2, 4), "Write a smaller output_size"),
    "other samples": (
        lambda: F.fractional_max_pool2d(np.ones((1, 4, 4)), 2, 2, _random_samples=np.ones((1, 2))), r"need \(1, 1, 2\)",
    ),
    "rows of classes": (lambda: F.linear_cross_entropy(np.ones(2), np.ones(2), 0), "Write weight.reshape"),
    "a bias of places": (
        lambda: F.linear_cross_entropy(np.ones((1, 2)), np.ones((3, 4, 2)), [[0] * 4], linear_bias=np.ones(4)),
        "a bias of shape",
    ),
    "heads": (
        lambda: F.multi_head_attention_forward(
            *[np.ones((2, 1, 3))] * 3, 3, 2, np.ones((9, 3)), None, None, None, False, 0.0, np.eye(3), None
        ),
        "divides not",
    ),
    "static keys": (
        lambda: F.multi_head_attention_forward(
            *[np.ones((2, 1, 2))] * 3, 2, 1, np.ones((6, 2)), None, None, None, False, 0.0, np.eye(2), None,
            static_k=np.ones((2, 2, 2)),
        ),
        "static_k or static_v",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "said"), WRONG.values(), ids=WRONG)
def test_what_was_taken_in_silence_is_refused(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(errors.AutogradError, match=said):
        call()


# ----- functions that were missing -----


def test_the_places_of_an_image_itself_are_the_image() -> None:
    image = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    same = np.broadcast_to(np.eye(2, 3), (2, 2, 3))
    for corners in (True, False):
        grid = F.affine_grid(same, image.shape, corners)
        for mode in ("bilinear", "nearest", "bicubic"):
            np.testing.assert_allclose(F.grid_sample(image, grid, mode, "border", corners), image, atol=1e-12)
    far = np.full((2, 1, 1, 2), np.nan)
    assert not F.grid_sample(image, far).any()


def test_windows_at_drawn_distances_cover_both_ends() -> None:
    x = np.arange(100.0).reshape(1, 10, 10)
    y, places = F.fractional_max_pool2d(leaf(x), 2, output_ratio=0.7, return_indices=True, rng=0)
    assert y.shape == (1, 7, 7)
    np.testing.assert_array_equal(y.detach(), places)
    assert y[0, -1, -1].item() == 99
    first, second = nn.FractionalMaxPool2d(2, 7, rng=1), nn.FractionalMaxPool2d(2, 7, rng=2)
    assert first(x).tolist() != second(x).tolist()
    fixed = nn.FractionalMaxPool3d(2, 2, _random_samples=np.full((1, 1, 3), 0.5))
    assert [*fixed.state_dict()] == ["_random_samples"]
    assert fixed(np.arange(64.0).reshape(1, 4, 4, 4)).ravel().tolist() == [21, 23, 29, 31, 53, 55, 61, 63]


def test_a_linear_map_and_its_loss_are_both_in_one() -> None:
    rng = np.random.default_rng(0)
    x, w, b, target = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=5), np.array([0, 4, 2, 2])
    settings = {"weight": np.arange(1.0, 6), "label_smoothing": 0.1}
    found = F.linear_cross_entropy(x, leaf(w), target, linear_bias=b, **settings)
    np.testing.assert_allclose(found.item(), F.cross_entropy(x @ w.T + b, target, **settings))
    layer = nn.LinearCrossEntropyLoss(3, 5, out_features=(2, 3), bias=True, rng=0)
    scores = layer.linear(x).reshape((4, 5, 2, 3))
    places = rng.integers(0, 5, size=(4, 2, 3))
    np.testing.assert_allclose(layer(x, places).item(), F.cross_entropy(scores, places).item())
    assert {name: p.shape for name, p in layer.named_parameters()} == {"linear.weight": (30, 3), "linear.bias": (30,)}


@pytest.mark.parametrize("sizes", [{}, {"kdim": 3, "vdim": 2}])
def test_attention_as_a_function_is_that_of_the_layer(sizes: dict[str, int]) -> None:
    layer = nn.MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True, rng=0, **sizes)
    rng = np.random.default_rng(0)
    q, k, v = [rng.normal(size=(5, 2, n)) for n in (4, sizes.get("kdim", 4), sizes.get("vdim", 4))]
    y, weights = layer(q, k, v)
    z, others = F.multi_head_attention_forward(
        q, k, v, 4, 2, layer.in_proj_weight, layer.in_proj_bias, layer.bias_k, layer.bias_v, True, 0.0,
        layer.out_proj.weight, layer.out_proj.bias, use_separate_proj_weight=bool(sizes),
        q_proj_weight=layer.q_proj_weight, k_proj_weight=layer.k_proj_weight, v_proj_weight=layer.v_proj_weight,
    )  # fmt: skip
    np.testing.assert_allclose(z.detach(), y.detach())
    np.testing.assert_allclose(others.detach(), weights.detach())


def test_older_names_of_interpolation() -> None:
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    np.testing.assert_array_equal(F.upsample(x, scale_factor=2), F.interpolate(x, scale_factor=2))
    np.testing.assert_array_equal(F.upsample_nearest(x, (2, 2)), F.interpolate(x, (2, 2)))
    wanted = F.interpolate(x, 5, mode="bilinear", align_corners=True)
    np.testing.assert_array_equal(F.upsample_bilinear(x, 5), wanted)


def test_a_smaller_image_without_artefacts_has_the_mean_of_all_pixels() -> None:
    x = np.eye(8).reshape(1, 1, 8, 8)
    for mode in ("bilinear", "bicubic"):
        y = F.interpolate(x, (1, 1), mode=mode, antialias=True)
        assert y.item() == pytest.approx(1 / 8, abs=0.05)
        assert F.interpolate(x, (1, 1), mode=mode).item() != pytest.approx(1 / 8, abs=0.05)
