"""What happens at kinks, poles, ties, far out, and beside a value that is not a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine.record import make_tensor
from autograd_lite.engine.tangents import forward
from autograd_lite.rules.elementwise import sech_squared

INF, NAN = np.inf, np.nan


def gradients(f: Callable[..., Any], *inputs: Any, dtype: Any = float) -> list[Any]:
    """Return the gradients of the sum of `f` as lists; NumPy's own warnings about the value are not the subject."""
    xs = [ag.Tensor(x, requires_grad=True, dtype=dtype) for x in inputs]
    with np.errstate(all="ignore"):
        f(*xs).sum().backward()
    return [x.grad.tolist() for x in xs]


def second(f: Callable[..., Any], x: Any) -> Any:
    """Return the gradient of the sum of the recorded gradient of the sum of `f`."""
    t = ag.Tensor(x, requires_grad=True)
    with np.errstate(all="ignore"):
        f(t).sum().backward(create_graph=True)
    g = t.grad
    t.zero_grad()
    if g.requires_grad:
        g.sum().backward()
    return np.zeros(t.shape).tolist() if t.grad is None else t.grad.tolist()


CORNERS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], list[Any]]] = {
    "relu at 0": (ag.relu, (0.0,), [0.0]),
    "abs at 0": (np.abs, (0.0,), [0.0]),
    "fabs at 0": (np.fabs, (0.0,), [0.0]),
    "copysign at 0": (lambda x: np.copysign(x, -2.0), (0.0,), [0.0]),
    "clip at a bound": (lambda x: np.clip(x, -1, 1), ([-1.0, 1.0],), [[1.0, 1.0]]),
    "clip at bounds that wait": (lambda x, a: np.clip(x, a, 3.0), (1.0, 1.0), [1.0, 0.0]),
    "clip between equal bounds": (np.clip, ([0.0, 2.0], 1.0, 1.0), [[0.0, 0.0], 1.0, 1.0]),
    "clip between crossed bounds": (np.clip, ([0.0, 1.5, 9.0], 2.0, 1.0), [[0.0, 0.0, 0.0], 0.0, 3.0]),
    "maximum of equals": (np.maximum, (1.0, 1.0), [0.5, 0.5]),
    "minimum of equals": (np.minimum, (1.0, 1.0), [0.5, 0.5]),
    "fmax of equals": (np.fmax, (1.0, 1.0), [0.5, 0.5]),
    "maximum with itself": (lambda x: np.maximum(x, x), (2.0,), [1.0]),
    "maximum with a number": (lambda x: np.maximum(x, 1), ([0.0, 1.0, 2.0],), [[0.0, 0.5, 1.0]]),
    "fmax beside nan": (np.fmax, ([NAN, 1.0], [2.0, NAN]), [[0.0, 1.0], [1.0, 0.0]]),
    "max over ties": (np.max, ([3.0, 1.0, 3.0, 3.0, 3.0],), [[0.25, 0.0, 0.25, 0.25, 0.25]]),
    "min over ties": (np.min, ([1.0, 1.0],), [[0.5, 0.5]]),
    "max of infinities": (np.max, ([-INF, -INF],), [[0.5, 0.5]]),
    "ptp of a constant": (np.ptp, ([2.0, 2.0],), [[0.0, 0.0]]),
    "sort keeps the order of equals": (lambda x: np.sort(x) * np.arange(3.0), ([1.0, 1.0, 0.0],), [[1.0, 2.0, 0.0]]),
    "sqrt at 0": (np.sqrt, (0.0,), [INF]),
    "cbrt at 0": (np.cbrt, (0.0,), [INF]),
    "log at 0": (np.log, (0.0,), [INF]),
    "power 0 at 0": (lambda x: x**0.0, (0.0,), [0.0]),
    "power 0 at 0, an integer": (lambda x: x**0, (0.0,), [0.0]),
    "power 0 at 0, an array": (lambda x: x ** np.zeros(2), ([0.0, 3.0],), [[0.0, 0.0]]),
    "power 1 at 0": (lambda x: x**1, (0.0,), [1.0]),
    "power 2 at 0": (lambda x: x ** np.array(2.0), (0.0,), [0.0]),
    "0 to a power": (lambda y: 0.0**y, ([2.0, 1.0, 0.0],), [[0.0, 0.0, 0.0]]),
    "0 to a power, an array": (lambda y: np.zeros(2) ** y, ([2.0, 0.0],), [[0.0, 0.0]]),
    "power, both tracked, at 0": (np.power, (0.0, 0.0), [0.0, 0.0]),
    "a negative base to an integer": (lambda x: x**3, (-2.0,), [12.0]),
    "a negative base to an array": (lambda x: x ** np.array([2, 3]), ([-2.0, -2.0],), [[-4.0, 12.0]]),
    "arccos at 1": (np.arccos, (1.0,), [-INF]),
    "arccosh at 1": (np.arccosh, (1.0,), [INF]),
    "arccosh far out": (np.arccosh, (1e200,), [1e-200]),
    "arctan2 at the origin": (np.arctan2, (0.0, 0.0), [0.0, 0.0]),
    "arctan2 near the origin": (np.arctan2, (1e-200, 1e-200), [5e199, -5e199]),
    "arctan2 far out": (np.arctan2, (1e200, 1e200), [5e-201, -5e-201]),
    "hypot at the origin": (np.hypot, (0.0, 0.0), [0.0, 0.0]),
    "hypot far out": (np.hypot, (3e200, 4e200), [0.6, 0.8]),
    "norm at 0": (np.linalg.norm, ([0.0, 0.0],), [[0.0, 0.0]]),
    "std of a constant": (np.std, ([2.0, 2.0, 2.0],), [[0.0, 0.0, 0.0]]),
    "prod with one zero": (np.prod, ([0.0, 2.0, 3.0],), [[6.0, 0.0, 0.0]]),
    "prod with two zeros": (np.prod, ([0.0, 2.0, 0.0],), [[0.0, 0.0, 0.0]]),
    "prod that overflows": (np.prod, ([1e200, 1e200, 1e-200],), [[1.0, 1.0, INF]]),
    "prod that underflows": (np.prod, ([1e-200, 1e-200],), [[1e-200, 1e-200]]),
    "fmod of a quotient near a whole number": (np.fmod, (0.7, 0.1), [1.0, -6.0]),
    "remainder of a negative": (np.remainder, (-3.5, 2.0), [1.0, 2.0]),
    "heaviside": (lambda h: np.heaviside([-1.0, 0.0, 1.0], h), (0.5,), [1.0]),
    "logaddexp of nothing": (np.logaddexp, (-INF, -INF), [0.0, 0.0]),
    "logaddexp2 of nothing": (np.logaddexp2, (-INF, -INF), [0.0, 0.0]),
    "logaddexp of one": (np.logaddexp, (-INF, 1.0), [0.0, 1.0]),
    "logaddexp far apart": (np.logaddexp, (1000.0, -1000.0), [1.0, 0.0]),
    "logsumexp of nothing": (ag.logsumexp, ([-INF, -INF],), [[0.0, 0.0]]),
    "logsumexp far out": (ag.logsumexp, ([1000.0, 1000.0, -1000.0, -INF],), [[0.5, 0.5, 0.0, 0.0]]),
    "softmax of nothing": (lambda x: ag.softmax(x)[..., 0], ([-INF, -INF],), [[0.0, 0.0]]),
    "softmax far out": (lambda x: ag.softmax(x)[0], ([1000.0, 1000.0, -1000.0, -INF],), [[0.25, -0.25, 0.0, 0.0]]),
    "log_softmax far out": (lambda x: ag.log_softmax(x)[0], ([1000.0, 1000.0, -1000.0],), [[0.5, -0.5, 0.0]]),
    "log_softmax of nothing": (lambda x: ag.log_softmax(x)[..., 0], ([-INF, -INF],), [[1.0, 0.0]]),
    "nanmax beside nan": (np.nanmax, ([NAN, 1.0, 2.0],), [[0.0, 0.0, 1.0]]),
    "nanmean beside nan": (np.nanmean, ([NAN, 1.0, 2.0],), [[0.0, 0.5, 0.5]]),
    "nan_to_num": (lambda x: np.nan_to_num(x, posinf=9.0), ([NAN, INF, 2.0],), [[0.0, 0.0, 1.0]]),
    "median of equals": (np.median, ([1.0, 1.0],), [[0.5, 0.5]]),
    "interpolation at and beyond the ends": (
        lambda x: np.interp(x, [0.0, 1.0], [0.0, 3.0]), ([-1.0, 0.0, 1.0, 2.0],), [[0.0, 3.0, 3.0, 0.0]],
    ),
    "expm1 of little": (np.expm1, (1e-20,), [1.0]),
    "log1p of little": (np.log1p, (1e-20,), [1.0]),
    "a write over a write": (lambda v: written(v, [0, 0]), ([1.0, 2.0],), [[0.0, 1.0]]),
}  # fmt: skip


