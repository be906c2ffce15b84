"""Activations: their formulas, also at kinks and far out; PyTorch's numbers; in place; as layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from backends import ABSENT
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.nn import functional as F
from autograd_lite.rules import normal

KINKS = (-6.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0, 20.0)
POINTS = np.array([*KINKS, *[v + 0.03 for v in KINKS], -40.0, 40.0, -700.0, 700.0])


def numbers(y: Any) -> Any:
    return y.detach().numpy() if isinstance(y, ag.Tensor) else np.asarray(y)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def normal_cdf(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805
# The value and the derivative at one number: each with the choice at its kinks.
FORMULAS: dict[str, tuple[Callable[..., Any], dict[str, Any], Callable[[float], float], Callable[[float], float]]] = {
    "relu": (F.relu, {}, lambda x: max(x, 0.0), lambda x: float(x > 0)),
    "relu6": (F.relu6, {}, lambda x: min(max(x, 0.0), 6.0), lambda x: float(0 < x < 6)),
    "leaky_relu": (
        F.leaky_relu, {"negative_slope": 0.2}, lambda x: x if x > 0 else 0.2 * x, lambda x: 1.0 if x > 0 else 0.2,
    ),
    "elu": (
        F.elu, {"alpha": 0.5}, lambda x: x if x > 0 else 0.5 * math.expm1(x),
        lambda x: 1.0 if x > 0 else 0.5 * math.exp(x),
    ),
    "selu": (
        F.selu, {}, lambda x: SCALE * (x if x > 0 else ALPHA * math.expm1(x)),
        lambda x: SCALE * (1.0 if x > 0 else ALPHA * math.exp(x)),
    ),
    "celu": (
        F.celu, {"alpha": 2.0}, lambda x: x if x > 0 else 2 * math.expm1(x / 2),
        lambda x: 1.0 if x > 0 else math.exp(x / 2),
    ),
    "hardtanh": (
        F.hardtanh, {"min_val": -0.5, "max_val": 3.0}, lambda x: min(max(x, -0.5), 3.0), lambda x: float(-0.5 < x < 3),
    ),
    "hardsigmoid": (F.hardsigmoid, {}, lambda x: min(max(x + 3, 0.0), 6.0) / 6, lambda x: (-3 < x < 3) / 6),
    "hardswish": (
        F.hardswish, {}, lambda x: x * min(max(x + 3, 0.0), 6.0) / 6,
        lambda x: 0.0 if x <= -3 else 1.0 if x >= 3 else x / 3 + 0.5,
    ),
    "hardshrink": (F.hardshrink, {}, lambda x: 0.0 if abs(x) <= 0.5 else x, lambda x: float(abs(x) > 0.5)),
    "softshrink": (F.softshrink, {}, lambda x: math.copysign(max(abs(x) - 0.5, 0.0), x), lambda x: float(abs(x) > 0.5)),
    "threshold": (
        F.threshold, {"threshold": 0.5, "value": -7.0}, lambda x: x if x > 0.5 else -7.0, lambda x: float(x > 0.5),
    ),
    "softplus": (
        F.softplus, {"beta": 2.0}, lambda x: x if 2 * x > 20 else softplus(2 * x) / 2,
        lambda x: 1.0 if 2 * x > 20 else sigmoid(2 * x),
    ),
    "logsigmoid": (F.logsigmoid, {}, lambda x: -softplus(-x), lambda x: sigmoid(-x)),
    "softsign": (F.softsign, {}, lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    "tanhshrink": (F.tanhshrink, {}, lambda x: x - math.tanh(x), lambda x: math.tanh(x) ** 2),
    "silu": (F.silu, {}, lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * sigmoid(-x))),
    "mish": (
        F.mish, {}, lambda x: x * math.tanh(softplus(x)),
        lambda x: math.tanh(softplus(x)) + x * sigmoid(x) * (1 - math.tanh(softplus(x)) ** 2),
    ),
    "gelu": (
        F.gelu, {}, lambda x: x * normal_cdf(x),
        lambda x: normal_cdf(x) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("name", FORMULAS)
def test_values_and_derivatives(name: str, dtype: str) -> None:
    f, settings, value, slope = FORMULAS[name]
    x = leaf(POINTS.astype(dtype))
    y = f(x, **settings)
    y.sum().backward()
    tolerance = {"rtol": 1e-12, "atol": 1e-13} if dtype == "f8" else {"rtol": 1e-5, "atol": 1e-6}
    given = x.detach().numpy().tolist()
    np.testing.assert_allclose(y.numpy(), [value(v) for v in given], **tolerance)
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), [slope(v) for v in given], **tolerance)
    assert y.dtype == x.grad.dtype == dtype


@pytest.mark.parametrize("name", FORMULAS)
def test_pytorchs_numbers(name: str) -> None:
    torch = pytest.importorskip("torch")
    f, settings, *_ = FORMULAS[name]
    x, other = leaf(POINTS), torch.tensor(POINTS, requires_grad=True)
    y, theirs = f(x, **settings), getattr(torch.nn.functional, name)(other, **settings)
    y.sum().backward()
    theirs.sum().backward()
    np.testing.assert_allclose(y.numpy(), theirs.detach().numpy(), rtol=1e-12, atol=1e-12)
    assert x.grad is not None
    exact = 1e-7 if name == "hardsigmoid" else 1e-12  # PyTorch has a sixth in single precision
    np.testing.assert_allclose(x.grad.numpy(), other.grad.numpy(), rtol=exact, atol=1e-12)


LAYERS: dict[str, tuple[Any, Any, tuple[int, ...]]] = {
    "relu": (nn.ReLU(), F.relu, (3, 4)), "relu6": (nn.ReLU6(), F.relu6, (3, 4)),
    "leaky_relu": (nn.LeakyReLU(0.3), lambda x: F.leaky_relu(x, 0.3), (3, 4)),
    "elu": (nn.ELU(0.3), lambda x: F.elu(x, 0.3), (3, 4)), "selu": (nn.SELU(), F.selu, (3, 4)),
    "celu": (nn.CELU(0.3), lambda x: F.celu(x, 0.3), (3, 4)),
    "hardtanh": (nn.Hardtanh(-0.2, 0.3), lambda x: F.hardtanh(x, -0.2, 0.3), (3, 4)),
    "hardsigmoid": (nn.Hardsigmoid(), F.hardsigmoid, (3, 4)), "hardswish": (nn.Hardswish(), F.hardswish, (3, 4)),
    "hardshrink": (nn.Hardshrink(0.1), lambda x: F.hardshrink(x, 0.1), (3, 4)),
    "softshrink": (nn.Softshrink(0.1), lambda x: F.softshrink(x, 0.1), (3, 4)),
    "threshold": (nn.Threshold(0.1, 2.0), lambda x: F.threshold(x, 0.1, 2.0), (3, 4)),
    "prelu": (nn.PReLU(4), lambda x: F.prelu(x, np.full(4, 0.25)), (3, 4)),
    "rrelu": (nn.RReLU().eval(), F.rrelu, (3, 4)), "gelu": (nn.GELU(), F.gelu, (3, 4)),
    "gelu tanh": (nn.GELU("tanh"), lambda x: F.gelu(x, "tanh"), (3, 4)), "silu": (nn.SiLU(), F.silu, (3, 4)),
    "mish": (nn.Mish(), F.mish, (3, 4)), "softplus": (nn.Softplus(2.0, 1.0), lambda x: F.softplus(x, 2.0, 1.0), (3, 4)),
    "logsigmoid": (nn.LogSigmoid(), F.logsigmoid, (3, 4)), "softsign": (nn.Softsign(), F.softsign, (3, 4)),
    "tanhshrink": (nn.Tanhshrink(), F.tanhshrink, (3, 4)),
    "softmin": (nn.Softmin(0), lambda x: F.softmin(x, 0), (3, 4)),
    "log_softmax": (nn.LogSoftmax(0), lambda x: F.log_softmax(x, 0), (3, 4)),
    "glu": (nn.GLU(), F.glu, (3, 4)), "softmax2d": (nn.Softmax2d(), lambda x: F.softmax(x, 1), (2, 3, 2, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str, rng: np.random.Generator) -> None:
    """The function; in both modes to the second order; under vmap; compiled; in float32."""
    layer, f, shape = LAYERS[name]
    x = rng.standard_normal(shape)
    np.testing.assert_array_equal(numbers(layer(x)), numbers(f(x)))
    ag.gradcheck(layer, (leaf(x),), order=2)
    batch = np.stack([x, 2 * x])
    np.testing.assert_allclose(numbers(ag.vmap(layer)(batch)), [numbers(layer(v)) for v in batch])
    single = layer(ag.Tensor(x.astype(np.float32)))
    assert single.dtype == (np.float64 if name == "prelu" else np.float32)
    assert repr(layer).startswith(type(layer).__name__)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("backend", ["numpy", pytest.param("cc", marks=ABSENT["cc"])])
def test_compiled(backend: str, name: str, rng: np.random.Generator) -> None:
    layer, _, shape = LAYERS[name]
    x = rng.standard_normal(shape)
    gradient = ag.value_and_grad(lambda v: np.sum(np.sin(layer(v))))
    compiled = ag.compile(gradient, backend=backend)
    for k in range(3):
        for found, expected in zip(compiled(x + k), gradient(x + k), strict=True):
            np.testing.assert_allclose(numbers(found), numbers(expected), rtol=1e-12, atol=1e-12)


INPLACE = {
    "relu": nn.ReLU(inplace=True), "relu6": nn.ReLU6(inplace=True), "elu": nn.ELU(inplace=True),
    "leaky_relu": nn.LeakyReLU(inplace=True), "selu": nn.SELU(inplace=True), "celu": nn.CELU(inplace=True),
    "hardtanh": nn.Hardtanh(inplace=True), "hardsigmoid": nn.Hardsigmoid(inplace=True),
    "hardswish": nn.Hardswish(inplace=True), "threshold": nn.Threshold(0.1, 2.0, inplace=True),
    "silu": nn.SiLU(inplace=True), "mish": nn.Mish(inplace=True), "rrelu": nn.RReLU(inplace=True).eval(),
}  # fmt: skip


@pytest.mark.parametrize("name", INPLACE)
def test_in_place_the_input_is_the_result(name: str, rng: np.random.Generator) -> None:
    layer = INPLACE[name]
    values = rng.standard_normal(5)
    x = leaf(values)
    inner = x * 1.0
    other = inner[:2]
    y = layer(inner)
    expected = np.array(LAYERS[name][0](values)) if name not in ("leaky_relu", "elu", "celu", "hardtanh") else None
    assert y is inner
    np.testing.assert_array_equal(other.numpy(), y.numpy()[:2])
    if expected is not None:
        np.testing.assert_array_equal(y.numpy(), expected)
    (y * y).sum().backward()
    z = leaf(values)
    layer.inplace = False
    w = layer(z)
    layer.inplace = True
    (w * w).sum().backward()
    assert x.grad is not None
    assert z.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), z.grad.numpy())
    assert "inplace=True" in repr(layer)


@pytest.mark.parametrize("shape", [(5,), (), (3, 4), (2, 3, 4)])
def test_slopes_that_are_learned(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    x, channels = rng.standard_normal(shape), shape[1] if len(shape) > 1 else 1
    slopes = rng.uniform(0.1, 0.9, channels)
    across = slopes.reshape(channels, *[1] * (len(shape) - 2)) if len(shape) > 1 else slopes[0]
    np.testing.assert_array_equal(F.prelu(x, slopes), np.where(x > 0, x, across * x))
    ag.gradcheck(F.prelu, (leaf(x), leaf(slopes)), order=2)
    with pytest.raises(errors.ShapeError, match=r"Write np\.full"):
        F.prelu(x, np.zeros(7))


def test_random_slopes_are_drawn_for_each_element(rng: np.random.Generator) -> None:
    x = -np.ones(1000)
    slopes = -F.rrelu(x, 0.2, 0.3, training=True, rng=0)
    assert slopes.min() >= 0.2
    assert slopes.max() <= 0.3
    assert len(np.unique(slopes)) == 1000
    layer = nn.RReLU(0.2, 0.3, rng=0)
    assert not np.array_equal(layer(x), layer(x))
    np.testing.assert_array_equal(layer.eval()(x), -0.25 * np.ones(1000))


def test_samples_of_choices(rng: np.random.Generator) -> None:
    scores = np.log(np.array([0.1, 0.2, 0.7]))
    many = F.gumbel_softmax(np.tile(scores, (20_000, 1)), hard=True, rng=1)
    np.testing.assert_array_equal(many.sum(axis=1), 1)
    np.testing.assert_allclose(many.mean(axis=0), [0.1, 0.2, 0.7], atol=0.015)
    for dim in (0, -1, 1):
        x = leaf(rng.standard_normal((3, 4)))
        hard = F.gumbel_softmax(x, 0.5, hard=True, dim=dim, rng=2)
        assert set(np.unique(hard.numpy()).round(12)) == {0.0, 1.0}
        np.testing.assert_allclose(hard.numpy().sum(axis=dim), 1)
        weights = rng.standard_normal((3, 4))
        (hard * weights).sum().backward()
        z = leaf(x.detach().numpy())
        (F.gumbel_softmax(z, 0.5, dim=dim, rng=2) * weights).sum().backward()
        assert x.grad is not None
        assert z.grad is not None
        np.testing.assert_allclose(x.grad.numpy(), z.grad.numpy())


def test_the_error_function_is_exact_far_out() -> None:
    x = np.concatenate([np.linspace(-6, 26, 4001), [np.inf, -np.inf, 0.0, 1e-300, 1e300]])
    np.testing.assert_allclose(normal.erfc(x), [math.erfc(v) for v in x], rtol=2e-15, atol=1e-307)
    single = np.clip(x, -1e30, 1e30).astype(np.float32)
    expected = np.array([math.erfc(v) for v in single.tolist()])
    np.testing.assert_allclose(normal.erfc(single), expected, rtol=1e-6, atol=1e-37)
    assert np.isnan(normal.erfc(np.nan))
    assert normal.erfc(np.float16(0.5)).dtype == np.float16
    for shaped in (x[:4000].reshape(50, 80).T, x[::2], x[:0], x[:20_000:3].reshape(-1, 1)):
        np.testing.assert_array_equal(normal.erfc(shaped), normal.erfc(shaped.copy()))


@pytest.mark.parametrize(
    ("function", "layer"), [(F.softmax, nn.Softmax), (F.log_softmax, nn.LogSoftmax), (F.softmin, nn.Softmin)]
)  # fmt: skip
@pytest.mark.parametrize(("shape", "dim"), [((3,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((2, 3, 4, 5), 1)])
def test_the_axis_that_is_not_named_is_pytorchs(
    function: Any, layer: Any, shape: tuple[int, ...], dim: int, rng: np.random.Generator
) -> None:
    x = rng.normal(size=shape)
    if len(shape) < 3:
        np.testing.assert_array_equal(function(x), function(x, dim))
        np.testing.assert_array_equal(layer()(x), function(x, dim))
        return
    for implied in (function, layer()):
        with pytest.warns(errors.AutogradWarning, match=rf"axis {dim}, as PyTorch does\. Write dim=-1"):
            np.testing.assert_array_equal(implied(x), function(x, dim))


def test_what_is_refused() -> None:
    x = np.zeros(3)
    for call, said in (
        (lambda: F.gelu(x, "exact"), "approximate='none'"), (lambda: F.glu(x), "even length"),
        (lambda: F.softshrink(x, -1.0), r"Write lambd=abs"),
        (lambda: F.hardtanh(x, 1.0, -1.0), r"hardtanh\(input, -1.0, 1.0\)"),
        (lambda: F.rrelu(x, 0.5, 0.1), "Write rrelu"), (lambda: F.celu(x, 0.0), "alpha=1.0"),
        (lambda: F.softplus(x, 0.0), "beta=1.0"), (lambda: nn.Softmax2d()(x), r"x\[None\]"),
        (lambda: nn.PReLU(0), "PReLU|features|size"),
    ):  # fmt: skip
        with pytest.raises(errors.AutogradError, match=said):
            call()
    with pytest.raises(errors.AutogradError):
        F.relu(leaf(x), inplace=True)
