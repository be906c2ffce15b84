"""Layer-wise relevance: each rule against its formula, what is conserved, and what is lost to biases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from explained import BIAS, CLASSES, ROWS, WEIGHT, images, linear, network, per_example, scores

import autograd_lite as ag
from autograd_lite import attribution as attr
from autograd_lite import errors, nn

RULES = [attr.Epsilon(0.0), attr.Gamma(0.25), attr.Gamma(3.0), attr.ZPlus(), attr.AlphaBeta(2, 1), attr.ZBox(-5, 5)]
relevance = attr.layer_wise_relevance


def by_hand(rule: Any, x: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    """Return the relevance of the inputs of one sum, written out for each summand."""
    z, s = x * w, (x * w).sum() + b
    up, down = np.maximum(z, 0), np.minimum(z, 0)
    if isinstance(rule, attr.Gamma):
        more = up if s >= 0 else down
        bias = b + rule.gamma * (max(b, 0) if s >= 0 else min(b, 0))
        shares = z + rule.gamma * more
        return shares / (shares.sum() + bias) * s
    if isinstance(rule, attr.AlphaBeta):
        shares = rule.alpha * up / ((up.sum() + max(b, 0)) or 1)
        return (shares - rule.beta * down / ((down.sum() + min(b, 0)) or 1)) * s
    if isinstance(rule, attr.ZBox):
        shares = z - rule.low * np.maximum(w, 0) - rule.high * np.minimum(w, 0)
        return shares / shares.sum() * s
    return z / (s + rule.epsilon * (1 if s >= 0 else -1)) * s


@pytest.mark.parametrize("rule", [*RULES, attr.Epsilon(0.5)], ids=repr)
def test_a_rule_is_its_formula(rule: Any) -> None:
    found = relevance(linear(), ROWS, CLASSES, rule)
    want = [by_hand(rule, x, WEIGHT[c], BIAS[c]) for x, c in zip(ROWS, CLASSES, strict=True)]
    np.testing.assert_allclose(found, want, rtol=1e-12)


def test_of_a_linear_model_it_is_the_summands() -> None:
    """The bias absorbs its own."""
    found, error = relevance(linear(), ROWS, CLASSES, attr.Epsilon(0.0), return_error=True)
    np.testing.assert_allclose(found, ROWS * WEIGHT[CLASSES], rtol=1e-12)
    np.testing.assert_allclose(error, BIAS[CLASSES], rtol=1e-12)


def test_by_the_rule_without_epsilon_it_is_gradient_times_input() -> None:
    """In a network of ReLUs, with biases too: known of this rule."""
    for bias in (True, False):
        model, x = network(bias), images()
        found = relevance(model, x, CLASSES, attr.Epsilon(0.0))
        np.testing.assert_allclose(found, attr.input_x_gradient(model, x, CLASSES), atol=1e-14)


@pytest.mark.parametrize("rule", RULES[:4], ids=repr)
def test_without_biases_nothing_is_lost(rule: Any) -> None:
    """Gamma and z-plus need positive summands where the score is one, which the epsilon rule of the end gives."""
    model, x = network(bias=False), images()
    rules = {nn.Conv2d: rule}
    found, error = relevance(model, x, CLASSES, attr.Epsilon(0.0), rules=rules, return_error=True)
    np.testing.assert_allclose(per_example(found), scores(model, x, CLASSES), rtol=1e-10)
    np.testing.assert_allclose(error, 0, atol=1e-12)


def test_what_biases_take_is_the_error() -> None:
    model, x = network(), images()
    for rule in RULES:
        found, error = relevance(model, x, 1, rule, return_error=True)
        np.testing.assert_allclose(per_example(found) + error, scores(model, x, 1), rtol=1e-12)


def test_by_z_plus_no_input_speaks_against_a_positive_score() -> None:
    model = network(bias=False)
    found = relevance(lambda x: np.abs(model(x)), images(), 1, "z-plus")
    assert found.min() >= 0


def test_layers_have_rules_by_name_module_and_class() -> None:
    model, x = network(), images()
    want = relevance(model, x, 1, rules={"0": attr.ZBox(0, 1), "3": attr.Gamma(0.5)})
    for rules in (
        {model[0]: attr.ZBox(0, 1), nn.Conv2d: attr.Gamma(0.5)},
        {"0": "z-box", model[3]: attr.Gamma(0.5)},
        {"0": "z-box", "": "epsilon", "3": attr.Gamma(0.5)},
    ):
        np.testing.assert_array_equal(relevance(model, x, 1, rules=rules), want)
    inner = nn.Sequential(model)
    found = relevance(inner, x, 1, rules={"0": "gamma", "0.9": "gamma"})
    np.testing.assert_array_equal(found, relevance(model, x, 1, "gamma"))


class Residual(nn.Module):
    def __init__(self) -> None:
        self.a, self.b = nn.Linear(3, 3, bias=False, rng=0), nn.Linear(3, 3, bias=False, rng=1)

    def forward(self, x: Any) -> Any:
        h = x + np.maximum(self.a(x), 0)
        return h - self.b(h)


SHAPES: dict[str, Any] = {
    "residual sums": Residual(),
    "means and sums": lambda x: x.mean(axis=1) + 2 * x.sum(axis=1),
    "parts and joins": lambda x: np.concatenate([x[:, ::-1], x[:, :1] / 4], axis=1) @ np.arange(4.0),
    "written into": lambda x: np.sum(_written(x), axis=1),
    "largest": lambda x: np.max(x, axis=1) + np.maximum(x[:, 0], x[:, 1]) + np.min(x, axis=1),
    "constant products": lambda x: (x @ WEIGHT.T @ WEIGHT)[:, 0] + np.einsum("ij,j->i", x, WEIGHT[0]),
    "a square": lambda x: np.sum(x * x, axis=1),
    "turned": lambda x: np.sum(np.roll(x.reshape(-1, 3, 1).swapaxes(1, 2), 1, axis=2)[:, 0, :2], axis=1),
    "cumulative": lambda x: np.cumsum(x, axis=1)[:, 1],
    "chosen": lambda x: np.sum(np.where(x > 0, x, 0.1 * x), axis=1),
    "margin": lambda x: (x @ WEIGHT.T)[:, 0] - (x @ WEIGHT.T)[:, 1],
}


def _written(x: Any) -> Any:
    y = np.zeros_like(x)
    y[:, 1:] = 2 * x[:, :2]
    y[:, 1] += x[:, 2]
    return y


@pytest.mark.parametrize("model", SHAPES.values(), ids=SHAPES)
def test_functions_of_numpy_conserve_it(model: Any) -> None:
    x = ROWS + 0.25
    found, error = relevance(model, x, 0 if isinstance(model, Residual) else None, attr.Epsilon(0.0), return_error=True)
    y = model(ag.Tensor(x)).detach().numpy()
    np.testing.assert_allclose(per_example(found), y[:, 0] if y.ndim > 1 else y, rtol=1e-6)
    np.testing.assert_allclose(error, 0, atol=1e-6)


LAYERS = {
    "average pool": nn.AvgPool2d(2), "padded pool": nn.AvgPool2d(3, 2, 1), "adaptive pool": nn.AdaptiveAvgPool2d(4),
    "max pool": nn.MaxPool2d(3, 2), "upsample": nn.Upsample(scale_factor=2, mode="bilinear"), "pad": nn.ZeroPad2d(1),
    "mirror": nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect", bias=False, rng=0),
    "transposed": nn.ConvTranspose2d(1, 2, 3, 2, bias=False, rng=0), "no shift": nn.BatchNorm2d(1, bias=False),
    "layer norm": nn.LayerNorm((6, 6), bias=False), "root mean square": nn.RMSNorm((6, 6)),
    "group norm": nn.GroupNorm(1, 1, affine=False), "gelu": nn.GELU(), "tanh": nn.Tanh(), "leaky": nn.LeakyReLU(),
    "shuffle": nn.PixelUnshuffle(2),
    "weight norm": nn.utils.parametrizations.weight_norm(nn.Conv2d(1, 2, 2, bias=False, rng=0)),
}  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_layers_conserve_it(layer: nn.Module) -> None:
    model = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, bias=False, rng=5), layer, nn.Flatten()).eval()
    x = images() + 0.1
    size = model(x).shape[1]
    weight = np.random.default_rng(0).random(size)
    found, error = relevance(lambda x: model(x) @ weight, x, rule=attr.Epsilon(0.0), return_error=True)
    want = model(x).detach().numpy() @ weight
    np.testing.assert_allclose(per_example(found), want, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(error, 0, atol=1e-5)


def test_a_batch_norm_that_is_fused_has_the_rule_of_its_layer(rng: np.random.Generator) -> None:
    conv, norm, x = nn.Conv2d(1, 3, 3, rng=0).eval(), nn.BatchNorm2d(3).eval(), images()
    norm.running_mean.assign(rng.random(3))
    end = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(48, 1, rng=1))
    fused = nn.Sequential(nn.utils.fuse_conv_bn_eval(conv, norm), *end).eval()
    plain = nn.Sequential(conv, norm, *end).eval()
    found = [relevance(model, x, rule=attr.Epsilon(0.0), return_error=True) for model in (fused, plain)]
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-7)  # by this rule it is the same


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nn.Sequential(nn.Linear(3, 2), nn.Softmax(-1)), r"softmax in the layer '1'.*scores before a softmax"),
        (lambda x: x * np.tanh(x[:, :1]), "multiply, .*in several of its operands"),
        (lambda x: np.prod(x, axis=1, keepdims=True) * np.ones(2), "prod, .*several numbers at once"),
        (lambda x: x[:, None] @ x[:, :, None] * np.ones(2), "matmul, .*both factors of a product"),
        (lambda x: nn.functional.linear(np.ones((4, 3)), x[:2]), "weight or bias is computed from the input"),
        (lambda x: x / np.sum(x * x, axis=1, keepdims=True), "divide, .*several of its operands"),
    ],
)
def test_what_has_no_rule_is_refused_by_name(model: Any, words: str) -> None:
    with pytest.raises(errors.UnsupportedError, match=f"(?s){words}.*integrated_gradients"):
        relevance(model, ROWS, lambda y: y.reshape(4, -1)[:, 0])


def test_what_is_no_number_of_the_input_gets_none() -> None:
    found = relevance(lambda x: x[:, 0] + 5, np.array([[2.0, 1.0]]), return_error=True)
    np.testing.assert_allclose(found[0], [[2.0, 0.0]])
    np.testing.assert_allclose(found[1], [5.0])


def test_zeros_share_equally() -> None:
    """Where a result is 0 and yet has relevance, as behind a sigmoid, its inputs have equal shares."""
    found = relevance(lambda x: ag.sigmoid(x[:, :2].mean(axis=1)), np.array([[1.0, -1.0, 3.0]]))
    np.testing.assert_allclose(found, [[0.25, 0.25, 0.0]])


def test_two_inputs() -> None:
    first, second = relevance(lambda a, b: a[:, 0] + b[:, 0], (np.array([[2.0]]), np.array([[3.0]])))
    np.testing.assert_allclose([first, second], [[[2.0]], [[3.0]]])


@pytest.mark.parametrize("extremum", [np.maximum, np.minimum, np.fmax, np.fmin])
@pytest.mark.parametrize("constant", [5.0, 5, np.array([[5.0], [5.0]]), ag.tensor([5.0, 5.0])], ids=repr)
@pytest.mark.parametrize("first", [True, False])
def test_a_constant_that_is_the_largest_absorbs_relevance(extremum: Any, constant: Any, first: bool) -> None:
    """As it does where it is chosen by `np.where`."""
    x = np.array([[1.0, 7.0], [6.0, 2.0]])
    operands = (lambda x: (x, constant)) if first else (lambda x: (constant, x))
    kept = extremum(x, 5.0) == x
    relevance, error = attr.layer_wise_relevance(lambda x: extremum(*operands(x)).sum(axis=1), x, return_error=True)
    np.testing.assert_allclose(relevance, np.where(kept, x, 0.0))
    np.testing.assert_allclose(error, np.where(kept, 0.0, 5.0).sum(axis=1))


def test_of_two_maps_of_other_shapes_the_largest_has_it() -> None:
    x = np.array([[1.0, 7.0], [6.0, 2.0]])
    relevance, error = attr.layer_wise_relevance(
        lambda x: np.maximum(x, x[:, :1] + x[:, 1:]).sum(axis=1), x, return_error=True
    )
    np.testing.assert_allclose(relevance, 2 * x)
    np.testing.assert_allclose(error, 0.0, atol=1e-7)
    found = attr.layer_wise_relevance(lambda x: np.maximum(x[:, 0], np.array([[3.0], [8.0]])).sum(axis=0), x)
    np.testing.assert_allclose(found, [[0.0, 0.0], [6.0, 0.0]])