def written(value: Any, key: Any) -> Any:
    target = ag.Tensor(np.zeros(3))
    target[key] = value
    return target


@pytest.mark.parametrize("name", CORNERS)
def test_the_gradient_in_a_corner(name: str) -> None:
    f, inputs, expected = CORNERS[name]
    for found, wanted in zip(gradients(f, *inputs), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-14, atol=0)


@pytest.mark.parametrize("order", [None, 1, 1.5, 2, 3, np.inf, -np.inf])
def test_every_norm_has_gradient_0_at_0(order: Any) -> None:
    assert gradients(lambda x: np.linalg.norm(x, order, axis=1), np.zeros((2, 3))) == [np.zeros((2, 3)).tolist()]


# The value that is not taken is nan or infinite, or its derivative is; all at x = 0 or x = 1000.
MASKED: dict[str, tuple[Callable[[Any], Any], list[float], list[float], list[float]]] = {
    "log": (lambda x: np.where(x > 0, np.log(x), 0), [0.0, 2.0], [0, 0.5], [0, -0.25]),
    "log of a negative": (lambda x: np.where(x > 0, np.log(x), 0), [-1.0, 2.0], [0, 0.5], [0, -0.25]),
    "sqrt": (lambda x: np.where(x > 0, np.sqrt(x), 0), [0.0, 4.0], [0, 0.25], [0, -1 / 32]),
    "exp": (lambda x: np.where(x < 800, np.exp(x), 1), [1000.0, 0.0], [0, 1], [0, 1]),
    "0/0": (lambda x: np.where(x == 0, 1, (x * x) / x), [0.0, 2.0], [0, 1], [0, 0]),
    "1/x": (lambda x: np.where(x == 0, 0, 1 / x), [0.0, 2.0], [0, -0.25], [0, 0.25]),
    "power": (lambda x: np.where(x > 0, x**-1.5, 0), [0.0, 1.0], [0, -1.5], [0, 3.75]),
    "a chain": (lambda x: np.where(x > 0, np.sqrt(np.log(x) + 4), 0), [0.0, 1.0], [0, 0.25], [0, -0.25 - 1 / 32]),
    "two masks": (lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0), [0.0, 2.0], [0, 0.5], [0, -0.25]),
    "indexing": (lambda x: np.log(x)[1:], [0.0, 2.0], [0, 0.5], [0, -0.25]),
    "a boolean index": (lambda x: np.log(x)[x > 0], [0.0, 2.0], [0, 0.5], [0, -0.25]),
    "maximum": (lambda x: np.maximum(np.log(x), -3.0), [0.0, 2.0], [0, 0.5], [0, -0.25]),
    "clip": (lambda x: np.clip(np.log(x), -3.0, 9.0), [0.0, 2.0], [0, 0.5], [0, -0.25]),
    "relu": (lambda x: ag.relu(np.log(x)), [0.0, 2.0], [0, 0.5], [0, -0.25]),
    "max": (lambda x: np.max(np.log(x)), [0.0, 2.0], [0, 0.5], [0, -0.25]),
    "triu": (lambda x: np.triu(np.log(np.stack([x, x[::-1] + 1])))[0, 1], [0.0, 2.0], [0, 0.5], [0, -0.25]),
    "assignment": (lambda x: overwritten(np.log(x)), [0.0, 2.0], [0, 0.5], [0, -0.25]),
}


def overwritten(x: Any) -> Any:
    x[0] = 7.0
    return x


@pytest.mark.parametrize("name", MASKED)
def test_what_is_not_taken_has_no_gradient(name: str) -> None:
    f, x, first, then = MASKED[name]
    assert gradients(f, x) == [first]
    np.testing.assert_allclose(second(f, x), then, rtol=1e-14)
    t = ag.Tensor(x, requires_grad=True)
    with np.errstate(all="ignore"):
        y = f(t)
    ahead = forward([y._node], {t._node: make_tensor(np.ones(2))}, recorded=True)[y._node]
    np.testing.assert_allclose(ahead.numpy().sum(), sum(first), rtol=1e-14)


def test_a_nan_that_is_taken_is_not_hidden() -> None:
    x = [NAN, 2.0]
    assert np.isnan(gradients(np.log, x)[0][0])
    assert np.isnan(gradients(lambda x: np.sum(x * x), x)[0][0])
    assert np.isnan(gradients(lambda x: np.where(x == 5, 0, x * x), x)[0][0])


def test_a_value_that_happens_to_be_0_keeps_its_second_derivative() -> None:
    assert second(lambda x: np.where(x < 5, x**3, 0) + x * x, [0.0, 1.0]) == [2.0, 8.0]
    assert second(lambda x: np.where(x < 5, x * x, 0), [0.0, 1.0]) == [2.0, 2.0]
    assert second(lambda x: ag.relu(x + 1) ** 2, [-1.0, 0.0]) == [0.0, 2.0]


def test_a_kink_has_no_second_derivative() -> None:
    for f in (np.linalg.norm, np.std, lambda x: np.hypot(x, 0.0), lambda x: np.arctan2(x, 0.0), np.abs):
        assert second(f, [0.0, 0.0]) == [0.0, 0.0]


def test_a_cross_derivative_at_the_power_0() -> None:
    x, y = ag.Tensor(2.0, requires_grad=True), ag.Tensor(0.0, requires_grad=True)
    (x**y).backward(create_graph=True)
    dx = x.grad
    y.zero_grad()
    dx.backward()
    assert y.grad.item() == 0.5  # d/dy of y x^(y-1) is 1/x at y = 0


# ----- far out -----

FAR = (0.0, 1e-9, 0.5, 3.0, 18.0, 20.0, 36.0, 37.0, 40.0, 100.0, 350.0, 700.0)


def exact_sigmoid(x: Any) -> Any:
    """In extended precision where there is one; written so that nothing cancels either way."""
    e = np.exp(-np.abs(np.longdouble(x)))
    return np.where(x < 0, e, 1) / (1 + e)


def exact_slope(x: Any) -> Any:
    e = np.exp(-np.abs(np.longdouble(x)))
    return e / (1 + e) ** 2


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_sigmoid_and_softplus_are_exact_in_the_tails(sign: float) -> None:
    x = sign * np.array(FAR)
    e = np.exp(-np.abs(np.longdouble(x)))
    softplus = np.maximum(x, 0) + np.log1p(e)
    np.testing.assert_allclose(ag.sigmoid(x), exact_sigmoid(x).astype(float), rtol=1e-14, atol=0)
    np.testing.assert_allclose(ag.softplus(x), softplus.astype(float), rtol=1e-14, atol=0)
    np.testing.assert_allclose(gradients(ag.sigmoid, x)[0], exact_slope(x).astype(float), rtol=1e-14, atol=0)
    np.testing.assert_allclose(gradients(ag.softplus, x)[0], exact_sigmoid(x).astype(float), rtol=1e-14, atol=0)
    np.testing.assert_allclose(second(ag.softplus, x), exact_slope(x).astype(float), rtol=1e-14, atol=0)
    curvature = exact_slope(x) * -np.tanh(np.longdouble(x) / 2)
    np.testing.assert_allclose(second(ag.sigmoid, x), curvature.astype(float), rtol=1e-14, atol=0)
    np.testing.assert_allclose(gradients(np.tanh, x)[0], 4 * exact_slope(2 * x).astype(float), rtol=1e-14, atol=0)
    np.testing.assert_allclose(sech_squared(x), 4 * exact_slope(2 * x).astype(float), rtol=1e-14, atol=0)


def test_sigmoid_keeps_its_slope_where_it_rounds_to_1() -> None:
    assert ag.sigmoid(40.0) == 1
    np.testing.assert_allclose(gradients(ag.sigmoid, 40.0)[0], 4.248354255291589e-18, rtol=1e-14)
    np.testing.assert_allclose(gradients(ag.sigmoid, -708.0)[0], np.exp(-708.0), rtol=1e-12)
    assert 0 <= gradients(ag.sigmoid, -740.0)[0] <= np.finfo(float).tiny  # no longer a normal number


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_single_precision_tails(sign: float) -> None:
    x = sign * np.array([0.0, 0.5, 8.0, 16.0, 17.0, 40.0, 80.0], np.float32)
    sigmoid, slope = exact_sigmoid(x).astype(float), exact_slope(x).astype(float)
    assert (ag.sigmoid(x).dtype, ag.softplus(x).dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(ag.sigmoid(x), sigmoid, rtol=1e-6)
    np.testing.assert_allclose(gradients(ag.sigmoid, x, dtype=np.float32)[0], slope, rtol=2e-6)
    np.testing.assert_allclose(gradients(ag.softplus, x, dtype=np.float32)[0], sigmoid, rtol=1e-6)


@pytest.mark.parametrize("fn", [ag.sigmoid, ag.softplus, np.tanh, ag.relu])
@pytest.mark.parametrize("x", [1e4, -1e4, np.inf, -np.inf])
def test_nothing_overflows(fn: Any, x: float) -> None:
    t = ag.Tensor([x], requires_grad=True)
    y = fn(t)
    y.sum().backward()
    assert not np.isnan(y.numpy()).any()
    assert t.grad.tolist() in ([0.0], [1.0])


def test_exponential_sums_keep_their_value_far_out() -> None:
    x = np.array([[1000.0, 1001.0], [-1000.0, -1001.0], [-np.inf, 3.0], [-np.inf, -np.inf]])
    one = 1 / (1 + np.exp(-1.0))
    assert ag.logsumexp(x, axis=1).tolist() == pytest.approx([1001.3132616875182, -999.6867383124818, 3.0, -np.inf])
    np.testing.assert_allclose(ag.softmax(x), [[1 - one, one], [one, 1 - one], [0, 1], [0, 0]], rtol=1e-14)
    assert ag.log_softmax(x)[2].tolist() == [-np.inf, 0.0]
    np.testing.assert_allclose(np.exp(ag.log_softmax(x)), ag.softmax(x), rtol=1e-13)
    assert ag.logsumexp(np.zeros(0)) == -np.inf
    assert ag.logsumexp(np.array([np.inf, 1000.0])) == np.inf


# ----- what a step function and a question return -----


def test_step_functions_and_comparisons_have_no_derivative() -> None:
    x = ag.Tensor([0.2, 1.7], requires_grad=True)
    results = (np.sign(x), np.floor(x), np.round(x), x > 1, np.argmax(x), x // 1, np.zeros_like(x))
    assert not any(y.requires_grad for y in results)
    assert not np.where(x, 1.0, 2.0).requires_grad
    assert not np.heaviside(x, 0.5).requires_grad
    assert np.all(x, (0,)).item()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: np.max(x, 0, x), "out"),
        (lambda x: np.where(x > 1, x), "argument y"),
        (lambda x: np.pad(x, 1, mode="empty"), "mode="),
        (lambda x: np.reshape(x, (4, 3), order="A"), "order='F'"),
        (lambda x: np.cross(x, x), "Write a"),
        (lambda x: np.diag(x[None]), "np.diagonal"),
        (lambda x: np.einsum("ij,jk", x), "one group of letters"),
        (lambda x: np.tensordot(x, x, 1), "whose lengths differ"),
        (lambda x: np.convolve(x[0], x[0], mode="some"), "mode='full'"),
    ],
)
def test_what_is_not_supported_says_what_to_write(call: Callable[[Any], Any], words: str) -> None:
    x = ag.Tensor(np.arange(12.0).reshape(3, 4), requires_grad=True)
    with pytest.raises((ag.AutogradError, TypeError)) as caught:
        call(x)
    assert words in str(caught.value)
    assert "rite " in str(caught.value)


def test_arguments_by_position_mean_what_they_mean_in_numpy() -> None:
    x = np.arange(12.0).reshape(3, 4)
    t = ag.Tensor(x, requires_grad=True)
    for call in (
        lambda a: np.sum(a, 0, None, None, True),
        lambda a: np.max(a, 0, None, True),
        lambda a: np.std(a, 1, None, None, 1, True),
        lambda a: np.ptp(a, 0, None, True),
        lambda a: np.take(a, [7], 0, None, "clip"),
        lambda a: np.sort(a, 0, None, None),
        lambda a: np.clip(a, 1, 5, None),
    ):
        np.testing.assert_allclose(call(t).detach().numpy(), call(x), rtol=1e-14, strict=True)
